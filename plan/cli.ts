// The command `plan`: parses the command line, prints the report, and maps errors to Pulumi's exit codes.
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { type CloudName, clouds } from "../components/cloud";
import { ConfigError } from "../components/fault";
import { collect, type Printer, stackName } from "../terminal";
import { plan } from "./plan";
import { json, text } from "./report";

/** The numbers of the Pulumi CLI (since 3.226): 1 is any other error, 2 a fault of the configuration or the command line. */
const exitCodes = { failure: 1, configuration: 2 } as const;

/** Runs the command and returns the exit code; a fault is printed as one message, without a stack trace. */
export async function run(argv: readonly string[], printer: Printer): Promise<number> {
  try {
    const options = command(printer).parse(argv, { from: "user" }).opts<Options>();
    const report = await plan({ stack: options.stack, cloud: options.cloud, set: options.config, configFile: options.configFile });
    for (const warning of report.warnings) printer.err(`warning: ${warning}\n`);
    printer.out(`${options.format === "json" ? json(report) : text(report)}\n`);
    return 0;
  } catch (error) {
    // Commander has printed its own message; help is no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.configuration;
    if (error instanceof ConfigError) {
      printer.err(`error: ${error.message}\n`);
      return exitCodes.configuration;
    }
    printer.err(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return exitCodes.failure;
  }
}

interface Options {
  readonly stack: string;
  readonly cloud?: CloudName;
  readonly config: readonly string[];
  readonly configFile?: string;
  readonly format: "text" | "json";
}

function command(printer: Printer): Command {
  return new Command("plan")
    .description("What a stack would be, without a cloud: runs the program under mocks; needs no account, no Pulumi CLI and no network.")
    .addOption(new Option("-s, --stack <name>", "the stack, whose settings are in Pulumi.<name>.yaml").default("prod").argParser(stackName))
    .addOption(new Option("--cloud <name>", "the other variant: instead of the stack's own `cloud`").choices(clouds))
    .option("-c, --config <key=value>", "one more setting, as by `pulumi config set --path`; may be repeated", setting, [])
    .option("--config-file <file>", "settings from this file instead of Pulumi.<stack>.yaml")
    .addOption(new Option("--format <format>", "what is printed").choices(["text", "json"]).default("text"))
    .addHelpText("after", "\nExit codes: 0 done, 1 failure, 2 fault in the configuration or on the command line.")
    .allowExcessArguments(false)
    .configureOutput({ writeOut: printer.out, writeErr: printer.err })
    .exitOverride();
}

function setting(value: string, before: readonly string[]): string[] {
  if (!value.includes("=")) throw new InvalidArgumentError("write it as key=value, for example database.size=medium.");
  return collect(value, before);
}
