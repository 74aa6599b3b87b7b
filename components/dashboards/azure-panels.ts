// What the panels of dashboards are on Azure: queries of the workspace. Each stack has its own, and every resource sends its logs and
// metrics there, so a query names a kind of resource and not each of them.
import { watchedTypes } from "../monitoring/azure-alarms";
import { type PanelId, targets } from "./index";

/** A metric as it arrives in the workspace: without its dimensions. */
export interface MetricPanel {
  readonly kind: "metric";
  readonly type: string;
  readonly metrics: readonly string[];
  readonly column: "Average" | "Maximum" | "Minimum" | "Total";
}

export interface QueryPanel {
  readonly kind: "query";
  /** The kind of resource that must be there; `audit`: the activity log. */
  readonly type: string;
  readonly table: string;
  readonly query: string;
  readonly view: "timechart" | "table";
}

/** The application's own metrics, by their names in the settings. */
export interface BusinessPanel {
  readonly kind: "business";
  readonly table: "AppMetrics";
}

export type AzurePanel = MetricPanel | QueryPanel | BusinessPanel;

const { sites, plans, containerApps, postgres, redis, serviceBus, gateways, frontDoors } = watchedTypes;

export const azurePanels: Readonly<Record<PanelId, readonly AzurePanel[]>> = {
  requests: [metric(sites, "Total", "Requests")],
  errors: [metric(sites, "Total", "Http5xx")],
  latency: [chart(sites, "AppServiceHTTPLogs", "summarize p95 = percentile(TimeTaken, 95) by bin(TimeGenerated, 5m), CsHost")],
  cpu: [metric(plans, "Average", "CpuPercentage"), metric(containerApps, "Average", "UsageNanoCores")],
  memory: [metric(plans, "Average", "MemoryPercentage"), metric(containerApps, "Average", "WorkingSetBytes")],
  backlog: [metric(serviceBus, "Maximum", "ActiveMessages")],
  "database-cpu": [metric(postgres, "Average", "cpu_percent")],
  "cache-memory": [metric(redis, "Maximum", "usedmemorypercentage")],
  "latency-of-services": [
    chart(
      sites,
      "AppServiceHTTPLogs",
      `summarize p50 = percentile(TimeTaken, 50), p95 = percentile(TimeTaken, 95), p99 = percentile(TimeTaken, 99) by bin(TimeGenerated, 5m)
| extend target = ${targets.milliseconds}`,
    ),
  ],
  "error-share": [
    chart(
      sites,
      "AppServiceHTTPLogs",
      `summarize errors = 100.0 * countif(ScStatus >= 500) / count() by bin(TimeGenerated, 5m)
| extend target = ${targets.errorPercent}`,
    ),
  ],
  "errors-by-endpoint": [
    list(sites, "AppServiceHTTPLogs", "where ScStatus >= 500 | summarize errors = count() by CsHost, CsUriStem | top 20 by errors"),
  ],
  unhealthy: [metric(sites, "Average", "HealthCheckStatus")],
  "database-memory": [metric(postgres, "Average", "memory_percent")],
  storage: [metric(postgres, "Average", "storage_percent", "storage_free")],
  connections: [metric(postgres, "Maximum", "active_connections")],
  lag: [metric(postgres, "Maximum", "physical_replication_delay_in_seconds")],
  "slow-statements": [
    list(
      postgres,
      "AzureDiagnostics",
      `where Category == "PostgreSQLLogs" and column_ifexists("Message", "") has "duration:"
| project TimeGenerated, Resource, column_ifexists("Message", "") | top 50 by TimeGenerated`,
    ),
  ],
  "gateway-errors": [chart(gateways, "AGWAccessLogs", "where HttpStatus >= 500 | summarize errors = count() by bin(TimeGenerated, 5m)")],
  "dead-letters": [metric(serviceBus, "Maximum", "DeadletteredMessages")],
  "error-lines": [
    list(
      sites,
      "AppServiceConsoleLogs",
      'where ResultDescription has "error" | project TimeGenerated, Host, ResultDescription | top 50 by TimeGenerated',
    ),
    list(
      containerApps,
      "ContainerAppConsoleLogs",
      'where Log has "error" | project TimeGenerated, ContainerAppName, Log | top 50 by TimeGenerated',
    ),
  ],
  blocked: [
    list(gateways, "AGWFirewallLogs", 'where Action == "Blocked" | summarize requests = count() by ClientIp, RuleId | top 20 by requests'),
    list(
      frontDoors,
      "AzureDiagnostics",
      `where Category == "FrontDoorWebApplicationFirewallLog" and column_ifexists("action_s", "") == "Block"
| summarize requests = count() by column_ifexists("clientIP_s", ""), column_ifexists("ruleName_s", "") | top 20 by requests`,
    ),
  ],
  denied: [
    list(
      "audit",
      "AzureActivity",
      'where ActivityStatusValue == "Failure" | summarize calls = count() by Caller, OperationNameValue | top 20 by calls',
    ),
  ],
  changes: [
    list(
      "audit",
      "AzureActivity",
      'where OperationNameValue has "roleAssignments" | project TimeGenerated, Caller, OperationNameValue, ActivityStatusValue | top 50 by TimeGenerated',
    ),
  ],
  logins: [
    list(
      "audit",
      "AzureDiagnostics",
      'where ResourceProvider == "MICROSOFT.KEYVAULT" and Category == "AuditEvent" | summarize calls = count() by OperationName, CallerIPAddress | top 20 by calls',
    ),
  ],
  business: [{ kind: "business", table: "AppMetrics" }],
};

function metric(type: string, column: MetricPanel["column"], ...metrics: readonly string[]): MetricPanel {
  return { kind: "metric", type, metrics, column };
}

function chart(type: string, table: string, steps: string): QueryPanel {
  return { kind: "query", type, table, query: `${table}\n| ${steps}`, view: "timechart" };
}

function list(type: string, table: string, steps: string): QueryPanel {
  return { kind: "query", type, table, query: `${table}\n| ${steps}`, view: "table" };
}
