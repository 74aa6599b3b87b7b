// Rules that look at more than one value: zones against region, ranges, domain, tags, what the chosen cloud sells.
import { planGroups } from "../components/hosting/index";
import { check as checkCache } from "../components/cache/index";
import { type CloudName, clouds } from "../components/cloud";
import { check as checkDatabase } from "../components/database/index";
import type { EdgeSpec } from "../components/edge/index";
import { type Fault, under } from "../components/fault";
import { checkAzureDomain } from "../components/gateway/azure-domain";
import { check as checkGateway, type GatewayDomain, type GatewaySpec } from "../components/gateway/index";
import type { Limits } from "../components/limits";
import { checkArchiveDays } from "../components/monitoring/archive";
import { checkCidr } from "../components/network/cidr";
import { ownImage } from "../components/registry/index";
import { checkCdnEdge, edgeOf, gatewayPart, warningsOfCdn } from "./edge";
import { cut, pathText, setCommand } from "./paths";
import { defaultRegions, regionKeys } from "./presets";
import { checkAlerts, checkUptime, monitoringWarnings, type Reach } from "./monitoring";
import { opaqueSecret } from "./raw";
import type { Draft } from "./resolve";
import { served } from "./rules-connections";
import { warningsOfPlans } from "./rules-services";
import { type Given, logDaysSold } from "./schema";
import { nearest } from "./shape";
import { domainGiven } from "./standby";

/** The whole of what rules look at. */
export interface Subject {
  readonly given: Given;
  readonly draft: Draft;
  readonly limits: Limits;
  readonly region: string;
  /** As `2026-11-21`. */
  readonly today: string;
}

/** Every name of a stack begins with both; beyond this cloud names are cut and end in a hash that nobody can read. */
const identityPattern = /^[a-z](?=.{0,23}$)[a-z0-9]*(-[a-z0-9]+)*$/;

export function checkIdentity(project: string, stack: string): Fault[] {
  const rules = [
    ["the project's name (Pulumi.yaml)", project, "rename the project in Pulumi.yaml"],
    ["the stack's name", stack, "make a stack with another name: pulumi stack init <name>"],
  ] as const;
  return rules
    .filter(([, name]) => !identityPattern.test(name))
    .map(([path, name, remedy]) => ({
      path,
      given: cut(name),
      problem: "names of all resources begin with it: 1 to 24 small letters, digits and single hyphens, a letter first",
      remedy,
    }));
}

export function checkRegion({ given, draft, limits, region }: Subject, every: Readonly<Record<CloudName, Limits>>): Fault[] {
  const key = regionKeys[draft.cloud];
  const offered = Object.keys(limits.zones);
  if (!Object.hasOwn(limits.zones, region)) {
    const near = nearest(region, offered);
    return [
      {
        path: key,
        given: cut(region),
        problem: `not a region of ${draft.cloud} with three zones that the platform knows: ${offered.join(", ")}`,
        remedy: `${near === undefined ? "" : `did you mean "${near}"? `}pulumi config set ${key} ${near ?? defaultRegions[draft.cloud]}`,
      },
    ];
  }
  const allowed = given.allowedRegions;
  if (allowed === undefined) return [];
  const known = clouds.flatMap((cloud) => Object.keys(every[cloud].zones));
  const unknown = allowed.flatMap((name, index): Fault[] => {
    if (known.includes(name)) return [];
    const near = nearest(name, known);
    return [
      {
        path: `allowedRegions[${index}]`,
        given: cut(name),
        problem: "not a region of either cloud that the platform knows",
        remedy: near === undefined ? "remove it" : `did you mean "${near}"?`,
      },
    ];
  });
  if (allowed.includes(region)) return unknown;
  const inside = allowed.find((name) => offered.includes(name));
  return [
    ...unknown,
    {
      path: key,
      given: region,
      problem: `not one of allowedRegions (${allowed.map(cut).join(", ")})`,
      remedy: inside === undefined ? `add a region of ${draft.cloud} to allowedRegions` : `pulumi config set ${key} ${inside}`,
    },
  ];
}

export function checkNetwork({ given, draft, limits, region }: Subject): Fault[] {
  const { network, cloud } = draft;
  const faults: Fault[] = [
    ...under("network", checkCidr(network.cidr, cloud === "azure" ? Object.keys(planGroups(draft.services)).length - 1 : 0)),
  ];
  const offered = limits.zones[region];
  if (offered !== undefined && network.zones > offered.length) {
    faults.push({
      path: "network.zones",
      given: network.zones,
      problem: `${region} has ${offered.length} zones`,
      remedy: setCommand(["network", "zones"], String(offered.length)),
    });
  }
  const names = given.network?.zoneNames;
  if (names !== undefined) {
    for (const [index, name] of names.entries()) {
      if (offered !== undefined && !offered.includes(name))
        faults.push({
          path: `network.zoneNames[${index}]`,
          given: cut(name),
          problem: `${region} has the zones ${offered.join(", ")}`,
          remedy: "choose among these",
        });
    }
    if (new Set(names).size < names.length)
      faults.push({ path: "network.zoneNames", given: names.map(cut), problem: "names a zone twice", remedy: "name each zone once" });
    if (names.length !== network.zones)
      faults.push({
        path: "network.zoneNames",
        given: names.map(cut),
        problem: `names ${names.length} zones, network.zones says ${network.zones}`,
        remedy: "remove network.zones, or make them equal",
      });
  }
  if (network.nat === "perZone" && cloud === "azure") {
    faults.push({
      path: "network.nat",
      given: "perZone",
      problem: "a subnet of Azure spans the zones and takes one NAT gateway",
      remedy: setCommand(["network", "nat"], "single"),
    });
  }
  if (network.bastion === true && network.nat === "none") {
    faults.push({
      path: "network.bastion",
      given: true,
      problem: "the host asks the cloud who may log in, and network.nat is none: it has no way out",
      remedy: setCommand(["network", "nat"], "single"),
    });
  }
  for (const [index, range] of network.allowedCidrs.entries()) {
    // Security groups refuse what has bits beyond its prefix.
    const proper = networkAddress(range);
    if (proper !== range)
      faults.push({
        path: `network.allowedCidrs[${index}]`,
        given: range,
        problem: "has bits beyond its prefix",
        remedy: setCommand(["network", "allowedCidrs", index], proper),
      });
  }
  return faults;
}

function networkAddress(range: string): string {
  const [address = "", prefix = "32"] = range.split("/");
  const value = address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - Number(prefix));
  const base = value - (value % size);
  return `${[24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256).join(".")}/${prefix}`;
}

export function gatewayOf({ given, draft }: Subject): GatewaySpec {
  return { ...gatewayPart(draft.edge), domain: domainOf(given, draft.cloud) };
}

function domainOf(given: Given, cloud: CloudName): GatewayDomain | undefined {
  const domain = domainGiven(given);
  if (domain === undefined) return undefined;
  const { name, aws, azure } = domain;
  return cloud === "aws"
    ? { name, zone: aws?.zoneId, certificate: aws?.certificateArn, cdnCertificate: aws?.cdnCertificateArn }
    : { name, zone: azure?.zoneId, certificate: azure?.certificateSecretId };
}

export function cdnOf(subject: Subject): EdgeSpec | undefined {
  return edgeOf(subject.draft, domainOf(subject.given, subject.draft.cloud));
}

export function checkEdge(subject: Subject): Fault[] {
  const { draft } = subject;
  const gateway = gatewayOf(subject);
  const routes = Object.entries(draft.services)
    .filter(([, spec]) => served(spec))
    .map(([service, { routes, internal, deployment }]) => ({ service, ...routes, internal, shifts: deployment !== "rolling" }));
  const faults = [
    ...checkGateway({ ...gateway, allowedCidrs: draft.network.allowedCidrs, routes }, draft.cloud),
    ...checkCdnEdge(subject, gateway.domain),
    ...(draft.cloud === "azure" ? checkAzureDomain(gateway) : []),
  ];
  if (draft.edge.direct && draft.cloud === "aws") {
    faults.push({
      path: "edge.direct",
      given: true,
      problem: "tasks on AWS are always behind the load balancer; only Azure's sites have an endpoint of their own",
      remedy: setCommand(["edge", "direct"], "false"),
    });
  }
  return faults;
}

export function checkData({ draft, limits }: Subject): Fault[] {
  return [
    ...(draft.database.enabled ? under("database", [...checkDatabase(draft.database, limits), ...checkRestore(draft)]) : []),
    ...(draft.cache.enabled ? under("cache", checkCache(draft.cache, limits)) : []),
  ];
}

function checkRestore({ database: { restore } }: Draft): Fault[] {
  if (restore === undefined) return [];
  const keys = Object.entries(restore)
    .flatMap(([key, value]) => (value === undefined ? [] : [key]))
    .sort()
    .join(" and ");
  if (keys === "snapshot" || keys === "source and time") return [];
  return [
    {
      path: "restore",
      given: keys === "" ? undefined : keys,
      problem: "a copy is named by `snapshot` alone, or by `source` and `time` together",
      remedy: "give one of the two, or remove database.restore",
    },
  ];
}

export function checkLogs({ draft }: Subject): Fault[] {
  const most = 730;
  const { logDays, archiveDays } = draft.monitoring;
  const archive = under("monitoring", checkArchiveDays(archiveDays, draft.cloud));
  if (draft.cloud !== "azure" || logDays <= most) return archive;
  const right = logDaysSold.filter((days) => days <= most).at(-1);
  return [
    ...archive,
    {
      path: "monitoring.logDays",
      given: logDays,
      problem: `a Log Analytics workspace keeps logs for at most ${most} days`,
      remedy: setCommand(["monitoring", "logDays"], String(right)),
    },
  ];
}

/** Alerts that reach somebody, and a probe that can reach the platform. */
export function checkMonitoring(subject: Subject): Fault[] {
  const { given, draft } = subject;
  const { alertEmails } = draft.monitoring;
  const about = { alertEmails, production: draft.environment === "prod", secrets: draft.secrets, opaque: opaqueSecret };
  return [...checkAlerts(draft.alerts, about), ...checkUptime(given.monitoring?.uptime, reachOf(subject))];
}

/** Who can reach the platform from outside, and by which name. */
export function reachOf({ given, draft }: Subject): Reach {
  return { domain: domainGiven(given)?.name, allowedCidrs: draft.network.allowedCidrs, services: draft.services };
}

/** Set by the platform itself; Azure does not tell capital letters apart in names of tags. */
const fixedTags = ["project", "environment", "stack", "component", "owner", "cost-center", "managed-by", "name"];
const takenPrefixes = ["aws:", "azure", "microsoft", "windows"];
/** Both clouds take 50 on a resource. */
const maxTags = 40;

export function checkTags({ given }: Subject): Fault[] {
  const names = Object.keys(given.tags ?? {});
  const faults = names.flatMap((name): Fault[] => {
    const lower = name.toLowerCase();
    if (fixedTags.includes(lower))
      return [
        {
          path: pathText(["tags", name]),
          problem: "the platform sets this tag itself",
          remedy: "choose another name; `owner` and `costCenter` are keys of their own",
        },
      ];
    if (takenPrefixes.some((prefix) => lower.startsWith(prefix)))
      return [
        {
          path: pathText(["tags", name]),
          problem: `names that begin with ${takenPrefixes.join(", ")} belong to the clouds`,
          remedy: "choose another name",
        },
      ];
    if (names.some((other) => other !== name && other.toLowerCase() === lower))
      return [
        { path: pathText(["tags", name]), problem: "given twice: Azure does not tell capital letters apart", remedy: "remove one of them" },
      ];
    return [];
  });
  if (names.length > maxTags)
    faults.push({
      path: "tags",
      given: names.length,
      problem: `at most ${maxTags} tags of your own: a resource takes 50`,
      remedy: "remove some",
    });
  return faults;
}

/** Without a way out nothing but the cloud's own registry gives images. */
function outsideImages({ cloud, services }: Draft): string[] {
  const own = cloud === "aws" ? /\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com$/ : /\.azurecr\.io$/;
  return Object.entries(services)
    .filter(([, { image }]) => ownImage(image) === undefined && !own.test(image.split("/")[0] ?? ""))
    .map(
      ([name, { image }]) =>
        `network.nat is none, so nobody can fetch services.${name}.image from ${image.split("/")[0]}: bring it to the platform's own registry`,
    );
}

/** What is allowed, and still worth a line. */
export function warningsOf(subject: Subject): string[] {
  const { given, draft } = subject;
  const { cloud, edge, network } = draft;
  const warnings: string[] = [];
  if (given.domain === undefined && !edge.direct && !edge.cdn) {
    const who =
      network.allowedCidrs.length === 0
        ? "nobody may connect: name the ranges that may in network.allowedCidrs"
        : `plain HTTP for ${network.allowedCidrs.join(", ")} only`;
    warnings.push(`no domain, so no certificate: ${who}`);
  }
  if (given.domain === undefined && edge.direct) warnings.push("no domain and no gateway: each service answers at its own TLS endpoint");
  if (cloud === "azure" && given.edge?.waf === false && !edge.direct)
    warnings.push("edge.waf is off, but Azure's gateway always has its firewall");
  warnings.push(...warningsOfCdn({ given, draft }));
  if (draft.environment === "prod" && draft.guard !== "all")
    warnings.push(
      `guard is "${draft.guard}" in prod: ${draft.guard === "none" ? "one command deletes all data" : "vaults and keys are not kept"}`,
    );
  warnings.push(...monitoringWarnings(draft.monitoring, draft.alerts, reachOf(subject)));
  if (given.maintenance === true) warnings.push("maintenance is on: every request from outside is turned away");
  warnings.push(...warningsOfPlans(draft));
  if (network.nat === "none") warnings.push(...outsideImages(draft));
  for (const [name, { image }] of Object.entries(draft.services)) {
    if (image.endsWith(":latest")) warnings.push(`services.${name}.image is "latest": what runs changes without a deployment`);
  }
  return warnings;
}
