import { expect } from "chai";
import { ConfigError } from "../../components/fault";
import { AwsMonitoring } from "../../components/monitoring/aws";
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
    expect(made.raw.logDays).to.equal(spec.logDays ?? 30);
    expect(made.alertsId).to.equal(made.raw.alertsTopicArn);
  });
}

describe("Monitoring on AWS", () => {
  it("is a key, a topic and the flow log", async () => {
    expect(madeBy(await monitoring(), "monitoring")).to.deep.equal([
      "ec2 FlowLog monitoring-flow",
      "kms Alias monitoring-key",
      "kms Key monitoring-key",
      "sns Topic platform-test-monitoring-alerts",
      "sns TopicPolicy monitoring-alerts",
      "sns TopicSubscription monitoring-alerts-ops@example.com",
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
          Principal: { Service: "cloudwatch.amazonaws.com" },
          Action: ["kms:Decrypt", "kms:GenerateDataKey"],
          Resource: "*",
          Condition: { ArnLike: { "kms:EncryptionContext:aws:sns:topicArn": `arn:aws:sns:us-east-1:${account}:*` } },
        },
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
    expect(only(resources, "aws:sns/topic:Topic").inputs).to.deep.equal({
      kmsMasterKeyId: "monitoring-key_arn",
      tags: awsTags("monitoring"),
    });
    const policy = only(resources, "aws:sns/topicPolicy:TopicPolicy");
    const topic = "platform-test-monitoring-alerts_arn";
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
      ],
    });
  });

  it("tells every address", async () => {
    const subscriptions = ofType(
      await monitoring({ alertEmails: ["a@example.com", "b@example.com"] }),
      "aws:sns/topicSubscription:TopicSubscription",
    );
    expect(subscriptions.map(({ inputs }) => inputs)).to.have.deep.members(
      ["a@example.com", "b@example.com"].map((endpoint) => ({ endpoint, protocol: "email", topic: "platform-test-monitoring-alerts_arn" })),
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

  it("refuses days that CloudWatch doesn't sell", async () => {
    await recordKnown(() => void expect(() => make({ logDays: 31 }, {})).to.throw(ConfigError));
  });
});
