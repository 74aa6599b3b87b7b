// A private storage account with one container and its rules: the same for logs, for the application's buckets and for their copies in
// another region.
import * as storage from "@pulumi/azure-native/storage";
import type { storage as inputs } from "@pulumi/azure-native/types/input";
import type { ComponentResource, Output, Resource } from "@pulumi/pulumi";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { transformed } from "../clouds/azure/transforms";
import type { Network } from "../network";
import type { Secrets } from "../secrets";
import { guarded, type Stack, tagsOf } from "../stack";
import type { StorageArgs } from "./index";

/** Days that a container that was deleted can be brought back; of logs every file, too. */
export const leftoverDays = 7;

/** What every account of ours is, but for what its component says it must open. */
export const hardened = {
  kind: "StorageV2",
  accessTier: "Hot",
  minimumTlsVersion: "TLS1_2",
  enableHttpsTrafficOnly: true,
  allowBlobPublicAccess: false,
  allowSharedKeyAccess: false,
  allowCrossTenantReplication: false,
  defaultToOAuthAuthentication: true,
  isLocalUserEnabled: false,
  publicNetworkAccess: "Disabled",
  // The services that write logs are trusted ones; they come in although public access is off.
  networkRuleSet: { bypass: "AzureServices", defaultAction: "Deny" },
} as const;

export interface PrivateAccount {
  readonly account: storage.StorageAccount;
  readonly service: storage.BlobServiceProperties;
  readonly container: storage.BlobContainer;
}

/** The vault's key, and the identity by which the account uses it. */
export interface AccountKey {
  readonly vaultUri: Output<string>;
  readonly keyName: Output<string>;
  readonly identityId: Output<string>;
  readonly access: Resource;
}

export function keyOf({ raw }: Secrets<Azure>): AccountKey {
  return { vaultUri: raw.vaultUri, keyName: raw.keyName, identityId: raw.keyIdentityId, access: raw.keyAccess };
}

export type Redundancy = "Standard_LRS" | "Standard_ZRS";

/**
 * In every zone, but for dev. Backups are in one place of the region everywhere: only there the archive tier is sold, what protects
 * them is the copy in the second region, and Azure can't always convert an account later.
 */
export function redundancy({ environment }: Stack, purpose: StorageArgs<Azure>["purpose"]): Redundancy {
  return environment === "dev" || purpose === "backups" ? "Standard_LRS" : "Standard_ZRS";
}

export function archives(sku: Redundancy): boolean {
  return sku === "Standard_LRS";
}

export function createAccount(
  parent: ComponentResource,
  name: string,
  args: {
    readonly network: Network<Azure>;
    /** Whose tags it has. */
    readonly component: string;
    readonly purpose: StorageArgs<Azure>["purpose"];
    readonly sku: Redundancy;
    /** Another region than the stack's. */
    readonly region?: string;
    /** Undefined: Microsoft's own key. */
    readonly key: AccountKey | undefined;
    readonly versions: boolean;
    /** The journal from which objects are copied. */
    readonly changeFeed: boolean;
    /** Days that a deleted object can be brought back. */
    readonly deletedDays: number;
    readonly rules: inputs.ManagementPolicyRuleArgs[];
  },
): PrivateAccount {
  const { network, key, purpose } = args;
  const { raw, stack } = network;
  const resourceGroupName = raw.dataResourceGroupName;
  const protect = guarded(stack, "data");
  const account = new storage.StorageAccount(
    `${name}-account`,
    transformed("storage.account", {
      resourceGroupName,
      location: args.region ?? raw.location,
      accountName: nameOf(stack, "storageAccount", name),
      sku: { name: args.sku },
      ...hardened,
      ...(key && { identity: { type: "UserAssigned", userAssignedIdentities: [key.identityId] } }),
      encryption: encryption(key),
      tags: tagsOf(stack, args.component),
    }),
    { parent, protect, ...(key && { dependsOn: [key.access] }) },
  );
  const inside = { resourceGroupName, accountName: account.name };
  const service = new storage.BlobServiceProperties(
    `${name}-service`,
    {
      ...inside,
      blobServicesName: "default",
      isVersioningEnabled: args.versions,
      ...(args.changeFeed && { changeFeed: { enabled: true, retentionInDays: leftoverDays } }),
      deleteRetentionPolicy: { enabled: true, days: args.deletedDays },
      containerDeleteRetentionPolicy: { enabled: true, days: leftoverDays },
    },
    { parent },
  );
  const container = new storage.BlobContainer(
    `${name}-container`,
    { ...inside, containerName: purpose, publicAccess: "None" },
    { parent, protect },
  );
  const rules = { ...inside, managementPolicyName: "default", policy: { rules: args.rules } };
  new storage.ManagementPolicy(`${name}-expiry`, rules, { parent, ...(args.versions && { dependsOn: [service] }) });
  return { account, service, container };
}

/** The second layer of encryption can only be chosen now. Without a version the key's rotation is followed by itself. */
export function encryption(key: AccountKey | undefined): inputs.EncryptionArgs {
  return {
    ...(key === undefined
      ? { keySource: "Microsoft.Storage" }
      : {
          keySource: "Microsoft.Keyvault",
          keyVaultProperties: { keyVaultUri: key.vaultUri, keyName: key.keyName },
          encryptionIdentity: { encryptionUserAssignedIdentity: key.identityId },
        }),
    requireInfrastructureEncryption: true,
    services: { blob: { enabled: true, keyType: "Account" }, file: { enabled: true, keyType: "Account" } },
  };
}
