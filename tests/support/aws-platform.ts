// An AWS platform in small: what gateway, hosting and services are made on and with.
import { output, type Output } from "@pulumi/pulumi";
import { AwsAppService } from "../../components/app-service/aws";
import type { AppServiceArgs, ServiceSpec } from "../../components/app-service/index";
import type { Aws } from "../../components/clouds/aws/family";
import { AwsGateway } from "../../components/gateway/aws";
import type { GatewayArgs, Route } from "../../components/gateway/index";
import { AwsHosting } from "../../components/hosting/aws";
import { AwsMonitoring } from "../../components/monitoring/aws";
import type { MonitoringSpec } from "../../components/monitoring/index";
import { AwsNetwork } from "../../components/network/aws";
import type { NetworkArgs } from "../../components/network/index";
import { AwsSecrets } from "../../components/secrets/aws";
import type { Stack } from "../../components/stack";
import { AwsStorage } from "../../components/storage/aws";
import type { Recorded } from "./record";
import { awsStack } from "./stacks";

export function networkArgs(args: Partial<NetworkArgs> = {}, stack: Partial<Stack> = {}): NetworkArgs {
  return {
    stack: awsStack(stack),
    cidr: "10.0.0.0/16",
    zones: 3,
    nat: "single",
    allowedCidrs: [],
    endpoints: [],
    servers: [],
    servicePorts: [],
    gateway: "http",
    cdn: false,
    containers: false,
    planGroups: [],
    ...args,
  };
}

/** What every component above the network is made with. */
export interface Ground {
  readonly network: AwsNetwork;
  readonly logs: AwsStorage;
  readonly monitoring: AwsMonitoring;
  readonly secrets: AwsSecrets;
}

export function ground(stack: Partial<Stack> = {}, monitored: Partial<MonitoringSpec> = {}): Ground {
  const network = known(new AwsNetwork("network", networkArgs({ zones: 2 }, stack)));
  const logs = new AwsStorage("logs", { network, purpose: "logs", expireDays: 365 });
  const monitoring = new AwsMonitoring("monitoring", { network, logs, logDays: 30, alertEmails: [], flowLogs: false, ...monitored });
  const secrets = new AwsSecrets("secrets", { network, secrets: { "signing-key": { generate: true } }, rotationEpoch: 1 });
  return { network, logs, monitoring, secrets };
}

/** What the cloud makes up for a network, known: documents such as policies are composed of it. */
function known(network: AwsNetwork): AwsNetwork {
  const ids = (tier: string): Output<string>[] => network.raw.appSubnetIds.map((_, zone) => output(`${tier}-${zone + 1}-id`));
  const subnets = { publicSubnetIds: ids("public"), appSubnetIds: ids("app"), dataSubnetIds: ids("data") };
  return Object.assign(network, { raw: { ...network.raw, ...subnets, vpcId: output("vpc-id"), accountId: output("123456789012") } });
}

export function route(service: string, overrides: Partial<Route> = {}): Route {
  return { service, port: 3000, paths: ["/*"], hosts: [], readyPath: "/ready", internal: false, ...overrides };
}

export function gateway({ network, logs, monitoring }: Ground, args: Partial<GatewayArgs<Aws>> = {}): AwsGateway {
  return new AwsGateway("gateway", {
    network,
    logs,
    monitoring,
    requireTls: false,
    waf: false,
    rateLimit: 2000,
    direct: false,
    cdn: false,
    wafMode: "block",
    ddosPlan: false,
    allowedCidrs: [],
    routes: [route("api")],
    ...args,
  });
}

export const scale: ServiceSpec["scale"] = { min: 2, max: 2, cpuAbove: 70, cpuBelow: 30, memoryAbove: 80, step: 1, schedules: [] };

export function serviceSpec(overrides: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    kind: "api",
    image: "docker.io/library/nginx:1.29",
    port: 3000,
    healthPath: "/health",
    readyPath: "/ready",
    cpu: 0.5,
    memoryMb: 1024,
    scale,
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

export function hosting({ network, monitoring }: Ground, services: Readonly<Record<string, ServiceSpec>> = {}, exec = false): AwsHosting {
  return new AwsHosting("hosting", { network, monitoring, services, exec });
}

/** A service on parts of its own; those that `args` names are taken instead. */
export function service(on: Ground, name: string, spec: ServiceSpec, args: Partial<AppServiceArgs<Aws>> = {}): AwsAppService {
  const { network, monitoring, secrets } = on;
  return new AwsAppService(name, { spec, network, monitoring, secrets, hosting: args.hosting ?? hosting(on), uses: [], ...args });
}

/** The children of a component by class and name, sorted: the first thing that its test looks at. */
export function classesIn(resources: readonly Recorded[], component: string): string[] {
  const top = resources.find(({ name, type }) => name === component && type.startsWith("platform:index:"));
  if (top === undefined) throw new Error(`no component ${component}`);
  return resources
    .filter(({ parent }) => parent === top.urn)
    .map(({ type, name }) => `${type.split(":").at(-1)} ${name}`)
    .sort();
}
