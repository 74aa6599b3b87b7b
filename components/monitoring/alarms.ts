// Every alarm of the platform as data: what is watched, from which value on, for how long, and how urgent it is. What each cloud
// measures for it stands in aws-alarms.ts and azure-alarms.ts.
import type { Severity } from "./alerts";

/** What alarms and dashboards look at. One component may be several of these: a service is `service` for its answers and `compute` for its load. */
export const watchedNouns = [
  "service",
  "compute",
  "deployment",
  "job",
  "database",
  "replica",
  "cache",
  "queue",
  "gateway",
  "firewall",
  "certificate",
  "probe",
  "backup",
  "vpn",
] as const;
export type WatchedNoun = (typeof watchedNouns)[number];

export interface AlarmRow {
  readonly noun: WatchedNoun;
  readonly severity: Severity;
  /** Begins after the name of the thing: "web answers more than 1 % of its requests with an error". */
  readonly text: string;
  readonly comparison: "above" | "below";
  readonly threshold: number;
  readonly unit: "percent" | "milliseconds" | "seconds" | "count" | "days";
  /** How long it must hold. */
  readonly minutes: number;
  /** Whether something fails already: the only alarms that dev has. */
  readonly error: boolean;
}

/**
 * A share of the requests is told from so many requests on within its minutes, or from so many errors on: a service that hardly anybody asks
 * must be heard when it fails them all.
 */
export const fewest = { requests: 100, errors: 5 } as const;

const error = true;

/** M2 of the requirements; the ids are the ends of the alarms' names. */
export const alarmRows = {
  "errors-critical": above("service", "critical", 5, "percent", 5, "answers more than 5 % of its requests with an error", error),
  "errors-high": above("service", "high", 1, "percent", 5, "answers more than 1 % of its requests with an error", error),
  slow: above("service", "medium", 500, "milliseconds", 5, "takes more than 500 ms for one request in twenty (p95)"),
  unhealthy: above("service", "high", 0, "count", 5, "has instances that are not healthy"),
  cpu: above("compute", "medium", 80, "percent", 15, "has used more than 80 % of its CPU for 15 minutes"),
  memory: above("compute", "high", 90, "percent", 5, "uses more than 90 % of its memory"),
  "deployment-failed": above("deployment", "high", 0, "count", 5, "was not deployed: a new version does not start", error),
  "job-failed": above("job", "high", 0, "count", 5, "ended with an error", error),
  "database-cpu": above("database", "medium", 80, "percent", 15, "has used more than 80 % of its CPU for 15 minutes"),
  "database-memory": above("database", "high", 85, "percent", 15, "has used more than 85 % of its memory for 15 minutes"),
  disk: above("database", "high", 80, "percent", 15, "has filled more than 80 % of its disk"),
  "disk-full": above("database", "critical", 90, "percent", 5, "has less than 10 % of its disk free"),
  // No cloud measures the time of all statements: both log those above 500 ms, so their number stands for the p99.
  "slow-statements": above("database", "medium", 30, "count", 5, "ran more than 30 statements of over 500 ms within 5 minutes"),
  connections: above("database", "high", 80, "percent", 5, "has more than 80 % of its connections in use"),
  lag: above("replica", "medium", 30, "seconds", 5, "is more than 30 s behind its primary"),
  "cache-memory": above("cache", "high", 90, "percent", 15, "has used more than 90 % of its memory for 15 minutes"),
  evictions: above("cache", "low", 0, "count", 15, "drops entries before their time, as its memory is full"),
  "dead-letters": above("queue", "high", 0, "count", 5, "has messages that failed and wait in the dead letters", error),
  // Each queue has its own limit (`maxAgeSeconds`); Service Bus knows no age, there the backlog must have been empty once.
  age: above("queue", "medium", 900, "seconds", 15, "is not worked off: its oldest message has waited for too long"),
  "gateway-errors": above("gateway", "critical", 5, "percent", 5, "answers more than 5 % of all requests itself, with an error"),
  expiry: below("certificate", "medium", 30, "days", 1440, "expires within 30 days: it was not renewed"),
  down: below("probe", "critical", 1, "count", 5, "does not answer from outside"),
  "backup-failed": above("backup", "high", 0, "count", 60, "could not be copied, or a copy could not be restored"),
  "vpn-down": below("vpn", "high", 25, "percent", 10, "has no tunnel to the other side: nothing gets through", error),
  "tunnel-down": below("vpn", "low", 100, "percent", 15, "has lost one of its two tunnels to the other side"),
} as const satisfies Readonly<Record<string, AlarmRow>>;

export type AlarmId = keyof typeof alarmRows;
export const alarmIds = Object.keys(alarmRows) as AlarmId[];

/** The rows that a stack has: all of them, or only what fails already. */
export function rowsFor(which: "all" | "errors"): readonly (readonly [AlarmId, AlarmRow])[] {
  return alarmIds.map((id) => [id, alarmRows[id]] as const).filter(([, row]) => which === "all" || row.error);
}

type Threshold = readonly [threshold: number, unit: AlarmRow["unit"], minutes: number, text: string, error?: boolean];

function above(noun: WatchedNoun, severity: Severity, ...[threshold, unit, minutes, text, fails = false]: Threshold): AlarmRow {
  return { noun, severity, comparison: "above", threshold, unit, minutes, text, error: fails };
}

function below(noun: WatchedNoun, severity: Severity, ...[threshold, unit, minutes, text, fails = false]: Threshold): AlarmRow {
  return { noun, severity, comparison: "below", threshold, unit, minutes, text, error: fails };
}
