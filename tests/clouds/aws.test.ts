import { expect } from "chai";
import * as fc from "fast-check";
import { firewallLogGroupName, logGroupName, maxLength, nameKinds, nameOf, namePrefix } from "../../components/clouds/aws/names";
import { grants, permissions, policyDocument, trustPolicy, unscoped } from "../../components/clouds/aws/permissions";
import { cacheSizes, checkLogDays, databaseSizes, limits, logDays } from "../../components/clouds/aws/sizes";
import { transformed, type Transforms } from "../../components/clouds/aws/transforms";
import type { Output } from "@pulumi/pulumi";
import type { Stack } from "../../components/stack";
import { accessWords } from "../../components/use";
import { awsStack } from "../support/stacks";

const word = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/);
const part = fc.stringMatching(/^[a-z][a-z0-9-]{0,60}$/);
const anyKind = fc.constantFrom(...nameKinds);
const anyStack = fc.record({ project: word, name: word }).map((names): Stack => awsStack(names));

describe("names on AWS", () => {
  it("fit into what every service allows", () => {
    fc.assert(
      fc.property(anyStack, anyKind, part, (stack, kind, of) => {
        const name = nameOf(stack, kind, of);
        expect(name).to.match(/^[a-z](?:-?[a-z0-9])*$/);
        expect(name.length).to.be.at.most(maxLength(kind));
      }),
    );
  });

  it("are the same for the same stack", () => {
    fc.assert(fc.property(anyStack, anyKind, part, (stack, kind, of) => nameOf({ ...stack }, kind, of) === nameOf(stack, kind, of)));
  });

  it("differ for two parts of a stack", () => {
    fc.assert(
      fc.property(anyStack, anyKind, part, part, (stack, kind, one, other) => {
        fc.pre(one !== other);
        expect(nameOf(stack, kind, one)).not.to.equal(nameOf(stack, kind, other));
      }),
    );
  });

  it("differ for two stacks where no random suffix follows", () => {
    fc.assert(
      fc.property(anyStack, anyStack, fc.constantFrom("rdsInstance", "cluster", "keyAlias", "taskFamily"), part, (one, other, kind, of) => {
        fc.pre(one.project !== other.project || one.name !== other.name);
        expect(nameOf(one, kind, of)).not.to.equal(nameOf(other, kind, of));
      }),
    );
    // Joined with hyphens these two read alike.
    const [left, right] = [awsStack({ project: "a-b", name: "c" }), awsStack({ project: "a", name: "b-c" })];
    expect(nameOf(left, "rdsInstance", "x")).not.to.equal(nameOf(right, "rdsInstance", "x"));
  });

  it("leave room for what the provider adds", () => {
    const lengths = Object.fromEntries(nameKinds.map((kind) => [kind, maxLength(kind)]));
    expect(lengths).to.deep.equal({
      loadBalancer: 24,
      targetGroup: 24,
      securityGroup: 247,
      role: 56,
      policy: 120,
      keyAlias: 250,
      bucket: 55,
      secret: 248,
      queue: 67,
      topic: 243,
      trail: 120,
      rdsInstance: 63,
      rdsProxy: 63,
      subnetGroup: 247,
      parameterGroup: 247,
      replicationGroup: 32,
      cluster: 255,
      service: 247,
      taskFamily: 255,
      schedule: 56,
      launchTemplate: 120,
      hostGroup: 247,
      webAcl: 120,
      edge: 56,
      shield: 120,
      vpcOrigin: 64,
      logDelivery: 60,
      alarm: 247,
      connection: 56,
      dashboard: 255,
      eventRule: 56,
      repository: 248,
      budget: 92,
      costMonitor: 92,
      backupVault: 42,
      backupPlan: 42,
      stateMachine: 72,
      cacheSnapshot: 26,
    });
  });

  it("read as project, stack and part where they can", () => {
    const stack = awsStack();
    expect(nameOf(stack, "rdsInstance", "database")).to.equal("platform-test-database");
    expect(nameOf(stack, "role", "api-execution")).to.equal("platform-test-api-execution");
    expect(nameOf(stack, "cluster", "my-hosting")).to.match(/^platform-test-my-hosting-[0-9a-f]{6}$/);
    expect(nameOf(stack, "loadBalancer", "gateway-with-a-long-name")).to.match(/^platform-test-gat-[0-9a-f]{6}$/);
    expect(nameOf(awsStack({ project: "1st" }), "bucket", "logs")).to.match(/^p-1st-test-logs-[0-9a-f]{6}$/);
    expect(namePrefix(stack)).to.equal("platform-test-");
    expect(logGroupName(stack, "api")).to.equal("/platform/test/api");
    expect(firewallLogGroupName(stack, "gateway")).to.equal("aws-waf-logs-platform-test-gateway");
  });

  it("begin with the stack's prefix", () => {
    fc.assert(
      fc.property(anyStack, part, (stack, of) => {
        fc.pre(stack.project.length + stack.name.length < 150);
        expect(nameOf(stack, "topic", of).startsWith(namePrefix(stack))).to.equal(true);
      }),
    );
  });
});

describe("permissions on AWS", () => {
  it("are exactly these", () => {
    expect(permissions).to.deep.equal({
      database: { read: [], readWrite: [], own: [] },
      cache: { readWrite: [] },
      queue: {
        send: ["sqs:SendMessage", "sqs:GetQueueUrl"],
        receive: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"],
      },
      topic: { send: ["sns:Publish"] },
      service: { call: [] },
      storage: { read: ["s3:GetObject"], readWrite: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"] },
      flags: { read: ["appconfig:StartConfigurationSession", "appconfig:GetLatestConfiguration"] },
      files: { read: ["elasticfilesystem:ClientMount"], readWrite: ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"] },
      bucket: { list: ["s3:ListBucket"] },
      replication: {
        bucket: ["s3:GetReplicationConfiguration", "s3:ListBucket"],
        read: ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"],
        write: ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"],
        encrypt: ["kms:Encrypt", "kms:GenerateDataKey"],
      },
      secret: { read: ["secretsmanager:GetSecretValue"] },
      key: { decrypt: ["kms:Decrypt"], encrypt: ["kms:GenerateDataKey", "kms:Decrypt"] },
      execution: {
        token: ["ecr:GetAuthorizationToken"],
        pull: ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"],
        log: ["logs:CreateLogStream", "logs:PutLogEvents"],
      },
      bastion: { register: ["ssm:UpdateInstanceInformation"] },
      console: {
        channel: [
          "ssmmessages:CreateControlChannel",
          "ssmmessages:CreateDataChannel",
          "ssmmessages:OpenControlChannel",
          "ssmmessages:OpenDataChannel",
        ],
        log: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        find: ["logs:DescribeLogGroups"],
      },
      scheduler: { run: ["ecs:RunTask"], tag: ["ecs:TagResource"], pass: ["iam:PassRole"] },
      webhook: { call: ["events:InvokeApiDestination"] },
      audit: { log: ["logs:CreateLogStream", "logs:PutLogEvents"] },
      telemetry: {
        traces: ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"],
        metrics: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
      },
      machine: {
        start: ["states:StartExecution"],
        watch: ["ecs:DescribeTasks", "ecs:StopTask"],
        events: ["events:DescribeRule", "events:PutRule", "events:PutTargets"],
      },
      archive: { write: ["s3:PutObject", "s3:AbortMultipartUpload"] },
      snapshots: {
        create: ["elasticache:CreateSnapshot"],
        list: ["elasticache:DescribeSnapshots"],
        delete: ["elasticache:DeleteSnapshot"],
        copy: ["elasticache:CopySnapshot"],
        buckets: ["s3:ListAllMyBuckets"],
        bucket: ["s3:GetBucketLocation", "s3:ListBucket"],
        objects: ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
        key: ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
      },
      restoreTest: {
        find: ["rds:DescribeDBSnapshots"],
        restore: ["rds:RestoreDBInstanceFromDBSnapshot"],
        tag: ["rds:AddTagsToResource"],
        watch: ["rds:DescribeDBInstances"],
        delete: ["rds:DeleteDBInstance"],
      },
      budget: {
        read: ["budgets:ViewBudget"],
        limit: ["application-autoscaling:RegisterScalableTarget"],
        scale: ["ecs:DescribeServices", "ecs:UpdateService"],
      },
    });
  });

  it("name each action", () => {
    for (const row of Object.values(permissions)) {
      for (const actions of Object.values<readonly string[]>(row)) {
        for (const action of actions) expect(action).to.match(/^[a-z0-9-]+:[A-Z][A-Za-z]+$/);
      }
    }
  });

  it("have a row for every word of access", () => {
    for (const [noun, words] of Object.entries(accessWords)) {
      expect(permissions)
        .to.have.property(noun)
        .that.has.all.keys(...words);
    }
  });

  it("grant nothing where IAM has no say", () => {
    expect(grants(permissions.database.readWrite, "arn")).to.deep.equal([]);
    expect(grants(permissions.topic.send, "arn")).to.deep.equal([{ actions: ["sns:Publish"], resources: ["arn"] }]);
  });

  it("become the same document for the same grants", async () => {
    const conditions = { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } };
    const document = await valueOf(
      policyDocument([
        { actions: permissions.queue.receive, resources: ["arn:aws:sqs:us-east-1:123456789012:jobs"] },
        { actions: permissions.scheduler.pass, resources: ["arn:aws:iam::123456789012:role/x"], conditions },
        { actions: permissions.execution.token, resources: [unscoped] },
      ]),
    );
    expect(document).to.deep.equal({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
          Resource: ["arn:aws:sqs:us-east-1:123456789012:jobs"],
        },
        { Effect: "Allow", Action: ["iam:PassRole"], Resource: ["arn:aws:iam::123456789012:role/x"], Condition: conditions },
        { Effect: "Allow", Action: ["ecr:GetAuthorizationToken"], Resource: ["*"] },
      ],
    });
  });

  it("let a service take on a role for this account only", async () => {
    const statement = { Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" };
    expect(await valueOf(trustPolicy("ecs-tasks.amazonaws.com", "123456789012"))).to.deep.equal({
      Version: "2012-10-17",
      Statement: [{ ...statement, Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } } }],
    });
    expect(await valueOf(trustPolicy("ecs-tasks.amazonaws.com"))).to.deep.equal({ Version: "2012-10-17", Statement: [statement] });
  });
});

describe("sizes on AWS", () => {
  it("are these", () => {
    expect(databaseSizes).to.deep.equal({
      small: { instanceClass: "db.t4g.small", priceKey: "aws.rds.db.t4g.small", vcpu: 2, memoryGib: 2, burstable: true },
      medium: { instanceClass: "db.m7g.large", priceKey: "aws.rds.db.m7g.large", vcpu: 2, memoryGib: 8, burstable: false },
      large: { instanceClass: "db.m7g.xlarge", priceKey: "aws.rds.db.m7g.xlarge", vcpu: 4, memoryGib: 16, burstable: false },
      xlarge: { instanceClass: "db.m7g.2xlarge", priceKey: "aws.rds.db.m7g.2xlarge", vcpu: 8, memoryGib: 32, burstable: false },
    });
    expect(cacheSizes).to.deep.equal({
      small: { nodeType: "cache.t4g.micro", priceKey: "aws.elasticache.cache.t4g.micro", memoryGib: 0.5 },
      medium: { nodeType: "cache.t4g.small", priceKey: "aws.elasticache.cache.t4g.small", memoryGib: 1.37 },
      large: { nodeType: "cache.r7g.large", priceKey: "aws.elasticache.cache.r7g.large", memoryGib: 13.07 },
      xlarge: { nodeType: "cache.r7g.xlarge", priceKey: "aws.elasticache.cache.r7g.xlarge", memoryGib: 26.32 },
    });
  });

  it("are limited as AWS limits them", () => {
    const { sizes, ...database } = limits.database;
    expect(sizes).to.equal(databaseSizes);
    expect(database).to.deep.equal({
      storageGb: { min: 20, max: 65536 },
      burstableReplicas: true,
      burstableHighAvailability: true,
      burstablePooling: true,
      maxReplicas: 15,
      backupDays: { min: 1, max: 35 },
      iops: { min: 12000, max: 64000, fromStorageGb: 400 },
    });
    expect(limits.cloud).to.equal("aws");
    expect(limits.cache).to.deep.equal({ sizes: cacheSizes, sharding: true });
    const { pairs, ...service } = limits.service;
    expect(service).to.deep.equal({
      spot: true,
      jobTimeouts: false,
      maxInstances: 1000,
      fixedScaleCpus: [],
      readOnlySites: true,
      noCandidateCpus: [],
    });
    const fargate = Object.entries({ web: pairs.web, api: pairs.api, worker: pairs.worker, job: pairs.job });
    for (const [, table] of fargate) expect([...table]).to.deep.equal(fargatePairs);
  });

  it("stand in regions with three zones or more", () => {
    expect(Object.keys(limits.zones)).to.include.members(["us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1"]);
    expect(limits.zones["us-east-1"]).to.deep.equal(["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1e", "us-east-1f"]);
    for (const [region, zones] of Object.entries(limits.zones)) {
      expect(zones.length, region).to.be.at.least(3);
      for (const zone of zones) expect(zone).to.match(new RegExp(`^${region}[a-f]$`));
    }
  });

  it("keep logs for the days that CloudWatch sells", () => {
    for (const days of logDays) expect(checkLogDays(days)).to.deep.equal([]);
    expect(checkLogDays(31)).to.deep.equal([
      { path: "logDays", given: 31, problem: `CloudWatch keeps logs for ${logDays.join(", ")} days`, remedy: "choose one of these" },
    ]);
    expect(logDays).to.deep.equal([
      1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
    ]);
  });
});

describe("transforms on AWS", () => {
  it("change nothing until one is written", () => {
    const args = { forceDestroy: false };
    expect(transformed("storage.bucket", args)).to.equal(args);
  });

  it("are applied to their own resource", () => {
    const by: Transforms = { "storage.bucket": (args) => ({ ...args, objectLockEnabled: true }) };
    expect(transformed("storage.bucket", { forceDestroy: false }, by)).to.deep.equal({ forceDestroy: false, objectLockEnabled: true });
    expect(transformed("queue.queue", { delaySeconds: 1 }, by)).to.deep.equal({ delaySeconds: 1 });
  });
});

const gib = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, step) => (from + step) * 1024);
const fargatePairs = [
  [0.25, [512, 1024, 2048]],
  [0.5, gib(1, 4)],
  [1, gib(2, 8)],
  [2, gib(4, 16)],
  [4, gib(8, 30)],
];

function valueOf(text: Output<string>): Promise<unknown> {
  return new Promise((resolve) => void text.apply((json) => resolve(JSON.parse(json))));
}
