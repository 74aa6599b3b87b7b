// What the commands make of the engine's answers: the engine is simulated, the steps around it are the real ones.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineEvent, OpType } from "@pulumi/pulumi/automation";
import { expect } from "chai";
import { preview, up } from "../../automation/commands";
import type { CloudApi } from "../../automation/cloud";
import { checkHealth } from "../../automation/health";
import { type Jobs, runJob } from "../../automation/jobs";
import { awaitHealth } from "../../automation/judge";
import type { Metrics } from "../../automation/metrics";
import { checkImage } from "../../automation/version";
import { defaultRollout } from "../../components/app-service/rollout";
import { Locked } from "../../automation/lock";
import { Stop } from "../../automation/outcome";
import { type Options, Run } from "../../automation/run";
import { Suspects } from "../../automation/suspects";
import type { Opened } from "../../automation/workspace";
import type { Settings } from "../../settings/load";
import { settings } from "../settings/support";

type Answer = () => readonly object[];
/** An answer that fails after its events. */
class Failed extends Error {
  constructor(
    message: string,
    readonly events: readonly object[] = [],
  ) {
    super(message);
  }
}

const step = (op: OpType, type: string, name: string): object => {
  const metadata = { op, type, urn: `urn:pulumi:dev::platform::${type}::${name}`, provider: "" };
  return { resourcePreEvent: { metadata } };
};
const error = (message: string): object => ({ diagnosticEvent: { severity: "error", message, prefix: "", color: "" } });
const bucket = "aws:s3/bucket:Bucket";

interface Calls {
  readonly preview?: Answer;
  /** One after the other; the last for ever. */
  readonly up?: Answer[];
}

describe("a command and the engine's answers", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "kept-"))));
  after(() => rmSync(folder, { recursive: true }));

  class Simulated extends Run {
    readonly calls: string[] = [];
    readonly flags: object[] = [];
    readonly said: string[];
    /** Seconds after which the lock is free. */
    freeAt = 0;

    constructor(answers: Calls, options: Partial<Options> = {}) {
      let time = 0;
      const said: string[] = [];
      const usual = {
        stack: "dev",
        where: { workDir: join(__dirname, "../..") },
        allow: [],
        policyPacks: [],
        recover: false,
        create: false,
        rollback: true,
      };
      const waits = { jobs: true, jobSeconds: 60, healthSeconds: 0, keepIn: folder };
      const patience = { lockSeconds: 600, retries: 1, retrySeconds: 10 };
      super(
        "up",
        { ...usual, ...waits, patience, ...options },
        {
          say: (line) => void said.push(line),
          sleep: (seconds) => ((time += seconds * 1000), this.beat(), Promise.resolve()),
          now: () => time,
          signal: new AbortController().signal,
          ask: () => Promise.reject(new Error("not asked")),
        },
      );
      this.said = said;
      this.opened = this.openedBy(answers);
    }

    private readonly opened: Opened;
    override get settings(): Settings {
      return settings({ config: { environment: "dev" } });
    }
    override get suspects(): Suspects {
      return this.none!;
    }
    private none: Suspects | undefined;
    override async prepare(): Promise<Opened> {
      this.calls.push("prepare");
      this.none = await Suspects.of(this.opened);
      return this.opened;
    }

    private openedBy({ preview = () => [], up = [() => []] }: Calls): Opened {
      const call =
        (name: string, next: () => Answer) =>
        (flags: { onEvent: (event: EngineEvent) => void }): Promise<object> => {
          this.calls.push(name);
          this.flags.push(flags);
          const emit = (events: readonly object[]): void =>
            events.forEach((event) => flags.onEvent({ sequence: 1, timestamp: 1, ...event } as EngineEvent));
          try {
            emit(next()());
            return Promise.resolve({ outputs: {}, summary: { endTime: new Date(0) } });
          } catch (error) {
            if (error instanceof Failed) emit(error.events);
            return Promise.reject(error as Error);
          }
        };
      const stack = {
        listTags: () => Promise.resolve({}),
        setConfig: () => Promise.resolve(),
        preview: call("preview", () => preview),
        refresh: call("refresh", () => () => []),
        up: call("up", () => (up.length > 1 ? up.shift()! : up[0]!)),
        workspace: { listStacks: () => Promise.resolve([]) },
      };
      const cli = (...words: string[]): Promise<string> => {
        this.calls.push(words.slice(0, 2).join(" "));
        if (words[0] !== "refresh") return Promise.resolve('{"deployment":{}}');
        const locked = this.world.now() / 1000 < this.freeAt;
        return Promise.reject(
          new Error(
            locked
              ? "error: the stack is currently locked by 1 lock(s)\n x: created by a@b (pid 1) at t"
              : "error: no resource named 'x' found",
          ),
        );
      };
      return { name: "dev", stack, where: this.options.where, cli } as unknown as Opened;
    }
  }
  const fails = (error: Error): never => {
    throw error;
  };

  it("looks again after it has waited for another update, whose changes may be others", async () => {
    let previews = 0;
    const run = new Simulated({
      preview: () => (previews++ === 0 ? [] : [step("delete", bucket, "uploads")]),
      up: [() => fails(new Locked("created by a@b (pid 1) at t"))],
    });
    run.freeAt = 30;
    const summary = await up(run);
    expect(summary).to.include({ result: "failed", exitCode: 5 });
    expect(summary.message).to.include("uploads");
    expect(run.calls).to.deep.equal([
      "prepare",
      "preview",
      "up",
      "refresh --yes",
      "refresh --yes",
      "refresh --yes",
      "stack export",
      "prepare",
      "preview",
    ]);
    expect(run.said.filter((line) => line.includes("waiting for another update: created by a@b"))).to.have.length(3);
  });

  it("reads how many instances run before an update of what the cloud scales, and only then", async () => {
    const plan = "azure-native:web:AppServicePlan";
    const run = new Simulated({ preview: () => [step("update", plan, "hosting-plan-web"), step("create", plan, "hosting-plan-api")] });
    expect(await up(run)).to.include({ exitCode: 0 });
    expect(run.calls).to.deep.equal(["prepare", "preview", "refresh", "up", "stack export"]);
    expect(run.flags[1]).to.deep.include({ target: [`urn:pulumi:dev::platform::${plan}::hosting-plan-web`] });
  });

  it("does not look again for ever", async () => {
    const run = new Simulated({ up: [() => fails(new Locked("created by a@b (pid 1) at t"))] });
    const summary = await up(run);
    expect(summary).to.include({ result: "locked", exitCode: 9 });
    expect(run.world.now() / 1000).to.be.within(600, 630);
  });

  it("does not look again after a fault that passes by itself", async () => {
    const run = new Simulated({ up: [() => fails(new Failed("update failed", [error("Throttling: Rate exceeded")])), () => []] });
    expect(await up(run)).to.include({ exitCode: 0 });
    expect(run.calls).to.deep.equal(["prepare", "preview", "up", "up", "stack export"]);
  });

  it("hands policy packs on, and ends with exit code 5 on a mandatory violation, before and in an update", async () => {
    const violated = [
      { policyEvent: { policyName: "no-public-bucket", message: "uploads is public", enforcementLevel: "mandatory" } },
      error("uploads violates no-public-bucket"),
    ];
    const advised = [{ policyEvent: { policyName: "tags", message: "no owner", enforcementLevel: "advisory" } }];
    const packs = { policyPacks: ["policies/a", "policies/b"] };
    const refused = () => fails(new Failed("preview failed", violated));
    for (const command of [preview, up]) {
      const run = new Simulated({ preview: refused }, packs);
      const summary = await command(run);
      expect(summary).to.include({ result: "failed", exitCode: 5, message: "no-public-bucket: uploads is public" });
      expect(run.calls).to.deep.equal(["prepare", "preview"]);
      expect(run.flags).to.have.length(1);
      expect(run.flags[0]).to.deep.include(packs);
    }
    const late = new Simulated({ up: [refused] }, packs);
    expect(await up(late)).to.include({ result: "failed", exitCode: 5 });
    expect(late.flags[1]).to.deep.include(packs);
    expect(await up(new Simulated({ preview: () => advised }))).to.include({ exitCode: 0 });
  });

  it("puts images back after a lack of rights only when a service had begun to change", async () => {
    const denied = (...before: object[]) =>
      new Failed("update failed", [...before, error("AccessDenied: not authorized to perform sqs:CreateQueue")]);
    const service = step("update", "platform:index:AppService$aws:ecs/service:Service", "api");
    const queue = step("create", "platform:index:Queue$aws:sqs/queue:Queue", "jobs");
    for (const [events, exitCode] of [
      [[queue], 3],
      [[queue, service], 4],
    ] as const) {
      const run = new Simulated({ up: [() => fails(denied(...events)), () => []] });
      run.before = { api: "example.org/api:0" };
      const summary = await up(run);
      expect(summary.exitCode, summary.message ?? "").to.equal(exitCode);
      expect(summary.result).to.equal(exitCode === 4 ? "rolled_back" : "failed");
    }
  });

  it("says what it waits for after 30 silent seconds, also where no engine runs", async () => {
    const run = new Simulated({});
    const heard = (): string[] => run.said.splice(0).map((line) => line.replace(/^\[ *\d+ s\] /, ""));
    const ask = () => Promise.resolve({ status: 503, body: "" });
    const check = { url: "https://shop.example.org/", inARow: 3, intervalSeconds: 5, timeoutSeconds: 60 };
    await checkHealth(check, { ...run.world, ask });
    const answered = "still waiting for good answers (https://shop.example.org/ answered 503)";
    expect(heard()).to.deep.equal([answered, answered]);

    const api = { running: () => Promise.resolve({ image: "api:1", settled: false }) } as unknown as CloudApi;
    await checkImage(api, { name: "api", image: "api:1", id: "x", timeoutSeconds: 40 }, run.world);
    expect(heard()).to.deep.equal(["still waiting for api: the cloud runs api:1 (still bringing it in)"]);

    let looks = 0;
    const none = { subnetIds: [], securityGroupIds: [] };
    const jobs: Jobs = {
      running: () => Promise.resolve([]),
      start: () => Promise.resolve("1"),
      look: () => Promise.resolve(looks++ < 4 ? { running: true, words: "RUNNING" } : { running: false, succeeded: true, words: "" }),
      logs: () => "",
    };
    const say = (line: string): void => run.progress.line(line);
    await runJob(jobs, { name: "migrate", id: "1", hostId: "", logs: "", ...none }, 600, { ...run.world, say });
    expect(heard()).to.include("still waiting for the job migrate (RUNNING)");

    const metrics: Metrics = { lateSeconds: 0, read: () => Promise.resolve({ requests: 0, errors: 0, p95Ms: 0, health: "unhealthy" }) };
    await awaitHealth({ metrics, limits: defaultRollout.limits, world: run.world }, { id: "x", scope: "" });
    expect(heard()).to.include("still waiting for a healthy report (so far: an instance did not answer its probe)");
    run.beat();
    expect(heard()).to.deep.equal([]);
  });

  it("tells a timeout by its exit code, and what a wait has had to say", async () => {
    const stop = new AbortController();
    const run = new Simulated({
      up: [() => (stop.abort(new Stop("timeout", "the run has not ended within 60 s (--timeout)")), fails(new Error("update canceled")))],
    });
    Object.assign(run.world, { signal: stop.signal });
    expect(await up(run)).to.include({
      result: "cancelled",
      exitCode: 9,
      message: "the run has not ended within 60 s (--timeout); the engine ended what it had begun",
    });
  });
});
