// What `awsx.ec2.Vpc` makes. Its children are registered by its own provider process, so no mock ever sees them: the plan derives
// them from the arguments. `tests/plan/awsx.test.ts` holds it against what the real provider made.
import type { Recorded } from "./record";

const componentType = "awsx:ec2:Vpc";
const types = {
  vpc: "aws:ec2/vpc:Vpc",
  gateway: "aws:ec2/internetGateway:InternetGateway",
  subnet: "aws:ec2/subnet:Subnet",
  table: "aws:ec2/routeTable:RouteTable",
  association: "aws:ec2/routeTableAssociation:RouteTableAssociation",
  route: "aws:ec2/route:Route",
} as const;

/** The arguments that the network gives; it pins the zones and makes its own NAT gateways. */
interface VpcInputs {
  readonly cidrBlock: string;
  readonly availabilityZoneNames: readonly string[];
  readonly enableDnsHostnames: boolean;
  readonly enableDnsSupport: boolean;
  readonly subnetSpecs: readonly { readonly type: string; readonly name: string; readonly cidrBlocks: readonly string[] }[];
  readonly tags: Readonly<Record<string, string>>;
}

/** The resources with the children of every VPC component right behind it. */
export function withVpcChildren(resources: readonly Recorded[]): Recorded[] {
  return resources.flatMap((resource) => (resource.type === componentType ? [resource, ...vpcChildren(resource)] : [resource]));
}

/** Unknown ids are null, as everywhere in a record. */
function vpcChildren(component: Recorded): Recorded[] {
  const args = component.inputs as unknown as VpcInputs;
  const tags = { Name: component.name, ...args.tags };
  const { cidrBlock, enableDnsHostnames, enableDnsSupport } = args;
  const vpc = child(component, types.vpc, component.name, { cidrBlock, enableDnsHostnames, enableDnsSupport, tags }, []);
  const gateway = child(vpc, types.gateway, component.name, { tags, vpcId: null }, [vpc]);
  // One zone after the other, in each all tiers: the component's own order and names.
  const subnets = args.availabilityZoneNames.flatMap((availabilityZone, zone) =>
    args.subnetSpecs.flatMap((spec) => {
      const name = `${component.name}-${spec.name}-${zone + 1}`;
      const named = { ...tags, Name: name, SubnetType: spec.type };
      const open = spec.type === "Public";
      const range = { availabilityZone, cidrBlock: spec.cidrBlocks[zone] };
      const inputs = { assignIpv6AddressOnCreation: false, ...range, mapPublicIpOnLaunch: open, tags: named, vpcId: null };
      const subnet = child(vpc, types.subnet, name, inputs, [vpc]);
      const table = child(subnet, types.table, name, { tags: named, vpcId: null }, [subnet, vpc]);
      const association = child(table, types.association, name, { routeTableId: null, subnetId: null }, [subnet, table]);
      const toInternet = { destinationCidrBlock: "0.0.0.0/0", gatewayId: null, routeTableId: null };
      const routes = open ? [child(table, types.route, name, toInternet, [gateway, table])] : [];
      return [subnet, table, association, ...routes];
    }),
  );
  return [vpc, gateway, ...subnets];
}

function child(parent: Recorded, type: string, name: string, inputs: Record<string, unknown>, after: readonly Recorded[]): Recorded {
  const [stack, project, chain] = parent.urn.slice("urn:pulumi:".length).split("::");
  return {
    urn: `urn:pulumi:${stack}::${project}::${chain}$${type}::${name}`,
    type,
    name,
    parent: parent.urn,
    protect: false,
    inputs,
    dependencies: after.map(({ urn }) => urn).sort(),
    options: { ignoreChanges: [], retainOnDelete: false, deleteBeforeReplace: false, customTimeouts: {} },
  };
}
