// A stack that stands by for another: what its settings start from until it takes over, and what it can't have until then.
import { z } from "zod";
import type { ServiceSpec } from "../components/app-service/index";
import type { CloudName } from "../components/cloud";
import type { Fault } from "../components/fault";
import { overlap } from "../components/network/cidr";
import type { StandbySpec } from "../components/primary";
import { cut, setCommand } from "./paths";
import { defaultRegions, type Preset, regionKeys } from "./presets";
import type { Subject } from "./rules";
import type { Given } from "./schema";
import { usualSecondRegions } from "./storage";

export const standbyOfSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,23}$/)
  .meta({ allowed: "the name of another stack of this project" });

export const standbySchema = z.strictObject({
  active: z
    .boolean()
    .optional()
    .describe("`true`: this stack takes over. Its database becomes writable for good, its services scale up, and it takes the domain."),
  peerCidr: z
    .string()
    .optional()
    .describe(
      "The range of the other stack, in both. In the standby by default 10.0.0.0/16; the primary on Azure lets the standby's database in by it. AWS copies without a way between the networks.",
    ),
});

const cidrs = { primary: "10.0.0.0/16", standby: "10.1.0.0/16" } as const;
const noCopies = { dailyDays: 0, weeklyDays: 0, copy: false, archive: false, restoreTest: false, cacheCopy: false } as const;

export function standbyOf({ standbyOf, standby }: Given): StandbySpec | undefined {
  return standbyOf === undefined ? undefined : { of: standbyOf, active: standby?.active === true };
}

function waits(given: Given): boolean {
  return standbyOf(given)?.active === false;
}

/** The range of the other stack; only a standby has a usual one. */
export function peerCidrOf(given: Given): string | undefined {
  const standby = standbyOf(given);
  // Who has taken over lets nobody in any more.
  if (standby?.active === true) return undefined;
  return given.standby?.peerCidr ?? (standby && cidrs.primary);
}

/** What the stack starts from. Copies would go to the lost region, so there are none in a second one unless the stack names it. */
export function standbyPreset(base: Preset, given: Given): Preset {
  if (standbyOf(given) === undefined) return base;
  const waiting = waits(given);
  const buckets = Object.entries(base.storage.buckets).map(([name, spec]) => [name, { ...spec, replicate: false }] as const);
  return {
    ...base,
    network: { ...base.network, cidr: cidrs.standby },
    // A replica has neither, and making them would hold up the takeover: they come in an update of their own.
    database: { ...base.database, highAvailability: false, replicas: 0 },
    storage: { ...base.storage, buckets: Object.fromEntries(buckets) },
    budget: { ...base.budget, enabled: base.budget.enabled && !waiting },
    backup: { ...base.backup, ...(waiting && noCopies) },
    cache: { ...base.cache, snapshotDays: waiting ? 0 : base.cache.snapshotDays },
  };
}

/**
 * A service while its stack stands by: as few instances as may grow later, no schedule, and ready as soon as it is healthy, because the
 * database can be read only, and by the primary's passwords. A plan of Azure's spreads over zones from its start or never: by two.
 */
export function standbyService(spec: ServiceSpec, given: Given): ServiceSpec {
  if (!waits(given)) return spec;
  const asleep = spec.kind === "job" || (spec.kind === "worker" && spec.scale.backlogPerInstance !== undefined);
  const isServed = spec.kind === "web" || spec.kind === "api";
  const least = isServed && given.cloud === "azure" ? 2 : 1;
  const min = Math.min(asleep ? 0 : least, spec.scale.min);
  return { ...unscheduled(spec), readyPath: spec.healthPath, scale: { ...spec.scale, min, schedules: [] } };
}

function unscheduled({ schedule: _schedule, ...spec }: ServiceSpec): ServiceSpec {
  return spec;
}

/** The domain is the primary's until the takeover. */
export function domainGiven(given: Given): Given["domain"] {
  return waits(given) ? undefined : given.domain;
}

/** Where the stack is if nothing says so; a standby says so, as the provider's own default is the primary's region. */
export function checkStandby({ given, draft, limits }: Subject, stack: string, regionStated: boolean): Fault[] {
  const standby = standbyOf(given);
  if (standby === undefined) {
    if (given.standby?.active === undefined) return [];
    const remedy = "set standbyOf to the primary's stack, or remove standby.active";
    return [{ path: "standby.active", given: given.standby.active, problem: "this stack stands by for no other", remedy }];
  }
  const faults: Fault[] = [];
  if (standby.of === stack) {
    const remedy = "name the primary's stack, or remove standbyOf";
    faults.push({ path: "standbyOf", given: stack, problem: "a stack can't stand by for itself", remedy });
  }
  if (!regionStated) faults.push(regionMissing(draft.cloud));
  const peer = peerCidrOf(given);
  if (peer !== undefined && overlap(draft.network.cidr, peer)) {
    faults.push({
      path: "network.cidr",
      given: draft.network.cidr,
      problem: `overlaps the primary's ${cut(peer)}`,
      remedy: `${setCommand(["network", "cidr"], cidrs.standby)}, or set standby.peerCidr to what the primary has`,
    });
  }
  const { enabled, size } = draft.database;
  if (enabled && limits.database.sizes[size].burstable && !limits.database.burstableReplicas) {
    const remedy = `${setCommand(["database", "size"], "medium")}, in both stacks`;
    faults.push({ path: "database.size", given: size, problem: `a burstable size on ${draft.cloud} has no replica`, remedy });
  }
  return standby.active ? faults : [...faults, ...checkWaiting(given)];
}

function regionMissing(cloud: CloudName): Fault {
  const key = regionKeys[cloud];
  const first = defaultRegions[cloud];
  const second = usualSecondRegions[cloud][first] ?? "<region>";
  const problem = `is not set: a standby would be in ${first}, the primary's own region by default`;
  return { path: key, problem, remedy: `pulumi config set ${key} ${second}` };
}

/** What only a stack that has taken over can have. */
function checkWaiting({ budget, database, backup, services }: Given): Fault[] {
  const asked: readonly (readonly [path: string, set: boolean, problem: string])[] = [
    ["budget", budget !== undefined && budget.enabled !== false, "the primary's budget stands for both until the takeover"],
    ["backup", backup !== undefined, "copies are made of the primary, and of this stack from the takeover on"],
    ["database.highAvailability", database?.highAvailability === true, "a replica in another region has no standby of its own"],
    ["database.replicas", (database?.replicas ?? 0) > 0, "a replica in another region has no replicas of its own"],
    ["database.pooling", database?.pooling === true, "a pool leads to a server that can be written"],
    ["database.upgrade", database?.upgrade === true, "the replica has the version of its primary"],
    ["database.restore", database?.restore !== undefined, "the database is a replica of the primary's"],
    ["database.logins.made", database?.logins?.made !== undefined, "the replica has the primary's logins, with the primary's passwords"],
    ...Object.entries(services ?? {}).map(
      ([name, { candidate }]) => [`services.${name}.candidate`, candidate !== undefined, "nobody visits it yet"] as const,
    ),
  ];
  const remedy = "remove it until after the takeover (docs/runbooks/region-failover.md)";
  return asked
    .filter(([, set]) => set)
    .map(([path, , problem]) => ({ path, problem: `not while this stack stands by: ${problem}`, remedy }));
}

export function standbyWarnings({ given, draft }: Subject): string[] {
  const standby = standbyOf(given);
  if (standby === undefined) return [];
  if (!standby.active) return [`this stack stands by for ${standby.of}: it serves nobody, and its services can't log in to the database`];
  if (!draft.database.enabled || draft.database.highAvailability) return [];
  return ["this stack has taken over: database.highAvailability is off until it is set (docs/runbooks/region-failover.md)"];
}
