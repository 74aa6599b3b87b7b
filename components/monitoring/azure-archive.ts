// What the workspace keeps beyond the days in which logs are searched: the tables that the platform's resources write to stay in its
// long-term retention, and the activity log of the subscription joins them as the audit trail.
import { SubscriptionDiagnosticSetting } from "@pulumi/azure-native/monitor";
import { Table, type Workspace } from "@pulumi/azure-native/operationalinsights";
import type { ComponentResource } from "@pulumi/pulumi";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import type { Network } from "../network";

/** Of the services, the gateway, the databases and vaults, the traces, and who did what. */
export const archivedTables = [
  "AGWAccessLogs",
  "AGWFirewallLogs",
  "AppExceptions",
  "AppRequests",
  "AppServiceConsoleLogs",
  "AppServiceHTTPLogs",
  "AppServicePlatformLogs",
  "AppTraces",
  "AzureActivity",
  "AzureDiagnostics",
  "ContainerAppConsoleLogs",
  "ContainerAppSystemLogs",
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

/** Keeps the tables for `days` in all; the workspace says how many of them can be searched at once. */
export function createArchive(parent: ComponentResource, name: string, network: Network<Azure>, workspace: Workspace, days: number): void {
  for (const tableName of archivedTables) {
    new Table(
      `${name}-${tableName}`,
      {
        resourceGroupName: network.raw.resourceGroupName,
        workspaceName: workspace.name,
        tableName,
        plan: "Analytics",
        totalRetentionInDays: days,
      },
      // The tables are Azure's own and come with the workspace: a deletion would only be refused.
      { parent, retainOnDelete: true },
    );
  }
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
