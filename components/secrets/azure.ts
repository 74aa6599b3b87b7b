// Secrets on Azure: a vault that only the network and Azure's own services reach, the key of the data with the identity that servers
// use it by, and the application's secrets. Access is by role only, one secret at a time.
import * as authorization from "@pulumi/azure-native/authorization";
import * as keyvault from "@pulumi/azure-native/keyvault";
import * as managedidentity from "@pulumi/azure-native/managedidentity";
import { type ComponentResourceOptions, interpolate, type Output, secret } from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { SecretRef } from "../cloud";
import { sendSignals } from "../clouds/azure/diagnostics";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { platformRoles, roleId } from "../clouds/azure/permissions";
import { privateEndpoint } from "../clouds/azure/private-endpoint";
import { transformed } from "../clouds/azure/transforms";
import { referenceTo, vaultSecret } from "../clouds/azure/vault-secret";
import { guarded, tagsOf } from "../stack";
import { Secrets, type SecretsArgs, type SecretSource, type Turn, turnsOf } from "./index";

export class AzureSecrets extends Secrets<Azure> {
  readonly raw: Azure["secrets"];
  readonly vault: keyvault.Vault;
  readonly key: keyvault.Key;
  private readonly references: ReadonlyMap<string, SecretRef<Azure>>;
  private readonly lastReferences = new Map<string, SecretRef<Azure>>();

  constructor(name: string, args: SecretsArgs<Azure>, opts?: ComponentResourceOptions) {
    super("Secrets", name, opts);
    this.vault = this.makeVault(name, args);
    if (args.monitoring !== undefined) {
      const { workspaceId } = args.monitoring.raw;
      sendSignals(this, name, { stack: args.network.stack, resourceUri: this.vault.id, workspaceId, signals: "logs and metrics" });
    }
    this.key = this.makeKey(name, args);
    const { identity, access } = this.makeKeyIdentity(name, args);
    const reachable = privateEndpoint(this, name, {
      network: args.network,
      zone: "vault",
      target: this.vault.id,
      resourceGroupName: args.network.raw.dataResourceGroupName,
    });
    this.references = new Map(Object.entries(args.secrets).map(([each, source]) => [each, this.keepSource(name, each, source, args)]));

    this.raw = {
      vaultName: this.vault.name,
      vaultId: this.vault.id,
      vaultUri: interpolate`https://${this.vault.name}.vault.azure.net/`,
      keyUri: this.key.keyUriWithVersion,
      keyName: this.key.name,
      keyIdentityId: identity.id,
      keyPrincipalId: identity.principalId,
      keyAccess: access,
      reachable,
    };
    this.finish({});
  }

  override secret(name: string): SecretRef<Azure> {
    const reference = this.references.get(name);
    if (reference === undefined) {
      throw new Error(
        `there is no application secret "${name}", only ${[...this.references.keys()].join(", ") || "none"}: add it to secrets`,
      );
    }
    return reference;
  }

  override previous(name: string): SecretRef<Azure> | undefined {
    return this.lastReferences.get(name);
  }

  private makeVault(name: string, { network }: SecretsArgs<Azure>): keyvault.Vault {
    const { raw, stack } = network;
    // A deleted vault keeps its name for as long as it can be recovered: the next one of this stack has another suffix.
    const suffix = new random.RandomId(`${name}-vault-suffix`, { byteLength: 3 }, { parent: this });
    return new keyvault.Vault(
      `${name}-vault`,
      transformed("secrets.vault", {
        resourceGroupName: raw.dataResourceGroupName,
        location: raw.location,
        vaultName: interpolate`${nameOf(stack, "keyVault", "")}-${suffix.hex}`,
        properties: {
          tenantId: raw.tenantId,
          sku: { family: "A", name: stack.environment === "prod" ? "premium" : "standard" },
          enableRbacAuthorization: true,
          enableSoftDelete: true,
          softDeleteRetentionInDays: guarded(stack, "vault") ? 90 : 7,
          // Databases and caches refuse a key from a vault without it. Where nothing is guarded the vault still goes with one `destroy`.
          enablePurgeProtection: true,
          publicNetworkAccess: "Disabled",
          networkAcls: { bypass: "AzureServices", defaultAction: "Deny" },
        },
        tags: tagsOf(stack, name),
      }),
      {
        parent: this,
        protect: guarded(stack, "vault"),
        // Fixed when the vault is made: lifting the guard must not try to change it.
        ignoreChanges: ["properties.softDeleteRetentionInDays"],
      },
    );
  }

  private makeKey(name: string, { network }: SecretsArgs<Azure>): keyvault.Key {
    const { raw, stack } = network;
    return new keyvault.Key(
      `${name}-key`,
      transformed("secrets.key", {
        resourceGroupName: raw.dataResourceGroupName,
        vaultName: this.vault.name,
        keyName: nameOf(stack, "key", "data"),
        properties: {
          kty: stack.environment === "prod" ? "RSA-HSM" : "RSA",
          keySize: 3072,
          keyOps: ["wrapKey", "unwrapKey"],
          attributes: { enabled: true },
          // Versions get no end: a server that still uses an old one would stop at that moment.
          rotationPolicy: { lifetimeActions: [{ action: { type: "rotate" }, trigger: { timeAfterCreate: "P90D" } }] },
        },
        tags: tagsOf(stack, name),
      }),
      // Deleted over the data plane, which is closed from outside; the vault takes it along.
      { parent: this, retainOnDelete: true, protect: guarded(stack, "vault") },
    );
  }

  private makeKeyIdentity(name: string, { network }: SecretsArgs<Azure>) {
    const { raw, stack } = network;
    const identity = new managedidentity.UserAssignedIdentity(
      `${name}-key-user`,
      {
        resourceGroupName: raw.dataResourceGroupName,
        location: raw.location,
        resourceName: nameOf(stack, "identity", `${name}-key`),
        tags: tagsOf(stack, name),
      },
      // Servers whose key's identity is gone stop.
      { parent: this, protect: guarded(stack, "vault") },
    );
    const access = new authorization.RoleAssignment(
      `${name}-key-access`,
      {
        scope: this.key.id,
        principalId: identity.principalId,
        principalType: "ServicePrincipal",
        roleDefinitionId: roleId(raw.subscriptionId, platformRoles.key.use.id),
      },
      { parent: this },
    );
    return { identity, access };
  }

  private keepSource(name: string, each: string, source: SecretSource, args: SecretsArgs<Azure>): SecretRef<Azure> {
    if ("value" in source) return this.keep(name, each, secret(source.value), args);
    const { current, last } = turnsOf(args.rotationEpoch);
    const value = this.generate(name, each, current).result;
    this.lastReferences.set(each, this.keep(name, `${each}-previous`, this.generate(name, each, last).result, args));
    return this.keep(name, each, value, args);
  }

  private keep(name: string, each: string, value: Output<string>, { network }: SecretsArgs<Azure>): SecretRef<Azure> {
    // Beside the passwords of servers, which are kept under the names of their components.
    const named = { component: name, part: `app-${each}` };
    return referenceTo(vaultSecret(this, `${name}-${each}`, { network, vaultName: this.vault.name, ...named, value }));
  }

  private generate(name: string, each: string, { generator, epoch }: Turn): random.RandomPassword {
    const part = generator === "odd" ? each : `${each}-even`;
    const value = { length: 48, special: false, keepers: { epoch: String(epoch) } };
    return new random.RandomPassword(`${name}-${part}-value`, value, { parent: this });
  }
}
