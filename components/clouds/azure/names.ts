// Every name of a resource comes from here, so that two stacks never collide and no name breaks a limit of Azure at deployment.
// Pure: the gateway must know a site's host name before the site exists.
import { createHash } from "node:crypto";
import type { Stack } from "../../stack";

interface Rule {
  /** First part of the name; says what the thing is in a list of mixed resources. */
  readonly prefix: string;
  readonly max: number;
  /** Storage accounts take no hyphens. */
  readonly hyphens: boolean;
  /** `world`: the name is a host name in one namespace of all customers. `group`: unique in its resource group, `inside`: in its parent. */
  readonly scope: "world" | "subscription" | "group" | "inside";
  /** A random suffix is put behind the name by its component: no hash is needed. */
  readonly suffixed?: true;
}

/**
 * Limits by kind of resource. Where Azure allows more than one sensible spelling (capital letters, underscores, dots) the narrowest is
 * taken: lower case letters, digits and hyphens are allowed everywhere except in storage accounts.
 */
export const nameRules = {
  resourceGroup: { prefix: "rg", max: 90, hyphens: true, scope: "subscription" },
  virtualNetwork: { prefix: "vnet", max: 64, hyphens: true, scope: "group" },
  networkSecurityGroup: { prefix: "nsg", max: 80, hyphens: true, scope: "group" },
  publicIp: { prefix: "pip", max: 80, hyphens: true, scope: "group" },
  natGateway: { prefix: "ng", max: 80, hyphens: true, scope: "group" },
  bastion: { prefix: "bas", max: 80, hyphens: true, scope: "group" },
  vpnGateway: { prefix: "vpng", max: 80, hyphens: true, scope: "group" },
  localGateway: { prefix: "lgw", max: 80, hyphens: true, scope: "group" },
  vpnConnection: { prefix: "vcn", max: 80, hyphens: true, scope: "group" },
  virtualMachine: { prefix: "vm", max: 64, hyphens: true, scope: "group" },
  networkInterface: { prefix: "nic", max: 80, hyphens: true, scope: "group" },
  privateEndpoint: { prefix: "pep", max: 64, hyphens: true, scope: "group" },
  /** One watcher serves all stacks of a region: its flow logs are told apart by their names only. */
  flowLog: { prefix: "fl", max: 80, hyphens: true, scope: "subscription" },
  applicationGateway: { prefix: "agw", max: 80, hyphens: true, scope: "group" },
  wafPolicy: { prefix: "waf", max: 80, hyphens: true, scope: "group" },
  frontDoor: { prefix: "afd", max: 90, hyphens: true, scope: "group" },
  /** The first part of a host name; Azure adds a hash that no other customer can have. */
  frontDoorEndpoint: { prefix: "fde", max: 46, hyphens: true, scope: "group" },
  /** Takes no hyphens, and is told apart from other policies of the group only by letters and digits. */
  frontDoorPolicy: { prefix: "waf", max: 128, hyphens: false, scope: "group" },
  frontDoorPart: { prefix: "", max: 50, hyphens: true, scope: "inside" },
  frontDoorRule: { prefix: "", max: 60, hyphens: false, scope: "inside" },
  storageAccount: { prefix: "st", max: 24, hyphens: false, scope: "world" },
  /** Azure allows 24: the rest is for `-` and 6 random digits, as the name of a deleted vault stays taken for up to 90 days. */
  keyVault: { prefix: "kv", max: 17, hyphens: true, scope: "world", suffixed: true },
  key: { prefix: "", max: 127, hyphens: true, scope: "inside" },
  /** Azure allows 127: the rest is for `-` and 6 random digits, as a secret that left the program stays in the vault. */
  secret: { prefix: "", max: 120, hyphens: true, scope: "inside" },
  identity: { prefix: "id", max: 128, hyphens: true, scope: "group" },
  workspace: { prefix: "log", max: 63, hyphens: true, scope: "group" },
  actionGroup: { prefix: "ag", max: 260, hyphens: true, scope: "group" },
  /** Shown as the sender of every text message and mail. */
  insights: { prefix: "appi", max: 255, hyphens: true, scope: "group" },
  webTest: { prefix: "webt", max: 260, hyphens: true, scope: "group" },
  workflow: { prefix: "logic", max: 80, hyphens: true, scope: "group" },
  /** One list for the whole subscription, with at most five entries. */
  activityLog: { prefix: "activity", max: 260, hyphens: true, scope: "subscription" },
  alert: { prefix: "alert", max: 260, hyphens: true, scope: "group" },
  autoscale: { prefix: "scale", max: 260, hyphens: true, scope: "group" },
  diagnostics: { prefix: "diag", max: 260, hyphens: true, scope: "inside" },
  postgresServer: { prefix: "psql", max: 63, hyphens: true, scope: "world" },
  redis: { prefix: "amr", max: 60, hyphens: true, scope: "world" },
  /** May not end in `-sb` or `-mgmt`: the hash ends it. */
  serviceBus: { prefix: "sbns", max: 50, hyphens: true, scope: "world" },
  queue: { prefix: "", max: 260, hyphens: true, scope: "inside" },
  topic: { prefix: "", max: 260, hyphens: true, scope: "inside" },
  subscription: { prefix: "", max: 50, hyphens: true, scope: "inside" },
  plan: { prefix: "asp", max: 40, hyphens: true, scope: "group" },
  /** Azure allows 60, but cuts the host name of a slot after the 40th letter of the site and adds random ones. */
  site: { prefix: "app", max: 40, hyphens: true, scope: "world" },
  containerEnvironment: { prefix: "cae", max: 32, hyphens: true, scope: "group" },
  containerApp: { prefix: "ca", max: 32, hyphens: true, scope: "group" },
  containerJob: { prefix: "cj", max: 32, hyphens: true, scope: "group" },
  /** Azure takes neither hyphens nor capital letters. */
  registry: { prefix: "cr", max: 50, hyphens: false, scope: "world" },
  registryTask: { prefix: "task", max: 50, hyphens: true, scope: "inside" },
  /** Azure allows 50: the rest is for `-` and 6 random digits, as the name of a deleted store stays taken. */
  configStore: { prefix: "appcs", max: 43, hyphens: true, scope: "world", suffixed: true },
  eventTopic: { prefix: "evgst", max: 50, hyphens: true, scope: "group" },
  /** Three letters at least. */
  eventSubscription: { prefix: "events", max: 64, hyphens: true, scope: "inside" },
  budget: { prefix: "budget", max: 63, hyphens: true, scope: "subscription" },
  costAlert: { prefix: "", max: 63, hyphens: true, scope: "subscription" },
  backupVault: { prefix: "bv", max: 50, hyphens: true, scope: "group" },
  backupPolicy: { prefix: "", max: 150, hyphens: true, scope: "inside" },
  backupInstance: { prefix: "", max: 150, hyphens: true, scope: "inside" },
  /** A role of our own: its title is the tenant's. */
  role: { prefix: "role", max: 128, hyphens: true, scope: "subscription" },
  deployment: { prefix: "deploy", max: 64, hyphens: true, scope: "group" },
  /** One label of a host name of ours, as the private zone of the database has. */
  dnsLabel: { prefix: "", max: 63, hyphens: true, scope: "group" },
} as const satisfies Readonly<Record<string, Rule>>;

export type NameKind = keyof typeof nameRules;

/**
 * The name of a resource: `<prefix>-<project>-<stack>-<part>`, of things inside a parent only `<part>`. Six digits of a hash of project,
 * stack and part follow where the namespace is the world's, and wherever something was cut off or replaced or could be read in two ways.
 */
export function nameOf(stack: Stack, kind: NameKind, part: string): string {
  const rule: Rule = nameRules[kind];
  const words = rule.scope === "inside" ? [rule.prefix, part] : [rule.prefix, stack.project, stack.name, part];
  const wanted = words.filter((word) => word !== "").join("-");
  const clean = spelled(wanted, rule);
  if (rule.suffixed) return clean.slice(0, rule.max).replace(/-+$/, "");
  if (clean === wanted && clean.length <= rule.max && rule.scope !== "world" && !(rule.scope === "subscription" && ambiguous(stack, part)))
    return clean;
  const separator = rule.hyphens && clean !== "" ? "-" : "";
  const room = rule.max - separator.length - hashLength;
  return `${clean.slice(0, room).replace(/-+$/, "")}${separator}${hash(stack, part)}`;
}

/** A GUID for what has no other name; the same for a thing of a stack at any time. */
export function guidOf(stack: Stack, part: string): string {
  const hex = createHash("sha256").update(`${stack.project}/${stack.name}/${part}`).digest("hex");
  // Version 5 (from a name), variant 1.
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-");
}

const hashLength = 6;

function hash(stack: Stack, part: string): string {
  return createHash("sha256").update(`${stack.project}/${stack.name}/${part}`).digest("hex").slice(0, hashLength);
}

function spelled(text: string, rule: Rule): string {
  const lower = text.toLowerCase();
  if (!rule.hyphens) return lower.replace(/[^a-z0-9]+/g, "");
  return lower.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
}

/** Whether another project and stack give the same words: `a-b` with `c` and `a` with `b-c`; or a stack called as the part is. */
function ambiguous(stack: Stack, part: string): boolean {
  return stack.name.includes("-") || (part === "" && stack.name === "data");
}
