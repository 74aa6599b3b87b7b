// Database on AWS: an RDS instance in the data subnets, its read replicas, and RDS Proxy by choice. The identifier is fixed, because
// the log groups named after it must exist before it writes; a restore changes it, so the new server is made beside the old one.
import { LogGroup } from "@pulumi/aws/cloudwatch";
import { SecurityGroup } from "@pulumi/aws/ec2";
import { type Role, RolePolicyAttachment } from "@pulumi/aws/iam";
import { Instance, type InstanceArgs, ParameterGroup, SubnetGroup } from "@pulumi/aws/rds";
import { type ComponentResourceOptions, interpolate, jsonStringify, output, type Output, type Resource, secret } from "@pulumi/pulumi";
import { RandomId, RandomPassword } from "@pulumi/random";
import { SecretRef } from "../cloud";
import type { Aws } from "../clouds/aws/family";
import { nameOf } from "../clouds/aws/names";
import { grants, permissions, trustPolicy } from "../clouds/aws/permissions";
import { createServiceRole } from "../clouds/aws/role";
import { type StoredSecret, storeSecret } from "../clouds/aws/secret";
import { databaseSizes, limits } from "../clouds/aws/sizes";
import { transformed } from "../clouds/aws/transforms";
import { refuse } from "../fault";
import { scriptVariable } from "../../jobs/roles/job";
import { Watched } from "../monitoring/watched";
import { guarded, tagsOf } from "../stack";
import { type Access, envName, Use } from "../use";
import { createPool, type Pool } from "./aws-pool";
import { checkGrowth, ignoredOf, isReplica, originOf, owner, parametersOf, serverName, windowsOf } from "./aws-settings";
import { check, Database, type DatabaseArgs } from "./index";
import { checkLogins, type Login, loginInUse, loginsOf } from "./logins";
import { scriptOf } from "./script";

const port = 5432;
const logs = ["postgresql", "upgrade"] as const;

export class AwsDatabase extends Database<Aws> {
  readonly id: Output<string>;
  readonly zoneName = output("");
  readonly host: Output<string>;
  readonly port: Output<number>;
  readonly databaseName: Output<string>;
  readonly secret: SecretRef<Aws>;
  readonly secretId: Output<string>;
  readonly watched: readonly Watched<Aws>[];
  readonly raw: Aws["database"];
  readonly primary: Instance;
  readonly replicas: readonly Instance[];
  readonly group: SecurityGroup;
  readonly pool: Pool | undefined;
  readonly roles: Use<Aws> | undefined;
  private readonly name: string;
  private readonly args: DatabaseArgs<Aws>;
  private readonly logins: ReadonlyMap<string, StoredSecret>;

  constructor(name: string, args: DatabaseArgs<Aws>, opts?: ComponentResourceOptions) {
    refuse([...check(args, limits), ...checkGrowth(args), ...checkLogins(args)]);
    super("Database", name, opts);
    this.name = name;
    this.args = args;
    const password = this.createPassword(name, args.rotationEpoch);
    const stored = this.storePassword(name, args, password);
    this.group = this.createGroup(name, args);
    const shared = this.createShared(name, args);
    this.primary = this.createPrimary(name, args, shared, password);
    this.replicas = Array.from({ length: args.replicas }, (_, index) => this.createReplica(name, index + 1, args, shared));
    const logins = loginsOf(args).map((login) => ({ login, password: this.createLoginPassword(name, login) }));
    this.logins = new Map(logins.map(({ login, password }) => [login.role, this.storeLogin(name, args, login, password)]));
    this.pool = args.pooling ? this.createPool(name, args, [stored, ...this.logins.values()]) : undefined;

    this.id = this.primary.arn;
    this.host = this.pool?.host ?? this.primary.address;
    this.port = output(port);
    this.databaseName = output(args.databaseName);
    this.secret = stored.ref;
    this.secretId = stored.secret.arn;
    this.roles = logins.length === 0 ? undefined : this.rolesOf(this.storeScript(name, args, scriptOf(logins)));
    this.watched = this.watch(name, args);
    this.raw = {
      arn: this.primary.arn,
      identifier: this.primary.identifier,
      host: this.primary.address,
      port,
      databaseName: this.databaseName,
      owner,
      secret: stored.ref.raw,
      groupId: this.group.id,
      subnetGroupName: shared.subnets.name,
      parameterGroupName: shared.parameters.name,
      keyArn: args.secrets.raw.keyArn,
    };
    this.finish({ host: this.host, port: this.port, databaseName: this.databaseName, secretId: this.secretId });
  }

  use(access: Access["database"], service?: string): Use<Aws> {
    const [replica] = this.replicas;
    // A replica is reached directly: RDS Proxy leads to the primary only. So is the owner's server, whose changes no pool may share.
    const direct = access === "own" ? this.primary : access === "read" ? replica : undefined;
    const login = loginInUse(this.args, access, service);
    return new Use<Aws>({
      target: this.name,
      noun: "database",
      access,
      env: {
        [envName(this.name, "host")]: direct?.address ?? this.host,
        [envName(this.name, "port")]: String(port),
        [envName(this.name, "name")]: this.databaseName,
        [envName(this.name, "user")]: login?.role ?? owner,
        [envName(this.name, "sslmode")]: "require",
      },
      secrets: { [envName(this.name, "password")]: login === undefined ? this.secret : this.secretOf(login) },
      raw: {
        server: { groupId: direct === undefined && this.pool !== undefined ? this.pool.groupId : this.group.id, port },
        statements: grants(permissions.database[access]),
        backlog: undefined,
      },
    });
  }

  /**
   * RDS gives bytes and numbers where people think in percent: the totals are those of the size. What stands by is a database and a replica:
   * how far it is behind is what a takeover would lose.
   */
  private watch(name: string, args: DatabaseArgs<Aws>): Watched<Aws>[] {
    const memoryBytes = databaseSizes[args.size].memoryGib * gibibyte;
    const totals = { memoryBytes, storageBytes: args.storageGb * gibibyte, connections: maxConnections(memoryBytes) };
    const primary = {
      values: { DBInstanceIdentifier: this.primary.identifier },
      totals,
      logGroupName: interpolate`/aws/rds/instance/${this.primary.identifier}/postgresql`,
    };
    const replicas = this.replicas.map(
      (replica, index) =>
        new Watched<Aws>("replica", `${name}-replica-${index + 1}`, { values: { DBInstanceIdentifier: replica.identifier } }),
    );
    const standby = isReplica(args) ? [new Watched<Aws>("replica", name, { values: primary.values })] : [];
    return [new Watched<Aws>("database", name, primary), ...standby, ...replicas];
  }

  private createPassword(name: string, epoch: number): RandomPassword {
    return new RandomPassword(`${name}-owner`, { length: 32, special: false, keepers: { epoch: String(epoch) } }, { parent: this });
  }

  /** As JSON: RDS Proxy reads the login from these two fields. Containers are given the one field `password`. */
  private storePassword(name: string, args: DatabaseArgs<Aws>, password: RandomPassword): StoredSecret {
    return storeSecret(this, `${name}-owner`, {
      stack: args.network.stack,
      component: name,
      description: `Owner of the database ${args.databaseName}`,
      keyArn: args.secrets.raw.keyArn,
      value: jsonStringify({ username: owner, password: password.result }),
      field: "password",
    });
  }

  private createLoginPassword(name: string, { part, epoch }: Login): RandomPassword {
    const keepers = { epoch: String(epoch) };
    return new RandomPassword(`${name}-${part}`, { length: 32, special: false, keepers }, { parent: this });
  }

  private storeLogin(name: string, args: DatabaseArgs<Aws>, { part, role }: Login, password: RandomPassword): StoredSecret {
    return storeSecret(this, `${name}-${part}`, {
      stack: args.network.stack,
      component: name,
      description: `Login ${role} of the database ${args.databaseName}`,
      keyArn: args.secrets.raw.keyArn,
      value: jsonStringify({ username: role, password: password.result }),
      field: "password",
    });
  }

  private secretOf({ role, service, access }: Login): SecretRef<Aws> {
    const stored = this.logins.get(role);
    if (stored === undefined) throw new Error(`no password was made for ${role}`);
    const others = loginsOf(this.args).filter((other) => other.service === service && other.access === access && other.role !== role);
    const turns = others.flatMap((other) => this.logins.get(other.role)?.secret.arn ?? []);
    return new SecretRef<Aws>({ ...stored.ref.raw, turns });
  }

  private storeScript(name: string, args: DatabaseArgs<Aws>, value: Output<string>): SecretRef<Aws> {
    return storeSecret(this, `${name}-roles`, {
      stack: args.network.stack,
      component: name,
      description: `SQL of the logins of the database ${args.databaseName}`,
      keyArn: args.secrets.raw.keyArn,
      value: secret(value),
    }).ref;
  }

  private rolesOf(script: SecretRef<Aws>): Use<Aws> {
    const own = this.use("own");
    return new Use<Aws>({ ...own, secrets: { ...own.secrets, [scriptVariable]: script } });
  }

  /** Without rules: each service that uses the database adds its own. */
  private createGroup(name: string, { network }: DatabaseArgs<Aws>): SecurityGroup {
    const { stack, raw } = network;
    return new SecurityGroup(
      nameOf(stack, "securityGroup", name),
      {
        vpcId: raw.vpcId,
        description: "Database: one rule per service that uses it",
        tags: { ...tagsOf(stack, name), Name: `${stack.project}-${stack.name}-${name}` },
      },
      { parent: this },
    );
  }

  private createShared(name: string, args: DatabaseArgs<Aws>): Shared {
    const { stack, raw } = args.network;
    const tags = tagsOf(stack, name);
    const subnets = new SubnetGroup(nameOf(stack, "subnetGroup", name), { subnetIds: [...raw.dataSubnetIds], tags }, { parent: this });
    const parameters = new ParameterGroup(
      nameOf(stack, "parameterGroup", `${name}-${args.version}`),
      transformed("database.parameters", { family: `postgres${args.version}`, parameters: parametersOf(args), tags }),
      { parent: this },
    );
    const role = createServiceRole(this, stack, nameOf(stack, "role", `${name}-monitoring`), {
      assumeRolePolicy: trustPolicy("monitoring.rds.amazonaws.com", raw.accountId),
      tags,
    });
    const policyArn = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole";
    const attachment = new RolePolicyAttachment(`${name}-monitoring`, { role: role.name, policyArn }, { parent: this });
    return { subnets, parameters, role, attachment };
  }

  private createPrimary(name: string, args: DatabaseArgs<Aws>, shared: Shared, password: RandomPassword): Instance {
    const { stack } = args.network;
    const keep = guarded(stack, "data");
    const identifier = nameOf(stack, "rdsInstance", serverName(name, args));
    // A replica takes no final snapshot.
    const last =
      keep && !isReplica(args) ? new RandomId(`${name}-final`, { byteLength: 4, keepers: { identifier } }, { parent: this }) : undefined;
    const instance: InstanceArgs = {
      ...this.commonArgs(identifier, args, shared),
      ...originOf(args),
      // A replica has the password of its source; it gets its own in the update that promotes it.
      ...(isReplica(args) ? {} : { password: password.result }),
      port,
      kmsKeyId: args.secrets.raw.keyArn,
      multiAz: args.highAvailability,
      ...(args.upgrade === true ? { allowMajorVersionUpgrade: true } : {}),
      dbSubnetGroupName: shared.subnets.name,
      backupRetentionPeriod: args.backupDays,
      ...windowsOf(args),
      copyTagsToSnapshot: true,
      deleteAutomatedBackups: !keep,
      deletionProtection: keep,
      skipFinalSnapshot: last === undefined,
      // A snapshot outlives its server, so the next server of this name needs another name for its own.
      ...(last === undefined ? {} : { finalSnapshotIdentifier: interpolate`${identifier}-final-${last.hex}` }),
    };
    return new Instance(`${name}-primary`, transformed("database.instance", instance), {
      parent: this,
      protect: keep,
      // A restore leaves the server before it where it is: whoever lets it go (`pulumi state unprotect`) still finds it in the account.
      retainOnDelete: keep,
      ignoreChanges: ignoredOf(args),
      dependsOn: [shared.attachment, ...this.createLogGroups(name, identifier, args)],
    });
  }

  /** A replica holds nothing of its own, so it is not guarded; engine, login, key, subnets and the first disk are its source's. */
  private createReplica(name: string, number: number, args: DatabaseArgs<Aws>, shared: Shared): Instance {
    const part = `${serverName(name, args)}-replica-${number}`;
    const identifier = nameOf(args.network.stack, "rdsInstance", part);
    const instance: InstanceArgs = {
      ...this.commonArgs(identifier, args, shared),
      replicateSourceDb: this.primary.identifier,
      multiAz: false,
      backupRetentionPeriod: 0,
      maintenanceWindow: windowsOf(args).maintenanceWindow,
      deletionProtection: false,
      // RDS takes no final snapshot of a replica.
      skipFinalSnapshot: true,
    };
    return new Instance(part, transformed("database.replica", instance), {
      parent: this,
      ignoreChanges: ["engineVersion"],
      dependsOn: [shared.attachment, ...this.createLogGroups(part, identifier, args)],
    });
  }

  /** What the primary and its replicas have in common. */
  private commonArgs(identifier: string, args: DatabaseArgs<Aws>, shared: Shared) {
    const { stack } = args.network;
    return {
      identifier,
      instanceClass: databaseSizes[args.size].instanceClass,
      storageType: "gp3",
      maxAllocatedStorage: args.maxStorageGb > args.storageGb ? args.maxStorageGb : 0,
      storageEncrypted: true,
      publiclyAccessible: false,
      vpcSecurityGroupIds: [this.group.id],
      caCertIdentifier: "rds-ca-rsa2048-g1",
      iamDatabaseAuthenticationEnabled: true,
      parameterGroupName: shared.parameters.name,
      autoMinorVersionUpgrade: true,
      // In production a change that restarts the server waits for the weekly hour. What takes over can't wait, and an upgrade does not: the
      // group of parameters is of its version.
      applyImmediately: stack.environment !== "prod" || args.standby !== undefined || args.upgrade === true,
      performanceInsightsEnabled: true,
      performanceInsightsKmsKeyId: args.secrets.raw.keyArn,
      // Seven days are free.
      performanceInsightsRetentionPeriod: 7,
      databaseInsightsMode: "standard",
      monitoringInterval: 60,
      monitoringRoleArn: shared.role.arn,
      enabledCloudwatchLogsExports: [...logs],
      tags: tagsOf(stack, this.name),
    };
  }

  /** RDS would make them itself, without key and for ever. */
  private createLogGroups(part: string, identifier: string, { network, monitoring }: DatabaseArgs<Aws>): LogGroup[] {
    const { logDays, logKeyArn } = monitoring.raw;
    return logs.map((log) => {
      const args = {
        name: `/aws/rds/instance/${identifier}/${log}`,
        retentionInDays: logDays,
        kmsKeyId: logKeyArn,
        tags: tagsOf(network.stack, this.name),
      };
      return new LogGroup(`${part}-${log}`, args, { parent: this });
    });
  }

  private createPool(name: string, args: DatabaseArgs<Aws>, stored: readonly StoredSecret[]): Pool {
    return createPool(this, name, {
      network: args.network,
      monitoring: args.monitoring,
      primary: this.primary,
      group: this.group,
      stored,
      port,
    });
  }
}

interface Shared {
  readonly subnets: SubnetGroup;
  readonly parameters: ParameterGroup;
  readonly role: Role;
  /** Without it RDS refuses to start the enhanced monitoring, and with it the instance. */
  readonly attachment: Resource;
}

const gibibyte = 1024 ** 3;

/** RDS's own default of `max_connections`, by the memory of the size. */
function maxConnections(memoryBytes: number): number {
  return Math.min(Math.floor(memoryBytes / 9_531_392), 5000);
}
