// The copy of a bucket in the stack's second region, under a key of that region: it can be read when the first region can't be.
import { type Role, RolePolicy } from "@pulumi/aws/iam";
import { BucketReplicationConfig } from "@pulumi/aws/s3";
import { type ComponentResource, interpolate, type Output } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { createKey } from "../clouds/aws/key";
import { nameOf } from "../clouds/aws/names";
import { permissions, policyDocument, trustPolicy } from "../clouds/aws/permissions";
import { createServiceRole } from "../clouds/aws/role";
import { bucketPolicy } from "../clouds/aws/policies";
import type { Network } from "../network";
import { tagsOf } from "../stack";
import { createBucket, type PrivateBucket } from "./aws-bucket";
import { lifecycleRules } from "./aws-lifecycle";
import type { BucketSpec } from "./index";

interface CopyArgs extends BucketSpec {
  readonly network: Network<Aws>;
  readonly region: string;
  readonly source: PrivateBucket;
  /** Undefined where the objects are under S3's own key: then the copies are too. */
  readonly sourceKeyArn: Output<string> | undefined;
}

export function createCopy(parent: ComponentResource, name: string, args: CopyArgs): NonNullable<Aws["storage"]["copy"]> {
  const { network, region, source, sourceKeyArn } = args;
  const { stack } = network;
  const key =
    sourceKeyArn === undefined
      ? undefined
      : createKey(parent, `${name}-copy`, { network, region, component: name, description: `Copies of ${name}`, users: [] });
  const copy = createBucket(parent, `${name}-copy`, {
    stack,
    component: name,
    region,
    keyArn: key?.arn,
    rules: lifecycleRules(args.lifecycle),
    policy: bucketPolicy,
  });
  const keys = sourceKeyArn !== undefined && key !== undefined ? { source: sourceKeyArn, copy: key.arn } : undefined;
  const { role, policy } = createReplicator(parent, name, args, copy, keys);
  const encrypted = keys && {
    sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: "Enabled" } },
  };
  new BucketReplicationConfig(
    `${name}-replication`,
    {
      bucket: source.bucket.id,
      role: role.arn,
      rules: [
        {
          id: "copy",
          status: "Enabled",
          priority: 1,
          filter: {},
          // A deletion is copied as a deletion, which leaves the versions; the end of a version never is.
          deleteMarkerReplication: { status: "Enabled" },
          ...encrypted,
          destination: { bucket: copy.bucket.arn, ...(keys && { encryptionConfiguration: { replicaKmsKeyId: keys.copy } }) },
        },
      ],
    },
    // S3 wants versions on both sides first, and tries the role at once.
    { parent, dependsOn: [source.versioning, copy.versioning, policy] },
  );
  return { bucketName: copy.bucket.bucket, bucketArn: copy.bucket.arn, region };
}

/** S3 itself, reading here and writing there, and nothing else. It sends no source when it takes on the role, so the trust has none. */
function createReplicator(
  parent: ComponentResource,
  name: string,
  { network, region, source }: CopyArgs,
  copy: PrivateBucket,
  keys: { readonly source: Output<string>; readonly copy: Output<string> } | undefined,
): { readonly role: Role; readonly policy: RolePolicy } {
  const { stack } = network;
  const { arn } = source.bucket;
  const via = (where: string) => ({ StringEquals: { "kms:ViaService": `s3.${where}.amazonaws.com` } });
  const role = createServiceRole(parent, stack, nameOf(stack, "role", `${name}-replication`), {
    assumeRolePolicy: trustPolicy("s3.amazonaws.com"),
    tags: tagsOf(stack, name),
  });
  const document = policyDocument([
    { actions: permissions.replication.bucket, resources: [arn] },
    { actions: permissions.replication.read, resources: [interpolate`${arn}/*`] },
    { actions: permissions.replication.write, resources: [interpolate`${copy.bucket.arn}/*`] },
    ...(keys === undefined
      ? []
      : [
          { actions: permissions.key.decrypt, resources: [keys.source], conditions: via(stack.region) },
          { actions: permissions.replication.encrypt, resources: [keys.copy], conditions: via(region) },
        ]),
  ]);
  return { role, policy: new RolePolicy(`${name}-replication`, { role: role.id, policy: document }, { parent }) };
}
