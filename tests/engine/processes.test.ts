// The deploy command as processes of their own: what two of them on one stack do, and what signals do to one.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { run } from "../../automation/cli";
import type { Summary } from "../../automation/summary";
import { findCli } from "../../automation/workspace";
import { type Rehearsal, rehearse } from "../../rehearsal/engine";
import { needsEngine } from "../support/engine";
import { tinyProgram } from "../support/tiny";

const repository = join(__dirname, "../..");
/** A rehearsal has a home of its own, where no CLI is found. */
const path = [join(findCli() ?? "", "bin"), process.env.PATH].join(delimiter);

const vault = "azure-native:keyvault:Vault";

interface Deploy {
  readonly child: ChildProcess;
  /** All that it has written so far, to both outputs. */
  readonly text: () => string;
  readonly done: Promise<{ readonly code: number | null; readonly summary: Summary | undefined }>;
}

describe("npm run deploy as a process", function () {
  this.timeout(120_000);
  let rehearsal: Rehearsal;
  let kept: string;
  let program: string;

  before(async function () {
    needsEngine(this, { what: "deploy commands as processes" });
    program = tinyProgram();
    rehearsal = await rehearse({ stack: "dev", cloud: "azure", program });
    kept = mkdtempSync(join(tmpdir(), "kept-"));
  });
  after(() => {
    rehearsal?.remove();
    for (const folder of [kept, program]) if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  function deploy(words: readonly string[], env: Readonly<Record<string, string>> = {}): Deploy {
    const argv = ["--import", "tsx", "automation/main.ts", ...words, "-C", rehearsal.where.workDir, "--format", "json"];
    if (!words.includes("-s")) argv.push("-s", "dev");
    const child = spawn(process.execPath, argv, { cwd: repository, env: { ...process.env, ...rehearsal.where.env, PATH: path, ...env } });
    let [out, err] = ["", ""];
    child.stdout.on("data", (text: Buffer) => (out += text.toString()));
    child.stderr.on("data", (text: Buffer) => (err += text.toString()));
    const done = new Promise<number | null>((resolve) => child.on("close", resolve));
    const summary = () => (out.startsWith("{") ? (JSON.parse(out) as Summary) : undefined);
    return { child, text: () => out + err, done: done.then((code) => ({ code, summary: summary() })) };
  }
  const up = (...words: string[]) => deploy(["up", "--health-timeout", "0", "--keep", kept, ...words]);
  /** One that comes to a call which the cloud doesn't answer, until `release`. */
  async function hanging(call: number, ...words: string[]): Promise<Deploy & { readonly release: () => void }> {
    const number = rehearsal.cloud.calls().length + call;
    const run = deploy(["up", "--health-timeout", "0", "--keep", kept, ...words], { SIM_HANG: String(number) });
    await until("the call that hangs", () => rehearsal.cloud.notes().includes(`hanging-${number}`), run);
    return { ...run, release: () => rehearsal.cloud.note(`released-${number}`, {}) };
  }
  /** The same in this process: quicker, where nothing is to be told by its end. */
  async function plainly(
    verb: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly code: number; readonly text: string }> {
    let text = "";
    const say = (more: string) => void (text += more);
    const code = await run([verb, "-s", "dev", "-C", rehearsal.where.workDir], { out: say, err: say }, { ...rehearsal.where.env, ...env });
    return { code, text };
  }

  /** Waits for what is to come. */
  async function until(what: string, holds: () => boolean, run?: Deploy): Promise<void> {
    for (let tries = 0; !holds(); tries++) {
      if (tries > 600) throw new Error(`${what} did not come: ${run?.text() ?? ""}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  const locks = (): number => readdirSync(join(rehearsal.directory, "backend/.pulumi/locks/organization/platform/dev")).length;

  it("says where the backend is not before it looks at anything", async () => {
    const { code, text } = await plainly("preview", { PULUMI_BACKEND_URL: "file:///nonexistent/state" });
    expect(code, text).to.equal(1);
    expect(text).to.match(/the backend does not give the stack "dev": .*file:\/\/\/nonexistent\/state[^]*PULUMI_BACKEND_URL/);
  });

  it("waits for an update that is under way, which doctor names, instead of taking it for killed", async () => {
    const first = await hanging(2);
    const second = up();
    const { code, text } = await plainly("doctor");
    expect(code, text).to.equal(0);
    expect(text).to.match(/an update is under way: created by \S+@\S+ \(pid \d+\)/);
    expect(text).to.match(/1 operations of that update have not ended/);
    await until("the wait", () => second.text().includes("waiting for another update: created by"), second);
    first.release();
    expect((await first.done).summary, first.text()).to.include({ result: "succeeded", exitCode: 0 });
    expect((await second.done).summary, second.text()).to.include({ result: "no_changes", exitCode: 0 });
    expect(locks()).to.equal(0);
    // The group and the vault, once.
    expect(rehearsal.cloud.all()).to.have.length(2);
  });

  it("lets two stacks go their ways at the same time", async () => {
    expect(rehearsal.on("other", "stack", "init").code).to.equal(0);
    await rehearsal.stack.setConfig("tags.epoch", { value: "1.1" }, true);
    const runs = [up(), up("-s", "other")];
    for (const one of runs) expect((await one.done).summary, one.text()).to.include({ result: "succeeded", exitCode: 0 });
    const vaults = rehearsal.cloud.all().filter(({ type }) => type === vault);
    expect(vaults.map(({ urn }) => urn.split("::").at(-1)).sort()).to.deep.equal(["vault-dev", "vault-other"]);
    expect(runs.map((one) => one.text()).join("")).to.not.include("waiting for another update");
  });

  it("shows what would change, and what was changed behind its back, and changes nothing of it", async () => {
    const there = rehearsal.cloud.all().find(({ type, urn }) => type === vault && urn.endsWith("vault-dev"))!;
    const other = { tags: { epoch: "by hand" } };
    rehearsal.cloud.put({ ...there, inputs: { ...there.inputs, ...other }, outputs: { ...there.outputs, ...other } });
    const calls = rehearsal.cloud.calls().length;
    const drifted = await plainly("drift");
    expect(drifted.code, drifted.text).to.equal(7);
    expect(drifted.text).to.match(/1 resources are not as they were deployed: vault-dev/);
    rehearsal.cloud.put(there);
    expect((await plainly("drift")).code).to.equal(0);
    await rehearsal.stack.setConfig("tags.epoch", { value: "1.2" }, true);
    const previewed = await plainly("preview");
    expect(previewed.code, previewed.text).to.equal(0);
    expect(previewed.text).to.match(/update vault-dev \(azure-native:keyvault:Vault\): tags/);
    expect(rehearsal.cloud.calls()).to.have.length(calls);
  });

  it("ends what it has begun after a Ctrl-C, which reaches it twice where npm hands it on, and releases the lock", async () => {
    await rehearsal.stack.setConfig("tags.epoch", { value: "2" }, true);
    const run = await hanging(1);
    run.child.kill("SIGINT");
    run.child.kill("SIGINT");
    await until("the answer", () => run.text().includes("SIGINT: the engine ends what it has begun"), run);
    run.release();
    const { code, summary } = await run.done;
    expect(code, run.text()).to.equal(8);
    expect(summary).to.include({ result: "cancelled", message: "stopped by SIGINT; the engine ended what it had begun" });
    const { text } = await plainly("doctor");
    expect(text).to.include("nobody updates the stack").and.not.include("interrupted");
  });

  it("kills an engine that does not end after a SIGTERM, and goes on from there after a person has looked", async () => {
    await rehearsal.stack.setConfig("tags.epoch", { value: "3" }, true);
    const run = await hanging(1, "--grace", "1");
    run.child.kill("SIGTERM");
    const { code, summary } = await run.done;
    expect(code, run.text()).to.equal(8);
    expect(summary?.message).to.match(/^stopped by SIGTERM; the engine was killed.*doctor.*cancel.*--recover/);
    expect((await plainly("doctor")).text).to.match(/lock: left by an update that was killed: created by/);
    const refused = await up().done;
    expect(refused.summary?.message).to.match(/killed in the middle of 1 operation:\n {2}updating \S+vault-dev\n/);
    expect((await plainly("cancel")).code).to.equal(0);
    const recovered = up("--recover");
    expect((await recovered.done).summary, recovered.text()).to.include({ result: "succeeded", exitCode: 0 });
  });
});
