import { expect } from "chai";
import type { Recorded } from "../../plan/record";
import { only } from "../support/record";
import { bootstrap, listed, principal, subscription, tenant } from "./support";

const tags = { project: "platform", stack: "bootstrap", component: "bootstrap", "managed-by": "pulumi" };
const environments = ["staging", "prod"];
const whole = `/subscriptions/${subscription}`;
const roleId = (id: string): string => `${whole}/providers/Microsoft.Authorization/roleDefinitions/${id}`;

describe("the bootstrap on Azure", () => {
  let resources: readonly Recorded[];
  before(async () => (resources = await bootstrap("azure")));
  const inputs = (type: string, name: string): Readonly<Record<string, unknown>> => only(resources, `azure-native:${type}`, name).inputs;
  const assigned = (name: string): Readonly<Record<string, unknown>> => inputs("authorization:RoleAssignment", name);

  it("is an account, a vault with a key for each environment, and an identity for pull requests and for each environment", () => {
    expect(listed(resources)).to.deep.equal(
      [
        ...["ResourceGroup group [protected]", "StorageAccount state [protected]", "BlobServiceProperties state-versions"],
        ...["ManagementPolicy state-expiry", "Vault vault [protected]", "UserAssignedIdentity plan", "RoleDefinition plan-role"],
        ...["FederatedIdentityCredential plan-github", "RoleAssignment plan-preview"],
        ...environments.flatMap((each) => [
          ...[`BlobContainer ${each}-state [protected]`, `Key ${each}-key [protected]`, `UserAssignedIdentity deploy-${each}`],
          ...[`FederatedIdentityCredential deploy-${each}-github`, `RoleDefinition deploy-${each}-role`],
          ...[`plan-${each}-state`, `plan-${each}-key`].map((name) => `RoleAssignment ${name}`),
          ...["state", "key", "resources", "roles", "own-roles"].map((part) => `RoleAssignment deploy-${each}-${part}`),
        ]),
      ].sort(),
    );
  });

  it("keeps states in versions, for logins of the directory only, in every zone", () => {
    expect(inputs("resources:ResourceGroup", "group")).to.deep.equal({
      resourceGroupName: "rg-platform-bootstrap",
      location: "eastus2",
      tags,
    });
    expect(inputs("storage:StorageAccount", "state")).to.deep.include({
      location: "eastus2",
      accountName: "stplatformstated21b2c",
      kind: "StorageV2",
      sku: { name: "Standard_ZRS" },
      accessTier: "Hot",
      minimumTlsVersion: "TLS1_2",
      enableHttpsTrafficOnly: true,
      allowBlobPublicAccess: false,
      allowSharedKeyAccess: false,
      allowCrossTenantReplication: false,
      defaultToOAuthAuthentication: true,
      isLocalUserEnabled: false,
      publicNetworkAccess: "Enabled",
      networkRuleSet: { bypass: "None", defaultAction: "Allow" },
      encryption: {
        keySource: "Microsoft.Storage",
        requireInfrastructureEncryption: true,
        services: { blob: { enabled: true, keyType: "Account" } },
      },
      tags,
    });
    expect(inputs("storage:BlobServiceProperties", "state-versions")).to.deep.include({
      blobServicesName: "default",
      isVersioningEnabled: true,
      deleteRetentionPolicy: { enabled: true, days: 90 },
      containerDeleteRetentionPolicy: { enabled: true, days: 90 },
    });
    const expiry = only(resources, "azure-native:storage:ManagementPolicy", "state-expiry");
    expect(expiry.inputs).to.deep.include({
      managementPolicyName: "default",
      policy: {
        rules: [
          {
            name: "old",
            type: "Lifecycle",
            enabled: true,
            definition: { actions: { version: { delete: { daysAfterCreationGreaterThan: 90 } } }, filters: { blobTypes: ["blockBlob"] } },
          },
        ],
      },
    });
    expect(expiry.dependencies.join()).to.contain("::state-versions");
    expect(inputs("storage:BlobContainer", "prod-state")).to.deep.include({ containerName: "prod", publicAccess: "None" });
  });

  it("keeps keys in a vault that can't be purged, opened by roles only", () => {
    expect(inputs("keyvault:Vault", "vault")).to.deep.include({
      location: "eastus2",
      vaultName: "kv-platform-state-d21b2c",
      properties: {
        tenantId: tenant,
        sku: { family: "A", name: "standard" },
        enableRbacAuthorization: true,
        enableSoftDelete: true,
        softDeleteRetentionInDays: 90,
        enablePurgeProtection: true,
        publicNetworkAccess: "Enabled",
        networkAcls: { bypass: "None", defaultAction: "Allow" },
        // The SDK's own.
        enabledForDeployment: false,
        enabledForDiskEncryption: false,
        enabledForTemplateDeployment: false,
      },
      tags,
    });
    const key = only(resources, "azure-native:keyvault:Key", "prod-key");
    expect(key.inputs).to.deep.include({
      keyName: "prod",
      properties: {
        kty: "RSA",
        keySize: 3072,
        keyOps: ["encrypt", "decrypt"], // The SDK adds `exportable`.
        attributes: { enabled: true, exportable: false },
      },
      tags: { ...tags, environment: "prod" },
    });
    expect(key.options.retainOnDelete).to.equal(true);
  });

  it("trusts GitHub's tokens for one subject each", () => {
    for (const [name, subject, environment] of [
      ["plan", "repo:acme@7/shop@42:pull_request", {}],
      ["deploy-prod", "repo:acme@7/shop@42:environment:prod", { environment: "prod" }],
    ] as const) {
      expect(inputs("managedidentity:UserAssignedIdentity", name)).to.deep.include({
        resourceName: `id-platform-${name}`,
        location: "eastus2",
        tags: { ...tags, ...environment },
      });
      expect(inputs("managedidentity:FederatedIdentityCredential", `${name}-github`)).to.deep.include({
        federatedIdentityCredentialResourceName: "github",
        issuer: "https://token.actions.githubusercontent.com",
        subject,
        audiences: ["api://AzureADTokenExchange"],
      });
    }
  });

  it("lets pull requests read states and their secrets, and ask what a preview asks", () => {
    expect(assigned("plan-prod-state")).to.deep.equal({
      scope: "prod-state-id",
      principalId: principal("plan"),
      principalType: "ServicePrincipal",
      roleDefinitionId: roleId("2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"),
    });
    expect(assigned("plan-prod-key")).to.deep.include({
      scope: "prod-key-id",
      roleDefinitionId: roleId("12338af0-0e69-4776-bea7-57ae8d297424"),
    });
    expect(assigned("plan-preview")).to.deep.include({ scope: whole, roleDefinitionId: "plan-role-id" });
    expect(inputs("authorization:RoleDefinition", "plan-role")).to.deep.equal({
      scope: whole,
      roleName: "role-platform-d21b2c-plan",
      roleType: "CustomRole",
      description: "What a preview of the platform asks for",
      assignableScopes: [whole],
      permissions: [
        {
          actions: [
            "Microsoft.Cache/redisEnterprise/databases/listKeys/action",
            "Microsoft.Cache/redisEnterprise/databases/read",
            "Microsoft.Logic/workflows/triggers/listCallbackUrl/action",
            "Microsoft.Resources/subscriptions/read",
            "Microsoft.Storage/storageAccounts/listKeys/action",
          ],
        },
      ],
    });
  });

  it("gives an environment its own container and key, the subscription's resources, and roles without the great ones", () => {
    const own = { principalId: principal("deploy-prod"), principalType: "ServicePrincipal" };
    expect(assigned("deploy-prod-state")).to.deep.equal({
      ...own,
      scope: "prod-state-id",
      roleDefinitionId: roleId("ba92f5b4-2d11-453d-a403-e96b0029c9fe"),
    });
    expect(assigned("deploy-prod-key")).to.deep.equal({
      ...own,
      scope: "prod-key-id",
      roleDefinitionId: roleId("12338af0-0e69-4776-bea7-57ae8d297424"),
    });
    expect(assigned("deploy-prod-resources")).to.deep.equal({
      ...own,
      scope: whole,
      roleDefinitionId: roleId("b24988ac-6180-42a0-ab88-20f7382dd24c"),
    });
    const great =
      "8e3af657-a8ff-443c-a75c-2fe8c4bcb635, 18d7d88d-d35e-4fb5-a5c3-7773c20a72d9, f58310d9-a9f6-439a-9e8d-f62e7b41a168, b24988ac-6180-42a0-ab88-20f7382dd24c";
    const rule = (action: string, source: string): string =>
      `((!(ActionMatches{'Microsoft.Authorization/roleAssignments/${action}'})) OR (` +
      `@${source}[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAllValues:GuidNotEquals {${great}} AND ` +
      `@${source}[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal'} AND ` +
      `@${source}[Microsoft.Authorization/roleAssignments:PrincipalId] ForAnyOfAllValues:GuidNotEquals {${own.principalId}}))`;
    expect(assigned("deploy-prod-roles")).to.deep.equal({
      ...own,
      scope: whole,
      roleDefinitionId: roleId("f58310d9-a9f6-439a-9e8d-f62e7b41a168"),
      condition: `${rule("write", "Request")} AND ${rule("delete", "Resource")}`,
      conditionVersion: "2.0",
    });
    expect(assigned("deploy-prod-own-roles")).to.deep.equal({ ...own, scope: whole, roleDefinitionId: "deploy-prod-role-id" });
    expect(inputs("authorization:RoleDefinition", "deploy-prod-role")).to.deep.include({
      roleName: "role-platform-d21b2c-deploy-prod",
      description: "Writes the roles of prod's jobs",
      permissions: [
        {
          actions: ["delete", "read", "write"].map((action) => `Microsoft.Authorization/roleDefinitions/${action}`),
        },
      ],
    });
  });

  it("lets go of all when the guard is lifted", async () => {
    const free = await bootstrap("azure", { guarded: "false" });
    expect(free.filter(({ protect }) => protect)).to.deep.equal([]);
  });
});
