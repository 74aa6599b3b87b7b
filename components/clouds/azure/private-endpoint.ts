// A server's address inside the network. Its DNS records come with it, and whoever resolves them needs the zone's link as well: one
// resource stands for both, so that callers have one thing to wait for.
import type { ComponentResource, Output, ResourceOptions } from "@pulumi/pulumi";
import * as network from "@pulumi/azure-native/network";
import type { Network } from "../../network/index";
import { tagsOf } from "../../stack";
import type { Azure, PrivateZone } from "./family";
import { nameOf } from "./names";

/** The sub-resource that Azure offers per service, which is not always called as the zone is. */
const groups: Readonly<Record<Exclude<PrivateZone, "postgres">, string>> = {
  blob: "blob",
  file: "file",
  vault: "vault",
  redis: "redisEnterprise",
  servicebus: "namespace",
  sites: "sites",
  registry: "registry",
  flags: "configurationStores",
};

/** Gives a resource an address in the endpoints' subnet. The result is ready when its name resolves to that address inside the network. */
export function privateEndpoint(
  parent: ComponentResource,
  name: string,
  args: {
    readonly network: Network<Azure>;
    readonly zone: Exclude<PrivateZone, "postgres">;
    /** The sub-resource, where it is not the zone's usual one: a slot of a site is `sites-<slot>`. */
    readonly group?: string;
    readonly target: Output<string>;
    readonly resourceGroupName: Output<string>;
  },
): network.PrivateDnsZoneGroup {
  const { raw, stack } = args.network;
  const zone = zoneOf(args.network, args.zone);
  const options: ResourceOptions = { parent };
  const endpoint = new network.PrivateEndpoint(
    `${name}-endpoint`,
    {
      resourceGroupName: args.resourceGroupName,
      location: raw.location,
      privateEndpointName: nameOf(stack, "privateEndpoint", name),
      subnet: { id: raw.subnetIds.endpoints },
      privateLinkServiceConnections: [{ name, privateLinkServiceId: args.target, groupIds: [args.group ?? groups[args.zone]] }],
      tags: tagsOf(stack, name),
    },
    options,
  );
  return new network.PrivateDnsZoneGroup(
    `${name}-endpoint-dns`,
    {
      resourceGroupName: args.resourceGroupName,
      privateEndpointName: endpoint.name,
      privateDnsZoneGroupName: "default",
      privateDnsZoneConfigs: [{ name: args.zone, privateDnsZoneId: zone.id }],
    },
    { ...options, dependsOn: [zone.link] },
  );
}

/** The private zone of a kind of service, which the network makes when its `servers` say that it is used. */
export function zoneOf(from: Network<Azure>, zone: PrivateZone): NonNullable<Azure["network"]["privateZones"][PrivateZone]> {
  const found = from.raw.privateZones[zone];
  if (found === undefined) {
    throw new Error(`the network has no private DNS zone for ${zone}: name what lives in it in the network's \`servers\``);
  }
  return found;
}
