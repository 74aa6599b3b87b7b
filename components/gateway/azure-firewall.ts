// The rules of our own in the gateway's firewall on Azure, besides Microsoft's: the lock to the CDN, maintenance, and limits per address.
import type { network as inputs } from "@pulumi/azure-native/types/input";
import type { Output } from "@pulumi/pulumi";
import type { Azure } from "../clouds/azure/family";
import type { GatewayArgs, Route } from "./index";
import { maintenancePage } from "./maintenance";

type Rule = inputs.WebApplicationFirewallCustomRuleArgs;

/** In the mode that only counts nothing is blocked at all, our own rules included: maintenance ends it for its time. */
export function policySettings({
  wafMode,
  maintenance = false,
}: Pick<GatewayArgs<Azure>, "wafMode" | "maintenance">): inputs.PolicySettingsArgs {
  const hidden = [
    { matchVariable: "RequestHeaderNames", selector: "Authorization" },
    { matchVariable: "RequestHeaderNames", selector: "Cookie" },
  ];
  return {
    state: "Enabled",
    mode: wafMode === "count" && !maintenance ? "Detection" : "Prevention",
    requestBodyCheck: true,
    // A larger body is looked at as far as this, and let through, as on the other cloud: the size is the service's own matter.
    requestBodyEnforcement: false,
    requestBodyInspectLimitInKB: 128,
    maxRequestBodySizeInKb: 128,
    fileUploadLimitInMb: 100,
    ...(maintenance && maintenanceAnswer),
    logScrubbing: {
      state: "Enabled",
      scrubbingRules: [
        ...hidden.map((rule) => ({ ...rule, selectorMatchOperator: "Equals", state: "Enabled" })),
        { matchVariable: "RequestCookieNames", selectorMatchOperator: "EqualsAny", state: "Enabled" },
      ],
    },
  };
}

/**
 * The gateway answers nothing by itself but what its firewall blocks, and of the codes that Azure lets a firewall answer with (200, 403,
 * 405, 406, 429, 990 to 999) 429 is the one that clients and search engines take for "later".
 */
const maintenanceAnswer = {
  customBlockResponseStatusCode: 429,
  customBlockResponseBody: Buffer.from(maintenancePage).toString("base64"),
};

/** Behind a CDN the gateway sees the CDN's addresses only: limits per address stand at the CDN then, and here who may ask at all. */
export function customRules(args: GatewayArgs<Azure>, frontDoorId: Output<string> | undefined): Rule[] {
  const stopped = args.maintenance === true ? [stopTraffic] : [];
  if (frontDoorId !== undefined) return [onlyProfile(frontDoorId), ...stopped];
  return [...stopped, ...limits(args)];
}

function limits({ waf, rateLimit, routes }: GatewayArgs<Azure>): Rule[] {
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

const stopTraffic: Rule = {
  name: "Maintenance",
  priority: 5,
  ruleType: "MatchRule",
  matchConditions: [everyAddress],
  action: "Block",
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
