// Rotation on AWS: an alarm without code. CloudWatch's metric math knows the time of each data point, and the number of log events of the
// account is a metric that always has one where a platform runs.
import { MetricAlarm } from "@pulumi/aws/cloudwatch";
import type { ComponentResourceOptions } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { nameOf } from "../clouds/aws/names";
import { tagsOf } from "../stack";
import { Rotation, type RotationArgs, rotationDays, secondsAfter } from "./index";

const hour = 3600;

export class AwsRotation extends Rotation<Aws> {
  readonly alarm: MetricAlarm;

  constructor(name: string, args: RotationArgs<Aws>, opts?: ComponentResourceOptions) {
    super("Rotation", name, opts);
    this.alarm = this.createAlarm(name, args);
    this.finish({});
  }

  private createAlarm(name: string, { network, monitoring, epoch, rotatedOn }: RotationArgs<Aws>): MetricAlarm {
    const due = secondsAfter(rotatedOn, rotationDays);
    const actions = [monitoring.raw.alertsTopicArn];
    return new MetricAlarm(
      // By the severity in the name the webhooks' rules tell alarms apart.
      nameOf(network.stack, "alarm", `high-${name}`),
      {
        alarmDescription: `Passwords and secrets of epoch ${epoch} (${rotatedOn}) are more than ${rotationDays} days old: rotate them (docs/secrets.md)`,
        comparisonOperator: "GreaterThanThreshold",
        threshold: 0,
        evaluationPeriods: 1,
        // An hour in which nothing was logged says nothing about the date.
        treatMissingData: "ignore",
        metricQueries: [
          {
            id: "events",
            metric: { namespace: "AWS/Logs", metricName: "IncomingLogEvents", period: hour, stat: "Sum" },
            returnData: false,
          },
          { id: "due", expression: `IF(EPOCH(events) >= ${due}, 1, 0)`, label: "Rotation is due", returnData: true },
        ],
        alarmActions: actions,
        okActions: actions,
        tags: tagsOf(network.stack, name),
      },
      { parent: this },
    );
  }
}
