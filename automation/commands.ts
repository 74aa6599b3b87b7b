// The commands of `npm run deploy`, each as its steps; each returns the summary that CI reads.
import { jobsDue, movesServices, runBefore } from "./before";
import { changedImages, formerImages, imagePath, type Images, statedImages } from "./images";
import { endOf, exitCodes, Stop } from "./outcome";
import { attempt, type Changes, type Run } from "./run";
import type { Summary } from "./summary";
import type { Opened } from "./workspace";

export function preview(run: Run): Promise<Summary> {
  return attempt(run, async () => {
    const opened = await run.prepare();
    const steps = await run.preview(opened);
    const jobs = jobsDue(run.settings, steps, run.waiting);
    if (jobs.length > 0) run.progress.line(`an update would run before the services: ${jobs.join(", ")}`);
    run.gate(steps);
    return run.summary(steps.every(({ op }) => op === "same") ? "no_changes" : "succeeded", exitCodes.done);
  });
}

export function up(run: Run): Promise<Summary> {
  return attempt(run, async () => deploy(run, await run.prepare()));
}

/** `changes`: what the command itself alters in the stack's file first; nothing of that stays when it does not come to an update. */
async function deploy(run: Run, opened: Opened, changes: Changes = {}): Promise<Summary> {
  const undo = await run.change(opened, changes);
  let earlier: Readonly<Record<string, number>> = {};
  let news: Images = {};
  const problem = await run.fresh(async (again) => {
    if (again) await run.prepare();
    const steps = await run.look(opened, undo);
    earlier = await runBefore(run, opened, steps, true);
    news = newImages(run);
    if (run.options.healthSeconds > 0) await run.suspects.add(news);
    return update(run, opened, true);
  });
  const healthy = problem === undefined && (await run.verify());
  run.world.signal.throwIfAborted();
  if (healthy) {
    await run.suspects.clear(news);
    for (const [op, count] of Object.entries(earlier)) run.changes = { ...run.changes, [op]: (run.changes[op] ?? 0) + count };
    const changed = Object.entries(run.changes).some(([op, count]) => op !== "same" && count > 0);
    return run.summary(changed ? "succeeded" : "no_changes", exitCodes.done, run.toCommit && `${run.toCommit} has changed: commit it`);
  }
  return backToImages(run, opened, problem);
}

/** What failed; undefined: nothing. */
async function update(run: Run, opened: Opened, looked = false): Promise<string | undefined> {
  try {
    await run.update(opened, {}, looked);
    return undefined;
  } catch (error) {
    const { kind } = endOf(error, run.progress);
    // Who stops a run or waits in vain is not helped by another update, nor who has no rights, unless services have moved by then.
    const half = kind === "authentication" && movesServices(run.steps());
    if (run.world.signal.aborted || (kind !== "deployment" && !half)) throw error;
    const [first] = run.progress.errors;
    return `the update failed${first === undefined ? "" : `: ${first.message}`}`;
  } finally {
    await run.keepState(opened);
  }
}

/** Images that this run brings. */
function newImages(run: Run): Images {
  const changed = Object.entries(changedImages(run.before, statedImages(run.settings)));
  return Object.fromEntries(changed.flatMap(([service, { after }]) => (after === null ? [] : [[service, after]])));
}

/**
 * An image that was good before is the only thing that is put back: schema, sizes and data are for people to decide. `failure`: of the
 * update; undefined: what it deployed is not healthy.
 */
async function backToImages(run: Run, opened: Opened, failure: string | undefined): Promise<Summary> {
  const problem = failure ?? "deployed, but not healthy";
  const changed = changedImages(run.before, statedImages(run.settings));
  const former = Object.entries(changed).flatMap(([service, { before }]) =>
    before === null ? [] : [[imagePath(service), before] as const],
  );
  if (!run.options.rollback || former.length === 0) {
    const message = former.length === 0 ? "no image changed, so there is none to go back to" : "not rolled back (--no-rollback)";
    const { stack } = run.options;
    const onward = failure === undefined ? "" : `\nwhat was done by then stays: mend the cause, then npm run deploy -- up --stack ${stack}`;
    return run.summary("failed", exitCodes.deployment, `${problem}; ${message}${onward}`);
  }
  run.progress.line(`${problem}: going back to the images before`);
  run.failed = [...run.progress.errors];
  await run.change(opened, Object.fromEntries(former));
  const further = await update(run, opened);
  const { stack } = run.options;
  if (further !== undefined) {
    const onward = `Pulumi.${stack}.yaml names the images before again: mend the cause, then npm run deploy -- up --stack ${stack}`;
    return { ...run.summary("failed", exitCodes.deployment, `${problem}; going back: ${further}\n${onward}`), images: changed };
  }
  const healthy = await run.verify();
  const ending = `${problem}; the images before are back${healthy ? "" : ", and the platform still does not answer"}; commit Pulumi.${stack}.yaml`;
  return {
    ...run.summary(healthy ? "rolled_back" : "failed", exitCodes.deployment, ending),
    images: changed,
  };
}

/** Back to the images of the last successful update that had others, as the backend's history tells. */
export function rollback(run: Run): Promise<Summary> {
  return attempt(run, async () => {
    const opened = await run.prepare();
    const now = statedImages(run.settings);
    const former = await formerImages(opened, run.options, now, run.suspects);
    if (former === undefined)
      throw new Stop(
        "configuration",
        "the backend's history has no successful update with other images that answered well",
        "set services.<name>.image by hand, then: up",
      );
    // Who goes back says that they are not good: the next rollback does not bring them again.
    const left = Object.keys(former).flatMap((service) => (now[service] === undefined ? [] : [[service, now[service]] as const]));
    const summary = await deploy(
      run,
      opened,
      Object.fromEntries(Object.entries(former).map(([service, image]) => [imagePath(service), image])),
    );
    if (summary.exitCode === exitCodes.done) await run.suspects.add(Object.fromEntries(left));
    return summary;
  });
}

/** The next epoch of passwords and generated secrets, deployed like any other change. */
export function rotate(run: Run): Promise<Summary> {
  return attempt(run, async () => {
    const opened = await run.prepare();
    const today = new Date(run.world.now()).toISOString().slice(0, 10);
    const { rotationEpoch, database } = run.settings;
    const made = database?.logins?.made;
    if (made !== undefined && made !== rotationEpoch)
      throw new Stop(
        "configuration",
        `the logins of epoch ${rotationEpoch} are not in use yet (database.logins.made is ${made}): a further epoch would shut services out`,
        "finish the last rotation first: npm run deploy -- up",
      );
    return deploy(run, opened, { rotationEpoch: String(rotationEpoch + 1), rotatedOn: today });
  });
}

/** `confirmed`: the stack's name, typed again where production goes away. */
export function destroy(run: Run, confirmed: string | undefined): Promise<Summary> {
  return attempt(run, async () => {
    const { stack } = run.options;
    if (run.settings.stack.environment === "prod" && confirmed !== stack)
      throw new Stop("configuration", `${stack} is production`, `say so: --confirm ${stack}`);
    const opened = await run.prepare();
    // The engine deletes what isn't protected before it meets what is; looking first keeps a guarded stack whole.
    const { resources = [] } = await run.keepState(opened);
    const guarded = resources.filter(({ protect }) => protect === true);
    if (guarded.length > 0)
      throw new Stop(
        "policy",
        `${guarded.length} resources are guarded, such as ${guarded[0]?.urn.split("::").at(-1)}: nothing was deleted`,
        `lift the guard first: pulumi config set guard none --stack ${stack}, then npm run deploy -- up --stack ${stack}`,
      );
    await run.destroy(opened);
    return run.summary("succeeded", exitCodes.done);
  });
}

/** What was changed in the cloud behind the program's back. */
export function drift(run: Run): Promise<Summary> {
  return attempt(run, async () => {
    const opened = await run.prepare();
    const found = await run.drifted(opened);
    if (found.length === 0) return run.summary("no_changes", exitCodes.done);
    return run.summary(
      "drift",
      exitCodes.drift,
      `${found.length} resources are not as they were deployed: ${found.map(({ name }) => name).join(", ")}`,
    );
  });
}
