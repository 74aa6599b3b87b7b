// Snapshots of the cache on AWS every six hours, and the end of those that are too old: AWS's own daily ones are one a day, and manual
// ones are kept for ever.
import { type ComponentResource, interpolate } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { nameOf } from "../clouds/aws/names";
import { permissions, unscoped } from "../clouds/aws/permissions";
import { createCopies } from "./aws-cache-copies";
import { createMachine, type State } from "./aws-machine";
import { describeSnapshots, untilSnapshot } from "./aws-snapshot";
import type { BackupArgs } from "./index";

/** Part of a snapshot's name: in order of the alphabet they are in order of time. The picture is XPath's, as JSONata has it. */
const minute = "'[Y0001][M01][D01]t[H01][m01]'";
const started = "$toMillis($states.context.Execution.StartTime)";

export function createSnapshots(
  parent: ComponentResource,
  name: string,
  component: string,
  args: BackupArgs<Aws>,
  cache: Aws["cache"],
): void {
  const { network, monitoring } = args;
  const { stack, raw } = network;
  // Not as the last snapshot of a deleted cache is called: that one stays.
  const prefix = `${nameOf(stack, "cacheSnapshot", "cache6h")}-`;
  const arn = (what: string) => interpolate`arn:aws:elasticache:${stack.region}:${raw.accountId}:${what}`;
  const snapshots = arn(`snapshot:${prefix}*`);
  const source = cache.nodeId === undefined ? { ReplicationGroupId: cache.replicationGroupId } : { CacheClusterId: cache.nodeId };
  const copies = args.cacheCopy ? createCopies(parent, `${name}-copies`, component, args, snapshots) : undefined;
  const machine = {
    network,
    monitoring,
    component,
    what: `Snapshot of the cache of ${stack.project} ${stack.name}`,
    schedule: "cron(0 0/6 * * ? *)",
    hours: 2,
    states: {
      Name: named(prefix, args.cacheDays),
      Create: {
        Type: "Task",
        Resource: "arn:aws:states:::aws-sdk:elasticache:createSnapshot",
        Arguments: { ...source, SnapshotName: "{% $snapshot %}" },
        // Maintenance or a failover is under way: a snapshot is taken only of a cache that is available.
        Retry: [{ ErrorEquals: ["States.TaskFailed"], IntervalSeconds: 300, MaxAttempts: 6, BackoffRate: 1 }],
        Next: "Wait",
      },
      ...statesAfter(prefix, copies === undefined ? "Done" : "Daily"),
      ...copies?.states,
    },
    statements: [
      {
        actions: permissions.snapshots.create,
        resources: [cache.arn, interpolate`${arn("cluster:")}${cache.replicationGroupId}-*`, snapshots],
      },
      { actions: permissions.snapshots.list, resources: [unscoped] },
      { actions: permissions.snapshots.delete, resources: [snapshots] },
      {
        actions: permissions.snapshots.key,
        resources: [cache.keyArn],
        conditions: { StringEquals: { "kms:ViaService": `elasticache.${stack.region}.amazonaws.com` } },
      },
      ...(copies?.statements ?? []),
    ],
  };
  createMachine(parent, name, machine, copies?.after);
}

/** The name of this run's snapshot, and of the oldest that stays. */
function named(prefix: string, days: number): State {
  return {
    Type: "Pass",
    Assign: {
      snapshot: `{% '${prefix}' & $fromMillis(${started}, ${minute}) %}`,
      oldest: `{% '${prefix}' & $fromMillis(${started} - ${days * 24 * 3600 * 1000}, ${minute}) %}`,
      marker: "",
    },
    Next: "Create",
  };
}

function statesAfter(prefix: string, then: string): Readonly<Record<string, State>> {
  return {
    ...untilSnapshot(["Wait", "Look", "Made"], "List"),
    Broken: { Type: "Fail", Error: "SnapshotFailed", Cause: "ElastiCache could not make the snapshot" },
    // A page of the account's snapshots made by hand, of which only those of this cache's name are touched.
    List: {
      Type: "Task",
      Resource: describeSnapshots,
      Arguments: "{% $merge([{'SnapshotSource': 'user', 'MaxRecords': 50}, $marker = '' ? {} : {'Marker': $marker}]) %}",
      Assign: {
        marker: "{% $exists($states.result.Marker) ? $states.result.Marker : '' %}",
        old: `{% [$states.result.Snapshots.SnapshotName[$substring($, 0, ${prefix.length}) = '${prefix}' and $ < $oldest]] %}`,
      },
      Next: "Delete",
    },
    Delete: {
      Type: "Map",
      Items: "{% $old %}",
      MaxConcurrency: 1,
      ItemProcessor: {
        ProcessorConfig: { Mode: "INLINE" },
        StartAt: "DeleteOne",
        States: {
          DeleteOne: {
            Type: "Task",
            Resource: "arn:aws:states:::aws-sdk:elasticache:deleteSnapshot",
            Arguments: { SnapshotName: "{% $states.input %}" },
            End: true,
          },
        },
      },
      Next: "More",
    },
    More: { Type: "Choice", Choices: [{ Condition: "{% $marker != '' %}", Next: "List" }], Default: then },
    Done: { Type: "Succeed" },
  };
}
