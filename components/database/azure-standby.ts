// The way between two regions' database servers on Azure. Servers inside a network are copied through it: the two networks are peered in
// both directions, and each side's names can be found from the other. AWS copies without such a way.
import { VirtualNetworkPeering } from "@pulumi/azure-native/network";
import { VirtualNetworkLink } from "@pulumi/azure-native/privatedns";
import type { ComponentResource, Output, Resource } from "@pulumi/pulumi";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { zoneOf } from "../clouds/azure/private-endpoint";
import type { Network } from "../network";
import type { Primary } from "../primary";
import { tagsOf } from "../stack";

/**
 * What a replica waits for. The halves in the primary's resource group stay when the way is taken down: at a takeover that region may not
 * answer (docs/runbooks/region-failover.md removes them).
 */
export function joinNetworks(parent: ComponentResource, name: string, network: Network<Azure>, primary: Primary): Resource[] {
  const { stack, raw } = network;
  const here = nameOf(stack, "virtualNetwork", "");
  const there = primary.networkId.apply(partsOf);
  const theirs = there.apply(({ group }) => group);
  const peer = (what: string, group: Output<string>, virtualNetworkName: string | Output<string>, remote: Output<string>, keep: boolean) =>
    new VirtualNetworkPeering(
      `${name}-${what}`,
      {
        resourceGroupName: group,
        virtualNetworkName,
        virtualNetworkPeeringName: here,
        remoteVirtualNetwork: { id: remote },
        allowVirtualNetworkAccess: true,
        allowForwardedTraffic: false,
        allowGatewayTransit: false,
        useRemoteGateways: false,
      },
      { parent, retainOnDelete: keep, dependsOn: [zoneOf(network, "postgres").link] },
    );
  const link = (what: string, group: Output<string>, zone: Output<string>, virtualNetworkId: Output<string>, keep: boolean) =>
    new VirtualNetworkLink(
      `${name}-${what}`,
      {
        resourceGroupName: group,
        location: "Global",
        privateZoneName: zone,
        virtualNetworkLinkName: `${here}-standby`,
        virtualNetwork: { id: virtualNetworkId },
        registrationEnabled: false,
        tags: tagsOf(stack, name),
      },
      { parent, retainOnDelete: keep },
    );
  const ownZone = zoneOf(network, "postgres").id.apply((id) => id.split("/").at(-1) ?? "");
  return [
    peer("peering-out", raw.resourceGroupName, here, primary.networkId, false),
    peer(
      "peering-back",
      theirs,
      there.apply((parts) => parts.name),
      network.id,
      true,
    ),
    link("zone-out", theirs, primary.databaseZone, network.id, true),
    link("zone-back", raw.resourceGroupName, ownZone, primary.networkId, false),
  ];
}

/** `/subscriptions/…/resourceGroups/<group>/providers/Microsoft.Network/virtualNetworks/<name>` */
function partsOf(id: string): { readonly group: string; readonly name: string } {
  const parts = id.split("/");
  return { group: parts[4] ?? "", name: parts[8] ?? "" };
}
