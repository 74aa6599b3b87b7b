// The order of a load balancer's rules: hosts before none, longer paths before shorter, `/*` last. A priority follows from the rule
// itself, not from its rank: a balancer refuses two rules of one priority even for a moment, so no new route may move the others.
import { createHash } from "node:crypto";
import type { Fault } from "../fault";
import type { Route } from "./index";

/** What one listener rule matches; no path means every path, no host every host. */
export interface Rule {
  readonly priority: number;
  readonly paths: readonly string[];
  readonly hosts: readonly string[];
}

type Match = Omit<Rule, "priority">;

/** A rule may test five values: one path and four hosts. */
const hostsPerRule = 4;
/** Priorities are 1 to 50000: a band for each length of path, with and without a host; five apart, so that a preview fits before each. */
const band = { width: 200, step: 5, longestPath: 60 } as const;
const slotsPerBand = band.width / band.step;
const bandsPerHost = (band.longestPath + 1) * 2;

/** The listener rules of each service. The balancers for the internet and for the inside have lists of their own: give one's routes only. */
export function rulesOf(routes: readonly Route[]): ReadonlyMap<string, readonly Rule[]> {
  const taken = new Set<number>();
  return new Map(routes.map((route) => [route.service, matchesOf(route).map((match) => ({ priority: free(match, taken), ...match }))]));
}

/** Two services can't have the same path of the same host. */
export function checkRoutes(routes: readonly Route[]): Fault[] {
  const owners = new Map<string, string>();
  return routes.flatMap((route) =>
    pairsOf(route).flatMap(([host, path]): Fault[] => {
      const key = `${route.internal} ${host} ${path}`;
      const owner = owners.get(key);
      owners.set(key, route.service);
      if (owner === undefined) return [];
      const problem = owner === route.service ? "given twice" : `leads to "${owner}" already`;
      return [
        {
          path: `services.${route.service}.routes`,
          given: `${host}${path}`,
          problem,
          remedy: "give each service paths or hosts of its own",
        },
      ];
    }),
  );
}

function matchesOf(route: Route): Match[] {
  const hosts = [...route.hosts];
  const chunks =
    hosts.length === 0
      ? [[]]
      : Array.from({ length: Math.ceil(hosts.length / hostsPerRule) }, (_, part) =>
          hosts.slice(part * hostsPerRule, (part + 1) * hostsPerRule),
        );
  const paths = route.paths.length > 0 ? route.paths : ["/*"];
  return chunks.flatMap((chunk) => paths.map((path) => ({ paths: [path], hosts: chunk })));
}

function pairsOf(route: Route): [string, string][] {
  const hosts = route.hosts.length > 0 ? route.hosts : ["*"];
  const paths = route.paths.length > 0 ? route.paths : ["/*"];
  return hosts.flatMap((host) => paths.map((path): [string, string] => [host, path]));
}

/** Within a band the order doesn't matter, so the place in it may come from a hash; the next free one where two meet. */
function free(match: Match, taken: Set<number>): number {
  const start = hash(match) % slotsPerBand;
  for (let tried = 0; tried < slotsPerBand; tried++) {
    const priority = bandOf(match) * band.width + ((start + tried) % slotsPerBand) * band.step + band.step;
    if (taken.has(priority)) continue;
    taken.add(priority);
    return priority;
  }
  throw new Error(`more than ${slotsPerBand} routes with paths as long as ${match.paths[0]}`);
}

function bandOf({ hosts, paths: [path = "/*"] }: Match): number {
  const fixed = path.split(/[*?]/, 1)[0] ?? "";
  const exact = fixed === path ? 1 : 0;
  const weight = Math.min(fixed.length, band.longestPath) * 2 + exact;
  return (hosts.length > 0 ? 0 : bandsPerHost) + (bandsPerHost - 1 - weight);
}

function hash(match: Match): number {
  return createHash("sha256")
    .update(JSON.stringify([match.hosts, match.paths]))
    .digest()
    .readUInt32BE(0);
}
