// Hosting on AWS: one ECS cluster on Fargate for all kinds of services, and the private names by which services call one another.
import { LogGroup } from "@pulumi/aws/cloudwatch";
import { Cluster, ClusterCapacityProviders } from "@pulumi/aws/ecs";
import { PrivateDnsNamespace } from "@pulumi/aws/servicediscovery";
import type { ComponentResourceOptions } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { logGroupName, nameOf, namePrefix } from "../clouds/aws/names";
import { transformed } from "../clouds/aws/transforms";
import type { Watched } from "../monitoring/watched";
import { type Stack, tagsOf } from "../stack";
import type { ServiceSpec } from "../app-service";
import { Hosting, type HostingArgs } from "./index";

export class AwsHosting extends Hosting<Aws> {
  readonly raw: Aws["hosting"];
  /** A cluster has no load of its own: each service shows its tasks. */
  readonly watched: readonly Watched<Aws>[] = [];
  readonly cluster: Cluster;
  private readonly stack: Stack;

  constructor(name: string, args: HostingArgs<Aws>, opts?: ComponentResourceOptions) {
    super("Hosting", name, opts);
    this.stack = args.network.stack;

    this.cluster = this.createCluster(name, args);
    const capacity = this.createCapacity(name);
    const calls = this.createNames(name, args);

    this.raw = { clusterArn: this.cluster.arn, clusterName: this.cluster.name, capacity, calls, exec: args.exec ?? false };
    this.finish({});
  }

  /** ECS would make the group of Container Insights itself, to be kept for ever: it exists, with retention, before the cluster. */
  private createCluster(name: string, args: HostingArgs<Aws>): Cluster {
    const clusterName = nameOf(this.stack, "cluster", name);
    const metrics = this.createLogs(`${name}-metrics`, `/aws/ecs/containerinsights/${clusterName}/performance`, name, args);
    const console = this.createLogs(`${name}-console`, logGroupName(this.stack, "console"), name, args);
    const cluster = {
      name: clusterName,
      settings: [{ name: "containerInsights", value: "enhanced" }],
      configuration: {
        executeCommandConfiguration: {
          logging: "OVERRIDE",
          logConfiguration: { cloudWatchLogGroupName: console.name, cloudWatchEncryptionEnabled: true },
        },
      },
      tags: tagsOf(this.stack, name),
    };
    return new Cluster(`${name}-cluster`, transformed("hosting.cluster", cluster), { parent: this, dependsOn: [metrics] });
  }

  private createLogs(logical: string, group: string, name: string, args: HostingArgs<Aws>): LogGroup {
    const { logKeyArn, logDays } = args.monitoring.raw;
    return new LogGroup(
      logical,
      { name: group, kmsKeyId: logKeyArn, retentionInDays: logDays, tags: tagsOf(this.stack, name) },
      { parent: this },
    );
  }

  /** Both kinds are offered; what names none gets the one that is never taken away. */
  private createCapacity(name: string): ClusterCapacityProviders {
    return new ClusterCapacityProviders(
      `${name}-capacity`,
      {
        clusterName: this.cluster.name,
        capacityProviders: ["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategies: [{ capacityProvider: "FARGATE", weight: 1 }],
      },
      { parent: this },
    );
  }

  /**
   * A public balancer's name leads out through NAT, past the firewall's limit per address, and back in, where no security group knows the
   * caller. So services that are called from inside have a private name too.
   */
  private createNames(name: string, args: HostingArgs<Aws>): Aws["hosting"]["calls"] {
    const services = calledServices(args.services);
    if (services.length === 0) return undefined;
    const domain = `${namePrefix(this.stack)}services.internal`;
    const namespace = new PrivateDnsNamespace(
      `${name}-names`,
      { name: domain, vpc: args.network.raw.vpcId, description: "Services as other services call them", tags: tagsOf(this.stack, name) },
      { parent: this },
    );
    return { namespaceId: namespace.id, domain, services };
  }
}

/** Services behind the public balancer that another service uses. */
export function calledServices(services: Readonly<Record<string, ServiceSpec>>): string[] {
  const used = new Set(
    Object.values(services).flatMap((spec) => Object.entries(spec.uses).flatMap(([target, word]) => (word === "call" ? [target] : []))),
  );
  return Object.entries(services).flatMap(([name, spec]) => (used.has(name) && !spec.internal ? [name] : []));
}
