// What happens before the services move: an update of everything but them, so that database, vault and the jobs' definitions are there,
// then the jobs, one after the other (P8). Until the last of them has succeeded nothing of a service has changed.
import { loginUsers } from "../components/database/logins";
import { rolesJobName } from "../jobs/roles/job";
import type { Settings } from "../settings/load";
import { removing, type Step } from "./gates";
import { servicesWait } from "./images";
import { type Job, runJob } from "./jobs";
import { Stop } from "./outcome";
import type { Run } from "./run";
import type { Opened } from "./workspace";

const serviceType = "platform:index:AppService";
/** What looks at services; it would find those that are not there yet missing. */
const watcherTypes: readonly string[] = ["platform:index:Alarms", "platform:index:Dashboards"];
/** A new one of these takes nothing from who still uses the one before: definitions and passwords are named by version. */
const versionTypes: readonly string[] = [
  "aws:ecs/taskDefinition:TaskDefinition",
  "aws:secretsmanager/secretVersion:SecretVersion",
  "random:index/randomPassword:RandomPassword",
];

/** Brings everything but the services, runs the jobs that are due, and returns what that update has changed. `looked`: as for an update. */
export async function runBefore(
  run: Run,
  opened: Opened,
  steps: readonly Step[],
  looked = false,
): Promise<Readonly<Record<string, number>>> {
  const names = jobsDue(run.settings, steps, run.waiting);
  if (names.length === 0) return {};
  if (!run.options.jobs) {
    run.progress.line(`without the jobs ${names.join(", ")} (--no-jobs)`);
    return {};
  }
  run.progress.line(`${names.join(", ")} before the services: first an update of everything else`);
  const left = leftAlone(steps, names);
  try {
    await run.update(opened, { exclude: [...left], excludeDependents: true, message: servicesWait }, looked);
  } finally {
    await run.keepState(opened);
  }
  const { changes } = run;
  refuseLeftOut(run, steps, names);
  await runJobs(run, names);
  await useLogins(run, opened, names);
  return changes;
}

/**
 * The jobs of `deploy.before` at each deployment that changes something, or that goes on where the last one ended before them. The job of
 * the logins by itself, first, where passwords have changed or services have come: its definition is another then.
 */
export function jobsDue(settings: Settings, steps: readonly Step[], waiting: boolean): readonly string[] {
  const { deploy, database, rotationEpoch, services, standby } = settings;
  // A replica takes no writes: its primary's deployment has run them.
  if (standby?.active === false) return [];
  const before = waiting || steps.some(changes) ? deploy.before : [];
  const logins = database?.logins?.enabled === true && Object.keys(loginUsers(services)).length > 0 ? database.logins : undefined;
  const changed = steps.some((step) => changes(step) && isPartOf(step, [rolesJobName]));
  const roles = logins !== undefined && (logins.made !== rotationEpoch || waiting || changed);
  return roles && !before.includes(rolesJobName) ? [rolesJobName, ...before] : before;
}

/**
 * What the first update doesn't touch: services that are not the jobs, with all that depends on them; what looks at them; and whatever
 * goes away or is replaced, as services that have not moved still use it.
 */
export function leftAlone(steps: readonly Step[], jobs: readonly string[]): ReadonlySet<string> {
  const others = steps.filter(({ type, name }) => watcherTypes.includes(type) || (type === serviceType && !jobs.includes(name)));
  const going = steps.filter((step) => removing.has(step.op) && !versionTypes.includes(step.type) && !isPartOf(step, jobs));
  return new Set([...others, ...going].map(({ urn }) => urn));
}

/** A job that hangs on what is replaced was left out with it, and would run as it was. */
function refuseLeftOut(run: Run, steps: readonly Step[], jobs: readonly string[]): void {
  const replaced = steps.filter((step) => removing.has(step.op) && step.op !== "delete" && !versionTypes.includes(step.type));
  if (replaced.length === 0) return;
  const done = new Set(run.steps().flatMap((step) => (changes(step) ? [step.urn] : [])));
  const missed = steps.filter((step) => changes(step) && isPartOf(step, jobs) && !done.has(step.urn));
  if (missed.length === 0) return;
  throw new Stop(
    "deployment",
    `${missed.map(({ name }) => name).join(", ")} can't be brought up to date before the services: ${replaced.map(({ name }) => name).join(", ")} is replaced, and services still use it`,
    "replace it in a deployment of its own, without jobs: --no-jobs",
  );
}

/** Whether a step of a service is among them. */
export function movesServices(steps: readonly Step[]): boolean {
  return steps.some((step) => changes(step) && step.urn.includes(`${serviceType}$`));
}

async function runJobs(run: Run, names: readonly string[]): Promise<void> {
  const { world, options } = run;
  const api = await run.cloud();
  if (api === undefined)
    throw new Stop(
      "configuration",
      "this run has no way to the cloud that runs jobs",
      "run it where there is one, or leave them out: --no-jobs",
    );
  const jobs = api.jobs(options.stack);
  const say = (line: string): void => run.progress.line(line);
  for (const name of names) {
    try {
      await runJob(jobs, jobOf(run, name), options.jobSeconds, { ...world, say });
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      throw new Stop(error.kind, `${error.message}; no service was changed`, error.remedy);
    }
  }
}

/** From the update that has just been: `id` is the new definition. */
function jobOf(run: Run, name: string): Job {
  const known = (run.outputs.jobs?.value ?? {}) as Readonly<Record<string, Omit<Job, "name">>>;
  const job = known[name];
  if (job === undefined) throw new Stop("failure", `the stack's outputs know no job "${name}"`);
  return { name, ...job };
}

/** From here on services are given the logins of this epoch, which are there now. */
async function useLogins(run: Run, opened: Opened, names: readonly string[]): Promise<void> {
  const { database, rotationEpoch } = run.settings;
  if (!names.includes(rolesJobName) || database?.logins?.made === rotationEpoch) return;
  await run.change(opened, { "database.logins.made": String(rotationEpoch) });
}

function isPartOf({ parent }: Step, components: readonly string[]): boolean {
  return components.some((name) => parent.endsWith(`::${serviceType}::${name}`));
}

function changes({ op }: Step): boolean {
  return op !== "same" && op !== "read";
}
