// The stack under the Automation API: the repository's own program, and the Pulumi CLI that is found on this machine.
import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { LocalWorkspace, PulumiCommand, type Stack, StackNotFoundError } from "@pulumi/pulumi/automation";
import { Stop } from "./outcome";

export interface Where {
  /** Folder of Pulumi.yaml and the stack files. */
  readonly workDir: string;
  /** Besides the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Opened {
  readonly stack: Stack;
  readonly where: Where;
  /** Runs the CLI on the stack; rejects with what it wrote to its error output. */
  cli(...args: readonly string[]): Promise<string>;
}

/** Folder above `bin/pulumi`: from the PATH, else the newest that Pulumi's installer or npm left in the home folder. */
export function findCli(): string | undefined {
  const onPath = (process.env.PATH ?? "")
    .split(delimiter)
    .find((folder) => isExecutable(join(folder, "pulumi")) && isExecutable(join(folder, "pulumi-language-nodejs")));
  if (onPath?.endsWith("/bin")) return onPath.slice(0, -"/bin".length);
  const versions = join(homedir(), ".pulumi", "versions");
  const installed = existsSync(versions) ? readdirSync(versions).sort() : [];
  const folder = installed.reverse().find((version) => isExecutable(join(versions, version, "bin", "pulumi")));
  return folder === undefined ? undefined : join(versions, folder);
}

/** Selects the stack; makes it only where `create` says so, as a typing error must not begin a second production. */
export async function open(name: string, where: Where, create: boolean): Promise<Opened> {
  const root = findCli();
  if (root === undefined)
    throw new Stop("configuration", "there is no Pulumi CLI on this machine", "install it: https://www.pulumi.com/docs/install/");
  const pulumiCommand = await PulumiCommand.get({ root, skipVersionCheck: true });
  const args = { stackName: name, workDir: where.workDir };
  const options = {
    workDir: where.workDir,
    envVars: { PULUMI_SKIP_UPDATE_CHECK: "true", ...where.env },
    pulumiCommand,
  };
  const stack = await (create ? LocalWorkspace.createOrSelectStack(args, options) : LocalWorkspace.selectStack(args, options)).catch(
    (error: unknown) => {
      if (!(error instanceof StackNotFoundError)) throw error;
      throw new Stop("noStack", `there is no stack "${name}" in this backend`, `create it once, by hand: pulumi stack init ${name}`);
    },
  );
  const cli = (...words: readonly string[]): Promise<string> =>
    run(join(root, "bin", "pulumi"), [...words, "--stack", name, "--non-interactive"], where);
  return { stack, where, cli };
}

function run(command: string, args: readonly string[], { workDir, env }: Where): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { cwd: workDir, env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true", ...env } });
    let [out, err] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(out) : reject(new Error(err.trim() || `pulumi ${args[0]} ended with ${code}`))));
  });
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
