// Gateway: the one way in. Its routes are plain settings, so it is made before the services and offers each its place.
//
// | what            | AWS                                                      | Azure                                                          |
// |-----------------|----------------------------------------------------------|----------------------------------------------------------------|
// | load balancer   | Application Load Balancer in the public subnets          | Application Gateway WAF_v2; dev: none, the app's own endpoint  |
// | certificate     | ACM, issued and renewed for the domain and `*.`          | a versionless Key Vault secret id from config                  |
// | without domain  | HTTP on port 80 from `allowedCidrs` only                 | the same; dev: the app's own TLS endpoint                      |
// | maintenance     | a rule before all others answers 503 with a page         | the firewall blocks all with a page (429: it knows no 503); dev: access restrictions, 403 |
// | firewall        | WAFv2 web ACL with managed rules, by choice              | WAF policy: default rule set and bot manager                   |
// | behind the CDN  | internal balancer, open to CloudFront only; the firewall | open to Front Door only, and only to this stack's profile      |
// | (`cdn`)         | stands at the CDN                                        | (with `wafMode: count` to any profile: nothing is blocked)     |
import type { Output } from "@pulumi/pulumi";
import { Component, type Family, type Origin, type Place } from "../cloud";
import type { DnsRecord } from "../dns";
import type { Fault } from "../fault";
import type { CloudName } from "../cloud";
import type { Monitoring } from "../monitoring";
import type { Watched } from "../monitoring/watched";
import type { Network } from "../network";
import type { Storage } from "../storage";
import { checkListeners } from "./azure-routes";
import { checkRules } from "./priorities";

/** One service behind the gateway. */
export interface Route {
  readonly service: string;
  readonly port: number;
  /** Paths that lead to it: `/api/*`. `/*` is everything that no other route takes. */
  readonly paths: readonly string[];
  /** Host names that lead to it; empty: every host. */
  readonly hosts: readonly string[];
  /** What the gateway probes every 30 s. */
  readonly readyPath: string;
  /** Reached from inside the network only: has no route from the internet. */
  readonly internal: boolean;
  /** Requests that one IP may make to it in 5 minutes (with `waf`); undefined: the gateway's limit only. */
  readonly rateLimit?: number | undefined;
  /** Whether a candidate may come to stand beside the service's image. Default false. */
  readonly shifts?: boolean | undefined;
}

/** What of a route decides which requests it takes. */
export type RouteMatch = Pick<Route, "service" | "paths" | "hosts" | "internal" | "shifts">;

export interface GatewayDomain {
  readonly name: string;
  /** The chosen cloud's id of the DNS zone in which records are made. AWS: hosted zone id. Azure: resource id of the zone. */
  readonly zone?: string | undefined;
  /** AWS: ARN of an existing certificate; default: ACM issues one by the zone. Azure: versionless Key Vault secret id, required. */
  readonly certificate?: string | undefined;
  /** AWS: ARN of an existing certificate in us-east-1 for the CDN; default: ACM issues one by the zone. Azure issues its own. */
  readonly cdnCertificate?: string | undefined;
}

export const wafModes = ["block", "count"] as const;

/** What stands between the internet and the services, at the gateway or at the CDN. */
export interface FirewallSpec {
  /** A web application firewall in front. On Azure the gateway always has one, as WAF_v2 is the tier. */
  readonly waf: boolean;
  /** `count`: matches are logged and nothing is blocked. To look at a new rule set before it acts; not for long. */
  readonly wafMode: (typeof wafModes)[number];
  /** Requests that one IP may make in 5 minutes before it is blocked (with `waf`); each service can ask for less of its own. */
  readonly rateLimit: number;
  /**
   * The clouds' paid protection against floods, besides the free one that is always there. AWS: Shield Advanced for what faces the internet
   * (the account must be subscribed: USD 3000 a month for a year). Azure: DDoS IP Protection of the gateway's address (USD 199 a month).
   */
  readonly ddosPlan: boolean;
}

export interface GatewaySpec extends FirewallSpec {
  readonly domain?: GatewayDomain | undefined;
  /** Refuse a configuration that would serve the internet in clear. */
  readonly requireTls: boolean;
  /** A CDN stands in front: nobody else may connect. */
  readonly cdn: boolean;
  /** Azure dev: no gateway, each site answers at its own TLS endpoint. AWS always has its load balancer. */
  readonly direct: boolean;
}

export interface GatewayArgs<F extends Family> extends GatewaySpec {
  readonly network: Network<F>;
  readonly logs: Storage<F>;
  readonly monitoring: Monitoring<F>;
  readonly allowedCidrs: readonly string[];
  /** Stops all requests from outside at the gateway. What services call among themselves, workers and jobs go on. Default false. */
  readonly maintenance?: boolean | undefined;
  /**
   * What a gateway takes is limited. AWS: 99 listener rules, and 99 more inside; each path of a service is one for every three of its
   * hosts. Azure: 99 services, 98 hosts, 100 paths of one host. `check` refuses more.
   */
  readonly routes: readonly Route[];
}

export abstract class Gateway<F extends Family> extends Component<F> {
  /** `https://<domain>`, or the load balancer's own name where there is no domain. Azure dev: the first site's own endpoint. */
  abstract readonly url: Output<string>;
  /** What the CDN is given; undefined where there is none. */
  abstract readonly origin: Origin<F> | undefined;
  /** What is to be created where the domain's DNS is elsewhere; empty where the zone is given. */
  abstract readonly dnsRecords: readonly DnsRecord[];
  /** The place of a service that has a route. Throws for any other name. */
  abstract place(service: string): Place<F>;
  /** What alarms and dashboards look at. */
  abstract readonly watched: readonly Watched<F>[];
  abstract readonly raw: { readonly [key: string]: unknown } | undefined;
}

export function check(
  spec: GatewaySpec & { readonly allowedCidrs: readonly string[]; readonly routes: readonly RouteMatch[] },
  cloud: CloudName,
): Fault[] {
  const faults = checkCapacity(spec, cloud);
  const open = spec.allowedCidrs.some((cidr) => cidr.endsWith("/0"));
  if (spec.requireTls && spec.domain === undefined && open && !spec.cdn && !(cloud === "azure" && spec.direct)) {
    faults.push({
      path: "network.allowedCidrs",
      given: spec.allowedCidrs,
      problem: "would serve the internet in clear: there is no domain and so no certificate, and edge.requireTls is on",
      remedy: "set `domain`, or name the ranges that may connect, or set edge.requireTls to false",
    });
  }
  if (spec.domain !== undefined && cloud === "azure" && !spec.direct && !spec.cdn && spec.domain.certificate === undefined) {
    faults.push({
      path: "domain.azure.certificateSecretId",
      problem: "Application Gateway has no certificate of its own; no Azure resource issues one",
      remedy:
        "put a certificate into a Key Vault and set domain.azure.certificateSecretId to its secret id without a version (docs/architecture.md)",
    });
  }
  if (spec.domain !== undefined && cloud === "aws" && spec.domain.zone === undefined && spec.domain.certificate === undefined) {
    faults.push({
      path: "domain.aws",
      problem: "a certificate needs either the hosted zone that proves the domain, or to exist already",
      remedy: "set domain.aws.zoneId, or domain.aws.certificateArn",
    });
  }
  return faults;
}

/** Too many routes would be refused in the middle of a deployment. Sites in the open take any number. */
function checkCapacity({ routes, domain, direct }: GatewaySpec & { readonly routes: readonly RouteMatch[] }, cloud: CloudName): Fault[] {
  if (cloud === "aws") return checkRules(routes);
  return direct ? [] : checkListeners(routes, domain !== undefined);
}
