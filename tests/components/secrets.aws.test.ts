import { output, secret } from "@pulumi/pulumi";
import { expect } from "chai";
import { ConfigError } from "../../components/fault";
import { AwsSecrets } from "../../components/secrets/aws";
import { type SecretSource, variablesOf } from "../../components/secrets/index";
import type { Stack } from "../../components/stack";
import { account, awsNetwork, awsTags, documentOf, madeBy, waitsFor } from "../support/aws-parts";
import { ofType, only, type Recorded, recordKnown } from "../support/record";

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
      "index RandomPassword secrets-jwt-key-even",
      "kms Alias secrets-key",
      "kms Key secrets-key",
      "secretsmanager Secret platform-test-secrets-jwt-key",
      "secretsmanager Secret platform-test-secrets-jwt-key-previous",
      "secretsmanager SecretVersion secrets-jwt-key",
      "secretsmanager SecretVersion secrets-jwt-key-previous",
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
    const kept = only(await secrets(), "aws:secretsmanager/secret:Secret", "platform-test-secrets-jwt-key");
    expect(kept.inputs).to.deep.equal({ ...inputs, recoveryWindowInDays: 30 });
    expect(kept.protect).to.equal(true);
    const free = only(await secrets(undefined, { guard: "data" }), "aws:secretsmanager/secret:Secret", "platform-test-secrets-jwt-key");
    expect(free.inputs).to.deep.equal({ ...inputs, recoveryWindowInDays: 0 });
    expect(free.protect).to.equal(false);
  });

  it("are made anew with every epoch by the one of two generators whose turn it is, and keep the last value", async () => {
    const generators = async (epoch: number): Promise<unknown[]> =>
      ofType(await secrets(undefined, {}, epoch), "random:index/randomPassword:RandomPassword")
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ name, inputs }) => [name, inputs]);
    const generator = (name: string, epoch: number): unknown => [name, { length: 48, special: false, keepers: { epoch: String(epoch) } }];
    expect(await generators(4)).to.deep.equal([generator("secrets-jwt-key", 3), generator("secrets-jwt-key-even", 4)]);
    expect(await generators(5)).to.deep.equal([generator("secrets-jwt-key", 5), generator("secrets-jwt-key-even", 4)]);
    const from = async (epoch: number, secret: string): Promise<string[]> =>
      waitsFor(only(await secrets(undefined, {}, epoch), "aws:secretsmanager/secretVersion:SecretVersion", secret));
    expect(await from(4, "secrets-jwt-key")).to.include("secrets-jwt-key-even");
    expect(await from(4, "secrets-jwt-key-previous"))
      .to.include("secrets-jwt-key")
      .and.not.to.include("secrets-jwt-key-even");
    expect(await from(5, "secrets-jwt-key-previous")).to.include("secrets-jwt-key-even");
  });

  it("give a service the last value beside the present one, under a name of its own", async () => {
    await recordKnown(() => {
      const sources = { jwt: { generate: true }, given: { value: output("x") } } as const;
      const made = new AwsSecrets("secrets", { network: awsNetwork(), secrets: sources, rotationEpoch: 2 });
      const variables = variablesOf({ JWT: "jwt", GIVEN: "given" }, made);
      expect(Object.keys(variables)).to.deep.equal(["JWT", "JWT_PREVIOUS", "GIVEN"]);
      expect(variables.JWT_PREVIOUS).to.equal(made.previous("jwt")).and.not.to.equal(variables.JWT);
      expect(made.previous("given")).to.equal(undefined);
    });
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
