// Where a platform can be asked from outside, and by which address a service's own path is reached.
import type { OutputMap } from "@pulumi/pulumi/automation";
import type { Settings } from "../settings/load";
import { leadsTo, takesAll } from "../settings/rollout";

/** Whether anybody may connect: without a domain the gateway lets in only the ranges that the settings name. */
export function isOpen({ gateway, network }: Settings): boolean {
  return gateway.domain !== undefined || gateway.direct || network.allowedCidrs.length > 0;
}

/** The address of a path of a service; undefined where no route of the service leads there, or nobody gets in. */
export function addressOf(settings: Settings, outputs: OutputMap, name: string, path: string): string | undefined {
  const service = settings.services[name];
  if (service === undefined || service.internal || settings.maintenance || !isOpen(settings)) return undefined;
  if (settings.gateway.direct) {
    const own = (outputs.services?.value as Readonly<Record<string, string>> | undefined)?.[name];
    return own === undefined ? undefined : `${own}${path}`;
  }
  if (!leadsTo(service.routes.paths, path)) return undefined;
  const [host] = service.routes.hosts;
  const url = host === undefined ? (outputs.url?.value as string | undefined) : `https://${host}`;
  return url === undefined ? undefined : `${url}${path}`;
}

/** Where the platform is asked for its health: the service that takes everything, else the first whose readiness a route leads to. */
export function frontOf(settings: Settings, outputs: OutputMap): { readonly url: string } | { readonly closed: string } {
  if (!isOpen(settings)) return { closed: "nobody may connect (no domain, and network.allowedCidrs is empty)" };
  if (settings.maintenance) return { closed: "maintenance is on, every request from outside is turned away" };
  const services = Object.entries(settings.services);
  const whole = services.filter(([, service]) => takesAll(service));
  for (const [name, { readyPath }] of [...whole, ...services]) {
    const url = addressOf(settings, outputs, name, readyPath);
    if (url !== undefined) return { url };
  }
  return { closed: "no route leads to the readyPath of a service" };
}
