// What a stack may state of its budget, on both clouds.
import { expect } from "chai";
import { faults, settings } from "./support";

const of = (budget: unknown, config: Readonly<Record<string, unknown>> = {}) => settings({ config: { budget, ...config } });

describe("the budget's settings", () => {
  it("are the preset's where nothing is said", () => {
    expect(of(undefined).budget).to.deep.equal({ monthlyUsd: 200, emails: [], anomalyUsd: 0, activateTags: false, scaleDown: [] });
    expect(of(undefined, { environment: "staging" }).budget).to.deep.include({ monthlyUsd: 1000, anomalyUsd: 50 });
    expect(of(undefined, { environment: "prod" }).budget).to.deep.equal({
      monthlyUsd: 3000,
      emails: [],
      anomalyUsd: 100,
      activateTags: false,
      scaleDown: [],
    });
  });

  it("are merged over it, and can take it away", () => {
    const stated = { monthlyUsd: 150.5, emails: ["a@example.org"], anomalyUsd: 10, activateTags: true, scaleDown: ["worker"] };
    expect(of(stated).budget).to.deep.equal(stated);
    expect(of({ enabled: false }).budget).to.equal(undefined);
  });

  describe("name services to scale down", () => {
    const refused = (names: readonly string[], config: Readonly<Record<string, unknown>> = {}) =>
      faults({
        config: { environment: "prod", alerts: { critical: { emails: ["a@example.org"] } }, budget: { scaleDown: names }, ...config },
      });

    it("as they are", () => {
      expect(of({ scaleDown: ["worker"] }).budget?.scaleDown).to.deep.equal(["worker"]);
      expect(refused(["web", "api"], { cloud: "azure" })).to.deep.equal([]);
    });

    const cases: [string, readonly string[], Readonly<Record<string, unknown>>, string, RegExp, RegExp][] = [
      ["that are not there", ["workr"], {}, "[0]", /no such service/, /did you mean "worker"/],
      ["twice", ["worker", "worker"], {}, "[1]", /named twice/, /once/],
      ["that are jobs", ["nightly"], {}, "[0]", /a job has no instances/, /remove it from budget\.scaleDown/],
      [
        "of one number of instances",
        ["api"],
        { services: { api: { scale: { min: 3, max: 3 } } } },
        "[0]",
        /always has 3 instances/,
        /scale\.max/,
      ],
      [
        "with schedules",
        ["api"],
        { services: { api: { scale: { schedules: [{ name: "night", cron: "0 20 * * *", timezone: "UTC", min: 2, max: 2 }] } } } },
        "[0]",
        /schedules set the same limits/,
        /services\.api\.scale\.schedules/,
      ],
      ["that are workers on Azure", ["worker"], { cloud: "azure" }, "[0]", /may set its image too/, /remove it/],
      [
        "of a plan that others share",
        ["api"],
        { cloud: "azure" },
        "[0]",
        /shares its plan, and so its instances, with web/,
        /name that one too/,
      ],
    ];
    for (const [what, names, config, at, problem, remedy] of cases) {
      it(`but none ${what}`, () => {
        const [fault, ...rest] = refused(names, config);
        expect(rest).to.deep.equal([]);
        expect(fault).to.deep.include({ path: `budget.scaleDown${at}`, given: names.at(-1) });
        expect(fault?.problem).to.match(problem);
        expect(fault?.remedy).to.match(remedy);
      });
    }

    it("but none where there is no budget", () => {
      const [fault, ...rest] = faults({ config: { budget: { enabled: false, scaleDown: ["worker"] } } });
      expect(rest).to.deep.equal([]);
      expect(fault?.problem).to.match(/budget\.enabled is false/);
    });
  });

  it("refuse to activate tags where none are counted", () => {
    const [fault, ...rest] = faults({ config: { cloud: "azure", budget: { activateTags: true } } });
    expect(rest).to.deep.equal([]);
    expect(fault).to.deep.include({ path: "budget.activateTags", given: true, remedy: "remove budget.activateTags" });
  });

  it("warn where nobody hears of anomalies", () => {
    const told = (config: Readonly<Record<string, unknown>>, budget?: unknown) =>
      of(budget, { environment: "staging", ...config }).warnings.some((warning) => warning.includes("budget.emails is empty"));
    expect(told({ cloud: "azure" })).to.equal(true);
    expect(told({ cloud: "azure" }, { emails: ["a@example.org"] })).to.equal(false);
    expect(told({ cloud: "azure" }, { anomalyUsd: 0 })).to.equal(false);
    expect(told({ cloud: "azure" }, { enabled: false })).to.equal(false);
    expect(told({ cloud: "aws" })).to.equal(false);
  });
});
