// Flags on Azure: a store of App Configuration that knows no keys, only identities. Who deploys needs the role App Configuration Data
// Owner on the group of the data: without keys Azure asks the deployer's own rights for each flag.
import * as appconfiguration from "@pulumi/azure-native/appconfiguration";
import { type ComponentResourceOptions, interpolate, type Output } from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { sendSignals } from "../clouds/azure/diagnostics";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { permissions } from "../clouds/azure/permissions";
import { privateEndpoint } from "../clouds/azure/private-endpoint";
import { refuse } from "../fault";
import { guarded, tagsOf } from "../stack";
import { type Access, envName, Use } from "../use";
import { check, Flags, type FlagsArgs } from "./index";

/** The beginning of a flag's key; the store's API wants the slash as `~2F`. */
const prefix = ".appconfig.featureflag";

export class AzureFlags extends Flags<Azure> {
  readonly url: Output<string>;
  readonly store: appconfiguration.ConfigurationStore;
  private readonly name: string;

  constructor(name: string, args: FlagsArgs<Azure>, opts?: ComponentResourceOptions) {
    refuse(check(args));
    super("Flags", name, opts);
    this.name = name;
    const isPrivate = args.network.stack.environment === "prod";
    this.store = this.createStore(name, args, isPrivate);
    const { workspaceId } = args.monitoring.raw;
    const { stack } = args.network;
    sendSignals(this, name, { stack, resourceUri: this.store.id, workspaceId, signals: "logs and metrics" });
    if (isPrivate) this.createAddress(name, args);
    for (const [flag, enabled] of Object.entries(args.values)) this.createFlag(name, args, flag, enabled);

    this.url = this.store.endpoint;
    this.finish({ url: this.url });
  }

  override use(access: Access["flags"]): Use<Azure> {
    return new Use<Azure>({
      target: this.name,
      noun: "flags",
      access,
      env: {
        [envName(this.name, "kind")]: "appconfiguration",
        [envName(this.name, "url")]: this.url,
        [envName(this.name, "name")]: `${prefix}/*`,
      },
      raw: { roles: permissions.flags[access].map((role) => ({ scope: this.store.id, role: role.id })), backlog: undefined },
    });
  }

  private createStore(name: string, { network }: FlagsArgs<Azure>, isPrivate: boolean): appconfiguration.ConfigurationStore {
    const { raw, stack } = network;
    const keep = guarded(stack, "data");
    // As a vault: a deleted store keeps its name for as long as it can be recovered.
    const suffix = new random.RandomId(`${name}-suffix`, { byteLength: 3 }, { parent: this });
    return new appconfiguration.ConfigurationStore(
      `${name}-store`,
      {
        resourceGroupName: raw.dataResourceGroupName,
        location: raw.location,
        configStoreName: interpolate`${nameOf(stack, "configStore", name)}-${suffix.hex}`,
        sku: { name: isPrivate ? "standard" : "developer" },
        disableLocalAuth: true,
        publicNetworkAccess: isPrivate ? "Disabled" : "Enabled",
        // Flags are written through ARM with the deployer's own rights, also where the store itself is closed.
        dataPlaneProxy: { authenticationMode: "Pass-through", privateLinkDelegation: isPrivate ? "Enabled" : "Disabled" },
        enablePurgeProtection: keep,
        softDeleteRetentionInDays: keep ? 7 : 1,
        tags: tagsOf(stack, name),
      },
      // The retention is fixed when the store is made.
      { parent: this, protect: keep, ignoreChanges: ["softDeleteRetentionInDays"] },
    );
  }

  private createAddress(name: string, { network }: FlagsArgs<Azure>): void {
    const { dataResourceGroupName: resourceGroupName } = network.raw;
    privateEndpoint(this, name, { network, zone: "flags", target: this.store.id, resourceGroupName });
  }

  private createFlag(name: string, { network }: FlagsArgs<Azure>, flag: string, enabled: boolean): void {
    new appconfiguration.KeyValue(
      `${name}-${flag}`,
      {
        resourceGroupName: network.raw.dataResourceGroupName,
        configStoreName: this.store.name,
        keyValueName: `${prefix}~2F${flag}`,
        contentType: "application/vnd.microsoft.appconfig.ff+json;charset=utf-8",
        value: JSON.stringify({ id: flag, description: "", enabled, conditions: { client_filters: [] } }),
        tags: tagsOf(network.stack, name),
      },
      { parent: this },
    );
  }
}
