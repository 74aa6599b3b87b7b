// The one table of what a service is granted on AWS: a word of access becomes these actions and no others. Components read it, the
// plan prints it, and the tests hold every row, so that a new permission is a visible change in one place.
import { type Input, interpolate, jsonStringify, type Output } from "@pulumi/pulumi";
import type { Access, Noun } from "../../use";

type Row<W extends string> = Readonly<Record<W, readonly string[]>>;

export const permissions = {
  // PostgreSQL and Redis know nothing of IAM: who may log in is decided by the security group's rule and the password.
  database: { read: [], readWrite: [], own: [] },
  cache: { readWrite: [] },
  // GetQueueAttributes: the SDKs' consumers ask for the depth, and workers for their own health.
  queue: {
    send: ["sqs:SendMessage", "sqs:GetQueueUrl"],
    receive: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"],
  },
  topic: { send: ["sns:Publish"] },
  // A call between services is HTTP: the security group's rule is all it takes.
  service: { call: [] },
  // Actions on objects (`<bucket>/*`); those on the bucket itself are `bucket.list`, without which a missing object reads as forbidden.
  storage: {
    read: ["s3:GetObject"],
    readWrite: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
  },
  // A session with the data of AppConfig: one application, environment and profile.
  flags: { read: ["appconfig:StartConfigurationSession", "appconfig:GetLatestConfiguration"] },
  // Without `ClientWrite` a mount is read-only.
  files: { read: ["elasticfilesystem:ClientMount"], readWrite: ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"] },
  bucket: { list: ["s3:ListBucket"] },
  // What S3 itself does to keep the copy of a bucket in another region.
  replication: {
    bucket: ["s3:GetReplicationConfiguration", "s3:ListBucket"],
    read: ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"],
    write: ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"],
    // The bucket's own data key is made by the second, where it has one.
    encrypt: ["kms:Encrypt", "kms:GenerateDataKey"],
  },
  secret: { read: ["secretsmanager:GetSecretValue"] },
  key: {
    decrypt: ["kms:Decrypt"],
    // Writing to an encrypted queue or topic makes a data key; SQS and SNS decrypt it again to verify.
    encrypt: ["kms:GenerateDataKey", "kms:Decrypt"],
  },
  // The execution role of a task: what ECS itself does before the container starts.
  execution: {
    // AWS has no resource for the token: it is the account's. This row is granted on `unscoped`.
    token: ["ecr:GetAuthorizationToken"],
    pull: ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"],
    log: ["logs:CreateLogStream", "logs:PutLogEvents"],
  },
  // The console of a container (ECS Exec). The channel's actions have no resource in AWS: granted on `unscoped`.
  console: {
    channel: [
      "ssmmessages:CreateControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
    ],
    log: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
    // Whether the group is encrypted is looked up before a session starts, in the list of all groups: AWS lists them all or none.
    find: ["logs:DescribeLogGroups"],
  },
  // The agent of the bastion: known to Session Manager, with the channel of `console`.
  bastion: { register: ["ssm:UpdateInstanceInformation"] },
  // The scheduler that starts a job: the task definition, and the two roles that it hands over.
  scheduler: { run: ["ecs:RunTask"], tag: ["ecs:TagResource"], pass: ["iam:PassRole"] },
  // EventBridge calling a webhook; CloudTrail writing to its log group.
  webhook: { call: ["events:InvokeApiDestination"] },
  audit: { log: ["logs:CreateLogStream", "logs:PutLogEvents"] },
  // The platform's scheduled work: what starts a state machine, and what a machine needs to wait for a task.
  machine: {
    start: ["states:StartExecution"],
    watch: ["ecs:DescribeTasks", "ecs:StopTask"],
    events: ["events:DescribeRule", "events:PutRule", "events:PutTargets"],
  },
  archive: { write: ["s3:PutObject", "s3:AbortMultipartUpload"] },
  // Snapshots of the cache. AWS lists them without a resource: that row is granted on `unscoped`.
  snapshots: {
    create: ["elasticache:CreateSnapshot"],
    list: ["elasticache:DescribeSnapshots"],
    delete: ["elasticache:DeleteSnapshot"],
    // The daily copy into a bucket: ElastiCache writes it, and asks whether who asked for it might have. It looks among all buckets, which
    // AWS defines without a resource: that row is granted on `unscoped`.
    copy: ["elasticache:CopySnapshot"],
    buckets: ["s3:ListAllMyBuckets"],
    bucket: ["s3:GetBucketLocation", "s3:ListBucket"],
    objects: ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
    // A service that makes an encrypted copy gets its part of the key from who asks for the copy.
    key: ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
  },
  // The test of restoring: the newest copy becomes a server of one certain name, which is deleted again.
  restoreTest: {
    find: ["rds:DescribeDBSnapshots"],
    restore: ["rds:RestoreDBInstanceFromDBSnapshot"],
    tag: ["rds:AddTagsToResource"],
    watch: ["rds:DescribeDBInstances"],
    delete: ["rds:DeleteDBInstance"],
  },
  // Scaling down by the budget. Application Auto Scaling asks whoever sets its limits for the right to change the service itself.
  budget: {
    read: ["budgets:ViewBudget"],
    limit: ["application-autoscaling:RegisterScalableTarget"],
    scale: ["ecs:DescribeServices", "ecs:UpdateService"],
  },
  // Traces and metrics of the collector beside a service. X-Ray has no resources to name: granted on `unscoped`.
  telemetry: {
    traces: ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"],
    metrics: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
  },
} as const satisfies Readonly<Record<string, Row<string>>> & { readonly [N in Noun]: Row<Access[N]> };

/** For the few actions that AWS defines without a resource; each row above that needs it says so. */
export const unscoped = "*";

export interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly Input<string>[];
  /** For example `{ StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } }`. */
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, Input<string>>>>>;
}

/** The grants of one word on one thing: empty where IAM has no say. */
export function grants(actions: readonly string[], ...resources: readonly Input<string>[]): readonly Statement[] {
  return actions.length === 0 ? [] : [{ actions, resources }];
}

/** Starting one task in one cluster, and handing it its roles: every revision of the task, so that a new one changes no permission. */
export function runTask(task: {
  /** ARN without a revision. */
  readonly definition: Input<string>;
  /** ARN of the cluster's tasks. */
  readonly tasks: Input<string>;
  readonly clusterArn: Input<string>;
  readonly roles: readonly { readonly arn: Input<string> }[];
}): readonly Statement[] {
  return [
    {
      actions: permissions.scheduler.run,
      resources: [interpolate`${task.definition}:*`],
      conditions: { ArnEquals: { "ecs:cluster": task.clusterArn } },
    },
    { actions: permissions.scheduler.tag, resources: [task.tasks], conditions: { StringEquals: { "ecs:CreateAction": "RunTask" } } },
    {
      actions: permissions.scheduler.pass,
      resources: task.roles.map(({ arn }) => arn),
      conditions: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
    },
  ];
}

/**
 * The document of an identity's policy. Statements keep their order, actions are sorted: the same grants give the same text, or every
 * preview would show a change.
 */
export function policyDocument(statements: readonly Statement[]): Output<string> {
  return jsonStringify({
    Version: "2012-10-17",
    Statement: statements.map(({ actions, resources, conditions }) => ({
      Effect: "Allow",
      Action: [...actions].sort(),
      Resource: resources,
      ...(conditions === undefined ? {} : { Condition: conditions }),
    })),
  });
}

/**
 * Who may take on a role: one of AWS's services, and only on behalf of this account. Without the account another one could make the
 * service act for it with our role; it is left out only where the service sends no source, as a condition on that refuses everyone.
 */
export function trustPolicy(service: string, accountId?: Input<string>): Output<string> {
  return jsonStringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: service },
        Action: "sts:AssumeRole",
        ...(accountId === undefined ? {} : { Condition: { StringEquals: { "aws:SourceAccount": accountId } } }),
      },
    ],
  });
}
