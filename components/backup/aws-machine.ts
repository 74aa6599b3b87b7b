// Scheduled work on AWS as state machines: AWS calls itself, so there is no code that ages and no server; a run that fails is an alarm.
import { MetricAlarm } from "@pulumi/aws/cloudwatch";
import { Schedule } from "@pulumi/aws/scheduler";
import { StateMachine } from "@pulumi/aws/sfn";
import { type ComponentResource, jsonStringify, type Resource } from "@pulumi/pulumi";
import { grant } from "../app-service/aws-task";
import type { Aws } from "../clouds/aws/family";
import { nameOf } from "../clouds/aws/names";
import { permissions, type Statement, trustPolicy } from "../clouds/aws/permissions";
import { createServiceRole } from "../clouds/aws/role";
import type { Monitoring } from "../monitoring";
import type { Network } from "../network";
import { tagsOf } from "../stack";

/** A state of Amazon's language. Outputs may stand anywhere in it; texts between `{%` and `%}` are JSONata, read when the machine runs. */
export type State = Readonly<Record<string, unknown>> & { readonly Type: string };

export interface Machine {
  readonly network: Network<Aws>;
  readonly monitoring: Monitoring<Aws>;
  /** Whose tags it has. */
  readonly component: string;
  /** What it does, for who reads the alarm. */
  readonly what: string;
  /** Of EventBridge Scheduler, in UTC: `cron(0 2 1 * ? *)`. */
  readonly schedule: string;
  readonly hours: number;
  /** The first is where it starts. */
  readonly states: Readonly<Record<string, State>>;
  /** What it may do. */
  readonly statements: readonly Statement[];
}

/** Makes the machine, what starts it, and the alarm. */
export function createMachine(parent: ComponentResource, name: string, machine: Machine, after: readonly Resource[] = []): StateMachine {
  const { network, component, states, hours } = machine;
  const { stack, raw } = network;
  const tags = tagsOf(stack, component);
  const role = createServiceRole(parent, stack, nameOf(stack, "role", name), {
    assumeRolePolicy: trustPolicy("states.amazonaws.com", raw.accountId),
    tags,
  });
  const granted = grant(parent, name, role, machine.statements);
  const definition = jsonStringify({
    Comment: machine.what,
    QueryLanguage: "JSONata",
    StartAt: Object.keys(states)[0],
    TimeoutSeconds: hours * 3600,
    States: states,
  });
  const made = new StateMachine(
    nameOf(stack, "stateMachine", name),
    { type: "STANDARD", definition, roleArn: role.arn, tags },
    // AWS tries the role when it makes the machine.
    { parent, dependsOn: granted },
  );
  start(parent, name, machine, made, after);
  alarm(parent, name, machine, made);
  return made;
}

/** The scheduler may start this one machine. */
function start(
  parent: ComponentResource,
  name: string,
  { network, component, schedule }: Machine,
  made: StateMachine,
  after: readonly Resource[],
): void {
  const { stack, raw } = network;
  const role = createServiceRole(parent, stack, nameOf(stack, "role", `${name}-starter`), {
    assumeRolePolicy: trustPolicy("scheduler.amazonaws.com", raw.accountId),
    tags: tagsOf(stack, component),
  });
  const granted = grant(parent, `${name}-starter`, role, [{ actions: permissions.machine.start, resources: [made.arn] }]);
  new Schedule(
    nameOf(stack, "schedule", name),
    {
      scheduleExpression: schedule,
      scheduleExpressionTimezone: "UTC",
      flexibleTimeWindow: { mode: "OFF" },
      state: "ENABLED",
      target: { arn: made.arn, roleArn: role.arn, retryPolicy: { maximumRetryAttempts: 3, maximumEventAgeInSeconds: 3600 } },
    },
    { parent, dependsOn: [...granted, ...after] },
  );
}

const failures = ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"] as const;

function alarm(parent: ComponentResource, name: string, { network, monitoring, component, what }: Machine, made: StateMachine): void {
  const metrics = failures.map((metricName, index) => ({
    id: `m${index}`,
    metric: { namespace: "AWS/States", metricName, dimensions: { StateMachineArn: made.arn }, period: 300, stat: "Sum" },
  }));
  const sum = metrics.map(({ id }) => `FILL(${id},0)`).join("+");
  new MetricAlarm(
    // By the severity in the name the webhooks' rules tell alarms apart.
    nameOf(network.stack, "alarm", `high-${name}`),
    {
      alarmDescription: `Failed: ${what}`,
      metricQueries: [...metrics, { id: "failed", expression: sum, label: "failed", returnData: true }],
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      evaluationPeriods: 1,
      treatMissingData: "notBreaching",
      alarmActions: [monitoring.raw.alertsTopicArn],
      tags: tagsOf(network.stack, component),
    },
    { parent },
  );
}
