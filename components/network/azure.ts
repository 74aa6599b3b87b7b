// Network on Azure: two resource groups and one virtual network whose subnets and rules are written in one request each, because Azure
// refuses parallel changes of subnets, and a subnet left out of a request is a subnet deleted.
import * as authorization from "@pulumi/azure-native/authorization";
import * as network from "@pulumi/azure-native/network";
import * as privatedns from "@pulumi/azure-native/privatedns";
import * as resources from "@pulumi/azure-native/resources";
import type { network as inputs } from "@pulumi/azure-native/types/input";
import { type ComponentResourceOptions, interpolate, type Output } from "@pulumi/pulumi";
import type { Azure, PrivateZone } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { transformed } from "../clouds/azure/transforms";
import { type Fault, refuse } from "../fault";
import { guarded, type Stack, tagsOf } from "../stack";
import { firewall, type Rule, type Tier, tiers } from "./azure-firewall";
import { type AzureRanges, azureRanges, checkCidr } from "./cidr";
import { Network, type NetworkArgs } from "./index";

/** The services to which a subnet is given over; each demands its own and nothing else in it. */
const delegates = {
  sites: "Microsoft.Web/serverFarms",
  database: "Microsoft.DBforPostgreSQL/flexibleServers",
  containers: "Microsoft.App/environments",
} as const;

/** Azure finds the subnets of its own gateways by these names. */
const reserved = { bastion: "AzureBastionSubnet", vpn: "GatewaySubnet" } as const;

export class AzureNetwork extends Network<Azure> {
  readonly id: Output<string>;
  readonly cidr: string;
  readonly stack: Stack;
  readonly raw: Azure["network"];
  readonly resourceGroup: resources.ResourceGroup;
  readonly dataResourceGroup: resources.ResourceGroup;
  readonly virtualNetwork: network.VirtualNetwork;
  readonly natAddress: network.PublicIPAddress | undefined;
  readonly natGateway: network.NatGateway | undefined;

  constructor(name: string, args: NetworkArgs, opts?: ComponentResourceOptions) {
    refuse(faultsOf(args));
    super("Network", name, opts);
    this.stack = args.stack;
    this.cidr = args.cidr;
    const ranges = azureRanges(args.cidr, furtherPlans(args).length);

    this.resourceGroup = this.createGroup(name, "group", "");
    this.dataResourceGroup = this.createGroup(name, "data-group", "data");
    this.natAddress = args.nat === "none" ? undefined : this.createNatAddress(name);
    this.natGateway = this.natAddress && this.createWayOut(name, this.natAddress);
    const groups = this.createFirewall(name, args, ranges);
    this.virtualNetwork = this.createNetwork(name, args, ranges, groups);
    this.id = this.virtualNetwork.id;
    const privateZones = this.createPrivateZones(name, args);

    const { subscriptionId, tenantId } = authorization.getClientConfigOutput({ parent: this });
    const subnetId = (subnet: string): Output<string> => interpolate`${this.id}/subnets/${subnet}`;
    this.raw = {
      resourceGroupName: this.resourceGroup.name,
      dataResourceGroupName: this.dataResourceGroup.name,
      location: this.stack.region,
      subscriptionId,
      tenantId,
      vnetId: this.id,
      subnetIds: {
        gateway: subnetId("gateway"),
        app: subnetId("app"),
        data: subnetId("data"),
        endpoints: subnetId("endpoints"),
        containers: subnetId("containers"),
        hosts: subnetId("hosts"),
        bastion: subnetId(reserved.bastion),
        vpn: subnetId(reserved.vpn),
      },
      groupIds: Object.fromEntries(tiers.map((tier) => [tier, groups[tier].id])),
      natAddressId: this.natAddress?.id,
      planSubnetIds: Object.fromEntries(args.planGroups.map((group, index) => [group, subnetId(index === 0 ? "app" : planSubnet(group))])),
      privateZones,
    };
    this.finish({ id: this.id, cidr: this.cidr, stack: this.stack });
  }

  /** Deleting a group deletes all in it: data, vault and keys have one of their own, and it is guarded as they are. */
  private createGroup(name: string, what: string, part: "" | "data"): resources.ResourceGroup {
    const group = {
      resourceGroupName: nameOf(this.stack, "resourceGroup", part),
      location: this.stack.region,
      tags: tagsOf(this.stack, name),
    };
    return new resources.ResourceGroup(`${name}-${what}`, group, { parent: this, protect: part === "data" && guarded(this.stack, "data") });
  }

  /** One for all zones: a subnet takes one, and only the zonal Standard can be put on delegated subnets. Its zone's loss is the way out's loss. */
  private createWayOut(name: string, address: network.PublicIPAddress): network.NatGateway {
    const gateway = {
      ...this.zonal(name),
      natGatewayName: nameOf(this.stack, "natGateway", ""),
      sku: { name: "Standard" },
      publicIpAddresses: [{ id: address.id }],
      idleTimeoutInMinutes: 4,
    };
    return new network.NatGateway(`${name}-nat`, gateway, { parent: this });
  }

  private createNatAddress(name: string): network.PublicIPAddress {
    return new network.PublicIPAddress(
      `${name}-nat-address`,
      {
        ...this.zonal(name),
        publicIpAddressName: nameOf(this.stack, "publicIp", "nat"),
        sku: { name: "Standard", tier: "Regional" },
        publicIPAllocationMethod: "Static",
        publicIPAddressVersion: "IPv4",
      },
      { parent: this },
    );
  }

  private zonal(name: string) {
    return {
      resourceGroupName: this.resourceGroup.name,
      location: this.stack.region,
      zones: this.stack.zones.slice(0, 1),
      tags: tagsOf(this.stack, name),
    };
  }

  private createFirewall(name: string, args: NetworkArgs, ranges: AzureRanges): Readonly<Record<Tier, network.NetworkSecurityGroup>> {
    const rules = firewall(args, ranges);
    const create = (tier: Tier): network.NetworkSecurityGroup => {
      const group = {
        networkSecurityGroupName: nameOf(this.stack, "networkSecurityGroup", tier),
        resourceGroupName: this.resourceGroup.name,
        location: this.stack.region,
        securityRules: rules[tier].map(securityRule),
        tags: tagsOf(this.stack, name),
      };
      return new network.NetworkSecurityGroup(`${name}-${tier}`, group, { parent: this });
    };
    const [gateway, app, data, endpoints, containers, hosts] = tiers;
    return {
      gateway: create(gateway),
      app: create(app),
      data: create(data),
      endpoints: create(endpoints),
      containers: create(containers),
      hosts: create(hosts),
    };
  }

  private createNetwork(
    name: string,
    args: NetworkArgs,
    ranges: AzureRanges,
    groups: Readonly<Record<Tier, network.NetworkSecurityGroup>>,
  ): network.VirtualNetwork {
    const natGateway = this.natGateway && { id: this.natGateway.id };
    const subnet = (tier: Tier, addressPrefix: string, more: inputs.SubnetArgs = {}, subnetName: string = tier): inputs.SubnetArgs => ({
      name: subnetName,
      addressPrefix,
      networkSecurityGroup: { id: groups[tier].id },
      // The API version of the SDK still gives every subnet a way out by default.
      defaultOutboundAccess: false,
      ...more,
    });
    const wayOut = {
      ...(natGateway && { natGateway }),
      // Without a gateway a site's own firewall lets the platform's subnets in, which it tells by this.
      ...(args.gateway === "none" && { serviceEndpoints: [{ service: "Microsoft.Web" }] }),
    };
    const sites = { ...wayOut, delegations: [delegation(delegates.sites)] };
    const vnet = {
      virtualNetworkName: nameOf(this.stack, "virtualNetwork", ""),
      resourceGroupName: this.resourceGroup.name,
      location: this.stack.region,
      addressSpace: { addressPrefixes: [args.cidr] },
      subnets: [
        subnet("gateway", ranges.gateway),
        subnet("app", ranges.app, sites),
        // The server archives its log to Azure's storage by this; the tier has no other way out.
        subnet("data", ranges.data, {
          delegations: [delegation(delegates.database)],
          serviceEndpoints: [{ service: "Microsoft.Storage" }],
        }),
        // Rules apply to private endpoints only where this says so.
        subnet("endpoints", ranges.endpoints, { privateEndpointNetworkPolicies: "Enabled" }),
        subnet("containers", ranges.containers, { ...wayOut, ...(args.containers && { delegations: [delegation(delegates.containers)] }) }),
        // Always there, though mostly empty: a subnet can't be taken away in the update that deletes what is in it.
        subnet("hosts", ranges.hosts, natGateway && { natGateway }),
        // Azure's own gateways write the rules of theirs; one of them refuses any group.
        { name: reserved.bastion, addressPrefix: ranges.bastion },
        { name: reserved.vpn, addressPrefix: ranges.vpn },
        ...furtherPlans(args).map((group, index) => subnet("app", ranges.plans[index] ?? "", sites, planSubnet(group))),
      ],
      tags: tagsOf(this.stack, name),
    };
    return new network.VirtualNetwork(`${name}-vnet`, transformed("network.virtualNetwork", vnet), { parent: this });
  }

  private createPrivateZones(name: string, args: NetworkArgs): Azure["network"]["privateZones"] {
    const create = (what: PrivateZone, privateZoneName: string): { id: Output<string>; link: privatedns.VirtualNetworkLink } => {
      // Zones belong to no region, and Azure refuses them without the word.
      const common = { resourceGroupName: this.resourceGroup.name, location: "Global", tags: tagsOf(this.stack, name) };
      const zone = new privatedns.PrivateZone(`${name}-${what}`, { ...common, privateZoneName }, { parent: this });
      const link = {
        ...common,
        privateZoneName: zone.name,
        virtualNetworkLinkName: nameOf(this.stack, "virtualNetwork", ""),
        virtualNetwork: { id: this.id },
        registrationEnabled: false,
      };
      return { id: zone.id, link: new privatedns.VirtualNetworkLink(`${name}-${what}`, link, { parent: this }) };
    };
    const hasDatabase = args.servers.includes("database") || args.servers.includes("databasePool");
    return {
      blob: create("blob", "privatelink.blob.core.windows.net"),
      file: args.servers.includes("files") ? create("file", "privatelink.file.core.windows.net") : undefined,
      vault: create("vault", "privatelink.vaultcore.azure.net"),
      redis: args.servers.includes("cache") ? create("redis", "privatelink.redis.azure.net") : undefined,
      servicebus: args.servers.includes("queue") ? create("servicebus", "privatelink.servicebus.windows.net") : undefined,
      registry: args.servers.includes("registry") ? create("registry", "privatelink.azurecr.io") : undefined,
      flags: args.servers.includes("flags") ? create("flags", "privatelink.azconfig.io") : undefined,
      sites: args.gateway === "none" ? undefined : create("sites", "privatelink.azurewebsites.net"),
      // A server in a delegated subnet has no private endpoint: its zone may have any name with this end.
      postgres: hasDatabase ? create("postgres", `${nameOf(this.stack, "dnsLabel", "")}.private.postgres.database.azure.com`) : undefined,
    };
  }
}

/** The first group of web services lives in the app tier's subnet; each further one has its own. */
function furtherPlans({ planGroups }: NetworkArgs): readonly string[] {
  return planGroups.slice(1);
}

function planSubnet(group: string): string {
  return `plan-${group}`;
}

function delegation(serviceName: string): inputs.DelegationArgs {
  return { name: "delegation", serviceName };
}

function securityRule({ name, priority, direction, access, protocol, from, to, ports }: Rule): inputs.SecurityRuleArgs {
  return {
    name,
    priority,
    direction,
    access,
    protocol,
    sourcePortRange: "*",
    ...(from.length === 1 ? { sourceAddressPrefix: from[0] } : { sourceAddressPrefixes: [...from] }),
    ...(to.length === 1 ? { destinationAddressPrefix: to[0] } : { destinationAddressPrefixes: [...to] }),
    ...(ports.length === 1 ? { destinationPortRange: ports[0] } : { destinationPortRanges: [...ports] }),
  };
}

function faultsOf(args: NetworkArgs): Fault[] {
  const faults = checkCidr(args.cidr, furtherPlans(args).length);
  if (args.zones < 2 || args.zones > 4) {
    faults.push({ path: "zones", given: args.zones, problem: "a network has 2 to 4 zones", remedy: "choose 2, 3 or 4" });
  } else if (args.stack.zones.length < args.zones) {
    faults.push({
      path: "zones",
      given: args.zones,
      problem: `only ${args.stack.zones.length} zones of ${args.stack.region} are pinned`,
      remedy: "name one more zone of the region, or ask for fewer",
    });
  }
  if (args.nat === "perZone") {
    faults.push({
      path: "nat",
      given: args.nat,
      problem: "an Azure subnet spans the zones and takes one NAT gateway",
      remedy: "set network.nat to single",
    });
  }
  return faults;
}
