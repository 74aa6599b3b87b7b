// When tests with the real engine run: where a Pulumi CLI (and for AWS the provider of awsx) is found; those that take minutes, only when
// asked for. What is left out is said in one line.
import type { Context } from "mocha";
import { findCli } from "../../automation/workspace";
import { findAwsx } from "../../rehearsal/engine";

export interface Wanted {
  /** What is left out, for the line. */
  readonly what: string;
  readonly cloud?: "aws" | "azure";
  /** Only with ENGINE_LONG=1: so many minutes of a quiet machine. */
  readonly minutes?: number;
}

/** Skips what can't run here, or was not asked for. */
export function needsEngine(context: Context, { what, cloud, minutes }: Wanted): void {
  const missing =
    findCli() === undefined
      ? "no Pulumi CLI found"
      : cloud === "aws" && findAwsx() === undefined
        ? "no awsx provider found (set AWSX_PROVIDER to its folder)"
        : minutes !== undefined && process.env.ENGINE_LONG !== "1"
          ? `about ${minutes} min: set ENGINE_LONG=1`
          : undefined;
  if (missing === undefined) return;
  process.stdout.write(`\n  ${what}${cloud === undefined ? "" : ` on ${cloud}`} skipped: ${missing}\n`);
  context.skip();
}
