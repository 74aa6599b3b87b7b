// Rotation (K1) and logins (D6) in the settings: what is refused, and what a plan is warned of.
import { expect } from "chai";
import { keyOf } from "../../components/cache/azure";
import { load } from "../../settings/load";
import { faults, faultsOf } from "./support";

const today = "2026-11-21";
const input = (config: Record<string, unknown>) => ({
  project: "platform",
  stack: "test",
  config: Object.fromEntries(
    Object.entries({ environment: "staging", ...config }).map(([key, value]) => [
      `platform:${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  ),
  secretKeys: [],
  today,
});
const warnings = (config: Record<string, unknown> = {}): string[] =>
  load(input(config)).warnings.filter((warning) => /rotat|owner's login/.test(warning));
const paths = (config: Record<string, unknown>): string[] => faultsOf(() => load(input(config))).map(({ path }) => path);

describe("the age of an epoch", () => {
  const shared = /^api, worker, nightly share the owner's login/;

  it("is a finding of the plan after 90 days, on both clouds", () => {
    for (const cloud of ["aws", "azure"]) {
      expect(warnings({ cloud, rotatedOn: "2026-08-23" }).filter((warning) => !shared.test(warning))).to.deep.equal([]);
      expect(warnings({ cloud, rotatedOn: "2026-08-22", rotationEpoch: 3 }).filter((warning) => !shared.test(warning))).to.deep.equal([
        "passwords and secrets of epoch 3 are 91 days old, 90 are allowed: rotate them (docs/secrets.md)",
      ]);
    }
  });

  it("is not known without a date, which only dev may leave out in silence", () => {
    expect(warnings().at(-1)).to.match(
      /^rotatedOn is not set, so nothing reminds of the rotation: pulumi config set .*rotatedOn 2026-11-21$/,
    );
    expect(warnings({ environment: "dev" }).filter((warning) => warning.includes("rotatedOn"))).to.deep.equal([]);
    expect(load(input({})).rotatedOn).to.equal(undefined);
    expect(load(input({ rotatedOn: today })).rotatedOn).to.equal(today);
  });

  it("K1: says on Azure which key of the cache is to be made anew, for a week", () => {
    const said = (config: Record<string, unknown>) =>
      load(input({ rotatedOn: "2026-11-14", cloud: "azure", ...config })).warnings.filter((warning) => /cache's key/.test(warning));
    for (const [rotationEpoch, old] of [
      [2, "Primary"],
      [3, "Secondary"],
    ] as const) {
      expect(said({ rotationEpoch })).to.have.lengthOf(1);
      expect(said({ rotationEpoch })[0]).to.include(`key of epoch ${rotationEpoch - 1} still opens it`);
      expect(said({ rotationEpoch })[0]).to.include(`--key-type ${old} `);
      // What is made anew is not what services use.
      expect(keyOf(rotationEpoch)).to.not.equal(`${old.toLowerCase()}Key`);
    }
    expect(said({})).to.deep.equal([]);
    expect(said({ rotationEpoch: 2, cloud: "aws" })).to.deep.equal([]);
    expect(said({ rotationEpoch: 2, rotatedOn: "2026-11-13" })).to.deep.equal([]);
    expect(said({ rotationEpoch: 2, cache: { enabled: false } })).to.deep.equal([]);
  });

  it("is refused when it lies in the future, or is no date", () => {
    expect(paths({ rotatedOn: "2026-11-22" })).to.deep.equal([]);
    expect(paths({ rotatedOn: "2026-11-23" })).to.deep.equal(["rotatedOn"]);
    expect(paths({ rotatedOn: "yesterday" })).to.deep.equal(["rotatedOn"]);
    expect(paths({ rotatedOn: "2026-02-30" })).to.deep.equal(["rotatedOn"]);
  });
});

describe("logins of the services", () => {
  const logins = (given: Record<string, unknown>, more: Record<string, unknown> = {}) => ({ database: { logins: given }, ...more });

  it("are the owner's until the job has run, and the plan says so", () => {
    expect(warnings({ rotatedOn: today })).to.deep.equal([
      "api, worker, nightly share the owner's login of the database; for logins of their own: npm run deploy -- up makes them first (docs/secrets.md)",
    ]);
    expect(warnings({ environment: "dev" })[0]).to.include("pulumi config set --path database.logins.enabled true");
    expect(warnings(logins({ made: 1 }, { rotatedOn: today }))).to.deep.equal([]);
    expect(warnings({ rotatedOn: today, database: { enabled: false } })).to.deep.equal([]);
  });

  it("are those of this epoch or the last", () => {
    expect(paths(logins({ made: 4 }, { rotationEpoch: 4 }))).to.deep.equal([]);
    expect(paths(logins({ made: 3 }, { rotationEpoch: 4 }))).to.deep.equal([]);
    for (const made of [2, 5]) expect(paths(logins({ made }, { rotationEpoch: 4 }))).to.deep.equal(["database.logins.made"]);
    expect(paths(logins({ made: 1, enabled: false }))).to.deep.equal(["database.logins.made"]);
  });

  it("are made for thirty services at most: the vault takes no longer script", () => {
    const services = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          `w${index}`,
          { kind: "worker", image: "example.org/w:1", uses: { database: "read" } },
        ]),
      );
    expect(paths({ services: services(27) })).to.deep.equal([]);
    expect(paths({ services: services(28) })).to.deep.equal(["database.logins.enabled"]);
  });
});

describe("names that the rotation takes", () => {
  it("are refused for secrets and variables", () => {
    expect(
      faults({ config: { secrets: { jwt: { generate: true }, "jwt-previous": { generate: true } } } }).map(({ path }) => path),
    ).to.include("secrets.jwt-previous");
    const api = { secrets: { JWT: "jwt", JWT_PREVIOUS: "other" } };
    expect(
      faults({ config: { secrets: { jwt: { generate: true }, other: { generate: true } }, services: { api } } }).map(({ path }) => path),
    ).to.include("services.api.secrets.JWT_PREVIOUS");
    expect(paths({ queues: { "database-roles": {} } })).to.deep.equal(["queues.database-roles"]);
    expect(paths({ queues: { rotation: {} } })).to.deep.equal(["queues.rotation"]);
  });
});
