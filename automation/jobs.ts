// One-off jobs around a deployment: started on the cloud, waited for, and judged by how they end. What a cloud does differently stands
// behind one small interface.
import { Stop, wordsOf } from "./outcome";
import { pause, type Waiting } from "./retry";

/** What the stack's outputs say of a job (`jobs.<name>`), with its name. */
export interface Job {
  readonly name: string;
  readonly id: string;
  readonly hostId: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly logs: string;
}

/** One run of a job. */
export interface Execution {
  readonly id: string;
  /** Whether it runs what the job is now, not what it was before the update. */
  readonly current: boolean;
}

export type Look =
  | { readonly running: true; readonly words: string }
  /** `words`: how it ended, as the cloud tells it. */
  | { readonly running: false; readonly succeeded: boolean; readonly words: string };

/** The jobs of one cloud. */
export interface Jobs {
  /** Executions that have not ended, whoever started them. */
  running(job: Job): Promise<readonly Execution[]>;
  /** Starts one, and returns its id; undefined where the cloud has no room at the moment. */
  start(job: Job): Promise<string | undefined>;
  look(job: Job, id: string): Promise<Look>;
  /** The command by which a person reads its output. */
  logs(job: Job, id: string): string;
}

/** Seconds between two looks. */
const lookSeconds = 10;
/** Looks in a row that may fail: the job goes on meanwhile. */
const patience = 5;

/**
 * Runs a job to its end, or stops. What a killed deployment has left running is waited for: if it is the same job its end is taken,
 * else it is out of the way then. Nobody else's run is ended.
 */
export async function runJob(jobs: Jobs, job: Job, limitSeconds: number, world: Waiting): Promise<void> {
  const waiting = new Wait(jobs, job, limitSeconds, world);
  for (const { id, current } of await jobs.running(job)) {
    world.say(`job ${job.name}: ${id} runs already${current ? "" : ", from before this update"}: waiting for it`);
    const end = await waiting.end(id);
    if (current) return judge(jobs, job, id, end);
  }
  const id = await waiting.start();
  world.say(`job ${job.name}: started ${id}`);
  judge(jobs, job, id, await waiting.end(id));
  world.say(`job ${job.name}: succeeded`);
}

function judge(jobs: Jobs, job: Job, id: string, { succeeded, words }: Ended): void {
  if (!succeeded) throw new Stop("deployment", `the job ${job.name} failed: ${words}`, `its output: ${jobs.logs(job, id)}`);
}

type Ended = Extract<Look, { running: false }>;

/** The waiting for one job, with its limit. */
class Wait {
  private readonly began: number;

  constructor(
    private readonly jobs: Jobs,
    private readonly job: Job,
    private readonly limitSeconds: number,
    private readonly world: Waiting,
  ) {
    this.began = world.now();
  }

  /** A start whose answer was lost may have started it all the same: that run is taken. */
  async start(): Promise<string> {
    const { jobs, job, world } = this;
    for (;;) {
      try {
        const id = await jobs.start(job);
        if (id !== undefined) return id;
        world.say(`job ${job.name}: the cloud has no room for it at the moment`);
      } catch (error) {
        const found = (await jobs.running(job).catch(() => [])).find(({ current }) => current);
        if (found === undefined) throw new Stop("deployment", `the job ${job.name} could not be started: ${wordsOf(error, "; ")}`);
        return found.id;
      }
      await this.pause(
        `room for the job ${job.name}`,
        `the job ${job.name} could not be started within ${this.limitSeconds} s: the cloud has no room for it`,
      );
    }
  }

  async end(id: string): Promise<Ended> {
    const { jobs, job, world } = this;
    let said = "";
    for (let failures = 0; ;) {
      try {
        const look = await jobs.look(job, id);
        if (!look.running) return look;
        failures = 0;
        if (look.words !== said) world.say(`job ${job.name}: ${(said = look.words)} (${this.seconds()} s)`);
      } catch (error) {
        if (++failures >= patience) throw new Stop("deployment", `nobody knows how the job ${job.name} goes on: ${wordsOf(error, "; ")}`);
      }
      const late = `the job ${job.name} has not ended within ${this.limitSeconds} s; it was left running, and the next run waits for it`;
      await this.pause(
        `the job ${job.name}${said === "" ? "" : ` (${said})`}`,
        late,
        `its output: ${jobs.logs(job, id)}; more time: --job-timeout`,
      );
    }
  }

  private async pause(what: string, late: string, remedy?: string): Promise<void> {
    if (this.seconds() >= this.limitSeconds) throw new Stop("deployment", late, remedy);
    await pause(this.world, Math.min(lookSeconds, Math.max(this.limitSeconds - this.seconds(), 1)), what).catch(() => {
      throw new Stop("cancelled", `the job ${this.job.name} runs on; the next run waits for it`);
    });
  }

  private seconds(): number {
    return Math.round((this.world.now() - this.began) / 1000);
  }
}
