import { expect } from "chai";
import { ConfigError } from "../../components/fault";
import { AwsBroker, AwsQueue, AwsTopic } from "../../components/queue/aws";
import type { QueueSpec } from "../../components/queue/index";
import type { Stack } from "../../components/stack";
import { account, awsMonitoring, awsNetwork, awsTags, documentOf, madeBy, recordData, usedBy } from "../support/aws-parts";
import { ofType, only, type Recorded } from "../support/record";

const spec: QueueSpec = { fifo: false, maxDeliveries: 5, lockSeconds: 60, retentionDays: 4, maxAgeSeconds: 900 };

function makeQueue(
  overrides: Partial<QueueSpec> = {},
  stack: Partial<Stack> = {},
): { queue: AwsQueue; topicWith: (filter: Record<string, string[]>) => AwsTopic } {
  const network = awsNetwork(stack);
  const monitoring = awsMonitoring(network);
  const broker = new AwsBroker("broker", { network, tier: "standard" });
  const queue = new AwsQueue("jobs", { ...spec, ...overrides, broker, network, monitoring });
  const topicWith = (filter: Record<string, string[]>): AwsTopic =>
    new AwsTopic("events", { broker, network, subscriptions: [{ queue, name: "jobs", filter }] });
  return { queue, topicWith };
}

const queues = (overrides: Partial<QueueSpec> = {}, stack: Partial<Stack> = {}): Promise<Recorded[]> =>
  recordData(() => void makeQueue(overrides, stack));
const topics = (filter: Record<string, string[]> = {}, overrides: Partial<QueueSpec> = {}): Promise<Recorded[]> =>
  recordData(() => void makeQueue(overrides).topicWith(filter));

const sqs = "aws:sqs/queue:Queue";
const main = "platform-test-jobs";
const dead = "platform-test-jobs-dead-letters";
const fifo = {
  fifoQueue: true,
  contentBasedDeduplication: true,
  deduplicationScope: "messageGroup",
  fifoThroughputLimit: "perMessageGroupId",
};

const insecure = (action: string, arn: string): unknown => ({
  Sid: "DenyPlainText",
  Effect: "Deny",
  Principal: "*",
  Action: action,
  Resource: arn,
  Condition: { Bool: { "aws:SecureTransport": "false" } },
});

describe("Broker on AWS", () => {
  it("is the key of the messages, which topics may use to deliver to queues", async () => {
    const resources = await queues();
    expect(madeBy(resources, "broker")).to.deep.equal(["kms Alias broker-key", "kms Key broker-key"]);
    const key = only(resources, "aws:kms/key:Key", "broker-key");
    expect(key.inputs).to.deep.include({
      deletionWindowInDays: 30,
      description: "Messages of queues and topics",
      enableKeyRotation: true,
      tags: awsTags("broker"),
    });
    expect(documentOf(key, "policy")).to.deep.equal({
      Version: "2012-10-17",
      Statement: [
        { Sid: "Account", Effect: "Allow", Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: "kms:*", Resource: "*" },
        {
          Sid: "TopicsToQueues",
          Effect: "Allow",
          Principal: { Service: "sns.amazonaws.com" },
          Action: ["kms:Decrypt", "kms:GenerateDataKey"],
          Resource: "*",
          Condition: { StringEquals: { "aws:SourceAccount": account } },
        },
      ],
    });
    expect(only(resources, "aws:kms/alias:Alias", "broker-key").inputs).to.deep.equal({
      name: "alias/platform-test-broker",
      targetKeyId: "broker-key_keyId",
    });
  });
});

describe("Queue on AWS", () => {
  it("is a queue, its dead letters, and their policies", async () => {
    expect(madeBy(await queues(), "jobs")).to.deep.equal([
      "sqs Queue platform-test-jobs",
      "sqs Queue platform-test-jobs-dead-letters",
      "sqs QueuePolicy jobs-dead-letters",
      "sqs QueuePolicy jobs-policy",
      "sqs RedriveAllowPolicy jobs-dead-letters",
    ]);
  });

  it("is encrypted, and hands over to the dead letters after so many tries", async () => {
    const resources = await queues({ maxDeliveries: 7, lockSeconds: 90, retentionDays: 3 });
    const shared = { kmsMasterKeyId: "broker-key_arn", kmsDataKeyReusePeriodSeconds: 300, tags: awsTags("jobs") };
    const queue = only(resources, sqs, main);
    const { redrivePolicy, ...inputs } = queue.inputs;
    expect(inputs).to.deep.equal({ ...shared, messageRetentionSeconds: 259200, visibilityTimeoutSeconds: 90, receiveWaitTimeSeconds: 20 });
    expect(JSON.parse(String(redrivePolicy))).to.deep.equal({ deadLetterTargetArn: `${dead}_arn`, maxReceiveCount: 7 });
    expect(only(resources, sqs, dead).inputs).to.deep.equal({ ...shared, messageRetentionSeconds: 1209600 });
    const allow = only(resources, "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy");
    expect(allow.inputs.queueUrl).to.equal(`${dead}_url`);
    expect(documentOf(allow, "redriveAllowPolicy")).to.deep.equal({ redrivePermission: "byQueue", sourceQueueArns: [`${main}_arn`] });
  });

  it("keeps the order by choice, and so do its dead letters", async () => {
    const resources = await queues({ fifo: true });
    for (const name of [main, dead]) expect(only(resources, sqs, name).inputs).to.include(fifo);
    for (const { inputs } of ofType(await queues(), sqs)) expect(inputs).not.to.have.any.keys(...Object.keys(fifo));
  });

  it("takes TLS only, and messages of the stack's own topics", async () => {
    const resources = await queues();
    const policy = only(resources, "aws:sqs/queuePolicy:QueuePolicy", "jobs-policy");
    expect(policy.inputs.queueUrl).to.equal(`${main}_url`);
    expect(documentOf(policy, "policy")).to.deep.equal({
      Version: "2012-10-17",
      Statement: [
        insecure("sqs:*", `${main}_arn`),
        {
          Sid: "OwnTopics",
          Effect: "Allow",
          Principal: { Service: "sns.amazonaws.com" },
          Action: "sqs:SendMessage",
          Resource: `${main}_arn`,
          Condition: {
            StringEquals: { "aws:SourceAccount": account },
            ArnLike: { "aws:SourceArn": `arn:aws:sns:us-east-1:${account}:platform-test-*` },
          },
        },
      ],
    });
    const deadPolicy = only(resources, "aws:sqs/queuePolicy:QueuePolicy", "jobs-dead-letters");
    expect(deadPolicy.inputs.queueUrl).to.equal(`${dead}_url`);
    expect(documentOf(deadPolicy, "policy")).to.deep.equal({ Version: "2012-10-17", Statement: [insecure("sqs:*", `${dead}_arn`)] });
  });

  it("shows alarms its two queues, and when a message is too old", async () => {
    await recordData(() => {
      const [watched] = makeQueue({ maxAgeSeconds: 600 }).queue.watched;
      expect(watched).to.include({ noun: "queue", name: "jobs" });
      expect(watched?.raw.thresholds).to.deep.equal({ age: 600 });
      expect(Object.keys(watched?.raw.values ?? {})).to.deep.equal(["QueueName", "DeadLetterQueueName"]);
    });
  });

  it("refuses what the narrower cloud can't do", async () => {
    for (const lockSeconds of [4, 301]) await recordData(() => void expect(() => makeQueue({ lockSeconds })).to.throw(ConfigError));
  });

  it("gives a sender and a receiver what each needs", async () => {
    const used = (access: string, statements: unknown, backlog: unknown): unknown => ({
      target: "jobs",
      noun: "queue",
      access,
      env: { JOBS_URL: `${main}_url`, JOBS_KIND: "sqs", JOBS_NAME: `${main}_name` },
      secrets: {},
      raw: { server: undefined, statements, backlog },
    });
    expect(await usedBy(() => makeQueue().queue.use("send"))).to.deep.equal(
      used(
        "send",
        [
          { actions: ["sqs:SendMessage", "sqs:GetQueueUrl"], resources: [`${main}_arn`] },
          { actions: ["kms:GenerateDataKey", "kms:Decrypt"], resources: ["broker-key_arn"] },
        ],
        undefined,
      ),
    );
    expect(await usedBy(() => makeQueue().queue.use("receive"))).to.deep.equal(
      used(
        "receive",
        [
          {
            actions: [
              "sqs:ReceiveMessage",
              "sqs:DeleteMessage",
              "sqs:ChangeMessageVisibility",
              "sqs:GetQueueAttributes",
              "sqs:GetQueueUrl",
            ],
            resources: [`${main}_arn`],
          },
          { actions: ["kms:Decrypt"], resources: ["broker-key_arn"] },
        ],
        { queueName: `${main}_name` },
      ),
    );
  });
});

describe("Topic on AWS", () => {
  it("is a topic with its policy and a subscription per queue", async () => {
    expect(madeBy(await topics(), "events")).to.deep.equal([
      "sns Topic platform-test-events",
      "sns TopicPolicy events-policy",
      "sns TopicSubscription events-jobs",
    ]);
  });

  it("is encrypted and takes TLS only", async () => {
    const resources = await topics();
    expect(only(resources, "aws:sns/topic:Topic", "platform-test-events").inputs).to.deep.equal({
      kmsMasterKeyId: "broker-key_arn",
      signatureVersion: 2,
      tags: awsTags("events"),
    });
    const policy = only(resources, "aws:sns/topicPolicy:TopicPolicy", "events-policy");
    expect(policy.inputs.arn).to.equal("platform-test-events_arn");
    expect(documentOf(policy, "policy")).to.deep.equal({
      Version: "2012-10-17",
      Statement: [insecure("sns:Publish", "platform-test-events_arn")],
    });
  });

  it("keeps the order where a queue does", async () => {
    const topic = only(await topics({}, { fifo: true }), "aws:sns/topic:Topic", "platform-test-events");
    expect(topic.inputs).to.include({ fifoTopic: true, contentBasedDeduplication: true });
  });

  it("delivers the plain message, filtered by attributes where asked", async () => {
    const subscription = { topic: "platform-test-events_arn", protocol: "sqs", endpoint: `${main}_arn`, rawMessageDelivery: true };
    const type = "aws:sns/topicSubscription:TopicSubscription";
    expect(only(await topics(), type).inputs).to.deep.equal(subscription);
    expect(only(await topics({ kind: ["created", "paid"] }), type).inputs).to.deep.equal({
      ...subscription,
      filterPolicyScope: "MessageAttributes",
      filterPolicy: '{"kind":["created","paid"]}',
    });
  });

  it("gives a sender what it needs", async () => {
    expect(await usedBy(() => makeQueue().topicWith({}).use("send"))).to.deep.equal({
      target: "events",
      noun: "topic",
      access: "send",
      env: { EVENTS_URL: "platform-test-events_arn", EVENTS_KIND: "sns", EVENTS_NAME: "platform-test-events_name" },
      secrets: {},
      raw: {
        server: undefined,
        statements: [
          { actions: ["sns:Publish"], resources: ["platform-test-events_arn"] },
          { actions: ["kms:GenerateDataKey", "kms:Decrypt"], resources: ["broker-key_arn"] },
        ],
        backlog: undefined,
      },
    });
  });
});
