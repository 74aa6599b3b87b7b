// StaticSite on AWS: a private bucket. Who may read it is written by the edge, as only it knows its distribution.
import {
  Bucket,
  BucketLifecycleConfiguration,
  BucketLogging,
  BucketObject,
  BucketOwnershipControls,
  BucketPublicAccessBlock,
  BucketServerSideEncryptionConfiguration,
  BucketVersioning,
} from "@pulumi/aws/s3";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { nameOf } from "../clouds/aws/names";
import { transformed } from "../clouds/aws/transforms";
import { guarded, tagsOf } from "../stack";
import { placeholder, prefixOf, StaticSite, type StaticSiteArgs } from "./index";

/** Days that a replaced or deleted file can still be found: long enough to go back to the last upload. */
const leftoverDays = 30;

export class AwsStaticSite extends StaticSite<Aws> {
  readonly bucketName: Output<string>;
  readonly path: string;
  readonly spa: boolean;
  readonly raw: Aws["site"];
  readonly bucket: Bucket;

  constructor(name: string, args: StaticSiteArgs<Aws>, opts?: ComponentResourceOptions) {
    super("StaticSite", name, opts);
    this.bucket = this.createBucket(name, args);
    const closed = this.closeToThePublic(name);
    this.encrypt(name);
    this.keepVersions(name);
    this.createLogs(name, args);
    this.createPlaceholder(name, args);

    this.bucketName = this.bucket.bucket;
    this.path = args.path;
    this.spa = args.spa;
    this.raw = { bucketId: this.bucket.id, bucketArn: this.bucket.arn, host: this.bucket.bucketRegionalDomainName, closed };
    this.finish({ bucketName: this.bucketName });
  }

  private createBucket(name: string, { network: { stack } }: StaticSiteArgs<Aws>): Bucket {
    const keep = guarded(stack, "data");
    const args = transformed("staticSite.bucket", { forceDestroy: !keep, tags: tagsOf(stack, name) });
    return new Bucket(nameOf(stack, "bucket", name), args, { parent: this, protect: keep });
  }

  private closeToThePublic(name: string): BucketPublicAccessBlock {
    const bucket = this.bucket.id;
    new BucketOwnershipControls(`${name}-ownership`, { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } }, { parent: this });
    return new BucketPublicAccessBlock(
      `${name}-access`,
      { bucket, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
      { parent: this },
    );
  }

  /** S3's own keys: what everyone may read needs no key of ours, and each request would cost one of KMS. */
  private encrypt(name: string): void {
    const rules = [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }];
    new BucketServerSideEncryptionConfiguration(`${name}-encryption`, { bucket: this.bucket.id, rules }, { parent: this });
  }

  private keepVersions(name: string): void {
    const bucket = this.bucket.id;
    const versioning = new BucketVersioning(
      `${name}-versions`,
      { bucket, versioningConfiguration: { status: "Enabled" } },
      { parent: this },
    );
    const old = {
      id: "old-versions",
      status: "Enabled",
      filter: {},
      expiration: { expiredObjectDeleteMarker: true },
      noncurrentVersionExpiration: { noncurrentDays: leftoverDays },
      abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
    };
    // S3 refuses rules on versions before there are any.
    new BucketLifecycleConfiguration(`${name}-expiry`, { bucket, rules: [old] }, { parent: this, dependsOn: [versioning] });
  }

  private createLogs(name: string, { logs }: StaticSiteArgs<Aws>): void {
    const { bucketName: targetBucket, policy } = logs.raw;
    const logging = { bucket: this.bucket.id, targetBucket, targetPrefix: `s3/${name}/` };
    new BucketLogging(`${name}-logging`, logging, { parent: this, dependsOn: [policy] });
  }

  /** The first upload takes its place, so nothing of it but its name is looked at again. */
  private createPlaceholder(name: string, { path, network }: StaticSiteArgs<Aws>): void {
    new BucketObject(
      `${name}-placeholder`,
      {
        bucket: this.bucket.id,
        key: `${prefixOf(path)}index.html`,
        content: placeholder,
        contentType: "text/html; charset=utf-8",
        tags: tagsOf(network.stack, name),
      },
      { parent: this, ignoreChanges: ["content", "contentType", "etag", "tags"] },
    );
  }
}
