// The boundary of the roles that a deployment makes: wide enough for each role of the platform, and for nothing that makes an administrator.
import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { attachable } from "../../bootstrap/aws-rights";
import { permissions } from "../../components/clouds/aws/permissions";
import { plan } from "../../plan/plan";
import type { Recorded } from "../../plan/record";
import { once } from "../support/azure-parts";
import { choices } from "../support/choices";
import { ofType, only } from "../support/record";
import { allows, type Asked, covers, type Keys, listed, type Statement, statementsOf } from "./documents";
import { account, bootstrap } from "./support";

const roleType = "aws:iam/role:Role";
const boundaryArn = `arn:aws:iam::${account}:policy/platform-bootstrap/platform-services-boundary`;
const state = "arn:aws:s3:::platform-state-d21b2c";
const stateKey = { "aws:ResourceTag/component": "bootstrap" };

const made = once(() =>
  bootstrap("aws", {}, { state: { arn: state }, "services-boundary": { arn: boundaryArn }, "prod-key": { arn: arnOf("kms", "key/prod") } }),
);
const documentOf = async (name: string): Promise<readonly Statement[]> =>
  statementsOf(only(await made(), "aws:iam/policy:Policy", name).inputs.policy);

/** Everything that gives a role of the platform a right, besides `choices`. */
const uses = [
  ...["database.pooling=true", "database.logins.enabled=true", "operations.exec=true", "backup.archive=true", "backup.cacheCopy=true"],
  ...["services.api.uses.files=readWrite", "services.worker.uses.files=read", "services.api.uses.flags=read"],
  `services.web.image=${account}.dkr.ecr.us-east-1.amazonaws.com/shop/web:1`,
];

/** Every resource has the ARN that AWS would give it, with the provider's own digits where it adds some. */
const platform = once(async () => {
  const set = [...choices, ...uses, `security.permissionsBoundary=${boundaryArn}`];
  const { resources } = await plan({ stack: "prod", cloud: "aws", set }, answers, () => ({ accountId: account }));
  return resources;
});

const answers = (type: string, logical: string, inputs: Readonly<Record<string, unknown>>) => {
  const given = (key: string): string | undefined => (typeof inputs[key] === "string" ? inputs[key] : undefined);
  const name = given("name") ?? given("identifier") ?? (type.startsWith("aws:ecs/") ? given("family") : undefined) ?? `${logical}-0123456`;
  const arn = (arns[type] ?? ((each) => `${each}-of-no-service`))(name);
  return {
    id: type.startsWith("aws:ecs/") ? arn : name,
    state: { arn, name, resourceId: name, arnWithoutRevision: arn, environmentId: "e1", configurationProfileId: "p1" },
  };
};

const arns: Readonly<Record<string, (name: string) => string>> = {
  "aws:appautoscaling/target:Target": () => arnOf("application-autoscaling", "scalable-target/0ec5ab"),
  "aws:budgets/budget:Budget": (name) => `arn:aws:budgets::${account}:budget/${name}`,
  "aws:cloudwatch/logGroup:LogGroup": (name) => arnOf("logs", `log-group:${name}`),
  "aws:ecs/cluster:Cluster": (name) => arnOf("ecs", `cluster/${name}`),
  "aws:ecs/service:Service": (name) => arnOf("ecs", `service/platform-prod-hosting/${name}`),
  "aws:ecs/taskDefinition:TaskDefinition": (name) => arnOf("ecs", `task-definition/${name}`),
  "aws:efs/fileSystem:FileSystem": () => arnOf("elasticfilesystem", "file-system/fs-0123456789abcdef0"),
  "aws:elasticache/replicationGroup:ReplicationGroup": (name) => arnOf("elasticache", `replicationgroup:${name}`),
  "aws:iam/role:Role": (name) => `arn:aws:iam::${account}:role/${name}`,
  "aws:kms/key:Key": (name) => arnOf("kms", `key/${name}`),
  "aws:rds/instance:Instance": (name) => arnOf("rds", `db:${name}`),
  "aws:s3/bucket:Bucket": (name) => `arn:aws:s3:::${name}`,
  "aws:secretsmanager/secret:Secret": (name) => arnOf("secretsmanager", `secret:${name}-AbCdEf`),
  "aws:sfn/stateMachine:StateMachine": (name) => arnOf("states", `stateMachine:${name}`),
  "aws:sns/topic:Topic": (name) => arnOf("sns", name),
  "aws:sqs/queue:Queue": (name) => arnOf("sqs", name),
};

function arnOf(service: string, rest: string): string {
  return `arn:aws:${service}:us-east-1:${account}:${rest}`;
}

/** What a statement allows, each by itself; its conditions are what such a request brings along. */
function askedBy({ Action, Resource, Condition = {} }: Statement): readonly Asked[] {
  const keys: Keys = Object.fromEntries(
    Object.values(Condition).flatMap((pairs) => Object.entries(pairs).map(([key, values]) => [key, listed(values)[0] ?? ""] as const)),
  );
  return listed(Action).flatMap((action) => listed(Resource).map((resource) => ({ action, resource, keys })));
}

/**
 * Of AWS's own documents what the platform's roles do by them: the agent that sees servers from inside, all; AWS Backup (version 29 of
 * 2026-02-12), what concerns servers of RDS, their snapshots, and copies from vault to vault.
 */
const managed: Readonly<Record<(typeof attachable)[number], readonly Asked[]>> = {
  "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole": [
    ...["CreateLogGroup", "PutRetentionPolicy"].map((verb) => ({
      action: `logs:${verb}`,
      resource: arnOf("logs", "log-group:RDSOSMetrics"),
    })),
    ...["CreateLogStream", "DescribeLogStreams", "GetLogEvents", "PutLogEvents"].map((verb) => ({
      action: `logs:${verb}`,
      resource: arnOf("logs", "log-group:RDSOSMetrics:log-stream:db-ABC"),
    })),
  ],
  "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup": [
    ...["AddTagsToResource", "CopyDBSnapshot", "CreateDBSnapshot", "DescribeDBSnapshots", "ListTagsForResource", "DeleteDBSnapshot"].map(
      (verb) => ({ action: `rds:${verb}`, resource: arnOf("rds", "snapshot:awsbackup:job-1") }),
    ),
    ...["CreateDBSnapshot", "DescribeDBInstances", "ListTagsForResource"].map((verb) => ({
      action: `rds:${verb}`,
      resource: arnOf("rds", "db:platform-prod-database"),
    })),
    ...["CopyFromBackupVault", "CopyIntoBackupVault", "DescribeBackupVault"].map((verb) => ({
      action: `backup:${verb}`,
      resource: arnOf("backup", "backup-vault:platform-prod-backup-0123456"),
    })),
    { action: "backup:TagResource", resource: arnOf("backup", "recovery-point:1") },
    { action: "tag:GetResources", resource: "*" },
    ...["CreateGrant", "DescribeKey"].map((verb) => ({ action: `kms:${verb}`, resource: arnOf("kms", "key/secrets") })),
  ],
};

describe("the boundary of the platform's roles", () => {
  it("has in it what each role of prod may do, with every choice", async () => {
    const boundary = await documentOf("services-boundary");
    const policies = ofType(await platform(), "aws:iam/rolePolicy:RolePolicy");
    const asked = policies.flatMap(({ name, inputs }) =>
      statementsOf(inputs.policy).flatMap((statement) => askedBy(statement).map((each) => ({ name, ...each }))),
    );
    expect(asked.length).to.be.greaterThan(150);
    const names = new Set(policies.map(({ name }) => name));
    expect([...names]).to.include.members(["api-task", "bastion-sessions", "database-pool", "documents-replication", "budget-limit"]);
    expect(asked.filter((each) => !allows(boundary, each))).to.deep.equal([]);
    expect(asked.filter(({ resource }) => resource.includes("of-no-service"))).to.deep.equal([]);
  });

  it("has in it every word of access, what AWS's own policies are given for, and no action besides", async () => {
    const boundary = await documentOf("services-boundary");
    const words = Object.values(permissions).flatMap((row) => Object.values(row as Readonly<Record<string, readonly string[]>>).flat());
    const allowed = boundary.filter(({ Effect }) => Effect === "Allow").flatMap(({ Action }) => listed(Action));
    expect(words.filter((word) => !allowed.some((pattern) => covers(pattern, word, "i")))).to.deep.equal([]);
    const needed = [...words, ...Object.values(managed).flatMap((row) => row.map(({ action }) => action))];
    expect(allowed.filter((pattern) => !needed.some((word) => covers(pattern, word, "i")))).to.deep.equal([]);
    const destination = arnOf("events", "api-destination/platform-prod-monitoring-high-ops/0f1e");
    expect(allows(boundary, { action: "events:InvokeApiDestination", resource: destination })).to.equal(true);
    for (const asked of Object.values(managed).flat())
      expect(allows(boundary, asked), `${asked.action} on ${asked.resource}`).to.equal(true);
    const attached = ofType(await platform(), "aws:iam/rolePolicyAttachment:RolePolicyAttachment");
    expect(new Set(attached.map(({ inputs }) => inputs.policyArn))).to.deep.equal(new Set(Object.keys(managed)));
  });

  it("has nothing in it that makes an administrator, or reaches the bootstrap, its keys, copies or what is not the platform's", async () => {
    const boundary = await documentOf("services-boundary");
    const role = (name: string): string => `arn:aws:iam::${account}:role/${name}`;
    const own = role("platform-prod-api-task");
    const toTasks = { "iam:PassedToService": "ecs-tasks.amazonaws.com" };
    const refused: readonly Asked[] = [
      ...["AttachRolePolicy", "CreateRole", "PutRolePolicy", "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"].map((verb) => ({
        action: `iam:${verb}`,
        resource: own,
        keys: { "iam:PermissionsBoundary": boundaryArn },
      })),
      ...["UpdateAssumeRolePolicy", "TagRole", "PassRole"].map((verb) => ({ action: `iam:${verb}`, resource: own })),
      ...["CreateAccessKey", "CreateUser", "AttachUserPolicy"].map((verb) => ({
        action: `iam:${verb}`,
        resource: `arn:aws:iam::${account}:user/x`,
      })),
      ...["CreatePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicy"].map((verb) => ({
        action: `iam:${verb}`,
        resource: boundaryArn,
      })),
      { action: "iam:PassRole", resource: own, keys: { "iam:PassedToService": "ec2.amazonaws.com" } },
      { action: "iam:PassRole", resource: role("Admin"), keys: toTasks },
      { action: "iam:PassRole", resource: role("platform-bootstrap/platform-deploy-prod"), keys: toTasks },
      ...[own, role("Admin"), role("platform-bootstrap/platform-deploy-prod"), "arn:aws:iam::999999999999:role/Foreign"].map(
        (resource) => ({
          action: "sts:AssumeRole",
          resource,
        }),
      ),
      ...["organizations:LeaveOrganization", "account:CloseAccount", "lambda:CreateFunction", "ec2:RunInstances"].map((action) => ({
        action,
        resource: "*",
      })),
      { action: "s3:ListBucket", resource: state },
      ...["DeleteObject", "GetObject", "PutObject"].map((verb) => ({ action: `s3:${verb}`, resource: `${state}/prod/.pulumi/x.json` })),
      { action: "s3:GetObject", resource: "arn:aws:s3:::somebody-elses/x" },
      ...["PutBucketPolicy", "DeleteObjectVersion"].map((verb) => ({
        action: `s3:${verb}`,
        resource: "arn:aws:s3:::platform-prod-documents",
      })),
      ...["Decrypt", "GenerateDataKey", "CreateGrant"].map((verb) => ({
        action: `kms:${verb}`,
        resource: arnOf("kms", "key/prod"),
        keys: stateKey,
      })),
      ...["PutKeyPolicy", "ScheduleKeyDeletion", "TagResource"].map((verb) => ({ action: `kms:${verb}`, resource: arnOf("kms", "key/x") })),
      { action: "secretsmanager:GetSecretValue", resource: arnOf("secretsmanager", "secret:others-AbCdEf") },
      { action: "secretsmanager:PutResourcePolicy", resource: arnOf("secretsmanager", "secret:platform-prod-database-AbCdEf") },
      { action: "rds:DeleteDBSnapshot", resource: arnOf("rds", "snapshot:platform-prod-database-final") },
      { action: "backup:DeleteRecoveryPoint", resource: arnOf("backup", "recovery-point:1") },
      { action: "ecs:RegisterTaskDefinition", resource: "*" },
    ];
    expect(refused.filter((asked) => allows(boundary, asked))).to.deep.equal([]);
    // They are refused for what they are: the same action is in it where it is the platform's.
    expect(allows(boundary, { action: "iam:PassRole", resource: own, keys: toTasks })).to.equal(true);
    expect(allows(boundary, { action: "kms:Decrypt", resource: arnOf("kms", "key/x") })).to.equal(true);
  });

  it("stands around each role of a stack that names it, and around none of one that does not", async () => {
    const roles = ofType(await platform(), roleType);
    expect(roles).to.have.length.greaterThan(20);
    for (const { name, inputs } of roles) expect(inputs.permissionsBoundary, name).to.equal(boundaryArn);
    const { resources } = await plan({ stack: "dev", cloud: "aws" });
    const without = ofType(resources, roleType);
    expect(without).to.not.be.empty;
    for (const { name, inputs } of without) expect(Object.keys(inputs), name).to.deep.equal(["assumeRolePolicy", "tags"]);
  });

  it("can be forgotten by no role: all are made in one place", () => {
    const files = readdirSync("components", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
    const making = files.filter((file) => /new (iam\.)?Role\(/.test(readFileSync(join("components", file), "utf8")));
    expect(making.map((file) => file.replaceAll("\\", "/"))).to.deep.equal(["clouds/aws/role.ts"]);
  });
});

describe("what CI may do with roles", () => {
  const us = { "aws:RequestedRegion": "us-east-1" };
  const prod = `arn:aws:iam::${account}:role/platform-prod-x-0123456`;
  const [policyArn] = attachable;

  /** By one of its policies, and within its own boundary. */
  const may = async (action: string, resource: string, keys: Keys = {}): Promise<boolean> => {
    const all: readonly Recorded[] = await made();
    const own = all.filter(
      ({ type, name }) => /^aws:iam\/(policy:Policy|rolePolicy:RolePolicy)$/.test(type) && name.startsWith("deploy-prod-"),
    );
    const asked = { action, resource, keys: { ...us, ...keys } };
    return (
      allows(
        own.flatMap(({ inputs }) => statementsOf(inputs.policy)),
        asked,
      ) && allows(await documentOf("boundary"), asked)
    );
  };

  for (const [verb, keys] of [
    ["CreateRole", {}],
    ["PutRolePolicy", {}],
    ["PutRolePermissionsBoundary", {}],
    ["AttachRolePolicy", { "iam:PolicyARN": policyArn }],
  ] as const) {
    it(`${verb}: only of one within the boundary`, async () => {
      const bound = (arn: string): Keys => ({ ...keys, "iam:PermissionsBoundary": arn });
      expect(await may(`iam:${verb}`, prod, bound(boundaryArn)), "bounded").to.equal(true);
      expect(await may(`iam:${verb}`, prod, keys), "without any").to.equal(false);
      expect(await may(`iam:${verb}`, prod, bound("arn:aws:iam::aws:policy/AdministratorAccess")), "within another").to.equal(false);
      expect(await may(`iam:${verb}`, `arn:aws:iam::${account}:role/Admin`, bound(boundaryArn)), "another's").to.equal(false);
      expect(await may(`iam:${verb}`, `arn:aws:iam::${account}:role/platform-bootstrap/platform-plan`, bound(boundaryArn))).to.equal(false);
    });
  }

  it("no more is attached than AWS's two", async () => {
    const keys = { "iam:PermissionsBoundary": boundaryArn, "iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess" };
    expect(await may("iam:AttachRolePolicy", prod, keys)).to.equal(false);
  });

  it("no boundary is taken away, and neither of the two policies is changed", async () => {
    const keys = { "iam:PermissionsBoundary": boundaryArn };
    expect(await may("iam:DeleteRolePermissionsBoundary", prod, keys)).to.equal(false);
    for (const policy of [boundaryArn, boundaryArn.replace("services-boundary", "boundary")])
      for (const verb of ["CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "SetDefaultPolicyVersion", "TagPolicy"])
        expect(await may(`iam:${verb}`, policy, keys), `${verb} ${policy}`).to.equal(false);
  });

  it("what has no such condition in IAM goes by names: trust, tags and handing over", async () => {
    const admin = `arn:aws:iam::${account}:role/Admin`;
    const handed = { "iam:PassedToService": "ecs-tasks.amazonaws.com" };
    for (const [verb, keys] of [
      ["UpdateAssumeRolePolicy", {}],
      ["TagRole", {}],
      ["PassRole", handed],
    ] as const) {
      expect(await may(`iam:${verb}`, prod, keys), verb).to.equal(true);
      expect(await may(`iam:${verb}`, admin, keys), verb).to.equal(false);
      expect(await may(`iam:${verb}`, `arn:aws:iam::${account}:role/platform-bootstrap/platform-plan`, keys), verb).to.equal(false);
    }
    expect(await may("iam:PassRole", prod, { "iam:PassedToService": "lambda.amazonaws.com" })).to.equal(false);
  });
});
