// How many wrong values do the tests catch? Flips one boolean, number or word after the other in a cloud's component files, in copies of
// the project, and runs that cloud's tests of components: the goldens would notice every change and prove nothing.
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { type CloudName, clouds } from "../components/cloud";
import { type Mutant, mutantsOf, mutate, sample } from "./mutants";

interface Options {
  readonly cloud: CloudName;
  readonly sample: number;
  readonly seed: number;
  readonly workers: number;
}

/** Percent that the tests must catch. */
const limit = 90;
const root = join(__dirname, "..");
/** A mutant may make a loop endless: that is noticed too. */
const timeoutMs = 180_000;
const notCopied = /^(node_modules|\.git|coverage)$/;

const command = new Command("mutate")
  .addOption(new Option("--cloud <name>", "whose files").choices(clouds).default("aws"))
  .option("--sample <number>", "how many places, chosen by the seed", whole, 60)
  .option("--seed <number>", "the same seed, the same places", whole, 1)
  .option("--workers <number>", "tests that run at a time", whole, 1)
  .allowExcessArguments(false);

async function main(options: Options): Promise<number> {
  const chosen = sample(
    sourcesOf(options.cloud).flatMap((file) => mutantsOf(file, readFileSync(join(root, file), "utf8"))),
    options.sample,
    options.seed,
  );
  const folder = mkdtempSync(join(tmpdir(), "mutate-"));
  try {
    const copies = Array.from({ length: options.workers }, (_, worker) => copyTo(join(folder, String(worker))));
    const tests = testsOf(options.cloud);
    if (!(await passes(copies[0] ?? folder, tests))) throw new Error("the tests fail before anything is changed");
    const survivors: Mutant[] = [];
    const queue = [...chosen];
    await Promise.all(
      copies.map(async (copy) => {
        for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
          if (await survives(copy, mutant, tests)) {
            survivors.push(mutant);
            process.stdout.write(`survived  ${mutant.file}:${mutant.line}  ${mutant.was} -> ${mutant.becomes}\n`);
          }
        }
      }),
    );
    const caught = (100 * (chosen.length - survivors.length)) / chosen.length;
    process.stdout.write(
      `${options.cloud}: ${chosen.length - survivors.length} of ${chosen.length} caught (${caught.toFixed(1)} %, at least ${limit} %), seed ${options.seed}\n`,
    );
    return caught >= limit ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `aws.ts` and the parts that it was split into, such as `aws-task.ts`. */
function sourcesOf(cloud: CloudName): string[] {
  return walk(join(root, "components"))
    .map((file) => relative(root, file))
    .filter((file) => new RegExp(`^components/(?!clouds/)[^/]+/${cloud}(-[a-z-]+)?\\.ts$`).test(file))
    .sort();
}

/** The cloud's tests of single components, and those of a part that is no component, such as `cidr.test.ts`. */
function testsOf(cloud: CloudName): string[] {
  const others = clouds.filter((name) => name !== cloud);
  return walk(join(root, "tests", "components"))
    .map((file) => relative(root, file))
    .filter((file) => file.endsWith(".test.ts") && !others.some((other) => file.endsWith(`.${other}.test.ts`)))
    .sort();
}

/** Links to what is installed, so that a copy is small and the project itself is never touched. */
function copyTo(copy: string): string {
  cpSync(root, copy, { recursive: true, filter: (source) => !notCopied.test(basename(source)) });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  return copy;
}

/** First the tests of the file's own noun, which catch most within seconds; then all others. */
async function survives(copy: string, mutant: Mutant, tests: readonly string[]): Promise<boolean> {
  const file = join(copy, mutant.file);
  const text = readFileSync(file, "utf8");
  const own = tests.filter((test) => isTestOf(test, mutant.file));
  const others = tests.filter((test) => !own.includes(test));
  writeFileSync(file, mutate(text, mutant));
  try {
    return (own.length === 0 || (await passes(copy, own))) && (await passes(copy, others));
  } finally {
    writeFileSync(file, text);
  }
}

/** `database.aws.test.ts` is of `database/aws.ts`, and `scaling.aws.test.ts` of `app-service/aws-scaling.ts`. */
function isTestOf(test: string, file: string): boolean {
  const [of = ""] = basename(test).split(".");
  return of === basename(dirname(file)) || basename(file, ".ts").split("-").includes(of);
}

function passes(copy: string, tests: readonly string[]): Promise<boolean> {
  const mocha = join(root, "node_modules", "mocha", "bin", "mocha.js");
  const args = ["--import", "tsx", mocha, "--no-config", "--timeout", "60000", "--bail", "--reporter", "min", ...tests];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: copy, stdio: "ignore", timeout: timeoutMs, killSignal: "SIGKILL" });
    child.on("error", reject);
    child.on("close", (code) => resolve(code === 0));
  });
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? walk(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}

function whole(value: string): number {
  if (!/^[0-9]{1,6}$/.test(value)) throw new InvalidArgumentError("a whole number.");
  return Number(value);
}

void main(command.parse().opts<Options>()).then((code) => {
  process.exitCode = code;
});
