// Monitoring on AWS: the key of all log groups, a topic per severity that alarms notify, the audit trail and the flow logs. Each component
// makes its own log groups before it starts to write, because AWS would make them without retention and key.
import { LogGroup } from "@pulumi/aws/cloudwatch";
import { FlowLog } from "@pulumi/aws/ec2";
import type { Key } from "@pulumi/aws/kms";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import type { Aws, Route } from "../clouds/aws/family";
import { createKey } from "../clouds/aws/key";
import { logGroupName } from "../clouds/aws/names";
import { checkLogDays } from "../clouds/aws/sizes";
import { refuse } from "../fault";
import type { Network } from "../network";
import { type Stack, tagsOf } from "../stack";
import type { Storage } from "../storage";
import { everyone, type Severity } from "./alerts";
import { checkArchiveDays } from "./archive";
import { createAudit } from "./aws-audit";
import { createRoute } from "./aws-routes";
import { awsCollector } from "./collector";
import { Monitoring, type MonitoringArgs } from "./index";

export class AwsMonitoring extends Monitoring<Aws> {
  readonly alertsId: Output<string>;
  readonly raw: Aws["monitoring"];

  constructor(name: string, args: MonitoringArgs<Aws>, opts?: ComponentResourceOptions) {
    refuse([...checkLogDays(args.logDays), ...checkArchiveDays(args.archiveDays, "aws")]);
    super("Monitoring", name, opts);
    const { network, logs } = args;
    const key = createKey(this, name, {
      network,
      component: name,
      description: "Log groups and alerts",
      users: ["logs", "alerts", "costs"],
    });
    const receivers = everyone(args.receivers, args.alertEmails);
    const route = (severity: Severity): Route =>
      createRoute(this, `${name}-${severity}`, { network, component: name, severity, receivers: receivers[severity], keyArn: key.arn });
    const routes = { critical: route("critical"), high: route("high"), medium: route("medium"), low: route("low") };
    const telemetry = args.tracing === true ? this.createTelemetry(name, args, key) : undefined;
    const days = daysOf(args);
    const auditLogGroupName = args.audit === true ? createAudit(this, name, { network, logs, keyArn: key.arn, days }) : undefined;
    if (args.flowLogs) this.createFlowLog(name, network, logs);

    this.alertsId = routes.high.topicArn;
    this.raw = {
      alertsTopicArn: this.alertsId,
      routes,
      receivers,
      logKeyArn: key.arn,
      logDays: days,
      telemetry,
      auditLogGroupName,
      metrics: args.metrics ?? [],
    };
    this.finish({ alertsId: this.alertsId });
  }

  /** What collectors write the application's metrics to: CloudWatch makes metrics of what arrives there. */
  private createTelemetry(name: string, args: MonitoringArgs<Aws>, key: Key): Aws["monitoring"]["telemetry"] {
    const { stack } = args.network;
    const logGroup = logGroupName(stack, "telemetry");
    const group = new LogGroup(
      `${name}-telemetry`,
      { name: logGroup, kmsKeyId: key.arn, retentionInDays: daysOf(args), tags: tagsOf(stack, name) },
      { parent: this },
    );
    const { region } = stack;
    const config = awsCollector({ region, namespace: metricsNamespace(stack), logGroup, metrics: args.metrics ?? [] });
    return { logGroupName: group.name, logGroupArn: group.arn, config: JSON.stringify(config) };
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

/** CloudWatch has one tier of storage, at the price of an archive: what others move away stays where it can be searched. */
function daysOf({ logDays, archiveDays = logDays }: MonitoringArgs<Aws>): number {
  return Math.max(logDays, archiveDays);
}

/** The namespace of the application's own metrics. */
export function metricsNamespace({ project, name }: Stack): string {
  return `${project}/${name}`;
}
