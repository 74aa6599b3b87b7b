// The bootstrap under the real engine, on simulated clouds: made, made again, and taken away after its guard was lifted.
import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../bootstrap/cli";
import { type Rehearsal, rehearse } from "../../rehearsal/engine";
import { needsEngine } from "../support/engine";

describe("npm run bootstrap, under the real engine", function () {
  this.timeout(120_000);
  before(function () {
    needsEngine(this, { what: "bootstrap", minutes: 1 });
  });
  it("names the plugin that it lacks, exit code 2", async () => {
    const folder = mkdtempSync(join(tmpdir(), "bootstrap-"));
    try {
      let err = "";
      const printer = { out: () => undefined, err: (text: string) => (err += text) };
      const told = [
        "--cloud",
        "aws",
        "--repository",
        "acme/shop",
        "--repository-id",
        "42",
        "--owner-id",
        "7",
        "--make",
        "--folder",
        folder,
      ];
      const code = await run(told, printer, { PULUMI_HOME: join(folder, "home"), PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" });
      expect([code, err.replaceAll(/\d+\.\d+\.\d+/g, "<version>")]).to.deep.equal([
        2,
        "error: the Pulumi CLI has no plugin aws <version> on this machine, and did not fetch it\n  install it: pulumi plugin install resource aws <version>\n",
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  for (const cloud of ["aws", "azure"] as const) {
    describe(cloud, () => {
      let rehearsal: Rehearsal;
      const bootstrap = async (...argv: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> => {
        let [out, err] = ["", ""];
        const { workDir, env } = rehearsal.where;
        const printer = { out: (text: string) => (out += text), err: (text: string) => (err += text) };
        const code = await run(["--cloud", cloud, "--folder", workDir, ...argv], printer, env);
        return { code, out, err };
      };
      before(async () => {
        rehearsal = await rehearse({ stack: cloud, cloud, program: join(__dirname, "../../bootstrap") });
      });
      after(() => rehearsal?.remove());

      it("makes it and says how to go on, with what the cloud made up", async () => {
        const { code, out, err } = await bootstrap("--make", "--repository", "acme/shop", "--repository-id", "42", "--owner-id", "7");
        expect(code, err).to.equal(0);
        expect(out)
          .to.contain("gh variable set")
          .and.not.match(/<(account|subscription|tenant|ARN|client)/);
        expect(err).to.contain("it is the only state of what was just made");
        const bound =
          /^pulumi config set --stack prod --path security\.permissionsBoundary 'arn:aws:iam::\d{12}:policy\/\S+-services-boundary'$/m;
        expect(bound.test(out)).to.equal(cloud === "aws");
      });

      it("changes nothing when it is made again, without being told again", async () => {
        const calls = rehearsal.cloud.calls().length;
        const { code, out, err } = await bootstrap("--make");
        expect(code, err).to.equal(0);
        expect(out).to.contain("unchanged");
        expect(rehearsal.cloud.calls()).to.have.lengthOf(calls);
      });

      it("goes away in two steps, and leaves nothing but what the cloud keeps", async () => {
        expect((await bootstrap("--remove")).code).to.equal(5);
        const freed = await bootstrap("--make", "--unguarded");
        expect(freed.code, freed.err).to.equal(0);
        const { code, err } = await bootstrap("--remove");
        expect(code, err).to.equal(0);
        expect(rehearsal.cloud.all().map(({ type }) => type)).to.deep.equal([]);
      });
    });
  }
});
