// Waiting: for another update to end, and for what passes by itself. Both have an end of their own, and say what they wait for.
import { isGone, lockedBy } from "./lock";
import { isTransient, isYoungRole, Stop } from "./outcome";

export interface Patience {
  /** Seconds to wait for another update of the stack. */
  readonly lockSeconds: number;
  /** Further tries after a fault that passes by itself. */
  readonly retries: number;
  /** Seconds before the first further try; doubled each time. */
  readonly retrySeconds: number;
}

export interface Pausing {
  readonly sleep: (seconds: number) => Promise<void>;
  readonly now: () => number;
  /** Ends a run; its reason says why. */
  readonly signal: AbortSignal;
  /** Told what is waited for, and (undefined) that it no longer is. */
  readonly waitsFor?: (what: string | undefined) => void;
}

export interface Waiting extends Pausing {
  readonly say: (line: string) => void;
}

/** Waits, in short pieces, as a signal must end it soon. `what`: for those who watch. */
export async function pause({ sleep, signal, waitsFor }: Pausing, seconds: number, what: string): Promise<void> {
  signal.throwIfAborted();
  waitsFor?.(what);
  try {
    for (let left = seconds; left > 0; left -= 2) {
      await sleep(Math.min(left, 2));
      signal.throwIfAborted();
    }
  } finally {
    waitsFor?.(undefined);
  }
}

/** Azure lets a new role take up to ten minutes until it holds everywhere: the seconds before each further try. */
const roleWaits = [30, 60, 120, 180, 240] as const;

/** Runs `attempt` until it succeeds, fails for good, or patience ends. `errors` gives the errors of the last attempt. */
export async function patiently<T>(
  attempt: () => Promise<T>,
  errors: () => readonly string[],
  patience: Patience,
  waiting: Waiting,
  stack = "<stack>",
): Promise<T> {
  const began = waiting.now();
  let [failures, roles] = [0, 0];
  for (let waits = 0; ;) {
    waiting.signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (waiting.signal.aborted) throw error;
      const holder = lockedBy(error);
      if (holder !== undefined) {
        const waited = (waiting.now() - began) / 1000;
        if (isGone(holder))
          throw new Stop(
            "failure",
            `the stack is locked by an update that was killed, as that process is gone: ${holder}`,
            `release the lock: npm run deploy -- cancel --stack ${stack}; then look: npm run deploy -- doctor --stack ${stack}`,
          );
        if (waited >= patience.lockSeconds)
          throw new Stop(
            "timeout",
            `the stack is still being updated after ${Math.round(waited)} s: ${holder}`,
            `wait for that update, or, when nobody runs it any more: npm run deploy -- cancel --stack ${stack}`,
          );
        waiting.say(`waiting for another update: ${holder}`);
        // Between 5 and 15 s, so that two who wait don't meet again.
        await pause(waiting, Math.min(5 + (waits++ % 3) * 5, Math.max(patience.lockSeconds - waited, 0.1)), "another update");
        continue;
      }
      const found = errors();
      let seconds: number | undefined;
      if (isYoungRole(found)) seconds = patience.retries > 0 ? roleWaits[roles++] : undefined;
      else if (failures < patience.retries && isTransient(found)) seconds = patience.retrySeconds * 2 ** failures++;
      if (seconds === undefined) throw error;
      waiting.say(`a fault that passes by itself (${short(found[0] ?? "")}): try ${failures + roles + 1} in ${seconds} s`);
      await pause(waiting, seconds, "the next try");
    }
  }
}

function short(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
