// M1: the logs and metrics of every resource arrive in one place. Each type of prod, with every choice, stands in one of these tables: it
// sends what it can, or it has nothing to send, with the reason. A type that is new fails here until somebody has looked.
import { expect } from "chai";
import { type CloudName, clouds } from "../components/cloud";
import { archivedTables } from "../components/monitoring/azure-archive";
import { plan } from "../plan/plan";
import type { Report } from "../plan/report";
import { choices } from "./support/choices";

type Resource = Report["resources"][number];
type Signals = "logs" | "metrics" | "logs and metrics";

interface Sender {
  readonly signals: Signals;
  /** The setting stands on this part of the account. */
  readonly part?: string;
  /** Where its logs arrive. Default: the one table that many share, AzureDiagnostics. */
  readonly tables?: readonly string[];
}

const siteLogs = ["AppLogs", "AuditLogs", "AuthenticationLogs", "ConsoleLogs", "HTTPLogs", "IPSecAuditLogs", "PlatformLogs"].map(
  (kind) => `AppService${kind}`,
);
const busLogs = ["ApplicationMetricLogs", "DiagnosticErrorLogs", "OperationalLogs", "RunTimeAuditLogs", "VnetConnectionEvents"].map(
  (kind) => `AZMS${kind}`,
);
const backupLogs = ["AddonAzureBackupJobs", "AddonAzureBackupPolicy", "AddonAzureBackupProtectedInstance", "CoreAzureBackup"];

/**
 * What Azure Monitor's pages on supported logs and metrics (July 2026) say of a type: which of the two a diagnostic setting can send, and what
 * its reference of tables says where logs arrive.
 */
const azureSends: Readonly<Record<string, Sender>> = {
  "app:ContainerApp": { signals: "metrics" }, // its logs are the environment's
  "app:Job": { signals: "metrics" },
  "app:ManagedEnvironment": { signals: "logs and metrics", tables: ["ContainerAppConsoleLogs", "ContainerAppSystemLogs"] },
  "appconfiguration:ConfigurationStore": { signals: "logs and metrics", tables: ["AACAudit", "AACHttpRequest"] },
  "cdn:Profile": { signals: "logs and metrics" },
  "compute:VirtualMachine": { signals: "metrics" },
  "containerregistry:Registry": {
    signals: "logs and metrics",
    tables: ["ContainerRegistryLoginEvents", "ContainerRegistryRepositoryEvents"],
  },
  "dataprotection:BackupVault": { signals: "logs", tables: backupLogs },
  "dbforpostgresql:Server": { signals: "logs and metrics" },
  "eventgrid:SystemTopic": { signals: "logs and metrics" },
  "keyvault:Vault": { signals: "logs and metrics" },
  "logic:Workflow": { signals: "logs and metrics" },
  "monitor:AutoscaleSetting": { signals: "logs and metrics", tables: ["AutoscaleEvaluationsLog", "AutoscaleScaleActionsLog"] },
  "network:ApplicationGateway": { signals: "logs and metrics", tables: ["AGWAccessLogs", "AGWFirewallLogs"] },
  "network:BastionHost": { signals: "logs and metrics", tables: ["MicrosoftAzureBastionAuditLogs"] },
  "network:NetworkInterface": { signals: "metrics" },
  "network:NetworkSecurityGroup": { signals: "logs" },
  "network:PublicIPAddress": { signals: "logs and metrics" },
  "network:VirtualNetwork": { signals: "logs and metrics" },
  "network:VirtualNetworkGateway": { signals: "logs and metrics" },
  "network:VirtualNetworkGatewayConnection": { signals: "metrics" },
  "operationalinsights:Workspace": { signals: "logs and metrics", tables: ["LAQueryLogs"] },
  "redisenterprise:Database": { signals: "logs", tables: ["REDConnectionEvents"] },
  "redisenterprise:RedisEnterprise": { signals: "metrics" },
  "servicebus:Namespace": { signals: "logs and metrics", tables: busLogs }, // with those of its queues and topics
  "storage:BlobServiceProperties": { signals: "logs and metrics", part: "blobServices/default", tables: ["StorageBlobLogs"] },
  "storage:FileServiceProperties": { signals: "logs and metrics", part: "fileServices/default", tables: ["StorageFileLogs"] },
  "web:AppServicePlan": { signals: "metrics" },
  "web:WebApp": { signals: "logs and metrics", tables: siteLogs },
  "web:WebAppSlot": { signals: "logs and metrics", tables: siteLogs },
};

/** Types without a setting, and why. */
const azureSilent: readonly (readonly [why: string, types: readonly string[]])[] = [
  [
    "a part of another resource, which sends for it",
    [
      ...["appconfiguration:KeyValue", "cdn:AFDCustomDomain", "cdn:AFDEndpoint", "cdn:AFDOrigin", "cdn:AFDOriginGroup", "cdn:Route"],
      ...["cdn:Rule", "cdn:RuleSet", "cdn:SecurityPolicy", "compute:VirtualMachineExtension", "dataprotection:BackupInstance"],
      ...[
        "dataprotection:BackupPolicy",
        "dbforpostgresql:Configuration",
        "dbforpostgresql:Database",
        "eventgrid:SystemTopicEventSubscription",
      ],
      ...["frontdoor:Policy", "keyvault:Key", "keyvault:Secret", "network:PrivateDnsZoneGroup", "network:WebApplicationFirewallPolicy"],
      ...["servicebus:DefaultRule", "servicebus:NamespaceNetworkRuleSet", "servicebus:Queue", "servicebus:Rule", "servicebus:Subscription"],
      ...["servicebus:Topic", "storage:Blob", "storage:BlobContainer", "storage:FileShare", "storage:ManagementPolicy"],
      ...["storage:ObjectReplicationPolicy", "storage:StorageAccount", "storage:StorageAccountStaticWebsite", "web:WebAppFtpAllowed"],
      ...["web:WebAppScmAllowed", "web:WebAppFtpAllowedSlot", "web:WebAppScmAllowedSlot", "web:WebAppSiteContainer"],
      ...["web:WebAppSiteContainerSlot", "web:WebAppSlotConfigurationNames", "app:ManagedEnvironmentsStorage"],
    ],
  ],
  ["Azure exports none of its metrics, and it has no logs: both are in Azure Monitor without a setting", ["network:PrivateEndpoint"]],
  ["the same; its flow logs are sold with StandardV2 only, and the network's own flows are logged", ["network:NatGateway"]],
  ["the same for private zones", ["privatedns:PrivateZone", "privatedns:VirtualNetworkLink"]],
  ["lives in the workspace: what it takes is there already, and a setting would store it twice", ["applicationinsights:Component"]],
  ["has no logs and metrics of its own", ["applicationinsights:WebTest", "applicationinsights:Workbook", "network:LocalNetworkGateway"]],
  [
    "a rule, a right or a definition: what happens to it is in the activity log",
    [
      ...["alertsmanagement:AlertProcessingRuleByName", "authorization:ManagementLockByScope", "authorization:RoleAssignment"],
      ...[
        "authorization:RoleDefinition",
        "consumption:Budget",
        "costmanagement:ScheduledActionByScope",
        "managedidentity:UserAssignedIdentity",
      ],
      ...["monitor:ActionGroup", "monitor:ActivityLogAlert", "monitor:MetricAlert", "monitor:ScheduledQueryRule", "resources:Deployment"],
      ...["resources:ResourceGroup", "security:Pricing", "security:SecurityContact"],
    ],
  ],
  ["is how others send", ["monitor:DiagnosticSetting", "monitor:SubscriptionDiagnosticSetting", "network:FlowLog"]],
];

/** AWS's services keep their metrics in CloudWatch unasked. Logs are asked for: by an input, or by a resource that names it. */
const awsLogs: Readonly<Record<string, (of: Resource, all: readonly Resource[]) => boolean>> = {
  "aws:cloudfront/distribution:Distribution": named("aws:cloudwatch/logDeliverySource:LogDeliverySource", "resourceArn"),
  "aws:cloudtrail/trail:Trail": ({ inputs }) => inputs.cloudWatchLogsGroupArn !== undefined && inputs.s3BucketName !== undefined,
  "aws:ec2/vpc:Vpc": (_, all) => all.some(({ type, inputs }) => type === "aws:ec2/flowLog:FlowLog" && inputs.trafficType === "ALL"),
  "aws:ec2/vpnConnection:VpnConnection": ({ inputs }) =>
    [1, 2].every((tunnel) => JSON.stringify(inputs[`tunnel${tunnel}LogOptions`] ?? "").includes('"logEnabled":true')),
  "aws:ecs/cluster:Cluster": ({ inputs }) => JSON.stringify(inputs).includes("cloudWatchLogGroupName"),
  "aws:ecs/taskDefinition:TaskDefinition": ({ inputs }) => {
    const containers = JSON.parse(String(inputs.containerDefinitions)) as { logConfiguration?: { logDriver?: string } }[];
    return containers.length > 0 && containers.every(({ logConfiguration }) => logConfiguration?.logDriver === "awslogs");
  },
  "aws:elasticache/replicationGroup:ReplicationGroup": ({ inputs }) =>
    ["slow-log", "engine-log"].every((kind) => JSON.stringify(inputs.logDeliveryConfigurations).includes(kind)),
  "aws:lb/loadBalancer:LoadBalancer": ({ inputs }) => (inputs.accessLogs as { enabled?: boolean } | undefined)?.enabled === true,
  "aws:rds/instance:Instance": ({ inputs }) => (inputs.enabledCloudwatchLogsExports as unknown[]).includes("postgresql"),
  "aws:s3/bucket:Bucket": (bucket, all) =>
    // A log of the log would feed itself; S3 logs into buckets of the same region only, and nobody but its replication writes to a copy.
    bucket.name.endsWith("-logs") ||
    bucket.inputs.region !== undefined ||
    named("aws:s3/bucketLogging:BucketLogging", "bucket")(bucket, all),
  "aws:wafv2/webAcl:WebAcl": named("aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration", "resourceArn"),
};

/** Types whose services offer a log that is not asked for, and why. */
const awsWithout: Readonly<Record<string, string>> = {
  "aws:sfn/stateMachine:StateMachine":
    "keeps the history of each run for 90 days by itself, and failures are alarms; its log takes a role that may change every log delivery of the account",
  "aws:sns/topic:Topic": "failed deliveries are metrics; the log of delivery would hold every message's id and nothing that fails silently",
};

describe("logs and metrics of prod with every choice", function () {
  this.timeout(60_000);
  const reports = new Map<CloudName, readonly Resource[]>();
  const of = (cloud: CloudName): readonly Resource[] => reports.get(cloud) ?? [];
  const set = [...choices, "services.api.candidate.image=public.ecr.aws/docker/library/node:22-slim"];
  before(async () => {
    // With what the clouds make up known, it is seen which setting speaks of which resource.
    const made = ["arn", "bucket", "address", "primaryEndpointAddress", "endpoint", "dnsName", "url", "versionId", "hostName"];
    const more = ["configurationEndpointAddress", "fullyQualifiedDomainName", "clientId", "principalId", "secretUriWithVersion", "name"];
    const answers = (type: string, name: string) => ({
      id: `${type}::${name}`,
      state: Object.fromEntries([...made, ...more].map((field) => [field, `${name}-${field}`])),
    });
    for (const cloud of clouds) {
      const { resources } = await plan({ stack: "prod", cloud, set }, answers);
      reports.set(cloud, resources);
    }
  });

  it("arrive in the workspace from every resource of Azure that can send them", () => {
    const all = of("azure");
    const settings = new Map(
      all
        .filter(({ type }) => type === "azure-native:monitor:DiagnosticSetting")
        .map(({ inputs }) => [String(inputs.resourceUri), inputs] as const),
    );
    const gaps = all.flatMap((resource) => {
      const row = azureSends[short(resource)];
      if (row === undefined) return [];
      const { logs, metrics, workspaceId } = settings.get(placeOf(resource, row.part, all)) ?? {};
      const sent = [...(logs === undefined ? [] : ["logs"]), ...(metrics === undefined ? [] : ["metrics"])].join(" and ");
      return sent === row.signals && workspaceId !== undefined ? [] : [`${short(resource)} ${resource.name}: ${sent || "nothing"}`];
    });
    expect(gaps).to.deep.equal([]);
    const places = all.map((resource) => placeOf(resource, azureSends[short(resource)]?.part, all));
    expect(
      [...settings.keys()].filter((uri) => !places.includes(uri)),
      "settings of nothing",
    ).to.deep.equal([]);
  });

  it("E15: stay in the archive of Azure, all logs of every type, the traces and who did what", () => {
    const written = Object.values(azureSends).flatMap(({ signals, tables = ["AzureDiagnostics"] }) =>
      signals === "metrics" ? [] : tables,
    );
    const traces = ["AppAvailabilityResults", "AppDependencies", "AppExceptions", "AppRequests", "AppTraces"];
    expect([...archivedTables].sort()).to.deep.equal([...new Set([...written, ...traces, "AzureActivity"])].sort());
  });

  it("E15: are kept on AWS for as long as the archive says, in every log group", () => {
    const groups = of("aws").filter(({ type }) => type === "aws:cloudwatch/logGroup:LogGroup");
    expect(groups.filter(({ inputs }) => inputs.retentionInDays !== 365).map(({ name }) => name)).to.deep.equal([]);
  });

  it("are looked at for every type of Azure", () => {
    const known = new Set([...Object.keys(azureSends), ...azureSilent.flatMap(([, types]) => types)]);
    const types = of("azure")
      .filter(({ type }) => type.startsWith("azure-native:"))
      .map(short);
    expect([...new Set(types)].filter((type) => !known.has(type))).to.deep.equal([]);
    const twice = azureSilent.flatMap(([, names]) => names).filter((type) => type in azureSends);
    expect(twice).to.deep.equal([]);
  });

  it("are asked for on AWS wherever a service does not keep them by itself", () => {
    const all = of("aws");
    const gaps = all.filter((resource) => awsLogs[resource.type]?.(resource, all) === false).map(({ type, name }) => `${type} ${name}`);
    expect(gaps).to.deep.equal([]);
    for (const type of [...Object.keys(awsLogs), ...Object.keys(awsWithout)])
      expect(
        all.some((resource) => resource.type === type),
        `${type} is in no plan`,
      ).to.equal(true);
    expect(Object.keys(awsWithout).filter((type) => type in awsLogs)).to.deep.equal([]);
  });
});

function short({ type }: Resource): string {
  return type.replace("azure-native:", "");
}

/** The id that a setting of this resource names. */
function placeOf({ type, name, dependencies }: Resource, part: string | undefined, all: readonly Resource[]): string {
  if (part === undefined) return `${type}::${name}`;
  const account = all.find((other) => dependencies.includes(other.urn) && short(other) === "storage:StorageAccount");
  return `${account?.type}::${account?.name}/${part}`;
}

/** Whether there is a resource of that type whose input names this one. */
function named(by: string, input: string): (of: Resource, all: readonly Resource[]) => boolean {
  return ({ type, name }, all) =>
    all.some((other) => other.type === by && [`${type}::${name}`, `${name}-arn`].includes(String(other.inputs[input])));
}
