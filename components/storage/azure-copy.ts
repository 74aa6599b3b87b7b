// The copy of a bucket in the stack's second region, which may be any: object replication, and not the redundancy of an account, whose
// second region Azure chooses. It has no address in this network: docs/runbooks/region-failover.md gives it one in a standby's.
import * as storage from "@pulumi/azure-native/storage";
import { type ComponentResource, interpolate, type Output } from "@pulumi/pulumi";
import { sendSignals } from "../clouds/azure/diagnostics";
import type { Azure } from "../clouds/azure/family";
import type { Network } from "../network";
import { type AccountKey, archives, createAccount, type PrivateAccount } from "./azure-account";
import { lifecycleRules } from "./azure-lifecycle";
import type { BucketSpec } from "./index";

/** One place of the region: the copy of a copy is the original. */
const sku = "Standard_LRS";

interface CopyArgs extends BucketSpec {
  readonly network: Network<Azure>;
  readonly region: string;
  /** A workspace takes what comes from other regions, too. */
  readonly workspaceId: Output<string>;
  readonly source: PrivateAccount;
  /** The stack's own key: Azure keeps a readable replica of the vault in another region. */
  readonly key: AccountKey | undefined;
}

export function createCopy(parent: ComponentResource, name: string, args: CopyArgs): NonNullable<Azure["storage"]["copy"]> {
  const { network, purpose, region, source, key, lifecycle } = args;
  const copy = createAccount(parent, `${name}-copy`, {
    network,
    component: name,
    purpose,
    sku,
    region,
    key,
    versions: true,
    changeFeed: false,
    deletedDays: lifecycle.versionsDays,
    rules: lifecycleRules(lifecycle, purpose, archives(sku)),
  });
  const resourceUri = interpolate`${copy.account.id}/blobServices/default`;
  sendSignals(parent, `${name}-copy`, { stack: network.stack, resourceUri, workspaceId: args.workspaceId, signals: "logs and metrics" });
  replicate(parent, name, network, source, copy);
  return { accountName: copy.account.name, accountId: copy.account.id, location: region };
}

/** Azure wants the same policy on both accounts: first on the one that receives, which gives the ids that the other takes. */
function replicate(parent: ComponentResource, name: string, network: Network<Azure>, source: PrivateAccount, copy: PrivateAccount): void {
  const both = {
    resourceGroupName: network.raw.dataResourceGroupName,
    sourceAccount: source.account.id,
    destinationAccount: copy.account.id,
  };
  const containers = { sourceContainer: source.container.name, destinationContainer: copy.container.name };
  // Versions on both sides, and the journal on the first, come with the accounts' service properties.
  const versioned = [source.service, copy.service];
  const received = new storage.ObjectReplicationPolicy(
    `${name}-copy-received`,
    { ...both, accountName: copy.account.name, objectReplicationPolicyId: "default", rules: [containers] },
    { parent, dependsOn: versioned },
  );
  const ruleId = received.rules.apply((rules) => rules?.[0]?.ruleId);
  new storage.ObjectReplicationPolicy(
    `${name}-copy-sent`,
    { ...both, accountName: source.account.name, objectReplicationPolicyId: received.policyId, rules: [{ ...containers, ruleId }] },
    { parent, dependsOn: versioned },
  );
}
