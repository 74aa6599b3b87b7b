// `npm run rehearse` with the real engine, on small stacks of both clouds: each fault and each scene ends as docs/rehearsing.md promises,
// in the exit codes of its runs, in what is there then, in what visitors saw, and in the words that a person gets.
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { durationOf } from "../../bench/durations";
import { run } from "../../rehearsal/cli";
import type { Ending } from "../../rehearsal/ending";
import { type Rehearsal, rehearse } from "../../rehearsal/engine";
import type { Phase } from "../../rehearsal/scene";
import { needsEngine } from "../support/engine";

const [old, next] = [22, 24].map((version) => `public.ecr.aws/docker/library/node:${version}-alpine`) as [string, string];
const clouds = ["aws", "azure"] as const;
type Cloud = (typeof clouds)[number];

/** One service. */
const small = ["cache", "database", "services.worker", "services.nightly", "services.api", "queues.jobs", "topics.events"].map(
  (part) => `${part}.enabled=false`,
);
/** On a size that has slots, with the fewest updates of a rollout. */
const staged = ["cpu=0.5", "memoryMb=1024", "scale.min=1", "scale.max=2", "deployment=blueGreen"].map((each) => `services.web.${each}`);
/** With a database of a size that may have a copy. */
const copied = [...small, "database.enabled=true", "database.size=medium", "rotatedOn=2026-11-21"];

const types = {
  aws: {
    service: "aws:ecs/service:Service",
    early: "aws:ecs/cluster:Cluster",
    server: "aws:rds/instance:Instance",
    shift: "ListenerRule",
    slow: "aws:lb/loadBalancer:LoadBalancer",
    then: "aws:lb/listener:Listener",
  },
  azure: {
    service: "azure-native:web:WebApp",
    early: "azure-native:web:AppServicePlan",
    server: "azure-native:dbforpostgresql:Server",
    shift: "WebApp",
    slow: "azure-native:keyvault:Vault",
    then: "azure-native:keyvault:Key",
  },
} as const;
type Types = (typeof types)[Cloud];

interface Rehearsed {
  readonly phases: readonly Phase[];
  readonly ending: Ending;
  readonly talk: string;
}

interface Row {
  readonly does: string;
  readonly words: (types: Types) => readonly string[];
  readonly config?: readonly string[];
  /** Exit codes of its runs; "killed": any but 0. */
  readonly codes: readonly (number | "killed")[];
  readonly says: readonly RegExp[];
  /** What the last update has left, and the stack's file with it. */
  readonly leaves: { readonly web?: { readonly image: string; readonly candidate?: { readonly image: string; readonly percent: number } } };
  /** Types of what the cloud keeps and the state forgets. */
  readonly strays?: (types: Types) => readonly string[];
  /** What else is there, and what visitors saw. `whole`: the resources of an undisturbed first deployment. */
  readonly and?: (seen: Rehearsed, types: Types, whole: () => Promise<number>) => void | Promise<void>;
}

const visitorsOf = ({ visitors }: Phase) => visitors.find(({ service }) => service === "web")!;
const rowOf = ({ timeline }: Phase, type: string) => timeline.find((row) => type.endsWith(`:${row.type}`) && row.how === "done")!;
const lasted = (phase: Phase, type: string): number => rowOf(phase, type).end! - rowOf(phase, type).start;
/** What a standby on Azure has in the lost primary's group: left there (docs/runbooks/region-failover.md). */
const inPrimary = ({ service }: Types): string[] =>
  service === types.azure.service ? ["azure-native:network:VirtualNetworkPeering", "azure-native:privatedns:VirtualNetworkLink"] : [];
/** Nothing of it is there. */
const nothing = ({ ending }: Rehearsed): void => void expect(ending.resources).to.equal(0);

// The kill of `up` stands in killed.test.ts; each step of a canary, its breach by figures and its resumption in staged-rollout.test.ts.
const rows: readonly Row[] = [
  {
    does: "deploys, and shows from when on visitors are served",
    words: () => ["up"],
    ...{ codes: [0], says: [/healthy: http\S+ answered 200/, /web: the cloud runs \S+node:22-alpine\n/], leaves: { web: { image: old } } },
    and: async ({ ending, phases: [first] }, { slow, then }, whole) => {
      expect(ending.resources).to.equal(await whole());
      // The cloud's durations, and what needs it comes after it.
      const { seconds } = durationOf({ type: slow, inputs: {} });
      expect(lasted(first!, slow)).to.be.within(seconds * 0.9, seconds * 3);
      expect(rowOf(first!, then).start).to.be.greaterThan(rowOf(first!, slow).end! - 0.001);
      expect(visitorsOf(first!)).to.include({ last: 100, longestGap: 0 });
      expect(visitorsOf(first!).firstAfter).to.be.greaterThan(60);
    },
  },
  {
    does: "fails at a call: what was made is kept, and the same command goes on",
    words: ({ service }) => ["up", "--fail", `create ${service}`],
    codes: [4, 0],
    says: [/simulated fault at call \d+: create /, /what was done by then stays: mend the cause, then npm run deploy -- up --stack dev\n/],
    leaves: { web: { image: old } },
    and: async ({ ending, phases: [first, again] }, _, whole) => {
      expect(ending.resources).to.equal(await whole());
      expect(first!.timeline.filter(({ how }) => how === "failed")).to.have.length(1);
      expect(visitorsOf(first!).firstAfter).to.equal(null);
      expect(visitorsOf(again!).last).to.equal(100);
      // Nothing is made twice.
      const made = [first!, again!].flatMap(({ timeline }) => timeline.filter(({ how }) => how === "done"));
      expect(new Set(made.map(({ what, type }) => `${what} ${type}`)).size).to.equal(made.length);
    },
  },
  {
    does: "tries again what was throttled",
    words: ({ early }) => ["up", "--throttle", `${early}=2`],
    codes: [0],
    says: [/a fault that passes by itself \(.*(ThrottlingException|TooManyRequests).*: try 2 in 10 s/, /try 3 in 20 s/, /healthy: /],
    leaves: { web: { image: old } },
    and: async ({ ending, phases: [first] }, { early }, whole) => {
      expect(ending.resources).to.equal(await whole());
      const calls = first!.timeline.filter(({ type }) => early.endsWith(`:${type}`));
      expect(calls.map(({ how }) => how)).to.deep.equal(["failed", "failed", "done"]);
    },
  },
  {
    does: "gives up what is throttled for longer than it tries",
    words: ({ early }) => ["up", "--throttle", `${early}=3`],
    codes: [4],
    says: [/try 3 in 20 s/, /error: .*(ThrottlingException|TooManyRequests)/, /what was done by then stays/],
    leaves: {},
  },
  {
    does: "waits for what is slow",
    words: ({ service }) => ["up", "--slow", `${service}=9`],
    ...{ codes: [0], says: [/healthy: /], leaves: { web: { image: old } } },
    and: ({ phases: [first] }, { service }) => {
      const { seconds } = durationOf({ type: service, inputs: {} });
      expect(lasted(first!, service)).to.be.within(seconds * 9, seconds * 20);
      expect(visitorsOf(first!).last).to.equal(100);
    },
  },
  {
    does: "waits for a lock, looks again, and deploys",
    words: () => ["up", "--lock", "20"],
    codes: [0],
    says: [/waiting for another update: created by a colleague@another-machine/, /another update came in between/, /healthy: /],
    leaves: { web: { image: old } },
    and: async ({ ending }, _, whole) => void expect(ending.resources).to.equal(await whole()),
  },
  {
    does: "ends with 9 when a lock outlasts its patience, and leaves everything alone",
    words: () => ["up", "--lock", "120", "--lock-timeout", "30"],
    codes: [9],
    says: [/still being updated after 3\d s: created by a colleague@another-machine/, /deploy -- cancel --stack dev/, /up of dev: locked/],
    leaves: {},
    and: nothing,
  },
  {
    does: "puts the image before back when a new one answers badly",
    words: () => ["up", "--unhealthy", "web"],
    codes: [4],
    says: [/NOT healthy: \S+ answered 503/, /the images before are back; commit Pulumi\.dev\.yaml/, /up of dev: rolled back/],
    leaves: { web: { image: old } },
    and: ({ phases: [first] }) => {
      // As long as --health-timeout, and the way back.
      expect(visitorsOf(first!).longestGap).to.be.within(250, 900);
      expect(visitorsOf(first!)).to.include({ firstAfter: 0, last: 100 });
    },
  },
  {
    does: "puts the image before back when a new one does not start",
    words: ({ service }) => ["up", "--unhealthy", "web", "--fail", `update ${service}`],
    ...{ codes: [4], says: [/the update failed: simulated fault .*: going back to the images before/], leaves: { web: { image: old } } },
    and: ({ phases: [first] }) => void expect(visitorsOf(first!)).to.include({ percent: 100, longestGap: 0 }),
  },
  {
    does: "rolls an image out by stages, and removes the former one",
    words: () => ["rollout"],
    config: staged,
    ...{ codes: [0, 0], says: [/judging the candidate with 100 %|candidate\.percent to 100/], leaves: { web: { image: next } } },
    and: ({ phases }) => {
      for (const phase of phases) expect(visitorsOf(phase)).to.include({ percent: 100, longestGap: 0 });
    },
  },
  {
    does: "finds a bad image before a visitor meets it, and removes the candidate",
    words: () => ["rollout", "--unhealthy", "web"],
    config: staged,
    ...{ codes: [4], says: [/answered 503/, /rollout of dev: rolled back/], leaves: { web: { image: old } } },
    and: ({ phases: [first] }) => void expect(visitorsOf(first!)).to.include({ percent: 100, longestGap: 0 }),
  },
  {
    does: "takes visitors back when an image gets bad with half of them",
    words: () => ["rollout", "--breach", "50"],
    config: staged.slice(0, -1),
    codes: [4],
    says: [/set services\.web\.deployment to canary/, /with 50 % of the visitors: 100 % of 1000 requests failed/, /rolled back/],
    leaves: { web: { image: old, candidate: { image: old, percent: 0 } } },
    and: ({ phases: [first] }, { shift }) => {
      const { last, percent, longestGap } = visitorsOf(first!);
      expect(last).to.equal(100);
      expect(percent).to.be.within(50, 99.9);
      expect(longestGap).to.be.greaterThan(30);
      expect(first!.timeline.filter(({ what, type }) => type === shift && what.startsWith("update")).length).to.be.within(3, 4);
    },
  },
  {
    does: "goes back when the candidate does not start",
    words: ({ service }) => ["rollout", "--fail", `create ${service === "azure-native:web:WebApp" ? `${service}Slot` : service}`],
    config: staged,
    ...{ codes: [4], says: [/simulated fault/, /rollout of dev: rolled back/], leaves: { web: { image: old } } },
    and: ({ phases: [first] }) => void expect(visitorsOf(first!)).to.include({ percent: 100, longestGap: 0 }),
  },
  {
    does: "goes on with a rollout after a kill and a look",
    words: () => ["rollout", "--kill", "2"],
    config: staged,
    codes: ["killed", 1, 0, 0, 0],
    says: [
      /an update of this stack was killed in the middle of \d+ operation/,
      /a person looks/,
      /rollout --stack dev --service web .*--recover/,
    ],
    leaves: { web: { image: next } },
    and: ({ phases }) => {
      for (const phase of phases) expect(visitorsOf(phase)).to.include({ percent: 100, longestGap: 0 });
    },
  },
  {
    does: "takes over in another region",
    words: () => ["failover"],
    config: copied,
    strays: inPrimary,
    ...{
      codes: [0],
      says: [/is lost: nothing of it answers/, /set standby\.active to true/, /healthy: /],
      leaves: { web: { image: old } },
    },
    and: ({ ending, phases: [takeover] }) => {
      expect(ending.stack).to.equal("dev-dr");
      expect(visitorsOf(takeover!).last).to.equal(100);
      expect(takeover!.timeline.filter(({ how }) => how !== "done")).to.deep.equal([]);
    },
  },
  {
    does: "goes on with a takeover after a fault",
    words: ({ server }) => ["failover", "--fail", `update ${server}`],
    config: copied,
    strays: inPrimary,
    ...{ codes: [4, 0], says: [/what was done by then stays/, /healthy: /], leaves: { web: { image: old } } },
    and: ({ phases }) => void expect(visitorsOf(phases[1]!).last).to.equal(100),
  },
  {
    does: "refuses to destroy what is guarded, and lets it go when the guard is lifted; a fault and a lock come to the second run",
    words: ({ service }) => ["destroy", "--fail", `delete ${service}`, "--lock", "10"],
    config: ["guard=all"],
    codes: [5, 0, 4, 0],
    says: [/\d+ resources are guarded, such as \S+: nothing was deleted/, /set guard to none/, /waiting for another update/],
    leaves: {},
    and: (seen) => {
      nothing(seen);
      const [refused, lifted] = seen.phases as [Phase, Phase];
      expect(refused.timeline).to.deep.equal([]);
      expect(visitorsOf(refused).percent).to.equal(100);
      expect(visitorsOf(lifted).percent).to.equal(100);
    },
  },
  {
    does: "destroys the rest after a kill",
    words: () => ["destroy", "--kill", "20"],
    ...{ codes: ["killed", 1, 0, 0], says: [/ deleting urn:pulumi:dev::/, /nothing of these is in the cloud/], leaves: {} },
    and: nothing,
  },
  {
    does: "says which faults met nothing",
    words: () => ["destroy", "--slow", "aws:sqs/queue:Queue", "--fail", "update azure-native:web:WebApp", "--kill", "9999"],
    ...{ codes: [0], says: [], leaves: {} },
    and: ({ ending }) => {
      const fault = '--fail "update azure-native:web:WebApp"';
      expect(ending.withoutEffect).to.deep.equal([fault, "--slow aws:sqs/queue:Queue", "--kill 9999"]);
    },
  },
];

describe("a rehearsal", function () {
  this.timeout(600_000);
  const { env } = process;
  // A rehearsal forgets its process's environment, which other tests need.
  beforeEach(() => void (process.env = { ...env }));
  afterEach(() => void (process.env = env));

  async function rehearsed(cloud: Cloud, words: readonly string[], config: readonly string[]): Promise<Rehearsed & { code: number }> {
    let [out, talk] = ["", ""];
    const printer = { out: (text: string) => void (out += text), err: (text: string) => void (talk += text) };
    const settings = config.flatMap((each) => ["--config", each]);
    const usual = ["--stack", "dev", "--cloud", cloud, "--speed", "600", "--format", "json", ...settings];
    const code = await run([words[0] ?? "", ...usual, ...words.slice(1)], printer);
    expect(out, talk).to.not.equal("");
    return { code, talk, ...(JSON.parse(out) as { phases: Phase[]; ending: Ending }) };
  }

  for (const cloud of clouds) {
    describe(`on ${cloud}`, () => {
      before(function () {
        needsEngine(this, { what: `${rows.length} rehearsals`, cloud, minutes: 10 });
      });
      let first: Promise<number> | undefined;
      const whole = (): Promise<number> => (first ??= rehearsed(cloud, ["up"], small).then(({ ending }) => ending.resources));

      for (const { does, words, config = [], codes, says, leaves, strays, and } of rows) {
        it(does, async () => {
          const seen = await rehearsed(cloud, words(types[cloud]), [...small, ...config]);
          const { talk, ending, phases, code } = seen;
          const wanted = codes.map((each, index) => (each === "killed" ? phases[index]?.exitCode || "not 0" : each));
          expect(
            phases.map(({ exitCode }) => exitCode),
            talk,
          ).to.deep.equal(wanted);
          expect(code).to.equal(codes.at(-1));
          for (const words of says) expect(talk).to.match(words);
          // Nothing doubled and nothing lost: what is there is in the state, and the file says what is deployed.
          expect(ending.strays.map((stray) => stray.split(" ")[0]).sort(), talk).to.deep.equal(strays?.(types[cloud]) ?? []);
          expect(ending.pending, talk).to.equal(0);
          if (!does.startsWith("says")) expect(ending.withoutEffect, talk).to.deep.equal([]);
          expect(ending.deployed, talk).to.deep.equal(leaves);
          expect(ending.stated, talk).to.deep.equal(leaves);
          await and?.(seen, types[cloud], whole);
        });
      }
    });
  }

  it("can't reach a real account", async function () {
    needsEngine(this, { what: "isolation of rehearsals" });
    process.env.AWS_ACCESS_KEY_ID = "AKIDREAL";
    process.env.ARM_CLIENT_SECRET = "real";
    let rehearsal: Rehearsal | undefined;
    try {
      rehearsal = await rehearse({ stack: "dev", cloud: "azure" });
      expect(rehearsal.cli("preview").code).to.equal(0);
      const { cloud, where, directory } = rehearsal;
      const told = cloud.notes().flatMap((note) => cloud.noted(note) as string[]);
      expect(told).to.include("SIM_STATE");
      const places = ["AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_EC2_METADATA_DISABLED", "AZURE_CONFIG_DIR"];
      expect(told.filter((name) => /^(AWS|AZURE|ARM|GITHUB|ACTIONS|MSI|IDENTITY)_/.test(name) && !places.includes(name))).to.deep.equal([]);
      // Only simulated providers (and awsx, which reaches clouds through them alone), and none is fetched.
      const project = parse(readFileSync(join(where.workDir, "Pulumi.yaml"), "utf8")) as {
        plugins: { providers: { name: string; path: string }[] };
      };
      const simulated = project.plugins.providers.filter(({ name }) => name !== "awsx");
      expect(simulated.map(({ name }) => name)).to.deep.equal(["aws", "azure-native", "random"]);
      for (const { path } of simulated) expect(path.startsWith(directory)).to.equal(true);
      expect(where.env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION).to.equal("true");
      expect(where.env.PULUMI_BACKEND_URL).to.match(/^file:\/\//);
    } finally {
      rehearsal?.remove();
    }
  });
});
