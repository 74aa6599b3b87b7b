// The command line of `npm run rehearse`: words to a scene on a fresh simulated cloud, and the scene to a timeline, to what visitors saw,
// and to an exit code.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { exitCodes, Stop } from "../automation/outcome";
import { findCli } from "../automation/workspace";
import { ConfigError } from "../components/fault";
import { readStackFile } from "../settings/load";
import { textOf } from "../settings/project";
import { collect, type Printer, stackName } from "../terminal";
import { findAwsx, type Rehearsal, rehearse } from "./engine";
import { isolateProcess } from "./isolation";
import { report } from "./report";
import { Scene, Unprepared } from "./scene";
import { destroy, failover, type Play, rollout, up } from "./scenes";
import { resourceType } from "./sdk";

interface Flags {
  readonly stack: string;
  readonly cloud?: "aws" | "azure";
  readonly config: readonly string[];
  readonly speed: number;
  readonly fail: readonly string[];
  readonly throttle: readonly string[];
  readonly slow: readonly string[];
  readonly unhealthy?: string;
  readonly breach?: number;
  readonly lock?: number;
  readonly lockTimeout?: number;
  readonly kill?: number;
  readonly service?: string;
  readonly image?: string;
  readonly format: "text" | "json";
}

const scenes = { up, rollout, failover, destroy };
const verbs = {
  up: "the first deployment; with --unhealthy, the update after it",
  rollout: "one new image by stages: candidate, its shares of the visitors, promotion",
  failover: "the region is lost, and a stack that stands by takes over",
  destroy: "the stack goes away; a guarded one is refused first",
} as const;
type Verb = keyof typeof verbs;

const nextImage = "public.ecr.aws/docker/library/node:24-alpine";

/** The range of the simulated visitors: one of those that are kept for documents. */
const visitorsRange = "198.51.100.0/24";

/** Runs one rehearsal; returns the exit code, which is that of its last deploy command. */
export async function run(argv: readonly string[], printer: Printer): Promise<number> {
  let code: number = exitCodes.done;
  try {
    await command(printer, async (verb, flags) => {
      code = await perform(verb, flags, printer);
    }).parseAsync(argv, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.configuration;
    const expected = error instanceof ConfigError || error instanceof RangeError || error instanceof Unprepared || error instanceof Stop;
    printer.err(`error: ${error instanceof Error ? (expected ? error.message : (error.stack ?? error.message)) : String(error)}\n`);
    return expected ? exitCodes.configuration : exitCodes.failure;
  }
  return code;
}

async function perform(verb: Verb, flags: Flags, printer: Printer): Promise<number> {
  if (verb === "up" && flags.image !== undefined && flags.unhealthy === undefined)
    throw new RangeError("--image is the image after the first: say by --unhealthy whose it is, or rehearse a rollout");
  const missing = missingHere(flags.cloud);
  if (missing !== undefined) {
    printer.err(`error: ${missing}\n`);
    return exitCodes.configuration;
  }
  const file = `Pulumi.${flags.stack}.yaml`;
  readStackFile(textOf(join(__dirname, "..", file)), file);
  const nowhere = mkdtempSync(join(tmpdir(), "nowhere-"));
  isolateProcess(nowhere);
  let rehearsal: Rehearsal | undefined;
  try {
    rehearsal = await rehearse({ stack: flags.stack, cloud: flags.cloud, set: flags.config });
    // With JSON the talk goes where it doesn't mix with the document.
    const talk: Printer =
      flags.format === "json" ? { out: printer.err, err: printer.err, screens: { out: printer.screens?.err } } : printer;
    const scene = new Scene(rehearsal, flags.stack, flags.speed, talk);
    if (scene.settings.cloud === "aws" && findAwsx() === undefined) throw new RangeError(missingHere("aws"));
    talk.out(
      `${verb} of ${flags.stack} on simulated ${scene.settings.cloud}: one second here is ${flags.speed} s there; nothing real is reached\n`,
    );
    await letVisitorsIn(scene);
    await scenes[verb](scene, playOf(flags));
    const exitCode = scene.phases.at(-1)?.exitCode ?? exitCodes.failure;
    const ending = scene.ending();
    report({ command: verb, scene, ending, speed: flags.speed, exitCode, json: flags.format === "json" }, printer);
    return exitCode;
  } finally {
    rehearsal?.remove();
    rmSync(nowhere, { recursive: true, force: true });
  }
}

function missingHere(cloud: Flags["cloud"]): string | undefined {
  if (findCli() === undefined) return "a rehearsal needs the Pulumi CLI, which was not found: https://www.pulumi.com/docs/install/";
  if (cloud !== "aws" || findAwsx() !== undefined) return undefined;
  return "a rehearsal on AWS needs the awsx plugin: pulumi plugin install resource awsx 3.9.0 (or AWSX_PROVIDER, its folder)";
}

/** Where nobody may connect there would be nothing to see, and the deploy command would not ask. */
async function letVisitorsIn(scene: Scene): Promise<void> {
  const { gateway, network } = scene.settings;
  if (gateway.domain !== undefined || gateway.direct || network.allowedCidrs.length > 0) return;
  scene.say("nobody may connect to this stack: for the rehearsal the simulated visitors may");
  await scene.set("network.allowedCidrs[0]", visitorsRange);
}

function playOf({ fail, throttle, slow, kill, lock, lockTimeout, unhealthy, breach, service, image = nextImage }: Flags): Play {
  return { disturbed: { fail, throttle, slow, kill, lock, lockTimeout }, unhealthy, breach, service, image };
}

function command(printer: Printer, act: (verb: Verb, flags: Flags) => Promise<void>): Command {
  const program = new Command("rehearse").description(
    "Rehearses a deployment: this program, the deploy command and the real Pulumi engine on simulated clouds, with the clouds' durations and faults on request.",
  );
  for (const [verb, description] of Object.entries(verbs) as [Verb, string][]) {
    const known = new Command(verb)
      .description(description)
      .addOption(new Option("-s, --stack <name>", "whose settings").argParser(stackName).makeOptionMandatory())
      .addOption(new Option("--cloud <cloud>", "instead of the stack's own").choices(["aws", "azure"]))
      .option("--config <path=value>", "a setting, as pulumi config set --path takes it; may be repeated", setting, [])
      .option("--speed <times>", "how many seconds of the cloud pass in one", whole, 60)
      .option("--fail <call>", 'a call that fails once: "create aws:rds/instance:Instance", the third: "…#3"; may be repeated', call, [])
      .option("--throttle <type[=times]>", "the first calls to a type are turned away as too many (1); may be repeated", typed, [])
      .option("--slow <type[=times]>", "a type takes so many times as long (5); may be repeated", typed, [])
      .option("--lock <seconds>", "another update holds the lock for so long", whole)
      .option("--lock-timeout <seconds>", "how long the deploy command waits for it (600)", whole)
      .option("--kill <n>", "kill -9 of the CLI and its providers at the nth call", whole);
    if (verb === "up" || verb === "rollout")
      known
        .option("--unhealthy <service>", "its next image starts, and answers its visitors with 503")
        .option("--image <image>", `the next image (${nextImage})`);
    if (verb === "rollout")
      known
        .option("--service <name>", "which (default: the one that is unhealthy, or serves /*)")
        .option("--breach <percent>", "from this share of the visitors on, the next image answers them with 503", share);
    program.addCommand(
      known
        .addOption(new Option("--format <format>", "what is printed at the end").choices(["text", "json"]).default("text"))
        .allowExcessArguments(false)
        .configureOutput({ writeOut: printer.out, writeErr: printer.err })
        .exitOverride()
        .action((flags: Flags) => act(verb, flags)),
    );
  }
  return program
    .addHelpText("after", "\nExit codes: that of the last deploy command (docs/rehearsing.md); 2 without a Pulumi CLI.")
    .configureOutput({ writeOut: printer.out, writeErr: printer.err })
    .exitOverride();
}

function whole(value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new InvalidArgumentError("a whole number from 1 is wanted.");
  return Number(value);
}

function share(value: string): number {
  if (!/^([1-9]\d?|100)$/.test(value)) throw new InvalidArgumentError("a whole number from 1 to 100 is wanted.");
  return Number(value);
}

function setting(value: string, before: readonly string[]): string[] {
  if (!/^[^=]+=/.test(value)) throw new InvalidArgumentError("path=value is wanted.");
  return collect(value, before);
}

/** `create <type>`, perhaps with its number. */
function call(value: string, before: readonly string[]): string[] {
  const [, type] = /^(?:create|update|delete) ([^#\s]+)(?:#[1-9]\d*)?$/.exec(value) ?? [];
  if (type === undefined) throw new InvalidArgumentError('"create <type>", "update <type>#2" or "delete <type>" is wanted.');
  return collect(value, (mustExist(type), before));
}

function typed(value: string, before: readonly string[]): string[] {
  const [, type] = /^([^=\s]+)(?:=[1-9]\d*)?$/.exec(value) ?? [];
  if (type === undefined) throw new InvalidArgumentError("<type> or <type>=<times> is wanted.");
  return collect(value, (mustExist(type), before));
}

function mustExist(type: string): void {
  if (resourceType(type) === undefined) throw new InvalidArgumentError(`the SDK has no resource "${type}".`);
}
