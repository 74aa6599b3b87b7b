// AppService on AWS: a Fargate service behind the gateway's balancer, one without a port, or a task that a schedule starts. It brings
// every rule that connects it, so nothing else changes when a service comes or goes.
import { SecurityGroup } from "@pulumi/aws/ec2";
import { Service } from "@pulumi/aws/ecs";
import { TargetGroup } from "@pulumi/aws/lb";
import { Service as PrivateName } from "@pulumi/aws/servicediscovery";
import { type ComponentResourceOptions, interpolate, type Output, output, type Resource } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { logGroupName, nameOf } from "../clouds/aws/names";
import { grants, permissions } from "../clouds/aws/permissions";
import { limits } from "../clouds/aws/sizes";
import { transformed } from "../clouds/aws/transforms";
import { ConfigError, type Fault, refuse } from "../fault";
import { telemetryEnv } from "../monitoring/collector";
import { Watched } from "../monitoring/watched";
import { variablesOf } from "../secrets/index";
import { tagsOf } from "../stack";
import { type Access, envName, environmentOf, Use } from "../use";
import { createSchedule, startable } from "./aws-job";
import { createJudges } from "./aws-judges";
import { createAnchor, createPreviewRules, createProductionRules } from "./aws-rules";
import { createScaling, isScaled } from "./aws-scaling";
import { isTraced } from "./aws-collector";
import { createCandidateTask, createTask, drainSeconds, type Environment, isServed, type Task } from "./aws-task";
import { createWays } from "./aws-ways";
import { awsCron } from "./cron";
import { AppService, type AppServiceArgs, type CandidateTrack, check, type Startable, type Tracks } from "./index";
import { type Candidate, candidateTrack, trackHeader } from "./rollout";

/** An ECS service behind the balancer, with the target group that it fills. */
interface Served {
  readonly service: Service;
  readonly targetGroup: TargetGroup;
}

export class AwsAppService extends AppService<Aws> {
  readonly url: Output<string> | undefined;
  readonly tracks: Tracks | undefined;
  readonly job: Startable | undefined;
  readonly workloadId: Output<string> | undefined;
  readonly watched: readonly Watched<Aws>[];
  readonly group: SecurityGroup;
  readonly task: Task;
  readonly targetGroup: TargetGroup | undefined;
  readonly service: Service | undefined;
  readonly candidate: Service | undefined;
  readonly scaling: Aws["scaling"] | undefined;
  private readonly target: string;
  private readonly call: { readonly url: Output<string>; readonly raw: Aws["grant"] } | undefined;

  constructor(name: string, args: AppServiceArgs<Aws>, opts?: ComponentResourceOptions) {
    const environment = environmentFor(name, args);
    refuse([...check(args.spec, limits), ...faultsOf(args), ...environment.faults]);
    super("AppService", name, opts);
    this.target = name;
    const place = isServed(args.spec) ? args.place?.raw : undefined;

    this.group = this.createGroup(name, args);
    const ways = createWays(this, name, args, this.group, place);
    this.task = createTask(this, name, args, environment);
    const privateName = this.createPrivateName(name, args);
    if (place !== undefined) {
      this.targetGroup = this.createTargetGroup(name, args);
      const served = this.createServed(name, args, place, environment, ways, privateName, this.targetGroup);
      this.service = served.service;
      this.candidate = served.candidate;
      this.tracks = served.tracks;
      this.scaling = served.scaling;
    } else if (args.spec.kind === "worker") {
      this.service = this.createService(name, args, this.task, undefined, privateName, ways);
      this.scaling = this.createScaling(name, args, this.service, undefined);
    } else {
      createSchedule(this, name, args, this.task, this.group);
      this.job = startable(args, this.task, this.group);
    }

    this.url = place?.url;
    this.workloadId = this.service?.id;
    this.watched = this.watch(name, args);
    this.call = this.callOf(args, privateName);
    this.finish({ url: this.url, tracks: this.tracks });
  }

  use(access: Access["service"]): Use<Aws> {
    if (this.call === undefined) {
      throw new ConfigError([
        {
          path: `services.${this.target}`,
          problem: "can't be called from other services",
          remedy: "use a web or api service, and name it in the `uses` of the caller",
        },
      ]);
    }
    return new Use<Aws>({
      target: this.target,
      noun: "service",
      access,
      env: { [envName(this.target, "url")]: this.call.url },
      raw: this.call.raw,
    });
  }

  private watch(name: string, { place, hosting, network }: AppServiceArgs<Aws>): Watched<Aws>[] {
    const { clusterArn, clusterName } = hosting.raw;
    if (this.service === undefined) {
      const TaskDefinitionArns = interpolate`${this.task.definition.arnWithoutRevision}:`;
      return [new Watched<Aws>("job", name, { values: { ClusterArn: clusterArn, TaskDefinitionArns } })];
    }
    const running = (part: string, service: Service): Watched<Aws>[] => [
      new Watched<Aws>("compute", part, {
        values: { ClusterName: clusterName, ServiceName: service.name },
        logGroupName: logGroupName(network.stack, name),
      }),
      new Watched<Aws>("deployment", part, { values: { ServiceArns: service.id } }),
    ];
    const load = running(name, this.service);
    if (place === undefined || this.targetGroup === undefined) return load;
    const answers = { LoadBalancer: place.raw.balancerArnSuffix, TargetGroup: this.targetGroup.arnSuffix };
    // The answers of a candidate and its health are what its judges look at.
    const second = this.candidate === undefined ? [] : running(`${name}-${candidateTrack}`, this.candidate);
    return [new Watched<Aws>("service", name, { values: answers }), ...load, ...second];
  }

  private createGroup(name: string, args: AppServiceArgs<Aws>): SecurityGroup {
    const tags = tagsOf(args.network.stack, name);
    return new SecurityGroup(
      nameOf(args.network.stack, "securityGroup", name),
      { vpcId: args.network.raw.vpcId, description: `Service ${name}`, tags },
      { parent: this },
    );
  }

  private createTargetGroup(part: string, args: AppServiceArgs<Aws>): TargetGroup {
    const { spec, network } = args;
    const group = {
      vpcId: network.raw.vpcId,
      targetType: "ip",
      protocol: "HTTP",
      protocolVersion: "HTTP1",
      port: spec.port,
      deregistrationDelay: drainSeconds,
      loadBalancingAlgorithmType: "least_outstanding_requests",
      healthCheck: {
        enabled: true,
        protocol: "HTTP",
        path: spec.readyPath,
        matcher: "200",
        interval: 30,
        timeout: 5,
        healthyThreshold: 2,
        unhealthyThreshold: 3,
      },
      tags: tagsOf(network.stack, this.target),
    };
    // A target group hangs on one balancer only: the one behind a CDN is another than the public one.
    const name = args.place?.raw.behindCdn === true ? `${part}-cdn` : part;
    return new TargetGroup(nameOf(network.stack, "targetGroup", name), transformed("appService.targetGroup", group), { parent: this });
  }

  /**
   * With a strategy that shifts traffic the ECS services come first and the production rules last: created, steady, then shifted to; and
   * as Pulumi deletes last, shifted away from, then deleted. Rolling has one service, which hangs on the production rules themselves.
   */
  private createServed(
    name: string,
    args: AppServiceArgs<Aws>,
    place: Aws["place"],
    environment: Environment,
    ways: readonly Resource[],
    privateName: PrivateName | undefined,
    targetGroup: TargetGroup,
  ): Pick<AwsAppService, "candidate" | "scaling"> & { readonly service: Service; readonly tracks: Tracks } {
    const { candidate, deployment } = args.spec;
    const metricsScope = place.balancerArnSuffix;
    // A candidate without visitors changes nothing here.
    const stable = { arn: targetGroup.arn, weight: deployment === "rolling" ? 1 : 100 - (candidate?.percent ?? 0) };
    if (deployment === "rolling") {
      const rules = createProductionRules(this, name, args, place, [stable], []);
      const service = this.createService(name, args, this.task, targetGroup, privateName, [...ways, ...rules]);
      const scaling = this.createScaling(name, args, service, targetGroup);
      return { service, scaling, candidate: undefined, tracks: { stableId: targetGroup.arn, metricsScope, candidate: undefined } };
    }
    const anchor = createAnchor(this, name, args, place, targetGroup.arn);
    const service = this.createService(name, args, this.task, targetGroup, privateName, [...ways, anchor]);
    const scaling = this.createScaling(name, args, service, targetGroup, candidate === undefined);
    const second = candidate && this.createCandidate(name, args, place, environment, ways, candidate);
    const shares = [stable, ...(second && candidate ? [{ arn: second.targetGroup.arn, weight: candidate.percent }] : [])];
    createProductionRules(this, name, args, place, shares, [service, ...(second ? [second.service] : [])]);
    return { service, scaling, candidate: second?.service, tracks: { stableId: targetGroup.arn, metricsScope, candidate: second?.track } };
  }

  /** The second image with all that is its own: task, target group, preview, service, scaling, judges. Identity and logs are the service's. */
  private createCandidate(
    name: string,
    args: AppServiceArgs<Aws>,
    place: Aws["place"],
    environment: Environment,
    ways: readonly Resource[],
    candidate: Candidate,
  ): Served & { readonly track: CandidateTrack } {
    const part = `${name}-${candidateTrack}`;
    const task = createCandidateTask(this, part, args, environment, this.task, candidate);
    const targetGroup = this.createTargetGroup(part, args);
    const previews = createPreviewRules(this, name, args, place, targetGroup.arn);
    const service = this.createService(part, args, task, targetGroup, undefined, [...ways, ...previews]);
    this.createScaling(part, args, service, targetGroup, false);
    const alarmIds = createJudges(this, name, args, place, targetGroup);
    const preview = { previewUrl: place.url, previewHeader: `${trackHeader}: ${candidateTrack}` };
    return { service, targetGroup, track: { id: targetGroup.arn, workloadId: service.id, ...preview, alarmIds } };
  }

  /** Only a service that others call, and only if the balancer in front is public: an internal one is called through its own. */
  private createPrivateName(name: string, args: AppServiceArgs<Aws>): PrivateName | undefined {
    const { calls } = args.hosting.raw;
    if (calls === undefined || !calls.services.includes(name) || !isServed(args.spec)) return undefined;
    const dnsConfig = { namespaceId: calls.namespaceId, routingPolicy: "MULTIVALUE", dnsRecords: [{ type: "A", ttl: 10 }] };
    return new PrivateName(
      `${name}-name`,
      { name, dnsConfig, healthCheckCustomConfig: { failureThreshold: 1 }, forceDestroy: true, tags: tagsOf(args.network.stack, name) },
      { parent: this },
    );
  }

  /** New tasks before old ones go, rolled back by ECS if they don't become healthy. */
  private createService(
    part: string,
    args: AppServiceArgs<Aws>,
    task: Task,
    targetGroup: TargetGroup | undefined,
    privateName: PrivateName | undefined,
    after: readonly Resource[],
  ): Service {
    const { spec, network, hosting } = args;
    const served =
      targetGroup === undefined
        ? {}
        : {
            healthCheckGracePeriodSeconds: 60,
            loadBalancers: [{ targetGroupArn: targetGroup.arn, containerName: part, containerPort: spec.port }],
          };
    const service = {
      cluster: hosting.raw.clusterArn,
      taskDefinition: task.definition.arn,
      desiredCount: spec.scale.min,
      capacityProviderStrategies: spec.spot ? spareCapacity : ownCapacity,
      networkConfiguration: { subnets: [...network.raw.appSubnetIds], securityGroups: [this.group.id], assignPublicIp: false },
      ...served,
      ...(privateName === undefined ? {} : { serviceRegistries: { registryArn: privateName.arn } }),
      deploymentMinimumHealthyPercent: 100,
      deploymentMaximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      availabilityZoneRebalancing: "ENABLED",
      enableExecuteCommand: hosting.raw.exec,
      enableEcsManagedTags: true,
      propagateTags: "SERVICE",
      waitForSteadyState: true,
      tags: tagsOf(network.stack, this.target),
    };
    return new Service(nameOf(network.stack, "service", part), transformed("appService.service", service), {
      parent: this,
      dependsOn: [hosting.raw.capacity, ...network.raw.egress, ...task.grants, ...after],
      ignoreChanges: isScaled(spec.scale) ? ["desiredCount"] : [],
      customTimeouts: { create: "15m", update: "20m", delete: "20m" },
    });
  }

  private createScaling(
    part: string,
    args: AppServiceArgs<Aws>,
    service: Service,
    targetGroup: TargetGroup | undefined,
    scaleIn?: boolean,
  ): Aws["scaling"] | undefined {
    const { spec, network, hosting } = args;
    const requests =
      targetGroup === undefined || args.place === undefined
        ? undefined
        : { balancer: args.place.raw.balancerArnSuffix, targets: targetGroup.arnSuffix };
    const queueName = args.uses.find((use) => use.raw.backlog !== undefined)?.raw.backlog?.queueName;
    return createScaling({
      parent: this,
      name: part,
      stack: network.stack,
      tags: tagsOf(network.stack, this.target),
      scale: spec.scale,
      clusterName: hosting.raw.clusterName,
      service,
      requests,
      queueName,
      scaleIn,
    });
  }

  /** A caller reaches an internal service through the balancer inside, a public one straight at its tasks. */
  private callOf(
    { spec, place, hosting }: AppServiceArgs<Aws>,
    privateName: PrivateName | undefined,
  ): { url: Output<string>; raw: Aws["grant"] } | undefined {
    const statements = grants(permissions.service.call);
    if (privateName !== undefined && hosting.raw.calls !== undefined) {
      const url = output(`http://${this.target}.${hosting.raw.calls.domain}:${spec.port}`);
      return { url, raw: { server: { groupId: this.group.id, port: spec.port }, statements, backlog: undefined } };
    }
    if (place === undefined || !place.raw.internal) return undefined;
    const server = { groupId: place.raw.balancerGroupId, port: place.raw.listenerPort };
    return { url: place.raw.url, raw: { server, statements, backlog: undefined } };
  }
}

const ownCapacity = [{ capacityProvider: "FARGATE", weight: 1 }];
/** One instance that is never taken away, and four on spare capacity for each further one that is not. */
const spareCapacity = [
  { capacityProvider: "FARGATE", base: 1, weight: 1 },
  { capacityProvider: "FARGATE_SPOT", weight: 4 },
];

function environmentFor(name: string, args: AppServiceArgs<Aws>): ReturnType<typeof environmentOf<Aws>> {
  const { spec } = args;
  const own = {
    ...(isServed(spec) ? { PORT: String(spec.port) } : {}),
    ...(spec.cors.length > 0 ? { CORS_ORIGINS: spec.cors.join(",") } : {}),
  };
  const telemetry = isTraced(args) ? telemetryEnv(args.network.stack, name) : {};
  return environmentOf(args.uses, { ...telemetry, ...spec.env, ...own }, variablesOf(spec.secrets, args.secrets));
}

function faultsOf({ spec, place }: AppServiceArgs<Aws>): Fault[] {
  const faults: Fault[] = [];
  if (isServed(spec) && place === undefined) {
    faults.push({
      path: "place",
      problem: `a ${spec.kind} service is reached through the gateway`,
      remedy: "give it `gateway.place(name)`",
    });
  }
  if (spec.cors.length > 0 && spec.env.CORS_ORIGINS !== undefined) {
    faults.push({ path: "env.CORS_ORIGINS", problem: "set twice, by cors and by env", remedy: "remove one of the two" });
  }
  const crons = [...spec.scale.schedules.map((schedule, index): [string, string] => [`scale.schedules[${index}].cron`, schedule.cron])];
  if (spec.schedule !== undefined) crons.push(["schedule", spec.schedule]);
  for (const [path, cron] of crons) {
    const translated = awsCron(cron);
    if ("problem" in translated) faults.push({ path, given: cron, problem: translated.problem, remedy: "write it as `0 20 * * 1-5`" });
  }
  return faults;
}
