// The waits that no program can remove: an input carries what the cloud makes up only when the other thing exists, or the cloud refuses
// the one without the other. Any other wait in the plan is ours, and counts against us.
import type { Edge } from "./graph";

/** A type, the types it cannot do without, and why. */
export interface Unavoidable {
  readonly type: string;
  readonly after: Readonly<Record<string, string>>;
}

const inVpc = { "aws:ec2/vpc:Vpc": "takes the VPC's id" };
const inGroup = { "azure-native:resources:ResourceGroup": "is made inside its resource group" };
const inVnet = { "azure-native:network:VirtualNetwork": "takes the id of a subnet" };
/** Names that we choose ourselves could be composed earlier, but whoever is switched to a server that is not there yet stops. */
const azureServers = {
  "azure-native:dbforpostgresql:Server": "a running service must not be led to a server (a restored one, a replica) before it answers",
  "azure-native:dbforpostgresql:Database": "an application that finds no database fails at its start, and the deployment with it",
  "azure-native:redisenterprise:RedisEnterprise": "takes the cluster's host; a running service must not be led to one that does not answer",
};
const logKey = { "aws:kms/key:Key": "is encrypted with the key: takes its ARN" };
const ofSecrets = {
  "aws:secretsmanager/secret:Secret": "takes the secret's ARN, of which AWS makes up the end",
  "aws:secretsmanager/secretVersion:SecretVersion": "takes the version's id: rotation is a visible update",
};

const aws: readonly Unavoidable[] = [
  // Network
  { type: "aws:ec2/internetGateway:InternetGateway", after: inVpc },
  { type: "aws:ec2/subnet:Subnet", after: inVpc },
  { type: "aws:ec2/routeTable:RouteTable", after: inVpc },
  {
    type: "aws:ec2/routeTableAssociation:RouteTableAssociation",
    after: { "aws:ec2/routeTable:RouteTable": "takes its id", "aws:ec2/subnet:Subnet": "takes its id" },
  },
  {
    type: "aws:ec2/route:Route",
    after: {
      "aws:ec2/routeTable:RouteTable": "takes its id",
      "aws:ec2/internetGateway:InternetGateway": "takes its id",
      "aws:ec2/natGateway:NatGateway": "takes its id, when it is available",
    },
  },
  {
    type: "aws:ec2/natGateway:NatGateway",
    after: {
      "aws:ec2/eip:Eip": "takes its id",
      "aws:ec2/subnet:Subnet": "takes its id",
      "aws:ec2/internetGateway:InternetGateway": "fails in a VPC without one",
    },
  },
  { type: "aws:ec2/securityGroup:SecurityGroup", after: inVpc },
  { type: "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", after: inVpc },
  {
    type: "aws:ec2/vpcEndpoint:VpcEndpoint",
    after: {
      ...inVpc,
      "aws:ec2/routeTable:RouteTable": "takes its id",
      "aws:ec2/subnet:Subnet": "takes its id",
      "aws:ec2/securityGroup:SecurityGroup": "takes its id",
    },
  },
  {
    type: "aws:ec2/flowLog:FlowLog",
    after: {
      ...inVpc,
      "aws:s3/bucket:Bucket": "takes its ARN",
      "aws:s3/bucketPolicy:BucketPolicy": "AWS tests at creation that it may write",
    },
  },
  { type: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", after: { "aws:ec2/securityGroup:SecurityGroup": "takes its id" } },
  { type: "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", after: { "aws:ec2/securityGroup:SecurityGroup": "takes its id" } },
  // Logs, buckets, keys, secrets, identities
  { type: "aws:kms/alias:Alias", after: { "aws:kms/key:Key": "takes its id" } },
  { type: "aws:cloudwatch/logGroup:LogGroup", after: logKey },
  ...[
    "bucketPolicy:BucketPolicy",
    "bucketPublicAccessBlock:BucketPublicAccessBlock",
    "bucketVersioning:BucketVersioning",
    "bucketOwnershipControls:BucketOwnershipControls",
  ].map((type) => ({
    type: `aws:s3/${type}`,
    after: { "aws:s3/bucket:Bucket": "changes that bucket" },
  })),
  {
    type: "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    after: { "aws:s3/bucket:Bucket": "changes that bucket", ...logKey },
  },
  {
    type: "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    after: {
      "aws:s3/bucket:Bucket": "changes that bucket",
      "aws:s3/bucketVersioning:BucketVersioning": "AWS's provider: rules for old versions only after versioning is on",
    },
  },
  { type: "aws:secretsmanager/secret:Secret", after: logKey },
  {
    type: "aws:secretsmanager/secretVersion:SecretVersion",
    after: { "aws:secretsmanager/secret:Secret": "takes its id", "random:index/randomPassword:RandomPassword": "takes the value" },
  },
  {
    type: "aws:iam/rolePolicy:RolePolicy",
    after: {
      "aws:iam/role:Role": "takes its name",
      "aws:secretsmanager/secret:Secret": "names its ARN, of which AWS makes up the end",
      "aws:kms/key:Key": "names its ARN, which AWS makes up",
    },
  },
  { type: "aws:iam/rolePolicyAttachment:RolePolicyAttachment", after: { "aws:iam/role:Role": "takes its name" } },
  // Data
  { type: "aws:rds/subnetGroup:SubnetGroup", after: { "aws:ec2/subnet:Subnet": "takes its id" } },
  {
    type: "aws:rds/instance:Instance",
    after: {
      "aws:rds/subnetGroup:SubnetGroup": "takes its name; the group must exist",
      "aws:rds/parameterGroup:ParameterGroup": "takes its name; the group must exist",
      "aws:rds/instance:Instance": "a replica copies a primary that is available",
      "aws:ec2/securityGroup:SecurityGroup": "takes its id",
      "aws:kms/key:Key": "is encrypted with the key: takes its ARN",
      "aws:iam/role:Role": "enhanced monitoring: takes the role's ARN",
      "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "RDS tests at creation that the role may write",
      "aws:cloudwatch/logGroup:LogGroup": "RDS makes the group itself, without key and for ever, if it is not there",
      "random:index/randomPassword:RandomPassword": "takes the value",
    },
  },
  {
    type: "aws:rds/proxy:Proxy",
    after: {
      ...ofSecrets,
      "aws:iam/role:Role": "takes its ARN",
      "aws:ec2/subnet:Subnet": "takes its id",
      "aws:ec2/securityGroup:SecurityGroup": "takes its id",
    },
  },
  { type: "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup", after: { "aws:rds/proxy:Proxy": "changes that proxy" } },
  {
    type: "aws:rds/proxyTarget:ProxyTarget",
    after: {
      "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup": "is added to it",
      "aws:rds/instance:Instance": "registers an instance that exists",
    },
  },
  { type: "aws:elasticache/subnetGroup:SubnetGroup", after: { "aws:ec2/subnet:Subnet": "takes its id" } },
  {
    type: "aws:elasticache/replicationGroup:ReplicationGroup",
    after: {
      "aws:elasticache/subnetGroup:SubnetGroup": "takes its name; the group must exist",
      "aws:elasticache/parameterGroup:ParameterGroup": "takes its name; the group must exist",
      "aws:ec2/securityGroup:SecurityGroup": "takes its id",
      "aws:kms/key:Key": "is encrypted with the key: takes its ARN",
      "aws:cloudwatch/logGroup:LogGroup": "delivers to a group that must exist",
      "random:index/randomPassword:RandomPassword": "takes the value",
    },
  },
  { type: "aws:sqs/queue:Queue", after: { ...logKey, "aws:sqs/queue:Queue": "the dead letters' queue must exist: takes its ARN" } },
  { type: "aws:sqs/queuePolicy:QueuePolicy", after: { "aws:sqs/queue:Queue": "takes its URL" } },
  { type: "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy", after: { "aws:sqs/queue:Queue": "takes its URL" } },
  { type: "aws:sns/topic:Topic", after: logKey },
  { type: "aws:sns/topicPolicy:TopicPolicy", after: { "aws:sns/topic:Topic": "takes its ARN" } },
  {
    type: "aws:sns/topicSubscription:TopicSubscription",
    after: { "aws:sns/topic:Topic": "takes its ARN", "aws:sqs/queue:Queue": "subscribes a queue that exists" },
  },
  // Gateway
  {
    type: "aws:lb/loadBalancer:LoadBalancer",
    after: {
      "aws:ec2/subnet:Subnet": "takes its id",
      "aws:ec2/securityGroup:SecurityGroup": "takes its id",
      "aws:ec2/internetGateway:InternetGateway": "AWS refuses a public balancer in a VPC without one",
      "aws:s3/bucket:Bucket": "writes its log there",
      "aws:s3/bucketPolicy:BucketPolicy": "AWS tests at creation that it may write its log",
    },
  },
  {
    type: "aws:acm/certificateValidation:CertificateValidation",
    after: { "aws:acm/certificate:Certificate": "takes its ARN", "aws:route53/record:Record": "AWS looks for this record" },
  },
  {
    type: "aws:route53/record:Record",
    after: {
      "aws:acm/certificate:Certificate": "is what AWS made up for the proof",
      "aws:lb/loadBalancer:LoadBalancer": "leads to the name that AWS made up",
    },
  },
  {
    type: "aws:lb/listener:Listener",
    after: {
      "aws:lb/loadBalancer:LoadBalancer": "takes its ARN",
      "aws:acm/certificateValidation:CertificateValidation": "AWS refuses a certificate that is not issued",
    },
  },
  {
    type: "aws:wafv2/webAclAssociation:WebAclAssociation",
    after: { "aws:lb/loadBalancer:LoadBalancer": "takes its ARN", "aws:wafv2/webAcl:WebAcl": "takes its ARN" },
  },
  {
    type: "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    after: { "aws:wafv2/webAcl:WebAcl": "takes its ARN", "aws:cloudwatch/logGroup:LogGroup": "delivers to a group that must exist" },
  },
  // CDN
  {
    type: "aws:cloudfront/vpcOrigin:VpcOrigin",
    after: {
      "aws:lb/loadBalancer:LoadBalancer": "takes its ARN, when it is active",
      "aws:ec2/internetGateway:InternetGateway": "AWS refuses it in a VPC without one",
    },
  },
  {
    type: "aws:cloudfront/distribution:Distribution",
    after: {
      "aws:cloudfront/vpcOrigin:VpcOrigin": "takes its id, when it is deployed",
      "aws:lb/loadBalancer:LoadBalancer": "takes the name that AWS made up",
      "aws:acm/certificateValidation:CertificateValidation": "AWS refuses a certificate that is not issued",
      "aws:wafv2/webAcl:WebAcl": "takes its ARN",
      "aws:s3/bucket:Bucket": "takes its name",
      ...Object.fromEntries(
        ["cachePolicy:CachePolicy", "responseHeadersPolicy:ResponseHeadersPolicy", "originAccessControl:OriginAccessControl"].map(
          (type) => [`aws:cloudfront/${type}`, "takes its id"],
        ),
      ),
      "aws:cloudfront/function:Function": "takes its ARN",
    },
  },
  {
    type: "aws:cloudwatch/logDeliverySource:LogDeliverySource",
    after: { "aws:cloudfront/distribution:Distribution": "takes its ARN" },
  },
  {
    type: "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination",
    after: { "aws:s3/bucket:Bucket": "takes its ARN", "aws:s3/bucketPolicy:BucketPolicy": "AWS tests at creation that it may write" },
  },
  {
    type: "aws:cloudwatch/logDelivery:LogDelivery",
    after: {
      "aws:cloudwatch/logDeliverySource:LogDeliverySource": "names it",
      "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": "takes its ARN",
    },
  },
  // Services
  {
    type: "aws:ecs/cluster:Cluster",
    after: { "aws:cloudwatch/logGroup:LogGroup": "AWS makes the group itself, without key and for ever, if it is not there" },
  },
  { type: "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders", after: { "aws:ecs/cluster:Cluster": "changes that cluster" } },
  { type: "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace", after: inVpc },
  {
    type: "aws:servicediscovery/service:Service",
    after: { "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": "takes its id" },
  },
  { type: "aws:lb/targetGroup:TargetGroup", after: inVpc },
  {
    type: "aws:lb/listenerRule:ListenerRule",
    after: {
      "aws:lb/listener:Listener": "takes its ARN",
      "aws:lb/targetGroup:TargetGroup": "takes its ARN",
      "aws:ecs/service:Service": "a weight must not lead visitors to what is not steady yet",
    },
  },
  {
    type: "aws:ecs/taskDefinition:TaskDefinition",
    after: {
      ...ofSecrets,
      "aws:iam/role:Role": "takes its ARN",
      "aws:rds/instance:Instance": "the container's DATABASE_HOST is made up by AWS",
      "aws:rds/proxy:Proxy": "the container's DATABASE_HOST is made up by AWS",
      "aws:elasticache/replicationGroup:ReplicationGroup": "the container's CACHE_HOST is made up by AWS",
    },
  },
  {
    type: "aws:ecs/service:Service",
    after: {
      "aws:ecs/cluster:Cluster": "takes its ARN",
      "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": "ECS refuses a capacity provider that the cluster does not have",
      "aws:ecs/taskDefinition:TaskDefinition": "takes its ARN with the revision",
      "aws:ec2/subnet:Subnet": "takes its id",
      "aws:ec2/securityGroup:SecurityGroup": "takes its id",
      "aws:ec2/route:Route": "a task without a way out can't pull its image, and the service never becomes steady",
      "aws:iam/rolePolicy:RolePolicy": "a task that may not read its secrets does not start",
      "aws:lb/targetGroup:TargetGroup": "takes its ARN",
      "aws:lb/listenerRule:ListenerRule": "ECS refuses a target group that no listener leads to",
      "aws:servicediscovery/service:Service": "takes its ARN",
      "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":
        "without it the task reaches no registry and no server, and is not healthy",
      "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "without it the balancer finds the task unhealthy",
    },
  },
  {
    type: "aws:scheduler/schedule:Schedule",
    after: {
      "aws:ecs/cluster:Cluster": "takes its ARN",
      "aws:ecs/taskDefinition:TaskDefinition": "takes its ARN",
      "aws:ec2/subnet:Subnet": "takes its id",
      "aws:ec2/securityGroup:SecurityGroup": "takes its id",
      "aws:iam/role:Role": "takes its ARN; AWS tests that it may take the role",
      "aws:iam/rolePolicy:RolePolicy": "a run at the next minute must be allowed",
    },
  },
  { type: "aws:appautoscaling/target:Target", after: { "aws:ecs/service:Service": "AWS refuses a service that does not exist" } },
  {
    type: "aws:appautoscaling/policy:Policy",
    after: { "aws:appautoscaling/target:Target": "AWS refuses a target that is not registered" },
  },
  {
    type: "aws:appautoscaling/scheduledAction:ScheduledAction",
    after: { "aws:appautoscaling/target:Target": "AWS refuses a target that is not registered" },
  },
  {
    type: "aws:cloudwatch/metricAlarm:MetricAlarm",
    after: { "aws:appautoscaling/policy:Policy": "takes its ARN, which AWS makes up", "aws:sns/topic:Topic": "takes its ARN" },
  },
];

const azure: readonly Unavoidable[] = [
  // Network
  ...[
    "network:NetworkSecurityGroup",
    "network:PublicIPAddress",
    "managedidentity:UserAssignedIdentity",
    "operationalinsights:Workspace",
    "storage:StorageAccount",
    "privatedns:PrivateZone",
  ].map((type) => ({
    type: `azure-native:${type}`,
    after: inGroup,
  })),
  { type: "azure-native:network:NatGateway", after: { ...inGroup, "azure-native:network:PublicIPAddress": "takes its id" } },
  {
    type: "azure-native:network:VirtualNetwork",
    after: {
      ...inGroup,
      "azure-native:network:NatGateway": "takes its id, as subnets are part of the network's one request",
      "azure-native:network:NetworkSecurityGroup": "takes its id, as subnets are part of the network's one request",
    },
  },
  {
    type: "azure-native:privatedns:VirtualNetworkLink",
    after: { "azure-native:privatedns:PrivateZone": "is made inside the zone", "azure-native:network:VirtualNetwork": "takes its id" },
  },
  {
    type: "azure-native:network:PrivateEndpoint",
    after: {
      ...inGroup,
      ...inVnet,
      "azure-native:keyvault:Vault": "connects to a vault that exists",
      "azure-native:redisenterprise:RedisEnterprise": "connects to a cluster that exists",
      "azure-native:storage:StorageAccount": "connects to an account that exists",
      "azure-native:servicebus:Namespace": "connects to a namespace that exists",
      "azure-native:web:WebApp": "connects to a site that exists",
    },
  },
  {
    type: "azure-native:network:PrivateDnsZoneGroup",
    after: { "azure-native:network:PrivateEndpoint": "is made inside the endpoint", "azure-native:privatedns:PrivateZone": "takes its id" },
  },
  {
    type: "azure-native:network:FlowLog",
    after: {
      "azure-native:network:VirtualNetwork": "takes its id",
      "azure-native:storage:StorageAccount": "takes its id",
      "azure-native:managedidentity:UserAssignedIdentity": "takes its id",
      "azure-native:authorization:RoleAssignment": "Azure tests at creation that it may write",
    },
  },
  // Vault, key, identities
  { type: "azure-native:keyvault:Vault", after: inGroup },
  { type: "azure-native:keyvault:Key", after: { "azure-native:keyvault:Vault": "is made inside the vault" } },
  {
    type: "azure-native:keyvault:Secret",
    after: {
      "azure-native:keyvault:Vault": "is made inside the vault",
      "random:index/randomId:RandomId": "takes the end of its name",
      "random:index/randomPassword:RandomPassword": "takes the value",
      "azure-native:redisenterprise:RedisEnterprise": "keeps the cluster's access key, which Azure makes up",
      "azure-native:redisenterprise:Database": "keeps the database's access key, which Azure makes up",
    },
  },
  {
    type: "azure-native:authorization:RoleAssignment",
    after: {
      "azure-native:managedidentity:UserAssignedIdentity": "takes its principal, which Azure makes up",
      "azure-native:keyvault:Key": "holds for what exists: its scope",
      "azure-native:keyvault:Secret": "holds for what exists: its scope",
      "azure-native:servicebus:Queue": "holds for what exists: its scope",
      "azure-native:servicebus:Topic": "holds for what exists: its scope",
      "azure-native:storage:StorageAccount": "holds for what exists: its scope",
    },
  },
  // Data
  {
    type: "azure-native:dbforpostgresql:Server",
    after: {
      ...inGroup,
      ...inVnet,
      "azure-native:privatedns:PrivateZone": "takes its id",
      "azure-native:privatedns:VirtualNetworkLink": "Azure refuses a zone that the network does not resolve",
      "azure-native:keyvault:Key": "is encrypted with the key: takes its address",
      "azure-native:managedidentity:UserAssignedIdentity": "takes its id",
      "azure-native:authorization:RoleAssignment": "Azure tests at creation that it may use the key",
      "random:index/randomPassword:RandomPassword": "takes the value",
      "azure-native:dbforpostgresql:Server": "a replica copies a server that is ready; one change of a server at a time (ServerIsBusy)",
      "azure-native:dbforpostgresql:Database": "one change of a server at a time (ServerIsBusy)",
      "azure-native:dbforpostgresql:Configuration":
        "one change of a server at a time (ServerIsBusy); whatever the order, the replica's making and the changes add up",
    },
  },
  { type: "azure-native:dbforpostgresql:Database", after: { "azure-native:dbforpostgresql:Server": "is made inside the server" } },
  {
    type: "azure-native:dbforpostgresql:Configuration",
    after: {
      "azure-native:dbforpostgresql:Server": "changes that server",
      "azure-native:dbforpostgresql:Database": "one change of a server at a time (ServerIsBusy)",
      "azure-native:dbforpostgresql:Configuration": "one change of a server at a time (ServerIsBusy)",
    },
  },
  {
    type: "azure-native:redisenterprise:RedisEnterprise",
    after: {
      ...inGroup,
      "azure-native:keyvault:Key": "is encrypted with the key: takes its address with the version",
      "azure-native:managedidentity:UserAssignedIdentity": "takes its id",
      "azure-native:authorization:RoleAssignment": "Azure tests at creation that it may use the key",
    },
  },
  {
    type: "azure-native:redisenterprise:Database",
    after: { "azure-native:redisenterprise:RedisEnterprise": "is made inside the cluster" },
  },
  {
    type: "azure-native:servicebus:Namespace",
    after: {
      ...inGroup,
      "azure-native:keyvault:Key": "is encrypted with the key: takes its address",
      "azure-native:managedidentity:UserAssignedIdentity": "takes its id",
      "azure-native:authorization:RoleAssignment": "Azure tests at creation that it may use the key",
    },
  },
  { type: "azure-native:servicebus:Queue", after: { "azure-native:servicebus:Namespace": "is made inside the namespace" } },
  { type: "azure-native:servicebus:Topic", after: { "azure-native:servicebus:Namespace": "is made inside the namespace" } },
  {
    type: "azure-native:servicebus:Subscription",
    after: {
      "azure-native:servicebus:Topic": "is made inside the topic",
      "azure-native:servicebus:Queue": "forwards to a queue that exists",
    },
  },
  { type: "azure-native:servicebus:DefaultRule", after: { "azure-native:servicebus:Subscription": "is made inside the subscription" } },
  { type: "azure-native:servicebus:Rule", after: { "azure-native:servicebus:Subscription": "is made inside the subscription" } },
  ...["BlobServiceProperties", "BlobContainer", "ManagementPolicy"].map((type) => ({
    type: `azure-native:storage:${type}`,
    after: { "azure-native:storage:StorageAccount": "changes that account" },
  })),
  // Gateway
  { type: "azure-native:cdn:Profile", after: inGroup },
  {
    type: "azure-native:network:WebApplicationFirewallPolicy",
    after: { ...inGroup, "azure-native:cdn:Profile": "asks for the id that Azure made up for the profile" },
  },
  ...["AFDEndpoint", "AFDOriginGroup", "RuleSet", "AFDCustomDomain"].map((type) => ({
    type: `azure-native:cdn:${type}`,
    after: { ...inGroup, "azure-native:cdn:Profile": "is made inside its profile" },
  })),
  {
    type: "azure-native:cdn:AFDOrigin",
    after: {
      "azure-native:cdn:AFDOriginGroup": "is made inside its group",
      "azure-native:network:PublicIPAddress": "takes the name that Azure made up",
      "azure-native:storage:StorageAccount": "takes the name that Azure made up",
    },
  },
  { type: "azure-native:cdn:Rule", after: { "azure-native:cdn:RuleSet": "is made inside its set" } },
  {
    type: "azure-native:cdn:Route",
    after: {
      "azure-native:cdn:AFDEndpoint": "is made inside its endpoint",
      "azure-native:cdn:AFDOriginGroup": "takes its id",
      "azure-native:cdn:AFDOrigin": "Azure refuses a group without an origin",
      "azure-native:cdn:RuleSet": "takes its id",
      "azure-native:cdn:Rule": "would let answers out without their headers",
      "azure-native:cdn:AFDCustomDomain": "takes its id",
    },
  },
  { type: "azure-native:frontdoor:Policy", after: inGroup },
  {
    type: "azure-native:cdn:SecurityPolicy",
    after: {
      "azure-native:frontdoor:Policy": "takes its id",
      "azure-native:cdn:AFDEndpoint": "takes its id",
      "azure-native:cdn:AFDCustomDomain": "takes its id",
    },
  },
  {
    type: "azure-native:network:ApplicationGateway",
    after: {
      ...inGroup,
      ...inVnet,
      "azure-native:network:PublicIPAddress": "takes its id",
      "azure-native:network:WebApplicationFirewallPolicy": "takes its id",
      "azure-native:privatedns:VirtualNetworkLink": "caches what a backend's name leads to; outside the private zone Azure answers 403",
    },
  },
  // Services
  { type: "azure-native:web:AppServicePlan", after: inGroup },
  {
    type: "azure-native:web:WebApp",
    after: {
      ...inGroup,
      ...inVnet,
      ...azureServers,
      "azure-native:web:AppServicePlan": "takes its id",
      "azure-native:managedidentity:UserAssignedIdentity": "takes its id",
      "azure-native:authorization:RoleAssignment": "a site that may not read its secrets starts with the references for values",
      "azure-native:keyvault:Secret": "takes the secret's address with the version, which Azure makes up",
    },
  },
  {
    type: "azure-native:app:ManagedEnvironment",
    after: { ...inGroup, ...inVnet, "azure-native:operationalinsights:Workspace": "takes its id and key" },
  },
  ...["ContainerApp", "Job"].map((type) => ({
    type: `azure-native:app:${type}`,
    after: {
      ...inGroup,
      ...azureServers,
      "azure-native:app:ManagedEnvironment": "takes its id",
      "azure-native:managedidentity:UserAssignedIdentity": "takes its id",
      "azure-native:authorization:RoleAssignment": "Azure fetches the secrets at creation, and refuses if it may not",
      "azure-native:keyvault:Secret": "takes the secret's address with the version, which Azure makes up",
    },
  })),
  { type: "azure-native:web:WebAppFtpAllowed", after: { ...inGroup, "azure-native:web:WebApp": "changes that site" } },
  { type: "azure-native:web:WebAppScmAllowed", after: { ...inGroup, "azure-native:web:WebApp": "changes that site" } },
  {
    type: "azure-native:monitor:AutoscaleSetting",
    after: { ...inGroup, "azure-native:web:AppServicePlan": "Azure refuses to scale what does not exist" },
  },
  // Monitoring
  { type: "azure-native:monitor:ActionGroup", after: inGroup },
  {
    type: "azure-native:monitor:MetricAlert",
    after: {
      ...inGroup,
      "azure-native:monitor:ActionGroup": "takes its id",
      "azure-native:servicebus:Namespace": "Azure refuses to watch what does not exist",
    },
  },
  {
    type: "azure-native:monitor:DiagnosticSetting",
    after: {
      "azure-native:operationalinsights:Workspace": "takes its id",
      ...Object.fromEntries(
        ["app:ManagedEnvironment", "cdn:Profile", "dbforpostgresql:Server", "network:ApplicationGateway", "web:WebApp"].map((type) => [
          `azure-native:${type}`,
          "is made on that resource",
        ]),
      ),
    },
  },
];

/** The reason why a wait can't be avoided; `undefined` if it can. */
export function reasonFor({ before, after }: Edge): string | undefined {
  return reasons.get(after.type)?.[before.type];
}
const reasons: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map([...aws, ...azure].map(({ type, after }) => [type, after]));
