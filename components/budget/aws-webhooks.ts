// How chats hear of the budget on AWS: Budgets and Cost Anomaly Detection tell topics only, and a topic reaches no webhook. So they get a
// topic of their own, an alarm looks at whether anything was published there, and a rule brings that to where alerts go.
import { EventRule, MetricAlarm } from "@pulumi/aws/cloudwatch";
import { type ComponentResource, jsonStringify, type Output } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { nameOf } from "../clouds/aws/names";
import { createRoute, notify } from "../monitoring/aws-routes";
import { tagsOf } from "../stack";
import type { BudgetArgs } from "./index";

/** The topic that hears of costs: where nobody reads webhooks, that of all other alerts. */
export function costsTopicArn(parent: ComponentResource, name: string, args: BudgetArgs<Aws>): Output<string> {
  const { network, monitoring, monthlyUsd } = args;
  const { stack } = network;
  const route = monitoring.raw.routes.high;
  if (route.webhooks.length === 0) return route.topicArn;
  const nobody = { emails: [], webhooks: [] };
  const { topicArn } = createRoute(parent, `${name}-costs`, {
    network,
    component: name,
    severity: "high",
    receivers: nobody,
    keyArn: monitoring.raw.logKeyArn,
  });
  const tags = tagsOf(stack, name);
  const text = `The cost of ${stack.project} ${stack.name} has passed a threshold of its budget of ${monthlyUsd} USD, or risen unusually`;
  const alarm = new MetricAlarm(
    nameOf(stack, "alarm", `${name}-costs`),
    {
      alarmDescription: text,
      namespace: "AWS/SNS",
      metricName: "NumberOfMessagesPublished",
      dimensions: { TopicName: topicArn.apply((arn) => arn.split(":").at(-1) ?? "") },
      statistic: "Sum",
      period: 300,
      evaluationPeriods: 1,
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      // Back to normal at once, so that the next message is news again.
      treatMissingData: "notBreaching",
      tags,
    },
    { parent },
  );
  const eventPattern = jsonStringify({
    source: ["aws.cloudwatch"],
    "detail-type": ["CloudWatch Alarm State Change"],
    resources: [alarm.arn],
    detail: { state: { value: ["ALARM"] } },
  });
  const rule = new EventRule(nameOf(stack, "eventRule", `${name}-costs`), { description: text, eventPattern, tags }, { parent });
  notify(parent, `${name}-costs`, rule, route, `${text}: AWS Billing says which and of what.`);
  return topicArn;
}
