// The rules of our own in the gateway's firewall on Azure, besides Microsoft's: the lock to the CDN, and limits per address.
import type { network as inputs } from "@pulumi/azure-native/types/input";
import type { Output } from "@pulumi/pulumi";
import type { GatewaySpec, Route } from "./index";

type Rule = inputs.WebApplicationFirewallCustomRuleArgs;

/** In the mode that only counts nothing is blocked at all, our own rules included. */
export function policySettings(mode: GatewaySpec["wafMode"]): inputs.PolicySettingsArgs {
  const hidden = [
    { matchVariable: "RequestHeaderNames", selector: "Authorization" },
    { matchVariable: "RequestHeaderNames", selector: "Cookie" },
  ];
  return {
    state: "Enabled",
    mode: mode === "count" ? "Detection" : "Prevention",
    requestBodyCheck: true,
    maxRequestBodySizeInKb: 128,
    fileUploadLimitInMb: 100,
    logScrubbing: {
      state: "Enabled",
      scrubbingRules: [
        ...hidden.map((rule) => ({ ...rule, selectorMatchOperator: "Equals", state: "Enabled" })),
        { matchVariable: "RequestCookieNames", selectorMatchOperator: "EqualsAny", state: "Enabled" },
      ],
    },
  };
}

/** Behind a CDN the gateway sees the CDN's addresses only: limits per address stand at the CDN then, and here who may ask at all. */
export function customRules(
  { waf, rateLimit, routes }: GatewaySpec & { readonly routes: readonly Route[] },
  frontDoorId: Output<string> | undefined,
): Rule[] {
  if (frontDoorId !== undefined) return [onlyProfile(frontDoorId)];
  if (!waf) return [];
  const limited = routes.filter((route) => !route.internal && route.rateLimit !== undefined);
  return [
    limit("RateLimit", 10, rateLimit, [everyAddress]),
    ...limited.map((route, index) =>
      limit(`RateLimit${letters(route.service)}`, 20 + index, route.rateLimit ?? rateLimit, requestsTo(route)),
    ),
  ];
}

/** Any customer's Front Door has the addresses that the subnet lets in; this header, which Front Door sets, says whose it is. */
function onlyProfile(frontDoorId: Output<string>): Rule {
  return {
    name: "OnlyOurFrontDoor",
    priority: 1,
    ruleType: "MatchRule",
    matchConditions: [
      {
        matchVariables: [{ variableName: "RequestHeaders", selector: "X-Azure-FDID" }],
        operator: "Equal",
        negationConditon: true,
        matchValues: [frontDoorId],
      },
    ],
    action: "Block",
  };
}

/** Microsoft's own condition for "every address": one that is not an address nobody has. */
const everyAddress = {
  matchVariables: [{ variableName: "RemoteAddr" }],
  operator: "IPMatch",
  negationConditon: true,
  matchValues: ["255.255.255.255/32"],
};

/** The requests of one service: a path of its own and, where it has any, a host of its own. */
function requestsTo({ paths, hosts }: Route): Rule["matchConditions"] {
  return [
    {
      matchVariables: [{ variableName: "RequestUri" }],
      operator: "BeginsWith",
      negationConditon: false,
      matchValues: paths.map((path) => path.replace("*", "")),
    },
    ...(hosts.length === 0
      ? []
      : [
          {
            matchVariables: [{ variableName: "RequestHeaders", selector: "Host" }],
            operator: "Equal",
            negationConditon: false,
            matchValues: [...hosts],
          },
        ]),
  ];
}

function limit(name: string, priority: number, rateLimitThreshold: number, matchConditions: Rule["matchConditions"]): Rule {
  return {
    name,
    priority,
    ruleType: "RateLimitRule",
    rateLimitDuration: "FiveMins",
    rateLimitThreshold,
    groupByUserSession: [{ groupByVariables: [{ variableName: "ClientAddr" }] }],
    matchConditions,
    action: "Block",
  };
}

/** Names of rules take letters and digits only. */
export function letters(service: string): string {
  return service.replace(/[^a-z0-9]/g, "");
}
