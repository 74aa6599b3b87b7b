import { expect } from "chai";
import { AwsBudget } from "../../components/budget/aws";
import { check } from "../../components/budget/index";
import { AwsHosting } from "../../components/hosting/aws";
import { nobody, type Receiving } from "../../components/monitoring/alerts";
import { awsChat, awsMonitoring, awsNetwork, awsTags, childrenOf, documentOf, madeBy } from "../support/aws-parts";
import { once } from "../support/azure-parts";
import { only, recordKnown } from "../support/record";

const spec = { monthlyUsd: 3000, emails: ["money@example.org"], anomalyUsd: 100, activateTags: false };
const topic = "platform-test-monitoring-high_arn";

const budget = once((changes: Partial<typeof spec> = {}, receivers: Receiving = nobody) =>
  recordKnown(() => {
    const network = awsNetwork();
    const monitoring = awsMonitoring(network, receivers);
    new AwsBudget("budget", {
      network,
      monitoring,
      hosting: new AwsHosting("hosting", { network, monitoring, services: {} }),
      ...spec,
      ...changes,
    });
  }),
);

describe("Budget on AWS", () => {
  it("is a budget, and a watch on what is unusual", async () => {
    expect(madeBy(await budget(), "budget")).to.deep.equal([
      "budgets Budget platform-test-budget",
      "costexplorer AnomalyMonitor platform-test-budget",
      "costexplorer AnomalySubscription platform-test-budget-alerts",
    ]);
  });

  it("counts what carries the stack's tags, and tells at 50, 75, 80, 90 and 100 %", async () => {
    const common = { comparisonOperator: "GREATER_THAN", notificationType: "ACTUAL", thresholdType: "PERCENTAGE" };
    const mail = { subscriberEmailAddresses: ["money@example.org"] };
    const chat = { subscriberSnsTopicArns: [topic] };
    expect(only(await budget(), "aws:budgets/budget:Budget").inputs).to.deep.equal({
      budgetType: "COST",
      timeUnit: "MONTHLY",
      limitAmount: "3000",
      limitUnit: "USD",
      metrics: "UnblendedCost",
      filterExpression: { ands: [{ tags: { key: "project", values: ["platform"] } }, { tags: { key: "stack", values: ["test"] } }] },
      notifications: [
        { ...common, threshold: 50, ...mail },
        { ...common, threshold: 75, ...mail },
        { ...common, threshold: 80, ...mail },
        { ...common, threshold: 90, ...chat },
        { ...common, threshold: 100, ...mail, ...chat },
      ],
      tags: awsTags("budget"),
    });
  });

  it("tells where alerts go when nobody gets mail", async () => {
    const { notifications } = only(await budget({ emails: [] }), "aws:budgets/budget:Budget").inputs as { notifications: object[] };
    for (const notification of notifications) {
      expect(notification).to.include.keys("subscriberSnsTopicArns");
      expect(notification).not.to.include.keys("subscriberEmailAddresses");
    }
  });

  it("reports an anomaly at once, from its dollars on", async () => {
    const resources = await budget();
    const monitor = only(resources, "aws:costexplorer/anomalyMonitor:AnomalyMonitor");
    expect(monitor.inputs).to.include({ monitorType: "CUSTOM" });
    expect(documentOf(monitor, "monitorSpecification")).to.deep.equal({
      And: null,
      CostCategories: null,
      Dimensions: null,
      Not: null,
      Or: null,
      Tags: { Key: "stack", MatchOptions: null, Values: ["test"] },
    });
    expect(only(resources, "aws:costexplorer/anomalySubscription:AnomalySubscription").inputs).to.deep.equal({
      monitorArnLists: ["platform-test-budget_arn"],
      frequency: "IMMEDIATE",
      subscribers: [{ type: "SNS", address: topic }],
      thresholdExpression: {
        dimension: { key: "ANOMALY_TOTAL_IMPACT_ABSOLUTE", matchOptions: ["GREATER_THAN_OR_EQUAL"], values: ["100"] },
      },
      tags: awsTags("budget"),
    });
    expect(madeBy(await budget({ anomalyUsd: 0 }), "budget")).to.deep.equal(["budgets Budget platform-test-budget"]);
  });

  it("tells the chats by an alarm on a topic of its own, as no topic reaches a webhook", async () => {
    const resources = childrenOf(await budget({}, awsChat), "budget");
    const own = "platform-test-budget-costs_arn";
    const { notifications } = only(resources, "aws:budgets/budget:Budget").inputs as { notifications: Record<string, unknown>[] };
    expect(notifications.filter(({ subscriberSnsTopicArns }) => subscriberSnsTopicArns !== undefined)).to.have.lengthOf(2);
    for (const { subscriberSnsTopicArns = [own] } of notifications) expect(subscriberSnsTopicArns).to.deep.equal([own]);
    const { subscribers } = only(resources, "aws:costexplorer/anomalySubscription:AnomalySubscription").inputs;
    expect(subscribers).to.deep.equal([{ type: "SNS", address: own }]);
    expect(only(resources, "aws:sns/topic:Topic").inputs).to.deep.include({
      kmsMasterKeyId: "monitoring-key_arn",
      tags: awsTags("budget"),
    });
    const text = "The cost of platform test has passed a threshold of its budget of 3000 USD, or risen unusually";
    const alarm = only(resources, "aws:cloudwatch/metricAlarm:MetricAlarm");
    expect(alarm.inputs).to.deep.equal({
      alarmDescription: text,
      namespace: "AWS/SNS",
      metricName: "NumberOfMessagesPublished",
      dimensions: { TopicName: own },
      statistic: "Sum",
      period: 300,
      evaluationPeriods: 1,
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      treatMissingData: "notBreaching",
      tags: awsTags("budget"),
    });
    const rule = only(resources, "aws:cloudwatch/eventRule:EventRule");
    expect(rule.inputs).to.deep.include({ description: text, tags: awsTags("budget") });
    expect(documentOf(rule, "eventPattern")).to.deep.equal({
      source: ["aws.cloudwatch"],
      "detail-type": ["CloudWatch Alarm State Change"],
      resources: ["platform-test-budget-costs_arn"],
      detail: { state: { value: ["ALARM"] } },
    });
    const targets = resources.filter(({ type }) => type === "aws:cloudwatch/eventTarget:EventTarget");
    expect(targets.map(({ inputs }) => inputs.arn)).to.have.members([topic, "platform-test-monitoring-high-ops-slack_arn"]);
    expect(targets[1] && documentOf(targets[1], "input")).to.deep.equal({ text: `${text}: AWS Billing says which and of what.` });
  });

  it("activates the tags by choice, and leaves them to the account's other stacks", async () => {
    const made = childrenOf(await budget({ activateTags: true }), "budget").filter(({ type }) => type.endsWith("CostAllocationTag"));
    expect(made.map(({ inputs }) => inputs)).to.have.deep.members(
      ["project", "stack", "environment", "component", "cost-center"].map((tagKey) => ({ tagKey, status: "Active" })),
    );
    expect(made.map(({ options }) => options.retainOnDelete)).to.deep.equal([true, true, true, true, true]);
  });

  it("lets both services of costs publish to the encrypted topic, for this account only", async () => {
    const resources = await budget();
    const Condition = { StringEquals: { "aws:SourceAccount": "123456789012" } };
    const statements = (
      documentOf(only(resources, "aws:sns/topicPolicy:TopicPolicy", "monitoring-high"), "policy") as { Statement: object[] }
    ).Statement;
    const keys = (documentOf(only(resources, "aws:kms/key:Key"), "policy") as { Statement: object[] }).Statement;
    for (const [Sid, service] of [
      ["Budgets", "budgets"],
      ["CostAnomalies", "costalerts"],
    ]) {
      const Principal = { Service: `${service}.amazonaws.com` };
      expect(statements).to.deep.include({ Sid, Effect: "Allow", Principal, Action: "sns:Publish", Resource: topic, Condition });
      const Action = ["kms:Decrypt", "kms:GenerateDataKey"];
      expect(keys).to.deep.include({ Sid: `${Sid}ToTopics`, Effect: "Allow", Principal, Action, Resource: "*", Condition });
    }
  });
});

describe("check of a budget", () => {
  it("takes what both clouds take", () => {
    expect(check(spec)).to.deep.equal([]);
    expect(check({ ...spec, monthlyUsd: 1, emails: [], anomalyUsd: 0 })).to.deep.equal([]);
    expect(check({ ...spec, emails: Array<string>(10).fill("a@example.org") })).to.deep.equal([]);
  });

  it("refuses the rest", () => {
    const problems = check({ ...spec, monthlyUsd: 0.5, emails: Array<string>(11).fill("a@example.org"), anomalyUsd: -1 });
    expect(problems.map(({ path, given, remedy }) => [path, given, remedy])).to.deep.equal([
      ["monthlyUsd", 0.5, "give the dollars of a month"],
      ["emails", 11, "use a mailing list"],
      ["anomalyUsd", -1, "give 0 or more"],
    ]);
    expect(check({ ...spec, monthlyUsd: NaN, anomalyUsd: NaN })).to.have.lengthOf(2);
  });
});
