// The bootstrap on Azure: the account of the states, the keys of their secrets, and the identities that GitHub's jobs take on. Pulumi locks a
// stack by a file in the container. GitHub's machines have no fixed address, so account and vault can be reached from everywhere: what
// opens them is a login of the directory, as keys and shared passwords are off.
import * as authorization from "@pulumi/azure-native/authorization";
import * as keyvault from "@pulumi/azure-native/keyvault";
import * as managedidentity from "@pulumi/azure-native/managedidentity";
import { ResourceGroup } from "@pulumi/azure-native/resources";
import * as storage from "@pulumi/azure-native/storage";
import { type Input, interpolate, type Output } from "@pulumi/pulumi";
import { roleId } from "../components/clouds/azure/permissions";
import { hardened } from "../components/storage/azure-account";
import { ownRoles, previewRights, roles, withoutGreatRoles } from "./azure-rights";
import { github, type Needs, namesOf, subjects, tagsOf } from "./needs";
import { Bootstrap, type Bootstrapped, keptDays } from "./program";

export class AzureBootstrap extends Bootstrap {
  readonly made: Bootstrapped;
  private readonly names: ReturnType<typeof namesOf>;
  private readonly client: Output<authorization.GetClientConfigResult>;
  private readonly group: ResourceGroup;
  private readonly subscription: Output<string>;

  constructor(
    name: string,
    private readonly needs: Needs,
  ) {
    super(name);
    this.names = namesOf(needs);
    this.client = authorization.getClientConfigOutput({ parent: this });
    this.subscription = interpolate`/subscriptions/${this.client.subscriptionId}`;
    this.group = this.makeGroup();
    const containers = this.makeState();
    const vault = this.makeVault();
    const keys = new Map(needs.environments.map((environment) => [environment, this.makeKey(vault, environment)]));
    const plan = this.makePlan(containers, keys);
    const deploys = needs.environments.map((each) => [each, this.makeDeploy(each, containers.get(each), keys.get(each))] as const);

    const { account, vault: vaultName } = this.names;
    const byEnvironment = (text: (environment: string) => string) =>
      Object.fromEntries(needs.environments.map((each) => [each, text(each)]));
    this.made = {
      backends: byEnvironment((each) => `azblob://${each}?storage_account=${account}`),
      secretsProviders: byEnvironment((each) => `azurekeyvault://${vaultName}.vault.azure.net/keys/${each}`),
      identities: { plan: plan.clientId, ...Object.fromEntries(deploys.map(([each, { clientId }]) => [each, clientId])) },
      account: this.client.subscriptionId,
      tenant: this.client.tenantId,
    };
    this.finish();
  }

  private makeGroup(): ResourceGroup {
    const { needs } = this;
    const args = { resourceGroupName: this.names.group, location: needs.region, tags: tagsOf(needs) };
    return new ResourceGroup("group", args, { parent: this, protect: needs.guarded });
  }

  /** A state lost is a platform that nobody can change; a key lost are its secrets. */
  private makeKey(vault: keyvault.Vault, environment: string): keyvault.Key {
    return new keyvault.Key(
      `${environment}-key`,
      {
        resourceGroupName: this.group.name,
        vaultName: vault.name,
        keyName: environment,
        // No rotation: an encrypted secret doesn't say under which version it is, and the newest is asked.
        properties: { kty: "RSA", keySize: 3072, keyOps: ["encrypt", "decrypt"], attributes: { enabled: true } },
        tags: tagsOf(this.needs, environment),
      },
      // Deleted over the data plane, to which whoever made it has no rights; the vault takes it along.
      { parent: this, retainOnDelete: true, protect: this.needs.guarded },
    );
  }

  private makeVault(): keyvault.Vault {
    const { needs } = this;
    return new keyvault.Vault(
      "vault",
      {
        resourceGroupName: this.group.name,
        location: needs.region,
        vaultName: this.names.vault,
        properties: {
          tenantId: this.client.tenantId,
          sku: { family: "A", name: "standard" },
          enableRbacAuthorization: true,
          enableSoftDelete: true,
          softDeleteRetentionInDays: keptDays,
          enablePurgeProtection: true,
          publicNetworkAccess: "Enabled",
          networkAcls: { bypass: "None", defaultAction: "Allow" },
        },
        tags: tagsOf(needs),
      },
      { parent: this, protect: needs.guarded },
    );
  }

  private makeState(): ReadonlyMap<string, storage.BlobContainer> {
    const { needs } = this;
    const resourceGroupName = this.group.name;
    const account = new storage.StorageAccount(
      "state",
      {
        resourceGroupName,
        location: needs.region,
        accountName: this.names.account,
        sku: { name: "Standard_ZRS" },
        ...hardened,
        publicNetworkAccess: "Enabled",
        networkRuleSet: { bypass: "None", defaultAction: "Allow" },
        encryption: {
          keySource: "Microsoft.Storage",
          requireInfrastructureEncryption: true,
          services: { blob: { enabled: true, keyType: "Account" } },
        },
        tags: tagsOf(needs),
      },
      { parent: this, protect: needs.guarded },
    );
    const inside = { resourceGroupName, accountName: account.name };
    const service = new storage.BlobServiceProperties(
      "state-versions",
      {
        ...inside,
        blobServicesName: "default",
        isVersioningEnabled: true,
        deleteRetentionPolicy: { enabled: true, days: keptDays },
        containerDeleteRetentionPolicy: { enabled: true, days: keptDays },
      },
      { parent: this },
    );
    const old = { version: { delete: { daysAfterCreationGreaterThan: keptDays } } };
    const rule = { name: "old", type: "Lifecycle", enabled: true, definition: { actions: old, filters: { blobTypes: ["blockBlob"] } } };
    new storage.ManagementPolicy(
      "state-expiry",
      { ...inside, managementPolicyName: "default", policy: { rules: [rule] } },
      { parent: this, dependsOn: [service] },
    );
    return new Map(
      needs.environments.map((environment) => [
        environment,
        new storage.BlobContainer(
          `${environment}-state`,
          { ...inside, containerName: environment, publicAccess: "None" },
          { parent: this, protect: needs.guarded },
        ),
      ]),
    );
  }

  /** For the jobs of pull requests: a preview reads the state with its secrets, and changes nothing. */
  private makePlan(containers: ReadonlyMap<string, storage.BlobContainer>, keys: ReadonlyMap<string, keyvault.Key>) {
    const identity = this.makeIdentity("plan", subjects(this.needs).plan);
    for (const [each, container] of containers) this.give(`plan-${each}-state`, identity, roles.blobReader, container.id);
    for (const [each, key] of keys) this.give(`plan-${each}-key`, identity, roles.cryptoUser, key.id);
    const preview = this.makeRole("plan", "What a preview of the platform asks for", previewRights);
    this.give("plan-preview", identity, preview, this.subscription);
    return identity;
  }

  private makeDeploy(environment: string, container: storage.BlobContainer | undefined, key: keyvault.Key | undefined) {
    const name = `deploy-${environment}`;
    const identity = this.makeIdentity(name, subjects(this.needs).deploy(environment), environment);
    if (container !== undefined) this.give(`${name}-state`, identity, roles.blobContributor, container.id);
    if (key !== undefined) this.give(`${name}-key`, identity, roles.cryptoUser, key.id);
    this.give(`${name}-resources`, identity, roles.contributor, this.subscription);
    this.give(`${name}-roles`, identity, roles.accessAdministrator, this.subscription, identity.principalId.apply(withoutGreatRoles));
    const own = this.makeRole(name, `Writes the roles of ${environment}'s jobs`, ownRoles);
    this.give(`${name}-own-roles`, identity, own, this.subscription);
    return identity;
  }

  private makeIdentity(name: string, subject: string, environment?: string): managedidentity.UserAssignedIdentity {
    const { needs } = this;
    const [resourceGroupName, resourceName] = [this.group.name, `id-${needs.project}-${name}`];
    const identity = new managedidentity.UserAssignedIdentity(
      name,
      { resourceGroupName, resourceName, location: needs.region, tags: tagsOf(needs, environment) },
      { parent: this },
    );
    new managedidentity.FederatedIdentityCredential(
      `${name}-github`,
      {
        resourceGroupName,
        resourceName: identity.name,
        federatedIdentityCredentialResourceName: "github",
        issuer: github.issuer,
        subject,
        audiences: ["api://AzureADTokenExchange"],
      },
      { parent: this },
    );
    return identity;
  }

  private makeRole(name: string, description: string, actions: readonly string[]): authorization.RoleDefinition {
    const { subscription: scope } = this;
    // The title is the directory's: no two may be alike.
    const roleName = `role-${this.needs.project}-${this.names.hash}-${name}`;
    const permissions = [{ actions: [...actions] }];
    const args = { scope, roleName, roleType: "CustomRole", description, assignableScopes: [scope], permissions };
    return new authorization.RoleDefinition(`${name}-role`, args, { parent: this });
  }

  private give(
    name: string,
    { principalId }: managedidentity.UserAssignedIdentity,
    role: string | authorization.RoleDefinition,
    scope: Input<string>,
    condition?: Output<string>,
  ): void {
    const roleDefinitionId = typeof role === "string" ? roleId(this.client.subscriptionId, role) : role.id;
    const limited = condition === undefined ? {} : { condition, conditionVersion: "2.0" };
    const args = { scope, principalId, principalType: "ServicePrincipal", roleDefinitionId, ...limited };
    new authorization.RoleAssignment(name, args, { parent: this });
  }
}
