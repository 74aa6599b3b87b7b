import { output } from "@pulumi/pulumi";
import { expect } from "chai";
import type { Azure } from "../../components/clouds/azure/family";
import { guidOf } from "../../components/clouds/azure/names";
import { AzureDashboards } from "../../components/dashboards/azure";
import { azurePanels } from "../../components/dashboards/azure-panels";
import { dashboardIds, dashboards, type DashboardId, titles } from "../../components/dashboards/index";
import { watchedTypes } from "../../components/monitoring/azure-alarms";
import { AzureMonitoring } from "../../components/monitoring/azure";
import { Watched } from "../../components/monitoring/watched";
import { AzureStorage } from "../../components/storage/azure";
import { azureNetwork, childrenOf, KnownNetwork, once, tags } from "../support/azure-parts";
import { azureMonitor, unknownColumns } from "../support/known-metrics";
import { record, type Recorded } from "../support/record";
import { azureStack } from "../support/stacks";

interface Item {
  readonly type: number;
  readonly name: string;
  readonly content: { readonly title?: string; readonly query?: string; readonly visualization?: string };
}

const made = once(async (all: boolean): Promise<Recorded[]> => {
  const resources = await record(() => {
    const network = new KnownNetwork(azureNetwork());
    const logs = new AzureStorage("logs", { network, purpose: "logs", expireDays: 365 });
    const own = all ? { tracing: true, audit: true, metrics: ["orders.placed"] } : {};
    const monitoring = new AzureMonitoring("monitoring", { network, logs, logDays: 30, alertEmails: [], flowLogs: false, ...own });
    const types = all ? Object.values(watchedTypes) : [watchedTypes.sites];
    const watched = types.map((type) => new Watched<Azure>("service", "thing", { type, entity: "thing", resourceId: output("id") }));
    new AzureDashboards("dashboards", { network, monitoring, watched });
  });
  return childrenOf(resources, "dashboards");
});

async function items(id: DashboardId): Promise<readonly Item[]> {
  const workbook = (await made(true)).find(({ name }) => name === `dashboards-${id}`);
  return (JSON.parse(String(workbook?.inputs.serializedData)) as { items: Item[] }).items;
}

describe("Dashboards on Azure", () => {
  it("are the six of M4, each with all its panels under a title", async () => {
    for (const id of dashboardIds) {
      const [title, ...shown] = await items(id);
      expect(title).to.deep.equal({ type: 1, content: { json: `# platform test: ${id}` }, name: "title" });
      expect([...new Set(shown.map(({ content }) => content.title))]).to.deep.equal(dashboards[id].map((panel) => titles[panel]));
      expect(new Set(shown.map(({ name }) => name)).size).to.equal(shown.length);
      for (const { type, content } of shown) {
        expect(type).to.equal(3);
        expect(content).to.include({
          version: "KqlItem/1.0",
          size: 0,
          queryType: 0,
          resourceType: "microsoft.operationalinsights/workspaces",
        });
      }
    }
  });

  it("are workbooks that belong to the workspace", async () => {
    const { serializedData, ...inputs } = (await made(true))[0]!.inputs;
    expect(inputs).to.deep.equal({
      category: "workbook",
      displayName: "platform test: overview",
      kind: "shared",
      location: "eastus2",
      resourceGroupName: "rg-platform-test",
      resourceName: guidOf(azureStack(), "dashboard-overview"),
      sourceId: null,
      tags: tags("dashboards"),
    });
    expect(JSON.parse(String(serializedData))).to.include({ version: "Notebook/1.0", isLocked: false });
    expect(inputs.resourceName).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("show metrics that exist", () => {
    for (const [id, panels] of Object.entries(azurePanels)) {
      for (const panel of panels) {
        if (panel.kind !== "metric") continue;
        for (const name of panel.metrics) expect(azureMonitor[panel.type], `${id}: ${panel.type} ${name}`).to.have.property(name);
      }
    }
  });

  it("read tables and columns that a workspace has", async () => {
    for (const id of dashboardIds) {
      for (const { content } of await items(id)) {
        if (content.query !== undefined) expect(unknownColumns(content.query), content.query).to.deep.equal([]);
      }
    }
  });

  it("draw the lines that good answers stay below, and business metrics by name", async () => {
    const queries = (await items("application")).map(({ content }) => content.query ?? "");
    expect(queries.filter((query) => query.includes("extend target = "))).to.have.lengthOf(2);
    expect(queries.join()).to.include("extend target = 200").and.to.include("extend target = 0.1");
    const business = (await items("business")).at(-1);
    expect(business?.content).to.include({
      query: 'AppMetrics\n| where Name in ("orders.placed")\n| summarize value = sum(Sum) by bin(TimeGenerated, 5m), Name',
      visualization: "timechart",
    });
  });

  it("add up what is counted and average what is measured", async () => {
    const [, requests] = await items("overview");
    expect(requests?.content.query).to.equal(
      'AzureMetrics\n| where ResourceProvider == "MICROSOFT.WEB" and MetricName in ("Requests")\n| summarize value = sum(Total) by bin(TimeGenerated, 5m), strcat(Resource, " ", MetricName)',
    );
    const cpu = (await items("overview")).find(({ name }) => name === "cpu");
    expect(cpu?.content.query).to.include("avg(Average)");
  });

  it("leave out what the stack does not have", async () => {
    expect((await made(false)).map(({ name }) => name)).to.deep.equal([
      "dashboards-overview",
      "dashboards-application",
      "dashboards-errors",
    ]);
  });
});
