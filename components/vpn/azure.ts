// VPN on Azure: a gateway in the subnet that Azure reserves for it, both of its instances active, and a connection for each device of the
// other side. Its making takes up to 45 minutes, and no service waits for it.
import * as network from "@pulumi/azure-native/network";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random";
import { sendSignals } from "../clouds/azure/diagnostics";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { transformed } from "../clouds/azure/transforms";
import { vaultSecret } from "../clouds/azure/vault-secret";
import { watchedTypes } from "../monitoring/azure-alarms";
import { Watched } from "../monitoring/watched";
import { type Stack, tagsOf } from "../stack";
import { generatedKey, lifetimes, ownAsn, Vpn, type VpnArgs, type VpnPeer } from "./index";

/** One instance each; the zones are Azure's to choose. */
const instances = [1, 2] as const;
/** KiB after which a tunnel takes a new key: Azure's own figure, and the time comes first. */
const keyedKilobytes = 102_400_000;

export class AzureVpn extends Vpn<Azure> {
  readonly addresses: readonly Output<string>[];
  readonly secretId: Output<string>;
  readonly watched: readonly Watched<Azure>[];
  readonly gateway: network.VirtualNetworkGateway;
  readonly connections: readonly network.VirtualNetworkGatewayConnection[];
  private readonly stack: Stack;

  constructor(name: string, args: VpnArgs<Azure>, opts?: ComponentResourceOptions) {
    super("Vpn", name, opts);
    this.stack = args.network.stack;
    const key = this.keepKey(name, args);
    this.secretId = key.secretId;
    const addresses = instances.map((instance) => this.createAddress(`${name}-${instance}`, name, args));
    this.gateway = this.createGateway(name, args, addresses);
    this.createLogs(name, args, addresses);
    this.connections = args.peers.map((peer, index) => this.connect(`${name}-${index + 1}`, name, args, { peer, key: key.value }));
    // Where a preview leaves the address out it is unknown; Azure gives a static one when it is made.
    this.addresses = addresses.map(({ ipAddress }) => ipAddress.apply((address) => address ?? ""));
    this.watched = args.peers.map(
      ({ address }, index) =>
        new Watched<Azure>("vpn", `${name}-${index + 1}`, {
          resourceId: this.gateway.id,
          type: watchedTypes.vpnGateways,
          entity: address,
        }),
    );
    this.finish({ addresses: this.addresses, secretId: this.secretId });
  }

  /** A given key is an application secret, and in the vault already. */
  private keepKey(name: string, args: VpnArgs<Azure>): { readonly value: Output<string>; readonly secretId: Output<string> } {
    const { key, secrets } = args;
    if ("secret" in key) return { value: key.value, secretId: secrets.secret(key.secret).raw.scope };
    const made = new RandomPassword(`${name}-key-value`, { ...generatedKey, keepers: { epoch: String(key.epoch) } }, { parent: this });
    const kept = { network: args.network, vaultName: secrets.raw.vaultName, component: name, part: `${name}-key` };
    return { value: made.result, secretId: vaultSecret(this, `${name}-key`, { ...kept, value: made.result }).id };
  }

  private createAddress(part: string, name: string, args: VpnArgs<Azure>): network.PublicIPAddress {
    return new network.PublicIPAddress(
      `${part}-address`,
      {
        ...this.common(name, args),
        publicIpAddressName: nameOf(this.stack, "publicIp", part),
        sku: { name: "Standard", tier: "Regional" },
        publicIPAllocationMethod: "Static",
        publicIPAddressVersion: "IPv4",
        // All or one: an address of two zones is refused.
        zones: ["1", "2", "3"],
      },
      { parent: this },
    );
  }

  private createGateway(name: string, args: VpnArgs<Azure>, addresses: readonly network.PublicIPAddress[]): network.VirtualNetworkGateway {
    const subnet = { id: args.network.raw.subnetIds.vpn };
    const bgp = args.asn !== undefined;
    return new network.VirtualNetworkGateway(
      `${name}-gateway`,
      transformed("vpn.gateway", {
        ...this.common(name, args),
        virtualNetworkGatewayName: nameOf(this.stack, "vpnGateway", ""),
        gatewayType: "Vpn",
        vpnType: "RouteBased",
        vpnGatewayGeneration: "Generation1",
        // The smallest that is still sold: those without zones were taken off the list, and Basic takes no policy of ciphers.
        sku: { name: "VpnGw1AZ", tier: "VpnGw1AZ" },
        activeActive: true,
        enableBgp: bgp,
        ...(bgp && { bgpSettings: { asn: ownAsn.azure } }),
        enablePrivateIpAddress: false,
        disableIPSecReplayProtection: false,
        ipConfigurations: addresses.map(({ id }, index) => ({
          name: `instance-${index + 1}`,
          privateIPAllocationMethod: "Dynamic",
          publicIPAddress: { id },
          subnet,
        })),
      }),
      { parent: this, customTimeouts: { create: "90m", update: "90m", delete: "60m" } },
    );
  }

  private createLogs(name: string, args: VpnArgs<Azure>, addresses: readonly network.PublicIPAddress[]): void {
    const common = { stack: this.stack, workspaceId: args.monitoring.raw.workspaceId, signals: "logs and metrics" } as const;
    sendSignals(this, name, { ...common, resourceUri: this.gateway.id });
    for (const [index, { id }] of addresses.entries()) sendSignals(this, `${name}-${index + 1}-address`, { ...common, resourceUri: id });
  }

  private connect(
    part: string,
    name: string,
    args: VpnArgs<Azure>,
    { peer, key }: { readonly peer: VpnPeer; readonly key: Output<string> },
  ): network.VirtualNetworkGatewayConnection {
    const common = this.common(name, args);
    const { asn, remoteRanges } = args;
    const device = new network.LocalNetworkGateway(
      part,
      {
        ...common,
        localNetworkGatewayName: nameOf(this.stack, "localGateway", part),
        gatewayIpAddress: peer.address,
        // With BGP the device says itself what is behind it.
        localNetworkAddressSpace: { addressPrefixes: asn === undefined ? [...remoteRanges] : [] },
        ...(asn !== undefined && { bgpSettings: { asn, bgpPeeringAddress: peer.bgpAddress } }),
      },
      { parent: this },
    );
    const connection = new network.VirtualNetworkGatewayConnection(
      part,
      transformed("vpn.connection", {
        ...common,
        virtualNetworkGatewayConnectionName: nameOf(this.stack, "vpnConnection", part),
        virtualNetworkGateway1: { id: this.gateway.id },
        localNetworkGateway2: { id: device.id },
        connectionType: "IPsec",
        connectionProtocol: "IKEv2",
        connectionMode: "Default",
        enableBgp: asn !== undefined,
        sharedKey: key,
        usePolicyBasedTrafficSelectors: false,
        dpdTimeoutSeconds: 45,
        ipsecPolicies: [
          {
            ikeEncryption: "GCMAES256",
            ikeIntegrity: "SHA384",
            dhGroup: "ECP384",
            ipsecEncryption: "GCMAES256",
            ipsecIntegrity: "GCMAES256",
            pfsGroup: "ECP384",
            saLifeTimeSeconds: lifetimes.phase2,
            saDataSizeKilobytes: keyedKilobytes,
          },
        ],
      }),
      { parent: this, additionalSecretOutputs: ["sharedKey"] },
    );
    const { workspaceId } = args.monitoring.raw;
    sendSignals(this, part, { stack: this.stack, resourceUri: connection.id, workspaceId, signals: "metrics" });
    return connection;
  }

  private common(name: string, { network: { raw } }: VpnArgs<Azure>) {
    return { resourceGroupName: raw.resourceGroupName, location: raw.location, tags: tagsOf(this.stack, name) };
  }
}
