// What a stack may state of its backups, on both clouds.
import { expect } from "chai";
import { check } from "../../components/backup/index";
import { all, none } from "../support/backup-parts";
import { faults, settings } from "./support";

const of = (config: Readonly<Record<string, unknown>>) => settings({ config });
const full = { database: true, cache: true, bucket: true, secondRegion: true };

describe("the backups' settings", () => {
  for (const cloud of ["aws", "azure"]) {
    it(`are none in dev, weeks in staging and a year in prod on ${cloud}`, () => {
      expect(of({ cloud }).backup).to.equal(undefined);
      const staging = {
        dailyDays: 7,
        weeklyDays: 28,
        copy: false,
        archive: false,
        restoreTest: true,
        restoreQuery: "select true",
        cacheDays: 7,
        cacheCopy: false,
      };
      expect(of({ cloud, environment: "staging" }).backup).to.deep.equal(staging);
      const prod = { ...staging, dailyDays: 35, weeklyDays: 365, copy: true, archive: true, cacheCopy: true };
      expect(of({ cloud, environment: "prod" }).backup).to.deep.equal(prod);
    });
  }

  it("are merged over the preset's, and go with what they are of", () => {
    const stated = of({ backup: { weeklyDays: 14, restoreQuery: "select 1 = 1" } }).backup;
    expect(stated).to.include({ weeklyDays: 14, dailyDays: 0, restoreQuery: "select 1 = 1" });
    expect(of({ cache: { snapshotDays: 3 }, storage: { buckets: { backups: { purpose: "backups" } } } }).backup).to.include({
      cacheDays: 3,
    });
    expect(of({ environment: "staging", database: { enabled: false } }).backup).to.include({ cacheDays: 7 });
    expect(of({ environment: "staging", database: { enabled: false }, cache: { enabled: false } }).backup).to.equal(undefined);
  });

  it("refuse what can't be kept", () => {
    const paths = (config: Readonly<Record<string, unknown>>) => faults({ config }).map(({ path }) => path);
    expect(paths({ backup: { copy: true, weeklyDays: 7 }, "aws:region": "eu-west-1" })).to.deep.equal(["backup.copy"]);
    // The preset's copy is made where there is a place for it.
    const elsewhere = {
      environment: "prod",
      "aws:region": "eu-west-1",
      storage: { buckets: { documents: { replicate: false }, backups: { replicate: false } } },
    };
    const unkept = { environment: "prod", cache: { snapshotDays: 0 } };
    expect(of(unkept).backup, "the preset's copy goes with the snapshots").to.include({ cacheDays: 0, cacheCopy: false });
    expect(paths({ ...unkept, backup: { cacheCopy: true } })).to.deep.equal(["backup.cacheCopy"]);
    expect(of(elsewhere).backup).to.include({ copy: false, weeklyDays: 365 });
    expect(paths({ backup: { archive: true } })).to.deep.equal(["backup.archive"]);
    expect(paths({ cache: { snapshotDays: 7 } })).to.deep.equal(["backup.cacheDays"]);
    expect(paths({ backup: { restoreTest: true } })).to.deep.equal(["backup.restoreTest"]);
    expect(paths({ backup: { dailyDays: 8, weeklyDays: 7 } })).to.deep.equal(["backup.weeklyDays"]);
  });
});

describe("check of backups", () => {
  it("takes all of it, and none", () => {
    expect(check(all, full)).to.deep.equal([]);
    expect(check(none, { database: false, cache: false, bucket: false, secondRegion: false })).to.deep.equal([]);
    expect(check(all, { ...full, database: false })).to.deep.equal([]);
    expect(check({ ...none, dailyDays: 3650, weeklyDays: 3650 }, full)).to.deep.equal([]);
    expect(check({ ...none, restoreTest: true, dailyDays: 1 }, full)).to.deep.equal([]);
  });

  it("says what is wrong and what to do", () => {
    const told = check({ ...all, dailyDays: -1, weeklyDays: 3651, cacheDays: 0.5 }, { ...full, bucket: false, secondRegion: false });
    expect(told.map(({ path, given, remedy }) => [path, given, remedy])).to.deep.equal([
      ["dailyDays", -1, "set backup.dailyDays to one of these"],
      ["weeklyDays", 3651, "set backup.weeklyDays to one of these"],
      ["cacheDays", 0.5, "set backup.cacheDays to one of these"],
      ["copy", true, "set secondRegion to a region of the cloud, or backup.copy to false"],
      ["archive", true, "add it: storage.buckets.backups with the purpose backups, or set backup.archive to false"],
      ["cacheDays", 0.5, "add it: storage.buckets.backups with the purpose backups, or set cache.snapshotDays to 0"],
    ]);
    const early = check({ ...none, dailyDays: 8, weeklyDays: 7 }, full);
    expect(early.map(({ path, remedy }) => [path, remedy])).to.deep.equal([["weeklyDays", "set backup.weeklyDays to 8 or more, or to 0"]]);
    expect(check({ ...none, dailyDays: 8, weeklyDays: 8 }, full)).to.deep.equal([]);
    expect(check({ ...none, cacheCopy: true }, full).map(({ path, given, remedy }) => [path, given, remedy])).to.deep.equal([
      ["cacheCopy", true, "set cache.snapshotDays to 1 or more, or backup.cacheCopy to false"],
    ]);
    expect(check({ ...all, cacheCopy: true }, full)).to.deep.equal([]);
    expect(check({ ...none, cacheCopy: true }, { ...full, cache: false })).to.deep.equal([]);
    expect(check({ ...none, restoreTest: true }, full).map(({ path, problem }) => [path, problem])).to.deep.equal([
      ["restoreTest", "there is no copy that could be restored"],
    ]);
  });
});
