// A rotation on the real engine, update by update: what each step changes, and above all what it leaves alone.
import { expect } from "chai";
import { type Rehearsal, rehearse } from "../../rehearsal/engine";
import { needsEngine } from "../support/engine";

const set = [
  "database.logins.enabled=true",
  "database.logins.made=1",
  "rotatedOn=2026-08-01",
  "registry.enabled=true",
  "flags.enabled=true",
  "flags.values.checkout=true",
  "services.api.uses.flags=read",
];
/** What runs the service that uses nothing but the database. */
const runs = {
  aws: "aws:ecs/taskDefinition:TaskDefinition nightly-task",
  azure: "azure-native:app:Job nightly-job",
} as const;

describe("a rotation on the real engine", function () {
  this.timeout(300_000);

  for (const cloud of ["aws", "azure"] as const) {
    describe(cloud, () => {
      let rehearsal: Rehearsal;
      before(async function () {
        needsEngine(this, { what: "rotation", cloud, minutes: 1 });
        rehearsal = await rehearse({ stack: "dev", cloud, set });
        await rehearsal.stack.up({ onOutput: rehearsal.onOutput });
      });
      after(() => rehearsal?.remove());

      /** One setting and an update: what was created or updated, by type and name. */
      const change = async (...settings: [path: string, value: string][]): Promise<string[]> => {
        const before = rehearsal.cloud.calls().length;
        for (const [path, value] of settings) await rehearsal.stack.setConfig(path, { value }, true);
        await rehearsal.stack.up({ onOutput: rehearsal.onOutput });
        const calls = rehearsal.cloud.calls().slice(before);
        return calls.filter(({ kind }) => kind !== "delete").map(({ type, name }) => `${type} ${name}`);
      };
      const passwords = (calls: readonly string[]): string[] =>
        calls.flatMap((call) => (call.startsWith("random:index/randomPassword:RandomPassword ") ? [call.split(" ")[1]!] : [])).sort();

      it("changes nothing in a second run", async () => {
        await rehearsal.stack.up({ onOutput: rehearsal.onOutput, expectNoChanges: true });
      });

      it("makes a new epoch's values by the generators whose turn it is, and leaves those of the last epoch as they are", async () => {
        const calls = await change(["rotationEpoch", "2"], ["rotatedOn", "2026-11-01"]);
        const made = passwords(calls).join(" ");
        expect(made)
          .to.match(/api-read-write-b/)
          .and.to.match(/worker-read-write-b/)
          .and.to.match(/nightly-read-b/)
          .and.to.match(/even/);
        expect(made).to.not.match(/-a\b|-a-password/);
        // It keeps its login, so it keeps running.
        expect(calls).not.to.include(runs[cloud]);
      });

      it("moves the services when the logins are made, and nothing else", async () => {
        const calls = await change(["database.logins.made", "2"]);
        expect(passwords(calls)).to.deep.equal([]);
        expect(calls).to.include(runs[cloud]);
        expect(calls.filter((call) => /[sS]ecret|rds|dbforpostgresql|Redis|elasticache/.test(call))).to.deep.equal([]);
      });

      it("uses the first generators again in the third epoch", async () => {
        const made = passwords(await change(["rotationEpoch", "3"])).join(" ");
        expect(made).to.match(/api-read-write-a/);
        expect(made).to.not.match(/read-write-b|even/);
      });

      it("leaves nothing after one destroy", async () => {
        await rehearsal.stack.destroy({ onOutput: rehearsal.onOutput });
        expect(rehearsal.cloud.all().map(({ type, id }) => `${type} ${id}`)).to.deep.equal([]);
      });
    });
  }
});
