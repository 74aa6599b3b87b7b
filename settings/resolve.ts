// What a stack states, laid over the preset of its environment and cloud. What the preset connects to something that the stack
// took away is taken away with it; what the stack itself states stays, and a rule refuses it.
import type { ServiceSpec } from "../components/app-service/index";
import type { CloudName } from "../components/cloud";
import type { Fault } from "../components/fault";
import type { QueueSpec } from "../components/queue/index";
import type { SiteSpec } from "../components/static-site/index";
import type { Environment } from "../components/stack";
import { type BucketSpec, purposes } from "../components/storage/index";
import { accessWords, type Noun } from "../components/use";
import { sitesOf } from "./edge";
import { merge, only } from "./merge";
import type { Alerts } from "./monitoring";
import { consoleName, consoleService } from "./operations";
import { pathText, setCommand } from "./paths";
import { defaultImage, newService, preset, type Preset, queueDefaults } from "./presets";
import { candidateOf } from "./rollout";
import { standbyPreset, standbyService } from "./standby";
import { bucketDefaults, withoutZeros } from "./storage";
import { type Given, namePattern, type TopicSpec } from "./schema";
import { nearest } from "./shape";

export interface Draft extends Omit<Preset, "secrets"> {
  readonly cloud: CloudName;
  readonly environment: Environment;
  readonly alerts: Alerts;
  readonly secrets: Readonly<Record<string, { readonly generate: true } | { readonly value: string }>>;
  readonly sites: Readonly<Record<string, SiteSpec>>;
  /** What each name of a use stands for. */
  readonly nouns: ReadonlyMap<string, Noun>;
}

/** The word by which a stack drops a use of the preset. */
export const noUse = "none";

export function resolve(given: Given): { readonly draft: Draft; readonly faults: readonly Fault[] } {
  const cloud = given.cloud ?? "aws";
  const environment = given.environment ?? "dev";
  const base = standbyPreset(preset(environment, cloud), given);
  const faults: Fault[] = [];

  const secrets = secretsOf(base, given);
  const queues = queuesOf(base, given, faults);
  const files = merge(base.storage.files, given.storage?.files);
  const buckets = bucketsOf(base, given, environment, faults);
  const topics = topicsOf(base, given, queues, faults);
  const stated = servicesOf(base, given, { environment, cloud }, faults);
  const { sites, faults: siteFaults } = sitesOf(given);
  faults.push(...siteFaults);
  const database = merge(base.database, given.database);
  const cache = merge(base.cache, given.cache);
  const flags = merge(base.flags, given.flags);
  const nouns = new Map<string, Noun>([
    ...(database.enabled ? [["database", "database"] as const] : []),
    ...(cache.enabled ? [["cache", "cache"] as const] : []),
    ...(flags.enabled ? [["flags", "flags"] as const] : []),
    ...(files.enabled ? [["files", "files"] as const] : []),
    ...Object.keys(queues).map((name) => [name, "queue"] as const),
    ...Object.keys(topics).map((name) => [name, "topic"] as const),
    ...Object.keys(buckets).map((name) => [name, "storage"] as const),
    ...Object.keys(stated).map((name) => [name, "service"] as const),
  ]);
  const services = Object.fromEntries(
    Object.entries(stated).map(([name, spec]) => [name, standbyService(pruned(name, spec, given, nouns, secrets), given)]),
  );

  return {
    faults,
    draft: {
      cloud,
      environment,
      owner: given.owner ?? base.owner,
      costCenter: given.costCenter ?? base.costCenter,
      network: merge(base.network, networkOf(given)),
      edge: merge(base.edge, given.edge),
      database,
      cache,
      broker: merge(base.broker, given.broker),
      queues,
      topics,
      services,
      sites,
      secrets,
      monitoring: merge(base.monitoring, given.monitoring),
      alerts: given.alerts ?? {},
      storage: { logDays: given.storage?.logDays ?? base.storage.logDays, buckets, files },
      budget: merge(base.budget, given.budget),
      backup: merge(base.backup, given.backup),
      rollout: merge(base.rollout, given.rollout),
      operations: merge(base.operations, given.operations),
      rotationEpoch: given.rotationEpoch ?? base.rotationEpoch,
      registry: merge(base.registry, given.registry),
      flags,
      guard: given.guard ?? base.guard,
      nouns,
    },
  };
}

function networkOf({ network }: Given) {
  return network && withoutVpn(network);
}

/** The tunnels are parts of their own. */
function withoutVpn({ zoneNames, vpn: _vpn, ...rest }: NonNullable<Given["network"]>) {
  // Naming zones says how many there are.
  return { ...rest, zones: rest.zones ?? zoneNames?.length };
}

function secretsOf(base: Preset, given: Given): Draft["secrets"] {
  const secrets = new Map<string, { readonly generate: true } | { readonly value: string }>();
  for (const [name, source] of Object.entries({ ...base.secrets, ...given.secrets })) {
    if (typeof source === "string") secrets.set(name, { value: source });
    else if (source.generate) secrets.set(name, { generate: true });
  }
  return Object.fromEntries(secrets);
}

function queuesOf(base: Preset, given: Given, faults: Fault[]): Record<string, QueueSpec> {
  const kept = only(base.queues, (name) => given.queues?.[name]?.enabled !== false);
  const added = Object.entries(given.queues ?? {}).flatMap(([name, { enabled, ...spec }]) => {
    if (enabled === false) return removal("queues", name, base.queues, Object.keys(spec).length === 0, faults);
    return [[name, merge(base.queues[name] ?? queueDefaults, spec)] as const];
  });
  return { ...kept, ...Object.fromEntries(added) };
}

function bucketsOf(base: Preset, given: Given, environment: Environment, faults: Fault[]): Record<string, BucketSpec> {
  const usual = base.storage.buckets;
  const stated = given.storage?.buckets ?? {};
  const added = Object.entries(stated).flatMap(([name, { enabled, ...spec }]) => {
    if (enabled === false) return removal("storage.buckets", name, usual, Object.keys(spec).length === 0, faults);
    const purpose = spec.purpose ?? usual[name]?.purpose ?? purposes.find((word) => word === name);
    if (purpose === undefined) {
      const path = ["storage", "buckets", name, "purpose"];
      faults.push({
        path: pathText(path),
        problem: `is missing: "${name}" is none of ${purposes.join(", ")}, so it says what it is for`,
        remedy: setCommand(path, "documents"),
      });
      return [];
    }
    // A preset's entry for something else has nothing to give.
    const defaults = usual[name]?.purpose === purpose ? usual[name] : bucketDefaults(environment, purpose);
    const merged = merge(defaults, spec);
    return [[name, { ...merged, lifecycle: withoutZeros(merged.lifecycle) }] as const];
  });
  return { ...only(usual, (name) => stated[name]?.enabled !== false), ...Object.fromEntries(added) };
}

function topicsOf(base: Preset, given: Given, queues: Readonly<Record<string, QueueSpec>>, faults: Fault[]): Record<string, TopicSpec> {
  const names = [...new Set([...Object.keys(base.topics), ...Object.keys(given.topics ?? {})])];
  const topics = names.flatMap((name) => {
    const stated = given.topics?.[name];
    if (stated?.enabled === false) return removal("topics", name, base.topics, stated.subscriptions === undefined, faults);
    const preset = only(base.topics[name]?.subscriptions ?? {}, (queue) => Object.hasOwn(queues, queue));
    const added = Object.entries(stated?.subscriptions ?? {}).map(
      ([queue, { enabled, filter }]) => [queue, { filter: filter ?? preset[queue]?.filter ?? {}, enabled: enabled !== false }] as const,
    );
    const all = {
      ...preset,
      ...Object.fromEntries(added.filter(([, { enabled }]) => enabled).map(([queue, { filter }]) => [queue, { filter }])),
    };
    const dropped = new Set(added.flatMap(([queue, { enabled }]) => (enabled ? [] : [queue])));
    return [[name, { subscriptions: only(all, (queue) => !dropped.has(queue)) }] as const];
  });
  return Object.fromEntries(topics);
}

function servicesOf(
  base: Preset,
  given: Given,
  where: { readonly environment: Environment; readonly cloud: CloudName },
  faults: Fault[],
): Record<string, ServiceSpec> {
  const kept = only(base.services, (name) => given.services?.[name]?.enabled !== false && given.services?.[name]?.kind !== "static");
  const added = Object.entries(given.services ?? {}).flatMap(([name, { enabled, spa: _spa, kind: asked, ...stated }]) => {
    const usual = base.services[name];
    if (enabled === false) return removal("services", name, base.services, asked === undefined, faults);
    // Files are no service: `sitesOf` takes them.
    if (asked === "static") return [];
    const kind = asked ?? usual?.kind;
    // A preset's entry of another kind has nothing to give.
    const same = usual?.kind === kind ? usual : undefined;
    const image = stated.image ?? same?.image;
    if (kind === undefined || image === undefined) {
      const missing = [...(kind === undefined ? ["kind"] : []), ...(image === undefined ? ["image"] : [])];
      const near = usual === undefined ? nearest(name, Object.keys(base.services)) : undefined;
      for (const key of missing) {
        faults.push({
          path: pathText(["services", name, key]),
          problem: `is missing: ${usual === undefined ? `"${name}" is not one of the preset's services (${Object.keys(base.services).join(", ")})` : `the preset's "${name}" is of another kind`}, so it needs kind and image`,
          remedy:
            near === undefined
              ? `pulumi config set --path ${pathText(["services", name, key])} ${key === "kind" ? "api" : "<image>"}`
              : `did you mean "${near}"? Else give it`,
        });
      }
      return [];
    }
    const defaults: ServiceSpec = same ?? { ...newService(where.environment, where.cloud, kind), image };
    // The preset's command belongs to the preset's image.
    const commandOf = (of: string) => stated.command ?? (of === defaultImage ? defaults.command : undefined);
    const candidate = candidateOf(stated.candidate, commandOf);
    const { schedules, ...scale } = stated.scale ?? {};
    const zoned = schedules?.map(({ timezone, ...schedule }) => ({ ...schedule, timezone: timezone ?? "UTC" }));
    const merged = merge(defaults, { ...stated, candidate: undefined, scale: { ...scale, schedules: zoned } });
    return [[name, { ...merged, command: commandOf(image), ...(candidate && { candidate }) }] as const];
  });
  const worker = newService(where.environment, where.cloud, "worker");
  const forOperators = given.operations?.console === true ? { [consoleName]: consoleService(worker) } : {};
  return { ...kept, ...Object.fromEntries(added), ...forOperators };
}

/** Taking away what is not there is a typing error, unless it is a whole description that is switched off. */
function removal(key: string, name: string, known: Readonly<Record<string, unknown>>, bare: boolean, faults: Fault[]): [] {
  if (bare && !Object.hasOwn(known, name) && namePattern.test(name)) {
    const near = nearest(name, Object.keys(known));
    faults.push({
      path: pathText([...key.split("."), name, "enabled"]),
      given: false,
      problem: `nothing to remove: the preset has ${Object.keys(known).join(", ") || "none"}`,
      remedy: near === undefined ? `remove ${pathText([...key.split("."), name])}` : `did you mean "${near}"?`,
    });
  }
  return [];
}

function pruned(name: string, spec: ServiceSpec, given: Given, nouns: ReadonlyMap<string, Noun>, secrets: Draft["secrets"]): ServiceSpec {
  const stated = given.services?.[name];
  const uses = only(
    spec.uses,
    (target, word) => word !== noUse && (Object.hasOwn(stated?.uses ?? {}, target) || fits(nouns.get(target), word)),
  );
  const references = only(
    spec.secrets,
    (variable, secret) => Object.hasOwn(stated?.secrets ?? {}, variable) || Object.hasOwn(secrets, secret),
  );
  const receives = Object.values(uses).includes("receive");
  const { backlogPerInstance, ...scale } = spec.scale;
  const keeps = backlogPerInstance !== undefined && (receives || stated?.scale?.backlogPerInstance !== undefined);
  return { ...spec, uses, secrets: references, scale: keeps ? { ...scale, backlogPerInstance } : scale };
}

/** Whether a word of a use is one for that noun; a name that stands for something else now is no longer what the preset meant. */
function fits(noun: Noun | undefined, word: string): boolean {
  return noun !== undefined && accessWords[noun].some((allowed) => allowed === word);
}
