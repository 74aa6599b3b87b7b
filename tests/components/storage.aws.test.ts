import { expect } from "chai";
import { AwsStorage } from "../../components/storage/aws";
import type { Stack } from "../../components/stack";
import { account, awsNetwork, awsTags, childrenOf, documentOf, madeBy, waitsFor } from "../support/aws-parts";
import { only, type Recorded, recordKnown } from "../support/record";

async function logs(stack: Partial<Stack> = {}): Promise<Recorded[]> {
  const resources = await recordKnown(() => {
    const network = awsNetwork(stack);
    const storage = new AwsStorage("logs", { network, purpose: "logs", expireDays: 90 });
    expect(Object.keys(storage.raw)).to.have.members(["bucketName", "bucketArn", "policy"]);
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
      ],
    });
  });
});
