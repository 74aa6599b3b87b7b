// Before anything is changed: is the configuration whole, are the tools there, does nobody else's broken update wait to be repaired?
import { join } from "node:path";
import type { OutputMap } from "@pulumi/pulumi/automation";
import { load, readStackFile, type Settings } from "../settings/load";
import { projectName, textOf } from "../settings/project";
import { Stop } from "./outcome";
import { type Opened, unreadable } from "./workspace";

/** The settings of the stack's file, checked as the program checks them; a ConfigError lists every fault. */
export function settingsOf(stack: string, workDir: string): Settings {
  const file = `Pulumi.${stack}.yaml`;
  const { config, secretKeys } = readStackFile(textOf(join(workDir, file)), file);
  return load({ project: projectName(workDir), stack, config, secretKeys });
}

export interface Deployment {
  readonly resources?: readonly {
    readonly urn: string;
    readonly type: string;
    readonly protect?: boolean;
    readonly outputs?: Readonly<Record<string, unknown>>;
  }[];
  readonly pending_operations?: readonly { readonly type: string; readonly resource: { readonly urn: string } }[];
}

/** The state as it is stored, secrets encrypted. The SDK's own export decrypts them. */
export async function stateOf({ cli }: Opened): Promise<{ readonly text: string; readonly deployment: Deployment }> {
  const text = await cli("stack", "export").catch((error: unknown) => {
    throw unreadable(error) ?? error;
  });
  return { text, deployment: (JSON.parse(text) as { deployment: Deployment | null }).deployment ?? {} };
}

/** Operations that an update was killed in: their resources may exist without the state knowing. */
export function refusePending({ pending_operations: pending = [] }: Deployment): void {
  if (pending.length === 0) return;
  const listed = pending.map(({ type, resource }) => `  ${type} ${resource.urn}`).join("\n");
  throw new Stop(
    "failure",
    `an update of this stack was killed in the middle of ${pending.length} operation${pending.length > 1 ? "s" : ""}:\n${listed}`,
    "look whether these exist in the cloud, release the lock if that update has left it (npm run deploy -- cancel), then run again with " +
      "--recover: it reads the cloud and forgets the creations that left nothing. What exists after all is brought in by: pulumi import",
  );
}

/** The cloud that the stack is deployed on; null before its first deployment. */
export function deployedCloud({ resources = [] }: Deployment): string | null {
  const stash = resources.find(({ type, urn }) => type === "pulumi:index:Stash" && urn.endsWith("::cloud"));
  const cloud = stash?.outputs?.output;
  return typeof cloud === "string" ? cloud : null;
}

/** A takeover promotes a replica: one that was never made can't be. */
export function refuseEarlyTakeover({ standby }: Pick<Settings, "standby">, outputs: OutputMap, stack: string): void {
  if (standby?.active !== true || Object.keys(outputs).length > 0) return;
  throw new Stop(
    "configuration",
    `${stack} shall take over for ${standby.of}, but nothing of it is deployed: there is no replica to promote`,
    `let it stand by first: pulumi config set --path standby.active false --stack ${stack}, then npm run deploy -- up --stack ${stack}; ` +
      "a database from a backup instead: docs/runbooks/database-restore.md",
  );
}

/** An epoch is a number that rises: going back would make its passwords anew, which nobody has. */
export function refuseOldEpoch(stack: string, wanted: number, deployed: number): void {
  if (wanted >= deployed) return;
  throw new Stop(
    "configuration",
    `rotationEpoch is ${wanted}, but ${deployed} is deployed: the stack's file is older than the last rotation`,
    `set what is deployed and commit it: pulumi config set rotationEpoch ${deployed} --stack ${stack}`,
  );
}

export function refuseSwitch(stack: string, deployed: string | null, wanted: string): void {
  if (deployed === null || deployed === wanted) return;
  throw new Stop(
    "configuration",
    `${stack} is deployed on ${deployed}; switching \`cloud\` to ${wanted} would delete it and its data`,
    `set it back (pulumi config set cloud ${deployed} --stack ${stack}), or create a new stack for ${wanted} and move: docs/moving-clouds.md`,
  );
}
