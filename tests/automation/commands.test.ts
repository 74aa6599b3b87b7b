// What the commands decide, without an engine: what they put back, what they refuse, what they ask for health. tests/engine has them on
// the real engine.
import { expect } from "chai";
import { preview, rollback, rotate, up } from "../../automation/commands";
import type { Step } from "../../automation/gates";
import { Run, type World } from "../../automation/run";
import { suspectTag } from "../../automation/suspects";
import { rollout } from "../../automation/rollout";
import { broken, Checkout, FakeRun, FakeStack, Killed, prodConfig } from "../support/fake-run";

const [one, two, three] = ["example.org/api:1", "example.org/api:2", "example.org/api:3"];

describe("a deployment", () => {
  const checkouts: Checkout[] = [];
  afterEach(() => checkouts.splice(0).forEach((checkout) => checkout.remove()));

  function checkout(image: string, more: Readonly<Record<string, unknown>> = {}, api: object = {}): Checkout {
    const services = { api: { image, deployment: "rolling", routes: { paths: ["/*"] }, ...api }, web: { enabled: false } };
    const made = new Checkout({ ...prodConfig(services, "0.0.0.0/0"), ...more });
    checkouts.push(made);
    return made;
  }

  let time = Date.parse("2026-11-21T10:00:00Z");
  const world = (more: Partial<World> = {}): World => ({
    say: () => undefined,
    sleep: (seconds) => ((time += seconds * 1000), Promise.resolve()),
    now: () => ++time,
    signal: new AbortController().signal,
    ask: () => Promise.resolve({ status: 200, body: "" }),
    ...more,
  });
  const runOn = (stack: FakeStack, where: Checkout, options: ConstructorParameters<typeof FakeRun>[2] = {}): FakeRun =>
    new FakeRun(where, stack, options, world(), "up");
  /** Each of these images was deployed, in turn, and answered. */
  async function deployed(...images: string[]): Promise<FakeStack> {
    const stack = new FakeStack();
    for (const image of images) expect(await up(runOn(stack, checkout(image)))).to.include({ exitCode: 0 });
    return stack;
  }
  const imageOf = (stack: FakeStack): unknown => (stack.outputs.images?.value as { api: string }).api;

  it("draws what is under way on a terminal instead of lines, and leaves nothing of it there", async () => {
    const [drawn, said]: [(readonly string[])[], string[]] = [[], []];
    const seen = { show: (rows: readonly string[]) => void drawn.push(rows), say: (line: string) => void said.push(line) };
    const run = new FakeRun(checkout(one), new FakeStack(), {}, world(seen), "up");
    run.onUpdate = () => {
      run.world.waitsFor?.("good answers");
      time += 60_000;
      run.beat();
    };
    expect(await up(run)).to.include({ exitCode: 0 });
    expect(drawn[0]).to.deep.equal(["  waiting for good answers"]);
    expect(drawn.at(-1)).to.deep.equal([]);
    expect(said.join("\n")).not.to.include("still waiting");
  });

  it("goes back to the image before when the new one doesn't answer, and never to that one again", async () => {
    const stack = await deployed(one);
    const run = runOn(stack, checkout(two));
    run.healthy = () => imageOf(stack) !== two;
    const summary = await up(run);
    expect(summary).to.include({ result: "rolled_back", exitCode: 4 });
    expect(summary.message).to.match(/^deployed, but not healthy; the images before are back; commit/);
    expect([imageOf(stack), run.settings.services.api?.image]).to.deep.equal([one, one]);
    // The history has an update with the other image that succeeded; it is not gone back to.
    const back = await rollback(runOn(stack, checkout(one)));
    expect(back).to.include({ result: "failed", exitCode: 2 });
    expect(back.message).to.match(/no successful update with other images that answered well/);
    // Mended, it is as good as any.
    expect(await up(runOn(stack, checkout(two)))).to.include({ exitCode: 0 });
    expect(stack.tags).to.deep.equal({});
  });

  it("doesn't take an image for good that nobody has seen answer, as its run was killed or told not to go back", async () => {
    for (const end of ["killed", "left"] as const) {
      const stack = await deployed(one);
      const bad = runOn(stack, checkout(two), { rollback: false });
      bad.healthy = () => {
        if (end === "killed") throw new Killed();
        return false;
      };
      await up(bad);
      expect(imageOf(stack)).to.equal(two);
      const run = runOn(stack, checkout(three));
      run.healthy = () => imageOf(stack) !== three;
      expect(await up(run), end).to.include({ result: "rolled_back", exitCode: 4 });
      expect(imageOf(stack), end).to.equal(one);
    }
  });

  it("goes back by hand one further each time", async () => {
    const stack = await deployed(one, two, three);
    for (const expected of [two, one]) {
      expect(await rollback(runOn(stack, checkout(imageOf(stack) as string)))).to.include({ exitCode: 0 });
      expect(imageOf(stack)).to.equal(expected);
    }
    expect(await rollback(runOn(stack, checkout(one)))).to.include({ exitCode: 2 });
  });

  it("keeps in mind as many images as a tag holds", async () => {
    const stack = await deployed(one);
    const left = (image: string) => {
      const run = runOn(stack, checkout(image), { rollback: false });
      run.healthy = () => false;
      return up(run);
    };
    for (let version = 10; version < 40; version++) await left(`example.org/api:${version}`);
    expect(stack.tags[suspectTag]?.length).to.be.within(240, 256);
  });

  it("says why it went back, and when that fails what to do", async () => {
    const stack = await deployed(one);
    const failing = (image: string | undefined) => {
      const run = runOn(stack, checkout(two));
      run.onUpdate = (standing) => {
        if (image !== undefined && standing.image !== image) return;
        run.progress.onEvent(broken);
        throw new Error("update failed");
      };
      return up(run);
    };
    const back = await failing(two);
    expect(back).to.include({ result: "rolled_back", exitCode: 4 });
    expect(back.message).to.match(/^the update failed: no steady state; the images before are back/);
    expect(back.errors).to.deep.equal([{ urn: undefined, message: "no steady state" }]);
    const stuck = await failing(undefined);
    expect(stuck).to.include({ result: "failed", exitCode: 4 });
    expect(stuck.message).to.match(
      /going back: the update failed.*\nPulumi\.prod\.yaml names the images before again: .*deploy -- up --stack prod/,
    );
  });

  it("says how to go on from a failed update where no image is to blame", async () => {
    const stack = await deployed(one);
    const onward = /no image changed.*\nwhat was done by then stays: mend the cause, then npm run deploy -- up --stack prod$/;
    for (const command of [up, rotate]) {
      const run = runOn(stack, checkout(one));
      run.onUpdate = () => {
        run.progress.onEvent(broken);
        throw new Error("update failed");
      };
      const failed = await command(run);
      expect(failed).to.include({ result: "failed", exitCode: 4 });
      expect(failed.message).to.match(onward);
    }
    const unhealthy = runOn(await deployed(one), checkout(one));
    unhealthy.healthy = () => false;
    expect((await up(unhealthy)).message).to.equal("deployed, but not healthy; no image changed, so there is none to go back to");
  });

  const replacing: Step = {
    op: "replace",
    urn: "urn:pulumi:prod::platform::aws:rds/instance:Instance::database-database",
    type: "aws:rds/instance:Instance",
    name: "database-database",
    parent: "",
    protect: false,
    because: ["dbName"],
  };

  it("ends a preview with code 5 when data would go, naming it", async () => {
    const run = runOn(new FakeStack(), checkout(one));
    run.coming = [replacing];
    const summary = await preview(run);
    expect(summary).to.include({ result: "failed", exitCode: 5 });
    expect(summary.message).to.match(/replace database-database \(aws:rds\/instance:Instance\): dbName/);
    const allowed = runOn(new FakeStack(), checkout(one), { allow: ["database-database"] });
    allowed.coming = [replacing];
    expect(await preview(allowed)).to.include({ exitCode: 0 });
  });

  it("leaves the stack's file as it was when what it would do is refused", async () => {
    const stack = await deployed(one, two);
    for (const command of [rotate, rollback]) {
      const run = runOn(stack, checkout(two));
      const before = run.checkout.text;
      run.coming = [replacing];
      const summary = await command(run);
      expect(summary).to.include({ exitCode: 5 });
      expect(summary.message).not.to.include("has changed");
      expect(run.checkout.text).to.equal(before);
    }
    const kept = runOn(stack, checkout(two));
    kept.onUpdate = () => {
      throw new Error("update failed");
    };
    expect((await rotate(kept)).exitCode).to.not.equal(0);
    expect(kept.settings.rotationEpoch).to.equal(2);
  });

  it("refuses an epoch that is older than the deployed one", async () => {
    const stack = await deployed(one);
    expect(await rotate(runOn(stack, checkout(one)))).to.include({ exitCode: 0 });
    const stale = await up(runOn(stack, checkout(one)));
    expect(stale).to.include({ result: "failed", exitCode: 2 });
    expect(stale.message).to.match(/rotationEpoch is 1, but 2 is deployed.*pulumi config set rotationEpoch 2 --stack prod/s);
  });

  it("refuses a takeover by a stack that has stood by for nobody", async () => {
    const standby = { "aws:region": "us-west-2", "platform:standbyOf": "west", "platform:standby": { active: true } };
    const run = runOn(new FakeStack(), checkout(one, standby));
    const summary = await up(run);
    expect(summary).to.include({ result: "failed", exitCode: 2 });
    expect(summary.message).to.match(/prod shall take over for west, but nothing of it is deployed.*standby\.active false --stack prod/s);
  });

  describe("beside a rollout", () => {
    const canary = (image: string, api: object = {}) => checkout(image, {}, { deployment: "canary", cpu: 0.5, memoryMb: 1024, ...api });
    const candidate = { image: two, percent: 10 };

    it("doesn't take a candidate's visitors away, or put the former image back, because its checkout knows nothing of them", async () => {
      const stack = new FakeStack();
      expect(await up(runOn(stack, canary(one, { candidate })))).to.include({ exitCode: 0 });
      const stale = await up(runOn(stack, canary(one)));
      expect(stale).to.include({ result: "failed", exitCode: 5 });
      expect(stale.message)
        .to.match(/services\.api: 10 % of the visitors have the candidate example\.org\/api:2/)
        .and.include(`npm run deploy -- rollout --stack prod --service api --image ${two}`)
        .and.include("--abort")
        .and.include("--allow services.api");
      expect(await up(runOn(stack, canary(one, { candidate: { image: two, percent: 0 } })))).to.include({ exitCode: 0 });
      expect(await up(runOn(stack, canary(one)))).to.include({ exitCode: 0 });

      const kept = { candidate: { image: one, percent: 0 } };
      expect(await up(runOn(stack, canary(two, kept)))).to.include({ exitCode: 0 });
      expect((await up(runOn(stack, canary(one)))).message).to.match(
        /a rollout has put example\.org\/api:2 in the place of example\.org\/api:1/,
      );
      expect(await up(runOn(stack, canary(two)))).to.include({ exitCode: 0 });
    });

    it("does so when told by name", async () => {
      const stack = new FakeStack();
      await up(runOn(stack, canary(one, { candidate })));
      expect(await up(runOn(stack, canary(one), { allow: ["services.api"] }))).to.include({ exitCode: 0 });
    });

    it("doesn't go back to an image that a rollout has taken back", async () => {
      const stack = new FakeStack();
      await up(runOn(stack, canary(one)));
      const run = runOn(stack, canary(one));
      run.onUpdate = (standing) => {
        if (standing.candidate?.image !== two) return;
        run.progress.onEvent(broken);
        throw new Error("update failed");
      };
      const api = { connect: () => Promise.resolve({} as never) };
      Object.assign(run.world, api);
      const asked = { service: "api", image: two, finish: false, abort: false };
      expect(await rollout(run, asked)).to.include({ result: "rolled_back", exitCode: 4 });
      expect(stack.tags).to.have.property(suspectTag);
    });
  });

  describe("asks for health", () => {
    class Asking extends Run {
      constructor(
        where: Checkout,
        answers: World["ask"],
        readonly said: string[],
      ) {
        const flags = { allow: [], policyPacks: [], recover: false, create: false, rollback: true, jobs: true, jobSeconds: 60, keepIn: "" };
        const patience = { lockSeconds: 0, retries: 0, retrySeconds: 0 };
        const options = { stack: "prod", where: { workDir: where.folder }, patience, ...flags, healthSeconds: 10 };
        super("up", options, world({ ask: answers, say: (line) => void said.push(line) }));
        this.outputs = { url: { value: "https://shop.example.org", secret: false } };
      }
    }
    async function health(where: Checkout, answers: (url: string) => number | undefined) {
      const [said, asked]: [string[], string[]] = [[], []];
      const run = new Asking(
        where,
        (url) => {
          asked.push(url);
          const status = answers(url);
          return status === undefined ? Promise.reject(new Error("connect ETIMEDOUT")) : Promise.resolve({ status, body: "" });
        },
        said,
      );
      return { healthy: await run.verify(), asked: [...new Set(asked)], said: said.join("\n") };
    }

    it("of the service that takes everything, else of the first whose readiness a route leads to", async () => {
      const whole = await health(checkout(one), () => 200);
      expect([whole.healthy, whole.asked]).to.deep.equal([true, ["https://shop.example.org/ready"]]);
      const part = await health(checkout(one, {}, { routes: { paths: ["/api/*"] }, readyPath: "/api/ready" }), () => 200);
      expect(part.asked).to.deep.equal(["https://shop.example.org/api/ready"]);
      const host = await health(checkout(one, {}, { routes: { paths: ["/*"], hosts: ["api.example.org"] } }), () => 200);
      expect(host.asked).to.deep.equal(["https://api.example.org/ready"]);
      const none = await health(checkout(one, {}, { routes: { paths: ["/api/*"] } }), () => 404);
      expect([none.healthy, none.asked]).to.deep.equal([true, []]);
      expect(none.said).to.include("health not asked for: no route leads to the readyPath of a service");
    });

    it("not while maintenance turns everybody away", async () => {
      const { healthy, asked, said } = await health(checkout(one, { "platform:maintenance": true }), () => 503);
      expect([healthy, asked]).to.deep.equal([true, []]);
      expect(said).to.include("health not asked for: maintenance is on");
    });

    it("and takes silence for bad health only where everybody may connect", async () => {
      const some = (cidr: string) => checkout(one, { "platform:network": { allowedCidrs: [cidr] } });
      const restricted = await health(some("203.0.113.0/24"), () => undefined);
      expect(restricted.healthy).to.equal(true);
      expect(restricted.said).to.include("network.allowedCidrs may leave out this machine");
      expect((await health(some("203.0.113.0/24"), () => 502)).healthy).to.equal(false);
      expect((await health(some("0.0.0.0/0"), () => undefined)).healthy).to.equal(false);
    });
  });
});
