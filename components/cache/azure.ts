// Cache on Azure: Azure Managed Redis behind a private endpoint, reached with TLS and an access key from the vault.
import * as redis from "@pulumi/azure-native/redisenterprise";
import { all, type ComponentResourceOptions, interpolate, type Output, output, type Resource, secret } from "@pulumi/pulumi";
import type { SecretRef } from "../cloud";
import { sendSignals } from "../clouds/azure/diagnostics";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { permissions } from "../clouds/azure/permissions";
import { privateEndpoint } from "../clouds/azure/private-endpoint";
import { cacheSizes, limits } from "../clouds/azure/sizes";
import { transformed } from "../clouds/azure/transforms";
import { referenceTo, vaultSecret } from "../clouds/azure/vault-secret";
import { refuse } from "../fault";
import { watchedTypes } from "../monitoring/azure-alarms";
import { Watched } from "../monitoring/watched";
import { guarded, tagsOf } from "../stack";
import { type Access, envName, Use } from "../use";
import { Cache, type CacheArgs, check, ttlEnv } from "./index";

const port = 10000;

export class AzureCache extends Cache<Azure> {
  readonly host: Output<string>;
  readonly port: Output<number>;
  readonly secret: SecretRef<Azure>;
  readonly secretId: Output<string>;
  readonly watched: readonly Watched<Azure>[];
  readonly raw: Azure["cache"];
  readonly cluster: redis.RedisEnterprise;
  readonly database: redis.Database;

  constructor(
    private readonly name: string,
    private readonly args: CacheArgs<Azure>,
    opts?: ComponentResourceOptions,
  ) {
    refuse(check(args, limits));
    super("Cache", name, opts);
    this.cluster = this.makeCluster();
    this.database = this.makeDatabase();
    const reachable = this.makePrivate();
    const stored = this.keepKey();
    this.exportLogs();

    this.host = all([this.cluster.hostName, reachable.id]).apply(([host]) => host);
    this.port = output(port);
    this.secret = referenceTo(stored);
    this.secretId = stored.id;
    const entity = nameOf(args.network.stack, "redis", name);
    this.watched = [new Watched<Azure>("cache", name, { resourceId: this.cluster.id, type: watchedTypes.redis, entity })];
    this.raw = { clusterId: this.cluster.id, databaseId: this.database.id };
    this.finish({ host: this.host, port: this.port, secretId: this.secretId });
  }

  override use(access: Access["cache"]): Use<Azure> {
    const times = Object.entries(ttlEnv).map(([key, seconds]) => [envName(this.name, key), seconds]);
    return new Use<Azure>({
      target: this.name,
      noun: "cache",
      access,
      env: {
        [envName(this.name, "host")]: this.host,
        [envName(this.name, "port")]: interpolate`${this.port}`,
        [envName(this.name, "tls")]: "true",
        ...Object.fromEntries(times),
      },
      secrets: { [envName(this.name, "password")]: this.secret },
      raw: { roles: permissions.cache[access].map((role) => ({ scope: this.database.id, role: role.id })), backlog: undefined },
    });
  }

  private makeCluster(): redis.RedisEnterprise {
    const { network, secrets, size, highAvailability } = this.args;
    const { raw, stack } = network;
    return new redis.RedisEnterprise(
      `${this.name}-cluster`,
      transformed("cache.cluster", {
        resourceGroupName: raw.dataResourceGroupName,
        location: raw.location,
        clusterName: nameOf(stack, "redis", this.name),
        // The service spreads two nodes over zones by itself: `zones` is refused for these sizes.
        sku: { name: cacheSizes[size].sku },
        highAvailability: highAvailability ? "Enabled" : "Disabled",
        minimumTlsVersion: "1.2",
        publicNetworkAccess: "Disabled",
        identity: { type: "UserAssigned", userAssignedIdentities: [secrets.raw.keyIdentityId] },
        encryption: {
          customerManagedKeyEncryption: {
            // Only a certain version is taken; a refresh after the key's rotation brings the next one.
            keyEncryptionKeyUrl: secrets.raw.keyUri,
            keyEncryptionKeyIdentity: { identityType: "userAssignedIdentity", userAssignedIdentityResourceId: secrets.raw.keyIdentityId },
          },
        },
        tags: tagsOf(stack, this.name),
      }),
      { parent: this, protect: guarded(stack, "data"), dependsOn: [secrets.raw.keyAccess] },
    );
  }

  private makeDatabase(): redis.Database {
    const { network, snapshotDays } = this.args;
    return new redis.Database(
      `${this.name}-database`,
      transformed("cache.database", {
        resourceGroupName: network.raw.dataResourceGroupName,
        clusterName: this.cluster.name,
        databaseName: "default",
        clientProtocol: "Encrypted",
        // One endpoint for every client, whether it knows clusters or not.
        clusteringPolicy: "EnterpriseCluster",
        evictionPolicy: "AllKeysLRU",
        port,
        persistence:
          snapshotDays > 0 ? { rdbEnabled: true, rdbFrequency: "6h", aofEnabled: false } : { rdbEnabled: false, aofEnabled: false },
        // A password, as on the other cloud: applications need no library of Azure's.
        accessKeysAuthentication: "Enabled",
      }),
      { parent: this, protect: guarded(network.stack, "data") },
    );
  }

  private makePrivate(): Resource & { readonly id: Output<string> } {
    const { network } = this.args;
    return privateEndpoint(this, this.name, {
      network,
      zone: "redis",
      target: this.cluster.id,
      resourceGroupName: network.raw.dataResourceGroupName,
    });
  }

  /** Azure measures the cluster and logs at its database. */
  private exportLogs(): void {
    const { network, monitoring } = this.args;
    const common = { stack: network.stack, workspaceId: monitoring.raw.workspaceId };
    sendSignals(this, `${this.name}-cluster`, { ...common, resourceUri: this.cluster.id, signals: "metrics" });
    sendSignals(this, this.name, { ...common, resourceUri: this.database.id, signals: "logs" });
  }

  /** Azure makes two keys, both valid: a rotation moves services to the other one, then the first can be made anew. */
  private keepKey() {
    const { network, secrets, rotationEpoch } = this.args;
    const keys = redis.listDatabaseKeysOutput(
      { resourceGroupName: network.raw.dataResourceGroupName, clusterName: this.cluster.name, databaseName: this.database.name },
      { parent: this },
    );
    return vaultSecret(this, `${this.name}-secret`, {
      network,
      vaultName: secrets.raw.vaultName,
      component: this.name,
      part: `${this.name}-password`,
      value: secret(keys[keyOf(rotationEpoch)]),
    });
  }
}

/** Which of the two keys is in use: they take turns. */
export function keyOf(rotationEpoch: number): "primaryKey" | "secondaryKey" {
  return rotationEpoch % 2 === 0 ? "secondaryKey" : "primaryKey";
}
