// The one definition of a stack's settings. It types the code, checks the stack's config, and is what the schema for editors
// and docs/configuration.md are generated from. Defaults are not here but in presets.ts, as they differ by environment.
import { z } from "zod";
import { kinds, type ServiceSpec } from "../components/app-service/index";
import { type Rollout, strategies } from "../components/app-service/rollout";
import type { BackupSpec } from "../components/backup/index";
import type { ProtectionSpec } from "../components/protection/index";
import type { BudgetSpec } from "../components/budget/index";
import type { CacheSpec } from "../components/cache/index";
import { clouds, type CloudName } from "../components/cloud";
import { type DatabaseSpec, weekdays } from "../components/database/index";
import type { FlagsSpec } from "../components/flags/index";
import type { FilesSpec } from "../components/files/index";
import type { GatewaySpec } from "../components/gateway/index";
import { sizes } from "../components/limits";
import type { MonitoringSpec } from "../components/monitoring/index";
import { natModes, type NetworkSpec, privateServices } from "../components/network/index";
import type { StandbySpec } from "../components/primary";
import type { QueueSpec } from "../components/queue/index";
import type { EdgeSpec } from "../components/edge/index";
import type { SecretSource } from "../components/secrets/index";
import type { SiteSpec } from "../components/static-site/index";
import type { Environment, Guard, Stack } from "../components/stack";
import { edgeKeys } from "./edge";
import { alertsSchema, monitoringKeys } from "./monitoring";
import type { BucketSpec } from "../components/storage/index";
import type { VpnSpec } from "../components/vpn/index";
import { bucketSchema, filesSchema, secondRegionSchema } from "./schema-storage";
import { backup } from "./backup";
import { budget } from "./budget";
import { security } from "./security";
import { standbyOfSchema, standbySchema } from "./standby";
import { type Deploying, deploySchema } from "./deploy";
import { type Operations, operationsSchema } from "./operations";
import { candidateSchema, rolloutSchema } from "./rollout";
import { vpnSchema } from "./vpn";

/** Settings with every default filled in and every rule checked: what the program is made from. */
export interface Settings {
  readonly stack: Stack;
  readonly cloud: CloudName;
  /** Accounts or subscriptions that it may be deployed to; empty: any. */
  readonly accounts: readonly string[];
  readonly network: NetworkSpec;
  /** For which stack this one stands by; undefined: for none. */
  readonly standby: StandbySpec | undefined;
  readonly gateway: GatewaySpec;
  readonly monitoring: MonitoringSpec;
  readonly alarms: "all" | "errors";
  readonly dashboards: boolean;
  /** What is asked from outside; undefined: nothing is. */
  readonly probe: { readonly host: string; readonly path: string } | undefined;
  /** Days after which objects in the log bucket are deleted. */
  readonly logExpireDays: number;
  readonly buckets: Readonly<Record<string, BucketSpec>>;
  /** Undefined where the stack has none. */
  readonly files: FilesSpec | undefined;
  /** Undefined where the stack has none. */
  readonly database: DatabaseSpec | undefined;
  readonly cache: CacheSpec | undefined;
  readonly broker: { readonly tier: "standard" | "premium" };
  readonly queues: Readonly<Record<string, QueueSpec>>;
  readonly topics: Readonly<Record<string, TopicSpec>>;
  readonly services: Readonly<Record<string, ServiceSpec>>;
  /** Undefined where there is no CDN. */
  readonly edge: EdgeSpec | undefined;
  /** Services of kind `static`. */
  readonly sites: Readonly<Record<string, SiteSpec>>;
  readonly secrets: Readonly<Record<string, SecretSource>>;
  readonly rotationEpoch: number;
  /** The day of the epoch, as `2026-11-21`; undefined: no alarm. */
  readonly rotatedOn: string | undefined;
  readonly registry: { readonly enabled: boolean };
  /** Undefined where they are off. */
  readonly flags: FlagsSpec | undefined;
  readonly budget: (BudgetSpec & { readonly scaleDown: readonly string[] }) | undefined;
  readonly backup: BackupSpec | undefined;
  readonly protection: ProtectionSpec | undefined;
  /** Requests from outside are stopped at the gateway. */
  readonly maintenance: boolean;
  readonly rollout: Rollout;
  readonly deploy: Deploying;
  readonly operations: Operations;
  /** Undefined where there are no tunnels. */
  readonly vpn: VpnSpec | undefined;
  /** What the user should know although nothing is wrong. */
  readonly warnings: readonly string[];
}

export interface TopicSpec {
  readonly subscriptions: Readonly<Record<string, { readonly filter: Readonly<Record<string, readonly string[]>> }>>;
}

export const environments = ["dev", "staging", "prod"] as const satisfies readonly Environment[];
export const guards = ["none", "data", "all"] as const satisfies readonly Guard[];

/** Days that CloudWatch keeps logs; it sells no others. The same list holds on both clouds, so that a stack can change its cloud. */
export const logDaysSold = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/** Names of services, queues, topics and secrets. They become parts of cloud names, where double and trailing hyphens are refused. */
export const namePattern = /^[a-z](?=.{1,19}$)[a-z0-9]*(-[a-z0-9]+)*$/;
const envPattern = /^[A-Z_][A-Z0-9_]*$/;

declare module "zod" {
  interface GlobalMeta {
    /** YAML and `pulumi config set --path` make numbers and booleans of what is meant as text: accept and convert them. */
    readonly scalars?: boolean;
    /** What is allowed, in words, where a pattern would not be understood. */
    readonly allowed?: string;
    /** Takes encrypted values: `{ secure: … }` in the stack file. */
    readonly secure?: boolean;
  }
}

const text = (pattern: RegExp, allowed: string) => z.string().regex(pattern).meta({ allowed });
const scalar = () => z.string().meta({ scalars: true });
const named = <T extends z.ZodType>(value: T) =>
  z.record(text(namePattern, "2 to 20 small letters, digits and single hyphens; a letter first, no hyphen last"), value);
const enabled = z.boolean().optional();
const whole = (min: number, max: number) => z.int().min(min).max(max);
const percent = () => whole(1, 100);
const days = () => z.literal([...logDaysSold]);
const cron = () => z.string().meta({ allowed: "five fields, such as `0 3 * * 1-5`: minute, hour, day of month, month, day of week" });
const range4 = () => z.cidrv4().meta({ allowed: "an IPv4 range, such as 203.0.113.0/24" });

const network = z.strictObject({
  cidr: z
    .string()
    .optional()
    .describe(
      "Addresses of the network: a private range (RFC 1918) of /16 to /18. All subnets are cut from it; it can't be changed later without making everything anew.",
    ),
  zones: whole(2, 4)
    .optional()
    .describe(
      "Availability zones used. AWS: a subnet per tier and zone. Azure: zones of servers and gateways (subnets span zones). A zone added later moves nothing.",
    ),
  zoneNames: z
    .array(scalar())
    .min(2)
    .max(4)
    .optional()
    .describe(
      'Which zones, in order, for example `[us-east-1a, us-east-1c]` or `["1", "3"]`. Default: the first of the region. Pin them where an account lacks one.',
    ),
  nat: z
    .enum(natModes)
    .optional()
    .describe(
      "The way out of the private tiers: `single` NAT gateway, one `perZone`, or `none`. Azure: `single` or `none`, as a subnet takes one gateway (zonal: while its zone is lost nothing gets out). With `none` images outside the cloud can't be pulled.",
    ),
  allowedCidrs: z
    .array(range4())
    .optional()
    .describe("Who may reach the platform: IPv4 ranges. Empty: the internet where TLS is served, nobody where it is not."),
  bastion: z
    .boolean()
    .optional()
    .describe(
      "A host that operators' tools reach database and cache through, by the cloud's own login; port 22 is never open to the internet. AWS: a small instance behind Session Manager. Azure: Azure Bastion (Standard, about USD 210 a month) and a small machine.",
    ),
  endpoints: z
    .array(z.enum(privateServices))
    .optional()
    .describe(
      "The cloud's own services reached privately. AWS: an interface endpoint in each zone (S3's gateway endpoint is always there). Azure: vault and storage have private endpoints anyway, registry and queue with the premium tier.",
    ),
  vpn: vpnSchema.optional(),
});

const domain = z.strictObject({
  name: text(
    /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
    "a domain name in small letters, such as shop.example.org",
  ).describe("The name under which the platform is reached; the certificate covers it and one label below it."),
  aws: z
    .strictObject({
      zoneId: text(/^Z[A-Z0-9]{5,31}$/, "a hosted zone's id, such as Z0123456789ABCDEFGHIJ")
        .optional()
        .describe("Route 53 hosted zone in which records are made and the certificate is proven."),
      certificateArn: text(
        /^arn:aws:acm:[a-z0-9-]+:\d{12}:certificate\/[0-9a-f-]+$/,
        "an ARN of ACM, arn:aws:acm:<region>:<account>:certificate/<id>",
      )
        .optional()
        .describe("An existing ACM certificate in the stack's region, instead of one that ACM issues by the zone."),
      cdnCertificateArn: text(
        /^arn:aws:acm:us-east-1:\d{12}:certificate\/[0-9a-f-]+$/,
        "an ARN of ACM in us-east-1, arn:aws:acm:us-east-1:<account>:certificate/<id>",
      )
        .optional()
        .describe(
          "With `edge.cdn`: an existing ACM certificate for CloudFront, which takes those of us-east-1 only. Default: `certificateArn` if it is there, else one that ACM issues by the zone.",
        ),
    })
    .optional()
    .describe("Read on AWS only."),
  azure: z
    .strictObject({
      zoneId: text(
        /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Network\/dnszones\/[^/]+$/i,
        "a resource id, /subscriptions/…/resourceGroups/…/providers/Microsoft.Network/dnsZones/<name>",
      )
        .optional()
        .describe("DNS zone in which records are made."),
      certificateSecretId: text(
        /^https:\/\/[a-z0-9-]+\.vault\.azure\.net\/secrets\/[A-Za-z0-9-]+\/?$/,
        "https://<vault>.vault.azure.net/secrets/<name>, without a version",
      )
        .optional()
        .describe(
          "Key Vault secret id, without version, of the certificate of Application Gateway. No Azure resource issues one, so it is required with a domain unless `edge.direct` or `edge.cdn` is on. With `edge.cdn` visitors get Front Door's own certificate, and this one is for the hop behind it: it must cover `*.` of the domain.",
        ),
    })
    .optional()
    .describe("Read on Azure only."),
});

const edge = z.strictObject({
  requireTls: z.boolean().optional().describe("Refuse settings that would serve the internet in clear."),
  waf: z
    .boolean()
    .optional()
    .describe(
      "A web application firewall in front of the gateway. AWS: WAFv2 with managed rules. Azure: the gateway's tier is WAF_v2 and always has it; without a gateway (`direct`) there is none.",
    ),
  rateLimit: whole(100, 2_000_000)
    .optional()
    .describe("Requests that one IP may make in 5 minutes before the firewall blocks it. Needs `waf`."),
  direct: z
    .boolean()
    .optional()
    .describe(
      "Azure only: no Application Gateway; each site answers at its own TLS endpoint. Refused on AWS, which always has its load balancer.",
    ),
  ...edgeKeys,
});

const schedule = z.strictObject({
  name: text(namePattern, "2 to 20 small letters, digits and hyphens").describe("Name of the schedule, unique in the service."),
  cron: cron().describe("When these limits begin; they hold until another schedule begins."),
  timezone: z.string().optional().describe("IANA name of the time zone. Default UTC."),
  min: whole(0, 1000).describe("Fewest instances from then on."),
  max: whole(0, 1000).describe("Most instances from then on."),
});

const scale = z.strictObject({
  min: whole(0, 1000)
    .optional()
    .describe(
      "Fewest instances. Web and api have at least 1, on Azure in prod 2, with which a plan spreads over zones (but for 0.25 vCPU); a worker can go down to 0.",
    ),
  max: whole(1, 1000)
    .optional()
    .describe(
      "Most instances. Azure: at most 30; services with equal size and scale share a plan and scale together. What runs is kept when an update changes the plan itself, by `npm run deploy` or `pulumi up --refresh`.",
    ),
  cpuAbove: percent().optional().describe("Percent of CPU above which instances are added, after 5 minutes."),
  cpuBelow: percent().optional().describe("Percent of CPU below which instances are removed, after 10 minutes."),
  memoryAbove: percent().optional().describe("Percent of memory above which instances are added."),
  step: whole(1, 10).optional().describe("Instances added at a time."),
  requestsPerSecond: whole(1, 100_000)
    .optional()
    .describe(
      "Web and api: requests per second and instance above which instances are added. Azure: at most seven services share a plan then.",
    ),
  backlogPerInstance: whole(1, 100_000).optional().describe("Workers: messages in the queue per instance. An empty queue means `min`."),
  schedules: z.array(schedule).max(10).optional().describe("Other limits at certain times."),
});

const path = () => text(/^\/[A-Za-z0-9._~%/-]*$/, "a path that begins with /");
const image = () =>
  text(
    /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$|^[a-z0-9]+([._-]+[a-z0-9]+)*(:[\w][\w.-]{0,127})?$/,
    "a reference with host, repository and tag or digest, such as public.ecr.aws/docker/library/node:22-alpine",
  );

const service = z.strictObject({
  enabled: enabled.describe("`false` removes a service of the preset."),
  kind: z
    .enum([...kinds, "static"])
    .optional()
    .describe(
      "`web` and `api` answer HTTP, a `worker` runs without a port, a `job` runs by a schedule or by hand, `static` is files behind the CDN (with `edge.cdn`; states only `routes` and `spa`; docs/edge.md). AWS: Fargate. Azure: web and api on App Service, worker and job on Container Apps. Required for a name that the preset does not have.",
    ),
  image: image()
    .optional()
    .describe(
      "The container image; without a host (`api:1.2.3`) one of the platform's own registry. A service of the preset with an image of its own drops the preset's command. Required for a name that the preset does not have.",
    ),
  command: z.array(z.string()).min(1).optional().describe("Command and arguments instead of the image's own."),
  port: whole(1, 65535).optional().describe("Port on which a web or api service listens; it also arrives as PORT."),
  healthPath: path()
    .optional()
    .describe(
      "Liveness: must answer 200. Azure: App Service asks it every 60 s. AWS: tasks are replaced by what `readyPath` answers; only a stack that stands by asks this instead.",
    ),
  readyPath: path()
    .optional()
    .describe("Readiness: what the gateway probes every 30 s; must answer 200. AWS: a task that does not is replaced."),
  versionPath: path()
    .optional()
    .describe(
      "Web and api: where the service names its version, the tag of its image (else its digest), somewhere in the answer. `npm run deploy` wants it there after an update; without it the image that the cloud reports is compared.",
    ),
  cpu: z
    .number()
    .positive()
    .optional()
    .describe(
      "vCPU of an instance: 0.25, 0.5, 1, 2 or 4. Azure, web and api: 0.25 is Basic B1 (which does not scale by itself), 0.5 P0v3, 1 P1v3.",
    ),
  memoryMb: whole(256, 65536).optional().describe("Memory of an instance in MiB: what is sold with that CPU."),
  scale: scale.optional().describe("How many instances run, and what adds and removes them."),
  routes: z
    .strictObject({
      paths: z
        .array(text(/^\/([A-Za-z0-9._~-]+\/)*([A-Za-z0-9._~-]+|\*)?$/, "a path; `*` only as its whole last part: /api/*, /login, /*"))
        .max(20)
        .optional()
        .describe("Paths that lead here. `/*` is everything that no other route takes."),
      hosts: z
        .array(text(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/, "a host name in small letters"))
        .max(10)
        .optional()
        .describe("Host names that lead here; empty: every host."),
    })
    .optional()
    .describe("Web and api: what leads to the service at the gateway."),
  internal: z.boolean().optional().describe("Web and api: no route from the internet; other services reach it by `uses`."),
  cors: z
    .array(text(/^(https?:\/\/[a-z0-9.-]+(:\d+)?)$/, "an origin, such as https://shop.example.org"))
    .optional()
    .describe("Origins from which a browser may call the service: CORS_ORIGINS for the app; Azure also answers them itself."),
  rateLimit: whole(100, 2_000_000).optional().describe("Requests per IP and 5 minutes on this service's paths. Needs `edge.waf`."),
  env: z
    .record(text(envPattern, "capital letters, digits and _"), scalar())
    .optional()
    .describe("Plain environment variables. What looks like a secret is refused: put it in `secrets`."),
  secrets: z
    .record(text(envPattern, "capital letters, digits and _"), z.string())
    .optional()
    .describe("Environment variable -> name of an entry of `secrets`. The service gets a reference; the cloud resolves it."),
  uses: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      "What the service uses, by name, with one word: `database: read | readWrite | own`, `cache: readWrite`, a queue: `send | receive`, a topic: `send`, a bucket: `read | readWrite`, a service: `call`, `flags: read`, `files: read | readWrite`. From it follow environment, firewall rule and permission. `none` drops a use of the preset.",
    ),
  schedule: cron().optional().describe("Jobs: when it runs, in UTC. Without it the job is started by hand."),
  timeoutMinutes: whole(1, 1440)
    .optional()
    .describe("Jobs on Azure: minutes after which a run is ended, by default 720. Refused on AWS, which ends none."),
  spot: z.boolean().optional().describe("Workers and jobs on spare capacity (AWS only, refused on Azure)."),
  readOnlyRoot: z.boolean().optional().describe("Read-only root file system. AWS only: App Service has no such switch."),
  user: whole(1, 65534).optional().describe("Numeric user that the container runs as (AWS; on Azure the image decides)."),
  spa: z
    .boolean()
    .optional()
    .describe("Static: a path without a file extension gets the site's index.html, as a single-page application wants it. Default true."),
  deployment: z
    .enum(strategies)
    .optional()
    .describe(
      "How a new image is brought in. `rolling`: AWS new tasks first, rolled back by the circuit breaker; Azure in place, overlapped by the platform. `canary` and `blueGreen` (web and api): as a candidate that takes over the traffic by `rollout.stages`, or at once. Not on Azure's Basic plan (0.25 vCPU), which has no slots.",
    ),
  candidate: candidateSchema(image())
    .optional()
    .describe("Web and api: a second image beside `image`, with a share of the requests. A rollout sets it and takes it away."),
});

const database = z.strictObject({
  enabled: enabled.describe("`false`: the stack has no database."),
  size: z
    .enum(sizes)
    .optional()
    .describe(
      "`small` 2 GiB (db.t4g.small · Standard_B1ms), `medium` 8 GiB (db.m7g.large · Standard_D2ds_v5), `large` 16 GiB (db.m7g.xlarge · Standard_D4ds_v5), `xlarge` 32 GiB.",
    ),
  version: z
    .enum(["15", "16", "17"])
    .meta({ scalars: true })
    .optional()
    .describe("Major version of PostgreSQL. On a deployed stack another one is refused without `upgrade`."),
  upgrade: z
    .boolean()
    .optional()
    .describe(
      "`true`: a change of `version` is carried out by the next update, at once and in place (docs/runbooks/database-upgrade.md). Take it out again afterwards. Azure: not with `replicas`.",
    ),
  databaseName: text(/^[a-z_][a-z0-9_]{0,62}$/, "small letters, digits and _; at most 63")
    .optional()
    .describe("Name of the database inside the server."),
  storageGb: whole(1, 65536).optional().describe("First size of the disk in GB. Azure rounds up to the next size sold: 32, 64, 128 …"),
  maxStorageGb: whole(1, 65536)
    .optional()
    .describe("GB to which the disk grows by itself. Azure's doubles with each step, and an update ends it where this is reached."),
  iops: whole(1, 256_000)
    .optional()
    .describe("Provisioned IOPS, where the disk sells them (AWS from 400 GB on). Default: what the disk includes."),
  highAvailability: z
    .boolean()
    .optional()
    .describe("A standby in another zone that takes over by itself. AWS: Multi-AZ. Azure: zone-redundant; not with `small`."),
  replicas: whole(0, 15).optional().describe("Read replicas; what `uses: { database: read }` reaches. Azure: at most 5, not with `small`."),
  backupDays: whole(1, 35).optional().describe("Days back to which any second can be restored. Azure: 7 to 35."),
  pooling: z.boolean().optional().describe("Connection pooling. AWS: RDS Proxy. Azure: built-in PgBouncer, not with `small`."),
  audit: z.boolean().optional().describe("pgaudit: log statements that change roles and schema."),
  maintenance: z
    .strictObject({
      day: z.enum(weekdays).optional().describe("Day of the week."),
      hour: whole(0, 23).optional().describe("Hour in UTC."),
    })
    .optional()
    .describe("The weekly hour in which the cloud may maintain the server."),
  restore: z
    .strictObject({
      snapshot: z.string().min(1).optional().describe("AWS only: a snapshot's name."),
      source: z.string().min(1).optional().describe("The server to copy. AWS: its identifier. Azure: its resource id."),
      time: z.iso
        .datetime({ offset: true })
        .meta({ allowed: 'a quoted time such as "2026-03-01T08:30:00Z"' })
        .optional()
        .describe("The second to restore to; give `source` with it."),
    })
    .optional()
    .describe("Make the server from a copy: a `snapshot`, or `source` and `time`."),
  logins: z
    .strictObject({
      enabled: z
        .boolean()
        .optional()
        .describe("Passwords in the vault for a login per service and word, and the job `database-roles` that makes the logins."),
      made: whole(1, 1_000_000)
        .optional()
        .describe(
          "The epoch whose logins the job has made: services use these. Default none: they share the owner's login. `npm run deploy` sets it once the job has run (docs/secrets.md).",
        ),
    })
    .optional()
    .describe("Logins of the services' own instead of the owner's."),
});

const cache = z.strictObject({
  enabled: enabled.describe("`false`: the stack has no cache."),
  size: z
    .enum(sizes)
    .optional()
    .describe(
      "`small` (cache.t4g.micro · Balanced_B0), `medium` (cache.t4g.small · Balanced_B1), `large` (cache.r7g.large · Balanced_B5 or more), `xlarge`.",
    ),
  highAvailability: z.boolean().optional().describe("A second node in another zone that takes over by itself."),
  shards: whole(1, 90).optional().describe("AWS only: shards; Azure's size decides."),
  replicas: whole(0, 5).optional().describe("AWS only: replicas of each shard; Azure's size decides."),
  snapshotDays: whole(0, 35)
    .optional()
    .describe(
      "Days that copies are kept, of which one is made every 6 hours; 0 makes none. AWS: snapshots. Azure: exports to a storage account (docs/backup.md).",
    ),
});

const queue = z.strictObject({
  enabled: enabled.describe("`false` removes a queue of the preset."),
  fifo: z.boolean().optional().describe("Keep the order. AWS: FIFO queue. Azure: sessions. A change replaces the queue."),
  maxDeliveries: whole(1, 100).optional().describe("Tries before a message goes to the dead letters."),
  lockSeconds: whole(5, 300).optional().describe("Seconds that a receiver has for a message. Service Bus allows 5 to 300."),
  retentionDays: whole(1, 14).optional().describe("Days that a message is kept; dead letters always 14."),
  maxAgeSeconds: whole(60, 1_209_600)
    .optional()
    .describe(
      "An alert when the oldest message is older (AWS), or when the backlog has not fallen for 15 minutes (Azure, which has no such metric).",
    ),
});

const topic = z.strictObject({
  enabled: enabled.describe("`false` removes a topic of the preset."),
  subscriptions: named(
    z.strictObject({
      enabled: enabled.describe("`false` removes a subscription of the preset."),
      filter: z
        .record(z.string().min(1).max(100), z.array(scalar()).min(1).max(20))
        .optional()
        .describe("Attribute -> values: only messages that have one of the values, for each attribute named. Empty: all messages."),
    }),
  )
    .optional()
    .describe("By name of the queue that receives the topic's messages. Not a FIFO queue."),
});

/** The raw shape of the settings, by key under the project's namespace. Everything is optional: presets fill the rest. */
export const schema = z.strictObject({
  cloud: z.enum(clouds).optional().describe("Which cloud the platform becomes. On a stack that is deployed it can't be changed."),
  environment: z.enum(environments).optional().describe("Which preset the stack starts from."),
  owner: text(/^[\p{L}\p{N} .:/=+@_-]{1,64}$/u, "1 to 64 letters, digits, spaces and . : / = + @ _ -")
    .optional()
    .describe("Tag `owner` of every resource: who is asked about it."),
  costCenter: text(/^[\p{L}\p{N} .:/=+@_-]{1,64}$/u, "1 to 64 letters, digits, spaces and . : / = + @ _ -")
    .optional()
    .describe("Tag `cost-center` of every resource: who pays."),
  network: network.optional().describe("The network: addresses, zones, the way out, who may come in."),
  domain: domain
    .optional()
    .describe(
      "Under which name the platform is reached. Without it there is no certificate: AWS serves plain HTTP to `network.allowedCidrs` only; Azure the same, or in dev the site's own TLS endpoint.",
    ),
  edge: edge.optional().describe("What stands in front of the services."),
  services: named(service)
    .optional()
    .describe("The application's services by name. An entry is merged over the preset's of the same name; lists are replaced."),
  database: database.optional().describe("PostgreSQL. AWS: RDS. Azure: Flexible Server."),
  cache: cache.optional().describe("Redis protocol. AWS: ElastiCache (Valkey). Azure: Azure Managed Redis."),
  queues: named(queue).optional().describe("Queues by name. AWS: SQS. Azure: Service Bus."),
  topics: named(topic).optional().describe("Topics by name. AWS: SNS. Azure: Service Bus."),
  broker: z
    .strictObject({
      tier: z
        .enum(["standard", "premium"])
        .optional()
        .describe(
          "Azure: `premium` is private and has capacity of its own; `standard` is reached over the internet, by identity only. AWS is the same for both.",
        ),
    })
    .optional()
    .describe("What queues and topics live in."),
  secrets: named(
    z
      .union([z.string().min(1), z.strictObject({ generate: z.boolean() })])
      .meta({ secure: true, allowed: "an encrypted value, or `{ generate: true }`" }),
  )
    .optional()
    .describe(
      "Application secrets by name: `{ generate: true }` lets the platform make 48 random letters and digits, else an encrypted value (`pulumi config set --secret --path`). `{ generate: false }` removes one of the preset.",
    ),
  monitoring: z
    .strictObject({
      logDays: days()
        .optional()
        .describe("Days that logs can be searched: what CloudWatch sells. Azure keeps at least 30 and at most 730."),
      alertEmails: z.array(z.email()).max(10).optional().describe("E-mail addresses that get every alert."),
      flowLogs: z.boolean().optional().describe("Log the network's connections to the log bucket."),
      ...monitoringKeys,
    })
    .optional()
    .describe("Logs, alarms, traces and the audit trail."),
  alerts: alertsSchema.optional(),
  storage: z
    .strictObject({
      logDays: whole(1, 3650).optional().describe("Days after which objects of the log bucket (access logs, flow logs) are deleted."),
      buckets: named(bucketSchema)
        .optional()
        .describe("The application's buckets by name. AWS: S3. Azure: a storage account and container each."),
      files: filesSchema
        .optional()
        .describe("Files that services mount and share, for what can't be an object. AWS: EFS. Azure: Azure Files (SMB)."),
    })
    .optional()
    .describe("Object storage: a bucket for logs, and the application's own."),
  registry: z
    .strictObject({ enabled: enabled.describe("Make a repository for each service, also before an image without a host asks for one.") })
    .optional()
    .describe(
      "The platform's own registry of images. AWS: ECR. Azure: Container Registry, in prod Premium and private. It is there as soon as an image has no host.",
    ),
  flags: z
    .strictObject({
      enabled: enabled.describe("`true`: the stack has feature flags, which services reach by `uses: { flags: read }`."),
      values: z
        .record(z.string(), z.boolean())
        .optional()
        .describe("Whether a flag is on, by its name. Flips in the cloud hold until this changes."),
    })
    .optional()
    .describe("Feature flags. AWS: AppConfig. Azure: App Configuration (who deploys needs its role Data Owner)."),
  secondRegion: secondRegionSchema
    .optional()
    .describe(
      "Where copies go that must outlive the region. Default: of us-east-1 and us-west-2, eastus2 and centralus the other one; elsewhere none.",
    ),
  standbyOf: standbyOfSchema
    .optional()
    .describe(
      "The stack in another region for which this one stands by: a copy of its database, few instances, no domain, no budget. Stays for as long as the stack lives, also after the takeover.",
    ),
  standby: standbySchema.optional().describe("Two stacks of which one stands by for the other (docs/runbooks/region-failover.md)."),
  backup: backup.optional().describe("Copies of the database besides its own restore, and the test that they can be read."),
  security: security.optional().describe("What watches the account and what bounds the roles in it, off by default."),
  budget: budget.optional().describe("What the stack may cost in a month, and who is told on the way there."),
  rotationEpoch: whole(1, 1_000_000)
    .optional()
    .describe("Counts rotations: one more makes generated passwords and secrets anew and restarts the services in order."),
  rotatedOn: z.iso
    .date()
    .meta({ allowed: 'a quoted day such as "2026-11-21"' })
    .optional()
    .describe(
      "The day on which `rotationEpoch` was last raised (at first: of the first update). After 90 days the plan warns and an alarm goes off, on both clouds.",
    ),
  maintenance: z
    .boolean()
    .optional()
    .describe(
      "Stop all requests from outside at the gateway, with a page. AWS: 503. Azure: 429, as its firewall knows no 503; without a gateway (`edge.direct`) 403. Services, workers and jobs go on among themselves: switch one off by `services.<name>.enabled`.",
    ),
  rollout: rolloutSchema.optional().describe("How a candidate takes over, and by what it is judged."),
  deploy: deploySchema.optional().describe("What a deployment does besides the update."),
  operations: operationsSchema.optional().describe("How operators reach containers and database. There is no SSH."),
  guard: z
    .enum(guards)
    .optional()
    .describe(
      "What a deletion must get past. `none`: one command removes the stack. `data`: databases, caches and buckets are kept. `all`: vaults and keys too. Lifting it is one update before the destroy.",
    ),
  allowedRegions: z
    .array(z.string())
    .min(1)
    .optional()
    .describe("Regions in which the stack may be, of both clouds. Default: any that the platform knows."),
  tags: z
    .record(text(/^[A-Za-z][A-Za-z0-9 ._:-]{0,63}$/, "1 to 64 letters, digits, spaces and . _ : -; a letter first"), scalar().max(256))
    .optional()
    .describe("Tags added to every resource."),
});

/** What a stack file states, checked field by field. */
export type Given = z.output<typeof schema>;
