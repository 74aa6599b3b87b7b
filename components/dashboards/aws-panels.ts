// What the panels of dashboards are on AWS: metrics of CloudWatch, or queries of log groups.
import type { WatchedNoun } from "../monitoring/alarms";
import { type PanelId, targets } from "./index";

export interface MetricPanel {
  readonly kind: "metric";
  readonly noun: WatchedNoun;
  readonly namespace: string;
  readonly metrics: readonly { readonly name: string; readonly stat: string }[];
  /** CloudWatch's name of a dimension -> the key under which the thing holds its value. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** In the metric's own unit. */
  readonly target?: number;
}

/** A metric as a share of another. */
export interface SharePanel {
  readonly kind: "share";
  readonly noun: WatchedNoun;
  readonly namespace: string;
  readonly metric: string;
  readonly total: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly target: number;
}

export interface LogPanel {
  readonly kind: "log";
  /** Whose log groups: those of things of a noun, or the audit trail's. */
  readonly of: WatchedNoun | "audit";
  readonly query: string;
  readonly view: "table" | "timeSeries";
}

/** The application's own metrics, by their names in the settings. */
export interface BusinessPanel {
  readonly kind: "business";
}

export type AwsPanel = MetricPanel | SharePanel | LogPanel | BusinessPanel;

const balancer = { LoadBalancer: "LoadBalancer", TargetGroup: "TargetGroup" };
const tasks = { ClusterName: "ClusterName", ServiceName: "ServiceName" };
const server = { DBInstanceIdentifier: "DBInstanceIdentifier" };
const elb = "AWS/ApplicationELB";

export const awsPanels: Readonly<Record<PanelId, AwsPanel>> = {
  requests: metric("service", elb, balancer, ["RequestCount", "Sum"]),
  errors: metric("service", elb, balancer, ["HTTPCode_Target_5XX_Count", "Sum"]),
  latency: metric("service", elb, balancer, ["TargetResponseTime", "p95"]),
  cpu: metric("compute", "AWS/ECS", tasks, ["CPUUtilization", "Average"]),
  memory: metric("compute", "AWS/ECS", tasks, ["MemoryUtilization", "Average"]),
  backlog: metric("queue", "AWS/SQS", { QueueName: "QueueName" }, ["ApproximateNumberOfMessagesVisible", "Maximum"]),
  "database-cpu": metric("database", "AWS/RDS", server, ["CPUUtilization", "Average"]),
  "cache-memory": metric("cache", "AWS/ElastiCache", { CacheClusterId: "CacheClusterId" }, ["DatabaseMemoryUsagePercentage", "Maximum"]),
  "latency-of-services": {
    ...metric("service", elb, balancer, ["TargetResponseTime", "p50"], ["TargetResponseTime", "p95"], ["TargetResponseTime", "p99"]),
    target: targets.milliseconds / 1000,
  },
  "error-share": {
    kind: "share",
    noun: "service",
    namespace: elb,
    metric: "HTTPCode_Target_5XX_Count",
    total: "RequestCount",
    dimensions: balancer,
    target: targets.errorPercent,
  },
  "errors-by-endpoint": log("compute", "filter status >= 500 | stats count(*) as errors by path | sort errors desc | limit 20"),
  unhealthy: metric("service", elb, balancer, ["HealthyHostCount", "Minimum"], ["UnHealthyHostCount", "Maximum"]),
  "database-memory": metric("database", "AWS/RDS", server, ["FreeableMemory", "Average"]),
  storage: metric("database", "AWS/RDS", server, ["FreeStorageSpace", "Average"]),
  connections: metric("database", "AWS/RDS", server, ["DatabaseConnections", "Average"]),
  lag: metric("replica", "AWS/RDS", server, ["ReplicaLag", "Maximum"]),
  "slow-statements": log("database", "filter @message like /duration:/ | sort @timestamp desc | limit 50 | fields @timestamp, @message"),
  "gateway-errors": metric("gateway", elb, { LoadBalancer: "LoadBalancer" }, ["HTTPCode_ELB_5XX_Count", "Sum"]),
  "dead-letters": metric("queue", "AWS/SQS", { QueueName: "DeadLetterQueueName" }, ["ApproximateNumberOfMessagesVisible", "Maximum"]),
  "error-lines": log("compute", "filter @message like /(?i)error/ | sort @timestamp desc | limit 50 | fields @timestamp, @log, @message"),
  blocked: log(
    "firewall",
    'filter action = "BLOCK" | stats count(*) as requests by httpRequest.clientIp, terminatingRuleId | sort requests desc | limit 20',
  ),
  denied: log(
    "audit",
    "filter errorCode like /Denied|Unauthorized/ | stats count(*) as calls by userIdentity.arn, eventName | sort calls desc | limit 20",
  ),
  changes: log(
    "audit",
    'filter eventSource = "iam.amazonaws.com" and readOnly = 0 | sort @timestamp desc | limit 50 | fields @timestamp, userIdentity.arn, eventName',
  ),
  logins: log(
    "audit",
    'filter eventName in ["ConsoleLogin", "GetSecretValue", "AssumeRole"] | stats count(*) as calls by eventName, userIdentity.arn | sort calls desc | limit 20',
  ),
  business: { kind: "business" },
};

function metric(
  noun: WatchedNoun,
  namespace: string,
  dimensions: MetricPanel["dimensions"],
  ...metrics: readonly (readonly [name: string, stat: string])[]
): MetricPanel {
  return { kind: "metric", noun, namespace, dimensions, metrics: metrics.map(([name, stat]) => ({ name, stat })) };
}

function log(of: LogPanel["of"], query: string): LogPanel {
  return { kind: "log", of, query, view: "table" };
}
