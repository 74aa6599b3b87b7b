import { expect } from "chai";
import { withVpcChildren } from "../../plan/awsx";
import type { Recorded } from "../../plan/record";

// What the real component provider of awsx 3.9 made in the real engine for these arguments: 23 resources with two zones, 33 with three.
const component = (zones: readonly string[]): Recorded => ({
  urn: "urn:pulumi:test::platform::platform:index:Network$awsx:ec2:Vpc::main",
  type: "awsx:ec2:Vpc",
  name: "main",
  parent: "urn:pulumi:test::platform::platform:index:Network::network",
  protect: false,
  inputs: {
    cidrBlock: "10.0.0.0/16",
    availabilityZoneNames: zones,
    enableDnsHostnames: true,
    enableDnsSupport: true,
    subnetStrategy: "Auto",
    natGateways: { strategy: "None" },
    subnetSpecs: [
      { type: "Public", name: "public", cidrBlocks: zones.map((_, i) => `10.0.${1 + i}.0/24`) },
      { type: "Private", name: "app", cidrBlocks: zones.map((_, i) => `10.0.${11 + i}.0/24`) },
      { type: "Isolated", name: "data", cidrBlocks: zones.map((_, i) => `10.0.${21 + i}.0/24`) },
    ],
    tags: { project: "demo" },
  },
  dependencies: [],
  options: { ignoreChanges: [], retainOnDelete: false, deleteBeforeReplace: false, customTimeouts: {} },
});

describe("the children of awsx.ec2.Vpc", () => {
  const made = withVpcChildren([component(["us-east-1a", "us-east-1b"])]);
  const find = (type: string, name: string): Recorded =>
    made.find((resource) => resource.type.startsWith("aws:ec2/") && resource.type.endsWith(`:${type}`) && resource.name === name)!;

  it("are as many as the real provider makes", () => {
    expect(made).to.have.length(23);
    expect(withVpcChildren([component(["us-east-1a", "us-east-1b", "us-east-1c"])])).to.have.length(33);
  });

  it("stand where the real provider puts them: a route table below its subnet, a subnet below the VPC", () => {
    expect(find("Route", "main-public-1").urn).to.equal(
      "urn:pulumi:test::platform::platform:index:Network$awsx:ec2:Vpc$aws:ec2/vpc:Vpc$aws:ec2/subnet:Subnet$aws:ec2/routeTable:RouteTable$aws:ec2/route:Route::main-public-1",
    );
    expect(find("RouteTableAssociation", "main-data-2").parent).to.equal(find("RouteTable", "main-data-2").urn);
    expect(find("InternetGateway", "main").parent).to.equal(find("Vpc", "main").urn);
  });

  it("have the real provider's inputs", () => {
    expect(find("Vpc", "main").inputs).to.deep.equal({
      cidrBlock: "10.0.0.0/16",
      enableDnsHostnames: true,
      enableDnsSupport: true,
      tags: { Name: "main", project: "demo" },
    });
    expect(find("Subnet", "main-public-1").inputs).to.deep.equal({
      assignIpv6AddressOnCreation: false,
      availabilityZone: "us-east-1a",
      cidrBlock: "10.0.1.0/24",
      mapPublicIpOnLaunch: true,
      tags: { Name: "main-public-1", SubnetType: "Public", project: "demo" },
      vpcId: null,
    });
    expect(find("Subnet", "main-data-2").inputs).to.include({ cidrBlock: "10.0.22.0/24", mapPublicIpOnLaunch: false });
    expect(find("Route", "main-public-2").inputs).to.deep.equal({ destinationCidrBlock: "0.0.0.0/0", gatewayId: null, routeTableId: null });
  });

  it("give only public subnets a route", () => {
    const routes = made.filter((resource) => resource.type === "aws:ec2/route:Route").map((resource) => resource.name);
    expect(routes).to.deep.equal(["main-public-1", "main-public-2"]);
  });

  it("depend on what the real ones depend on", () => {
    expect(find("Route", "main-public-1").dependencies).to.have.members([
      find("InternetGateway", "main").urn,
      find("RouteTable", "main-public-1").urn,
    ]);
    expect(find("RouteTable", "main-app-1").dependencies).to.have.members([find("Subnet", "main-app-1").urn, find("Vpc", "main").urn]);
  });
});
