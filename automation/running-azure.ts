// Which image a site, a slot or a Container App runs, as Azure itself reports it.
import { ContainerAppsAPIClient } from "@azure/arm-appcontainers";
import { WebSiteManagementClient, type WebSiteManagementClientOptionalParams } from "@azure/arm-appservice";
import type { TokenCredential } from "@azure/identity";
import type { Running } from "./version";

const path = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/(Microsoft\.\w+\/\w+)\/([^/]+)(?:\/slots\/([^/]+))?$/i;

/** `id`: the resource id of a site, a slot or a Container App. */
export async function azureRunning(
  credential: TokenCredential,
  id: string,
  options: WebSiteManagementClientOptionalParams = {},
): Promise<Running> {
  const [, subscription = "", group = "", type = "", name = "", slot] = path.exec(id) ?? [];
  if (type.toLowerCase() === "microsoft.app/containerapps")
    return appOf(new ContainerAppsAPIClient(credential, subscription, options), group, name);
  if (type.toLowerCase() !== "microsoft.web/sites") throw new Error(`${id} is neither a site nor a Container App`);
  const { webApps } = new WebSiteManagementClient(credential, subscription, options);
  const config = slot === undefined ? webApps.getConfiguration(group, name) : webApps.getConfigurationSlot(group, name, slot);
  const { linuxFxVersion = "" } = await config;
  if (linuxFxVersion.startsWith("DOCKER|")) return { image: linuxFxVersion.slice("DOCKER|".length), settled: true };
  // With a collector beside it a site names each container by itself.
  const containers = slot === undefined ? webApps.listSiteContainers(group, name) : webApps.listSiteContainersSlot(group, name, slot);
  for await (const { isMain, image } of containers) if (isMain === true && image !== undefined) return { image, settled: true };
  throw new Error(`Azure knows no image of ${name} (${linuxFxVersion})`);
}

/** One revision at a time: the newest is what runs when it is ready. */
async function appOf(client: ContainerAppsAPIClient, group: string, name: string): Promise<Running> {
  const { template, latestRevisionName, latestReadyRevisionName } = await client.containerApps.get(group, name);
  const image = template?.containers?.[0]?.image;
  if (image === undefined) throw new Error(`Azure knows no image of ${name}`);
  return { image, settled: latestRevisionName !== undefined && latestRevisionName === latestReadyRevisionName };
}
