// What a deployment may do in an AWS account: one row for each module of the SDK that the platform's plan contains, and no others
// (tests/bootstrap/aws.test.ts holds it against prod's plan with every choice). Data is left out where a deployment has no business with
// it: messages, the rows of a database, copies of any kind.

/** Where a row holds: on everything, as ids are AWS's own; on what bears the environment's names; or on one certain thing. */
type On = "everything" | readonly string[];

export interface Right {
  /** Modules of the SDK that need it. */
  readonly modules: readonly string[];
  /** Prefix of its actions in IAM. */
  readonly service: string;
  readonly actions: readonly string[];
  /** ARNs, with `{name}` for the beginning of the environment's names and `{account}`. */
  readonly on: On;
}

const tags = ["ListTagsForResource", "TagResource", "UntagResource"];

/** A document of IAM holds 6144 characters, so there are five. A star stands behind a verb that only describes. */
export const deployRights: Readonly<Record<"network" | "data" | "services" | "roles" | "watch", readonly Right[]>> = {
  network: [
    {
      modules: ["ec2", "vpc"],
      service: "ec2",
      actions: [
        ...["AllocateAddress", "AssociateRouteTable", "AttachInternetGateway", "AuthorizeSecurityGroupEgress"],
        ...["AuthorizeSecurityGroupIngress"],
        ...["CreateFlowLogs", "CreateInternetGateway", "CreateLaunchTemplate", "CreateLaunchTemplateVersion", "CreateNatGateway"],
        ...["CreateNetworkInterface", "CreateRoute", "CreateRouteTable", "CreateSecurityGroup", "CreateSubnet", "CreateTags", "CreateVpc"],
        ...["CreateVpcEndpoint", "DeleteFlowLogs", "DeleteInternetGateway", "DeleteLaunchTemplate", "DeleteNatGateway"],
        ...["DeleteNetworkInterface", "DeleteRoute", "DeleteRouteTable", "DeleteSecurityGroup", "DeleteSubnet", "DeleteTags", "DeleteVpc"],
        ...["DeleteVpcEndpoints", "Describe*", "DetachInternetGateway", "DetachNetworkInterface", "DisassociateAddress"],
        ...["DisassociateRouteTable", "GetManagedPrefixListEntries", "ModifyLaunchTemplate", "ModifySecurityGroupRules"],
        ...["ModifySubnetAttribute", "ModifyVpcAttribute"],
        ...["ModifyVpcEndpoint", "ReleaseAddress", "ReplaceRoute", "ReplaceRouteTableAssociation", "RevokeSecurityGroupEgress"],
        ...["RevokeSecurityGroupIngress", "UpdateSecurityGroupRuleDescriptionsEgress", "UpdateSecurityGroupRuleDescriptionsIngress"],
        // The bastion's group of machines: asked for when the group is made.
        "RunInstances",
      ],
      on: "everything",
    },
    {
      modules: ["lb"],
      service: "elasticloadbalancing",
      actions: [
        ...["AddListenerCertificates", "AddTags", "CreateListener", "CreateLoadBalancer", "CreateRule", "CreateTargetGroup"],
        ...["DeleteListener"],
        ...["DeleteLoadBalancer", "DeleteRule", "DeleteTargetGroup", "Describe*", "ModifyListener", "ModifyListenerAttributes"],
        ...["ModifyLoadBalancerAttributes", "ModifyRule", "ModifyTargetGroup", "ModifyTargetGroupAttributes", "RemoveListenerCertificates"],
        ...["RemoveTags", "SetIpAddressType", "SetRulePriorities", "SetSecurityGroups", "SetSubnets", "SetWebAcl"],
      ],
      on: "everything",
    },
    {
      modules: ["servicediscovery"],
      service: "servicediscovery",
      actions: [
        ...["CreatePrivateDnsNamespace", "CreateService", "DeleteNamespace", "DeleteService", "GetNamespace", "GetOperation", "GetService"],
        ...["ListInstances", "ListNamespaces", "UpdatePrivateDnsNamespace", "UpdateService", ...tags],
      ],
      on: "everything",
    },
    {
      // Namespaces of service discovery are zones too.
      modules: ["route53", "servicediscovery"],
      service: "route53",
      actions: [
        ...["AssociateVPCWithHostedZone", "ChangeResourceRecordSets", "ChangeTagsForResource", "CreateHealthCheck", "CreateHostedZone"],
        ...["DeleteHealthCheck", "DeleteHostedZone", "GetChange", "GetHealthCheck", "GetHostedZone", "ListHostedZonesByName"],
        ...["ListResourceRecordSets", "ListTagsForResource", "UpdateHealthCheck", "UpdateHostedZoneComment"],
      ],
      on: "everything",
    },
    {
      modules: ["acm"],
      service: "acm",
      actions: [
        ...["AddTagsToCertificate", "DeleteCertificate", "DescribeCertificate", "ListTagsForCertificate", "RemoveTagsFromCertificate"],
        ...["RequestCertificate", "UpdateCertificateOptions"],
      ],
      on: "everything",
    },
    {
      modules: ["cloudfront"],
      service: "cloudfront",
      actions: [
        ...["AllowVendedLogDeliveryForResource", "CreateCachePolicy", "CreateDistribution", "CreateFunction"],
        ...["CreateInvalidation", "CreateOriginAccessControl", "CreateResponseHeadersPolicy", "CreateVpcOrigin", "DeleteCachePolicy"],
        ...["DeleteDistribution", "DeleteFunction", "DeleteOriginAccessControl", "DeleteResponseHeadersPolicy", "DeleteVpcOrigin"],
        ...["DescribeFunction", "Get*", "PublishFunction", "UpdateCachePolicy", "UpdateDistribution", "UpdateFunction"],
        ...["UpdateOriginAccessControl", "UpdateResponseHeadersPolicy", "UpdateVpcOrigin", ...tags],
      ],
      on: "everything",
    },
    {
      modules: ["wafv2"],
      service: "wafv2",
      actions: [
        ...["AssociateWebACL", "CreateIPSet", "CreateWebACL", "DeleteIPSet", "DeleteLoggingConfiguration", "DeleteWebACL"],
        ...["DisassociateWebACL"],
        ...["GetIPSet", "GetLoggingConfiguration", "GetWebACL", "GetWebACLForResource", "ListResourcesForWebACL"],
        ...["PutLoggingConfiguration", "UpdateIPSet", "UpdateWebACL", ...tags],
      ],
      on: "everything",
    },
    {
      modules: ["shield"],
      service: "shield",
      actions: ["CreateProtection", "DeleteProtection", "DescribeProtection", ...tags],
      on: "everything",
    },
  ],
  data: [
    {
      // No deletion of snapshots and of automated copies: they outlive what CI may do.
      modules: ["rds"],
      service: "rds",
      actions: [
        ...["AddTagsToResource", "CreateDBInstance", "CreateDBInstanceReadReplica", "CreateDBParameterGroup", "CreateDBProxy"],
        ...["CreateDBSnapshot", "CreateDBSubnetGroup", "DeleteDBInstance", "DeleteDBParameterGroup", "DeleteDBProxy"],
        ...["DeleteDBSubnetGroup"],
        ...["DeregisterDBProxyTargets", "Describe*", "ListTagsForResource", "ModifyDBInstance", "ModifyDBParameterGroup", "ModifyDBProxy"],
        ...["ModifyDBProxyTargetGroup", "ModifyDBSubnetGroup", "PromoteReadReplica", "RebootDBInstance", "RegisterDBProxyTargets"],
        ...["RemoveTagsFromResource", "ResetDBParameterGroup", "RestoreDBInstanceFromDBSnapshot", "RestoreDBInstanceToPointInTime"],
      ],
      on: "everything",
    },
    {
      modules: ["elasticache"],
      service: "elasticache",
      actions: [
        ...["AddTagsToResource", "CreateCacheCluster", "CreateCacheParameterGroup", "CreateCacheSubnetGroup", "CreateReplicationGroup"],
        ...["CreateSnapshot", "DecreaseReplicaCount", "DeleteCacheCluster", "DeleteCacheParameterGroup", "DeleteCacheSubnetGroup"],
        ...["DeleteReplicationGroup", "Describe*", "IncreaseReplicaCount", "ListTagsForResource", "ModifyCacheParameterGroup"],
        ...["ModifyCacheSubnetGroup", "ModifyReplicationGroup", "ModifyReplicationGroupShardConfiguration", "RemoveTagsFromResource"],
        "ResetCacheParameterGroup",
      ],
      on: "everything",
    },
    {
      modules: ["s3"],
      service: "s3",
      actions: [
        ...["CreateBucket", "DeleteBucket", "DeleteBucketPolicy", "GetAccelerateConfiguration", "GetBucket*", "GetEncryptionConfiguration"],
        ...["GetLifecycleConfiguration", "GetReplicationConfiguration", "ListBucket", "ListBucketVersions", "PutBucketLogging"],
        ...["PutBucketOwnershipControls", "PutBucketPolicy", "PutBucketPublicAccessBlock", "PutBucketTagging", "PutBucketVersioning"],
        ...["PutEncryptionConfiguration", "PutLifecycleConfiguration", "PutReplicationConfiguration", ...tags],
        // Objects: a static site is uploaded, and a bucket without a guard is emptied before it goes.
        ...["DeleteObject", "DeleteObjectVersion", "GetObject", "GetObjectTagging", "PutObject", "PutObjectTagging"],
      ],
      on: ["arn:aws:s3:::{name}*"],
    },
    {
      // The provider reads back what it has written.
      modules: ["secretsmanager", "cloudwatch"],
      service: "secretsmanager",
      actions: [
        ...["CreateSecret", "DeleteSecret", "DescribeSecret", "GetResourcePolicy", "GetSecretValue", "ListSecretVersionIds"],
        ...["PutSecretValue", "TagResource", "UntagResource", "UpdateSecret", "UpdateSecretVersionStage"],
      ],
      // The second: where EventBridge keeps the login to a webhook.
      on: ["arn:aws:secretsmanager:*:{account}:secret:{name}*", "arn:aws:secretsmanager:*:{account}:secret:events!connection/{name}*"],
    },
    {
      // Services encrypt and decrypt in the name of whoever makes a server, a bucket or a secret.
      modules: ["kms"],
      service: "kms",
      actions: [
        ...["CancelKeyDeletion", "CreateAlias", "CreateGrant", "CreateKey", "Decrypt", "DeleteAlias", "DescribeKey", "EnableKeyRotation"],
        ...["Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GetKeyPolicy", "GetKeyRotationStatus", "ListAliases"],
        ...["ListResourceTags", "PutKeyPolicy", "ScheduleKeyDeletion", "TagResource", "UntagResource", "UpdateAlias"],
        ...["UpdateKeyDescription"],
      ],
      on: "everything",
    },
    {
      modules: ["sqs"],
      service: "sqs",
      actions: [
        "CreateQueue",
        "DeleteQueue",
        "GetQueueAttributes",
        "GetQueueUrl",
        "ListQueueTags",
        "SetQueueAttributes",
        "TagQueue",
        "UntagQueue",
      ],
      on: ["arn:aws:sqs:*:{account}:{name}*"],
    },
    {
      modules: ["sns"],
      service: "sns",
      actions: ["CreateTopic", "DeleteTopic", "GetTopicAttributes", "SetTopicAttributes", "Subscribe", ...tags],
      on: ["arn:aws:sns:*:{account}:{name}*"],
    },
    {
      modules: ["sns"],
      service: "sns",
      actions: ["GetSubscriptionAttributes", "SetSubscriptionAttributes", "Unsubscribe"],
      on: "everything",
    },
    {
      // Nobody deletes copies from CI: a vault that holds some is taken away by a person.
      modules: ["backup"],
      service: "backup",
      actions: [
        ...["CreateBackupPlan", "CreateBackupSelection", "CreateBackupVault", "DeleteBackupPlan", "DeleteBackupSelection"],
        ...["DeleteBackupVault", "DeleteBackupVaultLockConfiguration", "DescribeBackupVault", "GetBackupPlan", "GetBackupSelection"],
        ...["ListRecoveryPointsByBackupVault", "ListTags", "PutBackupVaultLockConfiguration", "TagResource", "UntagResource"],
        ...["UpdateBackupPlan"],
      ],
      on: "everything",
    },
    { modules: ["backup"], service: "backup-storage", actions: ["MountCapsule"], on: "everything" },
    {
      modules: ["efs"],
      service: "elasticfilesystem",
      actions: [
        ...["CreateAccessPoint", "CreateFileSystem", "CreateMountTarget", "DeleteAccessPoint", "DeleteFileSystem"],
        ...["DeleteFileSystemPolicy"],
        ...["DeleteMountTarget", "Describe*", "ModifyMountTargetSecurityGroups", "PutFileSystemPolicy", "PutLifecycleConfiguration"],
        ...["UpdateFileSystem", ...tags],
      ],
      on: "everything",
    },
  ],
  services: [
    {
      modules: ["ecs"],
      service: "ecs",
      actions: [
        ...["CreateCluster", "CreateService", "DeleteCluster", "DeleteService", "DeregisterTaskDefinition", "Describe*", "List*"],
        ...["PutClusterCapacityProviders", "RegisterTaskDefinition", "TagResource", "UntagResource", "UpdateCluster"],
        ...["UpdateClusterSettings"],
        "UpdateService",
        // The one-off jobs around a deployment.
        ...["RunTask", "StopTask"],
      ],
      on: "everything",
    },
    {
      modules: ["appautoscaling"],
      service: "application-autoscaling",
      actions: [
        ...["DeleteScalingPolicy", "DeleteScheduledAction", "DeregisterScalableTarget", "Describe*", "PutScalingPolicy"],
        ...["PutScheduledAction"],
        ...["RegisterScalableTarget", ...tags],
      ],
      on: "everything",
    },
    {
      modules: ["autoscaling"],
      service: "autoscaling",
      actions: [
        ...["CreateAutoScalingGroup", "CreateOrUpdateTags", "DeleteAutoScalingGroup", "DeleteTags", "Describe*", "UpdateAutoScalingGroup"],
        "TerminateInstanceInAutoScalingGroup",
      ],
      on: "everything",
    },
    // The newest image of the bastion, which AWS publishes as a parameter.
    {
      modules: ["autoscaling"],
      service: "ssm",
      actions: ["GetParameters"],
      on: ["arn:aws:ssm:*::parameter/aws/service/ami-amazon-linux-latest/*"],
    },
    {
      modules: ["ecr"],
      service: "ecr",
      actions: [
        ...["CreateRepository", "DeleteLifecyclePolicy", "DeleteRepository", "DescribeImages", "DescribeRepositories"],
        ...["GetLifecyclePolicy"],
        ...["GetRepositoryPolicy", "PutImageScanningConfiguration", "PutImageTagMutability", "PutLifecyclePolicy", ...tags],
        // Images are built and pushed by the same workflow.
        ...["BatchCheckLayerAvailability", "BatchGetImage", "CompleteLayerUpload", "GetDownloadUrlForLayer", "InitiateLayerUpload"],
        ...["PutImage", "UploadLayerPart"],
      ],
      on: ["arn:aws:ecr:*:{account}:repository/{name}*"],
    },
    { modules: ["ecr"], service: "ecr", actions: ["GetAuthorizationToken"], on: "everything" },
    {
      modules: ["sfn"],
      service: "states",
      actions: [
        ...["CreateStateMachine", "DeleteStateMachine", "DescribeStateMachine", "ListStateMachineVersions", "UpdateStateMachine", ...tags],
        // Copies and their tests, started by hand.
        "StartExecution",
      ],
      on: ["arn:aws:states:*:{account}:stateMachine:{name}*"],
    },
    { modules: ["sfn"], service: "states", actions: ["ValidateStateMachineDefinition"], on: "everything" },
    {
      modules: ["scheduler"],
      service: "scheduler",
      actions: ["CreateSchedule", "DeleteSchedule", "GetSchedule", "UpdateSchedule"],
      on: ["arn:aws:scheduler:*:{account}:schedule/default/{name}*"],
    },
    {
      modules: ["appconfig"],
      service: "appconfig",
      actions: [
        ...["CreateApplication", "CreateConfigurationProfile", "CreateDeploymentStrategy", "CreateEnvironment"],
        ...["CreateHostedConfigurationVersion", "DeleteApplication", "DeleteConfigurationProfile", "DeleteDeploymentStrategy"],
        ...["DeleteEnvironment", "DeleteHostedConfigurationVersion", "GetApplication", "GetConfigurationProfile", "GetDeployment"],
        ...["GetDeploymentStrategy", "GetEnvironment", "GetHostedConfigurationVersion", "StartDeployment", "StopDeployment"],
        ...["UpdateApplication", "UpdateConfigurationProfile", "UpdateDeploymentStrategy", "UpdateEnvironment", ...tags],
      ],
      on: "everything",
    },
  ],
  roles: [
    {
      modules: ["iam"],
      service: "iam",
      actions: [
        // What makes a role, or gives it rights, is in `boundedRights`.
        ...["AddRoleToInstanceProfile", "CreateInstanceProfile", "DeleteInstanceProfile", "DeleteRole", "DeleteRolePolicy"],
        ...["DetachRolePolicy", "GetInstanceProfile", "GetRole", "GetRolePolicy", "ListAttachedRolePolicies"],
        ...["ListInstanceProfilesForRole", "ListRolePolicies", "RemoveRoleFromInstanceProfile", "TagInstanceProfile", "TagRole"],
        ...["UntagInstanceProfile", "UntagRole", "UpdateAssumeRolePolicy", "UpdateRole", "UpdateRoleDescription"],
      ],
      on: ["arn:aws:iam::{account}:role/{name}*", "arn:aws:iam::{account}:instance-profile/{name}*"],
    },
  ],
  watch: [
    {
      // Deliveries of logs are written down by the service whose logs they are, in the name of whoever asks for them.
      modules: ["cloudwatch"],
      service: "logs",
      actions: [
        ...["AssociateKmsKey", "CreateDelivery", "CreateLogDelivery", "CreateLogGroup", "DeleteDelivery", "DeleteDeliveryDestination"],
        ...["DeleteDeliverySource", "DeleteLogDelivery", "DeleteLogGroup", "DeleteMetricFilter", "DeleteRetentionPolicy", "Describe*"],
        ...["DisassociateKmsKey", "GetDelivery", "GetDeliveryDestination", "GetDeliverySource", "GetLogDelivery", "ListLogDeliveries"],
        ...["PutDeliveryDestination", "PutDeliverySource", "PutMetricFilter", "PutResourcePolicy", "PutRetentionPolicy"],
        ...["UpdateLogDelivery"],
        ...tags,
      ],
      on: "everything",
    },
    {
      modules: ["cloudwatch"],
      service: "cloudwatch",
      actions: [
        ...["DeleteAlarms", "DeleteDashboards", "DescribeAlarms", "GetDashboard", "PutDashboard", "PutMetricAlarm", ...tags],
        // By which a rollout is judged.
        "GetMetricData",
      ],
      on: "everything",
    },
    {
      modules: ["cloudwatch"],
      service: "events",
      actions: [
        ...["CreateApiDestination", "CreateConnection", "DeleteApiDestination", "DeleteConnection", "DeleteRule", "DescribeApiDestination"],
        ...["DescribeConnection", "DescribeRule", "DisableRule", "EnableRule", "ListTargetsByRule", "PutRule", "PutTargets"],
        ...["RemoveTargets"],
        ...["UpdateApiDestination", "UpdateConnection", ...tags],
      ],
      on: "everything",
    },
    {
      modules: ["cloudtrail"],
      service: "cloudtrail",
      actions: [
        ...["AddTags", "CreateTrail", "DeleteTrail", "DescribeTrails", "GetEventSelectors", "GetInsightSelectors", "GetTrail"],
        ...["GetTrailStatus", "ListTags", "PutEventSelectors", "RemoveTags", "StartLogging", "StopLogging", "UpdateTrail"],
      ],
      on: ["arn:aws:cloudtrail:*:{account}:trail/{name}*"],
    },
    {
      modules: ["guardduty"],
      service: "guardduty",
      actions: ["CreateDetector", "DeleteDetector", "GetDetector", "UpdateDetector", ...tags],
      on: "everything",
    },
    {
      modules: ["budgets"],
      service: "budgets",
      actions: ["ModifyBudget", "ViewBudget", ...tags],
      on: ["arn:aws:budgets::{account}:budget/{name}*"],
    },
    {
      modules: ["costexplorer"],
      service: "ce",
      actions: [
        ...["CreateAnomalyMonitor", "CreateAnomalySubscription", "DeleteAnomalyMonitor", "DeleteAnomalySubscription", "GetAnomalyMonitors"],
        ...["GetAnomalySubscriptions", "ListCostAllocationTags", "UpdateAnomalyMonitor", "UpdateAnomalySubscription"],
        ...["UpdateCostAllocationTagsStatus", ...tags],
      ],
      on: "everything",
    },
  ],
};

/**
 * What makes a role, or gives it rights: only with the boundary of services (aws-services.ts). AWS's reference of IAM has the condition
 * `iam:PermissionsBoundary` for these and for what takes rights away; for `UpdateAssumeRolePolicy`, `PassRole` and tags it has none, so those
 * hold by name, and reach no more than roles that are bounded.
 */
export const boundedRights = ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"] as const;

/** AWS's own policies that the platform gives to its roles. A deployment can attach no other. */
export const attachable = [
  "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup",
  "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
] as const;

/** Services that a role of the platform is handed to. */
export const roleTakers = [
  ...["backup", "cloudtrail", "ec2", "ecs-tasks", "events", "monitoring.rds", "rds", "s3", "scheduler", "states"],
] as const;

/** Services that make a role of their own, once in an account, when the first of their resources is made. */
export const linkedRoles = [
  ...["autoscaling", "backup", "ecs", "ecs.application-autoscaling", "elasticache", "elasticfilesystem", "elasticloadbalancing"],
  ...["guardduty", "rds", "vpcorigin.cloudfront", "wafv2"],
] as const;

/** What a preview asks AWS for: the engine reads the state, and the program two lists. */
export const previewRights = [
  "ec2:DescribeAvailabilityZones",
  "ec2:DescribeManagedPrefixLists",
  "ec2:GetManagedPrefixListEntries",
] as const;
