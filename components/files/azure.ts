// Files on Azure: a share in an account of its own, because mounting one takes an account's key, which no other account allows.
import * as storage from "@pulumi/azure-native/storage";
import { all, type ComponentResourceOptions, interpolate, type Output, secret } from "@pulumi/pulumi";
import type { SecretRef } from "../cloud";
import { sendSignals } from "../clouds/azure/diagnostics";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { permissions } from "../clouds/azure/permissions";
import { privateEndpoint } from "../clouds/azure/private-endpoint";
import { transformed } from "../clouds/azure/transforms";
import { referenceTo, vaultSecret } from "../clouds/azure/vault-secret";
import { refuse } from "../fault";
import { guarded, tagsOf } from "../stack";
import { encryption, hardened, keyOf, leftoverDays, redundancy } from "../storage/azure-account";
import { type Access, envName, Use } from "../use";
import { check, Files, type FilesArgs } from "./index";

/** GiB that the share may grow to; what is billed is what it holds. */
const quotaGib = 5120;

export class AzureFiles extends Files<Azure> {
  readonly shareId: Output<string>;
  readonly account: storage.StorageAccount;
  readonly share: storage.FileShare;
  private readonly host: Output<string>;
  private readonly key: Output<string>;
  private readonly keyReference: SecretRef<Azure>;

  constructor(
    private readonly name: string,
    private readonly args: FilesArgs<Azure>,
    opts?: ComponentResourceOptions,
  ) {
    refuse(check(args));
    super("Files", name, opts);
    this.account = this.makeAccount();
    this.share = this.makeShare();
    this.host = this.makePrivate();
    this.key = this.readKey();
    this.keyReference = this.keepKey();

    this.shareId = this.account.name;
    this.finish({ shareId: this.shareId });
  }

  override use(access: Access["files"]): Use<Azure> {
    const { path } = this.args;
    return new Use<Azure>({
      target: this.name,
      noun: "files",
      access,
      env: { [envName(this.name, "path")]: path },
      raw: {
        roles: permissions.files[access].map((role) => ({ scope: this.share.id, role: role.id })),
        backlog: undefined,
        mount: {
          name: this.name,
          path,
          readOnly: access === "read",
          accountName: this.host,
          shareName: this.share.name,
          key: this.key,
          keySetting: envName(this.name, "access_key"),
          keyReference: this.keyReference,
        },
      },
    });
  }

  private makeAccount(): storage.StorageAccount {
    const { network, secrets } = this.args;
    const { raw, stack } = network;
    const key = keyOf(secrets);
    return new storage.StorageAccount(
      `${this.name}-account`,
      transformed("storage.account", {
        resourceGroupName: raw.dataResourceGroupName,
        location: raw.location,
        accountName: nameOf(stack, "storageAccount", this.name),
        sku: { name: redundancy(stack, "documents") },
        ...hardened,
        // App Service and Container Apps mount a share by the account's key only.
        allowSharedKeyAccess: true,
        identity: { type: "UserAssigned", userAssignedIdentities: [key.identityId] },
        encryption: encryption(key),
        tags: tagsOf(stack, this.name),
      }),
      { parent: this, protect: guarded(stack, "data"), dependsOn: [key.access] },
    );
  }

  private makeShare(): storage.FileShare {
    const { network, monitoring } = this.args;
    const inside = { resourceGroupName: network.raw.dataResourceGroupName, accountName: this.account.name };
    const service = new storage.FileServiceProperties(
      `${this.name}-service`,
      {
        ...inside,
        fileServicesName: "default",
        protocolSettings: {
          smb: { versions: "SMB3.1.1", authenticationMethods: "NTLMv2", channelEncryption: "AES-128-GCM;AES-256-GCM" },
        },
        shareDeleteRetentionPolicy: { enabled: true, days: leftoverDays },
      },
      { parent: this },
    );
    sendSignals(this, this.name, {
      as: `${this.name}-logging`,
      stack: network.stack,
      resourceUri: interpolate`${this.account.id}/fileServices/default`,
      workspaceId: monitoring.raw.workspaceId,
      signals: "logs and metrics",
    });
    return new storage.FileShare(
      `${this.name}-share`,
      { ...inside, shareName: "shared", enabledProtocols: "SMB", accessTier: "TransactionOptimized", shareQuota: quotaGib },
      { parent: this, protect: guarded(network.stack, "data"), dependsOn: [service] },
    );
  }

  /** The account's name, known to services once it resolves to the address inside the network. */
  private makePrivate(): Output<string> {
    const { network } = this.args;
    const reachable = privateEndpoint(this, this.name, {
      network,
      zone: "file",
      target: this.account.id,
      resourceGroupName: network.raw.dataResourceGroupName,
    });
    return all([this.account.name, reachable.id]).apply(([inside]) => inside);
  }

  private readKey(): Output<string> {
    const { raw } = this.args.network;
    const account = { resourceGroupName: raw.dataResourceGroupName, accountName: this.account.name };
    return secret(storage.listStorageAccountKeysOutput(account, { parent: this }).keys.apply(([first]) => first?.value ?? ""));
  }

  private keepKey(): SecretRef<Azure> {
    const { network, secrets } = this.args;
    return referenceTo(
      vaultSecret(this, `${this.name}-key`, {
        network,
        vaultName: secrets.raw.vaultName,
        component: this.name,
        part: `${this.name}-key`,
        value: this.key,
      }),
    );
  }
}
