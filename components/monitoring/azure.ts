// Monitoring on Azure: the workspace in which all logs arrive, the group of people who get alerts, and the flow log of the network.
import * as authorization from "@pulumi/azure-native/authorization";
import * as managedidentity from "@pulumi/azure-native/managedidentity";
import * as monitor from "@pulumi/azure-native/monitor";
import * as network from "@pulumi/azure-native/network";
import * as operationalinsights from "@pulumi/azure-native/operationalinsights";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { platformRoles, roleId } from "../clouds/azure/permissions";
import { transformed } from "../clouds/azure/transforms";
import { type Fault, refuse } from "../fault";
import { tagsOf } from "../stack";
import { Monitoring, type MonitoringArgs } from "./index";

export class AzureMonitoring extends Monitoring<Azure> {
  readonly alertsId: Output<string>;
  readonly raw: Azure["monitoring"];
  readonly workspace: operationalinsights.Workspace;
  readonly actionGroup: monitor.ActionGroup;

  constructor(name: string, args: MonitoringArgs<Azure>, opts?: ComponentResourceOptions) {
    refuse(checkLogDays(args.logDays));
    super("Monitoring", name, opts);
    this.workspace = this.makeWorkspace(name, args);
    this.actionGroup = this.makeActionGroup(name, args);
    if (args.flowLogs) this.logFlows(name, args);

    this.alertsId = this.actionGroup.id;
    this.raw = { workspaceId: this.workspace.id, actionGroupId: this.actionGroup.id };
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
        // Azure keeps everything for 30 days at the price of ingestion and sells no less.
        retentionInDays: Math.max(args.logDays, workspaceDays.min),
        features: { disableLocalAuth: true, enableLogAccessUsingOnlyResourcePermissions: true },
        tags: tagsOf(stack, name),
      }),
      { parent: this },
    );
  }

  private makeActionGroup(name: string, args: MonitoringArgs<Azure>): monitor.ActionGroup {
    const { raw, stack } = args.network;
    return new monitor.ActionGroup(
      `${name}-alerts`,
      transformed("monitoring.actionGroup", {
        resourceGroupName: raw.resourceGroupName,
        location: "Global",
        actionGroupName: nameOf(stack, "actionGroup", name),
        groupShortName: nameOf(stack, "actionGroupShort", name),
        enabled: true,
        // Receivers are told apart by name: an address given twice would be refused.
        emailReceivers: [...new Set(args.alertEmails)].map((address) => ({
          name: address,
          emailAddress: address,
          useCommonAlertSchema: true,
        })),
        tags: tagsOf(stack, name),
      }),
      { parent: this },
    );
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
