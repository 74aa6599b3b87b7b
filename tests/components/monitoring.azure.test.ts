import { expect } from "chai";
import { ConfigError } from "../../components/fault";
import { AzureMonitoring, checkLogDays } from "../../components/monitoring/azure";
import { nobody, severities } from "../../components/monitoring/alerts";
import { archivedTables } from "../../components/monitoring/azure-archive";
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
    expect(made.alertsId).to.equal(made.raw.actionGroupIds.high);
    expect(made.raw.actionGroupId).to.equal(made.alertsId);
  });
  return childrenOf(resources, "monitoring");
});

const tiers = ["gateway", "app", "data", "endpoints", "containers", "hosts"];
/** What was there before the workspace, and the workspace itself. */
const senders = [
  ...["monitoring-network-logs", "monitoring-log-account-logs", "monitoring-network-nat-logs", "monitoring-workspace-logs"],
  ...tiers.map((tier) => `monitoring-network-${tier}-logs`),
];
const groups = severities.map((severity) => `monitoring-${severity}`);

describe("Monitoring on Azure", () => {
  it("is a workspace, an action group per severity and a flow log with its own identity", async () => {
    expect((await monitoring()).map(({ type, name }) => `${type} ${name}`)).to.have.members([
      "azure-native:operationalinsights:Workspace monitoring-workspace",
      ...groups.map((group) => `azure-native:monitor:ActionGroup ${group}`),
      ...senders.map((sender) => `azure-native:monitor:DiagnosticSetting ${sender}`),
      "azure-native:managedidentity:UserAssignedIdentity monitoring-flow-writer",
      "azure-native:authorization:RoleAssignment monitoring-flow-access",
      "azure-native:network:FlowLog monitoring-flow",
    ]);
  });

  it("logs no flows where none are asked for", async () => {
    expect((await monitoring({ flowLogs: false })).map(({ name }) => name)).to.have.members([
      "monitoring-workspace",
      ...groups,
      ...senders,
    ]);
  });

  it("sends what the network's rules, its address and the workspace itself have to tell", async () => {
    const resources = await monitoring();
    const logs = [{ categoryGroup: "allLogs", enabled: true }];
    const metrics = [{ category: "AllMetrics", enabled: true }];
    const sent = (part: string): Readonly<Record<string, unknown>> =>
      only(resources, "azure-native:monitor:DiagnosticSetting", `monitoring-${part}-logs`).inputs;
    for (const tier of tiers) {
      expect(sent(`network-${tier}`)).to.deep.include({ logs, workspaceId: sent("workspace").workspaceId });
      expect(sent(`network-${tier}`), "rules count nothing").to.not.have.property("metrics");
    }
    for (const part of ["network-nat", "workspace", "network", "log-account"]) expect(sent(part)).to.deep.include({ logs, metrics });
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
      only(
        await monitoring({ alertEmails: ["a@example.com", "b@example.com", "a@example.com"] }),
        "azure-native:monitor:ActionGroup",
        "monitoring-critical",
      ).inputs,
    ).to.deep.equal({
      actionGroupName: "ag-platform-test-monitoring-critical",
      emailReceivers: [
        { emailAddress: "a@example.com", name: "a@example.com", useCommonAlertSchema: true },
        { emailAddress: "b@example.com", name: "b@example.com", useCommonAlertSchema: true },
      ],
      enabled: true,
      groupShortName: "critical",
      location: "Global",
      resourceGroupName: "rg-platform-test",
      tags: tags("monitoring"),
    });
  });

  it("sends to PagerDuty and plain webhooks as they are, to chats by a workflow, and keeps their addresses secret", async () => {
    const webhooks = [
      { name: "ops-slack", kind: "slack" as const, url: "https://hooks.example.org/T1" },
      { name: "ops-other", kind: "plain" as const, url: "https://other.example.org" },
    ];
    const resources = await monitoring({
      receivers: { ...nobody, critical: { emails: [], webhooks, pagerduty: "0123" } },
      alertEmails: [],
    });
    const { inputs } = only(resources, "azure-native:monitor:ActionGroup", "monitoring-critical");
    expect(inputs.webhookReceivers).to.deep.equal([
      { name: "ops-other", serviceUri: "[secret]", useCommonAlertSchema: true },
      { name: "pagerduty", serviceUri: "[secret]", useCommonAlertSchema: true },
    ]);
    expect(inputs.logicAppReceivers).to.deep.equal([
      { callbackUrl: null, name: "ops-slack", resourceId: null, useCommonAlertSchema: true },
    ]);
    const workflow = only(resources, "azure-native:logic:Workflow").inputs;
    expect(only(resources, "azure-native:monitor:DiagnosticSetting", "monitoring-critical-ops-slack-logs").inputs).to.deep.include({
      logs: [{ categoryGroup: "allLogs", enabled: true }],
      metrics: [{ category: "AllMetrics", enabled: true }],
    });
    expect(workflow).to.deep.include({ state: "Enabled", workflowName: "logic-platform-test-monitoring-critical-ops-slack" });
    expect(workflow.parameters).to.deep.equal({ url: { type: "SecureString", value: "[secret]" } });
    const { actions } = workflow.definition as { actions: { post: { inputs: Record<string, unknown> } } };
    expect(actions.post.inputs).to.deep.include({ method: "POST", uri: "@parameters('url')" });
    expect(Object.keys(actions.post.inputs.body as object)).to.deep.equal(["text"]);
  });

  it("makes Application Insights in the workspace where a collector or a probe needs it", async () => {
    expect(only(await monitoring({ tracing: true }), "azure-native:applicationinsights:Component").inputs).to.deep.equal({
      applicationType: "web",
      disableIpMasking: false,
      disableLocalAuth: false,
      flowType: "Bluefield",
      ingestionMode: "LogAnalytics",
      kind: "web",
      publicNetworkAccessForIngestion: "Enabled",
      publicNetworkAccessForQuery: "Enabled",
      requestSource: "rest",
      location: "eastus2",
      resourceGroupName: "rg-platform-test",
      resourceName: "appi-platform-test-monitoring",
      tags: tags("monitoring"),
      workspaceResourceId: null,
    });
    expect((await monitoring({ probed: true })).map(({ name }) => name)).to.include("monitoring-insights");
  });

  it("archives the tables, and the activity log among them", async () => {
    const resources = await monitoring({ archiveDays: 365, logDays: 30, audit: true });
    const { properties, ...inputs } = only(resources, "azure-native:resources:Deployment").inputs;
    expect(inputs).to.deep.include({ deploymentName: "deploy-platform-test-monitoring-archive", resourceGroupName: "rg-platform-test" });
    // A whole replacement of the group's contents would be `Complete`.
    expect(properties).to.deep.include({ mode: "Incremental" });
    const { resources: tables, ...template } = (properties as { template: { resources: Record<string, unknown>[] } }).template;
    expect(template).to.deep.equal({
      $schema: "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
      contentVersion: "1.0.0.0",
    });
    expect(tables).to.have.lengthOf(archivedTables.length);
    for (const table of tables) {
      expect(table).to.deep.include({
        type: "Microsoft.OperationalInsights/workspaces/tables",
        apiVersion: "2023-09-01",
        properties: { plan: "Analytics", totalRetentionInDays: 365 },
      });
    }
    const { name, logs } = only(resources, "azure-native:monitor:SubscriptionDiagnosticSetting").inputs;
    expect(name).to.equal("activity-platform-test-monitoring");
    expect(logs).to.have.lengthOf(8);
    expect(logs).to.deep.include({ category: "Administrative", enabled: true });
    expect((await monitoring({ archiveDays: 30, logDays: 30 })).map(({ type }) => type)).not.to.include(
      "azure-native:resources:Deployment",
    );
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
