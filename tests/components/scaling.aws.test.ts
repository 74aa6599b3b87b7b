import { output } from "@pulumi/pulumi";
import { expect } from "chai";
import * as fc from "fast-check";
import { backlogSteps } from "../../components/app-service/aws-scaling";
import type { ServiceSpec } from "../../components/app-service/index";
import type { Aws } from "../../components/clouds/aws/family";
import { Use } from "../../components/use";
import { awsTags } from "../support/aws-parts";
import { classesIn, gateway, ground, scale, service, serviceSpec } from "../support/aws-platform";
import { ofType, only, type Recorded, recordKnown } from "../support/record";

const types = {
  target: "aws:appautoscaling/target:Target",
  policy: "aws:appautoscaling/policy:Policy",
  action: "aws:appautoscaling/scheduledAction:ScheduledAction",
  alarm: "aws:cloudwatch/metricAlarm:MetricAlarm",
};
const tags = awsTags("api");
const of = { resourceId: null, scalableDimension: "ecs:service:DesiredCount", serviceNamespace: "ecs" };
const ecs = (metricName: string): object => ({
  namespace: "AWS/ECS",
  metricName,
  stat: "Average",
  period: 60,
  dimensions: { ClusterName: "platform-test-hosting", ServiceName: null },
});
const requests = {
  namespace: "AWS/ApplicationELB",
  metricName: "RequestCountPerTarget",
  stat: "Sum",
  period: 60,
  dimensions: { LoadBalancer: null, TargetGroup: null },
};

function scaled(overrides: Partial<ServiceSpec["scale"]>): Promise<Recorded[]> {
  return recordKnown(() => {
    const on = ground();
    service(on, "api", serviceSpec({ scale: { ...scale, max: 10, ...overrides } }), { place: gateway(on).place("api") });
  });
}

function worker(overrides: Partial<ServiceSpec["scale"]>, backlog = true): Promise<Recorded[]> {
  return recordKnown(() => {
    const spec = serviceSpec({ kind: "worker", uses: { jobs: "receive" }, scale: { ...scale, min: 0, max: 3, ...overrides } });
    const raw: Aws["grant"] = { server: undefined, statements: [], backlog: backlog ? { queueName: output("jobs") } : undefined };
    service(ground(), "api", spec, { uses: [new Use<Aws>({ target: "jobs", noun: "queue", access: "receive", env: {}, raw })] });
  });
}

describe("scaling on AWS", () => {
  it("is absent where the number of instances is fixed", async () => {
    const resources = await scaled({ max: 2 });
    expect(Object.values(types).flatMap((type) => ofType(resources, type))).to.deep.equal([]);
  });

  it("is a target with its steps, their alarms and the schedules, beside what the service is anyway", async () => {
    const plain = classesIn(await scaled({ max: 2 }), "api");
    const schedules = [{ name: "night", cron: "0 20 * * 1-5", timezone: "UTC", min: 1, max: 1 }];
    const made = classesIn(await scaled({ requestsPerSecond: 1000, schedules }), "api");
    expect(plain.filter((one) => !made.includes(one))).to.deep.equal([]);
    expect(made.filter((one) => !plain.includes(one))).to.deep.equal([
      "MetricAlarm platform-test-api-scale-cpu",
      "MetricAlarm platform-test-api-scale-memory",
      "MetricAlarm platform-test-api-scale-quiet",
      "MetricAlarm platform-test-api-scale-requests",
      "Policy api-fewer",
      "Policy api-more",
      "ScheduledAction api-night",
      "Target api-scaling",
    ]);
  });

  it("keeps within its limits, and leaves the number in between alone", async () => {
    const resources = await scaled({});
    const target = only(resources, types.target);
    expect(target.inputs).to.deep.equal({ ...of, minCapacity: 2, maxCapacity: 10, tags });
    expect(target.options.ignoreChanges).to.deep.equal([]);
    expect(only(resources, "aws:ecs/service:Service").options.ignoreChanges).to.deep.equal(["desiredCount"]);
  });

  it("adds after 5 minutes above 70 % CPU or 80 % memory, 3 minutes apart", async () => {
    const resources = await scaled({ step: 2 });
    expect(only(resources, types.policy, "api-more").inputs).to.deep.equal({
      ...of,
      policyType: "StepScaling",
      stepScalingPolicyConfiguration: {
        adjustmentType: "ChangeInCapacity",
        cooldown: 180,
        metricAggregationType: "Average",
        stepAdjustments: [{ metricIntervalLowerBound: "0", scalingAdjustment: 2 }],
      },
    });
    const alarm = {
      comparisonOperator: "GreaterThanThreshold",
      evaluationPeriods: 5,
      datapointsToAlarm: 5,
      treatMissingData: "missing",
      alarmActions: ["api-more_arn"],
      tags,
    };
    expect(only(resources, types.alarm, "platform-test-api-scale-cpu").inputs).to.deep.equal({
      ...alarm,
      alarmDescription: "Scaling of api: CPU above 70 %",
      threshold: 70,
      metricQueries: [{ id: "cpu", metric: ecs("CPUUtilization"), returnData: true }],
    });
    expect(only(resources, types.alarm, "platform-test-api-scale-memory").inputs).to.deep.equal({
      ...alarm,
      alarmDescription: "Scaling of api: Memory above 80 %",
      threshold: 80,
      metricQueries: [{ id: "memory", metric: ecs("MemoryUtilization"), returnData: true }],
    });
  });

  it("removes one after 10 quiet minutes, 10 minutes apart", async () => {
    const resources = await scaled({});
    expect(only(resources, types.policy, "api-fewer").inputs).to.deep.equal({
      ...of,
      policyType: "StepScaling",
      stepScalingPolicyConfiguration: {
        adjustmentType: "ChangeInCapacity",
        cooldown: 600,
        metricAggregationType: "Average",
        stepAdjustments: [{ metricIntervalLowerBound: "0", scalingAdjustment: -1 }],
      },
    });
    expect(only(resources, types.alarm, "platform-test-api-scale-quiet").inputs).to.deep.equal({
      alarmDescription: "Scaling of api: Little to do: one instance fewer",
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0.5,
      evaluationPeriods: 10,
      datapointsToAlarm: 10,
      treatMissingData: "missing",
      alarmActions: ["api-fewer_arn"],
      metricQueries: [
        { id: "cpu", metric: ecs("CPUUtilization"), returnData: false },
        { id: "memory", metric: ecs("MemoryUtilization"), returnData: false },
        { id: "quiet", expression: "IF(cpu < 30 AND memory < 60, 1, 0)", label: "quiet", returnData: true },
      ],
      tags,
    });
  });

  it("adds by requests per instance, and does not remove what they need", async () => {
    const resources = await scaled({ requestsPerSecond: 1000 });
    expect(ofType(resources, types.alarm).map(({ name }) => name)).to.have.members(
      ["cpu", "memory", "requests", "quiet"].map((part) => `platform-test-api-scale-${part}`),
    );
    expect(only(resources, types.alarm, "platform-test-api-scale-requests").inputs).to.deep.include({
      alarmDescription: "Scaling of api: More than 1000 requests per second and instance",
      comparisonOperator: "GreaterThanThreshold",
      evaluationPeriods: 5,
      threshold: 60000,
      alarmActions: ["api-more_arn"],
      metricQueries: [{ id: "requests", metric: requests, returnData: true }],
    });
    expect(only(resources, types.alarm, "platform-test-api-scale-quiet").inputs.metricQueries).to.deep.include.members([
      { id: "requests", metric: requests, returnData: false },
      { id: "quiet", expression: "IF(cpu < 30 AND memory < 60 AND FILL(requests, 0) < 30000, 1, 0)", label: "quiet", returnData: true },
    ]);
  });

  it("changes its limits by schedules, which the settings then leave alone", async () => {
    const resources = await scaled({
      max: 2,
      schedules: [{ name: "night", cron: "0 20 * * 1-5", timezone: "Europe/Berlin", min: 0, max: 1 }],
    });
    expect(only(resources, types.action).name).to.equal("api-night");
    expect(only(resources, types.action).inputs).to.deep.equal({
      ...of,
      schedule: "cron(0 20 ? * MON-FRI *)",
      timezone: "Europe/Berlin",
      scalableTargetAction: { minCapacity: 0, maxCapacity: 1 },
    });
    expect(only(resources, types.target).options.ignoreChanges).to.deep.equal(["minCapacity", "maxCapacity"]);
    expect(only(resources, "aws:ecs/service:Service").options.ignoreChanges).to.deep.equal(["desiredCount"]);
  });

  it("of a worker follows its backlog and nothing else", async () => {
    const resources = await worker({ backlogPerInstance: 10 });
    expect(ofType(resources, types.policy).map(({ name }) => name)).to.have.members(["api-backlog", "api-idle"]);
    const messages = (metricName: string): object => ({
      namespace: "AWS/SQS",
      metricName,
      stat: "Maximum",
      period: 60,
      dimensions: { QueueName: "jobs" },
    });
    const metricQueries = [
      { id: "waiting", metric: messages("ApproximateNumberOfMessagesVisible"), returnData: false },
      { id: "running", metric: messages("ApproximateNumberOfMessagesNotVisible"), returnData: false },
      { id: "backlog", expression: "waiting + running", label: "backlog", returnData: true },
    ];
    expect(only(resources, types.policy, "api-backlog").inputs).to.deep.equal({
      ...of,
      policyType: "StepScaling",
      stepScalingPolicyConfiguration: {
        adjustmentType: "ExactCapacity",
        cooldown: 180,
        metricAggregationType: "Average",
        stepAdjustments: [
          { metricIntervalLowerBound: "0", metricIntervalUpperBound: "10", scalingAdjustment: 1 },
          { metricIntervalLowerBound: "10", metricIntervalUpperBound: "20", scalingAdjustment: 2 },
          { metricIntervalLowerBound: "20", scalingAdjustment: 3 },
        ],
      },
    });
    expect(only(resources, types.policy, "api-idle").inputs).to.deep.include({
      stepScalingPolicyConfiguration: {
        adjustmentType: "ExactCapacity",
        cooldown: 600,
        metricAggregationType: "Average",
        stepAdjustments: [{ metricIntervalUpperBound: "0", scalingAdjustment: 0 }],
      },
    });
    expect(only(resources, types.alarm, "platform-test-api-scale-backlog").inputs).to.deep.equal({
      alarmDescription: "Scaling of api: Messages to work on",
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
      treatMissingData: "missing",
      alarmActions: ["api-backlog_arn"],
      metricQueries,
      tags,
    });
    expect(only(resources, types.alarm, "platform-test-api-scale-idle").inputs).to.deep.equal({
      alarmDescription: "Scaling of api: No messages to work on",
      comparisonOperator: "LessThanOrEqualToThreshold",
      threshold: 0,
      evaluationPeriods: 10,
      datapointsToAlarm: 10,
      treatMissingData: "missing",
      alarmActions: ["api-idle_arn"],
      metricQueries,
      tags,
    });
  });

  it("of a worker without a backlog looks at its load", async () => {
    for (const resources of [await worker({}), await worker({ backlogPerInstance: 10 }, false)]) {
      expect(ofType(resources, types.policy).map(({ name }) => name)).to.have.members(["api-more", "api-fewer"]);
    }
  });
});

describe("the steps of a backlog", () => {
  const tables: [number, number, number, string][] = [
    [0, 1, 10, "0- 1"],
    [1, 1, 10, "0- 1"],
    [2, 4, 5, "0-10 2, 10-15 3, 15- 4"],
    [0, 3, 100, "0-100 1, 100-200 2, 200- 3"],
  ];
  for (const [min, max, target, expected] of tables) {
    it(`from ${min} to ${max} by ${target}: ${expected}`, () => {
      expect(
        backlogSteps(min, max, target)
          .map(({ from, to, count }) => `${from}-${to ?? ""} ${count}`)
          .join(", "),
      ).to.equal(expected);
    });
  }

  it("are at most 20, without a gap, growing to the most at a hundred targets", () => {
    const limits = fc.tuple(fc.nat({ max: 200 }), fc.nat({ max: 800 }), fc.integer({ min: 1, max: 1000 }));
    fc.assert(
      fc.property(limits, ([min, more, target]) => {
        const max = Math.max(min + more, 1);
        const steps = backlogSteps(min, max, target);
        expect(steps.length).to.be.within(1, 20);
        expect(steps[0]?.from).to.equal(0);
        expect(steps.at(-1)).to.include({ to: undefined, count: max });
        expect(steps.at(-1)?.from).to.be.at.most(100 * target);
        for (const [index, step] of steps.entries()) {
          const next = steps[index + 1];
          if (next === undefined) continue;
          expect(step.to).to.equal(next.from);
          expect(next.from).to.be.greaterThan(step.from);
          expect(next.count).to.be.greaterThan(step.count);
        }
      }),
    );
  });
});
