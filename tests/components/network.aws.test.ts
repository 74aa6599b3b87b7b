import { expect } from "chai";
import { ConfigError } from "../../components/fault";
import { AwsNetwork } from "../../components/network/aws";
import type { NetworkArgs } from "../../components/network/index";
import type { Stack } from "../../components/stack";
import { awsTags as tags, waitsFor } from "../support/aws-parts";
import { classesIn, networkArgs } from "../support/aws-platform";
import { ofType, only, record, type Recorded, recordKnown } from "../support/record";

const types = {
  route: "aws:ec2/route:Route",
  nat: "aws:ec2/natGateway:NatGateway",
  endpoint: "aws:ec2/vpcEndpoint:VpcEndpoint",
};

function network(args: Partial<NetworkArgs> = {}, stack: Partial<Stack> = {}): Promise<Recorded[]> {
  return recordKnown(() => void new AwsNetwork("network", networkArgs(args, stack)));
}

describe("the network on AWS", () => {
  it("is a VPC with one way out", async () => {
    expect(classesIn(await network(), "network")).to.deep.equal([
      "DefaultSecurityGroup network-default",
      "Eip network-nat-1",
      "NatGateway network-nat-1",
      "Route network-app-1",
      "Route network-app-2",
      "Route network-app-3",
      "Vpc network-vpc",
      "VpcEndpoint network-s3",
    ]);
  });

  it("has three tiers in pinned zones, with N1's ranges", async () => {
    expect(only(await network(), "awsx:ec2:Vpc").inputs).to.deep.equal({
      cidrBlock: "10.0.0.0/16",
      availabilityZoneNames: ["us-east-1a", "us-east-1b", "us-east-1c"],
      enableDnsHostnames: true,
      enableDnsSupport: true,
      subnetStrategy: "Auto",
      natGateways: { strategy: "None" },
      subnetSpecs: [
        { type: "Public", name: "public", cidrBlocks: ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"] },
        { type: "Private", name: "app", cidrBlocks: ["10.0.11.0/24", "10.0.12.0/24", "10.0.13.0/24"] },
        { type: "Isolated", name: "data", cidrBlocks: ["10.0.21.0/24", "10.0.22.0/24", "10.0.23.0/24"] },
      ],
      tags: { ...tags("network"), Name: "platform-test" },
    });
  });

  it("leaves out zones beyond those asked for", async () => {
    const inputs = only(await network({ zones: 2 }), "awsx:ec2:Vpc").inputs;
    expect(inputs.availabilityZoneNames).to.deep.equal(["us-east-1a", "us-east-1b"]);
  });

  it("sends all zones through one NAT gateway", async () => {
    const resources = await network({ nat: "single" });
    const named = { ...tags("network"), Name: "network-nat-1" };
    expect(only(resources, "aws:ec2/eip:Eip").inputs).to.deep.equal({ domain: "vpc", tags: named });
    const nat = only(resources, types.nat);
    expect(nat.inputs).to.deep.equal({ allocationId: "network-nat-1-id", connectivityType: "public", subnetId: null, tags: named });
    expect(waitsFor(nat)).to.include("network-vpc");
    const routes = ofType(resources, types.route);
    expect(routes.map(({ name }) => name)).to.deep.equal(["network-app-1", "network-app-2", "network-app-3"]);
    for (const route of routes) {
      expect(route.inputs).to.deep.equal({ destinationCidrBlock: "0.0.0.0/0", natGatewayId: "network-nat-1-id", routeTableId: null });
    }
  });

  it("gives each zone a NAT gateway of its own", async () => {
    const resources = await network({ nat: "perZone" });
    expect(ofType(resources, types.nat)).to.have.length(3);
    expect(ofType(resources, types.route).map(({ inputs }) => inputs.natGatewayId)).to.deep.equal([
      "network-nat-1-id",
      "network-nat-2-id",
      "network-nat-3-id",
    ]);
  });

  it("has no way out where none is wanted", async () => {
    const resources = await network({ nat: "none" });
    expect([types.nat, types.route, "aws:ec2/eip:Eip"].flatMap((type) => ofType(resources, type))).to.deep.equal([]);
  });

  it("closes the default group", async () => {
    expect(only(await network(), "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup").inputs).to.deep.equal({
      ingress: [],
      egress: [],
      tags: tags("network"),
      vpcId: null,
    });
  });

  it("reaches S3 from every tier without NAT", async () => {
    expect(only(await network({ zones: 2 }), types.endpoint).inputs).to.deep.equal({
      serviceName: "com.amazonaws.us-east-1.s3",
      vpcEndpointType: "Gateway",
      routeTableIds: [null, null, null, null, null, null],
      tags: { ...tags("network"), Name: "network-s3" },
      vpcId: null,
    });
  });

  it("makes the private endpoints that are asked for", async () => {
    const resources = await network({ endpoints: ["registry", "logs", "secrets", "queue"] }, { region: "eu-west-1" });
    const endpoints = ofType(resources, types.endpoint).filter(({ name }) => name !== "network-s3");
    const names = ["ecr.api", "ecr.dkr", "logs", "secretsmanager", "sqs"];
    expect(endpoints.map(({ name }) => name)).to.deep.equal(names.map((name) => `network-${name.replace(".", "-")}`));
    for (const [index, { inputs }] of endpoints.entries()) {
      expect(inputs).to.deep.equal({
        serviceName: `com.amazonaws.eu-west-1.${names[index]}`,
        vpcEndpointType: "Interface",
        privateDnsEnabled: true,
        securityGroupIds: ["platform-test-network-endpoints-id"],
        subnetIds: [null, null, null],
        tags: { ...tags("network"), Name: `network-${names[index]}` },
        vpcId: null,
      });
    }
    expect(only(resources, "aws:ec2/securityGroup:SecurityGroup").inputs).to.deep.equal({
      description: "Interface endpoints: TLS from inside the network",
      tags: tags("network"),
      vpcId: null,
    });
    expect(only(resources, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").inputs).to.deep.equal({
      securityGroupId: "platform-test-network-endpoints-id",
      description: "TLS from inside the network",
      ipProtocol: "tcp",
      fromPort: 443,
      toPort: 443,
      cidrIpv4: "10.0.0.0/16",
      tags: tags("network"),
    });
  });

  it("closes a single private endpoint as it does many", async () => {
    const resources = await network({ endpoints: ["logs"] });
    expect(only(resources, types.endpoint, "network-logs").inputs.securityGroupIds).to.deep.equal(["platform-test-network-endpoints-id"]);
  });

  it("gives what others are made in", async () => {
    let made: AwsNetwork | undefined;
    const resources = await record(() => {
      made = new AwsNetwork("network", networkArgs({ nat: "perZone" }));
    });
    expect(resources).not.to.be.empty;
    expect(made?.raw.publicSubnetIds).to.have.length(3);
    expect(made?.raw.appSubnetIds).to.have.length(3);
    expect(made?.raw.dataSubnetIds).to.have.length(3);
    expect(made?.raw.appRouteTableIds).to.have.length(3);
    expect(made?.raw.dataRouteTableIds).to.have.length(3);
    expect(made?.raw.egress).to.have.length(3);
    expect(made?.raw.endpointsGroupId).to.equal(undefined);
    expect(made?.cidr).to.equal("10.0.0.0/16");
    expect(made?.stack.region).to.equal("us-east-1");
  });

  const refused: [string, Partial<NetworkArgs>, Partial<Stack>, RegExp][] = [
    ["one zone", { zones: 1 }, {}, /zones: a network has 2 to 4 zones \(given: 1\)\n {4}choose 2, 3 or 4/],
    ["five zones", { zones: 5 }, { zones: ["a", "b", "c", "d", "e"] }, /zones: a network has 2 to 4 zones \(given: 5\)/],
    ["more zones than are pinned", { zones: 4 }, {}, /only 3 zones of us-east-1 are pinned \(given: 4\)\n {4}name one more zone/],
    ["a range that is none", { cidr: "10.0.0.0" }, {}, /cidr: not an IPv4 range/],
  ];
  for (const [what, args, stack, message] of refused) {
    it(`refuses ${what}`, () => {
      expect(() => new AwsNetwork("network", networkArgs(args, stack))).to.throw(ConfigError, message);
    });
  }

  it("takes two zones and four", async () => {
    expect(await network({ zones: 2 })).not.to.be.empty;
    expect(await network({ zones: 4 }, { zones: ["a", "b", "c", "d"] })).not.to.be.empty;
  });
});
