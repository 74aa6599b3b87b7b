import { expect } from "chai";
import type { Stack } from "../../components/stack";
import { AwsStaticSite } from "../../components/static-site/aws";
import { prefixOf } from "../../components/static-site/index";
import { AwsStorage } from "../../components/storage/aws";
import { awsMonitoring, awsNetwork, awsTags, madeBy, waitsFor } from "../support/aws-parts";
import { once } from "../support/azure-parts";
import { only, type Recorded, recordKnown } from "../support/record";

const made = once((stack: Partial<Stack>): Promise<Recorded[]> =>
  recordKnown(() => {
    const network = awsNetwork(stack);
    const logs = new AwsStorage("access", { network, purpose: "logs", expireDays: 30 });
    const site = new AwsStaticSite("docs", { network, logs, monitoring: awsMonitoring(network), path: "/docs/*", spa: true });
    expect([site.path, site.spa]).to.deep.equal(["/docs/*", true]);
    expect(Object.keys(site.raw)).to.have.members(["bucketId", "bucketArn", "host", "closed"]);
  }),
);
const bucket = "platform-test-docs-id";

describe("StaticSite on AWS", () => {
  it("is a private bucket with versions and a placeholder; its policy is the edge's", async () => {
    expect(madeBy(await made({}), "docs")).to.deep.equal([
      "s3 Bucket platform-test-docs",
      "s3 BucketLifecycleConfiguration docs-expiry",
      "s3 BucketLogging docs-logging",
      "s3 BucketObject docs-placeholder",
      "s3 BucketOwnershipControls docs-ownership",
      "s3 BucketPublicAccessBlock docs-access",
      "s3 BucketServerSideEncryptionConfiguration docs-encryption",
      "s3 BucketVersioning docs-versions",
    ]);
  });

  it("writes down who asked for what, once the log bucket takes it", async () => {
    const logging = only(await made({}), "aws:s3/bucketLogging:BucketLogging", "docs-logging");
    expect(logging.inputs).to.deep.equal({ bucket, targetBucket: null, targetPrefix: "s3/docs/" });
    expect(waitsFor(logging)).to.include("access-policy");
  });

  it("opens to nobody", async () => {
    const resources = await made({});
    expect(only(resources, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "docs-access").inputs).to.deep.equal({
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    expect(only(resources, "aws:s3/bucketOwnershipControls:BucketOwnershipControls", "docs-ownership").inputs).to.deep.equal({
      bucket,
      rule: { objectOwnership: "BucketOwnerEnforced" },
    });
    const encryption = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";
    expect(only(resources, encryption, "docs-encryption").inputs).to.deep.equal({
      bucket,
      rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    });
  });

  it("keeps replaced files for 30 days", async () => {
    const resources = await made({});
    expect(only(resources, "aws:s3/bucketVersioning:BucketVersioning", "docs-versions").inputs).to.deep.equal({
      bucket,
      versioningConfiguration: { status: "Enabled" },
    });
    const expiry = only(resources, "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "docs-expiry");
    expect(expiry.inputs).to.deep.equal({
      bucket,
      rules: [
        {
          id: "old-versions",
          status: "Enabled",
          filter: {},
          expiration: { expiredObjectDeleteMarker: true },
          noncurrentVersionExpiration: { noncurrentDays: 30 },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
        },
      ],
    });
    expect(waitsFor(expiry)).to.include("docs-versions");
  });

  it("answers from the first deployment on, and leaves uploads alone", async () => {
    const placeholder = only(await made({}), "aws:s3/bucketObject:BucketObject");
    expect(placeholder.inputs).to.deep.include({
      bucket,
      key: "docs/index.html",
      contentType: "text/html; charset=utf-8",
      tags: awsTags("docs"),
    });
    expect(placeholder.inputs.content).to.match(/^<!doctype html>.*Ready for the first upload/);
    expect(placeholder.options.ignoreChanges).to.deep.equal(["content", "contentType", "etag", "tags"]);
    expect([prefixOf("/*"), prefixOf("/a/b/*")]).to.deep.equal(["", "a/b/"]);
  });

  it("is kept by the guard of data, and goes away with its files without", async () => {
    const kept = only(await made({ guard: "data" }), "aws:s3/bucket:Bucket", "platform-test-docs");
    expect([kept.protect, kept.inputs]).to.deep.equal([true, { forceDestroy: false, tags: awsTags("docs") }]);
    const free = only(await made({ guard: "none" }), "aws:s3/bucket:Bucket", "platform-test-docs");
    expect([free.protect, free.inputs]).to.deep.equal([false, { forceDestroy: true, tags: awsTags("docs") }]);
  });
});
