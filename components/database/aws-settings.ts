// What the settings of a database become in the words of RDS: pure functions, beside the component that makes the resources.
import type { InstanceArgs } from "@pulumi/aws/rds";
import { createHash } from "node:crypto";
import type { Fault } from "../fault";
import { type DatabaseSpec, type Standby, weekdays } from "./index";

/** The owner's login. `admin`, `user` and the like are reserved by RDS. */
export const owner = "platform";

interface Parameter {
  readonly name: string;
  readonly value: string;
  /** Static parameters take `pending-reboot` only. */
  readonly applyMethod: string;
}

/** Static parameters count from the next restart on; those of a new server from its first. */
export function parametersOf({ audit }: DatabaseSpec): Parameter[] {
  return [
    { name: "rds.force_ssl", value: "1", applyMethod: "immediate" },
    { name: "log_min_duration_statement", value: "500", applyMethod: "immediate" },
    { name: "shared_preload_libraries", value: audit ? "pg_stat_statements,pgaudit" : "pg_stat_statements", applyMethod: "pending-reboot" },
    { name: "pg_stat_statements.track", value: "all", applyMethod: "immediate" },
    ...(audit ? [{ name: "pgaudit.log", value: "ddl,role,write", applyMethod: "immediate" }] : []),
  ];
}

type Made = DatabaseSpec & { readonly standby?: Standby | undefined };

/** Whether it still follows another region's server. */
export function isReplica({ standby }: Made): boolean {
  return standby?.primary !== undefined;
}

/**
 * A new and empty server, a snapshot, another server as it was at a time, or a replica. A copy brings its own names; a replica its engine
 * and its disk too. Leaving out its source promotes it: from then on it is described as any server is, and `ignoredOf`
 * keeps what it was copied with.
 */
export function originOf(args: Made): Partial<InstanceArgs> {
  const { standby, restore, version, storageGb, iops, databaseName } = args;
  if (standby?.primary !== undefined) return { replicateSourceDb: standby.primary.databaseId };
  const server = {
    engine: "postgres",
    // The major version only: RDS chooses the patch and moves it on.
    engineVersion: version,
    engineLifecycleSupport: "open-source-rds-extended-support-disabled",
    allocatedStorage: storageGb,
    ...(iops === undefined ? {} : { iops }),
  };
  if (restore === undefined) return { ...server, username: owner, dbName: databaseName };
  if ("snapshot" in restore) return { ...server, snapshotIdentifier: restore.snapshot };
  return { ...server, restoreToPointInTime: { sourceDbInstanceIdentifier: restore.source, restoreTime: restore.time } };
}

/**
 * Inputs whose later change is left alone. The version, unless an upgrade is meant: a restored server has another than the config for a
 * while, and a change here would be a downgrade, which fails. What a replica was copied with would make it anew after its promotion, should the primary have had
 * other words than this stack. A server that is made while its stack is active already begins with all of them.
 */
export function ignoredOf({ standby, upgrade }: Made): string[] {
  return [
    ...(upgrade === true ? [] : ["engineVersion"]),
    ...(standby === undefined ? [] : ["engine", "engineLifecycleSupport", "username", "dbName"]),
  ];
}

/**
 * A restored server has a name of its own, made from what it was restored from. So `restore` stays in the config for as long as the
 * server lives: without it the program would ask for the empty server again (the guard refuses that).
 */
export function serverName(name: string, { restore }: DatabaseSpec): string {
  if (restore === undefined) return name;
  return `${name}-${createHash("sha256").update(JSON.stringify(restore)).digest("hex").slice(0, 6)}`;
}

/** The weekly hour of maintenance, and the daily backup two hours before it, as the two must never meet. */
export function windowsOf({ maintenance }: DatabaseSpec): { readonly maintenanceWindow: string; readonly backupWindow: string } {
  const { day, hour } = maintenance;
  const next = weekdays[(weekdays.indexOf(day) + 1) % weekdays.length] ?? day;
  const time = (hours: number): string => `${String((hours + 24) % 24).padStart(2, "0")}:00`;
  const last = hour === 23 ? next : day;
  return {
    maintenanceWindow: `${day.slice(0, 3)}:${time(hour)}-${last.slice(0, 3)}:${time(hour + 1)}`,
    backupWindow: `${time(hour - 2)}-${time(hour - 1)}`,
  };
}

/** RDS grows a disk by a tenth at least, so a limit nearer than that is refused by it. */
export function checkGrowth({ storageGb, maxStorageGb }: DatabaseSpec): Fault[] {
  const least = Math.ceil((storageGb * 11) / 10);
  if (maxStorageGb <= storageGb || maxStorageGb >= least) return [];
  const problem = `RDS grows a disk by at least a tenth: ${least} GB or more`;
  return [
    {
      path: "maxStorageGb",
      given: maxStorageGb,
      problem,
      remedy: `set database.maxStorageGb to ${least} or more, or to ${storageGb} to let nothing grow`,
    },
  ];
}
