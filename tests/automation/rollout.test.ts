// The staged rollout without an engine: which step comes next from what config and history say, how a track is judged over time, and the
// whole walk with each of its ends. tests/engine has it on the real engine.
import { expect } from "chai";
import type { CloudApi } from "../../automation/cloud";
import { judge, awaitHealth } from "../../automation/judge";
import type { Step } from "../../automation/gates";
import { servicesWait } from "../../automation/images";
import type { Reading, Track } from "../../automation/metrics";
import { Stop } from "../../automation/outcome";
import { pause } from "../../automation/retry";
import { type Asked, rollout } from "../../automation/rollout";
import { nextOf, type Past, type Standing } from "../../automation/rollout-plan";
import { type Options, Stale } from "../../automation/run";
import type { Summary } from "../../automation/summary";
import { defaultRollout } from "../../components/app-service/rollout";
import type { Jobs } from "../../automation/jobs";
import { broken, Checkout, FakeRun, FakeStack, Killed, prodConfig } from "../support/fake-run";

const [old, next, third] = ["example.org/api:1", "example.org/api:2", "example.org/api:3"];
const good: Reading = { requests: 1000, errors: 0, p95Ms: 100, health: "healthy" };

describe("the next step of a rollout", () => {
  const standing = (image: string, candidate?: string, percent = 0): Standing => ({
    image,
    candidate: candidate === undefined ? undefined : { image: candidate, percent },
  });
  /** The newest first; one a second. */
  const past = (...all: Standing[]): Past[] => all.map((one, index) => ({ ...one, at: 1000 * (all.length - index) }));
  const { stages } = defaultRollout;
  const begun = [standing(old, next, 0), standing(old)];
  const shifted = [standing(old, next, 100), standing(old, next, 50), standing(old, next, 10), ...begun];
  const promoted = [standing(next, next, 100), ...shifted];
  const returned = [standing(next, next, 0), ...promoted];
  const kept = [standing(next, old, 0), ...returned];
  const takenBack = [standing(old, next, 0), ...shifted.slice(1)];
  const rolledBack = [standing(old, old, 0), ...takenBack];

  const rows: [what: string, now: Standing[], asked: string, expected: object][] = [
    ["nothing runs beside it", [standing(old)], next, { step: "begin" }],
    ["it runs already", [standing(next)], next, { step: "done", leftover: false }],
    ["it was begun", begun, next, { step: "look", percent: 10 }],
    ["it has its first visitors", shifted.slice(2), next, { step: "judge", minutes: 10, percent: 50 }],
    ["it has half of them", shifted.slice(1), next, { step: "judge", minutes: 30, percent: 100 }],
    ["it has some between two stages", [standing(old, next, 25), ...begun], next, { step: "judge", minutes: 10, percent: 50 }],
    ["it has fewer than in any stage", [standing(old, next, 5), ...begun], next, { step: "judge", minutes: 10, percent: 10 }],
    ["it has all of them", shifted, next, { step: "promote", minutes: 0 }],
    ["the stable service has it", promoted, next, { step: "return" }],
    ["visitors are back", returned, next, { step: "keep", former: old }],
    ["the former image is kept", kept, next, { step: "kept", since: 1000 * kept.length }],
    ["it is kept since longer", [kept[0]!, ...kept], next, { step: "kept", since: 1000 * kept.length }],
    ["the former image shall come back", kept, old, { step: "look", percent: 10 }],
    ["another comes while the former is kept", kept, third, { step: "begin" }],
    ["it had visitors and has none", takenBack, next, { step: "back" }],
    ["it was taken back to the end, and is asked for again", rolledBack, next, { step: "begin" }],
    ["it was taken back to the end", rolledBack, old, { step: "done", leftover: true }],
    ["another comes after one was taken back", rolledBack, third, { step: "begin" }],
    ["another is looked at", begun, third, { step: "other", image: next, percent: 0 }],
    ["another has visitors", shifted.slice(1), third, { step: "other", image: next, percent: 50 }],
    ["another was promoted", promoted, third, { step: "other", image: next, percent: 100 }],
    ["another has its visitors back", returned, third, { step: "other", image: next, percent: 0 }],
    ["the old one is asked for while another has visitors", shifted, old, { step: "other", image: next, percent: 100 }],
    ["the former one has visitors again", [standing(next, old, 10), ...kept], next, { step: "other", image: old, percent: 10 }],
    ["no history tells what was", [standing(next, next, 0)], next, { step: "done", leftover: true }],
  ];
  for (const [what, now, asked, expected] of rows)
    it(`when ${what}`, () => expect(nextOf(asked, now[0]!, past(...now), stages)).to.deep.equal(expected));

  it("of blue-green is one shift", () => {
    const one = stages.slice(-1);
    expect(nextOf(next, begun[0]!, past(...begun), one)).to.deep.equal({ step: "look", percent: 100 });
    expect(nextOf(next, shifted[0]!, past(...shifted), one)).to.deep.equal({ step: "promote", minutes: 0 });
  });
});

/** A clock that runs while somebody sleeps. */
function clock() {
  let time = Date.parse("2026-11-21T10:00:00Z");
  const said: string[] = [];
  const abort = new AbortController();
  const world = {
    say: (line: string) => void said.push(line),
    sleep: (seconds: number) => ((time += seconds * 1000), Promise.resolve()),
    now: () => time,
    signal: abort.signal,
  };
  return { world, said, abort, minutes: () => (time - Date.parse("2026-11-21T10:00:00Z")) / 60_000 };
}

describe("judging a track over time", () => {
  const track: Track = { id: "the-candidate", scope: "the-balancer" };
  const lateSeconds = 120;
  function bench(answer: (spans: { readonly from: number; readonly to: number; readonly minute: number }) => Partial<Reading> | Error) {
    const time = clock();
    const began = time.world.now();
    const asked: [from: number, to: number][] = [];
    const read = (_: Track, from: Date, to: Date): Promise<Reading> => {
      const span = { from: (from.getTime() - began) / 60_000, to: (to.getTime() - began) / 60_000, minute: time.minutes() };
      asked.push([span.from, span.to]);
      const found = answer(span);
      return found instanceof Error ? Promise.reject(found) : Promise.resolve({ ...good, ...found });
    };
    return { ...time, asked, bench: { metrics: { lateSeconds, read }, limits: defaultRollout.limits, world: time.world } };
  }

  it("takes its minutes and the time by which figures are late, and looks at all of it and at its end", async () => {
    const { bench: of, minutes, asked, said } = bench(() => ({}));
    expect(await judge(of, track, 10)).to.equal(undefined);
    expect(minutes()).to.equal(12);
    expect(asked[0]).to.deep.equal([0, 1]);
    expect(asked.slice(-2)).to.deep.equal([
      [0, 10],
      [5, 10],
    ]);
    expect(said.at(-1)).to.equal("healthy, 1000 requests, 0 % failed, p95 100 ms");
  });

  it("ends at the first breach", async () => {
    const { bench: of, minutes } = bench(({ minute }) => (minute < 6 ? {} : { errors: 60 }));
    expect(await judge(of, track, 30)).to.match(/^6 % of 1000 requests failed/);
    expect(minutes()).to.equal(6);
  });

  it("sees a late fault that the whole span hides", async () => {
    const { bench: of } = bench(({ from, to }) => (from > 0 && to > 20 ? { requests: 100, errors: 50 } : { requests: 5000, errors: 100 }));
    expect(await judge(of, track, 30)).to.match(/^50 % of 100 requests failed/);
  });

  it("passes nothing whose health nobody reports, and waits for a report that is late", async () => {
    const never = bench(() => ({ health: "unknown" }));
    expect(await judge(never.bench, track, 10)).to.equal("no health was reported for 27 minutes");
    const late = bench(({ minute }) => ({ health: minute < 20 ? "unknown" : "healthy" }));
    expect(await judge(late.bench, track, 10)).to.equal(undefined);
    expect(late.minutes()).to.be.within(20, 21);
  });

  it("says so when there is nothing to judge rates by", async () => {
    const { bench: of, said } = bench(() => ({ requests: 2, errors: 2, p95Ms: 9000 }));
    expect(await judge(of, track, 10)).to.equal(undefined);
    expect(said).to.include("healthy, 2 requests: too few to judge rates (more than 20 are needed)");
  });

  it("bears with a cloud that can't be asked, but not for long", async () => {
    const some = bench(({ minute }) => (minute > 4 && minute < 8 ? new Error("Rate exceeded") : {}));
    expect(await judge(some.bench, track, 10)).to.equal(undefined);
    expect(some.said).to.include("the metrics could not be read this time: Rate exceeded");
    const none = bench(({ minute }) => (minute > 4 ? new Error("Rate exceeded") : {}));
    expect(await judge(none.bench, track, 10)).to.equal("its metrics could not be read 5 times in a row: Rate exceeded");
  });

  it("stops at once where reading is not allowed", async () => {
    const denied = Object.assign(new Error("no"), { name: "AccessDeniedException" });
    const error: unknown = await awaitHealth(bench(() => denied).bench, track).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Stop).and.to.include({ kind: "authentication" });
    // Rights that end on the way leave visitors with the candidate: that is for a rollback.
    const ended = bench(({ minute }) => (minute > 4 ? denied : {}));
    expect(await judge(ended.bench, track, 10)).to.match(/could not be read 5 times/);
  });

  it("waits for health by what was measured since it began", async () => {
    const {
      bench: of,
      minutes,
      asked,
    } = bench(({ minute }) => ({ health: minute < 5 ? "unhealthy" : minute < 6 ? "unknown" : "healthy" }));
    expect(await awaitHealth(of, track)).to.equal(undefined);
    expect(minutes()).to.equal(6);
    expect(new Set(asked.map(([from]) => from))).to.deep.equal(new Set([0]));
    expect(await awaitHealth(bench(() => ({ health: "unhealthy" })).bench, track)).to.equal(
      "an instance did not answer its probe for 17 minutes",
    );
    expect(await awaitHealth(bench(() => ({ health: "unknown" })).bench, track)).to.equal("no health was reported for 17 minutes");
    expect(await awaitHealth(bench(() => new Error("broken")).bench, track)).to.match(/could not be read 5 times/);
  });

  it("ends within two seconds of a signal", async () => {
    const { world, abort, minutes } = clock();
    const sleep = (seconds: number) => (minutes() > 1 && abort.abort(), world.sleep(seconds));
    const error: unknown = await pause({ ...world, sleep }, 600, "nothing").catch((reason: unknown) => reason);
    expect(error).to.equal(abort.signal.reason);
    expect(minutes() * 60).to.be.within(60, 64);
  });
});

describe("a staged rollout", () => {
  const config = (more: Readonly<Record<string, unknown>> = {}, web: object = { enabled: false }): Record<string, unknown> => {
    const api = { image: old, deployment: "canary", routes: { paths: ["/*"] }, cpu: 0.5, memoryMb: 1024, ...more };
    return prodConfig({ api, web }, "203.0.113.0/24");
  };
  const checkouts: Checkout[] = [];
  const checkout = (more?: Readonly<Record<string, unknown>>, web?: object): Checkout => {
    const made = new Checkout(config(more, web));
    checkouts.push(made);
    return made;
  };
  afterEach(() => checkouts.splice(0).forEach((one) => one.remove()));

  interface Setting {
    readonly reading?: (track: Track, standing: Standing, minute: number) => Partial<Reading>;
    /** The image that the cloud reports for one that it was given. */
    readonly runs?: (image: string) => string;
    readonly version?: string;
    readonly answer?: (url: string, headers: Readonly<Record<string, string>> | undefined) => number;
    readonly options?: Partial<Options>;
    readonly api?: Readonly<Record<string, unknown>>;
    readonly web?: object;
    /** Whether the job before the services succeeds; undefined: there is none. */
    readonly job?: () => boolean;
  }
  function stage(
    { reading = () => ({}), runs = (image) => image, version = "", answer = () => 200, options = {}, api = {}, web, job }: Setting = {},
    former?: { readonly run: FakeRun; readonly time: ReturnType<typeof clock> },
  ) {
    const time = former?.time ?? clock();
    let [percent, act]: [number | undefined, () => void] = [undefined, () => undefined];
    const asked: string[] = [];
    const connect = (): Promise<CloudApi> =>
      Promise.resolve({
        metrics: {
          lateSeconds: 120,
          read: (track: Track) => Promise.resolve({ ...good, ...reading(track, run.standing(), time.minutes()) }),
        },
        running: (id: string) => {
          const { image: stable, candidate } = run.standing();
          return Promise.resolve({ image: runs((id === "candidate" ? candidate?.image : undefined) ?? stable), settled: true });
        },
        identity: () => Promise.reject(new Error("not asked")),
        jobs: () => jobs,
      });
    const ask = (url: string, headers?: Readonly<Record<string, string>>) => {
      asked.push(`${url} ${JSON.stringify(headers ?? {})}`);
      return Promise.resolve({ status: answer(url, headers), body: version });
    };
    const jobs: Jobs = {
      running: () => Promise.resolve([]),
      start: () => (run.parts.push("job"), Promise.resolve("task")),
      look: () => Promise.resolve({ running: false, succeeded: job?.() ?? true, words: "exit code" }),
      logs: () => "see its log",
    };
    const sleep = async (seconds: number): Promise<void> => {
      await time.world.sleep(seconds);
      if (percent === undefined || run.standing().candidate?.percent !== percent) return;
      percent = undefined;
      act();
    };
    const world = { ...time.world, sleep, ask, connect };
    const run: FakeRun = new FakeRun(checkout(api, web), former?.run.stack ?? new FakeStack(), options, world);
    if (job !== undefined) {
      run.checkout.set("services.migrate", { kind: "job", image: "example.org/migrate:1" });
      run.checkout.set("deploy", { before: ["migrate"] });
    }
    if (former === undefined) run.deploy();
    run.updates.length = 0;
    /** Somebody else's doing while a candidate with so many visitors is judged. */
    const meanwhile = (at: number, does: () => void): void => void ([percent, act] = [at, does]);
    const go = (words: Partial<Asked> = {}): Promise<Summary> =>
      rollout(run, { service: "api", image: undefined, finish: false, abort: false, ...words });
    const said = () =>
      run.updates.map(
        ({ image, candidate }) => `${image.at(-1)}${candidate === undefined ? "" : ` ${candidate.image.at(-1)}@${candidate.percent}`}`,
      );
    return { ...time, time, world, run, go, said, asked, meanwhile, lines: time.said };
  }
  const whole = ["1 2@0", "1 2@10", "1 2@50", "1 2@100", "2 2@100", "2 2@0", "2 1@0"];

  it("goes from the first look to the former image that is kept, one thing at a time", async () => {
    const { run, go, said, asked, minutes } = stage();
    const summary = await go({ image: next });
    expect(summary).to.include({ result: "succeeded", exitCode: 0 });
    expect(said()).to.deep.equal(whole);
    expect(run.changesAsked).to.deep.equal([
      `services.api.candidate.image=${next}`,
      "services.api.candidate.percent=10",
      "services.api.candidate.percent=50",
      "services.api.candidate.percent=100",
      `services.api.image=${next}`,
      "services.api.candidate.percent=0",
      `services.api.candidate.image=${old}`,
    ]);
    expect(asked).to.have.length(3).and.to.include('https://shop.example.org/ready {"x-platform-track":"candidate"}');
    expect(minutes()).to.be.within(44, 60);
    expect(summary.message).to.match(/api:1 is kept until 2026-11-22 \d\d:\d\d UTC/);
  });

  it("is refused before anything changes where its stages outlast the run, but not a way back", async () => {
    const { run, go, said } = stage();
    const summary = await go({ image: next, endsAfter: 2400 });
    expect(summary).to.include({ result: "failed", exitCode: 2 });
    expect(summary.message).to.match(/^the stages of services.api take 40 minutes and more, and this run is ended after 40\b[^]*--timeout/);
    expect([said(), run.changesAsked]).to.deep.equal([[], []]);
    expect(await go({ image: next, endsAfter: 2401 })).to.include({ result: "succeeded" });
    expect(await go({ finish: true, endsAfter: 60 })).to.include({ result: "succeeded" });
    const { go: all } = stage({ api: { deployment: "blueGreen" } });
    expect(await all({ image: next, endsAfter: 60 })).to.include({ result: "succeeded" });
  });

  const step: Step = {
    op: "create",
    urn: "urn::api-candidate",
    type: "aws:ecs/service:Service",
    name: "api-candidate",
    parent: "",
    protect: false,
    because: [],
  };

  it("runs the jobs before the new image comes, and not at each stage", async () => {
    const { run, go, said } = stage({ job: () => true });
    run.coming = [step];
    expect(await go({ image: next })).to.include({ result: "succeeded" });
    expect(run.parts).to.deep.equal([servicesWait, "job", ...whole.map(() => "all")]);
    expect(said().slice(1)).to.deep.equal(whole);
  });

  it("leaves the services alone when a job fails, and runs it again with the next try", async () => {
    let good = false;
    const { run, go } = stage({ job: () => good });
    run.coming = [step];
    const failed = await go({ image: next });
    expect(failed).to.include({ result: "failed", exitCode: 4 });
    expect(failed.message).to.match(/the job migrate failed: exit code; no service was changed/);
    expect(run.parts).to.deep.equal([servicesWait, "job"]);
    // What the backend's history tells the next run.
    [good, run.waiting] = [true, true];
    expect(await go({ image: next })).to.include({ result: "succeeded" });
    expect(run.parts.slice(2)).to.deep.equal([servicesWait, "job", ...whole.map(() => "all")]);
  });

  it("changes nothing when it is asked for again, removes the kept one after its hours, and then has nothing to do", async () => {
    const { run, go, said, world } = stage();
    await go({ image: next });
    expect(await go({ image: next })).to.include({ result: "no_changes", exitCode: 0 });
    expect(said()).to.deep.equal(whole);
    await world.sleep(24 * 3600);
    expect(await go({ image: next })).to.include({ result: "succeeded", message: null });
    expect(said().at(-1)).to.equal("2");
    expect(await go({ image: next })).to.include({ result: "no_changes" });
    expect(run.checkout.text).not.to.include("candidate");
  });

  it("removes the kept one at once where it is kept for no time, or a person says so", async () => {
    const none = stage();
    none.run.checkout.set("rollout", { keepHours: 0 });
    await none.go({ image: next });
    expect(none.said().slice(-2)).to.deep.equal(["2 2@0", "2"]);
    const finished = stage();
    await finished.go({ image: next });
    expect(await finished.go({ finish: true })).to.include({ result: "succeeded" });
    expect(finished.said().at(-1)).to.equal("2");
    expect(await finished.go({ finish: true })).to.include({ result: "no_changes", message: "there is no candidate" });
  });

  it("moves all at once as blue-green", async () => {
    const { go, said } = stage({ api: { deployment: "blueGreen" } });
    expect(await go({ image: next })).to.include({ result: "succeeded" });
    expect(said()).to.deep.equal(["1 2@0", "1 2@100", "2 2@100", "2 2@0", "2 1@0"]);
  });

  it("goes back on a breach with visitors: they first, then the good image in place of the bad", async () => {
    const { run, go, said, lines } = stage({ reading: (_, { candidate }) => (candidate?.percent === 50 ? { errors: 100 } : {}) });
    const summary = await go({ image: next });
    expect(summary).to.include({ result: "rolled_back", exitCode: 4 });
    expect(summary.message).to.match(
      /^with 50 % of the visitors: 10 % of 1000 requests failed \(limit 5 %\); all visitors have example.org\/api:1/,
    );
    expect(summary.images).to.deep.equal({ api: { before: old, after: next } });
    expect(said()).to.deep.equal(["1 2@0", "1 2@10", "1 2@50", "1 2@0", "1 1@0"]);
    expect(lines.join("\n")).to.include("going back: with 50 %");
    // What is left is for those whom App Service has pinned, and goes by a word.
    expect(await go({ finish: true })).to.include({ result: "succeeded" });
    expect(run.standing()).to.deep.equal({ image: old, candidate: undefined });
  });

  it("looks for the candidate's version where the service names it, and for its image in the cloud", async () => {
    const named = stage({ api: { versionPath: "/version" }, version: "api 2" });
    expect(await named.go({ image: next })).to.include({ result: "succeeded" });
    expect(named.asked[0]).to.equal('https://shop.example.org/version {"x-platform-track":"candidate"}');
    const other = stage({ api: { versionPath: "/version" }, version: "api 1" });
    expect((await other.go({ image: next })).message).to.match(/the preview is not good: .*doesn't name the version 2/);
    const reverted = stage({ runs: (image) => (image === next ? old : image) });
    expect((await reverted.go({ image: next })).message).to.match(
      /^the candidate: the cloud runs example.org\/api:1, not example.org\/api:2/,
    );
    expect(reverted.said()).to.deep.equal(["1 2@0", "1"]);
  });

  it("removes a candidate that nobody has met: a bad preview, no health, an update that fails", async () => {
    const bad = stage({ answer: (_, headers) => (headers?.["x-platform-track"] === "candidate" ? 502 : 200) });
    expect(await bad.go({ image: next })).to.include({ result: "rolled_back", exitCode: 4 });
    expect(bad.said()).to.deep.equal(["1 2@0", "1"]);
    const ill = stage({ reading: ({ id }) => (id === "candidate" ? { health: "unhealthy" } : {}) });
    expect((await ill.go({ image: next })).message).to.match(/^the candidate is not healthy: an instance did not answer/);
    expect(ill.said()).to.deep.equal(["1 2@0", "1"]);
    const failing = stage();
    failing.run.onUpdate = ({ candidate }) => {
      if (candidate?.image === next) failing.run.progress.onEvent(broken);
      if (candidate?.image === next) throw new Error("update failed");
    };
    expect((await failing.go({ image: next })).message).to.match(/^the update failed: no steady state/);
    expect(failing.said()).to.deep.equal(["1"]);
  });

  it("leaves everything where it is with --no-rollback", async () => {
    const { go, said } = stage({
      options: { rollback: false },
      reading: (_, { candidate }) => (candidate?.percent === 10 ? { errors: 100 } : {}),
    });
    expect(await go({ image: next })).to.include({ result: "failed", exitCode: 4 });
    expect(said()).to.deep.equal(["1 2@0", "1 2@10"]);
  });

  it("keeps visitors with the candidate when the stable service does not take its image, and goes on from there", async () => {
    const { run, go, said } = stage();
    let times = 0;
    run.onUpdate = ({ image }) => {
      if (image === next && times++ === 0) {
        run.progress.onEvent(broken);
        throw new Error("update failed");
      }
    };
    const stuck = await go({ image: next });
    expect(stuck).to.include({ result: "failed", exitCode: 4 });
    expect(stuck.message).to.match(/no steady state.*stays with example.org\/api:2 and candidate example.org\/api:2 with 100 %/);
    expect(await go({ image: next })).to.include({ result: "succeeded" });
    expect(said()).to.deep.equal(whole);
  });

  it("gives visitors back to the candidate when the platform does not answer with the new stable image", async () => {
    const { run, go, said } = stage();
    run.healthy = () => run.standing().candidate?.percent !== 0;
    expect(await go({ image: next })).to.include({ result: "failed", exitCode: 4 });
    expect(said().slice(-3)).to.deep.equal(["2 2@100", "2 2@0", "2 2@100"]);
  });

  it("waits for the stable service's health before visitors come to it", async () => {
    const { go, said } = stage({ reading: ({ id }, { image }) => (id === "stable" && image === next ? { health: "unhealthy" } : {}) });
    const summary = await go({ image: next });
    expect(summary).to.include({ result: "failed", exitCode: 4 });
    expect(summary.message).to.match(/the stable service is not healthy with the new image/);
    expect(said().at(-1)).to.equal("2 2@100");
  });

  it("goes on after it was killed anywhere, and ends as one that was not", async () => {
    for (let at = 0; at < whole.length; at++) {
      for (const deployed of [false, true]) {
        const { run, go, said } = stage();
        let count = 0;
        run.onUpdate = () => {
          if (count++ !== at) return;
          // As `kill -9`: the config says it, and the update is done or is not.
          if (deployed) run.deploy();
          throw new Killed();
        };
        await go({ image: next }).catch(() => undefined);
        run.onUpdate = () => undefined;
        expect(await go({ image: next }), `killed at ${at}`).to.include({ exitCode: 0 });
        expect(said(), `killed at ${at}`).to.deep.equal(whole);
      }
    }
  });

  describe("from a checkout that knows nothing of it, as CI's next run has", () => {
    /** Runs until so many updates are done, is killed, and goes on in a fresh checkout. */
    async function fresh(updates: number) {
      const first = stage();
      first.run.onUpdate = () => {
        if (first.run.updates.length === updates) throw new Killed();
      };
      await first.go({ image: next }).catch(() => undefined);
      const second = stage({}, first);
      return { ...second, said: () => [...first.said(), ...second.said()] };
    }

    it("goes on from what is deployed, and doesn't begin anew", async () => {
      for (let updates = 1; updates <= whole.length; updates++) {
        const { go, said } = await fresh(updates);
        expect(await go({ image: next }), `${updates}`).to.include({ exitCode: 0 });
        expect(said(), `${updates}`).to.deep.equal(whole);
      }
    });

    it("takes it back, and removes what is kept", async () => {
      const half = await fresh(3);
      expect(await half.go({ abort: true })).to.include({ result: "rolled_back", exitCode: 0 });
      expect(half.said().slice(3)).to.deep.equal(["1 2@0", "1 1@0"]);
      const kept = await fresh(whole.length);
      expect(await kept.go({ finish: true })).to.include({ result: "succeeded" });
      expect(kept.said().at(-1)).to.equal("2");
      expect(kept.run.toCommit).to.equal("Pulumi.prod.yaml");
    });

    it("refuses another image meanwhile", async () => {
      const { go } = await fresh(2);
      const summary = await go({ image: third });
      expect(summary).to.include({ result: "failed", exitCode: 2 });
      expect(summary.message).to.include("a rollout of example.org/api:2 is under way, with 10 % of the visitors of api");
    });
  });

  it("takes over what another run makes of another service meanwhile", async () => {
    const web = { image: "example.org/web:1", deployment: "canary", routes: { paths: ["/*"], hosts: ["www.example.org"] } };
    const { run, go, world, meanwhile } = stage({ web });
    const other = new FakeRun(checkout({}, web), run.stack, {}, world);
    meanwhile(10, () => {
      other.checkout.set("services.api.candidate", { image: next, percent: 10 });
      other.checkout.set("services.web.candidate", { image: "example.org/web:2", percent: 50 });
      other.deploy();
    });
    expect(await go({ image: next })).to.include({ result: "succeeded" });
    expect(run.settings.services.web?.candidate).to.include({ image: "example.org/web:2", percent: 50 });
  });

  it("stops when another run moves the service meanwhile", async () => {
    const { run, go, world, meanwhile, said } = stage();
    const other = new FakeRun(checkout(), run.stack, {}, world);
    meanwhile(50, () => {
      other.checkout.set("services.api.candidate", { image: next, percent: 100 });
      other.deploy();
    });
    const summary = await go({ image: next });
    expect(summary).to.include({ result: "failed", exitCode: 1 });
    expect(summary.message).to.match(/another run has updated the stack since, and api has .* with 100 % of the visitors now/);
    expect(said()).to.deep.equal(["1 2@0", "1 2@10", "1 2@50"]);
  });

  describe("whose update waits for another run's", () => {
    const patience = { lockSeconds: 60, retries: 0, retrySeconds: 0 };
    const web = { image: "example.org/web:1", routes: { paths: ["/*"], hosts: ["www.example.org"] } };
    /** Before the update to 50 %, another run is met that does something else. */
    function met(does: (other: FakeRun) => void) {
      const { run, go, said, world, time, lines } = stage({ web, options: { patience } });
      let once = false;
      run.onUpdate = ({ candidate }) => {
        if (once || candidate?.percent !== 50) return;
        once = true;
        void time.world.sleep(1);
        const other = new FakeRun(checkout({}, web), run.stack, {}, world);
        other.checkout.set("services.api.candidate", { image: next, percent: 10 });
        does(other);
        other.deploy();
        throw new Stale();
      };
      return { run, go, said, lines };
    }

    it("looks again, and takes over what that one made of another service", async () => {
      const { run, go, said, lines } = met(({ checkout }) => checkout.set("services.web.image", "example.org/web:2"));
      expect(await go({ image: next })).to.include({ result: "succeeded" });
      expect(said()).to.deep.equal(whole);
      expect(lines.join("\n")).to.match(/Pulumi.prod.yaml is as it was\n.*looking again[^]*older than the last update, which gave web/);
      expect(run.settings.services.web?.image).to.equal("example.org/web:2");
    });

    it("stops where that one has moved its service, and leaves the file as it is deployed", async () => {
      const { run, go, said } = met(({ checkout }) => checkout.set("services.api.candidate.percent", 100));
      const summary = await go({ image: next });
      expect(summary).to.include({ result: "failed", exitCode: 1 });
      expect(summary.message).to.match(/another run has updated the stack since/);
      expect(said()).to.deep.equal(["1 2@0", "1 2@10"]);
      expect(run.standing().candidate?.percent).to.equal(10);
    });
  });

  it("goes on going back after it was killed there", async () => {
    for (const at of [3, 4]) {
      for (const deployed of [false, true]) {
        let sick = true;
        const { run, go, said } = stage({ reading: (_, { candidate }) => (sick && candidate?.percent === 50 ? { errors: 100 } : {}) });
        let count = 0;
        run.onUpdate = () => {
          if (count++ !== at) return;
          if (deployed) run.deploy();
          throw new Killed();
        };
        await go({ image: next }).catch(() => undefined);
        run.onUpdate = () => undefined;
        sick = false;
        const summary = await go({ image: next });
        const ended = at === 4;
        // One that was taken back to its end is asked for anew; one that was not ends there first.
        expect(summary.result, `${at} ${deployed}`).to.equal(ended ? "succeeded" : "rolled_back");
        expect(said().slice(0, 5)).to.deep.equal(["1 2@0", "1 2@10", "1 2@50", "1 2@0", "1 1@0"]);
      }
    }
  });

  it("stays where a signal met it, and goes on from there", async () => {
    const { run, go, said, abort } = stage({
      reading: (_, { candidate }, minute) => (candidate?.percent === 10 && minute > 6 && abort.abort(), {}),
    });
    const summary = await go({ image: next });
    expect(summary).to.include({ result: "cancelled", exitCode: 8 });
    expect(summary.message).to.match(
      /^stopped by a signal; it stays with example.org\/api:1 and candidate example.org\/api:2 with 10 %.*--abort/,
    );
    expect(said()).to.deep.equal(["1 2@0", "1 2@10"]);
    expect(run.standing().candidate).to.deep.equal({ image: next, percent: 10 });
  });

  it("refuses another image meanwhile, and says what to do", async () => {
    const { go, said } = stage({
      options: { rollback: false },
      reading: (_, { candidate }) => (candidate?.percent === 10 ? { errors: 100 } : {}),
    });
    await go({ image: next });
    const before = said();
    for (const words of [{ image: third }, { finish: true }]) {
      const summary = await go(words);
      expect(summary).to.include({ result: "failed", exitCode: 2 });
      expect(summary.message)
        .to.include("a rollout of example.org/api:2 is under way, with 10 % of the visitors of api")
        .and.include("--abort");
    }
    expect(said()).to.deep.equal(before);
  });

  it("is taken back by hand at any time, in the order of a rollback", async () => {
    const ends: Readonly<Record<number, string[]>> = {
      1: ["1"],
      2: ["1 2@0", "1 1@0"],
      4: ["1 2@0", "1 1@0"],
      5: ["1 2@100", "1 2@0", "1 1@0"],
    };
    for (const [steps, expected] of Object.entries(ends)) {
      const { run, go, said } = stage();
      run.onUpdate = () => {
        if (run.updates.length === Number(steps)) throw new Killed();
      };
      await go({ image: next }).catch(() => undefined);
      run.onUpdate = () => undefined;
      // What was asked of the config and never deployed goes back as well.
      const deployed = run.updates.at(-1)!;
      run.set("services.api.image", deployed.image);
      run.set("services.api.candidate.percent", String(deployed.candidate?.percent ?? 0));
      expect(await go({ abort: true }), steps).to.include({ result: "rolled_back", exitCode: 0 });
      expect(said().slice(Number(steps)), steps).to.deep.equal(expected);
    }
    const { go } = stage();
    expect(await go({ abort: true })).to.include({ result: "no_changes", message: "no rollout is under way" });
    await go({ image: next });
    expect((await go({ abort: true })).message).to.match(
      /no rollout is under way; to go back to example.org\/api:1: .* --image example.org\/api:1/,
    );
  });

  it("goes back to the kept image by the same stages", async () => {
    const { go, said } = stage();
    await go({ image: next });
    expect(await go({ image: old })).to.include({ result: "succeeded" });
    expect(said().slice(whole.length)).to.deep.equal(["2 1@10", "2 1@50", "2 1@100", "1 1@100", "1 1@0", "1 2@0"]);
  });

  it("puts back what the rules refuse, before anything is deployed", async () => {
    const { run, go, said } = stage();
    const before = run.checkout.config;
    const summary = await go({ image: "example.org/api" });
    expect(summary).to.include({ result: "failed", exitCode: 2 });
    expect(summary.message).to.match(/neither tag nor digest/);
    expect(said()).to.deep.equal([]);
    expect(run.checkout.config).to.deep.equal(before);
  });

  it("deploys what the stack's file says before it judges it", async () => {
    const { run, go, said } = stage();
    run.set("services.api.candidate.image", next);
    expect(await go({ image: next })).to.include({ result: "succeeded" });
    expect(said()).to.deep.equal(whole);
  });

  const refusals: [what: string, words: Partial<Asked>, api: object, message: RegExp][] = [
    ["no image", {}, {}, /takes one of --image, --finish and --abort/],
    ["two wishes", { image: next, abort: true }, {}, /takes one of/],
    ["a service that is not there", { service: "nosuch", image: next }, {}, /there is no service "nosuch".*api/s],
    ["a service that replaces in place", { image: next }, { deployment: "rolling" }, /is rolling/],
  ];
  for (const [what, words, api, message] of refusals) {
    it(`refuses ${what}`, async () => {
      const { go, said } = stage({ api: { ...api } });
      const summary = await go(words);
      expect(summary).to.include({ result: "failed", exitCode: 2 });
      expect(summary.message).to.match(message);
      expect(said()).to.deep.equal([]);
    });
  }
});
