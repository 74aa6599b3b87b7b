// The order of a load balancer's rules: hosts before none, longer paths before shorter, `/*` last. A priority follows from the rule
// itself, not from its rank: a balancer refuses two rules of one priority even for a moment, so no new route may move the others.
import { createHash } from "node:crypto";
import { type Fault, refuse } from "../fault";
import type { RouteMatch } from "./index";

/** What one listener rule matches; no path means every path, no host every host. */
export interface Rule {
  /** Of the resource, unique among the service's rules: `web-rule` for everything, `api-rule-api` for `/api/*`. */
  readonly name: string;
  readonly priority: number;
  readonly paths: readonly string[];
  readonly hosts: readonly string[];
}

type Match = Pick<Rule, "paths" | "hosts">;

/** AWS's quota of one balancer is 100, of which one is kept for maintenance. Where AWS raised it, priorities would still run out. */
const rulesPerBalancer = 99;
/** A rule may test five values: one path, three hosts, and in the preview of a candidate one header. */
const hostsPerRule = 3;
/** Priorities are 1 to 50000: a band for each length of path, with and without a host; two apart, so that a preview fits before each. */
const band = { step: 2, longestPath: 60, slots: 100 } as const;
const bandWidth = band.slots * band.step;
const bandsPerHost = (band.longestPath + 1) * 2;
/** Before all: its own place would be the preview of the very first rule, which therefore no rule takes. */
export const maintenancePriority = 1;
/** Behind all bands: rules that no request comes to. */
const anchors = { first: 2 * bandsPerHost * bandWidth + 1, last: 50_000 } as const;
/** Characters of a rule's name that tell what it matches. */
const longestName = 60;

/**
 * The listener rules of each service. The balancers for the internet and for the inside have lists of their own: give one's routes only.
 * Throws a ConfigError if they are more than one balancer takes.
 */
export function rulesOf(routes: readonly RouteMatch[]): ReadonlyMap<string, readonly Rule[]> {
  refuse(checkRules(routes));
  const taken = new Set([maintenancePriority + 1]);
  return new Map(
    routes.map((route) => [
      route.service,
      matchesOf(route).map((match) => ({ name: nameOf(route.service, match), priority: free(match, taken), ...match })),
    ]),
  );
}

/** Of the rule by which a candidate is looked at: just before the rule of the same path and host. */
export function previewPriority(priority: number): number {
  return priority - 1;
}

/**
 * A place for one rule per service behind all others. A target group must hang on the balancer before its service exists, and where traffic
 * is shifted the production rules come after the service.
 */
export function anchorsOf(routes: readonly RouteMatch[]): ReadonlyMap<string, number> {
  const taken = new Set<number>();
  return new Map(
    routes.map(({ service }) => {
      let place = digest([service]) % (anchors.last - anchors.first + 1);
      while (taken.has(place)) place = (place + 1) % (anchors.last - anchors.first + 1);
      taken.add(place);
      return [service, anchors.first + place];
    }),
  );
}

/** What a balancer takes on AWS. A service that shifts traffic has an anchor, and during a rollout each rule twice. A band holds as many rules as the whole balancer, so whatever their paths are, they find a place. */
export function checkRules(routes: readonly RouteMatch[]): Fault[] {
  return [false, true].flatMap((internal): Fault[] => {
    const count = (route: RouteMatch): number =>
      matchesOf(route).length * (route.shifts === true ? 2 : 1) + (route.shifts === true ? 1 : 0);
    const rules = routes.filter((route) => route.internal === internal).reduce((sum, route) => sum + count(route), 0);
    if (rules <= rulesPerBalancer) return [];
    const problem = `the load balancer ${internal ? "inside the network" : "for the internet"} takes at most ${rulesPerBalancer} rules; each path of a service is one for every ${hostsPerRule} of its hosts`;
    const remedy = "let one path such as /reports/* take several, or move services to a stack of their own";
    return [{ path: "services", given: rules, problem, remedy }];
  });
}

/** Two services can't have the same path of the same host. */
export function checkRoutes(routes: readonly RouteMatch[]): Fault[] {
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

function matchesOf(route: RouteMatch): Match[] {
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

function pairsOf(route: RouteMatch): [string, string][] {
  const hosts = route.hosts.length > 0 ? route.hosts : ["*"];
  const paths = route.paths.length > 0 ? route.paths : ["/*"];
  return hosts.flatMap((host) => paths.map((path): [string, string] => [host, path]));
}

/** The plain form `/api/*` of every host is its own name; any other gets a hash of what it matches, as several may read alike. */
function nameOf(service: string, match: Match): string {
  const text = [...match.hosts, ...match.paths].join("/");
  const words = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, longestName)
    .replace(/^-|-$/g, "");
  const isPlain = text.length <= longestName && /^(\/[a-z0-9]+)*\/\*$/.test(text);
  return [service, "rule", words, isPlain ? "" : hash(match).toString(16)].filter((part) => part !== "").join("-");
}

/** Within a band the order doesn't matter, so the place in it may come from a hash; the next free one where two meet. */
function free(match: Match, taken: Set<number>): number {
  const at = (slot: number): number => bandOf(match) * bandWidth + (slot % band.slots) * band.step + band.step;
  let slot = hash(match);
  while (taken.has(at(slot))) slot++;
  taken.add(at(slot));
  return at(slot);
}

function bandOf({ hosts, paths: [path = "/*"] }: Match): number {
  const fixed = path.split(/[*?]/, 1)[0] ?? "";
  const exact = fixed === path ? 1 : 0;
  const weight = Math.min(fixed.length, band.longestPath) * 2 + exact;
  return (hosts.length > 0 ? 0 : bandsPerHost) + (bandsPerHost - 1 - weight);
}

function hash(match: Match): number {
  return digest([match.hosts, match.paths]);
}

function digest(value: readonly unknown[]): number {
  return createHash("sha256").update(JSON.stringify(value)).digest().readUInt32BE(0);
}
