// Which subscriptions the login in the environment may use. An identity of Azure belongs to a directory, not to a subscription.
import { SubscriptionClient, type SubscriptionClientOptionalParams } from "@azure/arm-resources-subscriptions";
import type { TokenCredential } from "@azure/identity";
import type { Identity } from "./identity";

export async function azureIdentity(credential: TokenCredential, options: SubscriptionClientOptionalParams = {}): Promise<Identity> {
  const accounts: string[] = [];
  const tenants = new Set<string>();
  for await (const { subscriptionId, tenantId } of new SubscriptionClient(credential, options).subscriptions.list()) {
    if (subscriptionId !== undefined) accounts.push(subscriptionId);
    if (tenantId !== undefined) tenants.add(tenantId);
  }
  return {
    accounts,
    who: tenants.size === 0 ? "a login that sees no subscription" : `a login of directory ${[...tenants].join(", ")}`,
  };
}
