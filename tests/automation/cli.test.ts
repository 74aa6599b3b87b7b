// The command line of `npm run deploy`: what is refused before anything is looked at.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { run } from "../../automation/cli";
import { Stop } from "../../automation/outcome";
import { cliHere, findCli, minimumCli } from "../../automation/workspace";

async function deploy(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const code = await run(argv, { out: (text) => void (out += text), err: (text) => void (err += text) });
  return { code, out, err };
}

describe("npm run deploy", () => {
  it("explains itself and its exit codes", async () => {
    const { code, out } = await deploy("--help");
    expect(code).to.equal(0);
    for (const verb of ["preview", "up", "rollback", "rollout", "rotate", "drift", "destroy", "outputs", "cancel", "doctor"])
      expect(out).to.match(new RegExp(`^  ${verb}\\b`, "m"));
    expect(out).to.include("5 policy or gate, 6 no such stack, 7 drift");
  });

  for (const argv of [
    [],
    ["nosuch"],
    ["up"],
    ["up", "-s", "../x"],
    ["up", "-s", "dev", "--retries", "many"],
    ["up", "-s", "dev", "extra"],
    ["up", "-s", "dev", "--image", "a:1"],
    ["preview", "-s", "dev", "--recover"],
    ["drift", "-s", "dev", "--create"],
    ["doctor", "-s", "dev", "--allow", "x"],
    ["rollout", "-s", "dev", "--image", "a:1"],
  ]) {
    it(`refuses "${argv.join(" ")}" with exit code 2`, async () => {
      const { code, out, err } = await deploy(...argv);
      expect([code, out]).to.deep.equal([2, ""]);
      expect(err).not.to.equal("");
    });
  }

  it("refuses a bad configuration before it looks for the CLI, with every fault", async () => {
    const folder = mkdtempSync(join(tmpdir(), "deploy-"));
    try {
      writeFileSync(join(folder, "Pulumi.yaml"), "name: platform\nruntime: nodejs\n");
      writeFileSync(
        join(folder, "Pulumi.dev.yaml"),
        "config:\n  platform:environment: dev\n  platform:databse: {}\n  platform:cloud: gcp\n",
      );
      const { code, err } = await deploy("up", "-s", "dev", "-C", folder);
      expect(code).to.equal(2);
      expect(err)
        .to.include("2 faults in the configuration:")
        .and.include('did you mean "database"')
        .and.not.match(/^\s+at /m);
      const missing = await deploy("preview", "-s", "nosuch", "-C", folder, "--format", "json");
      expect(missing.code).to.equal(2);
      expect(JSON.parse(missing.out)).to.include({ result: "failed", exitCode: 2, stack: "nosuch", cloud: null });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("takes the newest CLI of the home folder, by number, and refuses one that is too old with what it found and wants", async () => {
    const folder = mkdtempSync(join(tmpdir(), "home-"));
    try {
      for (const version of ["3.99.0", "3.247.0", "3.300.0-alpha.1"]) {
        const bin = join(folder, ".pulumi", "versions", version, "bin");
        mkdirSync(bin, { recursive: true });
        writeFileSync(join(bin, "pulumi"), `#!/bin/sh\necho v${version}\n`, { mode: 0o755 });
      }
      const versions = join(folder, ".pulumi", "versions");
      expect(findCli({}, folder)).to.equal(join(versions, "3.247.0"));
      expect((await cliHere(join(versions, "3.247.0"))).command.version?.version).to.equal("3.247.0");
      const error: unknown = await cliHere(join(versions, "3.99.0")).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(Stop).and.to.include({ kind: "configuration" });
      expect((error as Stop).message).to.match(/3\.99\.0 is 3\.99\.0; wanted is 3\.247\.0 or later/);
    } finally {
      rmSync(folder, { recursive: true });
    }
    const { dependencies } = JSON.parse(readFileSync(join(__dirname, "../../package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    expect(dependencies["@pulumi/pulumi"]).to.equal(minimumCli);
  });

  it("keeps its exit code when nobody can keep its summary", async () => {
    const usual = process.env.GITHUB_STEP_SUMMARY;
    process.env.GITHUB_STEP_SUMMARY = join(__filename, "page.md");
    try {
      const { code, err } = await deploy("up", "-s", "nosuch", "--summary", join(__filename, "x.json"));
      expect(code).to.equal(2);
      expect(err).to.match(/warning: the summary was not written to .*page\.md: ENOTDIR/);
      expect(err).to.match(/warning: the summary was not written to .*x\.json: ENOTDIR/);
    } finally {
      if (usual === undefined) delete process.env.GITHUB_STEP_SUMMARY;
      else process.env.GITHUB_STEP_SUMMARY = usual;
    }
  });

  it("says why there is no answer apart from answers, and in a document of the same head", async () => {
    const home = process.env.HOME;
    Object.assign(process.env, { HOME: "/nonexistent" });
    const path = process.env.PATH;
    process.env.PATH = "";
    try {
      const plain = await deploy("outputs", "-s", "dev");
      expect([plain.code, plain.out]).to.deep.equal([2, ""]);
      expect(plain.err).to.match(/^error: there is no Pulumi CLI/);
      const { out } = await deploy("outputs", "-s", "dev", "--format", "json");
      expect(JSON.parse(out)).to.include({ schemaVersion: 1, command: "outputs", stack: "dev", result: "failed", exitCode: 2 });
    } finally {
      Object.assign(process.env, { HOME: home, PATH: path });
    }
  });

  it("wants the name of a production stack again before it goes away", async () => {
    const { code, err } = await deploy("destroy", "-s", "prod");
    expect(code).to.equal(2);
    expect(err).to.include("prod is production").and.include("--confirm prod");
  });
});
