// What a stack may state of its budget, on both clouds.
import { expect } from "chai";
import { faults, settings } from "./support";

const of = (budget: unknown, config: Readonly<Record<string, unknown>> = {}) => settings({ config: { budget, ...config } });

describe("the budget's settings", () => {
  it("are the preset's where nothing is said", () => {
    expect(of(undefined).budget).to.deep.equal({ monthlyUsd: 200, emails: [], anomalyUsd: 0, activateTags: false });
    expect(of(undefined, { environment: "staging" }).budget).to.deep.include({ monthlyUsd: 1000, anomalyUsd: 50 });
    expect(of(undefined, { environment: "prod" }).budget).to.deep.equal({
      monthlyUsd: 3000,
      emails: [],
      anomalyUsd: 100,
      activateTags: false,
    });
  });

  it("are merged over it, and can take it away", () => {
    const stated = { monthlyUsd: 150.5, emails: ["a@example.org"], anomalyUsd: 10, activateTags: true };
    expect(of(stated).budget).to.deep.equal(stated);
    expect(of({ enabled: false }).budget).to.equal(undefined);
    expect(of({ scaleDown: [] }).budget?.monthlyUsd).to.equal(200);
  });

  it("refuse to scale by the budget, with the reason", () => {
    const [fault, ...rest] = faults({ config: { budget: { scaleDown: ["worker"] } } });
    expect(rest).to.deep.equal([]);
    expect(fault).to.deep.include({ path: "budget.scaleDown", given: ["worker"] });
    expect(fault?.problem).to.match(/a budget tells, it can't scale/);
    expect(fault?.remedy).to.match(/scale\.max/);
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
