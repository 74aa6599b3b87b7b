// Database: PostgreSQL, private, TLS only, encrypted with the stack's own key.
//
// | what         | AWS                                              | Azure                                                     |
// |--------------|--------------------------------------------------|-----------------------------------------------------------|
// | server       | RDS instance in the data subnets                 | Flexible Server in the delegated data subnet              |
// | standby      | Multi-AZ                                         | zone-redundant high availability                          |
// | read replica | RDS replica                                      | replica server                                            |
// | pooling      | RDS Proxy                                        | built-in PgBouncer, port 6432 (not on burstable sizes)    |
// | other region | replica by ARN; promoted by leaving its source out | replica through peered networks; promoted by its role     |
// | password     | random, in Secrets Manager                       | random, in Key Vault                                      |
// | logins       | per service and word, made by SQL (`jobs/roles`); the pool knows them | the same; the pool asks the server   |
import type { Output } from "@pulumi/pulumi";
import { Component, type Family, type SecretRef } from "../cloud";
import type { Fault } from "../fault";
import type { Limits, Size } from "../limits";
import type { Monitoring } from "../monitoring";
import type { Watched } from "../monitoring/watched";
import type { Network } from "../network";
import type { Primary } from "../primary";
import type { Secrets } from "../secrets";
import type { Access, Use } from "../use";
import type { LoginsSpec, LoginWord } from "./logins";

export interface DatabaseSpec {
  /** Memory of 2, 8, 16 or 32 GiB; see the clouds' `sizes.ts`. */
  readonly size: Size;
  /** Major version. Default 17. */
  readonly version: "15" | "16" | "17";
  /** Whether a change of `version` is carried out, at once and in place. Default false: the server keeps the version that it has. */
  readonly upgrade?: boolean | undefined;
  /** The name of the database inside the server. Default `app`. */
  readonly databaseName: string;
  /** First size of the disk. Azure rounds up to the next size sold: 32, 64, 128, … */
  readonly storageGb: number;
  /** The disk grows by itself up to this (AWS); Azure's grows without a limit of ours and the contract says so. */
  readonly maxStorageGb: number;
  /** Provisioned IOPS where the size sells them; undefined: what the disk includes. */
  readonly iops?: number | undefined;
  readonly highAvailability: boolean;
  readonly replicas: number;
  /** Days back to which any second can be restored. */
  readonly backupDays: number;
  readonly pooling: boolean;
  /** pgaudit: log of statements that write or change roles and schema. */
  readonly audit: boolean;
  /** Weekly hour of maintenance in UTC. */
  readonly maintenance: { readonly day: Weekday; readonly hour: number };
  /** Make the server from a copy. AWS: `snapshot` or a time of `source`; Azure: a time of `source`; a snapshot is refused there. */
  readonly restore?: Restore | undefined;
  /** Logins of the services' own. Default none: every service logs in as the owner. */
  readonly logins?: LoginsSpec | undefined;
}

export const weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
export type Weekday = (typeof weekdays)[number];
export type Restore = { readonly snapshot: string } | { readonly source: string; readonly time: string };

/**
 * A server that is copied from another region's. `primary`: of what it is a replica; undefined once it was promoted. It stays in the args
 * for as long as the server lives: what it was made from can't be changed.
 */
export interface Standby {
  readonly primary: Primary | undefined;
}

export interface DatabaseArgs<F extends Family> extends DatabaseSpec {
  readonly standby?: Standby | undefined;
  readonly network: Network<F>;
  readonly secrets: Secrets<F>;
  readonly monitoring: Monitoring<F>;
  /** Counts rotations of the passwords. */
  readonly rotationEpoch: number;
  /** The services that use it, with their word: who gets logins of its own where `logins` is enabled. */
  readonly services?: Readonly<Record<string, LoginWord>> | undefined;
}

export abstract class Database<F extends Family> extends Component<F> {
  /** By which another region's replica names it. AWS: ARN. Azure: resource id. */
  abstract readonly id: Output<string>;
  /** The private zone in which the server is found; empty on AWS, whose names are public. */
  abstract readonly zoneName: Output<string>;
  /** Host without port. With pooling: the pool's. */
  abstract readonly host: Output<string>;
  abstract readonly port: Output<number>;
  abstract readonly databaseName: Output<string>;
  /** Where the owner's password is kept. */
  abstract readonly secret: SecretRef<F>;
  abstract readonly secretId: Output<string>;
  /** What alarms and dashboards look at. */
  abstract readonly watched: readonly Watched<F>[];
  abstract readonly raw: F["database"];
  /**
   * DATABASE_HOST, _PORT, _NAME, _USER, _PASSWORD (a reference), DATABASE_SSLMODE=require (the prefix is the component's name).
   * `read` gives a replica's host where there is one; without replicas the primary's. `own` is the owner's login, past the pool.
   * `service`: who uses it; it logs in as itself once `logins.made` says that its login is there, else as the owner.
   */
  abstract use(access: Access["database"], service?: string): Use<F>;
  /** What the job that makes the logins is given: `own`, and the script as DATABASE_ROLES. Undefined where there are none to make. */
  abstract readonly roles: Use<F> | undefined;
}

/** What is wrong with a database on a cloud. Paths are those of the spec. */
export function check(spec: DatabaseSpec, limits: Limits): Fault[] {
  const faults: Fault[] = [];
  const size = limits.database.sizes[spec.size];
  const sold = limits.database.storageGb;
  const where = limits.cloud === "aws" ? "RDS" : "Flexible Server";
  if (!Number.isInteger(spec.storageGb) || spec.storageGb < sold.min || spec.storageGb > sold.max) {
    faults.push({
      path: "storageGb",
      given: spec.storageGb,
      problem: `${where} sells disks of ${sold.min} to ${sold.max} GB`,
      remedy: `set database.storageGb to a whole number from ${sold.min} to ${sold.max}`,
    });
  }
  if (spec.maxStorageGb < spec.storageGb) {
    faults.push({
      path: "maxStorageGb",
      given: spec.maxStorageGb,
      problem: `smaller than storageGb, which is ${spec.storageGb}`,
      remedy: "set database.maxStorageGb to at least database.storageGb",
    });
  }
  const { min, max } = limits.database.backupDays;
  if (!Number.isInteger(spec.backupDays) || spec.backupDays < min || spec.backupDays > max) {
    faults.push({
      path: "backupDays",
      given: spec.backupDays,
      problem: `${where} restores to a point of the last ${min} to ${max} days`,
      remedy: `set database.backupDays to a whole number from ${min} to ${max}`,
    });
  }
  if (!Number.isInteger(spec.replicas) || spec.replicas < 0 || spec.replicas > limits.database.maxReplicas) {
    faults.push({
      path: "replicas",
      given: spec.replicas,
      problem: `a database has 0 to ${limits.database.maxReplicas} read replicas on ${limits.cloud}`,
      remedy: `set database.replicas to a whole number from 0 to ${limits.database.maxReplicas}`,
    });
  }
  if (size.burstable) {
    const refusals = [
      ["replicas", spec.replicas > 0, limits.database.burstableReplicas, "has no read replicas"],
      ["highAvailability", spec.highAvailability, limits.database.burstableHighAvailability, "has no standby"],
      ["pooling", spec.pooling, limits.database.burstablePooling, "has no connection pool"],
    ] as const;
    for (const [path, asked, sells, problem] of refusals) {
      if (asked && !sells) {
        faults.push({
          path,
          given: spec[path],
          problem: `a burstable size ("${spec.size}" on ${limits.cloud}) ${problem}`,
          remedy: `take database.size medium or larger, or set database.${path} to ${path === "replicas" ? 0 : false}`,
        });
      }
    }
  }
  if (spec.iops !== undefined) {
    const iops = limits.database.iops;
    if (iops === undefined || spec.storageGb < iops.fromStorageGb || spec.iops < iops.min || spec.iops > iops.max) {
      faults.push({
        path: "iops",
        given: spec.iops,
        problem:
          iops === undefined
            ? `${where} sells no IOPS by choice with this disk: its size decides`
            : `${where} sells ${iops.min} to ${iops.max} IOPS by choice, from ${iops.fromStorageGb} GB on`,
        remedy:
          iops === undefined
            ? "remove database.iops and choose a larger database.storageGb"
            : `set database.storageGb to ${iops.fromStorageGb} or more and database.iops within the range, or remove database.iops`,
      });
    }
  }
  if (spec.upgrade === true && spec.replicas > 0 && limits.cloud === "azure") {
    faults.push({
      path: "upgrade",
      given: true,
      problem: `Flexible Server upgrades no server that has read replicas (database.replicas is ${spec.replicas})`,
      remedy: "set database.replicas to 0 in an update before, and back after it (docs/runbooks/database-upgrade.md)",
    });
  }
  if (spec.restore !== undefined && "snapshot" in spec.restore && limits.cloud === "azure") {
    faults.push({
      path: "restore.snapshot",
      given: spec.restore.snapshot,
      problem: "Flexible Server restores to a point in time of a server, not from a snapshot",
      remedy: "give database.restore.source and database.restore.time instead",
    });
  }
  return faults;
}
