// Cache on AWS: one ElastiCache replication group with Valkey, which speaks Redis's protocol for a fifth less.
import { LogGroup } from "@pulumi/aws/cloudwatch";
import { SecurityGroup } from "@pulumi/aws/ec2";
import { ParameterGroup, ReplicationGroup, type ReplicationGroupArgs, SubnetGroup } from "@pulumi/aws/elasticache";
import { type ComponentResourceOptions, interpolate, output, type Output } from "@pulumi/pulumi";
import { RandomId, RandomPassword } from "@pulumi/random";
import type { SecretRef } from "../cloud";
import type { Aws } from "../clouds/aws/family";
import { logGroupName, nameOf } from "../clouds/aws/names";
import { grants, permissions } from "../clouds/aws/permissions";
import { type StoredSecret, storeSecret } from "../clouds/aws/secret";
import { cacheSizes, limits } from "../clouds/aws/sizes";
import { transformed } from "../clouds/aws/transforms";
import { refuse } from "../fault";
import { Watched } from "../monitoring/watched";
import { guarded, tagsOf } from "../stack";
import { type Access, envName, Use } from "../use";
import { Cache, type CacheArgs, type CacheSpec, check, ttlEnv } from "./index";

const port = 6379;
const engine = { name: "valkey", version: "8.1", family: "valkey8" } as const;
const logs = ["slow-log", "engine-log"] as const;

export class AwsCache extends Cache<Aws> {
  readonly host: Output<string>;
  readonly port: Output<number>;
  readonly secret: SecretRef<Aws>;
  readonly secretId: Output<string>;
  readonly watched: readonly Watched<Aws>[];
  readonly raw: Aws["cache"];
  readonly replicationGroup: ReplicationGroup;
  readonly group: SecurityGroup;
  private readonly name: string;

  constructor(name: string, args: CacheArgs<Aws>, opts?: ComponentResourceOptions) {
    refuse(check(args, limits));
    super("Cache", name, opts);
    this.name = name;
    const password = this.createPassword(name, args.rotationEpoch);
    const stored = this.storePassword(name, args, password);
    this.group = this.createGroup(name, args);
    this.replicationGroup = this.createCache(name, args, password);

    const { configurationEndpointAddress, primaryEndpointAddress } = this.replicationGroup;
    this.host = sharded(args) ? configurationEndpointAddress : primaryEndpointAddress;
    this.port = output(port);
    this.secret = stored.ref;
    this.secretId = stored.secret.arn;
    this.watched = membersOf(name, args, this.replicationGroup.id);
    this.raw = {
      replicationGroupId: this.replicationGroup.id,
      arn: this.replicationGroup.arn,
      // The last node is a replica where there is one: the others go on undisturbed.
      nodeId: sharded(args) ? undefined : this.replicationGroup.memberClusters.apply((nodes) => nodes.at(-1) ?? ""),
      keyArn: args.secrets.raw.keyArn,
    };
    this.finish({ host: this.host, port: this.port, secretId: this.secretId });
  }

  use(access: Access["cache"]): Use<Aws> {
    const times = Object.entries(ttlEnv).map(([key, seconds]) => [envName(this.name, key), seconds] as const);
    return new Use<Aws>({
      target: this.name,
      noun: "cache",
      access,
      env: {
        [envName(this.name, "host")]: this.host,
        [envName(this.name, "port")]: String(port),
        [envName(this.name, "tls")]: "true",
        ...Object.fromEntries(times),
      },
      secrets: { [envName(this.name, "password")]: this.secret },
      raw: { server: { groupId: this.group.id, port }, statements: grants(permissions.cache[access]), backlog: undefined },
    });
  }

  /** Letters and digits: ElastiCache takes only some other signs. */
  private createPassword(name: string, epoch: number): RandomPassword {
    return new RandomPassword(`${name}-token`, { length: 64, special: false, keepers: { epoch: String(epoch) } }, { parent: this });
  }

  private storePassword(name: string, { network, secrets }: CacheArgs<Aws>, password: RandomPassword): StoredSecret {
    const description = "Password of the cache";
    return storeSecret(this, `${name}-token`, {
      stack: network.stack,
      component: name,
      description,
      keyArn: secrets.raw.keyArn,
      value: password.result,
    });
  }

  /** Without rules: each service that uses the cache adds its own. */
  private createGroup(name: string, { network }: CacheArgs<Aws>): SecurityGroup {
    const { stack, raw } = network;
    return new SecurityGroup(
      nameOf(stack, "securityGroup", name),
      {
        vpcId: raw.vpcId,
        description: "Cache: one rule per service that uses it",
        tags: { ...tagsOf(stack, name), Name: `${stack.project}-${stack.name}-${name}` },
      },
      { parent: this },
    );
  }

  private createCache(name: string, args: CacheArgs<Aws>, password: RandomPassword): ReplicationGroup {
    const { stack, raw } = args.network;
    const keep = guarded(stack, "data");
    const tags = tagsOf(stack, name);
    const subnets = new SubnetGroup(nameOf(stack, "subnetGroup", name), { subnetIds: [...raw.dataSubnetIds], tags }, { parent: this });
    const last = keep ? new RandomId(`${name}-final`, { byteLength: 3 }, { parent: this }) : undefined;
    const logical = nameOf(stack, "replicationGroup", name);
    const cache: ReplicationGroupArgs = {
      description: `Cache of ${stack.project} ${stack.name}`,
      engine: engine.name,
      engineVersion: engine.version,
      autoMinorVersionUpgrade: true,
      nodeType: cacheSizes[args.size].nodeType,
      ...nodesOf(args),
      automaticFailoverEnabled: args.highAvailability,
      multiAzEnabled: args.highAvailability,
      port,
      parameterGroupName: this.createParameters(name, args).name,
      subnetGroupName: subnets.name,
      securityGroupIds: [this.group.id],
      atRestEncryptionEnabled: true,
      kmsKeyId: args.secrets.raw.keyArn,
      transitEncryptionEnabled: true,
      transitEncryptionMode: "required",
      authToken: password.result,
      // The token before stays valid beside the new one, so that services can be restarted one after the other.
      authTokenUpdateStrategy: "ROTATE",
      snapshotRetentionLimit: args.snapshotDays,
      snapshotWindow: "01:00-02:00",
      maintenanceWindow: "sun:03:00-sun:04:00",
      // A snapshot outlives its cache, so the next cache of this name needs another name for its own.
      ...(last === undefined ? {} : { finalSnapshotIdentifier: interpolate`${logical}-${last.hex}` }),
      logDeliveryConfigurations: this.createLogGroups(name, args),
      applyImmediately: stack.environment !== "prod",
      tags,
    };
    return new ReplicationGroup(logical, transformed("cache.group", cache), { parent: this, protect: keep });
  }

  /** At 90 % of the memory the keys used longest ago leave; the rest is for replication and snapshots. */
  private createParameters(name: string, args: CacheArgs<Aws>): ParameterGroup {
    const { stack } = args.network;
    return new ParameterGroup(
      nameOf(stack, "parameterGroup", name),
      {
        family: engine.family,
        parameters: [
          { name: "maxmemory-policy", value: "allkeys-lru" },
          { name: "reserved-memory-percent", value: "10" },
          ...(sharded(args) ? [{ name: "cluster-enabled", value: "yes" }] : []),
        ],
        tags: tagsOf(stack, name),
      },
      { parent: this },
    );
  }

  private createLogGroups(
    name: string,
    { network, monitoring }: CacheArgs<Aws>,
  ): NonNullable<ReplicationGroupArgs["logDeliveryConfigurations"]> {
    const { logDays, logKeyArn } = monitoring.raw;
    return logs.map((logType) => {
      const part = `${name}-${logType}`;
      const group = {
        name: logGroupName(network.stack, part),
        retentionInDays: logDays,
        kmsKeyId: logKeyArn,
        tags: tagsOf(network.stack, name),
      };
      const { name: destination } = new LogGroup(part, group, { parent: this });
      return { destination, destinationType: "cloudwatch-logs", logFormat: "json", logType };
    });
  }
}

function sharded(spec: CacheSpec): boolean {
  return (spec.shards ?? 1) > 1;
}

/** ElastiCache counts nodes without shards, and shards and their replicas with them. */
function nodesOf(
  spec: CacheSpec,
): Pick<ReplicationGroupArgs, "clusterMode" | "numCacheClusters" | "numNodeGroups" | "replicasPerNodeGroup"> {
  const replicas = spec.replicas ?? (spec.highAvailability ? 1 : 0);
  if (spec.shards === undefined || !sharded(spec)) return { clusterMode: "disabled", numCacheClusters: replicas + 1 };
  return { clusterMode: "enabled", numNodeGroups: spec.shards, replicasPerNodeGroup: replicas };
}

/** CloudWatch measures nodes, not groups; their names follow from the group's. */
function membersOf(name: string, spec: CacheSpec, group: Output<string>): Watched<Aws>[] {
  const perShard = (spec.replicas ?? (spec.highAvailability ? 1 : 0)) + 1;
  const shards = sharded(spec) ? (spec.shards ?? 1) : 0;
  const numbers = (count: number, digits: number): string[] => Array.from({ length: count }, (_, i) => String(i + 1).padStart(digits, "0"));
  const nodes = numbers(perShard, 3);
  const members = shards === 0 ? nodes : numbers(shards, 4).flatMap((shard) => nodes.map((node) => `${shard}-${node}`));
  return members.map(
    (member) => new Watched<Aws>("cache", `${name}-${member}`, { values: { CacheClusterId: interpolate`${group}-${member}` } }),
  );
}
