// The alarms that judge a candidate on AWS, by what the balancer sees of its target group. They come and go with it.
import type { TargetGroup } from "@pulumi/aws/lb";
import { MetricAlarm, type MetricAlarmArgs } from "@pulumi/aws/cloudwatch";
import type { ComponentResource, Output } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { nameOf } from "../clouds/aws/names";
import type { Severity } from "../monitoring/alerts";
import { tagsOf } from "../stack";
import type { AppServiceArgs } from "./index";
import { candidateTrack, defaultRollout } from "./rollout";

const namespace = "AWS/ApplicationELB";

/** Errors, response time and health of the candidate; ARNs of the alarms, in this order. */
export function createJudges(
  parent: ComponentResource,
  name: string,
  { network, monitoring, rollout = defaultRollout }: AppServiceArgs<Aws>,
  place: Aws["place"],
  targets: TargetGroup,
): Output<string>[] {
  const { errorPercent, responseMs, minRequests } = rollout.limits;
  const balancer = { LoadBalancer: place.balancerArnSuffix };
  const dimensions = { ...balancer, TargetGroup: targets.arnSuffix };
  const sum = (id: string, metricName: string, of: Readonly<Record<string, Output<string>>> = dimensions) => ({
    id,
    metric: { namespace, metricName, dimensions: of, period: 60, stat: "Sum" },
    returnData: false,
  });
  const math = (id: string, expression: string) => ({ id, expression, label: id, returnData: false });
  // Without a failure the balancer reports no number of failures, and without a request none of requests.
  const share = `IF(FILL(requests, 0) > ${minRequests}, 100 * (FILL(errors, 0) + lost) / requests, 0)`;
  const alarms: Readonly<Record<string, Judge>> = {
    errors: {
      severity: "critical",
      alarmDescription: `more than ${errorPercent} % of its requests fail`,
      metricQueries: [
        sum("requests", "RequestCount"),
        sum("good", "HTTPCode_Target_2XX_Count"),
        sum("moved", "HTTPCode_Target_3XX_Count"),
        sum("refused", "HTTPCode_Target_4XX_Count"),
        sum("errors", "HTTPCode_Target_5XX_Count"),
        sum("balancer", "HTTPCode_ELB_5XX_Count", balancer),
        // What an instance took and did not answer: the balancer's own 502 and 504, which it counts for all groups together only. A visitor
        // who hung up and a request under way have no answer either, but the balancer counts no error of theirs.
        math("unanswered", "FILL(requests, 0) - FILL(good, 0) - FILL(moved, 0) - FILL(refused, 0) - FILL(errors, 0)"),
        math("lost", "IF(unanswered > FILL(balancer, 0), FILL(balancer, 0), IF(unanswered > 0, unanswered, 0))"),
        { id: "share", expression: share, label: "errors in percent", returnData: true },
      ],
      threshold: errorPercent,
      treatMissingData: "notBreaching",
    },
    slow: {
      severity: "medium",
      alarmDescription: `more than 5 of 100 requests take longer than ${responseMs} ms`,
      namespace,
      metricName: "TargetResponseTime",
      dimensions,
      period: 60,
      extendedStatistic: "p95",
      evaluateLowSampleCountPercentiles: "ignore",
      // The balancer measures in seconds.
      threshold: responseMs / 1000,
      treatMissingData: "notBreaching",
    },
    unhealthy: {
      severity: "high",
      alarmDescription: "an instance does not answer its probe",
      namespace,
      metricName: "UnHealthyHostCount",
      dimensions,
      period: 60,
      statistic: "Maximum",
      threshold: 0,
      // A group reports nothing until its first instance is registered: neither health nor a fault, and nobody is called for it.
      treatMissingData: "missing",
    },
  };
  return Object.entries(alarms).map(([what, { severity, alarmDescription, ...judge }]) => {
    const { topicArn } = monitoring.raw.routes[severity];
    const alarm = {
      ...judge,
      alarmDescription: `The candidate of ${name}: ${alarmDescription}`,
      comparisonOperator: "GreaterThanThreshold",
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      alarmActions: [topicArn],
      okActions: [topicArn],
      tags: tagsOf(network.stack, name),
    };
    // The name begins with the severity, as those of all alarms: by it the rules of webhooks tell them apart.
    return new MetricAlarm(nameOf(network.stack, "alarm", `${severity}-${name}-${candidateTrack}-${what}`), alarm, { parent }).arn;
  });
}

type Judge = Omit<MetricAlarmArgs, "alarmDescription" | "comparisonOperator" | "evaluationPeriods"> & {
  readonly severity: Severity;
  readonly alarmDescription: string;
};
