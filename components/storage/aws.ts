// Storage on AWS: an S3 bucket that is private four times over, and its one policy.
import {
  Bucket,
  BucketLifecycleConfiguration,
  BucketOwnershipControls,
  BucketPolicy,
  BucketPublicAccessBlock,
  BucketServerSideEncryptionConfiguration,
  BucketVersioning,
} from "@pulumi/aws/s3";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { nameOf } from "../clouds/aws/names";
import { logBucketPolicy } from "../clouds/aws/policies";
import { transformed } from "../clouds/aws/transforms";
import type { Network } from "../network";
import { guarded, tagsOf } from "../stack";
import { Storage, type StorageArgs } from "./index";

/** Days that a replaced or deleted object, or the parts of a broken upload, can still be found. */
const leftoverDays = 7;

export class AwsStorage extends Storage<Aws> {
  readonly bucketName: Output<string>;
  readonly raw: Aws["storage"];
  readonly bucket: Bucket;

  constructor(name: string, args: StorageArgs<Aws>, opts?: ComponentResourceOptions) {
    super("Storage", name, opts);
    this.bucket = this.createBucket(name, args.network);
    const closed = this.closeToThePublic(name);
    this.encrypt(name);
    this.expire(name, args.expireDays);
    const policy = this.createPolicy(name, args.network, closed);

    this.bucketName = this.bucket.bucket;
    this.raw = { bucketName: this.bucketName, bucketArn: this.bucket.arn, policy };
    this.finish({ bucketName: this.bucketName });
  }

  private createBucket(name: string, { stack }: Network<Aws>): Bucket {
    const keep = guarded(stack, "data");
    const args = transformed("storage.bucket", { forceDestroy: !keep, tags: tagsOf(stack, name) });
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

  /** S3's own keys: load balancers can't write to a bucket with a key of KMS. */
  private encrypt(name: string): void {
    const rules = [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }];
    new BucketServerSideEncryptionConfiguration(`${name}-encryption`, { bucket: this.bucket.id, rules }, { parent: this });
  }

  private expire(name: string, days: number): void {
    const bucket = this.bucket.id;
    const versioning = new BucketVersioning(
      `${name}-versions`,
      { bucket, versioningConfiguration: { status: "Enabled" } },
      { parent: this },
    );
    const expiry = {
      id: "expire",
      status: "Enabled",
      filter: {},
      expiration: { days },
      noncurrentVersionExpiration: { noncurrentDays: leftoverDays },
      abortIncompleteMultipartUpload: { daysAfterInitiation: leftoverDays },
    };
    // What a deletion leaves behind in a bucket with versions; S3 takes it in a rule of its own only.
    const markers = { id: "delete-markers", status: "Enabled", filter: {}, expiration: { expiredObjectDeleteMarker: true } };
    // S3 refuses rules on versions before there are any.
    new BucketLifecycleConfiguration(`${name}-expiry`, { bucket, rules: [expiry, markers] }, { parent: this, dependsOn: [versioning] });
  }

  private createPolicy(name: string, { stack, raw }: Network<Aws>, closed: BucketPublicAccessBlock): BucketPolicy {
    const policy = logBucketPolicy({ region: stack.region, accountId: raw.accountId }, this.bucket.arn);
    // S3 answers with a conflict when both are written at once.
    return new BucketPolicy(`${name}-policy`, { bucket: this.bucket.id, policy }, { parent: this, dependsOn: [closed] });
  }
}
