// What Front Door does on the way: headers for every answer, how long files are kept, and the page of a single-page application.
import * as cdn from "@pulumi/azure-native/cdn";
import type { ComponentResource, Output } from "@pulumi/pulumi";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { cacheControl, type EdgeArgs, strictTransportSeconds } from "./index";
import { waysOf } from "./paths";

export interface RuleSets {
  /** Whoever lets visitors in waits for these: a set is there before its rules. */
  readonly rules: readonly cdn.Rule[];
  readonly security: cdn.RuleSet;
  /** Of services' files that may be kept; undefined where there are none. */
  readonly kept: cdn.RuleSet | undefined;
  /** Of sites' files whose names contain a hash; undefined where there is no site. */
  readonly hashed: cdn.RuleSet | undefined;
  /** Of all else of a site, by the site. */
  readonly pages: Readonly<Record<string, cdn.RuleSet>>;
}

interface Profile {
  readonly resourceGroupName: Output<string>;
  readonly profileName: Output<string>;
}
type Rule = Pick<cdn.RuleArgs, "conditions"> & { readonly actions: NonNullable<cdn.RuleArgs["actions"]> };

export function createRuleSets(parent: ComponentResource, name: string, profile: Profile, args: EdgeArgs<Azure>): RuleSets {
  const { stack } = args.network;
  const made: cdn.Rule[] = [];
  // Names take letters and digits only.
  const create = (part: string, rules: readonly Rule[]): cdn.RuleSet => {
    const set = new cdn.RuleSet(`${name}-${part}`, { ...profile, ruleSetName: nameOf(stack, "frontDoorRule", part) }, { parent });
    rules.forEach((rule, index) => {
      const order = index + 1;
      const created = new cdn.Rule(
        `${name}-${part}-${order}`,
        { ...profile, ruleSetName: set.name, ruleName: `rule${order}`, order, matchProcessingBehavior: "Continue", ...rule },
        { parent },
      );
      made.push(created);
    });
    return set;
  };
  const sites = Object.entries(args.sites).map(([service, { path, spa }]) => ({ service, path, spa }));
  const isKept = waysOf(args.routes, sites, args.cachedPaths).ways.some(({ site, cached }) => cached && site === undefined);
  const sets = {
    security: create("security", [{ actions: securityHeaders(args).map(([header, value]) => overwrite(header, value)) }]),
    kept: isKept ? create("kept", [{ actions: [keep("OverrideIfOriginMissing", "00:01:00")] }]) : undefined,
    hashed:
      sites.length > 0
        ? create("hashed", [{ actions: [keep("OverrideAlways", "365.00:00:00"), overwrite("Cache-Control", cacheControl.hashed)] }])
        : undefined,
    pages: Object.fromEntries(sites.map(({ service, spa }) => [service, create(service, pageRules(spa))])),
  };
  return { ...sets, rules: made };
}

/** Five, as many as a rule may set. */
function securityHeaders({ headers }: EdgeArgs<Azure>): (readonly [header: string, value: string])[] {
  return [
    ["Strict-Transport-Security", `max-age=${strictTransportSeconds}; includeSubDomains`],
    ["X-Content-Type-Options", "nosniff"],
    ["X-Frame-Options", headers.frameOptions],
    ["Referrer-Policy", headers.referrerPolicy],
    ...(headers.contentSecurityPolicy === undefined ? [] : [["Content-Security-Policy", headers.contentSecurityPolicy] as const]),
  ];
}

/** A path whose last part has no dot, so an extension of less than one letter, is a page of the application. The destination is below the route's path. */
function pageRules(spa: boolean): Rule[] {
  const fresh = { actions: [overwrite("Cache-Control", cacheControl.other)] };
  if (!spa) return [fresh];
  const noExtension = {
    name: "UrlFileExtension" as const,
    parameters: {
      typeName: "DeliveryRuleUrlFileExtensionMatchConditionParameters" as const,
      operator: "LessThan",
      matchValues: ["1"],
      negateCondition: false,
      transforms: [],
    },
  };
  const toIndex = {
    name: "UrlRewrite" as const,
    parameters: {
      typeName: "DeliveryRuleUrlRewriteActionParameters" as const,
      sourcePattern: "/",
      destination: "/index.html",
      preserveUnmatchedPath: false,
    },
  };
  return [fresh, { conditions: [noExtension], actions: [toIndex] }];
}

function overwrite(headerName: string, value: string) {
  return {
    name: "ModifyResponseHeader" as const,
    parameters: { typeName: "DeliveryRuleHeaderActionParameters" as const, headerAction: "Overwrite", headerName, value },
  };
}

function keep(cacheBehavior: "OverrideAlways" | "OverrideIfOriginMissing", cacheDuration: string) {
  return {
    name: "RouteConfigurationOverride" as const,
    parameters: {
      typeName: "DeliveryRuleRouteConfigurationOverrideActionParameters" as const,
      cacheConfiguration: {
        cacheBehavior,
        cacheDuration,
        queryStringCachingBehavior: "UseQueryString",
        isCompressionEnabled: "Enabled",
      },
    },
  };
}
