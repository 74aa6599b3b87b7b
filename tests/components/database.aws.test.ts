import { expect } from "chai";
import { AwsDatabase } from "../../components/database/aws";
import type { DatabaseSpec } from "../../components/database/index";
import { ConfigError } from "../../components/fault";
import type { Stack } from "../../components/stack";
import {
  account,
  awsMonitoring,
  awsNetwork,
  awsSecrets,
  awsTags,
  documentOf,
  madeBy,
  recordData,
  usedBy,
  waitsFor,
  without,
} from "../support/aws-parts";
import { ofType, only, type Recorded } from "../support/record";

const spec: DatabaseSpec = {
  size: "large",
  version: "17",
  databaseName: "app",
  storageGb: 100,
  maxStorageGb: 500,
  highAvailability: true,
  replicas: 1,
  backupDays: 35,
  pooling: false,
  audit: false,
  maintenance: { day: "sunday", hour: 4 },
};

function make(overrides: Partial<DatabaseSpec> = {}, stack: Partial<Stack> = {}, rotationEpoch = 1): AwsDatabase {
  const network = awsNetwork(stack);
  const args = { ...spec, network, secrets: awsSecrets(network), monitoring: awsMonitoring(network), rotationEpoch };
  return new AwsDatabase("database", { ...args, ...overrides });
}

/** Refusals are thrown before anything is registered, so one recording holds several. */
async function refuses(...faulty: Partial<DatabaseSpec>[]): Promise<void> {
  await recordData(() => {
    const network = awsNetwork();
    const args = { ...spec, network, secrets: awsSecrets(network), monitoring: awsMonitoring(network), rotationEpoch: 1 };
    for (const overrides of faulty) expect(() => new AwsDatabase("database", { ...args, ...overrides })).to.throw(ConfigError);
  });
}

function database(overrides: Partial<DatabaseSpec> = {}, stack: Partial<Stack> = {}, epoch = 1): Promise<Recorded[]> {
  return recordData(() => void make(overrides, stack, epoch));
}

const instance = "aws:rds/instance:Instance";
const tags = awsTags("database");
const group = "platform-test-database-id";
const pool = "platform-test-database-pool-id";

const common = {
  instanceClass: "db.m7g.xlarge",
  storageType: "gp3",
  maxAllocatedStorage: 500,
  storageEncrypted: true,
  publiclyAccessible: false,
  vpcSecurityGroupIds: [group],
  caCertIdentifier: "rds-ca-rsa2048-g1",
  iamDatabaseAuthenticationEnabled: true,
  parameterGroupName: "platform-test-database-17_name",
  autoMinorVersionUpgrade: true,
  applyImmediately: false,
  performanceInsightsEnabled: true,
  performanceInsightsKmsKeyId: "secrets-key_arn",
  performanceInsightsRetentionPeriod: 7,
  databaseInsightsMode: "standard",
  monitoringInterval: 60,
  monitoringRoleArn: "platform-test-database-monitoring_arn",
  enabledCloudwatchLogsExports: ["postgresql", "upgrade"],
  maintenanceWindow: "sun:04:00-sun:05:00",
  tags,
};

const primary = {
  ...common,
  identifier: "platform-test-database",
  engine: "postgres",
  engineVersion: "17",
  engineLifecycleSupport: "open-source-rds-extended-support-disabled",
  username: "platform",
  dbName: "app",
  password: "[secret]",
  port: 5432,
  allocatedStorage: 100,
  kmsKeyId: "secrets-key_arn",
  multiAz: true,
  dbSubnetGroupName: "platform-test-database_name",
  backupRetentionPeriod: 35,
  backupWindow: "02:00-03:00",
  copyTagsToSnapshot: true,
  deleteAutomatedBackups: false,
  deletionProtection: true,
  skipFinalSnapshot: false,
  finalSnapshotIdentifier: "platform-test-database-final-database-final_hex",
};

describe("Database on AWS", () => {
  it("is an instance with what it needs, and its replicas", async () => {
    expect(madeBy(await database(), "database")).to.deep.equal([
      "cloudwatch LogGroup database-postgresql",
      "cloudwatch LogGroup database-replica-1-postgresql",
      "cloudwatch LogGroup database-replica-1-upgrade",
      "cloudwatch LogGroup database-upgrade",
      "ec2 SecurityGroup platform-test-database",
      "iam Role platform-test-database-monitoring",
      "iam RolePolicyAttachment database-monitoring",
      "index RandomId database-final",
      "index RandomPassword database-owner",
      "rds Instance database-primary",
      "rds Instance database-replica-1",
      "rds ParameterGroup platform-test-database-17",
      "rds SubnetGroup platform-test-database",
      "secretsmanager Secret platform-test-database-owner",
      "secretsmanager SecretVersion database-owner",
    ]);
  });

  it("is private, encrypted, highly available and guarded in production", async () => {
    const server = only(await database(), instance, "database-primary");
    expect(server.inputs).to.deep.equal(primary);
    expect(server).to.deep.include({ protect: true }).and.nested.include({ "options.retainOnDelete": true });
    expect(server.options.ignoreChanges).to.deep.equal(["engineVersion"]);
    expect(waitsFor(server)).to.include.members(["database-monitoring", "database-postgresql", "database-upgrade"]);
  });

  it("is upgraded at once where that is meant, with its replicas and the parameters of the new version", async () => {
    const resources = await database({ upgrade: true });
    const server = only(resources, instance, "database-primary");
    expect(server.inputs).to.deep.equal({ ...primary, allowMajorVersionUpgrade: true, applyImmediately: true });
    expect(server.options.ignoreChanges).to.deep.equal([]);
    const replica = only(resources, instance, "database-replica-1");
    expect(replica.inputs).to.include({ applyImmediately: true }).and.not.have.property("allowMajorVersionUpgrade");
    expect(replica.options.ignoreChanges).to.deep.equal(["engineVersion"]);
  });

  it("goes away with one command where nothing guards it", async () => {
    const resources = await database({ replicas: 0, highAvailability: false, size: "small" }, { guard: "none", environment: "dev" });
    const server = only(resources, instance);
    expect(server.inputs).to.deep.equal({
      ...without(primary, "finalSnapshotIdentifier"),
      instanceClass: "db.t4g.small",
      applyImmediately: true,
      multiAz: false,
      deleteAutomatedBackups: true,
      deletionProtection: false,
      skipFinalSnapshot: true,
      tags: awsTags("database", { environment: "dev" }),
    });
    expect(server).to.deep.include({ protect: false }).and.nested.include({ "options.retainOnDelete": false });
    expect(ofType(resources, "random:index/randomId:RandomId")).to.deep.equal([]);
  });

  it("has replicas that follow the primary and hold nothing of their own", async () => {
    const resources = await database({ replicas: 2 });
    const [first, second] = ["database-replica-1", "database-replica-2"].map((name) => only(resources, instance, name));
    expect(first?.inputs).to.deep.equal({
      ...common,
      identifier: "platform-test-database-replica-1-10db18",
      replicateSourceDb: "platform-test-database",
      multiAz: false,
      backupRetentionPeriod: 0,
      deletionProtection: false,
      skipFinalSnapshot: true,
    });
    expect(first?.protect).to.equal(false);
    expect(first?.options.ignoreChanges).to.deep.equal(["engineVersion"]);
    expect(first === undefined ? [] : waitsFor(first)).to.include.members([
      "database-primary",
      "database-replica-1-postgresql",
      "database-replica-1-upgrade",
      "database-monitoring",
    ]);
    expect(second?.inputs.identifier).to.match(/^platform-test-database-replica-2-[0-9a-f]{6}$/);
  });

  it("writes to log groups that exist before it", async () => {
    const groups = ofType(await database({ replicas: 0 }), "aws:cloudwatch/logGroup:LogGroup").map(({ inputs }) => inputs);
    const shared = { kmsKeyId: "monitoring-key_arn", retentionInDays: 30, tags };
    expect(groups).to.have.deep.members([
      { ...shared, name: "/aws/rds/instance/platform-test-database/postgresql" },
      { ...shared, name: "/aws/rds/instance/platform-test-database/upgrade" },
    ]);
  });

  it("tells alarms how much the size has in all", async () => {
    let totals: unknown;
    await recordData(() => void (totals = make().watched[0]?.raw.totals));
    // 16 GiB of a db.m7g.xlarge, and the disk as it is first.
    expect(totals).to.deep.equal({ memoryBytes: 17_179_869_184, storageBytes: 107_374_182_400, connections: 1802 });
  });

  it("demands TLS and logs slow statements; audits by choice", async () => {
    const parameters = async (audit: boolean): Promise<unknown> =>
      only(await database({ audit, version: "16" }), "aws:rds/parameterGroup:ParameterGroup").inputs;
    const always = [
      { name: "rds.force_ssl", value: "1", applyMethod: "immediate" },
      { name: "log_min_duration_statement", value: "500", applyMethod: "immediate" },
      { name: "shared_preload_libraries", value: "pg_stat_statements", applyMethod: "pending-reboot" },
      { name: "pg_stat_statements.track", value: "all", applyMethod: "immediate" },
    ];
    const rest = { description: "Managed by Pulumi", family: "postgres16", tags };
    expect(await parameters(false)).to.deep.equal({ ...rest, parameters: always });
    expect(await parameters(true)).to.deep.equal({
      ...rest,
      parameters: [
        ...always.map((parameter) =>
          parameter.name === "shared_preload_libraries" ? { ...parameter, value: "pg_stat_statements,pgaudit" } : parameter,
        ),
        { name: "pgaudit.log", value: "ddl,role,write", applyMethod: "immediate" },
      ],
    });
  });

  it("lets nobody in by itself", async () => {
    const resources = await database();
    expect(only(resources, "aws:ec2/securityGroup:SecurityGroup").inputs).to.deep.equal({
      vpcId: null,
      description: "Database: one rule per service that uses it",
      tags: { ...tags, Name: "platform-test-database" },
    });
    expect(only(resources, "aws:rds/subnetGroup:SubnetGroup").inputs).to.deep.include({ subnetIds: [null, null, null], tags });
  });

  it("is watched by a role that RDS takes on for this account", async () => {
    const resources = await database();
    const role = only(resources, "aws:iam/role:Role");
    expect(role.inputs.tags).to.deep.equal(tags);
    expect(documentOf(role, "assumeRolePolicy")).to.deep.equal({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "monitoring.rds.amazonaws.com" },
          Action: "sts:AssumeRole",
          Condition: { StringEquals: { "aws:SourceAccount": account } },
        },
      ],
    });
    expect(only(resources, "aws:iam/rolePolicyAttachment:RolePolicyAttachment").inputs).to.deep.equal({
      role: "platform-test-database-monitoring_name",
      policyArn: "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
    });
  });

  it("keeps the owner's password in the vault, anew with every epoch", async () => {
    const resources = await database({}, {}, 3);
    expect(only(resources, "random:index/randomPassword:RandomPassword").inputs).to.deep.equal({
      length: 32,
      special: false,
      keepers: { epoch: "3" },
    });
    expect(only(resources, "random:index/randomId:RandomId").inputs).to.deep.equal({
      byteLength: 4,
      keepers: { identifier: "platform-test-database" },
    });
    expect(only(resources, "aws:secretsmanager/secret:Secret").inputs).to.deep.equal({
      description: "Owner of the database app",
      kmsKeyId: "secrets-key_arn",
      recoveryWindowInDays: 30,
      tags,
    });
    expect(only(resources, "aws:secretsmanager/secretVersion:SecretVersion").inputs).to.deep.equal({
      secretId: "platform-test-database-owner-id",
      secretString: "[secret]",
    });
  });

  it("takes IOPS where they are asked for", async () => {
    const server = only(await database({ storageGb: 400, maxStorageGb: 400, iops: 12000 }), instance, "database-primary");
    expect(server.inputs).to.include({ allocatedStorage: 400, maxAllocatedStorage: 0, iops: 12000 });
  });

  it("refuses a disk that can't grow as far as asked, before anything is made", async () => {
    await refuses({ storageGb: 100, maxStorageGb: 109 }, { storageGb: 100, maxStorageGb: 101 }, { backupDays: 36 });
  });

  it("grows by a tenth, or not at all", async () => {
    const limit = async (maxStorageGb: number): Promise<unknown> =>
      only(await database({ replicas: 0, maxStorageGb }), instance).inputs.maxAllocatedStorage;
    expect(await limit(110)).to.equal(110);
    expect(await limit(100)).to.equal(0);
  });

  it("maintains and backs up at hours that never meet", async () => {
    const windows = async (day: "saturday" | "monday", hour: number): Promise<unknown[]> => {
      const { inputs } = only(await database({ replicas: 0, maintenance: { day, hour } }), instance);
      return [inputs.maintenanceWindow, inputs.backupWindow];
    };
    expect(await windows("saturday", 23)).to.deep.equal(["sat:23:00-sun:00:00", "21:00-22:00"]);
    expect(await windows("monday", 0)).to.deep.equal(["mon:00:00-mon:01:00", "22:00-23:00"]);
    expect(await windows("monday", 1)).to.deep.equal(["mon:01:00-mon:02:00", "23:00-00:00"]);
  });

  it("restores from a snapshot or a time, beside the server that was", async () => {
    const snapshot = only(await database({ replicas: 0, restore: { snapshot: "before" } }), instance).inputs;
    expect(snapshot).to.include({ snapshotIdentifier: "before", engine: "postgres" });
    expect(snapshot).not.to.have.any.keys("username", "dbName", "restoreToPointInTime");
    expect(snapshot.identifier).to.match(/^platform-test-database-[0-9a-f]{6}-[0-9a-f]{6}$/);
    const resources = await database({ restore: { source: "platform-test-database", time: "2026-11-01T00:00:00Z" } });
    const restored = only(resources, instance, "database-primary").inputs;
    expect(restored.restoreToPointInTime).to.deep.equal({
      sourceDbInstanceIdentifier: "platform-test-database",
      restoreTime: "2026-11-01T00:00:00Z",
    });
    expect(restored).not.to.have.any.keys("username", "dbName", "snapshotIdentifier");
    expect(restored.identifier).not.to.equal(snapshot.identifier);
    const replicas = ofType(resources, instance).filter(({ name }) => name !== "database-primary");
    expect(replicas.map(({ name }) => name).join()).to.match(/^database-[0-9a-f]{6}-replica-1$/);
  });
});

describe("The pool of a database on AWS", () => {
  it("is a proxy with a group, a role and a log group of its own", async () => {
    const [plain, pooled] = [madeBy(await database(), "database"), madeBy(await database({ pooling: true }), "database")];
    expect(pooled.filter((made) => !plain.includes(made))).to.deep.equal([
      "cloudwatch LogGroup database-pool",
      "ec2 SecurityGroup platform-test-database-pool",
      "iam Role platform-test-database-pool",
      "iam RolePolicy database-pool",
      "rds Proxy database-pool",
      "rds ProxyDefaultTargetGroup database-pool",
      "rds ProxyTarget database-pool",
      "vpc SecurityGroupEgressRule database-pool",
      "vpc SecurityGroupIngressRule database-pool",
    ]);
  });

  it("takes TLS and the owner's login only", async () => {
    const resources = await database({ pooling: true });
    const proxy = only(resources, "aws:rds/proxy:Proxy");
    expect(proxy.inputs).to.deep.equal({
      name: "platform-test-database",
      engineFamily: "POSTGRESQL",
      requireTls: true,
      debugLogging: false,
      idleClientTimeout: 1800,
      roleArn: "platform-test-database-pool_arn",
      auths: [
        {
          authScheme: "SECRETS",
          clientPasswordAuthType: "POSTGRES_SCRAM_SHA_256",
          iamAuth: "DISABLED",
          secretArn: "platform-test-database-owner_arn",
        },
      ],
      vpcSubnetIds: [null, null, null],
      vpcSecurityGroupIds: [pool],
      tags,
    });
    expect(waitsFor(proxy).filter((name) => name === "database-pool" || name === "database-owner").length).to.be.greaterThan(2);
    expect(only(resources, "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup").inputs).to.deep.equal({
      dbProxyName: "platform-test-database",
      connectionPoolConfig: { maxConnectionsPercent: 90, maxIdleConnectionsPercent: 45, connectionBorrowTimeout: 30 },
    });
    expect(only(resources, "aws:rds/proxyTarget:ProxyTarget").inputs).to.deep.equal({
      dbProxyName: "platform-test-database",
      targetGroupName: "database-pool_name",
      dbInstanceIdentifier: "platform-test-database",
    });
    expect(only(resources, "aws:cloudwatch/logGroup:LogGroup", "database-pool").inputs).to.deep.equal({
      name: "/aws/rds/proxy/platform-test-database",
      kmsKeyId: "monitoring-key_arn",
      retentionInDays: 30,
      tags,
    });
  });

  it("may read that one secret", async () => {
    const resources = await database({ pooling: true });
    expect(documentOf(only(resources, "aws:iam/rolePolicy:RolePolicy"), "policy")).to.deep.equal({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: ["secretsmanager:GetSecretValue"], Resource: ["platform-test-database-owner_arn"] },
        { Effect: "Allow", Action: ["kms:Decrypt"], Resource: ["secrets-key_arn"] },
      ],
    });
    expect(only(resources, "aws:iam/rolePolicy:RolePolicy").inputs.role).to.equal("platform-test-database-pool_name");
    const role = only(resources, "aws:iam/role:Role", "platform-test-database-pool");
    expect(role.inputs.tags).to.deep.equal(tags);
    expect(documentOf(role, "assumeRolePolicy")).to.deep.equal({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "rds.amazonaws.com" }, Action: "sts:AssumeRole" }],
    });
  });

  it("reaches the database by one rule", async () => {
    const resources = await database({ pooling: true });
    const rule = { ipProtocol: "tcp", fromPort: 5432, toPort: 5432, tags };
    expect(only(resources, "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule").inputs).to.deep.equal({
      ...rule,
      description: "Pool to database",
      securityGroupId: pool,
      referencedSecurityGroupId: group,
    });
    expect(only(resources, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").inputs).to.deep.equal({
      ...rule,
      description: "Database from its pool",
      securityGroupId: group,
      referencedSecurityGroupId: pool,
    });
    expect(only(resources, "aws:ec2/securityGroup:SecurityGroup", "platform-test-database-pool").inputs).to.deep.equal({
      vpcId: null,
      description: "Database pool: one rule per service that uses it",
      tags: { ...tags, Name: "platform-test-database-pool" },
    });
  });
});

describe("Using a database on AWS", () => {
  const use = (access: "read" | "readWrite", overrides: Partial<DatabaseSpec>) => usedBy(() => make(overrides).use(access));
  const used = (access: string, host: string, groupId: string): unknown => ({
    target: "database",
    noun: "database",
    access,
    env: { DATABASE_HOST: host, DATABASE_PORT: "5432", DATABASE_NAME: "app", DATABASE_USER: "platform", DATABASE_SSLMODE: "require" },
    secrets: { DATABASE_PASSWORD: "platform-test-database-owner_arn:password::database-owner_versionId" },
    raw: { server: { groupId, port: 5432 }, statements: [], backlog: undefined },
  });

  it("writes to the primary and reads from a replica", async () => {
    expect(await use("readWrite", {})).to.deep.equal(used("readWrite", "database-primary_address", group));
    expect(await use("read", {})).to.deep.equal(used("read", "database-replica-1_address", group));
  });

  it("reads from the primary where there is no replica", async () => {
    expect(await use("read", { replicas: 0 })).to.deep.equal(used("read", "database-primary_address", group));
  });

  it("goes through the pool, but for a replica", async () => {
    expect(await use("readWrite", { pooling: true })).to.deep.equal(used("readWrite", "database-pool_endpoint", pool));
    expect(await use("read", { pooling: true })).to.deep.equal(used("read", "database-replica-1_address", group));
    expect(await use("read", { pooling: true, replicas: 0 })).to.deep.equal(used("read", "database-pool_endpoint", pool));
  });

  it("gives out what the contract promises", async () => {
    const seen: unknown[] = [];
    await recordData(() => {
      const made = make();
      made.host.apply((host) => seen.push(host));
      made.port.apply((port) => seen.push(port));
      made.databaseName.apply((name) => seen.push(name));
      made.secretId.apply((id) => seen.push(id));
    });
    expect(seen).to.have.members(["database-primary_address", 5432, "app", "platform-test-database-owner_arn"]);
  });
});
