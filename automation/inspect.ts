// The commands that change no resource: outputs, cancel, doctor.
import type { Settings } from "../settings/load";
import type { Connect } from "./cloud";
import { identityOf } from "./identity";
import { holderNow, isGone } from "./lock";
import { exitCodes, plainKindOf, Stop, wordsOf } from "./outcome";
import { deployedCloud, settingsOf, stateOf } from "./preflight";
import { shown } from "./summary";
import { cliHere, open, type Opened, type Where } from "./workspace";

/** An answer for people and for tools; `data` beside what every document of the command has. */
export interface Plain {
  readonly code: number;
  readonly text: string;
  /** Why there is no answer. */
  readonly fault?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export function outputs(name: string, where: Where): Promise<Plain> {
  return guarded(async () => {
    const { stack } = await open(name, where, false);
    const data = shown(await stack.outputs());
    const lines = Object.entries(data).map(([key, value]) => `${key}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
    return { code: exitCodes.done, text: lines.join("\n") || "the stack has no outputs: it is not deployed", data: { outputs: data } };
  });
}

export function cancel(name: string, where: Where): Promise<Plain> {
  return guarded(async () => {
    const { stack } = await open(name, where, false);
    await stack.cancel();
    const text = `the lock of ${name} is released; look at its state before the next update: npm run deploy -- doctor --stack ${name}`;
    return { code: exitCodes.done, text, data: {} };
  });
}

interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Every finding is made, whatever the others say. */
export async function doctor(name: string, where: Where, connect?: Connect): Promise<Plain> {
  const findings: Finding[] = [];
  const look = async (what: string, find: () => Promise<string> | string): Promise<void> => {
    try {
      findings.push({ what, ok: true, detail: await find() });
    } catch (error) {
      findings.push({ what, ok: false, detail: wordsOf(error, ": ") });
    }
  };
  let settings: Settings | undefined;
  await look("configuration", () => {
    const { cloud, stack } = (settings = settingsOf(name, where.workDir));
    return `${stack.environment} on ${cloud}, ${stack.region}`;
  });
  await look("Pulumi CLI", async () => {
    const { root, command } = await cliHere();
    return `${command.version?.version ?? ""} in ${root}`;
  });
  await look("cloud identity", () => {
    if (settings === undefined) throw new Stop("configuration", "unknown without the configuration");
    return identityOf(settings, connect);
  });
  let opened: Opened | undefined;
  await look("backend and stack", async () => {
    opened = await open(name, where, false);
    return `${(await opened.stack.workspace.whoAmI()).user}, stack ${name}`;
  });
  let holder: string | undefined;
  await look("lock", async () => {
    if (opened === undefined) throw new Stop("noStack", "unknown without the stack");
    holder = await holderNow(opened);
    if (holder === undefined) return "nobody updates the stack";
    if (!isGone(holder)) return `an update is under way: ${holder}`;
    throw new Stop("failure", `left by an update that was killed: ${holder}`, `npm run deploy -- cancel --stack ${name}`);
  });
  await look("state", async () => {
    if (opened === undefined) throw new Stop("noStack", "unknown without the stack");
    const { deployment } = await stateOf(opened);
    const pending = deployment.pending_operations?.length ?? 0;
    if (pending > 0 && holder !== undefined && !isGone(holder)) return `${pending} operations of that update have not ended`;
    if (pending > 0) throw new Stop("failure", `${pending} operations were interrupted`, `npm run deploy -- up --recover --stack ${name}`);
    const cloud = deployedCloud(deployment);
    return cloud === null ? "not deployed yet" : `${deployment.resources?.length ?? 0} resources on ${cloud}`;
  });
  const bad = findings.filter(({ ok }) => !ok);
  const text = findings.map(({ what, ok, detail }) => `${ok ? "ok  " : "FAIL"}  ${what}: ${detail}`).join("\n");
  return { code: bad.length === 0 ? exitCodes.done : exitCodes.configuration, text, data: { findings } };
}

async function guarded(act: () => Promise<Plain>): Promise<Plain> {
  try {
    return await act();
  } catch (error) {
    return { code: exitCodes[plainKindOf(error)], text: "", fault: wordsOf(error, "\n"), data: {} };
  }
}
