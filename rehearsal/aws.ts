// Simulated AWS: names, ids and outputs as programs read them, what a change replaces, and the refusals that the order of a
// deployment or a deletion depends on. It can't know quotas, permissions or whether a size is sold.
import { madeUp, type Resource, type Simulation, text, texts, uuid } from "./simulation";
import type { ResourceType } from "./sdk";
import { digest, type Stored, type Values } from "./store";

const account = "123456789012";

/** Inputs that are a resource's name, in the order in which they are looked for. */
const nameInputs = [
  ...["name", "bucket", "identifier", "replicationGroupId", "clusterIdentifier", "family", "userId", "userGroupId"],
  ...["alarmName", "dashboardName", "planName", "vaultName", "repositoryName", "functionName", "dbSnapshotIdentifier"],
];
/** With these a name is unique inside something only. */
const scopeInputs = [
  "zoneId",
  "type",
  "vpcId",
  "vpc",
  "role",
  "user",
  "cluster",
  "resourceId",
  "logGroupName",
  "queueUrl",
  "ruleName",
  "groupName",
  "serviceNamespace",
];
/** Names that several may share: not compared. */
const shared = new Set(["aws:ecs/taskDefinition:TaskDefinition", "aws:iam/rolePolicyAttachment:RolePolicyAttachment"]);

/** Services whose names are one for all regions. */
const everywhere = /^aws:(iam|s3|route53|cloudfront|budgets|shield)\/|^aws:cloudwatch\/dashboard:/;

/** The provider's own naming: `<logical name>-<7 digits>`, for these classes whose name is optional. */
const autonamed: Readonly<Record<string, string>> = { Bucket: "bucket", Instance: "identifier", ReplicationGroup: "replicationGroupId" };

/** Inputs whose change makes a new resource; `*`: any. Besides these: the name, and what is listed for all. */
const replacing: Readonly<Record<string, readonly string[]>> = {
  "rds/instance:Instance": [
    ...["engine", "dbName", "username", "storageEncrypted", "kmsKeyId", "availabilityZone", "characterSetName", "timezone"],
    ...["snapshotIdentifier", "replicateSourceDb.source", "dbSubnetGroupName.vpc"],
  ],
  "rds/parameterGroup:ParameterGroup": ["family", "description"],
  "rds/subnetGroup:SubnetGroup": [],
  "rds/proxy:Proxy": ["engineFamily", "vpcSubnetIds"],
  "rds/proxyTarget:ProxyTarget": ["*"],
  "elasticache/replicationGroup:ReplicationGroup": [
    "atRestEncryptionEnabled",
    "kmsKeyId",
    "subnetGroupName",
    "port",
    "networkType",
    "dataTieringEnabled",
  ],
  "elasticache/parameterGroup:ParameterGroup": ["family"],
  "elasticache/user:User": ["userName"],
  "ec2/vpc:Vpc": ["cidrBlock", "ipv4IpamPoolId"],
  "ec2/subnet:Subnet": ["vpcId", "cidrBlock", "availabilityZone"],
  "ec2/routeTable:RouteTable": ["vpcId"],
  "ec2/route:Route": ["routeTableId", "destinationCidrBlock"],
  "ec2/routeTableAssociation:RouteTableAssociation": ["subnetId"],
  "ec2/natGateway:NatGateway": ["subnetId", "allocationId", "connectivityType", "availabilityMode", "vpcId"],
  "ec2/eip:Eip": ["domain"],
  "ec2/securityGroup:SecurityGroup": ["description", "vpcId"],
  "ec2/vpcEndpoint:VpcEndpoint": ["vpcId", "serviceName", "vpcEndpointType"],
  "ec2/flowLog:FlowLog": ["*"],
  "ec2/customerGateway:CustomerGateway": ["bgpAsn", "ipAddress", "type"],
  "ec2/vpnConnectionRoute:VpnConnectionRoute": ["*"],
  "ec2/vpnGateway:VpnGateway": ["amazonSideAsn"],
  "vpc/securityGroupIngressRule:SecurityGroupIngressRule": ["securityGroupId"],
  "vpc/securityGroupEgressRule:SecurityGroupEgressRule": ["securityGroupId"],
  "lb/loadBalancer:LoadBalancer": ["internal", "loadBalancerType"],
  "lb/targetGroup:TargetGroup": ["port", "protocol", "protocolVersion", "targetType", "vpcId"],
  "lb/listener:Listener": ["loadBalancerArn"],
  "lb/listenerRule:ListenerRule": ["listenerArn"],
  "ecs/taskDefinition:TaskDefinition": ["*"],
  "ecs/service:Service": ["cluster", "launchType", "schedulingStrategy"],
  "ecs/clusterCapacityProviders:ClusterCapacityProviders": ["clusterName"],
  "iam/rolePolicy:RolePolicy": ["role"],
  "iam/rolePolicyAttachment:RolePolicyAttachment": ["*"],
  "iam/policy:Policy": ["path", "description"],
  "kms/alias:Alias": [],
  "sqs/queue:Queue": ["fifoQueue"],
  "sqs/queuePolicy:QueuePolicy": ["queueUrl"],
  "sns/topic:Topic": ["fifoTopic"],
  "sns/topicSubscription:TopicSubscription": ["topicArn", "protocol", "endpoint"],
  "secretsmanager/secretVersion:SecretVersion": ["secretId", "secretString"],
  "s3/bucketPolicy:BucketPolicy": ["bucket"],
  "efs/fileSystem:FileSystem": ["encrypted", "kmsKeyId", "performanceMode"],
  "efs/mountTarget:MountTarget": ["fileSystemId", "subnetId"],
  "efs/accessPoint:AccessPoint": ["fileSystemId", "posixUser", "rootDirectory"],
  "appautoscaling/target:Target": ["resourceId", "scalableDimension", "serviceNamespace"],
  "appautoscaling/policy:Policy": ["resourceId", "scalableDimension", "serviceNamespace"],
  "wafv2/webAclAssociation:WebAclAssociation": ["*"],
  "wafv2/webAcl:WebAcl": ["scope"],
  "ecr/repository:Repository": ["encryptionConfigurations"],
  "ecr/lifecyclePolicy:LifecyclePolicy": ["*"],
  "appconfig/configurationProfile:ConfigurationProfile": ["applicationId", "locationUri", "type"],
  "appconfig/deployment:Deployment": ["*"],
  "appconfig/environment:Environment": ["applicationId"],
  "appconfig/hostedConfigurationVersion:HostedConfigurationVersion": ["*"],
  "cloudwatch/logGroup:LogGroup": ["logGroupClass"],
  "acm/certificate:Certificate": ["domainName", "validationMethod", "subjectAlternativeNames"],
  "route53/record:Record": ["zoneId", "type"],
  "wafv2/ipSet:IpSet": ["scope", "ipAddressVersion"],
  "shield/protection:Protection": ["resourceArn"],
  "cloudfront/distribution:Distribution": [],
  "cloudwatch/logDeliverySource:LogDeliverySource": ["logType", "resourceArn"],
  "cloudwatch/logDeliveryDestination:LogDeliveryDestination": ["deliveryDestinationType"],
  "cloudwatch/logDelivery:LogDelivery": ["deliverySourceName", "deliveryDestinationArn"],
  "s3/bucketObject:BucketObject": ["bucket", "key"],
};

const prefixes: Readonly<Record<string, string>> = {
  Vpc: "vpc",
  Subnet: "subnet",
  RouteTable: "rtb",
  RouteTableAssociation: "rtbassoc",
  Route: "r",
  InternetGateway: "igw",
  NatGateway: "nat",
  Eip: "eipalloc",
  SecurityGroup: "sg",
  DefaultSecurityGroup: "sg",
  SecurityGroupIngressRule: "sgr",
  SecurityGroupEgressRule: "sgr",
  VpcEndpoint: "vpce",
  FlowLog: "fl",
  CustomerGateway: "cgw",
  VpnGateway: "vgw",
  VpnConnection: "vpn",
  LaunchTemplate: "lt",
};
/** Ids of networks that other resources name; whoever names one that isn't there is refused. */
const networkId = /^(vpc|subnet|sg|rtb|igw|nat|eipalloc|vpce|cgw|vgw|vpn)-[0-9a-f]{17}$/;

/** `<service>:<region>:<account>:` and what stands behind it; the id of these is the ARN. */
const arnIds = new Set([
  ...[
    "LoadBalancer",
    "TargetGroup",
    "Listener",
    "ListenerRule",
    "Topic",
    "TopicSubscription",
    "Secret",
    "Cluster",
    "Service",
    "Certificate",
  ],
  ...["Policy", "TaskDefinition", "CapacityProvider", "CertificateValidation"],
]);

export const aws: Simulation = {
  defaults(type, name, inputs, seed) {
    const property = autonamed[type.className] ?? (type.inputs.get("name") === false ? "name" : undefined);
    if (property === undefined || !type.inputs.has(property) || inputs[property] !== undefined) return {};
    if (type.className === "Instance" && !type.token.startsWith("aws:rds/")) return {};
    const prefix = text(inputs[`${property}Prefix`]) ?? `${name}-`;
    const fifo = inputs.fifoQueue === true || inputs.fifoTopic === true ? ".fifo" : "";
    return { [property]: `${type.token.startsWith("aws:kms/alias") ? "alias/" : ""}${prefix}${seed.slice(0, 7)}${fifo}` };
  },

  replaces(type, property) {
    const listed = replacing[type.token.slice("aws:".length)] ?? [];
    if (type.token === "aws:rds/instance:Instance" && property === "identifier") return false;
    return (
      listed.includes(property) || (listed.includes("*") && property !== "tags") || nameInputs.includes(property) || property === "region"
    );
  },

  id(resource) {
    const { type, inputs, seed } = resource;
    const prefix = prefixes[type.className];
    if (prefix !== undefined) return `${prefix}-${digest(seed, 17)}`;
    if (type.token === "aws:sqs/queue:Queue") return `https://sqs.${resource.region}.amazonaws.com/${account}/${nameOf(inputs)}`;
    if (type.token === "aws:secretsmanager/secretVersion:SecretVersion") return `${String(inputs.secretId)}|${uuid(seed)}`;
    if (type.token === "aws:kms/key:Key") return uuid(seed);
    if (type.token === "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace") return `ns-${digest(seed, 16)}`;
    if (type.token === "aws:rds/instance:Instance") return `db-${digest(seed, 26).toUpperCase()}`;
    if (type.token.startsWith("aws:appautoscaling/")) return `${String(inputs.resourceId)}/${nameOf(inputs) ?? digest(seed, 8)}`;
    if (type.outputs.has("arn") && arnIds.has(type.className)) return arn(resource);
    return type.outputs.has("arn") ? (nameOf(inputs) ?? digest(seed, 17)) : `${nameOf(inputs) ?? type.className}-${digest(seed, 8)}`;
  },

  outputs(resource, id) {
    const { type, inputs, seed, region } = resource;
    const computed: Values = {};
    for (const [property, ts] of type.outputs) {
      if (!type.inputs.has(property)) computed[property] = madeUp(property, ts, seed);
    }
    if (type.outputs.has("arn")) computed.arn = arnIds.has(type.className) ? id : arn(resource);
    if (type.outputs.has("tagsAll")) computed.tagsAll = inputs.tags ?? {};
    if (type.outputs.has("region")) computed.region = region;
    return { ...computed, ...special[type.token.slice("aws:".length)]?.(resource, id) };
  },

  additions: () => ({}),
  remembers: () => true,
  volatile: () => [],

  uniqueName(type, inputs, region) {
    const name = nameOf(inputs);
    if (name === undefined || shared.has(type)) return undefined;
    const where = everywhere.test(type) ? [] : [region];
    return [name, ...where, ...scopeInputs.map((input) => inputs[input]).filter((value) => value !== undefined)].join(" ");
  },

  refuseWrite(type, id, inputs, others) {
    const all = others.map(({ id, outputs }) => `${id} ${JSON.stringify(outputs)}`).join("\n");
    for (const value of texts(inputs)) {
      const reference = networkId.test(value) || (value.startsWith("arn:aws:") && value.includes(`:${account}:`) && !/[*?${]/.test(value));
      // A policy may name what its own resource is.
      if (reference && !all.includes(value) && value !== id && !/^arn:aws:iam::\d+:root$/.test(value)) return `there is no ${value}`;
    }
    return rules.find((rule) => rule.type === type)?.refuse(inputs, others);
  },

  refuseDelete({ type, id, inputs, outputs }, others) {
    if (inputs.deletionProtection === true || inputs.enableDeletionProtection === true || inputs.deletionProtectionEnabled === true) {
      return "its deletion protection is on";
    }
    if (type === "aws:rds/instance:Instance" && inputs.skipFinalSnapshot !== true && text(inputs.finalSnapshotIdentifier) === undefined) {
      return "it needs finalSnapshotIdentifier, or skipFinalSnapshot";
    }
    // Simulated buckets hold something, as real ones do by the time they are deleted.
    if (type === "aws:s3/bucket:Bucket" && inputs.forceDestroy !== true) return "BucketNotEmpty: it needs forceDestroy";
    if (type === "aws:ecr/repository:Repository" && inputs.forceDelete !== true) return "RepositoryNotEmpty: it needs forceDelete";
    if (!inUse.has(type)) return undefined;
    const names = [id, text(outputs.arn)].filter((name) => name !== undefined);
    const user = others.find((other) => !notUsers.has(other.type) && texts(other.inputs).some((value) => names.includes(value)));
    return user === undefined ? undefined : `DependencyViolation: ${user.type} ${user.id} uses it`;
  },

  takesAlong: () => [],

  remains({ type, inputs, region }) {
    if (type === "aws:secretsmanager/secret:Secret" && inputs.recoveryWindowInDays !== 0) return aws.uniqueName(type, inputs, region);
    return undefined;
  },

  invoke(token, args) {
    const region = text(args.region) ?? text(process.env.AWS_REGION) ?? "us-east-1";
    switch (token) {
      case "aws:index/getCallerIdentity:getCallerIdentity":
        return { id: account, accountId: account, arn: `arn:aws:iam::${account}:user/rehearsal`, userId: "AIDAREHEARSAL" };
      case "aws:index/getRegion:getRegion":
        return { id: region, name: region, region, description: "simulated", endpoint: `ec2.${region}.amazonaws.com` };
      case "aws:ec2/getManagedPrefixList:getManagedPrefixList":
        return {
          id: `pl-${digest(text(args.name) ?? "", 17)}`,
          name: args.name,
          arn: "",
          addressFamily: "IPv4",
          entries: [],
          maxEntries: 55,
          ownerId: "AWS",
          version: 1,
          tags: {},
          filters: [],
          region,
        };
      case "aws:index/getPartition:getPartition":
        return { id: "aws", partition: "aws", dnsSuffix: "amazonaws.com", reverseDnsPrefix: "com.amazonaws" };
      default:
        return undefined;
    }
  },
};

/** Types that AWS keeps while others use them. */
const inUse = new Set([
  ...[
    "aws:ec2/vpc:Vpc",
    "aws:ec2/subnet:Subnet",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:ec2/eip:Eip",
    "aws:ec2/internetGateway:InternetGateway",
    "aws:cloudfront/vpcOrigin:VpcOrigin",
  ],
  ...[
    "aws:lb/targetGroup:TargetGroup",
    "aws:rds/subnetGroup:SubnetGroup",
    "aws:rds/parameterGroup:ParameterGroup",
    "aws:ecs/cluster:Cluster",
  ],
  ...["aws:elasticache/subnetGroup:SubnetGroup", "aws:elasticache/userGroup:UserGroup", "aws:wafv2/webAcl:WebAcl", "aws:iam/role:Role"],
]);
/** What names another without keeping it: policies, alarms and the like. */
const notUsers = new Set([
  ...["aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/dashboard:Dashboard", "aws:ecs/taskDefinition:TaskDefinition"],
  ...["aws:ecs/service:Service", "aws:sqs/queuePolicy:QueuePolicy", "aws:sns/topicPolicy:TopicPolicy", "aws:kms/key:Key"],
]);

/** What AWS wants to be there first. */
const rules: readonly { type: string; refuse: (inputs: Values, others: readonly Stored[]) => string | undefined }[] = [
  {
    // "The target group does not have an associated load balancer."
    type: "aws:ecs/service:Service",
    refuse(inputs, others) {
      const groups = ((inputs.loadBalancers ?? []) as Values[])
        .map(({ targetGroupArn }) => text(targetGroupArn))
        .filter((arn) => arn !== undefined);
      const attached = others.filter(({ type }) => type.startsWith("aws:lb/listener")).flatMap(({ inputs }) => texts(inputs));
      const missing = groups.find((group) => !attached.includes(group));
      return missing === undefined ? undefined : `InvalidParameterException: the target group ${missing} has no associated load balancer`;
    },
  },
  {
    type: "aws:lb/listenerRule:ListenerRule",
    refuse(inputs, others) {
      const taken = others.some(
        ({ type, inputs: other }) =>
          type === "aws:lb/listenerRule:ListenerRule" && other.listenerArn === inputs.listenerArn && other.priority === inputs.priority,
      );
      return taken ? `PriorityInUse: priority ${String(inputs.priority)}` : undefined;
    },
  },
  {
    type: "aws:appautoscaling/policy:Policy",
    refuse: (inputs, others) =>
      others.some(({ type, inputs: other }) => type === "aws:appautoscaling/target:Target" && other.resourceId === inputs.resourceId)
        ? undefined
        : `ObjectNotFoundException: no scalable target for ${String(inputs.resourceId)}`,
  },
];

const special: Readonly<Record<string, (resource: Resource, id: string) => Values>> = {
  "ec2/vpc:Vpc": ({ seed }) => ({
    mainRouteTableId: `rtb-${digest(`${seed} main`, 17)}`,
    defaultRouteTableId: `rtb-${digest(`${seed} main`, 17)}`,
    defaultSecurityGroupId: `sg-${digest(`${seed} default`, 17)}`,
    defaultNetworkAclId: `acl-${digest(`${seed} default`, 17)}`,
    ownerId: account,
    ipv6CidrBlock: "",
  }),
  "ec2/eip:Eip": ({ seed }, id) => ({ allocationId: id, publicIp: `203.0.113.${Number.parseInt(seed.slice(0, 2), 16)}` }),
  "sqs/queue:Queue": ({ inputs }, id) => ({ url: id, name: nameOf(inputs) }),
  "s3/bucket:Bucket": ({ inputs, region }) => {
    const bucket = nameOf(inputs);
    const domains = { bucketDomainName: `${bucket}.s3.amazonaws.com`, bucketRegionalDomainName: `${bucket}.s3.${region}.amazonaws.com` };
    return { ...domains, hostedZoneId: "Z3AQBSTGFYJSTF" };
  },
  "kms/key:Key": (_, id) => ({ keyId: id }),
  "rds/instance:Instance": ({ inputs, seed, region }, id) => {
    const port = inputs.port ?? 5432;
    const address = `${nameOf(inputs)}.${digest(seed, 12)}.${region}.rds.amazonaws.com`;
    return {
      address,
      port,
      endpoint: `${address}:${String(port)}`,
      resourceId: id,
      hostedZoneId: "Z2R2ITUGPM61AM",
      engineVersionActual: inputs.engineVersion,
    };
  },
  "rds/proxy:Proxy": ({ inputs, seed, region }) => ({
    endpoint: `${nameOf(inputs)}.proxy-${digest(seed, 12)}.${region}.rds.amazonaws.com`,
  }),
  "elasticache/replicationGroup:ReplicationGroup": ({ inputs, seed, region }) => {
    const host = `${nameOf(inputs)}.${digest(seed, 6)}.${region}.cache.amazonaws.com`;
    return {
      primaryEndpointAddress: `master.${host}`,
      readerEndpointAddress: `replica.${host}`,
      configurationEndpointAddress: `clustercfg.${host}`,
      memberClusters: Array.from(
        { length: Number(inputs.numCacheClusters ?? 1) },
        (_, i) => `${nameOf(inputs)}-${String(i + 1).padStart(3, "0")}`,
      ),
      port: inputs.port ?? 6379,
    };
  },
  "secretsmanager/secretVersion:SecretVersion": ({ inputs, seed }) => ({ arn: inputs.secretId, versionId: uuid(seed) }),
  "lb/loadBalancer:LoadBalancer": ({ inputs, seed, region }, id) => ({
    dnsName: `${inputs.internal === true ? "internal-" : ""}${nameOf(inputs)}-${digest(seed, 10)}.${region}.elb.amazonaws.com`,
    zoneId: "Z35SXDOTRQ7X7K",
    arnSuffix: id.split(":loadbalancer/")[1],
  }),
  "lb/targetGroup:TargetGroup": (_, id) => ({ arnSuffix: id.split(":").at(-1) }),
  "ecs/taskDefinition:TaskDefinition": ({ seed }, id) => ({
    revision: revision(seed),
    arnWithoutRevision: id.slice(0, id.lastIndexOf(":")),
  }),
  "acm/certificate:Certificate": ({ inputs, seed }) => ({
    domainValidationOptions: [
      {
        domainName: inputs.domainName,
        resourceRecordName: `_${digest(seed, 16)}.${String(inputs.domainName)}.`,
        resourceRecordType: "CNAME",
        resourceRecordValue: `_${digest(`${seed} value`, 16)}.acm-validations.aws.`,
      },
    ],
  }),
  "acm/certificateValidation:CertificateValidation": ({ inputs }) => ({ certificateArn: inputs.certificateArn }),
};

function nameOf(inputs: Values): string | undefined {
  return nameInputs.map((input) => text(inputs[input])).find((name) => name !== undefined);
}

function arn(resource: Resource): string {
  const { type, inputs, seed, region } = resource;
  const [, module = ""] = /^aws:(\w+)/.exec(type.token) ?? [];
  const name = nameOf(inputs) ?? digest(seed, 12);
  const short = digest(seed, 16);
  const here = (service: string, rest: string): string => `arn:aws:${service}:${region}:${account}:${rest}`;
  switch (type.token.slice("aws:".length)) {
    case "iam/role:Role":
    case "iam/policy:Policy":
    case "iam/instanceProfile:InstanceProfile":
      return `arn:aws:iam::${account}:${type.className.toLowerCase()}/${name}`;
    case "s3/bucket:Bucket":
      return `arn:aws:s3:::${name}`;
    case "sqs/queue:Queue":
    case "sns/topic:Topic":
      return here(module, name);
    case "sns/topicSubscription:TopicSubscription":
      return `${String(inputs.topicArn)}:${uuid(seed)}`;
    case "rds/instance:Instance":
      return here("rds", `db:${name}`);
    case "rds/subnetGroup:SubnetGroup":
      return here("rds", `subgrp:${name}`);
    case "rds/parameterGroup:ParameterGroup":
      return here("rds", `pg:${name}`);
    case "rds/proxy:Proxy":
      return here("rds", `db-proxy:prx-${short}`);
    case "kms/key:Key":
      return here("kms", `key/${uuid(seed)}`);
    case "kms/alias:Alias":
      return here("kms", name);
    case "secretsmanager/secret:Secret":
      return here("secretsmanager", `secret:${name}-${digest(seed, 6)}`);
    case "lb/loadBalancer:LoadBalancer":
      return here("elasticloadbalancing", `loadbalancer/${inputs.loadBalancerType === "network" ? "net" : "app"}/${name}/${short}`);
    case "lb/targetGroup:TargetGroup":
      return here("elasticloadbalancing", `targetgroup/${name}/${short}`);
    case "lb/listener:Listener":
      return `${String(inputs.loadBalancerArn).replace(":loadbalancer/", ":listener/")}/${short}`;
    case "lb/listenerRule:ListenerRule":
      return `${String(inputs.listenerArn).replace(":listener/", ":listener-rule/")}/${short}`;
    case "ecs/cluster:Cluster":
      return here("ecs", `cluster/${name}`);
    case "ecs/service:Service":
      return here("ecs", `service/${String(inputs.cluster).split("/").at(-1)}/${name}`);
    case "ecs/taskDefinition:TaskDefinition":
      return here("ecs", `task-definition/${name}:${revision(seed)}`);
    case "cloudwatch/logGroup:LogGroup":
      return here("logs", `log-group:${name}`);
    case "cloudwatch/metricAlarm:MetricAlarm":
      return here("cloudwatch", `alarm:${name}`);
    case "wafv2/webAcl:WebAcl":
      return here("wafv2", `${inputs.scope === "CLOUDFRONT" ? "global" : "regional"}/webacl/${name}/${uuid(seed)}`);
    case "elasticache/replicationGroup:ReplicationGroup":
      return here("elasticache", `replicationgroup:${name}`);
    default:
      return here(services[module] ?? module, `${kebab(type)}/${prefixes[type.className] === undefined ? name : aws.id(resource)}`);
  }
}

const services: Readonly<Record<string, string>> = {
  vpc: "ec2",
  cloudwatch: "events",
  appautoscaling: "application-autoscaling",
  lb: "elasticloadbalancing",
};

function kebab(type: ResourceType): string {
  return type.className.replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
}

/** A real revision counts up; here it only has to differ with the content. */
function revision(seed: string): number {
  return 1 + (Number.parseInt(seed.slice(0, 6), 16) % 9999);
}
