// The program under the real engine, with simulated clouds behind it: what mocks can't show. Runs where a Pulumi CLI is found.
import { expect } from "chai";
import { findCli } from "../../automation/workspace";
import { findAwsx, type Rehearsal, rehearse, secretsOf } from "../../rehearsal/engine";

const cli = findCli() !== undefined;
const awsx = findAwsx() !== undefined;

describe("the real engine on a simulated cloud", function () {
  this.timeout(180_000);
  before(function () {
    if (!cli) process.stdout.write("\n  engine tests skipped: no Pulumi CLI found\n");
    else if (!awsx) process.stdout.write("\n  engine tests of AWS skipped: no awsx provider found (set AWSX_PROVIDER to its folder)\n");
    if (!cli) this.skip();
  });

  for (const cloud of ["aws", "azure"] as const) {
    describe(cloud, () => {
      let rehearsal: Rehearsal;
      before(async function () {
        if (cloud === "aws" && !awsx) this.skip();
        const other = cloud === "aws" ? "azure" : "aws";
        rehearsal = await rehearse({ stack: "early-stage", cloud: other, set: ["guard=none"] });
      });
      after(() => rehearsal?.remove());

      it("previews without touching the cloud, by one setting on the other one than before as long as nothing is deployed", async () => {
        await rehearsal.stack.setConfig("cloud", { value: cloud });
        await rehearsal.stack.preview({ onOutput: rehearsal.onOutput });
        expect(rehearsal.cloud.calls()).to.deep.equal([]);
      });

      it("deploys, and shows no secret in state, outputs or log", async () => {
        const { outputs } = await rehearsal.stack.up({ onOutput: rehearsal.onOutput });
        const secrets = secretsOf(rehearsal.cloud);
        // The automation API's own export opens secrets; the CLI's shows what is stored.
        const state = rehearsal.cli("stack", "export").output;
        expect(state).to.contain("randomPassword:RandomPassword");
        const readable = [state, JSON.stringify(outputs), ...rehearsal.log].join("\n");
        expect(secrets).to.not.be.empty;
        expect(
          secrets.filter((secret) => readable.includes(secret)),
          "secrets in clear",
        ).to.deep.equal([]);
        expect(outputs.cloud?.value).to.equal(cloud);
      });

      it("changes nothing in a second run", async () => {
        const calls = rehearsal.cloud.calls().length;
        await rehearsal.stack.up({ onOutput: rehearsal.onOutput, expectNoChanges: true });
        expect(rehearsal.cloud.calls()).to.have.length(calls);
      });

      it("refuses to switch the cloud of a deployed stack", async () => {
        const other = cloud === "aws" ? "azure" : "aws";
        const before = rehearsal.cloud.calls().length;
        await rehearsal.stack.setConfig("cloud", { value: other });
        const { code, output } = rehearsal.cli("up", "--yes", "--skip-preview");
        await rehearsal.stack.setConfig("cloud", { value: cloud });
        expect(code).to.not.equal(0);
        expect(output).to.contain(`this stack is deployed on ${cloud}`).and.contain(`pulumi config set cloud ${cloud}`);
        expect(output).to.not.match(/^\s+at /m);
        expect(rehearsal.cloud.calls()).to.have.length(before);
      });

      if (cloud === "azure") {
        it("refuses another version of the database, which it remembers", async () => {
          await rehearsal.stack.setConfig("database.version", { value: "16" }, true);
          const { code, output } = rehearsal.cli("preview");
          await rehearsal.stack.removeConfig("database", true);
          expect(code).to.not.equal(0);
          expect(output).to.contain("this stack's database is PostgreSQL 17").and.contain("docs/runbooks/database-upgrade.md");
        });
      }

      it("leaves nothing after one destroy", async () => {
        await rehearsal.stack.destroy({ onOutput: rehearsal.onOutput });
        expect(rehearsal.cloud.all().map(({ type, id }) => `${type} ${id}`)).to.deep.equal([]);
      });
    });
  }

  describe("a bad configuration", () => {
    let rehearsal: Rehearsal;
    before(async () => {
      if (cli) rehearsal = await rehearse({ stack: "dev", cloud: "azure" });
    });
    after(() => rehearsal?.remove());

    const cases: [string, string, RegExp[]][] = [
      [
        "faults of every kind at once",
        "  platform:environment: dev\n  platform:databse: { size: small }\n  platform:database: { storageGb: lots }\n  platform:queues: { ../x: {} }\n",
        [
          /3 faults in the configuration:/,
          /did you mean "database"/,
          /database\.storageGb/,
          /queues\["\.\.\/x"\]: not a name that is allowed here/,
        ],
      ],
      [
        "what the CLI reads otherwise: a truth value of YAML 1.1, an octal number",
        "  platform:environment: dev\n  platform:database: { highAvailability: yes }\n  platform:budget: { monthlyUsd: 0200 }\n",
        [
          /is a truth value to YAML 1\.1, a text to YAML 1\.2 \(given: "yes"\)/,
          /Pulumi\.dev\.yaml:4: is an octal number to some readers \(given: "0200"\)/,
        ],
      ],
      ["a byte-order mark", "  platform:environment: dev\n", [/begins with a byte-order mark/]],
      ["an emptied file", "  {}\n", [/missing configuration value 'environment'/]],
      ["a key given twice", "  platform:environment: dev\n  platform:environment: prod\n", [/already defined at line 2/]],
    ];
    for (const [what, text, messages] of cases) {
      it(`refuses ${what}: one message, nothing registered`, () => {
        rehearsal.writeConfig(`${what.startsWith("a byte-order") ? "\uFEFF" : ""}config:\n${text}`);
        const { code, output } = rehearsal.cli("preview");
        for (const message of messages) expect(output).to.match(message);
        expect(output).to.not.match(/^\s+at /m);
        expect(output).to.not.match(/azure-native:|platform:index:|pulumi:index:/);
        // The CLI's code for any error of the program; `npm run plan` says 2.
        expect(code).to.equal(1);
        expect(rehearsal.cloud.calls()).to.deep.equal([]);
      });
    }
  });
});
