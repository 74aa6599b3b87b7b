// A rollout under the real engine: in which order it changes the cloud. Traffic goes to nothing that is not there and steady, and nothing
// that has traffic is removed, whatever the step. It takes minutes: it runs with ENGINE_LONG=1, where a Pulumi CLI is found.
import { expect } from "chai";
import { nameOf } from "../../components/clouds/aws/names";
import { findAwsx, type Rehearsal, rehearse } from "../../rehearsal/engine";
import { awsStack } from "../support/stacks";
import { needsEngine } from "../support/engine";

const stable = "public.ecr.aws/docker/library/node:22-alpine";
const next = "public.ecr.aws/docker/library/node:24-alpine";

/** One api and nothing else, on a size that has slots. */
const small = [
  ...["services.web", "services.worker", "services.nightly", "queues.jobs", "topics.events", "database", "cache"].map(
    (part) => `${part}.enabled=false`,
  ),
  ...["deployment=canary", "cpu=0.5", "memoryMb=1024", "scale.min=1", "scale.max=2", "routes.paths[0]=/*"].map(
    (change) => `services.api.${change}`,
  ),
];

interface Words {
  /** What is made for a candidate, in the order that matters. */
  readonly candidate: readonly string[];
  /** What moves traffic. */
  readonly shift: string;
  /** What holds the stable image, in the order of its change. */
  readonly stable: readonly string[];
  /** What holds the candidate's image. */
  readonly image: readonly string[];
  /** The creation that fails. */
  readonly fatal: string;
  readonly set: readonly string[];
}

const words: Readonly<Record<"aws" | "azure", Words>> = {
  aws: {
    candidate: [
      `TargetGroup ${nameOf(awsStack({ name: "dev" }), "targetGroup", "api-candidate").replace("platform-", "")}`,
      "ListenerRule api-rule-candidate",
      "Service dev-api-candidate",
    ],
    shift: "update ListenerRule api-rule",
    // The former revision is only forgotten: `skipDestroy` keeps it in the cloud.
    stable: ["create TaskDefinition api-task", "update Service dev-api", "delete TaskDefinition api-task"],
    image: ["create TaskDefinition api-candidate-task", "update Service dev-api-candidate", "delete TaskDefinition api-candidate-task"],
    fatal: "create aws:ecs/service:Service#2",
    set: [],
  },
  azure: {
    candidate: ["WebAppSlot api-candidate-slot", "PrivateDnsZoneGroup api-candidate-endpoint-dns"],
    shift: "update WebApp api-site",
    stable: ["update WebApp api-site"],
    image: ["update WebAppSlot api-candidate-slot"],
    fatal: "create azure-native:web:WebAppSlot#1",
    set: ["edge.direct=false"],
  },
};

describe("a rollout under the real engine", function () {
  // Ten updates of a loaded machine.
  this.timeout(600_000);
  before(function () {
    needsEngine(this, { what: "order of a rollout", minutes: 4 });
  });

  for (const cloud of ["aws", "azure"] as const) {
    describe(cloud, () => {
      const { candidate, shift, stable: ofStable, image, fatal, set } = words[cloud];
      const made = candidate.map((part) => `create ${part}`);
      const removed = [...candidate].reverse().map((part) => `delete ${part}`);
      let rehearsal: Rehearsal;

      /** Sets values, or removes what has none, and deploys; what the cloud was asked to change, in order. */
      const step = async (...changes: readonly string[]): Promise<string[]> => {
        for (const change of changes) {
          const [path = "", value] = change.split("=");
          const key = `services.api.${path}`;
          if (value === undefined) await rehearsal.stack.removeConfig(key, true);
          else await rehearsal.stack.setConfig(key, { value }, true);
        }
        const before = rehearsal.cloud.calls().length;
        await rehearsal.stack.up({ onOutput: rehearsal.onOutput });
        return callsSince(rehearsal, before);
      };

      before(async function () {
        if (cloud === "aws" && findAwsx() === undefined) this.skip();
        rehearsal = await rehearse({ stack: "dev", cloud, set: [...small, ...set] });
        await rehearsal.stack.up({ onOutput: rehearsal.onOutput });
      });
      after(() => rehearsal?.remove());

      it("sends nobody to a candidate that does not come up, and goes on where it stopped", async () => {
        const { workspace } = rehearsal.stack;
        const usual = workspace.envVars;
        workspace.envVars = { ...usual, SIM_FAIL: fatal };
        const before = rehearsal.cloud.calls().length;
        const failure = await step(`candidate.image=${next}`, "candidate.percent=10").catch((error: unknown) => String(error));
        workspace.envVars = usual;
        expect(failure).to.contain("simulated fault");
        expect(callsSince(rehearsal, before).filter((call) => call === shift)).to.deep.equal([]);
        const resumed = await step();
        inOrder(resumed, [...made.slice(-1), shift]);
      });

      it("takes its visitors back before a candidate goes, in one step", async () => {
        inOrder(await step("candidate"), [shift, ...removed]);
      });

      it("goes from the first look to the end in visible steps, each of which can be taken back", async () => {
        const added = await step(`candidate.image=${next}`);
        inOrder(added, made);
        expect(added, "no visitor meets it").not.to.include(shift);
        for (const percent of [10, 0, 50, 0, 100]) {
          expect(await step(`candidate.percent=${percent}`), `${percent} %`).to.deep.equal([shift]);
        }
        // The stable image has no visitors now: it becomes the new one, and gets them back.
        const promoted = await step(`image=${next}`);
        inOrder(promoted, ofStable);
        expect(without(promoted, ofStable), "nothing else").to.deep.equal([]);
        expect(await step("candidate.percent=0")).to.deep.equal([shift]);
        const kept = await step(`candidate.image=${stable}`);
        inOrder(kept, image);
        expect(without(kept, image), "nothing else").to.deep.equal([]);
        const ended = await step("candidate");
        inOrder(ended, removed);
        expect(ended.filter((call) => call.startsWith("create"))).to.deep.equal([]);
        expect((await rehearsal.stack.outputs()).deployments?.value).to.have.nested.property("api.image", next);
      });

      it("moves all visitors at once after a candidate is complete, as blue-green does", async () => {
        inOrder(await step("deployment=blueGreen", `candidate.image=${stable}`, "candidate.percent=100"), [...made, shift]);
        inOrder(await step("candidate"), [shift, ...removed]);
      });
    });
  }
});

/** What the cloud was asked to change since, in order. */
function callsSince({ cloud }: Rehearsal, since: number): string[] {
  const calls = cloud.calls().slice(since);
  return calls.map(({ kind, type, name }) => `${kind} ${type.split(":").at(-1)} ${name.replace(/^platform-/, "")}`);
}

function without(calls: readonly string[], some: readonly string[]): string[] {
  return calls.filter((call) => !some.includes(call));
}

/** These calls happened, each after the one before it. */
function inOrder(calls: readonly string[], expected: readonly string[]): void {
  expect(calls).to.include.members([...expected]);
  expect([...calls].filter((call) => expected.includes(call))).to.deep.equal(expected);
}
