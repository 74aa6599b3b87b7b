import { expect } from "chai";
import { output } from "@pulumi/pulumi";
import { AwsMonitoring } from "../../components/monitoring/aws";
import { AwsStorage } from "../../components/storage/aws";
import type { BucketSpec } from "../../components/storage/index";
import type { Stack } from "../../components/stack";
import { account, awsNetwork, awsSecrets, awsTags, childrenOf, documentOf, madeBy, recordData, waitsFor } from "../support/aws-parts";
import { once } from "../support/azure-parts";
import { ofType, only, type Recorded, recordKnown } from "../support/record";

async function logs(stack: Partial<Stack> = {}): Promise<Recorded[]> {
  const resources = await recordKnown(() => {
    const network = awsNetwork(stack);
    const storage = new AwsStorage("logs", { network, purpose: "logs", expireDays: 90 });
    expect(Object.keys(storage.raw)).to.have.members(["bucketName", "bucketArn", "policy", "keyArn", "copy"]);
    expect([storage.raw.keyArn, storage.raw.copy, storage.copyName]).to.deep.equal([undefined, undefined, undefined]);
    expect(() => storage.use("read")).to.throw(/only the cloud's own services write logs[^]*use a bucket of storage.buckets/);
    expect(storage.bucketName).to.equal(storage.bucket.bucket);
  });
  return resources.filter((resource) => childrenOf(resources, "logs").includes(resource) || resource.name === "logs");
}

const bucket = "platform-test-logs-id";
const arn = "platform-test-logs_arn";

describe("Storage on AWS", () => {
  it("is a bucket with its satellites", async () => {
    expect(madeBy(await logs(), "logs")).to.deep.equal([
      "s3 Bucket platform-test-logs",
      "s3 BucketLifecycleConfiguration logs-expiry",
      "s3 BucketOwnershipControls logs-ownership",
      "s3 BucketPolicy logs-policy",
      "s3 BucketPublicAccessBlock logs-access",
      "s3 BucketServerSideEncryptionConfiguration logs-encryption",
      "s3 BucketVersioning logs-versions",
    ]);
  });

  it("is kept by the guard of data, and goes away with its contents without", async () => {
    const kept = only(await logs({ guard: "data" }), "aws:s3/bucket:Bucket");
    expect(kept.inputs).to.deep.equal({ forceDestroy: false, tags: awsTags("logs") });
    expect(kept.protect).to.equal(true);
    const free = only(await logs({ guard: "none" }), "aws:s3/bucket:Bucket");
    expect(free.inputs).to.deep.equal({ forceDestroy: true, tags: awsTags("logs") });
    expect(free.protect).to.equal(false);
  });

  it("opens to nobody", async () => {
    const resources = await logs();
    expect(only(resources, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock").inputs).to.deep.equal({
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    expect(only(resources, "aws:s3/bucketOwnershipControls:BucketOwnershipControls").inputs).to.deep.equal({
      bucket,
      rule: { objectOwnership: "BucketOwnerEnforced" },
    });
  });

  it("is encrypted with S3's keys, as load balancers can't write with others", async () => {
    expect(
      only(await logs(), "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration").inputs,
    ).to.deep.equal({
      bucket,
      rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    });
  });

  it("keeps versions, and nothing after its days", async () => {
    const resources = await logs();
    expect(only(resources, "aws:s3/bucketVersioning:BucketVersioning").inputs).to.deep.equal({
      bucket,
      versioningConfiguration: { status: "Enabled" },
    });
    const expiry = only(resources, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration");
    expect(expiry.inputs).to.deep.equal({
      bucket,
      rules: [
        {
          id: "expire",
          status: "Enabled",
          filter: {},
          expiration: { days: 90 },
          noncurrentVersionExpiration: { noncurrentDays: 7 },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
        },
        { id: "delete-markers", status: "Enabled", filter: {}, expiration: { expiredObjectDeleteMarker: true } },
      ],
    });
    expect(waitsFor(expiry)).to.include("logs-versions");
  });

  it("is written by AWS's log deliveries of this account only, over TLS 1.2", async () => {
    const policy = only(await logs(), "aws:s3/bucketPolicy:BucketPolicy");
    expect(waitsFor(policy)).to.include("logs-access");
    const everything = { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: [arn, `${arn}/*`] };
    const objects = `${arn}/AWSLogs/${account}/*`;
    const source = { ArnLike: { "aws:SourceArn": `arn:aws:logs:us-east-1:${account}:*` } };
    expect(documentOf(policy, "policy")).to.deep.equal({
      Version: "2012-10-17",
      Statement: [
        { Sid: "DenyPlainText", ...everything, Condition: { Bool: { "aws:SecureTransport": "false" } } },
        { Sid: "DenyOldTls", ...everything, Condition: { NumericLessThan: { "s3:TlsVersion": "1.2" } } },
        {
          Sid: "AWSLogDeliveryWrite",
          Effect: "Allow",
          Principal: { Service: "delivery.logs.amazonaws.com" },
          Action: "s3:PutObject",
          Resource: objects,
          Condition: { StringEquals: { "aws:SourceAccount": account, "s3:x-amz-acl": "bucket-owner-full-control" }, ...source },
        },
        {
          Sid: "AWSLogDeliveryAclCheck",
          Effect: "Allow",
          Principal: { Service: "delivery.logs.amazonaws.com" },
          Action: "s3:GetBucketAcl",
          Resource: arn,
          Condition: { StringEquals: { "aws:SourceAccount": account }, ...source },
        },
        {
          Sid: "AuditTrailAclCheck",
          Effect: "Allow",
          Principal: { Service: "cloudtrail.amazonaws.com" },
          Action: "s3:GetBucketAcl",
          Resource: arn,
          Condition: { ArnLike: { "aws:SourceArn": `arn:aws:cloudtrail:us-east-1:${account}:trail/*` } },
        },
        {
          Sid: "AuditTrail",
          Effect: "Allow",
          Principal: { Service: "cloudtrail.amazonaws.com" },
          Action: "s3:PutObject",
          Resource: objects,
          Condition: {
            ArnLike: { "aws:SourceArn": `arn:aws:cloudtrail:us-east-1:${account}:trail/*` },
            StringEquals: { "s3:x-amz-acl": "bucket-owner-full-control" },
          },
        },
        {
          Sid: "LoadBalancerLogs",
          Effect: "Allow",
          Principal: { Service: "logdelivery.elasticloadbalancing.amazonaws.com" },
          Action: "s3:PutObject",
          Resource: objects,
        },
        {
          Sid: "AccessLogs",
          Effect: "Allow",
          Principal: { Service: "logging.s3.amazonaws.com" },
          Action: "s3:PutObject",
          Resource: `${arn}/s3/*`,
          Condition: { StringEquals: { "aws:SourceAccount": account } },
        },
      ],
    });
  });
});

const archived = { versionsDays: 30, folders: { archive: { archiveAfterDays: 7, expireDays: 365 } } };
const specs: readonly BucketSpec[] = [
  { purpose: "documents", lifecycle: { versionsDays: 90, folders: {} }, replicate: false },
  {
    purpose: "uploads",
    lifecycle: {
      infrequentAfterDays: 30,
      coldAfterDays: 90,
      expireDays: 365,
      versionsDays: 30,
      folders: { archive: { archiveAfterDays: 7, expireDays: 366 }, plain: {}, short: { expireDays: 3 } },
    },
    replicate: false,
  },
  { purpose: "backups", lifecycle: archived, replicate: true },
  { purpose: "assets", lifecycle: { versionsDays: 7, folders: {} }, replicate: true },
];

interface Seen {
  readonly purpose: string;
  readonly copy: unknown;
  readonly uses: readonly { readonly env: unknown; readonly raw: { readonly statements: readonly unknown[] } }[];
}
const seen: Seen[] = [];

/** All buckets of the application on one platform, each called as its purpose; what they hand out is put into `seen`. */
const platform = once(async (stack: Partial<Stack> = {}): Promise<Recorded[]> =>
  recordData(() => {
    const network = awsNetwork({ secondRegion: "us-west-2", ...stack });
    const logs = new AwsStorage("logs", { network, purpose: "logs", expireDays: 365 });
    const monitoring = new AwsMonitoring("monitoring", { network, logs, logDays: 30, alertEmails: [], flowLogs: false });
    const secrets = awsSecrets(network);
    for (const spec of specs) {
      const made = new AwsStorage(spec.purpose, { network, secrets, logs, monitoring, ...spec });
      const uses = [made.use("read"), made.use("readWrite")];
      output({
        purpose: spec.purpose,
        copy: [made.raw.copy, made.copyName],
        uses: uses.map(({ target, noun, access, env, secrets: references, raw }) => ({
          target,
          noun,
          access,
          env,
          secrets: references,
          raw,
        })),
      }).apply((values) => seen.push(values));
    }
  }),
);
const bucketOf = async (purpose: BucketSpec["purpose"], stack: Partial<Stack> = {}): Promise<Recorded[]> =>
  childrenOf(await platform(stack), purpose);
const handed = async (purpose: BucketSpec["purpose"]): Promise<Seen | undefined> => {
  await platform({});
  return seen.find((each) => each.purpose === purpose);
};

describe("Buckets of the application on AWS", () => {
  const documents = "platform-test-documents";
  const everything = [`${documents}_arn`, `${documents}_arn/*`];
  const tlsOnly = (resources: readonly string[]) => ({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "DenyPlainText",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: resources,
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
      {
        Sid: "DenyOldTls",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: resources,
        Condition: { NumericLessThan: { "s3:TlsVersion": "1.2" } },
      },
    ],
  });

  it("S1: is a private bucket with versions that writes down who read it", async () => {
    const resources = await bucketOf("documents");
    expect(resources.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`)).to.have.members([
      "Bucket platform-test-documents",
      "BucketOwnershipControls documents-ownership",
      "BucketPublicAccessBlock documents-access",
      "BucketServerSideEncryptionConfiguration documents-encryption",
      "BucketVersioning documents-versions",
      "BucketLifecycleConfiguration documents-expiry",
      "BucketPolicy documents-policy",
      "BucketLogging documents-logging",
    ]);
    const logging = only(resources, "aws:s3/bucketLogging:BucketLogging");
    expect(logging.inputs).to.deep.equal({
      bucket: `${documents}-id`,
      targetBucket: "platform-test-logs_bucket",
      targetPrefix: "s3/documents/",
    });
    expect(waitsFor(logging)).to.include("logs-policy");
    expect(documentOf(only(resources, "aws:s3/bucketPolicy:BucketPolicy"), "policy")).to.deep.equal(tlsOnly(everything));
    for (const { inputs } of resources) expect(inputs).not.to.have.property("region");
  });

  it("S1: is encrypted with the stack's key, but for assets", async () => {
    const type = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";
    const rules = async (purpose: BucketSpec["purpose"]) => only(await bucketOf(purpose), type, `${purpose}-encryption`).inputs.rules;
    for (const purpose of ["documents", "uploads", "backups"] as const) {
      expect(await rules(purpose)).to.deep.equal([
        {
          applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: "secrets-key_arn" },
          bucketKeyEnabled: true,
          blockedEncryptionTypes: ["SSE-C"],
        },
      ]);
    }
    expect(await rules("assets")).to.deep.equal([{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }]);
  });

  const lifecycleOf = async (purpose: BucketSpec["purpose"]): Promise<unknown> =>
    only(await bucketOf(purpose), "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration").inputs.rules;

  it("S1: keeps objects where no day is said, and changed ones for theirs", async () => {
    expect(await lifecycleOf("documents")).to.deep.equal([
      {
        id: "objects",
        status: "Enabled",
        filter: {},
        noncurrentVersionExpiration: { noncurrentDays: 90 },
        abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
      },
      { id: "delete-markers", status: "Enabled", filter: {}, expiration: { expiredObjectDeleteMarker: true } },
    ]);
  });

  it("S1: moves objects to the classes of their days, and those of a folder to theirs", async () => {
    expect(await lifecycleOf("uploads")).to.deep.equal([
      {
        id: "objects",
        status: "Enabled",
        filter: {},
        transitions: [
          { days: 30, storageClass: "STANDARD_IA" },
          { days: 90, storageClass: "GLACIER_IR" },
        ],
        expiration: { days: 365 },
        noncurrentVersionExpiration: { noncurrentDays: 30 },
        abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
      },
      {
        id: "archive",
        status: "Enabled",
        filter: { prefix: "archive/" },
        transitions: [{ days: 7, storageClass: "DEEP_ARCHIVE" }],
        expiration: { days: 366 },
      },
      { id: "short", status: "Enabled", filter: { prefix: "short/" }, expiration: { days: 3 } },
      { id: "delete-markers", status: "Enabled", filter: {}, expiration: { expiredObjectDeleteMarker: true } },
    ]);
  });

  it("S1: gives a service its names, objects and the key for objects, by the word", async () => {
    const conditions = { StringEquals: { "kms:ViaService": "s3.us-east-1.amazonaws.com" } };
    const list = { actions: ["s3:ListBucket"], resources: [`${documents}_arn`] };
    const [read, readWrite] = (await handed("documents"))!.uses;
    expect(read).to.deep.equal({
      target: "documents",
      noun: "storage",
      access: "read",
      env: {
        DOCUMENTS_URL: `https://${documents}_bucket.s3.us-east-1.amazonaws.com`,
        DOCUMENTS_NAME: `${documents}_bucket`,
        DOCUMENTS_KIND: "s3",
      },
      secrets: {},
      raw: {
        server: undefined,
        statements: [
          { actions: ["s3:GetObject"], resources: [`${documents}_arn/*`] },
          list,
          { actions: ["kms:Decrypt"], resources: ["secrets-key_arn"], conditions },
        ],
        backlog: undefined,
      },
    });
    expect(readWrite!.raw.statements).to.deep.equal([
      { actions: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"], resources: [`${documents}_arn/*`] },
      list,
      { actions: ["kms:GenerateDataKey", "kms:Decrypt"], resources: ["secrets-key_arn"], conditions },
    ]);
    expect((await handed("assets"))!.uses[0]!.raw.statements).to.have.lengthOf(2);
  });

  it("E17: is kept by the guard of data, with its copy and the copy's key", async () => {
    const protectedOf = async (guard: Stack["guard"]) =>
      (await bucketOf("backups", { guard })).filter((resource) => resource.protect).map(({ name }) => name);
    const backups = "platform-test-backups";
    expect(await protectedOf("data")).to.have.members([backups, `${backups}-copy`]);
    expect(await protectedOf("none")).to.deep.equal([]);
    const kept = (await bucketOf("backups")).filter((resource) => resource.protect);
    expect(kept.map(({ name }) => name)).to.have.members([backups, `${backups}-copy`, "backups-copy-key"]);
    const buckets = ofType(await bucketOf("backups", { guard: "none" }), "aws:s3/bucket:Bucket");
    expect(buckets.map(({ inputs }) => inputs.forceDestroy)).to.deep.equal([true, true]);
  });
});

describe("The copy of a bucket on AWS", () => {
  const resources = () => bucketOf("backups");
  const copy = "platform-test-backups-copy";
  const of = async (type: string, name: string) => only(await resources(), type, name);

  it("E10: is a bucket of the second region, as private and with the same lifecycle", async () => {
    const made = (await resources()).filter(({ name }) => name.includes("-copy"));
    expect(made.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`)).to.have.members([
      "Key backups-copy-key",
      "Alias backups-copy-key",
      `Bucket ${copy}`,
      "BucketOwnershipControls backups-copy-ownership",
      "BucketPublicAccessBlock backups-copy-access",
      "BucketServerSideEncryptionConfiguration backups-copy-encryption",
      "BucketVersioning backups-copy-versions",
      "BucketLifecycleConfiguration backups-copy-expiry",
      "BucketPolicy backups-copy-policy",
    ]);
    for (const { inputs, name } of made) expect(inputs.region, name).to.equal("us-west-2");
    expect((await of("aws:s3/bucket:Bucket", copy)).inputs).to.deep.equal({
      forceDestroy: false,
      region: "us-west-2",
      tags: awsTags("backups"),
    });
    const lifecycle = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration";
    expect((await of(lifecycle, "backups-copy-expiry")).inputs.rules).to.deep.equal((await of(lifecycle, "backups-expiry")).inputs.rules);
  });

  it("E10: is under a key of that region, which outlives the first", async () => {
    const key = await of("aws:kms/key:Key", "backups-copy-key");
    expect(key.inputs).to.deep.include({ description: "Copies of backups", enableKeyRotation: true, tags: awsTags("backups") });
    const encryption = await of(
      "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
      "backups-copy-encryption",
    );
    expect(encryption.inputs.rules).to.deep.include.members([
      {
        applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: "backups-copy-key_arn" },
        bucketKeyEnabled: true,
        blockedEncryptionTypes: ["SSE-C"],
      },
    ]);
  });

  it("E10: is written by S3 itself, deletions as deletions, once both sides have versions", async () => {
    const replication = await of("aws:s3/bucketReplicationConfig:BucketReplicationConfig", "backups-replication");
    expect(replication.inputs).to.deep.equal({
      bucket: "platform-test-backups-id",
      role: "platform-test-backups-replication_arn",
      rules: [
        {
          id: "copy",
          status: "Enabled",
          priority: 1,
          filter: {},
          deleteMarkerReplication: { status: "Enabled" },
          sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: "Enabled" } },
          destination: { bucket: `${copy}_arn`, encryptionConfiguration: { replicaKmsKeyId: "backups-copy-key_arn" } },
        },
      ],
    });
    expect(waitsFor(replication)).to.include.members(["backups-versions", "backups-copy-versions", "backups-replication"]);
  });

  it("E10: has a role that reads here and writes there, and nothing else", async () => {
    const role = await of("aws:iam/role:Role", "platform-test-backups-replication");
    expect(documentOf(role, "assumeRolePolicy")).to.deep.equal({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "s3.amazonaws.com" }, Action: "sts:AssumeRole" }],
    });
    expect(role.inputs.tags).to.deep.equal(awsTags("backups"));
    const source = "platform-test-backups_arn";
    const via = (region: string) => ({ StringEquals: { "kms:ViaService": `s3.${region}.amazonaws.com` } });
    expect(documentOf(await of("aws:iam/rolePolicy:RolePolicy", "backups-replication"), "policy")).to.deep.equal({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: ["s3:GetReplicationConfiguration", "s3:ListBucket"], Resource: [source] },
        {
          Effect: "Allow",
          Action: ["s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"],
          Resource: [`${source}/*`],
        },
        { Effect: "Allow", Action: ["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"], Resource: [`${copy}_arn/*`] },
        { Effect: "Allow", Action: ["kms:Decrypt"], Resource: ["secrets-key_arn"], Condition: via("us-east-1") },
        {
          Effect: "Allow",
          Action: ["kms:Encrypt", "kms:GenerateDataKey"],
          Resource: ["backups-copy-key_arn"],
          Condition: via("us-west-2"),
        },
      ],
    });
  });

  it("has S3's own key where the original has it", async () => {
    const made = await bucketOf("assets");
    expect(ofType(made, "aws:kms/key:Key")).to.deep.equal([]);
    const [rule] = only(made, "aws:s3/bucketReplicationConfig:BucketReplicationConfig").inputs.rules as Record<string, unknown>[];
    expect(rule).not.to.have.property("sourceSelectionCriteria");
    expect(rule?.destination).to.deep.equal({ bucket: "platform-test-assets-copy_arn" });
    const policy = documentOf(only(made, "aws:iam/rolePolicy:RolePolicy"), "policy") as { Statement: unknown[] };
    expect(policy.Statement).to.have.lengthOf(3);
  });

  it("hands on where it is", async () => {
    expect((await handed("backups"))!.copy).to.deep.equal([
      { bucketName: `${copy}_bucket`, bucketArn: `${copy}_arn`, region: "us-west-2" },
      `${copy}_bucket`,
    ]);
    expect((await handed("documents"))!.copy).to.deep.equal([undefined, undefined]);
  });

  it("is refused where there is no second region", async () => {
    const refused = await platform({ secondRegion: undefined, name: "alone" }).catch(String);
    expect(refused).to.match(/replicate[^]*the stack has no second region to copy to/);
  });
});
