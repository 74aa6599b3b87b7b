// The task of a service on AWS: its logs, its two roles and its container. The execution role is what ECS does before the container
// runs; the task role is what the application may do, and nothing but its uses.
import { LogGroup } from "@pulumi/aws/cloudwatch";
import { TaskDefinition } from "@pulumi/aws/ecs";
import { type Role, RolePolicy } from "@pulumi/aws/iam";
import { type ComponentResource, type Input, interpolate, jsonStringify, type Output, type Resource } from "@pulumi/pulumi";
import type { SecretRef } from "../cloud";
import type { Aws } from "../clouds/aws/family";
import { logGroupName, nameOf } from "../clouds/aws/names";
import { permissions, policyDocument, type Statement, trustPolicy, unscoped } from "../clouds/aws/permissions";
import { createServiceRole } from "../clouds/aws/role";
import { transformed } from "../clouds/aws/transforms";
import { tagsOf } from "../stack";
import { collectorOf, isTraced, telemetryStatements } from "./aws-collector";
import { imageOf } from "./aws-image";
import { mountPointsOf, mountTargetsOf, volumesOf } from "./aws-mounts";
import type { AppServiceArgs, ServiceSpec } from "./index";
import type { Candidate } from "./rollout";

/** Seconds between the request to stop and the end: as long as the balancer drains. */
export const drainSeconds = 30;
/** MiB of memory that a service may use as files when the rest of its file system is read-only. */
const scratchMib = 64;

export interface Task {
  readonly definition: TaskDefinition;
  /** The name that all revisions of the definition share: known before it exists. */
  readonly family: Input<string>;
  readonly executionRole: Role;
  readonly taskRole: Role;
  /** A candidate writes into the same group: its logs outlive it. */
  readonly logGroup: Output<string>;
  readonly tags: Record<string, string>;
  /** A task that starts before its permissions exist fails: whoever starts it waits for these. */
  readonly grants: readonly Resource[];
}

export interface Environment {
  readonly env: Readonly<Record<string, Input<string>>>;
  readonly secrets: Readonly<Record<string, SecretRef<Aws>>>;
}

/** The task definition of a service, with all that it needs. */
export function createTask(parent: ComponentResource, name: string, args: AppServiceArgs<Aws>, environment: Environment): Task {
  const { network, monitoring } = args;
  const { stack } = network;
  const tags = tagsOf(stack, name);
  const logs = new LogGroup(
    `${name}-logs`,
    { name: logGroupName(stack, name), kmsKeyId: monitoring.raw.logKeyArn, retentionInDays: monitoring.raw.logDays, tags },
    { parent },
  );
  const role = (part: string): Role =>
    createServiceRole(parent, stack, nameOf(stack, "role", `${name}-${part}`), {
      assumeRolePolicy: trustPolicy("ecs-tasks.amazonaws.com", network.raw.accountId),
      tags,
    });
  const executionRole = role("execution");
  const taskRole = role("task");
  const grants = [
    ...grant(parent, `${name}-execution`, executionRole, executionStatements(args, environment, logs)),
    ...grant(parent, `${name}-task`, taskRole, [
      ...args.uses.flatMap((use) => use.raw.statements),
      ...consoleStatements(args),
      ...telemetryStatements(args),
    ]),
    ...mountTargetsOf(args),
  ];
  const made = { executionRole, taskRole, logGroup: logs.name, tags, grants };
  return { ...made, ...createDefinition(parent, name, args, environment, made) };
}

/** The same task with the candidate's image: identity, grants and logs are the service's. */
export function createCandidateTask(
  parent: ComponentResource,
  track: string,
  args: AppServiceArgs<Aws>,
  environment: Environment,
  task: Task,
  { image, command }: Candidate,
): Task {
  return { ...task, ...createDefinition(parent, track, { ...args, spec: { ...args.spec, image, command } }, environment, task) };
}

function createDefinition(
  parent: ComponentResource,
  name: string,
  args: AppServiceArgs<Aws>,
  environment: Environment,
  { executionRole, taskRole, logGroup, tags }: Omit<Task, "definition" | "family">,
): Pick<Task, "definition" | "family"> {
  const { stack } = args.network;
  const { spec } = args;
  const beside = isTraced(args) ? collectorOf(name, args, logGroup) : [];
  const definitionArgs = transformed("appService.task", {
    family: nameOf(stack, "taskFamily", name),
    requiresCompatibilities: ["FARGATE"],
    networkMode: "awsvpc",
    runtimePlatform: { cpuArchitecture: "X86_64", operatingSystemFamily: "LINUX" },
    cpu: String(spec.cpu * 1024),
    memory: String(spec.memoryMb),
    executionRoleArn: executionRole.arn,
    taskRoleArn: taskRole.arn,
    containerDefinitions: jsonStringify([{ ...containerOf(name, args, environment, logGroup), ...mountPointsOf(args) }, ...beside]),
    ...volumesOf(args),
    // ECS rolls back to the former revision: it must still be there.
    skipDestroy: true,
    tags,
  });
  return { definition: new TaskDefinition(`${name}-task`, definitionArgs, { parent }), family: definitionArgs.family };
}

/** Gives a role its one policy; none where there is nothing to grant. */
export function grant(parent: ComponentResource, name: string, role: Role, statements: readonly Statement[]): RolePolicy[] {
  if (statements.length === 0) return [];
  return [new RolePolicy(name, { role: role.id, policy: policyDocument(statements) }, { parent })];
}

function executionStatements(args: AppServiceArgs<Aws>, environment: Environment, logs: LogGroup): Statement[] {
  const { spec, network } = args;
  const references = Object.values(environment.secrets).map((secret) => secret.raw);
  const secretArns = [...new Set(references.flatMap(({ arn, turns = [] }) => [arn, ...turns]))];
  const keyArns = [...new Set(references.map((secret) => secret.keyArn))];
  const images = [spec.image, ...(spec.candidate === undefined ? [] : [spec.candidate.image])];
  const repositories = [...new Set(images.map((image) => imageOf(image, args.registry).repositoryArn).filter((arn) => arn !== undefined))];
  const statements: Statement[] = [{ actions: permissions.execution.log, resources: [interpolate`${logs.arn}:*`] }];
  if (secretArns.length > 0) {
    const conditions = {
      StringEquals: { "kms:ViaService": `secretsmanager.${network.stack.region}.amazonaws.com` },
    };
    statements.push(
      { actions: permissions.secret.read, resources: secretArns },
      { actions: permissions.key.decrypt, resources: keyArns, conditions },
    );
  }
  if (repositories.length > 0) {
    statements.push(
      { actions: permissions.execution.token, resources: [unscoped] },
      { actions: permissions.execution.pull, resources: repositories },
    );
  }
  return statements;
}

/** What the agent of ECS Exec needs, which acts with the task's role. */
function consoleStatements({ hosting, network }: AppServiceArgs<Aws>): Statement[] {
  if (!hosting.raw.exec) return [];
  const groups = interpolate`arn:aws:logs:${network.stack.region}:${network.raw.accountId}:log-group`;
  return [
    { actions: permissions.console.channel, resources: [unscoped] },
    { actions: permissions.console.log, resources: [interpolate`${groups}:${logGroupName(network.stack, "console")}:*`] },
    { actions: permissions.console.find, resources: [interpolate`${groups}:*`] },
  ];
}

/** Sorted throughout: another order would be another revision, and so a deployment. */
function containerOf(
  name: string,
  { spec, network: { stack }, registry }: AppServiceArgs<Aws>,
  { env, secrets }: Environment,
  logGroup: Output<string>,
): Record<string, Input<unknown>> {
  const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);
  return {
    name,
    image: imageOf(spec.image, registry).reference,
    essential: true,
    ...(spec.command === undefined ? {} : { command: spec.command }),
    ...(isServed(spec) ? { portMappings: [{ containerPort: spec.port, protocol: "tcp" }] } : {}),
    environment: Object.entries(env)
      .sort(byName)
      .map(([variable, value]) => ({ name: variable, value })),
    secrets: Object.entries(secrets)
      .sort(byName)
      .map(([variable, secret]) => ({ name: variable, valueFrom: secret.raw.valueFrom })),
    user: String(spec.user),
    readonlyRootFilesystem: spec.readOnlyRoot,
    linuxParameters: {
      // Reaps what the application leaves behind, and passes the signal to stop on.
      initProcessEnabled: true,
      // A volume would belong to root; files in memory are anyone's to write.
      ...(spec.readOnlyRoot ? { tmpfs: [{ containerPath: "/tmp", size: scratchMib }] } : {}),
    },
    stopTimeout: drainSeconds,
    logConfiguration: {
      logDriver: "awslogs",
      options: {
        "awslogs-group": logGroup,
        "awslogs-region": stack.region,
        "awslogs-stream-prefix": name,
        // A service must not stand still because its logs do.
        mode: "non-blocking",
        "max-buffer-size": "25m",
      },
    },
  };
}

/** Whether requests reach it. */
export function isServed(spec: ServiceSpec): boolean {
  return spec.kind === "web" || spec.kind === "api";
}
