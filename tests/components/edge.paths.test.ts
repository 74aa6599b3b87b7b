import { expect } from "chai";
import * as fc from "fast-check";
import { publicPaths, waysOf } from "../../components/edge/paths";
import type { Route } from "../../components/gateway/index";
import { route } from "../support/aws-platform";

const web = route("web");
const api = route("api", { paths: ["/api/*"] });

/** `/path -> where`, with `+` where it is cached. */
function ways(routes: readonly Route[], sites: Record<string, string>, cached: readonly string[] = []): string[] {
  const list = Object.entries(sites).map(([service, path]) => ({ service, path }));
  const { rest, ways } = waysOf(routes, list, cached);
  return [...ways.map(({ path, site, cached }) => `${path} ${site ?? "gateway"}${cached ? "+" : ""}`), `rest ${rest ?? "gateway"}`];
}

describe("paths at the CDN", () => {
  it("all lead to the gateway where there is no site, and none is kept unless named", () => {
    expect(ways([web, api], {})).to.deep.equal(["rest gateway"]);
    expect(ways([web, api], {}, ["/assets/*"])).to.deep.equal(["/assets/* gateway+", "rest gateway"]);
  });

  it("lead to a site below its own, whose hashed files are kept", () => {
    expect(ways([web, api], { docs: "/docs/*" })).to.deep.equal(["/docs/assets/* docs+", "/docs/* docs", "rest gateway"]);
  });

  it("name the gateway's own where a site would hide them", () => {
    expect(ways([api, route("login", { paths: ["/login"] })], { shop: "/*" })).to.deep.equal([
      "/assets/* shop+",
      "/api/* gateway",
      "/login gateway",
      "rest shop",
    ]);
    expect(ways([web, route("inner", { paths: ["/docs/api/*"] })], { docs: "/docs/*" })).to.deep.equal([
      "/docs/assets/* docs+",
      "/docs/api/* gateway",
      "/docs/* docs",
      "rest gateway",
    ]);
  });

  it("leave to a site what is below it, kept or not", () => {
    expect(ways([api], { shop: "/*" }, ["/assets/*", "/api/assets/*"])).to.deep.equal([
      "/api/assets/* gateway+",
      "/assets/* shop+",
      "/api/* gateway",
      "rest shop",
    ]);
    expect(ways([api], {}, ["/assets/*"])).to.deep.equal(["rest gateway"]);
  });

  it("of internal services are not there", () => {
    expect(ways([route("secret", { paths: ["/secret/*"], internal: true })], { shop: "/*" })).to.deep.equal([
      "/assets/* shop+",
      "rest shop",
    ]);
    expect(publicPaths([web, api, route("other"), route("x", { paths: ["/x"], internal: true })])).to.deep.equal(["/*", "/api/*"]);
  });

  it("come the more specific first, each once", () => {
    const part = fc.constantFrom("a", "b", "assets");
    const path = fc.array(part, { maxLength: 3 }).map((parts) => `/${[...parts, "*"].join("/")}`);
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 4 }), fc.uniqueArray(path, { maxLength: 2 }), path, (routes, sites, cached) => {
        const list = sites.map((one, index) => ({ service: `s${index}`, path: one }));
        const found = waysOf([route("web", { paths: routes })], list, [cached]).ways.map((way) => way.path);
        expect(new Set(found).size).to.equal(found.length);
        found.forEach((one, index) => {
          for (const later of found.slice(index + 1)) expect(later.startsWith(one.slice(0, -1)) && later !== one).to.equal(false);
        });
      }),
    );
  });
});
