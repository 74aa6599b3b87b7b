// Waiting: for another update to end, and for what passes by itself. Both have an end of their own, and say what they wait for.
import { ConcurrentUpdateError } from "@pulumi/pulumi/automation";
import { isTransient, Stop } from "./outcome";

export interface Patience {
  /** Seconds to wait for another update of the stack. */
  readonly lockSeconds: number;
  /** Further tries after a fault that passes by itself. */
  readonly retries: number;
  /** Seconds before the first further try; doubled each time. */
  readonly retrySeconds: number;
}

export interface Waiting {
  readonly say: (line: string) => void;
  readonly sleep: (seconds: number) => Promise<void>;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** Runs `attempt` until it succeeds, fails for good, or patience ends. `errors` gives the errors of the last attempt. */
export async function patiently<T>(
  attempt: () => Promise<T>,
  errors: () => readonly string[],
  patience: Patience,
  waiting: Waiting,
): Promise<T> {
  const began = waiting.now();
  let failures = 0;
  for (let waits = 0; ;) {
    try {
      return await attempt();
    } catch (error) {
      if (waiting.signal.aborted) throw error;
      if (error instanceof ConcurrentUpdateError) {
        const waited = (waiting.now() - began) / 1000;
        const holder = holderOf(error.message);
        if (waited >= patience.lockSeconds)
          throw new Stop(
            "timeout",
            `the stack is still being updated after ${Math.round(waited)} s: ${holder}`,
            "wait for that update, or, when nobody runs it any more: npm run deploy -- cancel --stack <stack>",
          );
        waiting.say(`waiting for another update: ${holder}`);
        // Between 5 and 15 s, so that two who wait don't meet again.
        await waiting.sleep(Math.min(5 + (waits++ % 3) * 5, Math.max(patience.lockSeconds - waited, 0.1)));
        continue;
      }
      const found = errors();
      if (failures >= patience.retries || !isTransient(found)) throw error;
      const seconds = patience.retrySeconds * 2 ** failures++;
      waiting.say(`a fault that passes by itself (${short(found[0] ?? "")}): try ${failures + 1} in ${seconds} s`);
      await waiting.sleep(seconds);
    }
  }
}

/** Who holds the lock, in the backend's own words: user, host, process and time. */
export function holderOf(message: string): string {
  const own = /(created by [^\n]+)/.exec(message)?.[1];
  return own?.trim() ?? "the backend doesn't say who holds it";
}

function short(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
