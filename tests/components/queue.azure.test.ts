import { expect } from "chai";
import { ConfigError } from "../../components/fault";
import { AzureBroker, AzureQueue, AzureTopic, checkSubscriptions, duration, expression } from "../../components/queue/azure";
import type { BrokerArgs, QueueSpec } from "../../components/queue/index";
import type { Azure } from "../../components/clouds/azure/family";
import { azureMonitoring, azureNetwork, childrenOf, KnownNetwork, once, tags, waitsFor } from "../support/azure-parts";
import { ofType, only, record, type Recorded } from "../support/record";

const spec: QueueSpec = { fifo: false, maxDeliveries: 5, lockSeconds: 60, retentionDays: 4, maxAgeSeconds: 900 };

interface Parts {
  readonly broker: AzureBroker;
  readonly queue: AzureQueue;
  readonly topic: AzureTopic;
}

type Change = Partial<QueueSpec> & { tier?: BrokerArgs<Azure>["tier"] };
type Filter = Readonly<Record<string, readonly string[]>>;

function make({ tier = "premium", ...change }: Change, filter: Filter, look?: (parts: Parts) => void): Promise<Recorded[]> {
  return record(() => {
    const real = azureNetwork();
    const network = new KnownNetwork(real);
    const monitoring = azureMonitoring(real);
    const broker = new AzureBroker("broker", { network, tier });
    const queue = new AzureQueue("order-jobs", { ...spec, ...change, broker, network, monitoring });
    const topic = new AzureTopic("events", { broker, network, subscriptions: [{ queue, name: "order-jobs", filter }] });
    look?.({ broker, queue, topic });
  });
}
const messaging = once((change: Change = {}, filter: Filter = {}) => make(change, filter));

const listed = (resources: readonly Recorded[], component: string) =>
  childrenOf(resources, component).map(({ type, name }) => `${type} ${name}`);

describe("Broker on Azure", () => {
  const namespace = "azure-native:servicebus:Namespace";

  it("is a namespace; premium has an address in the network", async () => {
    expect(listed(await messaging(), "broker")).to.have.members([
      `${namespace} broker-namespace`,
      "azure-native:network:PrivateEndpoint broker-endpoint",
      "azure-native:network:PrivateDnsZoneGroup broker-endpoint-dns",
    ]);
    expect(listed(await messaging({ tier: "standard" }), "broker")).to.deep.equal([`${namespace} broker-namespace`]);
  });

  it("is closed to the internet in premium", async () => {
    const resources = await messaging();
    expect(only(resources, namespace).inputs).to.deep.equal({
      disableLocalAuth: true,
      location: "eastus2",
      minimumTlsVersion: "1.2",
      namespaceName: "sbns-platform-test-broker-4d5061",
      premiumMessagingPartitions: 1,
      publicNetworkAccess: "Disabled",
      resourceGroupName: "rg-platform-test-data",
      sku: { capacity: 1, name: "Premium", tier: "Premium" },
      tags: tags("broker"),
    });
    expect(only(resources, "azure-native:network:PrivateEndpoint", "broker-endpoint").inputs.privateLinkServiceConnections).to.deep.equal([
      { groupIds: ["namespace"], name: "broker", privateLinkServiceId: null },
    ]);
  });

  it("is reached over the internet by identity only in standard", async () => {
    expect(only(await messaging({ tier: "standard" }), namespace).inputs).to.deep.equal({
      disableLocalAuth: true,
      location: "eastus2",
      minimumTlsVersion: "1.2",
      namespaceName: "sbns-platform-test-broker-4d5061",
      publicNetworkAccess: "Enabled",
      resourceGroupName: "rg-platform-test-data",
      sku: { name: "Standard", tier: "Standard" },
      tags: tags("broker"),
    });
  });
});

describe("Queue on Azure", () => {
  const queue = "azure-native:servicebus:Queue";

  it("is a queue: its alarms are made with all others", async () => {
    expect(listed(await messaging(), "order-jobs")).to.deep.equal([`${queue} order-jobs-queue`]);
  });

  it("keeps messages for the days given, tries them as often as given, and loses none by age", async () => {
    const made = only(await messaging(), queue);
    expect(made.inputs).to.deep.equal({
      deadLetteringOnMessageExpiration: true,
      defaultMessageTimeToLive: "P4D",
      enableBatchedOperations: true,
      enablePartitioning: false,
      lockDuration: "PT1M",
      maxDeliveryCount: 5,
      maxSizeInMegabytes: 5120,
      namespaceName: null,
      queueName: "order-jobs",
      requiresDuplicateDetection: false,
      requiresSession: false,
      resourceGroupName: "rg-platform-test-data",
    });
    expect(made.options.deleteBeforeReplace).to.equal(true);
  });

  it("keeps the order by sessions", async () => {
    const resources = await record(() => {
      const network = azureNetwork();
      const broker = new AzureBroker("broker", { network, tier: "standard" });
      const made = new AzureQueue("ordered", { ...spec, fifo: true, broker, network, monitoring: azureMonitoring(network) });
      expect(made.raw.sessions).to.equal(true);
    });
    expect(only(resources, queue).inputs).to.deep.include({
      requiresSession: true,
      requiresDuplicateDetection: true,
      duplicateDetectionHistoryTimeWindow: "PT5M",
    });
  });

  it("shows alarms the queue in its namespace", async () => {
    await make({}, {}, ({ queue: made, broker }) => {
      expect(made.watched).to.have.lengthOf(1);
      expect(made.watched[0]).to.include({ noun: "queue", name: "order-jobs" });
      expect(made.watched[0]?.raw).to.deep.include({
        resourceId: broker.raw.namespaceId,
        type: "Microsoft.ServiceBus/namespaces",
        entity: "order-jobs",
      });
    });
  });

  it("lets a sender send and a receiver receive, at this queue only", async () => {
    await make({}, {}, ({ queue: made, broker }) => {
      const send = made.use("send");
      const receive = made.use("receive");
      expect(send.env).to.deep.equal({ ORDER_JOBS_URL: made.url, ORDER_JOBS_KIND: "servicebus", ORDER_JOBS_NAME: made.queueName });
      expect(receive.env).to.deep.equal(send.env);
      expect(send.secrets).to.deep.equal({});
      expect(send).to.include({ target: "order-jobs", noun: "queue", access: "send" });
      expect(send.raw.roles).to.have.lengthOf(1);
      expect(send.raw.roles[0]).to.include({ scope: made.queue.id, role: "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39" });
      expect(send.raw.backlog).to.equal(undefined);
      expect(receive.raw.roles).to.have.lengthOf(1);
      expect(receive.raw.roles[0]).to.include({ scope: made.queue.id, role: "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0" });
      expect(receive.raw.backlog).to.include({ queueName: made.queue.name, namespaceName: broker.raw.namespaceName });
      expect(made.raw.sessions).to.equal(false);
    });
  });

  it("refuses what the narrower cloud can't do", async () => {
    for (const lockSeconds of [4, 301]) {
      const error = await messaging({ lockSeconds, maxDeliveries: 0 }).catch((reason: unknown) => reason);
      expect((error as ConfigError).faults.map(({ path }) => path)).to.deep.equal(["maxDeliveries", "lockSeconds"]);
    }
  });

  it("spells locks as Azure does", () => {
    expect([5, 30, 60, 90, 300].map(duration)).to.deep.equal(["PT5S", "PT30S", "PT1M", "PT1M30S", "PT5M"]);
    expect(duration(0)).to.equal("PT0S");
  });
});

describe("Topic on Azure", () => {
  it("shows alarms its subscriptions' dead letters, counted under the topic's name", async () => {
    await make({}, {}, ({ topic, broker }) => {
      expect(topic.watched).to.have.lengthOf(1);
      expect(topic.watched[0]).to.include({ noun: "queue", name: "events" });
      expect(topic.watched[0]?.raw).to.deep.include({
        resourceId: broker.raw.namespaceId,
        type: "Microsoft.ServiceBus/namespaces",
        entity: "events",
      });
    });
  });

  it("is a topic whose subscriptions forward, each with the one rule that decides", async () => {
    expect(listed(await messaging(), "events")).to.have.members([
      "azure-native:servicebus:Topic events-topic",
      "azure-native:servicebus:Subscription events-order-jobs",
      "azure-native:servicebus:DefaultRule events-order-jobs-filter",
    ]);
  });

  it("keeps messages for 14 days and loses none", async () => {
    const resources = await messaging();
    expect(only(resources, "azure-native:servicebus:Topic").inputs).to.deep.equal({
      defaultMessageTimeToLive: "P14D",
      enableBatchedOperations: true,
      enablePartitioning: false,
      maxSizeInMegabytes: 5120,
      namespaceName: null,
      requiresDuplicateDetection: false,
      resourceGroupName: "rg-platform-test-data",
      supportOrdering: true,
      topicName: "events",
    });
    const subscription = only(resources, "azure-native:servicebus:Subscription");
    expect(subscription.inputs).to.deep.equal({
      deadLetteringOnFilterEvaluationExceptions: true,
      deadLetteringOnMessageExpiration: true,
      defaultMessageTimeToLive: "P14D",
      enableBatchedOperations: true,
      forwardTo: null,
      lockDuration: "PT1M",
      maxDeliveryCount: 10,
      namespaceName: null,
      requiresSession: false,
      resourceGroupName: "rg-platform-test-data",
      subscriptionName: "order-jobs",
      topicName: null,
    });
    expect(waitsFor(subscription)).to.include.members(["events-topic", "order-jobs-queue"]);
  });

  it("lets through what has one of the values of every attribute", async () => {
    const rule = only(await messaging({}, { kind: ["paid", "refunded"], region: ["eu"] }), "azure-native:servicebus:DefaultRule");
    expect(rule.inputs).to.deep.equal({
      filterType: "SqlFilter",
      namespaceName: null,
      resourceGroupName: "rg-platform-test-data",
      // requiresPreprocessing is the SDK's own default.
      sqlFilter: { requiresPreprocessing: true, sqlExpression: "user.[kind] IN ('paid', 'refunded') AND user.[region] IN ('eu')" },
      subscriptionName: null,
      topicName: null,
    });
  });

  it("lets everything through without a filter, and takes no value for code", () => {
    expect(expression({})).to.equal("1=1");
    expect(expression({ "a]b": ["it's", "' OR 1=1 --"] })).to.equal("user.[a]]b] IN ('it''s', ''' OR 1=1 --')");
  });

  it("lets a sender send to this topic only", async () => {
    await make({}, {}, ({ topic }) => {
      const use = topic.use("send");
      expect(use.env).to.deep.equal({ EVENTS_URL: topic.url, EVENTS_KIND: "servicebus", EVENTS_NAME: topic.topicName });
      expect(use).to.include({ target: "events", noun: "topic", access: "send" });
      expect(use.raw.roles).to.have.lengthOf(1);
      expect(use.raw.roles[0]).to.include({ scope: topic.topic.id, role: "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39" });
      expect(use.raw.backlog).to.equal(undefined);
    });
  });

  it("refuses a queue with sessions and a filter without values", async () => {
    const error = await messaging({ fifo: true }, { kind: [] }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ConfigError);
    expect((error as ConfigError).faults).to.deep.equal([
      {
        path: "subscriptions.order-jobs",
        given: "order-jobs",
        problem: "Service Bus forwards no messages of a topic to a queue with sessions",
        remedy: "set fifo of the queue order-jobs to false, or send to it directly",
      },
      {
        path: "subscriptions.order-jobs.filter.kind",
        given: [],
        problem: "no value is allowed, so no message would pass",
        remedy: "give at least one value, or remove the attribute",
      },
    ]);
    expect(checkSubscriptions([])).to.deep.equal([]);
  });

  it("needs no rule more than there are subscriptions", async () => {
    expect(ofType(await messaging({}, { kind: ["a"] }), "azure-native:servicebus:Rule")).to.deep.equal([]);
  });
});
