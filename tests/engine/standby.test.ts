// Two stacks under the real engine: one stands by for the other, reads its outputs, and takes over by one change of its config.
import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findCli } from "../../automation/workspace";
import { findAwsx, type Rehearsal, rehearse } from "../../rehearsal/engine";

const cli = findCli();
const regions = { aws: ["aws:region", "us-west-2"], azure: ["azure-native:location", "centralus"] } as const;
const servers = { aws: "aws:rds/instance:Instance", azure: "azure-native:dbforpostgresql:Server" } as const;

describe("a stack that stands by, under the real engine", function () {
  this.timeout(300_000);
  for (const cloud of ["aws", "azure"] as const) {
    describe(cloud, () => {
      let rehearsal: Rehearsal;
      const pulumi = (...args: string[]): { readonly code: number | null; readonly output: string } => {
        const { workDir: cwd, env } = rehearsal.where;
        const options = { cwd, env: { ...process.env, ...env }, encoding: "utf8", maxBuffer: 2 ** 28 } as const;
        const { status, stdout, stderr } = spawnSync(join(cli!, "bin", "pulumi"), [...args, "--non-interactive"], options);
        return { code: status, output: stdout + stderr };
      };
      const west = (standby: Record<string, unknown>, stack = "west", of = "dev", region: string = regions[cloud][1]) => {
        const config = { cloud, environment: "dev", standbyOf: of, database: { size: "medium" }, standby };
        const lines = Object.entries(config).map(([key, value]) => `  platform:${key}: ${JSON.stringify(value)}`);
        writeFileSync(
          join(rehearsal.where.workDir, `Pulumi.${stack}.yaml`),
          ["config:", `  ${regions[cloud][0]}: ${region}`, ...lines, ""].join("\n"),
        );
        return pulumi("up", "--yes", "--skip-preview", "--stack", stack);
      };
      const server = (name: string) =>
        rehearsal.cloud
          .all()
          .filter(({ type, inputs }) => type === servers[cloud] && JSON.stringify(inputs).includes(`platform-${name}-database`));

      before(async function () {
        if (cli === undefined || (cloud === "aws" && findAwsx() === undefined)) this.skip();
        rehearsal = await rehearse({ stack: "dev", cloud, set: ["database.size=medium", "standby.peerCidr=10.1.0.0/16"] });
        await rehearsal.stack.up({ onOutput: rehearsal.onOutput });
        expect(pulumi("stack", "init", "west").code).to.equal(0);
      });
      after(() => rehearsal?.remove());

      it("refuses what can't stand by for it before anything is made", () => {
        const calls = rehearsal.cloud.calls().length;
        const same = west({}, "west", "dev", cloud === "aws" ? "us-east-1" : "eastus2");
        expect(same.code).to.not.equal(0);
        expect(same.output).to.match(/it is in (us-east-1|eastus2) too; a standby is in another region/);
        expect(west({ peerCidr: "10.2.0.0/16" }).output).to.contain(
          "its range is 10.0.0.0/16: pulumi config set --path standby.peerCidr 10.0.0.0/16",
        );
        expect(rehearsal.cloud.calls()).to.have.length(calls);
      });

      it("copies the primary's database, and takes over without making it anew", () => {
        const made = west({});
        expect(made.code, made.output).to.equal(0);
        const [primary] = server("dev");
        const [replica] = server("west");
        const source = cloud === "aws" ? replica!.inputs.replicateSourceDb : replica!.inputs.sourceServerResourceId;
        expect(source).to.equal(cloud === "aws" ? primary!.outputs.arn : primary!.id);
        const active = west({ active: true });
        expect(active.code, active.output).to.equal(0);
        expect(active.output).to.not.match(/replaced/i);
        expect(server("west").map(({ id }) => id)).to.deep.equal([replica!.id]);
        expect(server("west")[0]!.inputs).to.not.have.property("replicateSourceDb");
      });
    });
  }
});
