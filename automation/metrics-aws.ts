// The metrics of a target group, as the balancer reports them to CloudWatch.
import { CloudWatchClient, type CloudWatchClientConfig, GetMetricDataCommand, type MetricDataResult } from "@aws-sdk/client-cloudwatch";
import { lateness, type Metrics, type Reading, type Track, type Wellness } from "./metrics";

const namespace = "AWS/ApplicationELB";
const minute = 60;
/** Minutes of health that are looked at, and how many bad ones of them are a verdict: as its alarm does. */
const [healthMinutes, badMinutes] = [5, 3];

export function awsMetrics(config: CloudWatchClientConfig): Metrics {
  const client = new CloudWatchClient(config);
  return {
    lateSeconds: lateness.aws,
    async read(track, from, to) {
      const [rates, health] = await Promise.all([ratesOf(client, track, from, to), healthOf(client, track, from, to)]);
      return { ...rates, health };
    },
  };
}

/** One period for the whole span: the percentile of a span does not follow from those of its minutes. */
async function ratesOf(client: CloudWatchClient, track: Track, from: Date, to: Date): Promise<Omit<Reading, "health">> {
  const start = floorToMinute(from);
  const period = Math.max(Math.floor((floorToMinute(to).getTime() - start.getTime()) / 1000), minute);
  const end = new Date(start.getTime() + period * 1000);
  const asked = {
    requests: ["RequestCount", "Sum"],
    good: ["HTTPCode_Target_2XX_Count", "Sum"],
    moved: ["HTTPCode_Target_3XX_Count", "Sum"],
    refused: ["HTTPCode_Target_4XX_Count", "Sum"],
    errors: ["HTTPCode_Target_5XX_Count", "Sum"],
    balancer: ["HTTPCode_ELB_5XX_Count", "Sum", "ofBalancer"],
    p95: ["TargetResponseTime", "p95"],
  } as const;
  const series = await ask(client, track, asked, period, start, end);
  const sum = (values: readonly Point[] = []): number => values.reduce((total, { value }) => total + value, 0);
  // Should CloudWatch cut the span in two, the part with the most requests speaks for it.
  const busiest = [...(series.requests ?? [])].sort((a, b) => b.value - a.value)[0];
  const p95 = series.p95?.find(({ time }) => time === busiest?.time);
  // Without a failure there is no series of failures, and without a request none at all.
  const [requests, errors] = [sum(series.requests), sum(series.errors)];
  const unanswered = requests - sum(series.good) - sum(series.moved) - sum(series.refused) - errors;
  return { requests, errors: errors + lost(unanswered, sum(series.balancer)), p95Ms: p95 === undefined ? undefined : p95.value * 1000 };
}

/**
 * Requests that an instance took and did not answer, as it crashed or was too slow: the balancer answers them with 502 and 504, which it counts
 * for all groups together only. A visitor who hung up and a request under way have no answer either, but the balancer counts no error
 * of theirs.
 */
function lost(unanswered: number, ofBalancer: number): number {
  return Math.max(Math.min(unanswered, ofBalancer), 0);
}

/** A group in which nothing was ever registered reports nothing: that is not health. */
async function healthOf(client: CloudWatchClient, track: Track, from: Date, to: Date): Promise<Wellness> {
  const end = floorToMinute(to);
  // A minute that began before the span may be another image's.
  const whole = floorToMinute(new Date(from.getTime() + minute * 1000 - 1));
  const start = new Date(Math.max(end.getTime() - healthMinutes * minute * 1000, whole.getTime()));
  if (start >= end) return "unknown";
  const asked = { healthy: ["HealthyHostCount", "Maximum"], unhealthy: ["UnHealthyHostCount", "Maximum"] } as const;
  const { healthy = [], unhealthy = [] } = await ask(client, track, asked, minute, start, end);
  if (healthy.length === 0 && unhealthy.length === 0) return "unknown";
  const latest = Math.max(...[...healthy, ...unhealthy].map(({ time }) => time));
  const at = (points: readonly Point[]): number => points.find(({ time }) => time === latest)?.value ?? 0;
  if (at(healthy) < 1 || unhealthy.filter(({ value }) => value > 0).length >= badMinutes) return "unhealthy";
  // One instance that has not answered yet: an instance that starts looks like that.
  return at(unhealthy) > 0 ? "unknown" : "healthy";
}

/** Of the track's group, or of the whole balancer. */
type Asked = readonly [metric: string, stat: string, ofBalancer?: "ofBalancer"];

interface Point {
  readonly time: number;
  readonly value: number;
}

async function ask<K extends string>(
  client: CloudWatchClient,
  track: Track,
  asked: Readonly<Record<K, Asked>>,
  period: number,
  StartTime: Date,
  EndTime: Date,
): Promise<Partial<Record<K, readonly Point[]>>> {
  const balancer = { Name: "LoadBalancer", Value: track.scope };
  const group = { Name: "TargetGroup", Value: track.id.split(":").at(-1) };
  const MetricDataQueries = Object.entries<Asked>(asked).map(([Id, [MetricName, Stat, ofBalancer]]) => {
    const Dimensions = ofBalancer === undefined ? [balancer, group] : [balancer];
    return { Id, MetricStat: { Metric: { Namespace: namespace, MetricName, Dimensions }, Period: period, Stat } };
  });
  const results: MetricDataResult[] = [];
  let NextToken: string | undefined;
  do {
    const answer = await client.send(new GetMetricDataCommand({ MetricDataQueries, StartTime, EndTime, NextToken }));
    results.push(...(answer.MetricDataResults ?? []));
    NextToken = answer.NextToken;
  } while (NextToken !== undefined);
  const bad = results.find(({ StatusCode }) => StatusCode === "InternalError" || StatusCode === "Forbidden");
  if (bad !== undefined) throw new Error(`CloudWatch has no ${bad.Id}: ${bad.StatusCode}`);
  const points = ({ Timestamps = [], Values = [] }: MetricDataResult): Point[] =>
    Timestamps.flatMap((time, index) => {
      const value = Values[index];
      return value === undefined ? [] : [{ time: time.getTime(), value }];
    });
  const ids = Object.keys(asked) as K[];
  return Object.fromEntries(ids.map((id) => [id, results.filter(({ Id }) => Id === id).flatMap(points)])) as Partial<Record<K, Point[]>>;
}

function floorToMinute(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 60_000) * 60_000);
}
