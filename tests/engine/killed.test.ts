// Kill -9 of an update, then `up`: the deploy command says what was being made, a person looks, and the next run ends where an undisturbed
// one does: nothing doubled, nothing lost.
import { expect } from "chai";
import { type Rehearsal, rehearse } from "../../rehearsal/engine";
import { Scene } from "../../rehearsal/scene";
import { up } from "../../rehearsal/scenes";
import { needsEngine } from "../support/engine";

/** One service and its database, to which the simulated visitors may connect. */
const off = ["cache", "services.worker", "services.nightly", "services.api", "queues.jobs", "topics.events"];
const small = [...off.map((part) => `${part}.enabled=false`), "network.allowedCidrs[0]=198.51.100.0/24"];
const image = "public.ecr.aws/docker/library/node:24-alpine";

describe("an update that is killed", function () {
  this.timeout(300_000);
  for (const cloud of ["aws", "azure"] as const) {
    describe(cloud, () => {
      let rehearsal: Rehearsal;
      let scene: Scene;
      let talk = "";

      before(async function () {
        needsEngine(this, { what: "killed updates", cloud, minutes: 1 });
        rehearsal = await rehearse({ stack: "dev", cloud, set: small });
        const say = (text: string) => void (talk += text);
        scene = new Scene(rehearsal, "dev", 600, { out: say, err: say });
      });
      after(() => rehearsal?.remove());

      const whole = (): void => {
        expect(scene.strays()).to.deep.equal([]);
        const { resources } = (JSON.parse(rehearsal.cli("stack", "export").output) as Exported).deployment;
        const there = new Set(rehearsal.cloud.all().map(({ id }) => id));
        const real = resources.filter(({ custom, type }) => custom && !/^pulumi:|^aws:\w+\/get/.test(type));
        expect(real.filter(({ id = "" }) => !there.has(id)).map(({ urn }) => urn)).to.deep.equal([]);
        const again = rehearsal.cli("up", "--yes", "--skip-preview", "--expect-no-changes");
        expect(again.code, again.output).to.equal(0);
      };

      it("while something is made: refused by name, and whole after a person has looked", async () => {
        await up(scene, { disturbed: { kill: 30 }, image });
        const [killed, refused, cancelled, recovered] = scene.phases.map(({ exitCode }) => exitCode);
        expect(killed, talk).to.not.equal(0);
        expect([refused, cancelled, recovered], talk).to.deep.equal([1, 0, 0]);
        expect(talk).to.match(/an update of this stack was killed in the middle of \d+ operation/);
        expect(talk).to.match(/ creating urn:pulumi:dev::/);
        // Everything that a person has to delete was named.
        const looked = [...talk.matchAll(/deletes what is in the cloud but not in the state: (\S+) /g)].map(([, type = ""]) => type);
        expect(looked.length).to.be.greaterThan(0);
        for (const type of looked) expect(talk).to.match(new RegExp(` creating urn:pulumi:dev::\\S*${type.replace("/", "\\/")}::`));
        whole();
      });

      it("while something is changed: nothing to look for, and whole after it", async function () {
        needsEngine(this, { what: "a killed change", cloud, minutes: 1 });
        const before = scene.phases.length;
        await scene.set("services.web.image", image);
        await up(scene, { disturbed: { kill: 1 }, image });
        const codes = scene.phases.slice(before).map(({ exitCode }) => exitCode);
        expect([codes[0] === 0, ...codes.slice(1)], talk).to.deep.equal([false, 1, 0, 0]);
        whole();
      });
    });
  }
});

interface Exported {
  readonly deployment: { readonly resources: readonly { urn: string; type: string; custom: boolean; id?: string }[] };
}
