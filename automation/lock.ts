// Who holds a stack's lock. No backend has a question for that: the lock is asked for by a call that can change nothing, and is refused.
import { hostname } from "node:os";
import { ConcurrentUpdateError } from "@pulumi/pulumi/automation";
import { wordsOf } from "./outcome";
import type { Opened } from "./workspace";

/** Another update holds the lock; the message names who it is. */
export class Locked extends Error {}

/** Who holds the lock that a call was refused for; undefined: it failed for another reason. */
export function lockedBy(error: unknown): string | undefined {
  if (error instanceof Locked) return error.message;
  return error instanceof ConcurrentUpdateError ? holderOf(error.message) : undefined;
}

/** Who holds the lock now; undefined: nobody. */
export async function holderNow({ cli, stack, name }: Opened): Promise<string | undefined> {
  // Pulumi Cloud says it, and locks for updates alone.
  const listed = await stack.workspace.listStacks();
  if (listed.some((one) => (one.name === name || one.name.endsWith(`/${name}`)) && one.updateInProgress === true))
    return "Pulumi Cloud says that one is under way";
  // A folder or a bucket locks before the preview of a refresh; looking for a resource that isn't there, the preview ends and changes nothing.
  return cli("refresh", "--yes", "--target", `urn:pulumi:${name}::none::none::none`).then(
    () => undefined,
    (error: unknown) => {
      const words = wordsOf(error, "\n");
      if (/currently locked by|Another update is currently in progress/.test(words)) return holderOf(words);
      if (/no resource named/.test(words)) return undefined;
      throw error;
    },
  );
}

/** Who holds the lock, in the backend's own words: user, host, process and time. */
export function holderOf(message: string): string {
  const own = /(created by [^\n]+)/.exec(message)?.[1];
  return own?.trim() ?? "the backend doesn't say who holds it";
}

/** Whether the holder was a process of this machine that is not there any more. */
export function isGone(holder: string): boolean {
  const [, host, pid] = /@(\S+) \(pid (\d+)\)/.exec(holder) ?? [];
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
