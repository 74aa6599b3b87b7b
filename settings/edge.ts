// The keys of `edge` that concern the CDN, and services of kind `static`: schema, presets and rules.
import { z } from "zod";
import { cdnRegion, check as checkCdn, type EdgeSpec, frameOptions, referrerPolicies } from "../components/edge/index";
import type { Fault } from "../components/fault";
import { type FirewallSpec, type GatewaySpec, wafModes } from "../components/gateway/index";
import type { SiteSpec } from "../components/static-site/index";
import type { Environment } from "../components/stack";
import { pathText, setCommand } from "./paths";
import type { Draft } from "./resolve";
import type { Subject } from "./rules";

/** The preset of `edge`, for gateway and CDN. */
export type EdgePreset = Omit<GatewaySpec, "domain"> & Pick<EdgeSpec, "headers" | "cachedPaths">;

/** A path as routes have it. */
export const routePath = /^\/([A-Za-z0-9._~-]+\/)*([A-Za-z0-9._~-]+|\*)?$/;

/** The keys beside those of the gateway. */
export const edgeKeys = {
  cdn: z
    .boolean()
    .optional()
    .describe(
      "A CDN in front: CloudFront · Front Door Standard. The gateway answers nobody else then; security headers, HSTS, and static sites come with it. Turning it on or off makes AWS's load balancer anew.",
    ),
  wafMode: z
    .enum(wafModes)
    .optional()
    .describe(
      "`block`, or `count`: the firewall only logs what it would block. On Azure `count` opens the gateway to other customers' Front Doors, too.",
    ),
  ddosPlan: z
    .boolean()
    .optional()
    .describe(
      "The paid protection against floods. AWS: Shield Advanced, to which the account must be subscribed (USD 3000 a month for a year). Azure: DDoS IP Protection of the gateway's address (USD 199 a month).",
    ),
  headers: z
    .strictObject({
      contentSecurityPolicy: z
        .string()
        .min(1)
        .max(2000)
        .optional()
        .describe("Content-Security-Policy of every answer. Default: what the service says."),
      frameOptions: z.enum(frameOptions).optional().describe("X-Frame-Options of every answer."),
      referrerPolicy: z.enum(referrerPolicies).optional().describe("Referrer-Policy of every answer."),
    })
    .optional()
    .describe("With `cdn`: headers that every answer gets whatever the service says, besides HSTS for a year and `nosniff`."),
  cachedPaths: z
    .array(z.string().regex(routePath).meta({ allowed: "a path; `*` only as its whole last part: /assets/*" }))
    .max(10)
    .optional()
    .describe(
      "With `cdn`: paths of services that the CDN keeps for as long as their Cache-Control says, for everyone alike; 60 s if it says nothing.",
    ),
};

const common: Pick<EdgePreset, "wafMode" | "ddosPlan" | "headers" | "cachedPaths"> = {
  wafMode: "block",
  ddosPlan: false,
  headers: { frameOptions: "SAMEORIGIN", referrerPolicy: "strict-origin-when-cross-origin" },
  cachedPaths: ["/assets/*"],
};

/** E14, G3. */
export const edgePresets: Readonly<Record<Environment, typeof common & Pick<EdgePreset, "cdn">>> = {
  dev: { ...common, cdn: false },
  staging: { ...common, cdn: false },
  prod: { ...common, cdn: true },
};

/** The gateway's part of `edge`. */
export function gatewayPart({ headers: _headers, cachedPaths: _cachedPaths, ...gateway }: EdgePreset): Omit<GatewaySpec, "domain"> {
  return gateway;
}

/** The CDN's part; undefined where there is none. */
export function edgeOf(draft: Draft, domain: GatewaySpec["domain"]): EdgeSpec | undefined {
  const { cdn, waf, wafMode, rateLimit, ddosPlan, headers, cachedPaths } = draft.edge;
  const firewall: FirewallSpec = { waf, wafMode, rateLimit, ddosPlan };
  return cdn ? { ...firewall, domain, headers, cachedPaths, allowedCidrs: draft.network.allowedCidrs } : undefined;
}

export function checkCdnEdge({ given, draft, region }: Subject, domain: GatewaySpec["domain"]): Fault[] {
  const { edge, cloud } = draft;
  const faults: Fault[] = [];
  if (edge.cdn && edge.direct) {
    faults.push({
      path: "edge.cdn",
      given: true,
      problem: "the CDN stands before a gateway, and with edge.direct there is none",
      remedy: `${setCommand(["edge", "direct"], "false")}, or ${setCommand(["edge", "cdn"], "false")}`,
    });
  }
  if (edge.ddosPlan && edge.direct) {
    faults.push({
      path: "edge.ddosPlan",
      given: true,
      problem: "it protects the gateway's address, and with edge.direct there is none",
      remedy: setCommand(["edge", "ddosPlan"], "false"),
    });
  }
  if (!edge.cdn) return [...faults, ...withoutCdn(given)];
  const allowed = given.allowedRegions;
  if (cloud === "aws" && allowed !== undefined && !allowed.includes(cdnRegion)) {
    faults.push({
      path: "edge.cdn",
      given: true,
      problem: `the log of CloudFront's firewall is in ${cdnRegion}, which is not one of allowedRegions`,
      remedy: `add ${cdnRegion} to allowedRegions, or ${setCommand(["edge", "cdn"], "false")}`,
    });
  }
  return [...faults, ...checkCdn({ domain }, cloud, region)];
}

/** What is stated and would be ignored. */
function withoutCdn({ edge, domain }: Subject["given"]): Fault[] {
  const remedy = `remove it, or ${setCommand(["edge", "cdn"], "true")}`;
  const problem = "only the CDN does this, and edge.cdn is off";
  return [
    ...(edge?.headers === undefined ? [] : [{ path: "edge.headers", problem, remedy }]),
    ...(edge?.cachedPaths === undefined ? [] : [{ path: "edge.cachedPaths", problem, remedy }]),
    ...(domain?.aws?.cdnCertificateArn === undefined ? [] : [{ path: "domain.aws.cdnCertificateArn", problem, remedy }]),
  ];
}

/** What a static site can state; the rest is about containers. */
const siteKeys = ["kind", "enabled", "routes", "spa"];

/** Services of kind `static`: they have no instances, so they are no services for anything but their names and paths. */
export function sitesOf(given: Subject["given"]): { readonly sites: Record<string, SiteSpec>; readonly faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const sites: Record<string, SiteSpec> = {};
  for (const [name, stated] of Object.entries(given.services ?? {})) {
    if (stated.kind !== "static" || stated.enabled === false) continue;
    const { paths = ["/*"], hosts = [] } = stated.routes ?? {};
    const [path = "/*"] = paths;
    if (paths.length !== 1 || !path.endsWith("/*")) {
      faults.push({
        path: pathText(["services", name, "routes", "paths"]),
        given: paths,
        problem: "a static site has one path, which ends in /*, as its files are named by it",
        remedy: 'write ["/*"] or ["/docs/*"]; make another site for another path',
      });
    }
    if (hosts.length > 0) {
      faults.push({
        path: pathText(["services", name, "routes", "hosts"]),
        given: hosts,
        problem: "CloudFront tells static sites apart by path, not by host",
        remedy: "remove it, and give the site a path of its own",
      });
    }
    for (const key of Object.keys(stated).filter((key) => !siteKeys.includes(key))) {
      faults.push({
        path: pathText(["services", name, key]),
        problem: "a static site is files: it has no containers",
        remedy: "remove it",
      });
    }
    sites[name] = { path, spa: stated.spa ?? true };
  }
  return { sites, faults };
}

export function checkSites({ draft, given }: Subject): Fault[] {
  const faults: Fault[] = [];
  for (const [name, stated] of Object.entries(given.services ?? {})) {
    if (stated.spa !== undefined && !Object.hasOwn(draft.sites, name)) {
      faults.push({ path: pathText(["services", name, "spa"]), problem: "only a static site has pages", remedy: "remove it" });
    }
  }
  const taken = new Map<string, string>();
  for (const [name, { routes, internal }] of Object.entries(draft.services)) {
    if (!internal) for (const path of routes.paths) taken.set(path, name);
  }
  for (const [name, { path }] of Object.entries(draft.sites)) {
    if (!draft.edge.cdn) {
      faults.push({
        path: pathText(["services", name, "kind"]),
        given: "static",
        problem: "files are served by the CDN, and edge.cdn is off: a bucket has no TLS of its own on AWS",
        remedy: setCommand(["edge", "cdn"], "true"),
      });
    }
    const before = taken.get(path);
    if (before !== undefined) {
      faults.push({
        path: pathText(["services", name, "routes", "paths"]),
        given: path,
        problem: `leads to "${before}" already, and the CDN tells paths apart, not hosts`,
        remedy: "choose another path for one of the two",
      });
    }
    taken.set(path, name);
  }
  return faults;
}

/** What is allowed, and still worth a line. */
export function warningsOfCdn({ given, draft }: Pick<Subject, "given" | "draft">): string[] {
  const { cloud, edge } = draft;
  const warnings: string[] = [];
  if (edge.wafMode === "count") {
    warnings.push(
      cloud === "azure" && edge.cdn
        ? "edge.wafMode is count: nothing is blocked, and the gateway answers other customers' Front Doors, too"
        : "edge.wafMode is count: the firewall blocks nothing",
    );
  }
  if (edge.ddosPlan && cloud === "aws") warnings.push("edge.ddosPlan: the account must be subscribed to Shield Advanced, or AWS refuses");
  if (!edge.cdn) return warnings;
  if (cloud === "aws" && given.domain === undefined) {
    warnings.push("no domain: visitors use CloudFront's own name, which allows TLS 1.0 and 1.1, too");
  }
  if (cloud === "azure" && given.domain?.azure?.certificateSecretId === undefined) {
    warnings.push("the gateway has no certificate: between Front Door and the gateway there is no TLS (domain.azure.certificateSecretId)");
  }
  return warnings;
}
