// Two stacks under the real engine: one stands by for the other, and reads its outputs.
import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findCli } from "../../automation/workspace";
import { Store } from "../../rehearsal/store";
import { findAwsx, type Rehearsal, rehearse } from "../../rehearsal/engine";

const cli = findCli();
const regions = { aws: ["aws:region", "us-west-2"], azure: ["azure-native:location", "centralus"] } as const;

describe("a stack that stands by, under the real engine", function () {
  this.timeout(300_000);
  for (const cloud of ["aws", "azure"] as const) {
    describe(cloud, () => {
      let rehearsal: Rehearsal;
      // Names are taken once in a simulated cloud, so the other region is a cloud of its own.
      let otherRegion: Store;
      const pulumi = (...args: string[]): { readonly code: number | null; readonly output: string } => {
        const { workDir: cwd, env } = rehearsal.where;
        const options = {
          cwd,
          env: { ...process.env, ...env, SIM_STATE: join(cwd, "other-region") },
          encoding: "utf8",
          maxBuffer: 2 ** 28,
        } as const;
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
      before(async function () {
        if (cli === undefined || (cloud === "aws" && findAwsx() === undefined)) this.skip();
        rehearsal = await rehearse({ stack: "dev", cloud, set: ["database.size=medium", "standby.peerCidr=10.1.0.0/16"] });
        await rehearsal.stack.up({ onOutput: rehearsal.onOutput });
        otherRegion = new Store(join(rehearsal.where.workDir, "other-region"));
        expect(pulumi("stack", "init", "west").code).to.equal(0);
      });
      after(() => rehearsal?.remove());

      it("refuses what can't stand by for it before anything is made", () => {
        const same = west({}, "west", "dev", cloud === "aws" ? "us-east-1" : "eastus2");
        expect(same.code).to.not.equal(0);
        expect(same.output).to.match(/it is in (us-east-1|eastus2) too; a standby is in another region/);
        expect(west({ peerCidr: "10.2.0.0/16" }).output).to.contain(
          "its range is 10.0.0.0/16: pulumi config set --path standby.peerCidr 10.0.0.0/16",
        );
        expect(otherRegion.calls()).to.deep.equal([]);
      });
    });
  }
});
