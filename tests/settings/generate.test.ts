// The generated files are current, the editors' schema is a schema, and it agrees with what the program takes and refuses.
import Ajv from "ajv";
import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { generated, rows, stackSchema, undescribed } from "../../settings/generate";
import { generic } from "../../settings/shape";
import { root, stackFileText } from "./support";

// Formats are checked by their patterns, which zod writes beside them.
const ajv = new Ajv({ strict: true, validateFormats: false, allowUnionTypes: true });

describe("the generated files", () => {
  for (const [path, text] of Object.entries(generated("platform"))) {
    it(`${path} is current (npm run docs)`, () => {
      expect(readFileSync(join(root, path), "utf8")).to.equal(text);
    });
  }

  it("are checked by --check", () => {
    expect(
      execFileSync(process.execPath, ["--import", "tsx", "settings/generate.ts", "--check"], { cwd: root, encoding: "utf8" }),
    ).to.equal("");
  }).timeout(60_000);

  it("describe every key", () => {
    expect(undescribed()).to.deep.equal([]);
    expect(rows().length).to.be.above(90);
  });

  it("name every key with what is allowed in the reference", () => {
    const text = generated("platform")["docs/configuration.md"] ?? "";
    for (const { path } of rows())
      expect(text.includes(`${String(path.at(-1))}\``) || text.includes(`\n## ${String(path[0])}\n`), generic(path)).to.equal(true);
  });
});

describe("the editors' schema", () => {
  const validate = ajv.compile(stackSchema("platform"));
  const errors = (file: unknown) => {
    validate(file);
    return (validate.errors ?? []).map(({ instancePath, keyword }) => `${instancePath} ${keyword}`);
  };
  const withConfig = (config: Record<string, unknown>) => ({ config });

  it("is a schema of draft 7", () => {
    expect(ajv.validateSchema(stackSchema("platform"))).to.equal(true);
    expect(stackSchema("platform").$schema).to.equal("http://json-schema.org/draft-07/schema#");
  });

  for (const stack of ["dev", "staging", "prod", "early-stage"]) {
    it(`accepts Pulumi.${stack}.yaml`, () => {
      expect(errors(parse(stackFileText(stack)))).to.deep.equal([]);
    });
  }

  const accepted: [string, unknown][] = [
    ["what the CLI keeps", { encryptionsalt: "x", secretsprovider: "y", encryptedkey: "z", environment: ["base"], config: {} }],
    ["encrypted secrets", withConfig({ "platform:secrets": { stripe: { secure: "AAAB" }, jwt: { generate: true } } })],
    ["numbers for texts", withConfig({ "platform:database": { version: 17 }, "platform:services": { api: { env: { N: 4, F: true } } } })],
    ["a fraction as text", withConfig({ "platform:services": { api: { cpu: "0.5" } } })],
    ["providers' keys", withConfig({ "aws:region": "x", "aws:profile": "y", "azure-native:location": "z" })],
  ];
  for (const [name, file] of accepted) it(`accepts ${name}`, () => void expect(errors(file)).to.deep.equal([]));

  const refused: [string, unknown, RegExp][] = [
    ["an unknown key", withConfig({ "platform:databse": {} }), /^\/config additionalProperties/],
    ["an unknown key inside", withConfig({ "platform:database": { siez: "small" } }), /platform:database additionalProperties/],
    ["an unknown key at the top", { confg: {} }, /^ additionalProperties/],
    ["a wrong word", withConfig({ "platform:cloud": "gcp" }), /platform:cloud enum/],
    ["a wrong number", withConfig({ "platform:network": { zones: 9 } }), /zones maximum/],
    ["a bad name", withConfig({ "platform:queues": { Order_Jobs: {} } }), /propertyNames|pattern/],
    ["an encrypted value elsewhere", withConfig({ "platform:owner": { secure: "x" } }), /platform:owner type/],
  ];
  for (const [name, file, error] of refused) it(`refuses ${name}`, () => void expect(errors(file).join("\n")).to.match(error));

  it("shows each environment's default while one types", () => {
    const text = JSON.stringify(stackSchema("platform"));
    expect(text).to.include("Default: dev 2, staging 3, prod 3.");
    expect(text).to.include("Default: dev small, staging medium, prod large.");
  });
});
