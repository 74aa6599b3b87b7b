// What the simulated platform answers, for the resources that it has at a moment.
import { expect } from "chai";
import { addressOf, answers, served, type Share } from "../../rehearsal/front-door";
import type { Stored, Values } from "../../rehearsal/store";
import { availability, turn } from "../../rehearsal/visitors";

let count = 0;
const stored = (type: string, inputs: Values, outputs: Values = {}, until?: number): Stored => ({
  ...{ type, id: String(++count), urn: "urn:pulumi:dev::platform::x::y", region: "", seed: "", inputs, outputs: { ...inputs, ...outputs } },
  ...(until !== undefined && { until }),
});
const never = (): boolean => false;
const ask = (
  all: readonly Stored[],
  path = "/x",
  host = "shop.example",
  bad: (service: string, image: string) => boolean = never,
  headers: Readonly<Record<string, string>> = {},
): Share[] => answers({ host, path, headers }, all, 1000, bad);

describe("the front door of simulated AWS", () => {
  const task = (image: string): Stored =>
    stored(
      "aws:ecs/taskDefinition:TaskDefinition",
      {
        containerDefinitions: JSON.stringify([
          { name: "collector", image: "o" },
          { name: "web", image },
        ]),
      },
      { arn: `task-${image}` },
    );
  const service = (group: string, image: string, until?: number): Stored =>
    stored(
      "aws:ecs/service:Service",
      { loadBalancers: [{ targetGroupArn: group, containerName: "web" }], taskDefinition: `task-${image}`, tags: { component: "web" } },
      {},
      until,
    );
  const notFound = { type: "fixed-response", fixedResponse: { statusCode: "404" } };
  const listener = stored("aws:lb/listener:Listener", { defaultActions: [notFound] }, { arn: "listener" });
  const redirect = stored("aws:lb/listener:Listener", { defaultActions: [{ type: "redirect" }] }, { arn: "redirect" });
  const rule = (priority: number, conditions: unknown[], weights: readonly [string, number][]): Stored => {
    const targetGroups = weights.map(([arn, weight]) => ({ arn, weight }));
    return stored("aws:lb/listenerRule:ListenerRule", {
      ...{ listenerArn: "listener", priority, conditions },
      actions: [{ type: "forward", forward: { targetGroups } }],
    });
  };
  const everything = { pathPattern: { values: ["/*"] } };
  const all = [
    ...[redirect, listener, task("one"), task("two"), service("stable", "one"), service("next", "two")],
    ...[
      rule(
        9,
        [everything],
        [
          ["stable", 90],
          ["next", 10],
        ],
      ),
    ],
    ...[
      rule(1, [{ httpHeader: { httpHeaderName: "x-track", values: ["candidate"] } }, everything], [["next", 1]]),
      rule(2, [{ hostHeader: { values: ["*.other.example"] } }], [["gone", 1]]),
    ],
  ];

  it("follows rules by priority, and weights", () => {
    expect(ask(all)).to.deep.equal([
      { percent: 90, status: 200, image: "one" },
      { percent: 10, status: 200, image: "two" },
    ]);
    expect(ask(all, "/x", "shop.example", never, { "x-track": "candidate" })).to.deep.equal([{ percent: 100, status: 200, image: "two" }]);
    expect(ask(all, "/", "a.other.example")).to.deep.equal([{ percent: 100, status: 503 }]);
    expect(ask([listener])).to.deep.equal([{ percent: 100, status: 404 }]);
    expect(ask([redirect])).to.deep.equal([]);
  });

  it("has no answer from what is still being made, and a bad one from a bad image", () => {
    const starting = [listener, task("one"), service("stable", "one", 2000), rule(9, [everything], [["stable", 1]])];
    expect(ask(starting)).to.deep.equal([{ percent: 100, status: 503 }]);
    const bad = ask(all, "/x", "shop.example", (name, image) => name === "web" && image === "two");
    expect(bad.map(({ status }) => status)).to.deep.equal([200, 503]);
    expect(served(bad)).to.equal(90);
  });
});

describe("the front door of simulated Azure", () => {
  const site = (component: string, image: string, rampUpRules: unknown[] = []): Stored =>
    stored(
      "azure-native:web:WebApp",
      { name: component, siteConfig: { linuxFxVersion: image, experiments: { rampUpRules } }, tags: { component } },
      { defaultHostName: `${component}.azurewebsites.net` },
    );
  const slot = stored(
    "azure-native:web:WebAppSlot",
    { name: "web", slot: "candidate", siteConfig: { linuxFxVersion: "DOCKER|two" }, tags: { component: "web" } },
    { defaultHostName: "web-candidate.azurewebsites.net" },
  );
  const ramped = [{ actionHostName: "web-candidate.azurewebsites.net", reroutePercentage: 25 }];

  it("leads a share of a site's visitors to its slot", () => {
    const all = [site("web", "DOCKER|one", ramped), slot];
    expect(ask(all, "/", "web.azurewebsites.net")).to.deep.equal([
      { percent: 75, status: 200, image: "one" },
      { percent: 25, status: 200, image: "two" },
    ]);
    // Who looks at a candidate asks at its own host.
    expect(ask(all, "/", "web-candidate.azurewebsites.net")).to.deep.equal([{ percent: 100, status: 200, image: "two" }]);
    expect(addressOf("web", "/", all, "elsewhere")).to.deep.equal({ host: "web.azurewebsites.net", path: "/" });
  });

  it("knows a site's own container among those beside it, and has no answer before it is there", () => {
    const web = site("web", "sitecontainers");
    const container = (image: string, isMain: boolean): Stored =>
      stored("azure-native:web:WebAppSiteContainer", { name: "web", isMain, image });
    expect(ask([web], "/", "web.azurewebsites.net")).to.deep.equal([{ percent: 100, status: 503 }]);
    expect(ask([web, container("o", false), container("one", true)], "/", "web.azurewebsites.net")).to.deep.equal([
      { percent: 100, status: 200, image: "one" },
    ]);
  });

  it("finds the site behind a gateway by host and path", () => {
    const self = (kind: string, name: string): { id: string } => ({ id: `$self/${kind}/${name}` });
    const pool = (name: string): Values => ({ name, backendAddresses: [{ fqdn: `${name}.azurewebsites.net` }] });
    const gateway = stored("azure-native:network:ApplicationGateway", {
      httpListeners: [{ name: "every" }, { name: "other", hostNames: ["*.other.example"] }],
      requestRoutingRules: [
        { httpListener: self("httpListeners", "every"), urlPathMap: self("urlPathMaps", "every") },
        { httpListener: self("httpListeners", "other"), backendAddressPool: self("backendAddressPools", "gone") },
      ],
      urlPathMaps: [
        {
          ...{ name: "every", defaultBackendAddressPool: self("backendAddressPools", "web") },
          pathRules: [{ paths: ["/api/*"], backendAddressPool: self("backendAddressPools", "api") }],
        },
      ],
      backendAddressPools: [pool("web"), pool("api"), pool("gone")],
    });
    const all = [gateway, site("web", "DOCKER|one"), site("api", "DOCKER|two")];
    expect([ask(all, "/api/x"), ask(all, "/x")].map(([share]) => share?.image)).to.deep.equal(["two", "one"]);
    expect(ask(all, "/", "a.other.example")).to.deep.equal([{ percent: 100, status: 502 }]);
    expect(addressOf("api", "/api/x", all, "shop.example").host).to.equal("shop.example");
  });
});

describe("visitors", () => {
  it("meet each share as often as its weight says", () => {
    const shares: Share[] = [
      { percent: 90, status: 200 },
      { percent: 10, status: 503 },
    ];
    const met = Array.from({ length: 100 }, (_, number) => turn(shares, number)?.status);
    expect(met.filter((status) => status === 503)).to.have.length(10);
    expect(turn([], 1)).to.equal(undefined);
  });

  it("remember their share, when the first were served, and the longest time in which somebody was not", () => {
    const seen = [
      { at: 0, percent: 0 },
      { at: 2000, percent: 100 },
      { at: 6000, percent: 90 },
      { at: 7000, percent: 0 },
      { at: 8000, percent: 100 },
    ];
    expect(availability(seen, 0, 10_000)).to.deep.equal({ percent: 69, firstAfter: 2, last: 100, longestGap: 2 });
    expect(availability(seen, 8500, 9000)).to.deep.equal({ percent: 100, firstAfter: 0, last: 100, longestGap: 0 });
    expect(availability(seen, 0, 1000)).to.deep.equal({ percent: 0, firstAfter: null, last: 0, longestGap: 0 });
  });
});
