// Network on AWS. `awsx.ec2.Vpc` makes the VPC, its subnets and their route tables; NAT gateways and private routes are made here,
// because a remote component gives no output before all its children exist, and a database need not wait for a NAT gateway.
import { DefaultSecurityGroup, Eip, NatGateway, Route, SecurityGroup, VpcEndpoint } from "@pulumi/aws/ec2";
import { getCallerIdentityOutput } from "@pulumi/aws/getCallerIdentity";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc";
import { Vpc, type VpcArgs } from "@pulumi/awsx/ec2";
import { all, type ComponentResourceOptions, type CustomResource, type Output } from "@pulumi/pulumi";
import { nameOf } from "../clouds/aws/names";
import { transformed } from "../clouds/aws/transforms";
import type { Aws } from "../clouds/aws/family";
import { type Fault, refuse } from "../fault";
import { type Stack, tagsOf } from "../stack";
import { awsRanges, checkCidr } from "./cidr";
import { Network, type NatMode, type NetworkArgs, type PrivateService } from "./index";

const anywhere = "0.0.0.0/0";

/** The last part of `com.amazonaws.<region>.<service>` for each neutral word. A registry has two: its API and the images' layers. */
const endpointServices: Readonly<Record<PrivateService, readonly string[]>> = {
  registry: ["ecr.api", "ecr.dkr"],
  logs: ["logs"],
  secrets: ["secretsmanager"],
  queue: ["sqs"],
};

export class AwsNetwork extends Network<Aws> {
  readonly id: Output<string>;
  readonly cidr: string;
  readonly stack: Stack;
  readonly raw: Aws["network"];
  readonly vpc: Vpc;
  readonly natGateways: readonly NatGateway[];
  readonly endpoints: readonly VpcEndpoint[];

  constructor(name: string, args: NetworkArgs, opts?: ComponentResourceOptions) {
    refuse(faultsOf(args));
    super("Network", name, opts);
    this.stack = args.stack;
    this.cidr = args.cidr;
    const zones = args.stack.zones.slice(0, args.zones);

    this.vpc = new Vpc(`${name}-vpc`, transformed("network.vpc", vpcArgs(name, args, zones)), { parent: this });
    this.id = this.vpc.vpcId;
    const subnetIds = (tier: Tier): Output<string>[] =>
      zones.map((_, zone) => childOf(this.vpc.subnets, `${name}-vpc-${tier}-${zone + 1}`, (subnet) => subnet.id));
    const publicSubnetIds = subnetIds("public");
    const appSubnetIds = subnetIds("app");
    const dataSubnetIds = subnetIds("data");
    this.natGateways = this.createWayOut(name, args.nat, publicSubnetIds);
    const egress = this.createRoutes(name, appSubnetIds.length);
    this.closeDefaultGroup(name);
    const group = args.endpoints.length > 0 ? this.createEndpointsGroup(name) : undefined;
    this.endpoints = [
      this.createStorageEndpoint(name, appSubnetIds.length),
      ...this.createEndpoints(name, args.endpoints, appSubnetIds, group),
    ];

    const accountId = getCallerIdentityOutput({}, { parent: this }).accountId;
    const tableIds = (tier: Tier): Output<string>[] => zones.map((_, zone) => this.tableOf(name, tier, zone));
    this.raw = {
      vpcId: this.id,
      publicSubnetIds,
      appSubnetIds,
      dataSubnetIds,
      appRouteTableIds: tableIds("app"),
      dataRouteTableIds: tableIds("data"),
      egress,
      accountId,
      endpointsGroupId: group?.id,
    };
    this.finish({ id: this.id, cidr: this.cidr, stack: this.stack });
  }

  /** One NAT gateway for all zones, or one in each. The VPC's outputs come after its internet gateway, so these do too. */
  private createWayOut(name: string, nat: NatMode, publicSubnetIds: readonly Output<string>[]): NatGateway[] {
    const count = { none: 0, single: 1, perZone: publicSubnetIds.length }[nat];
    return publicSubnetIds.slice(0, count).map((subnetId, zone) => {
      const tags = { ...tagsOf(this.stack, name), Name: `${name}-nat-${zone + 1}` };
      const address = new Eip(`${name}-nat-${zone + 1}`, { domain: "vpc", tags }, { parent: this });
      const gateway = { allocationId: address.id, subnetId, connectivityType: "public", tags };
      return new NatGateway(`${name}-nat-${zone + 1}`, gateway, { parent: this });
    });
  }

  /** Only the app tier has a way out; the data tier never gets a default route. */
  private createRoutes(name: string, zones: number): Route[] {
    const [first] = this.natGateways;
    if (first === undefined) return [];
    return Array.from({ length: zones }, (_, zone) => {
      const natGatewayId = (this.natGateways[zone] ?? first).id;
      const route = { routeTableId: this.tableOf(name, "app", zone), destinationCidrBlock: anywhere, natGatewayId };
      return new Route(`${name}-app-${zone + 1}`, route, { parent: this });
    });
  }

  /** AWS's default group allows everything between its members and out; whoever forgets to name a group gets it. */
  private closeDefaultGroup(name: string): void {
    const group = { vpcId: this.id, ingress: [], egress: [], tags: tagsOf(this.stack, name) };
    new DefaultSecurityGroup(`${name}-default`, group, { parent: this });
  }

  /** Free, and keeps image layers and buckets off the NAT gateways. */
  private createStorageEndpoint(name: string, zones: number): VpcEndpoint {
    const tiers: readonly Tier[] = ["public", "app", "data"];
    const routeTableIds = tiers.flatMap((tier) => Array.from({ length: zones }, (_, zone) => this.tableOf(name, tier, zone)));
    const endpoint = { ...this.endpointArgs(name, "s3"), vpcEndpointType: "Gateway", routeTableIds };
    return new VpcEndpoint(`${name}-s3`, endpoint, { parent: this });
  }

  private createEndpointsGroup(name: string): SecurityGroup {
    const group = { vpcId: this.id, description: "Interface endpoints: TLS from inside the network", tags: tagsOf(this.stack, name) };
    const endpoints = new SecurityGroup(nameOf(this.stack, "securityGroup", `${name}-endpoints`), group, { parent: this });
    new SecurityGroupIngressRule(
      `${name}-endpoints`,
      {
        securityGroupId: endpoints.id,
        description: "TLS from inside the network",
        ipProtocol: "tcp",
        fromPort: 443,
        toPort: 443,
        cidrIpv4: this.cidr,
        tags: tagsOf(this.stack, name),
      },
      { parent: this },
    );
    return endpoints;
  }

  private createEndpoints(
    name: string,
    words: readonly PrivateService[],
    subnetIds: readonly Output<string>[],
    group: SecurityGroup | undefined,
  ): VpcEndpoint[] {
    if (group === undefined) return [];
    return words
      .flatMap((word) => endpointServices[word])
      .map((service) => {
        const endpoint = {
          ...this.endpointArgs(name, service),
          vpcEndpointType: "Interface",
          privateDnsEnabled: true,
          subnetIds: [...subnetIds],
          securityGroupIds: [group.id],
        };
        return new VpcEndpoint(`${name}-${service.replace(".", "-")}`, endpoint, { parent: this });
      });
  }

  private endpointArgs(name: string, service: string): { vpcId: Output<string>; serviceName: string; tags: Record<string, string> } {
    const tags = { ...tagsOf(this.stack, name), Name: `${name}-${service}` };
    return { vpcId: this.id, serviceName: `com.amazonaws.${this.stack.region}.${service}`, tags };
  }

  private tableOf(name: string, tier: Tier, zone: number): Output<string> {
    return childOf(this.vpc.routeTableAssociations, `${name}-vpc-${tier}-${zone + 1}`, (association) => association.routeTableId);
  }
}

/**
 * An id of a child of the VPC, found by the child's URN: unlike ids, URNs are known in every preview. Comparing ids would make
 * every route unknown, and so shown as replaced, whenever a zone is added.
 */
function childOf<T extends CustomResource>(children: Output<T[]>, name: string, id: (child: T) => Output<string>): Output<string> {
  return children.apply((list) =>
    all(list.map((child) => child.urn)).apply((urns) => {
      const child = list[urns.findIndex((urn) => urn.endsWith(`::${name}`))];
      if (child === undefined) throw new Error(`awsx.ec2.Vpc made no ${name}; it made ${urns.join(", ")}`);
      return id(child);
    }),
  );
}

type Tier = "public" | "app" | "data";

/** Plain throughout: the offline plan shows the children of the VPC from them. */
function vpcArgs(name: string, args: NetworkArgs, zones: readonly string[]): VpcArgs {
  const ranges = awsRanges(args.cidr, zones.length);
  return {
    cidrBlock: args.cidr,
    availabilityZoneNames: [...zones],
    enableDnsHostnames: true,
    enableDnsSupport: true,
    // Under any other strategy awsx ignores explicit ranges or refuses the gaps between them.
    subnetStrategy: "Auto",
    natGateways: { strategy: "None" },
    subnetSpecs: [
      { type: "Public", name: "public", cidrBlocks: [...ranges.public] },
      { type: "Private", name: "app", cidrBlocks: [...ranges.app] },
      { type: "Isolated", name: "data", cidrBlocks: [...ranges.data] },
    ],
    tags: { ...tagsOf(args.stack, name), Name: `${args.stack.project}-${args.stack.name}` },
  };
}

function faultsOf(args: NetworkArgs): Fault[] {
  const faults = checkCidr(args.cidr);
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
  return faults;
}
