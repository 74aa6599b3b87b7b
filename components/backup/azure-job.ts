// Scheduled work on Azure: a Container Apps job with an identity of its own, containers that share a folder, and an alarm for a run that
// fails.
import { Job } from "@pulumi/azure-native/app";
import { RoleAssignment, RoleDefinition } from "@pulumi/azure-native/authorization";
import { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity";
import { MetricAlert } from "@pulumi/azure-native/monitor";
import type { app as inputs } from "@pulumi/azure-native/types/input";
import { type ComponentResource, type Input, interpolate, type Output, type Resource } from "@pulumi/pulumi";
import { sendSignals } from "../clouds/azure/diagnostics";
import type { Azure } from "../clouds/azure/family";
import { inFull } from "../clouds/azure/in-full";
import { nameOf } from "../clouds/azure/names";
import { platformRoles, roleId } from "../clouds/azure/permissions";
import { transformed } from "../clouds/azure/transforms";
import { failedRuns } from "../monitoring/azure-alarms";
import type { Network } from "../network";
import { tagsOf } from "../stack";
import type { BackupArgs } from "./index";

/** Where the containers of a run share files; its disk is a few gigabytes. */
const work = "/work";
const passwordName = "database-password";
/** Azure's own command line, which logs in as the job. */
export const azureImage = "mcr.microsoft.com/azure-cli:2.77.0";

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, Input<string>>>;
  /** Whether it gets the owner's password, under the name that services know. */
  readonly login: boolean;
}

export interface Scheduled {
  /** Whose tags it has. */
  readonly component: string;
  readonly what: string;
  /** Five fields, in UTC. */
  readonly cron: string;
  readonly hours: number;
  /** They run one after the other, and then the containers run together. */
  readonly before: readonly Container[];
  readonly containers: readonly Container[];
  readonly database: Azure["database"] | undefined;
  /** What its identity may do; made by the caller once the identity is there. */
  readonly grants: (identity: UserAssignedIdentity) => readonly Resource[];
  readonly after: readonly Resource[];
}

/** What a job runs in. */
type Around = Pick<BackupArgs<Azure>, "network" | "hosting" | "monitoring">;

export function createJob(parent: ComponentResource, name: string, args: Around, job: Scheduled): void {
  const { network, hosting } = args;
  const { stack, raw } = network;
  const common = { resourceGroupName: raw.resourceGroupName, location: raw.location, tags: tagsOf(stack, job.component) };
  const identity = new UserAssignedIdentity(`${name}-identity`, { ...common, resourceName: nameOf(stack, "identity", name) }, { parent });
  const granted = [...job.grants(identity)];
  if (job.database !== undefined) {
    const { scope } = job.database.secret;
    granted.push(assign(parent, `${name}-reads-password`, network, identity.principalId, platformRoles.secret.read.id, scope));
  }
  const { environmentId } = hosting.raw;
  if (environmentId === undefined) throw new Error("hosting made no environment: it was not told of scheduled work");
  const containers = [...job.before, ...job.containers];
  const size = { cpu: 0.5, memory: "1Gi" };
  const containerOf = (container: Container): inputs.ContainerArgs => ({
    name: container.name,
    image: container.image,
    command: [...container.command],
    env: variablesOf(container, identity.clientId),
    resources: size,
    volumeMounts: [{ volumeName: "work", mountPath: work }],
  });
  const definition = transformed("appService.job", {
    ...common,
    jobName: nameOf(stack, "containerJob", name),
    environmentId,
    workloadProfileName: "Consumption",
    identity: { type: "UserAssigned", userAssignedIdentities: [identity.id] },
    configuration: {
      triggerType: "Schedule",
      scheduleTriggerConfig: { cronExpression: job.cron, parallelism: 1, replicaCompletionCount: 1 },
      replicaTimeout: job.hours * 3600,
      replicaRetryLimit: 0,
      secrets:
        job.database !== undefined && containers.some(({ login }) => login)
          ? [{ name: passwordName, keyVaultUrl: job.database.secret.uri, identity: identity.id }]
          : [],
    },
    template: {
      initContainers: job.before.map(containerOf),
      containers: job.containers.map(containerOf),
      volumes: [{ name: "work", storageType: "EmptyDir" }],
    },
  });
  const made = new Job(`${name}-job`, definition, {
    parent,
    ...inFull({ configuration: definition.configuration, template: definition.template }),
    dependsOn: [...granted, ...job.after],
  });
  const { workspaceId } = args.monitoring.raw;
  sendSignals(parent, name, { stack, resourceUri: made.id, workspaceId, signals: "metrics" });
  alarm(parent, name, args, job, made.id);
}

/** Sorted, so that a new one moves no other in a diff. */
function variablesOf({ env, login }: Container, clientId: Output<string>): inputs.EnvironmentVarArgs[] {
  const plain: Readonly<Record<string, Input<string>>> = { ...env, AZURE_CLIENT_ID: clientId, WORK: work };
  const variables: inputs.EnvironmentVarArgs[] = Object.entries(plain)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([variable, value]) => ({ name: variable, value }));
  return login ? [...variables, { name: "DATABASE_PASSWORD", secretRef: passwordName }] : variables;
}

/** Gives an identity a role at one thing: one that Azure defines, by its id, or one of our own. */
export function assign(
  parent: ComponentResource,
  name: string,
  { raw }: Network<Azure>,
  principalId: Output<string>,
  role: string | RoleDefinition,
  scope: Input<string>,
): RoleAssignment {
  const roleDefinitionId = typeof role === "string" ? roleId(raw.subscriptionId, role) : role.id;
  return new RoleAssignment(name, { scope, principalId, principalType: "ServicePrincipal", roleDefinitionId }, { parent });
}

/** A role of our own. Azure keeps such roles for whole groups at least; given it is at single things. */
export function ownRole(
  parent: ComponentResource,
  name: string,
  { stack }: Network<Azure>,
  description: string,
  actions: readonly string[],
  [first, ...others]: readonly [Output<string>, ...Output<string>[]],
): RoleDefinition {
  return new RoleDefinition(
    `${name}-role`,
    {
      scope: first,
      roleName: nameOf(stack, "role", name),
      roleType: "CustomRole",
      description,
      assignableScopes: [first, ...others],
      permissions: [{ actions: [...actions] }],
    },
    { parent },
  );
}

/** The id of a resource group, by its name. */
export function groupId({ raw }: Network<Azure>, name: Input<string>): Output<string> {
  return interpolate`/subscriptions/${raw.subscriptionId}/resourceGroups/${name}`;
}

function alarm(parent: ComponentResource, name: string, { network, monitoring }: Around, job: Scheduled, scope: Output<string>): void {
  const { stack, raw } = network;
  new MetricAlert(
    `${name}-failed`,
    {
      resourceGroupName: raw.resourceGroupName,
      location: "global",
      ruleName: nameOf(stack, "alert", `${name}-failed`),
      description: `Failed: ${job.what}`,
      severity: 1,
      enabled: true,
      autoMitigate: true,
      scopes: [scope],
      evaluationFrequency: "PT15M",
      windowSize: "PT1H",
      criteria: {
        odataType: "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
        allOf: [
          {
            criterionType: "StaticThresholdCriterion",
            name: "failed",
            metricNamespace: "Microsoft.App/jobs",
            metricName: "Executions",
            dimensions: [{ name: failedRuns.name, operator: "Include", values: [...failedRuns.values] }],
            operator: "GreaterThan",
            threshold: 0,
            timeAggregation: "Total",
            // A job that has never run sends no metric.
            skipMetricValidation: true,
          },
        ],
      },
      actions: [{ actionGroupId: monitoring.raw.actionGroupId }],
      tags: tagsOf(stack, job.component),
    },
    { parent },
  );
}
