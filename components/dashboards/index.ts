// Dashboards: what people look at when an alarm has come, and before one does.
//
// | what               | AWS                                            | Azure                                             |
// |--------------------|------------------------------------------------|---------------------------------------------------|
// | dashboard          | CloudWatch dashboard                           | workbook on the workspace                         |
// | a panel            | metric widget, or query of log groups          | query of the workspace, where all metrics arrive  |
// | errors by endpoint | the applications' JSON logs (`status`, `path`) | the sites' access logs                            |
import { Component, type Family } from "../cloud";
import type { Monitoring } from "../monitoring";
import type { Watched } from "../monitoring/watched";
import type { Network } from "../network";

export interface DashboardsArgs<F extends Family> {
  readonly network: Network<F>;
  readonly monitoring: Monitoring<F>;
  readonly watched: readonly Watched<F>[];
}

/** Its children are all there is to it. */
export abstract class Dashboards<F extends Family> extends Component<F> {}

/** Lines that good answers stay below. */
export const targets = { milliseconds: 200, errorPercent: 0.1 } as const;

/** The panels of each dashboard, in order; what they show is said per cloud. A panel without anything to show is left out. */
export const dashboards = {
  overview: ["requests", "errors", "latency", "cpu", "memory", "backlog", "database-cpu", "cache-memory"],
  application: ["latency-of-services", "error-share", "requests", "errors-by-endpoint", "unhealthy"],
  database: ["database-cpu", "database-memory", "storage", "connections", "lag", "slow-statements"],
  errors: ["errors", "gateway-errors", "dead-letters", "error-lines"],
  security: ["blocked", "denied", "changes", "logins"],
  business: ["business"],
} as const;

export type DashboardId = keyof typeof dashboards;
export const dashboardIds = Object.keys(dashboards) as DashboardId[];
export type PanelId = (typeof dashboards)[DashboardId][number];

export const titles: Readonly<Record<PanelId, string>> = {
  requests: "Requests",
  errors: "Answers with an error (5xx)",
  latency: "Response time of one request in twenty (p95)",
  cpu: "CPU, percent",
  memory: "Memory, percent",
  backlog: "Messages that wait",
  "database-cpu": "Database: CPU, percent",
  "cache-memory": "Cache: memory, percent",
  "latency-of-services": "Response time: p50, p95, p99",
  "error-share": "Errors, percent of requests",
  "errors-by-endpoint": "Errors by endpoint",
  unhealthy: "Health of instances",
  "database-memory": "Database: memory",
  storage: "Database: storage",
  connections: "Database: connections",
  lag: "Database: replica behind its primary, seconds",
  "slow-statements": "Database: statements of over 500 ms",
  "gateway-errors": "Errors of the gateway itself",
  "dead-letters": "Messages in the dead letters",
  "error-lines": "Errors in the applications' logs",
  blocked: "Requests that the firewall blocked",
  denied: "Calls to the cloud that were refused",
  changes: "Changes of permissions",
  logins: "Logins and reads of secrets",
  business: "Business metrics",
};
