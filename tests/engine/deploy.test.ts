// The deploy command on the real engine: a life of a stack as CI would run it.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { run } from "../../automation/cli";
import { up as runUp } from "../../automation/commands";
import { Run } from "../../automation/run";
import type { Summary } from "../../automation/summary";
import { findCli } from "../../automation/workspace";
import { simulated, simulatedApi } from "../../rehearsal/api";
import { type Rehearsal, rehearse, secretsOf } from "../../rehearsal/engine";

describe("npm run deploy on the real engine", function () {
  this.timeout(300_000);
  let rehearsal: Rehearsal;
  let kept: string;
  let secrets: string[] = [];
  const said: string[] = [];

  before(async function () {
    if (findCli() === undefined) this.skip();
    rehearsal = await rehearse({ stack: "dev", cloud: "azure", set: small });
    kept = mkdtempSync(join(tmpdir(), "kept-"));
  });
  after(() => {
    rehearsal?.remove();
    if (kept !== undefined) rmSync(kept, { recursive: true });
  });

  async function deploy(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
    let [out, err] = ["", ""];
    const printer = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) };
    const flags = ["-s", "dev", "-C", rehearsal.where.workDir];
    const [verb = "", ...words] = argv;
    const code = await run([verb, ...flags, ...words], printer, rehearsal.where.env);
    said.push(out, err);
    return { code, out, err };
  }
  const up = (...argv: string[]) => deploy("up", "--health-timeout", "0", "--keep", kept, ...argv);

  it("finds nothing missing", async () => {
    const { code, out } = await deploy("doctor");
    expect(code, out).to.equal(0);
    expect(out).to.include("state: not deployed yet");
  });

  it("makes what is not there", async () => {
    const { code, out } = await up("--format", "json");
    expect([code, (JSON.parse(out) as Summary).result]).to.deep.equal([0, "succeeded"]);
  });

  it("keeps the state, secrets encrypted", () => {
    const files = readdirSync(join(kept, "dev"));
    expect(files).to.not.be.empty;
    said.push(...files.map((file) => readFileSync(join(kept, "dev", file), "utf8")));
  });

  it("changes nothing when nothing has changed", async () => {
    const calls = rehearsal.cloud.calls().length;
    const { code, out } = await up("--format", "json");
    expect([code, (JSON.parse(out) as Summary).result]).to.deep.equal([0, "no_changes"]);
    expect(rehearsal.cloud.calls()).to.have.length(calls);
  });

  it("keeps the instances that the cloud has added when their plan is updated", async () => {
    const plan = () => rehearsal.cloud.all().find(({ type }) => type === "azure-native:web:AppServicePlan")!;
    const { inputs, outputs } = plan();
    const sku = { ...(inputs.sku as object), capacity: 2 };
    rehearsal.cloud.put({ ...plan(), inputs: { ...inputs, sku }, outputs: { ...outputs, sku } });
    await rehearsal.stack.setConfig("owner", { value: "another-team" });
    const { code, out, err } = await up();
    expect(code, err).to.equal(0);
    expect(out).to.match(/reading how many instances run, which the update keeps: hosting-plan-api/);
    expect([plan().inputs.sku, (plan().inputs.tags as { owner: string }).owner]).to.deep.equal([sku, "another-team"]);
  });

  it("does not replace data unless that is allowed by name", async () => {
    await rehearsal.stack.setConfig("database.databaseName", { value: "other" }, true);
    const calls = rehearsal.cloud.calls().length;
    const { code, err } = await up();
    expect(code).to.equal(5);
    expect(err).to.include("database-database").and.include("--allow");
    expect(rehearsal.cloud.calls()).to.have.length(calls);
    const allowed = await deploy("preview", "--allow", "database-database");
    await rehearsal.stack.removeConfig("database", true);
    expect(allowed.code, allowed.err).to.equal(0);
  });

  /** The site's image in the simulated cloud. */
  const running = (): string => {
    const site = rehearsal.cloud.all().find(({ type }) => type === "azure-native:web:WebApp");
    return String((site?.inputs.siteConfig as { linuxFxVersion?: string } | undefined)?.linuxFxVersion);
  };

  it("goes back to the image before when the new one does not answer", async () => {
    const good = running();
    await rehearsal.stack.setConfig("services.api.image", { value: "example.org/team/api:2" }, true);
    const options = {
      stack: "dev",
      where: rehearsal.where,
      allow: [],
      policyPacks: [],
      recover: false,
      create: false,
      rollback: true,
      jobs: true,
    };
    const patience = { lockSeconds: 60, retries: 0, retrySeconds: 1 };
    const waits = { patience, jobSeconds: 60, healthSeconds: 1 };
    const world = {
      say: (line: string) => void said.push(line),
      sleep: () => Promise.resolve(),
      now: Date.now,
      ask: () => Promise.resolve({ status: running() === good ? 200 : 503, body: "" }),
      signal: new AbortController().signal,
      connect: () => Promise.resolve(simulatedApi(rehearsal.cloud)),
    };
    const summary = await runUp(new Run("up", { ...options, ...waits, keepIn: kept }, world));
    expect(summary).to.include({ result: "rolled_back", exitCode: 4 });
    expect(summary.images).to.have.all.keys("api");
    expect(summary.images.api?.after).to.equal("example.org/team/api:2");
    expect(running()).to.equal(good);
    expect((await rehearsal.stack.getConfig("services.api.image", true)).value).to.equal(summary.images.api?.before);
  });

  it("rolls back by hand to the image of the last successful update that had another", async () => {
    const good = running();
    await rehearsal.stack.setConfig("services.api.image", { value: "example.org/team/api:3" }, true);
    expect((await up()).code).to.equal(0);
    expect(running()).to.equal("DOCKER|example.org/team/api:3");
    const { code, err } = await deploy("rollback", "--health-timeout", "0", "--keep", kept);
    expect(code, err).to.equal(0);
    // Not to the image between them, which did not answer.
    expect(running()).to.equal(good);
  });

  it("begins the next epoch of secrets", async () => {
    const { code, err } = await deploy("rotate", "--health-timeout", "0", "--keep", kept);
    expect(code, err).to.equal(0);
    expect((await rehearsal.stack.getConfig("rotationEpoch")).value).to.equal("2");
  });

  it("refuses a login for another subscription before the engine is asked, with both", async () => {
    const expected = "11111111-1111-4111-8111-111111111111";
    await rehearsal.stack.setConfig("azure-native:subscriptionId", { value: expected });
    const options = { stack: "dev", where: rehearsal.where, allow: [], policyPacks: [], recover: false, create: false, rollback: true };
    const world = {
      say: (line: string) => void said.push(line),
      sleep: () => Promise.resolve(),
      now: Date.now,
      ask: () => Promise.reject(new Error("not asked")),
      signal: new AbortController().signal,
      connect: () => Promise.resolve(simulatedApi(rehearsal.cloud)),
    };
    const patience = { lockSeconds: 60, retries: 0, retrySeconds: 1 };
    const calls = rehearsal.cloud.calls().length;
    const summary = await runUp(new Run("up", { ...options, jobs: true, jobSeconds: 60, patience, healthSeconds: 1, keepIn: kept }, world));
    await rehearsal.stack.removeConfig("azure-native:subscriptionId");
    expect(summary).to.include({ result: "failed", exitCode: 3 });
    expect(summary.message).to.include(simulated.azure).and.include(`expected is ${expected}`);
    expect(rehearsal.cloud.calls()).to.have.length(calls);
  });

  it("refuses to switch the cloud before the engine is asked", async () => {
    await rehearsal.stack.setConfig("cloud", { value: "aws" });
    const { code, err } = await up();
    await rehearsal.stack.setConfig("cloud", { value: "azure" });
    expect(code, err).to.equal(2);
    expect(err).to.include("docs/moving-clouds.md");
  });

  it("finds no drift where there is none", async () => {
    const { code, out } = await deploy("drift");
    expect(code, out).to.equal(0);
  });

  it("says which stack is not there", async () => {
    const { code, out, err } = await deploy("outputs", "-s", "dev2");
    expect([code, out]).to.deep.equal([6, ""]);
    expect(err).to.include("pulumi stack init dev2");
  });

  it("leaves nothing after destroy", async () => {
    secrets = secretsOf(rehearsal.cloud);
    const { code, err } = await deploy("destroy", "--keep", kept);
    expect(code, err).to.equal(0);
    expect(rehearsal.cloud.all()).to.deep.equal([]);
  });

  it("has shown no secret", () => {
    expect(secrets).to.not.be.empty;
    expect(said.join("\n")).to.include("created ");
    expect(secrets.filter((secret) => said.some((text) => text.includes(secret)))).to.deep.equal([]);
  });
});

/** One service with its database: an update takes a few seconds. */
const small = [
  ...["cache.enabled=false", "services.web.enabled=false", "services.worker.enabled=false", "services.nightly.enabled=false"],
  // The smallest that scales by itself.
  ...["services.api.cpu=0.5", "services.api.memoryMb=1024"],
];
