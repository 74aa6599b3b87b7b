// Dashboards on Azure: workbooks on the workspace. Portal dashboards know only text by type; workbooks show every query and compare well.
import { Workbook } from "@pulumi/azure-native/applicationinsights";
import type { ComponentResourceOptions } from "@pulumi/pulumi";
import type { Azure } from "../clouds/azure/family";
import { guidOf } from "../clouds/azure/names";
import { type Stack, tagsOf } from "../stack";
import { type AzurePanel, azurePanels } from "./azure-panels";
import { type DashboardId, dashboardIds, Dashboards, type DashboardsArgs, dashboards, type PanelId, titles } from "./index";

interface Query {
  readonly text: string;
  readonly view: "timechart" | "table";
}

export class AzureDashboards extends Dashboards<Azure> {
  private readonly stack: Stack;

  constructor(
    name: string,
    private readonly args: DashboardsArgs<Azure>,
    opts?: ComponentResourceOptions,
  ) {
    super("Dashboards", name, opts);
    this.stack = args.network.stack;

    for (const id of dashboardIds) {
      const items = dashboards[id].flatMap((panel) => azurePanels[panel].flatMap((shown, index) => this.itemOf(panel, shown, index)));
      if (items.length > 0) this.createWorkbook(name, id, items);
    }
    this.finish({});
  }

  private createWorkbook(name: string, id: DashboardId, items: readonly object[]): void {
    const { network, monitoring } = this.args;
    const title = `${this.stack.project} ${this.stack.name}: ${id}`;
    const heading = { type: 1, content: { json: `# ${title}` }, name: "title" };
    new Workbook(
      `${name}-${id}`,
      {
        resourceGroupName: network.raw.resourceGroupName,
        location: network.raw.location,
        // Azure takes nothing but a GUID for a name.
        resourceName: guidOf(this.stack, `dashboard-${id}`),
        displayName: title,
        category: "workbook",
        kind: "shared",
        sourceId: monitoring.raw.workspaceId.apply((workspace) => workspace.toLowerCase()),
        serializedData: JSON.stringify({ version: "Notebook/1.0", items: [heading, ...items], isLocked: false }),
        tags: tagsOf(this.stack, name),
      },
      { parent: this },
    );
  }

  private itemOf(id: PanelId, panel: AzurePanel, index: number): object[] {
    const query = this.queryOf(panel);
    if (query === undefined) return [];
    return [
      {
        type: 3,
        content: {
          version: "KqlItem/1.0",
          query: query.text,
          size: 0,
          title: titles[id],
          timeContext: { durationMs: 86_400_000 },
          queryType: 0,
          resourceType: "microsoft.operationalinsights/workspaces",
          visualization: query.view,
        },
        customWidth: "50",
        name: index === 0 ? id : `${id}-${index + 1}`,
      },
    ];
  }

  /** Undefined: the stack has nothing of that kind. */
  private queryOf(panel: AzurePanel): Query | undefined {
    const { raw } = this.args.monitoring;
    if (panel.kind === "business")
      return raw.metrics.length === 0 || !raw.tracing ? undefined : { text: business(raw.metrics), view: "timechart" };
    const there = panel.type === "audit" ? raw.audit : this.args.watched.some((thing) => thing.raw.type === panel.type);
    if (!there) return undefined;
    return panel.kind === "query" ? { text: panel.query, view: panel.view } : { text: metricQuery(panel), view: "timechart" };
  }
}

/** Azure writes providers in capitals there. */
function metricQuery({ type, metrics, column }: Extract<AzurePanel, { kind: "metric" }>): string {
  const provider = type.split("/")[0]?.toUpperCase() ?? "";
  const value =
    column === "Total" ? "sum(Total)" : column === "Minimum" ? "min(Minimum)" : column === "Maximum" ? "max(Maximum)" : "avg(Average)";
  return `AzureMetrics
| where ResourceProvider == "${provider}" and MetricName in (${metrics.map((name) => `"${name}"`).join(", ")})
| summarize value = ${value} by bin(TimeGenerated, 5m), strcat(Resource, " ", MetricName)`;
}

function business(metrics: readonly string[]): string {
  return `AppMetrics
| where Name in (${metrics.map((name) => `"${name}"`).join(", ")})
| summarize value = sum(Sum) by bin(TimeGenerated, 5m), Name`;
}
