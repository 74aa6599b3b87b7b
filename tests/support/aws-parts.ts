// The parts of an AWS platform that others are made with, small enough for tests of one component.
import { output, type Unwrap } from "@pulumi/pulumi";
import type { Aws } from "../../components/clouds/aws/family";
import { nobody, type Receiving } from "../../components/monitoring/alerts";
import { AwsMonitoring } from "../../components/monitoring/aws";
import { AwsNetwork } from "../../components/network/aws";
import type { Network, NetworkArgs } from "../../components/network/index";
import { AwsSecrets } from "../../components/secrets/aws";
import type { Stack } from "../../components/stack";
import { AwsStorage } from "../../components/storage/aws";
import type { Use } from "../../components/use";
import { record as recordPlan, type Recorded } from "../../plan/record";
import { awsStack } from "./stacks";

/** The account of `awsNetwork`: known, so that a test can read the policies it stands in. */
export const account = "123456789012";

export function awsNetwork(stack: Partial<Stack> = {}, args: Partial<NetworkArgs> = {}): Network<Aws> {
  const network = new AwsNetwork("network", {
    stack: awsStack(stack),
    cidr: "10.0.0.0/16",
    zones: 3,
    nat: "none",
    allowedCidrs: [],
    endpoints: [],
    servers: ["database", "cache"],
    servicePorts: [3000],
    gateway: "none",
    cdn: false,
    containers: false,
    planGroups: [],
    ...args,
  });
  return Object.assign(network, { raw: { ...network.raw, accountId: output(account) } });
}

/** A chat that gets what is of high severity. */
export const awsChat: Receiving = {
  ...nobody,
  high: { emails: [], webhooks: [{ name: "ops-slack", kind: "slack", url: "https://hooks.example.org" }] },
};

export function awsSecrets(network: Network<Aws>): AwsSecrets {
  return new AwsSecrets("secrets", { network, secrets: {}, rotationEpoch: 1 });
}

export function awsMonitoring(network: Network<Aws>, receivers: Receiving = nobody): AwsMonitoring {
  const logs = new AwsStorage("logs", { network, purpose: "logs", expireDays: 365 });
  return new AwsMonitoring("monitoring", { network, logs, logDays: 30, alertEmails: [], flowLogs: false, receivers });
}

/**
 * Like `recordKnown`, with all that data services give out: each resource answers `<name>_arn`, `<name>_url` and so on. So a test
 * reads whose host, group or secret stands where.
 */
export async function recordData(program: () => unknown): Promise<Recorded[]> {
  const fields = [
    "address",
    "arn",
    "bucket",
    "configurationEndpointAddress",
    "endpoint",
    "hex",
    "keyId",
    "name",
    "primaryEndpointAddress",
    "result",
    "url",
    "versionId",
  ];
  const answers = (_type: string, name: string): { id: string; state: Record<string, unknown> } => ({
    id: `${name}-id`,
    state: Object.fromEntries(fields.map((field) => [field, `${name}_${field}`])),
  });
  return [...(await recordPlan(program, { project: "platform", stack: "test", answers })).resources];
}

/** What using a thing gives a service, with every output resolved; `program` runs in a recording of `recordData`. */
export async function usedBy(program: () => Use<Aws>): Promise<Unwrap<Used>> {
  const seen: Unwrap<Used>[] = [];
  await recordData(() => {
    const { target, noun, access, env, secrets, raw } = program();
    const from = Object.fromEntries(Object.entries(secrets).map(([name, { raw: secret }]) => [name, secret.valueFrom]));
    output({ target, noun, access, env, secrets: from, raw }).apply((used) => seen.push(used));
  });
  const [used] = seen;
  if (used === undefined) throw new Error("the use is not known");
  return used;
}
type Used = Pick<Use<Aws>, "target" | "noun" | "access" | "env" | "raw"> & { readonly secrets: Record<string, unknown> };

/** The tags of a component of `awsStack()`. */
export function awsTags(component: string, overrides: Record<string, string> = {}): Record<string, string> {
  return {
    component,
    "cost-center": "web",
    environment: "prod",
    "managed-by": "pulumi",
    owner: "platform-team",
    project: "platform",
    stack: "test",
    ...overrides,
  };
}

/** What a component made, as sorted `module Class name`: `s3 Bucket platform-test-logs`. */
export function madeBy(resources: readonly Recorded[], component: string): string[] {
  return childrenOf(resources, component)
    .map(({ type, name }) => `${type.replace(/^(?:aws:|random:)(\w+)\/\w+:/, "$1 ")} ${name}`)
    .sort();
}

export function childrenOf(resources: readonly Recorded[], component: string): Recorded[] {
  const top = resources.find(({ name, type }) => name === component && type.startsWith("platform:index:"));
  return resources.filter(({ parent }) => parent === top?.urn);
}

/** The names of the resources that must exist before. */
export function waitsFor(resource: Recorded): string[] {
  return resource.dependencies.map((urn) => urn.split("::")[3] ?? urn);
}

/** A document that a resource holds as text. */
export function documentOf(resource: Recorded, field: string): unknown {
  return JSON.parse(String(resource.inputs[field]));
}

/** The same inputs without some: what a stack that nothing guards leaves out. */
export function without(inputs: Readonly<Record<string, unknown>>, ...fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(inputs).filter(([field]) => !fields.includes(field)));
}
