// AppService on Azure: web and api become a site on the plan of their group, worker and job run in Container Apps, as App Service kills a
// container that answers no HTTP. The identity and its roles come first, so that they hold when the service starts.
import * as app from "@pulumi/azure-native/app";
import * as authorization from "@pulumi/azure-native/authorization";
import * as managedidentity from "@pulumi/azure-native/managedidentity";
import type { app as appInputs } from "@pulumi/azure-native/types/input";
import { all, type ComponentResourceOptions, type Input, type Output, output, type Resource } from "@pulumi/pulumi";
import type { SecretRef } from "../cloud";
import { sendSignals } from "../clouds/azure/diagnostics";
import type { Azure } from "../clouds/azure/family";
import { inFull } from "../clouds/azure/in-full";
import { nameOf } from "../clouds/azure/names";
import { platformRoles, roleId } from "../clouds/azure/permissions";
import { limits } from "../clouds/azure/sizes";
import { transformed } from "../clouds/azure/transforms";
import { ConfigError, refuse } from "../fault";
import { checkScaling, leastOf, timedMinimums } from "../hosting/azure-schedules";
import { telemetryEnv } from "../monitoring/collector";
import { watchedTypes } from "../monitoring/azure-alarms";
import { Watched } from "../monitoring/watched";
import { variablesOf } from "../secrets/index";
import { type Stack, tagsOf } from "../stack";
import { type Access, environmentOf, envName, Use } from "../use";
import { isTraced, sidecar } from "./azure-collector";
import { type Image, imageOf } from "./azure-image";
import { checkOrigins, secretName, versionOf, withOrigins } from "./azure-settings";
import { attach, siteKeys, volumeMountsOf, volumesOf } from "./azure-mounts";
import { createServed, type Environment } from "./azure-site";
import { AppService, type AppServiceArgs, check, type Startable, type Tracks } from "./index";

/** Minutes of a job: Azure wants a limit, and AWS knows none. */
const usualTimeout = 720;

export class AzureAppService extends AppService<Azure> {
  readonly url: Output<string> | undefined;
  readonly tracks: Tracks | undefined;
  readonly job: Startable | undefined;
  readonly workloadId: Output<string> | undefined;
  readonly watched: readonly Watched<Azure>[];
  readonly scaling: Azure["scaling"] | undefined;
  readonly identity: managedidentity.UserAssignedIdentity;
  private readonly serviceName: string;
  private readonly stack: Stack;
  private readonly place: Azure["place"] | undefined;
  private readonly image: Image;

  constructor(name: string, args: AppServiceArgs<Azure>, opts?: ComponentResourceOptions) {
    const { spec } = args;
    const env = { ...telemetryOf(name, args), ...withOrigins(spec) };
    const references = { ...variablesOf(spec.secrets, args.secrets), ...siteKeys(args) };
    const environment = environmentOf(args.uses, env, references);
    refuse([
      ...check(spec, limits),
      ...checkScaling(spec, args.hosting.raw.basic[name] ?? false, args.network.stack),
      ...checkOrigins(spec),
      ...environment.faults,
    ]);
    super("AppService", name, opts);
    this.serviceName = name;
    this.stack = args.network.stack;
    this.place = args.place?.raw;
    this.image = imageOf(spec.image, args.registry);

    this.identity = this.createIdentity(name, args);
    const granted = this.createGrants(name, args);
    if (spec.kind === "worker") {
      const { id, watched } = this.createWorker(name, args, environment, granted);
      this.workloadId = id;
      this.watched = watched;
    } else if (spec.kind === "job") {
      const job = this.createJob(name, args, environment, granted);
      const firewall = { subnetIds: output([]), securityGroupIds: output([]) };
      this.job = { id: job.id, hostId: environmentIdOf(args), ...firewall, logs: args.monitoring.raw.workspaceId };
      const entity = nameOf(this.stack, "containerJob", name);
      this.watched = [new Watched<Azure>("job", name, { resourceId: job.id, type: watchedTypes.jobs, entity })];
    } else {
      const { image, identity } = this;
      const waits = this.waitFor(args, environment, granted);
      const served = createServed(this, { name, args, environment, place: placeOf(name, this.place), image, identity, waits });
      this.url = served.url;
      this.tracks = served.tracks;
      this.workloadId = served.tracks.stableId;
      args.hosting.raw.counted[name]?.(served.tracks.stableId);
      this.watched = served.watched;
    }
    const autoscaleId = args.hosting.raw.autoscaleIds[name];
    this.scaling = autoscaleId && { autoscaleId };
    this.finish({ url: this.url, tracks: this.tracks });
  }

  use(access: Access["service"]): Use<Azure> {
    if (this.place === undefined) {
      throw new ConfigError([
        {
          path: `services.${this.serviceName}`,
          problem: "answers no requests, so no service can call it",
          remedy: "make it a web or api service, or remove the use",
        },
      ]);
    }
    // The address follows from names alone: a caller does not wait for the site.
    const env = { [envName(this.serviceName, "url")]: this.place.url };
    return new Use<Azure>({ target: this.serviceName, noun: "service", access, env, raw: { roles: [], backlog: undefined } });
  }

  private createIdentity(name: string, args: AppServiceArgs<Azure>): managedidentity.UserAssignedIdentity {
    const identity = { ...this.common(name, args), resourceName: nameOf(this.stack, "identity", name) };
    return new managedidentity.UserAssignedIdentity(`${name}-identity`, identity, { parent: this });
  }

  /**
   * Roles of the uses, and one per secret, called after what it opens: Azure refuses the same role at the same place twice, so none may
   * be given anew under another name.
   */
  private createGrants(name: string, args: AppServiceArgs<Azure>): Resource[] {
    const ofUses = args.uses.flatMap((use) =>
      use.raw.roles.map((grant, index) => ({ ...grant, what: `${use.target}-${use.access}${index === 0 ? "" : `-${index + 1}`}` })),
    );
    const read = new Map<Resource, { readonly scope: Output<string>; readonly what: string }>();
    const add = ({ raw }: SecretRef<Azure>, what: string): void =>
      void (read.has(raw.resource) || read.set(raw.resource, { scope: raw.scope, what }));
    for (const use of args.uses)
      for (const [variable, reference] of Object.entries(use.secrets)) add(reference, `${use.target}-reads-${secretName(variable)}`);
    for (const [variable, reference] of Object.entries(siteKeys(args))) add(reference, `reads-${secretName(variable)}`);
    for (const secret of Object.values(args.spec.secrets)) {
      add(args.secrets.secret(secret), `reads-${secret}`);
      const previous = args.secrets.previous(secret);
      if (previous !== undefined) add(previous, `reads-${secret}-previous`);
    }
    const ofSecrets = [...read.values()].map((grant) => ({ ...grant, role: platformRoles.secret.read.id, after: undefined }));
    const { spec, registry } = args;
    const own = this.image.own ?? (spec.candidate && imageOf(spec.candidate.image, registry).own);
    const ofImage =
      own === undefined ? [] : [{ scope: own.registryId, role: platformRoles.registry.pull.id, after: own.reachable, what: "pulls" }];
    return [...ofUses, ...ofSecrets, ...ofImage].map(({ scope, role, after, what }) => {
      const assignment = {
        scope,
        roleDefinitionId: roleId(args.network.raw.subscriptionId, role),
        principalId: this.identity.principalId,
        // Without the word Azure looks for the new identity in a directory that does not have it yet.
        principalType: "ServicePrincipal",
      };
      return new authorization.RoleAssignment(`${name}-${what}`, assignment, { parent: this, ...(after && { dependsOn: [after] }) });
    });
  }

  private createWorker(
    name: string,
    args: AppServiceArgs<Azure>,
    environment: Environment,
    granted: Resource[],
  ): { readonly id: Output<string>; readonly watched: readonly Watched<Azure>[] } {
    const { scale } = args.spec;
    const worker = transformed("appService.containerApp", {
      ...this.common(name, args),
      containerAppName: nameOf(this.stack, "containerApp", name),
      environmentId: environmentIdOf(args),
      workloadProfileName: "Consumption",
      identity: { type: "UserAssigned", userAssignedIdentities: [this.identity.id] },
      configuration: { activeRevisionsMode: "Single", ...this.access(environment) },
      template: {
        containers: [this.container(name, args, environment), ...sidecar.container(args)],
        ...volumesOf(name, args),
        terminationGracePeriodSeconds: 30,
        scale: {
          minReplicas: leastOf(scale),
          maxReplicas: scale.max,
          pollingInterval: 30,
          cooldownPeriod: 600,
          rules: this.scaleRules(args),
        },
      },
    });
    const shown = inFull({ configuration: worker.configuration, template: worker.template });
    const made = new app.ContainerApp(`${name}-app`, worker, {
      parent: this,
      dependsOn: [...this.waitFor(args, environment, granted), ...attach(this, name, args)],
      ...shown,
    });
    sendSignals(this, name, { stack: this.stack, resourceUri: made.id, workspaceId: args.monitoring.raw.workspaceId, signals: "metrics" });
    const totals = { nanoCores: args.spec.cpu * 1e9, memoryBytes: args.spec.memoryMb * 1024 ** 2 };
    const thing = { resourceId: made.id, type: watchedTypes.containerApps, entity: nameOf(this.stack, "containerApp", name), totals };
    return { id: made.id, watched: [new Watched<Azure>("compute", name, thing), new Watched<Azure>("deployment", name, thing)] };
  }

  /** On the backlog where one is named, else on CPU and memory, which can't wake a worker from zero; schedules raise the minimum. */
  private scaleRules({ spec, uses }: AppServiceArgs<Azure>): appInputs.ScaleRuleArgs[] {
    const { scale } = spec;
    const [backlog] = uses.flatMap(({ raw }) => raw.backlog ?? []);
    const utilization = (type: string, percent: number): appInputs.ScaleRuleArgs => ({
      name: type,
      custom: { type, metadata: { type: "Utilization", value: String(percent) } },
    });
    const load =
      scale.backlogPerInstance === undefined || backlog === undefined
        ? [utilization("cpu", scale.cpuAbove), utilization("memory", scale.memoryAbove)]
        : [
            {
              name: "backlog",
              custom: {
                type: "azure-servicebus",
                identity: this.identity.id,
                metadata: {
                  namespace: backlog.namespaceName,
                  queueName: backlog.queueName,
                  messageCount: String(scale.backlogPerInstance),
                },
              },
            },
          ];
    const timed = timedMinimums(spec).map(({ name, start, end, timezone, min }) => ({
      name,
      custom: { type: "cron", metadata: { timezone, start, end, desiredReplicas: String(min) } },
    }));
    return [...load, ...timed];
  }

  private createJob(name: string, args: AppServiceArgs<Azure>, environment: Environment, granted: Resource[]): app.Job {
    const { schedule, timeoutMinutes = usualTimeout } = args.spec;
    const once = { parallelism: 1, replicaCompletionCount: 1 };
    const trigger =
      schedule === undefined
        ? { triggerType: "Manual", manualTriggerConfig: once }
        : { triggerType: "Schedule", scheduleTriggerConfig: { cronExpression: schedule, ...once } };
    const job = transformed("appService.job", {
      ...this.common(name, args),
      jobName: nameOf(this.stack, "containerJob", name),
      environmentId: environmentIdOf(args),
      workloadProfileName: "Consumption",
      identity: { type: "UserAssigned", userAssignedIdentities: [this.identity.id] },
      configuration: { ...trigger, replicaTimeout: timeoutMinutes * 60, replicaRetryLimit: 0, ...this.access(environment) },
      template: { containers: [this.container(name, args, environment)], ...volumesOf(name, args) },
    });
    const dependsOn = [...this.waitFor(args, environment, granted), ...attach(this, name, args)];
    const options = { parent: this, dependsOn, ...inFull({ configuration: job.configuration }) };
    const made = new app.Job(`${name}-job`, job, options);
    sendSignals(this, name, { stack: this.stack, resourceUri: made.id, workspaceId: args.monitoring.raw.workspaceId, signals: "metrics" });
    return made;
  }

  /** What Container Apps fetch with the service's identity: secrets, and images of a registry that knows it. */
  private access({ secrets }: Environment): Pick<appInputs.JobConfigurationArgs, "secrets" | "registries"> {
    const { server } = this.image;
    return {
      secrets: Object.entries(secrets).map(([variable, { raw }]) => ({
        name: secretName(variable),
        keyVaultUrl: raw.uri,
        identity: this.identity.id,
      })),
      ...(server !== undefined && { registries: [{ server, identity: this.identity.id }] }),
    };
  }

  private container(name: string, args: AppServiceArgs<Azure>, { env, secrets }: Environment): appInputs.ContainerArgs {
    const { spec } = args;
    const uris = Object.values(secrets).map(({ raw }) => raw.uri);
    const plain: Record<string, Input<string>> = {
      ...env,
      AZURE_CLIENT_ID: this.identity.clientId,
      // Only a change of the container makes Azure start it anew: a rotated secret alone would reach no running instance.
      ...(uris.length > 0 && { CONTAINER_APP_SECRET_VERSIONS: all(uris).apply((list) => list.map(versionOf).join(",")) }),
    };
    const variables: ({ name: string; value: Input<string> } | { name: string; secretRef: string })[] = [
      ...Object.entries(plain).map(([variable, value]) => ({ name: variable, value })),
      ...Object.keys(secrets).map((variable) => ({ name: variable, secretRef: secretName(variable) })),
    ];
    return {
      name,
      image: this.image.reference,
      // Azure's `command` would replace the image's entry point; the contract's is what follows it.
      ...(spec.command && { args: [...spec.command] }),
      env: variables.sort((a, b) => (a.name < b.name ? -1 : 1)),
      resources: { cpu: spec.cpu, memory: `${spec.memoryMb / 1024}Gi` },
      ...volumeMountsOf(args),
    };
  }

  /** Roles, and the vault's name inside the network where a secret is fetched from it. */
  private waitFor(args: AppServiceArgs<Azure>, { secrets }: Environment, granted: Resource[]): Resource[] {
    return Object.keys(secrets).length > 0 ? [...granted, args.secrets.raw.reachable] : granted;
  }

  private common(
    name: string,
    args: AppServiceArgs<Azure>,
  ): { resourceGroupName: Output<string>; location: string; tags: Record<string, string> } {
    return { resourceGroupName: args.network.raw.resourceGroupName, location: args.network.raw.location, tags: tagsOf(this.stack, name) };
  }
}

function telemetryOf(name: string, args: AppServiceArgs<Azure>): Record<string, string> {
  return isTraced(args) ? telemetryEnv(args.network.stack, name) : {};
}

function placeOf(name: string, place: Azure["place"] | undefined): Azure["place"] {
  if (place !== undefined) return place;
  throw new ConfigError([
    {
      path: `services.${name}`,
      problem: "a web or api service has a place behind the gateway",
      remedy: "pass `place: gateway.place(name)`",
    },
  ]);
}

function environmentIdOf({ hosting }: AppServiceArgs<Azure>): Output<string> {
  if (hosting.raw.environmentId === undefined) throw new Error("hosting made no environment: it knows of no worker or job");
  return hosting.raw.environmentId;
}
