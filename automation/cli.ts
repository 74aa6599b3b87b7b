// The command line of `npm run deploy`: words to steps, and steps to output and an exit code.
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError, Option } from "commander";
import { type Printer, stackName } from "../terminal";
import { connect } from "./cloud";
import { destroy, drift, preview, rollback, rotate, up } from "./commands";
import { Ends } from "./ends";
import { defaultFolder, defaultGrace, defaultTimeout, type Flags, optionsFor, type Verb, verbs } from "./flags";
import { fetchAnswer } from "./health";
import { cancel, doctor, outputs, type Plain } from "./inspect";
import { Live } from "./live";
import { exitCodes, wordsOf } from "./outcome";
import { type Asked, rollout } from "./rollout";
import { type Options, Run, type World } from "./run";
import { markdown, type Result, schemaVersion, type Summary } from "./summary";
import type { Where } from "./workspace";

const root = join(__dirname, "..");

/** Runs one command; returns the exit code. `env`: what the CLI gets besides this process's environment. `world`: what a rehearsal stands in for. */
export async function run(argv: readonly string[], printer: Printer, env: Where["env"] = {}, world: Partial<World> = {}): Promise<number> {
  let code: number = exitCodes.done;
  try {
    await command(printer, async (verb, flags) => {
      code = await perform(verb, flags, printer, env, world);
    }).parseAsync(argv, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.configuration;
    printer.err(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return exitCodes.failure;
  }
  return code;
}

async function perform(verb: Verb, flags: Flags, plain: Printer, env: Where["env"], rehearsed: Partial<World>): Promise<number> {
  const json = flags.format === "json";
  const screen = json ? plain.screens?.err : plain.screens?.out;
  const live = screen && new Live(screen);
  const printer = live === undefined ? plain : over(live, plain);
  const limits = { timeoutSeconds: flags.timeout ?? defaultTimeout, graceSeconds: flags.grace ?? defaultGrace };
  const ends = new Ends((line) => printer.err(`${line}\n`), limits);
  try {
    const where = { workDir: flags.cwd ?? root, kill: ends.kill, ...(env !== undefined && { env }) };
    // With JSON the progress goes where it doesn't mix with the document.
    const say = (line: string): void => (json ? printer.err : printer.out)(`${line}\n`);
    if (verb === "outputs" || verb === "cancel" || verb === "doctor")
      return print(verb, await plainly(verb, flags.stack, where), flags, printer);
    const show = live && { show: (rows: readonly string[]) => live.show(rows) };
    const real = { say, sleep, now: Date.now, ask: fetchAnswer, connect, ...show };
    const world: World = { ...real, ...rehearsed, signal: ends.signal };
    const run = new Run(verb, optionsOf(flags, where), world);
    const summary = await ends.within(steps(verb, run, flags), () => run.stopped());
    report(summary, flags, printer);
    return summary.exitCode;
  } finally {
    ends.close();
  }
}

/** Both outputs may be the same terminal: what either writes goes above the rows. */
function over(live: Live, { out, err }: Printer): Printer {
  return { out: (text) => live.above(() => out(text)), err: (text) => live.above(() => err(text)) };
}

function plainly(verb: "outputs" | "cancel" | "doctor", stack: string, where: Where): Promise<Plain> {
  return verb === "doctor" ? doctor(stack, where, connect) : { outputs, cancel }[verb](stack, where);
}

function steps(verb: Exclude<Verb, "outputs" | "cancel" | "doctor">, run: Run, flags: Flags): Promise<Summary> {
  switch (verb) {
    case "preview":
      return preview(run);
    case "up":
      return up(run);
    case "rollback":
      return rollback(run);
    case "rollout":
      return rollout(run, askedBy(flags));
    case "rotate":
      return rotate(run);
    case "drift":
      return drift(run);
    case "destroy":
      return destroy(run, flags.confirm);
  }
}

function askedBy({ service = "", image, finish, abort, timeout }: Flags): Asked {
  return { service, image, finish: finish === true, abort: abort === true, endsAfter: timeout };
}

function optionsOf(flags: Flags, where: Where): Options {
  return {
    stack: flags.stack,
    where,
    allow: flags.allow ?? [],
    policyPacks: flags.policyPack ?? [],
    recover: flags.recover === true,
    create: flags.create === true,
    patience: { lockSeconds: flags.lockTimeout ?? 0, retries: flags.retries ?? 0, retrySeconds: 10 },
    rollback: flags.rollback === true,
    jobs: flags.jobs === true,
    jobSeconds: flags.jobTimeout ?? 0,
    healthSeconds: flags.healthTimeout ?? 0,
    keepIn: flags.keep ?? defaultFolder,
  };
}

function report(summary: Summary, flags: Flags, printer: Printer): void {
  const { command, stack, result, message, durationSec, url } = summary;
  if (message !== null) printer.err(`${summary.exitCode === 0 ? "" : "error: "}${message}\n`);
  const document = `${JSON.stringify(summary, null, 2)}\n`;
  if (flags.format === "json") printer.out(document);
  else printer.out(`${command} of ${stack}: ${result.replace("_", " ")} after ${durationSec} s${url === null ? "" : `, ${url}`}\n`);
  const keep = (file: string | undefined, write: (file: string) => void): void => {
    if (file === undefined || file === "") return;
    try {
      write(file);
    } catch (error) {
      // The run has ended as it has: what its exit code says stays true.
      printer.err(`warning: the summary was not written to ${file}: ${wordsOf(error, ": ")}\n`);
    }
  };
  keep(process.env.GITHUB_STEP_SUMMARY, (file) => appendFileSync(file, markdown(summary)));
  keep(flags.summary, (file) => writeFileSync(file, document));
}

/** The same head in every document of the command. */
function print(command: Verb, { code, text, fault, data }: Plain, { stack, format }: Flags, printer: Printer): number {
  if (fault !== undefined) printer.err(`error: ${fault}\n`);
  const result: Result = code === exitCodes.done ? "succeeded" : "failed";
  if (format === "json")
    printer.out(`${JSON.stringify({ schemaVersion, command, stack, result, exitCode: code, message: fault ?? null, ...data }, null, 2)}\n`);
  else if (fault === undefined) printer.out(`${text}\n`);
  return code;
}

function command(printer: Printer, act: (verb: Verb, flags: Flags) => Promise<void>): Command {
  const program = new Command("deploy").description(
    "Deploys a stack from CI by Pulumi's Automation API: looks before it changes, waits for locks, retries what passes by itself, verifies health.",
  );
  for (const [verb, description] of Object.entries(verbs) as [Verb, string][]) {
    const known = new Command(verb)
      .description(description)
      .addOption(new Option("-s, --stack <name>", "the stack").argParser(stackName).makeOptionMandatory())
      .option("-C, --cwd <folder>", "the folder of Pulumi.yaml and the stack files (default: the repository)")
      .addOption(new Option("--format <format>", "what is printed at the end").choices(["text", "json"]).default("text"));
    for (const option of optionsFor(verb)) known.addOption(option);
    program.addCommand(
      known
        .allowExcessArguments(false)
        .configureOutput({ writeOut: printer.out, writeErr: printer.err })
        .exitOverride()
        .action((flags: Flags) => act(verb, flags)),
    );
  }
  return program
    .addHelpText(
      "after",
      "\nExit codes, those of Pulumi: 0 done, 1 failure, 2 configuration, 3 authentication, 4 deployment, 5 policy or gate, 6 no such stack, 7 drift, 8 cancelled, 9 timeout.",
    )
    .configureOutput({ writeOut: printer.out, writeErr: printer.err })
    .exitOverride();
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
