// One run of `npm run deploy`: what its steps know, and each step. They print as they go; the commands put them in order.
import { setMaxListeners } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OutputMap, UpOptions } from "@pulumi/pulumi/automation";
import type { Settings } from "../settings/load";
import type { Connect } from "./cloud";
import { dangers, type Step, stepsOf } from "./gates";
import { type Asking, checkHealth, type Health } from "./health";
import { identityOf } from "./identity";
import { changedImages, type Images, lastDeployment, statedImages } from "./images";
import type { JobsOf } from "./jobs";
import { endOf, exitCodes, Stop } from "./outcome";
import { type Deployment, deployedCloud, refusePending, refuseSwitch, settingsOf, stateOf } from "./preflight";
import { Progress } from "./progress";
import { isOpen } from "./reach";
import { type Patience, patiently, type Waiting } from "./retry";
import { type Result, schemaVersion, type Summary } from "./summary";
import { checkVersions } from "./version";
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
  /** Run jobs before the services move. */
  readonly jobs: boolean;
  /** Seconds that a job may take, its start and what of it runs already included. */
  readonly jobSeconds: number;
  /** Seconds to wait for health; 0: don't look. */
  readonly healthSeconds: number;
  /** Folder in which states are kept. */
  readonly keepIn: string;
}

export interface World extends Waiting, Asking {
  readonly jobsOf: JobsOf;
  /** The way to the cloud itself; without one, what only the cloud knows is not asked. */
  readonly connect?: Connect;
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
  /** Whether the last update left the services out, and the jobs that they wait for may not have ended. */
  waiting = false;
  /** What is to be committed: a file that this run has changed. */
  toCommit: string | null = null;
  progress: Progress;
  private read: Settings | undefined;

  constructor(
    readonly command: string,
    readonly options: Options,
    readonly world: World,
  ) {
    this.began = world.now();
    // Every call of the engine listens to the signal for as long as the run lives.
    setMaxListeners(0, world.signal);
    this.progress = this.newProgress(false);
  }

  get settings(): Settings {
    return (this.read ??= settingsOf(this.options.stack, this.options.where.workDir));
  }

  /** Configuration, whose cloud it is, tools and state are looked at before anything is changed. */
  async prepare(): Promise<Opened> {
    const { settings, world } = this;
    if (settings.accounts.length > 0) this.progress.line(await identityOf(settings, world.connect));
    const create = this.options.create && settings.stack.environment !== "prod";
    const opened = await open(this.options.stack, this.options.where, create);
    const { deployment } = await stateOf(opened);
    refuseSwitch(this.options.stack, deployedCloud(deployment), settings.cloud);
    if (!this.options.recover) refusePending(deployment);
    else if ((deployment.pending_operations ?? []).length > 0) await this.recover(opened);
    const last = await lastDeployment(opened, this.options);
    this.before = last.images;
    this.waiting = last.waiting;
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

  /** `part`: what is left out of it, and how the history calls it. */
  async update({ stack }: Opened, part: Pick<UpOptions, "exclude" | "excludeDependents" | "message"> = {}): Promise<void> {
    const progress = (this.progress = this.newProgress(true));
    const { policyPacks } = this.options;
    const { outputs } = await this.patiently(() => stack.up({ ...this.engine(progress), ...part, policyPacks: [...policyPacks] }));
    this.changes = progress.changes;
    this.outputs = outputs;
  }

  /** Those of the last preview or update. */
  steps(): readonly Step[] {
    return stepsOf(this.progress.events);
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

  /** Changes the stack's file by paths (undefined removes) and reads it again: what an update then does is what the file says. */
  async change(opened: Opened, values: Readonly<Record<string, string | undefined>>): Promise<void> {
    for (const [path, value] of Object.entries(values)) {
      if (value === undefined) await opened.stack.removeConfig(path, true);
      else await opened.stack.setConfig(path, { value }, true);
      this.progress.line(value === undefined ? `remove ${path}` : `set ${path} to ${value}`);
    }
    this.read = undefined;
    this.toCommit = `Pulumi.${this.options.stack}.yaml`;
  }

  /** Keeps the state beside others of the stack, and returns what it says is deployed. Its secrets are encrypted. */
  async keepState(opened: Opened): Promise<Deployment> {
    const folder = join(this.options.keepIn, this.options.stack);
    mkdirSync(folder, { recursive: true });
    const name = `${new Date(this.world.now()).toISOString().replace(/[:.]/g, "-")}.json`;
    const { text, deployment } = await stateOf(opened);
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    this.state = join(folder, name);
    this.progress.line(`state kept in ${this.state}`);
    return deployment;
  }

  /** Asks the platform's own address from outside, where it answers the internet or this machine's range. */
  async verify(): Promise<boolean> {
    const { settings, options, world } = this;
    const url = this.outputs.url?.value as unknown;
    if (options.healthSeconds === 0 || typeof url !== "string") return true;
    if (!isOpen(settings)) {
      this.progress.line("health not asked for: nobody may connect (no domain, and network.allowedCidrs is empty)");
      return this.verifyVersions();
    }
    const front = Object.values(settings.services).find(({ routes, internal }) => !internal && routes.paths.includes("/*"));
    const check = { url: `${url}${front?.readyPath ?? "/"}`, inARow: 3, intervalSeconds: 5, timeoutSeconds: options.healthSeconds };
    this.progress.line(`asking ${check.url}`);
    this.health = await checkHealth(check, world);
    this.progress.line(`${this.health.healthy ? "healthy" : "NOT healthy"}: ${this.health.last}`);
    return this.health.healthy && this.verifyVersions();
  }

  /** What runs is what was deployed. */
  private async verifyVersions(): Promise<boolean> {
    const { settings, outputs, options, world } = this;
    const api = () => world.connect?.(settings.cloud, settings.stack.region) ?? Promise.resolve(undefined);
    const say = (line: string): void => this.progress.line(line);
    const wrong = await checkVersions({ settings, outputs, timeoutSeconds: options.healthSeconds, api, say }, world);
    if (wrong !== undefined) this.health = wrong;
    return wrong === undefined;
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
    return new Progress((line) => this.world.say(line), this.world, shown, this.began);
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
