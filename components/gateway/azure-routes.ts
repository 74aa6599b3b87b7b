// Routes in the shape of Application Gateway: a listener per host name, and in each the paths in the order in which they are tried.
import type { Fault } from "../fault";
import type { RouteMatch } from "./index";

export interface Listener {
  /** Name of the listener and of what hangs on it; dots of a host can't be confused with underscores, which hosts don't have. */
  readonly name: string;
  /** Undefined: every host that no other listener takes. */
  readonly host: string | undefined;
  /** Of the listener's routing rule: those for one host come before the one for every host. */
  readonly priority: number;
  readonly paths: readonly { readonly name: string; readonly path: string; readonly service: string }[];
  /** The service that takes all other paths. */
  readonly rest: string | undefined;
}

/** The listener that takes every host there is no other for. It always exists. */
export const everyHost = "every-host";
const everything = "/*";

/**
 * What a gateway of tier WAF_v2 takes, whose firewall has CRS 3.2 or newer: pools, listeners, and paths of one listener.
 * https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits#azure-application-gateway-limits
 */
const most = { pools: 100, listeners: 100, paths: 100 } as const;

/** A host's listener takes all requests of that host, so the routes without a host are repeated in it after those of the host. */
export function listenersOf(routes: readonly RouteMatch[]): Listener[] {
  const shared = routes.filter((route) => route.hosts.length === 0);
  const hosts = [...new Set(routes.flatMap((route) => route.hosts))].sort();
  return [
    ...hosts.map((host, index) => {
      const own = routes.filter((route) => route.hosts.includes(host));
      return listener(host.replaceAll(".", "_"), host, 100 + index * 10, [...own, ...shared]);
    }),
    listener(everyHost, undefined, 10000, shared),
  ];
}

/** What an Application Gateway takes. One pool is for requests that no route takes; with a certificate one listener redirects to TLS. */
export function checkListeners(routes: readonly RouteMatch[], isSecure: boolean): Fault[] {
  const open = routes.filter(({ internal }) => !internal);
  const listeners = listenersOf(open);
  const hosts = listeners.length - 1;
  const mostHosts = most.listeners - (isSecure ? 2 : 1);
  const faults: Fault[] = [];
  const apart = "move services to a stack of their own";
  if (open.length >= most.pools) {
    const problem = `the gateway takes at most ${most.pools - 1} services that are reached from the internet`;
    faults.push({ path: "services", given: open.length, problem, remedy: `make services internal, or ${apart}` });
  }
  if (hosts > mostHosts) {
    const problem = `the gateway takes at most ${mostHosts} host names`;
    faults.push({ path: "services", given: hosts, problem, remedy: `tell services apart by paths, or ${apart}` });
  }
  const fullest = listeners.reduce((a, b) => (b.paths.length > a.paths.length ? b : a));
  if (fullest.paths.length > most.paths) {
    const problem = `the gateway takes at most ${most.paths} paths of ${fullest.host ?? "every host"}, those of services without a host among them`;
    faults.push({
      path: "services",
      given: fullest.paths.length,
      problem,
      remedy: `let one path such as /reports/* take several, or ${apart}`,
    });
  }
  return faults;
}

function listener(name: string, host: string | undefined, priority: number, routes: readonly RouteMatch[]): Listener {
  const services = new Map<string, string>();
  for (const { service, paths } of routes) {
    for (const path of paths.length > 0 ? paths : [everything]) if (!services.has(path)) services.set(path, service);
  }
  // The first path that matches wins, so the longer one comes first.
  const sorted = [...services].filter(([path]) => path !== everything).sort(([a], [b]) => b.length - a.length || (a < b ? -1 : 1));
  const paths = sorted.map(([path, service], index) => ({ name: `${service}-${index + 1}`, path, service }));
  return { name, host, priority, paths, rest: services.get(everything) };
}
