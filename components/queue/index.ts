// Queues and topics, and the broker they live in.
//
// | what         | AWS                                                   | Azure                                                      |
// |--------------|-------------------------------------------------------|------------------------------------------------------------|
// | broker       | the KMS key of the messages                           | Service Bus namespace; Premium: private endpoint           |
// | queue        | SQS queue and its dead-letter queue                   | Service Bus queue with its dead-letter sub-queue           |
// | topic        | SNS topic, subscriptions to queues with filters       | Service Bus topic, subscriptions that forward to queues    |
// | order        | FIFO queue                                            | sessions                                                   |
// | age alarm    | age of the oldest message                             | backlog not falling for 15 min (there is no age metric)    |
import type { Output } from "@pulumi/pulumi";
import { Component, type Family } from "../cloud";
import type { Fault } from "../fault";
import type { Monitoring } from "../monitoring";
import type { Watched } from "../monitoring/watched";
import type { Network } from "../network";
import type { Access, Use } from "../use";

export interface BrokerArgs<F extends Family> {
  readonly network: Network<F>;
  /** Where Azure's broker sends its logs and metrics; AWS's queues send theirs by themselves. */
  readonly monitoring?: Monitoring<F> | undefined;
  /** Azure: `premium` is private and has its own capacity; `standard` is reached over the internet by identity only. AWS is the same for both. */
  readonly tier: "standard" | "premium";
}

export abstract class Broker<F extends Family> extends Component<F> {
  abstract readonly raw: F["broker"];
}

export interface QueueSpec {
  /** AWS: FIFO queue. Azure: sessions. Can't be changed later without replacing the queue. */
  readonly fifo: boolean;
  /** Tries before a message goes to the dead letters. Default 5. */
  readonly maxDeliveries: number;
  /** Seconds that a receiver has for a message: 5 to 300 (Service Bus locks for 5 seconds to 5 minutes). Default 60. */
  readonly lockSeconds: number;
  /** Days that a message and a dead letter are kept: 1 to 14 (SQS keeps no longer). Default 4; dead letters always 14. */
  readonly retentionDays: number;
  /** An alert when the oldest message is older (AWS), or when the backlog has not fallen for 15 min (Azure). Default 900. */
  readonly maxAgeSeconds: number;
}

export interface QueueArgs<F extends Family> extends QueueSpec {
  readonly broker: Broker<F>;
  readonly network: Network<F>;
  readonly monitoring: Monitoring<F>;
}

export abstract class Queue<F extends Family> extends Component<F> {
  /** The queue's name in the cloud. */
  abstract readonly queueName: Output<string>;
  /** AWS: the queue's URL. Azure: `https://<namespace>.servicebus.windows.net/<queue>`. */
  abstract readonly url: Output<string>;
  abstract readonly raw: F["queue"];
  /** What alarms and dashboards look at. */
  abstract readonly watched: readonly Watched<F>[];
  /** JOBS_URL, JOBS_KIND (`sqs` or `servicebus`), JOBS_NAME. */
  abstract use(access: Access["queue"]): Use<F>;
}

export interface TopicArgs<F extends Family> {
  readonly broker: Broker<F>;
  readonly network: Network<F>;
  readonly subscriptions: readonly Subscription<F>[];
}

export interface Subscription<F extends Family> {
  readonly queue: Queue<F>;
  /** The name of the queue in the settings; the subscription is called after it. */
  readonly name: string;
  /** Only messages whose attributes have one of the values, for every attribute named. Empty: all messages. */
  readonly filter: Readonly<Record<string, readonly string[]>>;
}

export abstract class Topic<F extends Family> extends Component<F> {
  abstract readonly topicName: Output<string>;
  /** AWS: the topic's ARN (SNS has no URL). Azure: `https://<namespace>.servicebus.windows.net/<topic>`. */
  abstract readonly url: Output<string>;
  /** What alarms and dashboards look at: dead letters of the subscriptions on Azure. SNS keeps trying, and has none. */
  abstract readonly watched: readonly Watched<F>[];
  /** EVENTS_URL, EVENTS_KIND (`sns` or `servicebus`), EVENTS_NAME. */
  abstract use(access: Access["topic"]): Use<F>;
}

export function check(spec: QueueSpec): Fault[] {
  const ranges = [
    ["maxDeliveries", 1, 100],
    ["lockSeconds", 5, 300],
    ["retentionDays", 1, 14],
    ["maxAgeSeconds", 60, 1209600],
  ] as const;
  return ranges
    .filter(([key, min, max]) => !Number.isInteger(spec[key]) || spec[key] < min || spec[key] > max)
    .map(([key, min, max]) => ({
      path: key,
      given: spec[key],
      problem: `${key} is a whole number from ${min} to ${max}`,
      remedy: `set ${key} within that range; it is the narrower of both clouds`,
    }));
}
