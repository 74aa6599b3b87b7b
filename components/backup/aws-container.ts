// A task that runs PostgreSQL's own client beside the database: its firewall, its two roles, its log, and the state that runs it to its end.
import { LogGroup } from "@pulumi/aws/cloudwatch";
import { SecurityGroup } from "@pulumi/aws/ec2";
import { TaskDefinition } from "@pulumi/aws/ecs";
import type { Role } from "@pulumi/aws/iam";
import { type ComponentResource, type Input, interpolate, jsonStringify, type Output, type Resource } from "@pulumi/pulumi";
import { grant } from "../app-service/aws-task";
import type { Aws } from "../clouds/aws/family";
import { allow, allowTlsOut } from "../clouds/aws/firewall";
import { logGroupName, nameOf } from "../clouds/aws/names";
import { permissions, runTask, type Statement, trustPolicy } from "../clouds/aws/permissions";
import { createServiceRole } from "../clouds/aws/role";
import { tagsOf } from "../stack";
import type { State } from "./aws-machine";
import type { BackupArgs } from "./index";

/** Where the containers of a task share files. The disk of a task is 20 GB for nothing, and 200 at most for cents an hour. */
export const work = { path: "/work", gib: 200 } as const;

export interface Container {
  readonly name: string;
  readonly image: string;
  /** Run by `sh -c`. */
  readonly script: string;
  readonly env: Readonly<Record<string, Input<string>>>;
  /** Whether it gets the owner's password, under the name that services know. */
  readonly login: boolean;
  /** The container that must have succeeded before. */
  readonly after?: string;
}

export interface Job {
  readonly definition: TaskDefinition;
  readonly group: SecurityGroup;
  /** A run that starts earlier fails. */
  readonly ready: readonly Resource[];
  /** What whoever runs it must be allowed. */
  readonly statements: readonly Statement[];
  /** The state that runs it and waits for its end. `env` is added to the environment of every container. */
  readonly state: (next: Readonly<Record<string, unknown>>, env?: Readonly<Record<string, string>>) => State;
}

export function createJob(
  parent: ComponentResource,
  name: string,
  args: BackupArgs<Aws>,
  job: {
    readonly component: string;
    readonly database: Aws["database"];
    readonly containers: readonly Container[];
    /** What the containers may do. */
    readonly statements: readonly Statement[];
  },
): Job {
  const { network, monitoring, hosting } = args;
  const { stack, raw } = network;
  const tags = tagsOf(stack, job.component);
  const role = (part: string): Role =>
    createServiceRole(parent, stack, nameOf(stack, "role", `${name}-${part}`), {
      assumeRolePolicy: trustPolicy("ecs-tasks.amazonaws.com", raw.accountId),
      tags,
    });
  const [executionRole, taskRole] = [role("execution"), role("task")];
  const logs = new LogGroup(
    `${name}-logs`,
    { name: logGroupName(stack, name), kmsKeyId: monitoring.raw.logKeyArn, retentionInDays: monitoring.raw.logDays, tags },
    { parent },
  );
  const granted = [
    ...grant(parent, `${name}-execution`, executionRole, executionStatements(stack.region, job.database, logs)),
    ...grant(parent, `${name}-task`, taskRole, job.statements),
  ];
  const group = new SecurityGroup(
    nameOf(stack, "securityGroup", name),
    { vpcId: raw.vpcId, description: `Scheduled work ${name}`, tags: { ...tags, Name: `${stack.project}-${stack.name}-${name}` } },
    { parent },
  );
  const { groupId, port } = job.database;
  const ways = [allowTlsOut(parent, name, group.id, tags), ...allow(parent, `${name}-to-database`, group.id, groupId, port, tags)];
  const definition = new TaskDefinition(
    `${name}-task`,
    {
      family: nameOf(stack, "taskFamily", name),
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      runtimePlatform: { cpuArchitecture: "X86_64", operatingSystemFamily: "LINUX" },
      cpu: "1024",
      memory: "2048",
      ephemeralStorage: { sizeInGib: work.gib },
      volumes: [{ name: "work" }],
      executionRoleArn: executionRole.arn,
      taskRoleArn: taskRole.arn,
      containerDefinitions: jsonStringify(
        job.containers.map((container, index) => ({
          ...definitionOf(name, container, job, stack.region, logs.name),
          // The task ends with its last container; ECS refuses to wait for the success of one that must not end.
          essential: index === job.containers.length - 1,
        })),
      ),
      tags,
    },
    { parent },
  );
  const cluster = hosting.raw;
  const tasks = interpolate`arn:aws:ecs:${stack.region}:${raw.accountId}:task/${cluster.clusterName}/*`;
  return {
    definition,
    group,
    ready: [hosting.raw.capacity, ...raw.egress, ...granted, ...ways],
    statements: [
      ...runTask({ definition: definition.arnWithoutRevision, tasks, clusterArn: cluster.clusterArn, roles: [executionRole, taskRole] }),
      { actions: permissions.machine.watch, resources: [tasks] },
      // The machine learns of the end of a task by a rule that it keeps under this name.
      {
        actions: permissions.machine.events,
        resources: [interpolate`arn:aws:events:${stack.region}:${raw.accountId}:rule/StepFunctionsGetEventsForECSTaskRule`],
      },
    ],
    state: (next, env = {}) => ({
      Type: "Task",
      Resource: "arn:aws:states:::ecs:runTask.sync",
      Arguments: {
        Cluster: cluster.clusterArn,
        TaskDefinition: definition.arn,
        CapacityProviderStrategy: [{ CapacityProvider: "FARGATE", Weight: 1 }],
        NetworkConfiguration: {
          AwsvpcConfiguration: { Subnets: [...raw.appSubnetIds], SecurityGroups: [group.id], AssignPublicIp: "DISABLED" },
        },
        EnableECSManagedTags: true,
        PropagateTags: "TASK_DEFINITION",
        ...(Object.keys(env).length === 0 ? {} : { Overrides: { ContainerOverrides: overridesOf(job.containers, env) } }),
      },
      ...next,
    }),
  };
}

function overridesOf(containers: readonly Container[], env: Readonly<Record<string, string>>) {
  const Environment = Object.entries(env).map(([Name, Value]) => ({ Name, Value }));
  return containers.map(({ name: Name }) => ({ Name, Environment }));
}

function executionStatements(region: string, { secret }: Aws["database"], logs: LogGroup): Statement[] {
  return [
    { actions: permissions.execution.log, resources: [interpolate`${logs.arn}:*`] },
    { actions: permissions.secret.read, resources: [secret.arn] },
    {
      actions: permissions.key.decrypt,
      resources: [secret.keyArn],
      conditions: { StringEquals: { "kms:ViaService": `secretsmanager.${region}.amazonaws.com` } },
    },
  ];
}

/** Root, as the shared folder belongs to it, but without a single right of root's over what belongs to others. */
function definitionOf(
  name: string,
  container: Container,
  { database }: { readonly database: Aws["database"] },
  region: string,
  logGroup: Output<string>,
): Record<string, Input<unknown>> {
  const env: Readonly<Record<string, Input<string>>> = { ...container.env, WORK: work.path };
  return {
    name: container.name,
    image: container.image,
    entryPoint: ["sh", "-c"],
    command: [container.script],
    ...(container.after === undefined ? {} : { dependsOn: [{ containerName: container.after, condition: "SUCCESS" }] }),
    environment: Object.entries(env)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([variable, value]) => ({ name: variable, value })),
    secrets: container.login ? [{ name: "DATABASE_PASSWORD", valueFrom: database.secret.valueFrom }] : [],
    user: "0",
    readonlyRootFilesystem: true,
    mountPoints: [{ sourceVolume: "work", containerPath: work.path }],
    linuxParameters: { initProcessEnabled: true, capabilities: { drop: ["ALL"] } },
    logConfiguration: {
      logDriver: "awslogs",
      options: { "awslogs-group": logGroup, "awslogs-region": region, "awslogs-stream-prefix": name },
    },
  };
}
