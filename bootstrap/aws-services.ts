// The most that a role which the platform makes for a service may do in an AWS account, whatever a deployment writes into it. One row for
// what goes together; tests/bootstrap/services.test.ts holds it against each role of prod's plan with every choice.

export interface Most {
  /** With the services' prefixes. */
  readonly actions: readonly string[];
  /** ARNs, with `{project}` and `{account}`; or everything, as ids are AWS's own. */
  readonly on: "everything" | readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** By the statement's name. A star stands behind a verb that only describes. */
export const servicesMost: Readonly<Record<string, Most>> = {
  // Sessions, traces, lists, mounts and keys. An image may be anybody's; the keys of the bootstrap are taken away again (`makeServicesBoundary`).
  Everything: {
    actions: [
      ...["appconfig:GetLatestConfiguration", "appconfig:StartConfigurationSession", "application-autoscaling:RegisterScalableTarget"],
      ...["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer"],
      ...["elasticache:DescribeSnapshots", "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
      ...["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"],
      ...["logs:DescribeLogGroups", "rds:Describe*", "s3:ListAllMyBuckets", "ssm:UpdateInstanceInformation"],
      ...["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel"],
      ...["ssmmessages:OpenDataChannel", "tag:GetResources", "xray:GetSamplingRules", "xray:GetSamplingTargets"],
      ...["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
    ],
    on: "everything",
  },
  // The second: where RDS writes what its agent sees of a server.
  Logs: {
    actions: [
      ...["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:GetLogEvents", "logs:PutLogEvents"],
      "logs:PutRetentionPolicy",
    ],
    on: ["arn:aws:logs:*:{account}:log-group:/{project}/*", "arn:aws:logs:*:{account}:log-group:RDS*"],
  },
  Objects: {
    actions: [
      ...["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetBucketLocation", "s3:GetObject", "s3:GetObjectVersionAcl"],
      ...["s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging", "s3:GetReplicationConfiguration", "s3:ListBucket"],
      ...["s3:PutObject", "s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"],
    ],
    on: ["arn:aws:s3:::{project}-*"],
  },
  Secrets: { actions: ["secretsmanager:GetSecretValue"], on: ["arn:aws:secretsmanager:*:{account}:secret:{project}-*"] },
  Messages: {
    actions: [
      ...["sns:Publish", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"],
      ...["sqs:ReceiveMessage", "sqs:SendMessage"],
    ],
    on: ["arn:aws:sns:*:{account}:{project}-*", "arn:aws:sqs:*:{account}:{project}-*"],
  },
  // The second: by which Step Functions hears of the end of a task.
  Events: {
    actions: ["events:DescribeRule", "events:InvokeApiDestination", "events:PutRule", "events:PutTargets"],
    on: ["arn:aws:events:*:{account}:api-destination/{project}-*", "arn:aws:events:*:{account}:rule/StepFunctionsGetEventsForECSTaskRule"],
  },
  Tasks: {
    actions: [
      ...["ecs:DescribeServices", "ecs:DescribeTasks", "ecs:RunTask", "ecs:StopTask", "ecs:TagResource", "ecs:UpdateService"],
      ...["states:StartExecution", "budgets:ViewBudget"],
    ],
    on: [
      ...["service", "task", "task-definition"].map((kind) => `arn:aws:ecs:*:{account}:${kind}/{project}-*`),
      ...["arn:aws:states:*:{account}:stateMachine:{project}-*", "arn:aws:budgets::{account}:budget/{project}-*"],
    ],
  },
  // A scheduled task gets its two roles, which are made within this boundary too.
  Hand: {
    actions: ["iam:PassRole"],
    on: ["arn:aws:iam::{account}:role/{project}-*"],
    conditions: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
  },
  CacheCopies: {
    actions: ["elasticache:CopySnapshot", "elasticache:CreateSnapshot", "elasticache:DeleteSnapshot"],
    on: ["cluster", "replicationgroup", "snapshot"].map((kind) => `arn:aws:elasticache:*:{account}:${kind}:{project}-*`),
  },
  // AWS Backup, which lets its role end what is old, and the test of restoring.
  Copies: {
    actions: [
      ...["rds:AddTagsToResource", "rds:CopyDBSnapshot", "rds:CreateDBSnapshot", "rds:ListTagsForResource"],
      "rds:RestoreDBInstanceFromDBSnapshot",
    ],
    on: [
      ...["db:{project}-*", "og:default:*", "pg:{project}-*", "snapshot:*", "subgrp:{project}-*"].map(
        (kind) => `arn:aws:rds:*:{account}:${kind}`,
      ),
    ],
  },
  OldCopies: {
    actions: ["rds:DeleteDBInstance", "rds:DeleteDBSnapshot"],
    on: ["arn:aws:rds:*:{account}:db:{project}-*", "arn:aws:rds:*:{account}:snapshot:awsbackup:*"],
  },
  Vaults: {
    actions: ["backup:CopyFromBackupVault", "backup:CopyIntoBackupVault", "backup:DescribeBackupVault", "backup:TagResource"],
    on: "everything",
  },
};
