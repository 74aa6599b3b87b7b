import { expect } from "chai";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { minimumCli } from "../../automation/workspace";
import { run } from "../../bootstrap/cli";

const repository = ["--repository", "acme/shop", "--repository-id", "42", "--owner-id", "7"];

async function bootstrap(...argv: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let [out, err] = ["", ""];
  const code = await run(argv, { out: (text) => (out += text), err: (text) => (err += text) });
  return { code, out, err };
}

describe("npm run bootstrap", () => {
  for (const [cloud, lines] of [
    [
      "aws",
      [
        "pulumi login 's3://platform-state-d21b2c/prod?region=us-east-1'",
        "pulumi stack init prod --secrets-provider='awskms://alias/platform-state-prod?region=us-east-1'",
        "pulumi config set --stack prod --path security.permissionsBoundary '<ARN of the policy services-boundary>'",
        "gh variable set AWS_ROLE_ARN --repo acme/shop --env prod --body '<ARN of the role deploy-prod>'",
        "gh variable set AWS_ROLE_ARN --repo acme/shop --body '<ARN of the role plan>'",
        "gh variable set PULUMI_BACKEND_URL --repo acme/shop --env prod --body 's3://platform-state-d21b2c/prod?region=us-east-1'",
      ],
    ],
    [
      "azure",
      [
        "pulumi login 'azblob://prod?storage_account=stplatformstated21b2c'",
        "pulumi stack init prod --secrets-provider='azurekeyvault://kv-platform-state-d21b2c.vault.azure.net/keys/prod'",
        "gh variable set AZURE_CLIENT_ID --repo acme/shop --env prod --body '<client id of the identity deploy-prod>'",
        "gh variable set AZURE_SUBSCRIPTION_ID --repo acme/shop --body '<subscription>'",
        "gh api --method PUT repos/acme/shop/environments/prod",
      ],
    ],
  ] as const) {
    it(`shows what would be made, and the next commands, on ${cloud}`, async () => {
      const { code, out } = await bootstrap("--cloud", cloud, ...repository);
      expect(code).to.equal(0);
      expect(out).to.contain("  platform:index:Bootstrap").and.contain("[protected]").and.contain("Nothing was created");
      for (const line of lines) expect(out.split("\n")).to.include(line);
      expect(out.includes("security.permissionsBoundary")).to.equal(cloud === "aws");
    });

    it(`prints one JSON document on ${cloud}, the same bytes each time`, async () => {
      const one = await bootstrap("--cloud", cloud, ...repository, "--format", "json");
      const other = await bootstrap("--cloud", cloud, ...repository, "--format", "json");
      expect(one.out).to.equal(other.out);
      const document = JSON.parse(one.out) as { readonly next: string[]; readonly resources: unknown[] };
      expect(document).to.include({ schemaVersion: 1, project: "bootstrap", cloud });
      expect(document.resources).to.not.be.empty;
      expect(document.next).to.include.members([...lines]);
    });
  }

  it("says every fault under its flag, exit code 2", async () => {
    const { code, out, err } = await bootstrap("--cloud", "gcp", "--repository", "acme", "--make", "--remove");
    expect(code).to.equal(2);
    expect(out).to.equal("");
    expect([...err.matchAll(/^ {2}(--[a-z-]+): /gm)].map(([, flag]) => flag)).to.deep.equal([
      ...["--folder", "--remove", "--cloud", "--repository", "--repository-id", "--owner-id"],
    ]);
    expect(err).to.not.contain("    at ");
  });

  it("knows no other words, and explains itself", async () => {
    expect((await bootstrap("--cloud", "aws", "--wildcard")).code).to.equal(2);
    const { code, out } = await bootstrap("--help");
    expect(code).to.equal(0);
    expect(out).to.contain("--environments <names>").and.contain("Exit codes: 0 done").and.not.contain("--guarded");
  });

  it("needs the CLI to make anything, exit code 2", async () => {
    const folder = mkdtempSync(join(tmpdir(), "bootstrap-"));
    const { PATH, HOME } = process.env;
    try {
      // Neither on the path nor where installers put it.
      Object.assign(process.env, { PATH: folder, HOME: folder });
      const { code, err } = await bootstrap("--cloud", "aws", ...repository, "--make", "--folder", folder);
      expect([code, err]).to.deep.equal([
        2,
        "error: there is no Pulumi CLI on this machine\n  install it: https://www.pulumi.com/docs/install/\n",
      ]);
    } finally {
      Object.assign(process.env, { PATH, HOME });
      rmSync(folder, { recursive: true });
    }
  });

  for (const [what, says, code, err] of [
    [
      "a plugin that is not there and can't be fetched",
      "error: no resource plugin 'pulumi-resource-aws' found in the workspace at version v7.48.0 or on your $PATH",
      2,
      "error: the Pulumi CLI has no plugin aws 7.48.0 on this machine, and did not fetch it\n  install it: pulumi plugin install resource aws 7.48.0\n",
    ],
    ["a login that is over", "error: ExpiredToken: the security token has expired", 3, "ExpiredToken: the security token has expired"],
  ] as const) {
    it(`says in words what the CLI ended with: ${what}, exit code ${code}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "bootstrap-"));
      const { PATH } = process.env;
      try {
        const bin = join(folder, "bin");
        mkdirSync(bin);
        const pulumi = `#!/bin/sh\ncase "$1" in\nversion) echo v${minimumCli} ;;\nup) cat "${folder}/says" >&2; exit 255 ;;\nesac\n`;
        writeFileSync(join(bin, "pulumi"), pulumi, { mode: 0o755 });
        writeFileSync(join(bin, "pulumi-language-nodejs"), "", { mode: 0o755 });
        writeFileSync(join(folder, "says"), says);
        process.env.PATH = `${bin}:${PATH}`;
        const ended = await bootstrap("--cloud", "aws", ...repository, "--make", "--folder", folder);
        expect(ended.code).to.equal(code);
        expect(ended.err).to.contain(err).and.not.contain("    at ");
      } finally {
        Object.assign(process.env, { PATH });
        rmSync(folder, { recursive: true });
      }
    });
  }

  it("takes nothing away that is guarded, and remembers what a folder was told", async () => {
    const folder = mkdtempSync(join(tmpdir(), "bootstrap-"));
    try {
      const told = { cloud: "aws", repository: "acme/shop", repositoryId: 42, ownerId: 7, guarded: true };
      writeFileSync(
        join(folder, "Pulumi.aws.yaml"),
        JSON.stringify({ config: Object.fromEntries(Object.entries(told).map(([k, v]) => [`bootstrap:${k}`, v])) }),
      );
      const { code, err } = await bootstrap("--cloud", "aws", "--remove", "--folder", folder);
      expect(code).to.equal(5);
      expect(err).to.contain("first --make --unguarded, then --remove");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
