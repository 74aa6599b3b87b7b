// The web application firewall on AWS: managed rules against common attacks, a limit per address, and its log. It stands at the balancer, or
// at CloudFront where there is a CDN: behind one the balancer sees CloudFront's addresses instead of the visitors'.
import { LogGroup } from "@pulumi/aws/cloudwatch";
import type { LoadBalancer } from "@pulumi/aws/lb";
import { IpSet, WebAcl, WebAclAssociation, WebAclLoggingConfiguration } from "@pulumi/aws/wafv2";
import type { ComponentResource, Output } from "@pulumi/pulumi";
import type { wafv2 as inputs } from "@pulumi/aws/types/input";
import type { Aws } from "../clouds/aws/family";
import { firewallLogGroupName, nameOf } from "../clouds/aws/names";
import type { Monitoring } from "../monitoring";
import type { Network } from "../network";
import { tagsOf } from "../stack";
import type { FirewallSpec, GatewayArgs, Route } from "./index";

export interface FirewallArgs extends FirewallSpec {
  readonly network: Network<Aws>;
  readonly monitoring: Monitoring<Aws>;
  readonly routes: readonly Route[];
  /** Who may connect, where no security group says so; empty: everyone. */
  readonly allowedCidrs: readonly string[];
}

type Rule = Omit<inputs.WebAclRule, "priority">;

/** The firewall of a balancer, whose security group knows who may connect. */
export function createFirewall(parent: ComponentResource, name: string, args: GatewayArgs<Aws>, balancer: LoadBalancer): void {
  const acl = createWebAcl(parent, name, { ...args, allowedCidrs: [] }, undefined);
  // A replaced association would be deleted after the new one was made, and take it along: they are the same thing to AWS.
  new WebAclAssociation(`${name}-firewall`, { resourceArn: balancer.arn, webAclArn: acl.arn }, { parent, deleteBeforeReplace: true });
}

/** A web ACL with its log. `region` is us-east-1 for CloudFront; without it the ACL is for balancers of the stack's own region. */
export function createWebAcl(parent: ComponentResource, name: string, args: FirewallArgs, region: string | undefined): WebAcl {
  const { stack } = args.network;
  const tags = tagsOf(stack, name);
  const there = region === undefined ? {} : { region };
  const allowed = args.allowedCidrs.length > 0 ? createAllowed(parent, name, args, there) : undefined;
  const rules = rulesOf(args, allowed?.arn).map((rule, priority) => ({ ...rule, priority }));
  const scope = region === undefined ? "REGIONAL" : "CLOUDFRONT";
  const acl = new WebAcl(
    nameOf(stack, "webAcl", name),
    { ...there, scope, defaultAction: { allow: {} }, rules, visibilityConfig: visible(name), tags },
    { parent },
  );
  const { logKeyArn, logDays } = args.monitoring.raw;
  const logs = new LogGroup(
    `${name}-firewall`,
    {
      ...there,
      name: firewallLogGroupName(stack, name),
      // A key opens nothing outside its region: elsewhere the log has CloudWatch's own.
      ...(region === undefined || region === stack.region ? { kmsKeyId: logKeyArn } : {}),
      retentionInDays: logDays,
      tags,
    },
    { parent },
  );
  const redactedFields = ["authorization", "cookie"].map((header) => ({ singleHeader: { name: header } }));
  new WebAclLoggingConfiguration(
    `${name}-firewall`,
    { ...there, resourceArn: acl.arn, logDestinationConfigs: [logs.arn], redactedFields },
    { parent },
  );
  return acl;
}

function createAllowed(
  parent: ComponentResource,
  name: string,
  { network, allowedCidrs }: FirewallArgs,
  there: { readonly region?: string },
): IpSet {
  return new IpSet(
    nameOf(network.stack, "webAcl", `${name}-allowed`),
    { ...there, scope: "CLOUDFRONT", ipAddressVersion: "IPV4", addresses: [...allowedCidrs], tags: tagsOf(network.stack, name) },
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

function rulesOf(args: FirewallArgs, allowedArn: Output<string> | undefined): Rule[] {
  return [...(allowedArn === undefined ? [] : [strangers(allowedArn)]), ...(args.waf ? attacks(args) : [])];
}

/** Blocks whoever is not named, in every mode: it is no guess about attacks. */
function strangers(arn: Output<string>): Rule {
  const name = "AllowedCidrs";
  const statement = { notStatement: { statement: { ipSetReferenceStatement: { arn } } } };
  return { name, action: { block: {} }, statement, visibilityConfig: visible(name) };
}

function attacks({ wafMode, rateLimit, routes }: FirewallArgs): Rule[] {
  const groups = ruleGroups.map(({ name, counted }): Rule => {
    const ruleActionOverrides = counted.map((rule) => ({ name: rule, actionToUse: { count: {} } }));
    return {
      name,
      overrideAction: wafMode === "count" ? { count: {} } : { none: {} },
      statement: { managedRuleGroupStatement: { vendorName: "AWS", name, ...(counted.length > 0 ? { ruleActionOverrides } : {}) } },
      visibilityConfig: visible(name),
    };
  });
  const limit = (
    name: string,
    requests: number,
    scopeDownStatement?: inputs.WebAclRuleStatementRateBasedStatementScopeDownStatement,
  ): Rule => ({
    name,
    action: wafMode === "count" ? { count: {} } : { block: {} },
    statement: {
      rateBasedStatement: {
        limit: requests,
        aggregateKeyType: "IP",
        evaluationWindowSec: 300,
        ...(scopeDownStatement === undefined ? {} : { scopeDownStatement }),
      },
    },
    visibilityConfig: visible(name),
  });
  const own = routes.flatMap((route) =>
    route.rateLimit === undefined || route.internal ? [] : [limit(`RateLimit-${route.service}`, route.rateLimit, requestsTo(route))],
  );
  return [...groups, limit("RateLimit", rateLimit), ...own];
}

/** The requests of one service: a path of its own and, where it has any, a host of its own. */
function requestsTo({ paths, hosts }: Route): inputs.WebAclRuleStatementRateBasedStatementScopeDownStatement {
  const byPath = oneOf(
    paths.map((path) =>
      path.endsWith("*")
        ? matches({ uriPath: {} }, path.slice(0, -1), "STARTS_WITH", "NONE")
        : matches({ uriPath: {} }, path, "EXACTLY", "NONE"),
    ),
  );
  if (hosts.length === 0) return byPath;
  const byHost = oneOf(hosts.map((host) => matches({ singleHeader: { name: "host" } }, host, "EXACTLY", "LOWERCASE")));
  return { andStatement: { statements: [byPath, byHost] } };
}

type Field = inputs.WebAclRuleStatementRateBasedStatementScopeDownStatementByteMatchStatementFieldToMatch;

function matches(fieldToMatch: Field, searchString: string, positionalConstraint: string, type: string) {
  return { byteMatchStatement: { fieldToMatch, searchString, positionalConstraint, textTransformations: [{ priority: 0, type }] } };
}

/** `or` takes two statements or more. */
function oneOf(statements: ReturnType<typeof matches>[]) {
  const [first] = statements;
  return first !== undefined && statements.length === 1 ? first : { orStatement: { statements } };
}

function visible(metricName: string): { cloudwatchMetricsEnabled: boolean; sampledRequestsEnabled: boolean; metricName: string } {
  return { cloudwatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName };
}
