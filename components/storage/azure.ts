// Storage on Azure: an account that nobody reaches over the internet and no account key opens. The container is for our own files; the
// cloud's services that write logs make containers of their own in the account.
import * as storage from "@pulumi/azure-native/storage";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { privateEndpoint } from "../clouds/azure/private-endpoint";
import { transformed } from "../clouds/azure/transforms";
import { guarded, tagsOf } from "../stack";
import { Storage, type StorageArgs } from "./index";

export class AzureStorage extends Storage<Azure> {
  readonly bucketName: Output<string>;
  readonly raw: Azure["storage"];
  readonly account: storage.StorageAccount;

  constructor(name: string, args: StorageArgs<Azure>, opts?: ComponentResourceOptions) {
    super("Storage", name, opts);
    this.account = this.makeAccount(name, args);
    const container = this.makeContainer(name, args);
    this.expire(name, args);
    this.makePrivate(name, args);

    this.bucketName = this.account.name;
    this.raw = { accountName: this.account.name, accountId: this.account.id, containerName: container.name };
    this.finish({ bucketName: this.bucketName });
  }

  private makeAccount(name: string, { network }: StorageArgs<Azure>): storage.StorageAccount {
    const { raw, stack } = network;
    return new storage.StorageAccount(
      `${name}-account`,
      transformed("storage.account", {
        resourceGroupName: raw.dataResourceGroupName,
        location: raw.location,
        accountName: nameOf(stack, "storageAccount", name),
        kind: "StorageV2",
        sku: { name: stack.environment === "dev" ? "Standard_LRS" : "Standard_ZRS" },
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
        // The second layer of encryption can only be chosen now.
        encryption: {
          keySource: "Microsoft.Storage",
          requireInfrastructureEncryption: true,
          services: { blob: { enabled: true, keyType: "Account" }, file: { enabled: true, keyType: "Account" } },
        },
        tags: tagsOf(stack, name),
      }),
      { parent: this, protect: guarded(stack, "data") },
    );
  }

  private makeContainer(name: string, { network, purpose }: StorageArgs<Azure>): storage.BlobContainer {
    const { raw } = network;
    new storage.BlobServiceProperties(
      `${name}-service`,
      {
        resourceGroupName: raw.dataResourceGroupName,
        accountName: this.account.name,
        blobServicesName: "default",
        // Logs are appended to, and each append would be a version.
        isVersioningEnabled: false,
        deleteRetentionPolicy: { enabled: true, days: 7 },
        containerDeleteRetentionPolicy: { enabled: true, days: 7 },
      },
      { parent: this },
    );
    return new storage.BlobContainer(
      `${name}-container`,
      { resourceGroupName: raw.dataResourceGroupName, accountName: this.account.name, containerName: purpose, publicAccess: "None" },
      { parent: this, protect: guarded(network.stack, "data") },
    );
  }

  private expire(name: string, { network, expireDays }: StorageArgs<Azure>): void {
    new storage.ManagementPolicy(
      `${name}-expiry`,
      {
        resourceGroupName: network.raw.dataResourceGroupName,
        accountName: this.account.name,
        managementPolicyName: "default",
        policy: {
          rules: [
            {
              name: "expire",
              enabled: true,
              type: "Lifecycle",
              definition: {
                filters: { blobTypes: ["blockBlob", "appendBlob"] },
                actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: expireDays } } },
              },
            },
          ],
        },
      },
      { parent: this },
    );
  }

  private makePrivate(name: string, { network }: StorageArgs<Azure>): void {
    privateEndpoint(this, name, { network, zone: "blob", target: this.account.id, resourceGroupName: network.raw.dataResourceGroupName });
  }
}
