import { expect } from "chai";
import { AwsCache } from "../../components/cache/aws";
import type { CacheSpec } from "../../components/cache/index";
import { ConfigError } from "../../components/fault";
import type { Stack } from "../../components/stack";
import { awsMonitoring, awsNetwork, awsSecrets, awsTags, madeBy, recordData, usedBy, without } from "../support/aws-parts";
import { ofType, only, type Recorded } from "../support/record";

const spec: CacheSpec = { size: "large", highAvailability: true, snapshotDays: 7 };

function make(overrides: Partial<CacheSpec> = {}, stack: Partial<Stack> = {}, rotationEpoch = 1): AwsCache {
  const network = awsNetwork(stack);
  const [secrets, monitoring] = [awsSecrets(network), awsMonitoring(network)];
  return new AwsCache("cache", { ...spec, ...overrides, network, secrets, monitoring, rotationEpoch });
}

function cache(overrides: Partial<CacheSpec> = {}, stack: Partial<Stack> = {}, epoch = 1): Promise<Recorded[]> {
  return recordData(() => void make(overrides, stack, epoch));
}

const group = "aws:elasticache/replicationGroup:ReplicationGroup";
const parameters = "aws:elasticache/parameterGroup:ParameterGroup";
const tags = awsTags("cache");

const inputs = {
  description: "Cache of platform test",
  engine: "valkey",
  engineVersion: "8.1",
  autoMinorVersionUpgrade: true,
  nodeType: "cache.r7g.large",
  clusterMode: "disabled",
  numCacheClusters: 2,
  automaticFailoverEnabled: true,
  multiAzEnabled: true,
  port: 6379,
  parameterGroupName: "platform-test-cache_name",
  subnetGroupName: "platform-test-cache_name",
  securityGroupIds: ["platform-test-cache-id"],
  atRestEncryptionEnabled: true,
  kmsKeyId: "secrets-key_arn",
  transitEncryptionEnabled: true,
  transitEncryptionMode: "required",
  authToken: "[secret]",
  authTokenUpdateStrategy: "ROTATE",
  snapshotRetentionLimit: 7,
  snapshotWindow: "01:00-02:00",
  maintenanceWindow: "sun:03:00-sun:04:00",
  finalSnapshotIdentifier: "platform-test-cache-cache-final_hex",
  logDeliveryConfigurations: [
    { destination: "/platform/test/cache-slow-log", destinationType: "cloudwatch-logs", logFormat: "json", logType: "slow-log" },
    { destination: "/platform/test/cache-engine-log", destinationType: "cloudwatch-logs", logFormat: "json", logType: "engine-log" },
  ],
  applyImmediately: false,
  tags,
};

describe("Cache on AWS", () => {
  it("is one replication group with what it needs", async () => {
    expect(madeBy(await cache(), "cache")).to.deep.equal([
      "cloudwatch LogGroup cache-engine-log",
      "cloudwatch LogGroup cache-slow-log",
      "ec2 SecurityGroup platform-test-cache",
      "elasticache ParameterGroup platform-test-cache",
      "elasticache ReplicationGroup platform-test-cache",
      "elasticache SubnetGroup platform-test-cache",
      "index RandomId cache-final",
      "index RandomPassword cache-token",
      "secretsmanager Secret platform-test-cache-token",
      "secretsmanager SecretVersion cache-token",
    ]);
  });

  it("is private, encrypted, highly available and guarded in production", async () => {
    const made = only(await cache(), group);
    expect(made.inputs).to.deep.equal(inputs);
    expect(made.protect).to.equal(true);
  });

  it("is one node that goes away with one command in dev", async () => {
    const resources = await cache({ size: "small", highAvailability: false, snapshotDays: 0 }, { guard: "none", environment: "dev" });
    const made = only(resources, group);
    expect(made.inputs).to.deep.equal({
      ...without(inputs, "finalSnapshotIdentifier"),
      nodeType: "cache.t4g.micro",
      numCacheClusters: 1,
      automaticFailoverEnabled: false,
      multiAzEnabled: false,
      snapshotRetentionLimit: 0,
      applyImmediately: true,
      tags: awsTags("cache", { environment: "dev" }),
    });
    expect(made.protect).to.equal(false);
    expect(ofType(resources, "random:index/randomId:RandomId")).to.deep.equal([]);
  });

  it("drops the keys used longest ago at 90 % of its memory", async () => {
    const resources = await cache();
    const always = [
      { name: "maxmemory-policy", value: "allkeys-lru" },
      { name: "reserved-memory-percent", value: "10" },
    ];
    const rest = { description: "Managed by Pulumi", family: "valkey8", tags };
    expect(only(resources, parameters).inputs).to.deep.equal({ ...rest, parameters: always });
    expect(only(await cache({ shards: 2 }), parameters).inputs).to.deep.equal({
      ...rest,
      parameters: [...always, { name: "cluster-enabled", value: "yes" }],
    });
  });

  it("has shards and replicas by choice", async () => {
    const sharded = only(await cache({ shards: 3, replicas: 2 }), group).inputs;
    expect(sharded).to.include({ clusterMode: "enabled", numNodeGroups: 3, replicasPerNodeGroup: 2 });
    expect(sharded).not.to.have.property("numCacheClusters");
    expect(only(await cache({ shards: 2 }), group).inputs).to.include({ numNodeGroups: 2, replicasPerNodeGroup: 1 });
    const single = only(await cache({ shards: 1, replicas: 3 }), group).inputs;
    expect(single).to.include({ clusterMode: "disabled", numCacheClusters: 4 });
    expect(single).not.to.have.any.keys("numNodeGroups", "replicasPerNodeGroup");
  });

  it("refuses what no cache can be", async () => {
    await recordData(() => void expect(() => make({ replicas: 0 })).to.throw(ConfigError));
  });

  it("lets nobody in by itself, and lives in the data subnets", async () => {
    const resources = await cache();
    expect(only(resources, "aws:ec2/securityGroup:SecurityGroup").inputs).to.deep.equal({
      vpcId: null,
      description: "Cache: one rule per service that uses it",
      tags: { ...tags, Name: "platform-test-cache" },
    });
    expect(only(resources, "aws:elasticache/subnetGroup:SubnetGroup").inputs).to.deep.equal({
      description: "Managed by Pulumi",
      subnetIds: [null, null, null],
      tags,
    });
  });

  it("logs to groups with retention and key", async () => {
    const groups = ofType(await cache(), "aws:cloudwatch/logGroup:LogGroup").map((resource) => resource.inputs);
    const shared = { kmsKeyId: "monitoring-key_arn", retentionInDays: 30, tags };
    expect(groups).to.have.deep.members([
      { ...shared, name: "/platform/test/cache-slow-log" },
      { ...shared, name: "/platform/test/cache-engine-log" },
    ]);
  });

  it("keeps its password in the vault, anew with every epoch", async () => {
    const resources = await cache({}, {}, 2);
    expect(only(resources, "random:index/randomPassword:RandomPassword").inputs).to.deep.equal({
      length: 64,
      special: false,
      keepers: { epoch: "2" },
    });
    // With three bytes the whole name has the 40 characters that ElastiCache takes.
    expect(only(resources, "random:index/randomId:RandomId").inputs).to.deep.equal({ byteLength: 3 });
    expect(only(resources, "aws:secretsmanager/secret:Secret").inputs).to.deep.equal({
      description: "Password of the cache",
      kmsKeyId: "secrets-key_arn",
      recoveryWindowInDays: 30,
      tags,
    });
  });

  it("gives a service its host, its password's reference and the times to live", async () => {
    const used = await usedBy(() => make().use("readWrite"));
    expect(used).to.deep.equal({
      target: "cache",
      noun: "cache",
      access: "readWrite",
      env: {
        CACHE_HOST: "platform-test-cache_primaryEndpointAddress",
        CACHE_PORT: "6379",
        CACHE_TLS: "true",
        CACHE_TTL_SESSION: "3600",
        CACHE_TTL_PASSWORD_RESET: "86400",
        CACHE_TTL_ENTRY_MIN: "300",
        CACHE_TTL_ENTRY_MAX: "86400",
        CACHE_TTL_RATE_LIMIT: "60",
      },
      secrets: { CACHE_PASSWORD: "platform-test-cache-token_arn:::cache-token_versionId" },
      raw: { server: { groupId: "platform-test-cache-id", port: 6379 }, statements: [], backlog: undefined },
    });
    const sharded = await usedBy(() => make({ shards: 2 }).use("readWrite"));
    expect(sharded.env).to.include({ CACHE_HOST: "platform-test-cache_configurationEndpointAddress" });
  });

  it("gives out what the contract promises", async () => {
    const seen: unknown[] = [];
    await recordData(() => {
      const made = make();
      made.host.apply((host) => seen.push(host));
      made.port.apply((port) => seen.push(port));
      made.secretId.apply((id) => seen.push(id));
    });
    expect(seen).to.have.members(["platform-test-cache_primaryEndpointAddress", 6379, "platform-test-cache-token_arn"]);
  });
});
