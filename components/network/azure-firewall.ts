// The firewall of an Azure network as plain data: which subnet may reach which port. Subnets can't tell apps apart, so there is one
// rule per subnet and server port; between services of one subnet identity is the boundary.
import { type AzureRanges, azureRanges } from "./cidr";
import type { VpnServer } from "../vpn/index";
import type { NetworkArgs } from "./index";

/** The subnets that have a group of rules of their own. Those of further plans share the app tier's. */
export const tiers = ["gateway", "app", "data", "endpoints", "containers", "hosts"] as const;
export type Tier = (typeof tiers)[number];

/** One rule, in the words of a network security group. */
export interface Rule {
  readonly name: string;
  readonly priority: number;
  readonly direction: "Inbound" | "Outbound";
  readonly access: "Allow" | "Deny";
  readonly protocol: "Tcp" | "*";
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly ports: readonly string[];
}

const any = ["*"];
const tls = "443";
const postgres = "5432";
const pgBouncer = "6432";
const managedRedis = "10000";
const amqp = "5671-5672";
const smb = "445";
const ssh = "22";
/** Azure's resolver. Rules see this traffic in a Container Apps environment, whose nodes ask it themselves. */
const resolver = "168.63.129.16";

const denyIn = {
  name: "deny-rest-in",
  priority: 4096,
  direction: "Inbound",
  access: "Deny",
  protocol: "*",
  from: any,
  to: any,
  ports: any,
} as const;
const denyOut = {
  name: "deny-rest-out",
  priority: 4096,
  direction: "Outbound",
  access: "Deny",
  protocol: "*",
  from: any,
  to: any,
  ports: any,
} as const;

/**
 * The rules of every tier. The ports of the services appear in none: the gateway reaches each site at 443 of its private endpoint, and
 * App Service passes the request on to the container's port.
 */
export function firewall(args: NetworkArgs, ranges: AzureRanges): Readonly<Record<Tier, readonly Rule[]>> {
  const sites = [ranges.app, ...ranges.plans];
  const clients = args.containers ? [...sites, ranges.containers] : sites;
  return {
    gateway: gatewayRules(args, ranges),
    app: [denyIn, ...wayOut(args, ranges, sites)],
    data: dataRules(args, ranges, clients),
    endpoints: endpointRules(args, ranges, clients),
    containers: args.containers ? containerRules(args, ranges) : [denyIn, denyOut],
    hosts: args.bastion === true ? hostRules(args, ranges) : [denyIn, denyOut],
  };
}

/** Application Gateway must be reached by its manager and the platform's probes, and must not be kept from the internet. */
function gatewayRules(args: NetworkArgs, ranges: AzureRanges): Rule[] {
  if (args.gateway === "none") return [denyIn];
  const subnet = [ranges.gateway];
  const visitors = visitorsOf(args);
  // Who comes without TLS is sent on by the CDN; without one, by the gateway.
  const ports = args.gateway === "https" ? (args.cdn ? [tls] : [tls, "80"]) : ["80"];
  return [
    ...(visitors.length > 0 ? [allowIn("web", 100, visitors, subnet, ports)] : []),
    allowIn("gateway-manager", 110, ["GatewayManager"], any, ["65200-65535"]),
    { ...allowIn("load-balancer", 120, ["AzureLoadBalancer"], any, any), protocol: "*" },
    denyIn,
  ];
}

/** Without TLS nobody is let in unless a range is named. Behind a CDN it is the CDN that knows who may come. */
function visitorsOf(args: NetworkArgs): readonly string[] {
  if (args.cdn) return ["AzureFrontDoor.Backend"];
  if (args.allowedCidrs.some((cidr) => cidr.endsWith("/0"))) return ["Internet"];
  if (args.allowedCidrs.length > 0) return args.allowedCidrs;
  return args.gateway === "https" ? ["Internet"] : [];
}

/** What sites and containers may reach: the servers, the private endpoints, and TLS on the internet for images and cloud APIs. */
function wayOut(args: NetworkArgs, ranges: AzureRanges, from: readonly string[]): Rule[] {
  const databasePorts = databasePortsOf(args);
  const isPrivateQueue = args.servers.includes("queue");
  return [
    ...(databasePorts.length > 0 ? [allowOut("database", 100, from, [ranges.data], databasePorts)] : []),
    ...(args.servers.includes("cache") ? [allowOut("cache", 110, from, [ranges.endpoints], [managedRedis])] : []),
    // A standard namespace has no private endpoint, and the tag ServiceBus does not hold all of its addresses.
    allowOut("queue", 120, from, [isPrivateQueue ? ranges.endpoints : `AzureCloud.${args.stack.region}`], [amqp]),
    ...(args.servers.includes("files") ? [allowOut("files", 125, from, [ranges.endpoints], [smb])] : []),
    allowOut("endpoints", 130, from, [ranges.endpoints], [tls]),
    allowOut("internet", 140, from, ["Internet"], [tls]),
    ...(args.vpn?.calls === true ? [allowOut("vpn", 150, from, args.vpn.remoteRanges, [tls])] : []),
    denyOut,
  ];
}

/** A pair of servers talks within its subnet; the write-ahead log is archived to Azure's storage. */
function dataRules(args: NetworkArgs, ranges: AzureRanges, clients: readonly string[]): Rule[] {
  const ports = databasePortsOf(args);
  if (ports.length === 0) return [denyIn, denyOut];
  const subnet = [ranges.data];
  // Of the other stack's network only its servers: the data subnet has the same slot in every network.
  const peer = args.peerCidr === undefined ? [] : [azureRanges(args.peerCidr, 0).data];
  return [
    allowIn("database", 100, [...clients, ...hostsOf(args, ranges)], subnet, ports),
    allowIn("own-subnet-in", 110, subnet, subnet, [postgres, pgBouncer]),
    ...letIn(args, "database", subnet, [postgres]),
    ...(peer.length > 0 ? [allowIn("other-region-in", 120, peer, subnet, [postgres])] : []),
    denyIn,
    allowOut("own-subnet-out", 100, subnet, subnet, [postgres, pgBouncer]),
    ...(peer.length > 0 ? [allowOut("other-region-out", 130, subnet, peer, [postgres])] : []),
    allowOut("storage", 110, subnet, ["Storage"], [tls]),
    allowOut("directory", 120, subnet, ["AzureActiveDirectory"], [tls]),
    denyOut,
  ];
}

/** Private endpoints open no connection of their own, and rules for outbound have no effect on them. */
function endpointRules(args: NetworkArgs, ranges: AzureRanges, clients: readonly string[]): Rule[] {
  const subnet = [ranges.endpoints];
  return [
    allowIn("tls", 100, clients, subnet, [tls]),
    ...(args.gateway === "none" ? [] : [allowIn("sites", 110, [ranges.gateway], subnet, [tls])]),
    ...(args.servers.includes("cache") ? [allowIn("cache", 120, [...clients, ...hostsOf(args, ranges)], subnet, [managedRedis])] : []),
    ...letIn(args, "cache", subnet, [managedRedis]),
    ...(args.servers.includes("queue") ? [allowIn("queue", 130, clients, subnet, [amqp])] : []),
    ...(args.servers.includes("files") ? [allowIn("files", 140, clients, subnet, [smb])] : []),
    denyIn,
  ];
}

/** What a Container Apps environment with workload profiles demands besides; 443 on the internet holds its registries and its identity. */
function containerRules(args: NetworkArgs, ranges: AzureRanges): Rule[] {
  const subnet = [ranges.containers];
  return [
    { ...allowIn("own-subnet-in", 100, subnet, subnet, any), protocol: "*" },
    allowIn("load-balancer", 110, ["AzureLoadBalancer"], subnet, ["30000-32767"]),
    denyIn,
    { ...allowOut("own-subnet-out", 200, subnet, subnet, any), protocol: "*" },
    { ...allowOut("resolver", 210, subnet, [resolver], ["53"]), protocol: "*" },
    ...wayOut(args, ranges, subnet),
  ];
}

/** Port 22 is Azure Bastion's alone. Ubuntu's archive speaks HTTP; what it sends is signed. */
function hostRules(args: NetworkArgs, ranges: AzureRanges): Rule[] {
  const subnet = [ranges.hosts];
  const databasePorts = databasePortsOf(args);
  return [
    allowIn("bastion", 100, [ranges.bastion], subnet, [ssh]),
    denyIn,
    ...(databasePorts.length > 0 ? [allowOut("database", 100, subnet, [ranges.data], databasePorts)] : []),
    ...(args.servers.includes("cache") ? [allowOut("cache", 110, subnet, [ranges.endpoints], [managedRedis])] : []),
    allowOut("internet", 140, subnet, ["Internet"], [tls, "80"]),
    denyOut,
  ];
}

function hostsOf({ bastion }: NetworkArgs, { hosts }: AzureRanges): readonly string[] {
  return bastion === true ? [hosts] : [];
}

/** The other side of the VPN, where it may reach that server. */
function letIn({ vpn, servers }: NetworkArgs, server: VpnServer, to: readonly string[], ports: readonly string[]): Rule[] {
  return vpn?.allow.includes(server) === true && servers.includes(server) ? [allowIn("vpn", 200, vpn.remoteRanges, to, ports)] : [];
}

function databasePortsOf({ servers }: NetworkArgs): string[] {
  const pooled = servers.includes("databasePool");
  return [...(pooled || servers.includes("database") ? [postgres] : []), ...(pooled ? [pgBouncer] : [])];
}

function allowIn(name: string, priority: number, from: readonly string[], to: readonly string[], ports: readonly string[]): Rule {
  return { name, priority, direction: "Inbound", access: "Allow", protocol: "Tcp", from, to, ports };
}

function allowOut(name: string, priority: number, from: readonly string[], to: readonly string[], ports: readonly string[]): Rule {
  return { name, priority, direction: "Outbound", access: "Allow", protocol: "Tcp", from, to, ports };
}
