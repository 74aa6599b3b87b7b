// Cache: Redis protocol, private, TLS and password, least recently used keys leave first.
//
// | what        | AWS                                                    | Azure                                                    |
// |-------------|--------------------------------------------------------|----------------------------------------------------------|
// | cache       | ElastiCache replication group (Valkey)                 | Azure Managed Redis with private endpoint                |
// | reserve     | 10 % of memory                                         | fixed by the service                                     |
// | standby     | a replica in another zone, automatic failover          | high availability of the cluster                         |
// | password    | auth token, in Secrets Manager                         | access key, in Key Vault                                 |
// | copies      | automatic snapshots                                    | persistence every 6 h (durability, not a copy)           |
import type { Output } from "@pulumi/pulumi";
import { Component, type Family, type SecretRef } from "../cloud";
import type { Fault } from "../fault";
import type { Limits, Size } from "../limits";
import type { Monitoring } from "../monitoring";
import type { Watched } from "../monitoring/watched";
import type { Network } from "../network";
import type { Secrets } from "../secrets";
import type { Access, Use } from "../use";

export interface CacheSpec {
  readonly size: Size;
  readonly highAvailability: boolean;
  /** AWS only: number of shards and of replicas in each; refused on Azure, whose size decides. */
  readonly shards?: number | undefined;
  readonly replicas?: number | undefined;
  /** Days that snapshots are kept; 0 takes none. */
  readonly snapshotDays: number;
}

export interface CacheArgs<F extends Family> extends CacheSpec {
  readonly network: Network<F>;
  readonly secrets: Secrets<F>;
  readonly monitoring: Monitoring<F>;
  readonly rotationEpoch: number;
}

/** The agreed times to live, in seconds; every service that uses the cache gets them (requirements C4). */
export const ttls = { session: 3600, passwordReset: 86400, entryMin: 300, entryMax: 86400, rateLimit: 60 } as const;

/** The variables of the times to live, for a cache of that name: `CACHE_TTL_SESSION` and so on. */
export const ttlEnv = {
  ttl_session: String(ttls.session),
  ttl_password_reset: String(ttls.passwordReset),
  ttl_entry_min: String(ttls.entryMin),
  ttl_entry_max: String(ttls.entryMax),
  ttl_rate_limit: String(ttls.rateLimit),
} as const;

export abstract class Cache<F extends Family> extends Component<F> {
  abstract readonly host: Output<string>;
  abstract readonly port: Output<number>;
  abstract readonly secret: SecretRef<F>;
  abstract readonly secretId: Output<string>;
  /** What alarms and dashboards look at. */
  abstract readonly watched: readonly Watched<F>[];
  abstract readonly raw: F["cache"];
  /** CACHE_HOST, _PORT, CACHE_TLS=true, _PASSWORD (a reference) and the times to live. */
  abstract use(access: Access["cache"]): Use<F>;
}

export function check(spec: CacheSpec, limits: Limits): Fault[] {
  const faults: Fault[] = [];
  for (const key of ["shards", "replicas"] as const) {
    const value = spec[key];
    if (value === undefined) continue;
    if (!limits.cache.sharding) {
      faults.push({
        path: key,
        given: value,
        problem: `the size alone decides the ${key} of a cache on ${limits.cloud}`,
        remedy: `remove cache.${key} and choose cache.size`,
      });
    } else if (!Number.isInteger(value) || value < (key === "shards" ? 1 : 0) || value > (key === "shards" ? 90 : 5)) {
      faults.push({
        path: key,
        given: value,
        problem: key === "shards" ? "a cache has 1 to 90 shards" : "a shard has 0 to 5 replicas",
        remedy: `set cache.${key} within that range`,
      });
    }
  }
  if (spec.highAvailability && spec.replicas === 0) {
    faults.push({
      path: "replicas",
      given: 0,
      problem: "high availability needs a replica to fail over to",
      remedy: "set cache.replicas to 1 or more, or cache.highAvailability to false",
    });
  }
  if ((spec.shards ?? 1) > 1 && !spec.highAvailability) {
    faults.push({
      path: "shards",
      given: spec.shards,
      problem: "more than one shard needs automatic failover",
      remedy: "set cache.highAvailability to true, or remove cache.shards",
    });
  }
  if (!Number.isInteger(spec.snapshotDays) || spec.snapshotDays < 0 || spec.snapshotDays > 35) {
    faults.push({
      path: "snapshotDays",
      given: spec.snapshotDays,
      problem: "snapshots are kept 0 to 35 days",
      remedy: "set cache.snapshotDays from 0 to 35",
    });
  }
  return faults;
}
