// What Azure Monitor measures for each alarm. The same row is measured differently for different kinds of resources, so each has a list:
// the source of the thing's own type counts. Where no metric exists a query of the workspace takes its place.
import type { Azure } from "../clouds/azure/family";
import { type AlarmId, fewest } from "./alarms";

type Thing = Azure["watched"];

export interface MetricSource {
  readonly kind: "metric";
  /** The type of the resource, which is the metric's namespace. */
  readonly type: string;
  readonly metric: string;
  readonly aggregation: "Average" | "Maximum" | "Minimum" | "Total";
  /** Only these values of this dimension; without any that of the thing. */
  readonly dimension?: { readonly name: string; readonly values?: readonly string[] };
  /** The threshold is a percentage of this total. */
  readonly of?: "nanoCores" | "memoryBytes" | "connections";
  /** Azure counts something else: then this is the limit. */
  readonly limit?: { readonly operator: "GreaterThan" | "LessThan"; readonly threshold: number };
}

/** A query of the workspace that gives one number, called `value`. */
export interface QuerySource {
  readonly kind: "query";
  readonly type: string;
  readonly table: string;
  readonly query: (thing: Thing) => string;
}

/** Places from which a web test fails. */
export interface WebTestSource {
  readonly kind: "webTest";
  readonly type: string;
  readonly failedPlaces: number;
}

/** A backup vault raises alerts by itself: they only need to be sent to people. */
export interface VaultSource {
  readonly kind: "vault";
  readonly type: string;
}

export type AzureSource = MetricSource | QuerySource | WebTestSource | VaultSource;

/** Azure's pages spell the state of a job's run in both ways, and rules tell them apart. */
export const failedRuns = { name: "state", values: ["Failed", "failed"] } as const;

const sites = "Microsoft.Web/sites";
const plans = "Microsoft.Web/serverfarms";
const containerApps = "Microsoft.App/containerapps";
const jobs = "Microsoft.App/jobs";
const postgres = "Microsoft.DBforPostgreSQL/flexibleServers";
const redis = "Microsoft.Cache/redisEnterprise";
const serviceBus = "Microsoft.ServiceBus/namespaces";
const gateways = "Microsoft.Network/applicationGateways";
const frontDoors = "Microsoft.Cdn/profiles";
const webTests = "Microsoft.Insights/webtests";
const vpnGateways = "Microsoft.Network/virtualNetworkGateways";
const backups = "Microsoft.DataProtection/backupVaults";

export const azureAlarms = {
  "errors-critical": [shareOfErrors()],
  "errors-high": [shareOfErrors()],
  // Metrics of sites are averages: only the access log knows the slowest of twenty.
  slow: [
    {
      kind: "query",
      type: sites,
      table: "AppServiceHTTPLogs",
      query: (thing) => `${logOf("AppServiceHTTPLogs", thing)}
| summarize requests = count(), value = percentile(TimeTaken, 95)
| where requests > ${fewest.requests}
| project value`,
    },
  ],
  unhealthy: [
    // The share of instances that answer /health, in percent.
    { ...metric(sites, "HealthCheckStatus", "Average"), limit: { operator: "LessThan", threshold: 100 } },
  ],
  cpu: [metric(plans, "CpuPercentage", "Average"), { ...metric(containerApps, "UsageNanoCores", "Average"), of: "nanoCores" }],
  memory: [metric(plans, "MemoryPercentage", "Average"), { ...metric(containerApps, "WorkingSetBytes", "Average"), of: "memoryBytes" }],
  "deployment-failed": [
    {
      kind: "query",
      type: sites,
      table: "AppServicePlatformLogs",
      query: (thing) => `${logOf("AppServicePlatformLogs", thing)}
| where Message has_any ("failing site start", "failed to start", "terminated during site startup", "Image pull failed")
| summarize value = count()`,
    },
    {
      kind: "query",
      type: containerApps,
      table: "ContainerAppSystemLogs",
      query: ({ entity }) => `ContainerAppSystemLogs
| where ContainerAppName == "${entity}"
| where Type == "Warning" and Reason in ("ImagePullFailure", "ContainerBackOff", "ContainerCrashing", "DeploymentFailed", "ReplicaUnhealthy")
| summarize value = count()`,
    },
  ],
  "job-failed": [{ ...metric(jobs, "Executions", "Total"), dimension: failedRuns }],
  "database-cpu": [metric(postgres, "cpu_percent", "Average")],
  "database-memory": [metric(postgres, "memory_percent", "Average")],
  disk: [metric(postgres, "storage_percent", "Average")],
  "disk-full": [metric(postgres, "storage_percent", "Average")],
  "slow-statements": [
    {
      kind: "query",
      type: postgres,
      table: "AzureDiagnostics",
      query: ({ entity }) => `AzureDiagnostics
| where ResourceProvider == "MICROSOFT.DBFORPOSTGRESQL" and Category == "PostgreSQLLogs" and Resource =~ "${entity}"
| where column_ifexists("Message", "") has "duration:"
| summarize value = count()`,
    },
  ],
  connections: [{ ...metric(postgres, "active_connections", "Maximum"), of: "connections" }],
  lag: [metric(postgres, "physical_replication_delay_in_seconds", "Maximum")],
  "cache-memory": [metric(redis, "usedmemorypercentage", "Maximum")],
  evictions: [metric(redis, "evictedkeys", "Average")],
  "dead-letters": [{ ...metric(serviceBus, "DeadletteredMessages", "Maximum"), dimension: { name: "EntityName" } }],
  // Service Bus has no metric of a message's age. A queue that was never empty in this time is the nearest that an alert can ask for.
  age: [
    {
      ...metric(serviceBus, "ActiveMessages", "Minimum"),
      dimension: { name: "EntityName" },
      limit: { operator: "GreaterThan", threshold: 0 },
    },
  ],
  // What the gateway answers itself has no server behind it.
  "gateway-errors": [
    {
      kind: "query",
      type: gateways,
      table: "AGWAccessLogs",
      query: (thing) => `${logOf("AGWAccessLogs", thing)}
| summarize requests = count(), failed = countif(HttpStatus >= 500 and isempty(ServerRouted))
| where requests > ${fewest.requests} or failed >= ${fewest.errors}
| project value = 100.0 * failed / requests`,
    },
  ],
  // No metric knows how long a certificate lasts: a second web test does.
  expiry: [{ kind: "webTest", type: webTests, failedPlaces: 1 }],
  down: [{ kind: "webTest", type: webTests, failedPlaces: 2 }],
  "backup-failed": [
    { kind: "vault", type: backups },
    { kind: "vault", type: "Microsoft.RecoveryServices/vaults" },
  ],
  // Keys that traffic to the other side is encrypted with, of both instances: none is no tunnel.
  "vpn-down": [
    {
      ...metric(vpnGateways, "QmsaCount", "Total"),
      dimension: { name: "RemoteIP" },
      limit: { operator: "LessThan", threshold: 1 },
    },
  ],
  "tunnel-down": [
    {
      kind: "query",
      type: vpnGateways,
      table: "AzureDiagnostics",
      query: ({ entity }) => `AzureDiagnostics
| where ResourceProvider == "MICROSOFT.NETWORK" and Category == "TunnelDiagnosticLog" and OperationName == "TunnelDisconnected"
| where column_ifexists("remoteIP_s", "") == "${entity}"
| summarize value = count()`,
    },
  ],
} as const satisfies Readonly<Record<AlarmId, readonly AzureSource[]>>;

/** Azure Monitor's names of the types that components show. */
export const watchedTypes = {
  sites,
  plans,
  containerApps,
  jobs,
  postgres,
  redis,
  serviceBus,
  gateways,
  frontDoors,
  webTests,
  vpnGateways,
  backups,
} as const;

function metric(type: string, name: string, aggregation: MetricSource["aggregation"]): MetricSource {
  return { kind: "metric", type, metric: name, aggregation };
}

/** The access log is there without any library in the application. */
function shareOfErrors(): QuerySource {
  return {
    kind: "query",
    type: sites,
    table: "AppServiceHTTPLogs",
    query: (thing) => `${logOf("AppServiceHTTPLogs", thing)}
| summarize requests = count(), failed = countif(ScStatus >= 500)
| where requests > ${fewest.requests} or failed >= ${fewest.errors}
| project value = 100.0 * failed / requests`,
  };
}

/** The lines of one resource: its slots have lines of their own. */
function logOf(table: string, { entity }: Thing): string {
  return `${table}\n| where _ResourceId endswith "/${entity.toLowerCase()}"`;
}
