// The monthly test of restoring on AWS: the newest copy of the vault becomes a server of its own that only the test reaches, a task reads
// all of it, and it is deleted, whatever came out.
import { SecurityGroup } from "@pulumi/aws/ec2";
import { type ComponentResource, interpolate, type Output } from "@pulumi/pulumi";
import { verifyScript } from "../../jobs/restore-test/verify";
import { postgresImage } from "../../jobs/archive/dump";
import type { Aws } from "../clouds/aws/family";
import { nameOf } from "../clouds/aws/names";
import { permissions, type Statement } from "../clouds/aws/permissions";
import { tagsOf } from "../stack";
import { createJob } from "./aws-container";
import { databaseEnv } from "./database-env";
import { createMachine, type State } from "./aws-machine";
import type { BackupArgs } from "./index";

const rds = (action: string): string => `arn:aws:states:::aws-sdk:rds:${action}`;
/** What goes wrong is remembered, and the server is deleted first. */
const elseRemove = { Catch: [{ ErrorEquals: ["States.ALL"], Assign: { failed: true }, Next: "Remove" }] } as const;

export function createRestoreTest(
  parent: ComponentResource,
  name: string,
  component: string,
  args: BackupArgs<Aws>,
  database: Aws["database"],
): void {
  const { network, monitoring } = args;
  const { stack, raw } = network;
  const tags = tagsOf(stack, component);
  // Made from the same name each time: what a run that was killed left behind is deleted by the next.
  const server = nameOf(stack, "rdsInstance", name);
  const restored = new SecurityGroup(
    nameOf(stack, "securityGroup", `${name}-server`),
    { vpcId: raw.vpcId, description: "The restored server: reached by the test alone", tags },
    { parent },
  );
  const job = createJob(parent, name, args, {
    component,
    database: { ...database, groupId: restored.id },
    containers: [
      {
        name: "verify",
        image: postgresImage,
        script: verifyScript,
        env: { ...databaseEnv(database), RESTORE_QUERY: args.restoreQuery },
        login: true,
      },
    ],
    statements: [],
  });
  const arn = (what: string): Output<string> => interpolate`arn:aws:rds:${stack.region}:${raw.accountId}:${what}`;
  createMachine(
    parent,
    name,
    {
      network,
      monitoring,
      component,
      what: `Monthly restore test of the database of ${stack.project} ${stack.name}`,
      schedule: "cron(0 8 2 * ? *)",
      hours: 12,
      statements: [...job.statements, ...statementsFor(stack.region, database, arn, server)],
      states: {
        ...beginning(server, database.identifier),
        Restore: {
          Type: "Task",
          Resource: rds("restoreDBInstanceFromDBSnapshot"),
          Arguments: {
            DbInstanceIdentifier: server,
            DbSnapshotIdentifier: "{% $copy %}",
            DbSubnetGroupName: database.subnetGroupName,
            DbParameterGroupName: database.parameterGroupName,
            VpcSecurityGroupIds: [restored.id],
            MultiAZ: false,
            PubliclyAccessible: false,
            DeletionProtection: false,
            CopyTagsToSnapshot: false,
            Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
          },
          ...elseRemove,
          Next: "WaitForServer",
        },
        ...waiting(server),
        Verify: job.state({ ...elseRemove, Next: "Remove" }, { DATABASE_HOST: "{% $host %}" }),
        ...removal(server),
      },
    },
    job.ready,
  );
}

/** What was left behind goes first; then the newest copy is looked for. */
function beginning(server: string, identifier: Output<string>): Readonly<Record<string, State>> {
  return {
    Begin: { Type: "Pass", Assign: { failed: false, again: false }, Next: "LookForLeftover" },
    LookForLeftover: {
      ...lookFor(server),
      Assign: { again: "{% $count($states.result.DbInstances) > 0 %}" },
      Next: "Leftover",
    },
    Leftover: { Type: "Choice", Choices: [{ Condition: "{% $again %}", Next: "Remove" }], Default: "FindCopy" },
    FindCopy: {
      Type: "Task",
      Resource: rds("describeDBSnapshots"),
      Arguments: { DbInstanceIdentifier: identifier, SnapshotType: "awsbackup" },
      Assign: {
        copy: "{% $sort($states.result.DbSnapshots[Status = 'available'], function($a, $b) { $a.SnapshotCreateTime < $b.SnapshotCreateTime })[0].DbSnapshotIdentifier %}",
      },
      Catch: [{ ErrorEquals: ["States.QueryEvaluationError"], Next: "NoCopy" }],
      Next: "Restore",
    },
    NoCopy: { Type: "Fail", Error: "NoCopy", Cause: "there is no copy of the database that could be restored" },
  };
}

/** Without a fault where there is none. */
function lookFor(server: string) {
  return {
    Type: "Task",
    Resource: rds("describeDBInstances"),
    Arguments: { Filters: [{ Name: "db-instance-id", Values: [server] }] },
  } as const;
}

function waiting(server: string): Readonly<Record<string, State>> {
  return {
    WaitForServer: { Type: "Wait", Seconds: 60, Next: "LookAtServer" },
    LookAtServer: {
      Type: "Task",
      Resource: rds("describeDBInstances"),
      Arguments: { DbInstanceIdentifier: server },
      Assign: {
        status: "{% $states.result.DbInstances[0].DbInstanceStatus %}",
        host: "{% $exists($states.result.DbInstances[0].Endpoint.Address) ? $states.result.DbInstances[0].Endpoint.Address : '' %}",
      },
      ...elseRemove,
      Next: "Ready",
    },
    Ready: {
      Type: "Choice",
      Choices: [{ Condition: "{% $status = 'available' and $host != '' %}", Next: "Verify" }],
      Default: "WaitForServer",
    },
  };
}

function removal(server: string): Readonly<Record<string, State>> {
  return {
    Remove: {
      Type: "Task",
      Resource: rds("deleteDBInstance"),
      Arguments: { DbInstanceIdentifier: server, SkipFinalSnapshot: true, DeleteAutomatedBackups: true },
      // A server that is still being made can't be deleted yet.
      Retry: [{ ErrorEquals: ["Rds.InvalidDbInstanceStateException"], IntervalSeconds: 300, MaxAttempts: 24, BackoffRate: 1 }],
      Catch: [{ ErrorEquals: ["Rds.DbInstanceNotFoundException"], Next: "Judge" }],
      Next: "WaitForEnd",
    },
    WaitForEnd: { Type: "Wait", Seconds: 60, Next: "LookForEnd" },
    LookForEnd: {
      ...lookFor(server),
      Assign: { gone: "{% $count($states.result.DbInstances) = 0 %}" },
      Next: "Gone",
    },
    Gone: { Type: "Choice", Choices: [{ Condition: "{% $gone %}", Next: "Judge" }], Default: "WaitForEnd" },
    Judge: {
      Type: "Choice",
      Choices: [
        { Condition: "{% $failed %}", Next: "Failed" },
        { Condition: "{% $again %}", Assign: { again: false }, Next: "FindCopy" },
      ],
      Default: "Passed",
    },
    Failed: { Type: "Fail", Error: "RestoreFailed", Cause: "the newest copy could not be restored or read: see the task's log" },
    Passed: { Type: "Succeed" },
  };
}

function statementsFor(region: string, database: Aws["database"], arn: (what: string) => Output<string>, server: string): Statement[] {
  const restored = arn(`db:${server}`);
  const copies = arn("snapshot:awsbackup:*");
  return [
    { actions: permissions.restoreTest.find, resources: [database.arn, copies] },
    {
      actions: permissions.restoreTest.restore,
      resources: [
        restored,
        copies,
        interpolate`${arn("subgrp:")}${database.subnetGroupName}`,
        interpolate`${arn("pg:")}${database.parameterGroupName}`,
        arn("og:default:*"),
      ],
    },
    { actions: permissions.restoreTest.tag, resources: [restored] },
    // Asked with a filter: AWS answers for all servers or for none.
    { actions: permissions.restoreTest.watch, resources: [arn("db:*")] },
    { actions: permissions.restoreTest.delete, resources: [restored] },
    {
      actions: permissions.snapshots.key,
      resources: [database.keyArn],
      conditions: { StringEquals: { "kms:ViaService": `rds.${region}.amazonaws.com` } },
    },
  ];
}
