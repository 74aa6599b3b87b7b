// The daily copy of a cache's snapshot in object storage, outside ElastiCache: a bucket of its own, as ElastiCache exports into buckets with
// S3's own keys only as far as AWS documents it, and the bucket `backups` has the stack's key.
import { BucketLogging } from "@pulumi/aws/s3";
import { type ComponentResource, type Input, interpolate, type Resource } from "@pulumi/pulumi";
import { grants, permissions, type Statement, unscoped } from "../clouds/aws/permissions";
import { snapshotExportPolicy } from "../clouds/aws/policies";
import type { Aws } from "../clouds/aws/family";
import { createBucket } from "../storage/aws-bucket";
import { logRules } from "../storage/aws-lifecycle";
import type { State } from "./aws-machine";
import { untilSnapshot } from "./aws-snapshot";
import type { BackupArgs } from "./index";

export interface Copies {
  /** What the machine does once a day, from `Daily` to `Done`. */
  readonly states: Readonly<Record<string, State>>;
  readonly statements: readonly Statement[];
  /** Before the first run ElastiCache must be let in. */
  readonly after: readonly Resource[];
}

/** `snapshots`: the ARN of those that the machine makes. Expired copies go with the snapshots that they are of. */
export function createCopies(
  parent: ComponentResource,
  name: string,
  component: string,
  { network, logs, cacheDays }: BackupArgs<Aws>,
  snapshots: Input<string>,
): Copies {
  const { stack, raw } = network;
  const { bucket, policy } = createBucket(parent, name, {
    stack,
    component,
    keyArn: undefined,
    rules: logRules(cacheDays),
    policy: (bucketArn) => snapshotExportPolicy({ region: stack.region, accountId: raw.accountId }, bucketArn),
  });
  const logging = { bucket: bucket.id, targetBucket: logs.raw.bucketName, targetPrefix: `s3/${name}/` };
  new BucketLogging(`${name}-logging`, logging, { parent, dependsOn: [logs.raw.policy] });
  return {
    states: statesWith(bucket.bucket),
    statements: [
      ...grants(permissions.snapshots.copy, snapshots),
      ...grants(permissions.snapshots.buckets, unscoped),
      ...grants(permissions.snapshots.bucket, bucket.arn),
      ...grants(permissions.snapshots.objects, interpolate`${bucket.arn}/*`),
    ],
    after: [policy],
  };
}

/** The copy has the snapshot's name; ElastiCache adds a number for each shard. It is there when it is found, and not when it was asked for. */
function statesWith(bucket: Input<string>): Readonly<Record<string, State>> {
  return {
    Daily: {
      Type: "Choice",
      Choices: [{ Condition: "{% $fromMillis($toMillis($states.context.Execution.StartTime), '[H01]') = '00' %}", Next: "Copy" }],
      Default: "Done",
    },
    Copy: {
      Type: "Task",
      Resource: "arn:aws:states:::aws-sdk:elasticache:copySnapshot",
      Arguments: { SourceSnapshotName: "{% $snapshot %}", TargetSnapshotName: "{% $snapshot %}", TargetBucket: bucket },
      Next: "WaitForCopy",
    },
    ...untilSnapshot(["WaitForCopy", "LookAtCopy", "Copied"], "Find"),
    Find: {
      Type: "Task",
      Resource: "arn:aws:states:::aws-sdk:s3:listObjectsV2",
      Arguments: { Bucket: bucket, Prefix: "{% $snapshot %}" },
      Assign: { files: "{% $states.result.KeyCount %}" },
      Next: "Found",
    },
    // A copy that never comes ends in the machine's time limit, and so in its alarm.
    Found: { Type: "Choice", Choices: [{ Condition: "{% $files > 0 %}", Next: "Done" }], Default: "WaitForCopy" },
  };
}
