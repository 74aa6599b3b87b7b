import { expect } from "chai";
import { dumpScript, postgresImage } from "../../jobs/archive/dump";
import { verifyScript } from "../../jobs/restore-test/verify";
import type { Stack } from "../../components/stack";
import type { BackupSpec } from "../../components/backup/index";
import { awsTags } from "../support/aws-parts";
import { all, awsBackups, everything, type Has, none } from "../support/backup-parts";
import { childrenOf } from "../support/azure-parts";
import { ofType, type Recorded } from "../support/record";

const tags = awsTags("backup");

const made = async (spec: BackupSpec = all, stack: Partial<Stack> = {}, has: Has = everything): Promise<Recorded[]> =>
  childrenOf(await awsBackups({ backup: spec }, stack, has), "backup");
const nameOf = ({ type, name }: Recorded): string =>
  `${type.replace(/^aws:(\w+)\/\w+:/, "$1 ").replace(/^azure-native:(\w+):/, "$1 ")} ${name}`;
/** Documents of JSON are read, so that a failing test shows where they differ. */
const read = (value: unknown): unknown => (typeof value === "string" && /^[{[]/.test(value) ? JSON.parse(value) : value);
const described = (resources: readonly Recorded[], part: string): [string, unknown][] =>
  resources
    .filter(
      ({ name }) => (name.replace("platform-test-", "").match(/^(?:high-)?backup-(archive|cache|restore-test)/)?.[1] ?? "plan") === part,
    )
    .map((resource) => [nameOf(resource), Object.fromEntries(Object.entries(resource.inputs).map(([key, value]) => [key, read(value)]))]);

describe("Backup on AWS", () => {
  it("keeps daily and weekly copies, again in the second region, locked, and tells when one failed", async () => {
    expect(described(await made(), "plan")).to.have.deep.members([
      [
        "iam Role platform-test-backup",
        {
          assumeRolePolicy: {
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Principal: { Service: "backup.amazonaws.com" },
                Action: "sts:AssumeRole",
                Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
              },
            ],
          },
          tags: tags,
        },
      ],
      [
        "kms Key backup-copy-key",
        {
          deletionWindowInDays: 30,
          description: "Copies of the database",
          enableKeyRotation: true,
          policy: {
            Version: "2012-10-17",
            Statement: [
              { Sid: "Account", Effect: "Allow", Principal: { AWS: "arn:aws:iam::123456789012:root" }, Action: "kms:*", Resource: "*" },
            ],
          },
          region: "us-west-2",
          tags: tags,
        },
      ],
      [
        "iam RolePolicyAttachment backup",
        { policyArn: "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup", role: "platform-test-backup_name" },
      ],
      ["kms Alias backup-copy-key", { name: "alias/platform-test-backup-copy-d1e009", region: "us-west-2", targetKeyId: null }],
      ["backup Vault platform-test-backup", { forceDestroy: false, kmsKeyArn: "secrets-key_arn", tags: tags }],
      [
        "backup Vault platform-test-backup-copy",
        { forceDestroy: false, kmsKeyArn: "backup-copy-key_arn", region: "us-west-2", tags: tags },
      ],
      ["backup VaultLockConfiguration backup-lock", { backupVaultName: "platform-test-backup_name", minRetentionDays: 7 }],
      [
        "backup VaultLockConfiguration backup-copy-lock",
        { backupVaultName: "platform-test-backup-copy_name", minRetentionDays: 7, region: "us-west-2" },
      ],
      [
        "backup Plan platform-test-backup",
        {
          rules: [
            {
              completionWindow: 720,
              copyActions: [{ destinationVaultArn: "platform-test-backup-copy_arn", lifecycle: { deleteAfter: 35 } }],
              lifecycle: { deleteAfter: 35 },
              recoveryPointTags: tags,
              ruleName: "daily",
              schedule: "cron(0 5 * * ? *)",
              scheduleExpressionTimezone: "UTC",
              startWindow: 60,
              targetVaultName: "platform-test-backup_name",
            },
            {
              completionWindow: 720,
              copyActions: [{ destinationVaultArn: "platform-test-backup-copy_arn", lifecycle: { deleteAfter: 365 } }],
              lifecycle: { deleteAfter: 365 },
              recoveryPointTags: tags,
              ruleName: "weekly",
              schedule: "cron(0 7 ? * SUN *)",
              scheduleExpressionTimezone: "UTC",
              startWindow: 60,
              targetVaultName: "platform-test-backup_name",
            },
          ],
          tags: tags,
        },
      ],
      [
        "backup Selection backup-database",
        {
          iamRoleArn: "platform-test-backup_arn",
          name: "database",
          planId: "platform-test-backup-id",
          resources: ["database-primary_arn"],
        },
      ],
    ]);
  });

  it("tells of a copy that failed to be made or to reach the second region, by the vault's name and its ARN", async () => {
    const [rule] = ofType(childrenOf(await awsBackups({ backup: all }, {}, everything), "alarms"), "aws:cloudwatch/eventRule:EventRule");
    const vault = "platform-test-backup";
    expect(read(rule?.inputs.eventPattern))
      .to.have.nested.property("detail.$or")
      .that.deep.includes({ state: ["FAILED", "EXPIRED", "ABORTED"], backupVaultName: [`${vault}_name`] })
      .and.deep.includes({ state: ["FAILED", "PARTIAL"], sourceBackupVaultArn: [`${vault}_arn`] });
  });

  it("dumps the database each month into the bucket's archive, by one task and nothing more than it needs", async () => {
    expect(described(await made(), "archive")).to.have.deep.members([
      [
        "ec2 SecurityGroup platform-test-backup-archive",
        { description: "Scheduled work backup-archive", tags: { ...tags, Name: "platform-test-backup-archive" }, vpcId: "vpc-id" },
      ],
      [
        "iam Role platform-test-backup-archive-execution",
        {
          assumeRolePolicy: {
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Principal: { Service: "ecs-tasks.amazonaws.com" },
                Action: "sts:AssumeRole",
                Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
              },
            ],
          },
          tags: tags,
        },
      ],
      [
        "iam Role platform-test-backup-archive-task",
        {
          assumeRolePolicy: {
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Principal: { Service: "ecs-tasks.amazonaws.com" },
                Action: "sts:AssumeRole",
                Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
              },
            ],
          },
          tags: tags,
        },
      ],
      [
        "iam Role platform-test-backup-archive",
        {
          assumeRolePolicy: {
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Principal: { Service: "states.amazonaws.com" },
                Action: "sts:AssumeRole",
                Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
              },
            ],
          },
          tags: tags,
        },
      ],
      [
        "iam Role platform-test-backup-archive-starter",
        {
          assumeRolePolicy: {
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Principal: { Service: "scheduler.amazonaws.com" },
                Action: "sts:AssumeRole",
                Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
              },
            ],
          },
          tags: tags,
        },
      ],
      [
        "vpc SecurityGroupEgressRule backup-archive-egress",
        {
          cidrIpv4: "0.0.0.0/0",
          description: "TLS to anywhere",
          fromPort: 443,
          ipProtocol: "tcp",
          securityGroupId: "platform-test-backup-archive-id",
          tags: tags,
          toPort: 443,
        },
      ],
      [
        "vpc SecurityGroupEgressRule backup-archive-to-database",
        {
          description: "backup-archive-to-database",
          fromPort: 5432,
          ipProtocol: "tcp",
          referencedSecurityGroupId: "platform-test-database-id",
          securityGroupId: "platform-test-backup-archive-id",
          tags: tags,
          toPort: 5432,
        },
      ],
      [
        "vpc SecurityGroupIngressRule backup-archive-to-database",
        {
          description: "backup-archive-to-database",
          fromPort: 5432,
          ipProtocol: "tcp",
          referencedSecurityGroupId: "platform-test-backup-archive-id",
          securityGroupId: "platform-test-database-id",
          tags: tags,
          toPort: 5432,
        },
      ],
      [
        "cloudwatch LogGroup backup-archive-logs",
        { kmsKeyId: "monitoring-key_arn", name: "/platform/test/backup-archive", retentionInDays: 30, tags: tags },
      ],
      [
        "iam RolePolicy backup-archive-task",
        {
          policy: {
            Version: "2012-10-17",
            Statement: [
              { Effect: "Allow", Action: ["s3:AbortMultipartUpload", "s3:PutObject"], Resource: ["platform-test-backups_arn/archive/*"] },
              {
                Effect: "Allow",
                Action: ["kms:Decrypt", "kms:GenerateDataKey"],
                Resource: ["secrets-key_arn"],
                Condition: { StringEquals: { "kms:ViaService": "s3.us-east-1.amazonaws.com" } },
              },
            ],
          },
          role: "platform-test-backup-archive-task-id",
        },
      ],
      [
        "iam RolePolicy backup-archive-execution",
        {
          policy: {
            Version: "2012-10-17",
            Statement: [
              { Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: ["backup-archive-logs_arn:*"] },
              { Effect: "Allow", Action: ["secretsmanager:GetSecretValue"], Resource: ["platform-test-database-owner_arn"] },
              {
                Effect: "Allow",
                Action: ["kms:Decrypt"],
                Resource: ["secrets-key_arn"],
                Condition: { StringEquals: { "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com" } },
              },
            ],
          },
          role: "platform-test-backup-archive-execution-id",
        },
      ],
      [
        "ecs TaskDefinition backup-archive-task",
        {
          containerDefinitions: [
            {
              name: "dump",
              image: postgresImage,
              entryPoint: ["sh", "-c"],
              command: [dumpScript],
              environment: [
                { name: "DATABASE_HOST", value: "database-primary_address" },
                { name: "DATABASE_NAME", value: "app" },
                { name: "DATABASE_PORT", value: "5432" },
                { name: "DATABASE_SSLMODE", value: "require" },
                { name: "DATABASE_USER", value: "platform" },
                { name: "WORK", value: "/work" },
              ],
              secrets: [{ name: "DATABASE_PASSWORD", valueFrom: "platform-test-database-owner_arn:password::database-owner_versionId" }],
              user: "0",
              readonlyRootFilesystem: true,
              mountPoints: [{ sourceVolume: "work", containerPath: "/work" }],
              linuxParameters: { initProcessEnabled: true, capabilities: { drop: ["ALL"] } },
              logConfiguration: {
                logDriver: "awslogs",
                options: {
                  "awslogs-group": "/platform/test/backup-archive",
                  "awslogs-region": "us-east-1",
                  "awslogs-stream-prefix": "backup-archive",
                },
              },
              essential: false,
            },
            {
              name: "upload",
              image: "public.ecr.aws/aws-cli/aws-cli:2.22.0",
              entryPoint: ["sh", "-c"],
              command: [
                'set -eu\naws s3 cp --only-show-errors "$WORK/database.dump" "s3://$BACKUPS_NAME/archive/$(date -u +%Y/%m/%d)/database.dump"',
              ],
              dependsOn: [{ containerName: "dump", condition: "SUCCESS" }],
              environment: [
                { name: "BACKUPS_NAME", value: "platform-test-backups_bucket" },
                { name: "WORK", value: "/work" },
              ],
              secrets: [],
              user: "0",
              readonlyRootFilesystem: true,
              mountPoints: [{ sourceVolume: "work", containerPath: "/work" }],
              linuxParameters: { initProcessEnabled: true, capabilities: { drop: ["ALL"] } },
              logConfiguration: {
                logDriver: "awslogs",
                options: {
                  "awslogs-group": "/platform/test/backup-archive",
                  "awslogs-region": "us-east-1",
                  "awslogs-stream-prefix": "backup-archive",
                },
              },
              essential: true,
            },
          ],
          cpu: "1024",
          ephemeralStorage: { sizeInGib: 200 },
          executionRoleArn: "platform-test-backup-archive-execution_arn",
          family: "platform-test-backup-archive-198262",
          memory: "2048",
          networkMode: "awsvpc",
          requiresCompatibilities: ["FARGATE"],
          runtimePlatform: { cpuArchitecture: "X86_64", operatingSystemFamily: "LINUX" },
          tags: tags,
          taskRoleArn: "platform-test-backup-archive-task_arn",
          volumes: [{ name: "work" }],
        },
      ],
      [
        "iam RolePolicy backup-archive",
        {
          policy: {
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Action: ["ecs:RunTask"],
                Resource: ["backup-archive-task_arnWithoutRevision:*"],
                Condition: { ArnEquals: { "ecs:cluster": "hosting-cluster_arn" } },
              },
              {
                Effect: "Allow",
                Action: ["ecs:TagResource"],
                Resource: ["arn:aws:ecs:us-east-1:123456789012:task/platform-test-hosting/*"],
                Condition: { StringEquals: { "ecs:CreateAction": "RunTask" } },
              },
              {
                Effect: "Allow",
                Action: ["iam:PassRole"],
                Resource: ["platform-test-backup-archive-execution_arn", "platform-test-backup-archive-task_arn"],
                Condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
              },
              {
                Effect: "Allow",
                Action: ["ecs:DescribeTasks", "ecs:StopTask"],
                Resource: ["arn:aws:ecs:us-east-1:123456789012:task/platform-test-hosting/*"],
              },
              {
                Effect: "Allow",
                Action: ["events:DescribeRule", "events:PutRule", "events:PutTargets"],
                Resource: ["arn:aws:events:us-east-1:123456789012:rule/StepFunctionsGetEventsForECSTaskRule"],
              },
            ],
          },
          role: "platform-test-backup-archive-id",
        },
      ],
      [
        "sfn StateMachine platform-test-backup-archive",
        {
          definition: {
            Comment: "Monthly archive of the database of platform test",
            QueryLanguage: "JSONata",
            StartAt: "Dump",
            TimeoutSeconds: 43200,
            States: {
              Dump: {
                Type: "Task",
                Resource: "arn:aws:states:::ecs:runTask.sync",
                Arguments: {
                  Cluster: "hosting-cluster_arn",
                  TaskDefinition: "backup-archive-task_arn",
                  CapacityProviderStrategy: [{ CapacityProvider: "FARGATE", Weight: 1 }],
                  NetworkConfiguration: {
                    AwsvpcConfiguration: {
                      Subnets: ["app-1-id", "app-2-id"],
                      SecurityGroups: ["platform-test-backup-archive-id"],
                      AssignPublicIp: "DISABLED",
                    },
                  },
                  EnableECSManagedTags: true,
                  PropagateTags: "TASK_DEFINITION",
                },
                End: true,
              },
            },
          },
          roleArn: "platform-test-backup-archive_arn",
          tags: tags,
          type: "STANDARD",
        },
      ],
      [
        "iam RolePolicy backup-archive-starter",
        {
          policy: {
            Version: "2012-10-17",
            Statement: [{ Effect: "Allow", Action: ["states:StartExecution"], Resource: ["platform-test-backup-archive_arn"] }],
          },
          role: "platform-test-backup-archive-starter-id",
        },
      ],
      [
        "cloudwatch MetricAlarm platform-test-high-backup-archive",
        {
          alarmActions: ["platform-test-monitoring-high_arn"],
          alarmDescription: "Failed: Monthly archive of the database of platform test",
          comparisonOperator: "GreaterThanThreshold",
          evaluationPeriods: 1,
          metricQueries: [
            {
              id: "m0",
              metric: {
                dimensions: { StateMachineArn: "platform-test-backup-archive_arn" },
                metricName: "ExecutionsFailed",
                namespace: "AWS/States",
                period: 300,
                stat: "Sum",
              },
            },
            {
              id: "m1",
              metric: {
                dimensions: { StateMachineArn: "platform-test-backup-archive_arn" },
                metricName: "ExecutionsTimedOut",
                namespace: "AWS/States",
                period: 300,
                stat: "Sum",
              },
            },
            {
              id: "m2",
              metric: {
                dimensions: { StateMachineArn: "platform-test-backup-archive_arn" },
                metricName: "ExecutionsAborted",
                namespace: "AWS/States",
                period: 300,
                stat: "Sum",
              },
            },
            { expression: "FILL(m0,0)+FILL(m1,0)+FILL(m2,0)", id: "failed", label: "failed", returnData: true },
          ],
          tags: tags,
          threshold: 0,
          treatMissingData: "notBreaching",
        },
      ],
      [
        "scheduler Schedule platform-test-backup-archive",
        {
          flexibleTimeWindow: { mode: "OFF" },
          scheduleExpression: "cron(0 2 1 * ? *)",
          scheduleExpressionTimezone: "UTC",
          state: "ENABLED",
          target: {
            arn: "platform-test-backup-archive_arn",
            retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 3 },
            roleArn: "platform-test-backup-archive-starter_arn",
          },
        },
      ],
    ]);
  });

  it("copies the snapshot of midnight into a bucket that ElastiCache alone may write to, and looks whether it came", async () => {
    const resources = await made({ ...all, cacheCopy: true });
    const find = (type: string, name: string): Readonly<Record<string, unknown>> =>
      Object.fromEntries(
        Object.entries(resources.find((each) => each.type.endsWith(`:${type}`) && each.name === name)?.inputs ?? {}).map(
          ([key, value]) => [key, read(value)] as const,
        ),
      );
    const arn = "platform-test-backup-cache-copies_arn";
    const { Statement } = find("BucketPolicy", "backup-cache-copies-policy").policy as { Statement: { Sid: string }[] };
    expect(Statement.map(({ Sid }) => Sid)).to.deep.equal(["DenyPlainText", "DenyOldTls", "ElastiCacheSnapshotExport"]);
    expect(Statement.at(-1)).to.deep.equal({
      Sid: "ElastiCacheSnapshotExport",
      Effect: "Allow",
      Principal: { Service: "us-east-1.elasticache-snapshot.amazonaws.com" },
      Action: ["GetBucketAcl", "GetObject", "ListBucket", "ListBucketMultipartUploads", "ListMultipartUploadParts", "PutObject"].map(
        (action) => `s3:${action}`,
      ),
      Resource: [arn, `${arn}/*`],
    });
    const { rules } = find("BucketLifecycleConfiguration", "backup-cache-copies-expiry") as { rules: { expiration: object }[] };
    expect(rules[0]?.expiration, "as long as the snapshots").to.deep.equal({ days: 7 });
    const encryption = find("BucketServerSideEncryptionConfiguration", "backup-cache-copies-encryption");
    expect(encryption.rules).to.deep.equal([{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }]);
    expect(find("BucketLogging", "backup-cache-copies-logging")).to.deep.include({ targetPrefix: "s3/backup-cache-copies/" });

    const granted = (find("RolePolicy", "backup-cache").policy as { Statement: { Action: string[]; Resource: string[] }[] }).Statement;
    expect(granted.slice(4).map(({ Action, Resource }) => [Action, Resource])).to.deep.equal([
      [["elasticache:CopySnapshot"], ["arn:aws:elasticache:us-east-1:123456789012:snapshot:platform-test-cache6h-*"]],
      [["s3:ListAllMyBuckets"], ["*"]],
      [["s3:GetBucketLocation", "s3:ListBucket"], [arn]],
      [["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], [`${arn}/*`]],
    ]);
    const { States } = find("StateMachine", "platform-test-backup-cache").definition as { States: Record<string, unknown> };
    const bucket = "platform-test-backup-cache-copies_bucket";
    expect(States.More).to.deep.include({ Default: "Daily" });
    const { Daily, Copy, WaitForCopy, LookAtCopy, Copied, Find, Found } = States;
    expect({ Daily, Copy, WaitForCopy, LookAtCopy, Copied, Find, Found }).to.deep.equal({
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
      WaitForCopy: { Type: "Wait", Seconds: 60, Next: "LookAtCopy" },
      LookAtCopy: {
        Type: "Task",
        Resource: "arn:aws:states:::aws-sdk:elasticache:describeSnapshots",
        Arguments: { SnapshotName: "{% $snapshot %}" },
        Assign: { status: "{% $states.result.Snapshots[0].SnapshotStatus %}" },
        Next: "Copied",
      },
      Copied: {
        Type: "Choice",
        Choices: [
          { Condition: "{% $status = 'available' %}", Next: "Find" },
          { Condition: "{% $status = 'failed' %}", Next: "Broken" },
        ],
        Default: "WaitForCopy",
      },
      Find: {
        Type: "Task",
        Resource: "arn:aws:states:::aws-sdk:s3:listObjectsV2",
        Arguments: { Bucket: bucket, Prefix: "{% $snapshot %}" },
        Assign: { files: "{% $states.result.KeyCount %}" },
        Next: "Found",
      },
      Found: { Type: "Choice", Choices: [{ Condition: "{% $files > 0 %}", Next: "Done" }], Default: "WaitForCopy" },
    });
    const schedule = resources.find(({ type, name }) => type.endsWith(":Schedule") && name === "platform-test-backup-cache");
    expect(schedule?.dependencies.some((urn) => urn.endsWith("::backup-cache-copies-policy"))).to.equal(true);
    const names = (await made()).map(({ name }) => name);
    expect(names.filter((name) => name.includes("copies"))).to.be.empty;
  });

  it("takes a snapshot of the cache every six hours, and deletes its own that are older than a week", async () => {
    expect(described(await made(), "cache")).to.have.deep.members([
      [
        "iam Role platform-test-backup-cache",
        {
          assumeRolePolicy: {
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Principal: { Service: "states.amazonaws.com" },
                Action: "sts:AssumeRole",
                Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
              },
            ],
          },
          tags: tags,
        },
      ],
      [
        "iam Role platform-test-backup-cache-starter",
        {
          assumeRolePolicy: {
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Principal: { Service: "scheduler.amazonaws.com" },
                Action: "sts:AssumeRole",
                Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
              },
            ],
          },
          tags: tags,
        },
      ],
      [
        "iam RolePolicy backup-cache",
        {
          policy: {
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Action: ["elasticache:CreateSnapshot"],
                Resource: [
                  "platform-test-cache_arn",
                  "arn:aws:elasticache:us-east-1:123456789012:cluster:platform-test-cache-id-*",
                  "arn:aws:elasticache:us-east-1:123456789012:snapshot:platform-test-cache6h-*",
                ],
              },
              { Effect: "Allow", Action: ["elasticache:DescribeSnapshots"], Resource: ["*"] },
              {
                Effect: "Allow",
                Action: ["elasticache:DeleteSnapshot"],
                Resource: ["arn:aws:elasticache:us-east-1:123456789012:snapshot:platform-test-cache6h-*"],
              },
              {
                Effect: "Allow",
                Action: ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
                Resource: ["secrets-key_arn"],
                Condition: { StringEquals: { "kms:ViaService": "elasticache.us-east-1.amazonaws.com" } },
              },
            ],
          },
          role: "platform-test-backup-cache-id",
        },
      ],
      [
        "sfn StateMachine platform-test-backup-cache",
        {
          definition: {
            Comment: "Snapshot of the cache of platform test",
            QueryLanguage: "JSONata",
            StartAt: "Name",
            TimeoutSeconds: 7200,
            States: {
              Name: {
                Type: "Pass",
                Assign: {
                  snapshot:
                    "{% 'platform-test-cache6h-' & $fromMillis($toMillis($states.context.Execution.StartTime), '[Y0001][M01][D01]t[H01][m01]') %}",
                  oldest:
                    "{% 'platform-test-cache6h-' & $fromMillis($toMillis($states.context.Execution.StartTime) - 604800000, '[Y0001][M01][D01]t[H01][m01]') %}",
                  marker: "",
                },
                Next: "Create",
              },
              Create: {
                Type: "Task",
                Resource: "arn:aws:states:::aws-sdk:elasticache:createSnapshot",
                Arguments: { CacheClusterId: "platform-test-cache-002", SnapshotName: "{% $snapshot %}" },
                Retry: [{ ErrorEquals: ["States.TaskFailed"], IntervalSeconds: 300, MaxAttempts: 6, BackoffRate: 1 }],
                Next: "Wait",
              },
              Wait: { Type: "Wait", Seconds: 60, Next: "Look" },
              Look: {
                Type: "Task",
                Resource: "arn:aws:states:::aws-sdk:elasticache:describeSnapshots",
                Arguments: { SnapshotName: "{% $snapshot %}" },
                Assign: { status: "{% $states.result.Snapshots[0].SnapshotStatus %}" },
                Next: "Made",
              },
              Made: {
                Type: "Choice",
                Choices: [
                  { Condition: "{% $status = 'available' %}", Next: "List" },
                  { Condition: "{% $status = 'failed' %}", Next: "Broken" },
                ],
                Default: "Wait",
              },
              Broken: { Type: "Fail", Error: "SnapshotFailed", Cause: "ElastiCache could not make the snapshot" },
              List: {
                Type: "Task",
                Resource: "arn:aws:states:::aws-sdk:elasticache:describeSnapshots",
                Arguments: "{% $merge([{'SnapshotSource': 'user', 'MaxRecords': 50}, $marker = '' ? {} : {'Marker': $marker}]) %}",
                Assign: {
                  marker: "{% $exists($states.result.Marker) ? $states.result.Marker : '' %}",
                  old: "{% [$states.result.Snapshots.SnapshotName[$substring($, 0, 22) = 'platform-test-cache6h-' and $ < $oldest]] %}",
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
              More: { Type: "Choice", Choices: [{ Condition: "{% $marker != '' %}", Next: "List" }], Default: "Done" },
              Done: { Type: "Succeed" },
            },
          },
          roleArn: "platform-test-backup-cache_arn",
          tags: tags,
          type: "STANDARD",
        },
      ],
      [
        "iam RolePolicy backup-cache-starter",
        {
          policy: {
            Version: "2012-10-17",
            Statement: [{ Effect: "Allow", Action: ["states:StartExecution"], Resource: ["platform-test-backup-cache_arn"] }],
          },
          role: "platform-test-backup-cache-starter-id",
        },
      ],
      [
        "cloudwatch MetricAlarm platform-test-high-backup-cache",
        {
          alarmActions: ["platform-test-monitoring-high_arn"],
          alarmDescription: "Failed: Snapshot of the cache of platform test",
          comparisonOperator: "GreaterThanThreshold",
          evaluationPeriods: 1,
          metricQueries: [
            {
              id: "m0",
              metric: {
                dimensions: { StateMachineArn: "platform-test-backup-cache_arn" },
                metricName: "ExecutionsFailed",
                namespace: "AWS/States",
                period: 300,
                stat: "Sum",
              },
            },
            {
              id: "m1",
              metric: {
                dimensions: { StateMachineArn: "platform-test-backup-cache_arn" },
                metricName: "ExecutionsTimedOut",
                namespace: "AWS/States",
                period: 300,
                stat: "Sum",
              },
            },
            {
              id: "m2",
              metric: {
                dimensions: { StateMachineArn: "platform-test-backup-cache_arn" },
                metricName: "ExecutionsAborted",
                namespace: "AWS/States",
                period: 300,
                stat: "Sum",
              },
            },
            { expression: "FILL(m0,0)+FILL(m1,0)+FILL(m2,0)", id: "failed", label: "failed", returnData: true },
          ],
          tags: tags,
          threshold: 0,
          treatMissingData: "notBreaching",
        },
      ],
      [
        "scheduler Schedule platform-test-backup-cache",
        {
          flexibleTimeWindow: { mode: "OFF" },
          scheduleExpression: "cron(0 0/6 * * ? *)",
          scheduleExpressionTimezone: "UTC",
          state: "ENABLED",
          target: {
            arn: "platform-test-backup-cache_arn",
            retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 3 },
            roleArn: "platform-test-backup-cache-starter_arn",
          },
        },
      ],
    ]);
  });

  it("restores the newest copy each month into a server that the test alone reaches, reads it, and deletes it", async () => {
    expect(described(await made(), "restore-test")).to.have.deep.members([
      [
        "ec2 SecurityGroup platform-test-backup-restore-test-server",
        { description: "The restored server: reached by the test alone", tags: tags, vpcId: "vpc-id" },
      ],
      [
        "ec2 SecurityGroup platform-test-backup-restore-test",
        {
          description: "Scheduled work backup-restore-test",
          tags: { ...tags, Name: "platform-test-backup-restore-test" },
          vpcId: "vpc-id",
        },
      ],
      [
        "iam Role platform-test-backup-restore-test-execution",
        {
          assumeRolePolicy: {
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Principal: { Service: "ecs-tasks.amazonaws.com" },
                Action: "sts:AssumeRole",
                Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
              },
            ],
          },
          tags: tags,
        },
      ],
      [
        "iam Role platform-test-backup-restore-test-task",
        {
          assumeRolePolicy: {
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Principal: { Service: "ecs-tasks.amazonaws.com" },
                Action: "sts:AssumeRole",
                Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
              },
            ],
          },
          tags: tags,
        },
      ],
      [
        "iam Role platform-test-backup-restore-test",
        {
          assumeRolePolicy: {
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Principal: { Service: "states.amazonaws.com" },
                Action: "sts:AssumeRole",
                Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
              },
            ],
          },
          tags: tags,
        },
      ],
      [
        "iam Role platform-test-backup-restore-test-starter",
        {
          assumeRolePolicy: {
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Principal: { Service: "scheduler.amazonaws.com" },
                Action: "sts:AssumeRole",
                Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
              },
            ],
          },
          tags: tags,
        },
      ],
      [
        "vpc SecurityGroupEgressRule backup-restore-test-egress",
        {
          cidrIpv4: "0.0.0.0/0",
          description: "TLS to anywhere",
          fromPort: 443,
          ipProtocol: "tcp",
          securityGroupId: "platform-test-backup-restore-test-id",
          tags: tags,
          toPort: 443,
        },
      ],
      [
        "vpc SecurityGroupEgressRule backup-restore-test-to-database",
        {
          description: "backup-restore-test-to-database",
          fromPort: 5432,
          ipProtocol: "tcp",
          referencedSecurityGroupId: "platform-test-backup-restore-test-server-id",
          securityGroupId: "platform-test-backup-restore-test-id",
          tags: tags,
          toPort: 5432,
        },
      ],
      [
        "vpc SecurityGroupIngressRule backup-restore-test-to-database",
        {
          description: "backup-restore-test-to-database",
          fromPort: 5432,
          ipProtocol: "tcp",
          referencedSecurityGroupId: "platform-test-backup-restore-test-id",
          securityGroupId: "platform-test-backup-restore-test-server-id",
          tags: tags,
          toPort: 5432,
        },
      ],
      [
        "cloudwatch LogGroup backup-restore-test-logs",
        { kmsKeyId: "monitoring-key_arn", name: "/platform/test/backup-restore-test", retentionInDays: 30, tags: tags },
      ],
      [
        "iam RolePolicy backup-restore-test-execution",
        {
          policy: {
            Version: "2012-10-17",
            Statement: [
              { Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: ["backup-restore-test-logs_arn:*"] },
              { Effect: "Allow", Action: ["secretsmanager:GetSecretValue"], Resource: ["platform-test-database-owner_arn"] },
              {
                Effect: "Allow",
                Action: ["kms:Decrypt"],
                Resource: ["secrets-key_arn"],
                Condition: { StringEquals: { "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com" } },
              },
            ],
          },
          role: "platform-test-backup-restore-test-execution-id",
        },
      ],
      [
        "ecs TaskDefinition backup-restore-test-task",
        {
          containerDefinitions: [
            {
              name: "verify",
              image: postgresImage,
              entryPoint: ["sh", "-c"],
              command: [verifyScript],
              environment: [
                { name: "DATABASE_HOST", value: "database-primary_address" },
                { name: "DATABASE_NAME", value: "app" },
                { name: "DATABASE_PORT", value: "5432" },
                { name: "DATABASE_SSLMODE", value: "require" },
                { name: "DATABASE_USER", value: "platform" },
                { name: "RESTORE_QUERY", value: "select count(*) > 0 from orders" },
                { name: "WORK", value: "/work" },
              ],
              secrets: [{ name: "DATABASE_PASSWORD", valueFrom: "platform-test-database-owner_arn:password::database-owner_versionId" }],
              user: "0",
              readonlyRootFilesystem: true,
              mountPoints: [{ sourceVolume: "work", containerPath: "/work" }],
              linuxParameters: { initProcessEnabled: true, capabilities: { drop: ["ALL"] } },
              logConfiguration: {
                logDriver: "awslogs",
                options: {
                  "awslogs-group": "/platform/test/backup-restore-test",
                  "awslogs-region": "us-east-1",
                  "awslogs-stream-prefix": "backup-restore-test",
                },
              },
              essential: true,
            },
          ],
          cpu: "1024",
          ephemeralStorage: { sizeInGib: 200 },
          executionRoleArn: "platform-test-backup-restore-test-execution_arn",
          family: "platform-test-backup-restore-test-431e8d",
          memory: "2048",
          networkMode: "awsvpc",
          requiresCompatibilities: ["FARGATE"],
          runtimePlatform: { cpuArchitecture: "X86_64", operatingSystemFamily: "LINUX" },
          tags: tags,
          taskRoleArn: "platform-test-backup-restore-test-task_arn",
          volumes: [{ name: "work" }],
        },
      ],
      [
        "iam RolePolicy backup-restore-test",
        {
          policy: {
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Action: ["ecs:RunTask"],
                Resource: ["backup-restore-test-task_arnWithoutRevision:*"],
                Condition: { ArnEquals: { "ecs:cluster": "hosting-cluster_arn" } },
              },
              {
                Effect: "Allow",
                Action: ["ecs:TagResource"],
                Resource: ["arn:aws:ecs:us-east-1:123456789012:task/platform-test-hosting/*"],
                Condition: { StringEquals: { "ecs:CreateAction": "RunTask" } },
              },
              {
                Effect: "Allow",
                Action: ["iam:PassRole"],
                Resource: ["platform-test-backup-restore-test-execution_arn", "platform-test-backup-restore-test-task_arn"],
                Condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
              },
              {
                Effect: "Allow",
                Action: ["ecs:DescribeTasks", "ecs:StopTask"],
                Resource: ["arn:aws:ecs:us-east-1:123456789012:task/platform-test-hosting/*"],
              },
              {
                Effect: "Allow",
                Action: ["events:DescribeRule", "events:PutRule", "events:PutTargets"],
                Resource: ["arn:aws:events:us-east-1:123456789012:rule/StepFunctionsGetEventsForECSTaskRule"],
              },
              {
                Effect: "Allow",
                Action: ["rds:DescribeDBSnapshots"],
                Resource: ["database-primary_arn", "arn:aws:rds:us-east-1:123456789012:snapshot:awsbackup:*"],
              },
              {
                Effect: "Allow",
                Action: ["rds:RestoreDBInstanceFromDBSnapshot"],
                Resource: [
                  "arn:aws:rds:us-east-1:123456789012:db:platform-test-backup-restore-test-431e8d",
                  "arn:aws:rds:us-east-1:123456789012:snapshot:awsbackup:*",
                  "arn:aws:rds:us-east-1:123456789012:subgrp:platform-test-database_name",
                  "arn:aws:rds:us-east-1:123456789012:pg:platform-test-database-17_name",
                  "arn:aws:rds:us-east-1:123456789012:og:default:*",
                ],
              },
              {
                Effect: "Allow",
                Action: ["rds:AddTagsToResource"],
                Resource: ["arn:aws:rds:us-east-1:123456789012:db:platform-test-backup-restore-test-431e8d"],
              },
              { Effect: "Allow", Action: ["rds:DescribeDBInstances"], Resource: ["arn:aws:rds:us-east-1:123456789012:db:*"] },
              {
                Effect: "Allow",
                Action: ["rds:DeleteDBInstance"],
                Resource: ["arn:aws:rds:us-east-1:123456789012:db:platform-test-backup-restore-test-431e8d"],
              },
              {
                Effect: "Allow",
                Action: ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
                Resource: ["secrets-key_arn"],
                Condition: { StringEquals: { "kms:ViaService": "rds.us-east-1.amazonaws.com" } },
              },
            ],
          },
          role: "platform-test-backup-restore-test-id",
        },
      ],
      [
        "sfn StateMachine platform-test-backup-restore-test",
        {
          definition: {
            Comment: "Monthly restore test of the database of platform test",
            QueryLanguage: "JSONata",
            StartAt: "Begin",
            TimeoutSeconds: 43200,
            States: {
              Begin: { Type: "Pass", Assign: { failed: false, again: false }, Next: "LookForLeftover" },
              LookForLeftover: {
                Type: "Task",
                Resource: "arn:aws:states:::aws-sdk:rds:describeDBInstances",
                Arguments: { Filters: [{ Name: "db-instance-id", Values: ["platform-test-backup-restore-test-431e8d"] }] },
                Assign: { again: "{% $count($states.result.DbInstances) > 0 %}" },
                Next: "Leftover",
              },
              Leftover: { Type: "Choice", Choices: [{ Condition: "{% $again %}", Next: "Remove" }], Default: "FindCopy" },
              FindCopy: {
                Type: "Task",
                Resource: "arn:aws:states:::aws-sdk:rds:describeDBSnapshots",
                Arguments: { DbInstanceIdentifier: "platform-test-database", SnapshotType: "awsbackup" },
                Assign: {
                  copy: "{% $sort($states.result.DbSnapshots[Status = 'available'], function($a, $b) { $a.SnapshotCreateTime < $b.SnapshotCreateTime })[0].DbSnapshotIdentifier %}",
                },
                Catch: [{ ErrorEquals: ["States.QueryEvaluationError"], Next: "NoCopy" }],
                Next: "Restore",
              },
              NoCopy: { Type: "Fail", Error: "NoCopy", Cause: "there is no copy of the database that could be restored" },
              Restore: {
                Type: "Task",
                Resource: "arn:aws:states:::aws-sdk:rds:restoreDBInstanceFromDBSnapshot",
                Arguments: {
                  DbInstanceIdentifier: "platform-test-backup-restore-test-431e8d",
                  DbSnapshotIdentifier: "{% $copy %}",
                  DbSubnetGroupName: "platform-test-database_name",
                  DbParameterGroupName: "platform-test-database-17_name",
                  VpcSecurityGroupIds: ["platform-test-backup-restore-test-server-id"],
                  MultiAZ: false,
                  PubliclyAccessible: false,
                  DeletionProtection: false,
                  CopyTagsToSnapshot: false,
                  Tags: [
                    { Key: "project", Value: "platform" },
                    { Key: "environment", Value: "prod" },
                    { Key: "stack", Value: "test" },
                    { Key: "component", Value: "backup" },
                    { Key: "owner", Value: "platform-team" },
                    { Key: "cost-center", Value: "web" },
                    { Key: "managed-by", Value: "pulumi" },
                  ],
                },
                Catch: [{ ErrorEquals: ["States.ALL"], Assign: { failed: true }, Next: "Remove" }],
                Next: "WaitForServer",
              },
              WaitForServer: { Type: "Wait", Seconds: 60, Next: "LookAtServer" },
              LookAtServer: {
                Type: "Task",
                Resource: "arn:aws:states:::aws-sdk:rds:describeDBInstances",
                Arguments: { DbInstanceIdentifier: "platform-test-backup-restore-test-431e8d" },
                Assign: {
                  status: "{% $states.result.DbInstances[0].DbInstanceStatus %}",
                  host: "{% $exists($states.result.DbInstances[0].Endpoint.Address) ? $states.result.DbInstances[0].Endpoint.Address : '' %}",
                },
                Catch: [{ ErrorEquals: ["States.ALL"], Assign: { failed: true }, Next: "Remove" }],
                Next: "Ready",
              },
              Ready: {
                Type: "Choice",
                Choices: [{ Condition: "{% $status = 'available' and $host != '' %}", Next: "Verify" }],
                Default: "WaitForServer",
              },
              Verify: {
                Type: "Task",
                Resource: "arn:aws:states:::ecs:runTask.sync",
                Arguments: {
                  Cluster: "hosting-cluster_arn",
                  TaskDefinition: "backup-restore-test-task_arn",
                  CapacityProviderStrategy: [{ CapacityProvider: "FARGATE", Weight: 1 }],
                  NetworkConfiguration: {
                    AwsvpcConfiguration: {
                      Subnets: ["app-1-id", "app-2-id"],
                      SecurityGroups: ["platform-test-backup-restore-test-id"],
                      AssignPublicIp: "DISABLED",
                    },
                  },
                  EnableECSManagedTags: true,
                  PropagateTags: "TASK_DEFINITION",
                  Overrides: { ContainerOverrides: [{ Name: "verify", Environment: [{ Name: "DATABASE_HOST", Value: "{% $host %}" }] }] },
                },
                Catch: [{ ErrorEquals: ["States.ALL"], Assign: { failed: true }, Next: "Remove" }],
                Next: "Remove",
              },
              Remove: {
                Type: "Task",
                Resource: "arn:aws:states:::aws-sdk:rds:deleteDBInstance",
                Arguments: {
                  DbInstanceIdentifier: "platform-test-backup-restore-test-431e8d",
                  SkipFinalSnapshot: true,
                  DeleteAutomatedBackups: true,
                },
                Retry: [{ ErrorEquals: ["Rds.InvalidDbInstanceStateException"], IntervalSeconds: 300, MaxAttempts: 24, BackoffRate: 1 }],
                Catch: [{ ErrorEquals: ["Rds.DbInstanceNotFoundException"], Next: "Judge" }],
                Next: "WaitForEnd",
              },
              WaitForEnd: { Type: "Wait", Seconds: 60, Next: "LookForEnd" },
              LookForEnd: {
                Type: "Task",
                Resource: "arn:aws:states:::aws-sdk:rds:describeDBInstances",
                Arguments: { Filters: [{ Name: "db-instance-id", Values: ["platform-test-backup-restore-test-431e8d"] }] },
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
            },
          },
          roleArn: "platform-test-backup-restore-test_arn",
          tags: tags,
          type: "STANDARD",
        },
      ],
      [
        "iam RolePolicy backup-restore-test-starter",
        {
          policy: {
            Version: "2012-10-17",
            Statement: [{ Effect: "Allow", Action: ["states:StartExecution"], Resource: ["platform-test-backup-restore-test_arn"] }],
          },
          role: "platform-test-backup-restore-test-starter-id",
        },
      ],
      [
        "cloudwatch MetricAlarm platform-test-high-backup-restore-test",
        {
          alarmActions: ["platform-test-monitoring-high_arn"],
          alarmDescription: "Failed: Monthly restore test of the database of platform test",
          comparisonOperator: "GreaterThanThreshold",
          evaluationPeriods: 1,
          metricQueries: [
            {
              id: "m0",
              metric: {
                dimensions: { StateMachineArn: "platform-test-backup-restore-test_arn" },
                metricName: "ExecutionsFailed",
                namespace: "AWS/States",
                period: 300,
                stat: "Sum",
              },
            },
            {
              id: "m1",
              metric: {
                dimensions: { StateMachineArn: "platform-test-backup-restore-test_arn" },
                metricName: "ExecutionsTimedOut",
                namespace: "AWS/States",
                period: 300,
                stat: "Sum",
              },
            },
            {
              id: "m2",
              metric: {
                dimensions: { StateMachineArn: "platform-test-backup-restore-test_arn" },
                metricName: "ExecutionsAborted",
                namespace: "AWS/States",
                period: 300,
                stat: "Sum",
              },
            },
            { expression: "FILL(m0,0)+FILL(m1,0)+FILL(m2,0)", id: "failed", label: "failed", returnData: true },
          ],
          tags: tags,
          threshold: 0,
          treatMissingData: "notBreaching",
        },
      ],
      [
        "scheduler Schedule platform-test-backup-restore-test",
        {
          flexibleTimeWindow: { mode: "OFF" },
          scheduleExpression: "cron(0 8 2 * ? *)",
          scheduleExpressionTimezone: "UTC",
          state: "ENABLED",
          target: {
            arn: "platform-test-backup-restore-test_arn",
            retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 3 },
            roleArn: "platform-test-backup-restore-test-starter_arn",
          },
        },
      ],
    ]);
  });

  it("is what is asked for, of what there is", async () => {
    const specs = {
      "copy-none": none,
      "copy-daily": { ...none, dailyDays: 1 },
      "copy-weekly": { ...none, weeklyDays: 1 },
      "copy-both": { ...none, weeklyDays: 1, copy: true },
      "copy-archive": { ...none, archive: true },
      "copy-cache": { ...none, cacheDays: 1 },
      "copy-tested": { ...none, weeklyDays: 1, restoreTest: true },
    };
    const resources = await awsBackups(specs, {}, everything);
    const parts = Object.keys(specs).map((name) =>
      [
        ...new Set(
          childrenOf(resources, name).map((made) => /:(Plan|Selection|Vault|StateMachine|TaskDefinition|Key)$/.exec(made.type)?.[1]),
        ),
      ]
        .filter((part) => part !== undefined)
        .sort()
        .join(" "),
    );
    const planned = "Plan Selection Vault";
    const task = "StateMachine TaskDefinition";
    expect(parts).to.deep.equal(["", planned, planned, `Key ${planned}`, task, "StateMachine", `Plan Selection ${task} Vault`]);
    expect(childrenOf(await awsBackups({ backup: all }, {}, ["bucket"]), "backup")).to.deep.equal([]);
  });

  it("goes with one destroy where nothing is guarded, and is kept where vaults are", async () => {
    const [kept, free] = [await made(), await made(all, { guard: "none" })];
    const guarded = (resources: readonly Recorded[]) => resources.filter(({ protect }) => protect).map(({ name }) => name);
    expect(guarded(kept)).to.have.members(["platform-test-backup", "platform-test-backup-copy", "backup-copy-key"]);
    expect(guarded(free)).to.deep.equal([]);
    expect(free.filter(({ type }) => type.endsWith("VaultLockConfiguration"))).to.deep.equal([]);
    const vaults = free.filter(({ type }) => type === "aws:backup/vault:Vault");
    expect(vaults.map(({ inputs }) => inputs.forceDestroy)).to.deep.equal([true, true]);
    const short = (await made({ ...none, dailyDays: 3 })).find(({ type }) => type.endsWith("VaultLockConfiguration"));
    expect(short?.inputs.minRetentionDays).to.equal(3);
  });

  it("starts nothing before it may run", async () => {
    const resources = await made();
    const before = (type: string, name: string): string[] =>
      (resources.find((resource) => resource.type.endsWith(type) && resource.name === name)?.dependencies ?? []).map(
        (urn) => urn.split("::")[3] ?? "",
      );
    expect(before(":Selection", "backup-database")).to.include("backup");
    for (const part of ["archive", "cache", "restore-test"]) {
      expect(before(":StateMachine", `platform-test-backup-${part}`)).to.include(`backup-${part}`);
      expect(before(":Schedule", `platform-test-backup-${part}`)).to.include(`backup-${part}-starter`);
    }
    for (const part of ["archive", "restore-test"]) {
      expect(before(":Schedule", `platform-test-backup-${part}`)).to.include.members([
        `backup-${part}-execution`,
        `backup-${part}-egress`,
        `backup-${part}-to-database`,
        "hosting-capacity",
      ]);
    }
  });

  it("has machines in which every state leads to one that is there, and to an end", async () => {
    interface Step {
      readonly Type: string;
      readonly Next?: string;
      readonly Default?: string;
      readonly End?: boolean;
      readonly Choices?: readonly { readonly Next: string }[];
      readonly Catch?: readonly { readonly Next: string }[];
    }
    const machines = (await made()).filter(({ type }) => type.endsWith(":StateMachine"));
    expect(machines).to.have.lengthOf(3);
    for (const { inputs } of machines) {
      const { StartAt, States } = read(inputs.definition) as { StartAt: string; States: Record<string, Step> };
      const next = ({ Next, Default, Choices = [], Catch = [] }: Step): string[] =>
        [Next, Default, ...[...Choices, ...Catch].map((choice) => choice.Next)].filter((state) => state !== undefined);
      const reached = new Set([StartAt]);
      for (const state of reached) next(States[state]!).forEach((name) => reached.add(name));
      expect([...reached]).to.have.members(Object.keys(States));
      for (const step of Object.values(States)) {
        expect(next(step).length > 0).to.equal(!(step.End === true || step.Type === "Succeed" || step.Type === "Fail"));
      }
    }
  });
});
