// Network: where everything lives. Three tiers per zone, the way out, and private access to the cloud's own services.
//
// | what              | AWS                                                    | Azure                                                         |
// |-------------------|--------------------------------------------------------|---------------------------------------------------------------|
// | the network       | VPC by awsx.ec2.Vpc, a subnet per tier and zone        | resource group, virtual network; a subnet spans the zones     |
// | way out           | NAT gateways: one, or one per zone                     | one NAT gateway (a subnet takes one; Standard is zonal)       |
// | firewall          | one security group rule per use                        | one NSG rule per subnet and server port                       |
// | private access    | S3 gateway endpoint always; interface endpoints        | private endpoints with their DNS zones                        |
// | between services  | a service reaches only what it uses                    | a subnet reaches a server's port; identity is the boundary    |
import type { Output } from "@pulumi/pulumi";
import { Component, type Family } from "../cloud";
import type { Stack } from "../stack";
import type { VpnReach } from "../vpn/index";

export const natModes = ["none", "single", "perZone"] as const;
export type NatMode = (typeof natModes)[number];

/** The servers whose ports the network must let services reach; computed from settings before the network is made. */
export const servers = ["database", "databasePool", "cache", "queue", "registry", "flags", "files"] as const;
export type Server = (typeof servers)[number];

/** The plain half of a network. */
export interface NetworkSpec {
  /** An RFC 1918 range, /16 to /18. Default 10.0.0.0/16. The tiers are cut from it by `cidr.ts`. */
  readonly cidr: string;
  /** 2 to 4. */
  readonly zones: number;
  /** The range of the stack that is copied from or to (`standbyOf`). Azure: its database is let in. AWS: copies without a way between networks. */
  readonly peerCidr?: string | undefined;
  /** Azure makes one gateway for `single` and refuses `perZone`. */
  readonly nat: NatMode;
  /** Who may reach the gateway's ports. Empty: the internet where TLS is served, nobody where it is not. */
  readonly allowedCidrs: readonly string[];
  /** AWS: interface endpoints by short service name (`ecr.api`, `ecr.dkr`, `logs`, `secretsmanager`, `sqs`). Azure: has its private endpoints anyway, ignores none: the words map to vault, registry, monitor, queue. */
  readonly endpoints: readonly PrivateService[];
  /** A host that operators' tools reach database and cache through. Default none. */
  readonly bastion?: boolean | undefined;
}

export const privateServices = ["registry", "logs", "secrets", "queue"] as const;
export type PrivateService = (typeof privateServices)[number];

export interface NetworkArgs extends NetworkSpec {
  readonly stack: Stack;
  /** Servers that services use. */
  readonly servers: readonly Server[];
  /** Ports of web and api services behind the gateway. */
  readonly servicePorts: readonly number[];
  /** Whether a gateway stands in the public tier, and whether it serves TLS. */
  readonly gateway: "none" | "http" | "https";
  /** A CDN stands before the gateway, which is open to the CDN's addresses only. */
  readonly cdn: boolean;
  /** Whether workers or jobs run (Azure: the Container Apps subnet is delegated only then; its range is reserved anyway). */
  readonly containers: boolean;
  /** What tunnels lead to and from (Azure: rules of the firewall; AWS: the VPN brings its own); undefined: there are none. */
  readonly vpn?: VpnReach | undefined;
  /** Groups of web services that need a subnet of their own (Azure: one per App Service plan, see `hosting`); the first uses the app tier. */
  readonly planGroups: readonly string[];
}

export abstract class Network<F extends Family> extends Component<F> {
  /** The id of the VPC or virtual network. */
  abstract readonly id: Output<string>;
  abstract readonly cidr: string;
  /** The identity of the stack that lives here. All other components take it from their network. */
  abstract readonly stack: Stack;
  abstract readonly raw: F["network"];
}

/** Whether only some may connect from outside. */
export function isRestricted({ allowedCidrs }: { readonly allowedCidrs: readonly string[] }): boolean {
  return allowedCidrs.length > 0 && !allowedCidrs.includes("0.0.0.0/0");
}
