// What the commands of this repository share on the command line.
import { InvalidArgumentError } from "commander";

/** Where a command writes: machine output and talk apart. */
export interface Printer {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Which of the two a person looks at, where lines can be drawn over. */
  readonly screens?: { readonly out?: NodeJS.WriteStream | undefined; readonly err?: NodeJS.WriteStream | undefined } | undefined;
}

/**
 * Runs a command as this process: its words in, its exit code out. Who reads its output may go away (`| head`): what has begun goes on to
 * its end without being heard. An output that takes nothing for another reason is an error.
 */
export async function asProcess(run: (argv: readonly string[], printer: Printer) => Promise<number>): Promise<void> {
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") return;
      if (stream === process.stdout) process.stderr.write(`error: the output can't be written: ${error.message}\n`);
      process.once("exit", () => (process.exitCode ||= 1));
    });
  const printer: Printer = {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    screens: { out: screenOf(process.stdout), err: screenOf(process.stderr) },
  };
  process.exitCode = await run(process.argv.slice(2), printer);
}

/** CI systems that offer a terminal keep what was drawn over, line by line. */
function screenOf(stream: NodeJS.WriteStream): NodeJS.WriteStream | undefined {
  const { CI, TERM } = process.env;
  return stream.isTTY && TERM !== "dumb" && (CI ?? "") === "" ? stream : undefined;
}

/** A stack's name becomes part of a file's name: no way out of the folder. */
export function stackName(value: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/.test(value))
    throw new InvalidArgumentError("a stack's name has letters, digits, -, _ and . only.");
  return value;
}

/** For an option that may be repeated. */
export function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}
