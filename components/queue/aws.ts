// Queues and topics on AWS. SQS and SNS have no server: the broker is the key that their messages are encrypted with, as SNS can't
// deliver to a queue that is encrypted with a key of AWS's own.
import { Topic as SnsTopic, TopicPolicy, TopicSubscription } from "@pulumi/aws/sns";
import { Queue as SqsQueue, QueuePolicy, RedriveAllowPolicy } from "@pulumi/aws/sqs";
import { type ComponentResourceOptions, jsonStringify, type Output } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { createKey } from "../clouds/aws/key";
import { nameOf, namePrefix } from "../clouds/aws/names";
import { grants, permissions } from "../clouds/aws/permissions";
import { deadLettersPolicy, queuePolicy, topicPolicy } from "../clouds/aws/policies";
import { transformed } from "../clouds/aws/transforms";
import { refuse } from "../fault";
import { Watched } from "../monitoring/watched";
import type { Network } from "../network";
import { tagsOf } from "../stack";
import { type Access, envName, Use } from "../use";
import { Broker, type BrokerArgs, check, Queue, type QueueArgs, type Subscription, Topic, type TopicArgs } from "./index";

const day = 86_400;
/** The longest that SQS keeps a message. A dead letter's time runs on from when it was first sent. */
const deadLetterDays = 14;

export class AwsBroker extends Broker<Aws> {
  readonly raw: Aws["broker"];

  constructor(name: string, { network }: BrokerArgs<Aws>, opts?: ComponentResourceOptions) {
    super("Broker", name, opts);
    const key = createKey(this, name, { network, component: name, description: "Messages of queues and topics", users: ["messages"] });
    this.raw = { keyArn: key.arn };
    this.finish({});
  }
}

export class AwsQueue extends Queue<Aws> {
  readonly queueName: Output<string>;
  readonly url: Output<string>;
  readonly raw: Aws["queue"];
  readonly watched: readonly Watched<Aws>[];
  readonly queue: SqsQueue;
  readonly deadLetters: SqsQueue;
  private readonly name: string;

  constructor(name: string, args: QueueArgs<Aws>, opts?: ComponentResourceOptions) {
    refuse(check(args));
    super("Queue", name, opts);
    this.name = name;
    this.deadLetters = this.createDeadLetters(name, args);
    this.queue = this.createQueue(name, args);
    this.createPolicies(name, args.network);

    this.queueName = this.queue.name;
    this.url = this.queue.url;
    this.raw = { arn: this.queue.arn, url: this.url, queueName: this.queueName, keyArn: args.broker.raw.keyArn, fifo: args.fifo };
    const values = { QueueName: this.queueName, DeadLetterQueueName: this.deadLetters.name };
    this.watched = [new Watched<Aws>("queue", name, { values, thresholds: { age: args.maxAgeSeconds } })];
    this.finish({ queueName: this.queueName, url: this.url });
  }

  use(access: Access["queue"]): Use<Aws> {
    const key = access === "send" ? permissions.key.encrypt : permissions.key.decrypt;
    return new Use<Aws>({
      target: this.name,
      noun: "queue",
      access,
      env: { [envName(this.name, "url")]: this.url, [envName(this.name, "kind")]: "sqs", [envName(this.name, "name")]: this.queueName },
      raw: {
        server: undefined,
        statements: [...grants(permissions.queue[access], this.raw.arn), ...grants(key, this.raw.keyArn)],
        backlog: access === "receive" ? { queueName: this.queueName } : undefined,
      },
    });
  }

  private createDeadLetters(name: string, args: QueueArgs<Aws>): SqsQueue {
    const { stack } = args.network;
    const queue = { ...commonArgs(name, args), messageRetentionSeconds: deadLetterDays * day };
    return new SqsQueue(nameOf(stack, "queue", `${name}-dead-letters`), transformed("queue.deadLetters", queue), { parent: this });
  }

  private createQueue(name: string, args: QueueArgs<Aws>): SqsQueue {
    const queue = {
      ...commonArgs(name, args),
      messageRetentionSeconds: args.retentionDays * day,
      visibilityTimeoutSeconds: args.lockSeconds,
      // Waiting for a message costs one request in 20 s instead of one after the other.
      receiveWaitTimeSeconds: 20,
      redrivePolicy: jsonStringify({ deadLetterTargetArn: this.deadLetters.arn, maxReceiveCount: args.maxDeliveries }),
    };
    return new SqsQueue(nameOf(args.network.stack, "queue", name), transformed("queue.queue", queue), { parent: this });
  }

  private createPolicies(name: string, { stack, raw }: Network<Aws>): void {
    const scope = { region: stack.region, accountId: raw.accountId };
    const { queue, deadLetters } = this;
    const redriveAllowPolicy = jsonStringify({ redrivePermission: "byQueue", sourceQueueArns: [queue.arn] });
    new RedriveAllowPolicy(`${name}-dead-letters`, { queueUrl: deadLetters.url, redriveAllowPolicy }, { parent: this });
    new QueuePolicy(`${name}-dead-letters`, { queueUrl: deadLetters.url, policy: deadLettersPolicy(deadLetters.arn) }, { parent: this });
    new QueuePolicy(`${name}-policy`, { queueUrl: queue.url, policy: queuePolicy(scope, queue.arn, namePrefix(stack)) }, { parent: this });
  }
}

/** What a queue and its dead letters share: a FIFO queue's dead letters are FIFO too, or SQS refuses them. */
function commonArgs(name: string, { broker, network, fifo }: QueueArgs<Aws>) {
  return {
    kmsMasterKeyId: broker.raw.keyArn,
    kmsDataKeyReusePeriodSeconds: 300,
    ...(fifo
      ? { fifoQueue: true, contentBasedDeduplication: true, deduplicationScope: "messageGroup", fifoThroughputLimit: "perMessageGroupId" }
      : {}),
    tags: tagsOf(network.stack, name),
  };
}

export class AwsTopic extends Topic<Aws> {
  readonly topicName: Output<string>;
  readonly url: Output<string>;
  readonly watched: readonly [] = [];
  readonly topic: SnsTopic;
  private readonly name: string;
  private readonly keyArn: Output<string>;

  constructor(name: string, args: TopicArgs<Aws>, opts?: ComponentResourceOptions) {
    super("Topic", name, opts);
    this.name = name;
    this.keyArn = args.broker.raw.keyArn;
    this.topic = this.createTopic(name, args);
    for (const subscription of args.subscriptions) this.subscribe(name, subscription);

    this.topicName = this.topic.name;
    this.url = this.topic.arn;
    this.finish({ topicName: this.topicName, url: this.url });
  }

  use(access: Access["topic"]): Use<Aws> {
    return new Use<Aws>({
      target: this.name,
      noun: "topic",
      access,
      env: { [envName(this.name, "url")]: this.url, [envName(this.name, "kind")]: "sns", [envName(this.name, "name")]: this.topicName },
      raw: {
        server: undefined,
        statements: [...grants(permissions.topic[access], this.topic.arn), ...grants(permissions.key.encrypt, this.keyArn)],
        backlog: undefined,
      },
    });
  }

  private createTopic(name: string, { network, subscriptions }: TopicArgs<Aws>): SnsTopic {
    const { stack } = network;
    // Only a FIFO topic delivers to a FIFO queue, and it delivers to others as well.
    const fifo = subscriptions.some(({ queue }) => queue.raw.fifo);
    const args = {
      kmsMasterKeyId: this.keyArn,
      signatureVersion: 2,
      ...(fifo ? { fifoTopic: true, contentBasedDeduplication: true } : {}),
      tags: tagsOf(stack, name),
    };
    const topic = new SnsTopic(nameOf(stack, "topic", name), transformed("topic.topic", args), { parent: this });
    new TopicPolicy(`${name}-policy`, { arn: topic.arn, policy: topicPolicy(topic.arn) }, { parent: this });
    return topic;
  }

  /** Without dead letters of its own: SNS tries a queue for 23 days, and what the queue's receivers fail at is in the queue's. */
  private subscribe(name: string, { queue, name: target, filter }: Subscription<Aws>): void {
    const filtered = Object.keys(filter).length > 0;
    new TopicSubscription(
      `${name}-${target}`,
      {
        topic: this.topic.arn,
        protocol: "sqs",
        endpoint: queue.raw.arn,
        rawMessageDelivery: true,
        ...(filtered ? { filterPolicyScope: "MessageAttributes", filterPolicy: JSON.stringify(filter) } : {}),
      },
      { parent: this },
    );
  }
}
