// The parts of an Azure platform that others are made with, small enough for tests of one component.
import { output } from "@pulumi/pulumi";
import type { Azure } from "../../components/clouds/azure/family";
import { AzureMonitoring } from "../../components/monitoring/azure";
import { AzureNetwork } from "../../components/network/azure";
import { Network, type NetworkArgs } from "../../components/network/index";
import { AzureSecrets } from "../../components/secrets/azure";
import { AzureStorage } from "../../components/storage/azure";
import type { Stack } from "../../components/stack";
import { type Recorded } from "./record";
import { azureStack } from "./stacks";

export function azureNetwork(stack: Partial<Stack> = {}, args: Partial<NetworkArgs> = {}): AzureNetwork {
  return new AzureNetwork("network", {
    stack: azureStack(stack),
    cidr: "10.0.0.0/16",
    zones: 3,
    nat: "single",
    allowedCidrs: [],
    endpoints: [],
    servers: ["database", "databasePool", "cache", "queue"],
    servicePorts: [3000],
    gateway: "none",
    cdn: false,
    containers: true,
    planGroups: ["web"],
    ...args,
  });
}

/**
 * The same network, but with account and resource groups that are known: the SDK hides a whole nested object as soon as one value in it
 * is unknown.
 */
export class KnownNetwork extends Network<Azure> {
  readonly id: Network<Azure>["id"];
  readonly cidr: string;
  readonly stack: Stack;
  readonly raw: Azure["network"];

  constructor(network: AzureNetwork) {
    super("Network", "known");
    this.id = network.id;
    this.cidr = network.cidr;
    this.stack = network.stack;
    this.raw = {
      ...network.raw,
      resourceGroupName: output("rg-platform-test"),
      dataResourceGroupName: output("rg-platform-test-data"),
      subscriptionId: output("0000"),
      tenantId: output("1111"),
    };
  }
}

export function azureSecrets(network: Network<Azure>): AzureSecrets {
  return new AzureSecrets("secrets", { network, secrets: {}, rotationEpoch: 1 });
}

export function azureMonitoring(network: Network<Azure>): AzureMonitoring {
  const logs = new AzureStorage("logs", { network, purpose: "logs", expireDays: 365 });
  return new AzureMonitoring("monitoring", { network, logs, logDays: 30, alertEmails: ["ops@example.com"], flowLogs: false });
}

/** Makes a recording, or what was seen of it, once for equal args: recordings are only read. */
export function once<Args extends unknown[], Made>(make: (...args: Args) => Promise<Made>): (...args: Args) => Promise<Made> {
  const made = new Map<string, Promise<Made>>();
  return (...args) => {
    const key = JSON.stringify(args);
    const found = made.get(key) ?? make(...args);
    made.set(key, found);
    return found;
  };
}

/** The tags of a component of `azureStack()`. */
export function tags(component: string, overrides: Record<string, string> = {}): Record<string, string> {
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

/** What a component made, in order: the resources below it, by type and name. */
export function childrenOf(resources: readonly Recorded[], component: string): Recorded[] {
  const top = resources.find((resource) => resource.name === component && resource.type.startsWith("platform:index:"));
  return resources.filter((resource) => resource.parent === top?.urn);
}

/** The names of the resources that must exist before. */
export function waitsFor(resource: Recorded): string[] {
  return resource.dependencies.map((urn) => urn.split("::")[3] ?? urn);
}
