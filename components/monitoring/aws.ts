// Monitoring on AWS: the key of all log groups, the topic that alarms notify, and the flow logs. Each component makes its own log
// groups before it starts to write, because AWS would make them without retention and key.
import { FlowLog } from "@pulumi/aws/ec2";
import type { Key } from "@pulumi/aws/kms";
import { Topic, TopicPolicy, TopicSubscription } from "@pulumi/aws/sns";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { createKey } from "../clouds/aws/key";
import { nameOf } from "../clouds/aws/names";
import { alertsTopicPolicy } from "../clouds/aws/policies";
import { checkLogDays } from "../clouds/aws/sizes";
import { transformed } from "../clouds/aws/transforms";
import { refuse } from "../fault";
import type { Network } from "../network";
import { tagsOf } from "../stack";
import type { Storage } from "../storage";
import { Monitoring, type MonitoringArgs } from "./index";

export class AwsMonitoring extends Monitoring<Aws> {
  readonly alertsId: Output<string>;
  readonly raw: Aws["monitoring"];
  readonly alerts: Topic;

  constructor(name: string, args: MonitoringArgs<Aws>, opts?: ComponentResourceOptions) {
    refuse(checkLogDays(args.logDays));
    super("Monitoring", name, opts);
    const { network, logs } = args;
    const key = createKey(this, name, {
      network,
      component: name,
      description: "Log groups and alerts",
      users: ["logs", "alerts"],
    });
    this.alerts = this.createAlerts(name, network, key, args.alertEmails);
    if (args.flowLogs) this.createFlowLog(name, network, logs);

    this.alertsId = this.alerts.arn;
    this.raw = { alertsTopicArn: this.alerts.arn, logKeyArn: key.arn, logDays: args.logDays };
    this.finish({ alertsId: this.alertsId });
  }

  private createAlerts(name: string, { stack, raw }: Network<Aws>, key: Key, emails: readonly string[]): Topic {
    const topic = new Topic(
      nameOf(stack, "topic", `${name}-alerts`),
      transformed("monitoring.topic", { kmsMasterKeyId: key.arn, tags: tagsOf(stack, name) }),
      { parent: this },
    );
    const policy = alertsTopicPolicy({ region: stack.region, accountId: raw.accountId }, topic.arn);
    new TopicPolicy(`${name}-alerts`, { arn: topic.arn, policy }, { parent: this });
    for (const email of emails) {
      // Stays pending until the receiver confirms it; AWS lets no program do that.
      new TopicSubscription(`${name}-alerts-${email}`, { topic: topic.arn, protocol: "email", endpoint: email }, { parent: this });
    }
    return topic;
  }

  /** To the bucket, which costs half of what a log group does; Parquet, as Athena then reads only the columns asked for. */
  private createFlowLog(name: string, { id, stack }: Network<Aws>, logs: Storage<Aws>): void {
    new FlowLog(
      `${name}-flow`,
      {
        vpcId: id,
        trafficType: "ALL",
        logDestinationType: "s3",
        logDestination: logs.raw.bucketArn,
        // Hive's names of folders would not lie under AWSLogs/<account>, which is all that the bucket's policy opens.
        destinationOptions: { fileFormat: "parquet", hiveCompatiblePartitions: false, perHourPartition: true },
        maxAggregationInterval: 600,
        tags: { ...tagsOf(stack, name), Name: `${stack.project}-${stack.name}` },
      },
      { parent: this, dependsOn: [logs.raw.policy] },
    );
  }
}
