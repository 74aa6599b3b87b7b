// Hosting on Azure: an App Service plan per group of web services of equal size and scale, as a plan is what scales, and a Container
// Apps environment only where a worker or job runs in it.
import * as app from "@pulumi/azure-native/app";
import * as monitor from "@pulumi/azure-native/monitor";
import type { monitor as inputs } from "@pulumi/azure-native/types/input";
import * as web from "@pulumi/azure-native/web";
import { type ComponentResourceOptions, deferredOutput, type Output } from "@pulumi/pulumi";
import { check, type ScaleSchedule, type ServiceSpec } from "../app-service";
import { sendSignals } from "../clouds/azure/diagnostics";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { limits, planSizes, type PlanSize } from "../clouds/azure/sizes";
import { transformed } from "../clouds/azure/transforms";
import { refuse, under } from "../fault";
import { watchedTypes } from "../monitoring/azure-alarms";
import { Watched } from "../monitoring/watched";
import { type Stack, tagsOf } from "../stack";
import { checkScaling, recurrenceOf, spreads } from "./azure-schedules";
import { Hosting, type HostingArgs, isCrowded, planGroups } from "./index";

/** The group that a plan is made for: its services share the spec's size and scale. */
interface Group {
  readonly name: string;
  readonly members: readonly string[];
  readonly spec: ServiceSpec;
  readonly size: PlanSize;
}

export class AzureHosting extends Hosting<Azure> {
  readonly raw: Azure["hosting"];
  readonly plans: Readonly<Record<string, web.AppServicePlan>>;
  readonly watched: readonly Watched<Azure>[];
  readonly environment: app.ManagedEnvironment | undefined;
  private readonly stack: Stack;

  constructor(name: string, args: HostingArgs<Azure>, opts?: ComponentResourceOptions) {
    refuse(
      Object.entries(args.services).flatMap(([service, spec]) =>
        under(`services.${service}`, [...check(spec, limits), ...checkScaling(spec, isBasic(spec), args.network.stack)]),
      ),
    );
    super("Hosting", name, opts);
    this.stack = args.network.stack;
    const groups = groupsOf(args.services);

    this.plans = Object.fromEntries(groups.map((group) => [group.name, this.createPlan(name, args, group)]));
    const autoscaled = groups.filter(({ size }) => size.tier !== "Basic");
    const counted = Object.fromEntries(
      autoscaled
        .filter(({ spec, members }) => spec.scale.requestsPerSecond !== undefined && !isCrowded(spec.scale, members))
        .flatMap(({ members }) => members.map((service) => [service, deferredOutput<string>()] as const)),
    );
    const siteIds = Object.fromEntries(Object.entries(counted).map(([service, [id]]) => [service, id]));
    const autoscaleIds = autoscaled.flatMap((group) => {
      const { id } = this.createAutoscale(name, args, group, siteIds);
      return group.members.map((service) => [service, id] as const);
    });
    const runs = args.containers === true || Object.values(args.services).some(({ kind }) => kind === "worker" || kind === "job");
    this.environment = runs ? this.createEnvironment(name, args) : undefined;

    const byService = <T>(value: (group: Group) => T): Record<string, T> =>
      Object.fromEntries(groups.flatMap((group) => group.members.map((service) => [service, value(group)])));
    this.raw = {
      planIds: byService((group) => this.planOf(group).id),
      subnetIds: byService((group) => subnetOf(args, group)),
      basic: byService((group) => group.size.tier === "Basic"),
      autoscaleIds: Object.fromEntries(autoscaleIds),
      counted: Object.fromEntries(Object.entries(counted).map(([service, [, made]]) => [service, made])),
      environmentId: this.environment?.id,
      exec: args.exec ?? false,
    };
    this.watched = groups.map((group) => this.watch(group));
    this.finish({});
  }

  private createPlan(name: string, args: HostingArgs<Azure>, group: Group): web.AppServicePlan {
    const { scale } = group.spec;
    const autoscaled = group.size.tier !== "Basic";
    const plan = {
      ...this.common(name, args),
      name: nameOf(this.stack, "plan", group.name),
      kind: "linux",
      // Azure's word for Linux.
      reserved: true,
      sku: { name: group.size.sku, tier: group.size.tier, capacity: scale.min },
      zoneRedundant: spreads(this.stack, !autoscaled),
    };
    // Autoscale owns the number of instances, without which Azure may refuse zones to a plan that was made without them.
    const ignoreChanges = autoscaled ? ["sku.capacity", "zoneRedundant"] : [];
    const created = new web.AppServicePlan(`${name}-plan-${group.name}`, transformed("hosting.plan", plan), {
      parent: this,
      ignoreChanges,
    });
    const { workspaceId } = args.monitoring.raw;
    sendSignals(this, `${name}-plan-${group.name}`, { stack: this.stack, resourceUri: created.id, workspaceId, signals: "metrics" });
    return created;
  }

  /** A profile with a recurrence holds until the next one begins; the first, without one, only until the first of them has begun. */
  private createAutoscale(name: string, args: HostingArgs<Azure>, group: Group, siteIds: SiteIds): monitor.AutoscaleSetting {
    const plan = this.planOf(group);
    const { scale } = group.spec;
    const rules = rulesOf(group, plan.id, siteIds);
    // The old name and the new one must be alike.
    const settingName = nameOf(this.stack, "autoscale", group.name);
    const setting = new monitor.AutoscaleSetting(
      `${name}-scale-${group.name}`,
      {
        ...this.common(name, args),
        autoscaleSettingName: settingName,
        name: settingName,
        enabled: true,
        targetResourceUri: plan.id,
        profiles: [
          { name: "default", capacity: capacity(scale), rules },
          ...scale.schedules.map((schedule) => ({ name: schedule.name, capacity: capacity(schedule), rules, ...recurring(schedule) })),
        ],
      },
      { parent: this },
    );
    const { workspaceId } = args.monitoring.raw;
    sendSignals(this, `${name}-scale-${group.name}`, {
      stack: this.stack,
      resourceUri: setting.id,
      workspaceId,
      signals: "logs and metrics",
    });
    return setting;
  }

  private createEnvironment(name: string, args: HostingArgs<Azure>): app.ManagedEnvironment {
    const environment = {
      ...this.common(name, args),
      environmentName: nameOf(this.stack, "containerEnvironment", ""),
      // Azure makes a group of its own for the environment's load balancer, and deletes it with the environment.
      infrastructureResourceGroup: nameOf(this.stack, "resourceGroup", "containers"),
      vnetConfiguration: { infrastructureSubnetId: args.network.raw.subnetIds.containers, internal: true },
      publicNetworkAccess: "Disabled",
      // Naming a profile makes it the type of environment whose way out is our NAT gateway.
      workloadProfiles: [{ name: "Consumption", workloadProfileType: "Consumption" }],
      zoneRedundant: this.stack.environment === "prod",
      // Through a diagnostic setting, which needs no key of the workspace.
      appLogsConfiguration: { destination: "azure-monitor" },
    };
    const created = new app.ManagedEnvironment(`${name}-environment`, transformed("hosting.environment", environment), { parent: this });
    const { workspaceId } = args.monitoring.raw;
    sendSignals(this, name, { stack: this.stack, resourceUri: created.id, workspaceId, signals: "logs and metrics" });
    return created;
  }

  /** Services of a plan share its machines: their load is the plan's. */
  private watch(group: Group): Watched<Azure> {
    const entity = nameOf(this.stack, "plan", group.name);
    return new Watched<Azure>("compute", group.members.join("-"), { resourceId: this.planOf(group).id, type: watchedTypes.plans, entity });
  }

  private planOf(group: Group): web.AppServicePlan {
    const plan = this.plans[group.name];
    if (plan === undefined) throw new Error(`no plan was made for ${group.name}`);
    return plan;
  }

  private common(
    name: string,
    args: HostingArgs<Azure>,
  ): { resourceGroupName: Output<string>; location: string; tags: Record<string, string> } {
    return { resourceGroupName: args.network.raw.resourceGroupName, location: args.network.raw.location, tags: tagsOf(this.stack, name) };
  }
}

/** Sites whose requests are counted, by service. */
type SiteIds = Readonly<Record<string, Output<string>>>;

/** Instances are added when any of the first rules holds, and removed only by the last. */
function rulesOf({ spec: { scale }, members }: Group, planId: Output<string>, siteIds: SiteIds): inputs.ScaleRuleArgs[] {
  const onPlan = (metricName: string, over: Comparison): inputs.MetricTriggerArgs => ({
    ...over,
    metricName,
    metricNamespace: "microsoft.web/serverfarms",
    metricResourceUri: planId,
    statistic: "Average",
  });
  // Requests are counted per site and minute, over all instances.
  const requests = (siteId: Output<string>): inputs.MetricTriggerArgs => ({
    ...above((scale.requestsPerSecond ?? 0) * 60),
    metricName: "Requests",
    metricNamespace: "microsoft.web/sites",
    metricResourceUri: siteId,
    statistic: "Sum",
    dividePerInstance: true,
  });
  const sites = members.flatMap((service) => siteIds[service] ?? []);
  return [
    { metricTrigger: onPlan("CpuPercentage", above(scale.cpuAbove)), scaleAction: add(scale.step) },
    { metricTrigger: onPlan("MemoryPercentage", above(scale.memoryAbove)), scaleAction: add(scale.step) },
    ...sites.map((siteId) => ({ metricTrigger: requests(siteId), scaleAction: add(scale.step) })),
    {
      metricTrigger: onPlan("CpuPercentage", below(scale.cpuBelow)),
      scaleAction: { direction: "Decrease" as const, type: "ChangeCount" as const, value: "1", cooldown: "PT10M" },
    },
  ];
}

type Comparison = Pick<inputs.MetricTriggerArgs, "operator" | "threshold" | "timeGrain" | "timeWindow" | "timeAggregation">;

function above(threshold: number): Comparison {
  return { operator: "GreaterThan", threshold, timeGrain: "PT1M", timeWindow: "PT5M", timeAggregation: "Average" };
}

function below(threshold: number): Comparison {
  return { operator: "LessThan", threshold, timeGrain: "PT1M", timeWindow: "PT10M", timeAggregation: "Average" };
}

function add(step: number): inputs.ScaleActionArgs {
  return { direction: "Increase", type: "ChangeCount", value: String(step), cooldown: "PT3M" };
}

function capacity({ min, max }: { readonly min: number; readonly max: number }): inputs.ScaleCapacityArgs {
  return { minimum: String(min), maximum: String(max), default: String(min) };
}

function recurring(schedule: ScaleSchedule): Pick<inputs.AutoscaleProfileArgs, "recurrence"> {
  const when = recurrenceOf(schedule);
  if (when === undefined) throw new Error(`the schedule ${schedule.name} was not checked`);
  return {
    recurrence: {
      frequency: "Week",
      schedule: { timeZone: when.timeZone, days: [...when.days], hours: [...when.hours], minutes: [...when.minutes] },
    },
  };
}

function groupsOf(services: Readonly<Record<string, ServiceSpec>>): Group[] {
  return Object.entries(planGroups(services)).flatMap(([name, members]) => {
    const spec = services[name];
    const size = spec && planSizes.get(spec.cpu);
    return spec === undefined || size === undefined ? [] : [{ name, members, spec, size }];
  });
}

function isBasic(spec: ServiceSpec): boolean {
  return planSizes.get(spec.cpu)?.tier === "Basic";
}

/** The network was told the groups before; it and hosting take them from the same function. */
function subnetOf(args: HostingArgs<Azure>, group: Group): Output<string> {
  const subnet = args.network.raw.planSubnetIds[group.name];
  if (subnet === undefined)
    throw new Error(`the network has no subnet for the services of "${group.name}": name it in the network's \`planGroups\``);
  return subnet;
}
