// The Pulumi CLI in a process group of its own. The SDK starts it in ours: a Ctrl-C reaches it from the terminal and once more from the
// SDK, and the engine takes the second for "at once". It also never hears of a signal that was given before a call began.
import { spawn, spawnSync } from "node:child_process";
import { delimiter, dirname } from "node:path";
import { PulumiCommand } from "@pulumi/pulumi/automation";
import * as errors from "@pulumi/pulumi/automation/errors";

export interface Result {
  readonly stdout: string;
  readonly stderr: string;
  /** Below 0: it was killed. */
  readonly code: number;
}

export interface Handling {
  readonly onOutput?: ((text: string) => void) | undefined;
  readonly onError?: ((text: string) => void) | undefined;
  /** Asks it to end, as Ctrl-C does: the engine ends what it has begun. */
  readonly signal?: AbortSignal | undefined;
  /** Ends it at once, with all that it has started. */
  readonly kill?: AbortSignal | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What the SDK calls, though its types leave it out. */
type RunCommand = (
  args: readonly string[],
  cwd: string,
  env: Environment,
  onOutput?: (text: string) => void,
  onError?: (text: string) => void,
  signal?: AbortSignal,
) => Promise<Result>;

/** The SDK's own, whose classes its callers tell apart; its types leave it out, too. */
const { createCommandError } = errors as unknown as { createCommandError(result: Result): Error };

/** The CLI of a folder, for the SDK. */
export async function engineOf(root: string, kill?: AbortSignal): Promise<PulumiCommand> {
  const { command, version } = await PulumiCommand.get({ root, skipVersionCheck: true });
  const run: RunCommand = async (args, cwd, given, onOutput, onError, signal) => {
    const words = args.includes("--non-interactive") ? args : [...args, "--non-interactive"];
    const env = { ...given, PATH: [dirname(command), given.PATH ?? process.env.PATH].join(delimiter), PULUMI_AUTOMATION_API: "true" };
    const result = await execute(command, words, { cwd, env }, { onOutput, onError, signal, kill });
    if (result.code !== 0) throw createCommandError({ ...result, toString: () => writtenBy(result) } as Result);
    return result;
  };
  const engine = { command, version, run };
  return engine;
}

/** What a call that failed has written. */
export function writtenBy({ stdout, stderr, code }: Result): string {
  return [stderr, stdout].filter((text) => text !== "").join("\n") || `pulumi ended with ${code}`;
}

/** Runs a command to its end, whatever that is. `env`: besides that of this process. */
export async function execute(
  command: string,
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Environment },
  { onOutput, onError, signal, kill }: Handling = {},
): Promise<Result> {
  kill?.throwIfAborted();
  signal?.throwIfAborted();
  const child = spawn(command, [...args], { cwd, env: { ...process.env, ...env }, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const onAsked = (): void => void child.kill("SIGINT");
  const onKill = (): void => {
    if (child.pid === undefined) return;
    killFamily(child.pid);
    // Who escaped may still hold the other ends.
    child.once("exit", () => [child.stdout, child.stderr].forEach((stream) => stream.destroy()));
  };
  signal?.addEventListener("abort", onAsked);
  kill?.addEventListener("abort", onKill);
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => ((stdout += text), onOutput?.(text)));
  child.stderr.setEncoding("utf8").on("data", (text: string) => ((stderr += text), onError?.(text)));
  try {
    return await new Promise<Result>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve({ stdout: stdout.replace(/\n$/, ""), stderr: stderr.replace(/\n$/, ""), code: code ?? -2 }));
    });
  } finally {
    signal?.removeEventListener("abort", onAsked);
    kill?.removeEventListener("abort", onKill);
  }
}

/** Providers have groups of their own: the tree is looked up while it stands. */
function killFamily(root: number): void {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  const processes = stdout.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    processes.flatMap(([pid, ppid]) => (ppid === parent && pid !== undefined ? [pid, ...below(pid)] : []));
  for (const pid of [root, ...below(root)]) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}
