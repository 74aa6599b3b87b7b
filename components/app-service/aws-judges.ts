// The alarms that judge a candidate on AWS, by what the balancer sees of its target group alone. They come and go with it.
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
  const dimensions = { LoadBalancer: place.balancerArnSuffix, TargetGroup: targets.arnSuffix };
  const sum = (metricName: string) => ({ namespace, metricName, dimensions, period: 60, stat: "Sum" });
  // Without a failure the balancer reports no number of failures, and without a request none of requests.
  const share = `IF(FILL(requests, 0) > ${minRequests}, 100 * FILL(errors, 0) / requests, 0)`;
  const alarms: Readonly<Record<string, Judge>> = {
    errors: {
      severity: "critical",
      alarmDescription: `more than ${errorPercent} % of its requests fail`,
      metricQueries: [
        { id: "errors", metric: sum("HTTPCode_Target_5XX_Count"), returnData: false },
        { id: "requests", metric: sum("RequestCount"), returnData: false },
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
      // A group that nothing was ever registered in reports nothing: that is not health.
      treatMissingData: "breaching",
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
