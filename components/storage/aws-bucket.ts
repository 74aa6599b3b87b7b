// A private bucket with all that S3 keeps in resources of their own: the same for logs, for the application's buckets and for their
// copies in another region.
import {
  Bucket,
  BucketLifecycleConfiguration,
  BucketOwnershipControls,
  BucketPolicy,
  BucketPublicAccessBlock,
  BucketServerSideEncryptionConfiguration,
  BucketVersioning,
} from "@pulumi/aws/s3";
import type { s3 } from "@pulumi/aws/types/input";
import type { ComponentResource, Output } from "@pulumi/pulumi";
import { nameOf } from "../clouds/aws/names";
import { transformed } from "../clouds/aws/transforms";
import { guarded, type Stack, tagsOf } from "../stack";

export interface PrivateBucket {
  readonly bucket: Bucket;
  readonly versioning: BucketVersioning;
  readonly policy: BucketPolicy;
}

export function createBucket(
  parent: ComponentResource,
  name: string,
  args: {
    readonly stack: Stack;
    /** Whose tags it has. */
    readonly component: string;
    /** Another region than the stack's. */
    readonly region?: string;
    /** Undefined: S3's own key. */
    readonly keyArn: Output<string> | undefined;
    readonly rules: s3.BucketLifecycleConfigurationRule[];
    readonly policy: (bucketArn: Output<string>) => Output<string>;
  },
): PrivateBucket {
  const { stack, keyArn, rules } = args;
  const elsewhere = args.region === undefined ? {} : { region: args.region };
  const keep = guarded(stack, "data");
  const made = new Bucket(
    nameOf(stack, "bucket", name),
    transformed("storage.bucket", { ...elsewhere, forceDestroy: !keep, tags: tagsOf(stack, args.component) }),
    { parent, protect: keep },
  );
  const bucket = made.id;
  new BucketOwnershipControls(`${name}-ownership`, { ...elsewhere, bucket, rule: { objectOwnership: "BucketOwnerEnforced" } }, { parent });
  const closed = new BucketPublicAccessBlock(
    `${name}-access`,
    { ...elsewhere, bucket, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
    { parent },
  );
  new BucketServerSideEncryptionConfiguration(`${name}-encryption`, { ...elsewhere, bucket, rules: [encryption(keyArn)] }, { parent });
  const versioning = new BucketVersioning(
    `${name}-versions`,
    { ...elsewhere, bucket, versioningConfiguration: { status: "Enabled" } },
    { parent },
  );
  // S3 refuses rules on versions before there are any.
  new BucketLifecycleConfiguration(`${name}-expiry`, { ...elsewhere, bucket, rules }, { parent, dependsOn: [versioning] });
  // S3 answers with a conflict when both are written at once.
  const policy = new BucketPolicy(
    `${name}-policy`,
    { ...elsewhere, bucket, policy: args.policy(made.arn) },
    { parent, dependsOn: [closed] },
  );
  return { bucket: made, versioning, policy };
}

function encryption(keyArn: Output<string> | undefined): s3.BucketServerSideEncryptionConfigurationRule {
  if (keyArn === undefined) return { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } };
  return {
    applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: keyArn },
    // One request to KMS for many objects.
    bucketKeyEnabled: true,
    // Objects under a key that only their writer has could be neither copied nor restored.
    blockedEncryptionTypes: ["SSE-C"],
  };
}
