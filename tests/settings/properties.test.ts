// Whatever is done to a config, it either loads or is refused with a path and a remedy; nothing else is ever thrown.
import { expect } from "chai";
import fc from "fast-check";
import { applySet, readStackFile } from "../../settings/load";
import { generic } from "../../settings/shape";
import { rows } from "../../settings/generate";
import { faults, faultsOf } from "./support";

const junk = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    null,
    -1,
    0,
    0.5,
    1e21,
    "",
    "on",
    "__proto__",
    "../x",
    "😀",
    "x".repeat(80),
    [],
    {},
    [[]],
    { secure: "x" },
    { __proto__: null, enabled: false },
  ),
);
const names = fc.constantFrom(
  "api",
  "web",
  "worker",
  "nightly",
  "jobs",
  "events",
  "reports",
  "constructor",
  "__proto__",
  "Api",
  "a",
  "order-jobs",
  "database",
);

/** A path of the schema with its map names filled in. */
const paths = fc
  .constantFrom(...rows().map(({ path }) => path))
  .chain((path) => fc.tuple(...path.map((part) => (part === "*" ? names : part === "[]" ? fc.constant(0) : fc.constant(part)))));

/** Nests a value below keys, as a stack file would. */
function below(path: readonly (string | number)[], value: unknown): unknown {
  return path.reduceRight<unknown>((inner, part) => (typeof part === "number" ? [inner] : Object.fromEntries([[part, inner]])), value);
}

describe("any config", () => {
  it("loads, or is refused with a path and a remedy, after junk anywhere", () => {
    fc.assert(
      fc.property(
        paths,
        junk,
        fc.constantFrom("aws", "azure"),
        fc.constantFrom("dev", "prod"),
        ([key, ...inside], value, cloud, environment) => {
          const found = faults({ config: { cloud, environment, [String(key)]: below(inside, value) } });
          for (const { path, problem, remedy } of found) {
            expect(path).not.to.equal("");
            expect(problem).not.to.equal("");
            expect(remedy).not.to.equal("");
          }
        },
      ),
      { numRuns: 600 },
    );
  });

  it("is refused at the place where a key is unknown", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,12}Q$/), (key) => {
        expect(faults({ config: { [key]: "x" } }).map(({ path }) => path)).to.deep.equal([key]);
        expect(faults({ config: { database: { [key]: 1 } } }).map(({ path }) => path)).to.deep.equal([`database.${key}`]);
      }),
      { numRuns: 100 },
    );
  });

  it("is read from any text without another error than a fault", () => {
    const line = fc.oneof(
      fc.constantFrom(
        "config:",
        "  platform:network: { zones: 2 }",
        "  - a",
        "  platform:owner: &a x",
        "  platform:cloud: *a",
        "\t",
        "? x",
        "---",
        "%YAML 1.1",
        "  platform:tags: { a: yes }",
        "  <<: *a",
      ),
      fc.string({ maxLength: 30 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const found = faultsOf(() => readStackFile(lines.join("\n"), "Pulumi.x.yaml"));
        for (const { path, remedy } of found) expect([path.startsWith("Pulumi.x.yaml"), remedy === ""]).to.deep.equal([true, false]);
      }),
      { numRuns: 500 },
    );
  });

  it("takes any change by path, or refuses it", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 20 }), fc.stringMatching(/^[a-z.[\]"0-9]{1,12}=[a-z0-9]{0,4}$/)), (change) => {
        faultsOf(() => applySet({ "platform:network": '{"zones":2}' }, change, "platform"));
      }),
      { numRuns: 1000 },
    );
  });

  it("has a place in the reference for every path of a fault", () => {
    expect(generic(["services", "api", "scale", "max"])).to.equal("services.*.scale.max");
    expect(generic(["topics", "events", "subscriptions", "jobs", "filter"])).to.equal("topics.*.subscriptions.*.filter");
  });
});
