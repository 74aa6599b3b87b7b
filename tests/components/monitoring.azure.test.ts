import { expect } from "chai";
import { ConfigError } from "../../components/fault";
import { AzureMonitoring, checkLogDays } from "../../components/monitoring/azure";
import type { MonitoringSpec } from "../../components/monitoring/index";
import { AzureStorage } from "../../components/storage/azure";
import { azureNetwork, childrenOf, KnownNetwork, once, tags, waitsFor } from "../support/azure-parts";
import { only, record, type Recorded } from "../support/record";

const monitoring = once(async (spec: Partial<MonitoringSpec> = {}): Promise<Recorded[]> => {
  const resources = await record(() => {
    const network = new KnownNetwork(azureNetwork());
    const logs = new AzureStorage("logs", { network, purpose: "logs", expireDays: 90 });
    const made = new AzureMonitoring("monitoring", {
      network,
      logs,
      logDays: 90,
      alertEmails: ["ops@example.com"],
      flowLogs: true,
      ...spec,
    });
    expect(made.alertsId).to.equal(made.actionGroup.id);
    expect(made.raw).to.deep.equal({ workspaceId: made.workspace.id, actionGroupId: made.actionGroup.id });
  });
  return childrenOf(resources, "monitoring");
});

describe("Monitoring on Azure", () => {
  it("is a workspace, an action group and a flow log with its own identity", async () => {
    expect((await monitoring()).map(({ type, name }) => `${type} ${name}`)).to.have.members([
      "azure-native:operationalinsights:Workspace monitoring-workspace",
      "azure-native:monitor:ActionGroup monitoring-alerts",
      "azure-native:managedidentity:UserAssignedIdentity monitoring-flow-writer",
      "azure-native:authorization:RoleAssignment monitoring-flow-access",
      "azure-native:network:FlowLog monitoring-flow",
    ]);
  });

  it("logs no flows where none are asked for", async () => {
    expect((await monitoring({ flowLogs: false })).map(({ name }) => name)).to.have.members(["monitoring-workspace", "monitoring-alerts"]);
  });

  it("keeps logs for the days given, without keys", async () => {
    expect(only(await monitoring(), "azure-native:operationalinsights:Workspace").inputs).to.deep.equal({
      features: { disableLocalAuth: true, enableLogAccessUsingOnlyResourcePermissions: true },
      location: "eastus2",
      resourceGroupName: "rg-platform-test",
      retentionInDays: 90,
      sku: { name: "PerGB2018" },
      tags: tags("monitoring"),
      workspaceName: "log-platform-test-monitoring",
    });
  });

  it("keeps logs for 30 days at least: Azure sells no less", async () => {
    const days = async (logDays: number) =>
      only(await monitoring({ logDays }), "azure-native:operationalinsights:Workspace").inputs.retentionInDays;
    expect(await days(14)).to.equal(30);
    expect(await days(30)).to.equal(30);
    expect(await days(31)).to.equal(31);
  });

  it("alerts every address once", async () => {
    expect(
      only(await monitoring({ alertEmails: ["a@example.com", "b@example.com", "a@example.com"] }), "azure-native:monitor:ActionGroup")
        .inputs,
    ).to.deep.equal({
      actionGroupName: "ag-platform-test-monitoring",
      emailReceivers: [
        { emailAddress: "a@example.com", name: "a@example.com", useCommonAlertSchema: true },
        { emailAddress: "b@example.com", name: "b@example.com", useCommonAlertSchema: true },
      ],
      enabled: true,
      groupShortName: "platf-e6ba6e",
      location: "Global",
      resourceGroupName: "rg-platform-test",
      tags: tags("monitoring"),
    });
  });

  it("writes the network's flows to the log account by an identity that may", async () => {
    const resources = await monitoring();
    expect(only(resources, "azure-native:managedidentity:UserAssignedIdentity").inputs).to.deep.equal({
      location: "eastus2",
      resourceGroupName: "rg-platform-test",
      resourceName: "id-platform-test-monitoring-flow",
      tags: tags("monitoring"),
    });
    expect(only(resources, "azure-native:authorization:RoleAssignment").inputs).to.deep.equal({
      principalId: null,
      principalType: "ServicePrincipal",
      roleDefinitionId: "/subscriptions/0000/providers/Microsoft.Authorization/roleDefinitions/ba92f5b4-2d11-453d-a403-e96b0029c9fe",
      scope: null,
    });
    const flow = only(resources, "azure-native:network:FlowLog");
    expect(flow.inputs).to.deep.equal({
      enabled: true,
      flowLogName: "fl-platform-test-monitoring",
      format: { type: "JSON", version: 2 },
      identity: { type: "UserAssigned", userAssignedIdentities: [null] },
      location: "eastus2",
      networkWatcherName: "NetworkWatcher_eastus2",
      resourceGroupName: "NetworkWatcherRG",
      retentionPolicy: { days: 0, enabled: false },
      storageId: null,
      tags: tags("monitoring"),
      targetResourceId: null,
    });
    expect(waitsFor(flow)).to.include.members(["monitoring-flow-access", "network-vnet", "logs-account"]);
  });

  it("refuses days that a workspace does not keep, before anything is registered", async () => {
    expect(checkLogDays(1)).to.deep.equal([]);
    expect(checkLogDays(730)).to.deep.equal([]);
    for (const given of [0, 731, 30.5]) {
      expect(checkLogDays(given)).to.deep.equal([
        {
          path: "logDays",
          given,
          problem: "a Log Analytics workspace keeps logs for 30 to 730 days (fewer become 30)",
          remedy: "set a whole number from 1 to 730",
        },
      ]);
    }
    const error = await monitoring({ logDays: 731 }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ConfigError);
  });
});
