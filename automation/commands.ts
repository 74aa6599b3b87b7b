// The commands of `npm run deploy`, each as its steps. They print as they go and return the summary that CI reads.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OutputMap } from "@pulumi/pulumi/automation";
import { ConfigError } from "../components/fault";
import type { Settings } from "../settings/load";
import { dangers, type Step, stepsOf } from "./gates";
import { checkHealth, fetchAnswer, type Health } from "./health";
import { exitCodes, type Kind, kindOf, Stop } from "./outcome";
import { deployedCloud, refusePending, refuseSwitch, settingsOf, stateOf } from "./preflight";
import { Progress } from "./progress";
import { type Patience, patiently } from "./retry";
import { type Result, schemaVersion, type Summary } from "./summary";
import { changedImages, formerImages, imagePath, type Images, imagesOf, statedImages } from "./images";
import { open, type Opened, type Where } from "./workspace";

export interface Options {
  readonly stack: string;
  readonly where: Where;
  /** URNs, names or types of data that may be deleted or replaced. */
  readonly allow: readonly string[];
  readonly policyPacks: readonly string[];
  /** Read the cloud and forget interrupted creations, after an update that was killed. */
  readonly recover: boolean;
  /** Make the stack where there is none; never for prod. */
  readonly create: boolean;
  readonly patience: Patience;
  /** Put the images before back when an update fails or what it deployed does not answer. */
  readonly rollback: boolean;
  /** Seconds to wait for health; 0: don't look. */
  readonly healthSeconds: number;
  /** Folder in which states are kept. */
  readonly keepIn: string;
}

export interface World {
  readonly say: (line: string) => void;
  readonly sleep: (seconds: number) => Promise<void>;
  readonly now: () => number;
  readonly ask: typeof fetchAnswer;
  readonly signal: AbortSignal;
}

/** What the steps of one run know and find. */
export class Run {
  readonly began: number;
  changes: Readonly<Record<string, number>> = {};
  outputs: OutputMap = {};
  health: Health | null = null;
  found: readonly Step[] = [];
  state: string | null = null;
  /** By service: what ran before this run; empty before the first deployment. */
  before: Images = {};
  progress: Progress;
  private read: Settings | undefined;

  constructor(
    readonly command: string,
    readonly options: Options,
    readonly world: World,
  ) {
    this.began = world.now();
    this.progress = this.newProgress(false);
  }

  get settings(): Settings {
    return (this.read ??= settingsOf(this.options.stack, this.options.where.workDir));
  }

  /** Configuration, tools and state are looked at before anything is asked of the cloud. */
  async prepare(): Promise<Opened> {
    const { settings } = this;
    const create = this.options.create && settings.stack.environment !== "prod";
    const opened = await open(this.options.stack, this.options.where, create);
    const { deployment } = await stateOf(opened);
    refuseSwitch(this.options.stack, deployedCloud(deployment), settings.cloud);
    if (!this.options.recover) refusePending(deployment);
    else if ((deployment.pending_operations ?? []).length > 0) await this.recover(opened);
    this.before = imagesOf(await opened.stack.outputs());
    return opened;
  }

  /** What would change, and whether that is allowed. */
  async preview({ stack }: Opened): Promise<readonly Step[]> {
    const { policyPacks } = this.options;
    const progress = (this.progress = this.newProgress(false));
    await this.patiently(() => stack.preview({ ...this.engine(progress), policyPacks: [...policyPacks] }));
    this.changes = progress.changes;
    const steps = stepsOf(progress.events);
    this.digest(steps);
    return steps;
  }

  /** Refuses steps that take data, unless they were allowed by name. */
  gate(steps: readonly Step[]): void {
    this.found = dangers(steps, this.options.allow);
    if (this.found.length === 0) return;
    const listed = this.found.map(
      ({ op, type, name, because }) => `  ${op} ${name} (${type})${because.length > 0 ? `: ${because.join(", ")}` : ""}`,
    );
    throw new Stop(
      "policy",
      `this would delete or replace what holds data or is protected:\n${listed.join("\n")}`,
      "change the settings back, or allow each by --allow <name, type or URN>",
    );
  }

  async update({ stack }: Opened): Promise<void> {
    const progress = (this.progress = this.newProgress(true));
    const { policyPacks } = this.options;
    const { outputs } = await this.patiently(() => stack.up({ ...this.engine(progress), policyPacks: [...policyPacks] }));
    this.changes = progress.changes;
    this.outputs = outputs;
  }

  /** Resources that are not as the state says; nothing is written down. */
  async drifted({ stack }: Opened): Promise<readonly Step[]> {
    const progress = (this.progress = this.newProgress(false));
    await this.patiently(() => stack.previewRefresh(this.engine(progress)));
    this.changes = progress.changes;
    const steps = stepsOf(progress.events).filter(({ op, because }) => because.length > 0 || op === "delete" || op === "update");
    this.digest(steps);
    return steps;
  }

  async destroy({ stack }: Opened): Promise<void> {
    const progress = (this.progress = this.newProgress(true));
    await this.patiently(() => stack.destroy(this.engine(progress)));
    this.changes = progress.changes;
  }

  /** Changes the stack's file by paths and reads it again: what an update then does is what the file says. */
  async change(opened: Opened, values: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, value] of Object.entries(values)) {
      await opened.stack.setConfig(path, { value }, true);
      this.progress.line(`set ${path} to ${value}`);
    }
    this.read = undefined;
  }

  /** Keeps the state beside others of the stack. Its secrets are encrypted. */
  async keepState(opened: Opened): Promise<void> {
    const folder = join(this.options.keepIn, this.options.stack);
    mkdirSync(folder, { recursive: true });
    const name = `${new Date(this.world.now()).toISOString().replace(/[:.]/g, "-")}.json`;
    writeFileSync(join(folder, name), (await stateOf(opened)).text, { mode: 0o600 });
    this.state = join(folder, name);
    this.progress.line(`state kept in ${this.state}`);
  }

  /** Asks the platform's own address from outside, where it answers the internet or this machine's range. */
  async verify(): Promise<boolean> {
    const { settings, options, world } = this;
    const url = this.outputs.url?.value as unknown;
    if (options.healthSeconds === 0 || typeof url !== "string") return true;
    const open = settings.gateway.domain !== undefined || settings.gateway.direct || settings.network.allowedCidrs.length > 0;
    if (!open) {
      this.progress.line("health not asked for: nobody may connect (no domain, and network.allowedCidrs is empty)");
      return true;
    }
    const front = Object.values(settings.services).find(({ routes, internal }) => !internal && routes.paths.includes("/*"));
    const check = { url: `${url}${front?.readyPath ?? "/"}`, inARow: 3, intervalSeconds: 5, timeoutSeconds: options.healthSeconds };
    this.progress.line(`asking ${check.url}`);
    this.health = await checkHealth(check, world);
    this.progress.line(`${this.health.healthy ? "healthy" : "NOT healthy"}: ${this.health.last}`);
    return this.health.healthy;
  }

  summary(result: Result, exitCode: number, message: string | null = null): Summary {
    const url = this.outputs.url?.value as unknown;
    return {
      schemaVersion,
      command: this.command,
      stack: this.options.stack,
      cloud: this.read?.cloud ?? null,
      result,
      exitCode,
      changes: this.changes,
      durationSec: Math.round((this.world.now() - this.began) / 1000),
      url: typeof url === "string" ? url : null,
      health: this.health,
      images: this.read === undefined ? {} : changedImages(this.before, statedImages(this.read)),
      state: this.state,
      dangers: this.found.map(({ op, urn, type }) => ({ op, urn, type })),
      errors: this.progress.errors,
      message,
    };
  }

  private engine(progress: Progress) {
    return { onEvent: progress.onEvent, signal: this.world.signal, userAgent: "two-cloud-platform/deploy" };
  }

  private async patiently<T>(attempt: () => Promise<T>): Promise<T> {
    const beat = setInterval(() => this.progress.heartbeat(30), 5000);
    const waiting = { ...this.world, say: (line: string) => this.progress.line(line) };
    try {
      return await patiently(
        () => {
          this.progress.errors.length = 0;
          this.progress.events.length = 0;
          return attempt();
        },
        () => this.progress.errors.map(({ message }) => message),
        this.options.patience,
        waiting,
      );
    } finally {
      clearInterval(beat);
    }
  }

  private async recover({ stack }: Opened): Promise<void> {
    this.progress.line("reading the cloud, and forgetting creations that an update was killed in");
    const progress = (this.progress = this.newProgress(true));
    await this.patiently(() => stack.refresh({ ...this.engine(progress), clearPendingCreates: true }));
  }

  private digest(steps: readonly Step[]): void {
    const changing = steps.filter(
      ({ op, type }) => op !== "same" && op !== "read" && !type.startsWith("platform:") && type !== "pulumi:pulumi:Stack",
    );
    for (const { op, type, name, because } of changing)
      this.progress.line(`${op} ${name} (${type})${op === "create" || because.length === 0 ? "" : `: ${because.join(", ")}`}`);
    if (changing.length === 0) this.progress.line("nothing changes");
  }

  private newProgress(shown: boolean): Progress {
    return new Progress((line) => this.world.say(line), this.world, shown);
  }
}

/** Runs a command's steps; whatever happens ends in a summary. */
export async function attempt(run: Run, steps: () => Promise<Summary>): Promise<Summary> {
  try {
    return await steps();
  } catch (error) {
    if (run.world.signal.aborted)
      return run.summary("cancelled", exitCodes.cancelled, "stopped by a signal; the engine ended what it had begun");
    const { kind, message } = endOf(error, run.progress);
    const result: Result = kind === "timeout" ? "locked" : kind === "drift" ? "drift" : kind === "cancelled" ? "cancelled" : "failed";
    return run.summary(result, exitCodes[kind], message);
  }
}

function endOf(error: unknown, progress: Progress): { kind: Kind; message: string } {
  if (error instanceof ConfigError) return { kind: "configuration", message: error.message };
  if (error instanceof Stop)
    return { kind: error.kind, message: error.remedy === undefined ? error.message : `${error.message}\n${error.remedy}` };
  if (progress.violations.length > 0) return { kind: "policy", message: progress.violations.join("\n") };
  const text = error instanceof Error ? error.message : String(error);
  const reported = progress.errors.map(({ message }) => message);
  const kind = kindOf([...reported, text].join("\n"));
  if (reported.length > 0) return { kind, message: "what was made is kept: run the same command again after the cause is mended" };
  return { kind: progress.events.length > 0 ? kind : kind === "deployment" ? "failure" : kind, message: text };
}

export function preview(run: Run): Promise<Summary> {
  return attempt(run, async () => {
    const opened = await run.prepare();
    const steps = await run.preview(opened);
    run.found = dangers(steps, run.options.allow);
    return run.summary(steps.every(({ op }) => op === "same") ? "no_changes" : "succeeded", exitCodes.done);
  });
}

export function up(run: Run): Promise<Summary> {
  return attempt(run, async () => deploy(run, await run.prepare()));
}

async function deploy(run: Run, opened: Opened): Promise<Summary> {
  run.gate(await run.preview(opened));
  const problem = await run.update(opened).then(
    () => undefined,
    (error: unknown) => {
      // Who stops a run, waits in vain or has no rights is not helped by another update.
      if (run.world.signal.aborted || endOf(error, run.progress).kind !== "deployment") throw error;
      return "the update failed";
    },
  );
  await run.keepState(opened);
  if (problem === undefined && (await run.verify())) {
    const changed = Object.entries(run.changes).some(([op, count]) => op !== "same" && count > 0);
    return run.summary(changed ? "succeeded" : "no_changes", exitCodes.done);
  }
  return backToImages(run, opened, problem ?? "deployed, but not healthy");
}

/** An image that was good before is the only thing that is put back: schema, sizes and data are for people to decide. */
async function backToImages(run: Run, opened: Opened, problem: string): Promise<Summary> {
  const changed = changedImages(run.before, statedImages(run.settings));
  const former = Object.entries(changed).flatMap(([service, { before }]) =>
    before === null ? [] : [[imagePath(service), before] as const],
  );
  if (!run.options.rollback || former.length === 0) {
    const message = former.length === 0 ? "no image changed, so there is none to go back to" : "not rolled back (--no-rollback)";
    return run.summary("failed", exitCodes.deployment, `${problem}; ${message}`);
  }
  run.progress.line(`${problem}: going back to the images before`);
  const images = run.settings;
  await run.change(opened, Object.fromEntries(former));
  await run.update(opened);
  await run.keepState(opened);
  const healthy = await run.verify();
  const ending = `${problem}; the images before are back${healthy ? "" : ", and the platform still does not answer"}; commit Pulumi.${run.options.stack}.yaml`;
  return {
    ...run.summary(healthy ? "rolled_back" : "failed", exitCodes.deployment, ending),
    images: changedImages(run.before, statedImages(images)),
  };
}

/** Back to the images of the last successful update that had others, as the backend's history tells. */
export function rollback(run: Run): Promise<Summary> {
  return attempt(run, async () => {
    const opened = await run.prepare();
    const now = statedImages(run.settings);
    const former = await formerImages(opened, run.options, now);
    if (former === undefined)
      throw new Stop(
        "configuration",
        "the backend's history has no successful update with other images",
        "set services.<name>.image by hand, then: up",
      );
    await run.change(opened, Object.fromEntries(Object.entries(former).map(([service, image]) => [imagePath(service), image])));
    return deploy(run, opened);
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
        "finish the last rotation first: docs/secrets.md",
      );
    await run.change(opened, { rotationEpoch: String(rotationEpoch + 1), rotatedOn: today });
    const summary = await deploy(run, opened);
    if (summary.exitCode !== 0 || made === undefined) return summary;
    const next = `start the job database-roles, then: pulumi config set --path database.logins.made ${rotationEpoch + 1}, and up (docs/secrets.md)`;
    return { ...summary, message: `the new logins wait to be made: ${next}` };
  });
}

/** `confirmed`: the stack's name, typed again where production goes away. */
export function destroy(run: Run, confirmed: string | undefined): Promise<Summary> {
  return attempt(run, async () => {
    const { stack, settings } = { stack: run.options.stack, settings: run.settings };
    if (settings.stack.environment === "prod" && confirmed !== stack)
      throw new Stop("configuration", `${stack} is production`, `say so: --confirm ${stack}`);
    const opened = await run.prepare();
    await run.keepState(opened);
    // The engine deletes what isn't protected before it meets what is; looking first keeps a guarded stack whole.
    const { deployment } = await stateOf(opened);
    const guarded = (deployment.resources ?? []).filter((resource) => (resource as { protect?: boolean }).protect === true);
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
