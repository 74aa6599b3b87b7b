// The settings of the backups: what a stack may state, what each environment starts from, and what is refused.
import { z } from "zod";
import { backupsBucket, type BackupSpec, check } from "../components/backup/index";
import { type Fault, under } from "../components/fault";
import type { Environment } from "../components/stack";
import type { Draft } from "./resolve";

const keptDays = (what: string) => z.int().min(0).max(3650).optional().describe(`${what} 0: none.`);

export const backup = z.strictObject({
  dailyDays: keptDays(
    "Days that a daily full copy of the database is kept (AWS). Azure has the server's own restore instead (`database.backupDays`).",
  ),
  weeklyDays: keptDays("Days that a weekly full copy of the database is kept."),
  copy: z
    .boolean()
    .optional()
    .describe("Keep these copies in the second region too. AWS: `secondRegion`. Azure: the paired region, which Azure chooses."),
  archive: z
    .boolean()
    .optional()
    .describe(
      "A dump of the database on the first of each month, below `archive/` of the bucket `backups`, whose lifecycle says how long.",
    ),
  restoreTest: z
    .boolean()
    .optional()
    .describe("On the second of each month restore the newest copy into a server of its own, read every row of it, and delete it."),
  restoreQuery: z.string().min(1).max(2000).optional().describe("What the restored database must answer `t` to."),
  cacheCopy: z
    .boolean()
    .optional()
    .describe(
      "AWS: the snapshot of midnight also as an object in a bucket of its own, kept as long as the snapshot. Azure: every export is an object anyway.",
    ),
});

type GivenBackup = z.output<typeof backup> | undefined;
/** How long snapshots of the cache are kept is the cache's own setting, `cache.snapshotDays`. */
export type BackupPreset = Omit<BackupSpec, "cacheDays">;

const nothing = {
  dailyDays: 0,
  weeklyDays: 0,
  copy: false,
  archive: false,
  restoreTest: false,
  restoreQuery: "select true",
  cacheCopy: false,
} as const;

/** E10, E12, B2. */
export const backupPresets: Readonly<Record<Environment, BackupPreset>> = {
  dev: nothing,
  staging: { ...nothing, dailyDays: 7, weeklyDays: 28, restoreTest: true },
  prod: { ...nothing, dailyDays: 35, weeklyDays: 365, copy: true, archive: true, restoreTest: true, cacheCopy: true },
};

/** The preset's copy in the second region goes where there is none; one that the stack asks for is refused then. */
export function backupOf({ backup, cache }: Draft, given: GivenBackup, secondRegion: string | undefined): BackupSpec {
  const copy = given?.copy ?? (backup.copy && secondRegion !== undefined);
  const cacheDays = cache.enabled ? cache.snapshotDays : 0;
  // The same for the copy of snapshots that nobody takes.
  const cacheCopy = given?.cacheCopy ?? (backup.cacheCopy && cacheDays > 0);
  return { ...backup, copy, cacheDays, cacheCopy };
}

export function checkBackup(draft: Draft, given: GivenBackup, secondRegion: string | undefined): Fault[] {
  const spec = backupOf(draft, given, secondRegion);
  const has = {
    database: draft.database.enabled,
    cache: draft.cache.enabled,
    bucket: Object.hasOwn(draft.storage.buckets, backupsBucket),
    secondRegion: secondRegion !== undefined,
  };
  return under("backup", check(spec, has));
}

/** Nothing to back up, or nothing asked for: then the stack has no such component. */
export function hasBackup(draft: Draft): boolean {
  const { dailyDays, weeklyDays, archive, restoreTest } = draft.backup;
  const asked = dailyDays > 0 || weeklyDays > 0 || archive || restoreTest;
  return (draft.database.enabled && asked) || (draft.cache.enabled && draft.cache.snapshotDays > 0);
}
