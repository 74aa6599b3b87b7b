// The staged rollout by one command on the real engine and the simulated clouds: what it asks of the config, what it changes in the cloud,
// and its ends. It takes minutes: it runs with ENGINE_LONG=1, where a Pulumi CLI is found. tests/automation has every turn of it.
import { expect } from "chai";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Asked, rollout } from "../../automation/rollout";
import { Run } from "../../automation/run";
import type { Summary } from "../../automation/summary";
import { type Script, simulatedApi } from "../../rehearsal/api";
import { findAwsx, type Rehearsal, rehearse } from "../../rehearsal/engine";
import { needsEngine } from "../support/engine";

const [old, next, bad] = [22, 24, 25].map((version) => `public.ecr.aws/docker/library/node:${version}-alpine`) as [string, string, string];

/** One api and nothing else, on a size that has slots. */
const small = [
  ...["services.web", "services.worker", "services.nightly", "queues.jobs", "topics.events", "database", "cache"].map(
    (part) => `${part}.enabled=false`,
  ),
  ...["deployment=canary", "cpu=0.5", "memoryMb=1024", "scale.min=1", "scale.max=2", "routes.paths[0]=/*", `image=${old}`].map(
    (change) => `services.api.${change}`,
  ),
];
/** What moves traffic, by cloud. */
const shift = { aws: "update ListenerRule api-rule", azure: "update WebApp api-site" } as const;

describe("a staged rollout on the real engine", function () {
  // Seven updates of a machine that others load too.
  this.timeout(1_800_000);
  before(function () {
    needsEngine(this, { what: "staged rollout", minutes: 6 });
  });

  for (const cloud of ["aws", "azure"] as const) {
    describe(cloud, () => {
      let rehearsal: Rehearsal;
      let kept: string;
      before(async function () {
        if (cloud === "aws" && findAwsx() === undefined) this.skip();
        rehearsal = await rehearse({ stack: "dev", cloud, set: small });
        kept = mkdtempSync(join(tmpdir(), "kept-"));
        await rehearsal.stack.up({ onOutput: rehearsal.onOutput });
      });
      after(() => {
        rehearsal?.remove();
        if (kept !== undefined) rmSync(kept, { recursive: true });
      });

      interface Ended {
        readonly summary: Summary;
        readonly lines: readonly string[];
        /** What the config was asked for. */
        readonly set: readonly string[];
        /** Updates of the stack. */
        readonly updates: number;
        readonly calls: readonly string[];
      }
      /** The command on a clock that runs while it sleeps; `stopAt`: a signal at the first line like that. */
      async function run(words: Partial<Asked>, script: Script = {}, stopAt?: RegExp): Promise<Ended> {
        const lines: string[] = [];
        const abort = new AbortController();
        let ahead = 0;
        const world = {
          say: (line: string) => {
            lines.push(line);
            if (stopAt?.test(line) === true) abort.abort();
          },
          sleep: (seconds: number) => ((ahead += seconds * 1000), Promise.resolve()),
          now: () => Date.now() + ahead,
          ask: () => Promise.resolve({ status: 200, body: "" }),
          signal: abort.signal,
          connect: () => Promise.resolve(simulatedApi(rehearsal.cloud, script)),
        };
        const patience = { lockSeconds: 60, retries: 0, retrySeconds: 1 };
        const flags = {
          jobs: true,
          jobSeconds: 60,
          allow: [],
          policyPacks: [],
          recover: false,
          create: false,
          rollback: true,
          healthSeconds: 60,
          keepIn: kept,
        };
        const [calls, updates] = [rehearsal.cloud.calls().length, (await rehearsal.stack.history()).length];
        const summary = await rollout(new Run("rollout", { stack: "dev", where: rehearsal.where, patience, ...flags }, world), {
          ...{ service: "api", image: undefined, finish: false, abort: false },
          ...words,
        });
        return {
          summary,
          lines,
          set: lines.flatMap((line) => /\] (?:set|remove) services\.api\.(.*)$/.exec(line)?.[1] ?? []),
          updates: (await rehearsal.stack.history()).length - updates,
          calls: rehearsal.cloud
            .calls()
            .slice(calls)
            .map(({ kind, type, name }) => `${kind} ${type.split(":").at(-1)} ${name.replace(/^platform-/, "")}`),
        };
      }
      const stated = async (): Promise<unknown> => {
        const { deployments } = await rehearsal.stack.outputs();
        const { image, candidate } = (deployments?.value as { api: { image: string; candidate?: { image: string; percent: number } } }).api;
        return [image, ...(candidate === undefined ? [] : [candidate.image, candidate.percent])];
      };

      it("goes through its stages by plain config, each an update of its own", async () => {
        const { summary, set, updates, calls, lines } = await run({ image: next });
        expect(summary, lines.join("\n")).to.include({ result: "succeeded", exitCode: 0 });
        expect(set).to.deep.equal([
          `candidate.image to ${next}`,
          "candidate.percent to 10",
          "candidate.percent to 50",
          "candidate.percent to 100",
          `image to ${next}`,
          "candidate.percent to 0",
          `candidate.image to ${old}`,
        ]);
        expect(updates).to.equal(7);
        // Azure's stable image is in the resource that moves its traffic.
        expect(calls.filter((call) => call === shift[cloud])).to.have.length(cloud === "aws" ? 4 : 5);
        expect(await stated()).to.deep.equal([next, old, 0]);
        expect(readdirSync(join(kept, "dev"))).to.have.length(7);
      });

      it("takes visitors back on a breach at 50 %, and then the image", async () => {
        const reading = () => (calm(rehearsal) ? {} : { requests: 400, errors: 40 });
        const { summary, lines, set } = await run({ image: bad }, { reading });
        expect(summary, lines.join("\n")).to.include({ result: "rolled_back", exitCode: 4 });
        expect(summary.message).to.match(/^with 50 % of the visitors: 10 % of 400 requests failed \(limit 5 %\)/);
        expect(set).to.deep.equal([
          `candidate.image to ${bad}`,
          "candidate.percent to 10",
          "candidate.percent to 50",
          "candidate.percent to 0",
          `candidate.image to ${next}`,
        ]);
        expect(await stated()).to.deep.equal([next, next, 0]);
      });

      it("goes on where a run was stopped between two steps", async () => {
        const first = await run({ image: bad }, {}, /judging the candidate with 10 %/);
        expect(first.summary).to.include({ result: "cancelled", exitCode: 8 });
        expect(await stated()).to.deep.equal([next, bad, 10]);
        const other = await run({ image: old });
        expect(other.summary).to.include({ exitCode: 2 });
        expect(other.summary.message).to.include(`a rollout of ${bad} is under way`);
        // As a run that was killed after it had written the next step, and before the engine began.
        await rehearsal.stack.setConfig("services.api.candidate.percent", { value: "50" }, true);
        const second = await run({ image: bad });
        expect(second.summary, second.lines.join("\n")).to.include({ result: "succeeded", exitCode: 0 });
        expect(second.set).to.deep.equal([
          "candidate.percent to 100",
          `image to ${bad}`,
          "candidate.percent to 0",
          `candidate.image to ${next}`,
        ]);
        expect(await stated()).to.deep.equal([bad, next, 0]);
      });

      it("removes what it kept", async () => {
        const { summary, calls } = await run({ finish: true });
        expect(summary).to.include({ result: "succeeded", exitCode: 0 });
        expect(calls.filter((call) => call.startsWith("create"))).to.deep.equal([]);
        expect(await stated()).to.deep.equal([bad]);
      });
    });
  }
});

/** Whether fewer than half of the visitors meet the candidate, as the cloud has it. */
function calm({ cloud }: Rehearsal): boolean {
  const rules = cloud.all().filter(({ type, urn }) => type === "aws:lb/listenerRule:ListenerRule" && urn.endsWith("::api-rule"));
  const sites = cloud.all().filter(({ type }) => type === "azure-native:web:WebApp");
  return !/"weight":50|"reroutePercentage":50/.test(JSON.stringify([...rules, ...sites].map(({ inputs }) => inputs)));
}
