import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { postgresImage, streamScript } from "../../jobs/archive/dump";
import { exportScript } from "../../jobs/cache/export";
import { judgeScript, readScript, restoreScript } from "../../jobs/restore-test/azure";
import { verifyScript } from "../../jobs/restore-test/verify";
import type { Stack } from "../../components/stack";
import type { BackupSpec } from "../../components/backup/index";
import { awsTags } from "../support/aws-parts";
import { all, azureBackups, everything, type Has, none } from "../support/backup-parts";
import { childrenOf } from "../support/azure-parts";
import type { Recorded } from "../support/record";

const tags = awsTags("backup");
const uploadScript = readFileSync(join(__dirname, "../../jobs/archive/upload.mjs"), "utf8");

const made = async (spec: BackupSpec = all, stack: Partial<Stack> = {}, has: Has = everything): Promise<Recorded[]> =>
  childrenOf(await azureBackups({ backup: spec }, stack, has), "backup");
const nameOf = ({ type, name }: Recorded): string =>
  `${type.replace(/^aws:(\w+)\/\w+:/, "$1 ").replace(/^azure-native:(\w+):/, "$1 ")} ${name}`;
/** Documents of JSON are read, so that a failing test shows where they differ. */
const read = (value: unknown): unknown => (typeof value === "string" && /^[{[]/.test(value) ? JSON.parse(value) : value);
const described = (resources: readonly Recorded[], part: string): [string, unknown][] =>
  resources
    .filter(({ name }) => (name.replace("platform-test-", "").match(/^backup-(archive|cache|restore-test)/)?.[1] ?? "plan") === part)
    .map((resource) => [nameOf(resource), Object.fromEntries(Object.entries(resource.inputs).map(([key, value]) => [key, read(value)]))]);
/** How a resource sends to the workspace. */
const sends = (part: string, of: string, what: object): [string, unknown] => [
  `monitor DiagnosticSetting ${part}-logs`,
  { name: `diag-${part}`, resourceUri: `${of}-id`, workspaceId: "monitoring-workspace-id", ...what },
];
const metrics = { metrics: [{ category: "AllMetrics", enabled: true }] };

describe("Backup on Azure", () => {
  it("keeps a weekly copy in a vault that has the paired region too, by roles that are there before", async () => {
    expect(described(await made(), "plan")).to.have.deep.members([
      sends("backup", "backup-vault", { logs: [{ categoryGroup: "allLogs", enabled: true }] }),
      [
        "dataprotection BackupVault backup-vault",
        {
          identity: { type: "SystemAssigned" },
          location: "eastus2",
          properties: {
            featureSettings: { crossRegionRestoreSettings: { state: "Enabled" } },
            monitoringSettings: { azureMonitorAlertSettings: { alertsForAllJobFailures: "Enabled" } },
            securitySettings: {
              immutabilitySettings: { state: "Unlocked" },
              softDeleteSettings: { retentionDurationInDays: 14, state: "On" },
            },
            storageSettings: [{ datastoreType: "VaultStore", type: "GeoRedundant" }],
          },
          resourceGroupName: "rg-platform-test-data",
          tags: tags,
          vaultName: "bv-platform-test-backup",
        },
      ],
      [
        "authorization RoleAssignment backup-sees",
        {
          principalId: null,
          principalType: "ServicePrincipal",
          roleDefinitionId: "/subscriptions/0000/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
          scope: "/subscriptions/0000/resourceGroups/rg-platform-test-data",
        },
      ],
      [
        "dataprotection BackupPolicy backup-weekly",
        {
          backupPolicyName: "weekly-365-days",
          properties: {
            datasourceTypes: ["Microsoft.DBforPostgreSQL/flexibleServers"],
            objectType: "BackupPolicy",
            policyRules: [
              {
                isDefault: true,
                lifecycles: [
                  {
                    deleteAfter: { duration: "P365D", objectType: "AbsoluteDeleteOption" },
                    sourceDataStore: { dataStoreType: "VaultStore", objectType: "DataStoreInfoBase" },
                    targetDataStoreCopySettings: [],
                  },
                ],
                name: "Default",
                objectType: "AzureRetentionRule",
              },
              {
                backupParameters: { backupType: "Full", objectType: "AzureBackupParams" },
                dataStore: { dataStoreType: "VaultStore", objectType: "DataStoreInfoBase" },
                name: "BackupWeekly",
                objectType: "AzureBackupRule",
                trigger: {
                  objectType: "ScheduleBasedTriggerContext",
                  schedule: { repeatingTimeIntervals: ["R/2026-01-04T03:00:00+00:00/P1W"], timeZone: "UTC" },
                  taggingCriteria: [{ isDefault: true, tagInfo: { tagName: "Default" }, taggingPriority: 99 }],
                },
              },
            ],
          },
          resourceGroupName: "rg-platform-test-data",
          vaultName: "backup-vault_name",
        },
      ],
      [
        "authorization RoleAssignment backup-copies",
        {
          principalId: null,
          principalType: "ServicePrincipal",
          roleDefinitionId: "/subscriptions/0000/providers/Microsoft.Authorization/roleDefinitions/c088a766-074b-43ba-90d4-1fb21feae531",
          scope: "database-server-id",
        },
      ],
      [
        "dataprotection BackupInstance backup-database",
        {
          backupInstanceName: "database",
          properties: {
            dataSourceInfo: {
              datasourceType: "Microsoft.DBforPostgreSQL/flexibleServers",
              objectType: "Datasource",
              resourceID: "database-server-id",
              resourceLocation: "eastus2",
              resourceName: "database-server_name",
              resourceType: "Microsoft.DBforPostgreSQL/flexibleServers",
              resourceUri: "",
            },
            dataSourceSetInfo: {
              datasourceType: "Microsoft.DBforPostgreSQL/flexibleServers",
              objectType: "DatasourceSet",
              resourceID: "database-server-id",
              resourceLocation: "eastus2",
              resourceName: "database-server_name",
              resourceType: "Microsoft.DBforPostgreSQL/flexibleServers",
              resourceUri: "",
            },
            friendlyName: "database",
            objectType: "BackupInstance",
            policyInfo: { policyId: "backup-weekly-id" },
          },
          resourceGroupName: "rg-platform-test-data",
          tags: tags,
          vaultName: "backup-vault_name",
        },
      ],
    ]);
  });

  it("dumps the database each month into a pipe, and streams it into the bucket's archive", async () => {
    expect(described(await made(), "archive")).to.have.deep.members([
      sends("backup-archive", "backup-archive-job", metrics),
      [
        "managedidentity UserAssignedIdentity backup-archive-identity",
        { location: "eastus2", resourceGroupName: "rg-platform-test", resourceName: "id-platform-test-backup-archive", tags: tags },
      ],
      [
        "authorization RoleAssignment backup-archive-reads-password",
        {
          principalId: "backup-archive-identity_principalId",
          principalType: "ServicePrincipal",
          roleDefinitionId: "/subscriptions/0000/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6",
          scope: "database-secret-id",
        },
      ],
      [
        "authorization RoleAssignment backup-archive-writes",
        {
          principalId: "backup-archive-identity_principalId",
          principalType: "ServicePrincipal",
          roleDefinitionId: "/subscriptions/0000/providers/Microsoft.Authorization/roleDefinitions/ba92f5b4-2d11-453d-a403-e96b0029c9fe",
          scope: "backups-container-id",
        },
      ],
      [
        "app Job backup-archive-job",
        {
          configuration: {
            replicaRetryLimit: 0,
            replicaTimeout: 43200,
            scheduleTriggerConfig: { cronExpression: "0 2 1 * *", parallelism: 1, replicaCompletionCount: 1 },
            secrets: [{ identity: "backup-archive-identity-id", keyVaultUrl: null, name: "database-password" }],
            triggerType: "Schedule",
          },
          environmentId: "hosting-environment-id",
          identity: { type: "UserAssigned", userAssignedIdentities: ["backup-archive-identity-id"] },
          jobName: "cj-platform-test-backup-archive",
          location: "eastus2",
          resourceGroupName: "rg-platform-test",
          tags: tags,
          template: {
            containers: [
              {
                command: ["sh", "-c", streamScript],
                env: [
                  { name: "AZURE_CLIENT_ID", value: "backup-archive-identity_clientId" },
                  { name: "DATABASE_HOST", value: "database-server_fullyQualifiedDomainName" },
                  { name: "DATABASE_NAME", value: "database-database_name" },
                  { name: "DATABASE_PORT", value: "5432" },
                  { name: "DATABASE_SSLMODE", value: "require" },
                  { name: "DATABASE_USER", value: "platform" },
                  { name: "WORK", value: "/work" },
                  { name: "DATABASE_PASSWORD", secretRef: "database-password" },
                ],
                image: postgresImage,
                name: "dump",
                resources: { cpu: 0.5, memory: "1Gi" },
                volumeMounts: [{ mountPath: "/work", volumeName: "work" }],
              },
              {
                command: ["node", "--input-type=module", "--eval", uploadScript],
                env: [
                  { name: "ARCHIVE_URL", value: "https://backups-account_name.blob.core.windows.net/backups-container_name" },
                  { name: "AZURE_CLIENT_ID", value: "backup-archive-identity_clientId" },
                  { name: "WORK", value: "/work" },
                ],
                image: "public.ecr.aws/docker/library/node:22-alpine",
                name: "upload",
                resources: { cpu: 0.5, memory: "1Gi" },
                volumeMounts: [{ mountPath: "/work", volumeName: "work" }],
              },
            ],
            initContainers: [],
            volumes: [{ name: "work", storageType: "EmptyDir" }],
          },
          workloadProfileName: "Consumption",
        },
      ],
      [
        "monitor MetricAlert backup-archive-failed",
        {
          actions: [{ actionGroupId: "monitoring-high-id" }],
          autoMitigate: true,
          criteria: {
            allOf: [
              {
                criterionType: "StaticThresholdCriterion",
                dimensions: [{ name: "state", operator: "Include", values: ["Failed", "failed"] }],
                metricName: "Executions",
                metricNamespace: "Microsoft.App/jobs",
                name: "failed",
                operator: "GreaterThan",
                skipMetricValidation: true,
                threshold: 0,
                timeAggregation: "Total",
              },
            ],
            odataType: "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
          },
          description: "Failed: Monthly archive of the database of platform test",
          enabled: true,
          evaluationFrequency: "PT15M",
          location: "global",
          resourceGroupName: "rg-platform-test",
          ruleName: "alert-platform-test-backup-archive-failed",
          scopes: ["backup-archive-job-id"],
          severity: 1,
          tags: tags,
          windowSize: "PT1H",
        },
      ],
    ]);
  });

  it("exports the cache every six hours, by a role of its own at the cluster alone", async () => {
    expect(described(await made(), "cache")).to.have.deep.members([
      sends("backup-cache", "backup-cache-job", metrics),
      [
        "authorization RoleDefinition backup-cache-role",
        {
          assignableScopes: ["/subscriptions/0000/resourceGroups/rg-platform-test-data"],
          description: "Exports the cache into a container",
          permissions: [
            { actions: ["Microsoft.Cache/redisEnterprise/databases/read", "Microsoft.Cache/redisEnterprise/databases/export/action"] },
          ],
          roleName: "role-platform-test-backup-cache",
          roleType: "CustomRole",
          scope: "/subscriptions/0000/resourceGroups/rg-platform-test-data",
        },
      ],
      [
        "managedidentity UserAssignedIdentity backup-cache-identity",
        { location: "eastus2", resourceGroupName: "rg-platform-test", resourceName: "id-platform-test-backup-cache", tags: tags },
      ],
      [
        "authorization RoleAssignment backup-cache-exports",
        {
          principalId: "backup-cache-identity_principalId",
          principalType: "ServicePrincipal",
          roleDefinitionId: "backup-cache-role-id",
          scope: "cache-cluster-id",
        },
      ],
      [
        "storage BlobContainer backup-cache-container",
        { accountName: "backups-account_name", containerName: "cache", publicAccess: "None", resourceGroupName: "rg-platform-test-data" },
      ],
      [
        "authorization RoleAssignment backup-cache-cluster-writes",
        {
          principalId: "secrets-key-user_principalId",
          principalType: "ServicePrincipal",
          roleDefinitionId: "/subscriptions/0000/providers/Microsoft.Authorization/roleDefinitions/ba92f5b4-2d11-453d-a403-e96b0029c9fe",
          scope: "backup-cache-container-id",
        },
      ],
      [
        "authorization RoleAssignment backup-cache-deletes",
        {
          principalId: "backup-cache-identity_principalId",
          principalType: "ServicePrincipal",
          roleDefinitionId: "/subscriptions/0000/providers/Microsoft.Authorization/roleDefinitions/ba92f5b4-2d11-453d-a403-e96b0029c9fe",
          scope: "backup-cache-container-id",
        },
      ],
      [
        "app Job backup-cache-job",
        {
          configuration: {
            replicaRetryLimit: 0,
            replicaTimeout: 7200,
            scheduleTriggerConfig: { cronExpression: "0 */6 * * *", parallelism: 1, replicaCompletionCount: 1 },
            secrets: [],
            triggerType: "Schedule",
          },
          environmentId: "hosting-environment-id",
          identity: { type: "UserAssigned", userAssignedIdentities: ["backup-cache-identity-id"] },
          jobName: "cj-platform-test-backup-cache",
          location: "eastus2",
          resourceGroupName: "rg-platform-test",
          tags: tags,
          template: {
            containers: [
              {
                command: ["bash", "-c", exportScript],
                env: [
                  { name: "ACCOUNT", value: "backups-account_name" },
                  { name: "AZURE_CLIENT_ID", value: "backup-cache-identity_clientId" },
                  { name: "CACHE_DATABASE", value: "cache-database-id" },
                  { name: "CONTAINER", value: "backup-cache-container_name" },
                  { name: "DAYS", value: "7" },
                  { name: "WORK", value: "/work" },
                ],
                image: "mcr.microsoft.com/azure-cli:2.77.0",
                name: "export",
                resources: { cpu: 0.5, memory: "1Gi" },
                volumeMounts: [{ mountPath: "/work", volumeName: "work" }],
              },
            ],
            initContainers: [],
            volumes: [{ name: "work", storageType: "EmptyDir" }],
          },
          workloadProfileName: "Consumption",
        },
      ],
      [
        "monitor MetricAlert backup-cache-failed",
        {
          actions: [{ actionGroupId: "monitoring-high-id" }],
          autoMitigate: true,
          criteria: {
            allOf: [
              {
                criterionType: "StaticThresholdCriterion",
                dimensions: [{ name: "state", operator: "Include", values: ["Failed", "failed"] }],
                metricName: "Executions",
                metricNamespace: "Microsoft.App/jobs",
                name: "failed",
                operator: "GreaterThan",
                skipMetricValidation: true,
                threshold: 0,
                timeAggregation: "Total",
              },
            ],
            odataType: "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
          },
          description: "Failed: Snapshot of the cache of platform test",
          enabled: true,
          evaluationFrequency: "PT15M",
          location: "global",
          resourceGroupName: "rg-platform-test",
          ruleName: "alert-platform-test-backup-cache-failed",
          scopes: ["backup-cache-job-id"],
          severity: 1,
          tags: tags,
          windowSize: "PT1H",
        },
      ],
    ]);
  });

  it("restores the database each month into a group of its own, by a role that ends there, reads it, and deletes it", async () => {
    expect(described(await made(), "restore-test")).to.have.deep.members([
      sends("backup-restore-test", "backup-restore-test-job", metrics),
      [
        "authorization RoleDefinition backup-restore-test-role",
        {
          assignableScopes: [
            "/subscriptions/0000/resourceGroups/rg-platform-test",
            "/subscriptions/0000/resourceGroups/rg-platform-test-data",
          ],
          description: "What the restore test's server is made from",
          permissions: [
            {
              actions: [
                "Microsoft.DBforPostgreSQL/flexibleServers/read",
                "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
                "Microsoft.ManagedIdentity/userAssignedIdentities/read",
                "Microsoft.Network/privateDnsZones/join/action",
                "Microsoft.Network/privateDnsZones/read",
                "Microsoft.Network/virtualNetworks/subnets/join/action",
                "Microsoft.Network/virtualNetworks/subnets/read",
              ],
            },
          ],
          roleName: "role-platform-test-backup-restore-test",
          roleType: "CustomRole",
          scope: "/subscriptions/0000/resourceGroups/rg-platform-test",
        },
      ],
      [
        "managedidentity UserAssignedIdentity backup-restore-test-identity",
        { location: "eastus2", resourceGroupName: "rg-platform-test", resourceName: "id-platform-test-backup-restore-test", tags: tags },
      ],
      [
        "resources ResourceGroup backup-restore-test-group",
        { location: "eastus2", resourceGroupName: "rg-platform-test-restore", tags: tags },
      ],
      [
        "authorization RoleAssignment backup-restore-test-key",
        {
          principalId: "backup-restore-test-identity_principalId",
          principalType: "ServicePrincipal",
          roleDefinitionId: "backup-restore-test-role-id",
          scope: "secrets-key-user-id",
        },
      ],
      [
        "authorization RoleDefinition backup-restore-test-server-role",
        {
          assignableScopes: ["backup-restore-test-group-id"],
          description: "Makes and deletes the server of the restore test",
          permissions: [
            {
              actions: [
                "Microsoft.DBforPostgreSQL/flexibleServers/read",
                "Microsoft.DBforPostgreSQL/flexibleServers/write",
                "Microsoft.DBforPostgreSQL/flexibleServers/delete",
              ],
            },
          ],
          roleName: "role-platform-test-backup-restore-test-server",
          roleType: "CustomRole",
          scope: "backup-restore-test-group-id",
        },
      ],
      [
        "authorization RoleAssignment backup-restore-test-zone",
        {
          principalId: "backup-restore-test-identity_principalId",
          principalType: "ServicePrincipal",
          roleDefinitionId: "backup-restore-test-role-id",
          scope: "network-postgres-id",
        },
      ],
      [
        "authorization RoleAssignment backup-restore-test-owns",
        {
          principalId: "backup-restore-test-identity_principalId",
          principalType: "ServicePrincipal",
          roleDefinitionId: "backup-restore-test-server-role-id",
          scope: "backup-restore-test-group-id",
        },
      ],
      [
        "authorization RoleAssignment backup-restore-test-reads-password",
        {
          principalId: "backup-restore-test-identity_principalId",
          principalType: "ServicePrincipal",
          roleDefinitionId: "/subscriptions/0000/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6",
          scope: "database-secret-id",
        },
      ],
      [
        "authorization RoleAssignment backup-restore-test-subnet",
        {
          principalId: "backup-restore-test-identity_principalId",
          principalType: "ServicePrincipal",
          roleDefinitionId: "backup-restore-test-role-id",
          scope: "network-vnet-id/subnets/data",
        },
      ],
      [
        "authorization RoleAssignment backup-restore-test-source",
        {
          principalId: "backup-restore-test-identity_principalId",
          principalType: "ServicePrincipal",
          roleDefinitionId: "backup-restore-test-role-id",
          scope: "database-server-id",
        },
      ],
      [
        "app Job backup-restore-test-job",
        {
          configuration: {
            replicaRetryLimit: 0,
            replicaTimeout: 28800,
            scheduleTriggerConfig: { cronExpression: "0 8 2 * *", parallelism: 1, replicaCompletionCount: 1 },
            secrets: [
              {
                identity: "backup-restore-test-identity-id",
                keyVaultUrl: null,
                name: "database-password",
              },
            ],
            triggerType: "Schedule",
          },
          environmentId: "hosting-environment-id",
          identity: { type: "UserAssigned", userAssignedIdentities: ["backup-restore-test-identity-id"] },
          jobName: "cj-platform-test-backup-r-431e8d",
          location: "eastus2",
          resourceGroupName: "rg-platform-test",
          tags: tags,
          template: {
            containers: [
              {
                command: ["bash", "-c", judgeScript],
                env: [
                  { name: "AZURE_CLIENT_ID", value: "backup-restore-test-identity_clientId" },
                  {
                    name: "RESTORED",
                    value:
                      "backup-restore-test-group-id/providers/Microsoft.DBforPostgreSQL/flexibleServers/psql-platform-test-backup-restore-test-431e8d",
                  },
                  { name: "WORK", value: "/work" },
                ],
                image: "mcr.microsoft.com/azure-cli:2.77.0",
                name: "judge",
                resources: { cpu: 0.5, memory: "1Gi" },
                volumeMounts: [{ mountPath: "/work", volumeName: "work" }],
              },
            ],
            initContainers: [
              {
                command: ["bash", "-c", restoreScript],
                env: [
                  { name: "AZURE_CLIENT_ID", value: "backup-restore-test-identity_clientId" },
                  {
                    name: "REQUEST",
                    value:
                      '{"location":"eastus2","tags":{"project":"platform","environment":"prod","stack":"test","component":"backup","owner":"platform-team","cost-center":"web","managed-by":"pulumi"},"sku":{"name":"Standard_D2ds_v5","tier":"GeneralPurpose"},"identity":{"type":"UserAssigned","userAssignedIdentities":{"secrets-key-user-id":{}}},"properties":{"createMode":"PointInTimeRestore","sourceServerResourceId":"database-server-id","pointInTimeUTC":"@TIME@","network":{"delegatedSubnetResourceId":"network-vnet-id/subnets/data","privateDnsZoneArmResourceId":"network-postgres-id"},"dataEncryption":{"type":"AzureKeyVault","primaryKeyURI":"secrets-key_keyUriWithVersio","primaryUserAssignedIdentityId":"secrets-key-user-id"}}}',
                  },
                  {
                    name: "RESTORED",
                    value:
                      "backup-restore-test-group-id/providers/Microsoft.DBforPostgreSQL/flexibleServers/psql-platform-test-backup-restore-test-431e8d",
                  },
                  { name: "WORK", value: "/work" },
                ],
                image: "mcr.microsoft.com/azure-cli:2.77.0",
                name: "restore",
                resources: { cpu: 0.5, memory: "1Gi" },
                volumeMounts: [{ mountPath: "/work", volumeName: "work" }],
              },
              {
                command: ["sh", "-c", readScript],
                env: [
                  { name: "AZURE_CLIENT_ID", value: "backup-restore-test-identity_clientId" },
                  { name: "DATABASE_HOST", value: "database-server_fullyQualifiedDomainName" },
                  { name: "DATABASE_NAME", value: "database-database_name" },
                  { name: "DATABASE_PORT", value: "5432" },
                  { name: "DATABASE_SSLMODE", value: "require" },
                  { name: "DATABASE_USER", value: "platform" },
                  { name: "RESTORE_QUERY", value: "select count(*) > 0 from orders" },
                  { name: "VERIFY", value: verifyScript },
                  { name: "WORK", value: "/work" },
                  { name: "DATABASE_PASSWORD", secretRef: "database-password" },
                ],
                image: postgresImage,
                name: "read",
                resources: { cpu: 0.5, memory: "1Gi" },
                volumeMounts: [{ mountPath: "/work", volumeName: "work" }],
              },
            ],
            volumes: [{ name: "work", storageType: "EmptyDir" }],
          },
          workloadProfileName: "Consumption",
        },
      ],
      [
        "monitor MetricAlert backup-restore-test-failed",
        {
          actions: [{ actionGroupId: "monitoring-high-id" }],
          autoMitigate: true,
          criteria: {
            allOf: [
              {
                criterionType: "StaticThresholdCriterion",
                dimensions: [{ name: "state", operator: "Include", values: ["Failed", "failed"] }],
                metricName: "Executions",
                metricNamespace: "Microsoft.App/jobs",
                name: "failed",
                operator: "GreaterThan",
                skipMetricValidation: true,
                threshold: 0,
                timeAggregation: "Total",
              },
            ],
            odataType: "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
          },
          description: "Failed: Monthly restore test of the database of platform test",
          enabled: true,
          evaluationFrequency: "PT15M",
          location: "global",
          resourceGroupName: "rg-platform-test",
          ruleName: "alert-platform-test-backup-restore-test-failed",
          scopes: ["backup-restore-test-job-id"],
          severity: 1,
          tags: tags,
          windowSize: "PT1H",
        },
      ],
    ]);
  });

  it("is what is asked for, of what there is", async () => {
    const specs = {
      "copy-none": none,
      "copy-daily": { ...none, dailyDays: 1 },
      "copy-weekly": { ...none, weeklyDays: 1 },
      "copy-archive": { ...none, archive: true },
      "copy-cache": { ...none, cacheDays: 1 },
      "copy-tested": { ...none, dailyDays: 1, restoreTest: true },
    };
    const resources = await azureBackups(specs, {}, everything);
    const parts = Object.keys(specs).map((name) =>
      childrenOf(resources, name)
        .flatMap((made) => /:(BackupVault|BackupPolicy|BackupInstance|Job)$/.exec(made.type)?.[1] ?? [])
        .sort()
        .join(" "),
    );
    expect(parts).to.deep.equal(["", "", "BackupInstance BackupPolicy BackupVault", "Job", "Job", "Job"]);
    expect(childrenOf(await azureBackups({ backup: all }, {}, ["bucket"]), "backup")).to.deep.equal([]);
  });

  it("goes with one destroy where nothing is guarded, and is kept where vaults are", async () => {
    const guarded = (resources: readonly Recorded[]) => resources.filter(({ protect }) => protect).map(({ name }) => name);
    expect(guarded(await made())).to.have.members(["backup-vault", "backup-cache-container"]);
    const free = await made({ ...none, weeklyDays: 28 }, { guard: "none" });
    expect(guarded(free)).to.deep.equal([]);
    expect(free.find(({ name }) => name === "backup-vault")?.inputs.properties).to.deep.equal({
      storageSettings: [{ datastoreType: "VaultStore", type: "ZoneRedundant" }],
      securitySettings: { softDeleteSettings: { state: "Off" }, immutabilitySettings: { state: "Disabled" } },
      monitoringSettings: { azureMonitorAlertSettings: { alertsForAllJobFailures: "Enabled" } },
    });
  });

  it("starts nothing before it may run", async () => {
    const resources = await made();
    const before = (name: string): string[] =>
      (resources.find((resource) => resource.name === name)?.dependencies ?? []).map((urn) => urn.split("::")[3] ?? "");
    expect(before("backup-database")).to.include.members(["backup-copies", "backup-sees"]);
    expect(before("backup-archive-job")).to.include.members([
      "backup-archive-reads-password",
      "backup-archive-writes",
      "secrets-endpoint-dns",
    ]);
    expect(before("backup-archive-job")).to.include.members(["backups-endpoint-dns", "database-secret"]);
    expect(before("backup-cache-job")).to.include.members(["backup-cache-cluster-writes", "backup-cache-deletes", "backup-cache-exports"]);
    const roles = ["owns", "source", "subnet", "zone", "key", "reads-password"].map((what) => `backup-restore-test-${what}`);
    expect(before("backup-restore-test-job")).to.include.members(roles);
  });
});
