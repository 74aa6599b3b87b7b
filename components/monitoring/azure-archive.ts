// What the workspace keeps beyond the days in which logs are searched: the tables that the platform's resources write to stay in its
// long-term retention, and the activity log of the subscription joins them as the audit trail.
import { SubscriptionDiagnosticSetting } from "@pulumi/azure-native/monitor";
import type { Workspace } from "@pulumi/azure-native/operationalinsights";
import { Deployment } from "@pulumi/azure-native/resources";
import { type ComponentResource, interpolate } from "@pulumi/pulumi";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import type { Network } from "../network";
import { tagsOf } from "../stack";

/**
 * All that the platform's resources log, and not their metrics: of the services and their traces, the gateway, the data, the backups, and who
 * did what. `tests/signals.test.ts` says which resource writes where.
 */
export const archivedTables = [
  ...["AACAudit", "AACHttpRequest", "AGWAccessLogs", "AGWFirewallLogs", "AZMSApplicationMetricLogs", "AZMSDiagnosticErrorLogs"],
  ...["AZMSOperationalLogs", "AZMSRunTimeAuditLogs", "AZMSVnetConnectionEvents", "AddonAzureBackupJobs", "AddonAzureBackupPolicy"],
  ...[
    "AddonAzureBackupProtectedInstance",
    "AppAvailabilityResults",
    "AppDependencies",
    "AppExceptions",
    "AppRequests",
    "AppServiceAppLogs",
  ],
  ...["AppServiceAuditLogs", "AppServiceAuthenticationLogs", "AppServiceConsoleLogs", "AppServiceHTTPLogs", "AppServiceIPSecAuditLogs"],
  ...["AppServicePlatformLogs", "AppTraces", "AutoscaleEvaluationsLog", "AutoscaleScaleActionsLog", "AzureActivity", "AzureDiagnostics"],
  ...["ContainerAppConsoleLogs", "ContainerAppSystemLogs", "ContainerRegistryLoginEvents", "ContainerRegistryRepositoryEvents"],
  ...["CoreAzureBackup", "LAQueryLogs", "MicrosoftAzureBastionAuditLogs", "REDConnectionEvents", "StorageBlobLogs", "StorageFileLogs"],
] as const;

/** All that happens to resources; nothing of what they do. */
const categories = [
  "Administrative",
  "Security",
  "ServiceHealth",
  "Alert",
  "Recommendation",
  "Policy",
  "Autoscale",
  "ResourceHealth",
] as const;

const template = {
  $schema: "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  contentVersion: "1.0.0.0",
};

/**
 * Keeps the tables for `days` in all; the workspace says how many of them can be searched at once. The tables are Azure's own and come with
 * the workspace: as resources of their own the provider refuses them ("already existing"), and a template writes over what is there.
 */
export function createArchive(parent: ComponentResource, name: string, network: Network<Azure>, workspace: Workspace, days: number): void {
  const table = (tableName: string) => ({
    type: "Microsoft.OperationalInsights/workspaces/tables",
    apiVersion: "2023-09-01",
    name: interpolate`${workspace.name}/${tableName}`,
    properties: { plan: "Analytics", totalRetentionInDays: days },
  });
  new Deployment(
    `${name}-archive`,
    {
      resourceGroupName: network.raw.resourceGroupName,
      deploymentName: nameOf(network.stack, "deployment", `${name}-archive`),
      properties: { mode: "Incremental", template: { ...template, resources: archivedTables.map(table) } },
      tags: tagsOf(network.stack, name),
    },
    { parent },
  );
}

export function createAudit(parent: ComponentResource, name: string, { stack }: Network<Azure>, workspace: Workspace): void {
  new SubscriptionDiagnosticSetting(
    `${name}-audit`,
    {
      name: nameOf(stack, "activityLog", name),
      workspaceId: workspace.id,
      logs: categories.map((category) => ({ category, enabled: true })),
    },
    { parent },
  );
}
