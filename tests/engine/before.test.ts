// Jobs before the services (P8) on the real engine and both simulated clouds: what is there when a job starts, and what is not touched.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { rotate, up } from "../../automation/commands";
import type { Job, Jobs } from "../../automation/jobs";
import { Run } from "../../automation/run";
import type { Summary } from "../../automation/summary";
import { simulatedApi } from "../../rehearsal/api";
import { type Rehearsal, rehearse } from "../../rehearsal/engine";
import { needsEngine } from "../support/engine";

const image = (name: string, version: number): string => `example.org/team/${name}:${version}`;
/** One service and a migration, each logging in as itself or as the owner. */
const set = [
  ...["cache.enabled=false", "services.web.enabled=false", "services.worker.enabled=false", "services.nightly.enabled=false"],
  ...["database.logins.enabled=true", "deploy.before[0]=migrate"],
  ...["services.migrate.kind=job", `services.migrate.image=${image("migrate", 1)}`, "services.migrate.uses.database=own"],
];
const serving = {
  aws: { service: "aws:ecs/service:Service", job: "aws:ecs/taskDefinition:TaskDefinition" },
  azure: { service: "azure-native:web:WebApp", job: "azure-native:app:Job" },
} as const;
const watching = /cloudwatch\/metricAlarm|monitor:MetricAlert/;

describe("jobs before the services, on the real engine", function () {
  this.timeout(600_000);

  for (const cloud of ["aws", "azure"] as const) {
    describe(cloud, () => {
      let rehearsal: Rehearsal;
      let kept: string;
      /** By start: which job, with which image, and what the cloud had of services then. */
      let started: { name: string; image: string | undefined; services: string[]; after: number }[] = [];
      let failing: string | undefined;

      before(async function () {
        needsEngine(this, { what: "jobs before the services", cloud, minutes: 3 });
        rehearsal = await rehearse({ stack: "dev", cloud, set });
        kept = mkdtempSync(join(tmpdir(), "kept-"));
      });
      after(() => {
        rehearsal?.remove();
        if (kept !== undefined) rmSync(kept, { recursive: true });
      });

      /** What runs, as the cloud has it: the whole of each service. */
      const services = (): string[] =>
        rehearsal.cloud.all().flatMap(({ type, inputs }) => (type === serving[cloud].service ? [JSON.stringify(inputs)] : []));
      const imageOf = ({ id }: Job): string | undefined => {
        const definition = rehearsal.cloud
          .all()
          .find(({ type, id: own, outputs }) => type === serving[cloud].job && [own, outputs.arn].includes(id));
        return /example\.org\/team\/[\w:]+/.exec(JSON.stringify(definition?.inputs))?.[0];
      };
      const jobs: Jobs = {
        running: () => Promise.resolve([]),
        start(job) {
          started.push({ name: job.name, image: imageOf(job), services: services(), after: rehearsal.cloud.calls().length });
          return Promise.resolve(`${job.name}-1`);
        },
        look: ({ name }) => Promise.resolve({ running: false, succeeded: name !== failing, words: "exit code 3" }),
        logs: ({ logs }) => `read ${logs}`,
      };
      const deploy = (command: (run: Run) => Promise<Summary>): Promise<Summary> => {
        started = [];
        const options = { stack: "dev", where: rehearsal.where, allow: [], policyPacks: [], recover: false, create: false, rollback: true };
        const waits = { patience: { lockSeconds: 60, retries: 0, retrySeconds: 1 }, jobs: true, jobSeconds: 60, healthSeconds: 0 };
        const world = {
          say: rehearsal.onOutput,
          sleep: () => Promise.resolve(),
          now: Date.now,
          ask: () => Promise.resolve({ status: 200, body: "" }),
          signal: new AbortController().signal,
          connect: () => Promise.resolve(simulatedApi(rehearsal.cloud, { jobs })),
        };
        return command(new Run("up", { ...options, ...waits, keepIn: kept }, world));
      };
      const made = async (): Promise<string> => (await rehearsal.stack.getConfig("database.logins.made", true)).value;

      it("brings database and jobs before the first service, which a failed job leaves out", async () => {
        failing = "migrate";
        const summary = await deploy(up);
        expect(summary).to.include({ result: "failed", exitCode: 4 });
        expect(summary.message).to.include("the job migrate failed: exit code 3; no service was changed").and.include("read ");
        expect(started.map(({ name }) => name)).to.deep.equal(["database-roles", "migrate"]);
        expect(services()).to.deep.equal([]);
        expect(rehearsal.cloud.all().filter(({ type }) => watching.test(type))).to.deep.equal([]);
      });

      it("runs them again, and starts the services with logins of their own", async () => {
        failing = undefined;
        expect(await deploy(up)).to.include({ result: "succeeded", exitCode: 0 });
        expect(started.map(({ name, services }) => [name, services])).to.deep.equal([
          ["database-roles", []],
          ["migrate", []],
        ]);
        expect(services()).to.have.length(1);
        expect(await made()).to.equal("1");
      });

      it("has nothing to do when nothing changes", async () => {
        expect(await deploy(up)).to.include({ result: "no_changes", exitCode: 0 });
        expect(started).to.deep.equal([]);
      });

      it("leaves the services alone when a new migration fails, and knows what they run", async () => {
        const running = services();
        await rehearsal.stack.setConfig("services.migrate.image", { value: image("migrate", 2) }, true);
        await rehearsal.stack.setConfig("services.api.image", { value: image("api", 2) }, true);
        // What a service no longer uses is there for as long as that service runs.
        await rehearsal.stack.setConfig("topics.events.enabled", { value: "false" }, true);
        const topics = (): number => rehearsal.cloud.all().filter(({ type }) => /sns\/topic:|servicebus:Topic$/.test(type)).length;
        const before = topics();
        failing = "migrate";
        expect(await deploy(up)).to.include({ result: "failed", exitCode: 4 });
        expect(started.map(({ name, image }) => [name, image])).to.deep.equal([["migrate", image("migrate", 2)]]);
        expect(services()).to.deep.equal(running);
        expect(topics()).to.equal(before);
        failing = undefined;
        const summary = await deploy(up);
        expect(summary).to.include({ result: "succeeded", exitCode: 0 });
        expect(summary.images.api?.before).to.match(/node:22-alpine$/);
        // Not due, but after a run that ended before its jobs all of them are.
        expect(started.map(({ name, services }) => [name, services])).to.deep.equal([
          ["database-roles", running],
          ["migrate", running],
        ]);
        expect(services()).to.not.deep.equal(running);
        expect(topics()).to.equal(before - 1);
      });

      it("rotates in one command: logins first, then the services, and the last epoch's stay", async () => {
        const running = services();
        expect(await deploy(rotate)).to.include({ result: "succeeded", exitCode: 0, message: "Pulumi.dev.yaml has changed: commit it" });
        expect(started.map(({ name, services }) => [name, services])).to.deep.equal([
          ["database-roles", running],
          ["migrate", running],
        ]);
        expect(await made()).to.equal("2");
        const after = rehearsal.cloud.calls().slice(started[0]!.after);
        expect(after.map(({ type }) => type)).to.include(serving[cloud].service);
        // What the services had is taken away last.
        const passwords = after.filter(({ type }) => type.startsWith("random:"));
        expect(passwords.filter(({ kind }) => kind !== "delete")).to.deep.equal([]);
        expect(after.findIndex(({ type }) => type === serving[cloud].service)).to.be.lessThan(after.indexOf(passwords[0]!));
        expect(services()).to.not.deep.equal(running);
        expect(await deploy(up)).to.include({ result: "no_changes", exitCode: 0 });
      });
    });
  }
});
