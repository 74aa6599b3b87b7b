import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../plan/cli";

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function plan(...argv: string[]): Promise<Result> {
  let [out, err] = ["", ""];
  const code = await run(argv, { out: (text) => (out += text), err: (text) => (err += text) });
  return { code, out, err };
}

/** Prod as JSON, made once for each cloud: it is only read. */
const documents = new Map<string, Promise<Result>>();
function document(cloud: string): Promise<Result> {
  const made = documents.get(cloud) ?? plan("-s", "prod", "--cloud", cloud, "--format", "json");
  documents.set(cloud, made);
  return made;
}

describe("npm run plan", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "plan-"))));
  after(() => rmSync(folder, { recursive: true }));
  const file = (content: string): string => {
    const path = join(folder, "Pulumi.x.yaml");
    writeFileSync(path, content);
    return path;
  };

  for (const cloud of ["aws", "azure"]) {
    it(`prints one JSON document with the fixed fields on ${cloud}`, async () => {
      const { code, out } = await document(cloud);
      expect(code).to.equal(0);
      const report = JSON.parse(out) as { resources: Record<string, unknown>[]; outputs: Record<string, unknown> };
      expect(report).to.include({ schemaVersion: 1, project: "platform", stack: "prod", cloud });
      expect(report.outputs).to.be.an("object").that.includes({ cloud });
      for (const resource of report.resources) {
        expect(resource).to.have.all.keys("urn", "type", "name", "parent", "protect", "inputs", "dependencies");
      }
    });

    it(`prints the same bytes for the same input on ${cloud}`, async () => {
      const [one, other] = [await document(cloud), await plan("-s", "prod", "--cloud", cloud, "--format", "json")];
      expect(one.out).to.equal(other.out);
    });

    it(`refuses two resources with one name: every URN is there once on ${cloud}`, async () => {
      const { out } = await document(cloud);
      const urns = (JSON.parse(out) as { resources: { urn: string; parent: string | null; dependencies: string[] }[] }).resources;
      const known = new Set(urns.map(({ urn }) => urn));
      expect(known.size).to.equal(urns.length);
      for (const { parent, dependencies } of urns) {
        if (parent !== null) expect(known).to.include(parent);
        for (const dependency of dependencies) expect(known).to.include(dependency);
      }
    });
  }

  it("prints the tree by component, with the children of the VPC component", async () => {
    const { out } = await plan("--stack", "prod", "--cloud", "aws");
    expect(out).to.match(/^platform-prod on aws: \d+ resources in \d+ components\n/);
    expect(out).to.match(/network-vpc {2}awsx:ec2:Vpc {2}\(32\)/);
    expect(out).to.include("database.host: known after deployment");
    expect(out).to.include("Nothing was created");
  });

  it("takes settings from the command line, by path, the last one winning", async () => {
    const { out } = await plan(
      "-s",
      "dev",
      "--cloud",
      "aws",
      "-c",
      "database.size=large",
      "-c",
      "database.size=medium",
      "--format",
      "json",
    );
    expect(out).to.include("db.m7g.large");
    expect(out).not.to.include("db.t4g.small");
  });

  it("shows no secret of the settings", async () => {
    const path = file("config:\n  platform:environment: dev\n  platform:secrets:\n    api-key:\n      secure: v1:abcdef:ghijkl\n");
    const { code, out, err } = await plan("-s", "x", "--config-file", path, "--format", "json");
    expect(err).to.match(/^warning: no domain, so no certificate: .*\nwarning: api, worker, nightly share the owner's login .*\n$/);
    expect(code).to.equal(0);
    expect(out + err).not.to.include("v1:abcdef");
    expect((JSON.parse(out) as { warnings: string[] }).warnings).to.have.length(2);
  });

  const faults: [string, string, RegExp][] = [
    ["an unknown key, with a suggestion", "config:\n  platform:databse:\n    size: small\n", /platform:databse|databse[\s\S]*database/],
    ["a cloud that there isn't", "config:\n  platform:cloud: gcp\n", /cloud: must be one of aws, azure \(given: "gcp"\)/],
    ["a wrong type", "config:\n  platform:database:\n    storageGb: many\n", /database\.storageGb/],
    ["a key given twice", "config:\n  platform:cloud: aws\n  platform:cloud: azure\n", /x\.yaml:3: a key stands twice/],
    ["a list instead of a map", "- a\n- b\n", /Pulumi\.x\.yaml|x\.yaml/],
    ["text that is not YAML", "config: {", /x\.yaml/],
  ];
  for (const [what, content, message] of faults) {
    it(`refuses ${what}: exit code 2, one message, no stack trace`, async () => {
      const { code, out, err } = await plan("-s", "x", "--config-file", file(content));
      expect({ code, out }).to.deep.equal({ code: 2, out: "" });
      expect(err).to.match(message);
      expect(err).not.to.match(/\n\s+at /);
    });
  }

  it("goes on to its end when nobody reads on, and fails when its output takes nothing", async () => {
    const main = join(__dirname, "../../plan/main.ts");
    const through = (pipe: string): SpawnSyncReturns<string> =>
      spawnSync("bash", ["-c", `set -o pipefail; ${pipe}`], {
        encoding: "utf8",
        env: { ...process.env, NODE: process.execPath, MAIN: main },
      });
    const help = '"$NODE" --import tsx "$MAIN" --help';
    const closed = through(`${help} | true`);
    expect([closed.status, closed.stderr]).to.deep.equal([0, ""]);
    const full = through(`${help} > /dev/full`);
    expect(full.status).to.equal(1);
    expect(full.stderr).to.match(/^error: the output can't be written: .*ENOSPC.*\n$/);
  });

  it("refuses a stack without a file, naming the file", async () => {
    const { code, err } = await plan("--stack", "nosuch");
    expect(code).to.equal(2);
    expect(err).to.include("Pulumi.nosuch.yaml").and.to.include("there is no such file");
  });

  for (const argv of [["--stack", "../x"], ["--cloud", "gcp"], ["--format", "xml"], ["--nosuch"], ["-c", "novalue"], ["extra"]]) {
    it(`refuses ${argv.join(" ")} with exit code 2`, async () => {
      const { code, out, err } = await plan(...argv);
      expect({ code, out }).to.deep.equal({ code: 2, out: "" });
      expect(err).to.match(/^error: /);
    });
  }

  it("explains itself", async () => {
    const { code, out } = await plan("--help");
    expect(code).to.equal(0);
    expect(out).to.include("--stack").and.to.include("Exit codes");
  });
});
