import { expect } from "chai";
import { AzureStorage } from "../../components/storage/azure";
import type { Stack } from "../../components/stack";
import { azureNetwork, childrenOf, KnownNetwork, once, tags, waitsFor } from "../support/azure-parts";
import { only, record, type Recorded } from "../support/record";

const logs = once(async (stack: Partial<Stack> = {}): Promise<Recorded[]> => {
  const resources = await record(() => {
    const network = new KnownNetwork(azureNetwork(stack));
    const storage = new AzureStorage("logs", { network, purpose: "logs", expireDays: 90 });
    expect(Object.keys(storage.raw)).to.have.members(["accountName", "accountId", "containerName"]);
    expect(storage.bucketName).to.equal(storage.account.name);
  });
  return childrenOf(resources, "logs");
});

describe("Storage on Azure", () => {
  it("is an account with a container, an expiry and an address in the network", async () => {
    expect((await logs()).map(({ type, name }) => `${type} ${name}`)).to.have.members([
      "azure-native:storage:StorageAccount logs-account",
      "azure-native:storage:BlobServiceProperties logs-service",
      "azure-native:storage:BlobContainer logs-container",
      "azure-native:storage:ManagementPolicy logs-expiry",
      "azure-native:network:PrivateEndpoint logs-endpoint",
      "azure-native:network:PrivateDnsZoneGroup logs-endpoint-dns",
    ]);
  });

  it("opens to nobody from outside, to no account key and to nothing but TLS 1.2", async () => {
    const account = only(await logs(), "azure-native:storage:StorageAccount");
    expect(account.inputs).to.deep.equal({
      accessTier: "Hot",
      accountName: "stplatformtestlogs250f3d",
      allowBlobPublicAccess: false,
      allowCrossTenantReplication: false,
      allowSharedKeyAccess: false,
      defaultToOAuthAuthentication: true,
      enableHttpsTrafficOnly: true,
      encryption: {
        keySource: "Microsoft.Storage",
        requireInfrastructureEncryption: true,
        services: { blob: { enabled: true, keyType: "Account" }, file: { enabled: true, keyType: "Account" } },
      },
      isLocalUserEnabled: false,
      kind: "StorageV2",
      location: "eastus2",
      minimumTlsVersion: "TLS1_2",
      networkRuleSet: { bypass: "AzureServices", defaultAction: "Deny" },
      publicNetworkAccess: "Disabled",
      resourceGroupName: "rg-platform-test-data",
      sku: { name: "Standard_ZRS" },
      tags: tags("logs"),
    });
  });

  it("is kept in one zone in dev only", async () => {
    const sku = async (environment: Stack["environment"]) =>
      only(await logs({ environment }), "azure-native:storage:StorageAccount").inputs.sku;
    expect(await sku("dev")).to.deep.equal({ name: "Standard_LRS" });
    expect(await sku("staging")).to.deep.equal({ name: "Standard_ZRS" });
  });

  it("keeps what was deleted for a week, and no versions of files that grow", async () => {
    const resources = await logs();
    expect(only(resources, "azure-native:storage:BlobServiceProperties").inputs).to.deep.equal({
      accountName: null,
      blobServicesName: "default",
      containerDeleteRetentionPolicy: { days: 7, enabled: true },
      deleteRetentionPolicy: { days: 7, enabled: true },
      isVersioningEnabled: false,
      resourceGroupName: "rg-platform-test-data",
    });
    expect(only(resources, "azure-native:storage:BlobContainer").inputs).to.deep.equal({
      accountName: null,
      containerName: "logs",
      publicAccess: "None",
      resourceGroupName: "rg-platform-test-data",
    });
  });

  it("deletes files after the days given", async () => {
    expect(only(await logs(), "azure-native:storage:ManagementPolicy").inputs).to.deep.equal({
      accountName: null,
      managementPolicyName: "default",
      policy: {
        rules: [
          {
            definition: {
              actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 90 } } },
              filters: { blobTypes: ["blockBlob", "appendBlob"] },
            },
            enabled: true,
            name: "expire",
            type: "Lifecycle",
          },
        ],
      },
      resourceGroupName: "rg-platform-test-data",
    });
  });

  it("has an address in the endpoints' subnet, whose name resolves before anybody waits for it", async () => {
    const resources = await logs();
    const endpoint = only(resources, "azure-native:network:PrivateEndpoint");
    expect(endpoint.inputs).to.deep.equal({
      location: "eastus2",
      privateEndpointName: "pep-platform-test-logs",
      privateLinkServiceConnections: [{ groupIds: ["blob"], name: "logs", privateLinkServiceId: null }],
      resourceGroupName: "rg-platform-test-data",
      subnet: null,
      tags: tags("logs"),
    });
    expect(waitsFor(endpoint)).to.include.members(["logs-account", "network-vnet"]);
    const dns = only(resources, "azure-native:network:PrivateDnsZoneGroup");
    expect(dns.inputs).to.deep.equal({
      privateDnsZoneConfigs: [{ name: "blob", privateDnsZoneId: null }],
      privateDnsZoneGroupName: "default",
      privateEndpointName: null,
      resourceGroupName: "rg-platform-test-data",
    });
    expect(dns.dependencies.filter((urn) => urn.includes("privatedns:VirtualNetworkLink::network-blob"))).to.have.lengthOf(1);
  });

  it("is protected where data is guarded, and goes with one destroy elsewhere", async () => {
    const protectedOf = async (guard: Stack["guard"]) =>
      (await logs({ guard })).filter((resource) => resource.protect).map(({ name }) => name);
    expect(await protectedOf("all")).to.have.members(["logs-account", "logs-container"]);
    expect(await protectedOf("data")).to.have.members(["logs-account", "logs-container"]);
    expect(await protectedOf("none")).to.deep.equal([]);
  });
});
