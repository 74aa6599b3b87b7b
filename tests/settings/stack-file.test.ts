// Reading Pulumi.<stack>.yaml as the Pulumi CLI does, and refusing what readers of YAML disagree on; setting single values by path.
import { expect } from "chai";
import { applySet, readStackFile } from "../../settings/load";
import { opaqueSecret } from "../../settings/raw";
import { faultsOf } from "./support";

const read = (text: string | undefined) => readStackFile(text, "Pulumi.dev.yaml");
const config = (...lines: string[]) => ["config:", ...lines.map((line) => `  ${line}`), ""].join("\n");

describe("readStackFile", () => {
  it("gives what Pulumi gives a program: texts, and JSON of maps and lists", () => {
    const text = config(
      "platform:environment: prod",
      "platform:rotationEpoch: 2",
      'platform:owner: "on"',
      "aws:region: eu-west-1",
      "platform:network: { zones: 3, allowedCidrs: [203.0.113.0/24] }",
      "platform:services: { api: { cpu: 0.25, internal: true } }",
      "platform:config:costCenter: '0815'",
    );
    expect(read(text)).to.deep.equal({
      config: {
        "platform:environment": "prod",
        "platform:rotationEpoch": "2",
        "platform:owner": "on",
        "aws:region": "eu-west-1",
        "platform:network": '{"zones":3,"allowedCidrs":["203.0.113.0/24"]}',
        "platform:services": '{"api":{"cpu":0.25,"internal":true}}',
        "platform:costCenter": "0815",
      },
      secretKeys: [],
    });
  });

  it("keeps encrypted values opaque, and says which keys have any", () => {
    const text = config(
      "platform:secrets:",
      "  stripe: { secure: AAABAxyz }",
      "  jwt: { generate: true }",
      "platform:owner: { secure: AAABAabc }",
      "platform:queues: { jobs: { fifo: false } }",
    );
    const { config: values, secretKeys } = read(text);
    expect(values["platform:secrets"]).to.equal(`{"stripe":"${opaqueSecret}","jwt":{"generate":true}}`);
    expect(values["platform:owner"]).to.equal(opaqueSecret);
    expect(secretKeys).to.deep.equal(["platform:secrets", "platform:owner"]);
    expect(JSON.stringify(values)).not.to.include("AAABA");
  });

  it("follows anchors and merge keys", () => {
    const text = config(
      "platform:services:",
      "  api: &size { cpu: 0.5, memoryMb: 1024 }",
      "  web: *size",
      "  worker: { <<: *size, spot: true }",
      "platform:owner: &o team",
      "platform:costCenter: *o",
    );
    expect(JSON.parse(read(text).config["platform:services"] ?? "")).to.deep.equal({
      api: { cpu: 0.5, memoryMb: 1024 },
      web: { cpu: 0.5, memoryMb: 1024 },
      worker: { cpu: 0.5, memoryMb: 1024, spot: true },
    });
    expect(read(text).config["platform:costCenter"]).to.equal("team");
  });

  it("takes what the CLI keeps beside the config", () => {
    const text = "encryptionsalt: v1:x\nsecretsprovider: passphrase\nencryptedkey: k\nenvironment: [base]\n";
    expect(read(text)).to.deep.equal({ config: {}, secretKeys: [] });
  });

  it("takes what only looks like a trap", () => {
    expect(
      read(
        config('platform:owner: "yes"', "platform:tags: { a: 'no', b: \"010\", c: online, d: 10, e: 0, f: 0.5, g: true, h: '2026-01-01' }"),
      ).config["platform:tags"],
    ).to.equal('{"a":"no","b":"010","c":"online","d":10,"e":0,"f":0.5,"g":true,"h":"2026-01-01"}');
  });

  const refused: [name: string, text: string | undefined, path: RegExp, problem: RegExp, remedy: RegExp][] = [
    ["a missing file", undefined, /^Pulumi.dev.yaml$/, /there is no such file/, /create it \(docs\/configuration.md\)/],
    ["an empty file", "", /^Pulumi.dev.yaml$/, /is empty/, /begin with `config:`/],
    ["a file of comments", "# nothing\n", /^Pulumi.dev.yaml$/, /is empty/, /begin with `config:`/],
    ["a file of null", "~\n", /^Pulumi.dev.yaml$/, /is empty/, /begin with `config:`/],
    ["a byte-order mark", `\uFEFF${config("platform:cloud: aws")}`, /^Pulumi.dev.yaml$/, /byte-order mark/, /UTF-8 without one/],
    ["something that is not text", "config: \u0000", /^Pulumi.dev.yaml$/, /not text in UTF-8/, /UTF-8/],
    ["a list", "- config\n", /^Pulumi.dev.yaml$/, /not a map at its top/, /config:/],
    ["a word", "config\n", /^Pulumi.dev.yaml$/, /not a map at its top/, /config:/],
    ["two documents", "config: {}\n---\nconfig: {}\n", /Pulumi.dev.yaml:/, /not YAML/, /look at that line/],
    ["a broken line", "config: {\n", /Pulumi.dev.yaml:/, /not YAML/, /bracket/],
    ["an indent by tab", "config:\n\tplatform:cloud: aws\n", /Pulumi.dev.yaml:2/, /tab/, /spaces/],
    ["a key twice", config("platform:cloud: aws", "platform:cloud: azure"), /Pulumi.dev.yaml:3/, /stands twice/, /remove one/],
    ["a key twice inside", config("platform:network:", "  zones: 2", "  zones: 3"), /Pulumi.dev.yaml:4/, /stands twice/, /remove one/],
    [
      "a key twice in two spellings",
      config("platform:cloud: aws", "platform:config:cloud: azure"),
      /Pulumi.dev.yaml:3/,
      /stands twice/,
      /remove one/,
    ],
    ["config twice", "config: {}\nconfig: {}\n", /Pulumi.dev.yaml:2/, /stands twice/, /remove one/],
    ["a config that is a list", "config: [a]\n", /Pulumi.dev.yaml:1/, /not a map of keys/, /platform:environment: dev/],
    ["a config without anything", "config:\n", /Pulumi.dev.yaml:1/, /not a map of keys/, /platform:environment: dev/],
    ["an unknown key at the top", "confg: {}\n", /Pulumi.dev.yaml:1/, /not a key of a stack file/, /did you mean "config"\?/],
    ["a setting at the top", "platform:cloud: aws\n", /Pulumi.dev.yaml:1/, /not a key of a stack file/, /under `config:`/],
    ["a salt that is a list", "encryptionsalt: [1]\n", /Pulumi.dev.yaml:1/, /not a text/, /pulumi stack init/],
    ["a key without a value", config("platform:network:"), /Pulumi.dev.yaml:2/, /has no value/, /remove the key/],
    ["an alias of nothing", config("platform:network: *nothing"), /Pulumi.dev.yaml/, /not YAML|no value/, /./],
    ["a tag", config("platform:owner: !custom x"), /Pulumi.dev.yaml:2/, /not YAML/, /./],
    ["a key that is a list", config("? [a, b]", ": x"), /Pulumi.dev.yaml/, /key .*not a text|not YAML/, /platform:<key>|look at/],
    [
      "a bomb of aliases",
      config(
        "platform:a: &a [x,x,x,x,x,x,x,x,x]",
        "platform:b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]",
        "platform:c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]",
        "platform:d: [*c,*c,*c,*c,*c,*c,*c,*c,*c]",
      ),
      /Pulumi.dev.yaml:\d/,
      /too many aliases/,
      /write the values out/,
    ],
    ...[
      "yes",
      "No",
      "ON",
      "off",
      "y",
      "n",
      "010",
      "0o17",
      "0x1F",
      "0b11",
      "12:30:45",
      "1_000",
      "2026-01-01",
      "2026-01-01T08:30:00Z",
      ".inf",
      "-.NaN",
    ].flatMap((word): [string, string, RegExp, RegExp, RegExp][] => [
      [`${word} for a value`, config(`platform:owner: ${word}`), /Pulumi.dev.yaml:2/, /^is (a|an|no) /, /in quotes/],
      [`${word} inside`, config("platform:tags:", `  purpose: ${word}`), /Pulumi.dev.yaml:3/, /^is (a|an|no) /, /in quotes/],
    ]),
    ["no for a key", config("platform:services:", "  no: {}"), /Pulumi.dev.yaml:3/, /truth value/, /in quotes/],
    ["on in a list", config("platform:allowedRegions:", "  - on"), /Pulumi.dev.yaml:3/, /truth value/, /in quotes/],
  ];
  for (const [name, text, path, problem, remedy] of refused) {
    it(`refuses ${name}`, () => {
      const [fault] = faultsOf(() => read(text));
      expect(fault?.path).to.match(path);
      expect(fault?.problem).to.match(problem);
      expect(fault?.remedy).to.match(remedy);
    });
  }

  it("lists all traps at once", () => {
    const found = faultsOf(() => read(config("platform:owner: yes", "platform:tags: { a: 010, b: on }", "platform:cloud: aws")));
    expect(found.map(({ path, given }) => [path, given])).to.deep.equal([
      ["Pulumi.dev.yaml:2", "yes"],
      ["Pulumi.dev.yaml:3", "010"],
      ["Pulumi.dev.yaml:3", "on"],
    ]);
  });
});

describe("applySet", () => {
  const base = { "platform:network": '{"zones":2,"allowedCidrs":["10.0.0.0/8"]}', "platform:cloud": "aws" };
  const good: [change: string, key: string, value: string][] = [
    ["cloud=azure", "platform:cloud", "azure"],
    ["platform:cloud=azure", "platform:cloud", "azure"],
    ["platform:config:cloud=azure", "platform:cloud", "azure"],
    ["aws:region=eu-west-1", "aws:region", "eu-west-1"],
    ["rotationEpoch=2", "platform:rotationEpoch", "2"],
    ["network.zones=3", "platform:network", '{"zones":3,"allowedCidrs":["10.0.0.0/8"]}'],
    ["platform:network.zones=3", "platform:network", '{"zones":3,"allowedCidrs":["10.0.0.0/8"]}'],
    ["network.allowedCidrs[0]=192.168.0.0/16", "platform:network", '{"zones":2,"allowedCidrs":["192.168.0.0/16"]}'],
    ["network.allowedCidrs[1]=192.168.0.0/16", "platform:network", '{"zones":2,"allowedCidrs":["10.0.0.0/8","192.168.0.0/16"]}'],
    ["edge.waf=true", "platform:edge", '{"waf":true}'],
    ["edge.waf=false", "platform:edge", '{"waf":false}'],
    ["services.api.cpu=0.5", "platform:services", '{"api":{"cpu":"0.5"}}'],
    ['services["my-api"].env["A"]=x=y', "platform:services", '{"my-api":{"env":{"A":"x=y"}}}'],
    ["services.api.env.ID=0123", "platform:services", '{"api":{"env":{"ID":"0123"}}}'],
    ["services.api.env.N=-4", "platform:services", '{"api":{"env":{"N":-4}}}'],
    ["services.api.env.Z=0", "platform:services", '{"api":{"env":{"Z":0}}}'],
    ["services.api.env.E=", "platform:services", '{"api":{"env":{"E":""}}}'],
    ['["platform:cloud"]=azure', "platform:cloud", "azure"],
    ["services.web.routes.paths[0]=/x", "platform:services", '{"web":{"routes":{"paths":["/x"]}}}'],
    ['services["with \\"quotes\\""].cpu=1', "platform:services", '{"with \\"quotes\\"":{"cpu":1}}'],
  ];
  for (const [change, key, value] of good) {
    it(change, () => {
      const before = { ...base };
      expect(applySet(base, change, "platform")).to.deep.equal({ ...base, [key]: value });
      expect(base).to.deep.equal(before);
    });
  }

  const bad: [change: string, problem: RegExp, remedy: RegExp][] = [
    ["cloud", /not of the form path=value/, /database.size=medium/],
    ["=azure", /not of the form/, /database.size=medium/],
    ["a..b=1", /not of the form/, /write it as/],
    ["a[=1", /not of the form/, /write it as/],
    ["a[x]=1", /not of the form/, /write it as/],
    ["[0]=1", /not of the form/, /write it as/],
    ["", /not of the form/, /write it as/],
    ["cloud.x=1", /plain value, there is nothing inside/, /set the whole key/],
    ["network[0]=1", /not a list/, /name an entry/],
    ["network.allowedCidrs.x=1", /not a map/, /\[0\] for a list/],
    ["network.allowedCidrs[5]=1", /beyond the end of the list, which has 1/, /\[1\] to append/],
    ["__proto__.x=1", /"__proto__" can't be a name/, /another name/],
    ["services.constructor=1", /"constructor" can't be a name/, /another name/],
  ];
  for (const [change, problem, remedy] of bad) {
    it(`refuses ${JSON.stringify(change)}`, () => {
      const [fault] = faultsOf(() => applySet(base, change, "platform"));
      expect(fault?.path).to.match(/^--config /);
      expect(fault?.problem).to.match(problem);
      expect(fault?.remedy).to.match(remedy);
    });
  }

  it("never shows the value", () => {
    for (const change of ["cloud.secret=hunter2", "a[x]=hunter2"])
      expect(JSON.stringify(faultsOf(() => applySet(base, change, "platform")))).not.to.include("hunter2");
  });
});
