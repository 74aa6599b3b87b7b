// The metrics of a site or a slot: its log of requests for errors and the percentile, which App Service has no metrics of, and
// `HealthCheckStatus` for its health.
import type { TokenCredential } from "@azure/identity";
import { LogsQueryClient, LogsQueryResultStatus, type LogsQueryClientOptions } from "@azure/monitor-query-logs";
import { MetricsClient, type MetricsClientOptions } from "@azure/monitor-query-metrics";
import { lateness, type Metrics, type Reading, type Track, type Wellness } from "./metrics";

/** The metric is of five minutes; the last three of them are looked at, as they come late. */
const healthSpanMs = 15 * 60_000;

export function azureMetrics(
  region: string,
  credential: TokenCredential,
  options: LogsQueryClientOptions & MetricsClientOptions = {},
): Metrics {
  const logs = new LogsQueryClient(credential, options);
  const metrics = new MetricsClient(`https://${region}.metrics.monitor.azure.com`, credential, options);
  return {
    lateSeconds: lateness.azure,
    async read(track, from, to) {
      const [rates, health] = await Promise.all([ratesOf(logs, track, from, to), healthOf(metrics, track, from, to)]);
      return { ...rates, health };
    },
  };
}

/** The same log, filtered in the same way, as the candidate's alarms look at. App Service writes ids in small letters. */
async function ratesOf(client: LogsQueryClient, track: Track, startTime: Date, endTime: Date): Promise<Omit<Reading, "health">> {
  const query =
    `AppServiceHTTPLogs | where tolower(_ResourceId) == "${track.id.toLowerCase()}"` +
    " | summarize requests = count(), errors = countif(ScStatus >= 500), p95 = percentile(TimeTaken, 95)";
  // The client puts a slash of its own before the id.
  const answer = await client.queryResource(track.scope.replace(/^\//, ""), query, { startTime, endTime }).catch((error: unknown) => {
    if (isWithoutTable(error)) return undefined;
    throw error;
  });
  if (answer === undefined) return { requests: 0, errors: 0, p95Ms: undefined };
  if (answer.status !== LogsQueryResultStatus.Success)
    throw new Error(`the workspace answered in part: ${answer.partialError.code} ${answer.partialError.message ?? ""}`.trimEnd());
  const [table] = answer.tables;
  const [row] = table?.rows ?? [];
  const column = (name: string): number | undefined => {
    const value = row?.[table?.columnDescriptors.findIndex((descriptor) => descriptor.name === name) ?? -1];
    // What is nothing of no requests is no number.
    return typeof value === "number" && Number.isFinite(value) ? value : undefined;
  };
  const requests = column("requests") ?? 0;
  return { requests, errors: column("errors") ?? 0, p95Ms: requests === 0 ? undefined : column("p95") };
}

/** A workspace has no table before the first log of its kind. */
function isWithoutTable(error: unknown): boolean {
  const { details } = error as { readonly details?: unknown };
  return details !== undefined && /SEM0100|Failed to resolve table/.test(JSON.stringify(details));
}

/** The share of instances that answer their probe, in percent; a new slot has none yet. */
async function healthOf(client: MetricsClient, track: Track, from: Date, endTime: Date): Promise<Wellness> {
  const startTime = new Date(endTime.getTime() - healthSpanMs);
  const type = track.id.includes("/slots/") ? "Microsoft.Web/sites/slots" : "Microsoft.Web/sites";
  const asked = { startTime, endTime, interval: "PT5M", aggregation: "average" };
  const [result] = await client.queryResources([track.id], ["HealthCheckStatus"], type, asked);
  // The client knows a metric by its name for people only, in any language; one was asked for.
  const [metric] = result?.metrics ?? [];
  if (metric?.errorCode !== undefined && metric.errorCode !== "Success")
    throw new Error(`Azure Monitor has no HealthCheckStatus: ${metric.errorCode} ${metric.errorMessage ?? ""}`.trimEnd());
  // Minutes that began before the span may be another image's.
  const values = (metric?.timeseries ?? [])
    .flatMap(({ data = [] }) => data)
    .filter(({ average, timeStamp }) => average !== undefined && timeStamp >= from);
  const [latest, before] = values.sort((a, b) => b.timeStamp.getTime() - a.timeStamp.getTime()).map(({ average = 0 }) => average);
  if (latest === undefined) return "unknown";
  if (latest === 0 || (latest < 100 && before !== undefined && before < 100)) return "unhealthy";
  // One low value: an instance that starts, or is replaced, looks like that.
  return latest < 100 ? "unknown" : "healthy";
}
