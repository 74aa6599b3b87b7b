// Settings of what is off: nothing that a stack states is ignored without a word.
import { expect } from "chai";
import { settings } from "./support";

/** What a plan says of settings without effect, alike on both clouds unless one is named. */
function idle(config: Readonly<Record<string, unknown>>, cloud: "aws" | "azure" = "aws"): string[] {
  return settings({ config: { cloud, ...config } }).warnings.filter((warning) => warning.includes("without effect"));
}

describe("settings of what is off", () => {
  const rows: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
    [
      "a database",
      { database: { enabled: false, size: "large", replicas: 2 } },
      "database.size, database.replicas: without effect, as database.enabled is not true",
    ],
    ["a cache", { cache: { enabled: false, shards: 2 } }, "cache.shards: without effect, as cache.enabled is not true"],
    ["flags", { flags: { values: { dark: true } } }, "flags.values: without effect, as flags.enabled is not true"],
    ["a budget", { budget: { enabled: false, monthlyUsd: 5 } }, "budget.monthlyUsd: without effect, as budget.enabled is not true"],
    ["files", { storage: { files: { path: "/x" } } }, "storage.files.path: without effect, as storage.files.enabled is not true"],
    [
      "a queue",
      { queues: { jobs: { enabled: false, fifo: true } } },
      "queues.jobs.fifo: without effect, as queues.jobs.enabled is not true",
    ],
    [
      "a service",
      { services: { worker: { enabled: false, cpu: 1 } } },
      "services.worker.cpu: without effect, as services.worker.enabled is not true",
    ],
    [
      "a bucket",
      { storage: { buckets: { uploads: { enabled: false, replicate: true } } } },
      "storage.buckets.uploads.replicate: without effect, as storage.buckets.uploads.enabled is not true",
    ],
    [
      "copies of a database that is not there",
      { database: { enabled: false }, backup: { archive: true, dailyDays: 0, copy: false } },
      "backup.archive: without effect, as there is nothing of which copies are asked for",
    ],
    [
      "copies elsewhere of none here",
      { backup: { copy: true, archive: true }, storage: { buckets: { backups: { purpose: "backups" } } } },
      "backup.copy: without effect, as backup.dailyDays and backup.weeklyDays are 0",
    ],
  ];
  for (const [what, config, line] of rows)
    it(`are named: ${what}`, () => {
      for (const cloud of ["aws", "azure"] as const) expect(idle(config, cloud), cloud).to.deep.equal([line]);
    });

  it("are named where only one cloud has the firewall off", () => {
    const config = { edge: { wafMode: "count" } };
    expect(idle(config)).to.deep.equal(["edge.wafMode: without effect, as edge.waf is not true"]);
    expect(idle({ edge: { ...config.edge, direct: false } }, "azure")).to.deep.equal([]);
  });

  it("are no matter where everything is on, or nothing is stated", () => {
    for (const environment of ["dev", "staging", "prod"]) {
      expect(idle({ environment })).to.deep.equal([]);
      expect(idle({ environment, flags: { enabled: true, values: { dark: true } } }, "azure")).to.deep.equal([]);
    }
    expect(idle({ queues: { jobs: { enabled: false } }, cache: { enabled: false }, backup: { weeklyDays: 0 } })).to.deep.equal([]);
  });
});
