// The stack under the Automation API: the repository's own program, and the Pulumi CLI that is found on this machine.
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { LocalWorkspace, type PulumiCommand, type Stack, StackNotFoundError } from "@pulumi/pulumi/automation";
import { engineOf, execute, writtenBy } from "./engine";
import { plainKindOf, Stop, wordsOf } from "./outcome";

export interface Where {
  /** Folder of Pulumi.yaml and the stack files. */
  readonly workDir: string;
  /** Besides the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Kills what runs of the CLI, with all that it has started. */
  readonly kill?: AbortSignal;
}

export interface Opened {
  readonly name: string;
  readonly stack: Stack;
  readonly where: Where;
  /** Runs the CLI on the stack; rejects with what it wrote to its error output. */
  cli(...args: readonly string[]): Promise<string>;
}

/** The oldest CLI that this program is tested with, which is that of its SDK. */
export const minimumCli = "3.247.0";
const install = "https://www.pulumi.com/docs/install/";

/** Folder above `bin/pulumi`: from the PATH, else the newest release that Pulumi's installer or npm left in the home folder. */
export function findCli(
  { PATH: path = "" }: Readonly<Record<string, string | undefined>> = process.env,
  home = homedir(),
): string | undefined {
  const onPath = path
    .split(delimiter)
    .find((folder) => isExecutable(join(folder, "pulumi")) && isExecutable(join(folder, "pulumi-language-nodejs")));
  if (onPath?.endsWith("/bin")) return onPath.slice(0, -"/bin".length);
  const versions = join(home, ".pulumi", "versions");
  const releases = (existsSync(versions) ? readdirSync(versions) : []).filter((name) => /^\d+\.\d+\.\d+$/.test(name));
  const newestFirst = releases.sort((one, other) => other.localeCompare(one, "en", { numeric: true }));
  const folder = newestFirst.find((version) => isExecutable(join(versions, version, "bin", "pulumi")));
  return folder === undefined ? undefined : join(versions, folder);
}

/** The CLI of this machine; one that is older than what this program is tested with is refused. */
export async function cliHere(root = findCli(), kill?: AbortSignal): Promise<{ readonly root: string; readonly command: PulumiCommand }> {
  if (root === undefined) throw new Stop("configuration", "there is no Pulumi CLI on this machine", `install it: ${install}`);
  const command = await engineOf(root, kill);
  const { version } = command;
  if (version === null || version.compare(minimumCli) < 0)
    throw new Stop(
      "configuration",
      `the Pulumi CLI of ${root} is ${version === null ? "of an unknown version" : version.version}; wanted is ${minimumCli} or later`,
      `install it: ${install}`,
    );
  return { root, command };
}

/** Selects the stack; makes it only where `create` says so, as a typing error must not begin a second production. */
export async function open(name: string, where: Where, create: boolean): Promise<Opened> {
  const { root, command: pulumiCommand } = await cliHere(findCli(), where.kill);
  const args = { stackName: name, workDir: where.workDir };
  const options = {
    workDir: where.workDir,
    envVars: { PULUMI_SKIP_UPDATE_CHECK: "true", ...where.env },
    pulumiCommand,
  };
  const stack = await (create ? LocalWorkspace.createOrSelectStack(args, options) : LocalWorkspace.selectStack(args, options)).catch(
    (error: unknown) => {
      const broken = unreadable(error);
      if (broken !== undefined) throw broken;
      if (error instanceof StackNotFoundError)
        throw new Stop("noStack", `there is no stack "${name}" in this backend`, `create it once, by hand: pulumi stack init ${name}`);
      throw new Stop(
        plainKindOf(error),
        `the backend does not give the stack "${name}": ${wordsOf(error, "\n")}`,
        "see where it is (pulumi whoami -v) and who may reach it: PULUMI_BACKEND_URL, pulumi login, and its credentials",
      );
    },
  );
  const cli = async (...words: readonly string[]): Promise<string> => {
    const args = [...words, "--stack", name, "--non-interactive"];
    const env = { PULUMI_SKIP_UPDATE_CHECK: "true", ...where.env };
    const result = await execute(join(root, "bin", "pulumi"), args, { cwd: where.workDir, env }, { kill: where.kill });
    if (result.code !== 0) throw new Error(result.stderr.trim() || writtenBy(result));
    return result.stdout;
  };
  return { name, stack, where, cli };
}

/** A kill -9 can meet the backend while it writes a state: a folder has no versions, as a bucket has. Undefined: it is another error. */
export function unreadable(error: unknown): Stop | undefined {
  const words = wordsOf(error, "\n");
  if (!/checkpoint|unexpected end of JSON|invalid character/i.test(words)) return undefined;
  return new Stop(
    "failure",
    `the backend's state of this stack can't be read: ${words}`,
    "bring back the one before: in a bucket its version; in a folder copy .pulumi/stacks/<project>/<stack>.json.bak over <stack>.json; " +
      "or the last that a deployment kept (pulumi stack import --file deployments/<stack>/<newest>.json); then run again with --recover",
  );
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
