// The resource id of a DNS zone, read without a cloud's SDK.
export interface Zone {
  readonly resourceGroupName: string;
  readonly zoneName: string;
}

/** Resource group and name of a DNS zone, out of its resource id. It must be in the provider's own subscription. */
export function parseZone(id: string | undefined): Zone | undefined {
  const match = /^\/subscriptions\/[^/]+\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Network\/dnszones\/([^/]+)$/i.exec(id ?? "");
  const [, resourceGroupName, zoneName] = match ?? [];
  return resourceGroupName === undefined || zoneName === undefined ? undefined : { resourceGroupName, zoneName };
}
