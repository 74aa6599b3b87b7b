// What starts a scheduled job on AWS, and what starting one by hand takes. The scheduler only starts the task: whether the task succeeds is no concern of its.
import type { SecurityGroup } from "@pulumi/aws/ec2";
import type { Role } from "@pulumi/aws/iam";
import { Schedule } from "@pulumi/aws/scheduler";
import { all, type ComponentResource, interpolate, type Resource } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { nameOf } from "../clouds/aws/names";
import { runTask, trustPolicy } from "../clouds/aws/permissions";
import { createServiceRole } from "../clouds/aws/role";
import { tagsOf } from "../stack";
import { grant, type Task } from "./aws-task";
import { awsCron } from "./cron";
import type { AppServiceArgs, Startable } from "./index";

/** Starts the task at the times of the settings; without any there is only the task, to be started by hand. */
export function createSchedule(parent: ComponentResource, name: string, args: AppServiceArgs<Aws>, task: Task, group: SecurityGroup): void {
  const { spec, network, hosting } = args;
  if (spec.schedule === undefined) return;
  const translated = awsCron(spec.schedule);
  if ("problem" in translated) throw new Error(translated.problem);
  const { role, grants } = createStarter(parent, name, args, task);
  new Schedule(
    nameOf(network.stack, "schedule", name),
    {
      scheduleExpression: translated.expression,
      scheduleExpressionTimezone: "UTC",
      flexibleTimeWindow: { mode: "OFF" },
      state: "ENABLED",
      target: {
        arn: hosting.raw.clusterArn,
        roleArn: role.arn,
        ecsParameters: {
          taskDefinitionArn: task.definition.arn,
          taskCount: 1,
          capacityProviderStrategies: [{ capacityProvider: spec.spot ? "FARGATE_SPOT" : "FARGATE", weight: 1 }],
          networkConfiguration: { subnets: [...network.raw.appSubnetIds], securityGroups: [group.id], assignPublicIp: false },
          enableEcsManagedTags: true,
          propagateTags: "TASK_DEFINITION",
        },
        // For the start only: a task that fails is a success to the scheduler.
        retryPolicy: { maximumRetryAttempts: 3, maximumEventAgeInSeconds: 3600 },
      },
    },
    { parent, dependsOn: [hosting.raw.capacity, ...task.grants, ...grants] },
  );
}

/** How a person or the deploy command starts it, as the schedule would. */
export function startable({ network, hosting }: AppServiceArgs<Aws>, { definition, logGroup }: Task, group: SecurityGroup): Startable {
  return {
    id: definition.arn,
    hostId: hosting.raw.clusterArn,
    subnetIds: all([...network.raw.appSubnetIds]),
    securityGroupIds: all([group.id]),
    logs: logGroup,
  };
}

/** The scheduler may start this one task in this one cluster, and hand it its two roles. */
function createStarter(
  parent: ComponentResource,
  name: string,
  args: AppServiceArgs<Aws>,
  task: Task,
): { readonly role: Role; readonly grants: readonly Resource[] } {
  const { stack, raw } = args.network;
  const { clusterArn, clusterName } = args.hosting.raw;
  const { family, executionRole, taskRole } = task;
  const role = createServiceRole(parent, stack, nameOf(stack, "role", `${name}-starter`), {
    assumeRolePolicy: trustPolicy("scheduler.amazonaws.com", raw.accountId),
    tags: tagsOf(stack, name),
  });
  const arn = (what: string) => interpolate`arn:aws:ecs:${stack.region}:${raw.accountId}:${what}`;
  // The definition's is composed, so that it waits for none.
  const started = {
    definition: arn(`task-definition/${family}`),
    tasks: interpolate`${arn("task")}/${clusterName}/*`,
    clusterArn,
    roles: [executionRole, taskRole],
  };
  const grants = grant(parent, `${name}-starter`, role, runTask(started));
  return { role, grants };
}
