import { output } from "@pulumi/pulumi";
import { expect } from "chai";
import type { Aws } from "../../components/clouds/aws/family";
import { AwsEdge } from "../../components/edge/aws";
import type { EdgeArgs } from "../../components/edge/index";
import { ConfigError } from "../../components/fault";
import type { GatewayArgs } from "../../components/gateway/index";
import type { Stack } from "../../components/stack";
import { AwsStaticSite } from "../../components/static-site/aws";
import { record as recordPlan, type Recorded } from "../../plan/record";
import { awsTags, documentOf, waitsFor } from "../support/aws-parts";
import { classesIn, gateway, ground, route } from "../support/aws-platform";
import { once } from "../support/azure-parts";
import { ofType, only } from "../support/record";

const types = {
  distribution: "aws:cloudfront/distribution:Distribution",
  origin: "aws:cloudfront/vpcOrigin:VpcOrigin",
  headers: "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
  acl: "aws:wafv2/webAcl:WebAcl",
  record: "aws:route53/record:Record",
};
const tags = awsTags("edge");
const domain = { name: "example.com", zone: "Z0123456789" };
const cachingDisabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const cachingOptimized = "658327ea-f89d-4fab-a63d-7e88639e58f6";
const allViewer = "216adef6-5c7f-47e4-b989-5492eafa07d3";
const everyMethod = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"];
const reading = ["GET", "HEAD", "OPTIONS"];

type Changes = Partial<Omit<EdgeArgs<Aws>, "sites">> & { readonly sites?: Readonly<Record<string, { path: string; spa: boolean }>> };

const recorded = once(async (changes: Changes, stack: Partial<Stack>): Promise<Recorded[]> => {
  const fields = ["arn", "dnsName", "domainName", "hostedZoneId", "bucketRegionalDomainName", "fqdn", "name", "zoneId", "certificateArn"];
  const answers = (_type: string, name: string) => ({
    id: `${name}-id`,
    state: Object.fromEntries(fields.map((field) => [field, `${name}_${field}`])),
  });
  const program = (): void => {
    const on = ground(stack);
    const { sites = {}, ...args } = changes;
    const routes = args.routes ?? [route("web")];
    const before = gateway(on, { cdn: true, routes, waf: args.waf ?? true, domain: args.domain });
    const edge = new AwsEdge("edge", {
      ...on,
      origin: before.origin!,
      routes,
      sites: Object.fromEntries(Object.entries(sites).map(([name, site]) => [name, new AwsStaticSite(name, { ...on, ...site })])),
      waf: true,
      wafMode: "block",
      rateLimit: 2000,
      ddosPlan: false,
      headers: { frameOptions: "SAMEORIGIN", referrerPolicy: "strict-origin-when-cross-origin" },
      cachedPaths: ["/assets/*"],
      allowedCidrs: [],
      ...args,
    });
    output({ url: edge.url, dnsRecords: edge.dnsRecords, raw: edge.raw }).apply((seen) => said.set(JSON.stringify([changes, stack]), seen));
  };
  return [...(await recordPlan(program, { project: "platform", stack: "test", answers })).resources];
});
const said = new Map<string, unknown>();

function made(changes: Changes = {}, stack: Partial<Stack> = {}): Promise<Recorded[]> {
  return recorded(changes, stack);
}

async function outputs(changes: Changes = {}, stack: Partial<Stack> = {}): Promise<unknown> {
  await made(changes, stack);
  return said.get(JSON.stringify([changes, stack]));
}

async function distribution(changes: Changes = {}, stack: Partial<Stack> = {}): Promise<Recorded["inputs"]> {
  return only(await made(changes, stack), types.distribution).inputs;
}

const service = (more: Record<string, unknown> = {}) => ({
  targetOriginId: "gateway",
  viewerProtocolPolicy: "redirect-to-https",
  allowedMethods: everyMethod,
  cachedMethods: ["GET", "HEAD"],
  compress: false,
  cachePolicyId: cachingDisabled,
  originRequestPolicyId: allViewer,
  responseHeadersPolicyId: "platform-test-edge-services-id",
  ...more,
});

describe("the edge on AWS", () => {
  it("is a distribution before the balancer, with a firewall, headers and logs", async () => {
    expect(classesIn(await made(), "edge")).to.deep.equal([
      "CachePolicy platform-test-edge-kept",
      "Distribution edge-distribution",
      "LogDelivery edge-logs",
      "LogDeliveryDestination edge-logs",
      "LogDeliverySource edge-logs",
      "LogGroup edge-firewall",
      "ResponseHeadersPolicy platform-test-edge-services",
      "VpcOrigin edge-http",
      "WebAcl platform-test-edge",
      "WebAclLoggingConfiguration edge-firewall",
    ]);
    expect(await outputs()).to.deep.equal({
      url: "https://edge-distribution_domainName",
      dnsRecords: [],
      raw: { distributionId: "edge-distribution-id", webAclName: "platform-test-edge_name" },
    });
  });

  it("without a domain has CloudFront's own name, and plain HTTP inside the network", async () => {
    expect(await distribution()).to.deep.equal({
      comment: "platform test",
      enabled: true,
      isIpv6Enabled: true,
      httpVersion: "http2and3",
      webAclId: "platform-test-edge_arn",
      viewerCertificate: { cloudfrontDefaultCertificate: true },
      origins: [
        {
          originId: "gateway",
          domainName: "platform-test-gat-d99eb7_dnsName",
          vpcOriginConfig: { vpcOriginId: "edge-http-id", originReadTimeout: 60, originKeepaliveTimeout: 5 },
        },
      ],
      defaultCacheBehavior: service(),
      orderedCacheBehaviors: [{ pathPattern: "/assets/*", ...service({ compress: true, cachePolicyId: "platform-test-edge-kept-id" }) }],
      restrictions: { geoRestriction: { restrictionType: "none" } },
      waitForDeployment: true,
      tags,
    });
    expect(only(await made(), types.origin).inputs).to.deep.equal({
      vpcOriginEndpointConfig: {
        name: "platform-test-edge-http-17c35b",
        arn: "platform-test-gat-d99eb7_arn",
        httpPort: 80,
        httpsPort: 443,
        originProtocolPolicy: "http-only",
        originSslProtocols: { items: ["TLSv1.2"], quantity: 1 },
      },
      tags,
    });
    expect(waitsFor(only(await made(), types.origin))).to.include("network-app-1");
  });

  it("with a domain has the balancer's certificate in us-east-1, TLS 1.2, and records for both kinds of address", async () => {
    const routes = [route("web", { hosts: ["www.example.com"] })];
    const resources = await made({ domain, routes });
    const { aliases, viewerCertificate, origins } = only(resources, types.distribution).inputs;
    expect(aliases).to.deep.equal(["example.com", "www.example.com"]);
    expect(viewerCertificate).to.deep.equal({
      acmCertificateArn: "gateway-certificate_arn",
      sslSupportMethod: "sni-only",
      minimumProtocolVersion: "TLSv1.2_2021",
    });
    expect(waitsFor(only(resources, types.distribution))).to.include("gateway-validation");
    expect(origins).to.deep.include.members([
      {
        originId: "gateway",
        domainName: "example.com",
        vpcOriginConfig: { vpcOriginId: "edge-https-id", originReadTimeout: 60, originKeepaliveTimeout: 5 },
      },
    ]);
    const { vpcOriginEndpointConfig } = only(resources, types.origin).inputs;
    expect(vpcOriginEndpointConfig).to.deep.include({ originProtocolPolicy: "https-only" });
    const records = ofType(resources, types.record).filter(({ name }) => name.startsWith("edge"));
    expect(records.map(({ name }) => name)).to.deep.equal([
      "edge-example.com-a",
      "edge-example.com-aaaa",
      "edge-www.example.com-a",
      "edge-www.example.com-aaaa",
    ]);
    expect(records[1]?.inputs).to.deep.equal({
      zoneId: domain.zone,
      name: "example.com",
      type: "AAAA",
      aliases: [{ name: "edge-distribution_domainName", zoneId: "edge-distribution_hostedZoneId", evaluateTargetHealth: false }],
      allowOverwrite: true,
    });
    expect(await outputs({ domain, routes })).to.deep.include({ url: "https://example.com", dnsRecords: [] });
  });

  it("elsewhere has a second certificate in us-east-1, proven by the record of the first", async () => {
    const resources = await made({ domain }, { region: "eu-west-1", zones: ["eu-west-1a", "eu-west-1b"] });
    const certificate = only(resources, "aws:acm/certificate:Certificate", "edge-certificate");
    expect(certificate.inputs).to.deep.include({
      region: "us-east-1",
      domainName: "example.com",
      subjectAlternativeNames: ["*.example.com"],
      validationMethod: "DNS",
      tags,
    });
    expect(only(resources, "aws:acm/certificateValidation:CertificateValidation", "edge-validation").inputs).to.deep.equal({
      region: "us-east-1",
      certificateArn: "edge-certificate_arn",
      validationRecordFqdns: ["gateway-validation_fqdn"],
    });
    const { viewerCertificate } = only(resources, types.distribution).inputs;
    expect(viewerCertificate).to.deep.include({ acmCertificateArn: "edge-certificate_arn" });
    expect(waitsFor(only(resources, types.distribution))).to.include("edge-validation");
    const group = only(resources, "aws:cloudwatch/logGroup:LogGroup", "edge-firewall");
    expect(group.inputs).to.deep.include({ region: "us-east-1", retentionInDays: 30 });
    expect(group.inputs).not.to.have.property("kmsKeyId");
    expect(only(resources, types.acl).inputs).to.deep.include({ region: "us-east-1", scope: "CLOUDFRONT" });
  });

  it("elsewhere proves its certificate itself where the balancer's was given", async () => {
    const given = { ...domain, certificate: "arn:aws:acm:eu-west-1:123456789012:certificate/1" };
    const resources = await made({ domain: given }, { region: "eu-west-1", zones: ["eu-west-1a", "eu-west-1b"] });
    expect(only(resources, types.record, "edge-validation").inputs).to.deep.include({
      zoneId: domain.zone,
      ttl: 300,
      allowOverwrite: true,
    });
  });

  it("takes certificates that are there, and lists the records where the zone is elsewhere", async () => {
    const there = { name: "example.com", certificate: "arn:aws:acm:us-east-1:123456789012:certificate/1" };
    const routes = [route("web", { hosts: ["www.example.com"] })];
    expect((await distribution({ domain: there, routes })).viewerCertificate).to.deep.include({ acmCertificateArn: there.certificate });
    expect(await outputs({ domain: there, routes })).to.deep.include({
      dnsRecords: [
        { name: "example.com", type: "CNAME", value: "edge-distribution_domainName" },
        { name: "www.example.com", type: "CNAME", value: "edge-distribution_domainName" },
      ],
    });
    expect(ofType(await made({ domain: there, routes }), types.record)).to.deep.equal([]);
    const own = "arn:aws:acm:us-east-1:123456789012:certificate/2";
    expect((await distribution({ domain: { ...there, cdnCertificate: own } })).viewerCertificate).to.deep.include({
      acmCertificateArn: own,
    });
  });

  it("refuses a domain that it could get no certificate for", async () => {
    const west = { name: "example.com", certificate: "arn:aws:acm:eu-west-1:123456789012:certificate/1" };
    const refusal = await made({ domain: west }, { region: "eu-west-1", zones: ["eu-west-1a", "eu-west-1b"] }).catch(
      (error: unknown) => error,
    );
    expect(refusal).to.be.instanceOf(ConfigError);
    expect((refusal as ConfigError).faults[0]).to.deep.include({ path: "domain.aws.cdnCertificateArn" });
    expect((refusal as ConfigError).faults[0]?.remedy).to.contain("a certificate in us-east-1 for example.com and *.example.com");
  });

  it("gives every answer its security headers, whatever the service says", async () => {
    const [policy] = ofType(await made(), types.headers);
    const usual = {
      strictTransportSecurity: { accessControlMaxAgeSec: 31536000, includeSubdomains: true, preload: false, override: true },
      contentTypeOptions: { override: true },
      frameOptions: { frameOption: "SAMEORIGIN", override: true },
      referrerPolicy: { referrerPolicy: "strict-origin-when-cross-origin", override: true },
    };
    expect(policy?.inputs).to.deep.include({ securityHeadersConfig: usual });
    expect(policy?.inputs).not.to.have.property("customHeadersConfig");
    const headers = { frameOptions: "DENY", referrerPolicy: "no-referrer", contentSecurityPolicy: "default-src 'self'" } as const;
    const [own] = ofType(await made({ headers }), types.headers);
    expect(own?.inputs.securityHeadersConfig).to.deep.equal({
      ...usual,
      frameOptions: { frameOption: "DENY", override: true },
      referrerPolicy: { referrerPolicy: "no-referrer", override: true },
      contentSecurityPolicy: { contentSecurityPolicy: "default-src 'self'", override: true },
    });
  });

  it("keeps what services say may be kept, per host and query, and nothing by cookies", async () => {
    expect(only(await made(), "aws:cloudfront/cachePolicy:CachePolicy").inputs).to.deep.include({
      minTtl: 0,
      defaultTtl: 60,
      maxTtl: 31536000,
      parametersInCacheKeyAndForwardedToOrigin: {
        enableAcceptEncodingBrotli: true,
        enableAcceptEncodingGzip: true,
        headersConfig: { headerBehavior: "whitelist", headers: { items: ["Host"] } },
        queryStringsConfig: { queryStringBehavior: "all" },
        cookiesConfig: { cookieBehavior: "none" },
      },
    });
    const none = await made({ cachedPaths: [] });
    expect(ofType(none, "aws:cloudfront/cachePolicy:CachePolicy")).to.deep.equal([]);
    expect(only(none, types.distribution).inputs.orderedCacheBehaviors).to.deep.equal([]);
  });

  it("serves a single-page application: hashed files for a year, pages from index.html, the API untouched", async () => {
    const sites = { shop: { path: "/*", spa: true } };
    const resources = await made({ sites, routes: [route("api", { paths: ["/api/*"] })] });
    const { origins, defaultCacheBehavior, orderedCacheBehaviors } = only(resources, types.distribution).inputs;
    expect((origins as unknown[])[1]).to.deep.equal({
      originId: "shop",
      domainName: "platform-test-shop_bucketRegionalDomainName",
      originAccessControlId: "platform-test-edge-id",
    });
    const site = {
      targetOriginId: "shop",
      viewerProtocolPolicy: "redirect-to-https",
      allowedMethods: reading,
      cachedMethods: ["GET", "HEAD"],
    };
    expect(defaultCacheBehavior).to.deep.equal({
      ...site,
      compress: false,
      cachePolicyId: cachingDisabled,
      responseHeadersPolicyId: "platform-test-edge-files-id",
      functionAssociations: [{ eventType: "viewer-request", functionArn: "platform-test-shop_arn" }],
    });
    expect(orderedCacheBehaviors).to.deep.equal([
      {
        pathPattern: "/assets/*",
        ...site,
        compress: true,
        cachePolicyId: cachingOptimized,
        responseHeadersPolicyId: "platform-test-edge-hashed-id",
      },
      { pathPattern: "/api/*", ...service() },
    ]);
    const caching = ofType(resources, types.headers).map(({ inputs }) => inputs.customHeadersConfig);
    expect(caching).to.deep.equal([
      undefined,
      { items: [{ header: "Cache-Control", value: "public, max-age=31536000, immutable", override: true }] },
      { items: [{ header: "Cache-Control", value: "no-cache", override: true }] },
    ]);
    expect(only(resources, "aws:cloudfront/originAccessControl:OriginAccessControl").inputs).to.deep.include({
      originAccessControlOriginType: "s3",
      signingBehavior: "always",
      signingProtocol: "sigv4",
    });
  });

  it("rewrites pages of a site below a path, and only pages", async () => {
    const resources = await made({ sites: { docs: { path: "/docs/*", spa: true }, plain: { path: "/plain/*", spa: false } } });
    const functions = ofType(resources, "aws:cloudfront/function:Function");
    expect(functions.map(({ name, inputs }) => [name, inputs.runtime, inputs.publish])).to.deep.equal([
      ["platform-test-docs", "cloudfront-js-2.0", true],
    ]);
    // What CloudFront runs, run here.
    const handler = new Function("event", `${String(functions[0]?.inputs.code)}; return handler(event);`) as (event: unknown) => {
      uri: string;
    };
    const served = (uri: string): string => handler({ request: { uri } }).uri;
    expect(served("/docs/")).to.equal("/docs/index.html");
    expect(served("/docs/orders/17")).to.equal("/docs/index.html");
    expect(served("/docs/v1.2/orders")).to.equal("/docs/index.html");
    expect(served("/docs/logo.svg")).to.equal("/docs/logo.svg");
  });

  it("lets this distribution read a site's files, and nobody else", async () => {
    const policy = only(await made({ sites: { docs: { path: "/docs/*", spa: true } } }), "aws:s3/bucketPolicy:BucketPolicy", "edge-docs");
    const bucket = "platform-test-docs_arn";
    const cdn = {
      Effect: "Allow",
      Principal: { Service: "cloudfront.amazonaws.com" },
      Condition: { StringEquals: { "aws:SourceArn": "edge-distribution_arn" } },
    };
    expect(documentOf(policy, "policy")).to.deep.equal({
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "DenyPlainText",
          Effect: "Deny",
          Principal: "*",
          Action: "s3:*",
          Resource: [bucket, `${bucket}/*`],
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        },
        { Sid: "CdnReads", ...cdn, Action: ["s3:GetObject"], Resource: `${bucket}/*` },
        { Sid: "CdnLists", ...cdn, Action: ["s3:ListBucket"], Resource: bucket },
      ],
    });
    expect(waitsFor(policy)).to.include("docs-access");
  });

  it("writes who asked for what to the log bucket, whose policy is there before", async () => {
    const resources = await made();
    const region = "us-east-1";
    const name = only(resources, "aws:cloudwatch/logDeliverySource:LogDeliverySource").inputs.name;
    expect(only(resources, "aws:cloudwatch/logDeliverySource:LogDeliverySource").inputs).to.deep.equal({
      region,
      name,
      logType: "ACCESS_LOGS",
      resourceArn: "edge-distribution_arn",
      tags,
    });
    const destination = only(resources, "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination");
    expect(destination.inputs).to.deep.equal({
      region,
      name,
      outputFormat: "json",
      deliveryDestinationConfiguration: { destinationResourceArn: "platform-test-logs_arn" },
      tags,
    });
    expect(waitsFor(destination)).to.include("logs-policy");
    expect(only(resources, "aws:cloudwatch/logDelivery:LogDelivery").inputs).to.deep.equal({
      region,
      deliverySourceName: name,
      deliveryDestinationArn: "edge-logs_arn",
      s3DeliveryConfigurations: [{ suffixPath: "/{yyyy}/{MM}/{dd}/{HH}", enableHiveCompatiblePath: false }],
      tags,
    });
  });

  it("says who may connect where ranges are named, even without the firewall", async () => {
    const allowedCidrs = ["203.0.113.0/24"];
    const resources = await made({ waf: false, allowedCidrs });
    expect(only(resources, "aws:wafv2/ipSet:IpSet").inputs).to.deep.include({
      region: "us-east-1",
      scope: "CLOUDFRONT",
      ipAddressVersion: "IPV4",
      addresses: allowedCidrs,
    });
    const [rule, ...others] = only(resources, types.acl).inputs.rules as Record<string, unknown>[];
    expect(others).to.deep.equal([]);
    expect(rule).to.deep.include({
      name: "AllowedCidrs",
      priority: 0,
      action: { block: {} },
      statement: { notStatement: { statement: { ipSetReferenceStatement: { arn: "platform-test-edge-allowed_arn" } } } },
    });
    expect(ofType(await made({ waf: false, allowedCidrs: ["0.0.0.0/0"] }), types.acl)).to.deep.equal([]);
    expect(await distribution({ waf: false })).not.to.have.property("webAclId");
  });

  it("is protected by Shield Advanced by choice", async () => {
    const shield = "aws:shield/protection:Protection";
    expect(ofType(await made(), shield)).to.deep.equal([]);
    expect(only(await made({ ddosPlan: true }), shield).inputs).to.deep.include({ resourceArn: "edge-distribution_arn", tags });
  });
});

describe("the gateway on AWS behind a CDN", () => {
  const behind = once(async (args: Partial<GatewayArgs<Aws>>): Promise<Recorded[]> => {
    const answers = (_type: string, name: string) => ({ id: `${name}-id`, state: { arn: `${name}_arn` } });
    const program = (): void => void gateway(ground(), { cdn: true, ...args });
    return [...(await recordPlan(program, { project: "platform", stack: "test", answers })).resources];
  });

  it("is inside the network, with no rule but one for CloudFront's addresses", async () => {
    const resources = await behind({ waf: true, ddosPlan: true, domain, allowedCidrs: ["203.0.113.0/24"] });
    expect(classesIn(resources, "gateway")).to.deep.equal([
      "Certificate gateway-certificate",
      "CertificateValidation gateway-validation",
      "Listener gateway-cdn",
      "LoadBalancer platform-test-gat-d99eb7",
      "Record gateway-validation",
      "SecurityGroup platform-test-gateway-cdn",
      "SecurityGroupIngressRule gateway-cdn-443",
    ]);
    const balancer = only(resources, "aws:lb/loadBalancer:LoadBalancer").inputs;
    expect(balancer).to.deep.include({ internal: true, subnets: ["app-1-id", "app-2-id"] });
    expect(only(resources, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "gateway-cdn-443").inputs).to.deep.include({
      ipProtocol: "tcp",
      fromPort: 443,
      toPort: 443,
      description: "Port 443 from CloudFront",
      tags: awsTags("gateway"),
    });
    expect(only(resources, "aws:lb/listener:Listener").inputs).to.deep.include({
      port: 443,
      protocol: "HTTPS",
      sslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
    });
  });

  it("without a domain listens without TLS, inside", async () => {
    const resources = await behind({});
    expect(only(resources, "aws:lb/listener:Listener").inputs).to.deep.include({ port: 80, protocol: "HTTP" });
    expect(only(resources, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "gateway-cdn-80").inputs).to.deep.include({
      fromPort: 80,
      toPort: 80,
    });
  });
});

describe("the firewall and the records of the gateway on AWS", () => {
  const alone = once(async (args: Partial<GatewayArgs<Aws>>): Promise<Recorded[]> => {
    const answers = (_type: string, name: string) => ({ id: `${name}-id`, state: { arn: `${name}_arn`, dnsName: `${name}.example.net` } });
    const program = (): void => {
      const { dnsRecords } = gateway(ground(), args);
      output(dnsRecords).apply((seen) => listed.set(JSON.stringify(args), seen));
    };
    return [...(await recordPlan(program, { project: "platform", stack: "test", answers })).resources];
  });
  const listed = new Map<string, unknown>();

  it("limit a service by its own limit, on its paths and hosts", async () => {
    const routes = [
      route("web"),
      route("pay", { paths: ["/pay/*", "/pay"], hosts: ["pay.example.com"], rateLimit: 100 }),
      route("one", { paths: ["/one/*"], rateLimit: 200 }),
      route("inside", { paths: ["/inside/*"], rateLimit: 300, internal: true }),
    ];
    const rules = only(await alone({ waf: true, routes }), types.acl).inputs.rules as Record<string, unknown>[];
    const path = (searchString: string, positionalConstraint: string) => ({
      byteMatchStatement: {
        fieldToMatch: { uriPath: {} },
        searchString,
        positionalConstraint,
        textTransformations: [{ priority: 0, type: "NONE" }],
      },
    });
    const host = {
      byteMatchStatement: {
        fieldToMatch: { singleHeader: { name: "host" } },
        searchString: "pay.example.com",
        positionalConstraint: "EXACTLY",
        textTransformations: [{ priority: 0, type: "LOWERCASE" }],
      },
    };
    const visible = (metricName: string) => ({ cloudwatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName });
    expect(rules.map(({ name, priority }) => `${String(priority)} ${String(name)}`).slice(4)).to.deep.equal([
      "4 RateLimit",
      "5 RateLimit-pay",
      "6 RateLimit-one",
    ]);
    expect(rules[5]).to.deep.equal({
      name: "RateLimit-pay",
      priority: 5,
      action: { block: {} },
      statement: {
        rateBasedStatement: {
          limit: 100,
          aggregateKeyType: "IP",
          evaluationWindowSec: 300,
          scopeDownStatement: {
            andStatement: { statements: [{ orStatement: { statements: [path("/pay/", "STARTS_WITH"), path("/pay", "EXACTLY")] } }, host] },
          },
        },
      },
      visibilityConfig: visible("RateLimit-pay"),
    });
    expect(rules[6])
      .to.have.nested.property("statement.rateBasedStatement.scopeDownStatement")
      .that.deep.equals(path("/one/", "STARTS_WITH"));
  });

  it("count, where that is asked", async () => {
    const rules = only(await alone({ waf: true, wafMode: "count" }), types.acl).inputs.rules as Record<string, unknown>[];
    expect(rules.map(({ overrideAction, action }) => overrideAction ?? action)).to.deep.equal(Array(5).fill({ count: {} }));
    expect(only(await alone({ waf: true, wafMode: "count" }), types.acl).inputs.scope).to.equal("REGIONAL");
  });

  it("are listed where the zone is elsewhere", async () => {
    const elsewhere = { name: "example.com", certificate: "arn:aws:acm:us-east-1:123456789012:certificate/1" };
    await alone({ domain: elsewhere });
    expect(listed.get(JSON.stringify({ domain: elsewhere }))).to.deep.equal([
      { name: "example.com", type: "CNAME", value: "platform-test-gateway.example.net" },
    ]);
  });

  it("come with Shield Advanced by choice", async () => {
    const shield = only(await alone({ ddosPlan: true }), "aws:shield/protection:Protection");
    expect(shield.inputs).to.deep.include({ resourceArn: "platform-test-gateway_arn", tags: awsTags("gateway") });
  });
});
