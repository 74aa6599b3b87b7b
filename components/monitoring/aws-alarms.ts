// What CloudWatch measures for each alarm. A row applies to a thing that has all the dimensions it names: a worker has no target group,
// so nothing is said about its answers.
import type { Input } from "@pulumi/pulumi";
import type { AlarmId } from "./alarms";

/** CloudWatch's name of a dimension -> the key under which the thing holds its value. */
type Dimensions = Readonly<Record<string, string>>;

export interface MetricSource {
  readonly kind: "metric";
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Dimensions;
  readonly statistic: "Average" | "Maximum" | "Minimum" | "Sum" | "p95";
  /** CloudWatch's value for one of ours: seconds for milliseconds. Default 1. */
  readonly scale?: number;
  /** The threshold is a percentage of this total, which no metric gives. */
  readonly of?: "memoryBytes" | "storageBytes" | "connections";
  /** The metric counts what is left, so the alarm is on too little of it. */
  readonly remaining?: boolean;
  /** No data is as bad as bad data. */
  readonly silenceIsBad?: boolean;
}

/** How many of a hundred, of the row's minutes together. */
export interface ShareSource {
  readonly kind: "share";
  readonly namespace: string;
  readonly metric: string;
  readonly total: string;
  readonly dimensions: Dimensions;
}

/** Lines of a log group that hold a text, counted. */
export interface LogSource {
  readonly kind: "log";
  readonly pattern: string;
}

/** What AWS reports as it happens. */
export interface EventSource {
  readonly kind: "event";
  readonly pattern: (values: Readonly<Record<string, Input<string>>>) => Readonly<Record<string, unknown>>;
  readonly needs: readonly string[];
}

export type AwsSource = MetricSource | ShareSource | LogSource | EventSource;

export const awsAlarms = {
  "errors-critical": targetErrors(),
  "errors-high": targetErrors(),
  slow: { ...balancer("TargetResponseTime", "p95"), scale: 0.001 },
  unhealthy: balancer("UnHealthyHostCount", "Maximum"),
  cpu: tasks("CPUUtilization"),
  memory: tasks("MemoryUtilization"),
  "deployment-failed": {
    kind: "event",
    needs: ["ServiceArns"],
    pattern: ({ ServiceArns }) => ({
      source: ["aws.ecs"],
      "detail-type": ["ECS Deployment State Change"],
      detail: { eventName: ["SERVICE_DEPLOYMENT_FAILED"] },
      resources: [{ prefix: ServiceArns }],
    }),
  },
  // The scheduler is content once the task has started: only the task itself says how it ended.
  "job-failed": {
    kind: "event",
    needs: ["ClusterArn", "TaskDefinitionArns"],
    pattern: ({ ClusterArn, TaskDefinitionArns }) => ({
      source: ["aws.ecs"],
      "detail-type": ["ECS Task State Change"],
      detail: {
        lastStatus: ["STOPPED"],
        clusterArn: [ClusterArn],
        taskDefinitionArn: [{ prefix: TaskDefinitionArns }],
        $or: [{ containers: { exitCode: [{ "anything-but": 0 }] } }, { stopCode: ["TaskFailedToStart"] }],
      },
    }),
  },
  "database-cpu": server("CPUUtilization"),
  "database-memory": { ...server("FreeableMemory"), of: "memoryBytes", remaining: true },
  // RDS gives bytes, not percentages; of the disk's first size, as it grows by itself below these limits.
  disk: { ...server("FreeStorageSpace"), of: "storageBytes", remaining: true },
  "disk-full": { ...server("FreeStorageSpace"), of: "storageBytes", remaining: true },
  "slow-statements": { kind: "log", pattern: '"duration:"' },
  connections: { ...server("DatabaseConnections"), of: "connections" },
  lag: { ...server("ReplicaLag"), statistic: "Maximum" },
  "cache-memory": node("DatabaseMemoryUsagePercentage", "Maximum"),
  evictions: node("Evictions", "Sum"),
  "dead-letters": queue("ApproximateNumberOfMessagesVisible", "DeadLetterQueueName"),
  age: queue("ApproximateAgeOfOldestMessage", "QueueName"),
  // A 503 for want of any instance is the balancer's own: no target group counts it.
  "gateway-errors": {
    kind: "share",
    namespace: "AWS/ApplicationELB",
    metric: "HTTPCode_ELB_5XX_Count",
    total: "RequestCount",
    dimensions: { LoadBalancer: "LoadBalancer" },
  },
  expiry: {
    kind: "metric",
    namespace: "AWS/CertificateManager",
    metric: "DaysToExpiry",
    dimensions: { CertificateArn: "CertificateArn" },
    statistic: "Minimum",
  },
  down: {
    kind: "metric",
    namespace: "AWS/Route53",
    metric: "HealthCheckStatus",
    dimensions: { HealthCheckId: "HealthCheckId" },
    statistic: "Minimum",
    silenceIsBad: true,
  },
  "backup-failed": {
    kind: "event",
    needs: ["BackupVaultName", "BackupVaultArn"],
    // Three jobs, three shapes. A restore names no vault: one of any database of the account and region that fails is told.
    pattern: ({ BackupVaultName, BackupVaultArn }) => ({
      source: ["aws.backup"],
      "detail-type": ["Backup Job State Change", "Copy Job State Change", "Restore Job State Change"],
      detail: {
        $or: [
          { state: ["FAILED", "EXPIRED", "ABORTED"], backupVaultName: [BackupVaultName] },
          { state: ["FAILED", "PARTIAL"], sourceBackupVaultArn: [BackupVaultArn] },
          { status: ["FAILED", "ABORTED"], resourceType: ["RDS"] },
        ],
      },
    }),
  },
  // Of both tunnels together: a half is one of two.
  "vpn-down": { ...tunnels("Maximum"), silenceIsBad: true },
  "tunnel-down": tunnels("Average"),
} as const satisfies Readonly<Record<AlarmId, AwsSource>>;

function balancer(metric: string, statistic: MetricSource["statistic"]): MetricSource {
  const dimensions = { LoadBalancer: "LoadBalancer", TargetGroup: "TargetGroup" };
  return { kind: "metric", namespace: "AWS/ApplicationELB", metric, dimensions, statistic };
}

function targetErrors(): ShareSource {
  const dimensions = { LoadBalancer: "LoadBalancer", TargetGroup: "TargetGroup" };
  return { kind: "share", namespace: "AWS/ApplicationELB", metric: "HTTPCode_Target_5XX_Count", total: "RequestCount", dimensions };
}

function tasks(metric: string): MetricSource {
  const dimensions = { ClusterName: "ClusterName", ServiceName: "ServiceName" };
  return { kind: "metric", namespace: "AWS/ECS", metric, dimensions, statistic: "Average" };
}

function server(metric: string): MetricSource {
  const dimensions = { DBInstanceIdentifier: "DBInstanceIdentifier" };
  return { kind: "metric", namespace: "AWS/RDS", metric, dimensions, statistic: "Average" };
}

function node(metric: string, statistic: MetricSource["statistic"]): MetricSource {
  return { kind: "metric", namespace: "AWS/ElastiCache", metric, dimensions: { CacheClusterId: "CacheClusterId" }, statistic };
}

function tunnels(statistic: MetricSource["statistic"]): MetricSource {
  return { kind: "metric", namespace: "AWS/VPN", metric: "TunnelState", dimensions: { VpnId: "VpnId" }, statistic, scale: 0.01 };
}

function queue(metric: string, key: string): MetricSource {
  return { kind: "metric", namespace: "AWS/SQS", metric, dimensions: { QueueName: key }, statistic: "Maximum" };
}
