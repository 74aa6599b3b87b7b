import { expect } from "chai";
import { AzureBudget, monthOf, yearFrom } from "../../components/budget/azure";
import { AzureHosting } from "../../components/hosting/azure";
import { azureMonitoring, azureNetwork, childrenOf, KnownNetwork, once } from "../support/azure-parts";
import { only, recordKnown } from "../support/record";

const spec = { monthlyUsd: 3000, emails: ["money@example.org"], anomalyUsd: 100, activateTags: false };
const subscription = "/subscriptions/0000";
const group = "monitoring-high-id";

const budget = once((changes: Partial<typeof spec> = {}) =>
  recordKnown(() => {
    const network = new KnownNetwork(azureNetwork());
    const monitoring = azureMonitoring(network);
    new AzureBudget("budget", {
      network,
      monitoring,
      hosting: new AzureHosting("hosting", { network, monitoring, services: {} }),
      ...spec,
      ...changes,
    });
  }),
);

describe("Budget on Azure", () => {
  it("is a budget, and an alert on what is unusual where somebody gets its mail", async () => {
    const made = async (changes: Partial<typeof spec> = {}) =>
      childrenOf(await budget(changes), "budget")
        .map(({ type, name }) => `${type} ${name}`)
        .sort();
    const alone = "azure-native:consumption:Budget budget-budget";
    expect(await made()).to.deep.equal([alone, "azure-native:costmanagement:ScheduledActionByScope budget-anomalies"]);
    expect(await made({ anomalyUsd: 0 })).to.deep.equal([alone]);
    expect(await made({ emails: [] })).to.deep.equal([alone]);
  });

  it("counts the stack's resource groups, and tells at 50, 75, 80, 90 and 100 %", async () => {
    const common = { enabled: true, operator: "GreaterThanOrEqualTo", thresholdType: "Actual" };
    const mail = { contactEmails: ["money@example.org"], contactGroups: [] };
    const made = only(await budget(), "azure-native:consumption:Budget");
    expect(made.inputs).to.deep.equal({
      scope: subscription,
      budgetName: "budget-platform-test-budget",
      category: "Cost",
      amount: 3000,
      timeGrain: "Monthly",
      timePeriod: { startDate: monthOf(new Date()) },
      filter: {
        dimensions: {
          name: "ResourceGroupName",
          operator: "In",
          values: ["rg-platform-test", "rg-platform-test-data", "rg-platform-test-containers"],
        },
      },
      notifications: {
        actual50: { ...common, threshold: 50, ...mail },
        actual75: { ...common, threshold: 75, ...mail },
        actual80: { ...common, threshold: 80, ...mail },
        actual90: { ...common, threshold: 90, contactEmails: [], contactGroups: [group] },
        actual100: { ...common, threshold: 100, contactEmails: ["money@example.org"], contactGroups: [group] },
      },
    });
    expect(made.options.ignoreChanges).to.deep.equal(["timePeriod"]);
  });

  it("tells where alerts go when nobody gets mail", async () => {
    const { notifications } = only(await budget({ emails: [] }), "azure-native:consumption:Budget").inputs as {
      notifications: Record<string, { contactEmails: string[]; contactGroups: string[] }>;
    };
    for (const { contactEmails, contactGroups } of Object.values(notifications)) {
      expect(contactEmails).to.deep.equal([]);
      expect(contactGroups).to.deep.equal([group]);
    }
  });

  it("mails what is unusual in the subscription", async () => {
    const title = "Unusual cost in the subscription of platform test";
    expect(only(await budget(), "azure-native:costmanagement:ScheduledActionByScope").inputs).to.deep.equal({
      scope: subscription,
      name: "platform-test-budget",
      kind: "InsightAlert",
      displayName: title,
      status: "Enabled",
      viewId: `${subscription}/providers/Microsoft.CostManagement/views/ms:DailyAnomalyByResourceGroup`,
      notification: { to: ["money@example.org"], subject: title },
      schedule: { frequency: "Daily", ...yearFrom(new Date()) },
    });
  });

  it("begins with the month, and prolongs the alert by quarters", () => {
    expect(monthOf(new Date("2026-11-21T16:30:00Z"))).to.equal("2026-11-01T00:00:00Z");
    expect(monthOf(new Date("2026-01-01T00:00:00Z"))).to.equal("2026-01-01T00:00:00Z");
    const [first, last] = [{ startDate: "2026-01-01T00:00:00Z", endDate: "2027-01-01T00:00:00Z" }, "2027-10-01T00:00:00Z"];
    expect(yearFrom(new Date("2026-01-01T00:00:00Z"))).to.deep.equal(first);
    expect(yearFrom(new Date("2026-03-31T23:59:59Z"))).to.deep.equal(first);
    expect(yearFrom(new Date("2026-12-31T23:59:59Z"))).to.deep.equal({ startDate: "2026-10-01T00:00:00Z", endDate: last });
  });
});
