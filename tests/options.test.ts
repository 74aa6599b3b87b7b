// What is off by default, on: the registry, the flags and the services' own logins, on both clouds.
import { expect } from "chai";
import { type CloudName, clouds } from "../components/cloud";
import { plan } from "../plan/plan";
import type { Report } from "../plan/report";

const set = [
  "flags.enabled=true",
  "flags.values.checkout=true",
  "services.api.uses.flags=read",
  "services.api.image=api:1.2.3",
  "services.worker.image=worker:2",
  "database.logins.made=1",
  "rotatedOn=2026-11-21",
];

describe("a platform with its own registry, flags and logins", function () {
  this.timeout(30_000);
  const reports = new Map<CloudName, Report>();
  const report = (cloud: CloudName): Report => reports.get(cloud)!;
  before(async () => {
    for (const cloud of clouds) reports.set(cloud, await plan({ stack: "prod", cloud, set }));
  });

  it("has the same components and outputs on both clouds", () => {
    const components = (cloud: CloudName): string[] =>
      report(cloud)
        .resources.filter(({ type }) => type.startsWith("platform:index:"))
        .map(({ type, name }) => `${type} ${name}`);
    expect(components("aws")).to.have.members(components("azure"));
    expect(components("aws")).to.include.members([
      "platform:index:AppService database-roles",
      "platform:index:Flags flags",
      "platform:index:Registry registry",
      "platform:index:Rotation rotation",
    ]);
    for (const cloud of clouds) {
      const { repositories, images } = report(cloud).outputs as Record<string, object>;
      expect(Object.keys(repositories ?? {})).to.deep.equal(["api", "worker"]);
      expect(images, "as the settings state them").to.include({ api: "api:1.2.3", worker: "worker:2" });
      expect(images).to.have.all.keys("api", "nightly", "web", "worker");
    }
  });

  it("says no longer that services share the owner's login", () => {
    for (const cloud of clouds) expect(report(cloud).warnings.join()).not.to.include("owner's login");
  });

  it("tags all of it", () => {
    for (const cloud of clouds) {
      for (const { urn, inputs } of report(cloud).resources) {
        if (!("tags" in inputs) || Array.isArray(inputs.tags)) continue;
        expect(inputs.tags, urn).to.include.keys("project", "environment", "stack", "component", "owner", "cost-center", "managed-by");
      }
    }
  });

  it("lets a service wait for nothing of the alarm, the flags or another service's repository but what it reads", () => {
    for (const cloud of clouds) {
      const { resources } = report(cloud);
      const of = (component: string) => new Set(resources.filter(({ parent }) => parent?.endsWith(`::${component}`)).map(({ urn }) => urn));
      const foreign = [...of("rotation"), ...of("flags")];
      const web = of("web");
      for (const { urn, dependencies } of resources) {
        if (web.has(urn))
          expect(
            dependencies.filter((each) => foreign.includes(each) || of("registry").has(each)),
            urn,
          ).to.deep.equal([]);
      }
    }
  });
});
