import { expect } from "chai";
import * as fc from "fast-check";
import type { Aws } from "../../components/clouds/aws/family";
import { ConfigError } from "../../components/fault";
import type { GatewayArgs } from "../../components/gateway/index";
import { anchorsOf, checkRoutes, checkRules, maintenancePriority, previewPriority, rulesOf } from "../../components/gateway/priorities";
import { maintenancePage } from "../../components/gateway/maintenance";
import type { Stack } from "../../components/stack";
import { awsTags, waitsFor } from "../support/aws-parts";
import { classesIn, gateway, ground, route } from "../support/aws-platform";
import { ofType, only, record, type Recorded, recordKnown } from "../support/record";

const types = {
  balancer: "aws:lb/loadBalancer:LoadBalancer",
  listener: "aws:lb/listener:Listener",
  group: "aws:ec2/securityGroup:SecurityGroup",
  ingress: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
  record: "aws:route53/record:Record",
};
const tags = awsTags("gateway");
const notFound = [{ type: "fixed-response", fixedResponse: { contentType: "text/plain", messageBody: "Not found", statusCode: "404" } }];
const domain = { name: "example.com", zone: "Z0123456789" };

function made(args: Partial<GatewayArgs<Aws>> = {}, stack: Partial<Stack> = {}): Promise<Recorded[]> {
  return recordKnown(() => void gateway(ground(stack), args));
}

function ports(resources: readonly Recorded[]): string[] {
  return ofType(resources, types.ingress).map(({ inputs }) => `${inputs.fromPort} ${inputs.cidrIpv4}`);
}

describe("the gateway on AWS", () => {
  it("without a domain is a balancer and a listener, and nobody may connect", async () => {
    expect(classesIn(await made(), "gateway")).to.deep.equal([
      "Listener gateway-http",
      "LoadBalancer platform-test-gateway",
      "SecurityGroup platform-test-gateway",
    ]);
  });

  it("with a domain, a firewall and an internal service is all of this", async () => {
    const routes = [route("web", { hosts: ["www.example.com"] }), route("billing", { internal: true, hosts: ["billing.example.com"] })];
    expect(classesIn(await made({ domain, waf: true, routes }), "gateway")).to.deep.equal([
      "Certificate gateway-certificate",
      "CertificateValidation gateway-validation",
      "Listener gateway-https",
      "Listener gateway-internal",
      "Listener gateway-redirect",
      "LoadBalancer platform-test-gat-77fbb9",
      "LoadBalancer platform-test-gateway",
      "LogGroup gateway-firewall",
      "Record gateway-example.com",
      "Record gateway-validation",
      "Record gateway-www.example.com",
      "SecurityGroup platform-test-gateway",
      "SecurityGroup platform-test-gateway-internal",
      "SecurityGroupIngressRule gateway-443-0.0.0.0-0",
      "SecurityGroupIngressRule gateway-80-0.0.0.0-0",
      "WebAcl platform-test-gateway",
      "WebAclAssociation gateway-firewall",
      "WebAclLoggingConfiguration gateway-firewall",
    ]);
  });

  it("has its balancer in the public tier, hardened, logged and guarded", async () => {
    const resources = await made();
    const balancer = only(resources, types.balancer);
    expect(balancer.inputs).to.deep.equal({
      loadBalancerType: "application",
      internal: false,
      subnets: ["public-1-id", "public-2-id"],
      securityGroups: ["platform-test-gateway-id"],
      idleTimeout: 60,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: "defensive",
      enableZonalShift: true,
      enableDeletionProtection: true,
      accessLogs: { bucket: null, enabled: true },
      tags,
    });
    expect(balancer.protect).to.equal(true);
    expect(waitsFor(balancer)).to.include("logs-policy");
    expect(only(resources, types.group).inputs).to.deep.equal({ description: "Load balancer for the internet", tags, vpcId: "vpc-id" });
  });

  it("goes away where nothing is guarded", async () => {
    const balancer = only(await made({}, { guard: "none" }), types.balancer);
    expect(balancer.inputs.enableDeletionProtection).to.equal(false);
    expect(balancer.protect).to.equal(false);
  });

  it("without a domain serves HTTP to the ranges that are named", async () => {
    const resources = await made({ allowedCidrs: ["198.51.100.0/24", "203.0.113.0/24"] });
    expect(ports(resources)).to.deep.equal(["80 198.51.100.0/24", "80 203.0.113.0/24"]);
    expect(only(resources, types.ingress, "gateway-80-198.51.100.0-24").inputs).to.deep.equal({
      securityGroupId: "platform-test-gateway-id",
      description: "Port 80 from 198.51.100.0/24",
      ipProtocol: "tcp",
      fromPort: 80,
      toPort: 80,
      cidrIpv4: "198.51.100.0/24",
      tags,
    });
    expect(only(resources, types.listener).inputs).to.deep.equal({
      loadBalancerArn: "platform-test-gateway_arn",
      port: 80,
      protocol: "HTTP",
      defaultActions: notFound,
      routingHttpResponseServerEnabled: false,
      tags,
    });
  });

  it("with a domain serves TLS 1.2 and better to the internet, and redirects", async () => {
    const resources = await made({ domain });
    expect(ports(resources)).to.deep.equal(["443 0.0.0.0/0", "80 0.0.0.0/0"]);
    expect(only(resources, types.listener, "gateway-https").inputs).to.deep.equal({
      loadBalancerArn: "platform-test-gateway_arn",
      port: 443,
      protocol: "HTTPS",
      sslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
      certificateArn: "gateway-certificate_arn",
      defaultActions: notFound,
      routingHttpResponseServerEnabled: false,
      routingHttpResponseStrictTransportSecurityHeaderValue: "max-age=31536000; includeSubDomains",
      tags,
    });
    expect(only(resources, types.listener, "gateway-redirect").inputs).to.deep.equal({
      loadBalancerArn: "platform-test-gateway_arn",
      port: 80,
      protocol: "HTTP",
      defaultActions: [{ type: "redirect", redirect: { port: "443", protocol: "HTTPS", statusCode: "HTTP_301" } }],
      tags,
    });
  });

  it("with a domain keeps to the ranges that are named", async () => {
    expect(ports(await made({ domain, allowedCidrs: ["198.51.100.0/24"] }))).to.deep.equal(["443 198.51.100.0/24", "80 198.51.100.0/24"]);
  });

  it("gets a certificate for the name and all below it, proven by the zone", async () => {
    const resources = await made({ domain });
    expect(only(resources, "aws:acm/certificate:Certificate").inputs).to.deep.equal({
      domainName: "example.com",
      subjectAlternativeNames: ["*.example.com"],
      validationMethod: "DNS",
      tags,
    });
    expect(only(resources, types.record, "gateway-validation").inputs).to.deep.equal({
      zoneId: "Z0123456789",
      name: null,
      type: null,
      records: [null],
      ttl: 300,
      allowOverwrite: true,
    });
    expect(only(resources, "aws:acm/certificateValidation:CertificateValidation").inputs).to.deep.equal({
      certificateArn: "gateway-certificate_arn",
      validationRecordFqdns: [null],
    });
    expect(waitsFor(only(resources, types.listener, "gateway-https"))).to.include("gateway-validation");
  });

  it("takes a certificate that exists, and makes no record without a zone", async () => {
    const certificate = "arn:aws:acm:us-east-1:123456789012:certificate/1";
    const resources = await made({ domain: { name: "example.com", certificate } });
    expect(only(resources, types.listener, "gateway-https").inputs.certificateArn).to.equal(certificate);
    expect(ofType(resources, "aws:acm/certificate:Certificate")).to.deep.equal([]);
    expect(ofType(resources, types.record)).to.deep.equal([]);
  });

  it("records the domain and the hosts below it, and no foreign ones", async () => {
    const routes = [route("web", { hosts: ["example.com", "www.example.com", "www.example.com", "example.net", "notexample.com"] })];
    const resources = await made({ domain, routes: [...routes.map((r) => ({ ...r, hosts: [...new Set(r.hosts)] }))] });
    const records = ofType(resources, types.record).filter(({ name }) => name !== "gateway-validation");
    expect(records.map(({ name }) => name)).to.have.members(["gateway-example.com", "gateway-www.example.com"]);
    expect(records[0]?.inputs).to.deep.equal({
      zoneId: "Z0123456789",
      name: "example.com",
      type: "A",
      aliases: [{ name: null, zoneId: null, evaluateTargetHealth: true }],
      // A stack that takes over finds the lost one's.
      allowOverwrite: true,
    });
  });

  it("has a second balancer inside, which nobody may reach yet", async () => {
    const resources = await made({ routes: [route("web"), route("billing", { internal: true })] });
    const balancer = only(resources, types.balancer, "platform-test-gat-77fbb9");
    expect(balancer.inputs).to.include({ internal: true, enableDeletionProtection: true, dropInvalidHeaderFields: true });
    expect(balancer.inputs.subnets).to.deep.equal(["app-1-id", "app-2-id"]);
    expect(balancer.inputs.securityGroups).to.deep.equal(["platform-test-gateway-internal-id"]);
    expect(ports(resources)).to.deep.equal([]);
    expect(only(resources, types.listener, "gateway-internal").inputs).to.deep.include({
      loadBalancerArn: "platform-test-gat-77fbb9_arn",
      port: 80,
      protocol: "HTTP",
      defaultActions: notFound,
      routingHttpResponseServerEnabled: false,
    });
    expect(only(resources, types.group, "platform-test-gateway-internal").inputs.description).to.equal("Load balancer inside the network");
  });

  it("blocks what the managed rules find and too many requests from one address", async () => {
    const resources = await made({ waf: true, rateLimit: 1234 });
    const visible = (metricName: string): object => ({ cloudwatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName });
    const managed = (name: string, priority: number, more: object = {}): object => ({
      name,
      priority,
      overrideAction: { none: {} },
      statement: { managedRuleGroupStatement: { vendorName: "AWS", name, ...more } },
      visibilityConfig: visible(name),
    });
    expect(only(resources, "aws:wafv2/webAcl:WebAcl").inputs).to.deep.equal({
      scope: "REGIONAL",
      defaultAction: { allow: {} },
      rules: [
        managed("AWSManagedRulesAmazonIpReputationList", 0),
        managed("AWSManagedRulesCommonRuleSet", 1, {
          ruleActionOverrides: [{ name: "SizeRestrictions_BODY", actionToUse: { count: {} } }],
        }),
        managed("AWSManagedRulesKnownBadInputsRuleSet", 2),
        managed("AWSManagedRulesSQLiRuleSet", 3),
        {
          name: "RateLimit",
          priority: 4,
          action: { block: {} },
          statement: { rateBasedStatement: { limit: 1234, aggregateKeyType: "IP", evaluationWindowSec: 300 } },
          visibilityConfig: visible("RateLimit"),
        },
      ],
      visibilityConfig: visible("gateway"),
      tags,
    });
    const association = only(resources, "aws:wafv2/webAclAssociation:WebAclAssociation");
    expect(association.inputs).to.deep.equal({ resourceArn: "platform-test-gateway_arn", webAclArn: "platform-test-gateway_arn" });
    expect(association.options.deleteBeforeReplace).to.equal(true);
  });

  it("logs what the firewall does, without credentials", async () => {
    const resources = await made({ waf: true });
    expect(only(resources, "aws:cloudwatch/logGroup:LogGroup", "gateway-firewall").inputs).to.deep.equal({
      name: "aws-waf-logs-platform-test-gateway",
      kmsKeyId: "monitoring-key_arn",
      retentionInDays: 30,
      tags,
    });
    expect(only(resources, "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration").inputs).to.deep.equal({
      resourceArn: "platform-test-gateway_arn",
      logDestinationConfigs: ["gateway-firewall_arn"],
      redactedFields: [{ singleHeader: { name: "authorization" } }, { singleHeader: { name: "cookie" } }],
    });
  });

  it("answers 503 with a page to everyone while it is under maintenance, before any other rule", async () => {
    const resources = await made({ maintenance: true, routes: [route("web"), route("billing", { internal: true })] });
    expect(only(resources, "aws:lb/listenerRule:ListenerRule").inputs).to.deep.equal({
      listenerArn: "gateway-http_arn",
      priority: 1,
      conditions: [{ pathPattern: { values: ["/*"] } }],
      actions: [{ type: "fixed-response", fixedResponse: { contentType: "text/html", statusCode: "503", messageBody: maintenancePage } }],
      tags: awsTags("gateway"),
    });
    const behind = await made({ maintenance: true, cdn: true });
    expect(only(behind, "aws:lb/listenerRule:ListenerRule").inputs.listenerArn).to.equal("gateway-cdn_arn");
    expect(maintenancePage).to.match(/^<!doctype html>.*Under maintenance.*try again/);
    expect(maintenancePage.length).to.be.at.most(1024);
  });

  it("offers each service its place", async () => {
    const raws: Aws["place"][] = [];
    await record(() => {
      const made = gateway(ground(), { domain, routes: [route("web"), route("billing", { internal: true })] });
      raws.push(made.place("web").raw, made.place("billing").raw);
      expect(made.place("web").service).to.equal("web");
      expect(() => made.place("worker")).to.throw(ConfigError, /services\.worker: has no route.*\n.*routes exist for web, billing/);
    });
    const [front, inside] = raws;
    expect(front).to.include({ internal: false, listenerPort: 443 });
    expect(inside).to.include({ internal: true, listenerPort: 80 });
    expect(front?.balancerGroupId).not.to.equal(inside?.balancerGroupId);
    expect(front?.rules.map(({ paths, hosts }) => ({ paths, hosts }))).to.deep.equal([{ paths: ["/*"], hosts: [] }]);
  });

  it("says so where no service has a route", async () => {
    await record(() => {
      expect(() => gateway(ground(), { routes: [] }).place("api")).to.throw(ConfigError, /routes exist for no service/);
    });
  });

  const refused: [string, Partial<GatewayArgs<Aws>>, RegExp][] = [
    [
      "serving the internet in clear where TLS is required",
      { requireTls: true, allowedCidrs: ["0.0.0.0/0"] },
      /network\.allowedCidrs: .*in clear/,
    ],
    ["a domain that can't be proven", { domain: { name: "example.com" } }, /domain\.aws: .*\n.*set domain\.aws\.zoneId/],
    [
      "more routes than a balancer takes",
      { routes: Array.from({ length: 101 }, (_, index) => route(`s${index}`, { paths: [`/s${index}`] })) },
      /services: the load balancer for the internet takes at most 99 rules.*\(given: 101\)/,
    ],
    [
      "two services on one path",
      { routes: [route("web"), route("api")] },
      /services\.api\.routes: leads to "web" already \(given: "\*\/\*"\)/,
    ],
  ];
  for (const [what, args, message] of refused) {
    it(`refuses ${what}`, async () => {
      await record(() => {
        expect(() => gateway(ground(), args)).to.throw(ConfigError, message);
      });
    });
  }
});

describe("the order of a balancer's rules", () => {
  const first = (routes: Parameters<typeof rulesOf>[0], service: string): number =>
    Math.min(...(rulesOf(routes).get(service) ?? []).map(({ priority }) => priority));

  const pairs: [string, Partial<ReturnType<typeof route>>, Partial<ReturnType<typeof route>>][] = [
    ["longer paths before shorter", { paths: ["/api/v2/*"] }, { paths: ["/api/*"] }],
    ["a path before everything", { paths: ["/a"] }, { paths: ["/*"] }],
    ["an exact path before a pattern that begins like it", { paths: ["/api"] }, { paths: ["/api*"] }],
    ["a host before none, whatever the path", { hosts: ["a.example.com"], paths: ["/*"] }, { paths: ["/very/long/path/*"] }],
    ["a question mark counts as a pattern", { paths: ["/api/v1"] }, { paths: ["/api/v?"] }],
    ["no path at all is every path", { paths: ["/a/*"] }, { paths: [] }],
  ];
  for (const [what, before, after] of pairs) {
    it(what, () => {
      for (const order of [
        ["x", "y"],
        ["y", "x"],
      ]) {
        const routes = order.map((name) => route(name, name === "x" ? before : after));
        expect(first(routes, "x")).to.be.lessThan(first(routes, "y"));
      }
    });
  }

  it("keeps to five values in a rule, the header of a preview among them", () => {
    const hosts = ["a", "b", "c", "d", "e"].map((name) => `${name}.example.com`);
    const rules = rulesOf([route("web", { hosts, paths: ["/a/*", "/b/*"] })]).get("web");
    expect(rules?.map(({ hosts: some, paths }) => [...some.map((host) => host[0]), ...paths].join(" "))).to.deep.equal([
      "a b c /a/*",
      "a b c /b/*",
      "d e /a/*",
      "d e /b/*",
    ]);
  });

  it("is known", () => {
    const rules = rulesOf([route("web"), route("api", { paths: ["/api/*"] })]);
    expect(rules.get("web")).to.deep.equal([{ name: "web-rule", priority: 48372, paths: ["/*"], hosts: [] }]);
    expect(rules.get("api")).to.deep.equal([{ name: "api-rule-api", priority: 46672, paths: ["/api/*"], hosts: [] }]);
  });

  const named: [string, readonly string[], readonly string[]][] = [
    ["web-rule-api-v1", ["/api/v1/*"], []],
    ["web-rule-api-d8e91693", ["/api"], []],
    ["web-rule-api-d3df7b2b", ["/api*"], []],
    ["web-rule-api-v1-d7f09b6a", ["/api-v1/*"], []],
    ["web-rule-api-c3dfd76b", ["/API/*"], []],
    ["web-rule-3c79efce", ["/"], []],
    ["web-rule-www-example-com-api-f1edcc12", ["/api/*"], ["www.example.com"]],
    [`web-rule-${"a".repeat(57)}`, [`/${"a".repeat(57)}/*`], []],
    [`web-rule-${"a".repeat(58)}-7a9fef6f`, [`/${"a".repeat(58)}/*`], []],
    [`web-rule-${"a".repeat(59)}-69e6774a`, [`/${"a".repeat(70)}/*`], []],
  ];
  for (const [expected, paths, hosts] of named) {
    it(`calls the rule of ${[...hosts, ...paths].join(" ")} ${expected}`, () => {
      expect(
        rulesOf([route("web", { paths, hosts })])
          .get("web")
          ?.map(({ name }) => name),
      ).to.deep.equal([expected]);
    });
  }

  const path = fc.array(fc.constantFrom("a", "b", "api"), { minLength: 1, maxLength: 30 }).map((parts) => `/${parts.join("/")}/*`);
  const paths = fc.uniqueArray(path, { minLength: 1, maxLength: 20 });

  it("gives every rule a priority of its own that AWS takes, with room for a preview before it", () => {
    fc.assert(
      fc.property(paths, (all) => {
        const priorities = all.map((_, index) =>
          first(
            [...all].map((p, i) => route(`s${i}`, { paths: [p] })),
            `s${index}`,
          ),
        );
        expect(new Set(priorities).size).to.equal(all.length);
        for (const priority of priorities) {
          expect(priority).to.be.within(4, 48_800);
          expect(priority % 2).to.equal(0);
        }
      }),
    );
  });

  it("moves nothing when a route is added behind", () => {
    fc.assert(
      fc.property(paths, (all) => {
        const routes = all.map((one, index) => route(`s${index}`, { paths: [one] }));
        const [before, after] = [rulesOf(routes.slice(0, -1)), rulesOf(routes)];
        for (const [service, rules] of before) expect(after.get(service)).to.deep.equal(rules);
      }),
    );
  });

  const alike = (count: number, overrides: Partial<ReturnType<typeof route>> = {}): ReturnType<typeof route>[] =>
    Array.from({ length: count }, (_, index) => route(`s${index}`, { paths: [`/${String(index).padStart(3, "0")}/*`], ...overrides }));

  it("counts what a rollout adds, and gives each service that shifts traffic an anchor behind all rules", () => {
    const shifting = (count: number) => alike(count, { shifts: true });
    expect(checkRules(shifting(33))).to.deep.equal([]);
    expect(checkRules(shifting(34)).map(({ given }) => given)).to.deep.equal([102]);
    const anchors = anchorsOf(shifting(33));
    expect([...anchors.keys()]).to.deep.equal(shifting(33).map(({ service }) => service));
    expect(new Set(anchors.values()).size).to.equal(33);
    for (const priority of anchors.values()) expect(priority).to.be.within(48_801, 50_000);
    // A service that is added moves no other.
    for (const [service, priority] of anchorsOf(shifting(32))) expect(anchors.get(service)).to.equal(priority);
    expect([previewPriority(4), maintenancePriority]).to.deep.equal([3, 1]);
  });

  it("has a place for as many alike as a balancer takes, and refuses more", () => {
    const full = [...rulesOf(alike(99)).values()].flat().map(({ priority }) => priority);
    expect(new Set(full).size).to.equal(99);
    expect(Math.max(...full) - Math.min(...full)).to.be.within(196, 198);
    expect(checkRules([...alike(99), ...alike(99, { internal: true })])).to.deep.equal([]);
    expect(() => rulesOf(alike(100))).to.throw(ConfigError, /services: the load balancer for the internet takes at most 99 rules/);
    expect(
      checkRules([...alike(100), ...alike(34, { internal: true, hosts: ["a", "b", "c", "d", "e"], paths: ["/a", "/b"] })]),
    ).to.deep.equal([
      {
        path: "services",
        given: 100,
        problem: "the load balancer for the internet takes at most 99 rules; each path of a service is one for every 3 of its hosts",
        remedy: "let one path such as /reports/* take several, or move services to a stack of their own",
      },
      {
        path: "services",
        given: 136,
        problem: "the load balancer inside the network takes at most 99 rules; each path of a service is one for every 3 of its hosts",
        remedy: "let one path such as /reports/* take several, or move services to a stack of their own",
      },
    ]);
  });

  it("knows routes that can't be told apart", () => {
    const twice = checkRoutes([route("web", { hosts: ["a.example.com"], paths: ["/x", "/x"] })]);
    expect(twice).to.deep.equal([
      {
        path: "services.web.routes",
        given: "a.example.com/x",
        problem: "given twice",
        remedy: "give each service paths or hosts of its own",
      },
    ]);
    expect(checkRoutes([route("web", { paths: [] }), route("api")]).map(({ problem }) => problem)).to.deep.equal([
      'leads to "web" already',
    ]);
    expect(checkRoutes([route("web"), route("api", { internal: true })])).to.deep.equal([]);
    expect(checkRoutes([route("web"), route("api", { hosts: ["a.example.com"] })])).to.deep.equal([]);
  });
});
