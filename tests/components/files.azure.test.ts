import { expect } from "chai";
import { AzureFiles } from "../../components/files/azure";
import type { Stack } from "../../components/stack";
import { once } from "../support/azure-parts";
import type { Recorded } from "../support/record";
import { child, childrenOf, platform as platformOf, service, summary, tags, waitsFor } from "./azure-parts";

/** Shared files with a site, a worker that only reads, and a job. */
const platform = once(async (stack: Partial<Stack> = {}): Promise<Recorded[]> => {
  let files: AzureFiles | undefined;
  const resources = await platformOf({
    stack,
    network: { servers: ["files"] },
    services: {
      web: service(),
      sync: service({ kind: "worker", uses: { files: "read" } }),
      nightly: service({ kind: "job" }),
    },
    withServices: true,
    uses: (parts) => {
      files ??= new AzureFiles("files", { ...parts, path: "/mnt/files" });
      return { web: [files.use("readWrite")], sync: [files.use("read")], nightly: [files.use("readWrite")] };
    },
  });
  return [...resources];
});
const of = async (name: string, type: string) => child(await platform({}), name, `:${type}`);
const dataGroup = "network-data-group-name";

describe("Files on Azure", () => {
  it("S2: is a share in an account of its own, with an address in the network and its key in the vault", async () => {
    const made = childrenOf(await platform({}), "Files", "files");
    expect(summary(made)).to.have.members([
      "storage:StorageAccount files-account",
      "storage:FileServiceProperties files-service",
      "monitor:DiagnosticSetting files-logging",
      "storage:FileShare files-share",
      "network:PrivateEndpoint files-endpoint",
      "network:PrivateDnsZoneGroup files-endpoint-dns",
      "random:index/randomId:RandomId files-key-name",
      "keyvault:Secret files-key",
    ]);
    expect((await of("files-endpoint", "PrivateEndpoint")).inputs.privateLinkServiceConnections).to.deep.equal([
      { name: "files", privateLinkServiceId: "files-account-id", groupIds: ["file"] },
    ]);
    expect((await of("network-file", "PrivateZone")).inputs.privateZoneName).to.equal("privatelink.file.core.windows.net");
    expect((await of("files-key", "Secret")).inputs.tags).to.deep.equal(tags("files"));
  });

  it("S2: is closed but for the account's key, which mounts need", async () => {
    const { inputs } = await of("files-account", "StorageAccount");
    expect(inputs.accountName).to.match(/^stplatformtestfile[0-9a-f]{6}$/);
    expect(inputs).to.deep.include({
      resourceGroupName: dataGroup,
      location: "eastus2",
      kind: "StorageV2",
      sku: { name: "Standard_ZRS" },
      accessTier: "Hot",
      minimumTlsVersion: "TLS1_2",
      enableHttpsTrafficOnly: true,
      allowBlobPublicAccess: false,
      allowSharedKeyAccess: true,
      allowCrossTenantReplication: false,
      defaultToOAuthAuthentication: true,
      isLocalUserEnabled: false,
      publicNetworkAccess: "Disabled",
      networkRuleSet: { bypass: "AzureServices", defaultAction: "Deny" },
      identity: { type: "UserAssigned", userAssignedIdentities: ["secrets-key-user-id"] },
      tags: tags("files"),
    });
    expect(inputs.encryption).to.deep.include({
      keySource: "Microsoft.Keyvault",
      encryptionIdentity: { encryptionUserAssignedIdentity: "secrets-key-user-id" },
      requireInfrastructureEncryption: true,
    });
    expect(waitsFor(await of("files-account", "StorageAccount"))).to.include("secrets-key-access");
  });

  it("S2: speaks encrypted SMB only, and can be brought back for a week", async () => {
    expect((await of("files-service", "FileServiceProperties")).inputs).to.deep.equal({
      resourceGroupName: dataGroup,
      accountName: "files-account-name",
      fileServicesName: "default",
      protocolSettings: {
        smb: { versions: "SMB3.1.1", authenticationMethods: "NTLMv2", channelEncryption: "AES-128-GCM;AES-256-GCM" },
      },
      shareDeleteRetentionPolicy: { enabled: true, days: 7 },
    });
    const share = await of("files-share", "FileShare");
    expect(share.inputs).to.deep.equal({
      resourceGroupName: dataGroup,
      accountName: "files-account-name",
      shareName: "shared",
      enabledProtocols: "SMB",
      accessTier: "TransactionOptimized",
      shareQuota: 5120,
    });
    expect(waitsFor(share)).to.include("files-service");
    expect((await of("files-logging", "DiagnosticSetting")).inputs).to.deep.equal({
      resourceUri: "files-account-id/fileServices/default",
      name: "diag-files",
      workspaceId: "monitoring-workspace-id",
      logs: [{ categoryGroup: "allLogs", enabled: true }],
      metrics: [{ category: "AllMetrics", enabled: true }],
    });
  });

  it("S2: is mounted by a site with the key from the vault", async () => {
    const { siteConfig } = (await of("web-site", "WebApp")).inputs as { siteConfig: Record<string, unknown> };
    expect(siteConfig.azureStorageAccounts).to.deep.equal({
      files: {
        type: "AzureFiles",
        protocol: "Smb",
        accountName: "files-account-name",
        shareName: "files-share-name",
        mountPath: "/mnt/files",
        accessKey: "@AppSettingRef(FILES_ACCESS_KEY)",
      },
    });
    const settings = new Map((siteConfig.appSettings as { name: string; value: string }[]).map(({ name, value }) => [name, value]));
    expect(settings.get("FILES_PATH")).to.equal("/mnt/files");
    expect([...settings.keys()]).to.include("FILES_ACCESS_KEY");
    const reads = await of("web-reads-files-access-key", "RoleAssignment");
    expect(reads.inputs).to.deep.include({ scope: "files-key-id", principalId: "web-identity-principal" });
    expect(waitsFor(await of("web-site", "WebApp"))).to.include.members(["web-reads-files-access-key", "secrets-endpoint-dns"]);
  });

  it("S2: is mounted by containers by way of their environment, as their word allows, and gives them no key", async () => {
    for (const [service, type, accessMode] of [
      ["sync", "ContainerApp", "ReadOnly"],
      ["nightly", "Job", "ReadWrite"],
    ] as const) {
      const storage = await of(`${service}-files`, "ManagedEnvironmentsStorage");
      expect(storage.inputs).to.deep.include({ environmentName: "hosting-environment-id", storageName: `${service}-files` });
      const { inputs } = await of(type === "Job" ? "nightly-job" : "sync-app", type);
      const { template } = inputs as { template: { containers: Record<string, unknown>[]; volumes: unknown } };
      expect(template.volumes).to.deep.equal([{ name: "files", storageName: `${service}-files`, storageType: "AzureFile" }]);
      expect(template.containers[0]?.volumeMounts).to.deep.equal([{ volumeName: "files", mountPath: "/mnt/files" }]);
      const env = template.containers[0]?.env as { name: string }[];
      expect(env.map(({ name }) => name))
        .to.include("FILES_PATH")
        .and.not.to.include("FILES_ACCESS_KEY");
      const properties = storage.inputs.properties as { azureFile: Record<string, unknown> } | null;
      // The key is known only after the account: until then the SDK shows nothing of the object or all of it.
      if (properties !== null) {
        expect(properties.azureFile).to.deep.include({ accountName: "files-account-name", shareName: "files-share-name", accessMode });
      }
      expect(waitsFor(await of(type === "Job" ? "nightly-job" : "sync-app", type))).to.include(`${service}-files`);
    }
  });

  it("S2: is reached at one port of the endpoints, where there are files", async () => {
    const rulesOf = async (tier: string) =>
      (await of(`network-${tier}`, "NetworkSecurityGroup")).inputs.securityRules as Record<string, unknown>[];
    const into = (await rulesOf("endpoints")).find(({ name }) => name === "files");
    expect(into).to.deep.include({
      direction: "Inbound",
      access: "Allow",
      protocol: "Tcp",
      priority: 140,
      destinationPortRange: "445",
      destinationAddressPrefix: "10.0.31.0/24",
    });
    for (const tier of ["app", "containers"]) {
      const out = (await rulesOf(tier)).find(({ name }) => name === "files");
      expect(out).to.deep.include({
        direction: "Outbound",
        priority: 125,
        destinationPortRange: "445",
        destinationAddressPrefix: "10.0.31.0/24",
      });
    }
  });

  it("E17: is protected where data is guarded; dev has it in one place", async () => {
    const protectedOf = async (stack: Partial<Stack>) =>
      childrenOf(await platform(stack), "Files", "files")
        .filter(({ protect }) => protect)
        .map(({ name }) => name);
    expect(await protectedOf({})).to.have.members(["files-account", "files-share"]);
    const dev = { guard: "none", environment: "dev" } as const;
    expect(await protectedOf(dev)).to.deep.equal([]);
    expect(child(await platform(dev), "files-account", ":StorageAccount").inputs.sku).to.deep.equal({ name: "Standard_LRS" });
  });
});
