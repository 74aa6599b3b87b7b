// The command line of a rehearsal, as far as it goes without a Pulumi CLI, and what its processes are not told.
import { expect } from "chai";
import { parse } from "yaml";
import { lateness } from "../../automation/metrics";
import { simulatedApi } from "../../rehearsal/api";
import { aws } from "../../rehearsal/aws";
import { azure } from "../../rehearsal/azure";
import { run } from "../../rehearsal/cli";
import { type Ending, endingOf, told } from "../../rehearsal/ending";
import { isolated, withheld } from "../../rehearsal/isolation";
import { report } from "../../rehearsal/report";
import { random } from "../../rehearsal/random";
import type { Simulation } from "../../rehearsal/simulation";
import type { Stored } from "../../rehearsal/store";
import type { Phase } from "../../rehearsal/scene";
import { madeUp, unlocked } from "../../rehearsal/stack-files";
import type { Settings } from "../../settings/schema";

async function rehearse(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const code = await run(argv, { out: (text) => void (out += text), err: (text) => void (err += text) });
  return { code, out, err };
}

describe("npm run rehearse", () => {
  const usual = { PATH: process.env.PATH, HOME: process.env.HOME };
  afterEach(() => void Object.assign(process.env, usual));

  it("says in one line that there is no Pulumi CLI, and ends with 2", async () => {
    Object.assign(process.env, { PATH: "", HOME: "/nonexistent" });
    const { code, out, err } = await rehearse("up", "--stack", "dev");
    expect([code, out]).to.deep.equal([2, ""]);
    expect(err).to.equal("error: a rehearsal needs the Pulumi CLI, which was not found: https://www.pulumi.com/docs/install/\n");
  });

  it("refuses what it can't rehearse, before anything begins", async () => {
    const wrong: [string[], RegExp][] = [
      [["up"], /required option '-s, --stack <name>'/],
      [["up", "-s", "../x"], /a stack's name has letters/],
      [["up", "-s", "dev", "--fail", "creat aws:sqs/queue:Queue"], /"create <type>"/],
      [["up", "-s", "dev", "--fail", "create aws:sqs/queue:Qeue#2"], /the SDK has no resource "aws:sqs\/queue:Qeue"/],
      [["up", "-s", "dev", "--throttle", "aws:sqs/queue:Queue=0"], /<type> or <type>=<times>/],
      [["up", "-s", "dev", "--speed", "0"], /a whole number from 1/],
      [["up", "-s", "dev", "--config", "cache"], /path=value is wanted/],
      [["preview", "-s", "dev"], /unknown command 'preview'/],
      [["up", "-s", "dev", "--breach", "50"], /unknown option '--breach'/],
      [["destroy", "-s", "dev", "--unhealthy", "web"], /unknown option '--unhealthy'/],
      [["rollout", "-s", "dev", "--breach", "500"], /a whole number from 1 to 100/],
      [["up", "-s", "dev", "--image", "x:2"], /--image is the image after the first: say by --unhealthy whose it is/],
      [["up", "-s", "dev", "--lock-timeout", "0"], /a whole number from 1/],
    ];
    for (const [argv, message] of wrong) {
      const { code, err } = await rehearse(...argv);
      expect(err).to.match(message);
      expect(code).to.equal(2);
    }
    expect((await rehearse("--help")).code).to.equal(0);
  });

  it("prints a timeline and what visitors saw, or one document", () => {
    const phase: Phase = {
      ...{ name: "first deployment", exitCode: 0, seconds: 540 },
      timeline: [{ what: "create queue", type: "Queue", start: 0, end: 540, how: "done" }],
      visitors: [{ service: "web", percent: 40, firstAfter: 300, last: 100, longestGap: 30 }],
    };
    const empty: Phase = { name: "again", exitCode: 1, seconds: 0, timeline: [], visitors: [] };
    const scene = { stack: "dev", settings: { cloud: "aws" } as Settings, phases: [phase, empty] };
    const image = "web:1";
    const candidate = { image: "web:2", percent: 0 };
    const ending: Ending = {
      ...{ stack: "dev", resources: 7, strays: ["aws:sqs/queue:Queue q"], pending: 2, withoutEffect: ["--kill 9"] },
      ...{ deployed: { web: { image, candidate } }, stated: { web: { image, candidate: undefined } } },
    };
    let out = "";
    const printer = { out: (text: string) => void (out += text), err: () => undefined };
    report({ command: "up", scene, ending, speed: 60, exitCode: 1, json: false }, printer);
    expect(out).to.contain("first deployment: exit code 0, 9 min of the cloud's time\n    0:00    9:00   █");
    expect(out).to.contain("again: exit code 1, 0 s of the cloud's time\n  nothing changed");
    expect(out).to.match(/first deployment +web +40 % +first served after 5 min, somebody not served for 30 s\n/);
    expect(out).to.match(/up of dev: exit code 1\n$/);
    expect(out).to.contain(
      [
        "What is there of dev in the end: 7 resources in the cloud",
        "  in the cloud and not in the state: aws:sqs/queue:Queue q",
        "  2 operations that an update was killed in",
        "  web: web:1, and beside it web:2 with 0 % of the visitors (the stack's file has web:1)",
        "warning: --kill 9 met nothing here: this was a rehearsal without it",
        "",
      ].join("\n"),
    );
    expect(told({ ...ending, resources: 0, strays: [], pending: 0, withoutEffect: [] })).to.deep.equal([
      "What is there of dev in the end: nothing",
    ]);
    out = "";
    report({ command: "up", scene, ending, speed: 60, exitCode: 1, json: true }, printer);
    expect(JSON.parse(out)).to.deep.equal({
      ...{ schemaVersion: 1, command: "up", stack: "dev", cloud: "aws", speed: 60, exitCode: 1 },
      phases: [phase, empty],
      ending: { ...ending, stated: { web: { image } } },
    });
  });
});

describe("the end of a rehearsal", () => {
  const stored = (stack: string, id: string, type = "aws:sqs/queue:Queue"): Stored => ({
    ...{ type, id, urn: `urn:pulumi:${stack}::platform::${type}::${id}`, region: "r", seed: "s", inputs: {}, outputs: {} },
  });

  it("is the cloud beside the state, of one stack", () => {
    const outputs = { deployments: { web: { image: "web:1", strategy: "canary", candidate: { image: "web:2", percent: 10, id: "x" } } } };
    const resources = [
      { type: "pulumi:pulumi:Stack", outputs },
      { type: "aws:sqs/queue:Queue", id: "known" },
    ];
    const random = stored("dev", "password", "random:index/randomPassword:RandomPassword");
    const all = [stored("dev", "known"), stored("dev", "stray"), stored("dev-dr", "other"), random];
    const { strays, ...rest } = endingOf({ deployment: { resources, pending_operations: [{}] } }, all, "dev");
    expect(strays.map(({ id }) => id)).to.deep.equal(["stray", "password"]);
    expect(rest).to.deep.equal({
      ...{ resources: 2, pending: 1 },
      deployed: { web: { image: "web:1", candidate: { image: "web:2", percent: 10 } } },
    });
    expect(endingOf({ deployment: null }, [], "dev")).to.deep.equal({ resources: 0, pending: 0, deployed: {}, strays: [] });
  });

  it("follows previews in which Azure knows little of what a change puts out, and AWS all that was there", () => {
    const known = (cloud: Simulation) => ["name", "location", "principalId", "id"].filter((property) => cloud.remembers(property));
    expect(known(azure)).to.deep.equal(["name", "location"]);
    for (const cloud of [aws, random]) expect(known(cloud)).to.have.length(4);
  });

  it("names the image that the simulated cloud runs, whatever the kind of workload", async () => {
    const site = stored("dev", "/site", "azure-native:web:WebApp");
    const containers = JSON.stringify([{ image: "web:1" }]);
    const task = { ...stored("dev", "task"), inputs: { containerDefinitions: containers }, outputs: { arn: "arn:task" } };
    const all: Stored[] = [
      stored("dev", "without-arn"),
      { ...site, inputs: { siteConfig: { linuxFxVersion: "DOCKER|web:2" } } },
      { ...site, id: "/beside", inputs: { siteConfig: { linuxFxVersion: "sitecontainers" } } },
      { ...stored("dev", "/beside/sitecontainers/web"), inputs: { isMain: true, image: "web:3" } },
      { ...stored("dev", "app"), inputs: { template: { containers: [{ image: "web:4" }] } } },
      { ...stored("dev", "service"), inputs: { taskDefinition: "arn:task" } },
      task,
    ];
    const { running } = simulatedApi({ all: () => all });
    expect(simulatedApi({ all: () => all }).metrics.lateSeconds).to.equal(120);
    expect(simulatedApi({ all: () => all }, { lateSeconds: lateness.azure }).metrics.lateSeconds).to.equal(300);
    for (const [id, image] of Object.entries({ "/site": "web:2", "/beside": "web:3", app: "web:4", service: "web:1" }))
      expect(await running(id)).to.deep.equal({ image, settled: true });
  });
});

describe("what a rehearsal's processes are not told", () => {
  it("empties all that is not needed to run, and points every known place of credentials to nowhere", () => {
    const environment = {
      PATH: "/bin",
      LANG: "C",
      AWS_PROFILE: "prod",
      ARM_CLIENT_SECRET: "x",
      HTTPS_PROXY: "p",
      ANYTHING: "y",
      HOME: "/root",
    };
    expect(withheld(environment)).to.deep.equal(["AWS_PROFILE", "ARM_CLIENT_SECRET", "HTTPS_PROXY", "ANYTHING", "HOME"]);
    expect(isolated(environment, "/tmp/home")).to.deep.equal({
      ...{ AWS_PROFILE: "", ARM_CLIENT_SECRET: "", HTTPS_PROXY: "", ANYTHING: "", HOME: "/tmp/home", AZURE_CONFIG_DIR: "/tmp/home" },
      ...{ AWS_SHARED_CREDENTIALS_FILE: "/dev/null", AWS_CONFIG_FILE: "/dev/null", AWS_EC2_METADATA_DISABLED: "true" },
    });
  });
});

describe("the stack files of a rehearsal", () => {
  it("have nothing that was encrypted for another backend, and say what was", () => {
    const file = [
      "secretsprovider: awskms://alias/x",
      "encryptedkey: AAAA",
      "encryptionsalt: v1:BBBB",
      "config:",
      "  platform:environment: dev",
      '  platform:rotatedOn: "2026-11-21"',
      "  platform:secrets:",
      "    stripe-key: { secure: CCCC }",
      "    made: { generate: true }",
      "",
    ].join("\n");
    const { text, secrets } = unlocked(file);
    expect(secrets).to.deep.equal(["platform:secrets.stripe-key"]);
    // Plain it would be a date to the CLI.
    expect(text).to.contain('  platform:rotatedOn: "2026-11-21"\n');
    expect(parse(text)).to.deep.equal({
      config: {
        "platform:environment": "dev",
        "platform:rotatedOn": "2026-11-21",
        "platform:secrets": { "stripe-key": madeUp, made: { generate: true } },
      },
    });
  });

  it("stay as they are where nothing is encrypted, or where they can't be read", () => {
    for (const file of ["config: { platform:environment: dev } # mine\n", "config: {\n", ""]) {
      expect(unlocked(file)).to.deep.equal({ text: file, secrets: [] });
    }
  });
});
