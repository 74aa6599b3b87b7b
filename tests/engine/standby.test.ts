// Two stacks under the real engine, in two regions of one simulated cloud: one stands by for the other, takes over by one change of its
// config, and keeps all data in doing so.
import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../automation/cli";
import { dataTypes } from "../../automation/gates";
import { type Rehearsal, rehearse } from "../../rehearsal/engine";
import type { Stored } from "../../rehearsal/store";
import { needsEngine } from "../support/engine";

const regions = { aws: ["aws:region", "us-west-2"], azure: ["azure-native:location", "centralus"] } as const;
const servers = { aws: "aws:rds/instance:Instance", azure: "azure-native:dbforpostgresql:Server" } as const;
/** One service, its database and a bucket: an update takes a few seconds. */
const off = ["cache", "services.web", "services.worker", "services.nightly"];
const small = ["database.size=medium", "standby.peerCidr=10.1.0.0/16", ...off.map((part) => `${part}.enabled=false`)];

describe("a stack that stands by, under the real engine", function () {
  this.timeout(300_000);
  for (const cloud of ["aws", "azure"] as const) {
    describe(cloud, () => {
      let rehearsal: Rehearsal;
      let kept: string;
      const deploy = async (verb: string, stack: string): Promise<{ code: number; text: string }> => {
        let [out, err] = ["", ""];
        const printer = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) };
        const flags = verb === "up" ? ["--create", "--health-timeout", "0", "--keep", kept] : [];
        const where = ["-s", stack, "-C", rehearsal.where.workDir, "--format", "json"];
        const code = await run([verb, ...where, ...flags], printer, rehearsal.where.env);
        return { code, text: out === "" ? err : `${out}\n${err}` };
      };
      /** The CLI itself, which is twice as quick without its preview. */
      const pulumi = (stack: string, ...words: string[]): { code: number | null; text: string } => {
        const { code, output } = rehearsal.on(stack, ...words, "--yes", "--skip-preview");
        return { code, text: output };
      };
      /** Writes the standby's file anew. */
      const configure = (standby: Record<string, unknown>, region: string = regions[cloud][1]): void => {
        const enabled = { enabled: false };
        const services = { web: enabled, worker: enabled, nightly: enabled };
        const given = { cloud, environment: "dev", standbyOf: "dev", database: { size: "medium" }, cache: enabled, services, standby };
        const lines = Object.entries(given).map(([key, value]) => `  platform:${key}: ${JSON.stringify(value)}`);
        rehearsal.writeConfig(["config:", `  ${regions[cloud][0]}: ${region}`, ...lines].join("\n"), "west");
      };
      const ofWest = (): Stored[] => rehearsal.cloud.all().filter(({ urn }) => urn.startsWith("urn:pulumi:west::"));
      const server = (): Stored => ofWest().find(({ type }) => type === servers[cloud])!;

      before(async function () {
        needsEngine(this, { what: "standby and takeover", cloud, minutes: 2 });
        kept = mkdtempSync(join(tmpdir(), "kept-"));
        rehearsal = await rehearse({ stack: "dev", cloud, set: small });
        await rehearsal.stack.up({ onOutput: rehearsal.onOutput });
      });
      after(() => {
        rehearsal?.remove();
        if (kept !== undefined) rmSync(kept, { recursive: true });
      });

      it("refuses what can't stand by for it before anything is made", async () => {
        const before = rehearsal.cloud.calls().length;
        configure({}, cloud === "aws" ? "us-east-1" : "eastus2");
        const same = await deploy("up", "west");
        expect(same.code).to.not.equal(0);
        expect(same.text).to.match(/it is in (us-east-1|eastus2) too; a standby is in another region/);
        expect(rehearsal.cloud.calls()).to.have.length(before);
      });

      it("B3: stands by with a replica of the primary's database, beside the primary and without touching it", async () => {
        const before = new Map(rehearsal.cloud.all().map(({ type, id, inputs }) => [`${type} ${id}`, JSON.stringify(inputs)]));
        configure({});
        const { code, text } = pulumi("west", "up");
        expect(code, text).to.equal(0);
        const source = rehearsal.cloud.all().find(({ type, urn }) => type === servers[cloud] && urn.startsWith("urn:pulumi:dev::"))!;
        const followed = cloud === "aws" ? server().inputs.replicateSourceDb : server().inputs.sourceServerResourceId;
        expect(followed).to.equal(cloud === "aws" ? source.outputs.arn : source.id);
        expect(server().region).to.equal(regions[cloud][1]);
        const now = new Map(rehearsal.cloud.all().map(({ type, id, inputs }) => [`${type} ${id}`, JSON.stringify(inputs)]));
        expect([...before].filter(([key, inputs]) => now.get(key) !== inputs)).to.deep.equal([]);
      });

      it("B3: takes over by one change: the replica is promoted in place, and no data is replaced or deleted", async () => {
        const [calls, id] = [rehearsal.cloud.calls().length, server().id];
        configure({ active: true });
        // With its preview: the gate on data would stop it.
        const { code, text } = await deploy("up", "west");
        expect(code, text).to.equal(0);
        const since = rehearsal.cloud.calls().slice(calls);
        expect(since.filter(({ kind, type }) => kind !== "update" && type === servers[cloud])).to.deep.equal([]);
        expect(since.filter(({ kind, type }) => kind === "delete" && dataTypes.includes(type))).to.deep.equal([]);
        const { inputs } = server();
        expect(server().id).to.equal(id);
        if (cloud === "aws") expect(inputs).to.not.have.property("replicateSourceDb");
        else expect(inputs.replica).to.include({ role: "Primary", promoteMode: "Standalone" });
        // The password of this stack's own vault.
        expect(inputs).to.have.property(cloud === "aws" ? "password" : "administratorLoginPassword");
        const { outputs } = JSON.parse((await deploy("outputs", "west")).text) as { outputs: Record<string, unknown> };
        expect(outputs).to.not.have.property("standbyOf");
        expect(outputs).to.have.nested.property("services.api");
        expect(outputs.region).to.equal(regions[cloud][1]);
        expect(outputs.url).to.be.a("string").and.not.equal("");
      });

      it("changes nothing in a second run", () => {
        const { code, text } = pulumi("west", "up", "--expect-no-changes");
        expect(code, text).to.equal(0);
      });

      it("leaves nothing when both go, but what a standby put into the primary's group", () => {
        const west = pulumi("west", "destroy");
        expect(west.code, west.text).to.equal(0);
        // As the runbook says, a person removes these two.
        const left = ofWest();
        expect(left.map(({ type }) => type.split(":").at(-1)).sort()).to.deep.equal(
          cloud === "aws" ? [] : ["VirtualNetworkLink", "VirtualNetworkPeering"],
        );
        for (const { type, id } of left) rehearsal.cloud.remove(type, id);
        const dev = pulumi("dev", "destroy");
        expect(dev.code, dev.text).to.equal(0);
        expect(rehearsal.cloud.all()).to.deep.equal([]);
      });
    });
  }
});
