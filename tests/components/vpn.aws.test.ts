import { output } from "@pulumi/pulumi";
import { expect } from "chai";
import type { Aws } from "../../components/clouds/aws/family";
import { AwsSecrets } from "../../components/secrets/aws";
import { Use } from "../../components/use";
import { AwsVpn } from "../../components/vpn/aws";
import type { VpnSpec } from "../../components/vpn/index";
import { awsMonitoring, awsNetwork, awsTags, childrenOf, madeBy } from "../support/aws-parts";
import { once } from "../support/azure-parts";
import { ofType, only, type Recorded, recordKnown } from "../support/record";

const types = {
  connection: "aws:ec2/vpnConnection:VpnConnection",
  device: "aws:ec2/customerGateway:CustomerGateway",
  fixed: "aws:ec2/vpnConnectionRoute:VpnConnectionRoute",
  route: "aws:ec2/route:Route",
  rule: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
};

const use = (target: string, noun: "database" | "cache" | "queue", server: Aws["grant"]["server"]): Use<Aws> =>
  new Use<Aws>({
    target,
    noun,
    access: noun === "queue" ? "send" : noun === "cache" ? "readWrite" : "own",
    env: {},
    raw: { server, statements: [], backlog: undefined },
  });

const usual = { peers: [{ address: "203.0.113.10" }], remoteRanges: ["192.168.0.0/16"], allow: [], calls: false, key: { epoch: 1 } };

const vpn = once(async (spec: Partial<VpnSpec> = {}, guard: "all" | "none" = "all"): Promise<Recorded[]> => {
  const resources = await recordKnown(() => {
    const network = awsNetwork({ guard });
    const given = output("the-other-sides-key1");
    const secrets = new AwsSecrets("secrets", { network, secrets: { "tunnel-key": { value: given } }, rotationEpoch: 1 });
    const servers = {
      database: use("database", "database", { groupId: output("sg-database"), port: 5432 }),
      cache: use("cache", "cache", { groupId: output("sg-cache"), port: 6379 }),
    };
    const wanted = { ...usual, ...spec };
    const reaches = [...wanted.allow.map((server) => servers[server]), use("jobs", "queue", undefined)];
    const key = "secret" in wanted.key ? { secret: wanted.key.secret, value: given } : wanted.key;
    new AwsVpn("vpn", { network, secrets, monitoring: awsMonitoring(network), reaches, ...wanted, key });
  });
  return childrenOf(resources, "vpn");
});

describe("Vpn on AWS", () => {
  it("is a gateway, a device and its connection, with a key, a log and a fixed route", async () => {
    const resources = await recordKnown(() => {
      const network = awsNetwork();
      const secrets = new AwsSecrets("secrets", { network, secrets: {}, rotationEpoch: 1 });
      new AwsVpn("vpn", { network, secrets, monitoring: awsMonitoring(network), reaches: [], ...usual });
    });
    expect(madeBy(resources, "vpn")).to.deep.equal([
      "cloudwatch LogGroup vpn-logs",
      "ec2 CustomerGateway vpn-1",
      "ec2 VpnConnection vpn-1",
      "ec2 VpnConnectionRoute vpn-1-192-168-0-0-16",
      "ec2 VpnGateway vpn-gateway",
      "index RandomPassword vpn-key",
      "secretsmanager Secret platform-test-vpn-key",
      "secretsmanager SecretVersion vpn-key",
    ]);
  });

  it("hangs on the network, and knows the device by its address", async () => {
    const resources = await vpn();
    expect(only(resources, "aws:ec2/vpnGateway:VpnGateway").inputs).to.deep.equal({
      vpcId: null,
      amazonSideAsn: "64512",
      tags: { ...awsTags("vpn"), Name: "platform-test-vpn" },
    });
    expect(only(resources, types.device).inputs).to.deep.equal({
      type: "ipsec.1",
      ipAddress: "203.0.113.10",
      bgpAsn: "65000",
      tags: { ...awsTags("vpn"), Name: "platform-test-vpn-1" },
    });
  });

  it("encrypts both tunnels in one strong way, by IKEv2, and logs them", async () => {
    const connection = only(await vpn(), types.connection);
    const lines = { logEnabled: true, logGroupArn: "vpn-logs_arn", logOutputFormat: "json" };
    const tunnel = (number: number): object => ({
      [`tunnel${number}PresharedKey`]: null,
      [`tunnel${number}IkeVersions`]: ["ikev2"],
      [`tunnel${number}Phase1EncryptionAlgorithms`]: ["AES256-GCM-16"],
      [`tunnel${number}Phase1IntegrityAlgorithms`]: ["SHA2-384"],
      [`tunnel${number}Phase1DhGroupNumbers`]: [20],
      [`tunnel${number}Phase1LifetimeSeconds`]: 28800,
      [`tunnel${number}Phase2EncryptionAlgorithms`]: ["AES256-GCM-16"],
      [`tunnel${number}Phase2IntegrityAlgorithms`]: ["SHA2-384"],
      [`tunnel${number}Phase2DhGroupNumbers`]: [20],
      [`tunnel${number}Phase2LifetimeSeconds`]: 3600,
      [`tunnel${number}StartupAction`]: "start",
      [`tunnel${number}DpdTimeoutAction`]: "restart",
      [`tunnel${number}DpdTimeoutSeconds`]: 30,
      [`tunnel${number}LogOptions`]: { cloudwatchLogOptions: lines },
    });
    expect(connection.inputs).to.deep.equal({
      type: "ipsec.1",
      customerGatewayId: "vpn-1-id",
      vpnGatewayId: "vpn-gateway-id",
      staticRoutesOnly: true,
      ...tunnel(1),
      ...tunnel(2),
      tags: { ...awsTags("vpn"), Name: "platform-test-vpn-1" },
    });
    expect(only(await vpn(), "aws:cloudwatch/logGroup:LogGroup").inputs).to.deep.equal({
      name: "/aws/vendedlogs/platform/test/vpn",
      kmsKeyId: "monitoring-key_arn",
      retentionInDays: 30,
      tags: awsTags("vpn"),
    });
  });

  it("keeps a key of letters in the vault, or takes the one that is there", async () => {
    const resources = await vpn();
    expect(only(resources, "random:index/randomPassword:RandomPassword").inputs).to.deep.equal({
      length: 64,
      special: false,
      numeric: false,
      keepers: { epoch: "1" },
    });
    expect(only(resources, "aws:secretsmanager/secret:Secret").inputs).to.deep.include({
      description: "Pre-shared key of the VPN's tunnels",
      kmsKeyId: "secrets-key_arn",
      recoveryWindowInDays: 30,
      tags: awsTags("vpn"),
    });
    const given = await vpn({ key: { secret: "tunnel-key", value: output("") } });
    expect(given.map(({ type }) => type).filter((type) => /random|secret/.test(type))).to.be.empty;
    const { tunnel1PresharedKey, tunnel2PresharedKey } = only(given, types.connection).inputs;
    expect([tunnel1PresharedKey, tunnel2PresharedKey], "in no state in clear").to.deep.equal(["[secret]", "[secret]"]);
    const later = await vpn({ key: { epoch: 2 } });
    expect(only(later, "random:index/randomPassword:RandomPassword").inputs.keepers).to.deep.equal({ epoch: "2" });
  });

  it("opens nothing by itself: no route and no rule", async () => {
    const resources = await vpn();
    expect([types.route, types.rule].flatMap((type) => ofType(resources, type))).to.be.empty;
    expect(only(resources, types.fixed).inputs).to.deep.equal({ vpnConnectionId: "vpn-1-id", destinationCidrBlock: "192.168.0.0/16" });
  });

  it("leads to the data tier for a single server, too", async () => {
    const routes = ofType(await vpn({ allow: ["cache"] }), types.route).map(({ name }) => name);
    expect(routes).to.deep.equal([1, 2, 3].map((zone) => `vpn-data-${zone}-192-168-0-0-16`));
  });

  it("lets the other side to the servers that are named, through the data tier only", async () => {
    const resources = await vpn({ allow: ["database", "cache"], remoteRanges: ["192.168.0.0/16", "172.20.0.0/16"] });
    const rule = { ipProtocol: "tcp", tags: awsTags("vpn") };
    const database = { ...rule, description: "vpn-to-database", fromPort: 5432, toPort: 5432, securityGroupId: "sg-database" };
    const cache = { ...rule, description: "vpn-to-cache", fromPort: 6379, toPort: 6379, securityGroupId: "sg-cache" };
    expect(ofType(resources, types.rule).map(({ inputs }) => inputs)).to.deep.equal([
      { ...database, cidrIpv4: "192.168.0.0/16" },
      { ...database, cidrIpv4: "172.20.0.0/16" },
      { ...cache, cidrIpv4: "192.168.0.0/16" },
      { ...cache, cidrIpv4: "172.20.0.0/16" },
    ]);
    const routes = ofType(resources, types.route);
    expect(routes.map(({ name }) => name)).to.deep.equal(
      [1, 2, 3].flatMap((zone) => [`vpn-data-${zone}-192-168-0-0-16`, `vpn-data-${zone}-172-20-0-0-16`]),
    );
    expect(routes[1]!.inputs).to.deep.equal({ routeTableId: null, destinationCidrBlock: "172.20.0.0/16", gatewayId: "vpn-gateway-id" });
    expect(ofType(resources, types.fixed)).to.have.length(2);
  });

  it("leads the app tier there only where services may call", async () => {
    const resources = await vpn({ calls: true });
    expect(ofType(resources, types.route).map(({ name }) => name)).to.deep.equal([1, 2, 3].map((zone) => `vpn-app-${zone}-192-168-0-0-16`));
    expect(ofType(resources, types.rule)).to.be.empty;
  });

  it("speaks BGP with two devices, logs that too, and learns no route into a table", async () => {
    const resources = await vpn({ asn: 65010, peers: [{ address: "203.0.113.10" }, { address: "198.51.100.7" }] });
    expect(ofType(resources, types.device).map(({ inputs }) => [inputs.ipAddress, inputs.bgpAsn])).to.deep.equal([
      ["203.0.113.10", "65010"],
      ["198.51.100.7", "65010"],
    ]);
    const connections = ofType(resources, types.connection);
    expect(connections.map(({ name }) => name)).to.deep.equal(["vpn-1", "vpn-2"]);
    for (const { inputs } of connections) {
      expect(inputs.staticRoutesOnly).to.equal(false);
      for (const options of [inputs.tunnel1LogOptions, inputs.tunnel2LogOptions])
        expect(options).to.deep.equal({
          cloudwatchLogOptions: {
            logEnabled: true,
            logGroupArn: "vpn-logs_arn",
            logOutputFormat: "json",
            bgpLogEnabled: true,
            bgpLogGroupArn: "vpn-logs_arn",
            bgpLogOutputFormat: "json",
          },
        });
    }
    expect(ofType(resources, types.fixed)).to.be.empty;
    expect(resources.some(({ type }) => type.includes("Propagation"))).to.equal(false);
  });

  it("shows its addresses, its key's place and what alarms look at", async () => {
    let made: AwsVpn | undefined;
    const arns: string[] = [];
    await recordKnown(() => {
      const network = awsNetwork();
      const secrets = new AwsSecrets("secrets", { network, secrets: {}, rotationEpoch: 1 });
      made = new AwsVpn("vpn", { network, secrets, monitoring: awsMonitoring(network), reaches: [], ...usual });
      made.secretId.apply((arn) => arns.push(arn));
    });
    expect(arns).to.deep.equal(["platform-test-vpn-key_arn"]);
    expect(made?.addresses).to.have.length(2);
    expect(made?.watched.map(({ noun, name, raw }) => [noun, name, Object.keys(raw.values)])).to.deep.equal([["vpn", "vpn-1", ["VpnId"]]]);
  });
});
