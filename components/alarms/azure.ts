// Alarms on Azure: a metric alert or a log rule for each row of the table and each thing of a type that the row measures.
import { AlertProcessingRuleByName } from "@pulumi/azure-native/alertsmanagement";
import { MetricAlert, type MetricAlertArgs, ScheduledQueryRule } from "@pulumi/azure-native/monitor";
import type { ComponentResourceOptions } from "@pulumi/pulumi";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { type AlarmId, type AlarmRow, rowsFor } from "../monitoring/alarms";
import { respondWithin, severities } from "../monitoring/alerts";
import { azureAlarms, type AzureSource, type MetricSource, type QuerySource, type WebTestSource } from "../monitoring/azure-alarms";
import type { Watched } from "../monitoring/watched";
import { type Stack, tagsOf } from "../stack";
import { Alarms, type AlarmsArgs } from "./index";

/** One row of the table for one thing. */
interface Alarm {
  readonly id: AlarmId;
  readonly row: AlarmRow;
  readonly thing: Watched<Azure>;
}

export class AzureAlarms extends Alarms<Azure> {
  private readonly stack: Stack;

  constructor(
    private readonly name: string,
    private readonly args: AlarmsArgs<Azure>,
    opts?: ComponentResourceOptions,
  ) {
    super("Alarms", name, opts);
    this.stack = args.network.stack;

    for (const [id, row] of rowsFor(args.which)) {
      for (const thing of args.watched.filter(({ noun }) => noun === row.noun)) {
        const sources: readonly AzureSource[] = azureAlarms[id];
        for (const source of sources) if (source.type === thing.raw.type) this.createAlarm({ id, row, thing }, source);
      }
    }
    this.finish({});
  }

  private createAlarm(alarm: Alarm, source: AzureSource): void {
    if (source.kind === "metric") this.onMetric(alarm, source);
    else if (source.kind === "query") this.onQuery(alarm, source);
    else if (source.kind === "webTest") this.onWebTest(alarm, source);
    else this.onVault(alarm);
  }

  private onMetric(alarm: Alarm, source: MetricSource): void {
    const limit = limitOf(alarm, source);
    if (limit === undefined) return;
    const { dimension, type, metric, aggregation } = source;
    const { raw } = alarm.thing;
    this.create(alarm, {
      scopes: [raw.resourceId],
      ...timesOf(alarm.row),
      criteria: {
        odataType: "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
        allOf: [
          {
            criterionType: "StaticThresholdCriterion",
            name: alarm.id,
            metricNamespace: type,
            metricName: metric,
            ...(dimension && {
              dimensions: [{ name: dimension.name, operator: "Include", values: [...(dimension.values ?? [raw.entity])] }],
            }),
            ...limit,
            timeAggregation: aggregation,
            // What is new has not sent this metric yet.
            skipMetricValidation: true,
          },
        ],
      },
    });
  }

  private onWebTest(alarm: Alarm, { failedPlaces }: WebTestSource): void {
    const { insights } = this.args.monitoring.raw;
    if (insights === undefined) return;
    const { resourceId } = alarm.thing.raw;
    this.create(alarm, {
      scopes: [resourceId, insights.componentId],
      evaluationFrequency: "PT1M",
      windowSize: "PT5M",
      criteria: {
        odataType: "Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria",
        webTestId: resourceId,
        componentId: insights.componentId,
        failedLocationCount: failedPlaces,
      },
    });
  }

  private create(alarm: Alarm, what: Pick<MetricAlertArgs, "scopes" | "evaluationFrequency" | "windowSize" | "criteria">): void {
    const part = partOf(alarm);
    new MetricAlert(
      part,
      {
        resourceGroupName: this.args.network.raw.resourceGroupName,
        location: "global",
        ruleName: nameOf(this.stack, "alert", part),
        description: textOf(alarm),
        severity: severities.indexOf(alarm.row.severity),
        enabled: true,
        autoMitigate: true,
        ...what,
        actions: [{ actionGroupId: this.args.monitoring.raw.actionGroupIds[alarm.row.severity] }],
        tags: tagsOf(this.stack, this.name),
      },
      { parent: this },
    );
  }

  private onQuery(alarm: Alarm, { query }: QuerySource): void {
    const part = partOf(alarm);
    const { network, monitoring } = this.args;
    new ScheduledQueryRule(
      part,
      {
        resourceGroupName: network.raw.resourceGroupName,
        location: network.raw.location,
        ruleName: nameOf(this.stack, "alert", part),
        displayName: nameOf(this.stack, "alert", part),
        description: textOf(alarm),
        severity: severities.indexOf(alarm.row.severity),
        enabled: true,
        autoMitigate: true,
        scopes: [monitoring.raw.workspaceId],
        // Every run costs: dev looks less often.
        ...(this.stack.environment === "dev" ? { evaluationFrequency: "PT15M", windowSize: "PT15M" } : timesOf(alarm.row)),
        criteria: {
          allOf: [
            {
              query: query(alarm.thing.raw),
              metricMeasureColumn: "value",
              timeAggregation: "Maximum",
              operator: "GreaterThan",
              threshold: alarm.row.threshold,
              failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 },
            },
          ],
        },
        // A table is there once the first line has arrived.
        skipQueryValidation: true,
        actions: { actionGroups: [monitoring.raw.actionGroupIds[alarm.row.severity]] },
        tags: tagsOf(this.stack, this.name),
      },
      { parent: this },
    );
  }

  private onVault(alarm: Alarm): void {
    const part = partOf(alarm);
    const { network, monitoring } = this.args;
    new AlertProcessingRuleByName(
      part,
      {
        resourceGroupName: network.raw.resourceGroupName,
        location: "Global",
        alertProcessingRuleName: nameOf(this.stack, "alert", part),
        properties: {
          description: textOf(alarm),
          enabled: true,
          scopes: [alarm.thing.raw.resourceId],
          actions: [{ actionType: "AddActionGroups", actionGroupIds: [monitoring.raw.actionGroupIds[alarm.row.severity]] }],
        },
        tags: tagsOf(this.stack, this.name),
      },
      { parent: this },
    );
  }
}

function partOf({ id, row, thing }: Alarm): string {
  return `${row.severity}-${thing.name}-${id}`;
}

function textOf({ row: { text, severity }, thing }: Alarm): string {
  return `${thing.name} ${text}. Severity ${severity}: look at it within ${respondWithin[severity]}.`;
}

/** Azure looks back over a few fixed times, and at most as often as it looks back. */
function timesOf({ minutes }: AlarmRow): { readonly evaluationFrequency: string; readonly windowSize: string } {
  if (minutes >= 1440) return { evaluationFrequency: "PT1H", windowSize: "P1D" };
  if (minutes >= 60) return { evaluationFrequency: "PT15M", windowSize: "PT1H" };
  return { evaluationFrequency: "PT5M", windowSize: minutes > 5 ? "PT15M" : "PT5M" };
}

/** The threshold in the metric's own unit. Undefined: the thing's total is not known. */
function limitOf(
  { id, row, thing }: Alarm,
  { limit, of }: MetricSource,
): { readonly operator: "GreaterThan" | "LessThan"; readonly threshold: number } | undefined {
  if (limit !== undefined) return limit;
  const threshold = thing.raw.thresholds?.[id] ?? row.threshold;
  const operator = row.comparison === "above" ? "GreaterThan" : "LessThan";
  if (of === undefined) return { operator, threshold };
  const total = thing.raw.totals?.[of];
  return total === undefined ? undefined : { operator, threshold: Math.floor((total * threshold) / 100) };
}
