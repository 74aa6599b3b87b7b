// The policies that stand on resources: keys, buckets, topics and queues. Services of AWS are named one by one, each bound to this
// account, so that nobody else can make them act for him.
import { type Input, interpolate, jsonStringify, type Output } from "@pulumi/pulumi";
import { permissions } from "./permissions";

type Conditions = Readonly<Record<string, Readonly<Record<string, Input<string>>>>>;

/** Where a policy stands: its ARNs are made of it. */
export interface Scope {
  readonly region: string;
  readonly accountId: Input<string>;
}

interface Rule {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal: "*" | { readonly Service: string | readonly string[] } | { readonly AWS: Input<string> };
  readonly Action: string | readonly string[];
  readonly Resource: Input<string> | readonly Input<string>[];
  readonly Condition?: Conditions;
}

/** The two services that tell of costs. */
const costServices = [
  { Sid: "Budgets", service: "budgets.amazonaws.com" },
  { Sid: "CostAnomalies", service: "costalerts.amazonaws.com" },
] as const;

/** What a key is for, besides the account's own use of it by IAM. */
export type KeyUser = "logs" | "alerts" | "messages" | "costs";

/**
 * A key's policy. The first statement is forced by the API: a key whose policy lets nobody change it can't be created, and without
 * the account's root no IAM policy counts. It gives nothing by itself: what a role may do with the key is in that role's policy.
 */
export function keyPolicy(scope: Scope, users: readonly KeyUser[]): Output<string> {
  const rules: Record<Exclude<KeyUser, "costs">, Rule> = {
    logs: {
      Sid: "LogGroups",
      Effect: "Allow",
      Principal: { Service: `logs.${scope.region}.amazonaws.com` },
      Action: [
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
      ],
      Resource: "*",
      Condition: {
        ArnLike: { "kms:EncryptionContext:aws:logs:arn": interpolate`arn:aws:logs:${scope.region}:${scope.accountId}:log-group:*` },
      },
    },
    alerts: {
      Sid: "AlarmsToTopics",
      Effect: "Allow",
      Principal: { Service: ["cloudwatch.amazonaws.com", "events.amazonaws.com"] },
      Action: ["kms:Decrypt", "kms:GenerateDataKey"],
      Resource: "*",
      // The topic is the context of every message that SNS encrypts.
      Condition: { ArnLike: { "kms:EncryptionContext:aws:sns:topicArn": interpolate`arn:aws:sns:${scope.region}:${scope.accountId}:*` } },
    },
    messages: {
      Sid: "TopicsToQueues",
      Effect: "Allow",
      Principal: { Service: "sns.amazonaws.com" },
      Action: ["kms:Decrypt", "kms:GenerateDataKey"],
      Resource: "*",
      Condition: { StringEquals: { "aws:SourceAccount": scope.accountId } },
    },
  };
  const costs = costServices.map(({ Sid, service }): Rule => ({
    Sid: `${Sid}ToTopics`,
    Effect: "Allow",
    Principal: { Service: service },
    Action: ["kms:Decrypt", "kms:GenerateDataKey"],
    Resource: "*",
    Condition: { StringEquals: { "aws:SourceAccount": scope.accountId } },
  }));
  return document([
    {
      Sid: "Account",
      Effect: "Allow",
      Principal: { AWS: interpolate`arn:aws:iam::${scope.accountId}:root` },
      Action: "kms:*",
      Resource: "*",
    },
    ...users.flatMap((user) => (user === "costs" ? costs : [rules[user]])),
  ]);
}

/** A bucket that only AWS's own log deliveries write to: flow logs of the network, access logs of load balancers. */
export function logBucketPolicy(scope: Scope, bucketArn: Input<string>): Output<string> {
  const logs = interpolate`${bucketArn}/AWSLogs/${scope.accountId}/*`;
  const delivery = {
    StringEquals: { "aws:SourceAccount": scope.accountId },
    ArnLike: { "aws:SourceArn": interpolate`arn:aws:logs:${scope.region}:${scope.accountId}:*` },
  };
  // CloudFront's deliveries come from us-east-1, wherever the stack is.
  const cdn = { ...delivery, ArnLike: { "aws:SourceArn": interpolate`arn:aws:logs:us-east-1:${scope.accountId}:delivery-source:*` } };
  const ownTrails = { ArnLike: { "aws:SourceArn": interpolate`arn:aws:cloudtrail:${scope.region}:${scope.accountId}:trail/*` } };
  return document([
    ...tls12Only(bucketArn),
    // Under these two names AWS looks for its own statements before it creates a flow log, and adds none of its own.
    {
      Sid: "AWSLogDeliveryWrite",
      Effect: "Allow",
      Principal: { Service: "delivery.logs.amazonaws.com" },
      Action: "s3:PutObject",
      Resource: logs,
      Condition: { ...delivery, StringEquals: { ...delivery.StringEquals, "s3:x-amz-acl": "bucket-owner-full-control" } },
    },
    {
      Sid: "AWSLogDeliveryAclCheck",
      Effect: "Allow",
      Principal: { Service: "delivery.logs.amazonaws.com" },
      Action: "s3:GetBucketAcl",
      Resource: bucketArn,
      Condition: delivery,
    },
    ...(scope.region === "us-east-1"
      ? []
      : [
          {
            Sid: "CdnLogs",
            Effect: "Allow" as const,
            Principal: { Service: "delivery.logs.amazonaws.com" },
            Action: "s3:PutObject",
            Resource: logs,
            Condition: { ...cdn, StringEquals: { ...cdn.StringEquals, "s3:x-amz-acl": "bucket-owner-full-control" } },
          },
        ]),
    {
      Sid: "AuditTrailAclCheck",
      Effect: "Allow",
      Principal: { Service: "cloudtrail.amazonaws.com" },
      Action: "s3:GetBucketAcl",
      Resource: bucketArn,
      Condition: ownTrails,
    },
    {
      Sid: "AuditTrail",
      Effect: "Allow",
      Principal: { Service: "cloudtrail.amazonaws.com" },
      Action: "s3:PutObject",
      Resource: logs,
      Condition: { ...ownTrails, StringEquals: { "s3:x-amz-acl": "bucket-owner-full-control" } },
    },
    // No condition: load balancers were seen to send no source, and a condition on what is not sent refuses. The account's own
    // path is the boundary: another account's balancer writes under that account's number.
    {
      Sid: "LoadBalancerLogs",
      Effect: "Allow",
      Principal: { Service: "logdelivery.elasticloadbalancing.amazonaws.com" },
      Action: "s3:PutObject",
      Resource: logs,
    },
    // Who read and wrote in the other buckets of the stack; S3 writes from any of them.
    {
      Sid: "AccessLogs",
      Effect: "Allow",
      Principal: { Service: "logging.s3.amazonaws.com" },
      Action: "s3:PutObject",
      Resource: interpolate`${bucketArn}/s3/*`,
      Condition: { StringEquals: { "aws:SourceAccount": scope.accountId } },
    },
  ]);
}

/** The files of a static site: TLS only, and read by one distribution of CloudFront. Without the list a missing file reads as forbidden. */
export function siteBucketPolicy(bucketArn: Input<string>, distributionArn: Input<string>): Output<string> {
  const files = interpolate`${bucketArn}/*`;
  const cdn = {
    Effect: "Allow" as const,
    Principal: { Service: "cloudfront.amazonaws.com" },
    Condition: { StringEquals: { "aws:SourceArn": distributionArn } },
  };
  return document([
    ...secureOnly("s3:*", [bucketArn, files]),
    { Sid: "CdnReads", ...cdn, Action: [...permissions.storage.read], Resource: files },
    { Sid: "CdnLists", ...cdn, Action: [...permissions.bucket.list], Resource: bucketArn },
  ]);
}

/** A bucket of the application: who may read and write is in the services' own roles. */
export function bucketPolicy(bucketArn: Input<string>): Output<string> {
  return document(tls12Only(bucketArn));
}

/**
 * A bucket that ElastiCache exports snapshots into. The service sends no source to set a condition on; it refuses buckets of other accounts
 * than that of who asks for the export.
 */
export function snapshotExportPolicy({ region }: Scope, bucketArn: Input<string>): Output<string> {
  return document([
    ...tls12Only(bucketArn),
    {
      Sid: "ElastiCacheSnapshotExport",
      Effect: "Allow",
      Principal: { Service: `${region}.elasticache-snapshot.amazonaws.com` },
      Action: [
        "s3:GetBucketAcl",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:ListBucketMultipartUploads",
        "s3:ListMultipartUploadParts",
        "s3:PutObject",
      ],
      Resource: [bucketArn, interpolate`${bucketArn}/*`],
    },
  ]);
}

/** A file system that is mounted over TLS only, and with a policy at all by nobody without a role that may. */
export function filesPolicy(fileSystemArn: Input<string>): Output<string> {
  const actions = ["ClientMount", "ClientRootAccess", "ClientWrite"].map((action) => `elasticfilesystem:${action}`);
  return document(
    actions.flatMap((action) => secureOnly(action, fileSystemArn)).map((rule, index) => ({ ...rule, Sid: `${rule.Sid}${index + 1}` })),
  );
}

/** A topic that alarms of this account publish to. */
export function alertsTopicPolicy(scope: Scope, topicArn: Input<string>): Output<string> {
  return document([
    ...secureOnly("sns:Publish", topicArn),
    {
      Sid: "Alarms",
      Effect: "Allow",
      Principal: { Service: "cloudwatch.amazonaws.com" },
      Action: "sns:Publish",
      Resource: topicArn,
      Condition: {
        StringEquals: { "aws:SourceAccount": scope.accountId },
        ArnLike: { "aws:SourceArn": interpolate`arn:aws:cloudwatch:${scope.region}:${scope.accountId}:alarm:*` },
      },
    },
    // EventBridge sends no source account with what it publishes.
    {
      Sid: "Events",
      Effect: "Allow",
      Principal: { Service: "events.amazonaws.com" },
      Action: "sns:Publish",
      Resource: topicArn,
      Condition: { ArnLike: { "aws:SourceArn": interpolate`arn:aws:events:${scope.region}:${scope.accountId}:rule/*` } },
    },
    ...costServices.map(({ Sid, service }): Rule => ({
      Sid,
      Effect: "Allow",
      Principal: { Service: service },
      Action: "sns:Publish",
      Resource: topicArn,
      Condition: { StringEquals: { "aws:SourceAccount": scope.accountId } },
    })),
  ]);
}

/** A topic that the services of the stack publish to: who may is in their own roles. */
export function topicPolicy(topicArn: Input<string>): Output<string> {
  return document(secureOnly("sns:Publish", topicArn));
}

/**
 * A queue: TLS only, and open to the stack's own topics, by the beginning of their names. A queue has one policy and is made before
 * the topics that it is subscribed to, so it can't name them.
 */
export function queuePolicy(scope: Scope, queueArn: Input<string>, topicPrefix: string): Output<string> {
  return document([
    ...secureOnly("sqs:*", queueArn),
    {
      Sid: "OwnTopics",
      Effect: "Allow",
      Principal: { Service: "sns.amazonaws.com" },
      Action: "sqs:SendMessage",
      Resource: queueArn,
      Condition: {
        StringEquals: { "aws:SourceAccount": scope.accountId },
        ArnLike: { "aws:SourceArn": interpolate`arn:aws:sns:${scope.region}:${scope.accountId}:${topicPrefix}*` },
      },
    },
  ]);
}

/** Dead letters come from SQS itself, which asks no policy. */
export function deadLettersPolicy(queueArn: Input<string>): Output<string> {
  return document(secureOnly("sqs:*", queueArn));
}

function secureOnly(action: string, resource: Rule["Resource"]): Rule[] {
  const Condition = { Bool: { "aws:SecureTransport": "false" } };
  return [{ Sid: "DenyPlainText", Effect: "Deny", Principal: "*", Action: action, Resource: resource, Condition }];
}

function tls12Only(bucketArn: Input<string>): Rule[] {
  const everything = [bucketArn, interpolate`${bucketArn}/*`];
  return [
    ...secureOnly("s3:*", everything),
    {
      Sid: "DenyOldTls",
      Effect: "Deny",
      Principal: "*",
      Action: "s3:*",
      Resource: everything,
      Condition: { NumericLessThan: { "s3:TlsVersion": "1.2" } },
    },
  ];
}

function document(rules: readonly Rule[]): Output<string> {
  return jsonStringify({ Version: "2012-10-17", Statement: rules });
}
