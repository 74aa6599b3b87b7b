// Alarms on AWS: a CloudWatch alarm for each row of the table and each thing that has what the row measures; a rule of EventBridge for
// what is reported as it happens.
import { EventRule, LogMetricFilter, MetricAlarm, type MetricAlarmArgs } from "@pulumi/aws/cloudwatch";
import { type ComponentResourceOptions, type Input, jsonStringify } from "@pulumi/pulumi";
import type { Aws, Route } from "../clouds/aws/family";
import { nameOf } from "../clouds/aws/names";
import { type AlarmId, type AlarmRow, fewest, rowsFor } from "../monitoring/alarms";
import { respondWithin } from "../monitoring/alerts";
import { awsAlarms, type AwsSource, type EventSource, type LogSource, type MetricSource, type ShareSource } from "../monitoring/aws-alarms";
import { metricsNamespace } from "../monitoring/aws";
import { notify } from "../monitoring/aws-routes";
import type { Watched } from "../monitoring/watched";
import { type Stack, tagsOf } from "../stack";
import { Alarms, type AlarmsArgs } from "./index";

/** One row of the table for one thing. */
interface Alarm {
  readonly id: AlarmId;
  readonly row: AlarmRow;
  readonly thing: Watched<Aws>;
  readonly route: Route;
}

export class AwsAlarms extends Alarms<Aws> {
  private readonly stack: Stack;
  private readonly name: string;

  constructor(name: string, args: AlarmsArgs<Aws>, opts?: ComponentResourceOptions) {
    super("Alarms", name, opts);
    this.stack = args.network.stack;
    this.name = name;

    for (const [id, row] of rowsFor(args.which)) {
      for (const thing of args.watched.filter(({ noun }) => noun === row.noun)) {
        const route = thing.raw.elsewhere?.route ?? args.monitoring.raw.routes[row.severity];
        this.createAlarm({ id, row, thing, route }, awsAlarms[id]);
      }
    }
    this.finish({});
  }

  private createAlarm(alarm: Alarm, source: AwsSource): void {
    if (source.kind === "metric") this.onMetric(alarm, source);
    else if (source.kind === "share") this.onShare(alarm, source);
    else if (source.kind === "log") this.onLog(alarm, source);
    else this.onEvent(alarm, source);
  }

  private onMetric(alarm: Alarm, source: MetricSource): void {
    const dimensions = dimensionsOf(alarm.thing, source.dimensions);
    const limit = limitOf(alarm, source);
    if (dimensions === undefined || limit === undefined) return;
    const { namespace, metric, statistic, silenceIsBad } = source;
    this.create(alarm, {
      ...limit,
      namespace,
      metricName: metric,
      dimensions,
      period: periodOf(alarm.row),
      // A few slow answers among hardly any say nothing.
      ...(statistic === "p95" ? { extendedStatistic: statistic, evaluateLowSampleCountPercentiles: "ignore" } : { statistic }),
      treatMissingData: silenceIsBad === true ? "breaching" : "notBreaching",
    });
  }

  private onShare(alarm: Alarm, { namespace, metric, total, dimensions: names }: ShareSource): void {
    const dimensions = dimensionsOf(alarm.thing, names);
    if (dimensions === undefined) return;
    const sum = (id: string, metricName: string) => ({
      id,
      metric: { namespace, metricName, dimensions, period: alarm.row.minutes * 60, stat: "Sum" },
    });
    // Without errors there is no data on them. The balancer counts no request for which it found no instance, only its error.
    const [errors, requests] = ["FILL(errors, 0)", "FILL(requests, 0)"];
    const all = `IF(${requests} > ${errors}, ${requests}, ${errors})`;
    const enough = `${requests} > ${fewest.requests} OR ${errors} >= ${fewest.errors}`;
    this.create(alarm, {
      comparisonOperator: "GreaterThanThreshold",
      threshold: alarm.row.threshold,
      metricQueries: [
        sum("errors", metric),
        sum("requests", total),
        { id: "share", expression: `IF(${enough}, 100 * ${errors} / ${all}, 0)`, label: "Percent of requests", returnData: true },
      ],
      evaluationPeriods: 1,
      treatMissingData: "notBreaching",
    });
  }

  private onLog(alarm: Alarm, { pattern }: LogSource): void {
    const { logGroupName } = alarm.thing.raw;
    if (logGroupName === undefined) return;
    const namespace = metricsNamespace(this.stack);
    const name = `${alarm.thing.name}-${alarm.id}`;
    new LogMetricFilter(
      name,
      { logGroupName, pattern, metricTransformation: { name, namespace, value: "1", defaultValue: "0", unit: "Count" } },
      { parent: this },
    );
    this.create(alarm, {
      comparisonOperator: "GreaterThanThreshold",
      threshold: alarm.row.threshold,
      namespace,
      metricName: name,
      // The number of all of them in the time of the row, not of each minute.
      period: alarm.row.minutes * 60,
      evaluationPeriods: 1,
      statistic: "Sum",
      treatMissingData: "notBreaching",
    });
  }

  private onEvent({ row, id, thing, route }: Alarm, { needs, pattern }: EventSource): void {
    if (needs.some((key) => thing.raw.values[key] === undefined)) return;
    const part = `${row.severity}-${thing.name}-${id}`;
    const rule = new EventRule(
      nameOf(this.stack, "eventRule", part),
      { description: textOf(row, thing), eventPattern: jsonStringify(pattern(thing.raw.values)), tags: tagsOf(this.stack, this.name) },
      { parent: this },
    );
    notify(this, part, rule, route, textOf(row, thing));
  }

  /** The name begins with the severity: by it the rules of webhooks tell alarms apart. */
  private create(
    { id, row, thing, route }: Alarm,
    what: Omit<MetricAlarmArgs, "evaluationPeriods"> & { evaluationPeriods?: number },
  ): void {
    const { elsewhere } = thing.raw;
    const alarm = {
      evaluationPeriods: (row.minutes * 60) / periodOf(row),
      ...what,
      alarmDescription: textOf(row, thing),
      alarmActions: [route.topicArn],
      okActions: [route.topicArn],
      ...(elsewhere === undefined ? {} : { region: elsewhere.region }),
      tags: tagsOf(this.stack, this.name),
    };
    new MetricAlarm(nameOf(this.stack, "alarm", `${row.severity}-${thing.name}-${id}`), alarm, { parent: this });
  }
}

function textOf({ text, severity }: AlarmRow, { name }: Watched<Aws>): string {
  return `${name} ${text}. Severity ${severity}: look at it within ${respondWithin[severity]}.`;
}

/** CloudWatch adds up minutes, five minutes or days. */
function periodOf({ minutes }: AlarmRow): number {
  if (minutes >= 1440) return 86_400;
  return minutes > 5 ? 300 : 60;
}

/** Undefined: the thing has no such metric. */
function dimensionsOf({ raw }: Watched<Aws>, names: Readonly<Record<string, string>>): Record<string, Input<string>> | undefined {
  const found = Object.entries(names).flatMap(([name, key]) => {
    const value = raw.values[key];
    return value === undefined ? [] : [[name, value] as const];
  });
  return found.length === Object.keys(names).length ? Object.fromEntries(found) : undefined;
}

/** The threshold in the metric's own unit. Undefined: the thing's total is not known. */
function limitOf(
  { id, row, thing }: Alarm,
  { scale = 1, of, remaining }: MetricSource,
): { readonly threshold: number; readonly comparisonOperator: string } | undefined {
  const threshold = thing.raw.thresholds?.[id] ?? row.threshold;
  const above = (row.comparison === "above") !== (remaining === true);
  const comparisonOperator = above ? "GreaterThanThreshold" : "LessThanThreshold";
  if (of === undefined) return { threshold: threshold * scale, comparisonOperator };
  const total = thing.raw.totals?.[of];
  if (total === undefined) return undefined;
  const percent = remaining === true ? 100 - threshold : threshold;
  return { threshold: Math.floor((total * percent) / 100), comparisonOperator };
}
