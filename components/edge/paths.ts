// Which path leads where at the CDN. Both clouds take the most specific pattern: CloudFront by the order given, Front Door by itself.
import type { Route } from "../gateway/index";

/** Names that contain a hash of the file live below this folder of a site: they never change, so they are kept for a year. */
const hashedFiles = "assets/*";

/** One pattern of the CDN. */
export interface Way {
  readonly path: string;
  /** The static site that it leads to; undefined: the gateway. */
  readonly site: string | undefined;
  readonly cached: boolean;
}

export interface SitePath {
  readonly service: string;
  readonly path: string;
}

/**
 * The way of all that no pattern takes, and the patterns, the most specific first. The gateway's own paths appear only where a site would
 * hide them. `cached` are paths of services whose answers may be kept; one that a site takes is the site's.
 */
export function waysOf(
  routes: readonly Route[],
  sites: readonly SitePath[],
  cached: readonly string[],
): { readonly rest: string | undefined; readonly ways: readonly Way[] } {
  const served = publicPaths(routes);
  const hidden = served.filter((path) => path !== everything && sites.some((site) => covers(site.path, path)));
  const kept = cached.filter((path) => isServices(path, served, sites));
  const found: Way[] = [
    ...kept.map((path) => ({ path, site: undefined, cached: true })),
    ...hidden.map((path) => ({ path, site: undefined, cached: false })),
    ...sites.flatMap(({ service, path }) => [
      { path: path.slice(0, -1) + hashedFiles, site: service, cached: true },
      ...(path === everything ? [] : [{ path, site: service, cached: false }]),
    ]),
  ];
  const ways = [...new Map(found.toReversed().map((way) => [way.path, way])).values()];
  ways.sort((a, b) => b.path.length - a.path.length || (a.path < b.path ? -1 : 1));
  return { rest: sites.find(({ path }) => path === everything)?.service, ways };
}

export const everything = "/*";

/** The paths that lead to services from outside, each once. */
export function publicPaths(routes: readonly Route[]): string[] {
  return [...new Set(routes.filter((route) => !route.internal).flatMap((route) => route.paths))];
}

function isServices(path: string, served: readonly string[], sites: readonly SitePath[]): boolean {
  const longest = (paths: readonly string[]): number => Math.max(-1, ...paths.filter((outer) => covers(outer, path)).map(lengthOf));
  return longest(served) > longest(sites.map((site) => site.path));
}

function covers(outer: string, inner: string): boolean {
  return outer === inner || (outer.endsWith("*") && inner.startsWith(outer.slice(0, -1)));
}

function lengthOf(path: string): number {
  return path.replace("*", "").length;
}
