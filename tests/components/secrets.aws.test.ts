import { output, secret } from "@pulumi/pulumi";
import { expect } from "chai";
import { ConfigError } from "../../components/fault";
import { AwsSecrets } from "../../components/secrets/aws";
import type { SecretSource } from "../../components/secrets/index";
import type { Stack } from "../../components/stack";
import { account, awsNetwork, awsTags, documentOf, madeBy } from "../support/aws-parts";
import { only, type Recorded, recordKnown } from "../support/record";

function secrets(
  sources: Record<string, SecretSource> = { "jwt-key": { generate: true } },
  stack: Partial<Stack> = {},
  epoch = 1,
): Promise<Recorded[]> {
  return recordKnown(() => {
    const made = new AwsSecrets("secrets", { network: awsNetwork(stack), secrets: sources, rotationEpoch: epoch });
    expect(() => made.secret("other")).to.throw(ConfigError, `there are: ${Object.keys(sources).join(", ") || "none"}`);
    for (const name of Object.keys(sources)) expect(made.secret(name).raw.keyArn).to.equal(made.raw.keyArn);
  });
}

describe("Secrets on AWS", () => {
  it("are a key, and a secret with its version for each name", async () => {
    expect(madeBy(await secrets(), "secrets")).to.deep.equal([
      "index RandomPassword secrets-jwt-key",
      "kms Alias secrets-key",
      "kms Key secrets-key",
      "secretsmanager Secret platform-test-secrets-jwt-key",
      "secretsmanager SecretVersion secrets-jwt-key",
    ]);
    expect(madeBy(await secrets({}), "secrets")).to.deep.equal(["kms Alias secrets-key", "kms Key secrets-key"]);
  });

  it("encrypt with a key that rotates and serves this account only", async () => {
    const key = only(await secrets(), "aws:kms/key:Key");
    expect(key.inputs).to.deep.include({
      deletionWindowInDays: 30,
      description: "Databases, caches and secrets",
      enableKeyRotation: true,
      tags: awsTags("secrets"),
    });
    expect(key.protect).to.equal(true);
    expect(documentOf(key, "policy")).to.deep.equal({
      Version: "2012-10-17",
      Statement: [{ Sid: "Account", Effect: "Allow", Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: "kms:*", Resource: "*" }],
    });
  });

  it("can be brought back for a month where they are guarded, and are gone at once elsewhere", async () => {
    const inputs = { description: "Application secret jwt-key", kmsKeyId: "secrets-key_arn", tags: awsTags("secrets") };
    const kept = only(await secrets(), "aws:secretsmanager/secret:Secret");
    expect(kept.inputs).to.deep.equal({ ...inputs, recoveryWindowInDays: 30 });
    expect(kept.protect).to.equal(true);
    const free = only(await secrets(undefined, { guard: "data" }), "aws:secretsmanager/secret:Secret");
    expect(free.inputs).to.deep.equal({ ...inputs, recoveryWindowInDays: 0 });
    expect(free.protect).to.equal(false);
  });

  it("are made anew with every epoch", async () => {
    const generated = only(await secrets(undefined, {}, 4), "random:index/randomPassword:RandomPassword");
    expect(generated.inputs).to.deep.equal({ length: 48, special: false, keepers: { epoch: "4" } });
  });

  it("seal the values of the config, even one that was not secret", async () => {
    const resources = await secrets({ api: { value: output("plain") }, sealed: { value: secret("hidden") } });
    for (const name of ["secrets-api", "secrets-sealed"]) {
      const version = only(resources, "aws:secretsmanager/secretVersion:SecretVersion", name);
      expect(version.inputs).to.deep.equal({ secretId: `platform-test-${name}-id`, secretString: "[secret]" });
    }
  });

  it("are referred to by their version", async () => {
    const refs: string[] = [];
    await recordKnown(() => {
      const made = new AwsSecrets("secrets", { network: awsNetwork(), secrets: { api: { value: output("x") } }, rotationEpoch: 1 });
      const { arn, valueFrom } = made.secret("api").raw;
      arn.apply((text) => refs.push(text));
      // The version is made by AWS, so a preview can't know the reference.
      valueFrom.apply((text) => refs.push(text));
    });
    expect(refs).to.deep.equal(["platform-test-secrets-api_arn"]);
  });
});
