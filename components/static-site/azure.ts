// StaticSite on Azure: the website of a storage account. The account is the site's own, because its website answers whoever knows its name.
import * as storage from "@pulumi/azure-native/storage";
import { asset, type ComponentResourceOptions, interpolate, type Output } from "@pulumi/pulumi";
import { sendSignals } from "../clouds/azure/diagnostics";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { transformed } from "../clouds/azure/transforms";
import { encryption, hardened, redundancy } from "../storage/azure-account";
import { guarded, tagsOf } from "../stack";
import { placeholder, prefixOf, StaticSite, type StaticSiteArgs } from "./index";

/** Days that a replaced or deleted file can still be found: long enough to go back to the last upload. */
const leftoverDays = 30;

export class AzureStaticSite extends StaticSite<Azure> {
  readonly bucketName: Output<string>;
  readonly path: string;
  readonly spa: boolean;
  readonly raw: Azure["site"];
  readonly account: storage.StorageAccount;

  constructor(name: string, args: StaticSiteArgs<Azure>, opts?: ComponentResourceOptions) {
    super("StaticSite", name, opts);
    this.account = this.createAccount(name, args);
    this.keepVersions(name, args);
    this.createLogs(name, args);
    const website = this.createWebsite(name, args);
    this.createPlaceholder(name, args, website);

    this.bucketName = this.account.name;
    this.path = args.path;
    this.spa = args.spa;
    this.raw = { host: this.account.primaryEndpoints.apply((endpoints) => hostOf(endpoints.web)) };
    this.finish({ bucketName: this.bucketName });
  }

  /**
   * Open where other accounts are closed: Front Door Standard comes over the internet, and the provider itself makes the website and the
   * placeholder with the account's key. No blob but those of the website can be read without a login.
   */
  private createAccount(name: string, { network: { raw, stack } }: StaticSiteArgs<Azure>): storage.StorageAccount {
    return new storage.StorageAccount(
      `${name}-account`,
      transformed("staticSite.account", {
        resourceGroupName: raw.dataResourceGroupName,
        location: raw.location,
        accountName: nameOf(stack, "storageAccount", name),
        sku: { name: redundancy(stack, "assets") },
        ...hardened,
        allowSharedKeyAccess: true,
        publicNetworkAccess: "Enabled",
        networkRuleSet: { bypass: "None", defaultAction: "Allow" },
        encryption: encryption(undefined),
        tags: tagsOf(stack, name),
      }),
      { parent: this, protect: guarded(stack, "data") },
    );
  }

  private keepVersions(name: string, { network: { raw } }: StaticSiteArgs<Azure>): void {
    new storage.BlobServiceProperties(
      `${name}-service`,
      {
        resourceGroupName: raw.dataResourceGroupName,
        accountName: this.account.name,
        blobServicesName: "default",
        // Soft deletion keeps what an upload replaces, too.
        isVersioningEnabled: false,
        deleteRetentionPolicy: { enabled: true, days: leftoverDays },
        containerDeleteRetentionPolicy: { enabled: true, days: leftoverDays },
      },
      { parent: this },
    );
  }

  private createLogs(name: string, { network: { stack }, monitoring }: StaticSiteArgs<Azure>): void {
    const { workspaceId } = monitoring.raw;
    const resourceUri = interpolate`${this.account.id}/blobServices/default`;
    sendSignals(this, name, { stack, resourceUri, workspaceId, signals: "logs and metrics" });
  }

  private createWebsite(name: string, { network: { raw } }: StaticSiteArgs<Azure>): storage.StorageAccountStaticWebsite {
    const website = { resourceGroupName: raw.dataResourceGroupName, accountName: this.account.name, indexDocument: "index.html" };
    return new storage.StorageAccountStaticWebsite(`${name}-website`, website, { parent: this });
  }

  /** The first upload takes its place, so nothing of it but its name is looked at again. */
  private createPlaceholder(
    name: string,
    { path, network: { raw } }: StaticSiteArgs<Azure>,
    website: storage.StorageAccountStaticWebsite,
  ): void {
    new storage.Blob(
      `${name}-placeholder`,
      {
        resourceGroupName: raw.dataResourceGroupName,
        accountName: this.account.name,
        containerName: website.containerName,
        blobName: `${prefixOf(path)}index.html`,
        source: new asset.StringAsset(placeholder),
        contentType: "text/html; charset=utf-8",
        type: "Block",
      },
      { parent: this, ignoreChanges: ["source", "contentType"] },
    );
  }
}

/** `shop.z20.web.core.windows.net` of `https://shop.z20.web.core.windows.net/`. */
function hostOf(url: string): string {
  return url.replace(/^https:\/\//, "").replace(/\/$/, "");
}
