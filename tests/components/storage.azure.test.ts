import { expect } from "chai";
import { output } from "@pulumi/pulumi";
import { AzureMonitoring } from "../../components/monitoring/azure";
import { AzureStorage } from "../../components/storage/azure";
import type { BucketSpec } from "../../components/storage/index";
import type { Stack } from "../../components/stack";
import { record as recordPlan } from "../../plan/record";
import { azureNetwork, azureSecrets, childrenOf, KnownNetwork, once, tags, waitsFor } from "../support/azure-parts";
import { only, record, type Recorded } from "../support/record";

const logs = once(async (stack: Partial<Stack> = {}): Promise<Recorded[]> => {
  const resources = await record(() => {
    const network = new KnownNetwork(azureNetwork(stack));
    const storage = new AzureStorage("logs", { network, purpose: "logs", expireDays: 90 });
    expect(Object.keys(storage.raw)).to.have.members([
      "accountName",
      "accountId",
      "containerName",
      "containerId",
      "archives",
      "reachable",
      "copy",
    ]);
    expect([storage.raw.copy, storage.copyName]).to.deep.equal([undefined, undefined]);
    expect(() => storage.use("read")).to.throw(/only the cloud's own services write logs[^]*use a bucket of storage.buckets/);
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

const specs: readonly BucketSpec[] = [
  { purpose: "documents", lifecycle: { versionsDays: 90, folders: {} }, replicate: false },
  {
    purpose: "uploads",
    lifecycle: {
      infrequentAfterDays: 30,
      coldAfterDays: 90,
      expireDays: 365,
      versionsDays: 30,
      folders: { archive: { archiveAfterDays: 7, expireDays: 366 }, plain: {}, short: { expireDays: 3 } },
    },
    replicate: false,
  },
  {
    purpose: "backups",
    lifecycle: { versionsDays: 30, folders: { archive: { archiveAfterDays: 7, expireDays: 365 } } },
    replicate: true,
  },
  { purpose: "assets", lifecycle: { archiveAfterDays: 8, versionsDays: 7, folders: {} }, replicate: true },
];

interface Seen {
  readonly purpose: string;
  readonly archives: boolean;
  readonly copy: unknown;
  readonly uses: readonly unknown[];
}
const seen: Seen[] = [];

/** All buckets of the application on one platform, each called as its purpose; what they hand out is put into `seen`. */
const platform = once(async (stack: Partial<Stack> = {}): Promise<Recorded[]> => {
  const answers = (_type: string, name: string) => ({
    id: `${name}-id`,
    state: { name: `${name}-name`, policyId: `${name}-policy`, hex: "abc123" },
  });
  const program = () => {
    const network = new KnownNetwork(azureNetwork({ secondRegion: "centralus", ...stack }));
    const logs = new AzureStorage("logs", { network, purpose: "logs", expireDays: 365 });
    const monitoring = new AzureMonitoring("monitoring", { network, logs, logDays: 30, alertEmails: [], flowLogs: false });
    const secrets = azureSecrets(network);
    for (const spec of specs) {
      const made = new AzureStorage(spec.purpose, { network, secrets, logs, monitoring, ...spec });
      output({
        purpose: spec.purpose,
        archives: made.raw.archives,
        copy: [made.raw.copy, made.copyName],
        uses: [made.use("read"), made.use("readWrite")].map(({ target, noun, access, env, secrets: references, raw }) => ({
          target,
          noun,
          access,
          env,
          secrets: references,
          raw,
        })),
      }).apply((values) => seen.push(values));
    }
  };
  return [...(await recordPlan(program, { project: "platform", stack: "test", answers })).resources];
});
const bucketOf = async (purpose: BucketSpec["purpose"], stack: Partial<Stack> = {}): Promise<Recorded[]> =>
  childrenOf(await platform(stack), purpose);
const handed = async (purpose: BucketSpec["purpose"]): Promise<Seen | undefined> => {
  await platform({});
  return seen.find((each) => each.purpose === purpose);
};

describe("Buckets of the application on Azure", () => {
  const ofType = async (purpose: BucketSpec["purpose"], type: string, name: string) =>
    only(await bucketOf(purpose), `azure-native:storage:${type}`, name).inputs;

  it("S1: is an account with a container and an address in the network, which writes down who read it", async () => {
    const resources = await bucketOf("documents");
    expect(resources.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`)).to.have.members([
      "StorageAccount documents-account",
      "BlobServiceProperties documents-service",
      "BlobContainer documents-container",
      "ManagementPolicy documents-expiry",
      "DiagnosticSetting documents-logging",
      "PrivateEndpoint documents-endpoint",
      "PrivateDnsZoneGroup documents-endpoint-dns",
    ]);
    expect(only(resources, "azure-native:monitor:DiagnosticSetting").inputs).to.deep.equal({
      resourceUri: "documents-account-id/blobServices/default",
      name: "diag-documents",
      workspaceId: "monitoring-workspace-id",
      logs: [{ categoryGroup: "allLogs", enabled: true }],
      metrics: [{ category: "AllMetrics", enabled: true }],
    });
    expect(only(resources, "azure-native:storage:BlobContainer").inputs).to.deep.equal({
      accountName: "documents-account-name",
      containerName: "documents",
      publicAccess: "None",
      resourceGroupName: "rg-platform-test-data",
    });
  });

  it("S1: is closed as the logs are, and encrypted with the vault's key, but for assets", async () => {
    const resources = await bucketOf("documents");
    const account = only(resources, "azure-native:storage:StorageAccount");
    expect(account.inputs).to.deep.include({
      allowBlobPublicAccess: false,
      allowSharedKeyAccess: false,
      allowCrossTenantReplication: false,
      defaultToOAuthAuthentication: true,
      enableHttpsTrafficOnly: true,
      minimumTlsVersion: "TLS1_2",
      publicNetworkAccess: "Disabled",
      networkRuleSet: { bypass: "AzureServices", defaultAction: "Deny" },
      location: "eastus2",
      identity: { type: "UserAssigned", userAssignedIdentities: ["secrets-key-user-id"] },
      tags: tags("documents"),
    });
    expect(account.inputs.encryption).to.deep.equal({
      keySource: "Microsoft.Keyvault",
      keyVaultProperties: { keyVaultUri: "https://secrets-vault-name.vault.azure.net/", keyName: "secrets-key-name" },
      encryptionIdentity: { encryptionUserAssignedIdentity: "secrets-key-user-id" },
      requireInfrastructureEncryption: true,
      services: { blob: { enabled: true, keyType: "Account" }, file: { enabled: true, keyType: "Account" } },
    });
    expect(waitsFor(account)).to.include("secrets-key-access");
    const assets = await ofType("assets", "StorageAccount", "assets-account");
    expect(assets).not.to.have.property("identity");
    expect(assets.encryption).to.deep.include({ keySource: "Microsoft.Storage", requireInfrastructureEncryption: true });
  });

  it("S1: keeps versions and what was deleted for their days; the journal only where it is copied", async () => {
    const inside = { accountName: "x", blobServicesName: "default", resourceGroupName: "rg-platform-test-data" };
    const service = async (purpose: BucketSpec["purpose"], name: string) => ({
      ...(await ofType(purpose, "BlobServiceProperties", name)),
      accountName: "x",
    });
    expect(await service("documents", "documents-service")).to.deep.equal({
      ...inside,
      isVersioningEnabled: true,
      deleteRetentionPolicy: { enabled: true, days: 90 },
      containerDeleteRetentionPolicy: { enabled: true, days: 7 },
    });
    const copied = {
      ...inside,
      isVersioningEnabled: true,
      deleteRetentionPolicy: { enabled: true, days: 30 },
      containerDeleteRetentionPolicy: { enabled: true, days: 7 },
    };
    expect(await service("backups", "backups-service")).to.deep.equal({ ...copied, changeFeed: { enabled: true, retentionInDays: 7 } });
    expect(await service("backups", "backups-copy-service")).to.deep.equal(copied);
  });

  it("S1: is in every zone, but for dev and for backups, whose archive is sold in one place only", async () => {
    const skus = async (stack: Partial<Stack>) =>
      Promise.all(
        specs.map(async ({ purpose }) => {
          const account = only(await bucketOf(purpose, stack), "azure-native:storage:StorageAccount", `${purpose}-account`);
          return (account.inputs.sku as { name: string }).name;
        }),
      );
    expect(await skus({})).to.deep.equal(["Standard_ZRS", "Standard_ZRS", "Standard_LRS", "Standard_ZRS"]);
    expect(await skus({ environment: "dev", guard: "none" })).to.deep.equal([
      "Standard_LRS",
      "Standard_LRS",
      "Standard_LRS",
      "Standard_LRS",
    ]);
    const archives = await Promise.all(specs.map(async ({ purpose }) => (await handed(purpose))!.archives));
    expect(archives).to.deep.equal([false, false, true, false]);
  });

  const rulesOf = async (purpose: BucketSpec["purpose"], name = `${purpose}-expiry`) =>
    ((await ofType(purpose, "ManagementPolicy", name)).policy as { rules: unknown[] }).rules;
  const rule = (name: string, actions: unknown, filters: Record<string, unknown> = {}) => ({
    name,
    enabled: true,
    type: "Lifecycle",
    definition: { filters: { blobTypes: ["blockBlob"], ...filters }, actions },
  });
  const after = (days: number) => ({ daysAfterModificationGreaterThan: days });
  const versions = (days: number) => ({ delete: { daysAfterCreationGreaterThan: days } });

  it("S1: keeps objects where no day is said", async () => {
    expect(await rulesOf("documents")).to.deep.equal([rule("objects", { version: versions(90) })]);
    expect(waitsFor(only(await bucketOf("documents"), "azure-native:storage:ManagementPolicy"))).to.include("documents-service");
  });

  it("S1: moves objects to the tiers of their days, to the cold one where there is no archive", async () => {
    expect(await rulesOf("uploads")).to.deep.equal([
      rule("objects", { baseBlob: { tierToCool: after(30), tierToCold: after(90), delete: after(365) }, version: versions(30) }),
      rule("archive", { baseBlob: { tierToCold: after(7), delete: after(366) } }, { prefixMatch: ["uploads/archive/"] }),
      rule("short", { baseBlob: { delete: after(3) } }, { prefixMatch: ["uploads/short/"] }),
    ]);
    expect(await rulesOf("assets")).to.deep.equal([rule("objects", { baseBlob: { tierToCold: after(8) }, version: versions(7) })]);
  });

  it("S1, E10: moves backups to the archive tier", async () => {
    const rules = [
      rule("objects", { version: versions(30) }),
      rule("archive", { baseBlob: { tierToArchive: after(7), delete: after(365) } }, { prefixMatch: ["backups/archive/"] }),
    ];
    expect(await rulesOf("backups")).to.deep.equal(rules);
    expect(await rulesOf("backups", "backups-copy-expiry")).to.deep.equal(rules);
    expect(await rulesOf("assets", "assets-copy-expiry")).to.deep.equal([
      rule("objects", { baseBlob: { tierToArchive: after(8) }, version: versions(7) }),
    ]);
  });

  it("S1: gives a service its names and a role at the container, by the word", async () => {
    const [read, readWrite] = (await handed("documents"))!.uses;
    const env = {
      DOCUMENTS_URL: "https://documents-account-name.blob.core.windows.net/documents-container-name",
      DOCUMENTS_NAME: "documents-container-name",
      DOCUMENTS_KIND: "blob",
    };
    const common = { target: "documents", noun: "storage", env, secrets: {} };
    const at = (role: string) => ({ roles: [{ scope: "documents-container-id", role }], backlog: undefined });
    expect(read).to.deep.equal({ ...common, access: "read", raw: at("2a2b9908-6ea1-4ae2-8e65-a410df84e7d1") });
    expect(readWrite).to.deep.equal({ ...common, access: "readWrite", raw: at("ba92f5b4-2d11-453d-a403-e96b0029c9fe") });
  });

  it("E17: is protected where data is guarded, its copy too", async () => {
    const protectedOf = async (guard: Stack["guard"]) =>
      (await bucketOf("backups", guard === "none" ? { environment: "dev", guard } : { guard }))
        .filter((resource) => resource.protect)
        .map(({ name }) => name);
    const kept = ["backups-account", "backups-container", "backups-copy-account", "backups-copy-container"];
    expect(await protectedOf("data")).to.have.members(kept);
    expect(await protectedOf("none")).to.deep.equal([]);
  });
});

describe("The copy of a bucket on Azure", () => {
  it("E10: is an account of the second region that has no address here", async () => {
    const resources = await bucketOf("backups");
    expect(
      resources.filter(({ name }) => name.includes("-copy")).map(({ type, name }) => `${type.split(":").at(-1)} ${name}`),
    ).to.have.members([
      "StorageAccount backups-copy-account",
      "BlobServiceProperties backups-copy-service",
      "BlobContainer backups-copy-container",
      "DiagnosticSetting backups-copy-logs",
      "ManagementPolicy backups-copy-expiry",
      "ObjectReplicationPolicy backups-copy-received",
      "ObjectReplicationPolicy backups-copy-sent",
    ]);
    const copy = only(resources, "azure-native:storage:StorageAccount", "backups-copy-account").inputs;
    const source = only(resources, "azure-native:storage:StorageAccount", "backups-account").inputs;
    expect(copy).to.deep.equal({ ...source, location: "centralus", accountName: copy.accountName });
    expect(copy.accountName).not.to.equal(source.accountName);
    const assets = only(await bucketOf("assets"), "azure-native:storage:StorageAccount", "assets-copy-account").inputs;
    expect(assets).to.deep.include({ location: "centralus", sku: { name: "Standard_LRS" } });
    expect(assets).not.to.have.property("identity");
    const container = only(resources, "azure-native:storage:BlobContainer", "backups-copy-container").inputs;
    expect(container).to.deep.include({ containerName: "backups", publicAccess: "None" });
  });

  it("E10: receives by a policy whose ids the sending account takes, once both have versions", async () => {
    const resources = await bucketOf("backups");
    const policy = (name: string) => only(resources, "azure-native:storage:ObjectReplicationPolicy", name);
    const [received, sent] = [policy("backups-copy-received"), policy("backups-copy-sent")];
    const accounts = {
      resourceGroupName: "rg-platform-test-data",
      sourceAccount: "backups-account-id",
      destinationAccount: "backups-copy-account-id",
    };
    const rules = [{ sourceContainer: "backups-container-name", destinationContainer: "backups-copy-container-name" }];
    expect(received.inputs).to.deep.include({ ...accounts, objectReplicationPolicyId: "default", rules });
    expect(sent.inputs).to.deep.include({ ...accounts, objectReplicationPolicyId: "backups-copy-received-policy", rules });
    for (const each of [received, sent]) expect(waitsFor(each)).to.include.members(["backups-service", "backups-copy-service"]);
    expect(waitsFor(sent)).to.include("backups-copy-received");
  });

  it("hands on where it is", async () => {
    const [copy, name] = (await handed("backups"))!.copy as [Record<string, unknown>, string];
    expect(copy).to.deep.include({ accountId: "backups-copy-account-id", location: "centralus", accountName: name });
    expect((await handed("documents"))!.copy).to.deep.equal([undefined, undefined]);
  });

  it("is refused where there is no second region", async () => {
    const refused = await platform({ secondRegion: undefined, name: "alone" }).catch(String);
    expect(refused).to.match(/replicate[^]*the stack has no second region to copy to/);
  });
});
