// The platform's own registry (R1, A2) and the flags (A8) in the settings.
import { expect } from "chai";
import { checkImage, ownImage, repositoriesOf } from "../../components/registry/index";
import { clouds } from "../../components/cloud";
import { faults, settings } from "./support";

const paths = (config: Record<string, unknown>): string[] => faults({ config }).map(({ path }) => path);

describe("an image", () => {
  it("without a host is one of the platform's own registry", () => {
    expect(ownImage("api:1.2.3")).to.deep.equal({ repository: "api", version: ":1.2.3" });
    expect(ownImage("team/api@sha256:abc")).to.deep.equal({ repository: "team/api", version: "@sha256:abc" });
    expect(ownImage("api:1@sha256:abc")).to.deep.equal({ repository: "api", version: ":1@sha256:abc" });
    for (const image of ["docker.io/library/api:1", "localhost:5000/api:1", "example.org/team/api:1"])
      expect(ownImage(image)).to.equal(undefined);
  });

  it("names its version", () => {
    for (const image of ["api:1", "api@sha256:abc", "example.org:443/api:1", "example.org/api@sha256:abc"])
      expect(checkImage(image), image).to.deep.equal([]);
    expect(checkImage("example.org:443/api")[0]?.problem).to.equal("has neither tag nor digest");
    expect(checkImage("api")[0]).to.deep.equal({
      path: "image",
      given: "api",
      problem: "has neither tag nor digest (without a host it is one of the platform's own registry)",
      remedy: "write which version: api:1.0.0",
    });
  });

  it("asks for a repository; so does each service where the registry is on", () => {
    const services = {
      api: { image: "api:1" },
      web: { image: "team/web:1" },
      worker: { image: "example.org/w:1" },
      other: { image: "api:2" },
    };
    expect(repositoriesOf(services, false)).to.deep.equal(["api", "team/web"]);
    expect(repositoriesOf({ api: { image: "api:1", candidate: { image: "next:2" } } }, false)).to.deep.equal(["api", "next"]);
    expect(repositoriesOf(services, true)).to.deep.equal(["api", "other", "team/web", "web", "worker"]);
  });

  it("of the own registry is accepted on both clouds", () => {
    for (const cloud of clouds) {
      for (const environment of ["dev", "staging", "prod"]) {
        expect(faults({ config: { cloud, environment, services: { api: { image: "api:1.2.3" } } } })).to.deep.equal([]);
      }
    }
    expect(paths({ services: { api: { image: "api" } } })).to.deep.equal(["services.api.image"]);
  });
});

describe("the registry", () => {
  it("is off until it is asked for", () => {
    for (const cloud of clouds)
      for (const environment of ["dev", "staging", "prod"])
        expect(settings({ config: { cloud, environment } }).registry).to.deep.equal({ enabled: false });
    expect(settings({ config: { registry: { enabled: true } } }).registry).to.deep.equal({ enabled: true });
  });

  it("is refused in prod on Azure where nothing could clean it up", () => {
    const bare = {
      environment: "prod",
      services: { worker: { enabled: false }, nightly: { enabled: false }, web: { image: "web:1" } },
      database: { enabled: false },
    };
    expect(paths({ ...bare, cloud: "azure" })).to.deep.equal(["registry"]);
    expect(paths({ ...bare, cloud: "aws" })).to.deep.equal([]);
    expect(paths({ ...bare, cloud: "azure", environment: "staging" })).to.deep.equal([]);
    expect(paths({ ...bare, cloud: "azure", database: {} })).to.deep.equal([]);
    expect(paths({ ...bare, cloud: "azure", database: { logins: { enabled: false } } })).to.deep.equal(["registry"]);
  });
});

describe("flags", () => {
  it("are off until they are asked for, and used by one word", () => {
    for (const cloud of clouds)
      for (const environment of ["dev", "staging", "prod"]) expect(settings({ config: { cloud, environment } }).flags).to.equal(undefined);
    const flags = { enabled: true, values: { checkout: true } };
    const services = { api: { uses: { flags: "read" } } };
    expect(settings({ config: { flags, services } }).flags).to.deep.equal({ values: { checkout: true } });
    expect(paths({ services })).to.deep.equal(["services.api.uses.flags"]);
    expect(paths({ flags, services: { api: { uses: { flags: "write" } } } })).to.deep.equal(["services.api.uses.flags"]);
  });

  it("have names that both clouds take", () => {
    const values = { "New Flag": true, ok: false };
    expect(paths({ flags: { enabled: true, values } })).to.deep.equal(["flags.values.New Flag"]);
    expect(paths({ flags: { enabled: false, values } })).to.deep.equal([]);
    for (const name of ["registry", "flags"]) expect(paths({ queues: { [name]: {} } })).to.deep.equal([`queues.${name}`]);
  });
});
