// Database on Azure: PostgreSQL Flexible Server inside the network, encrypted with the stack's key. What only tunes it (parameters,
// replicas, export of logs) forms a chain behind the server, for which no service waits.
import * as postgres from "@pulumi/azure-native/dbforpostgresql";
import { type ComponentResourceOptions, interpolate, type Output, output, type Resource, secret } from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { SecretRef } from "../cloud";
import { sendSignals } from "../clouds/azure/diagnostics";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { permissions } from "../clouds/azure/permissions";
import { zoneOf } from "../clouds/azure/private-endpoint";
import { databaseSizes, limits } from "../clouds/azure/sizes";
import { transformed } from "../clouds/azure/transforms";
import { referenceTo, vaultSecret } from "../clouds/azure/vault-secret";
import { refuse } from "../fault";
import { scriptVariable } from "../../jobs/roles/job";
import { watchedTypes } from "../monitoring/azure-alarms";
import { Watched } from "../monitoring/watched";
import { guarded, type Stack, tagsOf } from "../stack";
import { type Access, envName, Use } from "../use";
import { check, Database, type DatabaseArgs, type Weekday } from "./index";
import { joinNetworks } from "./azure-standby";
import { diskOf } from "./azure-disk";
import { checkLogins, type Login, loginInUse, loginsOf } from "./logins";
import { scriptOf } from "./script";

/** Owns the database. Names of roles that Azure reserves (`admin`, `root`, `pg_…`) are refused for it. */
const owner = "platform";
const ports = { direct: 5432, pooled: 6432 } as const;

export class AzureDatabase extends Database<Azure> {
  readonly id: Output<string>;
  readonly zoneName: Output<string>;
  readonly host: Output<string>;
  readonly port: Output<number>;
  readonly databaseName: Output<string>;
  readonly secret: SecretRef<Azure>;
  readonly secretId: Output<string>;
  readonly watched: readonly Watched<Azure>[];
  readonly raw: Azure["database"];
  readonly server: postgres.Server;
  readonly replicas: readonly postgres.Server[];
  readonly roles: Use<Azure> | undefined;
  private readonly logins: ReadonlyMap<string, SecretRef<Azure>>;
  private readonly readHost: Output<string>;
  private readonly readPort: Output<number>;

  constructor(
    private readonly name: string,
    private readonly args: DatabaseArgs<Azure>,
    opts?: ComponentResourceOptions,
  ) {
    refuse([...check(args, limits), ...checkLogins(args)]);
    super("Database", name, opts);
    const password = this.makePassword();
    this.server = this.makeServer(password);
    // What is copied has its database already, and Azure refuses to make it again.
    const copied = args.standby !== undefined || args.restore !== undefined;
    const database = copied ? undefined : this.makeDatabase();
    const stored = this.keepPassword(password);
    const pool = args.pooling ? this.enablePool(`${name}-pool`, this.server, database ?? this.server) : undefined;
    // A replica has its source's parameters, and keeps them when it is promoted.
    const last = pool ?? database ?? this.server;
    const tuned = args.standby === undefined ? this.tune(last) : last;
    this.replicas = this.makeReplicas(tuned);
    const replicaPools = args.pooling
      ? this.replicas.map((replica, i) => this.enablePool(`${name}-replica-${i + 1}-pool`, replica, replica))
      : [];
    this.exportLogs();
    const logins = loginsOf(args).map((login) => ({ login, password: this.makeLoginPassword(login) }));
    this.logins = new Map(logins.map(({ login, password }) => [login.role, this.keep(login.part, password.result)]));

    // Our own name tells the host before the server is made, but a restore would then lead running services to one that is not there.
    this.id = this.server.id;
    this.zoneName = zoneOf(args.network, "postgres").id.apply((id) => id.split("/").at(-1) ?? "");
    this.host = this.server.fullyQualifiedDomainName;
    this.port = portBehind(pool);
    this.readHost = this.replicas[0]?.fullyQualifiedDomainName ?? this.host;
    this.readPort = this.replicas.length === 0 ? this.port : portBehind(replicaPools[0]);
    this.databaseName = database?.name ?? output(args.databaseName);
    this.secret = referenceTo(stored);
    this.secretId = stored.id;
    this.roles = logins.length === 0 ? undefined : this.rolesOf(this.keep("roles", secret(scriptOf(logins))));
    this.watched = this.watch();
    this.raw = {
      serverId: this.server.id,
      serverName: this.server.name,
      host: this.server.fullyQualifiedDomainName,
      port: ports.direct,
      databaseName: this.databaseName,
      owner,
      secret: this.secret.raw,
      sku: { name: databaseSizes[args.size].sku, tier: databaseSizes[args.size].tier },
      zoneId: zoneOf(args.network, "postgres").id,
    };
    this.finish({ host: this.host, port: this.port, databaseName: this.databaseName, secretId: this.secretId });
  }

  override use(access: Access["database"], service?: string): Use<Azure> {
    const [host, port] =
      access === "own"
        ? [this.server.fullyQualifiedDomainName, output(ports.direct)]
        : access === "read"
          ? [this.readHost, this.readPort]
          : [this.host, this.port];
    const login = loginInUse(this.args, access, service);
    return new Use<Azure>({
      target: this.name,
      noun: "database",
      access,
      env: {
        [envName(this.name, "host")]: host,
        [envName(this.name, "port")]: interpolate`${port}`,
        [envName(this.name, "name")]: this.databaseName,
        [envName(this.name, "user")]: login?.role ?? owner,
        [envName(this.name, "sslmode")]: "require",
      },
      secrets: { [envName(this.name, "password")]: (login && this.logins.get(login.role)) ?? this.secret },
      raw: { roles: permissions.database[access].map((role) => ({ scope: this.server.id, role: role.id })), backlog: undefined },
    });
  }

  private makePassword(): random.RandomPassword {
    return new random.RandomPassword(
      `${this.name}-password`,
      // Letters and digits only: it goes into connection URLs. Azure wants three kinds of characters.
      { length: 32, special: false, minUpper: 1, minLower: 1, minNumeric: 1, keepers: { epoch: String(this.args.rotationEpoch) } },
      { parent: this },
    );
  }

  private makeLoginPassword({ part, epoch }: Login): random.RandomPassword {
    const keepers = { epoch: String(epoch) };
    return new random.RandomPassword(`${this.name}-${part}-password`, { length: 32, special: false, keepers }, { parent: this });
  }

  private keep(part: string, value: Output<string>): SecretRef<Azure> {
    const { network, secrets } = this.args;
    const named = { component: this.name, part: `${this.name}-${part}` };
    return referenceTo(vaultSecret(this, `${this.name}-${part}`, { network, vaultName: secrets.raw.vaultName, ...named, value }));
  }

  private rolesOf(script: SecretRef<Azure>): Use<Azure> {
    const own = this.use("own");
    return new Use<Azure>({ ...own, secrets: { ...own.secrets, [scriptVariable]: script } });
  }

  private makeServer(password: random.RandomPassword): postgres.Server {
    const { args } = this;
    const { stack } = args.network;
    const keep = guarded(stack, "data");
    return new postgres.Server(
      `${this.name}-server`,
      transformed("database.server", {
        ...this.sharedArgs(),
        ...this.restored(),
        serverName: this.serverName(),
        storage: diskOf(this, args, [this.place(this.serverName()), ...this.restoredFrom()]),
        ...this.origin(password),
        availabilityZone: zone(stack, 0),
        // Left out without a standby: the SDK would send an empty zone for it.
        ...(args.highAvailability ? { highAvailability: { mode: "ZoneRedundant", standbyAvailabilityZone: zone(stack, 1) } } : {}),
        tags: tagsOf(stack, this.name),
      }),
      {
        parent: this,
        protect: keep,
        // A restore leaves the server before it where it is: whoever lets it go (`pulumi state unprotect`) still finds it in the group.
        retainOnDelete: keep,
        // The name inside the network must resolve, and the key must be in reach, before the server starts.
        dependsOn: [
          zoneOf(args.network, "postgres").link,
          args.secrets.raw.keyAccess,
          ...(args.standby?.primary === undefined ? [] : joinNetworks(this, this.name, args.network, args.standby.primary)),
        ],
        // After a failover primary and standby have swapped zones, and Azure refuses the old ones. A new version is an upgrade at once, of
        // which there is no way back. Of what a server is a copy is written once: without it Pulumi would make a promoted one anew.
        ignoreChanges: [
          ...(args.upgrade === true ? [] : ["version"]),
          "availabilityZone",
          "highAvailability.standbyAvailabilityZone",
          ...(args.standby === undefined ? [] : ["sourceServerResourceId", "backup.geoRedundantBackup"]),
        ],
      },
    );
  }

  /** A server of its own, or one that is copied from another region's and brings version, owner and names. */
  private origin(password: random.RandomPassword): Partial<postgres.ServerArgs> {
    const { standby, version, upgrade, backupDays } = this.args;
    if (standby?.primary !== undefined) return { createMode: "Replica", sourceServerResourceId: standby.primary.databaseId };
    const common = {
      administratorLoginPassword: password.result,
      authConfig: { activeDirectoryAuth: "Disabled", passwordAuth: "Enabled" },
    };
    if (standby !== undefined) {
      const replica = { role: "Primary", promoteMode: "Standalone", promoteOption: "Forced" };
      const upgraded = upgrade === true ? { version } : {};
      return { ...common, ...upgraded, createMode: "Update", replica, backup: { backupRetentionDays: backupDays } };
    }
    return {
      ...common,
      version,
      // A restored server has the password of its source until the epoch of rotation is raised.
      administratorLogin: owner,
      // A copy in the paired region would need a second key and vault there.
      backup: { backupRetentionDays: backupDays, geoRedundantBackup: "Disabled" },
    };
  }

  /** What a server and its replicas have in common: a replica is never smaller, and its network is of the same kind. */
  private sharedArgs() {
    const { raw: secrets } = this.args.secrets;
    const { raw } = this.args.network;
    const size = databaseSizes[this.args.size];
    return {
      resourceGroupName: raw.dataResourceGroupName,
      location: raw.location,
      sku: { name: size.sku, tier: size.tier },
      network: { delegatedSubnetResourceId: raw.subnetIds.data, privateDnsZoneArmResourceId: zoneOf(this.args.network, "postgres").id },
      identity: { type: "UserAssigned", userAssignedIdentities: secrets.keyIdentityId.apply((id) => ({ [id]: {} })) },
      dataEncryption: {
        type: "AzureKeyVault",
        primaryKeyURI: latest(secrets.keyUri),
        primaryUserAssignedIdentityId: secrets.keyIdentityId,
      },
      maintenanceWindow: {
        customWindow: "Enabled",
        dayOfWeek: dayNumbers[this.args.maintenance.day],
        startHour: this.args.maintenance.hour,
        startMinute: 0,
      },
    };
  }

  private restored(): postgres.ServerArgs | Record<string, never> {
    const { restore, network } = this.args;
    if (restore === undefined || !("source" in restore)) return {};
    const { dataResourceGroupName, subscriptionId } = network.raw;
    const byName = interpolate`/subscriptions/${subscriptionId}/resourceGroups/${dataResourceGroupName}/providers/Microsoft.DBforPostgreSQL/flexibleServers/${restore.source}`;
    return {
      resourceGroupName: dataResourceGroupName,
      createMode: "PointInTimeRestore",
      sourceServerResourceId: restore.source.startsWith("/") ? restore.source : byName,
      pointInTimeUTC: restore.time,
    };
  }

  /** As large as what it is restored from. */
  private restoredFrom(): postgres.GetServerArgs[] {
    const { restore } = this.args;
    if (restore === undefined || !("source" in restore)) return [];
    const [, group, serverName] = /\/resourceGroups\/([^/]+)\/.*\/([^/]+)$/i.exec(restore.source) ?? [];
    if (group === undefined || serverName === undefined) return [this.place(restore.source)];
    return [{ resourceGroupName: group, serverName }];
  }

  /** A restore makes a new server beside its source: it has a name of its own, which it keeps for as long as `restore` stays in the config. */
  private restoredPart(): string {
    const { restore } = this.args;
    return restore === undefined || !("time" in restore) ? this.name : `${this.name}-${restore.time.replace(/[^0-9]+/g, "")}`;
  }

  private serverName(what = ""): string {
    return nameOf(this.args.network.stack, "postgresServer", `${this.restoredPart()}${what}`);
  }

  /** In words that are known before anything is made. */
  private place(serverName: string): postgres.GetServerArgs {
    return { resourceGroupName: nameOf(this.args.network.stack, "resourceGroup", "data"), serverName };
  }

  private makeDatabase(): postgres.Database {
    const keep = guarded(this.args.network.stack, "data");
    return new postgres.Database(
      `${this.name}-database`,
      {
        resourceGroupName: this.args.network.raw.dataResourceGroupName,
        serverName: this.server.name,
        databaseName: this.args.databaseName,
        charset: "UTF8",
        collation: "en_US.utf8",
      },
      { parent: this, protect: keep, retainOnDelete: keep },
    );
  }

  private keepPassword(password: random.RandomPassword) {
    return vaultSecret(this, `${this.name}-secret`, {
      network: this.args.network,
      vaultName: this.args.secrets.raw.vaultName,
      component: this.name,
      part: `${this.name}-password`,
      value: password.result,
    });
  }

  /** Who connects to the pool's port waits for this one parameter. */
  private enablePool(name: string, server: postgres.Server, after: Resource): postgres.Configuration {
    return this.configure(name, server, "pgbouncer.enabled", "true", after);
  }

  /** One after another: each parameter is an update of the server, which refuses a second one meanwhile. Returns the last. */
  private tune(first: Resource): Resource {
    const parameters = Object.entries({ ...parametersAlways, ...(this.args.audit ? parametersAudit : {}) });
    return parameters.reduce<Resource>(
      (before, [key, value]) => this.configure(`${this.name}-${key.replace(/[._]/g, "-")}`, this.server, key, value, before),
      first,
    );
  }

  private configure(name: string, server: postgres.Server, key: string, value: string, after: Resource): postgres.Configuration {
    return new postgres.Configuration(
      name,
      {
        resourceGroupName: this.args.network.raw.dataResourceGroupName,
        serverName: server.name,
        configurationName: key,
        value,
        source: "user-override",
      },
      { parent: this, dependsOn: [after] },
    );
  }

  /** Replicas are copies: they may be removed without lifting the guard. They take over the parameters that the server has by then. */
  private makeReplicas(tuned: Resource): postgres.Server[] {
    const { stack } = this.args.network;
    const replicas: postgres.Server[] = [];
    for (let number = 1; number <= this.args.replicas; number++) {
      replicas.push(
        new postgres.Server(
          `${this.name}-replica-${number}`,
          transformed("database.replica", {
            ...this.sharedArgs(),
            serverName: this.serverName(`-replica-${number}`),
            // A new one begins with as much as its source has.
            storage: diskOf(this, this.args, [this.place(this.serverName(`-replica-${number}`)), this.place(this.serverName())]),
            createMode: "Replica",
            sourceServerResourceId: this.server.id,
            availabilityZone: zone(stack, number),
            tags: tagsOf(stack, this.name),
          }),
          { parent: this, dependsOn: [replicas.at(-1) ?? tuned], ignoreChanges: ["availabilityZone"] },
        ),
      );
    }
    return replicas;
  }

  private exportLogs(): void {
    const { network, monitoring } = this.args;
    const common = { stack: network.stack, workspaceId: monitoring.raw.workspaceId, signals: "logs and metrics" } as const;
    sendSignals(this, this.name, { ...common, resourceUri: this.server.id });
    this.replicas.forEach((replica, index) =>
      sendSignals(this, `${this.name}-replica-${index + 1}`, { ...common, resourceUri: replica.id }),
    );
  }

  /** What stands by is a database and a replica: how far it is behind is what a takeover would lose. */
  private watch(): Watched<Azure>[] {
    const type = watchedTypes.postgres;
    const entity = this.serverName();
    const totals = { connections: databaseSizes[this.args.size].connections };
    const replicas = this.replicas.map((replica, index) => {
      const part = `-replica-${index + 1}`;
      return new Watched<Azure>("replica", `${this.name}${part}`, { resourceId: replica.id, type, entity: this.serverName(part) });
    });
    const server = { resourceId: this.server.id, type, entity };
    const standby = this.args.standby?.primary === undefined ? [] : [new Watched<Azure>("replica", this.name, server)];
    return [new Watched<Azure>("database", this.name, { ...server, totals }), ...standby, ...replicas];
  }
}

/** TLS only; statements of more than half a second in the log; statistics of statements, and query insights. */
const parametersAlways = {
  require_secure_transport: "on",
  ssl_min_protocol_version: "TLSv1.2",
  log_min_duration_statement: "500",
  "azure.extensions": "PG_STAT_STATEMENTS",
  "pg_stat_statements.track": "top",
  "pg_qs.query_capture_mode": "top",
  "pgms_wait_sampling.query_capture_mode": "all",
} as const;

/** The library takes effect when the server restarts next: Azure restarts it for no parameter. */
const parametersAudit = {
  "azure.extensions": "PG_STAT_STATEMENTS,PGAUDIT",
  shared_preload_libraries: "pg_cron,pg_stat_statements,pgaudit",
  "pgaudit.log": "ddl,role",
} as const;

const dayNumbers = { sunday: 0, monday: 1, tuesday: 2, wednesday: 3, thursday: 4, friday: 5, saturday: 6 } as const satisfies Record<
  Weekday,
  number
>;

/** Zones of the stack in turn: the server in the first, its standby and first replica in the second. */
function zone(stack: Stack, number: number): string {
  return stack.zones[number % stack.zones.length] ?? "1";
}

/** The key without its version: the server follows the vault's rotation by itself. */
function latest(keyUri: Output<string>): Output<string> {
  return keyUri.apply((uri) => uri.slice(0, uri.lastIndexOf("/")));
}

function portBehind(pool: postgres.Configuration | undefined): Output<number> {
  return pool === undefined ? output(ports.direct) : pool.id.apply(() => ports.pooled);
}
