// Metrics and tables that the clouds document, written down apart from the program: an alarm or a panel on anything else would stay
// silent for ever. Sources: the services' pages on monitoring, as collected on 20 Nov 2026.

/** CloudWatch: namespace -> metric -> the dimensions under which it is published. */
export const cloudWatch: Readonly<Record<string, Readonly<Record<string, readonly (readonly string[])[]>>>> = {
  "AWS/ApplicationELB": {
    RequestCount: [["LoadBalancer"], ["LoadBalancer", "TargetGroup"]],
    ...Object.fromEntries(
      ["2XX", "3XX", "4XX", "5XX"].map((kind) => [`HTTPCode_Target_${kind}_Count`, [["LoadBalancer"], ["LoadBalancer", "TargetGroup"]]]),
    ),
    HTTPCode_ELB_5XX_Count: [["LoadBalancer"]],
    TargetResponseTime: [["LoadBalancer"], ["LoadBalancer", "TargetGroup"]],
    HealthyHostCount: [["LoadBalancer", "TargetGroup"]],
    UnHealthyHostCount: [["LoadBalancer", "TargetGroup"]],
  },
  "AWS/ECS": { CPUUtilization: [["ClusterName", "ServiceName"]], MemoryUtilization: [["ClusterName", "ServiceName"]] },
  "AWS/RDS": Object.fromEntries(
    ["CPUUtilization", "FreeStorageSpace", "FreeableMemory", "DatabaseConnections", "ReplicaLag"].map((name) => [
      name,
      [["DBInstanceIdentifier"]],
    ]),
  ),
  "AWS/ElastiCache": Object.fromEntries(
    ["DatabaseMemoryUsagePercentage", "EngineCPUUtilization", "Evictions", "CurrConnections"].map((name) => [name, [["CacheClusterId"]]]),
  ),
  "AWS/SQS": { ApproximateNumberOfMessagesVisible: [["QueueName"]], ApproximateAgeOfOldestMessage: [["QueueName"]] },
  "AWS/CertificateManager": { DaysToExpiry: [["CertificateArn"]] },
  "AWS/VPN": { TunnelState: [["VpnId"], ["TunnelIpAddress"]] },
  "AWS/Route53": { HealthCheckStatus: [["HealthCheckId"]] },
};

/** Azure Monitor: type -> metric -> the dimensions it can be filtered by. */
export const azureMonitor: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "Microsoft.Web/sites": { Http5xx: ["Instance"], Requests: ["Instance"], HealthCheckStatus: ["Instance"] },
  "Microsoft.Web/serverfarms": { CpuPercentage: ["Instance"], MemoryPercentage: ["Instance"] },
  "Microsoft.App/containerapps": { UsageNanoCores: ["revisionName", "podName"], WorkingSetBytes: ["revisionName", "podName"] },
  "Microsoft.App/jobs": { Executions: ["state", "jobName", "executionName"] },
  "Microsoft.DBforPostgreSQL/flexibleServers": Object.fromEntries(
    [
      ...["cpu_percent", "memory_percent", "storage_percent", "storage_free", "active_connections"],
      "physical_replication_delay_in_seconds",
    ].map((name) => [name, ["ServerName"]]),
  ),
  "Microsoft.Cache/redisEnterprise": { usedmemorypercentage: [], evictedkeys: ["InstanceId"] },
  "Microsoft.Network/virtualNetworkGateways": { QmsaCount: ["ConnectionName", "RemoteIP", "Instance"] },
  "Microsoft.ServiceBus/namespaces": { DeadletteredMessages: ["EntityName"], ActiveMessages: ["EntityName"] },
};

/** Tables of a workspace -> the columns that queries may read. */
export const workspaceTables: Readonly<Record<string, readonly string[]>> = {
  AppServiceHTTPLogs: ["TimeGenerated", "ScStatus", "TimeTaken", "CsHost", "CsUriStem", "_ResourceId"],
  AppServicePlatformLogs: ["TimeGenerated", "Message", "_ResourceId"],
  AppServiceConsoleLogs: ["TimeGenerated", "Host", "ResultDescription", "_ResourceId"],
  ContainerAppSystemLogs: ["TimeGenerated", "ContainerAppName", "Type", "Reason"],
  ContainerAppConsoleLogs: ["TimeGenerated", "ContainerAppName", "Log"],
  AzureDiagnostics: ["TimeGenerated", "ResourceProvider", "Category", "Resource", "Message", "OperationName", "CallerIPAddress"],
  AzureActivity: ["TimeGenerated", "Caller", "OperationNameValue", "ActivityStatusValue"],
  AzureMetrics: ["TimeGenerated", "ResourceProvider", "MetricName", "Resource", "Total", "Average", "Maximum", "Minimum"],
  AGWAccessLogs: ["TimeGenerated", "HttpStatus", "ServerRouted", "_ResourceId"],
  AGWFirewallLogs: ["TimeGenerated", "Action", "ClientIp", "RuleId"],
  AppMetrics: ["TimeGenerated", "Name", "Sum"],
};

/** What a query reads that its table does not have. Names that it gives itself are fine. */
export function unknownColumns(query: string): string[] {
  const table = /^\w+/.exec(query)?.[0] ?? "";
  const columns = workspaceTables[table];
  if (columns === undefined) return [`table ${table}`];
  const own = new Set([...query.matchAll(/(\w+) = /g)].map(([, name]) => name ?? ""));
  const bare = query.replace(/"[^"]*"/g, "");
  return [...bare.matchAll(/\b(_?[A-Z][A-Za-z]+)\b/g)]
    .map(([, name]) => name ?? "")
    .filter((name) => name !== table && !columns.includes(name) && !own.has(name));
}
