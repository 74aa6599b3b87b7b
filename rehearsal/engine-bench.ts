// Rehearses whole lives of stacks under the real engine: deployed, unchanged by a second run, unguarded, destroyed; and with
// `--faults`, deployed with every single call failing once, each in a deployment of its own; with `--waves`, deployed and destroyed
// with the first call to each resource failing, all in one life. By hand: npm run bench:engine -- --stack prod --cloud aws --waves
import { Command, Option } from "commander";
import { shown } from "../automation/summary";
import { collect } from "../terminal";
import { stable, type Stored } from "./store";
import { findAwsx, type Rehearsal, rehearse, secretsOf } from "./engine";

type CloudName = "aws" | "azure";

interface Options {
  readonly stack?: string;
  readonly cloud?: CloudName;
  readonly config: string[];
  readonly program?: string;
  readonly faults?: true;
  readonly waves?: true;
  readonly from: string;
  readonly every: string;
}

const stacks = ["dev", "staging", "prod", "early-stage"];

async function main(): Promise<number> {
  const options = new Command()
    .option("--stack <name>", "only this stack")
    .addOption(new Option("--cloud <name>", "only this cloud").choices(["aws", "azure"]))
    .option("--config <path=value>", "a setting, as pulumi config set --path takes it; may be repeated", collect, [])
    .option("--program <folder>", "another copy of the program")
    .option("--faults", "let every call fail once, each in a deployment of its own")
    .option("--waves", "let the first call to each resource fail, in one life")
    .option("--from <n>", "first call that fails", "1")
    .option("--every <n>", "only every nth call", "1")
    .parse()
    .opts<Options>();
  let failures = 0;
  for (const stack of options.stack === undefined ? stacks : [options.stack]) {
    for (const cloud of options.cloud === undefined ? (["aws", "azure"] as const) : [options.cloud]) {
      if (cloud === "aws" && findAwsx() === undefined) {
        say(`${stack} on aws: skipped, no awsx provider found (set AWSX_PROVIDER)`);
        continue;
      }
      failures += await (options.waves ? waves : options.faults ? everyFault : life)(stack, cloud, options);
    }
  }
  return failures;
}

/** One line per step; returns the number of steps that went wrong. */
async function life(stack: string, cloud: CloudName, options: Options): Promise<number> {
  const rehearsal = await start(stack, cloud, options);
  const { stack: engine, onOutput } = rehearsal;
  let failures = 0;
  const step = async (name: string, run: () => Promise<string | undefined>): Promise<void> => {
    const began = Date.now();
    const before = rehearsal.cloud.calls().length;
    const problem = await run().catch((error: unknown) => lastLines(error));
    if (problem !== undefined) failures++;
    const [resources, calls] = [rehearsal.cloud.all().length, rehearsal.cloud.calls().length - before];
    row(stack, cloud, name, `${resources} resources`, `${calls} calls`, `${((Date.now() - began) / 1000).toFixed(1)} s`, problem ?? "ok");
  };
  try {
    await step("preview", async () => void (await engine.preview({ onOutput })));
    await step("up", async () => {
      const { outputs } = await engine.up({ onOutput });
      const readable = [rehearsal.cli("stack", "export").output, JSON.stringify(shown(outputs)), ...rehearsal.log].join("\n");
      const clear = secretsOf(rehearsal.cloud).filter((secret) => readable.includes(secret));
      return clear.length === 0 ? undefined : `${clear.length} secrets in clear`;
    });
    await step("up again", async () => void (await engine.up({ onOutput, expectNoChanges: true })));
    const guarded = (await engine.exportStack()).deployment.resources.some(({ protect }: { protect?: boolean }) => protect === true);
    if (guarded) {
      await step("destroy, guarded", async () => {
        const before = rehearsal.cloud.all().length;
        // As people do it: with its preview. Without one (`--skip-preview`) the engine deletes what isn't protected before it fails.
        const refused = rehearsal.cli("destroy", "--yes").code !== 0;
        if (!refused) return "the guard refused nothing";
        return rehearsal.cloud.all().length === before ? undefined : `${before - rehearsal.cloud.all().length} resources are gone`;
      });
      await step("up, guard none", async () => {
        await engine.setConfig("guard", { value: "none" });
        await engine.up({ onOutput });
        return undefined;
      });
    }
    await step("destroy", async () => {
      await engine.destroy({ onOutput });
      const left = rehearsal.cloud.all();
      return left.length === 0 ? undefined : `left: ${left.map(({ type, id }) => `${type} ${id}`).join(", ")}`;
    });
    await step("up anew", async () => void (await engine.up({ onOutput })));
  } finally {
    rehearsal.remove();
  }
  return failures;
}

/** Every call fails once, in a deployment of its own; a plain second run must end in the cloud of an undisturbed one. */
async function everyFault(stack: string, cloud: CloudName, options: Options): Promise<number> {
  const undisturbed = await start(stack, cloud, options);
  await undisturbed.stack.up();
  const [wanted, total] = [contents(undisturbed), undisturbed.cloud.calls().length];
  undisturbed.remove();
  say(`${stack} on ${cloud}: ${total} calls, ${wanted.size} resources in the end`);
  let failures = 0;
  let tried = 0;
  for (let call = Number(options.from); call <= total; call += Number(options.every)) {
    const rehearsal = await start(stack, cloud, options);
    try {
      rehearsal.failAt(call);
      const first = await rehearsal.stack.up().then(
        () => "the fault had no effect",
        () => undefined,
      );
      rehearsal.failAt(undefined);
      const second = await rehearsal.stack.up().then(
        () => differences(wanted, contents(rehearsal)),
        (error: unknown) => lastLines(error),
      );
      tried++;
      const failed = rehearsal.cloud.calls().find(({ failed }) => failed);
      const problem = first ?? second;
      if (problem !== undefined) failures++;
      row(stack, cloud, `fault ${call}`, failed === undefined ? "" : `${failed.kind} ${failed.type} ${failed.name}`, problem ?? "ok");
    } finally {
      rehearsal.remove();
    }
  }
  say(`${stack} on ${cloud}: ${tried} faults, ${failures} ended otherwise`);
  return failures;
}

/**
 * Whatever is created or deleted fails at its first call: a repetition goes on until the next ones fail, and ends in the cloud of an
 * undisturbed deployment. In one life every call has failed, which one deployment per fault takes hours for. Each run goes on beside a
 * failure (`--continue-on-error`): there are as many as the graph is deep, and not as many as it has resources.
 */
async function waves(stack: string, cloud: CloudName, options: Options): Promise<number> {
  const undisturbed = await start(stack, cloud, { ...options, config: [...options.config, "guard=none"] });
  await undisturbed.stack.up();
  const wanted = contents(undisturbed);
  undisturbed.remove();
  const rehearsal = await start(stack, cloud, { ...options, config: [...options.config, "guard=none"] });
  let failures = 0;
  const repeated = async (name: string, run: () => Promise<unknown>, check: () => string | undefined): Promise<void> => {
    rehearsal.failEachOnce();
    const calls = rehearsal.cloud.calls().length;
    const failed = () => rehearsal.cloud.calls().filter(({ failed }) => failed).length;
    let [runs, problem] = [0, undefined as string | undefined];
    const before = failed();
    for (let ended = false; !ended; runs++) {
      const then = failed();
      ended = await run().then(
        () => true,
        (error: unknown) => {
          // A repetition in which nothing failed on request must not fail at all.
          if (failed() === then) problem = lastLines(error);
          return failed() === then;
        },
      );
    }
    problem ??= check();
    if (problem !== undefined) failures++;
    const all = rehearsal.cloud.calls().length - calls;
    row(stack, cloud, name, `${failed() - before} faults`, `${all} calls`, `${runs} runs`, problem ?? "ok");
  };
  try {
    await repeated(
      "up",
      () => rehearsal.stack.up({ continueOnError: true }),
      () => differences(wanted, contents(rehearsal)),
    );
    await repeated(
      "destroy",
      () => rehearsal.stack.destroy({ continueOnError: true }),
      () => (rehearsal.cloud.all().length === 0 ? undefined : `left: ${[...contents(rehearsal).keys()].join(", ")}`),
    );
  } finally {
    rehearsal.remove();
  }
  return failures;
}

function start(stack: string, cloud: CloudName, options: Options): Promise<Rehearsal> {
  return rehearse({ stack, cloud, set: options.config, ...(options.program !== undefined && { program: options.program }) });
}

function contents(rehearsal: Rehearsal): Map<string, string> {
  return new Map(rehearsal.cloud.all().map(({ type, id, inputs }: Stored) => [`${type} ${id}`, stable(inputs)]));
}

function differences(wanted: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): string | undefined {
  const missing = [...wanted.keys()].filter((key) => !found.has(key)).map((key) => `missing ${key}`);
  const extra = [...found.keys()].filter((key) => !wanted.has(key)).map((key) => `too many ${key}`);
  const changed = [...wanted].filter(([key, value]) => found.has(key) && found.get(key) !== value).map(([key]) => `other inputs ${key}`);
  const all = [...missing, ...extra, ...changed];
  return all.length === 0 ? undefined : all.join("; ");
}

/** The error lines of the CLI's output. */
function lastLines(error: unknown): string {
  const lines = String(error instanceof Error ? error.message : error).split("\n");
  const found = [
    ...new Set(
      lines.filter((line) => /\berror: /.test(line) && !line.includes("update failed")).map((line) => line.replace(/^.*?error: /, "")),
    ),
  ];
  return (found.length > 0 ? found : lines).slice(0, 6).join(" | ");
}

function row(...cells: readonly string[]): void {
  say(cells.map((cell, index) => (index < 6 ? cell.padEnd([12, 6, 18, 14, 10, 8][index] ?? 0) : cell)).join(" "));
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

void main().then(
  (failures) => {
    process.exitCode = failures === 0 ? 0 : 1;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  },
);
