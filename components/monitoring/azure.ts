// Monitoring on Azure: the workspace in which all logs arrive, a group of receivers per severity, Application Insights, the audit trail
// and the flow log of the network.
import * as applicationinsights from "@pulumi/azure-native/applicationinsights";
import * as authorization from "@pulumi/azure-native/authorization";
import * as managedidentity from "@pulumi/azure-native/managedidentity";
import * as network from "@pulumi/azure-native/network";
import * as operationalinsights from "@pulumi/azure-native/operationalinsights";
import { type ComponentResourceOptions, interpolate, type Output, secret } from "@pulumi/pulumi";
import { sendSignals } from "../clouds/azure/diagnostics";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { platformRoles, roleId } from "../clouds/azure/permissions";
import { transformed } from "../clouds/azure/transforms";
import { type Fault, refuse } from "../fault";
import { tagsOf } from "../stack";
import { everyone, type Severity } from "./alerts";
import { checkArchiveDays } from "./archive";
import { createArchive, createAudit } from "./azure-archive";
import { createRoute } from "./azure-routes";
import { Monitoring, type MonitoringArgs } from "./index";

export class AzureMonitoring extends Monitoring<Azure> {
  readonly alertsId: Output<string>;
  readonly raw: Azure["monitoring"];
  readonly workspace: operationalinsights.Workspace;
  readonly insights: applicationinsights.Component | undefined;

  constructor(name: string, args: MonitoringArgs<Azure>, opts?: ComponentResourceOptions) {
    refuse([...checkLogDays(args.logDays), ...checkArchiveDays(args.archiveDays, "azure")]);
    super("Monitoring", name, opts);
    this.workspace = this.makeWorkspace(name, args);
    const actionGroupIds = this.makeActionGroups(name, args);
    this.insights = args.tracing === true || args.probed === true ? this.makeInsights(name, args) : undefined;
    if (args.archiveDays !== undefined && args.archiveDays > daysOf(args))
      createArchive(this, name, args.network, this.workspace, args.archiveDays);
    if (args.audit === true) createAudit(this, name, args.network, this.workspace);
    this.sendSignals(name, args);
    if (args.flowLogs) this.logFlows(name, args);

    this.alertsId = actionGroupIds.high;
    this.raw = {
      workspaceId: this.workspace.id,
      actionGroupId: actionGroupIds.high,
      actionGroupIds,
      insights: this.insights && { componentId: this.insights.id, connectionString: secret(this.insights.connectionString) },
      tracing: args.tracing === true,
      audit: args.audit === true,
      metrics: args.metrics ?? [],
    };
    this.finish({ alertsId: this.alertsId });
  }

  private makeWorkspace(name: string, args: MonitoringArgs<Azure>): operationalinsights.Workspace {
    const { raw, stack } = args.network;
    return new operationalinsights.Workspace(
      `${name}-workspace`,
      transformed("monitoring.workspace", {
        resourceGroupName: raw.resourceGroupName,
        location: raw.location,
        workspaceName: nameOf(stack, "workspace", name),
        sku: { name: "PerGB2018" },
        retentionInDays: daysOf(args),
        features: { disableLocalAuth: true, enableLogAccessUsingOnlyResourcePermissions: true },
        tags: tagsOf(stack, name),
      }),
      { parent: this },
    );
  }

  private makeActionGroups(name: string, { network, receivers, alertEmails }: MonitoringArgs<Azure>): Record<Severity, Output<string>> {
    const told = everyone(receivers, alertEmails);
    const workspaceId = this.workspace.id;
    const group = (severity: Severity): Output<string> =>
      createRoute(this, `${name}-${severity}`, { network, workspaceId, component: name, severity, receivers: told[severity] }).id;
    return { critical: group("critical"), high: group("high"), medium: group("medium"), low: group("low") };
  }

  /** Collectors send with its connection string, as they know no identities. */
  private makeInsights(name: string, args: MonitoringArgs<Azure>): applicationinsights.Component {
    const { raw, stack } = args.network;
    return new applicationinsights.Component(
      `${name}-insights`,
      transformed("monitoring.insights", {
        resourceGroupName: raw.resourceGroupName,
        location: raw.location,
        resourceName: nameOf(stack, "insights", name),
        kind: "web",
        applicationType: "web",
        workspaceResourceId: this.workspace.id,
        ingestionMode: "LogAnalytics",
        disableIpMasking: false,
        disableLocalAuth: false,
        tags: tagsOf(stack, name),
      }),
      { parent: this },
    );
  }

  /** Of what was made before the workspace, the network and the account of the logs, and of the workspace itself: who asked what of it. */
  private sendSignals(name: string, { network: { raw, stack }, logs }: MonitoringArgs<Azure>): void {
    const common = { stack, workspaceId: this.workspace.id };
    sendSignals(this, `${name}-network`, { ...common, resourceUri: raw.vnetId, signals: "logs and metrics" });
    for (const [tier, id] of Object.entries(raw.groupIds))
      sendSignals(this, `${name}-network-${tier}`, { ...common, resourceUri: id, signals: "logs" });
    if (raw.natAddressId !== undefined)
      sendSignals(this, `${name}-network-nat`, { ...common, resourceUri: raw.natAddressId, signals: "logs and metrics" });
    sendSignals(this, `${name}-workspace`, { ...common, resourceUri: this.workspace.id, signals: "logs and metrics" });
    const blobs = interpolate`${logs.raw.accountId}/blobServices/default`;
    sendSignals(this, `${name}-log-account`, { ...common, resourceUri: blobs, signals: "logs and metrics" });
  }

  /**
   * The watcher is Azure's own, one per region and subscription, made together with the first virtual network there. Where that was
   * switched off it must be made once by hand: `az network watcher configure --enabled true --locations <region>`.
   */
  private logFlows(name: string, { network: from, logs }: MonitoringArgs<Azure>): void {
    const { raw, stack } = from;
    const writer = new managedidentity.UserAssignedIdentity(
      `${name}-flow-writer`,
      {
        resourceGroupName: raw.resourceGroupName,
        location: raw.location,
        resourceName: nameOf(stack, "identity", `${name}-flow`),
        tags: tagsOf(stack, name),
      },
      { parent: this },
    );
    // Without an identity the watcher would write with the account's key, and keys are switched off.
    const access = new authorization.RoleAssignment(
      `${name}-flow-access`,
      {
        scope: logs.raw.accountId,
        principalId: writer.principalId,
        principalType: "ServicePrincipal",
        roleDefinitionId: roleId(raw.subscriptionId, platformRoles.logs.write.id),
      },
      { parent: this },
    );
    new network.FlowLog(
      `${name}-flow`,
      {
        resourceGroupName: "NetworkWatcherRG",
        networkWatcherName: `NetworkWatcher_${raw.location}`,
        location: raw.location,
        flowLogName: nameOf(stack, "flowLog", name),
        targetResourceId: raw.vnetId,
        storageId: logs.raw.accountId,
        enabled: true,
        format: { type: "JSON", version: 2 },
        // The account's own expiry deletes the files.
        retentionPolicy: { enabled: false, days: 0 },
        identity: { type: "UserAssigned", userAssignedIdentities: [writer.id] },
        tags: tagsOf(stack, name),
      },
      { parent: this, dependsOn: [access] },
    );
  }
}

/** What a workspace keeps for searches. */
const workspaceDays = { min: 30, max: 730 } as const;

/** What is wrong with the days that logs are kept, with the path `logDays`. */
export function checkLogDays(days: number): Fault[] {
  if (Number.isInteger(days) && days >= 1 && days <= workspaceDays.max) return [];
  return [
    {
      path: "logDays",
      given: days,
      problem: `a Log Analytics workspace keeps logs for ${workspaceDays.min} to ${workspaceDays.max} days (fewer become ${workspaceDays.min})`,
      remedy: `set a whole number from 1 to ${workspaceDays.max}`,
    },
  ];
}

/** Azure keeps everything for 30 days at the price of ingestion and sells no less. */
function daysOf({ logDays }: MonitoringArgs<Azure>): number {
  return Math.max(logDays, workspaceDays.min);
}
