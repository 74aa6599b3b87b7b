// Where a platform can be asked from outside, and by which address a service's own path is reached.
import type { OutputMap } from "@pulumi/pulumi/automation";
import type { Settings } from "../settings/load";
import { leadsTo } from "../settings/rollout";

/** Whether anybody may connect: without a domain the gateway lets in only the ranges that the settings name. */
export function isOpen({ gateway, network }: Settings): boolean {
  return gateway.domain !== undefined || gateway.direct || network.allowedCidrs.length > 0;
}

/** The address of a path of a service; undefined where no route of the service leads there, or nobody may connect. */
export function addressOf(settings: Settings, outputs: OutputMap, name: string, path: string): string | undefined {
  const service = settings.services[name];
  if (service === undefined || service.internal || !isOpen(settings)) return undefined;
  if (settings.gateway.direct) {
    const own = (outputs.services?.value as Readonly<Record<string, string>> | undefined)?.[name];
    return own === undefined ? undefined : `${own}${path}`;
  }
  if (!leadsTo(service.routes.paths, path)) return undefined;
  const [host] = service.routes.hosts;
  const url = host === undefined ? (outputs.url?.value as string | undefined) : `https://${host}`;
  return url === undefined ? undefined : `${url}${path}`;
}
