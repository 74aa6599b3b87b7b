// `npm run rehearse` with the real engine: what the docs promise of it, on small stacks.
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { run } from "../../rehearsal/cli";
import { type Rehearsal, rehearse } from "../../rehearsal/engine";
import type { Phase } from "../../rehearsal/scene";
import { needsEngine } from "../support/engine";

/** One service and its database. */
const small = ["cache", "services.worker", "services.nightly", "services.api", "queues.jobs", "topics.events"].flatMap((part) => [
  "--config",
  `${part}.enabled=false`,
]);

describe("a rehearsal", function () {
  this.timeout(300_000);
  const { env } = process;
  // A rehearsal forgets its process's environment, which other tests need.
  beforeEach(() => void (process.env = { ...env }));
  afterEach(() => void (process.env = env));

  async function rehearsed(...argv: string[]): Promise<{ code: number; phases: readonly Phase[]; talk: string }> {
    let [out, talk] = ["", ""];
    const printer = { out: (text: string) => void (out += text), err: (text: string) => void (talk += text) };
    const usual = ["--stack", "dev", "--cloud", "azure", "--speed", "600", "--format", "json", ...small];
    const code = await run([argv[0] ?? "", ...usual, ...argv.slice(1)], printer);
    return { code, phases: out === "" ? [] : (JSON.parse(out) as { phases: Phase[] }).phases, talk };
  }

  it("waits for a lock, tries again what was throttled, and ends healthy", async function () {
    needsEngine(this, { what: "a rehearsal with lock and throttling", minutes: 1 });
    const { code, phases, talk } = await rehearsed("up", "--lock", "20", "--throttle", "azure-native:web:AppServicePlan");
    expect(code, talk).to.equal(0);
    expect(talk).to.match(/waiting for another update: created by a colleague@another-machine/);
    expect(talk).to.match(/a fault that passes by itself \(Code="TooManyRequests"/);
    expect(talk).to.match(/healthy: https:\S+ answered 200/);
    const [{ timeline, visitors }] = phases as [Phase];
    const row = (what: string) => timeline.find((each) => each.what === what && each.how === "done")!;
    // The cloud's durations: a vault takes 147 s, and what needs it comes after it.
    expect(row("create secrets-vault").end! - row("create secrets-vault").start).to.be.within(140, 400);
    expect(row("create secrets-key").start).to.be.greaterThan(row("create secrets-vault").end! - 0.001);
    expect(visitors.map(({ service, firstAfter }) => [service, firstAfter !== null])).to.deep.equal([["web", true]]);
  });

  it("shows a new image that answers badly: rolled back, exit code 4, and for how long visitors saw it", async function () {
    needsEngine(this, { what: "a rehearsal of a bad image", minutes: 1 });
    const { code, phases, talk } = await rehearsed("up", "--unhealthy", "web");
    expect(code, talk).to.equal(4);
    expect(talk)
      .to.match(/NOT healthy/)
      .and.match(/rolled back|the images before are back/);
    expect(phases[0]!.timeline.map(({ what }) => what)).to.deep.equal(["update web-site", "update web-site"]);
    expect(phases[0]!.visitors[0]!.longestGap).to.be.greaterThan(250);
  });

  it("can't reach a real account", async function () {
    needsEngine(this, { what: "isolation of rehearsals" });
    process.env.AWS_ACCESS_KEY_ID = "AKIDREAL";
    process.env.ARM_CLIENT_SECRET = "real";
    let rehearsal: Rehearsal | undefined;
    try {
      rehearsal = await rehearse({ stack: "dev", cloud: "azure" });
      expect(rehearsal.cli("preview").code).to.equal(0);
      const { cloud, where, directory } = rehearsal;
      const told = cloud.notes().flatMap((note) => cloud.noted(note) as string[]);
      expect(told).to.include("SIM_STATE");
      const places = ["AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_EC2_METADATA_DISABLED", "AZURE_CONFIG_DIR"];
      expect(told.filter((name) => /^(AWS|AZURE|ARM|GITHUB|ACTIONS|MSI|IDENTITY)_/.test(name) && !places.includes(name))).to.deep.equal([]);
      // Only simulated providers (and awsx, which reaches clouds through them alone), and none is fetched.
      const project = parse(readFileSync(join(where.workDir, "Pulumi.yaml"), "utf8")) as {
        plugins: { providers: { name: string; path: string }[] };
      };
      const simulated = project.plugins.providers.filter(({ name }) => name !== "awsx");
      expect(simulated.map(({ name }) => name)).to.deep.equal(["aws", "azure-native", "random"]);
      for (const { path } of simulated) expect(path.startsWith(directory)).to.equal(true);
      expect(where.env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION).to.equal("true");
      expect(where.env.PULUMI_BACKEND_URL).to.match(/^file:\/\//);
    } finally {
      rehearsal?.remove();
    }
  });
});
