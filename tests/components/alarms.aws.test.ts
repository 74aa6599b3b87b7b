import { expect } from "chai";
import { AwsAlarms } from "../../components/alarms/aws";
import type { Aws } from "../../components/clouds/aws/family";
import { type AlarmId, alarmIds, alarmRows, watchedNouns } from "../../components/monitoring/alarms";
import { nobody } from "../../components/monitoring/alerts";
import { AwsMonitoring } from "../../components/monitoring/aws";
import { Watched } from "../../components/monitoring/watched";
import { AwsStorage } from "../../components/storage/aws";
import { awsNetwork, awsTags, childrenOf, documentOf } from "../support/aws-parts";
import { once } from "../support/azure-parts";
import { cloudWatch } from "../support/known-metrics";
import { ofType, type Recorded, recordKnown } from "../support/record";

const gibibyte = 1024 ** 3;
const things: readonly (readonly [noun: Watched<Aws>["noun"], name: string, raw: Aws["watched"]])[] = [
  ["service", "web", { values: { LoadBalancer: "app/b", TargetGroup: "targetgroup/t" } }],
  ["compute", "web", { values: { ClusterName: "cluster", ServiceName: "web" } }],
  ["deployment", "web", { values: { ServiceArns: "arn:service" } }],
  ["job", "nightly", { values: { ClusterArn: "arn:cluster", TaskDefinitionArns: "arn:task:" } }],
  [
    "database",
    "database",
    {
      values: { DBInstanceIdentifier: "db" },
      totals: { memoryBytes: 16 * gibibyte, storageBytes: 100 * gibibyte, connections: 1000 },
      logGroupName: "/aws/rds/instance/db/postgresql",
    },
  ],
  ["replica", "database-replica-1", { values: { DBInstanceIdentifier: "db-replica" } }],
  ["cache", "cache-001", { values: { CacheClusterId: "cache-001" } }],
  ["queue", "jobs", { values: { QueueName: "jobs", DeadLetterQueueName: "dead" }, thresholds: { age: 600 } }],
  ["gateway", "gateway", { values: { LoadBalancer: "app/b" } }],
  ["certificate", "certificate", { values: { CertificateArn: "arn:certificate" } }],
  ["probe", "probe", { values: { HealthCheckId: "check" } }],
  ["vpn", "vpn-1", { values: { VpnId: "vpn-0" } }],
  ["backup", "backup", { values: { BackupVaultName: "vault", BackupVaultArn: "arn:vault" } }],
];

const alarms = once(async (which: "all" | "errors" = "all", only: readonly string[] = watchedNouns): Promise<Recorded[]> => {
  const resources = await recordKnown(() => {
    const network = awsNetwork();
    const logs = new AwsStorage("logs", { network, purpose: "logs", expireDays: 365 });
    const webhooks = [{ name: "ops-teams", kind: "teams" as const, url: "https://hooks.example.org" }];
    const receivers = { ...nobody, high: { emails: [], webhooks } };
    const monitoring = new AwsMonitoring("monitoring", { network, logs, logDays: 30, alertEmails: [], flowLogs: false, receivers });
    const watched = things.filter(([noun]) => only.includes(noun)).map(([noun, name, raw]) => new Watched<Aws>(noun, name, raw));
    new AwsAlarms("alarms", { network, monitoring, watched, which });
  });
  return childrenOf(resources, "alarms");
});
const metricAlarm = "aws:cloudwatch/metricAlarm:MetricAlarm";
const eventRule = "aws:cloudwatch/eventRule:EventRule";

async function alarm(severity: string, thing: string, id: AlarmId): Promise<Readonly<Record<string, unknown>>> {
  const found = (await alarms()).find(({ type, name }) => type === metricAlarm && name === `platform-test-${severity}-${thing}-${id}`);
  return found?.inputs ?? {};
}

describe("Alarms on AWS", () => {
  it("are there for every row of M2, each with its topic and tags", async () => {
    const made = (await alarms()).filter(({ type }) => type === metricAlarm || type === eventRule).map(({ name }) => name);
    for (const id of alarmIds) {
      const { severity, noun } = alarmRows[id];
      const [, thing] = things.find(([of]) => of === noun) ?? [];
      expect(made, id).to.include(`platform-test-${severity}-${thing}-${id}`);
      const { inputs } = (await alarms()).find(({ name }) => name === `platform-test-${severity}-${thing}-${id}`)!;
      expect(inputs.tags, id).to.deep.equal(awsTags("alarms"));
      if (!("alarmActions" in inputs)) continue;
      expect(inputs.alarmActions, id).to.deep.equal([`platform-test-monitoring-${severity}_arn`]);
      expect(inputs.okActions, id).to.deep.equal(inputs.alarmActions);
    }
    expect(made).to.have.lengthOf(alarmIds.length);
  });

  it("look at metrics that exist, under dimensions that they have", async () => {
    const seen = ofType(await alarms(), metricAlarm).flatMap(({ inputs }): Readonly<Record<string, unknown>>[] => [
      ...(inputs.metricName === undefined ? [] : [inputs]),
      ...((inputs.metricQueries as { metric?: Record<string, unknown> }[] | undefined) ?? []).flatMap(({ metric }) =>
        metric === undefined ? [] : [metric],
      ),
    ]);
    expect(seen).to.have.length.greaterThan(20);
    for (const { namespace, metricName, dimensions = {} } of seen) {
      // A filter of our own log lines makes this one.
      if (namespace === "platform/test") continue;
      const known = cloudWatch[String(namespace)]?.[String(metricName)] ?? [];
      expect(
        known.map((names) => [...names].sort()),
        `${String(namespace)} ${String(metricName)}`,
      ).to.deep.include(Object.keys(dimensions as object).sort());
    }
  });

  it("translate percent and milliseconds into what CloudWatch counts", async () => {
    const lower = "LessThanThreshold";
    const upper = "GreaterThanThreshold";
    expect(await alarm("high", "database", "disk")).to.include({
      threshold: 20 * gibibyte,
      comparisonOperator: lower,
      period: 300,
      evaluationPeriods: 3,
    });
    expect(await alarm("critical", "database", "disk-full")).to.include({
      threshold: 10 * gibibyte,
      comparisonOperator: lower,
      period: 60,
      evaluationPeriods: 5,
    });
    expect(await alarm("high", "database", "database-memory")).to.include({
      threshold: Math.floor(2.4 * gibibyte),
      comparisonOperator: lower,
    });
    expect(await alarm("high", "database", "connections")).to.include({ threshold: 800, comparisonOperator: upper });
    expect(await alarm("medium", "web", "slow")).to.include({
      threshold: 0.5,
      extendedStatistic: "p95",
      evaluateLowSampleCountPercentiles: "ignore",
      comparisonOperator: upper,
    });
    expect(await alarm("medium", "web", "cpu")).to.include({
      threshold: 80,
      statistic: "Average",
      period: 300,
      evaluationPeriods: 3,
      treatMissingData: "notBreaching",
    });
    expect(await alarm("medium", "certificate", "expiry")).to.include({
      threshold: 30,
      comparisonOperator: lower,
      period: 86_400,
      evaluationPeriods: 1,
    });
    expect(await alarm("medium", "jobs", "age")).to.include({ threshold: 600, statistic: "Maximum" });
    expect(await alarm("critical", "probe", "down")).to.include({
      threshold: 1,
      statistic: "Minimum",
      comparisonOperator: lower,
      treatMissingData: "breaching",
    });
    expect(await alarm("low", "cache-001", "evictions")).to.include({ threshold: 0, statistic: "Sum" });
    expect(await alarm("high", "vpn-1", "vpn-down")).to.include({
      threshold: 0.25,
      statistic: "Maximum",
      comparisonOperator: lower,
      period: 300,
      evaluationPeriods: 2,
      treatMissingData: "breaching",
    });
    expect(await alarm("low", "vpn-1", "tunnel-down")).to.include({
      threshold: 1,
      statistic: "Average",
      comparisonOperator: lower,
      period: 300,
      evaluationPeriods: 3,
      treatMissingData: "notBreaching",
    });
    expect((await alarm("high", "jobs", "dead-letters")).dimensions).to.deep.equal({ QueueName: "dead" });
  });

  it("take errors as a share of the requests of five minutes, where there are enough of either", async () => {
    const { metricQueries, ...rest } = await alarm("critical", "web", "errors-critical");
    expect(rest).to.include({
      threshold: 5,
      comparisonOperator: "GreaterThanThreshold",
      evaluationPeriods: 1,
      treatMissingData: "notBreaching",
    });
    const metric = (metricName: string) => ({
      namespace: "AWS/ApplicationELB",
      metricName,
      dimensions: { LoadBalancer: "app/b", TargetGroup: "targetgroup/t" },
      period: 300,
      stat: "Sum",
    });
    expect(metricQueries).to.deep.equal([
      { id: "errors", metric: metric("HTTPCode_Target_5XX_Count") },
      { id: "requests", metric: metric("RequestCount") },
      {
        id: "share",
        expression:
          "IF(FILL(requests, 0) > 100 OR FILL(errors, 0) >= 5, 100 * FILL(errors, 0) / IF(FILL(requests, 0) > FILL(errors, 0), FILL(requests, 0), FILL(errors, 0)), 0)",
        label: "Percent of requests",
        returnData: true,
      },
    ]);
    expect(await alarm("high", "web", "errors-high")).to.include({ threshold: 1 });
  });

  it("count slow statements in the log, as RDS has no metric of them", async () => {
    const [filter] = ofType(await alarms(), "aws:cloudwatch/logMetricFilter:LogMetricFilter");
    expect(filter?.inputs).to.deep.equal({
      logGroupName: "/aws/rds/instance/db/postgresql",
      metricTransformation: { name: "database-slow-statements", namespace: "platform/test", value: "1", defaultValue: "0", unit: "Count" },
      pattern: '"duration:"',
    });
    expect(await alarm("medium", "database", "slow-statements")).to.include({
      metricName: "database-slow-statements",
      period: 300,
      evaluationPeriods: 1,
      statistic: "Sum",
      threshold: 30,
      treatMissingData: "notBreaching",
    });
  });

  it("tell people and webhooks of what AWS reports as it happens", async () => {
    const resources = await alarms();
    const rule = (name: string): unknown =>
      documentOf(
        resources.find((resource) => resource.name === `platform-test-high-${name}`)!,
        "eventPattern",
      );
    expect(rule("web-deployment-failed")).to.deep.equal({
      source: ["aws.ecs"],
      "detail-type": ["ECS Deployment State Change"],
      detail: { eventName: ["SERVICE_DEPLOYMENT_FAILED"] },
      resources: [{ prefix: "arn:service" }],
    });
    expect(rule("nightly-job-failed"))
      .to.have.nested.property("detail.taskDefinitionArn")
      .that.deep.equals([{ prefix: "arn:task:" }]);
    expect(rule("backup-backup-failed")).to.deep.equal({
      source: ["aws.backup"],
      "detail-type": ["Backup Job State Change", "Copy Job State Change", "Restore Job State Change"],
      detail: {
        $or: [
          { state: ["FAILED", "EXPIRED", "ABORTED"], backupVaultName: ["vault"] },
          { state: ["FAILED", "PARTIAL"], sourceBackupVaultArn: ["arn:vault"] },
          { status: ["FAILED", "ABORTED"], resourceType: ["RDS"] },
        ],
      },
    });
    const targets = ofType(resources, "aws:cloudwatch/eventTarget:EventTarget").filter(({ name }) => name.includes("nightly"));
    expect(targets.map(({ inputs }) => inputs.arn)).to.have.members([
      "platform-test-monitoring-high_arn",
      "platform-test-monitoring-high-ops-teams_arn",
    ]);
    expect(JSON.parse(String(targets.find(({ name }) => name.endsWith("ops-teams"))?.inputs.input))).to.have.nested.property(
      "attachments[0].contentType",
      "application/vnd.microsoft.card.adaptive",
    );
  });

  it("are of errors only in dev", async () => {
    const made = (await alarms("errors")).filter(({ type }) => type === metricAlarm || type === eventRule).map(({ name }) => name);
    expect(made).to.have.members([
      "platform-test-critical-web-errors-critical",
      "platform-test-high-web-errors-high",
      "platform-test-high-web-deployment-failed",
      "platform-test-high-nightly-job-failed",
      "platform-test-high-jobs-dead-letters",
      "platform-test-high-vpn-1-vpn-down",
    ]);
  });
});
