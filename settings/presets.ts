// What differs between dev, staging and prod, as data; the ids are rows of the requirements. A stack file states only what it
// changes. Presets are the same on every cloud, except for the short table of overrides at the end, each with its reason.
import type { Kind, Scale, ServiceSpec } from "../components/app-service/index";
import { defaultRollout, type Rollout } from "../components/app-service/rollout";
import type { CacheSpec } from "../components/cache/index";
import type { CloudName } from "../components/cloud";
import type { DatabaseSpec } from "../components/database/index";
import type { FlagsSpec } from "../components/flags/index";
import type { NetworkSpec } from "../components/network/index";
import type { QueueSpec } from "../components/queue/index";
import type { Environment, Guard } from "../components/stack";
import { type EdgePreset, edgePresets } from "./edge";
import { type BackupPreset, backupPresets } from "./backup";
import { type BudgetPreset, budgetPresets } from "./budget";
import { merge, type Partially } from "./merge";
import type { MonitoringChoices } from "./monitoring";
import { type Operations, usualOperations } from "./operations";
import { usualDeployment } from "./rollout";
import type { BucketSpec } from "../components/storage/index";
import type { TopicSpec } from "./schema";
import { buckets, type FilesPreset, noFiles } from "./storage";

export interface Preset {
  readonly owner: string;
  readonly costCenter: string;
  readonly network: NetworkSpec;
  readonly edge: EdgePreset;
  readonly database: DatabaseSpec & { readonly enabled: boolean };
  readonly cache: CacheSpec & { readonly enabled: boolean };
  readonly broker: { readonly tier: "standard" | "premium" };
  readonly queues: Readonly<Record<string, QueueSpec>>;
  readonly topics: Readonly<Record<string, TopicSpec>>;
  readonly services: Readonly<Record<string, ServiceSpec>>;
  readonly secrets: Readonly<Record<string, { readonly generate: boolean }>>;
  readonly monitoring: MonitoringChoices;
  readonly storage: { readonly logDays: number; readonly buckets: Readonly<Record<string, BucketSpec>>; readonly files: FilesPreset };
  readonly registry: { readonly enabled: boolean };
  readonly flags: FlagsSpec & { readonly enabled: boolean };
  readonly budget: BudgetPreset;
  readonly backup: BackupPreset;
  readonly rotationEpoch: number;
  readonly rollout: Rollout;
  readonly operations: Operations;
  readonly guard: Guard;
}

/** E20. */
export const defaultRegions: Readonly<Record<CloudName, string>> = { aws: "us-east-1", azure: "eastus2" };
/** Where each cloud's own provider reads its region. */
export const regionKeys = { aws: "aws:region", azure: "azure-native:location" } as const satisfies Record<CloudName, string>;

/**
 * One public image for the default system, so that a first `up` ends healthy before anyone has built an image: pulled without a
 * login from both clouds, for both processor types, as user 1000, with a read-only root. The commands contain no space and no
 * quote, because App Service takes the command as one line and splits it; `node -e` has `http` without `require`.
 */
export const defaultImage = "public.ecr.aws/docker/library/node:22-alpine";
const answersEveryPath = ["node", "-e", "http.createServer((q,r)=>r.end()).listen(process.env.PORT)"];
const staysAlive = ["node", "-e", "setInterval(()=>{},1e9)"];
const endsWell = ["node", "-e", "0"];

/** What differs by environment and has many places: sizes and numbers of instances. */
const services = {
  // Two of dev's smallest instances never see a thousand requests in a second, and on Azure nothing scales there.
  dev: { cpu: 0.25, memoryMb: 512, served: [1, 2], busy: {}, workers: [1, 2], logLevel: "debug" }, // E3, E4, E15
  staging: { cpu: 0.5, memoryMb: 1024, served: [2, 4], busy: { requestsPerSecond: 1000 }, workers: [1, 4], logLevel: "debug" },
  prod: { cpu: 1, memoryMb: 2048, served: [2, 20], busy: { requestsPerSecond: 1000 }, workers: [2, 10], logLevel: "info" },
} as const satisfies Record<Environment, unknown>;

/** A service of that kind before anything is said about it; the image is always said. */
export function serviceDefaults(environment: Environment, kind: Kind): Omit<ServiceSpec, "image"> {
  const { cpu, memoryMb, served, busy, workers, logLevel } = services[environment];
  const [min, max] = kind === "job" ? [0, 1] : kind === "worker" ? workers : served;
  const counted = kind === "web" || kind === "api" ? busy : {};
  const scale: Scale = { min, max, cpuAbove: 70, cpuBelow: 30, memoryAbove: 80, step: 1, ...counted, schedules: [] }; // A4
  return {
    kind,
    port: 3000,
    healthPath: "/health",
    readyPath: "/ready",
    cpu,
    memoryMb,
    scale,
    routes: { paths: [], hosts: [] },
    internal: false,
    cors: [],
    env: { LOG_LEVEL: logLevel },
    secrets: {},
    uses: {},
    spot: false,
    readOnlyRoot: true,
    user: 1000,
    deployment: usualDeployment(environment, kind), // E21
  };
}

export const queueDefaults: QueueSpec = { fifo: false, maxDeliveries: 5, lockSeconds: 60, retentionDays: 4, maxAgeSeconds: 900 };

/** The usual system: web, api, worker and a scheduled job, over database, cache, queue and topic. */
function system(environment: Environment): Pick<Preset, "services" | "queues" | "topics" | "secrets"> {
  const service = (kind: Kind, changes: Partially<ServiceSpec> & Pick<ServiceSpec, "command" | "uses">): ServiceSpec =>
    merge({ ...serviceDefaults(environment, kind), image: defaultImage }, changes);
  return {
    services: {
      web: service("web", { command: answersEveryPath, routes: { paths: ["/*"] }, uses: { api: "call" } }),
      api: service("api", {
        command: answersEveryPath,
        routes: { paths: ["/api/*"] },
        uses: { database: "readWrite", cache: "readWrite", jobs: "send", events: "send", documents: "readWrite", uploads: "readWrite" },
        secrets: { JWT_SIGNING_KEY: "jwt-signing-key" },
      }),
      worker: service("worker", {
        command: staysAlive,
        scale: { backlogPerInstance: 100 },
        uses: { jobs: "receive", database: "readWrite", cache: "readWrite", uploads: "read" },
      }),
      nightly: service("job", { command: endsWell, schedule: "0 3 * * *", uses: { database: "read" } }),
    },
    queues: { jobs: queueDefaults },
    topics: { events: { subscriptions: { jobs: { filter: {} } } } },
    secrets: { "jwt-signing-key": { generate: true } },
  };
}

const common = {
  owner: "platform",
  costCenter: "platform",
  database: {
    enabled: true,
    version: "17",
    databaseName: "app",
    pooling: false,
    audit: false,
    maintenance: { day: "sunday", hour: 3 },
    logins: { enabled: true },
  },
  rotationEpoch: 1,
  registry: { enabled: false },
  flags: { enabled: false, values: {} },
  rollout: defaultRollout,
  operations: usualOperations,
} as const;
/** Everything that production asks for; who gets the alerts is for the stack to say. */
const watched = { alertEmails: [], alarms: "all", dashboards: true, tracing: true, metrics: [], uptime: true, audit: false } as const;
/** A collector would take a fifth of dev's smallest task. */
const silent = { ...watched, alarms: "errors", dashboards: false, tracing: false, uptime: false } as const;
const anywhere = { cidr: "10.0.0.0/16", allowedCidrs: [], endpoints: [] } as const;

const presets: Readonly<Record<Environment, Preset>> = {
  dev: {
    ...common,
    ...system("dev"),
    network: { ...anywhere, zones: 2, nat: "single" }, // E1, E2
    database: {
      ...common.database,
      size: "small",
      storageGb: 20,
      maxStorageGb: 100,
      highAvailability: false,
      replicas: 0,
      backupDays: 7,
      logins: { enabled: false },
    }, // E5–E9, D6
    cache: { enabled: true, size: "small", highAvailability: false, snapshotDays: 0 }, // E11, E12
    broker: { tier: "standard" }, // E13
    edge: { ...edgePresets.dev, requireTls: false, waf: false, rateLimit: 2000, direct: false }, // E14
    monitoring: { ...silent, logDays: 14, flowLogs: false }, // E15, E16
    storage: { logDays: 14, buckets: buckets("dev"), files: noFiles }, // S1
    budget: budgetPresets.dev, // E18
    backup: backupPresets.dev, // E10
    guard: "none", // E17
  },
  staging: {
    ...common,
    ...system("staging"),
    network: { ...anywhere, zones: 3, nat: "single" },
    database: { ...common.database, size: "medium", storageGb: 50, maxStorageGb: 250, highAvailability: false, replicas: 1, backupDays: 7 },
    cache: { enabled: true, size: "medium", highAvailability: true, snapshotDays: 7 },
    broker: { tier: "standard" },
    edge: { ...edgePresets.staging, requireTls: false, waf: true, rateLimit: 2000, direct: false },
    monitoring: { ...watched, logDays: 30, flowLogs: true },
    storage: { logDays: 30, buckets: buckets("staging"), files: noFiles },
    budget: budgetPresets.staging,
    backup: backupPresets.staging,
    guard: "data",
  },
  prod: {
    ...common,
    ...system("prod"),
    network: { ...anywhere, zones: 3, nat: "perZone" },
    database: { ...common.database, size: "large", storageGb: 100, maxStorageGb: 500, highAvailability: true, replicas: 1, backupDays: 35 },
    cache: { enabled: true, size: "large", highAvailability: true, snapshotDays: 7 },
    broker: { tier: "premium" },
    edge: { ...edgePresets.prod, requireTls: true, waf: true, rateLimit: 2000, direct: false },
    monitoring: { ...watched, logDays: 30, flowLogs: true, archiveDays: 365, audit: true },
    // One bucket has one expiry: the archive's 365 days cover the 90 of the flow logs.
    storage: { logDays: 365, buckets: buckets("prod"), files: noFiles },
    budget: budgetPresets.prod,
    backup: backupPresets.prod,
    guard: "all",
  },
};

/** Where the requirements themselves differ by cloud. */
export const overrides: readonly {
  readonly cloud: CloudName;
  readonly environment: Environment;
  readonly row: string;
  readonly reason: string;
  readonly change: Partially<Preset>;
}[] = [
  {
    cloud: "azure",
    environment: "dev",
    row: "E3",
    reason: "the Basic plan has no autoscale",
    change: { services: { web: { scale: { max: 1 } }, api: { scale: { max: 1 } } } },
  },
  { cloud: "azure", environment: "dev", row: "E6", reason: "the smallest disk sold", change: { database: { storageGb: 32 } } },
  {
    cloud: "azure",
    environment: "dev",
    row: "E14",
    reason: "no Application Gateway: it would cost more than all the rest",
    change: { edge: { direct: true } },
  },
  { cloud: "azure", environment: "staging", row: "E6", reason: "the next disk sold", change: { database: { storageGb: 64 } } },
  { cloud: "azure", environment: "prod", row: "E2", reason: "a subnet takes one NAT gateway", change: { network: { nat: "single" } } },
  { cloud: "azure", environment: "prod", row: "E6", reason: "the next disk sold", change: { database: { storageGb: 128 } } },
];

/** The defaults of an environment on a cloud. */
export function preset(environment: Environment, cloud: CloudName): Preset {
  return overrides
    .filter((override) => override.cloud === cloud && override.environment === environment)
    .reduce((result, { change }) => merge(result, change), presets[environment]);
}

/** A new service's defaults follow the same reason as the preset's: what can't scale by itself does not start with a range. */
export function newService(environment: Environment, cloud: CloudName, kind: Kind): Omit<ServiceSpec, "image"> {
  const defaults = serviceDefaults(environment, kind);
  const like = preset(environment, cloud).services[kind === "api" ? "api" : "web"];
  return (kind === "web" || kind === "api") && like !== undefined ? { ...defaults, scale: like.scale } : defaults;
}
