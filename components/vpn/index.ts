// Vpn: encrypted tunnels to a network elsewhere, an office or a data centre. Off by default. The tunnels alone let nobody in: the settings
// name what the other side may reach, and whether services may call what is there.
//
// | what       | AWS                                                          | Azure                                                          |
// |------------|--------------------------------------------------------------|----------------------------------------------------------------|
// | gateway    | virtual private gateway of the VPC                           | VpnGw1AZ across all zones, both instances active               |
// | tunnels    | two for each address of the other side                       | two for each address of the other side                         |
// | encryption | IKEv2, AES-256-GCM, SHA-384, group 20 (ECP384), alike on both; nothing weaker is offered                                    |
// | routes     | of the data tier (`allow`) and the app tier (`calls`) only   | the gateway's, of all subnets: there the firewall alone decides |
// | firewall   | one rule per range and server                                | one rule per server in its subnet                              |
import type { Output } from "@pulumi/pulumi";
import { Component, type Family } from "../cloud";
import type { Monitoring } from "../monitoring";
import type { Watched } from "../monitoring/watched";
import type { Network } from "../network";
import type { Secrets } from "../secrets";
import type { Use } from "../use";

/**
 * What the other side can be let in to. Services are none of it: those of one stack share the door that they are reached by (AWS: the
 * balancer's listener, Azure: port 443 of the private endpoints' subnet, which is the vault's too).
 */
export const vpnServers = ["database", "cache"] as const;
export type VpnServer = (typeof vpnServers)[number];

/** A device of the other side. */
export interface VpnPeer {
  /** Its public IPv4 address. */
  readonly address: string;
  /** Azure, with `asn`: its address for BGP, which each tunnel leads to. AWS: addresses in the tunnels themselves, given by AWS. */
  readonly bgpAddress?: string | undefined;
}

/** What the network's firewall must know. */
export interface VpnReach {
  /** The other side's networks. */
  readonly remoteRanges: readonly string[];
  readonly allow: readonly VpnServer[];
  /** Whether services may call what is there, by TLS (443). */
  readonly calls: boolean;
}

/** Where the tunnels' key comes from: made here in an epoch of its own, or an application secret that the other side gave. */
export type VpnKey = { readonly epoch: number } | { readonly secret: string; readonly value: Output<string> };

export interface VpnSpec extends VpnReach {
  readonly peers: readonly VpnPeer[];
  /** The other side's number in BGP; undefined: fixed routes. */
  readonly asn?: number | undefined;
  readonly key: VpnKey;
}

/** This side's numbers in BGP: each cloud's own default. */
export const ownAsn = { aws: 64_512, azure: 65_515 } as const;

/** Letters only: AWS takes no key that begins with a zero, and no signs but two. 64 of them are 364 bits. */
export const generatedKey = { length: 64, special: false, numeric: false } as const;

/** The tunnels' lifetimes in seconds: Azure's is fixed for the first phase. */
export const lifetimes = { phase1: 28_800, phase2: 3_600 } as const;

export interface VpnArgs<F extends Family> extends VpnSpec {
  readonly network: Network<F>;
  readonly secrets: Secrets<F>;
  readonly monitoring: Monitoring<F>;
  /** The servers of `allow`. AWS opens the way to each; on Azure the network's firewall has it already. */
  readonly reaches: readonly Use<F>[];
}

export abstract class Vpn<F extends Family> extends Component<F> {
  /** This side's public addresses, to which the other side's devices connect: two for each of them (Azure: the same two for all). */
  abstract readonly addresses: readonly Output<string>[];
  /** Where the key is kept. */
  abstract readonly secretId: Output<string>;
  abstract readonly watched: readonly Watched<F>[];
}

/** Names of resources hold no dots and slashes: `192-168-0-0-16`. */
export function rangeName(range: string): string {
  return range.replace(/[./]/g, "-");
}
