// A rehearsal as phases: each is one run of the deploy command (or what a person does between two), with the changes of the simulated cloud
// and what its visitors got meanwhile.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../automation/cli";
import { lateness } from "../automation/metrics";
import { settingsOf } from "../automation/preflight";
import { standingOf } from "../automation/rollout-service";
import { unreadable } from "../automation/workspace";
import type { Settings } from "../settings/schema";
import type { Printer } from "../terminal";
import { simulatedApi } from "./api";
import { Clock } from "./clock";
import type { Rehearsal } from "./engine";
import { type Ending, endingOf, type Exported } from "./ending";
import { environmentOf, unmetBy, type Wanted } from "./faults";
import type { Stored } from "./store";
import { type Row, rowsOf } from "./timeline";
import { type Availability, Visitors } from "./visitors";

export interface Phase {
  readonly name: string;
  readonly exitCode: number;
  /** Of the cloud's time, from the first change to the last. */
  readonly seconds: number;
  readonly timeline: readonly Row[];
  readonly visitors: readonly Availability[];
}

/** How a phase differs from an undisturbed one. */
export interface Disturbed extends Wanted {
  /** Another update holds the lock for so many seconds of the cloud's time. */
  readonly lock?: number | undefined;
  /** How long the command waits for it, in seconds of the cloud's time; undefined: as it does by itself. */
  readonly lockTimeout?: number | undefined;
  /** A region that doesn't answer. */
  readonly lost?: string | undefined;
}

/** Before the faults begin, something could not be made ready. */
export class Unprepared extends Error {}

export class Scene {
  readonly phases: Phase[] = [];
  /** An image that is bad from a share of the visitors on, in percent. */
  breach: { readonly service: string; readonly image: string; readonly percent: number } | undefined;
  readonly visitors: Visitors;
  settings: Settings;
  /** Whether the last phase ended by the kill that was asked for. */
  killed = false;
  private readonly clock: Clock;
  /** What was asked for, and has met nothing in any phase; undefined: nothing was asked for yet. */
  private unmet: readonly string[] | undefined;

  constructor(
    readonly rehearsal: Rehearsal,
    readonly stack: string,
    private readonly speed: number,
    private readonly printer: Printer,
  ) {
    this.settings = settingsOf(stack, rehearsal.where.workDir);
    this.visitors = new Visitors(rehearsal.cloud, this.settings);
    this.clock = new Clock(rehearsal.cloud, speed);
  }

  say(line: string): void {
    this.printer.out(`${line}\n`);
  }

  /** `pulumi config set --path`, as a person does it. */
  async set(path: string, value: string | undefined): Promise<void> {
    const { stack } = this.rehearsal;
    if (value === undefined) await stack.removeConfig(path, true);
    else await stack.setConfig(path, { value }, true);
    this.say(`set ${path}${value === undefined ? " to nothing" : ` to ${value}`}`);
    this.settings = settingsOf(this.stack, this.rehearsal.where.workDir);
  }

  /** Deployed before the rehearsal begins, as the deploy command has left it: nothing takes time, and nothing fails. */
  async prepare(stack: string): Promise<void> {
    const { database, standby, rotationEpoch } = settingsOf(stack, this.rehearsal.where.workDir);
    const { enabled = false, made } = database?.logins ?? {};
    // A first `up` has made the services' logins by then.
    if (stack === this.stack && standby === undefined && enabled && made === undefined)
      await this.set("database.logins.made", String(rotationEpoch));
    this.say(`preparing: ${stack} is deployed, without delays`);
    const { code, output } = this.rehearsal.on(stack, "up", "--yes", "--skip-preview", "--suppress-progress");
    if (code !== 0) throw new Unprepared(output.trim());
    this.meet(stack);
    this.clock.close();
  }

  /** Visitors go to this stack's address from now on. */
  meet(stack: string): void {
    this.visitors.stack = stack;
    const { code, output } = this.rehearsal.on(stack, "stack", "output", "url");
    if (code === 0 && URL.canParse(output.trim())) this.visitors.host = new URL(output.trim()).host;
  }

  /** Runs the deploy command. `words`: its command and options. */
  async deploy(name: string, words: readonly string[], disturbed: Disturbed = {}, stack = this.stack): Promise<number> {
    const { cloud, directory, where } = this.rehearsal;
    const calls = cloud.calls().length;
    this.say(`\n=== ${name}: npm run deploy -- ${[...words.slice(0, 1), "--stack", stack, ...words.slice(1)].join(" ")}`);
    const kill = disturbed.kill === undefined ? undefined : calls + disturbed.kill;
    const env = {
      ...where.env,
      ...environmentOf({ ...disturbed, kill }, calls),
      SIM_SPEED: String(this.speed),
      SIM_LOST: disturbed.lost ?? "",
    };
    const lock = disturbed.lock === undefined ? undefined : this.lock(stack, disturbed.lock);
    const watching = kill === undefined ? undefined : setInterval(() => this.killAt(kill), 20);
    const printer: Printer = {
      out: (text) => {
        if (text.includes("waiting for another update")) lock?.waitedFor();
        this.notice(text);
        this.printer.out(text);
      },
      err: this.printer.err,
      screens: this.printer.screens,
    };
    this.visitors.start(50);
    const from = Date.now();
    const patience = disturbed.lockTimeout === undefined ? [] : ["--lock-timeout", String(disturbed.lockTimeout)];
    const keep = words.includes("cancel") ? [] : ["--keep", join(directory, "kept")];
    const argv = [...words, "--stack", stack, "--cwd", where.workDir, ...patience, ...keep];
    const exitCode = await run(argv, printer, env, {
      ask: this.visitors.ask,
      connect: (name) => Promise.resolve(simulatedApi(cloud, { reading: this.visitors.read, lateSeconds: lateness[name] })),
      sleep: this.clock.sleep,
      now: this.clock.now,
    });
    clearInterval(watching);
    const locked = lock?.end() === true;
    this.killed = kill !== undefined && cloud.notes().includes(`hanging-${kill}`);
    this.visitors.stop();
    this.clock.close();
    this.meet(stack);
    const changes = cloud.calls().slice(calls);
    const unmet = unmetBy(disturbed, changes, { killed: this.killed, locked });
    if (unmet !== undefined) this.unmet = (this.unmet ?? unmet).filter((each) => unmet.includes(each));
    const to = Date.now();
    const times = changes.flatMap(({ at, end = at }) => [Date.parse(at), Date.parse(end)]);
    const [first, last] = times.length === 0 ? [from, to] : [Math.min(...times), Math.max(...times)];
    this.phases.push({
      name,
      exitCode,
      seconds: times.length === 0 ? 0 : Math.round((this.clock.at(last) - this.clock.at(first)) / 1000),
      timeline: rowsOf(changes, this.clock.at),
      visitors: this.visitors.between(first, to, this.clock.at),
    });
    return exitCode;
  }

  /** The command says what it sets: from here on more visitors meet the candidate. */
  private notice(text: string): void {
    const [, service, percent] = /set services\.(\S+)\.candidate\.percent to (\d+)/.exec(text) ?? [];
    const { breach } = this;
    if (breach !== undefined && service === breach.service && Number(percent) >= breach.percent)
      this.visitors.bad.set(breach.service, breach.image);
  }

  /** What is in the cloud and not in the state: an update was killed while it was made. */
  strays(stack = this.stack): Stored[] {
    return endingOf(this.exported(stack), this.rehearsal.cloud.all(), stack).strays;
  }

  /** What is there now of the stack that visitors go to, and which of the faults that were asked for have met nothing. */
  ending(): Ending {
    const { stack } = this.visitors;
    const { strays, ...ending } = endingOf(this.exported(stack), this.rehearsal.cloud.all(), stack);
    const stated = settingsOf(stack, this.rehearsal.where.workDir).services;
    return {
      ...{ stack, ...ending },
      strays: strays.map(({ type, id }) => `${type} ${id}`),
      stated: Object.fromEntries(
        Object.entries(stated).flatMap(([name, one]) => (name in ending.deployed ? [[name, standingOf(one)]] : [])),
      ),
      withoutEffect: this.unmet ?? [],
    };
  }

  /** The state; one that the kill has met while it was written is brought back first, as the command's words have it. */
  private exported(stack: string): Exported {
    const first = this.rehearsal.on(stack, "stack", "export");
    const broken = first.code !== 0 && unreadable(new Error(first.output)) !== undefined;
    if (broken) {
      const file = join(this.rehearsal.directory, "backend", ".pulumi", "stacks", this.settings.stack.project, `${stack}.json`);
      copyFileSync(`${file}.bak`, file);
      this.say("\na person brings back the state before the one that was being written");
    }
    const { code, output } = broken ? this.rehearsal.on(stack, "stack", "export") : first;
    if (code !== 0) throw new Unprepared(output.trim());
    return JSON.parse(output) as Exported;
  }

  /** Kill -9 of the CLI and of all that it has started, at the moment in which the cloud does what was asked. */
  private killAt(call: number): void {
    if (!this.rehearsal.cloud.notes().includes(`hanging-${call}`)) return;
    for (const pid of descendants(process.pid)) {
      try {
        process.kill(pid, "SIGKILL");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    }
  }

  /** A lock as the backend writes it. Its holder ends when its time is over after somebody was seen to wait for it, else with the phase. */
  private lock(stack: string, seconds: number): { waitedFor(): void; end(): boolean } {
    const folder = join(this.rehearsal.directory, "backend", ".pulumi", "locks", "organization", this.settings.stack.project, stack);
    mkdirSync(folder, { recursive: true });
    const file = join(folder, "0000-rehearsal.json");
    const timestamp = new Date().toISOString();
    writeFileSync(file, JSON.stringify({ pid: 1, username: "a colleague", hostname: "another-machine", timestamp }));
    let since: number | undefined;
    return {
      waitedFor: () => {
        since ??= this.clock.now();
        if (this.clock.now() - since >= seconds * 1000) rmSync(file, { force: true });
      },
      end: () => {
        rmSync(file, { force: true });
        return since !== undefined;
      },
    };
  }
}

/** The CLI's processes that this one has started, and theirs: the CLI before what it would clean up. */
function descendants(root: number): number[] {
  const { stdout } = spawnSync("ps", ["-eo", "pid=,ppid=,comm="], { encoding: "utf8" });
  const processes = stdout.split("\n").map((line) => {
    const [pid, parent, name = ""] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), name };
  });
  const below = (parent: number): number[] => processes.filter((each) => each.parent === parent).flatMap(({ pid }) => [pid, ...below(pid)]);
  return processes.filter(({ parent, name }) => parent === root && name === "pulumi").flatMap(({ pid }) => [pid, ...below(pid)]);
}
