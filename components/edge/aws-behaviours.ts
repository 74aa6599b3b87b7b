// What a CloudFront distribution does with each path: cache, headers, and the function that gives a single-page application its page.
import { CachePolicy, Function as EdgeFunction, ResponseHeadersPolicy } from "@pulumi/aws/cloudfront";
import type { ComponentResource, Output } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { nameOf } from "../clouds/aws/names";
import { prefixOf } from "../static-site";
import { cacheControl, type EdgeArgs, hashedSeconds, keptSeconds, strictTransportSeconds } from "./index";
import { type Way, waysOf } from "./paths";

/** Policies of AWS's own, the same in every account. */
const managed = {
  cachingOptimized: "658327ea-f89d-4fab-a63d-7e88639e58f6",
  cachingDisabled: "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
  allViewer: "216adef6-5c7f-47e4-b989-5492eafa07d3",
} as const;

const reading = ["GET", "HEAD", "OPTIONS"];
const everyMethod = [...reading, "PUT", "POST", "PATCH", "DELETE"];

interface Behaviour {
  readonly targetOriginId: string;
  readonly viewerProtocolPolicy: string;
  readonly allowedMethods: string[];
  readonly cachedMethods: string[];
  readonly compress: boolean;
  readonly cachePolicyId: Output<string> | string;
  readonly originRequestPolicyId?: string;
  readonly responseHeadersPolicyId: Output<string>;
  readonly functionAssociations?: { readonly eventType: string; readonly functionArn: Output<string> }[];
}

/** The behaviour of all paths, and those of single ones in the order in which CloudFront tries them. */
export function behaviours(
  parent: ComponentResource,
  name: string,
  args: EdgeArgs<Aws>,
): { defaultCacheBehavior: Behaviour; orderedCacheBehaviors: (Behaviour & { readonly pathPattern: string })[] } {
  const { stack } = args.network;
  const sites = Object.entries(args.sites).map(([service, { path, spa }]) => ({ service, path, spa }));
  const { rest, ways } = waysOf(args.routes, sites, args.cachedPaths);
  const headers = (part: string, cache: string | undefined): Output<string> =>
    new ResponseHeadersPolicy(nameOf(stack, "edge", `${name}-${part}`), headersOf(args, cache), { parent }).id;

  const services = headers("services", undefined);
  const hashed = sites.length > 0 ? headers("hashed", cacheControl.hashed) : services;
  const files = sites.length > 0 ? headers("files", cacheControl.other) : services;
  const kept = ways.some((way) => way.cached && way.site === undefined) ? keptPolicy(parent, nameOf(stack, "edge", `${name}-kept`)) : "";
  const pages = new Map(
    sites.filter(({ spa }) => spa).map((site) => [site.service, pageFunction(parent, nameOf(stack, "edge", site.service), site.path)]),
  );

  const behaviour = ({ site, cached }: Omit<Way, "path">): Behaviour => {
    const secure = { targetOriginId: site ?? "gateway", viewerProtocolPolicy: "redirect-to-https", cachedMethods: ["GET", "HEAD"] };
    if (site === undefined) {
      return {
        ...secure,
        allowedMethods: everyMethod,
        compress: cached,
        cachePolicyId: cached ? kept : managed.cachingDisabled,
        originRequestPolicyId: managed.allViewer,
        responseHeadersPolicyId: services,
      };
    }
    const page = pages.get(site);
    return {
      ...secure,
      allowedMethods: reading,
      compress: cached,
      cachePolicyId: cached ? managed.cachingOptimized : managed.cachingDisabled,
      responseHeadersPolicyId: cached ? hashed : files,
      ...(cached || page === undefined ? {} : { functionAssociations: [{ eventType: "viewer-request", functionArn: page }] }),
    };
  };
  return {
    defaultCacheBehavior: behaviour({ site: rest, cached: false }),
    orderedCacheBehaviors: ways.map(({ path, ...way }) => ({ pathPattern: path, ...behaviour(way) })),
  };
}

function headersOf({ headers }: EdgeArgs<Aws>, cache: string | undefined) {
  const override = true;
  return {
    securityHeadersConfig: {
      strictTransportSecurity: { accessControlMaxAgeSec: strictTransportSeconds, includeSubdomains: true, preload: false, override },
      contentTypeOptions: { override },
      frameOptions: { frameOption: headers.frameOptions, override },
      referrerPolicy: { referrerPolicy: headers.referrerPolicy, override },
      ...(headers.contentSecurityPolicy === undefined
        ? {}
        : { contentSecurityPolicy: { contentSecurityPolicy: headers.contentSecurityPolicy, override } }),
    },
    ...(cache === undefined ? {} : { customHeadersConfig: { items: [{ header: "Cache-Control", value: cache, override }] } }),
  };
}

/** As long as the service says; per host and query, for everyone alike: a path whose answer depends on who asks is none of these. */
function keptPolicy(parent: ComponentResource, policyName: string): Output<string> {
  const policy = {
    minTtl: 0,
    defaultTtl: keptSeconds,
    maxTtl: hashedSeconds,
    parametersInCacheKeyAndForwardedToOrigin: {
      enableAcceptEncodingBrotli: true,
      enableAcceptEncodingGzip: true,
      headersConfig: { headerBehavior: "whitelist", headers: { items: ["Host"] } },
      queryStringsConfig: { queryStringBehavior: "all" },
      cookiesConfig: { cookieBehavior: "none" },
    },
  };
  return new CachePolicy(policyName, policy, { parent }).id;
}

/** A path whose last part has no dot is a page of the application: it gets the site's `index.html`, and the browser does the rest. */
function pageFunction(parent: ComponentResource, functionName: string, path: string): Output<string> {
  const index = `/${prefixOf(path)}index.html`;
  const code = [
    "function handler(event) {",
    "  var request = event.request;",
    '  var last = request.uri.split("/").pop();',
    `  if (last.indexOf(".") < 0) request.uri = ${JSON.stringify(index)};`,
    "  return request;",
    "}",
  ].join("\n");
  return new EdgeFunction(functionName, { runtime: "cloudfront-js-2.0", code, publish: true, comment: `Pages of ${path}` }, { parent }).arn;
}
