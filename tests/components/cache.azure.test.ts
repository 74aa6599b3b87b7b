import { output } from "@pulumi/pulumi";
import { expect } from "chai";
import { AzureCache, keyOf } from "../../components/cache/azure";
import type { CacheSpec } from "../../components/cache/index";
import { ConfigError } from "../../components/fault";
import type { Stack } from "../../components/stack";
import { azureNetwork, azureSecrets, azureMonitoring, childrenOf, KnownNetwork, once, tags, waitsFor } from "../support/azure-parts";
import { only, record, type Recorded } from "../support/record";

const spec: CacheSpec = { size: "large", highAvailability: true, snapshotDays: 7 };

async function make(change: Partial<CacheSpec>, stack: Partial<Stack>, look?: (made: AzureCache) => void): Promise<Recorded[]> {
  const resources = await record(() => {
    const real = azureNetwork(stack);
    const network = new KnownNetwork(real);
    const made = new AzureCache("cache", {
      ...spec,
      ...change,
      network,
      secrets: azureSecrets(real),
      monitoring: azureMonitoring(real),
      rotationEpoch: 1,
    });
    look?.(made);
  });
  return childrenOf(resources, "cache");
}
const cache = once((change: Partial<CacheSpec> = {}, stack: Partial<Stack> = {}) => make(change, stack));

const cluster = "azure-native:redisenterprise:RedisEnterprise";
const database = "azure-native:redisenterprise:Database";

describe("Cache on Azure", () => {
  it("is a cluster with its database, an address in the network and a password", async () => {
    expect((await cache()).map(({ type, name }) => `${type} ${name}`)).to.have.members([
      `${cluster} cache-cluster`,
      `${database} cache-database`,
      "azure-native:monitor:DiagnosticSetting cache-cluster-logs",
      "azure-native:monitor:DiagnosticSetting cache-logs",
      "azure-native:network:PrivateEndpoint cache-endpoint",
      "azure-native:network:PrivateDnsZoneGroup cache-endpoint-dns",
      "random:index/randomId:RandomId cache-secret-name",
      "azure-native:keyvault:Secret cache-secret",
    ]);
  });

  it("is private, takes TLS only and is encrypted with the stack's key", async () => {
    const made = only(await cache(), cluster);
    expect(made.inputs).to.deep.equal({
      clusterName: "amr-platform-test-cache-4a7de8",
      encryption: {
        customerManagedKeyEncryption: {
          keyEncryptionKeyIdentity: { identityType: "userAssignedIdentity", userAssignedIdentityResourceId: null },
          keyEncryptionKeyUrl: null,
        },
      },
      highAvailability: "Enabled",
      identity: { type: "UserAssigned", userAssignedIdentities: [null] },
      location: "eastus2",
      minimumTlsVersion: "1.2",
      publicNetworkAccess: "Disabled",
      resourceGroupName: "rg-platform-test-data",
      sku: { name: "Balanced_B5" },
      tags: tags("cache"),
    });
    expect(waitsFor(made)).to.include.members(["secrets-key-access", "secrets-key", "secrets-key-user"]);
  });

  it("lets the least recently used leave first, and is written to disk every 6 hours", async () => {
    expect(only(await cache(), database).inputs).to.deep.equal({
      accessKeysAuthentication: "Enabled",
      clientProtocol: "Encrypted",
      clusterName: null,
      clusteringPolicy: "EnterpriseCluster",
      databaseName: "default",
      evictionPolicy: "AllKeysLRU",
      persistence: { aofEnabled: false, rdbEnabled: true, rdbFrequency: "6h" },
      port: 10000,
      resourceGroupName: "rg-platform-test-data",
    });
    expect(only(await cache({ snapshotDays: 1 }), database).inputs.persistence).to.deep.equal({
      aofEnabled: false,
      rdbEnabled: true,
      rdbFrequency: "6h",
    });
  });

  it("is one small node without copies in dev", async () => {
    const resources = await cache({ size: "small", highAvailability: false, snapshotDays: 0 });
    expect(only(resources, cluster).inputs).to.deep.include({ sku: { name: "Balanced_B0" }, highAvailability: "Disabled" });
    expect(only(resources, database).inputs.persistence).to.deep.equal({ aofEnabled: false, rdbEnabled: false });
  });

  it("is reached by its private name", async () => {
    const endpoint = only(await cache(), "azure-native:network:PrivateEndpoint");
    expect(endpoint.inputs).to.deep.include({
      privateLinkServiceConnections: [{ groupIds: ["redisEnterprise"], name: "cache", privateLinkServiceId: null }],
      resourceGroupName: "rg-platform-test-data",
    });
    expect(only(await cache(), "azure-native:network:PrivateDnsZoneGroup").inputs.privateDnsZoneConfigs).to.deep.equal([
      { name: "redis", privateDnsZoneId: null },
    ]);
  });

  it("keeps its key in the vault and shows it nowhere", async () => {
    const secret = only(await cache(), "azure-native:keyvault:Secret");
    expect(secret.inputs).to.deep.equal({
      properties: { attributes: { enabled: true }, value: null },
      resourceGroupName: "rg-platform-test-data",
      secretName: null,
      tags: tags("cache"),
      vaultName: null,
    });
    expect(only(await cache(), "random:index/randomId:RandomId").inputs).to.deep.equal({ byteLength: 3, prefix: "cache-password-" });
    expect(secret.options.retainOnDelete).to.equal(true);
  });

  it("takes the other of its two keys with each rotation, so that the one before stays valid", () => {
    expect([0, 1, 2, 3].map(keyOf)).to.deep.equal(["secondaryKey", "primaryKey", "secondaryKey", "primaryKey"]);
  });

  it("gives services what they connect with, and the agreed times to live", async () => {
    const seen: Record<string, unknown> = {};
    await make({}, {}, (made) => {
      const use = made.use("readWrite");
      const { CACHE_HOST, CACHE_PORT, ...plain } = use.env;
      expect(CACHE_HOST).to.equal(made.host);
      expect(plain).to.deep.equal({
        CACHE_TLS: "true",
        CACHE_TTL_SESSION: "3600",
        CACHE_TTL_PASSWORD_RESET: "86400",
        CACHE_TTL_ENTRY_MIN: "300",
        CACHE_TTL_ENTRY_MAX: "86400",
        CACHE_TTL_RATE_LIMIT: "60",
      });
      expect(use.secrets).to.deep.equal({ CACHE_PASSWORD: made.secret });
      expect(use).to.include({ target: "cache", noun: "cache", access: "readWrite" });
      expect(use.raw).to.deep.equal({ roles: [], backlog: undefined });
      output(CACHE_PORT).apply((port) => (seen.env = port));
      made.port.apply((port) => (seen.port = port));
    });
    expect(seen).to.deep.equal({ env: "10000", port: 10000 });
  });

  it("is protected where data is guarded", async () => {
    const protectedOf = async (guard: Stack["guard"]) =>
      (await cache({}, { guard })).filter((resource) => resource.protect).map(({ name }) => name);
    expect(await protectedOf("data")).to.have.members(["cache-cluster", "cache-database"]);
    expect(await protectedOf("none")).to.deep.equal([]);
  });

  it("refuses shards and replicas: the size decides", async () => {
    const error = await cache({ shards: 2, replicas: 1 }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ConfigError);
    expect((error as ConfigError).faults.map(({ path, given }) => [path, given])).to.deep.equal([
      ["shards", 2],
      ["replicas", 1],
    ]);
  });
});
