// What Azure's network and compute tests start from: a small platform of real components, recorded with known ids, and one component's children.
import { AzureAppService } from "../../components/app-service/azure";
import type { ServiceSpec } from "../../components/app-service";
import type { Azure } from "../../components/clouds/azure/family";
import { nameOf } from "../../components/clouds/azure/names";
import { AzureGateway } from "../../components/gateway/azure";
import type { GatewaySpec, Route } from "../../components/gateway";
import { AzureHosting } from "../../components/hosting/azure";
import { planGroups } from "../../components/hosting";
import { AzureMonitoring } from "../../components/monitoring/azure";
import type { MonitoringSpec } from "../../components/monitoring/index";
import type { NetworkArgs } from "../../components/network";
import { AzureNetwork } from "../../components/network/azure";
import { AzureSecrets } from "../../components/secrets/azure";
import type { Stack } from "../../components/stack";
import { AzureStorage } from "../../components/storage/azure";
import type { Use } from "../../components/use";
import { record, type Recorded } from "../../plan/record";
import { azureStack } from "../support/stacks";

export const location = "eastus2";
export const groupName = "network-group-name";

export function tags(component: string): Record<string, string> {
  return {
    project: "platform",
    environment: "prod",
    stack: "test",
    component,
    owner: "platform-team",
    "cost-center": "web",
    "managed-by": "pulumi",
  };
}

/** What every resource of a component in the platform's group has. */
export function common(component: string): Record<string, unknown> {
  return { resourceGroupName: groupName, location, tags: tags(component) };
}

export function networkArgs(overrides: Partial<NetworkArgs> = {}): NetworkArgs {
  return {
    stack: azureStack(),
    cidr: "10.0.0.0/16",
    zones: 3,
    nat: "single",
    allowedCidrs: [],
    endpoints: [],
    servers: [],
    servicePorts: [3000],
    gateway: "http",
    cdn: false,
    containers: false,
    planGroups: ["web"],
    ...overrides,
  };
}

export function service(overrides: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    kind: "web",
    image: "docker.io/library/shop:1",
    port: 3000,
    healthPath: "/health",
    readyPath: "/ready",
    cpu: 1,
    memoryMb: 2048,
    scale: { min: 2, max: 20, cpuAbove: 70, cpuBelow: 30, memoryAbove: 80, step: 1, schedules: [] },
    routes: { paths: ["/*"], hosts: [] },
    internal: false,
    cors: [],
    env: {},
    secrets: {},
    uses: {},
    spot: false,
    readOnlyRoot: true,
    user: 1000,
    deployment: "rolling",
    ...overrides,
  };
}

export function route(name: string, overrides: Partial<Route> = {}): Route {
  return { service: name, port: 3000, paths: ["/*"], hosts: [], readyPath: "/ready", internal: false, ...overrides };
}

export interface Parts {
  readonly network: AzureNetwork;
  readonly monitoring: AzureMonitoring;
  readonly secrets: AzureSecrets;
  readonly gateway: AzureGateway;
  readonly hosting: AzureHosting;
}

export interface Settings {
  readonly stack?: Partial<Stack>;
  readonly network?: Partial<NetworkArgs>;
  readonly gateway?: Partial<GatewaySpec>;
  readonly monitoring?: Partial<MonitoringSpec>;
  readonly maintenance?: boolean;
  readonly exec?: boolean;
  readonly routes?: readonly Route[];
  readonly services?: Readonly<Record<string, ServiceSpec>>;
  /** Uses of the services by their name; made when the parts are there. */
  readonly uses?: (parts: Parts, made: Readonly<Record<string, AzureAppService>>) => Readonly<Record<string, readonly Use<Azure>[]>>;
  /** Also makes the services, in their order. */
  readonly withServices?: boolean;
  readonly then?: (parts: Parts, services: Readonly<Record<string, AzureAppService>>) => void;
}

/**
 * A platform with a gateway and hosting on a network, each made when it is first asked for; every resource answers with an id and a name
 * made of its own.
 */
export function platform(settings: Settings, hosts: (service: string) => string = siteHost): Promise<readonly Recorded[]> {
  const run = (): void => {
    const stack = azureStack(settings.stack);
    const services = settings.services ?? { web: service() };
    const direct = settings.gateway?.direct ?? false;
    const allowedCidrs = settings.network?.allowedCidrs ?? [];
    const network = new AzureNetwork("network", {
      ...networkArgs({ zones: stack.zones.length, planGroups: Object.keys(planGroups(services)) }),
      gateway: direct ? "none" : settings.gateway?.domain === undefined ? "http" : "https",
      containers: Object.values(services).some(({ kind }) => kind === "worker" || kind === "job"),
      ...settings.network,
      stack,
    });
    const logs = new AzureStorage("logs", { network, purpose: "logs", expireDays: 30 });
    const monitored = { logDays: 30, alertEmails: [], flowLogs: false, ...settings.monitoring };
    const monitoring = new AzureMonitoring("monitoring", { network, logs, ...monitored });
    const routes =
      settings.routes ??
      Object.entries(services).flatMap(([name, { kind, internal }]) =>
        kind === "web" || kind === "api" ? [route(name, { internal, paths: [`/${name}/*`] })] : [],
      );
    const secrets = first(() => new AzureSecrets("secrets", { network, secrets: { "jwt-key": { generate: true } }, rotationEpoch: 1 }));
    const firewall = { waf: true, wafMode: "block", ddosPlan: false, rateLimit: 2000 } as const;
    const { maintenance } = settings;
    const edge = { ...firewall, requireTls: false, direct, cdn: false, ...settings.gateway, maintenance, allowedCidrs, routes };
    const gateway = first(() => new AzureGateway("gateway", { network, logs, monitoring, ...edge }));
    const hosting = first(() => new AzureHosting("hosting", { network, monitoring, services, exec: settings.exec }));
    const parts: Parts = {
      network,
      monitoring,
      get secrets() {
        return secrets();
      },
      get gateway() {
        return gateway();
      },
      get hosting() {
        return hosting();
      },
    };
    const made: Record<string, AzureAppService> = {};
    if (settings.withServices) {
      for (const [name, spec] of Object.entries(services)) {
        const place = spec.kind === "web" || spec.kind === "api" ? parts.gateway.place(name) : undefined;
        made[name] = new AzureAppService(name, {
          spec,
          network,
          hosting: parts.hosting,
          monitoring,
          secrets: parts.secrets,
          place,
          uses: settings.uses?.(parts, made)[name] ?? [],
        });
      }
    }
    settings.then?.(parts, made);
  };
  return recorded(run, hosts);
}

function first<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

export function siteHost(service: string): string {
  return `${nameOf(azureStack(), "site", service)}.azurewebsites.net`;
}

export async function recorded(run: () => unknown, hosts: (service: string) => string = siteHost): Promise<readonly Recorded[]> {
  const answers = (type: string, name: string) => ({
    id: `${name}-id`,
    state: {
      name: `${name}-name`,
      principalId: `${name}-principal`,
      clientId: `${name}-client`,
      ...(/:WebApp(Slot)?$/.test(type) && { defaultHostName: hosts(name.replace(/-site$/, "")) }),
    },
  });
  const { resources } = await record(run, { project: "platform", stack: "test", answers });
  return resources;
}

/** The resources of one component, without those of the components in it. */
export function childrenOf(resources: readonly Recorded[], noun: string, name: string): Recorded[] {
  const parent = resources.find((resource) => resource.type === `platform:index:${noun}` && resource.name === name);
  return resources.filter((resource) => parent !== undefined && resource.parent === parent.urn);
}

/** `network:VirtualNetwork network-vnet`, in order of registration. */
export function summary(resources: readonly Recorded[]): string[] {
  return resources.map(({ type, name }) => `${type.replace("azure-native:", "")} ${name}`);
}

export function child(resources: readonly Recorded[], name: string, type = ""): Recorded {
  const found = resources.filter((resource) => resource.name === name && resource.type.endsWith(type));
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`expected one ${name}, found ${found.length} among ${summary(resources).join(", ")}`);
  return found[0];
}

/** Names of what a resource waits for. */
export function waitsFor(resource: Recorded): string[] {
  return resource.dependencies.map((urn) => urn.split("::").at(-1) ?? "").sort();
}
