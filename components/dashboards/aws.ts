// Dashboards on AWS: CloudWatch's own, as JSON; two panels stand side by side.
import { Dashboard } from "@pulumi/aws/cloudwatch";
import { all, type ComponentResourceOptions, type Input, interpolate, jsonStringify } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { nameOf } from "../clouds/aws/names";
import { metricsNamespace } from "../monitoring/aws";
import type { Watched } from "../monitoring/watched";
import type { Stack } from "../stack";
import { type AwsPanel, awsPanels, type LogPanel, type MetricPanel, type SharePanel } from "./aws-panels";
import { dashboardIds, Dashboards, type DashboardsArgs, dashboards, type PanelId, titles } from "./index";

/** CloudWatch's grid has 24 columns. */
const size = { width: 12, height: 6 } as const;

interface Widget {
  readonly type: "metric" | "log";
  readonly properties: Readonly<Record<string, Input<unknown>>>;
}

export class AwsDashboards extends Dashboards<Aws> {
  private readonly stack: Stack;

  constructor(
    name: string,
    private readonly args: DashboardsArgs<Aws>,
    opts?: ComponentResourceOptions,
  ) {
    super("Dashboards", name, opts);
    this.stack = args.network.stack;

    for (const id of dashboardIds) {
      const widgets = dashboards[id].flatMap((panel) => this.widgetOf(panel, awsPanels[panel]));
      if (widgets.length === 0) continue;
      const placed = widgets.map((widget, index) => ({
        ...widget,
        x: (index % 2) * size.width,
        y: Math.floor(index / 2) * size.height,
        ...size,
      }));
      const dashboard = { dashboardName: nameOf(this.stack, "dashboard", id), dashboardBody: jsonStringify({ widgets: placed }) };
      new Dashboard(`${name}-${id}`, dashboard, { parent: this });
    }
    this.finish({});
  }

  private widgetOf(id: PanelId, panel: AwsPanel): Widget[] {
    if (panel.kind === "metric") return this.metricWidget(id, panel);
    if (panel.kind === "share") return this.shareWidget(id, panel);
    if (panel.kind === "log") return this.logWidget(id, panel);
    return this.businessWidget(id);
  }

  private metricWidget(id: PanelId, panel: MetricPanel): Widget[] {
    const things = this.thingsOf(panel);
    const metrics = things.flatMap(({ name, dimensions }) =>
      panel.metrics.map(({ name: metric, stat }) => [
        panel.namespace,
        metric,
        ...dimensions,
        { stat, label: panel.metrics.length === 1 ? name : `${name} ${metric === panel.metrics[0]?.name ? stat : metric}` },
      ]),
    );
    return metrics.length === 0 ? [] : [this.graph(id, metrics, panel.target)];
  }

  private shareWidget(id: PanelId, panel: SharePanel): Widget[] {
    const metrics = this.thingsOf(panel).flatMap(({ name, dimensions }, index) => [
      [panel.namespace, panel.metric, ...dimensions, { id: `errors${index}`, stat: "Sum", visible: false }],
      [panel.namespace, panel.total, ...dimensions, { id: `total${index}`, stat: "Sum", visible: false }],
      [{ expression: `100 * FILL(errors${index}, 0) / total${index}`, label: name, id: `share${index}` }],
    ]);
    return metrics.length === 0 ? [] : [this.graph(id, metrics, panel.target)];
  }

  private logWidget(id: PanelId, { of, query, view }: LogPanel): Widget[] {
    const groups = this.groupsOf(of);
    // A query stays within a region.
    return [...new Set(groups.map(({ region }) => region))].map((region) => {
      const there = groups.filter((group) => group.region === region).map(({ name }) => name);
      const sources = all(there).apply((names) => names.map((name) => `SOURCE '${name}'`).join(" | "));
      return { type: "log", properties: { region, title: titles[id], view, query: interpolate`${sources} | ${query}` } };
    });
  }

  /** One line per service that sends the metric. */
  private businessWidget(id: PanelId): Widget[] {
    const namespace = metricsNamespace(this.stack);
    const metrics = this.args.monitoring.raw.metrics.map((metric) => [
      { expression: `SEARCH('{"${namespace}","service.name"} MetricName="${metric}"', 'Sum', 300)`, label: metric },
    ]);
    return metrics.length === 0 ? [] : [this.graph(id, metrics, undefined)];
  }

  private graph(id: PanelId, metrics: readonly unknown[], target: number | undefined): Widget {
    const annotations = target === undefined ? {} : { annotations: { horizontal: [{ label: "target", value: target }] } };
    const properties = {
      region: this.stack.region,
      title: titles[id],
      view: "timeSeries",
      stacked: false,
      period: 300,
      metrics,
      ...annotations,
    };
    return { type: "metric", properties };
  }

  /** The things of a noun that have all the dimensions, as CloudWatch lists them: name, value, name, value. */
  private thingsOf({
    noun,
    dimensions,
  }: MetricPanel | SharePanel): { readonly name: string; readonly dimensions: readonly Input<string>[] }[] {
    return this.of(noun).flatMap(({ name, raw }) => {
      const values = Object.entries(dimensions).flatMap(([dimension, key]): Input<string>[] => {
        const value = raw.values[key];
        return value === undefined ? [] : [dimension, value];
      });
      return values.length === 2 * Object.keys(dimensions).length ? [{ name, dimensions: values }] : [];
    });
  }

  private groupsOf(of: LogPanel["of"]): { readonly name: Input<string>; readonly region: string }[] {
    const { region } = this.stack;
    const { auditLogGroupName } = this.args.monitoring.raw;
    if (of === "audit") return auditLogGroupName === undefined ? [] : [{ name: auditLogGroupName, region }];
    return this.of(of).flatMap(({ raw: { logGroupName, logRegion = region } }) =>
      logGroupName === undefined ? [] : [{ name: logGroupName, region: logRegion }],
    );
  }

  private of(noun: Watched<Aws>["noun"]): readonly Watched<Aws>[] {
    return this.args.watched.filter((thing) => thing.noun === noun);
  }
}
