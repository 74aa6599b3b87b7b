// The pure parts of the deploy command: which step is a danger, what is tried again, what is healthy, and how an end is told.
import { spawnSync } from "node:child_process";
import { hostname } from "node:os";
import { ConcurrentUpdateError, type EngineEvent } from "@pulumi/pulumi/automation";
import { expect } from "chai";
import { Ends, type Limits } from "../../automation/ends";
import { execute, writtenBy } from "../../automation/engine";
import { dangers, stepsOf } from "../../automation/gates";
import { checkHealth } from "../../automation/health";
import { holderOf, isGone, Locked } from "../../automation/lock";
import { endOf, isTransient, isYoungRole, kindOf, Stop, wordsOf } from "../../automation/outcome";
import { Progress } from "../../automation/progress";
import { patiently } from "../../automation/retry";
import { unreadable } from "../../automation/workspace";
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
    const [said, tried]: [string[], number[]] = [[], []];
    const abort = new AbortController();
    const waiting = {
      say: (line: string) => void said.push(line),
      sleep: (seconds: number) => ((time += seconds * 1000), Promise.resolve()),
      now: () => time,
      signal: abort.signal,
    };
    const patience = { lockSeconds: limit, retries: 2, retrySeconds: 10 };
    /** `tried` has the seconds at which each try began. */
    const run = (errors: readonly string[], attempt: (calls: number) => Promise<string>): Promise<unknown> => {
      const counted = () => (tried.push(time / 1000), attempt(tried.length));
      return patiently(counted, () => errors, patience, waiting).catch((reason: unknown) => reason);
    };
    return { said, tried, abort, run };
  }

  it("waits for another update, naming its holder, and goes on", async () => {
    const { said, tried, run } = world();
    const result = await run([], (calls) => (calls < 4 ? Promise.reject(locked) : Promise.resolve("done")));
    expect([result, tried]).to.deep.equal(["done", [0, 5, 15, 30]]);
    expect(said[0]).to.equal("waiting for another update: created by ci@runner-7 (pid 41) at 2026-11-21T10:00:00Z");
  });

  it("gives up waiting at its limit, and never breaks a lock", async () => {
    const { tried, run } = world(20);
    const error = await run([], () => Promise.reject(locked));
    expect(error).to.be.instanceOf(Stop).and.to.include({ kind: "timeout" });
    expect((error as Stop).message).to.match(/still being updated after 20 s: created by ci@runner-7/);
    expect(tried).to.deep.equal([0, 5, 15, 20]);
  });

  it("does not wait for a process of this machine that is gone", async () => {
    const { pid } = spawnSync("true");
    const { tried, run } = world();
    const error = await run([], () => Promise.reject(new Locked(`created by ci@${hostname()} (pid ${pid}) at 2026-11-21T10:00:00Z`)));
    expect(error).to.be.instanceOf(Stop).and.to.include({ kind: "failure" });
    expect((error as Stop).remedy)
      .to.include("cancel")
      .and.include("doctor");
    expect(tried).to.deep.equal([0]);
    expect([isGone(`created by x@${hostname()} (pid ${process.pid})`), isGone(`created by x@elsewhere (pid ${pid})`)]).to.deep.equal([
      false,
      false,
    ]);
  });

  it("tries again what passes by itself, twice, each time later", async () => {
    const { tried, run } = world();
    const failed = new Error("update failed");
    const error = await run(["Throttling: Rate exceeded"], () => Promise.reject(failed));
    expect([error, tried]).to.deep.equal([failed, [0, 10, 30]]);
  });

  it("gives a role that is too young ten minutes, unless no further try is wanted", async () => {
    const young = [
      'Status=400 Code="KeyVaultAuthenticationFailure" Message="The operation failed because of authentication issue on the keyvault."',
      "ContainerAppSecretInvalid: Invalid value: unable to fetch secret 'db' using Managed identity: InvalidParameterValueInContainerTemplate",
    ];
    for (const error of young) {
      const { tried, run } = world();
      await run([error], () => Promise.reject(new Error("x")));
      expect(tried, error).to.deep.equal([0, 30, 90, 210, 390, 630]);
    }
    const { tried, run } = world();
    await run([young[0]!, "QuotaExceeded: no"], () => Promise.reject(new Error("x")));
    expect(tried).to.deep.equal([0]);
  });

  it("tries nothing again that fails for good", async () => {
    for (const errors of [[], ["InvalidParameterValue: no"], ["Throttling", "AccessDenied: no"]]) {
      const { tried, run } = world();
      await run(errors, () => Promise.reject(new Error("x")));
      expect(tried).to.deep.equal([0]);
    }
  });

  it("begins nothing after a signal, and ends a wait at once", async () => {
    const reason = new Stop("timeout", "its time is over");
    const before = world();
    before.abort.abort(reason);
    expect([await before.run([], () => Promise.resolve("done")), before.tried]).to.deep.equal([reason, []]);
    const within = world();
    const error = await within.run([], () => (within.abort.abort(reason), Promise.reject(locked)));
    expect([error, within.tried]).to.deep.equal([locked, [0]]);
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
    ["error: update canceled", "cancelled"],
    ["creating ECS Service: waiting: the operation was canceled", "deployment"],
    ['Code="OperationPreempted" Message="The update was canceled by a newer one"', "deployment"],
    ["RequestCanceled: request context canceled", "deployment"],
  ];
  for (const [text, kind] of texts) it(`${text.split("\n")[0]} is ${kind}`, () => expect(kindOf(text)).to.equal(kind));

  for (const words of [
    "no resource plugin 'pulumi-resource-azure-native' found in the workspace at version v3.23.0 or on your $PATH",
    "Could not automatically download and install resource plugin 'pulumi-resource-azure-native' at version v3.23.0, install the plugin using `pulumi plugin install resource azure-native v3.23.0`: failed all 5 attempts",
  ]) {
    it(`${words.slice(0, 30)}… is a plugin to install`, () => {
      const progress = new Progress(() => undefined, { now: () => 0 }, true);
      const event = { diagnosticEvent: { severity: "error", message: words, prefix: "", color: "" } };
      progress.onEvent({ sequence: 1, timestamp: 1, ...event } as EngineEvent);
      expect(endOf(new Error("update failed"), progress)).to.deep.equal({
        kind: "configuration",
        message:
          "the Pulumi CLI has no plugin azure-native 3.23.0 on this machine, and did not fetch it\ninstall it: pulumi plugin install resource azure-native 3.23.0",
      });
    });
  }

  const passing = [
    'reading SQS Queue: Get "https://sqs.us-east-1.amazonaws.com/": dial tcp 3.4.5.6:443: i/o timeout',
    "dial tcp: lookup management.azure.com on 127.0.0.53:53: no such host",
    "lookup management.azure.com on 127.0.0.53:53: server misbehaving",
    'Put "https://management.azure.com/subscriptions/x": unexpected EOF',
    'Post "https://ecs.us-east-1.amazonaws.com/": EOF',
    "dial tcp 127.0.0.1:443: connect: connection refused",
    "read tcp 10.0.0.1:5->10.0.0.2:443: read: connection reset by peer",
    "write tcp 10.0.0.1:5->10.0.0.2:443: write: broken pipe",
    'Get "https://login.microsoftonline.com/": net/http: TLS handshake timeout',
    "net/http: request canceled (Client.Timeout exceeded while awaiting headers)",
    "http2: client connection lost",
    'autorest: StatusCode=504 -- Original Error: Code="GatewayTimeout" Message="The gateway did not receive a response in time"',
    "https response error StatusCode: 503, RequestID: x, api error Unknown",
    "GET https://management.azure.com: RESPONSE 502: 502 Bad Gateway",
    "api error ThrottlingException: Rate exceeded",
  ];
  const lasting = [
    "timeout while waiting for state to become 'available' (last state: 'creating', timeout: 40m0s)",
    "https response error StatusCode: 400, api error ValidationException: no such host zone",
    "the image of EOF:1 is not there",
    "StatusCode=409 Conflict",
    "dial tcp: i/o timeout while checking: QuotaExceeded",
  ];
  for (const text of passing) it(`${text} passes by itself`, () => expect(isTransient([text])).to.equal(true));
  for (const text of lasting) it(`${text} does not pass by itself`, () => expect(isTransient([text])).to.equal(false));

  it("passes by itself only when every error does", () => {
    expect(isTransient(["ServerIsBusy", "read: connection reset by peer"])).to.equal(true);
    expect(isTransient(["ServerIsBusy", "QuotaExceeded"])).to.equal(false);
    expect(isTransient(["Throttling while checking: SkuNotAvailable"])).to.equal(false);
    expect(isTransient([])).to.equal(false);
  });

  it("are not hidden by what the engine's end does to a component under way", () => {
    const aftermath = [
      "awsx:ec2:Vpc resource 'network-vpc' has a problem: grpc: the client connection is closing",
      "Running program 'index.ts' failed with an unhandled exception: Error: failed to register new resource network-vpc [awsx:ec2:Vpc]: 2 UNKNOWN: resource monitor shut down",
    ];
    expect(isTransient(["ThrottlingException: Rate exceeded", ...aftermath])).to.equal(true);
    expect(isYoungRole([...aftermath, "KeyVaultAuthenticationFailure"])).to.equal(true);
    expect(isTransient(["QuotaExceeded", ...aftermath])).to.equal(false);
    expect(isTransient(aftermath)).to.equal(false);
    const progress = new Progress(() => undefined, { now: () => 0 }, true);
    for (const message of [...aftermath, "no such size"]) progress.errors.push({ urn: undefined, message });
    expect(endOf(new Error("update failed"), progress).message).to.match(/^no such size\nwhat was done by then stays/);
  });
});

describe("the ends that come from outside", () => {
  function ends(limits: Partial<Limits> = {}) {
    const said: string[] = [];
    let time = 0;
    const all = new Ends(
      (line) => void said.push(line),
      { timeoutSeconds: 3600, graceSeconds: 3600, ...limits },
      () => time,
    );
    return { all, said, later: (seconds: number) => void (time += seconds * 1000) };
  }

  it("ask first; a second signal kills, and one that comes twice at once is one", () => {
    const { all, said, later } = ends();
    try {
      process.emit("SIGTERM", "SIGTERM");
      later(1);
      process.emit("SIGTERM", "SIGTERM");
      expect([all.signal.aborted, all.kill.aborted]).to.deep.equal([true, false]);
      expect(all.signal.reason).to.be.instanceOf(Stop).and.to.include({ kind: "cancelled", message: "stopped by SIGTERM" });
      later(5);
      process.emit("SIGTERM", "SIGTERM");
      expect(all.kill.aborted).to.equal(true);
      expect(said).to.have.length(2);
    } finally {
      all.close();
    }
    expect(process.listeners("SIGTERM")).to.have.length(0);
  });

  it("are a timeout when time is over, and a kill when the engine does not end", async () => {
    const { all, said } = ends({ timeoutSeconds: 0.01, graceSeconds: 0.01 });
    await new Promise((resolve) => all.kill.addEventListener("abort", resolve));
    all.close();
    expect(all.signal.reason).to.be.instanceOf(Stop).and.to.include({ kind: "timeout" });
    expect(all.kill.aborted).to.equal(true);
    expect(said.join("\n")).to.match(/0.01 s are over.*\(--grace\)[^]*is killed/);
  });
});

describe("a state that a kill has met while it was written", () => {
  it("is told from other errors, with what brings it back", () => {
    for (const words of ["error: failed to load checkpoint: EOF", "unexpected end of JSON input"]) {
      const stop = unreadable(new Error(words));
      expect(stop).to.include({ kind: "failure" });
      expect(wordsOf(stop, "\n"))
        .to.include(words)
        .and.match(/<stack>\.json\.bak over <stack>\.json.*pulumi stack import.*--recover/);
    }
    expect(unreadable(new Error("error: no stack named 'dev' found"))).to.equal(undefined);
  });
});

describe("the engine as a process", () => {
  const where = { cwd: ".", env: {} };
  const marked = "trap 'echo asked; exit 3' INT; echo ready; while true; do sleep 0.05; done";
  function begun(): { out: string[]; onOutput: (text: string) => void; ready: Promise<void> } {
    const out: string[] = [];
    let ready = (): void => undefined;
    const began = new Promise<void>((resolve) => (ready = resolve));
    return { out, ready: began, onOutput: (text) => (out.push(text), text.includes("ready") && ready()) };
  }

  it("is asked by one SIGINT, in a group that no terminal's Ctrl-C reaches", async () => {
    const abort = new AbortController();
    const { ready, onOutput } = begun();
    const run = execute("sh", ["-c", `ps -o pgid= -p $$; ${marked}`], where, { onOutput, signal: abort.signal });
    await ready;
    abort.abort();
    const { code, stdout } = await run;
    expect([code, stdout.endsWith("asked")]).to.deep.equal([3, true]);
    expect(Number(stdout.trim().split("\n")[0])).to.not.equal(Number(spawnSync("ps", ["-o", "pgid=", "-p", String(process.pid)]).stdout));
  });

  it("is killed with what it has started, also what has a group of its own", async () => {
    const kill = new AbortController();
    const { out, ready, onOutput } = begun();
    const script = `require("child_process").spawn("sleep", ["600"], { detached: true, stdio: "inherit" }).on("spawn", function () { console.log(this.pid, "ready") })`;
    const run = execute(process.execPath, ["-e", script], where, { onOutput, kill: kill.signal });
    await ready;
    kill.abort();
    expect((await run).code).to.be.lessThan(0);
    // Where nobody collects orphans they stay as zombies.
    expect(spawnSync("ps", ["-o", "stat=", "-p", String(parseInt(out.join("")))], { encoding: "utf8" }).stdout).to.match(/^(Z.*\s*)?$/);
  });

  it("does not begin after a signal, and keeps what it has written for who asks why", async () => {
    const reason = new Stop("cancelled", "stopped");
    for (const handling of [{ signal: AbortSignal.abort(reason) }, { kill: AbortSignal.abort(reason) }])
      expect(await execute("true", [], where, handling).catch((error: unknown) => error)).to.equal(reason);
    const result = await execute("sh", ["-c", "echo said; echo wrong >&2; exit 4"], where);
    expect([result, writtenBy(result)]).to.deep.equal([{ stdout: "said", stderr: "wrong", code: 4 }, "wrong\nsaid"]);
  });
});

describe("health from outside", () => {
  const check = { url: "https://shop.example.org/ready", inARow: 3, intervalSeconds: 5, timeoutSeconds: 30 };
  async function after(answers: (number | string | Error)[], ...names: string[]) {
    const { signal } = new AbortController();
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
        signal,
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

  it("is not waited for after a signal", async () => {
    const abort = new AbortController();
    let asked = 0;
    const ask = () => (asked++, abort.abort(new Stop("cancelled", "stopped by SIGTERM")), Promise.reject(new Error("no")));
    const asking = { ask, sleep: () => Promise.resolve(), now: Date.now, signal: abort.signal };
    const error: unknown = await checkHealth(check, asking).catch((reason: unknown) => reason);
    expect([String(error), asked]).to.deep.equal(["Error: stopped by SIGTERM", 1]);
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
