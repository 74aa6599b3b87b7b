// Queues and topics on Azure: a Service Bus namespace, in which each queue has its dead letters built in and each subscription of a
// topic forwards to a queue. Access is by identity only, given at the one queue or topic.
import * as servicebus from "@pulumi/azure-native/servicebus";
import { all, type ComponentResourceOptions, interpolate, type Output } from "@pulumi/pulumi";
import { sendSignals } from "../clouds/azure/diagnostics";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { permissions } from "../clouds/azure/permissions";
import { privateEndpoint } from "../clouds/azure/private-endpoint";
import { transformed } from "../clouds/azure/transforms";
import { type Fault, refuse } from "../fault";
import { watchedTypes } from "../monitoring/azure-alarms";
import { Watched } from "../monitoring/watched";
import { tagsOf } from "../stack";
import { type Access, envName, Use } from "../use";
import { Broker, type BrokerArgs, check, Queue, type QueueArgs, type Subscription, Topic, type TopicArgs } from "./index";

export class AzureBroker extends Broker<Azure> {
  readonly raw: Azure["broker"];
  readonly namespace: servicebus.Namespace;

  constructor(name: string, args: BrokerArgs<Azure>, opts?: ComponentResourceOptions) {
    super("Broker", name, opts);
    const { raw } = args.network;
    this.namespace = this.makeNamespace(name, args);
    const host = interpolate`${this.namespace.name}.servicebus.windows.net`;
    if (args.monitoring !== undefined) {
      const { workspaceId } = args.monitoring.raw;
      const { stack } = args.network;
      sendSignals(this, name, { stack, resourceUri: this.namespace.id, workspaceId, signals: "logs and metrics" });
    }

    this.raw = {
      namespaceName: this.namespace.name,
      namespaceId: this.namespace.id,
      resourceGroupName: raw.dataResourceGroupName,
      host: args.tier === "premium" ? this.hostInside(name, args, host) : host,
    };
    this.finish({});
  }

  private makeNamespace(name: string, { network, tier }: BrokerArgs<Azure>): servicebus.Namespace {
    const { raw, stack } = network;
    return new servicebus.Namespace(
      `${name}-namespace`,
      transformed("queue.namespace", {
        resourceGroupName: raw.dataResourceGroupName,
        location: raw.location,
        namespaceName: nameOf(stack, "serviceBus", name),
        // Standard has no private endpoint and no firewall: there identity is the only boundary. Both encrypt with Azure's own keys.
        ...(tier === "premium"
          ? { sku: { name: "Premium", tier: "Premium", capacity: 1 }, premiumMessagingPartitions: 1, publicNetworkAccess: "Disabled" }
          : { sku: { name: "Standard", tier: "Standard" }, publicNetworkAccess: "Enabled" }),
        minimumTlsVersion: "1.2",
        disableLocalAuth: true,
        tags: tagsOf(stack, name),
      }),
      { parent: this },
    );
  }

  /** The name, known to callers once it resolves to the address inside the network. */
  private hostInside(name: string, { network }: BrokerArgs<Azure>, host: Output<string>): Output<string> {
    const reachable = privateEndpoint(this, name, {
      network,
      zone: "servicebus",
      target: this.namespace.id,
      resourceGroupName: network.raw.dataResourceGroupName,
    });
    return all([host, reachable.id]).apply(([inside]) => inside);
  }
}

export class AzureQueue extends Queue<Azure> {
  readonly queueName: Output<string>;
  readonly url: Output<string>;
  readonly raw: Azure["queue"];
  readonly watched: readonly Watched<Azure>[];
  readonly queue: servicebus.Queue;

  constructor(
    private readonly name: string,
    args: QueueArgs<Azure>,
    opts?: ComponentResourceOptions,
  ) {
    refuse(check(args));
    super("Queue", name, opts);
    this.queue = this.makeQueue(args);

    this.queueName = this.queue.name;
    this.url = interpolate`https://${args.broker.raw.host}/${this.queue.name}`;
    this.raw = { queueName: this.queue.name, queueId: this.queue.id, namespaceName: args.broker.raw.namespaceName, sessions: args.fifo };
    const entity = nameOf(args.network.stack, "queue", name);
    this.watched = [new Watched<Azure>("queue", name, { resourceId: args.broker.raw.namespaceId, type: watchedTypes.serviceBus, entity })];
    this.finish({ queueName: this.queueName, url: this.url });
  }

  override use(access: Access["queue"]): Use<Azure> {
    const { queueName, namespaceName, queueId } = this.raw;
    return new Use<Azure>({
      target: this.name,
      noun: "queue",
      access,
      env: environment(this.name, this.url, queueName),
      raw: {
        roles: permissions.queue[access].map((role) => ({ scope: queueId, role: role.id })),
        backlog: access === "receive" ? { queueName, namespaceName } : undefined,
      },
    });
  }

  private makeQueue(args: QueueArgs<Azure>): servicebus.Queue {
    const { raw } = args.broker;
    return new servicebus.Queue(
      `${this.name}-queue`,
      transformed("queue.queue", {
        resourceGroupName: raw.resourceGroupName,
        namespaceName: raw.namespaceName,
        queueName: nameOf(args.network.stack, "queue", this.name),
        lockDuration: duration(args.lockSeconds),
        maxDeliveryCount: args.maxDeliveries,
        defaultMessageTimeToLive: `P${args.retentionDays}D`,
        // Nothing is lost by age: it goes to the dead letters, which are kept until they are taken out.
        deadLetteringOnMessageExpiration: true,
        requiresSession: args.fifo,
        requiresDuplicateDetection: args.fifo,
        ...(args.fifo ? { duplicateDetectionHistoryTimeWindow: "PT5M" } : {}),
        enableBatchedOperations: true,
        enablePartitioning: false,
        maxSizeInMegabytes: 5120,
      }),
      // Sessions can't be switched on later, and the name is taken until the old queue is gone.
      { parent: this, deleteBeforeReplace: true },
    );
  }
}

export class AzureTopic extends Topic<Azure> {
  readonly topicName: Output<string>;
  readonly url: Output<string>;
  readonly watched: readonly Watched<Azure>[];
  readonly topic: servicebus.Topic;

  constructor(
    private readonly name: string,
    args: TopicArgs<Azure>,
    opts?: ComponentResourceOptions,
  ) {
    refuse(checkSubscriptions(args.subscriptions));
    super("Topic", name, opts);
    this.topic = this.makeTopic(args);
    for (const subscription of args.subscriptions) this.subscribe(args, subscription);

    this.topicName = this.topic.name;
    this.url = interpolate`https://${args.broker.raw.host}/${this.topic.name}`;
    // Service Bus counts a topic's messages over all its subscriptions.
    const entity = nameOf(args.network.stack, "topic", name);
    this.watched = [new Watched<Azure>("queue", name, { resourceId: args.broker.raw.namespaceId, type: watchedTypes.serviceBus, entity })];
    this.finish({ topicName: this.topicName, url: this.url });
  }

  override use(access: Access["topic"]): Use<Azure> {
    return new Use<Azure>({
      target: this.name,
      noun: "topic",
      access,
      env: environment(this.name, this.url, this.topicName),
      raw: { roles: permissions.topic[access].map((role) => ({ scope: this.topic.id, role: role.id })), backlog: undefined },
    });
  }

  private makeTopic({ broker, network }: TopicArgs<Azure>): servicebus.Topic {
    return new servicebus.Topic(
      `${this.name}-topic`,
      transformed("topic.topic", {
        resourceGroupName: broker.raw.resourceGroupName,
        namespaceName: broker.raw.namespaceName,
        topicName: nameOf(network.stack, "topic", this.name),
        defaultMessageTimeToLive: "P14D",
        requiresDuplicateDetection: false,
        supportOrdering: true,
        enableBatchedOperations: true,
        enablePartitioning: false,
        maxSizeInMegabytes: 5120,
      }),
      { parent: this },
    );
  }

  private subscribe({ broker, network }: TopicArgs<Azure>, { queue, name, filter }: Subscription<Azure>): void {
    const shared = { resourceGroupName: broker.raw.resourceGroupName, namespaceName: broker.raw.namespaceName, topicName: this.topic.name };
    const subscription = new servicebus.Subscription(
      `${this.name}-${name}`,
      {
        ...shared,
        subscriptionName: nameOf(network.stack, "subscription", name),
        forwardTo: queue.raw.queueName,
        lockDuration: "PT1M",
        maxDeliveryCount: 10,
        defaultMessageTimeToLive: "P14D",
        deadLetteringOnMessageExpiration: true,
        deadLetteringOnFilterEvaluationExceptions: true,
        requiresSession: false,
        enableBatchedOperations: true,
      },
      { parent: this },
    );
    // Azure gives every subscription a rule that lets everything through. It is this one, so that it must be changed, not added to.
    new servicebus.DefaultRule(
      `${this.name}-${name}-filter`,
      { ...shared, subscriptionName: subscription.name, filterType: "SqlFilter", sqlFilter: { sqlExpression: expression(filter) } },
      { parent: this },
    );
  }
}

function environment(name: string, url: Output<string>, entity: Output<string>) {
  return { [envName(name, "url")]: url, [envName(name, "kind")]: "servicebus", [envName(name, "name")]: entity };
}

/** A message lock in ISO 8601, spelled as Azure gives it back: `PT1M30S`. */
export function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const rest = seconds % 60;
  return `PT${minutes > 0 ? `${minutes}M` : ""}${rest > 0 || minutes === 0 ? `${rest}S` : ""}`;
}

/** The condition of a subscription: one of the values of every attribute. Without attributes it lets everything through. */
export function expression(filter: Readonly<Record<string, readonly string[]>>): string {
  const conditions = Object.entries(filter).map(([attribute, values]) => {
    const listed = values.map((value) => `'${value.replace(/'/g, "''")}'`).join(", ");
    return `user.[${attribute.replace(/]/g, "]]")}] IN (${listed})`;
  });
  return conditions.length === 0 ? "1=1" : conditions.join(" AND ");
}

/** Service Bus forwards to no queue with sessions, and a filter without a value lets nothing through. */
export function checkSubscriptions(subscriptions: readonly Subscription<Azure>[]): Fault[] {
  return subscriptions.flatMap(({ name, queue, filter }) => [
    ...(queue.raw.sessions
      ? [
          {
            path: `subscriptions.${name}`,
            given: name,
            problem: "Service Bus forwards no messages of a topic to a queue with sessions",
            remedy: `set fifo of the queue ${name} to false, or send to it directly`,
          },
        ]
      : []),
    ...Object.entries(filter)
      .filter(([, values]) => values.length === 0)
      .map(([attribute]) => ({
        path: `subscriptions.${name}.filter.${attribute}`,
        given: [],
        problem: "no value is allowed, so no message would pass",
        remedy: "give at least one value, or remove the attribute",
      })),
  ]);
}
