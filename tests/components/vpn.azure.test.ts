import { output } from "@pulumi/pulumi";
import { expect } from "chai";
import { AzureSecrets } from "../../components/secrets/azure";
import { AzureVpn } from "../../components/vpn/azure";
import type { VpnSpec } from "../../components/vpn/index";
import { azureMonitoring, azureNetwork, childrenOf, KnownNetwork, once, tags } from "../support/azure-parts";
import { ofType, only, type Recorded, recordKnown } from "../support/record";

const types = {
  address: "azure-native:network:PublicIPAddress",
  connection: "azure-native:network:VirtualNetworkGatewayConnection",
  device: "azure-native:network:LocalNetworkGateway",
  gateway: "azure-native:network:VirtualNetworkGateway",
};
const common = { resourceGroupName: "rg-platform-test", location: "eastus2", tags: tags("vpn") };
const usual = { peers: [{ address: "203.0.113.10" }], remoteRanges: ["192.168.0.0/16"], allow: [], calls: false, key: { epoch: 1 } };

let last: AzureVpn | undefined;
const places: string[] = [];
const vpn = once(async (spec: Partial<VpnSpec> = {}): Promise<Recorded[]> => {
  const resources = await recordKnown(() => {
    const network = new KnownNetwork(azureNetwork());
    const given = output("the-other-sides-key1");
    const secrets = new AzureSecrets("secrets", { network, secrets: { "tunnel-key": { value: given } }, rotationEpoch: 1 });
    const wanted = { ...usual, ...spec };
    const key = "secret" in wanted.key ? { secret: wanted.key.secret, value: given } : wanted.key;
    last = new AzureVpn("vpn", { network, secrets, monitoring: azureMonitoring(network), reaches: [], ...wanted, key });
    last.secretId.apply((id) => places.push(id));
  });
  return childrenOf(resources, "vpn");
});

describe("Vpn on Azure", () => {
  it("is a gateway with two addresses, a device and its connection, with a key and a log", async () => {
    expect((await vpn()).map(({ type, name }) => `${type.split(":").slice(1).join(":")} ${name}`).sort()).to.deep.equal([
      "index/randomId:RandomId vpn-key-name",
      "index/randomPassword:RandomPassword vpn-key-value",
      "keyvault:Secret vpn-key",
      "monitor:DiagnosticSetting vpn-1-address-logs",
      "monitor:DiagnosticSetting vpn-1-logs",
      "monitor:DiagnosticSetting vpn-2-address-logs",
      "monitor:DiagnosticSetting vpn-logs",
      "network:LocalNetworkGateway vpn-1",
      "network:PublicIPAddress vpn-1-address",
      "network:PublicIPAddress vpn-2-address",
      "network:VirtualNetworkGateway vpn-gateway",
      "network:VirtualNetworkGatewayConnection vpn-1",
    ]);
  });

  it("has both instances active in all zones, in the subnet that is kept for it", async () => {
    const resources = await vpn();
    for (const instance of [1, 2])
      expect(only(resources, types.address, `vpn-${instance}-address`).inputs).to.deep.equal({
        ...common,
        publicIpAddressName: `pip-platform-test-vpn-${instance}`,
        sku: { name: "Standard", tier: "Regional" },
        publicIPAllocationMethod: "Static",
        publicIPAddressVersion: "IPv4",
        zones: ["1", "2", "3"],
      });
    const gateway = only(resources, types.gateway);
    const instance = (number: number): object => ({
      name: `instance-${number}`,
      privateIPAllocationMethod: "Dynamic",
      publicIPAddress: { id: `vpn-${number}-address-id` },
      subnet: { id: "network-vnet-id/subnets/GatewaySubnet" },
    });
    expect(gateway.inputs).to.deep.equal({
      ...common,
      virtualNetworkGatewayName: "vpng-platform-test",
      gatewayType: "Vpn",
      vpnType: "RouteBased",
      vpnGatewayGeneration: "Generation1",
      sku: { name: "VpnGw1AZ", tier: "VpnGw1AZ" },
      activeActive: true,
      enableBgp: false,
      enablePrivateIpAddress: false,
      disableIPSecReplayProtection: false,
      ipConfigurations: [instance(1), instance(2)],
    });
    expect(gateway.options.customTimeouts).to.deep.equal({ create: "90m", update: "90m", pb_delete: "60m" });
  });

  it("encrypts in one strong way, by IKEv2", async () => {
    const resources = await vpn();
    expect(only(resources, types.device).inputs).to.deep.equal({
      ...common,
      localNetworkGatewayName: "lgw-platform-test-vpn-1",
      gatewayIpAddress: "203.0.113.10",
      localNetworkAddressSpace: { addressPrefixes: ["192.168.0.0/16"] },
    });
    expect(only(resources, types.connection).inputs).to.deep.equal({
      ...common,
      virtualNetworkGatewayConnectionName: "vcn-platform-test-vpn-1",
      virtualNetworkGateway1: { id: "vpn-gateway-id" },
      localNetworkGateway2: { id: "vpn-1-id" },
      connectionType: "IPsec",
      connectionProtocol: "IKEv2",
      connectionMode: "Default",
      enableBgp: false,
      sharedKey: null,
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
          saLifeTimeSeconds: 3600,
          saDataSizeKilobytes: 102_400_000,
        },
      ],
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
    expect(only(resources, "random:index/randomId:RandomId").inputs.prefix).to.equal("vpn-key-");
    expect(only(resources, "azure-native:keyvault:Secret").inputs).to.deep.include({ tags: tags("vpn"), vaultName: null });
    const given = await vpn({ key: { secret: "tunnel-key", value: output("") } });
    expect(given.map(({ type }) => type).filter((type) => /random|keyvault/.test(type))).to.be.empty;
    expect(only(given, types.connection).inputs.sharedKey).to.equal("the-other-sides-key1");
    expect(places.at(-1), "where the vault has it").to.equal("secrets-tunnel-key-id");
    const later = await vpn({ key: { epoch: 2 } });
    expect(only(later, "random:index/randomPassword:RandomPassword").inputs.keepers).to.deep.equal({ epoch: "2" });
  });

  it("sends its logs and metrics to the workspace", async () => {
    const resources = await vpn();
    const logs = [{ categoryGroup: "allLogs", enabled: true }];
    const metrics = [{ category: "AllMetrics", enabled: true }];
    for (const [part, of] of [
      ["vpn", "vpn-gateway"],
      ["vpn-1-address", "vpn-1-address"],
      ["vpn-2-address", "vpn-2-address"],
    ])
      expect(only(resources, "azure-native:monitor:DiagnosticSetting", `${part}-logs`).inputs).to.deep.include({
        resourceUri: `${of}-id`,
        logs,
        metrics,
      });
    const connection = only(resources, "azure-native:monitor:DiagnosticSetting", "vpn-1-logs").inputs;
    expect(connection).to.deep.include({ resourceUri: "vpn-1-id", metrics });
    expect(connection, "its log is the gateway's").to.not.have.property("logs");
  });

  it("speaks BGP with two devices, which say themselves what is behind them", async () => {
    const peers = [
      { address: "203.0.113.10", bgpAddress: "192.168.0.1" },
      { address: "198.51.100.7", bgpAddress: "192.168.0.2" },
    ];
    const resources = await vpn({ asn: 65010, peers });
    expect(only(resources, types.gateway).inputs).to.deep.include({ enableBgp: true, bgpSettings: { asn: 65515 } });
    expect(ofType(resources, types.device).map(({ inputs }) => inputs)).to.deep.equal(
      peers.map(({ address, bgpAddress }, index) => ({
        ...common,
        localNetworkGatewayName: `lgw-platform-test-vpn-${index + 1}`,
        gatewayIpAddress: address,
        localNetworkAddressSpace: { addressPrefixes: [] },
        bgpSettings: { asn: 65010, bgpPeeringAddress: bgpAddress },
      })),
    );
    for (const { inputs } of ofType(resources, types.connection)) expect(inputs.enableBgp).to.equal(true);
  });

  it("shows its addresses and what alarms look at", async () => {
    await vpn({ remoteRanges: ["172.20.0.0/16"] });
    expect(last?.addresses).to.have.length(2);
    expect(last?.watched.map(({ noun, name, raw }) => [noun, name, raw.type, raw.entity])).to.deep.equal([
      ["vpn", "vpn-1", "Microsoft.Network/virtualNetworkGateways", "203.0.113.10"],
    ]);
  });
});
