// The real engine on the simulated cloud: finds a Pulumi CLI, and makes a workspace whose providers are the simulated ones. The
// committed Pulumi.yaml knows nothing of them: a copy beside the stack files gets their paths.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { LocalWorkspace, PulumiCommand, type Stack } from "@pulumi/pulumi/automation";
import { parse, stringify } from "yaml";
import { redisKey } from "./azure";
import { isolated } from "./isolation";
import { findCli, isExecutable } from "../automation/workspace";
import type { PackageName } from "./sdk";
import { madeUp, unlocked } from "./stack-files";
import { Store } from "./store";

const repository = join(__dirname, "..");
const packages: readonly PackageName[] = ["aws", "azure-native", "random"];

/** Folder of the real awsx provider: it makes the children of `awsx.ec2.Vpc`, through the simulated aws. */
export function findAwsx(): string | undefined {
  const plugins = join(homedir(), ".pulumi", "plugins");
  const installed = existsSync(plugins) ? readdirSync(plugins).filter((name) => /^resource-awsx-v[\d.]+$/.test(name)) : [];
  const folders = [process.env.AWSX_PROVIDER ?? "", ...installed.map((name) => join(plugins, name))];
  return folders.find((folder) => folder !== "" && isExecutable(join(folder, "pulumi-resource-awsx")));
}

export interface Rehearsal {
  readonly stack: Stack;
  /** The simulated cloud. */
  readonly cloud: Store;
  /** All that the engine and the program wrote to the callback below. */
  readonly log: readonly string[];
  readonly onOutput: (text: string) => void;
  /** Folder of all that belongs to the rehearsal: project, backend, cloud. */
  readonly directory: string;
  /** Folder of Pulumi.yaml and the stack's file, and the environment with which the CLI finds its backend and the cloud. */
  readonly where: { readonly workDir: string; readonly env: Readonly<Record<string, string>> };
  /** The CLI itself, for its exit code. */
  cli(...args: readonly string[]): { readonly code: number | null; readonly output: string };
  /** The same on another stack of the project. */
  on(stack: string, ...args: readonly string[]): { readonly code: number | null; readonly output: string };
  /** Replaces the stack's file (or that of another one beside it), but for what encrypts its secrets. */
  writeConfig(text: string, stack?: string): void;
  /** The nth changing call from now on fails, once. */
  failAt(call: number | undefined): void;
  /** From now on the first call of each kind to each resource fails. */
  failEachOnce(): void;
  remove(): void;
}

export interface RehearsalOptions {
  readonly stack: string;
  /** Undefined: that of the stack's file. */
  readonly cloud: "aws" | "azure" | undefined;
  /** `path=value`, as in `pulumi config set --path`. */
  readonly set?: readonly string[];
  /** Instead of the repository's program: a folder. */
  readonly program?: string;
}

/** A fresh stack on a fresh cloud, in a folder of its own. */
export async function rehearse(options: RehearsalOptions): Promise<Rehearsal> {
  const cli = findCli();
  if (cli === undefined) throw new Error("there is no Pulumi CLI: install it, or put it on the PATH");
  const directory = mkdtempSync(join(tmpdir(), "rehearsal-"));
  try {
    return await prepared(cli, directory, options);
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

async function prepared(cli: string, directory: string, options: RehearsalOptions): Promise<Rehearsal> {
  const workDir = join(directory, "project");
  const clouds = join(directory, "cloud");
  for (const folder of ["project", "cloud", "backend", "home"]) mkdirSync(join(directory, folder));
  const hidden = writeProject(workDir, join(directory, "plugins"), options.program ?? repository);
  const log: string[] = [];
  const envVars: Record<string, string> = {
    ...isolated(process.env, join(directory, "home")),
    PULUMI_HOME: join(directory, "home"),
    PULUMI_BACKEND_URL: `file://${join(directory, "backend")}`,
    PULUMI_CONFIG_PASSPHRASE: "rehearsal",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    SIM_STATE: clouds,
  };
  const pulumiCommand = await PulumiCommand.get({ root: cli, skipVersionCheck: true });
  const stack = await LocalWorkspace.createOrSelectStack({ stackName: options.stack, workDir }, { workDir, envVars, pulumiCommand });
  for (const change of [...(options.cloud === undefined ? [] : [`cloud=${options.cloud}`]), ...(options.set ?? [])]) {
    const at = change.indexOf("=");
    await stack.setConfig(change.slice(0, at), { value: change.slice(at + 1) }, true);
  }
  for (const path of hidden[options.stack] ?? []) await stack.setConfig(path, { value: madeUp, secret: true }, true);
  const cloud = new Store(clouds);
  const on: Rehearsal["on"] = (name, ...args) => {
    // A state is larger than what Node keeps of an output by default.
    const run = { cwd: workDir, encoding: "utf8", env: { ...process.env, ...envVars }, maxBuffer: 2 ** 28 } as const;
    const { status, stdout, stderr } = spawnSync(join(cli, "bin", "pulumi"), [...args, "--stack", name, "--non-interactive"], run);
    return { code: status, output: stdout + stderr };
  };
  return {
    stack,
    cloud,
    log,
    directory,
    where: { workDir, env: envVars },
    onOutput: (text) => void log.push(text),
    on,
    cli: (...args) => on(options.stack, ...args),
    writeConfig(text, name = options.stack) {
      const file = join(workDir, `Pulumi.${name}.yaml`);
      const before = existsSync(file) ? readFileSync(file, "utf8") : "";
      const salt = before.split("\n").filter((line) => line.startsWith("encryptionsalt"));
      writeFileSync(file, [text.trimEnd(), ...salt, ""].join("\n"));
    },
    failAt(call) {
      // Every operation starts the providers anew, with the environment of that moment.
      const number = call === undefined ? "" : String(cloud.calls().length + call);
      stack.workspace.envVars = { ...envVars, SIM_FAIL_CALL: number };
    },
    failEachOnce() {
      stack.workspace.envVars = { ...envVars, SIM_FAIL_FIRST: "1" };
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** What is secret in the simulated cloud: none of it may be read in a state, an output or a log. */
export function secretsOf(cloud: Store): string[] {
  const all = cloud.all();
  const passwords = all
    .filter(({ type }) => type === "random:index/randomPassword:RandomPassword")
    .map(({ outputs }) => String(outputs.result));
  const caches = all.filter(({ type }) => type === "azure-native:redisenterprise:Database");
  return [...passwords, ...caches.flatMap(({ id }) => [redisKey(id, "primary"), redisKey(id, "secondary")])];
}

/** The repository's project and stack files, with the simulated providers. Returns the paths of secret settings by stack. */
function writeProject(workDir: string, plugins: string, program: string): Record<string, readonly string[]> {
  const project = parse(readFileSync(join(program, "Pulumi.yaml"), "utf8")) as { main?: string };
  const awsx = findAwsx();
  const providers = [
    ...packages.map((name) => ({ name, path: writePlugin(plugins, name) })),
    ...(awsx === undefined ? [] : [{ name: "awsx", path: awsx }]),
  ];
  writeFileSync(join(workDir, "Pulumi.yaml"), stringify({ ...project, main: join(program, project.main ?? ""), plugins: { providers } }));
  const hidden: Record<string, readonly string[]> = {};
  for (const file of readdirSync(program)) {
    const stack = /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1];
    if (stack === undefined) continue;
    const { text, secrets } = unlocked(readFileSync(join(program, file), "utf8"));
    writeFileSync(join(workDir, file), text);
    hidden[stack] = secrets;
  }
  return hidden;
}

/** The engine starts an executable of this name in the folder that it is given. */
function writePlugin(plugins: string, name: PackageName): string {
  const folder = join(plugins, name);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `pulumi-resource-${name}`);
  const quoted = [process.execPath, "--require", require.resolve("tsx/cjs"), join(__dirname, "provider.ts"), name]
    .map((word) => `'${word}'`)
    .join(" ");
  writeFileSync(file, `#!/bin/sh\nexec ${quoted} "$@"\n`);
  chmodSync(file, 0o755);
  return folder;
}
