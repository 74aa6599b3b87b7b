import { expect } from "chai";
import type { Stack } from "../../components/stack";
import { AzureStaticSite } from "../../components/static-site/azure";
import { record as recordPlan } from "../../plan/record";
import { AzureStorage } from "../../components/storage/azure";
import { azureMonitoring, azureNetwork, childrenOf, once, tags, waitsFor } from "../support/azure-parts";
import { only, type Recorded } from "../support/record";

const made = once(async (stack: Partial<Stack>): Promise<Recorded[]> => {
  const endpoints = { primaryEndpoints: { web: "https://docs.z20.web.core.windows.net/" } };
  const answers = (_type: string, name: string) => ({
    id: `${name}-id`,
    state: { name: `${name}-name`, containerName: "$web", ...endpoints },
  });
  const program = (): void => {
    const network = azureNetwork(stack);
    const logs = new AzureStorage("access", { network, purpose: "logs", expireDays: 30 });
    const site = new AzureStaticSite("docs", { network, logs, monitoring: azureMonitoring(network), path: "/docs/*", spa: false });
    expect([site.path, site.spa]).to.deep.equal(["/docs/*", false]);
    site.raw.host.apply((host) => hosts.push(host));
  };
  return [...(await recordPlan(program, { project: "platform", stack: "test", answers })).resources];
});
const hosts: string[] = [];
const inAccount = { resourceGroupName: "network-data-group-name", accountName: "docs-account-name" };

describe("StaticSite on Azure", () => {
  it("is the website of an account of its own, with a placeholder", async () => {
    const children = childrenOf(await made({}), "docs").map(({ type, name }) => `${type.split(":").at(-1)} ${name}`);
    expect(children).to.have.members([
      "StorageAccount docs-account",
      "StorageAccountStaticWebsite docs-website",
      "Blob docs-placeholder",
      "DiagnosticSetting docs-logs",
      "BlobServiceProperties docs-service",
    ]);
    expect(hosts).to.include("docs.z20.web.core.windows.net");
  });

  it("sends who asked for what to the workspace", async () => {
    expect(only(await made({}), "azure-native:monitor:DiagnosticSetting", "docs-logs").inputs).to.deep.include({
      resourceUri: "docs-account-id/blobServices/default",
      workspaceId: "monitoring-workspace-id",
      logs: [{ categoryGroup: "allLogs", enabled: true }],
      metrics: [{ category: "AllMetrics", enabled: true }],
    });
  });

  it("is open to Front Door over the internet and to the provider's key, with nothing else to read", async () => {
    const { inputs, protect } = only(await made({}), "azure-native:storage:StorageAccount", "docs-account");
    expect(protect).to.equal(true);
    expect(inputs).to.deep.include({
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
      publicNetworkAccess: "Enabled",
      networkRuleSet: { bypass: "None", defaultAction: "Allow" },
      encryption: {
        keySource: "Microsoft.Storage",
        requireInfrastructureEncryption: true,
        services: { blob: { enabled: true, keyType: "Account" }, file: { enabled: true, keyType: "Account" } },
      },
      tags: tags("docs"),
    });
    expect(inputs.accountName).to.match(/^stplatformtestdocs[0-9a-f]{6}$/);
    const dev = only(await made({ environment: "dev", guard: "none" }), "azure-native:storage:StorageAccount", "docs-account");
    expect([dev.protect, dev.inputs.sku]).to.deep.equal([false, { name: "Standard_LRS" }]);
  });

  it("keeps replaced files for 30 days", async () => {
    expect(only(await made({}), "azure-native:storage:BlobServiceProperties", "docs-service").inputs).to.deep.equal({
      ...inAccount,
      blobServicesName: "default",
      isVersioningEnabled: false,
      deleteRetentionPolicy: { enabled: true, days: 30 },
      containerDeleteRetentionPolicy: { enabled: true, days: 30 },
    });
  });

  it("answers from the first deployment on, and leaves uploads alone", async () => {
    const resources = await made({});
    expect(only(resources, "azure-native:storage:StorageAccountStaticWebsite").inputs).to.deep.equal({
      ...inAccount,
      indexDocument: "index.html",
    });
    const placeholder = only(resources, "azure-native:storage:Blob");
    expect(placeholder.inputs).to.deep.include({
      ...inAccount,
      containerName: "$web",
      blobName: "docs/index.html",
      contentType: "text/html; charset=utf-8",
      type: "Block",
    });
    expect(placeholder.options.ignoreChanges).to.deep.equal(["source", "contentType"]);
    expect(waitsFor(placeholder)).to.include("docs-website");
  });
});
