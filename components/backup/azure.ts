// Backup on Azure: a backup vault for the weekly copies of the database, kept in the paired region too, and jobs for what the vault can't
// do: the archive, snapshots of the cache, and the test that a copy can be restored and read.
import { BackupInstance, BackupPolicy, BackupVault } from "@pulumi/azure-native/dataprotection";
import type { dataprotection as inputs } from "@pulumi/azure-native/types/input";
import type { ComponentResourceOptions, Resource } from "@pulumi/pulumi";
import { sendSignals } from "../clouds/azure/diagnostics";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { platformRoles } from "../clouds/azure/permissions";
import { transformed } from "../clouds/azure/transforms";
import { refuse } from "../fault";
import { watchedTypes } from "../monitoring/azure-alarms";
import { Watched } from "../monitoring/watched";
import { guarded, tagsOf } from "../stack";
import { createArchive } from "./azure-archive";
import { createSnapshots } from "./azure-cache";
import { assign, groupId } from "./azure-job";
import { createRestoreTest } from "./azure-restore-test";
import { Backup, type BackupArgs, check, hasOf } from "./index";

const server = "Microsoft.DBforPostgreSQL/flexibleServers";
/** Where the vault keeps copies: it has one store for them. */
const store = { dataStoreType: "VaultStore", objectType: "DataStoreInfoBase" } as const;

export class AzureBackup extends Backup<Azure> {
  readonly watched: readonly Watched<Azure>[];
  readonly vault: BackupVault | undefined;

  constructor(
    private readonly name: string,
    private readonly args: BackupArgs<Azure>,
    opts?: ComponentResourceOptions,
  ) {
    refuse(check(args, hasOf(args)));
    super("Backup", name, opts);
    const { database, cache, bucket } = args;
    this.vault = database !== undefined && args.weeklyDays > 0 ? this.createVault() : undefined;
    this.watched =
      this.vault === undefined
        ? []
        : [
            new Watched<Azure>("backup", name, {
              resourceId: this.vault.id,
              type: watchedTypes.backups,
              entity: nameOf(args.network.stack, "backupVault", name),
            }),
          ];
    if (this.vault !== undefined && database !== undefined) this.createPlan(this.vault, database.raw);

    if (args.archive && database !== undefined && bucket !== undefined)
      createArchive(this, `${name}-archive`, name, args, database.raw, bucket.raw);
    if (args.cacheDays > 0 && cache !== undefined && bucket !== undefined)
      createSnapshots(this, `${name}-cache`, name, args, cache.raw, bucket.raw);
    if (args.restoreTest && database !== undefined) createRestoreTest(this, `${name}-restore-test`, name, args, database.raw);
    this.finish({});
  }

  private createVault(): BackupVault {
    const { raw, stack } = this.args.network;
    const keep = guarded(stack, "vault");
    const vault = new BackupVault(
      `${this.name}-vault`,
      transformed("backup.vault", {
        resourceGroupName: raw.dataResourceGroupName,
        location: raw.location,
        vaultName: nameOf(stack, "backupVault", this.name),
        identity: { type: "SystemAssigned" },
        properties: {
          storageSettings: [{ datastoreType: "VaultStore", type: this.args.copy ? "GeoRedundant" : "ZoneRedundant" }],
          securitySettings: {
            // Deleted copies stay for two weeks, and with them the vault: where one command must take all away, they don't.
            softDeleteSettings: keep ? { state: "On", retentionDurationInDays: 14 } : { state: "Off" },
            // Can be lifted, as the guard can; `Locked` could not even by Azure.
            immutabilitySettings: { state: keep ? "Unlocked" : "Disabled" },
          },
          // Each failed copy is an alert of Azure's own.
          monitoringSettings: { azureMonitorAlertSettings: { alertsForAllJobFailures: "Enabled" } },
          ...(this.args.copy ? { featureSettings: { crossRegionRestoreSettings: { state: "Enabled" } } } : {}),
        },
        tags: tagsOf(stack, this.name),
      }),
      { parent: this, protect: keep },
    );
    const { workspaceId } = this.args.monitoring.raw;
    // Its metrics can't be sent.
    sendSignals(this, this.name, { stack, resourceUri: vault.id, workspaceId, signals: "logs" });
    return vault;
  }

  /** Azure takes one full copy of a flexible server a week, and refuses a second. */
  private createPlan(vault: BackupVault, database: Azure["database"]): void {
    const { raw, stack } = this.args.network;
    const common = { resourceGroupName: raw.dataResourceGroupName, vaultName: vault.name };
    const policy = new BackupPolicy(
      `${this.name}-weekly`,
      {
        ...common,
        // A policy can't be changed, and one in use not be deleted: another retention is another policy.
        backupPolicyName: nameOf(stack, "backupPolicy", `weekly-${this.args.weeklyDays}-days`),
        properties: {
          objectType: "BackupPolicy",
          datasourceTypes: [server],
          policyRules: [retention(this.args.weeklyDays), weekly],
        },
      },
      { parent: this },
    );
    const source = {
      resourceID: database.serverId,
      resourceName: database.serverName,
      resourceType: server,
      resourceLocation: raw.location,
      resourceUri: "",
      datasourceType: server,
    };
    new BackupInstance(
      `${this.name}-database`,
      {
        ...common,
        backupInstanceName: nameOf(stack, "backupInstance", "database"),
        properties: {
          objectType: "BackupInstance",
          friendlyName: "database",
          dataSourceInfo: { ...source, objectType: "Datasource" },
          dataSourceSetInfo: { ...source, objectType: "DatasourceSet" },
          policyInfo: { policyId: policy.id },
        },
        tags: tagsOf(stack, this.name),
      },
      { parent: this, dependsOn: this.allow(vault, database) },
    );
  }

  /** The vault's own identity, before the first copy: Azure tries it when the copy is arranged. */
  private allow(vault: BackupVault, database: Azure["database"]): Resource[] {
    const { network } = this.args;
    const principalId = vault.identity.apply((identity) => {
      if (identity?.principalId === undefined) throw new Error("Azure gave the backup vault no identity");
      return identity.principalId;
    });
    const group = groupId(network, network.raw.dataResourceGroupName);
    return [
      assign(this, `${this.name}-copies`, network, principalId, platformRoles.backup.copy.id, database.serverId),
      assign(this, `${this.name}-sees`, network, principalId, platformRoles.backup.see.id, group),
    ];
  }
}

function retention(days: number): inputs.AzureRetentionRuleArgs {
  return {
    objectType: "AzureRetentionRule",
    name: "Default",
    isDefault: true,
    lifecycles: [
      {
        sourceDataStore: store,
        deleteAfter: { objectType: "AbsoluteDeleteOption", duration: `P${days}D` },
        targetDataStoreCopySettings: [],
      },
    ],
  };
}

/** Sundays at three: the first day of the interval fixes the weekday. */
const weekly: inputs.AzureBackupRuleArgs = {
  objectType: "AzureBackupRule",
  name: "BackupWeekly",
  backupParameters: { objectType: "AzureBackupParams", backupType: "Full" },
  dataStore: store,
  trigger: {
    objectType: "ScheduleBasedTriggerContext",
    schedule: { repeatingTimeIntervals: ["R/2026-01-04T03:00:00+00:00/P1W"], timeZone: "UTC" },
    taggingCriteria: [{ tagInfo: { tagName: "Default" }, taggingPriority: 99, isDefault: true }],
  },
};
