// The ends that come from outside: a signal, or the time that a run may take. The engine is asked to end first, as it must release its lock
// and write down what it has begun; what does not end by itself is killed.
import { Stop } from "./outcome";

export interface Limits {
  /** Seconds after which the run is asked to end. */
  readonly timeoutSeconds: number;
  /** Seconds that it may take to end then. */
  readonly graceSeconds: number;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** One Ctrl-C comes twice where `npm` hands it on: only a later signal is a second one. */
const sameSeconds = 2;
/** Seconds after a kill in which a run still tells how it ended. */
const lastSeconds = 15;

export class Ends {
  private readonly asking = new AbortController();
  private readonly killing = new AbortController();
  private readonly timers: NodeJS.Timeout[] = [];
  private askedAt = 0;

  constructor(
    private readonly say: (line: string) => void,
    private readonly limits: Limits,
    private readonly now: () => number = Date.now,
  ) {
    for (const signal of signals) process.on(signal, this.onSignal);
    const { timeoutSeconds } = limits;
    const late = new Stop("timeout", `the run has not ended within ${timeoutSeconds} s (--timeout)`);
    this.after(timeoutSeconds, () => this.ask(late, `${timeoutSeconds} s are over`));
  }

  /** Goes off when the run shall end; its reason is a Stop. */
  get signal(): AbortSignal {
    return this.asking.signal;
  }

  /** Goes off when what has not ended is killed. */
  get kill(): AbortSignal {
    return this.killing.signal;
  }

  /** What a run returns; not waited for for ever once it was to be killed. */
  within<T>(run: Promise<T>, otherwise: () => T): Promise<T> {
    const lost = new Promise<T>((resolve) => {
      this.kill.addEventListener("abort", () => this.after(lastSeconds, () => resolve(otherwise())));
    });
    return Promise.race([run, lost]);
  }

  close(): void {
    this.timers.forEach(clearTimeout);
    for (const signal of signals) process.off(signal, this.onSignal);
  }

  private readonly onSignal = (signal: NodeJS.Signals): void => {
    if (!this.signal.aborted) this.ask(new Stop("cancelled", `stopped by ${signal}`), signal);
    else if (this.now() - this.askedAt >= sameSeconds * 1000) this.end(`${signal} again`);
  };

  private ask(reason: Stop, why: string): void {
    if (this.signal.aborted) return;
    const { graceSeconds } = this.limits;
    this.askedAt = this.now();
    this.say(
      `${why}: the engine ends what it has begun, and releases the lock; after ${graceSeconds} s (--grace), or a second signal, it is killed`,
    );
    this.asking.abort(reason);
    this.after(graceSeconds, () => this.end(`${graceSeconds} s later`));
  }

  private end(why: string): void {
    if (this.kill.aborted) return;
    this.say(`${why}: the engine is killed`);
    this.killing.abort(new Stop("cancelled", "the engine was killed"));
  }

  private after(seconds: number, act: () => void): void {
    this.timers.push(setTimeout(act, seconds * 1000));
  }
}
