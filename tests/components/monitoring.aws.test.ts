import { expect } from "chai";
import { ConfigError } from "../../components/fault";
import { AwsMonitoring } from "../../components/monitoring/aws";
import { nobody, severities } from "../../components/monitoring/alerts";
import type { MonitoringSpec } from "../../components/monitoring/index";
import type { Stack } from "../../components/stack";
import { AwsStorage } from "../../components/storage/aws";
import { account, awsNetwork, awsTags, documentOf, madeBy, waitsFor } from "../support/aws-parts";
import { ofType, only, type Recorded, recordKnown } from "../support/record";

function make(spec: Partial<MonitoringSpec>, stack: Partial<Stack>): AwsMonitoring {
  const network = awsNetwork(stack);
  const logs = new AwsStorage("logs", { network, purpose: "logs", expireDays: 90 });
  return new AwsMonitoring("monitoring", { network, logs, logDays: 30, alertEmails: ["ops@example.com"], flowLogs: true, ...spec });
}

function monitoring(spec: Partial<MonitoringSpec> = {}, stack: Partial<Stack> = {}): Promise<Recorded[]> {
  return recordKnown(() => {
    const made = make(spec, stack);
    expect(made.raw.logDays).to.equal(spec.archiveDays ?? spec.logDays ?? 30);
    expect(made.alertsId).to.equal(made.raw.alertsTopicArn);
  });
}

describe("Monitoring on AWS", () => {
  it("is a key, a topic per severity and the flow log", async () => {
    expect(madeBy(await monitoring(), "monitoring")).to.deep.equal([
      "ec2 FlowLog monitoring-flow",
      "kms Alias monitoring-key",
      "kms Key monitoring-key",
      ...["critical", "high", "low", "medium"].map((severity) => `sns Topic platform-test-monitoring-${severity}`),
      ...["critical", "high", "low", "medium"].map((severity) => `sns TopicPolicy monitoring-${severity}`),
      ...["critical", "high", "low", "medium"].map((severity) => `sns TopicSubscription monitoring-${severity}-ops@example.com`),
    ]);
  });

  it("encrypts with a key that log groups and alarms of this account may use", async () => {
    const resources = await monitoring();
    const key = only(resources, "aws:kms/key:Key");
    const { policy, ...inputs } = key.inputs;
    expect(inputs).to.deep.equal({
      deletionWindowInDays: 30,
      description: "Log groups and alerts",
      enableKeyRotation: true,
      tags: awsTags("monitoring"),
    });
    expect(key.protect).to.equal(true);
    expect(policy).to.be.a("string");
    expect(documentOf(key, "policy")).to.deep.equal({
      Version: "2012-10-17",
      Statement: [
        { Sid: "Account", Effect: "Allow", Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: "kms:*", Resource: "*" },
        {
          Sid: "LogGroups",
          Effect: "Allow",
          Principal: { Service: "logs.us-east-1.amazonaws.com" },
          Action: [
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
          ],
          Resource: "*",
          Condition: { ArnLike: { "kms:EncryptionContext:aws:logs:arn": `arn:aws:logs:us-east-1:${account}:log-group:*` } },
        },
        {
          Sid: "AlarmsToTopics",
          Effect: "Allow",
          Principal: { Service: ["cloudwatch.amazonaws.com", "events.amazonaws.com"] },
          Action: ["kms:Decrypt", "kms:GenerateDataKey"],
          Resource: "*",
          Condition: { ArnLike: { "kms:EncryptionContext:aws:sns:topicArn": `arn:aws:sns:us-east-1:${account}:*` } },
        },
        ...["Budgets budgets", "CostAnomalies costalerts"].map((row) => ({
          Sid: `${row.split(" ")[0]}ToTopics`,
          Effect: "Allow",
          Principal: { Service: `${row.split(" ")[1]}.amazonaws.com` },
          Action: ["kms:Decrypt", "kms:GenerateDataKey"],
          Resource: "*",
          Condition: { StringEquals: { "aws:SourceAccount": account } },
        })),
      ],
    });
    expect(only(resources, "aws:kms/alias:Alias").inputs).to.include({ name: "alias/platform-test-monitoring" });
  });

  it("lets its key go after a week where nothing guards it", async () => {
    const key = only(await monitoring({}, { guard: "data" }), "aws:kms/key:Key");
    expect(key.inputs).to.include({ deletionWindowInDays: 7 });
    expect(key.protect).to.equal(false);
  });

  it("lets alarms of this account publish alerts, over TLS", async () => {
    const resources = await monitoring();
    expect(only(resources, "aws:sns/topic:Topic", "platform-test-monitoring-critical").inputs).to.deep.equal({
      kmsMasterKeyId: "monitoring-key_arn",
      tags: awsTags("monitoring"),
    });
    const policy = only(resources, "aws:sns/topicPolicy:TopicPolicy", "monitoring-critical");
    const topic = "platform-test-monitoring-critical_arn";
    expect(policy.inputs).to.include({ arn: topic });
    expect(documentOf(policy, "policy")).to.deep.equal({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "DenyPlainText",
          Effect: "Deny",
          Principal: "*",
          Action: "sns:Publish",
          Resource: topic,
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        },
        {
          Sid: "Alarms",
          Effect: "Allow",
          Principal: { Service: "cloudwatch.amazonaws.com" },
          Action: "sns:Publish",
          Resource: topic,
          Condition: {
            StringEquals: { "aws:SourceAccount": account },
            ArnLike: { "aws:SourceArn": `arn:aws:cloudwatch:us-east-1:${account}:alarm:*` },
          },
        },
        {
          Sid: "Events",
          Effect: "Allow",
          Principal: { Service: "events.amazonaws.com" },
          Action: "sns:Publish",
          Resource: topic,
          Condition: { ArnLike: { "aws:SourceArn": `arn:aws:events:us-east-1:${account}:rule/*` } },
        },
        ...["Budgets budgets", "CostAnomalies costalerts"].map((row) => ({
          Sid: row.split(" ")[0],
          Effect: "Allow",
          Principal: { Service: `${row.split(" ")[1]}.amazonaws.com` },
          Action: "sns:Publish",
          Resource: topic,
          Condition: { StringEquals: { "aws:SourceAccount": account } },
        })),
      ],
    });
  });

  it("tells every address", async () => {
    const subscriptions = ofType(
      await monitoring({ alertEmails: ["a@example.com", "b@example.com"] }),
      "aws:sns/topicSubscription:TopicSubscription",
    );
    expect(subscriptions.map(({ inputs }) => inputs)).to.have.deep.members(
      severities.flatMap((severity) =>
        ["a@example.com", "b@example.com"].map((endpoint) => ({
          endpoint,
          protocol: "email",
          topic: `platform-test-monitoring-${severity}_arn`,
        })),
      ),
    );
  });

  it("writes the network's flows to the bucket once it may", async () => {
    const flow = only(await monitoring(), "aws:ec2/flowLog:FlowLog");
    expect(flow.inputs).to.deep.equal({
      vpcId: null,
      trafficType: "ALL",
      logDestinationType: "s3",
      logDestination: "platform-test-logs_arn",
      destinationOptions: { fileFormat: "parquet", hiveCompatiblePartitions: false, perHourPartition: true },
      maxAggregationInterval: 600,
      tags: awsTags("monitoring", { Name: "platform-test" }),
    });
    expect(waitsFor(flow)).to.include("logs-policy");
    expect(ofType(await monitoring({ flowLogs: false }), "aws:ec2/flowLog:FlowLog")).to.deep.equal([]);
  });

  const hook = { ...nobody.critical, webhooks: [{ name: "ops-slack", kind: "slack" as const, url: "https://hooks.example.org/T1" }] };
  const receivers = { ...nobody, critical: { ...hook, pagerduty: "0123" }, high: { ...nobody.high, emails: ["lead@example.com"] } };

  it("tells each severity its own receivers, and keeps addresses and keys secret", async () => {
    const resources = await monitoring({ receivers, alertEmails: [] });
    expect(ofType(resources, "aws:sns/topicSubscription:TopicSubscription").map(({ name, inputs }) => [name, inputs])).to.have.deep.members(
      [
        [
          "monitoring-critical-pagerduty",
          { topic: "platform-test-monitoring-critical_arn", protocol: "https", endpoint: "[secret]", endpointAutoConfirms: true },
        ],
        [
          "monitoring-high-lead@example.com",
          { topic: "platform-test-monitoring-high_arn", protocol: "email", endpoint: "lead@example.com" },
        ],
      ],
    );
    expect(only(resources, "aws:cloudwatch/eventApiDestination:EventApiDestination").inputs).to.deep.equal({
      connectionArn: "platform-test-monitoring-critical_arn",
      httpMethod: "POST",
      invocationEndpoint: "[secret]",
      invocationRateLimitPerSecond: 1,
    });
  });

  it("sends alarms of the severity to its webhooks, by the beginning of their names", async () => {
    const resources = await monitoring({ receivers, alertEmails: [] });
    expect(documentOf(only(resources, "aws:cloudwatch/eventRule:EventRule"), "eventPattern")).to.deep.equal({
      source: ["aws.cloudwatch"],
      "detail-type": ["CloudWatch Alarm State Change"],
      detail: { alarmName: [{ prefix: "platform-test-critical-" }], state: { value: ["ALARM", "OK"] } },
    });
    const target = only(resources, "aws:cloudwatch/eventTarget:EventTarget").inputs;
    expect(target).to.deep.include({
      arn: "platform-test-monitoring-critical-ops-slack_arn",
      roleArn: "platform-test-monitoring-critical-caller_arn",
    });
    expect(target.inputTransformer).to.deep.equal({
      inputPaths: { alarm: "$.detail.alarmName", state: "$.detail.state.value", reason: "$.detail.state.reason" },
      inputTemplate: '{"text":"critical: <alarm> is <state>. <reason>"}',
    });
    expect(documentOf(only(resources, "aws:iam/rolePolicy:RolePolicy"), "policy")).to.deep.equal({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: ["events:InvokeApiDestination"], Resource: ["platform-test-monitoring-critical-ops-slack_arn"] },
      ],
    });
  });

  it("keeps who did what in the bucket and in a log group, for as long as logs are kept at all", async () => {
    const resources = await monitoring({ audit: true, archiveDays: 365 });
    expect(only(resources, "aws:cloudwatch/logGroup:LogGroup").inputs).to.deep.include({
      name: "/platform/test/audit",
      retentionInDays: 365,
    });
    const trail = only(resources, "aws:cloudtrail/trail:Trail");
    expect(trail.inputs).to.deep.equal({
      s3BucketName: null,
      isMultiRegionTrail: true,
      includeGlobalServiceEvents: true,
      enableLogFileValidation: true,
      cloudWatchLogsGroupArn: "monitoring-audit_arn:*",
      cloudWatchLogsRoleArn: "platform-test-monitoring-audit_arn",
      tags: awsTags("monitoring"),
    });
    expect(waitsFor(trail)).to.include.members(["monitoring-audit", "logs-policy"]);
  });

  it("refuses days that CloudWatch doesn't sell", async () => {
    await recordKnown(() => void expect(() => make({ logDays: 31 }, {})).to.throw(ConfigError, /logDays/));
    await recordKnown(() => void expect(() => make({ archiveDays: 366 }, {})).to.throw(ConfigError, /archiveDays/));
  });
});
