// Every way in which a config can be wrong: where it is shown, which value, and what to do. One row per fault.
import { expect } from "chai";
import { forbiddenNames } from "../../settings/paths";
import { faults, type Given, settings } from "./support";

/** `problem` and `remedy` are matched; `given` is compared, and undefined means that no value may be shown. */
type Row = [name: string, config: Given["config"], path: string, given: unknown, problem: RegExp, remedy: RegExp, more?: Given];

const service = (fields: Record<string, unknown>, name = "api") => ({ services: { [name]: fields } });
const reports = (fields: Record<string, unknown>) => ({
  services: { reports: { kind: "api", image: "example.org/reports:1", routes: { paths: ["/reports/*"] }, ...fields } },
});
const azure = { cloud: "azure" };
/** Beside the preset's two. */
const manyPaths = {
  services: Object.fromEntries(
    ["r1", "r2", "r3", "r4", "r5", "r6"].map((name, index) => {
      const paths = Array.from({ length: index < 5 ? 20 : 1 }, (_, at) => `/${name}/${at}/*`);
      return [name, { kind: "api", image: "example.org/reports:1", routes: { paths } }];
    }),
  ),
};

const shape: Row[] = [
  ["an enumeration", { cloud: "gcp" }, "cloud", "gcp", /^must be one of aws, azure$/, /^pulumi config set cloud aws$/],
  [
    "a near miss",
    { database: { size: "medum" } },
    "database.size",
    "medum",
    /^must be one of small, medium, large, xlarge$/,
    /did you mean "medium"\? pulumi config set --path database.size medium/,
  ],
  [
    "a number out of range",
    { network: { zones: 7 } },
    "network.zones",
    7,
    /^must be a whole number from 2 to 4$/,
    /pulumi config set --path network.zones 2/,
  ],
  ["a fraction", { network: { zones: 2.5 } }, "network.zones", 2.5, /whole number from 2 to 4/, /--path network.zones/],
  ["a text for a number", { network: { zones: "three" } }, "network.zones", "three", /whole number/, /--path network.zones 2/],
  [
    "a top-level text for a number",
    { rotationEpoch: "soon" },
    "rotationEpoch",
    "soon",
    /whole number from 1 to 1000000/,
    /^pulumi config set rotationEpoch 1$/,
  ],
  ["a text for a truth value", { edge: { waf: "maybe" } }, "edge.waf", "maybe", /^must be true or false$/, /--path edge.waf true/],
  ["a list for a map", { network: [1] }, "network", "a list of 1", /must be a map with cidr, zones/, /pulumi config set network/],
  [
    "a map for a text",
    { services: { api: { image: { tag: "1" } } } },
    "services.api.image",
    "a map with tag",
    /must be a reference with host/,
    /--path services.api.image/,
  ],
  [
    "nothing",
    { database: { size: null } },
    "database.size",
    undefined,
    /^has no value; must be one of small/,
    /give it one, or remove the key: pulumi config set --path database.size small/,
  ],
  [
    "a value for a list",
    { network: { allowedCidrs: "10.0.0.0/8" } },
    "network.allowedCidrs",
    "10.0.0.0/8",
    /must be a list/,
    /'network.allowedCidrs\[0\]' <value>$/,
  ],
  [
    "a text for a list of maps",
    { rollout: { stages: "all" } },
    "rollout.stages",
    "all",
    /must be a list/,
    /'rollout.stages\[0\].percent' 1$/,
  ],
  [
    "a value in a list",
    { network: { allowedCidrs: ["203.0.113.0/24", "everyone"] } },
    "network.allowedCidrs[1]",
    "everyone",
    /must be an IPv4 range, such as 203.0.113.0\/24/,
    /'network.allowedCidrs\[1\]'/,
  ],
  [
    "something required",
    service({ scale: { schedules: [{ name: "night", min: 1, max: 1 }] } }),
    "services.api.scale.schedules[0].cron",
    undefined,
    /is missing; must be five fields/,
    /pulumi config set --path/,
  ],
  [
    "an archive that CloudWatch does not sell",
    { monitoring: { archiveDays: 100 } },
    "monitoring.archiveDays",
    100,
    /^CloudWatch keeps logs for 1, 3/,
    /choose one/,
  ],
  [
    "an archive that Azure does not sell",
    { ...azure, monitoring: { archiveDays: 3 } },
    "monitoring.archiveDays",
    3,
    /archives logs for 4 to 4383 days/,
    /whole number in that range/,
  ],
  [
    "a domain without a gateway",
    { ...azure, edge: { direct: true }, domain: { name: "shop.example.org" } },
    "domain.name",
    "shop.example.org",
    /without a gateway each site answers/,
    /set edge.direct to false/,
  ],
  [
    "what CloudWatch does not sell",
    { monitoring: { logDays: 45 } },
    "monitoring.logDays",
    45,
    /one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731/,
    /--path monitoring.logDays/,
  ],
  [
    "an e-mail address",
    { monitoring: { alertEmails: ["ops"] } },
    "monitoring.alertEmails[0]",
    "ops",
    /must be an e-mail address/,
    /--path/,
  ],
  ["an owner that is no tag", { owner: "a<b>" }, "owner", "a<b>", /1 to 64 letters/, /pulumi config set owner/],
  ["a domain", { domain: { name: "Shop" } }, "domain.name", "Shop", /must be a domain name in small letters/, /--path domain.name/],
  ["a domain without a name", { domain: { aws: { zoneId: "Z0123456789" } } }, "domain.name", undefined, /is missing/, /--path domain.name/],
  [
    "a path with a star inside",
    service({ routes: { paths: ["/a*/b"] } }),
    "services.api.routes.paths[0]",
    "/a*/b",
    /`\*` only as its whole last part/,
    /--path/,
  ],
  [
    "a path without a slash",
    service({ healthPath: "health" }),
    "services.api.healthPath",
    "health",
    /a path that begins with \//,
    /--path services.api.healthPath/,
  ],
  ["a port", service({ port: 70000 }), "services.api.port", 70000, /whole number from 1 to 65535/, /--path services.api.port 1/],
  [
    "an image with a space",
    service({ image: "example.org/a b:1" }),
    "services.api.image",
    "example.org/a b:1",
    /a reference with host/,
    /--path services.api.image/,
  ],
  [
    "a date",
    { database: { restore: { source: "db", time: "yesterday" } } },
    "database.restore.time",
    "yesterday",
    /a quoted time such as/,
    /--path database.restore.time/,
  ],
  [
    "JSON that is none",
    { network: "{zones" },
    "network",
    "{zones",
    /neither a map, nor a list, nor JSON of one/,
    /pulumi config set --path 'network.<key>' <value>/,
  ],
  [
    "a text for a list",
    { allowedRegions: "us-east-1" },
    "allowedRegions",
    "us-east-1",
    /neither a map, nor a list/,
    /'allowedRegions\[0\]'/,
  ],
  [
    "an unknown key",
    { databse: {} },
    "databse",
    undefined,
    /^unknown key; allowed here: cloud, environment/,
    /did you mean "database"\? Rename it to database/,
  ],
  [
    "an unknown key inside",
    { database: { siez: "small" } },
    "database.siez",
    undefined,
    /^unknown key; allowed here: enabled, size/,
    /did you mean "size"\? Rename it to database.size/,
  ],
  [
    "an unknown key deep inside",
    service({ scale: { mx: 3 } }),
    "services.api.scale.mx",
    undefined,
    /unknown key; allowed here: min, max/,
    /did you mean "max"\? Rename it to services.api.scale.max/,
  ],
  [
    "an unknown key like nothing",
    { database: { flavour: "x" } },
    "database.flavour",
    undefined,
    /unknown key/,
    /^remove it: pulumi config rm --path 'database.flavour'$/,
  ],
  [
    "an unknown word of a use in secrets",
    { secrets: { one: { generat: true } } },
    "secrets.one",
    undefined,
    /must be an encrypted value, or `\{ generate: true \}`/,
    /--path secrets.one/,
    { secretKeys: ["platform:secrets"] },
  ],
  [
    "a namespace like ours",
    { "platfrom:cloud": "aws" },
    "platfrom:cloud",
    undefined,
    /nothing reads the namespace "platfrom"/,
    /did you mean "platform:cloud"\?/,
  ],
  [
    "a foreign namespace",
    { "gcp:project": "x" },
    "gcp:project",
    undefined,
    /nothing reads the namespace "gcp"/,
    /did you mean "aws:project"|remove it: pulumi config rm 'gcp:project'/,
  ],
  ["no namespace", { ":x": "y" }, ":x", undefined, /has no namespace/, /write it as platform:/],
  [
    "a region's key, misspelled",
    { "aws:regoin": "us-east-1" },
    "aws:regoin",
    undefined,
    /the region is read from aws:region/,
    /did you mean "aws:region"\?/,
  ],
  [
    "the other cloud's word for it",
    { "azure-native:region": "westeurope" },
    "azure-native:region",
    undefined,
    /read from azure-native:location/,
    /pulumi config set azure-native:location/,
  ],
];

const notYet: Row[] = [
  ["another engine", { database: { engine: "mongodb" } }, "database.engine", undefined, /^not yet/, /remove it/],
  ["a function", service({ kind: "function" }), "services.api.kind", "function", /^not yet/, /--path services.api.kind web/],
];

const network: Row[] = [
  [
    "more zones than the region has",
    { "aws:region": "eu-west-1", network: { zones: 4 } },
    "network.zones",
    4,
    /eu-west-1 has 3 zones/,
    /--path network.zones 3/,
  ],
  [
    "an unknown region",
    { "aws:region": "us-eest-1" },
    "aws:region",
    "us-eest-1",
    /not a region of aws .*us-east-1/,
    /did you mean "us-east-1"\? pulumi config set aws:region us-east-1/,
  ],
  [
    "a region of the other cloud",
    { ...azure, "azure-native:location": "us-east-1" },
    "azure-native:location",
    "us-east-1",
    /not a region of azure/,
    /pulumi config set azure-native:location/,
  ],
  [
    "a zone of another region",
    { network: { zoneNames: ["us-east-1a", "eu-west-1a"] } },
    "network.zoneNames[1]",
    "eu-west-1a",
    /us-east-1 has the zones us-east-1a/,
    /choose among these/,
  ],
  [
    "a zone twice",
    { network: { zoneNames: ["us-east-1a", "us-east-1a"] } },
    "network.zoneNames",
    ["us-east-1a", "us-east-1a"],
    /names a zone twice/,
    /each zone once/,
  ],
  [
    "zones and names that disagree",
    { network: { zones: 3, zoneNames: ["us-east-1a", "us-east-1b"] } },
    "network.zoneNames",
    ["us-east-1a", "us-east-1b"],
    /names 2 zones, network.zones says 3/,
    /make them equal/,
  ],
  [
    "NAT per zone on Azure",
    { ...azure, network: { nat: "perZone" } },
    "network.nat",
    "perZone",
    /takes one NAT gateway/,
    /--path network.nat single/,
  ],
  ["no range", { network: { cidr: "ten" } }, "network.cidr", "ten", /not an IPv4 range/, /10.0.0.0\/16/],
  ["a public range", { network: { cidr: "8.8.0.0/16" } }, "network.cidr", "8.8.0.0/16", /not within a private range/, /RFC 1918/],
  [
    "too small a range",
    { network: { cidr: "10.0.0.0/24" } },
    "network.cidr",
    "10.0.0.0/24",
    /a network is \/16 to \/18/,
    /prefix from 16 to 18/,
  ],
  [
    "a range with loose bits",
    { network: { cidr: "10.0.5.0/16" } },
    "network.cidr",
    "10.0.5.0/16",
    /bits beyond its prefix/,
    /10.0.0.0\/16/,
  ],
  [
    "allowed addresses with loose bits",
    { network: { allowedCidrs: ["203.0.113.7/24"] } },
    "network.allowedCidrs[0]",
    "203.0.113.7/24",
    /bits beyond its prefix/,
    /203.0.113.0\/24/,
  ],
  [
    "a region that is not allowed",
    { allowedRegions: ["eu-west-1", "westeurope"] },
    "aws:region",
    "us-east-1",
    /not one of allowedRegions \(eu-west-1, westeurope\)/,
    /pulumi config set aws:region eu-west-1/,
  ],
  [
    "no allowed region on this cloud",
    { allowedRegions: ["westeurope"] },
    "aws:region",
    "us-east-1",
    /not one of allowedRegions/,
    /add a region of aws to allowedRegions/,
  ],
  [
    "an allowed region that is none",
    { allowedRegions: ["us-east-1", "us-esat-2"] },
    "allowedRegions[1]",
    "us-esat-2",
    /not a region of either cloud/,
    /did you mean "us-east-\d"/,
  ],
  [
    "the internet in clear",
    { environment: "prod", edge: { cdn: false }, network: { allowedCidrs: ["0.0.0.0/0"] } },
    "network.allowedCidrs",
    ["0.0.0.0/0"],
    /would serve the internet in clear/,
    /set `domain`/,
  ],
  [
    "a domain without proof",
    { domain: { name: "shop.example.org" } },
    "domain.aws",
    undefined,
    /needs either the hosted zone/,
    /domain.aws.zoneId, or domain.aws.certificateArn/,
  ],
  [
    "a domain without a certificate",
    { ...azure, environment: "prod", edge: { cdn: false }, domain: { name: "shop.example.org" } },
    "domain.azure.certificateSecretId",
    undefined,
    /no certificate of its own/,
    /domain.azure.certificateSecretId/,
  ],
  ["no gateway on AWS", { edge: { direct: true } }, "edge.direct", true, /always behind the load balancer/, /--path edge.direct false/],
  [
    "logs longer than Azure keeps",
    { ...azure, monitoring: { logDays: 1827 } },
    "monitoring.logDays",
    1827,
    /at most 730 days/,
    /--path monitoring.logDays 545/,
  ],
];

const data: Row[] = [
  ["too small a disk", { database: { storageGb: 5 } }, "database.storageGb", 5, /disks of 20 to 65536 GB/, /database.storageGb/],
  [
    "a disk that shrinks",
    { database: { storageGb: 200 } },
    "database.maxStorageGb",
    100,
    /smaller than storageGb, which is 200/,
    /database.maxStorageGb/,
  ],
  [
    "replicas of a burstable size",
    { ...azure, database: { replicas: 1 } },
    "database.replicas",
    1,
    /burstable size .* has no read replicas/,
    /database.size medium or larger/,
  ],
  [
    "a pool of a burstable size",
    { ...azure, database: { pooling: true } },
    "database.pooling",
    true,
    /has no connection pool/,
    /database.size medium or larger/,
  ],
  [
    "a standby of a burstable size",
    { ...azure, database: { highAvailability: true } },
    "database.highAvailability",
    true,
    /has no standby/,
    /database.size medium or larger/,
  ],
  [
    "backups that Azure does not keep",
    { ...azure, database: { backupDays: 3 } },
    "database.backupDays",
    3,
    /last 7 to 35 days/,
    /from 7 to 35/,
  ],
  [
    "IOPS below the size that sells them",
    { database: { iops: 12000 } },
    "database.iops",
    12000,
    /from 400 GB on/,
    /database.storageGb to 400/,
  ],
  ["IOPS on Azure", { ...azure, database: { iops: 5000 } }, "database.iops", 5000, /no IOPS by choice/, /remove database.iops/],
  [
    "a snapshot on Azure",
    { ...azure, database: { restore: { snapshot: "s" } } },
    "database.restore.snapshot",
    "s",
    /not from a snapshot/,
    /restore.source and database.restore.time/,
  ],
  [
    "an upgrade of a server with replicas on Azure",
    { cloud: "azure", environment: "prod", database: { upgrade: true } },
    "database.upgrade",
    true,
    /upgrades no server that has read replicas \(database.replicas is 1\)/,
    /database.replicas to 0/,
  ],
  [
    "half a copy",
    { database: { restore: { source: "db" } } },
    "database.restore",
    "source",
    /`source` and `time` together/,
    /remove database.restore/,
  ],
  ["no copy", { database: { restore: {} } }, "database.restore", undefined, /`snapshot` alone/, /remove database.restore/],
  ["shards on Azure", { ...azure, cache: { shards: 2 } }, "cache.shards", 2, /size alone decides/, /remove cache.shards/],
  [
    "a cache that can't fail over",
    { cache: { highAvailability: true, replicas: 0 } },
    "cache.replicas",
    0,
    /needs a replica/,
    /cache.replicas to 1/,
  ],
];

const services: Row[] = [
  ["a CPU that is not sold", service({ cpu: 3 }), "services.api.cpu", 3, /0.25, 0.5, 1, 2, 4 vCPU/, /choose one of these/],
  ["memory not sold with it", service({ memoryMb: 700 }), "services.api.memoryMb", 700, /512, 1024, 2048 MiB/, /or another cpu/],
  ["min above max", service({ scale: { min: 5 } }), "services.api.scale.min", 5, /greater than scale.max, which is 2/, /at most scale.max/],
  ["no instance", service({ scale: { min: 0 } }), "services.api.scale.min", 0, /at least one instance/, /scale.min to 1/],
  [
    "more instances than a plan takes",
    { ...azure, environment: "prod", ...service({ scale: { max: 31 } }) },
    "services.api.scale.max",
    31,
    /at most 30 instances/,
    /30 or less/,
  ],
  [
    "scaling on Basic",
    { ...azure, ...service({ scale: { max: 2 } }) },
    "services.api.scale.max",
    2,
    /does not scale a service of 0.25 vCPU by itself/,
    /choose a larger cpu/,
  ],
  ["thresholds that swing", service({ scale: { cpuBelow: 80 } }), "services.api.scale.cpuBelow", 80, /not below scale.cpuAbove/, /gap/],
  ["spot on Azure", { ...azure, ...service({ spot: true }, "worker") }, "services.worker.spot", true, /no spare capacity/, /spot to false/],
  [
    "a job's limit on AWS",
    service({ timeoutMinutes: 60 }, "nightly"),
    "services.nightly.timeoutMinutes",
    60,
    /aws ends no run/,
    /`timeout 3600/,
  ],
  [
    "a worker's limit",
    { ...azure, ...service({ timeoutMinutes: 60 }, "worker") },
    "services.worker.timeoutMinutes",
    60,
    /runs all the time/,
    /remove/,
  ],
  ["spot for an api", service({ spot: true }), "services.api.spot", true, /only workers and jobs/, /spot to false/],
  ["a schedule for an api", service({ schedule: "0 3 * * *" }), "services.api.schedule", "0 3 * * *", /runs all the time/, /make it a job/],
  [
    "a schedule that is none",
    service({ schedule: "daily" }, "nightly"),
    "services.nightly.schedule",
    "daily",
    /1 fields instead of five/,
    /such as 0 3 \* \* 1-5/,
  ],
  [
    "a scale schedule that is none",
    service({ scale: { schedules: [{ name: "night", cron: "x", min: 1, max: 1 }] } }),
    "services.api.scale.schedules[0].cron",
    "x",
    /instead of five/,
    /minute, hour/,
  ],
  [
    "a time zone",
    service({ scale: { schedules: [{ name: "night", cron: "0 3 * * *", timezone: "Mars", min: 1, max: 1 }] } }),
    "services.api.scale.schedules[0].timezone",
    "Mars",
    /not the name of a time zone/,
    /IANA/,
  ],
  [
    "a schedule's limits",
    service({ scale: { schedules: [{ name: "night", cron: "0 3 * * *", min: 3, max: 1 }] } }),
    "services.api.scale.schedules[0].min",
    3,
    /greater than max/,
    /at most max/,
  ],
  [
    "a schedule without instances",
    service({ scale: { schedules: [{ name: "night", cron: "0 3 * * *", min: 0, max: 1 }] } }),
    "services.api.scale.schedules[0].min",
    0,
    /at least one instance/,
    /min to 1/,
  ],
  [
    "two schedules of one name",
    service({ scale: { schedules: [1, 2].map(() => ({ name: "night", cron: "0 3 * * *", min: 1, max: 1 })) } }),
    "services.api.scale.schedules[1].name",
    "night",
    /two schedules/,
    /rename one/,
  ],
  [
    "a job's scale",
    service({ scale: { schedules: [{ name: "night", cron: "0 3 * * *", min: 0, max: 1 }] } }, "nightly"),
    "services.nightly.scale.schedules",
    ["night"],
    /runs by its own schedule/,
    /remove it/,
  ],
  [
    "a backlog without a queue",
    service({ scale: { backlogPerInstance: 5 } }),
    "services.api.scale.backlogPerInstance",
    5,
    /worker that receives/,
    /`receive`/,
  ],
  [
    "requests of a worker",
    service({ scale: { requestsPerSecond: 5 } }, "worker"),
    "services.worker.scale.requestsPerSecond",
    5,
    /gets no requests/,
    /remove it/,
  ],
  [
    "a worker with a route",
    service({ routes: { paths: ["/w"] } }, "worker"),
    "services.worker.routes.paths",
    ["/w"],
    /a worker gets no requests/,
    /remove it/,
  ],
  [
    "a worker with a host",
    service({ routes: { hosts: ["w.example.org"] } }, "worker"),
    "services.worker.routes.hosts",
    ["w.example.org"],
    /gets no requests/,
    /remove it/,
  ],
  ["a worker's port", service({ port: 9000 }, "worker"), "services.worker.port", 9000, /a worker gets no requests/, /remove it/],
  ["a worker's health", service({ healthPath: "/h" }, "worker"), "services.worker.healthPath", "/h", /gets no requests/, /remove it/],
  ["a job's readiness", service({ readyPath: "/r" }, "nightly"), "services.nightly.readyPath", "/r", /a job gets no requests/, /remove it/],
  [
    "a job that scales",
    service({ scale: { max: 5 } }, "nightly"),
    "services.nightly.scale.max",
    5,
    /runs by its own schedule, in one instance/,
    /remove it/,
  ],
  ["an internal worker", service({ internal: true }, "worker"), "services.worker.internal", true, /gets no requests/, /remove it/],
  [
    "a worker's origins",
    service({ cors: ["https://a.example.org"] }, "worker"),
    "services.worker.cors",
    ["https://a.example.org"],
    /gets no requests/,
    /remove it/,
  ],
  [
    "a rate that nothing counts",
    service({ rateLimit: 500 }),
    "services.api.rateLimit",
    500,
    /^edge.waf is off: nothing counts requests$/,
    /^pulumi config set --path edge.waf true, or remove it$/,
  ],
  ["a rate for all that nothing counts", { edge: { rateLimit: 500 } }, "edge.rateLimit", 500, /edge.waf is off/, /edge.waf true/],
  [
    "a rate without a gateway",
    { ...azure, edge: { direct: true, waf: true }, ...service({ rateLimit: 500 }) },
    "services.api.rateLimit",
    500,
    /no gateway that counts requests \(edge.direct\)/,
    /^pulumi config set --path edge.direct false, or remove it$/,
  ],
  [
    "the rate of an internal service",
    { edge: { waf: true }, ...service({ internal: true, rateLimit: 500 }) },
    "services.api.rateLimit",
    500,
    /^an internal service is behind no firewall$/,
    /^remove it$/,
  ],
  [
    "more services that count requests than one plan of Azure takes rules",
    {
      ...azure,
      environment: "staging",
      services: Object.fromEntries(
        ["a1", "b1", "c1", "d1", "e1", "f1"].map((name) => [
          name,
          { kind: "web", image: "example.org/a:1", routes: { paths: [`/${name}`] }, scale: { requestsPerSecond: 1000 } },
        ]),
      ),
    },
    "services.f1.scale.requestsPerSecond",
    1000,
    /^on Azure web, api, a1, b1, c1, d1, e1, f1 have one size and scale, .* at most 7$/,
    /another size or scale/,
  ],
  ["a worker's rate", service({ rateLimit: 500 }, "worker"), "services.worker.rateLimit", 500, /gets no requests/, /remove it/],
  [
    "an api that nothing leads to",
    reports({ routes: { paths: [] } }),
    "services.reports.routes.paths",
    [],
    /no path leads to this api/,
    /such as/,
  ],
  [
    "an image without a version",
    service({ image: "example.org/team/api" }),
    "services.api.image",
    "example.org/team/api",
    /neither tag nor digest/,
    /example.org\/team\/api:1.0.0/,
  ],
  [
    "a path twice",
    reports({ routes: { paths: ["/api/*"] } }),
    "services.reports.routes.paths[0]",
    "/api/*",
    /leads to "api" already \(every host\)/,
    /another path or host/,
  ],
  [
    "more paths than AWS's balancer takes",
    manyPaths,
    "services",
    103,
    /load balancer for the internet takes at most 99 rules/,
    /one path such as/,
  ],
  [
    "more paths than Azure's gateway takes",
    { ...manyPaths, ...azure, edge: { direct: false } },
    "services",
    102,
    /at most 100 paths of every host/,
    /one path such as/,
  ],
  [
    "two for everything",
    reports({ routes: { paths: ["/*"] } }),
    "services.reports.routes.paths[0]",
    "/*",
    /leads to "web" already/,
    /another path or host/,
  ],
  [
    "one path of one service twice",
    service({ routes: { paths: ["/a", "/a"] } }),
    "services.api.routes.paths[1]",
    "/a",
    /leads to "api" already/,
    /another path/,
  ],
  [
    "a host outside the domain",
    {
      ...reports({ routes: { paths: ["/x"], hosts: ["a.b.example.org"] } }),
      domain: { name: "example.org", aws: { zoneId: "Z0123456789" } },
    },
    "services.reports.routes.hosts[0]",
    "a.b.example.org",
    /covers example.org and \*.example.org/,
    /api.example.org/,
  ],
  [
    "a new service without a kind",
    { services: { reports: { image: "example.org/r:1" } } },
    "services.reports.kind",
    undefined,
    /not one of the preset's services \(web, api, worker, nightly\), so it needs kind and image/,
    /--path services.reports.kind api/,
  ],
  [
    "a new service without an image",
    { services: { reports: { kind: "api" } } },
    "services.reports.image",
    undefined,
    /needs kind and image/,
    /--path services.reports.image <image>/,
  ],
  [
    "a preset's service, misspelled",
    { services: { wbe: { cpu: 1 } } },
    "services.wbe.kind",
    undefined,
    /needs kind and image/,
    /did you mean "web"\?/,
  ],
  [
    "removing what is not there",
    { services: { wbe: { enabled: false } } },
    "services.wbe.enabled",
    false,
    /nothing to remove: the preset has web, api, worker, nightly/,
    /did you mean "web"\?/,
  ],
  [
    "removing a queue that is not there",
    { queues: { orders: { enabled: false } } },
    "queues.orders.enabled",
    false,
    /nothing to remove: the preset has jobs/,
    /remove queues.orders/,
  ],
  [
    "no service that answers",
    { services: { web: { enabled: false }, api: { enabled: false } } },
    "services",
    undefined,
    /no web or api service/,
    /keep one/,
  ],
];

const connections: Row[] = [
  [
    "an unknown target",
    service({ uses: { jobz: "send" } }),
    "services.api.uses.jobz",
    "send",
    /nothing has this name; there are database, cache, jobs, events, documents, uploads, web, worker, nightly/,
    /did you mean "jobs"\?/,
  ],
  [
    "a target like nothing",
    service({ uses: { warehouse: "send" } }),
    "services.api.uses.warehouse",
    "send",
    /nothing has this name/,
    /add what is used/,
  ],
  [
    "a database that is off",
    { database: { enabled: false }, ...service({ uses: { database: "read" } }) },
    "services.api.uses.database",
    "read",
    /database.enabled is false/,
    /remove the use/,
  ],
  [
    "a word of another noun",
    service({ uses: { cache: "read" } }),
    "services.api.uses.cache",
    "read",
    /a cache is used by the word readWrite/,
    /--path services.api.uses.cache readWrite/,
  ],
  [
    "a word, misspelled",
    service({ uses: { jobs: "sned" } }),
    "services.api.uses.jobs",
    "sned",
    /a queue is used by the words send, receive/,
    /did you mean "send"\?/,
  ],
  [
    "a call to a worker",
    service({ uses: { worker: "call" } }),
    "services.api.uses.worker",
    "call",
    /"worker" is a worker: it has no address/,
    /send to a queue/,
  ],
  ["a call to itself", service({ uses: { api: "call" } }), "services.api.uses.api", "call", /can't use itself/, /remove it/],
  ["a circle", service({ uses: { web: "call" } }), "services.api.uses.web", "call", /in a circle \(web → api → web\)/, /queue instead/],
  [
    "a reserved variable",
    service({ env: { AWS_REGION: "x" } }),
    "services.api.env.AWS_REGION",
    "AWS_REGION",
    /sets this one/,
    /another name/,
  ],
  [
    "a variable that is none",
    service({ env: { "log-level": "x" } }),
    "services.api.env.log-level",
    "log-level",
    /not a name that is allowed here: capital letters/,
    /rename it/,
  ],
  [
    "a variable of a use",
    service({ env: { DATABASE_HOST: "x" } }),
    "services.api.env.DATABASE_HOST",
    undefined,
    /the use of "database" sets this variable already/,
    /rename it/,
  ],
  [
    "a time to live of the cache",
    service({ env: { CACHE_TTL_SESSION: "1" } }),
    "services.api.env.CACHE_TTL_SESSION",
    undefined,
    /the use of "cache"/,
    /rename it/,
  ],
  [
    "a secret and a variable of one name",
    service({ env: { JWT_SIGNING: "x" }, secrets: { JWT_SIGNING: "jwt-signing-key" } }),
    "services.api.secrets.JWT_SIGNING",
    undefined,
    /env sets this variable already/,
    /rename it/,
  ],
  [
    "origins twice",
    service({ cors: ["https://a.example.org"], env: { CORS_ORIGINS: "x" } }),
    "services.api.env.CORS_ORIGINS",
    undefined,
    /cors sets this variable already/,
    /rename it/,
  ],
  [
    "a secret that is not there",
    service({ secrets: { STRIPE: "jwt-signing-kee" } }),
    "services.api.secrets.STRIPE",
    undefined,
    /there are jwt-signing-key/,
    /did you mean "jwt-signing-key"\?/,
  ],
  [
    "a secret in the place of its name",
    service({ secrets: { STRIPE: "sk_live_4242424242" } }),
    "services.api.secrets.STRIPE",
    undefined,
    /refers to a secret that is not there/,
    /pulumi config set --secret --path 'secrets.<name>'/,
  ],
  ["two queues in one name", { queues: { web: {} } }, "services.web", "web", /the same name as queues.web/, /rename it/],
  ["a topic like a queue", { topics: { jobs: {} } }, "topics.jobs", "jobs", /the same name as queues.jobs/, /rename it/],
  ["a name of the platform's own", { queues: { gateway: {} } }, "queues.gateway", "gateway", /the platform's own "gateway"/, /rename it/],
  [
    "a subscription to nothing",
    { topics: { events: { subscriptions: { jbos: {} } } } },
    "topics.events.subscriptions.jbos",
    undefined,
    /no queue has this name; there are jobs/,
    /did you mean "jobs"\?/,
  ],
  [
    "a FIFO queue behind a topic",
    { queues: { jobs: { fifo: true } } },
    "topics.events.subscriptions.jobs",
    undefined,
    /FIFO queue can't receive from a topic/,
    /ordinary queue/,
  ],
  [
    "too wide a filter",
    {
      topics: {
        events: { subscriptions: { jobs: { filter: Object.fromEntries(["a1", "b1", "c1", "d1", "e1", "f1"].map((k) => [k, ["x"]])) } } },
      },
    },
    "topics.events.subscriptions.jobs.filter",
    ["a1", "b1", "c1", "d1", "e1", "f1"],
    /at most 5 attributes/,
    /fewer/,
  ],
];

const secrets: Row[] = [
  [
    "a secret in clear",
    { secrets: { stripe: "sk_live_1" } },
    "secrets.stripe",
    undefined,
    /in clear in the stack's config/,
    /pulumi config set --secret --path secrets.stripe$/,
  ],
  [
    "one in clear beside encrypted ones",
    { secrets: { stripe: "sk_live_1", other: "[secret]" } },
    "secrets.stripe",
    undefined,
    /in clear/,
    /--secret --path secrets.stripe/,
    { secretKeys: ["platform:secrets"] },
  ],
  [
    "all of them in one, offline",
    { secrets: "[secret]" },
    "secrets",
    undefined,
    /encrypted as a whole/,
    /pulumi config set --secret --path 'secrets.<name>'/,
    { secretKeys: ["platform:secrets"] },
  ],
  [
    "an encrypted value of the wrong type",
    { secrets: { stripe: 4242 } },
    "secrets.stripe",
    undefined,
    /an encrypted value/,
    /--path secrets.stripe/,
    { secretKeys: ["platform:secrets"] },
  ],
  [
    "an encrypted key that is no JSON",
    { secrets: "sk_live_1" },
    "secrets",
    undefined,
    /neither a map/,
    /--path/,
    { secretKeys: ["platform:secrets"] },
  ],
  [
    "an empty secret",
    { secrets: { stripe: "" } },
    "secrets.stripe",
    undefined,
    /an encrypted value/,
    /secrets.stripe/,
    { secretKeys: ["platform:secrets"] },
  ],
  [
    "an encrypted key elsewhere",
    { owner: "hush" },
    "owner",
    undefined,
    /only `secrets` takes encrypted values/,
    /pulumi config set --plaintext owner <value>/,
    { secretKeys: ["platform:owner"] },
  ],
  [
    "a secret of the platform's own name",
    { secrets: { "database-password": { generate: true } } },
    "secrets.database-password",
    "database-password",
    /begin with database or cache/,
    /rename it/,
  ],
  ...["API_TOKEN", "DB_PASSWORD", "CLIENT_SECRET", "STRIPE_KEY", "AUTH_CREDENTIALS", "MYAPIKEY"].map((name): Row => [
    `a variable called ${name}`,
    service({ env: { [name]: "hunter2" } }),
    `services.api.env.${name}`,
    undefined,
    /looks like a secret, and env is in clear/,
    /pulumi config set --secret --path secrets\.[a-z-]+, then refer to it/,
  ]),
  [
    "an address with a password",
    service({ env: { UPSTREAM: "https://me:hunter2@example.org" } }),
    "services.api.env.UPSTREAM",
    undefined,
    /looks like a secret/,
    /secrets.upstream/,
  ],
  ["an access key", service({ env: { ID: "AKIAABCDEFGHIJKLMNOP" } }), "services.api.env.ID", undefined, /looks like a secret/, /secrets/],
  [
    "a private key",
    service({ env: { PEM: "-----BEGIN RSA PRIVATE KEY-----" } }),
    "services.api.env.PEM",
    undefined,
    /looks like a secret/,
    /secrets/,
  ],
];

const names: Row[] = [
  ...[
    "../x",
    "😀",
    "a".repeat(60),
    "Api",
    "1api",
    "a",
    "order_jobs",
    "order--jobs",
    "jobs-",
    "-jobs",
    "",
    " ",
    "a b",
    "a\nb",
    "a\u0000b",
  ].map((name): Row => {
    const shown = name.length > 60 ? `${name.slice(0, 60)}…` : name;
    return [
      `a service called ${JSON.stringify(name)}`,
      { services: { [name]: { kind: "api" } } },
      /^[A-Za-z_][\w-]*$/.test(name) ? `services.${name}` : `services[${JSON.stringify(shown)}]`,
      shown,
      /not a name that is allowed here: 2 to 20 small letters/,
      /rename it/,
    ];
  }),
  [
    "a queue's name with a good neighbour",
    { queues: { Order_Jobs: {} } },
    "queues.Order_Jobs",
    "Order_Jobs",
    /not a name/,
    /for example to "order-jobs"/,
  ],
  ["a topic", { topics: { "../x": {} } }, 'topics["../x"]', "../x", /not a name/, /rename it/],
  ["a secret", { secrets: { "../x": { generate: true } } }, 'secrets["../x"]', "../x", /not a name/, /rename it/],
  ["a tag of the platform's own", { tags: { Owner: "x" } }, "tags.Owner", undefined, /sets this tag itself/, /another name/],
  ["a tag of the cloud's", { tags: { "aws:x": "y" } }, "tags.aws:x", undefined, /belong to the clouds/, /another name/],
  ["a tag twice", { tags: { Team: "a", team: "b" } }, "tags.Team", undefined, /given twice/, /remove one/],
  ["a tag with a bad letter", { tags: { "a<b": "x" } }, 'tags["a<b"]', "a<b", /not a name that is allowed/, /rename it/],
  [
    "too many tags",
    { tags: Object.fromEntries(Array.from({ length: 41 }, (_, i) => [`t${i}`, "x"])) },
    "tags",
    41,
    /at most 40 tags/,
    /remove some/,
  ],
  ["too long a tag", { tags: { team: "x".repeat(300) } }, "tags.team", `${"x".repeat(60)}…`, /at most 256 characters/, /--path tags.team/],
  [
    "a stack called after another environment",
    { environment: "dev" },
    "environment",
    "dev",
    /the stack is called "prod": it would get the sizes and guards of dev/,
    /pulumi config set environment prod/,
    { stack: "prod" },
  ],
  [
    "no environment",
    { environment: undefined },
    "environment",
    undefined,
    /^is not set; allowed: dev, staging, prod$/,
    /pulumi config set environment staging/,
    { stack: "staging" },
  ],
  ["a long stack", {}, "the stack's name", "x".repeat(40), /1 to 24 small letters/, /pulumi stack init/, { stack: "x".repeat(40) }],
  [
    "a stack with a point",
    {},
    "the stack's name",
    "a.b",
    /small letters, digits and single hyphens/,
    /pulumi stack init/,
    { stack: "a.b" },
  ],
  ["a long project", {}, "the project's name (Pulumi.yaml)", "p".repeat(25), /1 to 24/, /rename the project/, { project: "p".repeat(25) }],
];

describe("faults", () => {
  const groups: [string, Row[]][] = [
    ["shape", shape],
    ["not yet", notYet],
    ["network and edge", network],
    ["data", data],
    ["services", services],
    ["connections", connections],
    ["secrets", secrets],
    ["names", names],
  ];
  for (const [group, rows] of groups) {
    describe(group, () => {
      for (const [name, config, path, given, problem, remedy, more] of rows) {
        it(name, () => {
          const all = faults({ ...more, ...(config === undefined ? {} : { config }) });
          const fault = all.find((one) => one.path === path);
          expect(fault, `no fault at ${path}, but at ${all.map((one) => `${one.path}: ${one.problem}`).join("; ")}`).not.to.equal(
            undefined,
          );
          expect(fault?.given).to.deep.equal(given);
          expect(fault?.problem).to.match(problem);
          expect(fault?.remedy).to.match(remedy);
        });
      }
    });
  }

  for (const name of forbiddenNames) {
    it(`refuses the name ${name} wherever it stands`, () => {
      const inside = (key: string, json: string) => faults({ config: { [key]: json } });
      for (const [key, json, path] of [
        ["services", `{"${name}":{"kind":"api"}}`, `services.${name}`],
        ["queues", `{"${name}":{}}`, `queues.${name}`],
        ["services", `{"api":{"env":{"${name}":"x"}}}`, `services.api.env.${name}`],
        ["tags", `{"${name}":"x"}`, `tags.${name}`],
      ] as const) {
        const [fault] = inside(key, json);
        expect(fault).to.deep.include({ path, given: name });
        expect(fault?.remedy).to.equal("choose another name");
      }
      const [top] = faults({ config: { [`platform:${name}`]: "{}" } });
      expect(top?.path).to.equal(name);
      expect({}).not.to.have.property("kind");
    });
  }

  it("refuses what is nested without end", () => {
    const [fault] = faults({ config: { network: `{"cidr":${"[".repeat(5000)}${"]".repeat(5000)}}` } });
    expect(fault?.problem).to.match(/nested deeper than/);
  });

  it("refuses a map that pretends to be something else", () => {
    const [fault] = faults({ config: { database: { size: { toString: {}, valueOf: 1 } } } });
    expect(fault).to.deep.include({ path: "database.size", given: "a map with toString, valueOf" });
  });

  it("never shows the value of a secret", () => {
    const value = "hunter2-hunter2";
    const wrong: Given[] = [
      { config: { secrets: { stripe: value } } },
      { config: { secrets: value }, secretKeys: ["platform:secrets"] },
      { config: { secrets: { stripe: [value] } }, secretKeys: ["platform:secrets"] },
      { config: { secrets: { stripe: { generate: value } } }, secretKeys: ["platform:secrets"] },
      { config: { owner: value }, secretKeys: ["platform:owner"] },
      { config: { network: value }, secretKeys: ["platform:config:network"] },
      { config: service({ env: { API_TOKEN: value } }) },
      { config: service({ secrets: { API_TOKEN: value } }) },
      { config: service({ env: { UPSTREAM: `amqp://me:${value}@example.org` } }) },
    ];
    for (const given of wrong) {
      const found = faults(given);
      expect(found).to.have.length.above(0);
      expect(JSON.stringify(found)).not.to.include(value);
    }
  });

  it("lists the faults of all stages at once, and nothing that only follows from another", () => {
    const found = faults({
      stack: "dev",
      config: {
        cloud: "aws",
        "aws:regoin": "x",
        budget: "3",
        database: { size: "huge", storageGb: 5 },
        network: "{",
        services: { "../x": {}, api: { cpu: 3, kind: "statik", uses: { jobz: "send" } }, new: { kind: "api", image: 3 } },
        secrets: { stripe: "x" },
      },
    });
    expect(found.map(({ path }) => path)).to.have.members([
      "aws:regoin",
      "network",
      "budget",
      "database.size",
      "database.storageGb",
      'services["../x"]',
      "services.api.kind",
      "services.api.cpu",
      "services.api.uses.jobz",
      "services.new.image",
      "secrets.stripe",
    ]);
  });

  it("is one message with one entry per fault", () => {
    const message = messageOf({ cloud: "gcp", database: { siez: 1 } });
    expect(message.split("\n")).to.deep.equal([
      "2 faults in the configuration:",
      '  cloud: must be one of aws, azure (given: "gcp")',
      "    pulumi config set cloud aws",
      "  database.siez: unknown key; allowed here: enabled, size, version, upgrade, databaseName, storageGb, maxStorageGb, iops, highAvailability, replicas, backupDays, pooling, audit, maintenance, restore, logins",
      '    did you mean "size"? Rename it to database.size',
    ]);
  });

  it("takes harmless variables for what they are", () => {
    const env = {
      TOKEN_TTL: "60",
      CACHE_KEY_PREFIX: "app:",
      PASSWORD_RESET_URL: "https://example.org/reset",
      KEYBOARD: "de",
      EMPTY_TOKEN: "",
      HOST: "https://example.org/a:b",
    };
    expect(faults({ config: service({ env }) })).to.deep.equal([]);
  });
});

function messageOf(config: Given["config"]): string {
  try {
    settings({ ...(config === undefined ? {} : { config }) });
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}
