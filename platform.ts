// The platform, written once for any cloud: which nouns, wired how. It reads like the picture in the README.
import { type Input, interpolate, type Output } from "@pulumi/pulumi";
import type { AppService, ServiceSpec, Startable, Tracks } from "./components/app-service";
import { type Rollout, stagesOf } from "./components/app-service/rollout";
import type { Cloud, Family } from "./components/cloud";
import { loginUsers } from "./components/database/logins";
import type { DnsRecord } from "./components/dns";
import { backupsBucket, runsContainers } from "./components/backup";
import { type Noun, type Use, type Access, accessWords } from "./components/use";
import type { Server } from "./components/network";
import type { Primary } from "./components/primary";
import { planGroups } from "./components/hosting";
import { rolesJob, rolesJobName } from "./jobs/roles/job";
import { repositoriesOf } from "./components/registry/index";
import type { Settings } from "./settings/schema";

/** The stack's outputs: the same names on both clouds. Secrets are references; a value is never an output. */
export interface Outputs {
  readonly cloud: string;
  readonly region: string;
  /** Where the platform answers. */
  readonly url: Output<string>;
  /** Records to create by hand, where there is a domain and its zone is not given. */
  readonly dnsRecords: readonly DnsRecord[];
  readonly networkId: Output<string>;
  readonly networkCidr: string;
  /** For which stack this one stands by; absent once it has taken over. */
  readonly standbyOf?: string;
  /** Where alarms go: topic ARN or action group id. */
  readonly alertsId: Output<string>;
  readonly logsBucket: Output<string>;
  readonly database?: {
    /** By which a standby's replica names it. */
    readonly id: Output<string>;
    /** Azure: the private zone in which a standby finds it; empty on AWS. */
    readonly zoneName: Output<string>;
    readonly host: Output<string>;
    readonly port: Output<number>;
    readonly name: Output<string>;
    readonly secretId: Output<string>;
  };
  readonly cache?: { readonly host: Output<string>; readonly port: Output<number>; readonly secretId: Output<string> };
  /** What the other side of the tunnels is set up with; absent without them. */
  readonly vpn?: { readonly addresses: readonly Output<string>[]; readonly secretId: Output<string> };
  /** By name of the image: where it is pushed to; empty without a registry of the platform's own. */
  readonly repositories: Readonly<Record<string, Output<string>>>;
  /** By name: the queue's URL. */
  readonly queues: Readonly<Record<string, Output<string>>>;
  /** By name: the topic's URL or ARN. */
  readonly topics: Readonly<Record<string, Output<string>>>;
  /** By name: the bucket or the storage account. */
  readonly buckets: Readonly<Record<string, Output<string>>>;
  /** By name of a bucket with `replicate`: its copy in the second region, which a failover reads (docs/runbooks/region-failover.md). */
  readonly copies: Readonly<Record<string, Output<string>>>;
  /** By name of a static site: the bucket or storage account that its files are uploaded to. */
  readonly sites: Readonly<Record<string, Output<string>>>;
  /** By name: what other services call, and the address of a static site; workers and jobs have none. */
  readonly services: Readonly<Record<string, Input<string>>>;
  /** By name of every service, workers and jobs too: its image as the settings state it. */
  readonly images: Readonly<Record<string, string>>;
  /** By name of a web, api or worker service: the ARN of its ECS service, or the id of its site or Container App. */
  readonly workloads: Readonly<Record<string, Output<string>>>;
  /** By name of a web or api service: what runs, and what a rollout needs to know of it. */
  readonly deployments: Readonly<Record<string, Deployment>>;
  readonly rollout: Rollout;
  /** By name of every job: what starting it takes (docs/deploying.md). */
  readonly jobs: Readonly<Record<string, Startable>>;
}

export interface Deployment extends Omit<Tracks, "candidate"> {
  readonly strategy: ServiceSpec["deployment"];
  readonly stages: Rollout["stages"];
  readonly image: string;
  /** Only while there is one. */
  readonly candidate?: NonNullable<Tracks["candidate"]> & { readonly image: string; readonly percent: number };
}

export function platform<F extends Family>(cloud: Cloud<F>, settings: Settings, primary?: Primary): Outputs {
  const { stack, rotationEpoch, rotatedOn } = settings;
  const hosted = { ...settings.services, ...(settings.database?.logins?.enabled && { [rolesJobName]: rolesJob }) };
  const repositories = repositoriesOf(settings.services, settings.registry.enabled);
  const containers = worksInContainers(settings);
  const network = new cloud.Network("network", {
    stack,
    ...settings.network,
    servers: serversOf(settings, repositories.length > 0),
    servicePorts: [...new Set(behindGateway(settings).map(([, service]) => service.port))].sort((a, b) => a - b),
    containers: containers || Object.values(hosted).some(({ kind }) => kind === "worker" || kind === "job"),
    gateway: gatewayServes(settings.gateway),
    cdn: settings.gateway.cdn,
    planGroups: Object.keys(planGroups(settings.services)),
    vpn: settings.vpn,
  });
  const logs = new cloud.Storage("logs", { network, purpose: "logs", expireDays: settings.logExpireDays });
  const monitoring = new cloud.Monitoring("monitoring", { network, logs, ...settings.monitoring });
  const secrets = new cloud.Secrets("secrets", { network, monitoring, secrets: settings.secrets, rotationEpoch });

  if (rotatedOn !== undefined) new cloud.Rotation("rotation", { network, secrets, monitoring, epoch: rotationEpoch, rotatedOn });

  const routes = behindGateway(settings).map(([service, spec]) => ({
    service,
    port: spec.port,
    paths: spec.routes.paths,
    hosts: spec.routes.hosts,
    readyPath: spec.readyPath,
    internal: spec.internal,
    rateLimit: spec.rateLimit,
    shifts: spec.deployment !== "rolling",
  }));
  const gateway = new cloud.Gateway("gateway", {
    network,
    logs,
    monitoring,
    ...settings.gateway,
    allowedCidrs: settings.network.allowedCidrs,
    maintenance: settings.maintenance,
    routes,
  });

  const data = { network, secrets, monitoring, rotationEpoch };
  const users = loginUsers(settings.services);
  const standby = settings.standby && { primary };
  const database = settings.database && new cloud.Database("database", { ...data, ...settings.database, services: users, standby });
  const cache = settings.cache && new cloud.Cache("cache", { ...data, ...settings.cache });

  const broker = new cloud.Broker("broker", { network, monitoring, ...settings.broker });
  const queues = mapValues(settings.queues, (spec, name) => new cloud.Queue(name, { broker, network, monitoring, ...spec }));
  const buckets = mapValues(settings.buckets, (spec, name) => new cloud.Storage(name, { network, secrets, logs, monitoring, ...spec }));
  const topics = mapValues(settings.topics, ({ subscriptions }, name) => {
    const subscribed = Object.entries(subscriptions).map(([queue, { filter }]) => ({ name: queue, queue: known(queues, queue), filter }));
    return new cloud.Topic(name, { broker, network, subscriptions: subscribed });
  });

  const files = settings.files && new cloud.Files("files", { network, secrets, monitoring, ...settings.files });
  if (settings.network.bastion === true) {
    const reaches = [database?.use("own"), cache?.use("readWrite")].filter((each) => each !== undefined);
    new cloud.Bastion("bastion", { network, monitoring, reaches });
  }
  const behindVpn = { database: database?.use("own"), cache: cache?.use("readWrite") };
  const reaches = (settings.vpn?.allow ?? []).map((server) => behindVpn[server]).filter((each) => each !== undefined);
  const vpn = settings.vpn && new cloud.Vpn("vpn", { network, secrets, monitoring, reaches, ...settings.vpn });
  const hosting = new cloud.Hosting("hosting", { network, monitoring, services: hosted, containers, exec: settings.operations.exec });
  const registry =
    repositories.length === 0 ? undefined : new cloud.Registry("registry", { network, secrets, monitoring, hosting, repositories });
  const flags = settings.flags && new cloud.Flags("flags", { network, monitoring, ...settings.flags });
  const services = new Map<string, AppService<F>>();
  // A service that calls another comes after it, whatever the order in the settings; `load` refuses a circle.
  const service = (name: string): AppService<F> => {
    const made = services.get(name);
    if (made !== undefined) return made;
    const spec = known(settings.services, name);
    const uses = Object.entries(spec.uses).map(([target, word]) => use(name, target, word));
    const place = spec.kind === "web" || spec.kind === "api" ? gateway.place(name) : undefined;
    const around = { network, hosting, monitoring, secrets, registry, rollout: settings.rollout };
    const created = new cloud.AppService(name, { spec, ...around, place, uses });
    services.set(name, created);
    return created;
  };
  const use = (user: string, target: string, word: string): Use<F> => {
    if (target === "database" && database) return database.use(access("database", word), user);
    if (target === "flags" && flags) return flags.use(access("flags", word));
    if (target === "cache" && cache) return cache.use(access("cache", word));
    if (target === "files" && files) return files.use(access("files", word));
    if (target in queues) return known(queues, target).use(access("queue", word));
    if (target in buckets) return known(buckets, target).use(access("storage", word));
    if (target in topics) return known(topics, target).use(access("topic", word));
    return service(target).use(access("service", word));
  };
  for (const name of Object.keys(settings.services)) service(name);
  const around = { network, hosting, monitoring, secrets, place: undefined };
  const roles = database?.roles && new cloud.AppService(rolesJobName, { spec: rolesJob, ...around, uses: [database.roles] });
  const jobs = [...services, ...(roles ? [[rolesJobName, roles] as const] : [])];

  const sites = mapValues(settings.sites, (spec, name) => new cloud.StaticSite(name, { network, logs, monitoring, ...spec }));
  const { origin } = gateway;
  const edge = settings.edge && origin && new cloud.Edge("edge", { network, logs, monitoring, origin, routes, sites, ...settings.edge });
  const url = edge?.url ?? gateway.url;

  const backup =
    settings.backup &&
    new cloud.Backup("backup", {
      network,
      logs,
      monitoring,
      secrets,
      hosting,
      database,
      cache,
      bucket: buckets[backupsBucket],
      ...settings.backup,
    });

  // Last of all, from what the others show of themselves: nothing waits for an alarm.
  const probe = settings.probe && new cloud.Probe("probe", { network, monitoring, ...settings.probe });
  const messages = [...Object.values(queues), ...Object.values(topics)];
  const made = [gateway, edge, database, cache, ...messages, hosting, registry, ...services.values(), probe, backup, vpn];
  const watched = made.flatMap((part) => part?.watched ?? []);
  new cloud.Alarms("alarms", { network, monitoring, watched, which: settings.alarms });
  if (settings.dashboards) new cloud.Dashboards("dashboards", { network, monitoring, watched });

  if (settings.protection) new cloud.Protection("protection", { network, monitoring, ...settings.protection });
  if (settings.budget) {
    const scaleDown = settings.budget.scaleDown.map((name) => ({ name, ...known(settings.services, name).scale, service: service(name) }));
    new cloud.Budget("budget", { network, monitoring, hosting, ...settings.budget, scaleDown });
  }

  return {
    cloud: cloud.name,
    region: stack.region,
    url,
    dnsRecords: [...gateway.dnsRecords, ...(edge?.dnsRecords ?? [])],
    networkId: network.id,
    networkCidr: network.cidr,
    ...(settings.standby?.active === false && { standbyOf: settings.standby.of }),
    alertsId: monitoring.alertsId,
    logsBucket: logs.bucketName,
    ...(database && {
      database: {
        id: database.id,
        zoneName: database.zoneName,
        host: database.host,
        port: database.port,
        name: database.databaseName,
        secretId: database.secretId,
      },
    }),
    ...(cache && { cache: { host: cache.host, port: cache.port, secretId: cache.secretId } }),
    ...(vpn && { vpn: { addresses: vpn.addresses, secretId: vpn.secretId } }),
    repositories: registry?.urls ?? {},
    queues: mapValues(queues, (queue) => queue.url),
    topics: mapValues(topics, (topic) => topic.url),
    buckets: mapValues(buckets, (bucket) => bucket.bucketName),
    copies: Object.fromEntries(
      Object.entries(buckets).flatMap(([name, { copyName }]) => (copyName === undefined ? [] : [[name, copyName]])),
    ),
    sites: mapValues(sites, (site) => site.bucketName),
    services: {
      ...Object.fromEntries([...services].flatMap(([name, service]) => (service.url === undefined ? [] : [[name, service.url]]))),
      ...mapValues(sites, ({ path }) => interpolate`${url}${path.slice(0, -1)}`),
    },
    images: mapValues(settings.services, ({ image }) => image),
    workloads: Object.fromEntries(
      [...services].flatMap(([name, { workloadId }]) => (workloadId === undefined ? [] : [[name, workloadId]])),
    ),
    deployments: Object.fromEntries(
      [...services].flatMap(([name, { tracks }]) =>
        tracks === undefined ? [] : [[name, deploymentOf(known(settings.services, name), tracks, settings.rollout)]],
      ),
    ),
    rollout: settings.rollout,
    jobs: Object.fromEntries(jobs.flatMap(([name, { job }]) => (job === undefined ? [] : [[name, job]]))),
  };
}

/** What the settings say of a service's images, and where the cloud runs them. */
function deploymentOf({ deployment, image, candidate }: ServiceSpec, tracks: Tracks, rollout: Rollout): Deployment {
  const { stableId, metricsScope, candidate: track } = tracks;
  const second = candidate && track && { candidate: { image: candidate.image, percent: candidate.percent, ...track } };
  return { strategy: deployment, stages: stagesOf(deployment, rollout), image, stableId, metricsScope, ...second };
}

/** Behind a CDN the gateway serves TLS only with a certificate of its own; without one every domain needs it, or has it made. */
function gatewayServes({ direct, domain, cdn }: Settings["gateway"]): "none" | "http" | "https" {
  if (direct) return "none";
  if (domain === undefined) return "http";
  return cdn && domain.certificate === undefined ? "http" : "https";
}

/** The servers whose ports the firewall opens; a queue has one only where it is private. */
function serversOf(settings: Settings, registry: boolean): Server[] {
  const servers: [Server, boolean][] = [
    ["database", settings.database !== undefined],
    ["databasePool", settings.database?.pooling === true],
    ["cache", settings.cache !== undefined],
    ["queue", settings.broker.tier === "premium"],
    // Private in prod only.
    ["registry", settings.stack.environment === "prod" && registry],
    ["flags", settings.stack.environment === "prod" && settings.flags !== undefined],
    ["files", settings.files !== undefined],
  ];
  return servers.filter(([, used]) => used).map(([server]) => server);
}

/** Whether the platform has scheduled work of its own. */
function worksInContainers({ backup, budget, database, cache }: Settings): boolean {
  if (budget !== undefined && budget.scaleDown.length > 0) return true;
  return backup !== undefined && runsContainers(backup, { database: database !== undefined, cache: cache !== undefined });
}

function behindGateway(settings: Settings): [string, Settings["services"][string]][] {
  return Object.entries(settings.services).filter(([, { kind }]) => kind === "web" || kind === "api");
}

/** Narrows a word of the settings to the noun's own list; `load` has checked it with the same list. */
function access<N extends Noun>(noun: N, word: string): Access[N] {
  const found = accessWords[noun].find((allowed) => allowed === word);
  if (found === undefined) throw new Error(`"${word}" is not a word for a ${noun}`);
  return found as Access[N];
}

function known<T>(things: Readonly<Record<string, T>>, name: string): T {
  const thing = things[name];
  if (thing === undefined) throw new Error(`"${name}" is not in the settings`);
  return thing;
}

function mapValues<T, U>(things: Readonly<Record<string, T>>, make: (thing: T, name: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(things).map(([name, thing]) => [name, make(thing, name)]));
}
