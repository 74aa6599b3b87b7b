// What a rollout is judged by: the clouds' recorded answers through their real clients, and the verdict on a reading.
import { expect } from "chai";
import { breachOf, type Reading, told, type Track } from "../../automation/metrics";
import { awsMetrics } from "../../automation/metrics-aws";
import { azureMetrics } from "../../automation/metrics-azure";
import { defaultRollout } from "../../components/app-service/rollout";
import { cloudWatch } from "../support/known-metrics";
import { type Asked, type AwsReplay, replayAws, replayAzure, type Script } from "../support/replay";

const { limits } = defaultRollout;
const from = new Date("2026-11-21T10:00:00Z");
const to = new Date("2026-11-21T10:10:20Z");
const seconds = (time: string): number => Date.parse(`2026-11-21T${time}Z`) / 1000;

describe("the verdict on a reading", () => {
  const good: Reading = { requests: 1000, errors: 50, p95Ms: 1000, health: "healthy" };
  const rows: [what: string, reading: Partial<Reading>, breach: RegExp | undefined][] = [
    ["at its limits is none", {}, undefined],
    ["of more errors", { errors: 51 }, /^5.1 % of 1000 requests failed \(limit 5 %\)$/],
    ["of slower answers", { p95Ms: 1001 }, /^5 of 100 of 1000 requests took longer than 1001 ms \(limit 1000 ms\)$/],
    ["of a bad instance", { health: "unhealthy" }, /does not answer its probe/],
    ["of a bad instance that nobody met", { requests: 0, errors: 0, p95Ms: undefined, health: "unhealthy" }, /does not answer its probe/],
    ["of an unknown health is none", { health: "unknown" }, undefined],
    ["of too few requests is none", { requests: 20, errors: 20, p95Ms: 9000 }, undefined],
    ["of just enough requests", { requests: 21, errors: 2 }, /^9.5 % of 21 requests/],
    ["without a percentile is that of the rest", { p95Ms: undefined }, undefined],
  ];
  for (const [what, reading, breach] of rows) {
    it(what, () => {
      const found = breachOf({ ...good, ...reading }, limits);
      if (breach === undefined) expect(found).to.equal(undefined);
      else expect(found).to.match(breach);
    });
  }

  it("is told with its figures, or with why there are none", () => {
    expect(told(good, limits)).to.equal("healthy, 1000 requests, 5 % failed, p95 1000 ms");
    expect(told({ ...good, p95Ms: undefined }, limits)).to.equal("healthy, 1000 requests, 5 % failed");
    expect(told({ ...good, requests: 3 }, limits)).to.equal("healthy, 3 requests: too few to judge rates (more than 20 are needed)");
  });
});

describe("metrics of a target group", () => {
  const track: Track = {
    id: "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/platform-dev-api-55219f/0123456789abcdef",
    scope: "app/platform-dev/fedcba9876543210",
  };
  let replay: AwsReplay | undefined;
  afterEach(() => replay?.close());

  type Series = Readonly<Record<string, readonly (readonly [time: string, value: number])[]>>;
  const answer = (series: Series) => ({
    body: {
      MetricDataResults: Object.entries(series).map(([Id, points]) => ({
        Id,
        Label: Id,
        StatusCode: "Complete",
        Timestamps: points.map(([time]) => seconds(time)),
        Values: points.map(([, value]) => value),
      })),
      Messages: [],
    },
  });
  const isOfHealth = ({ body }: Asked): boolean => JSON.stringify(body).includes("HealthyHostCount");
  async function read(rates: Series, health: Series): Promise<Reading> {
    return readBy((asked) => answer(isOfHealth(asked) ? health : rates));
  }
  async function readBy(script: Script): Promise<Reading> {
    replay = await replayAws(script);
    return awsMetrics(replay.config).read(track, from, to);
  }
  const steady = (value: number): (readonly [string, number])[] =>
    ["10:09:00", "10:08:00", "10:07:00", "10:06:00", "10:05:00"].map((time) => [time, value]);

  it("are asked of its own dimensions, in one period of whole minutes; seconds become milliseconds", async () => {
    const rates = { requests: [["10:00:00", 1200]], errors: [["10:00:00", 6]], p95: [["10:00:00", 0.25]] } as const;
    const reading = await read(rates, { healthy: steady(2), unhealthy: steady(0) });
    expect(reading).to.deep.equal({ requests: 1200, errors: 6, p95Ms: 250, health: "healthy" });
    const asked = replay?.asked.map(({ target, body }) => ({ target, ...body })) as {
      readonly target: string;
      readonly StartTime: number;
      readonly EndTime: number;
      readonly MetricDataQueries: readonly {
        readonly Id: string;
        readonly MetricStat: {
          readonly Period: number;
          readonly Stat: string;
          readonly Metric: { Namespace: string; MetricName: string; Dimensions: readonly { Name: string; Value: string }[] };
        };
      }[];
    }[];
    expect(asked.map(({ target, StartTime, EndTime }) => [target, StartTime, EndTime])).to.have.deep.members([
      ["GetMetricData", seconds("10:00:00"), seconds("10:10:00")],
      ["GetMetricData", seconds("10:05:00"), seconds("10:10:00")],
    ]);
    const queries = asked.flatMap(({ MetricDataQueries }) => MetricDataQueries);
    expect(queries.map(({ Id, MetricStat: { Period, Stat, Metric } }) => [Id, Metric.MetricName, Stat, Period])).to.have.deep.members([
      ["requests", "RequestCount", "Sum", 600],
      ["good", "HTTPCode_Target_2XX_Count", "Sum", 600],
      ["moved", "HTTPCode_Target_3XX_Count", "Sum", 600],
      ["refused", "HTTPCode_Target_4XX_Count", "Sum", 600],
      ["errors", "HTTPCode_Target_5XX_Count", "Sum", 600],
      ["balancer", "HTTPCode_ELB_5XX_Count", "Sum", 600],
      ["p95", "TargetResponseTime", "p95", 600],
      ["healthy", "HealthyHostCount", "Maximum", 60],
      ["unhealthy", "UnHealthyHostCount", "Maximum", 60],
    ]);
    for (const { MetricStat } of queries) {
      const { Namespace, MetricName, Dimensions } = MetricStat.Metric;
      expect(cloudWatch[Namespace]?.[MetricName]).to.deep.include(Dimensions.map(({ Name }) => Name));
      // The balancer does not count its own errors by group.
      const group = MetricName === "HTTPCode_ELB_5XX_Count" ? [] : ["targetgroup/platform-dev-api-55219f/0123456789abcdef"];
      expect(Dimensions.map(({ Value }) => Value)).to.deep.equal(["app/platform-dev/fedcba9876543210", ...group]);
    }
  });

  const lost: [what: string, balancer: number | undefined, rates: Readonly<Record<string, number>>, errors: number][] = [
    ["a crash under requests, which the balancer answered with 502", 30, { requests: 100, good: 60, moved: 5, refused: 5 }, 30],
    ["a crash beside errors of its own", 20, { requests: 100, good: 70, errors: 10 }, 30],
    ["no more than that, however many other services lost", 500, { requests: 100, good: 98 }, 2],
    ["no visitor who hung up, and no request under way", undefined, { requests: 100, good: 80 }, 0],
    ["no more than the balancer counts", 3, { requests: 100, good: 80 }, 3],
    ["nothing below zero, as answers can come in the minute after", 5, { requests: 100, good: 103 }, 0],
  ];
  for (const [what, balancer, counted, errors] of lost) {
    it(`are, of what was not answered: ${what}`, async () => {
      const series = Object.entries({ ...counted, ...(balancer !== undefined && { balancer }) });
      const rates = Object.fromEntries(series.map(([id, value]) => [id, [["10:00:00", value]] as const]));
      expect(await read(rates, {})).to.include({ requests: 100, errors });
    });
  }

  it("are no failures where there is no series of failures, and nothing where nobody came", async () => {
    const some = await read({ requests: [["10:00:00", 40]], p95: [["10:00:00", 0.1]] }, { healthy: steady(1), unhealthy: steady(0) });
    expect(some).to.include({ requests: 40, errors: 0, p95Ms: 100 });
    await replay?.close();
    expect(await read({}, { healthy: steady(1) })).to.deep.equal({ requests: 0, errors: 0, p95Ms: undefined, health: "healthy" });
  });

  it("are the sum of both parts, and the percentile of the larger, if the span comes in two", async () => {
    const rates = {
      requests: [
        ["10:05:00", 10],
        ["10:00:00", 90],
      ],
      errors: [["10:05:00", 3]],
      p95: [
        ["10:05:00", 9],
        ["10:00:00", 0.5],
      ],
    } as const;
    expect(await read(rates, {})).to.include({ requests: 100, errors: 3, p95Ms: 500 });
  });

  it("come in pages", async () => {
    const reading = await readBy((asked) => {
      if (isOfHealth(asked)) return answer({});
      const body =
        asked.body.NextToken === "2" ? answer({ requests: [["10:00:00", 5]] }).body : answer({ requests: [["10:05:00", 7]] }).body;
      return { body: asked.body.NextToken === "2" ? body : { ...body, NextToken: "2" } };
    });
    expect(reading.requests).to.equal(12);
  });

  const healths: [what: string, health: Series, expected: Reading["health"]][] = [
    ["unknown before anything is registered", {}, "unknown"],
    ["bad without a healthy instance", { healthy: steady(0), unhealthy: steady(0) }, "unhealthy"],
    [
      "bad after three bad minutes of five",
      { healthy: steady(2), unhealthy: [...steady(1).slice(2), ["10:09:00", 0], ["10:08:00", 0]] },
      "unhealthy",
    ],
    [
      "not known while an instance starts",
      {
        healthy: steady(2),
        unhealthy: [
          ["10:09:00", 1],
          ["10:08:00", 0],
        ],
      },
      "unknown",
    ],
    [
      "good after two bad minutes",
      {
        healthy: steady(2),
        unhealthy: [
          ["10:06:00", 1],
          ["10:05:00", 1],
          ["10:09:00", 0],
        ],
      },
      "healthy",
    ],
  ];
  for (const [what, health, expected] of healths) {
    it(`are ${what}`, async () => expect((await read({}, health)).health).to.equal(expected));
  }

  it("are of no health that was measured before the span", async () => {
    replay = await replayAws(() => answer({ healthy: steady(1) }));
    const metrics = awsMetrics(replay.config);
    expect((await metrics.read(track, new Date("2026-11-21T10:09:30Z"), to)).health).to.equal("unknown");
    expect(replay.asked.filter(isOfHealth)).to.deep.equal([]);
    await metrics.read(track, new Date("2026-11-21T10:08:30Z"), to);
    expect(replay.asked.find(isOfHealth)?.body.StartTime).to.equal(seconds("10:09:00"));
  });

  it("are asked again when CloudWatch is throttled, and not for ever", async () => {
    const throttled = { status: 400, body: { __type: "com.amazon.coral.availability#ThrottlingException", message: "Rate exceeded" } };
    const reading = await readBy((asked, earlier) => (earlier < 2 ? throttled : answer(isOfHealth(asked) ? { healthy: steady(1) } : {})));
    expect(reading.health).to.equal("healthy");
    await replay?.close();
    const error: unknown = await readBy(() => throttled).catch((reason: unknown) => reason);
    expect(String(error)).to.match(/Rate exceeded/);
    expect(replay?.asked.length).to.be.at.most(6);
  }).timeout(20_000);

  it("are an error when they may not be read, in the call or in its answer", async () => {
    const denied = {
      status: 400,
      body: { __type: "AccessDeniedException", message: "is not authorized to perform: cloudwatch:GetMetricData" },
    };
    expect(String(await readBy(() => denied).catch((reason: unknown) => reason))).to.match(/not authorized/);
    await replay?.close();
    const forbidden = { body: { MetricDataResults: [{ Id: "requests", StatusCode: "Forbidden" }] } };
    expect(String(await readBy(() => forbidden).catch((reason: unknown) => reason))).to.match(/has no requests: Forbidden/);
  });
});

describe("metrics of a slot", () => {
  const site = "/subscriptions/s/resourceGroups/rg-platform-dev/providers/Microsoft.Web/sites/app-platform-dev-api";
  const scope = "/subscriptions/s/resourceGroups/rg-platform-dev/providers/Microsoft.OperationalInsights/workspaces/log-platform-dev";
  const track: Track = { id: `${site}/slots/candidate`, scope };
  const columns = ["requests", "errors", "p95"].map((name) => ({ name, type: name === "p95" ? "real" : "long" }));
  const table = (...row: unknown[]) => ({ body: { tables: [{ name: "PrimaryResult", columns, rows: [row] }] } });
  const averages = (...values: (number | undefined)[]) => ({
    body: {
      values: [
        {
          starttime: "2026-11-21T09:55:20Z",
          endtime: "2026-11-21T10:10:20Z",
          interval: "PT5M",
          namespace: "Microsoft.Web/sites/slots",
          resourceregion: "eastus2",
          resourceid: track.id,
          value: [
            {
              id: `${track.id}/providers/Microsoft.Insights/metrics/HealthCheckStatus`,
              type: "Microsoft.Insights/metrics",
              name: { value: "HealthCheckStatus", localizedValue: "Health check status" },
              errorCode: "Success",
              unit: "Count",
              timeseries: [
                {
                  metadatavalues: [],
                  data: values.map((average, index) => ({
                    timeStamp: `2026-11-21T${["09:55:00", "10:00:00", "10:05:00"][index]}Z`,
                    ...(average !== undefined && { average }),
                  })),
                },
              ],
            },
          ],
        },
      ],
    },
  });
  const isOfLogs = ({ url }: Asked): boolean => url.startsWith("https://api.loganalytics.io/");
  function replayed(logs: Script, health: Script, of: Track = track) {
    const replay = replayAzure((asked, earlier) => (isOfLogs(asked) ? logs : health)(asked, earlier));
    return { replay, reading: azureMetrics("eastus2", replay.credential, replay.options).read(of, from, to) };
  }

  it("are its own requests of the log that its alarms look at, and its health in its region", async () => {
    const { replay, reading } = replayed(
      () => table(1200, 6, 250.5),
      () => averages(50, 100, 100),
    );
    expect(await reading).to.deep.equal({ requests: 1200, errors: 6, p95Ms: 250.5, health: "healthy" });
    const [logs, health] = [...replay.asked].sort((a, b) => (a.url < b.url ? -1 : 1));
    expect(logs?.url).to.equal(`https://api.loganalytics.io/v1${scope}/query`);
    expect(logs?.body).to.deep.include({
      query:
        `AppServiceHTTPLogs | where tolower(_ResourceId) == "${track.id.toLowerCase()}"` +
        " | summarize requests = count(), errors = countif(ScStatus >= 500), p95 = percentile(TimeTaken, 95)",
      timespan: "2026-11-21T10:00:00.000Z/2026-11-21T10:10:20.000Z",
    });
    const url = new URL(health?.url ?? "");
    expect(url.origin + url.pathname).to.equal("https://eastus2.metrics.monitor.azure.com/subscriptions/s/metrics:getBatch");
    expect(Object.fromEntries(url.searchParams)).to.deep.include({
      metricnames: "HealthCheckStatus",
      metricnamespace: "Microsoft.Web/sites/slots",
      interval: "PT5M",
      aggregation: "average",
      starttime: "2026-11-21T09:55:20.000Z",
      endtime: "2026-11-21T10:10:20.000Z",
    });
    expect(health?.body).to.deep.equal({ resourceids: [track.id] });
  });

  it("are those of the site itself for the stable image", async () => {
    const { replay, reading } = replayed(
      () => table(0, 0, "NaN"),
      () => averages(undefined, 100),
      { id: site, scope },
    );
    expect(await reading).to.deep.equal({ requests: 0, errors: 0, p95Ms: undefined, health: "healthy" });
    expect(replay.asked.map(({ url }) => decodeURIComponent(url)).join()).to.match(/metricnamespace=Microsoft.Web\/sites&/);
  });

  it("are bad by the two latest figures or when nobody answers, and unknown by one low figure or without any", async () => {
    const of = async (...values: (number | undefined)[]) =>
      (
        await replayed(
          () => table(0, 0, "NaN"),
          () => averages(...values),
        ).reading
      ).health;
    expect(await of(100, 50, 50)).to.equal("unhealthy");
    expect(await of(100, 99, 99.5)).to.equal("unhealthy");
    expect(await of(100, 50, undefined), "of before the span, and one low").to.equal("unknown");
    expect(await of(100, 100, 0)).to.equal("unhealthy");
    expect(await of(undefined, undefined, 0)).to.equal("unhealthy");
    expect(await of(100, 100, 50), "one that starts").to.equal("unknown");
    expect(await of(undefined, undefined, 50)).to.equal("unknown");
    expect(await of(100, 0, 100)).to.equal("healthy");
    expect(await of(50, 100, undefined)).to.equal("healthy");
    expect(await of(undefined, undefined)).to.equal("unknown");
    expect(await of(100), "of before the span").to.equal("unknown");
    expect(
      (
        await replayed(
          () => table(0, 0, "NaN"),
          () => ({ body: { values: [] } }),
        ).reading
      ).health,
    ).to.equal("unknown");
  });

  it("are none before the workspace has the table", async () => {
    const inner = { code: "SEM0100", message: "'where' operator: Failed to resolve table or column expression named 'AppServiceHTTPLogs'" };
    const message = "The request had some invalid properties";
    const error = {
      message,
      code: "BadArgumentError",
      innererror: { code: "SemanticError", message: "A semantic error occurred.", innererror: inner },
    };
    const { reading } = replayed(
      () => ({ status: 400, body: { error } }),
      () => averages(undefined, 100),
    );
    expect(await reading).to.include({ requests: 0, errors: 0, health: "healthy" });
  });

  it("are asked again when Azure is throttled, after the time it says", async () => {
    const throttled = { status: 429, headers: { "retry-after": "0" }, body: { error: { code: "TooManyRequests", message: "slow down" } } };
    const { replay, reading } = replayed(
      (_, earlier) => (earlier < 2 ? throttled : table(30, 0, 90)),
      (_, earlier) => (earlier < 1 ? throttled : averages(undefined, 100)),
    );
    expect(await reading).to.deep.equal({ requests: 30, errors: 0, p95Ms: 90, health: "healthy" });
    expect(replay.asked).to.have.length(5);
    const ever = replayed(
      () => throttled,
      () => averages(undefined, 100),
    );
    expect(String(await ever.reading.catch((reason: unknown) => reason))).to.match(/slow down|TooManyRequests|429/);
  });

  it("are an error when the answer is partial, or may not be read", async () => {
    const partial = { body: { ...table(1, 0, 1).body, error: { code: "PartialError", message: "limits were reached" } } };
    const of = (logs: Script, health: Script) => replayed(logs, health).reading.catch((reason: unknown) => String(reason));
    expect(
      await of(
        () => partial,
        () => averages(undefined, 100),
      ),
    ).to.match(/answered in part: PartialError/);
    const denied = {
      status: 403,
      body: { error: { code: "InsufficientAccessError", message: "The provided credentials have insufficient access" } },
    };
    expect(
      await of(
        () => denied,
        () => averages(undefined, 100),
      ),
    ).to.match(/insufficient access/);
    const failed = averages(undefined, 100);
    for (const metric of failed.body.values[0]?.value ?? []) metric.errorCode = "InternalError";
    expect(
      await of(
        () => table(1, 0, 1),
        () => failed,
      ),
    ).to.match(/no HealthCheckStatus: InternalError/);
  });
});
