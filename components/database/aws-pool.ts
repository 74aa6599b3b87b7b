// The pool of connections in front of an RDS instance: RDS Proxy, with a security group, a role and a log group of its own.
import { LogGroup } from "@pulumi/aws/cloudwatch";
import { SecurityGroup } from "@pulumi/aws/ec2";
import { type Role, RolePolicy } from "@pulumi/aws/iam";
import { type Instance, Proxy, ProxyDefaultTargetGroup, ProxyTarget } from "@pulumi/aws/rds";
import { SecurityGroupEgressRule, SecurityGroupIngressRule } from "@pulumi/aws/vpc";
import { all, type ComponentResource, type Output } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { nameOf } from "../clouds/aws/names";
import { permissions, policyDocument, trustPolicy } from "../clouds/aws/permissions";
import { createServiceRole } from "../clouds/aws/role";
import type { StoredSecret } from "../clouds/aws/secret";
import { transformed } from "../clouds/aws/transforms";
import type { Monitoring } from "../monitoring";
import type { Network } from "../network";
import { tagsOf } from "../stack";

export interface Pool {
  /** Known once the proxy has its target: a service that started earlier would find nobody behind it. */
  readonly host: Output<string>;
  readonly groupId: Output<string>;
  readonly proxy: Proxy;
}

export interface PoolArgs {
  readonly network: Network<Aws>;
  readonly monitoring: Monitoring<Aws>;
  readonly primary: Instance;
  readonly group: SecurityGroup;
  /** Every login that may come through it: the owner's first. */
  readonly stored: readonly StoredSecret[];
  readonly port: number;
}

export function createPool(parent: ComponentResource, name: string, args: PoolArgs): Pool {
  const group = createGroup(parent, name, args);
  const [role, policy] = createRole(parent, name, args);
  const logs = createLogGroup(parent, name, args);
  const { network, primary, stored } = args;
  const proxy = new Proxy(
    `${name}-pool`,
    transformed("database.proxy", {
      name: proxyName(name, args),
      engineFamily: "POSTGRESQL",
      requireTls: true,
      debugLogging: false,
      idleClientTimeout: 1800,
      roleArn: role.arn,
      auths: stored.map(({ secret }) => ({
        authScheme: "SECRETS",
        clientPasswordAuthType: "POSTGRES_SCRAM_SHA_256",
        iamAuth: "DISABLED",
        secretArn: secret.arn,
      })),
      vpcSubnetIds: [...network.raw.dataSubnetIds],
      vpcSecurityGroupIds: [group.id],
      tags: tagsOf(network.stack, name),
    }),
    // It logs in with the secrets' values as soon as it is made.
    { parent, dependsOn: [policy, logs, ...stored.map(({ version }) => version)] },
  );
  const targets = new ProxyDefaultTargetGroup(
    `${name}-pool`,
    {
      dbProxyName: proxy.name,
      // A tenth stays free for operators, jobs and monitoring, which come past the pool.
      connectionPoolConfig: { maxConnectionsPercent: 90, maxIdleConnectionsPercent: 45, connectionBorrowTimeout: 30 },
    },
    { parent },
  );
  const target = new ProxyTarget(
    `${name}-pool`,
    { dbProxyName: proxy.name, targetGroupName: targets.name, dbInstanceIdentifier: primary.identifier },
    { parent },
  );
  return { host: all([proxy.endpoint, target.id]).apply(([endpoint]) => endpoint), groupId: group.id, proxy };
}

/** Services reach the pool by rules of their own; from the pool one rule leads to the database. */
function createGroup(parent: ComponentResource, name: string, { network, group, port }: PoolArgs): SecurityGroup {
  const { stack, raw } = network;
  const tags = tagsOf(stack, name);
  const pool = new SecurityGroup(
    nameOf(stack, "securityGroup", `${name}-pool`),
    {
      vpcId: raw.vpcId,
      description: "Database pool: one rule per service that uses it",
      tags: { ...tags, Name: `${stack.project}-${stack.name}-${name}-pool` },
    },
    { parent },
  );
  const rule = { ipProtocol: "tcp", fromPort: port, toPort: port, tags };
  new SecurityGroupEgressRule(
    `${name}-pool`,
    { ...rule, description: "Pool to database", securityGroupId: pool.id, referencedSecurityGroupId: group.id },
    { parent },
  );
  new SecurityGroupIngressRule(
    `${name}-pool`,
    { ...rule, description: "Database from its pool", securityGroupId: group.id, referencedSecurityGroupId: pool.id },
    { parent },
  );
  return pool;
}

/** The proxy logs in for its clients, so it may read their secrets. */
function createRole(parent: ComponentResource, name: string, { network, stored }: PoolArgs): readonly [Role, RolePolicy] {
  const { stack } = network;
  const role = createServiceRole(parent, stack, nameOf(stack, "role", `${name}-pool`), {
    // AWS documents no source account for proxies.
    assumeRolePolicy: trustPolicy("rds.amazonaws.com"),
    tags: tagsOf(stack, name),
  });
  const policy = policyDocument([
    { actions: permissions.secret.read, resources: stored.map(({ secret }) => secret.arn) },
    { actions: permissions.key.decrypt, resources: [...new Set(stored.map(({ ref }) => ref.raw.keyArn))] },
  ]);
  return [role, new RolePolicy(`${name}-pool`, { role: role.name, policy }, { parent })];
}

function createLogGroup(parent: ComponentResource, name: string, args: PoolArgs): LogGroup {
  const { logDays, logKeyArn } = args.monitoring.raw;
  return new LogGroup(
    `${name}-pool`,
    {
      name: `/aws/rds/proxy/${proxyName(name, args)}`,
      retentionInDays: logDays,
      kmsKeyId: logKeyArn,
      tags: tagsOf(args.network.stack, name),
    },
    { parent },
  );
}

function proxyName(name: string, { network }: PoolArgs): string {
  return nameOf(network.stack, "rdsProxy", name);
}
