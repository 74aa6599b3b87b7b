// What a domain asks of a gateway on Azure, told without its SDK: settings are checked by it before anything is loaded.
import { parseZone } from "../clouds/azure/zone-id";
import type { Fault } from "../fault";
import type { GatewayDomain } from "./index";

/** Paths are those of the settings. */
export function checkAzureDomain({ domain, direct }: { readonly domain?: GatewayDomain | undefined; readonly direct: boolean }): Fault[] {
  if (domain === undefined) return [];
  if (direct) {
    const remedy = "set edge.direct to false, or remove domain";
    return [
      {
        path: "domain.name",
        given: domain.name,
        problem: "without a gateway each site answers at a name of Azure's, and nothing at the domain",
        remedy,
      },
    ];
  }
  if (domain.zone === undefined) return [];
  const zone = parseZone(domain.zone);
  const path = "domain.azure.zoneId";
  if (zone === undefined) {
    const remedy = "write it as /subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Network/dnsZones/<name>";
    return [{ path, given: domain.zone, problem: "not the resource id of a DNS zone", remedy }];
  }
  if (domain.name === zone.zoneName || domain.name.endsWith(`.${zone.zoneName}`)) return [];
  const remedy = "name the zone that the domain is in";
  return [{ path, given: domain.zone, problem: `${domain.name} is not in the zone ${zone.zoneName}`, remedy }];
}
