import { output } from "@pulumi/pulumi";
import { expect } from "chai";
import { AzureAlarms } from "../../components/alarms/azure";
import type { Azure } from "../../components/clouds/azure/family";
import { type AlarmId, alarmIds, alarmRows } from "../../components/monitoring/alarms";
import { azureAlarms, watchedTypes } from "../../components/monitoring/azure-alarms";
import { severities } from "../../components/monitoring/alerts";
import { AzureMonitoring } from "../../components/monitoring/azure";
import { Watched } from "../../components/monitoring/watched";
import type { Stack } from "../../components/stack";
import { AzureStorage } from "../../components/storage/azure";
import { azureNetwork, childrenOf, KnownNetwork, once, tags } from "../support/azure-parts";
import { azureMonitor, unknownColumns } from "../support/known-metrics";
import { type Recorded, record } from "../support/record";

const { sites, plans, containerApps, jobs, postgres, redis, serviceBus, gateways, webTests, vpnGateways } = watchedTypes;
const things: readonly (readonly [noun: Watched<Azure>["noun"], name: string, raw: Omit<Azure["watched"], "resourceId" | "entity">])[] = [
  ["service", "web", { type: sites }],
  ["deployment", "web", { type: sites }],
  ["deployment", "worker", { type: containerApps }],
  ["compute", "web", { type: plans }],
  ["compute", "worker", { type: containerApps, totals: { nanoCores: 5e8, memoryBytes: 1024 ** 3 } }],
  ["job", "nightly", { type: jobs }],
  ["database", "database", { type: postgres, totals: { connections: 859 } }],
  ["replica", "database-replica-1", { type: postgres }],
  ["cache", "cache", { type: redis }],
  ["queue", "jobs", { type: serviceBus, thresholds: { age: 600 } }],
  ["gateway", "gateway", { type: gateways }],
  ["certificate", "probe-certificate", { type: webTests }],
  ["probe", "probe", { type: webTests }],
  ["vpn", "vpn-1", { type: vpnGateways }],
  ["backup", "backup", { type: "Microsoft.DataProtection/backupVaults" }],
];

const alarms = once(async (which: "all" | "errors" = "all", environment: Stack["environment"] = "prod"): Promise<Recorded[]> => {
  const resources = await record(() => {
    const network = new KnownNetwork(azureNetwork({ environment }));
    const logs = new AzureStorage("logs", { network, purpose: "logs", expireDays: 365 });
    const monitoring = new AzureMonitoring("monitoring", { network, logs, logDays: 30, alertEmails: [], flowLogs: false, probed: true });
    const { raw } = monitoring;
    const known = {
      ...raw,
      insights: raw.insights && { ...raw.insights, componentId: output("insights-id") },
      workspaceId: output("workspace-id"),
    };
    const groups = Object.fromEntries(severities.map((severity) => [severity, output(`group-${severity}`)])) as typeof raw.actionGroupIds;
    Object.assign(monitoring, { raw: { ...known, actionGroupIds: groups } });
    const watched = things.map(
      ([noun, name, rest]) => new Watched<Azure>(noun, name, { ...rest, resourceId: output(`${name}-id`), entity: `${name}-name` }),
    );
    new AzureAlarms("alarms", { network, monitoring, watched, which });
  });
  return childrenOf(resources, "alarms");
});

const inputsOf = async (name: string): Promise<Readonly<Record<string, unknown>>> =>
  (await alarms()).find((made) => made.name === name)?.inputs ?? {};
const criterion = async (name: string): Promise<Record<string, unknown>> =>
  ((await inputsOf(name)).criteria as { allOf: Record<string, unknown>[] }).allOf[0] ?? {};

describe("Alarms on Azure", () => {
  it("are there for every row of M2, each with its group, severity and tags", async () => {
    const resources = await alarms();
    for (const id of alarmIds) {
      const { severity, noun } = alarmRows[id];
      const named = resources.filter(
        ({ name }) => name.startsWith(`${severity}-`) && things.some(([of, thing]) => of === noun && name === `${severity}-${thing}-${id}`),
      );
      expect(named, id).to.have.lengthOf(things.filter(([of]) => of === noun).length);
      for (const { name, inputs, type } of named) {
        expect(inputs.tags, name).to.deep.equal(tags("alarms"));
        const told = JSON.stringify(inputs.actions ?? (inputs.properties as { actions: unknown }).actions);
        expect(told, name).to.include(`group-${severity}`);
        if (type.endsWith("AlertProcessingRuleByName")) continue;
        expect(inputs.severity, name).to.equal(severities.indexOf(severity));
        expect(inputs, name).to.include({ enabled: true, autoMitigate: true });
      }
    }
    expect(severities.indexOf("critical")).to.equal(0);
    expect(severities.indexOf("low")).to.equal(3);
  });

  it("look at metrics that exist, under dimensions that they have, and read columns that tables have", () => {
    for (const id of alarmIds) {
      for (const source of azureAlarms[id]) {
        if (source.kind === "metric") {
          const metric = azureMonitor[source.type]?.[source.metric];
          expect(metric, `${id}: ${source.type} ${source.metric}`).not.to.equal(undefined);
          if ("dimension" in source) expect(metric, id).to.include(source.dimension.name);
        } else if (source.kind === "query") {
          const query = source.query({ resourceId: output("id"), type: source.type, entity: "web" });
          expect(query.startsWith(source.table), id).to.equal(true);
          expect(unknownColumns(query), `${id}: ${query}`).to.deep.equal([]);
          expect(query, id).to.match(/\bvalue\b/);
        }
      }
    }
  });

  it("translate percent into what Azure counts", async () => {
    const { odataType } = (await inputsOf("medium-web-cpu")).criteria as { odataType: string };
    expect(odataType).to.equal("Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria");
    expect(await criterion("medium-web-cpu")).to.deep.equal({
      criterionType: "StaticThresholdCriterion",
      metricName: "CpuPercentage",
      metricNamespace: plans,
      name: "cpu",
      operator: "GreaterThan",
      skipMetricValidation: true,
      threshold: 80,
      timeAggregation: "Average",
    });
    expect(await criterion("medium-worker-cpu")).to.include({ metricName: "UsageNanoCores", threshold: 4e8 });
    expect(await criterion("high-worker-memory")).to.include({ metricName: "WorkingSetBytes", threshold: Math.floor(0.9 * 1024 ** 3) });
    expect(await criterion("high-database-connections")).to.include({ threshold: 687, timeAggregation: "Maximum" });
    expect(await criterion("high-web-unhealthy")).to.include({ operator: "LessThan", threshold: 100 });
    expect(await criterion("medium-database-replica-1-lag")).to.include({ threshold: 30 });
    expect(await criterion("critical-database-disk-full")).to.include({ threshold: 90 });
    expect(await criterion("medium-jobs-age")).to.deep.include({
      metricName: "ActiveMessages",
      operator: "GreaterThan",
      threshold: 0,
      timeAggregation: "Minimum",
      dimensions: [{ name: "EntityName", operator: "Include", values: ["jobs-name"] }],
    });
    expect(await criterion("high-vpn-1-vpn-down")).to.deep.include({
      metricName: "QmsaCount",
      operator: "LessThan",
      threshold: 1,
      timeAggregation: "Total",
      dimensions: [{ name: "RemoteIP", operator: "Include", values: ["vpn-1-name"] }],
    });
    expect(await inputsOf("high-vpn-1-vpn-down")).to.include({ windowSize: "PT15M" });
    expect((await criterion("low-vpn-1-tunnel-down")).query).to.include('OperationName == "TunnelDisconnected"');
    expect((await criterion("low-vpn-1-tunnel-down")).query).to.include('== "vpn-1-name"');
    expect((await criterion("high-nightly-job-failed")).dimensions).to.deep.equal([
      { name: "state", operator: "Include", values: ["Failed", "failed"] },
    ]);
    expect(await inputsOf("medium-web-cpu")).to.include({ evaluationFrequency: "PT5M", windowSize: "PT15M", location: "global" });
    expect(await inputsOf("critical-database-disk-full")).to.include({ evaluationFrequency: "PT5M", windowSize: "PT5M" });
  });

  it("ask the logs where there is no metric", async () => {
    const { criteria, ...rest } = await inputsOf("critical-web-errors-critical");
    expect(rest).to.deep.include({
      scopes: ["workspace-id"],
      evaluationFrequency: "PT5M",
      windowSize: "PT5M",
      skipQueryValidation: true,
      actions: { actionGroups: ["group-critical"] },
    });
    expect((criteria as { allOf: unknown[] }).allOf).to.deep.equal([
      {
        query: `AppServiceHTTPLogs
| where _ResourceId endswith "/web-name"
| summarize requests = count(), failed = countif(ScStatus >= 500)
| where requests > 100 or failed >= 5
| project value = 100.0 * failed / requests`,
        metricMeasureColumn: "value",
        timeAggregation: "Maximum",
        operator: "GreaterThan",
        threshold: 5,
        failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 },
      },
    ]);
    expect(await criterion("medium-web-slow")).to.include({ threshold: 500 });
  });

  it("ask web tests from outside, and send on what a backup vault reports", async () => {
    const down = await inputsOf("critical-probe-down");
    expect(down).to.deep.include({
      scopes: ["probe-id", "insights-id"],
      evaluationFrequency: "PT1M",
      windowSize: "PT5M",
      criteria: {
        odataType: "Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria",
        webTestId: "probe-id",
        componentId: "insights-id",
        failedLocationCount: 2,
      },
    });
    expect((await inputsOf("medium-probe-certificate-expiry")).criteria).to.include({ failedLocationCount: 1 });
    expect((await inputsOf("high-backup-backup-failed")).properties).to.deep.include({
      enabled: true,
      scopes: ["backup-id"],
      actions: [{ actionType: "AddActionGroups", actionGroupIds: ["group-high"] }],
    });
  });

  it("are of errors only in dev, looked for every quarter of an hour", async () => {
    const made = await alarms("errors", "dev");
    expect(made.map(({ name }) => name)).to.have.members([
      "critical-web-errors-critical",
      "high-web-errors-high",
      "high-web-deployment-failed",
      "high-worker-deployment-failed",
      "high-nightly-job-failed",
      "high-jobs-dead-letters",
      "high-vpn-1-vpn-down",
    ]);
    expect(made.find(({ name }) => name === "high-web-errors-high")?.inputs).to.include({
      evaluationFrequency: "PT15M",
      windowSize: "PT15M",
    });
  });

  it("say who looks when", async () => {
    const id: AlarmId = "errors-critical";
    expect((await inputsOf(`critical-web-${id}`)).description).to.equal(
      "web answers more than 5 % of its requests with an error. Severity critical: look at it within 15 minutes.",
    );
  });
});
