// Rollouts, maintenance and operators' access as settings: what is filled in, and what is refused on which cloud.
import { expect } from "chai";
import { checkRollout, defaultRollout, stagesOf } from "../../components/app-service/rollout";
import { clouds } from "../../components/cloud";
import { defaultImage } from "../../settings/presets";
import { faults, settings } from "./support";

const image = "docker.io/library/shop:2";
const api = (more: object): Record<string, unknown> => ({ services: { api: more } });
const large = { cpu: 0.5, memoryMb: 1024, scale: { min: 1, max: 1 } };
const canary = (candidate?: object, more: object = {}): Record<string, unknown> =>
  api({ deployment: "canary", ...large, ...(candidate && { candidate }), ...more });

describe("settings of a rollout", () => {
  it("shifts traffic in prod, by the stages of the requirements, and replaces in place elsewhere", () => {
    for (const cloud of clouds) {
      for (const environment of ["dev", "staging", "prod"]) {
        const { services, rollout } = settings({ config: { environment, cloud } });
        const usual = environment === "prod" ? "canary" : "rolling";
        expect(Object.fromEntries(Object.entries(services).map(([name, { deployment }]) => [name, deployment]))).to.deep.equal({
          web: usual,
          api: usual,
          worker: "rolling",
          nightly: "rolling",
        });
        expect(rollout).to.deep.equal({
          stages: [
            { percent: 10, minutes: 10 },
            { percent: 50, minutes: 30 },
            { percent: 100, minutes: 0 },
          ],
          keepHours: 24,
          limits: { errorPercent: 5, responseMs: 1000, minRequests: 20 },
        });
        expect(Object.values(services).filter(({ candidate }) => candidate !== undefined)).to.deep.equal([]);
      }
    }
  });

  it("goes through all stages, the last one, or none", () => {
    expect(stagesOf("canary", defaultRollout)).to.deep.equal(defaultRollout.stages);
    expect(stagesOf("blueGreen", defaultRollout)).to.deep.equal([{ percent: 100, minutes: 0 }]);
    expect(stagesOf("rolling", defaultRollout)).to.deep.equal([]);
  });

  it("takes other stages and limits, and keeps what is not stated", () => {
    const stages = [{ percent: 100, minutes: 5 }];
    const { rollout } = settings({ config: { rollout: { stages, limits: { responseMs: 300 } } } });
    expect(rollout).to.deep.equal({ stages, keepHours: 24, limits: { errorPercent: 5, responseMs: 300, minRequests: 20 } });
    expect(checkRollout(rollout)).to.deep.equal([]);
  });

  it("gives a candidate no traffic unless it is stated, and its own command", () => {
    const of = (more: object) => settings({ config: canary({ image }, more) }).services.api;
    expect(of({})?.candidate).to.deep.equal({ image, percent: 0, command: undefined });
    expect(of({})?.command).to.include("node");
    expect(of({ command: ["x"] })?.candidate).to.deep.equal({ image, percent: 0, command: ["x"] });
    // Kept after the promotion: the preset's image with the preset's command.
    const kept = settings({ config: canary({ image: defaultImage, percent: 0 }, { image }) }).services.api;
    expect(kept?.command).to.equal(undefined);
    expect(kept?.candidate?.command).to.include("node");
  });

  const rows: [what: string, config: object, path: string, given: unknown, problem: RegExp, remedy: RegExp][] = [
    [
      "a share without an image",
      canary({ percent: 10 }),
      "services.api.candidate.image",
      undefined,
      /is missing: there is no candidate/,
      /remove candidate/,
    ],
    ["a share above all", canary({ image, percent: 101 }), "services.api.candidate.percent", 101, /100/, /./],
    [
      "a candidate of a rolling service",
      api({ candidate: { image }, deployment: "rolling" }),
      "services.api.candidate",
      image,
      /replaces the image in place/,
      /canary or blueGreen/,
    ],
    [
      "a candidate of a worker",
      { services: { worker: { candidate: { image } } } },
      "services.worker.candidate",
      image,
      /a worker gets no requests, so a candidate/,
      /change image/,
    ],
    [
      "a worker that shifts traffic",
      { services: { worker: { deployment: "canary" } } },
      "services.worker.deployment",
      "canary",
      /a worker gets no requests, so there is no traffic/,
      /rolling/,
    ],
    [
      "a candidate without a tag",
      canary({ image: "docker.io/library/shop" }),
      "services.api.candidate.image",
      "docker.io/library/shop",
      /neither tag nor digest/,
      /:1.0.0/,
    ],
    [
      "a service called as a candidate is",
      { services: { api: { ...large, deployment: "canary" }, "api-candidate": { kind: "worker", image } } },
      "services.api-candidate",
      "api-candidate",
      /the name that a candidate of "api" has/,
      /rename/,
    ],
    [
      "falling stages",
      {
        rollout: {
          stages: [
            { percent: 50, minutes: 1 },
            { percent: 50, minutes: 1 },
            { percent: 100, minutes: 0 },
          ],
        },
      },
      "rollout.stages[1].percent",
      50,
      /not more than the stage before, which has 50/,
      /rise/,
    ],
    [
      "stages that end early",
      { rollout: { stages: [{ percent: 50, minutes: 1 }] } },
      "rollout.stages",
      50,
      /with the former image/,
      /percent: 100/,
    ],
    [
      "a console that nobody can enter",
      { operations: { console: true } },
      "operations.console",
      true,
      /nobody could enter it/,
      /operations.exec true/,
    ],
    [
      "a console without a database",
      { operations: { console: true, exec: true }, database: { enabled: false } },
      "operations.console",
      true,
      /no database/,
      /false/,
    ],
    [
      "two consoles",
      { operations: { console: true, exec: true }, services: { console: { kind: "worker", image } } },
      "services.console",
      "console",
      /platform's own console/,
      /rename/,
    ],
  ];
  for (const [what, config, path, given, problem, remedy] of rows) {
    it(`refuses ${what}`, () => {
      for (const cloud of clouds) {
        const all = faults({ config: { cloud, ...config } });
        const fault = all.find((one) => one.path === path && problem.test(one.problem));
        expect(fault, all.map((one) => `${one.path}: ${one.problem}`).join("; ")).not.to.equal(undefined);
        expect(fault?.given).to.deep.equal(given);
        expect(fault?.remedy).to.match(remedy);
      }
    });
  }

  it("refuses a candidate beside Azure's Basic plan, which has no slots", () => {
    const config = api({ deployment: "canary", candidate: { image } });
    expect(faults({ config: { cloud: "aws", ...config } })).to.deep.equal([]);
    expect(faults({ config: { cloud: "azure", ...config } })).to.deep.equal([
      {
        path: "services.api.deployment",
        given: "canary",
        problem: "a service of 0.25 vCPU (Basic plan) has no slot on azure for a candidate",
        remedy: "set deployment to rolling, or choose a larger cpu",
      },
    ]);
  });
});

describe("maintenance and operators' access", () => {
  it("are off unless they are asked for", () => {
    for (const cloud of clouds) {
      for (const environment of ["dev", "staging", "prod"]) {
        const loaded = settings({ config: { environment, cloud } });
        expect(loaded.maintenance).to.equal(false);
        expect(loaded.operations).to.deep.equal({ exec: false, console: false });
        expect(loaded.services).not.to.have.property("console");
      }
    }
  });

  it("stop the traffic by one line, which is said in the plan", () => {
    const loaded = settings({ config: { maintenance: true } });
    expect(loaded.maintenance).to.equal(true);
    expect(loaded.warnings).to.include("maintenance is on: every request from outside is turned away");
  });

  it("bring a container with psql that uses the database, alike on both clouds", () => {
    for (const cloud of clouds) {
      const { console } = settings({ config: { cloud, operations: { exec: true, console: true } } }).services;
      expect(console).to.deep.include({
        kind: "worker",
        image: "public.ecr.aws/docker/library/postgres:17-alpine",
        command: ["sleep", "infinity"],
        cpu: 0.25,
        memoryMb: 512,
        user: 70,
        readOnlyRoot: false,
        env: {},
        uses: { database: "readWrite" },
        deployment: "rolling",
      });
      expect(console?.scale).to.include({ min: 1, max: 1 });
    }
  });
});
