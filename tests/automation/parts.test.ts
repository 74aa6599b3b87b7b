// The pure parts of the deploy command: which step is a danger, what is tried again, what is healthy, and how an end is told.
import { ConcurrentUpdateError, type EngineEvent } from "@pulumi/pulumi/automation";
import { expect } from "chai";
import { dangers, stepsOf } from "../../automation/gates";
import { checkHealth } from "../../automation/health";
import { isTransient, kindOf, Stop } from "../../automation/outcome";
import { Progress } from "../../automation/progress";
import { holderOf, patiently } from "../../automation/retry";
import { markdown, shown, type Summary } from "../../automation/summary";

const urn = (type: string, name: string): string => `urn:pulumi:prod::platform::platform:index:Database$${type}::${name}`;

function step(op: string, type: string, name: string, old: object = {}, keys: string[] = []): EngineEvent {
  return {
    sequence: 1,
    timestamp: 1,
    resourcePreEvent: { metadata: { op, urn: urn(type, name), type, old, keys, provider: "" } },
  } as unknown as EngineEvent;
}

describe("the gate before an update", () => {
  const server = "aws:rds/instance:Instance";

  it("stops what deletes or replaces data, and what is protected, once for each resource", () => {
    const steps = stepsOf([
      step("create", server, "new"),
      step("update", server, "kept"),
      step("create-replacement", server, "database", {}, ["engine"]),
      step("replace", server, "database", {}, ["engine"]),
      step("delete", "aws:lb/listenerRule:ListenerRule", "rule"),
      step("delete", "aws:iam/role:Role", "role", { protect: true }),
    ]);
    expect(dangers(steps, []).map(({ op, name, because }) => [op, name, because])).to.deep.equal([
      ["create-replacement", "database", ["engine"]],
      ["delete", "role", []],
    ]);
  });

  it("lets through what is allowed by name, type or URN", () => {
    const steps = stepsOf([step("delete", server, "database")]);
    for (const word of ["database", server, urn(server, "database")]) expect(dangers(steps, [word])).to.deep.equal([]);
    expect(dangers(steps, ["databas"])).to.have.length(1);
  });
});

describe("the patience of a deployment", () => {
  const locked = Object.assign(Object.create(ConcurrentUpdateError.prototype) as ConcurrentUpdateError, {
    message:
      "code: 1\n stdout: \n stderr: error: the stack is currently locked by 1 lock(s).\n  file:///x.json: created by ci@runner-7 (pid 41) at 2026-11-21T10:00:00Z\n",
  });

  function world(limit = 600) {
    let time = 0;
    const [said, slept]: [string[], number[]] = [[], []];
    const abort = new AbortController();
    const waiting = {
      say: (line: string) => void said.push(line),
      sleep: (seconds: number) => (slept.push(seconds), (time += seconds * 1000), Promise.resolve()),
      now: () => time,
      signal: abort.signal,
    };
    return { said, slept, abort, waiting, patience: { lockSeconds: limit, retries: 2, retrySeconds: 10 } };
  }

  it("waits for another update, naming its holder, and goes on", async () => {
    const { said, slept, waiting, patience } = world();
    let calls = 0;
    const result = await patiently(
      () => (++calls < 4 ? Promise.reject(locked) : Promise.resolve("done")),
      () => [],
      patience,
      waiting,
    );
    expect([result, calls, slept]).to.deep.equal(["done", 4, [5, 10, 15]]);
    expect(said[0]).to.equal("waiting for another update: created by ci@runner-7 (pid 41) at 2026-11-21T10:00:00Z");
  });

  it("gives up waiting at its limit, and never breaks a lock", async () => {
    const { slept, waiting, patience } = world(20);
    const error: unknown = await patiently(
      () => Promise.reject(locked),
      () => [],
      patience,
      waiting,
    ).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Stop);
    expect((error as Stop).kind).to.equal("timeout");
    expect((error as Stop).message).to.match(/still being updated after 20 s: created by ci@runner-7/);
    expect(slept.reduce((sum, seconds) => sum + seconds)).to.equal(20);
  });

  it("tries again what passes by itself, twice, each time later", async () => {
    const { slept, waiting, patience } = world();
    const failed = new Error("update failed");
    let calls = 0;
    const attempt = (): Promise<never> => (calls++, Promise.reject(failed));
    const error: unknown = await patiently(attempt, () => ["Throttling: Rate exceeded"], patience, waiting).catch(
      (reason: unknown) => reason,
    );
    expect([error, calls, slept]).to.deep.equal([failed, 3, [10, 20]]);
  });

  it("tries nothing again that fails for good, or after a signal", async () => {
    for (const errors of [[], ["InvalidParameterValue: no"], ["Throttling", "AccessDenied: no"]]) {
      const { slept, waiting, patience } = world();
      await patiently(
        () => Promise.reject(new Error("x")),
        () => errors,
        patience,
        waiting,
      ).catch(() => undefined);
      expect(slept).to.deep.equal([]);
    }
    const { slept, waiting, patience, abort } = world();
    abort.abort();
    await patiently(
      () => Promise.reject(locked),
      () => [],
      patience,
      waiting,
    ).catch(() => undefined);
    expect(slept).to.deep.equal([]);
  });

  it("says so where the backend names nobody", () => expect(holderOf("[409] Conflict")).to.match(/doesn't say/));
});

describe("the meaning of an error", () => {
  const texts: [string, string][] = [
    ["error: no stack named 'prd' found", "noStack"],
    ["2 faults in the configuration:\n  a: b", "configuration"],
    ["error: validating stack config: Stack 'dev' is missing configuration value 'environment'", "configuration"],
    ["ExpiredToken: The security token included in the request is expired", "authentication"],
    ["AADSTS700016: Application not found", "authentication"],
    ["error: incorrect passphrase", "authentication"],
    ["creating RDS DB Instance: DBInstanceAlreadyExists", "deployment"],
  ];
  for (const [text, kind] of texts) it(`${text.split("\n")[0]} is ${kind}`, () => expect(kindOf(text)).to.equal(kind));

  it("passes by itself only when every error does", () => {
    expect(isTransient(["ServerIsBusy", "read: connection reset by peer"])).to.equal(true);
    expect(isTransient(["ServerIsBusy", "QuotaExceeded"])).to.equal(false);
    expect(isTransient(["Throttling while checking: SkuNotAvailable"])).to.equal(false);
    expect(isTransient([])).to.equal(false);
  });
});

describe("health from outside", () => {
  const check = { url: "https://shop.example.org/ready", inARow: 3, intervalSeconds: 5, timeoutSeconds: 30 };
  async function after(answers: (number | string | Error)[], ...names: string[]) {
    let time = 0;
    const asked: number[] = [];
    const health = await checkHealth(
      { ...check, ...(names.length > 0 && { names }) },
      {
        ask: () => {
          asked.push(time / 1000);
          const next = answers.length > 1 ? answers.shift() : answers[0];
          if (next instanceof Error) return Promise.reject(next);
          return Promise.resolve(typeof next === "number" ? { status: next, body: "" } : { status: 200, body: next ?? "" });
        },
        sleep: (seconds) => ((time += seconds * 1000), Promise.resolve()),
        now: () => time,
      },
    );
    return { ...health, asked };
  }

  it("is three good answers in a row", async () => {
    expect(await after([503, 200, 503, 200])).to.deep.equal({
      healthy: true,
      last: "https://shop.example.org/ready answered 200",
      seconds: 25,
      reached: true,
      asked: [0, 5, 10, 15, 20, 25],
    });
  });

  it("ends at its limit, with the last answer", async () => {
    const failed = new Error("fetch failed", { cause: new Error("getaddrinfo ENOTFOUND") });
    expect(await after([failed])).to.include({
      healthy: false,
      seconds: 30,
      reached: false,
      last: "https://shop.example.org/ready didn't answer: getaddrinfo ENOTFOUND",
    });
  });

  it("wants the expected version", async () => {
    expect((await after(["v1"], "v2")).healthy).to.equal(false);
    expect((await after(["now v2"], "v2")).healthy).to.equal(true);
    for (const body of ["1.5.0", '{"version":"1.5.0"}', "v1.5.0", "runs 1.5.0."])
      expect((await after([body], "1.4.0", "1.5.0")).healthy, body).to.equal(true);
    for (const body of ["11.5.0", "1.5.01", "1.5.0-rc1", "1.5.0.1", "1x5.0"])
      expect((await after([body], "1.5.0")).healthy, body).to.equal(false);
  });
});

describe("what a deployment shows", () => {
  function shownBy(events: object[]): { lines: string[]; progress: Progress } {
    const lines: string[] = [];
    let time = 0;
    const progress = new Progress((line) => void lines.push(line), { now: () => time }, true);
    for (const event of events) {
      time += 1000;
      progress.onEvent({ sequence: 1, timestamp: 1, ...event });
    }
    time += 40_000;
    progress.heartbeat(30);
    progress.heartbeat(30);
    return { lines, progress };
  }
  const metadata = (op: string, type: string, name: string) => ({ metadata: { op, urn: urn(type, name), type, provider: "" } });

  it("is a line for each resource, its time, errors without colours, and a sign of life", () => {
    const { lines, progress } = shownBy([
      { resourcePreEvent: metadata("create", "platform:index:Database", "database") },
      { resourcePreEvent: metadata("create", "aws:rds/instance:Instance", "database-server") },
      { resourcePreEvent: metadata("create", "aws:kms/key:Key", "key") },
      { resOutputsEvent: metadata("create", "aws:kms/key:Key", "key") },
      { resOpFailedEvent: metadata("create", "aws:sqs/queue:Queue", "jobs") },
      {
        diagnosticEvent: {
          urn: urn("aws:sqs/queue:Queue", "jobs"),
          severity: "error",
          message: "<{%reset%}>no such<{%reset%}>\n",
          prefix: "",
          color: "",
        },
      },
      { diagnosticEvent: { severity: "error", message: "update failed", prefix: "", color: "" } },
      { summaryEvent: { resourceChanges: { create: 2 }, durationSeconds: 1, maybeCorrupt: false, policyPacks: {} } },
    ]);
    expect(lines).to.deep.equal([
      "[   4 s] created key (aws:kms/key:Key) in 1 s",
      "[   5 s] FAILED jobs (aws:sqs/queue:Queue)",
      "[   6 s] error: no such",
      "[  48 s] still waiting for database-server (46 s)",
    ]);
    expect(progress.errors).to.deep.equal([{ urn: urn("aws:sqs/queue:Queue", "jobs"), message: "no such" }]);
    expect(progress.changes).to.deep.equal({ create: 2 });
  });

  it("has no secret in outputs", () => {
    expect(shown({ url: { value: "https://x", secret: false }, token: { value: "hunter2", secret: true } })).to.deep.equal({
      url: "https://x",
      token: "[secret]",
    });
  });

  it("is a page for the job's summary", () => {
    const summary: Summary = {
      schemaVersion: 1,
      command: "up",
      stack: "prod",
      cloud: "aws",
      result: "rolled_back",
      exitCode: 4,
      changes: { same: 180, update: 2 },
      durationSec: 90,
      url: "https://shop.example.org",
      health: { healthy: false, last: "answered 503 | again", seconds: 60 },
      images: { api: { before: "a:1", after: "a:2" } },
      state: null,
      dangers: [],
      errors: [{ urn: urn("aws:sqs/queue:Queue", "jobs"), message: "no\nsuch" }],
      message: "the images before are back",
    };
    expect(markdown(summary)).to.equal(
      "## up of prod on aws: rolled back\n\n| | |\n| --- | --- |\n| changes | 2 update |\n| duration | 90 s |\n| url | https://shop.example.org |\n" +
        "| health | UNHEALTHY: answered 503 \\| again |\n| api | a:1 → a:2 |\n\nthe images before are back\n\nErrors:\n\n- `jobs`: no such\n",
    );
  });
});
