// Routes in the shape of Application Gateway: a listener per host name, and in each the paths in the order in which they are tried.
import type { Route } from "./index";

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

/** A host's listener takes all requests of that host, so the routes without a host are repeated in it after those of the host. */
export function listenersOf(routes: readonly Route[]): Listener[] {
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

function listener(name: string, host: string | undefined, priority: number, routes: readonly Route[]): Listener {
  const services = new Map<string, string>();
  for (const { service, paths } of routes) {
    for (const path of paths.length > 0 ? paths : [everything]) if (!services.has(path)) services.set(path, service);
  }
  // The first path that matches wins, so the longer one comes first.
  const sorted = [...services].filter(([path]) => path !== everything).sort(([a], [b]) => b.length - a.length || (a < b ? -1 : 1));
  const paths = sorted.map(([path, service], index) => ({ name: `${service}-${index + 1}`, path, service }));
  return { name, host, priority, paths, rest: services.get(everything) };
}
