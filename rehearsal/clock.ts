// The cloud's time in a rehearsal. It runs quicker than ours while the cloud is at work or somebody waits for it, and as ours while the
// engine and the program think: these are as quick here as there.
import type { Call, Store } from "./store";

export interface Span {
  readonly from: number;
  readonly to: number;
}

export class Clock {
  private readonly waits: Span[] = [];
  private waitingSince: number | undefined;
  private busy: { readonly at: number; readonly spans: readonly Span[] } = { at: 0, spans: [] };
  /** By number of a call that never ended: when that was known. */
  private readonly given = new Map<number, number>();

  constructor(
    private readonly cloud: Pick<Store, "calls">,
    private readonly speed: number,
  ) {}

  /** Milliseconds of the cloud's time, as `Date.now` gives ours. */
  readonly now = (): number => this.at(Date.now());

  readonly sleep = async (seconds: number): Promise<void> => {
    const from = (this.waitingSince = Date.now());
    await new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / this.speed));
    this.waits.push({ from, to: Date.now() });
    this.waitingSince = undefined;
  };

  /** A moment of ours in the cloud's time. */
  readonly at = (time: number): number => {
    const waiting = this.waitingSince === undefined ? [] : [{ from: this.waitingSince, to: time }];
    return stretched(time, [...this.spans(), ...this.waits, ...waiting], this.speed);
  };

  /** Calls that have not ended by now never will: whoever made them is gone. */
  close(): void {
    const now = Date.now();
    for (const { number, end } of this.cloud.calls()) if (end === undefined && !this.given.has(number)) this.given.set(number, now);
    this.busy = { at: 0, spans: [] };
  }

  private spans(): readonly Span[] {
    const now = Date.now();
    if (now - this.busy.at > 50) {
      // What is made up on this machine takes no time of the cloud.
      const calls = this.cloud.calls().filter(({ type }) => !type.startsWith("random:"));
      this.busy = { at: now, spans: calls.map((call) => spanOf(call, this.given.get(call.number) ?? now)) };
    }
    return this.busy.spans;
  }
}

function spanOf({ at, end, failed, refused }: Call, otherwise: number): Span {
  const from = Date.parse(at);
  if (failed || refused === true) return { from, to: from };
  return { from, to: end === undefined ? otherwise : Date.parse(end) };
}

/** A moment, moved by what its spans before it are longer there. */
export function stretched(time: number, spans: readonly Span[], speed: number): number {
  let [busy, end] = [0, 0];
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const [begin, last] = [Math.max(from, end), Math.min(to, time)];
    if (last > begin) busy += last - begin;
    end = Math.max(end, last);
  }
  return time + busy * (speed - 1);
}
