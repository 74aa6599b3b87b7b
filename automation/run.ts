// One run of `npm run deploy`: what its steps know, and each step. They print as they go; the commands put them in order.
import { setMaxListeners } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OutputMap, UpOptions } from "@pulumi/pulumi/automation";
import { isRestricted } from "../components/network/index";
import type { Settings } from "../settings/load";
import { textOf } from "../settings/project";
import type { CloudApi, Connect } from "./cloud";
import { dangers, type Step, stepsOf } from "./gates";
import { type Asking, checkHealth, type Health } from "./health";
import { identityOf } from "./identity";
import { changedImages, type Images, lastDeployment, statedImages } from "./images";
import { holderNow, isGone, Locked, lockedBy } from "./lock";
import { endOf, exitCodes, Stop } from "./outcome";
import { refuseOverrun } from "./overrun";
import {
  type Deployment,
  deployedCloud,
  refuseEarlyTakeover,
  refuseOldEpoch,
  refusePending,
  refuseSwitch,
  settingsOf,
  stateOf,
} from "./preflight";
import { isLogical, Progress, type Reported } from "./progress";
import { frontOf } from "./reach";
import { type Patience, patiently, type Waiting } from "./retry";
import { Suspects } from "./suspects";
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
  /** The way to the cloud itself; without one, what only the cloud knows is not asked, and what only it can do is refused. */
  readonly connect?: Connect;
  /** Draws rows below the lines, over those before; where nobody looks at a terminal there is none. */
  readonly show?: (rows: readonly string[]) => void;
}

/** Updates that are looked back to. */
const historyPage = 20;

/** With `ignoreChanges` the engine sends what the state has. ECS needs none of it: AWS's provider leaves out what does not change. */
const scaledByCloud: readonly string[] = ["azure-native:web:AppServicePlan"];

/** Values by path of the stack's file; undefined removes. */
export type Changes = Readonly<Record<string, string | undefined>>;

/** What of the stack an update is about. */
type Part = Pick<UpOptions, "exclude" | "excludeDependents" | "message">;

/** Another update came between a look and the update that was to follow: its preview, the gate's word and the jobs due don't hold any more. */
export class Stale extends Stop {
  constructor() {
    super("timeout", "another update came in between, again and again", "run the same command again");
  }
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
  /** What the stack said of itself before this run. */
  deployed: OutputMap = {};
  /** Whether the last update left the services out, and the jobs that they wait for may not have ended. */
  waiting = false;
  /** When the last update of this run ended, as the backend has it. */
  updatedAt: number | undefined;
  /** Errors of an update that another one came after. */
  failed: readonly Reported[] = [];
  /** What is to be committed: a file that this run has changed. */
  toCommit: string | null = null;
  progress: Progress;
  readonly world: World;
  private read: Settings | undefined;
  private waitsFor: string | undefined;
  private doubted: Suspects | undefined;
  /** The stack's file before this run changed it. */
  private unchanged: string | undefined;

  constructor(
    readonly command: string,
    readonly options: Options,
    world: World,
  ) {
    this.world = { ...world, waitsFor: (what) => void (this.waitsFor = what) };
    this.began = world.now();
    // Every call of the engine listens to the signal for as long as the run lives.
    setMaxListeners(0, world.signal);
    this.progress = this.newProgress(false);
  }

  get settings(): Settings {
    return (this.read ??= settingsOf(this.options.stack, this.options.where.workDir));
  }

  /** Images that have not answered well; known after `prepare`. */
  get suspects(): Suspects {
    if (this.doubted === undefined) throw new Error("nothing was prepared");
    return this.doubted;
  }

  /** Configuration, whose cloud it is, tools and state are looked at before anything is changed. */
  async prepare(): Promise<Opened> {
    const { settings, world } = this;
    if (settings.accounts.length > 0) this.progress.line(await identityOf(settings, world.connect));
    const opened = await this.open(this.options.create && settings.stack.environment !== "prod");
    const { deployment } = await stateOf(opened);
    refuseSwitch(this.options.stack, deployedCloud(deployment), settings.cloud);
    if ((deployment.pending_operations ?? []).length > 0) {
      if (this.options.recover) await this.recover(opened);
      else refusePending(await this.settled(opened));
    }
    const [suspects, outputs, history] = await Promise.all([
      Suspects.of(opened),
      opened.stack.outputs(),
      opened.stack.history(historyPage, 1),
    ]);
    this.doubted = suspects;
    const { images, waiting, settings: last } = lastDeployment({ outputs, history }, this.options, suspects);
    [this.deployed, this.before, this.waiting] = [outputs, images, waiting];
    refuseEarlyTakeover(settings, outputs, this.options.stack);
    if (last !== undefined) refuseOldEpoch(this.options.stack, settings.rotationEpoch, last.rotationEpoch);
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

  /** The stack, under the engine. */
  protected open(create: boolean): Promise<Opened> {
    return open(this.options.stack, this.options.where, create);
  }

  /** Refuses steps that take data, and a config that would cut a rollout short, unless they were allowed by name. */
  gate(steps: readonly Step[]): void {
    const { options, settings, outputs, deployed } = this;
    refuseOverrun(settings, Object.keys(outputs).length > 0 ? outputs : deployed, options);
    this.found = dangers(steps, options.allow);
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

  /** `part`: what is left out of it, and how the history calls it. `looked`: throws Stale instead of updating after another update. */
  async update(opened: Opened, part: Part = {}, looked = false): Promise<void> {
    const progress = (this.progress = this.newProgress(true));
    const { policyPacks } = this.options;
    let met = false;
    const { outputs, summary } = await this.patiently(async () => {
      if (met) await this.refuseStale(opened);
      try {
        return await opened.stack.up({ ...this.engine(progress), ...part, policyPacks: [...policyPacks] });
      } catch (error) {
        met = looked && lockedBy(error) !== undefined;
        throw error;
      }
    });
    this.changes = progress.changes;
    this.outputs = outputs;
    this.updatedAt = summary.endTime.getTime();
  }

  /** Runs what looks first and updates then; again, when another update came in between. */
  async fresh<T>(steps: (again: boolean) => Promise<T>): Promise<T> {
    const until = this.world.now() + this.options.patience.lockSeconds * 1000;
    for (let again = false; ; again = true) {
      try {
        return await steps(again);
      } catch (error) {
        if (!(error instanceof Stale) || this.world.now() >= until) throw error;
        this.progress.line("another update came in between: looking again at what is there now");
      }
    }
  }

  /** Those of the last preview or update. */
  steps(): readonly Step[] {
    return stepsOf(this.progress.events);
  }

  /**
   * What comes before an update: the settings as they are now, a preview, and the gate, whose refusal is `undo`ne. Then how many instances
   * run, for those of which an update would set the number back.
   */
  async look(opened: Opened, undo: () => void): Promise<readonly Step[]> {
    let steps: readonly Step[];
    try {
      void this.settings;
      steps = await this.preview(opened);
      this.gate(steps);
    } catch (error) {
      undo();
      throw error;
    }
    await this.keepInstances(opened, steps);
    return steps;
  }

  /**
   * How many instances run now of what the cloud scales by itself and an update would set back to the number of its creation: the state is
   * told before, and the update sends that number.
   */
  private async keepInstances({ stack }: Opened, steps: readonly Step[]): Promise<void> {
    const scaled = steps.filter(({ op, type }) => op === "update" && scaledByCloud.includes(type));
    if (scaled.length === 0) return;
    this.progress.line(`reading how many instances run, which the update keeps: ${scaled.map(({ name }) => name).join(", ")}`);
    const progress = (this.progress = this.newProgress(false));
    await this.patiently(() => stack.refresh({ ...this.engine(progress), target: scaled.map(({ urn }) => urn) }));
  }

  /** Resources that are not as the state says; nothing is written down. */
  async drifted({ stack }: Opened): Promise<readonly Step[]> {
    const progress = (this.progress = this.newProgress(false));
    await this.patiently(() => stack.previewRefresh(this.engine(progress)));
    this.changes = progress.changes;
    // Before a resource is read nobody knows whether it has changed: what was found stands at the end of its step.
    const ends = progress.events.flatMap(({ resOutputsEvent, ...event }) =>
      resOutputsEvent === undefined ? [] : [{ ...event, resourcePreEvent: resOutputsEvent }],
    );
    const steps = stepsOf(ends).filter(({ op }) => op === "update" || op === "delete");
    this.digest(steps);
    return steps;
  }

  /** Shows what goes away, then lets it go. */
  async destroy({ stack }: Opened): Promise<void> {
    const ahead = (this.progress = this.newProgress(false));
    await this.patiently(() => stack.previewDestroy(this.engine(ahead)));
    this.digest(stepsOf(ahead.events));
    const progress = (this.progress = this.newProgress(true));
    await this.patiently(() => stack.destroy(this.engine(progress)));
    this.changes = progress.changes;
  }

  /**
   * Changes the stack's file and reads it again: what an update then does is what the file says. Returns what puts the file back, for when
   * nothing of the change came to be deployed.
   */
  async change(opened: Opened, values: Changes): Promise<() => void> {
    if (Object.keys(values).length === 0) return () => undefined;
    const file = `Pulumi.${this.options.stack}.yaml`;
    const path = join(this.options.where.workDir, file);
    const before = textOf(path);
    this.unchanged ??= before;
    for (const [path, value] of Object.entries(values)) {
      if (value === undefined) await opened.stack.removeConfig(path, true);
      else await opened.stack.setConfig(path, { value }, true);
      this.progress.line(value === undefined ? `remove ${path}` : `set ${path} to ${value}`);
    }
    this.read = undefined;
    this.toCommit = file;
    return () => {
      if (before === undefined) return;
      writeFileSync(path, before);
      this.progress.line(`${file} is as it was`);
      this.read = undefined;
      if (before === this.unchanged) this.toCommit = null;
    };
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

  /** Asks the platform's own address from outside, where it answers the internet or this machine; then, whether what runs was deployed. */
  async verify(): Promise<boolean> {
    const { settings, outputs, options, world } = this;
    if (options.healthSeconds === 0 || typeof outputs.url?.value !== "string") return true;
    const front = frontOf(settings, outputs);
    if ("closed" in front) {
      this.progress.line(`health not asked for: ${front.closed}`);
      return this.verifyVersions(false);
    }
    this.progress.line(`asking ${front.url}`);
    const check = { url: front.url, inARow: 3, intervalSeconds: 5, timeoutSeconds: options.healthSeconds };
    const { reached, ...health } = await checkHealth(check, world);
    if (!health.healthy && !reached && isRestricted(settings.network)) {
      this.progress.line(`${health.last}; network.allowedCidrs may leave out this machine: the cloud's own word decides`);
      return this.verifyVersions(false);
    }
    this.health = health;
    this.progress.line(`${health.healthy ? "healthy" : "NOT healthy"}: ${health.last}`);
    return health.healthy && this.verifyVersions(true);
  }

  /** What runs is what was deployed. */
  private async verifyVersions(reachable: boolean): Promise<boolean> {
    const { settings, outputs, options, world } = this;
    const say = (line: string): void => this.progress.line(line);
    const wrong = await checkVersions(
      { settings, outputs, timeoutSeconds: options.healthSeconds, reachable, api: () => this.cloud(), say },
      world,
    );
    if (wrong !== undefined) this.health = wrong;
    return wrong === undefined;
  }

  /** The cloud's own API; undefined where this run has no way to it. */
  cloud(): Promise<CloudApi | undefined> {
    const { settings, world } = this;
    return world.connect?.(settings.cloud, settings.stack.region) ?? Promise.resolve(undefined);
  }

  /** Called every few seconds: on a terminal what is under way is drawn anew; else it is said when nothing else was for a while. */
  beat(): void {
    if (this.world.show === undefined) this.progress.heartbeat(30, this.waitsFor);
    else this.world.show(this.progress.rows(this.waitsFor));
  }

  /** After a signal, or when its time is over: whatever failed then, this is why. `where`: what it has come to. */
  stopped(where?: string): Summary {
    const { signal } = this.world;
    const { stack, where: folder } = this.options;
    const reason = signal.reason instanceof Stop ? signal.reason : new Stop("cancelled", "stopped by a signal");
    const killed =
      folder.kill?.aborted === true
        ? `the engine was killed: what it was doing may be half done, and its lock is left; npm run deploy -- doctor --stack ${stack} says so, ` +
          `cancel releases the lock, and up --recover reads the cloud`
        : undefined;
    const words = [reason.message, ...(where === undefined ? [] : [where]), killed ?? "the engine ended what it had begun"];
    return this.summary("cancelled", exitCodes[reason.kind], `${words.join("; ")}${this.changed()}`);
  }

  /** What a run that did not come to its end has left to commit, as a line of its own. */
  changed(): string {
    return this.toCommit === null ? "" : `\n${this.toCommit} has changed: commit it with what this run has deployed`;
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
      errors: [...this.failed, ...this.progress.errors],
      message,
    };
  }

  private engine(progress: Progress) {
    return { onEvent: progress.onEvent, signal: this.world.signal, userAgent: "two-cloud-platform/deploy" };
  }

  private patiently<T>(attempt: () => Promise<T>): Promise<T> {
    return patiently(
      () => {
        this.progress.errors.length = 0;
        this.progress.events.length = 0;
        return attempt();
      },
      () => this.progress.errors.map(({ message }) => message),
      this.options.patience,
      { ...this.world, say: (line) => this.progress.line(line) },
      this.options.stack,
    );
  }

  private async refuseStale(opened: Opened): Promise<never> {
    const holder = await holderNow(opened);
    if (holder !== undefined) throw new Locked(holder);
    throw new Stale();
  }

  /** Operations are pending while another update runs, too: that one is waited for, and what the state says then counts. */
  private async settled(opened: Opened): Promise<Deployment> {
    await this.patiently(async () => {
      const holder = await holderNow(opened);
      if (holder !== undefined && !isGone(holder)) throw new Locked(holder);
    });
    return (await stateOf(opened)).deployment;
  }

  private async recover(opened: Opened): Promise<void> {
    const { stack } = opened;
    await this.keepState(opened);
    this.progress.line("reading the cloud, and forgetting creations that an update was killed in");
    const progress = (this.progress = this.newProgress(true));
    await this.patiently(() => stack.refresh({ ...this.engine(progress), clearPendingCreates: true }));
  }

  private digest(steps: readonly Step[]): void {
    // A replacement is said once, without its two halves.
    const silent: readonly string[] = ["same", "read", "create-replacement", "delete-replaced"];
    const changing = steps.filter(({ op, type }) => !silent.includes(op) && !isLogical(type));
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
  const beat = setInterval(() => run.beat(), run.world.show === undefined ? 5000 : 1000);
  try {
    return await steps();
  } catch (error) {
    const { signal } = run.world;
    // Who was stopped while it waited may have more to say.
    const more = error instanceof Stop && error !== signal.reason && error !== run.options.where.kill?.reason;
    if (signal.aborted) return run.stopped(more ? error.message : undefined);
    const { kind, message } = endOf(error, run.progress);
    const result: Result = kind === "timeout" ? "locked" : kind === "drift" ? "drift" : kind === "cancelled" ? "cancelled" : "failed";
    return run.summary(result, exitCodes[kind], `${message}${run.changed()}`);
  } finally {
    clearInterval(beat);
    run.world.show?.([]);
  }
}
