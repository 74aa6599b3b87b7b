// Makes the bootstrap, or takes it away, by Pulumi's Automation API. Its own state can't be in the bucket that it makes: it stays in a folder
// that the user names and keeps, with the answers that were given.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation";
import { parse, stringify } from "yaml";
import { Ends } from "../automation/ends";
import { defaultGrace, defaultTimeout } from "../automation/flags";
import { endOf, Stop } from "../automation/outcome";
import { Progress } from "../automation/progress";
import { open } from "../automation/workspace";
import type { CloudName } from "../components/cloud";
import { configOf, type Given, type Input, inputs, type Needs } from "./needs";

export type Env = Readonly<Record<string, string>>;
const project = "bootstrap";
/** As those of the deploy command; it is done within minutes. */
const limits = { timeoutSeconds: defaultTimeout, graceSeconds: defaultGrace };

/** Whether this folder holds the state of a bootstrap. */
export function isBootstrap(folder: string, cloud: string): boolean {
  return existsSync(join(folder, `Pulumi.${cloud}.yaml`));
}

/** The answers of the last run in this folder. */
export function remembered(folder: string, cloud: string): Given {
  const file = join(folder, `Pulumi.${cloud}.yaml`);
  if (!isBootstrap(folder, cloud)) return {};
  const { config = {} } = (parse(readFileSync(file, "utf8")) ?? {}) as { readonly config?: Readonly<Record<string, unknown>> };
  const keys = Object.keys(inputs) as Input[];
  return Object.fromEntries(
    keys.flatMap((key) => (config[`${project}:${key}`] === undefined ? [] : [[key, String(config[`${project}:${key}`])]])),
  );
}

/** Makes what is not there and changes what is different; the outputs are those of the program. */
export async function make(
  folder: string,
  given: Given,
  needs: Needs,
  say: (text: string) => void,
  env: Env,
): Promise<Record<string, unknown>> {
  return untilStopped(say, async ({ signal, kill }) => {
    const stack = await stackIn(folder, needs.cloud, env, kill);
    await stack.setAllConfig(Object.fromEntries(Object.entries(configOf(given, needs)).map(([key, value]) => [key, { value }])));
    const { outputs } = await told(signal, (onEvent) => stack.up({ onOutput: say, onEvent, signal }));
    return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value as unknown]));
  });
}

/** Takes all away. What is guarded stays: then nothing is touched. */
export async function remove(folder: string, cloud: CloudName, say: (text: string) => void, env: Env): Promise<void> {
  await untilStopped(say, async ({ signal, kill }) => {
    const stack = await stackIn(folder, cloud, env, kill);
    await told(signal, (onEvent) => stack.destroy({ onOutput: say, onEvent, signal }));
    await stack.workspace.removeStack(cloud);
  });
}

/** A Ctrl-C does not reach the engine by itself: it is asked to end here. */
async function untilStopped<T>(say: (text: string) => void, act: (ends: Ends) => Promise<T>): Promise<T> {
  const ends = new Ends((line) => say(`${line}\n`), limits);
  try {
    return await act(ends);
  } finally {
    ends.close();
  }
}

/** The engine's lines are shown as they come: what it ends with is said in one, and not by all of them once more. */
async function told<T>(signal: AbortSignal, run: (onEvent: Progress["onEvent"]) => Promise<T>): Promise<T> {
  const progress = new Progress(() => undefined, { now: Date.now }, true);
  try {
    return await run(progress.onEvent);
  } catch (error) {
    signal.throwIfAborted();
    const { kind, message } = endOf(error, progress);
    throw new Stop(kind, message.replaceAll("\n", "\n  "));
  }
}

async function stackIn(folder: string, cloud: CloudName, env: Env, kill: AbortSignal): Promise<Stack> {
  const workDir = resolve(folder);
  mkdirSync(join(workDir, "state"), { recursive: true });
  writeProject(workDir);
  // There is no secret in this state.
  const own = { PULUMI_BACKEND_URL: `file://${join(workDir, "state")}`, PULUMI_CONFIG_PASSPHRASE: "" };
  return (await open(cloud, { workDir, env: { ...own, ...env }, kill }, true)).stack;
}

/** The program stays in the repository: the folder's project names it, and what else it says is kept. */
function writeProject(workDir: string): void {
  const file = join(workDir, "Pulumi.yaml");
  const own = parse(readFileSync(join(__dirname, "Pulumi.yaml"), "utf8")) as Record<string, unknown>;
  const there = existsSync(file) ? (parse(readFileSync(file, "utf8")) as Record<string, unknown>) : {};
  writeFileSync(file, stringify({ ...own, ...there, main: relative(workDir, join(__dirname, "index.ts")) }));
}
