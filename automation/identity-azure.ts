// Which subscriptions the login in the environment may use. An identity of Azure belongs to a directory, not to a subscription.
import { SubscriptionClient, type SubscriptionClientOptionalParams } from "@azure/arm-subscriptions";
import { createPipelineRequest } from "@azure/core-rest-pipeline";
import type { TokenCredential } from "@azure/identity";
import type { Identity } from "./identity";

interface Page {
  readonly value?: readonly { readonly subscriptionId?: string; readonly tenantId?: string }[];
  readonly nextLink?: string;
}

export async function azureIdentity(credential: TokenCredential, options: SubscriptionClientOptionalParams = {}): Promise<Identity> {
  const client = new SubscriptionClient(credential, options);
  const found: NonNullable<Page["value"]>[number][] = [];
  // The client's own operations begin where a subscription is known; its pipeline logs in, waits and tries again for this one too.
  let url: string | undefined = `${client.$host}/subscriptions?api-version=2022-12-01`;
  while (url !== undefined) {
    const { status, bodyAsText } = await client.sendRequest(createPipelineRequest({ url }));
    if (status !== 200)
      throw Object.assign(new Error(`Azure answered ${status}: ${(bodyAsText ?? "").slice(0, 300)}`), { statusCode: status });
    const page = JSON.parse(bodyAsText ?? "{}") as Page;
    found.push(...(page.value ?? []));
    url = page.nextLink;
  }
  const tenants = [...new Set(found.flatMap(({ tenantId }) => tenantId ?? []))];
  return {
    accounts: found.flatMap(({ subscriptionId }) => subscriptionId ?? []),
    who: tenants.length === 0 ? "a login that sees no subscription" : `a login of directory ${tenants.join(", ")}`,
  };
}
