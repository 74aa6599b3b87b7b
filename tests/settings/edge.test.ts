// The CDN and static sites in the settings: what is refused, and what they become.
import { expect } from "chai";
import { faults, settings } from "./support";

const cdn = { edge: { cdn: true } };
const site = (fields: Record<string, unknown> = {}) => ({
  services: { docs: { kind: "static", routes: { paths: ["/docs/*"] }, ...fields } },
});

describe("the CDN in the settings", () => {
  it("is the gateway's lock and the edge's firewall at once", () => {
    const { gateway, edge } = settings({ config: { ...cdn, network: { allowedCidrs: ["203.0.113.0/24"] } } });
    expect(gateway).to.deep.equal({
      cdn: true,
      ddosPlan: false,
      direct: false,
      domain: undefined,
      rateLimit: 2000,
      requireTls: false,
      waf: false,
      wafMode: "block",
    });
    expect(edge?.allowedCidrs).to.deep.equal(["203.0.113.0/24"]);
    expect(settings().edge).to.equal(undefined);
  });

  it("takes headers and paths, the preset's for what is not stated", () => {
    const headers = { contentSecurityPolicy: "default-src 'self'" };
    const { edge } = settings({ config: { edge: { cdn: true, headers, cachedPaths: ["/_next/static/*"] } } });
    expect(edge?.headers).to.deep.equal({
      contentSecurityPolicy: "default-src 'self'",
      frameOptions: "SAMEORIGIN",
      referrerPolicy: "strict-origin-when-cross-origin",
    });
    expect(edge?.cachedPaths).to.deep.equal(["/_next/static/*"]);
  });

  it("serves TLS, so the whole internet may come without a domain", () => {
    expect(faults({ config: { environment: "prod", network: { allowedCidrs: ["0.0.0.0/0"] } } })).to.deep.equal([]);
    expect(faults({ config: { environment: "prod", cloud: "azure", domain: { name: "shop.example.org" } } })).to.deep.equal([]);
  });

  const west = { "aws:region": "eu-west-1", domain: { name: "shop.example.org", aws: { certificateArn: arn("eu-west-1") } } };
  const refused: [name: string, config: Record<string, unknown>, path: string, problem: RegExp, remedy: RegExp][] = [
    [
      "before no gateway",
      { cloud: "azure", ...cdn },
      "edge.cdn",
      /stands before a gateway, and with edge.direct there is none/,
      /--path edge.direct false, or .* edge.cdn false/,
    ],
    [
      "paid protection of no address",
      { cloud: "azure", edge: { ddosPlan: true } },
      "edge.ddosPlan",
      /protects the gateway's address/,
      /--path edge.ddosPlan false/,
    ],
    [
      "with logs outside the allowed regions",
      { ...cdn, "aws:region": "eu-west-1", allowedRegions: ["eu-west-1"] },
      "edge.cdn",
      /log of CloudFront's firewall is in us-east-1/,
      /add us-east-1 to allowedRegions/,
    ],
    [
      "with a certificate of another region",
      { ...cdn, ...west },
      "domain.aws.cdnCertificateArn",
      /certificates of us-east-1 only/,
      /set domain.aws.zoneId, or domain.aws.cdnCertificateArn/,
    ],
    ["headers without it", { edge: { headers: { frameOptions: "DENY" } } }, "edge.headers", /only the CDN does this/, /edge.cdn true/],
    ["cached paths without it", { edge: { cachedPaths: ["/a/*"] } }, "edge.cachedPaths", /only the CDN does this/, /edge.cdn true/],
    [
      "its certificate without it",
      { domain: { name: "shop.example.org", aws: { zoneId: "Z0123456789", cdnCertificateArn: arn("us-east-1") } } },
      "domain.aws.cdnCertificateArn",
      /only the CDN does this/,
      /edge.cdn true/,
    ],
    ["a static site without it", site(), "services.docs.kind", /edge.cdn is off/, /--path edge.cdn true/],
    [
      "a static site with two paths",
      { ...cdn, ...site({ routes: { paths: ["/a/*", "/b/*"] } }) },
      "services.docs.routes.paths",
      /one path, which ends in/,
      /make another site/,
    ],
    [
      "a static site at a single page",
      { ...cdn, ...site({ routes: { paths: ["/login"] } }) },
      "services.docs.routes.paths",
      /one path, which ends in/,
      /"\/docs\/\*"/,
    ],
    [
      "a static site with a host",
      { ...cdn, ...site({ routes: { paths: ["/docs/*"], hosts: ["docs.example.org"] } }) },
      "services.docs.routes.hosts",
      /by path, not by host/,
      /remove it/,
    ],
    ["a static site's image", { ...cdn, ...site({ image: "example.org/a:1" }) }, "services.docs.image", /is files/, /remove it/],
    [
      "a static site at a service's path",
      { ...cdn, ...site({ routes: { paths: ["/api/*"] } }) },
      "services.docs.routes.paths",
      /leads to "api" already/,
      /choose another path/,
    ],
    ["pages of a service", { services: { api: { spa: true } } }, "services.api.spa", /only a static site/, /remove it/],
  ];
  for (const [name, config, path, problem, remedy] of refused) {
    it(`refuses ${name}`, () => {
      const all = faults({ config });
      const fault = all.find((one) => one.path === path && problem.test(one.problem));
      expect(fault, all.map((one) => `${one.path}: ${one.problem}`).join("; ")).not.to.equal(undefined);
      expect(fault?.remedy).to.match(remedy);
    });
  }

  it("takes a certificate in us-east-1, from either key", () => {
    const aws = (keys: Record<string, string>) => ({ domain: { name: "shop.example.org", aws: keys } });
    expect(faults({ config: { ...cdn, ...aws({ certificateArn: arn("us-east-1") }) } })).to.deep.equal([]);
    const both = aws({ certificateArn: arn("eu-west-1"), cdnCertificateArn: arn("us-east-1") });
    expect(faults({ config: { ...cdn, ...both, "aws:region": "eu-west-1" } })).to.deep.equal([]);
    const allowed = { allowedRegions: ["us-east-1", "eu-west-1"], "aws:region": "eu-west-1" };
    expect(faults({ config: { ...cdn, ...allowed } })).to.deep.equal([]);
  });

  it("makes a site of a static service, and no service", () => {
    const { sites, services } = settings({ config: { ...cdn, ...site({ spa: false }) } });
    expect(sites).to.deep.equal({ docs: { path: "/docs/*", spa: false } });
    expect(Object.keys(services)).not.to.include("docs");
  });

  it("lets a static site take the place of the preset's web, at every path", () => {
    const { sites, services } = settings({ config: { ...cdn, services: { web: { kind: "static" } } } });
    expect(sites).to.deep.equal({ web: { path: "/*", spa: true } });
    expect(Object.keys(services)).to.deep.equal(["api", "worker", "nightly"]);
    expect(settings({ config: { services: { docs: { kind: "static", enabled: false } } } }).sites).to.deep.equal({});
  });
});

function arn(region: string): string {
  return `arn:aws:acm:${region}:123456789012:certificate/0a1b2c3d-0000-1111-2222-333344445555`;
}
