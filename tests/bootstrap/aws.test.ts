import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { attachable, boundedRights, deployRights, linkedRoles, previewRights, type Right, roleTakers } from "../../bootstrap/aws-rights";
import { plan } from "../../plan/plan";
import type { Recorded } from "../../plan/record";
import { choices } from "../support/choices";
import { only } from "../support/record";
import { account, bootstrap, listed } from "./support";

interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: string | string[];
  readonly Condition?: Record<string, Record<string, unknown>>;
}

const tags = { project: "platform", stack: "bootstrap", component: "bootstrap", "managed-by": "pulumi" };
const regions = { StringEquals: { "aws:RequestedRegion": ["us-east-1", "us-west-2"] } };
const environments = ["staging", "prod"];

describe("the bootstrap on AWS", () => {
  let resources: readonly Recorded[];
  before(async () => (resources = await bootstrap("aws")));
  const inputs = (type: string, name: string): Readonly<Record<string, unknown>> => only(resources, `aws:${type}`, name).inputs;
  const statements = (type: "policy" | "rolePolicy", name: string): Statement[] => {
    const className = type === "policy" ? "Policy" : "RolePolicy";
    const { Version, Statement } = JSON.parse(String(inputs(`iam/${type}:${className}`, name).policy)) as {
      Version: string;
      Statement: Statement[];
    };
    expect(Version).to.equal("2012-10-17");
    return Statement;
  };

  it("is a bucket, a key for it and for each environment, and a role for pull requests and for each environment", () => {
    const parts = ["data", "network", "roles", "services", "watch"];
    expect(listed(resources)).to.deep.equal(
      [
        ...["Bucket state [protected]", "BucketLifecycleConfiguration state-expiry", "BucketOwnershipControls state-ownership"],
        ...["BucketPolicy state-policy", "BucketPublicAccessBlock state-access", "BucketVersioning state-versions"],
        ...["BucketServerSideEncryptionConfiguration state-encryption", "OpenIdConnectProvider github", "Policy boundary"],
        "Policy services-boundary",
        ...["Role plan", "RolePolicy plan-state", "Key state-key [protected]", "Alias state-key"],
        ...environments.flatMap((each) => [
          ...[`Key ${each}-key [protected]`, `Alias ${each}-key`, `Role deploy-${each}`, `RolePolicy deploy-${each}-state`],
          ...parts.flatMap((part) => [`Policy deploy-${each}-${part}`, `RolePolicyAttachment deploy-${each}-${part}`]),
        ]),
      ].sort(),
    );
  });

  it("keeps states private, encrypted, over TLS only, in versions of which ten stay", () => {
    expect(inputs("s3/bucket:Bucket", "state")).to.deep.equal({ bucket: "platform-state-d21b2c", forceDestroy: false, tags });
    expect(inputs("s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "state-access")).to.deep.equal({
      bucket: "state-id",
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    expect(inputs("s3/bucketOwnershipControls:BucketOwnershipControls", "state-ownership").rule).to.deep.equal({
      objectOwnership: "BucketOwnerEnforced",
    });
    expect(
      inputs("s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", "state-encryption").rules,
    ).to.deep.equal([
      {
        applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: "state-key_arn" },
        bucketKeyEnabled: true,
        blockedEncryptionTypes: ["SSE-C"],
      },
    ]);
    expect(inputs("s3/bucketVersioning:BucketVersioning", "state-versions").versioningConfiguration).to.deep.equal({ status: "Enabled" });
    const expiry = only(resources, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "state-expiry");
    expect(expiry.inputs.rules).to.deep.equal([
      {
        id: "old",
        status: "Enabled",
        filter: { prefix: "" },
        noncurrentVersionExpiration: { noncurrentDays: 90, newerNoncurrentVersions: 10 },
        expiration: { expiredObjectDeleteMarker: true },
        abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
      },
    ]);
    expect(expiry.dependencies.join()).to.contain("::state-versions");
    const policy = only(resources, "aws:s3/bucketPolicy:BucketPolicy", "state-policy");
    expect(String(policy.inputs.policy)).to.contain('"aws:SecureTransport"').and.contain('"s3:TlsVersion":"1.2"');
    expect(policy.dependencies.join()).to.contain("::state-access");
  });

  it("has keys that turn every year and live on for 30 days", () => {
    expect(inputs("kms/key:Key", "prod-key")).to.deep.include({
      description: "Secrets in the states of prod",
      enableKeyRotation: true,
      deletionWindowInDays: 30,
      tags: { ...tags, environment: "prod" },
    });
    expect(inputs("kms/key:Key", "state-key")).to.deep.include({ description: "Pulumi's states", tags });
    expect(inputs("kms/alias:Alias", "prod-key")).to.deep.equal({ name: "alias/platform-state-prod", targetKeyId: "prod-key-id" });
    expect(inputs("kms/alias:Alias", "state-key").name).to.equal("alias/platform-state");
  });

  it("trusts GitHub's tokens for one subject each, and bounds every role", () => {
    expect(inputs("iam/openIdConnectProvider:OpenIdConnectProvider", "github")).to.deep.equal({
      url: "https://token.actions.githubusercontent.com",
      clientIdLists: ["sts.amazonaws.com"],
      tags,
    });
    for (const [name, subject] of [
      ["plan", "repo:acme@7/shop@42:pull_request"],
      ["deploy-prod", "repo:acme@7/shop@42:environment:prod"],
    ] as const) {
      const role = inputs("iam/role:Role", name);
      expect(role).to.deep.include({
        name: `platform-${name}`,
        path: "/platform-bootstrap/",
        description: `GitHub: ${subject}`,
        maxSessionDuration: 18_000,
        permissionsBoundary: "boundary_arn",
        tags: name === "plan" ? tags : { ...tags, environment: "prod" },
      });
      expect(JSON.parse(String(role.assumeRolePolicy))).to.deep.equal({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Federated: "github_arn" },
            Action: "sts:AssumeRoleWithWebIdentity",
            Condition: {
              StringEquals: {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub": subject,
              },
            },
          },
        ],
      });
    }
  });

  it("uses the provider that the account has", async () => {
    const identityProvider = `arn:aws:iam::${account}:oidc-provider/token.actions.githubusercontent.com`;
    const other = await bootstrap("aws", { identityProvider, environments: "prod" });
    expect(listed(other).filter((line) => line.startsWith("OpenId"))).to.deep.equal([]);
    expect(String(only(other, "aws:iam/role:Role", "plan").inputs.assumeRolePolicy)).to.contain(identityProvider);
    // With one environment there is no other to keep away from.
    expect(String(only(other, "aws:iam/rolePolicy:RolePolicy", "deploy-prod-state").inputs.policy)).to.not.contain("Deny");
  });

  it("lets pull requests read states and their secrets, and change nothing", () => {
    expect(statements("rolePolicy", "plan-state")).to.deep.equal([
      { Effect: "Allow", Sid: "List", Action: "s3:ListBucket", Resource: "state_arn" },
      { Effect: "Allow", Sid: "Read", Action: "s3:GetObject", Resource: "state_arn/*" },
      { Effect: "Allow", Sid: "Decrypt", Action: "kms:Decrypt", Resource: ["state-key_arn", "staging-key_arn", "prod-key_arn"] },
      { Effect: "Allow", Sid: "Look", Action: [...previewRights], Resource: "*" },
    ]);
    expect(previewRights).to.deep.equal([
      "ec2:DescribeAvailabilityZones",
      "ec2:DescribeManagedPrefixLists",
      "ec2:GetManagedPrefixListEntries",
    ]);
  });

  it("gives an environment its own folder and key, and closes those of the others", () => {
    expect(statements("rolePolicy", "deploy-prod-state")).to.deep.equal([
      {
        Effect: "Allow",
        Sid: "List",
        Action: "s3:ListBucket",
        Resource: "state_arn",
        Condition: { StringLike: { "s3:prefix": ["prod/*"] } },
      },
      { Effect: "Allow", Sid: "State", Action: ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], Resource: "state_arn/prod/*" },
      { Effect: "Allow", Sid: "StateKey", Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: "state-key_arn" },
      { Effect: "Allow", Sid: "Secrets", Action: ["kms:Decrypt", "kms:Encrypt"], Resource: "prod-key_arn" },
      { Effect: "Deny", Sid: "NotOthers", Action: "kms:*", Resource: ["staging-key_arn"] },
    ]);
  });

  it("gives a deployment the rows of the table, in the platform's regions, by the environment's names where there are any", () => {
    for (const [part, rights] of Object.entries(deployRights)) {
      const made = statements("policy", `deploy-prod-${part}`);
      const [everything, ...named] = made;
      const all = (rows: readonly Right[]): string[] =>
        rows.flatMap(({ service, actions }) => actions.map((action) => `${service}:${action}`));
      expect(everything).to.deep.equal({
        Effect: "Allow",
        Sid: "Everything",
        Action: all(rights.filter(({ on }) => on === "everything")),
        Resource: "*",
        Condition: regions,
      });
      const rows = rights.filter(({ on }) => on !== "everything");
      expect(named.slice(0, rows.length)).to.deep.equal(
        rows.map((row) => ({
          Effect: "Allow",
          Sid: row.service,
          Action: all([row]),
          Resource: (row.on as string[]).map((arn) => arn.replace("{name}", "platform-prod").replace("{account}", account)),
          Condition: regions,
        })),
      );
      expect(inputs("iam/policy:Policy", `deploy-prod-${part}`)).to.deep.include({
        name: `platform-deploy-prod-${part}`,
        path: "/platform-bootstrap/",
        description: `What a deployment of prod may do: ${part}`,
        tags,
      });
      expect(inputs("iam/rolePolicyAttachment:RolePolicyAttachment", `deploy-prod-${part}`).policyArn).to.equal(`deploy-prod-${part}_arn`);
    }
  });

  it("hands roles to the platform's services only, and attaches nothing but what the platform attaches", () => {
    const made = statements("policy", "deploy-prod-roles").slice(-4);
    const bounded = { StringEquals: { "iam:PermissionsBoundary": "services-boundary_arn" } };
    const roles = `arn:aws:iam::${account}:role/platform-prod*`;
    const hosts = (services: readonly string[]): string[] => services.map((service) => `${service}.amazonaws.com`);
    expect(made).to.deep.equal([
      { Effect: "Allow", Sid: "Bounded", Action: [...boundedRights], Resource: roles, Condition: bounded },
      {
        Effect: "Allow",
        Sid: "Hand",
        Action: "iam:PassRole",
        Resource: roles,
        Condition: { StringEquals: { "iam:PassedToService": hosts(roleTakers) } },
      },
      {
        Effect: "Allow",
        Sid: "Attach",
        Action: "iam:AttachRolePolicy",
        Resource: roles,
        Condition: { ArnEquals: { "iam:PolicyARN": [...attachable] }, ...bounded },
      },
      {
        Effect: "Allow",
        Sid: "Linked",
        Action: "iam:CreateServiceLinkedRole",
        Resource: `arn:aws:iam::${account}:role/aws-service-role/*`,
        Condition: { StringEquals: { "iam:AWSServiceName": hosts(linkedRoles) } },
      },
    ]);
  });

  it("bounds CI by the platform's verbs and names, and away from itself, its bucket, its keys and roles without a boundary", () => {
    const [everything, named, ...denied] = statements("policy", "boundary");
    expect(everything).to.deep.include({ Sid: "Everything", Effect: "Allow", Resource: "*", Condition: regions });
    expect(everything?.Action).to.include.members(["ec2:Create*", "iam:CreateServiceLinkedRole", "kms:Decrypt*", "rds:Describe*"]);
    expect((everything?.Action as string[]).filter((action) => /:\*$|^iam:|^s3:/.test(action))).to.deep.equal([
      "iam:CreateServiceLinkedRole",
    ]);
    expect(named).to.deep.include({ Sid: "Named", Effect: "Allow", Condition: regions });
    expect(named?.Action).to.include.members(["iam:*", "s3:*", "secretsmanager:*"]);
    expect(named?.Resource).to.include.members(["arn:aws:s3:::platform-*", `arn:aws:iam::${account}:role/platform-*`]);
    expect(denied).to.deep.equal([
      {
        Effect: "Deny",
        Sid: "NotItself",
        Action: "iam:*",
        Resource: `arn:aws:iam::${account}:*/platform-bootstrap/*`,
      },
      { Effect: "Deny", Sid: "NoLessBound", Action: "iam:DeleteRolePermissionsBoundary", Resource: "*" },
      {
        Effect: "Deny",
        Sid: "NotUnbounded",
        Action: ["iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRole*"],
        Resource: "*",
        Condition: { StringNotEquals: { "iam:PermissionsBoundary": "services-boundary_arn" } },
      },
      {
        Effect: "Deny",
        Sid: "NotTheBucket",
        Action: [
          ...["s3:DeleteBucket*", "s3:DeleteObjectVersion", "s3:PutBucket*", "s3:PutEncryptionConfiguration"],
          "s3:PutLifecycleConfiguration",
        ],
        Resource: ["state_arn", "state_arn/*"],
      },
      {
        Effect: "Deny",
        Sid: "NotTheKeys",
        Action: ["kms:CreateGrant", "kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:*TagResource"],
        Resource: "*",
        Condition: { StringEquals: { "aws:ResourceTag/component": "bootstrap" } },
      },
    ]);
    expect(inputs("iam/policy:Policy", "boundary")).to.deep.include({ name: "platform-boundary", description: "The most that CI may do" });
  });

  it("stays within what a document of IAM holds, with the longest names", async () => {
    const longest = await bootstrap("aws", {
      project: "a".repeat(16),
      environments: `${"b".repeat(16)},prod`,
      region: "ap-southeast-1",
      secondRegion: "ap-northeast-1",
    });
    const names: Readonly<Record<string, string>> = {
      state_arn: `arn:aws:s3:::${"a".repeat(16)}-state-123456`,
      "services-boundary_arn": `arn:aws:iam::${account}:policy/${"a".repeat(16)}-bootstrap/${"a".repeat(16)}-services-boundary`,
    };
    for (const { type, inputs, name } of longest) {
      if (type !== "aws:iam/policy:Policy") continue;
      const document = String(inputs.policy).replace(/[a-z-]+_arn/g, (short) => names[short] ?? expect.fail(short));
      expect(document.length, name).to.be.at.most(6144);
    }
  });

  it("lets go of all when the guard is lifted", async () => {
    const free = await bootstrap("aws", { guarded: "false" });
    expect(free.filter(({ protect }) => protect)).to.deep.equal([]);
    expect(only(free, "aws:s3/bucket:Bucket", "state").inputs.forceDestroy).to.equal(true);
    expect(only(free, "aws:kms/key:Key", "prod-key").inputs.deletionWindowInDays).to.equal(7);
  });

  it("has a row for each module of prod with every choice, and no other", async () => {
    const { resources } = await plan({ stack: "prod", cloud: "aws", set: [...choices, "database.pooling=true"] });
    const used = new Set(resources.flatMap(({ type }) => (type.startsWith("aws:") ? [type.split(":")[1]!.split("/")[0]!] : [])));
    const rows = new Set(Object.values(deployRights).flatMap((rights) => rights.flatMap(({ modules }) => modules)));
    expect([...rows].sort()).to.deep.equal([...used].sort());
    const attached = resources.filter(({ type }) => type === "aws:iam/rolePolicyAttachment:RolePolicyAttachment");
    expect(new Set(attached.map(({ inputs }) => inputs.policyArn))).to.deep.equal(new Set(attachable));
  });

  it("hands roles to the services that the components make roles for, and to no other", () => {
    const files = readdirSync("components", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
    const trusted = files.flatMap((file) => [
      ...readFileSync(join("components", file), "utf8").matchAll(/trustPolicy\("([a-z0-9.-]+)\.amazonaws\.com"/g),
    ]);
    expect(new Set(roleTakers)).to.deep.equal(new Set(trusted.map(([, service]) => service)));
  });

  it("leaves data alone: no messages, no snapshots' deletion, no copies' deletion", () => {
    const actions = Object.values(deployRights).flatMap((rights) =>
      rights.flatMap(({ service, actions }) => actions.map((a) => `${service}:${a}`)),
    );
    for (const star of actions.filter((action) => action.includes("*"))) expect(star).to.match(/:(Describe|Get|List|GetBucket)\*$/);
    expect(actions).to.not.include.members(["sqs:ReceiveMessage"]);
    expect(actions.filter((action) => /Snapshot$|RecoveryPoint$|AutomatedBackup$/.test(action))).to.deep.equal([
      ...["rds:CreateDBSnapshot", "rds:RestoreDBInstanceFromDBSnapshot", "elasticache:CreateSnapshot"],
    ]);
  });
});
