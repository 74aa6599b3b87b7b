// Storage on Azure: an account that nobody reaches over the internet and no account key opens, with one container. The cloud's services
// that write logs make containers of their own in their account; who reads the application's has a role at the one container.
import type { StorageAccount } from "@pulumi/azure-native/storage";
import { all, type ComponentResourceOptions, interpolate, type Output } from "@pulumi/pulumi";
import { sendSignals } from "../clouds/azure/diagnostics";
import type { Azure } from "../clouds/azure/family";
import { permissions } from "../clouds/azure/permissions";
import { privateEndpoint } from "../clouds/azure/private-endpoint";
import { ConfigError, refuse } from "../fault";
import { type Access, envName, Use } from "../use";
import {
  type AccountKey,
  archives,
  createAccount,
  keyOf,
  leftoverDays,
  type PrivateAccount,
  type Redundancy,
  redundancy,
} from "./azure-account";
import { createCopy } from "./azure-copy";
import { lifecycleRules, logRules } from "./azure-lifecycle";
import { type BucketArgs, check, type LogsArgs, Storage, type StorageArgs, unusable } from "./index";

export class AzureStorage extends Storage<Azure> {
  readonly bucketName: Output<string>;
  readonly copyName: Output<string> | undefined;
  readonly raw: Azure["storage"];
  readonly account: StorageAccount;
  private readonly sku: Redundancy;

  constructor(
    private readonly name: string,
    private readonly args: StorageArgs<Azure>,
    opts?: ComponentResourceOptions,
  ) {
    refuse(args.purpose === "logs" ? [] : check(args, args.network.stack.secondRegion));
    super("Storage", name, opts);
    this.sku = redundancy(args.network.stack, args.purpose);
    const made = args.purpose === "logs" ? this.createLogs(args) : this.createData(args);
    const reachable = this.makePrivate(made);
    const copy = args.purpose === "logs" ? undefined : this.replicate(args, made);

    this.account = made.account;
    this.bucketName = this.account.name;
    this.copyName = copy?.accountName;
    this.raw = {
      accountName: this.account.name,
      accountId: this.account.id,
      containerName: made.container.name,
      containerId: made.container.id,
      archives: archives(this.sku),
      reachable,
      copy,
    };
    this.finish({ bucketName: this.bucketName, copyName: this.copyName });
  }

  override use(access: Access["storage"]): Use<Azure> {
    if (this.args.purpose === "logs") throw new ConfigError([unusable(this.name)]);
    const { accountName, containerName, containerId, reachable } = this.raw;
    // Known to services once the name resolves to the address inside the network.
    const account = all([accountName, reachable.id]).apply(([inside]) => inside);
    return new Use<Azure>({
      target: this.name,
      noun: "storage",
      access,
      env: {
        [envName(this.name, "url")]: interpolate`https://${account}.blob.core.windows.net/${containerName}`,
        [envName(this.name, "name")]: containerName,
        [envName(this.name, "kind")]: "blob",
      },
      raw: { roles: permissions.storage[access].map((role) => ({ scope: containerId, role: role.id })), backlog: undefined },
    });
  }

  /** Microsoft's own keys: whoever writes logs needs no key of ours. Logs are appended to, and each append would be a version. */
  private createLogs({ network, expireDays }: LogsArgs<Azure>): PrivateAccount {
    return createAccount(this, this.name, {
      network,
      component: this.name,
      purpose: "logs",
      sku: this.sku,
      key: undefined,
      versions: false,
      changeFeed: false,
      deletedDays: leftoverDays,
      rules: logRules(expireDays),
    });
  }

  private createData(args: BucketArgs<Azure>): PrivateAccount {
    const { network, purpose, lifecycle, replicate } = args;
    const made = createAccount(this, this.name, {
      network,
      component: this.name,
      purpose,
      sku: this.sku,
      key: keyFor(args),
      versions: true,
      changeFeed: replicate,
      deletedDays: lifecycle.versionsDays,
      rules: lifecycleRules(lifecycle, purpose, archives(this.sku)),
    });
    sendSignals(this, this.name, {
      as: `${this.name}-logging`,
      stack: network.stack,
      resourceUri: interpolate`${made.account.id}/blobServices/default`,
      workspaceId: args.monitoring.raw.workspaceId,
      signals: "logs and metrics",
    });
    return made;
  }

  private makePrivate({ account }: PrivateAccount): Azure["storage"]["reachable"] {
    const { network } = this.args;
    const resourceGroupName = network.raw.dataResourceGroupName;
    return privateEndpoint(this, this.name, { network, zone: "blob", target: account.id, resourceGroupName });
  }

  private replicate(args: BucketArgs<Azure>, made: PrivateAccount): Azure["storage"]["copy"] {
    const { secondRegion } = args.network.stack;
    if (!args.replicate || secondRegion === undefined) return undefined;
    return createCopy(this, this.name, {
      ...args,
      region: secondRegion,
      workspaceId: args.monitoring.raw.workspaceId,
      source: made,
      key: keyFor(args),
    });
  }
}

/** Assets are for everybody's eyes. */
function keyFor({ purpose, secrets }: BucketArgs<Azure>): AccountKey | undefined {
  return purpose === "assets" ? undefined : keyOf(secrets);
}
