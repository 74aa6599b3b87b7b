// The command `bootstrap`: shows what CI needs once in an account, makes it, or takes it away.
import { Command, CommanderError, Option } from "commander";
import { clouds } from "../components/cloud";
import { ConfigError, type Fault } from "../components/fault";
import { exitCodes, Stop } from "../automation/outcome";
import { record } from "../plan/record";
import { json, type Report, schemaVersion, text } from "../plan/report";
import type { Printer } from "../terminal";
import { guide, known } from "./guide";
import program from "./index";
import { type Env, isBootstrap, make, remembered, remove } from "./make";
import { configOf, type Given, type Input, inputs, type Needs, needsOf } from "./needs";

type Flags = Readonly<Partial<Record<Exclude<Input, "guarded">, string>>> & {
  readonly make?: true;
  readonly remove?: true;
  readonly unguarded?: true;
  readonly folder?: string;
  readonly format: "text" | "json";
};

/** Runs the command; returns the exit code. `env` is for what the CLI gets besides this process's environment. */
export async function run(argv: readonly string[], printer: Printer, env: Env = {}): Promise<number> {
  try {
    const flags = command(printer).parse(argv, { from: "user" }).opts<Flags>();
    return await perform(flags, printer, env);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.configuration;
    if (error instanceof ConfigError) {
      printer.err(`error: ${error.message}\n`);
      return exitCodes.configuration;
    }
    printer.err(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    if (!(error instanceof Stop)) return exitCodes.deployment;
    if (error.remedy !== undefined) printer.err(`  ${error.remedy}\n`);
    return exitCodes[error.kind];
  }
}

async function perform(flags: Flags, printer: Printer, env: Env): Promise<number> {
  // The engine's lines go where they don't mix with a document.
  const say = (line: string): void => (flags.format === "json" ? printer.err : printer.out)(line);
  const { given, needs } = answers(flags);
  if (flags.remove === true) {
    if (remembered(flags.folder ?? "", needs.cloud).guarded !== "false") {
      printer.err("error: states and keys are guarded, nothing was touched: first --make --unguarded, then --remove\n");
      return exitCodes.policy;
    }
    await remove(flags.folder ?? "", needs.cloud, say, env);
    printer.out(`taken away. ${leftovers[needs.cloud]}\n`);
    return exitCodes.done;
  }
  if (flags.make === true) {
    const outputs = await make(flags.folder ?? "", given, needs, say, env);
    const next = guide(needs, known(needs, outputs));
    printer.out(flags.format === "json" ? `${JSON.stringify({ schemaVersion, outputs, next }, null, 2)}\n` : `\n${next.join("\n")}\n\n`);
    printer.err(`keep ${flags.folder}: it is the only state of what was just made, and holds no secret\n`);
    return exitCodes.done;
  }
  const report = await shown(given, needs);
  const next = guide(needs, known(needs, report.outputs));
  if (flags.format === "json") printer.out(`${JSON.stringify({ ...(JSON.parse(json(report)) as object), next }, null, 2)}\n`);
  else printer.out(`${text(report)}\n\nNext: the same with --make --folder <folder>, then\n\n${next.join("\n")}\n`);
  return exitCodes.done;
}

const leftovers = {
  aws: "The keys end 7 days from now: until then `aws kms cancel-key-deletion` brings one back.",
  azure:
    "The vault is kept for 90 days, and its name with it (`az keyvault recover`): a new bootstrap of this repository recovers it first.",
} as const;

/** What the program would make. */
async function shown(given: Given, needs: Needs): Promise<Report> {
  const config = configOf(given, needs);
  const { resources, outputs, warnings } = await record(program, { project: "bootstrap", stack: needs.cloud, config });
  return { schemaVersion, project: "bootstrap", stack: needs.cloud, cloud: needs.cloud, warnings, outputs, resources };
}

/** The flags, over what the folder remembers. Throws with every fault, each under its flag. */
function answers({ make, remove, unguarded, folder, format: _, ...flags }: Flags): { readonly given: Given; readonly needs: Needs } {
  const faults: Fault[] = [];
  const changes = make === true || remove === true;
  if (changes && folder === undefined)
    faults.push({ path: "--folder", problem: "is missing", remedy: "name a folder for the state of the bootstrap, and keep it" });
  if (make === true && remove === true)
    faults.push({ path: "--remove", problem: "is the opposite of --make", remedy: "first --make --unguarded, then --remove" });
  if (remove === true && folder !== undefined && !isBootstrap(folder, flags.cloud ?? ""))
    throw new ConfigError([
      {
        path: "--folder",
        given: folder,
        problem: `holds no bootstrap of ${flags.cloud ?? "a cloud"}`,
        remedy: "name the folder that --make was given",
      },
    ]);
  const before = folder === undefined ? {} : remembered(folder, flags.cloud ?? "");
  const given: Given = { ...before, ...flags, ...(changes && { guarded: unguarded === true ? "false" : "true" }) };
  try {
    const needs = needsOf(given);
    if (faults.length === 0) return { given, needs };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    faults.push(...error.faults.map((fault) => ({ ...fault, path: flagOf(fault.path) })));
  }
  throw new ConfigError(faults);
}

function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function command(printer: Printer): Command {
  const made = new Command("bootstrap").description(
    "What CI needs once in an account: a place for states, keys for their secrets, identities for GitHub's jobs. Without --make it only shows.",
  );
  for (const [key, description] of Object.entries(inputs)) {
    if (key === "guarded") continue;
    const value = key === "repository" ? "owner/name" : key === "cloud" ? clouds.join("|") : key === "environments" ? "names" : "value";
    made.addOption(new Option(`${flagOf(key)} <${value}>`, description));
  }
  return made
    .option("--make", "makes it, or brings it up to date; needs the Pulumi CLI and an administrator's credentials")
    .option("--remove", "takes it away: only after --make --unguarded")
    .option("--unguarded", "with --make: lifts the guard of states and keys")
    .option("--folder <folder>", "where the bootstrap's own state is kept")
    .addOption(new Option("--format <format>", "what is printed").choices(["text", "json"]).default("text"))
    .addHelpText(
      "after",
      "\nExit codes: 0 done, 1 failure, 2 fault on the command line or no CLI or plugin, 3 login, 4 the cloud refused, 5 guarded, 8 stopped, 9 too late.",
    )
    .allowExcessArguments(false)
    .configureOutput({ writeOut: printer.out, writeErr: printer.err })
    .exitOverride();
}
