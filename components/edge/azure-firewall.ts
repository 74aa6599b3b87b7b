// The firewall rules that only the CDN can hold, as it alone sees the visitors' addresses: who may connect, and how often.
import type { frontdoor as inputs } from "@pulumi/azure-native/types/input";
import type { Azure } from "../clouds/azure/family";
import { letters } from "../gateway/azure-firewall";
import type { Route } from "../gateway";
import type { EdgeArgs } from "./index";

type Rule = inputs.CustomRuleArgs;
type Conditions = Exclude<Rule["matchConditions"], PromiseLike<unknown>>;

export function firewallRules({ allowedCidrs, waf, wafMode, rateLimit, routes }: EdgeArgs<Azure>): Rule[] {
  const isOpen = allowedCidrs.length === 0 || allowedCidrs.some((cidr) => cidr.endsWith("/0"));
  const action = wafMode === "count" ? "Log" : "Block";
  const limited = routes.filter((route) => !route.internal && route.rateLimit !== undefined);
  const limits = [
    limit("RateLimit", 10, rateLimit, action, [everyRequest]),
    ...limited.map((route, index) =>
      limit(`RateLimit${letters(route.service)}`, 20 + index, route.rateLimit ?? rateLimit, action, requestsTo(route)),
    ),
  ];
  return [...(isOpen ? [] : [strangers(allowedCidrs)]), ...(waf ? limits : [])];
}

/** Blocks whoever is not named, in every mode: it is no guess about attacks. */
function strangers(allowedCidrs: readonly string[]): Rule {
  return {
    name: "AllowedCidrs",
    priority: 1,
    enabledState: "Enabled",
    ruleType: "MatchRule",
    matchConditions: [{ matchVariable: "SocketAddr", operator: "IPMatch", negateCondition: true, matchValue: [...allowedCidrs] }],
    action: "Block",
  };
}

/** Front Door's URI begins with scheme and host; a path of a route is letters, digits and `-._~`, of which only the dot means more. */
function requestsTo({ paths, hosts }: Route): Conditions {
  const patterns = paths.map(
    (path) => `^(https?://[^/]+)?${path.replaceAll(".", "[.]").replace("*", "")}${path.endsWith("*") ? "" : "([?]|$)"}`,
  );
  return [
    { matchVariable: "RequestUri", operator: "RegEx", negateCondition: false, matchValue: patterns },
    ...(hosts.length === 0
      ? []
      : [{ matchVariable: "RequestHeader", selector: "Host", operator: "Equal", negateCondition: false, matchValue: [...hosts] }]),
  ];
}

/** Microsoft's own condition for "every request": the size of a header that each has. */
const everyRequest = {
  matchVariable: "RequestHeader",
  selector: "Host",
  operator: "GreaterThanOrEqual",
  negateCondition: false,
  matchValue: ["0"],
};

function limit(name: string, priority: number, rateLimitThreshold: number, action: string, matchConditions: Conditions): Rule {
  return {
    name,
    priority,
    enabledState: "Enabled",
    ruleType: "RateLimitRule",
    rateLimitDurationInMinutes: 5,
    rateLimitThreshold,
    matchConditions,
    action,
  };
}
