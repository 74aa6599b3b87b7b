import { expect } from "chai";
import { checkListeners, listenersOf } from "../../components/gateway/azure-routes";
import { maintenancePage } from "../../components/gateway/maintenance";
import type { Azure } from "../../components/clouds/azure/family";
import type { AzureGateway } from "../../components/gateway/azure";
import { child, childrenOf, common, type Parts, platform, route, type Settings, siteHost, summary, tags, waitsFor } from "./azure-parts";
import type { Recorded } from "../../plan/record";
import { once } from "../support/azure-parts";

const zone = "/subscriptions/0000/resourceGroups/dns-group/providers/Microsoft.Network/dnsZones/example.org";
const certificate = "https://kv.vault.azure.net/secrets/shop";
const domain = { name: "shop.example.org", zone, certificate };
const web = siteHost("web");

type SeenPlace = Omit<Azure["place"], "url"> & { url?: unknown };

/** What a gateway registers, and what it says of itself; recorded once for equal settings. */
const recorded = once(async (settings: Settings) => {
  let url: unknown = "unknown";
  const places: Record<string, SeenPlace> = {};
  const look = (made: AzureGateway): void => {
    made.url.apply((value) => (url = value));
    for (const { service } of settings.routes ?? [route("web")]) {
      const { raw } = made.place(service);
      const seen: SeenPlace = { ...raw, url: "unknown" };
      raw.url.apply((value) => (seen.url = value));
      places[service] = seen;
    }
  };
  const resources = await platform({ routes: [route("web")], ...settings, then: ({ gateway }) => look(gateway) });
  return { resources: childrenOf(resources, "Gateway", "gateway"), url, places };
});

const gateway = async (settings: Settings = {}): Promise<Recorded[]> => (await recorded(settings)).resources;
const urlOf = async (settings: Settings): Promise<unknown> => (await recorded(settings)).url;
const placeOf = async (settings: Settings, name: string): Promise<SeenPlace | undefined> => (await recorded(settings)).places[name];

const self = (collection: string, name: string): object => ({ id: `$self/${collection}/${name}` });
const settingsOf = (name: string, more: object): object => ({
  name,
  port: 443,
  protocol: "Https",
  pickHostNameFromBackendAddress: true,
  cookieBasedAffinity: "Disabled",
  requestTimeout: 30,
  connectionDraining: { enabled: true, drainTimeoutInSec: 30 },
  ...more,
});

/** What is alike with and without a certificate. */
const always = {
  ...common("gateway"),
  applicationGatewayName: "agw-platform-test-gateway",
  sku: { name: "WAF_v2", tier: "WAF_v2" },
  autoscaleConfiguration: { minCapacity: 2, maxCapacity: 10 },
  zones: ["1", "2", "3"],
  gatewayIPConfigurations: [{ name: "subnet", subnet: { id: "network-vnet-id/subnets/gateway" } }],
  frontendIPConfigurations: [{ name: "public", publicIPAddress: { id: "gateway-address-id" } }],
  firewallPolicy: { id: "gateway-waf-id" },
  forceFirewallPolicyAssociation: true,
  enableHttp2: true,
  sslPolicy: { policyType: "Predefined", policyName: "AppGwSslPolicy20220101S" },
  backendAddressPools: [
    { name: "web", backendAddresses: [{ fqdn: web }] },
    { name: "nobody", backendAddresses: [] },
  ],
  backendHttpSettingsCollection: [settingsOf("web", { probe: self("probes", "web") }), settingsOf("nobody", {})],
  probes: [
    {
      name: "web",
      protocol: "Https",
      path: "/ready",
      interval: 30,
      timeout: 30,
      unhealthyThreshold: 3,
      pickHostNameFromBackendHttpSettings: true,
      match: { statusCodes: ["200-399"] },
    },
  ],
};
const toWeb = { backendAddressPool: self("backendAddressPools", "web"), backendHttpSettings: self("backendHttpSettingsCollection", "web") };
const listener = (name: string, port: string, protocol: string, more: object = {}): object => ({
  name,
  frontendIPConfiguration: self("frontendIPConfigurations", "public"),
  frontendPort: self("frontendPorts", port),
  protocol,
  ...more,
});

describe("Gateway on Azure", () => {
  it("is an Application Gateway with an address, a firewall and logs", async () => {
    expect(summary(await gateway())).to.have.members([
      "network:PublicIPAddress gateway-address",
      "monitor:DiagnosticSetting gateway-address-logs",
      "network:WebApplicationFirewallPolicy gateway-waf",
      "network:ApplicationGateway gateway-gateway",
      "monitor:DiagnosticSetting gateway-logs",
    ]);
  });

  it("has an identity for the certificate and records in the zone with a domain", async () => {
    expect(summary(await gateway({ gateway: { domain } }))).to.have.members([
      "network:PublicIPAddress gateway-address",
      "monitor:DiagnosticSetting gateway-address-logs",
      "managedidentity:UserAssignedIdentity gateway-identity",
      "network:WebApplicationFirewallPolicy gateway-waf",
      "network:ApplicationGateway gateway-gateway",
      "monitor:DiagnosticSetting gateway-logs",
      "dns:RecordSet gateway-shop.example.org",
    ]);
  });

  it("is nothing at all where each site answers itself", async () => {
    expect(await gateway({ gateway: { direct: true } })).to.be.empty;
  });

  it("serves plain HTTP without a domain", async () => {
    const made = child(await gateway(), "gateway-gateway");
    expect(made.inputs).to.deep.equal({
      ...always,
      frontendPorts: [{ name: "http", port: 80 }],
      httpListeners: [listener("every-host", "http", "Http")],
      requestRoutingRules: [
        { name: "every-host", priority: 10000, ruleType: "Basic", httpListener: self("httpListeners", "every-host"), ...toWeb },
      ],
      urlPathMaps: [],
    });
  });

  it("serves TLS with the domain's certificate, sends HTTP there and asks browsers to stay", async () => {
    const made = child(await gateway({ gateway: { domain } }), "gateway-gateway");
    const headers = { rewriteRuleSet: self("rewriteRuleSets", "headers") };
    expect(made.inputs).to.deep.equal({
      ...always,
      identity: { type: "UserAssigned", userAssignedIdentities: ["gateway-identity-id"] },
      frontendPorts: [
        { name: "https", port: 443 },
        { name: "http", port: 80 },
      ],
      httpListeners: [
        listener("every-host", "https", "Https", { sslCertificate: self("sslCertificates", "certificate") }),
        listener("redirect", "http", "Http"),
      ],
      requestRoutingRules: [
        { name: "every-host", priority: 10000, ruleType: "Basic", httpListener: self("httpListeners", "every-host"), ...toWeb, ...headers },
        {
          name: "redirect",
          priority: 20000,
          ruleType: "Basic",
          httpListener: self("httpListeners", "redirect"),
          redirectConfiguration: self("redirectConfigurations", "https"),
        },
      ],
      urlPathMaps: [],
      sslCertificates: [{ name: "certificate", keyVaultSecretId: certificate }],
      redirectConfigurations: [
        {
          name: "https",
          redirectType: "Permanent",
          targetListener: self("httpListeners", "every-host"),
          includePath: true,
          includeQueryString: true,
        },
      ],
      rewriteRuleSets: [
        {
          name: "headers",
          rewriteRules: [
            {
              name: "strict-transport",
              ruleSequence: 100,
              actionSet: {
                responseHeaderConfigurations: [
                  { headerName: "Strict-Transport-Security", headerValue: "max-age=31536000; includeSubDomains" },
                ],
              },
            },
          ],
        },
      ],
    });
  });

  it("leads paths and hosts to their sites, and what nobody takes to an empty pool", async () => {
    const routes = [
      route("web", { paths: ["/shop/*"] }),
      route("api", { hosts: ["api.shop.example.org"], paths: ["/v1/*"], readyPath: "/up" }),
      route("back", { internal: true }),
    ];
    const made = child(await gateway({ routes, gateway: { domain } }), "gateway-gateway").inputs as Record<
      string,
      Record<string, unknown>[]
    >;
    const headers = { rewriteRuleSet: self("rewriteRuleSets", "headers") };
    const to = (name: string): object => ({
      backendAddressPool: self("backendAddressPools", name),
      backendHttpSettings: self("backendHttpSettingsCollection", name),
    });
    const toNobody = {
      defaultBackendAddressPool: self("backendAddressPools", "nobody"),
      defaultBackendHttpSettings: self("backendHttpSettingsCollection", "nobody"),
      defaultRewriteRuleSet: headers.rewriteRuleSet,
    };
    expect(made.backendAddressPools).to.deep.equal([
      { name: "web", backendAddresses: [{ fqdn: web }] },
      { name: "api", backendAddresses: [{ fqdn: siteHost("api") }] },
      { name: "nobody", backendAddresses: [] },
    ]);
    expect(made.probes!.map(({ path }) => path)).to.deep.equal(["/ready", "/up"]);
    expect(made.httpListeners!.map(({ name, hostNames }) => [name, hostNames])).to.deep.equal([
      ["api_shop_example_org", ["api.shop.example.org"]],
      ["every-host", undefined],
      ["redirect", undefined],
    ]);
    expect(made.requestRoutingRules!.slice(0, 2)).to.deep.equal([
      {
        name: "api_shop_example_org",
        priority: 100,
        ruleType: "PathBasedRouting",
        httpListener: self("httpListeners", "api_shop_example_org"),
        urlPathMap: self("urlPathMaps", "api_shop_example_org"),
      },
      {
        name: "every-host",
        priority: 10000,
        ruleType: "PathBasedRouting",
        httpListener: self("httpListeners", "every-host"),
        urlPathMap: self("urlPathMaps", "every-host"),
      },
    ]);
    expect(made.urlPathMaps).to.deep.equal([
      {
        name: "api_shop_example_org",
        pathRules: [
          { name: "web-1", paths: ["/shop/*"], ...to("web"), ...headers },
          { name: "api-2", paths: ["/v1/*"], ...to("api"), ...headers },
        ],
        ...toNobody,
      },
      { name: "every-host", pathRules: [{ name: "web-1", paths: ["/shop/*"], ...to("web"), ...headers }], ...toNobody },
    ]);
  });

  it("leads everything to the empty pool while there is no route", async () => {
    const [rule] = child(await gateway({ routes: [] }), "gateway-gateway").inputs.requestRoutingRules as object[];
    expect(rule).to.deep.include({ ruleType: "Basic", backendAddressPool: self("backendAddressPools", "nobody") });
  });

  it("has one unit at the least outside production", async () => {
    const made = child(await gateway({ stack: { environment: "staging" } }), "gateway-gateway");
    expect(made.inputs.autoscaleConfiguration).to.deep.equal({ minCapacity: 1, maxCapacity: 10 });
  });

  it("waits for the sites' zone and never for a site, and has an hour", async () => {
    const made = child(await gateway({ withServices: true }), "gateway-gateway");
    expect(waitsFor(made)).to.deep.equal(["gateway-address", "gateway-waf", "network-group", "network-sites", "network-vnet"]);
    expect(made.dependencies.some((urn) => urn.includes("VirtualNetworkLink"))).to.equal(true);
    expect(Object.values(made.options.customTimeouts)).to.deep.equal(["60m", "60m", "60m"]);
  });

  it("blocks by the core rules, bots, and too many requests of one address", async () => {
    const firewall = child(await gateway(), "gateway-waf");
    expect(firewall.inputs).to.deep.equal({
      ...common("gateway"),
      policyName: "waf-platform-test-gateway",
      managedRules: {
        managedRuleSets: [
          { ruleSetType: "Microsoft_DefaultRuleSet", ruleSetVersion: "2.2" },
          { ruleSetType: "Microsoft_BotManagerRuleSet", ruleSetVersion: "1.1" },
        ],
      },
      // The enforcement of uploads is the SDK's default.
      policySettings: {
        state: "Enabled",
        mode: "Prevention",
        requestBodyCheck: true,
        maxRequestBodySizeInKb: 128,
        fileUploadLimitInMb: 100,
        fileUploadEnforcement: true,
        requestBodyEnforcement: false,
        requestBodyInspectLimitInKB: 128,
        logScrubbing: {
          state: "Enabled",
          scrubbingRules: [
            { matchVariable: "RequestHeaderNames", selector: "Authorization", selectorMatchOperator: "Equals", state: "Enabled" },
            { matchVariable: "RequestHeaderNames", selector: "Cookie", selectorMatchOperator: "Equals", state: "Enabled" },
            { matchVariable: "RequestCookieNames", selectorMatchOperator: "EqualsAny", state: "Enabled" },
          ],
        },
      },
      customRules: [
        {
          name: "RateLimit",
          priority: 10,
          ruleType: "RateLimitRule",
          rateLimitDuration: "FiveMins",
          rateLimitThreshold: 2000,
          groupByUserSession: [{ groupByVariables: [{ variableName: "ClientAddr" }] }],
          matchConditions: [
            {
              matchVariables: [{ variableName: "RemoteAddr" }],
              operator: "IPMatch",
              negationConditon: true,
              matchValues: ["255.255.255.255/32"],
            },
          ],
          action: "Block",
        },
      ],
    });
  });

  it("keeps the tier's rules without the limit where no firewall is asked for", async () => {
    const { inputs } = child(await gateway({ gateway: { waf: false } }), "gateway-waf");
    expect(inputs.customRules).to.deep.equal([]);
    expect(inputs.policySettings).to.deep.include({ mode: "Prevention", state: "Enabled" });
  });

  it("blocks everyone with a page while it is under maintenance", async () => {
    const { inputs } = child(await gateway({ maintenance: true }), "gateway-waf");
    expect(inputs.policySettings).to.deep.include({
      mode: "Prevention",
      state: "Enabled",
      customBlockResponseStatusCode: 429,
      customBlockResponseBody: Buffer.from(maintenancePage).toString("base64"),
    });
    const [first, ...rest] = inputs.customRules as unknown[];
    expect(first).to.deep.equal({
      name: "Maintenance",
      priority: 5,
      ruleType: "MatchRule",
      matchConditions: [
        {
          matchVariables: [{ variableName: "RemoteAddr" }],
          operator: "IPMatch",
          negationConditon: true,
          matchValues: ["255.255.255.255/32"],
        },
      ],
      action: "Block",
    });
    expect(rest).to.have.length(1);
    // What only counts would block nobody.
    const counting = child(await gateway({ maintenance: true, gateway: { wafMode: "count" } }), "gateway-waf").inputs;
    expect(counting.policySettings).to.deep.equal(inputs.policySettings);
    const behind = child(await gateway({ maintenance: true, gateway: { cdn: true } }), "gateway-waf").inputs;
    expect((behind.customRules as { name: string }[]).map(({ name }) => name)).to.deep.equal(["OnlyOurFrontDoor", "Maintenance"]);
    const usual = child(await gateway(), "gateway-waf").inputs.policySettings;
    expect(usual).not.to.have.any.keys("customBlockResponseStatusCode", "customBlockResponseBody");
  });

  it("has a fixed address in all zones, under a name of Azure's", async () => {
    expect(child(await gateway(), "gateway-address").inputs).to.deep.equal({
      ...common("gateway"),
      publicIpAddressName: "pip-platform-test-gateway",
      sku: { name: "Standard", tier: "Regional" },
      publicIPAllocationMethod: "Static",
      publicIPAddressVersion: "IPv4",
      dnsSettings: { domainNameLabel: "platform-test", domainNameLabelScope: "TenantReuse" },
      zones: ["1", "2", "3"],
    });
  });

  it("logs to the workspace", async () => {
    expect(child(await gateway(), "gateway-logs").inputs).to.deep.equal({
      logAnalyticsDestinationType: "Dedicated",
      name: "diag-gateway",
      resourceUri: "gateway-gateway-id",
      workspaceId: "monitoring-workspace-id",
      logs: [{ categoryGroup: "allLogs", enabled: true }],
      metrics: [{ category: "AllMetrics", enabled: true }],
    });
  });

  it("points the domain and hosts below it at the address, in the zone's own group", async () => {
    const routes = [route("web", { hosts: ["api.shop.example.org", "elsewhere.org"] })];
    const records = (await gateway({ routes, gateway: { domain } })).filter(({ type }) => type.endsWith(":RecordSet"));
    const record = (relativeRecordSetName: string): object => ({
      resourceGroupName: "dns-group",
      zoneName: "example.org",
      recordType: "A",
      ttl: 300,
      targetResource: { id: "gateway-address-id" },
      relativeRecordSetName,
    });
    expect(records.map(({ inputs }) => inputs)).to.deep.equal([record("shop"), record("api.shop")]);
    const apex = (await gateway({ gateway: { domain: { ...domain, name: "example.org" } } })).find(({ type }) =>
      type.endsWith(":RecordSet"),
    );
    expect(apex!.inputs).to.deep.equal(record("@"));
  });

  it("makes no record where the zone is elsewhere", async () => {
    const made = await gateway({ gateway: { domain: { name: "shop.example.org", certificate } } });
    expect(summary(made).join()).to.not.match(/RecordSet/);
  });

  it("has an identity that you let read the certificate", async () => {
    expect(child(await gateway({ gateway: { domain } }), "gateway-identity").inputs).to.deep.equal({
      ...common("gateway"),
      resourceName: "id-platform-test-gateway",
      tags: tags("gateway"),
    });
  });

  it("answers at the domain, else at Azure's name, else at the first site", async () => {
    expect(await urlOf({ gateway: { domain } })).to.equal("https://shop.example.org");
    expect(await urlOf({ gateway: { direct: true } })).to.equal(`https://${web}`);
    expect(await urlOf({ gateway: { direct: true }, routes: [] })).to.equal("");
    expect(await urlOf({})).to.match(/^http:\/\//);
  });

  it("offers each service a place under the name that the site will have", async () => {
    const routes = [route("web"), route("back", { internal: true })];
    const siteName = web.replace(".azurewebsites.net", "");
    expect(await placeOf({ routes }, "web")).to.deep.equal({
      siteName,
      direct: false,
      allowedCidrs: [],
      internal: false,
      maintenance: false,
      url: `https://${web}`,
    });
    const open = { routes, gateway: { direct: true }, maintenance: true, network: { allowedCidrs: ["203.0.113.0/24"] } };
    expect(await placeOf(open, "web")).to.deep.equal({
      siteName,
      direct: true,
      allowedCidrs: ["203.0.113.0/24"],
      internal: false,
      maintenance: true,
      url: `https://${web}`,
    });
    expect((await placeOf({ routes }, "back"))?.internal).to.equal(true);
  });

  it("has no place for a service without a route", async () => {
    let message = "";
    const ask = ({ gateway }: Parts): void => {
      try {
        gateway.place("worker");
      } catch (error) {
        message = String(error);
      }
    };
    await platform({ routes: [route("web")], then: ask });
    expect(message).to.match(/services\.worker: has no route of the gateway\n +give it one; routes exist for web/);
  });

  for (const [what, settings, message] of [
    [
      "to serve the internet in clear",
      { gateway: { requireTls: true }, network: { allowedCidrs: ["0.0.0.0/0"] } },
      /network\.allowedCidrs: would serve the internet in clear/,
    ],
    ["a domain without a certificate", { gateway: { domain: { name: "shop.example.org" } } }, /domain\.azure\.certificateSecretId/],
    [
      "a domain without a gateway",
      { gateway: { direct: true, domain } },
      /domain\.name: without a gateway.*"shop\.example\.org"[^]*set edge\.direct to false, or remove domain/,
    ],
    [
      "what is not the id of a zone",
      { gateway: { domain: { ...domain, zone: "example.org" } } },
      /domain\.azure\.zoneId: not the resource id of a DNS zone \(given: "example\.org"\)\n +write it as \/subscriptions/,
    ],
    [
      "a zone that the domain is not in",
      { gateway: { domain: { ...domain, name: "shopexample.org" } } },
      /domain\.azure\.zoneId: shopexample\.org is not in the zone example\.org[^]*name the zone that the domain is in/,
    ],
    [
      "more services than pools",
      { routes: Array.from({ length: 100 }, (_, index) => route(`s${index}`, { paths: [`/s${index}`] })) },
      /services: the gateway takes at most 99 services that are reached from the internet \(given: 100\)/,
    ],
    ["two services at one path", { routes: [route("web"), route("api")] }, /leads to "web" already/],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const failure = await gateway(settings).then(
        () => "",
        (error: unknown) => String(error),
      );
      expect(failure).to.match(message);
    });
  }
});

describe("the listeners of an Application Gateway", () => {
  const routes = [
    route("web"),
    route("api", { hosts: ["b.example.org", "a.example.org"], paths: ["/v1/*", "/v1/orders/*", "/status"] }),
    route("docs", { hosts: ["a.example.org"], paths: [] }),
  ];

  it("are one per host before the one for every host, the longer path first", () => {
    const paths = [
      { name: "api-1", path: "/v1/orders/*", service: "api" },
      { name: "api-2", path: "/status", service: "api" },
      { name: "api-3", path: "/v1/*", service: "api" },
    ];
    expect(listenersOf(routes)).to.deep.equal([
      { name: "a_example_org", host: "a.example.org", priority: 100, paths, rest: "docs" },
      { name: "b_example_org", host: "b.example.org", priority: 110, paths, rest: "web" },
      { name: "every-host", host: undefined, priority: 10000, paths: [], rest: "web" },
    ]);
  });

  it("lead nowhere without a route", () => {
    expect(listenersOf([])).to.deep.equal([{ name: "every-host", host: undefined, priority: 10000, paths: [], rest: undefined }]);
  });

  const many = (count: number, overrides: Partial<Parameters<typeof route>[1]> = {}) =>
    Array.from({ length: count }, (_, index) => route(`s${index}`, { paths: [`/s${index}`], ...overrides }));
  const hosts = (count: number) => Array.from({ length: count }, (_, index) => `h${index}.example.org`);
  const paths = (count: number) => Array.from({ length: count }, (_, index) => `/p${index}`);

  it("may be as many as a gateway takes", () => {
    expect(checkListeners([...many(99), ...many(200, { internal: true })], true)).to.deep.equal([]);
    expect(checkListeners([route("web", { hosts: hosts(98) })], true)).to.deep.equal([]);
    expect(checkListeners([route("web", { hosts: hosts(99) })], false)).to.deep.equal([]);
    expect(checkListeners([route("web", { paths: [...paths(100), "/*"] })], true)).to.deep.equal([]);
  });

  it("are refused beyond that", () => {
    const reach = { path: "services", given: 100, remedy: "make services internal, or move services to a stack of their own" };
    expect(checkListeners(many(100), true)).to.deep.equal([
      { ...reach, problem: "the gateway takes at most 99 services that are reached from the internet" },
    ]);
    for (const [isSecure, most] of [
      [true, 98],
      [false, 99],
    ] as const) {
      expect(checkListeners([route("web", { hosts: hosts(most + 1) })], isSecure)).to.deep.equal([
        {
          path: "services",
          given: most + 1,
          problem: `the gateway takes at most ${most} host names`,
          remedy: "tell services apart by paths, or move services to a stack of their own",
        },
      ]);
    }
    const remedy = "let one path such as /reports/* take several, or move services to a stack of their own";
    const shared = route("web", { paths: paths(60) });
    const own = route("api", { hosts: hosts(1), paths: paths(101).slice(60) });
    const problem = "the gateway takes at most 100 paths of h0.example.org, those of services without a host among them";
    expect(checkListeners([shared, own], true)).to.deep.equal([{ path: "services", given: 101, problem, remedy }]);
    expect(checkListeners([route("web", { paths: paths(101) })], true)).to.deep.equal([
      { path: "services", given: 101, problem: problem.replace("h0.example.org", "every host"), remedy },
    ]);
  });
});
