// The alarms that judge a candidate on Azure, by what its slot alone answers. A share of errors and a percentile are no metrics of App
// Service: both are asked of the slot's log of requests, which needs nothing of the application. They come and go with the candidate.
import * as monitor from "@pulumi/azure-native/monitor";
import type { ComponentResource, Output } from "@pulumi/pulumi";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { type Severity, severities } from "../monitoring/alerts";
import { tagsOf } from "../stack";
import type { AppServiceArgs } from "./index";
import { candidateTrack, defaultRollout } from "./rollout";

/** Errors, response time and health of the candidate; ids of the alarms, in this order. */
export function createJudges(
  parent: ComponentResource,
  name: string,
  { network, monitoring, rollout = defaultRollout }: AppServiceArgs<Azure>,
  siteName: string,
  slotId: Output<string>,
): Output<string>[] {
  const { stack, raw } = network;
  const { errorPercent, responseMs, minRequests } = rollout.limits;
  const shared = (what: string) => ({
    resourceGroupName: raw.resourceGroupName,
    ruleName: nameOf(stack, "alert", `${name}-${candidateTrack}-${what}`),
    enabled: true,
    autoMitigate: true,
    evaluationFrequency: "PT5M",
    windowSize: "PT5M",
    tags: tagsOf(stack, name),
  });
  // By the names, which are known: a slot's id is not before it is there. App Service writes ids in small letters.
  const requests = `AppServiceHTTPLogs | where tolower(_ResourceId) endswith "/sites/${siteName}/slots/${candidateTrack}"`;
  const asked = (what: string, { description, severity, query, measure, threshold }: Question): Output<string> =>
    new monitor.ScheduledQueryRule(
      `${name}-${candidateTrack}-${what}`,
      {
        ...shared(what),
        location: raw.location,
        kind: "LogAlert",
        displayName: `${name}: ${description}`,
        description: `The candidate of ${name}: ${description}`,
        severity: severities.indexOf(severity),
        scopes: [monitoring.raw.workspaceId],
        // A workspace has no table before the first log of its kind.
        skipQueryValidation: true,
        criteria: {
          allOf: [
            {
              query: `${requests} | summarize ${query}`,
              metricMeasureColumn: measure,
              timeAggregation: "Maximum",
              operator: "GreaterThan",
              threshold,
              failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 },
            },
          ],
        },
        actions: { actionGroups: [monitoring.raw.actionGroupIds[severity]] },
      },
      { parent },
    ).id;
  return [
    asked("errors", {
      description: `more than ${errorPercent} % of its requests fail`,
      severity: "critical",
      query: `requests = count(), errors = countif(ScStatus >= 500) | project share = iff(requests > ${minRequests}, 100.0 * errors / requests, 0.0)`,
      measure: "share",
      threshold: errorPercent,
    }),
    asked("slow", {
      description: `more than 5 of 100 requests take longer than ${responseMs} ms`,
      severity: "medium",
      query: `requests = count(), p95 = percentile(TimeTaken, 95) | project p95 = iff(requests > ${minRequests}, todouble(p95), 0.0)`,
      measure: "p95",
      threshold: responseMs,
    }),
    new monitor.MetricAlert(
      `${name}-${candidateTrack}-unhealthy`,
      {
        ...shared("unhealthy"),
        location: "global",
        description: `The candidate of ${name}: an instance does not answer its probe`,
        severity: severities.indexOf(unwell),
        scopes: [slotId],
        criteria: {
          odataType: "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
          allOf: [
            {
              criterionType: "StaticThresholdCriterion",
              name: "unhealthy",
              metricNamespace: "Microsoft.Web/sites/slots",
              metricName: "HealthCheckStatus",
              operator: "LessThan",
              threshold: 100,
              timeAggregation: "Average",
              // A new slot has not sent this metric yet.
              skipMetricValidation: true,
            },
          ],
        },
        actions: [{ actionGroupId: monitoring.raw.actionGroupIds[unwell] }],
      },
      { parent },
    ).id,
  ];
}

/** Of an instance that does not answer its probe. */
const unwell: Severity = "high";

interface Question {
  readonly description: string;
  readonly severity: Severity;
  readonly query: string;
  readonly measure: string;
  readonly threshold: number;
}
