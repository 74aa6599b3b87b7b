// How a service on AWS scales: step policies bound to alarms, in the very words of the requirements ("CPU above 70 % for 5 minutes, one
// more"), which target tracking can't say. A worker with a backlog looks at nothing but its queue.
import { Policy, ScheduledAction, Target } from "@pulumi/aws/appautoscaling";
import { MetricAlarm } from "@pulumi/aws/cloudwatch";
import type { Service } from "@pulumi/aws/ecs";
import { type ComponentResource, type Input, interpolate, type Output } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { nameOf } from "../clouds/aws/names";
import type { Stack } from "../stack";
import { awsCron } from "./cron";
import type { Scale } from "./index";

export interface Scaled {
  readonly parent: ComponentResource;
  /** Of the service or of its candidate. */
  readonly name: string;
  readonly stack: Stack;
  readonly tags: Record<string, string>;
  readonly scale: Scale;
  readonly clusterName: Output<string>;
  readonly service: Service;
  /** `app/…` of the balancer and `targetgroup/…` of the service, where requests reach it. */
  readonly requests?: { readonly balancer: Output<string>; readonly targets: Output<string> } | undefined;
  readonly queueName?: Output<string> | undefined;
  /** Whether instances may be taken away; undefined where no candidate can ever stand beside. */
  readonly scaleIn?: boolean | undefined;
}

/** Minutes that a limit must be passed for. */
const minutes = { out: 5, in: 10 } as const;
const cooldown = { out: 180, in: 600 } as const;
/** Instances are removed only if memory, in percent, and requests, as a share, are this far below their own limits: else they would come and go without end. */
const memoryMargin = 20;
const requestShare = 0.5;
/** A policy takes at most 20 steps. */
const maxSteps = 20;

type Query = NonNullable<ConstructorParameters<typeof MetricAlarm>[1]>["metricQueries"] extends Input<infer Q> | undefined
  ? Q extends readonly (infer E)[]
    ? E
    : never
  : never;
type Dimensions = Record<string, Input<string>>;

/** Whether anything but the settings decides how many instances run. */
export function isScaled(scale: Scale): boolean {
  return scale.min < scale.max || scale.schedules.length > 0;
}

/** The scaling of a service: its limits, and what moves it between them. */
export function createScaling(scaled: Scaled): Aws["scaling"] | undefined {
  const { parent, name, scale } = scaled;
  if (!isScaled(scale)) return undefined;
  const target = new Target(
    `${name}-scaling`,
    {
      serviceNamespace: "ecs",
      scalableDimension: "ecs:service:DesiredCount",
      resourceId: interpolate`service/${scaled.clusterName}/${scaled.service.name}`,
      minCapacity: scale.min,
      maxCapacity: scale.max,
      // While two images share the traffic, the one that waits at 0 % must be able to take all of it back at once.
      ...(scaled.scaleIn === undefined ? {} : { suspendedState: { dynamicScalingInSuspended: !scaled.scaleIn } }),
      tags: scaled.tags,
    },
    // A schedule rewrites the limits: what the settings say is only where they begin.
    { parent, ignoreChanges: scale.schedules.length > 0 ? ["minCapacity", "maxCapacity"] : [] },
  );
  createSchedules(scaled, target);
  if (scale.backlogPerInstance !== undefined && scaled.queueName !== undefined) {
    scaleByBacklog(scaled, target, scaled.queueName, scale.backlogPerInstance);
  } else {
    scaleByLoad(scaled, target);
  }
  return { resourceId: target.resourceId, targetArn: target.arn, serviceArn: scaled.service.id };
}

function createSchedules({ parent, name, scale }: Scaled, target: Target): void {
  for (const { name: schedule, cron, timezone, min, max } of scale.schedules) {
    const translated = awsCron(cron);
    if ("problem" in translated) throw new Error(`${cron}: ${translated.problem}`);
    const action = { schedule: translated.expression, timezone, scalableTargetAction: { minCapacity: min, maxCapacity: max } };
    new ScheduledAction(`${name}-${schedule}`, { ...on(target), ...action }, { parent });
  }
}

function scaleByLoad(scaled: Scaled, target: Target): void {
  const { scale } = scaled;
  const cpu = metricOf("AWS/ECS", "CPUUtilization", "Average", serviceDimensions(scaled));
  const memory = metricOf("AWS/ECS", "MemoryUtilization", "Average", serviceDimensions(scaled));
  const more = createPolicy(scaled, target, "more", {
    adjustmentType: "ChangeInCapacity",
    cooldown: cooldown.out,
    stepAdjustments: [{ metricIntervalLowerBound: "0", scalingAdjustment: scale.step }],
  });
  const fewer = createPolicy(scaled, target, "fewer", {
    adjustmentType: "ChangeInCapacity",
    cooldown: cooldown.in,
    stepAdjustments: [{ metricIntervalLowerBound: "0", scalingAdjustment: -1 }],
  });
  const out = { action: more, comparisonOperator: "GreaterThanThreshold", evaluationPeriods: minutes.out };
  createAlarm(scaled, "cpu", {
    ...out,
    description: `CPU above ${scale.cpuAbove} %`,
    metricQueries: [returned("cpu", cpu)],
    threshold: scale.cpuAbove,
  });
  createAlarm(scaled, "memory", {
    ...out,
    description: `Memory above ${scale.memoryAbove} %`,
    metricQueries: [returned("memory", memory)],
    threshold: scale.memoryAbove,
  });

  const quiet = [`cpu < ${scale.cpuBelow}`, `memory < ${scale.memoryAbove - memoryMargin}`];
  const looked = [part("cpu", cpu), part("memory", memory)];
  if (scale.requestsPerSecond !== undefined && scaled.requests !== undefined) {
    const perMinute = scale.requestsPerSecond * 60;
    const dimensions = { LoadBalancer: scaled.requests.balancer, TargetGroup: scaled.requests.targets };
    const requests = metricOf("AWS/ApplicationELB", "RequestCountPerTarget", "Sum", dimensions);
    createAlarm(scaled, "requests", {
      ...out,
      description: `More than ${scale.requestsPerSecond} requests per second and instance`,
      metricQueries: [returned("requests", requests)],
      threshold: perMinute,
    });
    // Without requests the balancer reports nothing at all.
    quiet.push(`FILL(requests, 0) < ${perMinute * requestShare}`);
    looked.push(part("requests", requests));
  }
  const expression: Query = { id: "quiet", expression: `IF(${quiet.join(" AND ")}, 1, 0)`, label: "quiet", returnData: true };
  createAlarm(scaled, "quiet", {
    description: "Little to do: one instance fewer",
    comparisonOperator: "GreaterThanThreshold",
    threshold: 0.5,
    evaluationPeriods: minutes.in,
    metricQueries: [...looked, expression],
    action: fewer,
  });
}

/** Waiting and running messages decide the number outright: none is `min`, at most a hundred times the target is `max`. */
function scaleByBacklog(scaled: Scaled, target: Target, queueName: Output<string>, perInstance: number): void {
  const { min, max } = scaled.scale;
  const dimensions = { QueueName: queueName };
  const messages = [
    part("waiting", metricOf("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", dimensions)),
    part("running", metricOf("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "Maximum", dimensions)),
    { id: "backlog", expression: "waiting + running", label: "backlog", returnData: true },
  ];
  const follow = createPolicy(scaled, target, "backlog", {
    adjustmentType: "ExactCapacity",
    cooldown: cooldown.out,
    stepAdjustments: backlogSteps(min, max, perInstance).map(({ from, to, count }) => ({
      metricIntervalLowerBound: String(from),
      ...(to === undefined ? {} : { metricIntervalUpperBound: String(to) }),
      scalingAdjustment: count,
    })),
  });
  const rest = createPolicy(scaled, target, "idle", {
    adjustmentType: "ExactCapacity",
    cooldown: cooldown.in,
    stepAdjustments: [{ metricIntervalUpperBound: "0", scalingAdjustment: min }],
  });
  createAlarm(scaled, "backlog", {
    description: "Messages to work on",
    comparisonOperator: "GreaterThanThreshold",
    threshold: 0,
    evaluationPeriods: 1,
    metricQueries: messages,
    action: follow,
  });
  createAlarm(scaled, "idle", {
    description: "No messages to work on",
    comparisonOperator: "LessThanOrEqualToThreshold",
    threshold: 0,
    evaluationPeriods: minutes.in,
    metricQueries: messages,
    action: rest,
  });
}

export interface BacklogStep {
  /** From this backlog on, and below the other, so many instances run. */
  readonly from: number;
  readonly to: number | undefined;
  readonly count: number;
}

/** As many instances as the backlog holds targets, in at most 20 steps; `max` from a hundred targets on. */
export function backlogSteps(min: number, max: number, perInstance: number): BacklogStep[] {
  const least = Math.max(min, 1);
  const steps = Math.min(max - least, maxSteps - 1);
  const counts = [least, ...Array.from({ length: steps }, (_, index) => least + Math.ceil(((max - least) * (index + 1)) / steps))];
  const bounds = counts.map((_, index) => (index === 0 ? 0 : Math.min(counts[index - 1] ?? 0, 100) * perInstance));
  // Counts beyond a hundred would all begin at a hundred targets: only the last of them does.
  const kept = counts.map((count, index) => ({ count, from: bounds[index] ?? 0 })).filter(({ from }, index) => bounds[index + 1] !== from);
  return kept.map(({ count, from }, index) => ({ from, to: kept[index + 1]?.from, count }));
}

interface Steps {
  readonly adjustmentType: "ChangeInCapacity" | "ExactCapacity";
  readonly cooldown: number;
  readonly stepAdjustments: { metricIntervalLowerBound?: string; metricIntervalUpperBound?: string; scalingAdjustment: number }[];
}

/** Bounds of steps are distances from the alarm's threshold. */
function createPolicy({ parent, name }: Scaled, target: Target, part: string, steps: Steps): Policy {
  const configuration = { ...steps, metricAggregationType: "Average" };
  return new Policy(
    `${name}-${part}`,
    { ...on(target), policyType: "StepScaling", stepScalingPolicyConfiguration: configuration },
    { parent },
  );
}

interface Alarm {
  readonly description: string;
  readonly comparisonOperator: string;
  readonly threshold: number;
  readonly evaluationPeriods: number;
  readonly metricQueries: Query[];
  readonly action: Policy;
}

/** It moves the service and tells nobody: being at `min` is no fault. */
function createAlarm(
  { parent, name, stack, tags }: Scaled,
  part: string,
  { action, description, evaluationPeriods, ...alarm }: Alarm,
): void {
  new MetricAlarm(
    nameOf(stack, "alarm", `${name}-scale-${part}`),
    {
      ...alarm,
      alarmDescription: `Scaling of ${name}: ${description}`,
      evaluationPeriods,
      datapointsToAlarm: evaluationPeriods,
      treatMissingData: "missing",
      alarmActions: [action.arn],
      tags,
    },
    { parent },
  );
}

function on(target: Target): { serviceNamespace: Output<string>; scalableDimension: Output<string>; resourceId: Output<string> } {
  const { serviceNamespace, scalableDimension, resourceId } = target;
  return { serviceNamespace, scalableDimension, resourceId };
}

function serviceDimensions({ clusterName, service }: Scaled): Dimensions {
  return { ClusterName: clusterName, ServiceName: service.name };
}

function metricOf(
  namespace: string,
  metricName: string,
  stat: string,
  dimensions: Dimensions,
): { namespace: string; metricName: string; stat: string; period: number; dimensions: Dimensions } {
  return { namespace, metricName, stat, period: 60, dimensions };
}

function returned(id: string, metric: ReturnType<typeof metricOf>): Query {
  return { id, metric, returnData: true };
}

function part(id: string, metric: ReturnType<typeof metricOf>): Query {
  return { id, metric, returnData: false };
}
