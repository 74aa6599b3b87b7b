// Backup: copies that outlive what they are copies of, and the proof that they can be read. A server's own restore to any second of
// its last days is the database's (`backupDays`); objects have their versions and their copy in the second region (storage).
//
// | what            | AWS                                                     | Azure                                                         |
// |-----------------|---------------------------------------------------------|---------------------------------------------------------------|
// | daily copy      | AWS Backup plan, kept `dailyDays`                       | the server's own point-in-time restore: no second copy a day  |
// | weekly copy     | the same plan, kept `weeklyDays`                        | Backup vault, one full copy a week, kept `weeklyDays`         |
// | second region   | each copy again in a vault there, under a key of there  | the vault is kept in the paired region too                    |
// | locked          | by the guard: nobody deletes before the time            | by the guard: deleted ones stay 14 days                       |
// | monthly archive | Fargate task: pg_dump into the bucket's `archive/`      | Container Apps job: the same                                  |
// | cache           | snapshots every 6 h, 7 days; daily one to a bucket      | exports every 6 h by a job into a container, 7 days           |
// | restore test    | monthly: state machine restores, reads all, deletes     | monthly: job restores, reads all, deletes                     |
import type { Cache } from "../cache";
import { Component, type Family } from "../cloud";
import type { Database } from "../database";
import type { Fault } from "../fault";
import type { Hosting } from "../hosting";
import type { Monitoring } from "../monitoring";
import type { Watched } from "../monitoring/watched";
import type { Network } from "../network";
import type { Secrets } from "../secrets";
import type { Storage } from "../storage";

export interface BackupSpec {
  /** Days that a daily full copy of the database is kept; 0: none. Azure sells none and has the server's own restore instead. */
  readonly dailyDays: number;
  /** Days that a weekly full copy is kept; 0: none. */
  readonly weeklyDays: number;
  /** Keep the daily and weekly copies in the second region too. */
  readonly copy: boolean;
  /** On the first of each month a dump into the folder `archive` of the bucket, whose lifecycle archives and ends it. */
  readonly archive: boolean;
  /** On the second of each month restore the newest copy into a server of its own, read every row, and delete it. */
  readonly restoreTest: boolean;
  /** What the restored database must answer `t` to. Default: `select true`. */
  readonly restoreQuery: string;
  /** Days that a snapshot of the cache is kept, one every six hours; 0: none. */
  readonly cacheDays: number;
  /** AWS: one of them a day as an object too, kept as long. Azure: all of them are objects. */
  readonly cacheCopy: boolean;
}

/** The name of the bucket that archives and snapshots go to. */
export const backupsBucket = "backups";

export interface BackupArgs<F extends Family> extends BackupSpec {
  readonly network: Network<F>;
  /** Where buckets write down who asked for what. */
  readonly logs: Storage<F>;
  readonly monitoring: Monitoring<F>;
  readonly secrets: Secrets<F>;
  /** What archive and restore test run on. */
  readonly hosting: Hosting<F>;
  readonly database: Database<F> | undefined;
  readonly cache: Cache<F> | undefined;
  /** The bucket for archives, and on Azure for snapshots of the cache. */
  readonly bucket: Storage<F> | undefined;
}

export abstract class Backup<F extends Family> extends Component<F> {
  /** What alarms look at: failed copies. The jobs' own alarms come with them. */
  abstract readonly watched: readonly Watched<F>[];
}

/** Whether something of it runs in containers: the network and hosting must be told before they are made. */
export function runsContainers(spec: BackupSpec, has: { readonly database: boolean; readonly cache: boolean }): boolean {
  return (has.database && (spec.archive || spec.restoreTest)) || (has.cache && spec.cacheDays > 0);
}

/** What a stack has of which copies could be taken, and where they could go. */
export interface Has {
  readonly database: boolean;
  readonly cache: boolean;
  readonly bucket: boolean;
  readonly secondRegion: boolean;
}

export function hasOf<F extends Family>({ database, cache, bucket, network }: BackupArgs<F>): Has {
  return {
    database: database !== undefined,
    cache: cache !== undefined,
    bucket: bucket !== undefined,
    secondRegion: network.stack.secondRegion !== undefined,
  };
}

const longest = 3650;

/** What is wrong with backups; `has` is what the stack has. Paths are those of the spec. */
export function check(spec: BackupSpec, has: Has): Fault[] {
  const faults: Fault[] = [];
  for (const key of ["dailyDays", "weeklyDays", "cacheDays"] as const) {
    if (Number.isInteger(spec[key]) && spec[key] >= 0 && spec[key] <= longest) continue;
    const problem = `whole days from 0 (none) to ${longest}`;
    faults.push({ path: key, given: spec[key], problem, remedy: `set backup.${key} to one of these` });
  }
  if (spec.weeklyDays > 0 && spec.weeklyDays < spec.dailyDays) {
    faults.push({
      path: "weeklyDays",
      given: spec.weeklyDays,
      problem: `a weekly copy would go before the daily ones, which are kept ${spec.dailyDays} days`,
      remedy: `set backup.weeklyDays to ${spec.dailyDays} or more, or to 0`,
    });
  }
  if (spec.copy && !has.secondRegion) {
    faults.push({
      path: "copy",
      given: true,
      problem: "the stack has no second region to copy to",
      remedy: "set secondRegion to a region of the cloud, or backup.copy to false",
    });
  }
  if (spec.restoreTest && has.database && spec.dailyDays === 0 && spec.weeklyDays === 0) {
    faults.push({
      path: "restoreTest",
      given: true,
      problem: "there is no copy that could be restored",
      remedy: "set backup.dailyDays or backup.weeklyDays, or backup.restoreTest to false",
    });
  }
  if (spec.archive && has.database && !has.bucket) {
    faults.push({
      path: "archive",
      given: true,
      problem: 'the stack has no bucket "backups" to keep archives in',
      remedy: "add it: storage.buckets.backups with the purpose backups, or set backup.archive to false",
    });
  }
  if (spec.cacheCopy && has.cache && spec.cacheDays === 0) {
    faults.push({
      path: "cacheCopy",
      given: true,
      problem: "no snapshot is taken that could be copied",
      remedy: "set cache.snapshotDays to 1 or more, or backup.cacheCopy to false",
    });
  }
  if (spec.cacheDays > 0 && has.cache && !has.bucket) {
    faults.push({
      path: "cacheDays",
      given: spec.cacheDays,
      problem: 'the stack has no bucket "backups" to keep snapshots in',
      remedy: "add it: storage.buckets.backups with the purpose backups, or set cache.snapshotDays to 0",
    });
  }
  return faults;
}
