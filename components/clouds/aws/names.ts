// The names of AWS resources, from project and stack, within what each service allows. Most are logical names: the provider adds
// eight characters of its own, so that a replacement can be created before the old one is deleted. Fixed are only those that
// another name must be derived from before the resource exists (the log groups of a database or a cluster), or that AWS demands.
import { createHash } from "node:crypto";
import type { Stack } from "../../stack";

interface Limit {
  /** Characters that AWS takes. */
  readonly max: number;
  /** Whether the result is the resource's very name, or a logical name to which the provider adds `-` and seven random digits. */
  readonly fixed: boolean;
}

/** What the provider's own naming adds. FIFO queues and topics end in `.fifo` besides. */
const suffix = { auto: 8, fifo: 5 } as const;
/** Hex digits of the hash that keeps an abridged or ambiguous name unique. */
const digits = 6;

/**
 * Limits by kind. The alphabet is the same for all: small letters, digits and single hyphens, a letter first, no hyphen last. It is
 * the narrowest of them (RDS, ElastiCache), and no other service refuses it.
 */
const limits = {
  loadBalancer: { max: 32, fixed: false },
  targetGroup: { max: 32, fixed: false },
  securityGroup: { max: 255, fixed: false },
  role: { max: 64, fixed: false },
  policy: { max: 128, fixed: false },
  // An alias is a name: it points to another key when the key is replaced.
  keyAlias: { max: 250, fixed: true },
  // Bucket names are shared by all accounts of the world: only the random suffix in state keeps two accounts with a stack of one name apart.
  bucket: { max: 63, fixed: false },
  // The name of a deleted secret stays taken for its recovery window.
  secret: { max: 256, fixed: false },
  queue: { max: 80, fixed: false },
  topic: { max: 256, fixed: false },
  // The log groups `/aws/rds/instance/<identifier>/…` must exist, with retention and key, before the instance writes to them.
  rdsInstance: { max: 63, fixed: true },
  // As for the instance: its log group is `/aws/rds/proxy/<name>`.
  rdsProxy: { max: 63, fixed: true },
  subnetGroup: { max: 255, fixed: false },
  parameterGroup: { max: 255, fixed: false },
  replicationGroup: { max: 40, fixed: false },
  // The log group `/aws/ecs/containerinsights/<cluster>/performance` must exist before the cluster writes to it.
  cluster: { max: 255, fixed: true },
  service: { max: 255, fixed: false },
  taskFamily: { max: 255, fixed: true },
  schedule: { max: 64, fixed: false },
  launchTemplate: { max: 128, fixed: false },
  hostGroup: { max: 255, fixed: false },
  webAcl: { max: 128, fixed: false },
  // Functions, policies and access controls of CloudFront.
  edge: { max: 64, fixed: false },
  shield: { max: 128, fixed: false },
  vpcOrigin: { max: 64, fixed: true },
  logDelivery: { max: 60, fixed: true },
  alarm: { max: 255, fixed: false },
  dashboard: { max: 255, fixed: true },
  // The bucket's policy opens to trails of this account before the trail is there.
  trail: { max: 128, fixed: false },
  eventRule: { max: 64, fixed: false },
  connection: { max: 64, fixed: false },
  repository: { max: 256, fixed: false },
  budget: { max: 100, fixed: false },
  costMonitor: { max: 100, fixed: false },
  backupVault: { max: 50, fixed: false },
  backupPlan: { max: 50, fixed: false },
  stateMachine: { max: 80, fixed: false },
  // `-` and the minute of the snapshot follow: 14 of the 40 characters.
  cacheSnapshot: { max: 26, fixed: true },
} as const satisfies Record<string, Limit>;

export type NameKind = keyof typeof limits;
export const nameKinds = Object.keys(limits) as NameKind[];

/** The most characters that `nameOf` gives for a kind. */
export function maxLength(kind: NameKind): number {
  const limit: Limit = limits[kind];
  const fifo = kind === "queue" || kind === "topic" ? suffix.fifo : 0;
  return limit.max - (limit.fixed ? 0 : suffix.auto) - fifo;
}

/**
 * `<project>-<stack>-<part>`. Too long a name, one with foreign characters, and a fixed one whose parts can't be told apart
 * (`a-b` + `c`, `a` + `b-c`) end in six digits of the hash of all three, so two parts or two stacks never get one name.
 */
export function nameOf(stack: Stack, kind: NameKind, part: string): string {
  const parts = [stack.project, stack.name, part];
  const plain = parts.join("-");
  const clean = cleaned(plain);
  const max = maxLength(kind);
  const ambiguous = limits[kind].fixed && parts.some((text) => text.includes("-"));
  if (clean === plain && clean.length <= max && !ambiguous) return clean;
  const head = clean.slice(0, max - digits - 1).replace(/-$/, "");
  return `${head}-${hash(parts)}`;
}

/** What all names of a stack begin with, unless they had to be abridged: for conditions that take a pattern. */
export function namePrefix(stack: Stack): string {
  return `${cleaned(`${stack.project}-${stack.name}`)}-`;
}

/** The name of a log group of ours. Names of CloudWatch are never abridged: 512 characters hold any project, stack and part. */
export function logGroupName(stack: Stack, part: string): string {
  return `/${stack.project}/${stack.name}/${part}`;
}

/** The name of a log group that the firewall may write to: AWS demands the beginning. */
export function firewallLogGroupName(stack: Stack, part: string): string {
  return `aws-waf-logs-${stack.project}-${stack.name}-${part}`;
}

function cleaned(text: string): string {
  const hyphened = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  return /^[a-z]/.test(hyphened) ? hyphened : `p-${hyphened}`;
}

function hash(parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("/")).digest("hex").slice(0, digits);
}
