import { output } from "@pulumi/pulumi";
import { expect } from "chai";
import { AzureDatabase } from "../../components/database/azure";
import type { DatabaseSpec, Weekday } from "../../components/database/index";
import { weekdays } from "../../components/database/index";
import { ConfigError } from "../../components/fault";
import type { Stack } from "../../components/stack";
import { azureMonitoring, azureNetwork, azureSecrets, childrenOf, KnownNetwork, once, tags, waitsFor } from "../support/azure-parts";
import { record as recordPlan } from "../../plan/record";
import { ofType, only, record, type Recorded, recordKnown } from "../support/record";

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
  maintenance: { day: "sunday", hour: 3 },
};
const small: Partial<DatabaseSpec> = {
  size: "small",
  databaseName: "shop",
  storageGb: 20,
  highAvailability: false,
  replicas: 0,
  backupDays: 7,
};

/** Databases on one network, by their names. */
async function make(
  changes: Readonly<Record<string, Partial<DatabaseSpec>>>,
  stack: Partial<Stack> = {},
  look?: (made: Readonly<Record<string, AzureDatabase>>) => void,
  run = record,
): Promise<readonly Recorded[]> {
  return run(() => {
    const real = azureNetwork(stack);
    const shared = { network: new KnownNetwork(real), secrets: azureSecrets(real), monitoring: azureMonitoring(real), rotationEpoch: 2 };
    const made = Object.entries(changes).map(
      ([name, change]) => [name, new AzureDatabase(name, { ...spec, ...change, ...shared })] as const,
    );
    look?.(Object.fromEntries(made));
  });
}
const database = once(async (change: Partial<DatabaseSpec> = {}, stack: Partial<Stack> = {}) =>
  childrenOf(await make({ database: change }, stack), "database"),
);
/** With all that can be had. */
const full: Partial<DatabaseSpec> = { replicas: 3, pooling: true, audit: true };

const server = "azure-native:dbforpostgresql:Server";
const configuration = "azure-native:dbforpostgresql:Configuration";
const parameters = (resources: readonly Recorded[]) =>
  ofType(resources, configuration).map(({ inputs }) => `${String(inputs.configurationName)}=${String(inputs.value)}`);

describe("Database on Azure", () => {
  it("is a server with its database, password, parameters, replica and export of logs", async () => {
    expect((await database()).map(({ type, name }) => `${type} ${name}`)).to.have.members([
      "random:index/randomPassword:RandomPassword database-password",
      `${server} database-server`,
      "azure-native:dbforpostgresql:Database database-database",
      "random:index/randomId:RandomId database-secret-name",
      "azure-native:keyvault:Secret database-secret",
      `${configuration} database-require-secure-transport`,
      `${configuration} database-ssl-min-protocol-version`,
      `${configuration} database-log-min-duration-statement`,
      `${configuration} database-azure-extensions`,
      `${configuration} database-pg-stat-statements-track`,
      `${configuration} database-pg-qs-query-capture-mode`,
      `${configuration} database-pgms-wait-sampling-query-capture-mode`,
      `${server} database-replica-1`,
      "azure-native:monitor:DiagnosticSetting database-logs",
      "azure-native:monitor:DiagnosticSetting database-replica-1-logs",
    ]);
  });

  it("is a private server, encrypted with the stack's key, with a standby in another zone", async () => {
    const made = only(await database(), server, "database-server");
    expect(made.inputs).to.deep.equal({
      administratorLogin: "platform",
      administratorLoginPassword: null,
      authConfig: { activeDirectoryAuth: "Disabled", passwordAuth: "Enabled", tenantId: "" },
      availabilityZone: "1",
      backup: { backupRetentionDays: 35, geoRedundantBackup: "Disabled" },
      dataEncryption: { primaryKeyURI: null, primaryUserAssignedIdentityId: null, type: "AzureKeyVault" },
      highAvailability: { mode: "ZoneRedundant", standbyAvailabilityZone: "2" },
      identity: { type: "UserAssigned", userAssignedIdentities: null },
      location: "eastus2",
      maintenanceWindow: { customWindow: "Enabled", dayOfWeek: 0, startHour: 3, startMinute: 0 },
      network: { delegatedSubnetResourceId: null, privateDnsZoneArmResourceId: null },
      resourceGroupName: "rg-platform-test-data",
      serverName: "psql-platform-test-database-f7ee94",
      sku: { name: "Standard_D4ds_v5", tier: "GeneralPurpose" },
      storage: { autoGrow: "Enabled", storageSizeGB: 128 },
      tags: tags("database"),
      version: "17",
    });
    expect(made.options.ignoreChanges).to.deep.equal(["version", "availabilityZone", "highAvailability.standbyAvailabilityZone"]);
  });

  it("is upgraded where that is meant", async () => {
    const made = only(await database({ upgrade: true, replicas: 0 }), server);
    expect(made.inputs).to.include({ version: "17" });
    expect(made.options.ignoreChanges).to.deep.equal(["availabilityZone", "highAvailability.standbyAvailabilityZone"]);
  });

  it("starts when its name resolves and its key is in reach", async () => {
    const made = only(await database(), server, "database-server");
    expect(waitsFor(made)).to.include.members([
      "network-vnet",
      "secrets-key-access",
      "secrets-key",
      "secrets-key-user",
      "database-password",
    ]);
    expect(made.dependencies.some((urn) => urn.includes("privatedns:VirtualNetworkLink::network-postgres"))).to.equal(true);
  });

  it("is a burstable server without a standby where the settings say so, on the smallest disk sold", async () => {
    const made = only(await database(small), server);
    expect(made.inputs).to.deep.include({
      sku: { name: "Standard_B1ms", tier: "Burstable" },
      storage: { autoGrow: "Enabled", storageSizeGB: 32 },
      backup: { backupRetentionDays: 7, geoRedundantBackup: "Disabled" },
    });
    expect(made.inputs).not.to.have.property("highAvailability");
  });

  it("is maintained on the day given", async () => {
    const resources = await make(Object.fromEntries(weekdays.map((day) => [day, { ...small, maintenance: { day, hour: 5 } }])));
    const windows = weekdays.map((day) => only(resources, server, `${day}-server`).inputs.maintenanceWindow);
    const expected: Record<Weekday, number> = { monday: 1, tuesday: 2, wednesday: 3, thursday: 4, friday: 5, saturday: 6, sunday: 0 };
    expect(windows).to.deep.equal(
      weekdays.map((day) => ({ customWindow: "Enabled", dayOfWeek: expected[day], startHour: 5, startMinute: 0 })),
    );
  });

  it("has a password that nobody chose, kept in the vault and made anew with the epoch", async () => {
    const resources = await database();
    expect(only(resources, "random:index/randomPassword:RandomPassword").inputs).to.deep.equal({
      keepers: { epoch: "2" },
      length: 32,
      minLower: 1,
      minNumeric: 1,
      minUpper: 1,
      special: false,
    });
    const secret = only(resources, "azure-native:keyvault:Secret");
    expect(secret.inputs).to.deep.equal({
      properties: { attributes: { enabled: true }, value: null },
      resourceGroupName: "rg-platform-test-data",
      secretName: null,
      tags: tags("database"),
      vaultName: null,
    });
    expect(only(resources, "random:index/randomId:RandomId").inputs).to.deep.equal({ byteLength: 3, prefix: "database-password-" });
    expect(secret.options.retainOnDelete).to.equal(true);
    expect(waitsFor(secret)).not.to.include("database-server");
  });

  it("has a database in UTF-8", async () => {
    expect(only(await database(small), "azure-native:dbforpostgresql:Database").inputs).to.deep.equal({
      charset: "UTF8",
      collation: "en_US.utf8",
      databaseName: "shop",
      resourceGroupName: "rg-platform-test-data",
      serverName: null,
    });
  });

  it("takes TLS only, logs slow statements and keeps statistics", async () => {
    const resources = await database();
    expect(parameters(resources)).to.have.members([
      "require_secure_transport=on",
      "ssl_min_protocol_version=TLSv1.2",
      "log_min_duration_statement=500",
      "azure.extensions=PG_STAT_STATEMENTS",
      "pg_stat_statements.track=top",
      "pg_qs.query_capture_mode=top",
      "pgms_wait_sampling.query_capture_mode=all",
    ]);
    for (const { inputs } of ofType(resources, configuration)) {
      expect(inputs).to.deep.include({ source: "user-override", resourceGroupName: "rg-platform-test-data", serverName: null });
    }
  });

  it("audits roles and schema by choice", async () => {
    expect(parameters(await database(full))).to.include.members([
      "azure.extensions=PG_STAT_STATEMENTS,PGAUDIT",
      "shared_preload_libraries=pg_cron,pg_stat_statements,pgaudit",
      "pgaudit.log=ddl,role",
    ]);
  });

  it("changes parameters one after another, then makes replicas one after another: the server takes one change at a time", async () => {
    const resources = await database(full);
    const chain = resources.filter(
      ({ type, name }) => type === configuration || type === "azure-native:dbforpostgresql:Database" || name.startsWith("database-replica"),
    );
    const order = [
      "database-database",
      "database-pool",
      "database-require-secure-transport",
      "database-ssl-min-protocol-version",
      "database-log-min-duration-statement",
      "database-azure-extensions",
      "database-pg-stat-statements-track",
      "database-pg-qs-query-capture-mode",
      "database-pgms-wait-sampling-query-capture-mode",
      "database-shared-preload-libraries",
      "database-pgaudit-log",
      "database-replica-1",
      "database-replica-2",
      "database-replica-3",
    ];
    const besides = [1, 2, 3].flatMap((number) => [`database-replica-${number}-pool`, `database-replica-${number}-logs`]);
    expect(chain.map(({ name }) => name)).to.have.members([...order, ...besides]);
    order.slice(1).forEach((name, before) => {
      expect(waitsFor(chain.find((each) => each.name === name) as Recorded), name).to.include(order[before]);
    });
  });

  it("has read replicas of the same kind, spread over the zones", async () => {
    const resources = await database(full);
    expect(only(resources, server, "database-replica-1").inputs).to.deep.equal({
      availabilityZone: "2",
      createMode: "Replica",
      dataEncryption: { primaryKeyURI: null, primaryUserAssignedIdentityId: null, type: "AzureKeyVault" },
      identity: { type: "UserAssigned", userAssignedIdentities: null },
      location: "eastus2",
      maintenanceWindow: { customWindow: "Enabled", dayOfWeek: 0, startHour: 3, startMinute: 0 },
      network: { delegatedSubnetResourceId: null, privateDnsZoneArmResourceId: null },
      resourceGroupName: "rg-platform-test-data",
      serverName: "psql-platform-test-database-replica-1-10db18",
      sku: { name: "Standard_D4ds_v5", tier: "GeneralPurpose" },
      sourceServerResourceId: null,
      storage: { autoGrow: "Enabled", storageSizeGB: 128 },
      tags: tags("database"),
    });
    const replicas = ofType(resources, server).filter(({ name }) => name !== "database-server");
    expect(replicas.map(({ inputs }) => inputs.availabilityZone)).to.have.members(["2", "3", "1"]);
    for (const replica of replicas) expect(replica.options.ignoreChanges).to.deep.equal(["availabilityZone"]);
  });

  it("sends its logs to the workspace", async () => {
    expect(only(await database(), "azure-native:monitor:DiagnosticSetting", "database-logs").inputs).to.deep.equal({
      logs: [{ categoryGroup: "allLogs", enabled: true }],
      metrics: [{ category: "AllMetrics", enabled: true }],
      name: "diag-database",
      resourceUri: null,
      workspaceId: null,
    });
  });

  it("has a pool on servers and replicas by choice", async () => {
    const pools = ofType(await database(full), configuration).filter(({ inputs }) => inputs.configurationName === "pgbouncer.enabled");
    expect(pools.map(({ name }) => name)).to.have.members([
      "database-pool",
      "database-replica-1-pool",
      "database-replica-2-pool",
      "database-replica-3-pool",
    ]);
    for (const pool of pools) expect(pool.inputs).to.deep.include({ value: "true", source: "user-override" });
  });

  it("E6: sends the size to which a disk has grown by itself, as Azure refuses a smaller one, and ends growing at the limit", async () => {
    const sizes = async (now: unknown, change: Partial<DatabaseSpec> = {}) => {
      const results = (token: string) => (token === "azure-native:dbforpostgresql:getServer" ? { storage: now } : {});
      const run = (program: () => unknown) =>
        recordPlan(program, { project: "platform", stack: "test", results }).then(({ resources }) => [...resources]);
      const servers = ofType(await make({ database: change }, {}, undefined, run), server);
      expect(servers).to.have.lengthOf(2);
      const [first, ...others] = servers.map(({ inputs }) => inputs.storage);
      for (const other of others) expect(other).to.deep.equal(first);
      return first;
    };
    expect(await sizes({ storageSizeGB: 256 })).to.deep.equal({ storageSizeGB: 256, autoGrow: "Enabled" });
    expect(await sizes({ storageSizeGB: 512 })).to.deep.equal({ storageSizeGB: 512, autoGrow: "Disabled" });
    expect(await sizes({ storageSizeGB: 64 })).to.deep.equal({ storageSizeGB: 128, autoGrow: "Enabled" });
    expect(await sizes({ storageSizeGB: 64 }, { maxStorageGb: 128 })).to.deep.equal({ storageSizeGB: 128, autoGrow: "Disabled" });
  });

  it("sends the stated size where there is no server yet, and says so where it can't look", async () => {
    const sent = async (problem: string) => {
      const results = (token: string) => {
        // Where the SDK looks for an engine's message.
        if (token === "azure-native:dbforpostgresql:getServer") throw Object.assign(new Error(), { details: problem });
        return {};
      };
      const warned: string[] = [];
      const run = async (program: () => unknown) => {
        const { resources, warnings } = await recordPlan(program, { project: "platform", stack: "test", results });
        warned.push(...warnings);
        return [...resources];
      };
      const made = only(await make({ database: { replicas: 0 } }, {}, undefined, run), server);
      expect(made.inputs.storage).to.deep.equal({ autoGrow: "Enabled", storageSizeGB: 128 });
      return warned.join();
    };
    expect(await sent("Status=404 Code=ResourceGroupNotFound")).to.equal("");
    expect(await sent("403 AuthorizationFailed")).to.match(/the disk of psql-platform-test-database-f7ee94 was not read.*403/);
  });

  it("is protected where data is guarded; replicas are copies and are not", async () => {
    const protectedOf = async (guard: Stack["guard"]) =>
      (await (guard === "all" ? database() : database({}, { guard })))
        // Whoever lets one go for a restore still finds it.
        .filter((resource) => resource.protect && resource.options.retainOnDelete)
        .map(({ name }) => name);
    expect(await protectedOf("data")).to.have.members(["database-server", "database-database"]);
    expect(await protectedOf("all")).to.have.members(["database-server", "database-database"]);
    expect(await protectedOf("none")).to.deep.equal([]);
  });

  it("is restored to a point in time as a new server beside its source", async () => {
    const restore = { source: "psql-old", time: "2026-11-20T10:00:00Z" };
    const foreign = "/subscriptions/2/resourceGroups/other/providers/Microsoft.DBforPostgreSQL/flexibleServers/psql-old";
    const watched: string[] = [];
    const resources = await make({ database: { restore }, other: { restore: { ...restore, source: foreign } } }, {}, ({ database }) =>
      watched.push(...database!.watched.map(({ raw }) => raw.entity)),
    );
    const made = only(resources, server, "database-server");
    // Alarms look at the new server and at its replica.
    expect(watched).to.deep.equal(["database-server", "database-replica-1"].map((name) => only(resources, server, name).inputs.serverName));
    expect(made.inputs).to.deep.include({
      createMode: "PointInTimeRestore",
      pointInTimeUTC: "2026-11-20T10:00:00Z",
      resourceGroupName: "rg-platform-test-data",
      sourceServerResourceId:
        "/subscriptions/0000/resourceGroups/rg-platform-test-data/providers/Microsoft.DBforPostgreSQL/flexibleServers/psql-old",
      administratorLogin: "platform",
    });
    expect(made.inputs.serverName).to.match(/^psql-platform-test-database-20261120100000-[0-9a-f]{6}$/);
    expect(only(resources, server, "other-server").inputs.sourceServerResourceId).to.equal(foreign);
    // It comes with its database.
    expect(resources.filter(({ type }) => type === "azure-native:dbforpostgresql:Database")).to.deep.equal([]);
    expect(only(await database(), server, "database-server").inputs).not.to.have.any.keys(
      "createMode",
      "pointInTimeUTC",
      "sourceServerResourceId",
    );
  });

  it("gives services what they connect with", async () => {
    const seen: Record<string, unknown> = {};
    await make({ database: {} }, {}, ({ database }) => {
      const made = database!;
      const write = made.use("readWrite");
      const read = made.use("read");
      expect(Object.keys(write.env)).to.deep.equal([
        "DATABASE_HOST",
        "DATABASE_PORT",
        "DATABASE_NAME",
        "DATABASE_USER",
        "DATABASE_SSLMODE",
      ]);
      expect(Object.keys(read.env)).to.deep.equal(Object.keys(write.env));
      expect(write.env).to.include({
        DATABASE_HOST: made.server.fullyQualifiedDomainName,
        DATABASE_USER: "platform",
        DATABASE_SSLMODE: "require",
      });
      expect(read.env).to.include({ DATABASE_HOST: made.replicas[0]?.fullyQualifiedDomainName, DATABASE_USER: "platform" });
      expect(write.secrets).to.deep.equal({ DATABASE_PASSWORD: made.secret });
      expect(write).to.include({ target: "database", noun: "database", access: "readWrite" });
      expect(read.access).to.equal("read");
      expect(write.raw).to.deep.equal({ roles: [], backlog: undefined });
      output(write.env.DATABASE_PORT).apply((port) => (seen.write = port));
      output(read.env.DATABASE_PORT).apply((port) => (seen.read = port));
      made.port.apply((port) => (seen.port = port));
    });
    expect(seen).to.deep.equal({ write: "5432", read: "5432", port: 5432 });
  });

  it("gives readers the server where there is no replica, and everyone the pool's port where there is a pool", async () => {
    const seen: Record<string, unknown> = {};
    const look = ({ single, pooled }: Readonly<Record<string, AzureDatabase>>): void => {
      expect(single!.use("read").env.SINGLE_HOST).to.equal(single!.host);
      for (const [name, made] of Object.entries({ single: single!, pooled: pooled! }))
        for (const access of ["read", "readWrite"] as const)
          output(made.use(access).env[`${name.toUpperCase()}_PORT`]).apply((port) => (seen[`${name} ${access}`] = port));
    };
    await make({ single: small, pooled: { pooling: true } }, {}, look, recordKnown);
    expect(seen).to.deep.equal({ "single read": "5432", "single readWrite": "5432", "pooled read": "6432", "pooled readWrite": "6432" });
  });

  it("refuses what a burstable server can't do, before anything is registered", async () => {
    const error = await database({ size: "small", highAvailability: true, replicas: 1, pooling: true }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ConfigError);
    expect((error as ConfigError).faults.map(({ path }) => path)).to.deep.equal(["replicas", "highAvailability", "pooling"]);
  });

  it("says which zone the network lacks", async () => {
    const error = await record(() => {
      const network = azureNetwork({}, { servers: [] });
      new AzureDatabase("database", {
        ...spec,
        network,
        secrets: azureSecrets(network),
        monitoring: azureMonitoring(network),
        rotationEpoch: 1,
      });
    }).catch((reason: unknown) => reason);
    expect(String(error)).to.include("no private DNS zone for postgres").and.include("`servers`");
  });
});
