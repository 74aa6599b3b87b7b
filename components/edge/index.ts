// Edge: the CDN in front of the gateway, and the static sites behind it. The gateway answers nobody else then.
//
// | what             | AWS                                                          | Azure                                                              |
// |------------------|--------------------------------------------------------------|--------------------------------------------------------------------|
// | the CDN          | one CloudFront distribution                                  | endpoint of a Front Door Standard profile                          |
// | way to the       | VPC origin: the balancer is inside the network, and its      | over the internet: the subnet lets in Front Door's addresses only, |
// | gateway          | group lets in CloudFront's addresses only                    | and the gateway's firewall this profile's id only                  |
// | certificate      | ACM in us-east-1 for the domain and `*.`                     | Front Door's managed one for each host                             |
// | without domain   | CloudFront's own name, which allows TLS 1.0 (can't be        | Front Door's own name, TLS 1.2; the hop to the gateway is without  |
// |                  | changed); HTTP inside the network                            | TLS until `domain.azure.certificateSecretId` is given              |
// | firewall         | the web ACL stands here, as the balancer sees CloudFront's   | managed rules stay at the gateway; here the limit per address and  |
// |                  | addresses only                                               | `allowedCidrs`, as the gateway sees Front Door's addresses only    |
// | security headers | response headers policy                                      | rule set                                                           |
// | static sites     | read by origin access control                                | over the account's website                                         |
// | logs             | log bucket (access), us-east-1 (firewall)                    | workspace                                                          |
//
// Answers of services are not kept, except below `cachedPaths` for as long as the service's Cache-Control says (60 s if it says nothing).
// A path that a static site has is the site's on every host: CloudFront tells paths apart, not hosts.
import type { Output } from "@pulumi/pulumi";
import type { DnsRecord } from "../dns";
import { type CloudName, Component, type Family, type Origin } from "../cloud";
import type { Fault } from "../fault";
import type { FirewallSpec, GatewayDomain, Route } from "../gateway";
import type { Monitoring } from "../monitoring";
import type { Watched } from "../monitoring/watched";
import type { Network } from "../network";
import type { StaticSite } from "../static-site";
import type { Storage } from "../storage";

export const frameOptions = ["DENY", "SAMEORIGIN"] as const;
export const referrerPolicies = [
  "no-referrer",
  "same-origin",
  "strict-origin",
  "strict-origin-when-cross-origin",
  "origin-when-cross-origin",
] as const;

/** Headers that every answer gets, whatever the service says. HSTS (a year, with subdomains) and `nosniff` come in any case. */
export interface SecurityHeaders {
  /** Content-Security-Policy; undefined: what the service says. Depends on the application, so there is no default. */
  readonly contentSecurityPolicy?: string | undefined;
  /** X-Frame-Options: who may show a page in a frame. Default SAMEORIGIN. */
  readonly frameOptions: (typeof frameOptions)[number];
  /** Referrer-Policy. Default strict-origin-when-cross-origin, which is what browsers do by themselves. */
  readonly referrerPolicy: (typeof referrerPolicies)[number];
}

/** The plain half of the edge. */
export interface EdgeSpec extends FirewallSpec {
  readonly domain?: GatewayDomain | undefined;
  readonly headers: SecurityHeaders;
  /** Paths of services whose answers the CDN may keep. Default `/assets/*`. */
  readonly cachedPaths: readonly string[];
  /** Who may connect; empty: everyone. */
  readonly allowedCidrs: readonly string[];
}

export interface EdgeArgs<F extends Family> extends EdgeSpec {
  readonly network: Network<F>;
  readonly logs: Storage<F>;
  readonly monitoring: Monitoring<F>;
  readonly origin: Origin<F>;
  /** The gateway's routes: what static sites must not hide, and which hosts there are. */
  readonly routes: readonly Route[];
  readonly sites: Readonly<Record<string, StaticSite<F>>>;
}

export abstract class Edge<F extends Family> extends Component<F> {
  /** `https://<domain>`, or the CDN's own name where there is no domain. */
  abstract readonly url: Output<string>;
  /** What is to be created where the domain's DNS is elsewhere; empty where the zone is given. */
  abstract readonly dnsRecords: readonly DnsRecord[];
  /** What dashboards look at. */
  abstract readonly watched: readonly Watched<F>[];
  abstract readonly raw: F["edge"];
}

/** What is wrong with a CDN on a cloud. `region` is the stack's. */
export function check(spec: Pick<EdgeSpec, "domain">, cloud: CloudName, region: string): Fault[] {
  const { domain } = spec;
  if (cloud !== "aws" || domain === undefined || domain.zone !== undefined || cdnCertificate(domain, region) !== undefined) return [];
  return [
    {
      path: "domain.aws.cdnCertificateArn",
      problem: `CloudFront takes certificates of ${cdnRegion} only, and there is no hosted zone to prove one in`,
      remedy: `set domain.aws.zoneId, or domain.aws.cdnCertificateArn to a certificate in ${cdnRegion} for ${domain.name} and *.${domain.name}`,
    },
  ];
}

/** Where AWS keeps what belongs to CloudFront: its certificates, its firewall and their log. */
export const cdnRegion = "us-east-1";

/** A certificate that is there already and may be used by CloudFront. */
export function cdnCertificate(domain: GatewayDomain, region: string): string | undefined {
  return domain.cdnCertificate ?? (region === cdnRegion ? domain.certificate : undefined);
}

export const strictTransportSeconds = 31_536_000;
/** What browsers may do with a file whose name contains its hash, and with any other file of a site. */
export const cacheControl = { hashed: "public, max-age=31536000, immutable", other: "no-cache" } as const;
export const hashedSeconds = 31_536_000;
export const keptSeconds = 60;
