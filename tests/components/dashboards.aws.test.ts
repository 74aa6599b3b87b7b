import { expect } from "chai";
import type { Aws } from "../../components/clouds/aws/family";
import { awsPanels } from "../../components/dashboards/aws-panels";
import { AwsDashboards } from "../../components/dashboards/aws";
import { dashboardIds, dashboards, type DashboardId, targets, titles } from "../../components/dashboards/index";
import { AwsMonitoring } from "../../components/monitoring/aws";
import { Watched } from "../../components/monitoring/watched";
import { AwsStorage } from "../../components/storage/aws";
import { awsNetwork, childrenOf, documentOf } from "../support/aws-parts";
import { once } from "../support/azure-parts";
import { cloudWatch } from "../support/known-metrics";
import { recordData } from "../support/aws-parts";
import type { Recorded } from "../support/record";

interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly title: string;
    readonly region: string;
    readonly query?: string;
    readonly metrics?: readonly (readonly unknown[])[];
    readonly annotations?: unknown;
  };
}

/** CloudFront's firewall has its log elsewhere. */
const logRegion = "eu-west-1";

const made = once(async (all: boolean): Promise<Recorded[]> => {
  const resources = await recordData(() => {
    const network = awsNetwork();
    const logs = new AwsStorage("logs", { network, purpose: "logs", expireDays: 365 });
    const own = all ? { tracing: true, audit: true, metrics: ["orders.placed"] } : {};
    const monitoring = new AwsMonitoring("monitoring", { network, logs, logDays: 30, alertEmails: [], flowLogs: false, ...own });
    const thing = (noun: Watched<Aws>["noun"], name: string, values: Record<string, string>, logGroupName?: string): Watched<Aws> =>
      new Watched<Aws>(noun, name, { values, ...(logGroupName && { logGroupName }) });
    const watched = [
      thing("service", "web", { LoadBalancer: "app/b", TargetGroup: "targetgroup/t" }),
      thing("compute", "web", { ClusterName: "cluster", ServiceName: "web" }, "/platform/test/web"),
      thing("database", "database", { DBInstanceIdentifier: "db" }, "/aws/rds/instance/db/postgresql"),
      thing("replica", "database-replica-1", { DBInstanceIdentifier: "db-replica" }),
      thing("cache", "cache-001", { CacheClusterId: "cache-001" }),
      thing("queue", "jobs", { QueueName: "jobs", DeadLetterQueueName: "dead" }),
      thing("gateway", "gateway", { LoadBalancer: "app/b" }),
      new Watched<Aws>("firewall", "edge", { values: {}, logGroupName: "aws-waf-logs-platform-test-edge", logRegion }),
    ];
    new AwsDashboards("dashboards", { network, monitoring, watched: all ? watched : watched.slice(0, 1) });
  });
  return childrenOf(resources, "dashboards");
});

async function widgets(id: DashboardId, all = true): Promise<readonly Widget[]> {
  const dashboard = (await made(all)).find(({ name }) => name === `dashboards-${id}`);
  return dashboard === undefined ? [] : (documentOf(dashboard, "dashboardBody") as { widgets: Widget[] }).widgets;
}

describe("Dashboards on AWS", () => {
  it("are the six of M4, each with all its panels in two columns", async () => {
    for (const id of dashboardIds) {
      const shown = await widgets(id);
      expect(shown.map(({ properties }) => properties.title)).to.deep.equal(dashboards[id].map((panel) => titles[panel]));
      shown.forEach(({ x, y, width, height, properties }, index) => {
        expect({ x, y, width, height }).to.deep.equal({ x: (index % 2) * 12, y: Math.floor(index / 2) * 6, width: 12, height: 6 });
        expect(properties.region).to.equal(properties.title === titles.blocked ? logRegion : "us-east-1");
      });
    }
    expect((await made(true))[0]?.inputs.dashboardName).to.equal("platform-test-overview");
  });

  it("show metrics that exist, under dimensions that they have", async () => {
    let seen = 0;
    for (const id of dashboardIds) {
      for (const { properties } of await widgets(id)) {
        for (const metric of properties.metrics ?? []) {
          const words = metric.filter((word): word is string => typeof word === "string");
          const [namespace, name, ...dimensions] = words;
          if (namespace === undefined || name === undefined) continue;
          const names = dimensions.filter((_, index) => index % 2 === 0).sort();
          const known = (cloudWatch[namespace]?.[name] ?? []).map((each) => [...each].sort());
          expect(known, `${id}: ${namespace} ${name}`).to.deep.include(names);
          seen++;
        }
      }
    }
    expect(seen).to.be.greaterThan(20);
  });

  it("draw the lines that good answers stay below: 200 ms and 0.1 %", async () => {
    expect(targets).to.deep.equal({ milliseconds: 200, errorPercent: 0.1 });
    const lines = (await widgets("application")).flatMap(({ properties }) =>
      properties.annotations === undefined ? [] : [properties.annotations],
    );
    expect(lines).to.deep.equal([{ horizontal: [{ label: "target", value: 0.2 }] }, { horizontal: [{ label: "target", value: 0.1 }] }]);
  });

  it("take shares of requests, with a line for each service", async () => {
    const share = (await widgets("application")).find(({ properties }) => properties.title === titles["error-share"]);
    expect(share?.properties.metrics).to.deep.equal([
      [
        "AWS/ApplicationELB",
        "HTTPCode_Target_5XX_Count",
        "LoadBalancer",
        "app/b",
        "TargetGroup",
        "targetgroup/t",
        { id: "errors0", stat: "Sum", visible: false },
      ],
      [
        "AWS/ApplicationELB",
        "RequestCount",
        "LoadBalancer",
        "app/b",
        "TargetGroup",
        "targetgroup/t",
        { id: "total0", stat: "Sum", visible: false },
      ],
      [{ expression: "100 * FILL(errors0, 0) / total0", label: "web", id: "share0" }],
    ]);
  });

  it("search the log groups of those that they are about", async () => {
    const query = async (id: DashboardId, panel: keyof typeof titles): Promise<string | undefined> =>
      (await widgets(id)).find(({ properties }) => properties.title === titles[panel])?.properties.query;
    expect(await query("application", "errors-by-endpoint")).to.match(/^SOURCE '\/platform\/test\/web' \| filter status >= 500/);
    expect(await query("security", "denied")).to.match(/^SOURCE '\/platform\/test\/audit' \| /);
    expect(await query("security", "blocked")).to.match(/^SOURCE 'aws-waf-logs-platform-test-edge' \| filter action = "BLOCK"/);
  });

  it("show business metrics by their names", async () => {
    const [shown] = await widgets("business");
    expect(shown?.properties.metrics).to.deep.equal([
      [{ expression: `SEARCH('{"platform/test","service.name"} MetricName="orders.placed"', 'Sum', 300)`, label: "orders.placed" }],
    ]);
  });

  it("leave out what the stack does not have", async () => {
    expect((await made(false)).map(({ name }) => name)).to.deep.equal([
      "dashboards-overview",
      "dashboards-application",
      "dashboards-errors",
    ]);
    expect(Object.keys(awsPanels)).to.have.members(Object.keys(titles));
  });
});
