import { expect } from "chai";
import type { NetworkArgs } from "../../components/network";
import { AzureNetwork } from "../../components/network/azure";
import { azureStack } from "../support/stacks";
import { child, childrenOf, common, groupName, location, networkArgs, recorded, summary, tags, waitsFor } from "./azure-parts";
import type { Recorded } from "../../plan/record";
import { once } from "../support/azure-parts";

const all = {
  servers: ["database", "databasePool", "cache", "queue"],
  gateway: "https",
  containers: true,
  planGroups: ["web", "api"],
} as const;

const made = once((overrides: Partial<NetworkArgs>) => recordedWith(overrides));
const network = (overrides: Partial<NetworkArgs> = {}): Promise<Recorded[]> => made(overrides);

async function recordedWith(overrides: Partial<NetworkArgs>, use: (made: AzureNetwork) => void = () => undefined): Promise<Recorded[]> {
  return childrenOf(await recorded(() => use(new AzureNetwork("network", networkArgs(overrides)))), "Network", "network");
}

/** Rules as `direction access protocol from > to : ports`, by priority. */
function rules(resources: readonly Recorded[], tier: string): string[] {
  const list = child(resources, `network-${tier}`, ":NetworkSecurityGroup").inputs.securityRules as Record<string, unknown>[];
  const side = (rule: Record<string, unknown>, key: string): string => String(rule[`${key}Prefix`] ?? rule[`${key}Prefixes`]);
  return list.map((rule) => {
    expect(rule.sourcePortRange).to.equal("*");
    const ports = String(rule.destinationPortRange ?? rule.destinationPortRanges);
    return `${String(rule.priority)} ${String(rule.name)}: ${String(rule.direction)} ${String(rule.access)} ${String(rule.protocol)} ${side(rule, "sourceAddress")} > ${side(rule, "destinationAddress")} : ${ports}`;
  });
}

const denyIn = "4096 deny-rest-in: Inbound Deny * * > * : *";
const denyOut = "4096 deny-rest-out: Outbound Deny * * > * : *";

describe("Network on Azure", () => {
  it("is two groups, a network whose subnets and rules are inline, one way out and the private zones of what is used", async () => {
    expect(summary(await network(all))).to.have.members([
      "resources:ResourceGroup network-group",
      "resources:ResourceGroup network-data-group",
      "network:PublicIPAddress network-nat-address",
      "network:NatGateway network-nat",
      "network:NetworkSecurityGroup network-gateway",
      "network:NetworkSecurityGroup network-app",
      "network:NetworkSecurityGroup network-data",
      "network:NetworkSecurityGroup network-endpoints",
      "network:NetworkSecurityGroup network-containers",
      "network:NetworkSecurityGroup network-hosts",
      "network:VirtualNetwork network-vnet",
      ...["blob", "vault", "redis", "servicebus", "sites", "postgres"].flatMap((zone) => [
        `privatedns:PrivateZone network-${zone}`,
        `privatedns:VirtualNetworkLink network-${zone}`,
      ]),
    ]);
  });

  it("has only the zones of blob and vault without servers and gateway", async () => {
    const zones = summary(await network({ gateway: "none" })).filter((line) => line.includes("PrivateZone"));
    expect(zones).to.have.members(["privatedns:PrivateZone network-blob", "privatedns:PrivateZone network-vault"]);
  });

  it("has a zone for the database of a pool alone", async () => {
    expect(summary(await network({ servers: ["databasePool"] }))).to.include("privatedns:PrivateZone network-postgres");
  });

  it("keeps data in a group of its own, guarded as the data is", async () => {
    const resources = await network();
    expect(child(resources, "network-group").inputs).to.deep.equal({
      resourceGroupName: "rg-platform-test",
      location,
      tags: tags("network"),
    });
    expect(child(resources, "network-data-group").inputs).to.deep.equal({
      resourceGroupName: "rg-platform-test-data",
      location,
      tags: tags("network"),
    });
    expect(resources.filter(({ protect }) => protect).map(({ name }) => name)).to.deep.equal(["network-data-group"]);
    expect((await network({ stack: azureStack({ guard: "none" }) })).filter(({ protect }) => protect)).to.be.empty;
  });

  it("cuts N1's subnets, delegated and without a way out by default", async () => {
    const vnet = child(await network(all), "network-vnet");
    const nat = { natGateway: { id: "network-nat-id" } };
    const subnet = (name: string, addressPrefix: string, more: object = {}, tier = name): object => ({
      name,
      addressPrefix,
      networkSecurityGroup: { id: `network-${tier}-id` },
      defaultOutboundAccess: false,
      ...more,
    });
    const given = (serviceName: string): object => ({ delegations: [{ name: "delegation", serviceName }] });
    expect(vnet.inputs).to.deep.equal({
      ...common("network"),
      virtualNetworkName: "vnet-platform-test",
      addressSpace: { addressPrefixes: ["10.0.0.0/16"] },
      // Filled in by the SDK.
      enableDdosProtection: false,
      enableVmProtection: false,
      subnets: [
        subnet("gateway", "10.0.1.0/24"),
        subnet("app", "10.0.11.0/24", { ...nat, ...given("Microsoft.Web/serverFarms") }),
        subnet("data", "10.0.21.0/24", {
          ...given("Microsoft.DBforPostgreSQL/flexibleServers"),
          serviceEndpoints: [{ service: "Microsoft.Storage" }],
        }),
        subnet("endpoints", "10.0.31.0/24", { privateEndpointNetworkPolicies: "Enabled" }),
        subnet("containers", "10.0.40.0/23", { ...nat, ...given("Microsoft.App/environments") }),
        subnet("hosts", "10.0.62.0/28", nat),
        { name: "AzureBastionSubnet", addressPrefix: "10.0.60.0/26" },
        { name: "GatewaySubnet", addressPrefix: "10.0.61.0/27" },
        subnet("plan-api", "10.0.50.0/24", { ...nat, ...given("Microsoft.Web/serverFarms") }, "app"),
      ],
    });
  });

  it("gives the containers' subnet over only to containers, has no way out when none is asked for, and knows its own subnets without a gateway", async () => {
    const [, app, , , containers] = child(await network({ nat: "none", gateway: "none" }), "network-vnet").inputs.subnets as Record<
      string,
      unknown
    >[];
    expect(containers).to.not.have.property("delegations");
    expect(app).to.not.have.property("natGateway");
    expect(app!.serviceEndpoints).to.deep.equal([{ service: "Microsoft.Web" }]);
    expect(containers!.serviceEndpoints).to.deep.equal([{ service: "Microsoft.Web" }]);
    expect(summary(await network({ nat: "none" })).join()).to.not.match(/nat/);
  });

  it("goes out through one zonal gateway with a fixed address", async () => {
    const resources = await network();
    expect(child(resources, "network-nat-address").inputs).to.deep.equal({
      ...common("network"),
      publicIpAddressName: "pip-platform-test-nat",
      sku: { name: "Standard", tier: "Regional" },
      publicIPAllocationMethod: "Static",
      publicIPAddressVersion: "IPv4",
      zones: ["1"],
    });
    expect(child(resources, "network-nat").inputs).to.deep.equal({
      ...common("network"),
      natGatewayName: "ng-platform-test",
      sku: { name: "Standard" },
      publicIpAddresses: [{ id: "network-nat-address-id" }],
      idleTimeoutInMinutes: 4,
      zones: ["1"],
    });
  });

  it("links every private zone to the network and registers nothing in it", async () => {
    const resources = await network(all);
    const names = resources.filter(({ type }) => type.endsWith(":PrivateZone")).map(({ name, inputs }) => [name, inputs.privateZoneName]);
    expect(Object.fromEntries(names)).to.deep.equal({
      "network-blob": "privatelink.blob.core.windows.net",
      "network-vault": "privatelink.vaultcore.azure.net",
      "network-redis": "privatelink.redis.azure.net",
      "network-servicebus": "privatelink.servicebus.windows.net",
      "network-sites": "privatelink.azurewebsites.net",
      "network-postgres": "platform-test.private.postgres.database.azure.com",
    });
    expect(child(resources, "network-vault", ":PrivateZone").inputs).to.deep.include({
      resourceGroupName: groupName,
      location: "Global",
      tags: tags("network"),
    });
    const link = child(resources, "network-vault", ":VirtualNetworkLink");
    expect(link.inputs).to.deep.equal({
      ...common("network"),
      location: "Global",
      privateZoneName: "network-vault-name",
      virtualNetworkLinkName: "vnet-platform-test",
      virtualNetwork: { id: "network-vnet-id" },
      registrationEnabled: false,
    });
  });

  it("lets visitors to the gateway, and its manager and probes", async () => {
    const https = ["100 web: Inbound Allow Tcp Internet > 10.0.1.0/24 : 443,80"];
    const manager = [
      "110 gateway-manager: Inbound Allow Tcp GatewayManager > * : 65200-65535",
      "120 load-balancer: Inbound Allow * AzureLoadBalancer > * : *",
      denyIn,
    ];
    expect(rules(await network(all), "gateway")).to.deep.equal([...https, ...manager]);
    expect(rules(await network({ gateway: "http" }), "gateway"), "nobody in clear").to.deep.equal(manager);
    const named = await network({ gateway: "http", allowedCidrs: ["203.0.113.0/24", "198.51.100.0/24"] });
    expect(rules(named, "gateway")).to.deep.equal([
      "100 web: Inbound Allow Tcp 203.0.113.0/24,198.51.100.0/24 > 10.0.1.0/24 : 80",
      ...manager,
    ]);
    const open = await network({ gateway: "http", allowedCidrs: ["203.0.113.0/24", "0.0.0.0/0"] });
    expect(rules(open, "gateway")[0]).to.equal("100 web: Inbound Allow Tcp Internet > 10.0.1.0/24 : 80");
    expect(rules(await network({ gateway: "https", allowedCidrs: ["203.0.113.0/24"] }), "gateway")[0]).to.equal(
      "100 web: Inbound Allow Tcp 203.0.113.0/24 > 10.0.1.0/24 : 443,80",
    );
    expect(rules(await network({ gateway: "none" }), "gateway")).to.deep.equal([denyIn]);
  });

  it("lets the app tier out to the servers that are used, the endpoints and TLS, and nobody in", async () => {
    const from = "10.0.11.0/24,10.0.50.0/24";
    expect(rules(await network(all), "app")).to.deep.equal([
      denyIn,
      `100 database: Outbound Allow Tcp ${from} > 10.0.21.0/24 : 5432,6432`,
      `110 cache: Outbound Allow Tcp ${from} > 10.0.31.0/24 : 10000`,
      `120 queue: Outbound Allow Tcp ${from} > 10.0.31.0/24 : 5671-5672`,
      `130 endpoints: Outbound Allow Tcp ${from} > 10.0.31.0/24 : 443`,
      `140 internet: Outbound Allow Tcp ${from} > Internet : 443`,
      denyOut,
    ]);
    expect(rules(await network(), "app")).to.deep.equal([
      denyIn,
      "120 queue: Outbound Allow Tcp 10.0.11.0/24 > AzureCloud.eastus2 : 5671-5672",
      "130 endpoints: Outbound Allow Tcp 10.0.11.0/24 > 10.0.31.0/24 : 443",
      "140 internet: Outbound Allow Tcp 10.0.11.0/24 > Internet : 443",
      denyOut,
    ]);
    expect(rules(await network({ servers: ["database"] }), "app")[1]).to.equal(
      "100 database: Outbound Allow Tcp 10.0.11.0/24 > 10.0.21.0/24 : 5432",
    );
  });

  it("lets only the services and a server's twin to the data tier, which reaches no internet", async () => {
    expect(rules(await network(all), "data")).to.deep.equal([
      "100 database: Inbound Allow Tcp 10.0.11.0/24,10.0.50.0/24,10.0.40.0/23 > 10.0.21.0/24 : 5432,6432",
      "110 own-subnet-in: Inbound Allow Tcp 10.0.21.0/24 > 10.0.21.0/24 : 5432,6432",
      denyIn,
      "100 own-subnet-out: Outbound Allow Tcp 10.0.21.0/24 > 10.0.21.0/24 : 5432,6432",
      "110 storage: Outbound Allow Tcp 10.0.21.0/24 > Storage : 443",
      "120 directory: Outbound Allow Tcp 10.0.21.0/24 > AzureActiveDirectory : 443",
      denyOut,
    ]);
    expect(rules(await network({ servers: ["database"] }), "data")[0]).to.equal(
      "100 database: Inbound Allow Tcp 10.0.11.0/24 > 10.0.21.0/24 : 5432",
    );
    expect(rules(await network(), "data")).to.deep.equal([denyIn, denyOut]);
  });

  it("lets services and gateway to the private endpoints", async () => {
    const from = "10.0.11.0/24,10.0.50.0/24,10.0.40.0/23";
    expect(rules(await network(all), "endpoints")).to.deep.equal([
      `100 tls: Inbound Allow Tcp ${from} > 10.0.31.0/24 : 443`,
      "110 sites: Inbound Allow Tcp 10.0.1.0/24 > 10.0.31.0/24 : 443",
      `120 cache: Inbound Allow Tcp ${from} > 10.0.31.0/24 : 10000`,
      `130 queue: Inbound Allow Tcp ${from} > 10.0.31.0/24 : 5671-5672`,
      denyIn,
    ]);
    expect(rules(await network({ gateway: "none" }), "endpoints")).to.deep.equal([
      "100 tls: Inbound Allow Tcp 10.0.11.0/24 > 10.0.31.0/24 : 443",
      denyIn,
    ]);
  });

  it("gives the containers what their environment demands, and closes their subnet when there are none", async () => {
    const own = "10.0.40.0/23";
    expect(rules(await network(all), "containers")).to.deep.equal([
      `100 own-subnet-in: Inbound Allow * ${own} > ${own} : *`,
      `110 load-balancer: Inbound Allow Tcp AzureLoadBalancer > ${own} : 30000-32767`,
      denyIn,
      `200 own-subnet-out: Outbound Allow * ${own} > ${own} : *`,
      `210 resolver: Outbound Allow * ${own} > 168.63.129.16 : 53`,
      `100 database: Outbound Allow Tcp ${own} > 10.0.21.0/24 : 5432,6432`,
      `110 cache: Outbound Allow Tcp ${own} > 10.0.31.0/24 : 10000`,
      `120 queue: Outbound Allow Tcp ${own} > 10.0.31.0/24 : 5671-5672`,
      `130 endpoints: Outbound Allow Tcp ${own} > 10.0.31.0/24 : 443`,
      `140 internet: Outbound Allow Tcp ${own} > Internet : 443`,
      denyOut,
    ]);
    expect(rules(await network(), "containers")).to.deep.equal([denyIn, denyOut]);
  });

  it("opens port 22 to Azure Bastion alone, and the servers to the host behind it", async () => {
    const resources = await network({ ...all, bastion: true });
    expect(rules(resources, "hosts")).to.deep.equal([
      "100 bastion: Inbound Allow Tcp 10.0.60.0/26 > 10.0.62.0/28 : 22",
      denyIn,
      "100 database: Outbound Allow Tcp 10.0.62.0/28 > 10.0.21.0/24 : 5432,6432",
      "110 cache: Outbound Allow Tcp 10.0.62.0/28 > 10.0.31.0/24 : 10000",
      "140 internet: Outbound Allow Tcp 10.0.62.0/28 > Internet : 443,80",
      denyOut,
    ]);
    const from = "10.0.11.0/24,10.0.50.0/24,10.0.40.0/23";
    expect(rules(resources, "data")[0]).to.equal(`100 database: Inbound Allow Tcp ${from},10.0.62.0/28 > 10.0.21.0/24 : 5432,6432`);
    expect(rules(resources, "endpoints")).to.deep.equal([
      `100 tls: Inbound Allow Tcp ${from} > 10.0.31.0/24 : 443`,
      "110 sites: Inbound Allow Tcp 10.0.1.0/24 > 10.0.31.0/24 : 443",
      `120 cache: Inbound Allow Tcp ${from},10.0.62.0/28 > 10.0.31.0/24 : 10000`,
      `130 queue: Inbound Allow Tcp ${from} > 10.0.31.0/24 : 5671-5672`,
      denyIn,
    ]);
    expect(rules(await network({ bastion: true }), "hosts")).to.deep.equal([
      "100 bastion: Inbound Allow Tcp 10.0.60.0/26 > 10.0.62.0/28 : 22",
      denyIn,
      "140 internet: Outbound Allow Tcp 10.0.62.0/28 > Internet : 443,80",
      denyOut,
    ]);
    for (const bastion of [undefined, false]) expect(rules(await network({ ...all, bastion }), "hosts")).to.deep.equal([denyIn, denyOut]);
  });

  it("lets the other side of a VPN to the servers that are named, and services out to it by TLS", async () => {
    const remoteRanges = ["192.168.0.0/16", "172.20.0.0/16"];
    const open = await network({ ...all, vpn: { remoteRanges, allow: ["database", "cache"], calls: true } });
    const from = "192.168.0.0/16,172.20.0.0/16";
    expect(rules(open, "data")).to.include(`200 vpn: Inbound Allow Tcp ${from} > 10.0.21.0/24 : 5432`);
    expect(rules(open, "endpoints")).to.include(`200 vpn: Inbound Allow Tcp ${from} > 10.0.31.0/24 : 10000`);
    expect(rules(open, "app")).to.include(`150 vpn: Outbound Allow Tcp 10.0.11.0/24,10.0.50.0/24 > ${from} : 443`);
    expect(rules(open, "containers")).to.include(`150 vpn: Outbound Allow Tcp 10.0.40.0/23 > ${from} : 443`);
    const plain = await network(all);
    const tunnels = await network({ ...all, vpn: { remoteRanges, allow: [], calls: false } });
    const groups = (of: typeof plain) => ["gateway", "app", "data", "endpoints", "containers", "hosts"].map((tier) => rules(of, tier));
    expect(groups(tunnels), "the tunnels alone open nothing").to.deep.equal(groups(plain));
    const without = await network({ servers: [], vpn: { remoteRanges, allow: ["database", "cache"], calls: false } });
    expect(groups(without), "nor do servers that are not there").to.deep.equal(groups(await network({ servers: [] })));
  });

  it("puts each group of rules where the stack is, tagged", async () => {
    const { securityRules, ...rest } = child(await network(), "network-data", ":NetworkSecurityGroup").inputs;
    expect(securityRules).to.be.an("array");
    expect(rest).to.deep.equal({ ...common("network"), networkSecurityGroupName: "nsg-platform-test-data" });
  });

  it("hands out its subnets by tier and plan", async () => {
    const seen: Record<string, unknown> = {};
    await recordedWith(all, ({ raw }) => {
      const { subnetIds, planSubnetIds } = raw;
      for (const [key, id] of [
        ...Object.entries(subnetIds),
        ...Object.entries(planSubnetIds).map(([group, id]) => [`plan ${group}`, id] as const),
      ])
        id.apply((value) => (seen[key] = value));
      for (const key of ["resourceGroupName", "dataResourceGroupName", "vnetId"] as const) raw[key].apply((value) => (seen[key] = value));
      seen.location = raw.location;
    });
    const id = (name: string): string => `network-vnet-id/subnets/${name}`;
    expect(seen).to.deep.equal({
      gateway: id("gateway"),
      app: id("app"),
      data: id("data"),
      endpoints: id("endpoints"),
      containers: id("containers"),
      hosts: id("hosts"),
      bastion: id("AzureBastionSubnet"),
      vpn: id("GatewaySubnet"),
      "plan web": id("app"),
      "plan api": id("plan-api"),
      resourceGroupName: "network-group-name",
      dataResourceGroupName: "network-data-group-name",
      vnetId: "network-vnet-id",
      location,
    });
  });

  it("makes zones and rules without waiting for the way out", async () => {
    const resources = await network(all);
    expect(waitsFor(child(resources, "network-app"))).to.deep.equal(["network-group"]);
    expect(waitsFor(child(resources, "network-blob", ":PrivateZone"))).to.deep.equal(["network-group"]);
  });

  for (const [what, overrides, message] of [
    [
      "a range that is too small",
      { cidr: "10.0.0.0/24" },
      /cidr: a network is \/16 to \/18.*"10\.0\.0\.0\/24"[^]*choose a prefix from 16 to 18/,
    ],
    [
      "a NAT gateway per zone",
      { nat: "perZone" },
      /nat: an Azure subnet spans the zones and takes one NAT gateway \(given: "perZone"\)\n +set network\.nat to single/,
    ],
    ["one zone", { zones: 1 }, /zones: a network has 2 to 4 zones \(given: 1\)\n +choose 2, 3 or 4/],
    ["five zones", { zones: 5 }, /zones: a network has 2 to 4 zones \(given: 5\)/],
    [
      "more zones than are pinned",
      { zones: 4 },
      /zones: only 3 zones of eastus2 are pinned \(given: 4\)\n +name one more zone of the region, or ask for fewer/,
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => new AzureNetwork("network", networkArgs(overrides))).to.throw(message);
    });
  }

  it("takes two zones and four where they are pinned", async () => {
    expect(await network({ zones: 2 })).to.not.be.empty;
    expect(await network({ zones: 4, stack: azureStack({ zones: ["1", "2", "3", "4"] }) })).to.not.be.empty;
  });
});
