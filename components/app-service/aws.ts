// AppService on AWS: a Fargate service behind the gateway's balancer, one without a port, or a task that a schedule starts. It brings
// every rule that connects it, so nothing else changes when a service comes or goes.
import { SecurityGroup } from "@pulumi/aws/ec2";
import { Service } from "@pulumi/aws/ecs";
import { ListenerRule, TargetGroup } from "@pulumi/aws/lb";
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
import { createSchedule } from "./aws-job";
import { createScaling, isScaled } from "./aws-scaling";
import { isTraced } from "./aws-collector";
import { createTask, drainSeconds, isServed, type Task } from "./aws-task";
import { createWays } from "./aws-ways";
import { awsCron } from "./cron";
import { AppService, type AppServiceArgs, check } from "./index";

export class AwsAppService extends AppService<Aws> {
  readonly url: Output<string> | undefined;
  readonly watched: readonly Watched<Aws>[];
  readonly group: SecurityGroup;
  readonly task: Task;
  readonly targetGroup: TargetGroup | undefined;
  readonly service: Service | undefined;
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
    this.targetGroup = place === undefined ? undefined : this.createTargetGroup(name, args);
    const rules = place === undefined || this.targetGroup === undefined ? [] : this.createRules(name, args, place, this.targetGroup);
    const privateName = this.createPrivateName(name, args);
    this.service = args.spec.kind === "job" ? undefined : this.createService(name, args, privateName, [...ways, ...rules]);
    if (args.spec.kind === "job") createSchedule(this, name, args, this.task, this.group);
    if (this.service !== undefined) this.createScaling(name, args, this.service);

    this.url = place?.url;
    this.watched = this.watch(name, args);
    this.call = this.callOf(args, privateName);
    this.finish({ url: this.url });
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
    const load = new Watched<Aws>("compute", name, {
      values: { ClusterName: clusterName, ServiceName: this.service.name },
      logGroupName: logGroupName(network.stack, name),
    });
    const deployment = new Watched<Aws>("deployment", name, { values: { ServiceArns: this.service.id } });
    if (place === undefined || this.targetGroup === undefined) return [load, deployment];
    const answers = { LoadBalancer: place.raw.balancerArnSuffix, TargetGroup: this.targetGroup.arnSuffix };
    return [new Watched<Aws>("service", name, { values: answers }), load, deployment];
  }

  private createGroup(name: string, args: AppServiceArgs<Aws>): SecurityGroup {
    const tags = tagsOf(args.network.stack, name);
    return new SecurityGroup(
      nameOf(args.network.stack, "securityGroup", name),
      { vpcId: args.network.raw.vpcId, description: `Service ${name}`, tags },
      { parent: this },
    );
  }

  private createTargetGroup(name: string, args: AppServiceArgs<Aws>): TargetGroup {
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
      tags: tagsOf(network.stack, name),
    };
    // A target group hangs on one balancer only: the one behind a CDN is another than the public one.
    const part = args.place?.raw.behindCdn === true ? `${name}-cdn` : name;
    return new TargetGroup(nameOf(network.stack, "targetGroup", part), transformed("appService.targetGroup", group), { parent: this });
  }

  private createRules(name: string, args: AppServiceArgs<Aws>, place: Aws["place"], targets: TargetGroup): ListenerRule[] {
    // The form with weights even for one group: going from the short form to it and back would be a change.
    const forward = { targetGroups: [{ arn: targets.arn, weight: 1 }], stickiness: { enabled: false, duration: 1 } };
    return place.rules.map(({ name: rule, priority, paths, hosts }) => {
      const conditions = [
        ...(hosts.length > 0 ? [{ hostHeader: { values: [...hosts] } }] : []),
        ...(paths.length > 0 ? [{ pathPattern: { values: [...paths] } }] : []),
      ];
      return new ListenerRule(
        rule,
        {
          listenerArn: place.listenerArn,
          priority,
          conditions,
          actions: [{ type: "forward", forward }],
          tags: tagsOf(args.network.stack, name),
        },
        { parent: this },
      );
    });
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
    name: string,
    args: AppServiceArgs<Aws>,
    privateName: PrivateName | undefined,
    after: readonly Resource[],
  ): Service {
    const { spec, network, hosting } = args;
    const served =
      this.targetGroup === undefined
        ? {}
        : {
            healthCheckGracePeriodSeconds: 60,
            loadBalancers: [{ targetGroupArn: this.targetGroup.arn, containerName: name, containerPort: spec.port }],
          };
    const service = {
      cluster: hosting.raw.clusterArn,
      taskDefinition: this.task.definition.arn,
      desiredCount: spec.scale.min,
      capacityProviderStrategies: spec.spot ? spareCapacity : ownCapacity,
      networkConfiguration: { subnets: [...network.raw.appSubnetIds], securityGroups: [this.group.id], assignPublicIp: false },
      ...served,
      ...(privateName === undefined ? {} : { serviceRegistries: { registryArn: privateName.arn } }),
      deploymentMinimumHealthyPercent: 100,
      deploymentMaximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      availabilityZoneRebalancing: "ENABLED",
      enableExecuteCommand: !spec.readOnlyRoot,
      enableEcsManagedTags: true,
      propagateTags: "SERVICE",
      waitForSteadyState: true,
      tags: tagsOf(network.stack, name),
    };
    return new Service(nameOf(network.stack, "service", name), transformed("appService.service", service), {
      parent: this,
      dependsOn: [hosting.raw.capacity, ...network.raw.egress, ...this.task.grants, ...after],
      ignoreChanges: isScaled(spec.scale) ? ["desiredCount"] : [],
      customTimeouts: { create: "15m", update: "20m", delete: "20m" },
    });
  }

  private createScaling(name: string, args: AppServiceArgs<Aws>, service: Service): void {
    const { spec, network, hosting } = args;
    const requests =
      this.targetGroup === undefined || args.place === undefined
        ? undefined
        : { balancer: args.place.raw.balancerArnSuffix, targets: this.targetGroup.arnSuffix };
    const queueName = args.uses.find((use) => use.raw.backlog !== undefined)?.raw.backlog?.queueName;
    createScaling({
      parent: this,
      name,
      stack: network.stack,
      scale: spec.scale,
      clusterName: hosting.raw.clusterName,
      service,
      requests,
      queueName,
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
