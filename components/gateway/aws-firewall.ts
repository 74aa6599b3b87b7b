// The web application firewall of the gateway on AWS: managed rules against common attacks and a limit per address.
import { LogGroup } from "@pulumi/aws/cloudwatch";
import type { LoadBalancer } from "@pulumi/aws/lb";
import { WebAcl, type WebAclArgs, WebAclAssociation, WebAclLoggingConfiguration } from "@pulumi/aws/wafv2";
import type { ComponentResource } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { firewallLogGroupName, nameOf } from "../clouds/aws/names";
import { tagsOf } from "../stack";
import type { GatewayArgs } from "./index";

/** The firewall of a balancer, with its log. */
export function createFirewall(parent: ComponentResource, name: string, args: GatewayArgs<Aws>, balancer: LoadBalancer): void {
  const { stack } = args.network;
  const tags = tagsOf(stack, name);
  const acl = new WebAcl(
    nameOf(stack, "webAcl", name),
    { scope: "REGIONAL", defaultAction: { allow: {} }, rules: firewallRules(args.rateLimit), visibilityConfig: visible(name), tags },
    { parent },
  );
  // A replaced association would be deleted after the new one was made, and take it along: they are the same thing to AWS.
  new WebAclAssociation(`${name}-firewall`, { resourceArn: balancer.arn, webAclArn: acl.arn }, { parent, deleteBeforeReplace: true });
  const { logKeyArn, logDays } = args.monitoring.raw;
  const logs = new LogGroup(
    `${name}-firewall`,
    { name: firewallLogGroupName(stack, name), kmsKeyId: logKeyArn, retentionInDays: logDays, tags },
    { parent },
  );
  const redactedFields = ["authorization", "cookie"].map((header) => ({ singleHeader: { name: header } }));
  new WebAclLoggingConfiguration(
    `${name}-firewall`,
    { resourceArn: acl.arn, logDestinationConfigs: [logs.arn], redactedFields },
    { parent },
  );
}

interface RuleGroup {
  readonly name: string;
  /** Rules of the group that only count. */
  readonly counted: readonly string[];
}

/** AWS's own groups, by AWS's names; the cheap one first. Bodies above 8 KB are uploads, not attacks. */
const ruleGroups: readonly RuleGroup[] = [
  { name: "AWSManagedRulesAmazonIpReputationList", counted: [] },
  { name: "AWSManagedRulesCommonRuleSet", counted: ["SizeRestrictions_BODY"] },
  { name: "AWSManagedRulesKnownBadInputsRuleSet", counted: [] },
  { name: "AWSManagedRulesSQLiRuleSet", counted: [] },
];

function firewallRules(rateLimit: number): NonNullable<WebAclArgs["rules"]> {
  const groups = ruleGroups.map(({ name, counted }, priority) => {
    const ruleActionOverrides = counted.map((rule) => ({ name: rule, actionToUse: { count: {} } }));
    return {
      name,
      priority,
      overrideAction: { none: {} },
      statement: { managedRuleGroupStatement: { vendorName: "AWS", name, ...(counted.length > 0 ? { ruleActionOverrides } : {}) } },
      visibilityConfig: visible(name),
    };
  });
  const limit = {
    name: "RateLimit",
    priority: ruleGroups.length,
    action: { block: {} },
    statement: { rateBasedStatement: { limit: rateLimit, aggregateKeyType: "IP", evaluationWindowSec: 300 } },
    visibilityConfig: visible("RateLimit"),
  };
  return [...groups, limit];
}

function visible(metricName: string): { cloudwatchMetricsEnabled: boolean; sampledRequestsEnabled: boolean; metricName: string } {
  return { cloudwatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName };
}
