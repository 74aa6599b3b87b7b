// How long a cloud takes to create a thing, in seconds, typically. Nobody promises these times; they only have to be right about what
// is slow and by how much. Whatever is not in the table is an entry in a cloud's books: `otherwise`.
import type { Recorded } from "../plan/record";

export interface Duration {
  readonly type: string;
  /** Only where the inputs are so; the first row that fits counts. */
  readonly when?: (inputs: Readonly<Record<string, unknown>>) => boolean;
  readonly seconds: number;
  readonly source: string;
}

/** One call to an API and a read of the result; most `terraform apply` logs show 1 to 3 s for such things. */
export const otherwise = { seconds: 2, source: "estimate: one call and one read" } as const;

/** Figures that were found in public repositories: logs of `terraform apply`, some of them excerpts in guides. All else is an estimate. */
const logs = "public terraform apply logs and guides";

export const durations: readonly Duration[] = [
  // AWS
  {
    type: "aws:rds/instance:Instance",
    when: isReplica,
    seconds: 600,
    source: "estimate: minutes to hours by size; about 10 min for an empty one",
  },
  {
    type: "aws:rds/instance:Instance",
    when: (inputs) => inputs.multiAz === true,
    seconds: 840,
    source: "10–20 min by public guides; 5–9 min single-zone in logs, then the standby",
  },
  { type: "aws:rds/instance:Instance", seconds: 450, source: `${logs}: 5m02s, 7m23s, 7m32s, 7m42s, 8m12s, 8m32s` },
  { type: "aws:rds/proxy:Proxy", seconds: 300, source: "estimate: 4–8 min; provider timeout 30 min" },
  { type: "aws:rds/proxyTarget:ProxyTarget", seconds: 60, source: "estimate: waits until the target is registered" },
  { type: "aws:elasticache/replicationGroup:ReplicationGroup", seconds: 540, source: `${logs}: 5m58s, 6m59s, 9m07s, 9m15s` },
  { type: "aws:elasticache/user:User", seconds: 15, source: "estimate: waits until active" },
  { type: "aws:elasticache/userGroup:UserGroup", seconds: 30, source: "estimate: waits until active" },
  { type: "aws:lb/loadBalancer:LoadBalancer", seconds: 170, source: `${logs}: 2m15s, 2m21s, 2m36s, 2m56s, 3m07s, 3m10s` },
  { type: "aws:cloudfront/vpcOrigin:VpcOrigin", seconds: 480, source: "estimate: up to 15 min by AWS's guide" },
  { type: "aws:cloudfront/distribution:Distribution", seconds: 270, source: "estimate: 3–6 min until deployed everywhere" },
  { type: "aws:cloudfront/function:Function", seconds: 10, source: "estimate: created, then published" },
  { type: "aws:ec2/natGateway:NatGateway", seconds: 110, source: `${logs}: 1m24s, 1m36s, 1m46s, 1m55s, 1m58s, 2m01s` },
  { type: "aws:ec2/vpnConnection:VpnConnection", seconds: 240, source: "estimate: 3–5 min until available" },
  { type: "aws:ec2/vpc:Vpc", seconds: 12, source: `${logs}: 11 s with DNS host names` },
  {
    type: "aws:ec2/subnet:Subnet",
    when: (inputs) => inputs.mapPublicIpOnLaunch === true,
    seconds: 11,
    source: `${logs}: 10–11 s where public addresses are given`,
  },
  {
    type: "aws:ec2/vpcEndpoint:VpcEndpoint",
    when: (inputs) => inputs.vpcEndpointType === "Interface",
    seconds: 75,
    source: "estimate: 1–2 min until available",
  },
  { type: "aws:ec2/vpcEndpoint:VpcEndpoint", seconds: 6, source: "estimate: a gateway endpoint is a route" },
  {
    type: "aws:ecs/service:Service",
    seconds: 150,
    source: "estimate: pull and start 60 s, two health checks of 30 s, steady state; 1m15s without a balancer in one public log",
  },
  { type: "aws:ecs/cluster:Cluster", seconds: 11, source: "estimate: the provider polls every 10 s" },
  { type: "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders", seconds: 11, source: "estimate: the provider polls every 10 s" },
  { type: "aws:kms/key:Key", seconds: 12, source: "estimate: waits for policy and rotation to be visible" },
  { type: "aws:iam/role:Role", seconds: 2, source: "estimate: propagation is waited for by whoever uses it" },
  { type: "aws:sqs/queue:Queue", seconds: 26, source: "estimate: 25–26 s, as the provider waits until its attributes are visible" },
  { type: "aws:sqs/queuePolicy:QueuePolicy", seconds: 26, source: "estimate: as the queue" },
  { type: "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy", seconds: 26, source: "estimate: as the queue" },
  {
    type: "aws:acm/certificateValidation:CertificateValidation",
    seconds: 60,
    source: "estimate: 1 min; AWS docs say minutes after the record is visible",
  },
  { type: "aws:route53/record:Record", seconds: 35, source: "AWS docs: changes are in sync within 60 s, which the provider waits for" },
  {
    type: "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace",
    seconds: 60,
    source: "estimate: makes a private hosted zone, 45–75 s",
  },
  { type: "aws:wafv2/webAclAssociation:WebAclAssociation", seconds: 15, source: "estimate: retried until the firewall is visible" },

  // Azure
  { type: "azure-native:dbforpostgresql:Server", when: isReplica, seconds: 600, source: "estimate: as a server, then the copy" },
  {
    type: "azure-native:dbforpostgresql:Server",
    when: hasStandby,
    seconds: 720,
    source: "estimate: 5m06s and 9m23s in public logs without a standby, which about doubles the time",
  },
  { type: "azure-native:dbforpostgresql:Server", seconds: 330, source: `${logs}: 5m06s, 9m23s` },
  { type: "azure-native:dbforpostgresql:Database", seconds: 14, source: `${logs}: 14 s` },
  { type: "azure-native:dbforpostgresql:Configuration", seconds: 20, source: "estimate: 15–40 s each, one at a time" },
  { type: "azure-native:redisenterprise:RedisEnterprise", seconds: 420, source: `${logs}: 7m32s for cluster and database together` },
  { type: "azure-native:redisenterprise:Database", seconds: 60, source: "estimate: the smaller part of the same 7m32s" },
  { type: "azure-native:network:ApplicationGateway", seconds: 420, source: `${logs}: 5m36s, more than 8m` },
  { type: "azure-native:network:NatGateway", seconds: 12, source: "estimate: 10–15 s" },
  { type: "azure-native:network:VirtualNetwork", seconds: 10, source: "estimate: 5–12 s with its subnets" },
  { type: "azure-native:network:PublicIPAddress", seconds: 5, source: "estimate: 3–5 s" },
  { type: "azure-native:network:NetworkSecurityGroup", seconds: 5, source: "estimate: 3–5 s" },
  { type: "azure-native:network:PrivateEndpoint", seconds: 60, source: "estimate: 30–90 s" },
  { type: "azure-native:network:PrivateDnsZoneGroup", seconds: 12, source: "estimate: 10–15 s" },
  { type: "azure-native:cdn:Profile", seconds: 52, source: `${logs}: 52 s` },
  { type: "azure-native:cdn:AFDEndpoint", seconds: 30, source: "estimate: 15–60 s" },
  { type: "azure-native:cdn:Route", seconds: 30, source: "estimate: 15–60 s" },
  { type: "azure-native:network:WebApplicationFirewallPolicy", seconds: 5, source: "estimate" },
  { type: "azure-native:network:FlowLog", seconds: 20, source: "estimate: 10–30 s" },
  { type: "azure-native:privatedns:PrivateZone", seconds: 33, source: "estimate: 31–34 s" },
  { type: "azure-native:privatedns:VirtualNetworkLink", seconds: 33, source: "estimate: 31–34 s" },
  { type: "azure-native:keyvault:Vault", seconds: 147, source: `${logs}: 2m15s, 2m27s` },
  { type: "azure-native:authorization:RoleAssignment", seconds: 29, source: `${logs}: 30 s, 30 s` },
  { type: "azure-native:resources:ResourceGroup", seconds: 10, source: "estimate: 1–11 s" },
  { type: "azure-native:managedidentity:UserAssignedIdentity", seconds: 5, source: "estimate: 2–8 s" },
  {
    type: "azure-native:app:ManagedEnvironment",
    seconds: 300,
    source: "estimate: 3–7 min inside a network of one's own",
  },
  { type: "azure-native:app:ContainerApp", seconds: 45, source: "estimate: 20–60 s" },
  { type: "azure-native:app:Job", seconds: 25, source: "estimate: 15–30 s" },
  { type: "azure-native:web:AppServicePlan", seconds: 15, source: "estimate: 8–20 s" },
  { type: "azure-native:web:WebApp", seconds: 40, source: "estimate: 25–60 s" },
  {
    type: "azure-native:servicebus:Namespace",
    when: (inputs) => (inputs.sku as { name?: string } | undefined)?.name === "Premium",
    seconds: 180,
    source: "estimate: 2–5 min for Premium",
  },
  { type: "azure-native:servicebus:Namespace", seconds: 60, source: `${logs}: 45 s; others 1–2 min` },
  { type: "azure-native:servicebus:Queue", seconds: 5, source: "estimate: 3–8 s" },
  { type: "azure-native:servicebus:Topic", seconds: 5, source: "estimate: 3–8 s" },
  { type: "azure-native:servicebus:Subscription", seconds: 5, source: "estimate: 3–8 s" },
  { type: "azure-native:storage:StorageAccount", seconds: 25, source: "estimate: 20–65 s" },
  { type: "azure-native:operationalinsights:Workspace", seconds: 30, source: "estimate: 15–60 s" },
];

/** The row for a resource. */
export function durationOf({ type, inputs }: Pick<Recorded, "type" | "inputs">): Pick<Duration, "seconds" | "source"> {
  return durations.find((row) => row.type === type && (row.when?.(inputs) ?? true)) ?? otherwise;
}

function isReplica(inputs: Readonly<Record<string, unknown>>): boolean {
  return "replicateSourceDb" in inputs || inputs.createMode === "Replica";
}

function hasStandby(inputs: Readonly<Record<string, unknown>>): boolean {
  return (inputs.highAvailability as { mode?: string } | undefined)?.mode === "ZoneRedundant";
}
