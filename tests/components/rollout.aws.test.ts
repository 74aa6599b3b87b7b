// A candidate on AWS: what stands beside the stable service, what leads to it, and what waits for what.
import { expect } from "chai";
import { output } from "@pulumi/pulumi";
import type { AppServiceArgs, ServiceSpec, Tracks } from "../../components/app-service/index";
import { defaultRollout } from "../../components/app-service/rollout";
import type { Aws } from "../../components/clouds/aws/family";
import { AwsFiles } from "../../components/files/aws";
import { AwsRegistry } from "../../components/registry/aws";
import { record as recordPlan } from "../../plan/record";
import { awsTags, documentOf, recordData, waitsFor } from "../support/aws-parts";
import { classesIn, gateway, ground, hosting, route, scale, service, serviceSpec } from "../support/aws-platform";
import { once } from "../support/azure-parts";
import { ofType, only, type Recorded } from "../support/record";

const types = {
  alarm: "aws:cloudwatch/metricAlarm:MetricAlarm",
  rule: "aws:lb/listenerRule:ListenerRule",
  service: "aws:ecs/service:Service",
  targets: "aws:lb/targetGroup:TargetGroup",
  task: "aws:ecs/taskDefinition:TaskDefinition",
  scaling: "aws:appautoscaling/target:Target",
  policy: "aws:iam/rolePolicy:RolePolicy",
};
const tags = awsTags("api");
interface Container {
  readonly image: string;
  readonly environment: unknown;
  readonly mountPoints: { readonly sourceVolume: string }[];
  readonly logConfiguration: { readonly options: Readonly<Record<string, string>> };
}
const candidate = (percent: number, image = "docker.io/library/nginx:1.30") => ({ image, percent });

/** An api with a strategy that shifts traffic; what its contract says of the two images. */
async function made(
  overrides: Partial<ServiceSpec> = {},
  args: Partial<AppServiceArgs<Aws>> = {},
): Promise<{ readonly resources: Recorded[]; readonly tracks: unknown }> {
  const seen: unknown[] = [];
  const resources = await recordData(() => {
    const on = ground();
    const spec = serviceSpec({ deployment: "canary", ...overrides });
    const { paths, hosts } = spec.routes;
    const place = gateway(on, { routes: [route("api", { paths, hosts, internal: spec.internal })] }).place("api");
    const { tracks, url } = service(on, "api", spec, { place, ...args });
    const { stableId, candidate } = tracks as Tracks;
    // Where the balancer answers is unknown before it is there: that it is the same address is all that can be said.
    const known = candidate && { ...candidate, previewUrl: candidate.previewUrl === url ? "the same address" : "another" };
    output({ stableId, candidate: known }).apply((all) => seen.push(all));
  });
  return { resources, tracks: seen[0] };
}

const actionsOf = (resources: readonly Recorded[], name: string): unknown => only(resources, types.rule, name).inputs.actions;
const forward = (...targetGroups: { arn: string; weight: number }[]): unknown => [
  { type: "forward", forward: { targetGroups, stickiness: { enabled: false, duration: 1 } } },
];
const stableArn = "platform-test-api_arn";
/** Names of target groups are short. */
const candidateGroup = "platform-test-api-55219f";
const candidateArn = `${candidateGroup}_arn`;

/** The names of its alarms begin with their severity. */
const judges = {
  errors: "platform-test-critical-api-candidate-errors",
  slow: "platform-test-medium-api-candidate-slow",
  unhealthy: "platform-test-high-api-candidate-unhealthy",
};
type Judge = keyof typeof judges;

/** An api with all that a task can have beside its container, with images of the platform's own registry. */
const furnished = once(
  async (): Promise<{ readonly resources: readonly Recorded[]; readonly watched: unknown; readonly measured: unknown }> => {
    const answers = (_type: string, name: string) => ({
      id: `${name}-id`,
      state: { arn: `${name}_arn`, arnSuffix: `${name}_suffix`, name: `${name}_name`, repositoryUrl: `${name}_url` },
    });
    const [seen, measured]: [unknown[], unknown[]] = [[], []];
    const make = (): void => {
      const on = ground({}, { tracing: true });
      const shared = hosting(on, {}, true);
      const registry = new AwsRegistry("registry", { ...on, hosting: shared, repositories: ["api", "next"] });
      const files = new AwsFiles("files", { ...on, path: "/mnt/files" });
      const place = gateway(on, { cdn: true }).place("api");
      const spec = serviceSpec({ deployment: "canary", image: "api:1", candidate: candidate(10, "next:2"), env: { LEVEL: "info" } });
      const { watched, workloadId, tracks } = service(on, "api", spec, {
        place,
        registry,
        hosting: shared,
        uses: [files.use("readWrite")],
      });
      output(watched.map(({ noun, name, raw }) => ({ noun, name, ...raw.values }))).apply((all) => seen.push(all));
      output({ workloadId, candidate: tracks?.candidate?.workloadId, scope: tracks?.metricsScope }).apply((all) => measured.push(all));
    };
    const { resources } = await recordPlan(make, { project: "platform", stack: "test", answers });
    return { resources, watched: seen[0], measured: measured[0] };
  },
);

describe("a candidate on AWS", () => {
  it("is absent where there is none, but an anchor of the stable one", async () => {
    const { resources, tracks } = await made();
    expect(classesIn(resources, "api").filter((name) => name.includes("candidate"))).to.deep.equal([]);
    expect(ofType(resources, types.rule).map(({ name }) => name)).to.have.members(["api-anchor", "api-rule"]);
    expect(actionsOf(resources, "api-rule")).to.deep.equal(forward({ arn: stableArn, weight: 100 }));
    expect(tracks).to.deep.equal({ stableId: stableArn, candidate: undefined });
  });

  it("is a task, a target group, a service and its judges; identity, logs and network paths are the service's", async () => {
    const [with_, without] = [await made({ candidate: candidate(0) }), await made()];
    const more = classesIn(with_.resources, "api").filter((name) => !classesIn(without.resources, "api").includes(name));
    expect(more).to.deep.equal([
      "ListenerRule api-rule-candidate",
      "MetricAlarm platform-test-critical-api-candidate-errors",
      "MetricAlarm platform-test-high-api-candidate-unhealthy",
      "MetricAlarm platform-test-medium-api-candidate-slow",
      "Service platform-test-api-candidate",
      `TargetGroup ${candidateGroup}`,
      "TaskDefinition api-candidate-task",
    ]);
    const [old, young] = ["", "-candidate"].map((part) => only(with_.resources, types.service, `platform-test-api${part}`));
    expect(young?.inputs).to.deep.equal({
      ...old?.inputs,
      taskDefinition: "api-candidate-task_arn",
      loadBalancers: [{ targetGroupArn: candidateArn, containerName: "api-candidate", containerPort: 3000 }],
    });
    expect(young?.options).to.deep.equal(old?.options);
    const groups = ["platform-test-api", candidateGroup].map((name) => only(with_.resources, types.targets, name).inputs);
    expect(groups[1]).to.deep.equal(groups[0]);
  });

  it("runs its own image with all else the same", async () => {
    const { resources } = await made({
      command: ["old"],
      env: { LEVEL: "info" },
      candidate: { ...candidate(0), command: ["node", "new.js"] },
    });
    const [old, young] = ["api-task", "api-candidate-task"].map((name) => only(resources, types.task, name));
    expect(young?.inputs).to.deep.include({
      family: "platform-test-api-candidate-55219f",
      executionRoleArn: old?.inputs.executionRoleArn,
      taskRoleArn: old?.inputs.taskRoleArn,
      tags,
    });
    const container = (task: Recorded | undefined) => (documentOf(task!, "containerDefinitions") as [Record<string, unknown>])[0];
    const { logConfiguration, ...first } = container(old) as { logConfiguration: { options: Record<string, string> } };
    expect(container(young)).to.deep.equal({
      ...first,
      name: "api-candidate",
      image: "docker.io/library/nginx:1.30",
      command: ["node", "new.js"],
      logConfiguration: { ...logConfiguration, options: { ...logConfiguration.options, "awslogs-stream-prefix": "api-candidate" } },
    });
  });

  for (const [percent, shares] of [
    [0, [{ arn: stableArn, weight: 100 }]],
    [
      10,
      [
        { arn: stableArn, weight: 90 },
        { arn: candidateArn, weight: 10 },
      ],
    ],
    [100, [{ arn: candidateArn, weight: 100 }]],
  ] as const) {
    it(`gets its share of the traffic at ${percent} %`, async () => {
      const { resources } = await made({ candidate: candidate(percent) });
      expect(actionsOf(resources, "api-rule")).to.deep.equal(forward(...shares));
    });
  }

  it("is previewed by a header on every path and host, before the rule that visitors meet", async () => {
    const routes = { paths: ["/api/*", "/v1"], hosts: ["a.example.com", "b.example.com", "c.example.com", "d.example.com"] };
    const { resources } = await made({ routes, candidate: candidate(10) });
    const rules = ofType(resources, types.rule);
    const production = rules.filter(({ name }) => !/-(anchor|candidate)$/.test(name));
    expect([production.length, rules.length]).to.deep.equal([4, 9]);
    const header = (track: string) => ({ httpHeader: { httpHeaderName: "x-platform-track", values: [track] } });
    for (const { name, inputs } of production) {
      const preview = only(resources, types.rule, `${name}-candidate`).inputs;
      const conditions = inputs.conditions as { [kind: string]: { values: string[] } }[];
      expect(preview).to.deep.equal({
        listenerArn: inputs.listenerArn,
        tags,
        priority: Number(inputs.priority) - 1,
        conditions: [header("candidate"), ...conditions],
        actions: forward({ arn: candidateArn, weight: 1 }),
      });
      const values = (preview.conditions as { [kind: string]: { values: string[] } }[]).flatMap((one) => Object.values(one)[0]?.values);
      expect(values.length).to.be.at.most(5);
    }
    // Behind all others, where a request of the same path and host never comes to.
    const anchor = only(resources, types.rule, "api-anchor").inputs;
    const first = production.find(({ inputs }) => JSON.stringify(inputs.conditions).includes("a.example.com"));
    expect(anchor).to.deep.equal({
      listenerArn: first?.inputs.listenerArn,
      tags,
      priority: anchor.priority,
      conditions: [header("stable"), ...(first?.inputs.conditions as unknown[])],
      actions: forward({ arn: stableArn, weight: 1 }),
    });
    expect(anchor.priority).to.be.greaterThan(48_800);
  });

  it("is there and steady before any traffic, and its group hangs on the balancer before it", async () => {
    const { resources } = await made({ candidate: candidate(10) });
    const waits = (type: string, name: string): string[] => waitsFor(only(resources, type, name));
    expect(waits(types.rule, "api-rule")).to.include.members(["platform-test-api", "platform-test-api-candidate"]);
    expect(waits(types.service, "platform-test-api-candidate")).to.include.members(["api-rule-candidate", "api-execution", "api-egress"]);
    expect(waits(types.service, "platform-test-api")).to.include("api-anchor");
    for (const part of ["", "-candidate"]) expect(waits(types.service, `platform-test-api${part}`)).not.to.include("api-rule");
  });

  it("keeps both from losing instances while it is there", async () => {
    const range = { scale: { ...scale, max: 4 } };
    const suspended = async (spec: Partial<ServiceSpec>): Promise<unknown[]> =>
      ofType((await made(spec)).resources, types.scaling).map(({ name, inputs }) => [name, inputs.suspendedState, inputs.tags]);
    expect(await suspended({ ...range, candidate: candidate(0) })).to.deep.equal([
      ["api-scaling", { dynamicScalingInSuspended: true }, tags],
      ["api-candidate-scaling", { dynamicScalingInSuspended: true }, tags],
    ]);
    expect(await suspended(range)).to.deep.equal([["api-scaling", { dynamicScalingInSuspended: false }, tags]]);
    expect(await suspended({ ...range, deployment: "rolling" })).to.deep.equal([["api-scaling", undefined, tags]]);
  });

  it("may pull its own image, where that is in another repository", async () => {
    const image = (name: string): string => `123456789012.dkr.ecr.us-east-1.amazonaws.com/${name}:1`;
    const pulled = async (young: string): Promise<unknown> => {
      const { resources } = await made({ image: image("api"), candidate: candidate(0, young) });
      const { Statement } = documentOf(only(resources, types.policy, "api-execution"), "policy") as {
        Statement: { Action: string[]; Resource: string[] }[];
      };
      return Statement.find(({ Action }) => Action.includes("ecr:BatchGetImage"))?.Resource;
    };
    const arn = (name: string): string => `arn:aws:ecr:us-east-1:123456789012:repository/${name}`;
    expect(await pulled(image("api"))).to.deep.equal([arn("api")]);
    expect(await pulled(image("next"))).to.deep.equal([arn("api"), arn("next")]);
  });

  it("has what its service's task has: collector, mounts, folders for a console; its image is the registry's own", async () => {
    const { resources } = await furnished();
    const [old, young] = ["api-task", "api-candidate-task"].map((name) => only(resources, types.task, name));
    expect(young?.inputs.volumes).to.deep.equal(old?.inputs.volumes);
    const volumes = ["files", "managed-agents", "var-lib-amazon-ssm", "var-log-amazon-ssm"];
    expect((young?.inputs.volumes as { name: string }[]).map(({ name }) => name)).to.deep.equal(volumes);
    const containers = (task: Recorded | undefined) => documentOf(task!, "containerDefinitions") as Container[];
    const [main, collector, ...more] = containers(young);
    expect(more).to.deep.equal([]);
    expect(main).to.deep.include({ name: "api-candidate", image: "platform-test-next_url:2" });
    expect(main?.mountPoints.map(({ sourceVolume }) => sourceVolume)).to.deep.equal(volumes);
    const [first, beside] = containers(old);
    expect(first?.image).to.equal("platform-test-api_url:1");
    expect([main?.mountPoints, main?.environment]).to.deep.equal([first?.mountPoints, first?.environment]);
    const { options } = beside!.logConfiguration;
    const logs = { ...beside!.logConfiguration, options: { ...options, "awslogs-stream-prefix": "api-candidate-collector" } };
    expect(collector).to.deep.equal({ ...beside, logConfiguration: logs });
    const { Statement } = documentOf(only(resources, types.policy, "api-execution"), "policy") as {
      Statement: { Action: string[]; Resource: string[] }[];
    };
    const pulled = Statement.find(({ Action }) => Action.includes("ecr:BatchGetImage"))?.Resource;
    expect(pulled).to.deep.equal(["platform-test-api_arn", "platform-test-next_arn"]);
    expect(waitsFor(only(resources, types.service, "platform-test-api-candidate"))).to.include.members(["files-1", "files-2"]);
  });

  it("is watched for its load and for a deployment that fails; what it answers its judges watch", async () => {
    const { watched } = await furnished();
    const [name, candidateName] = ["platform-test-api", "platform-test-api-candidate"];
    expect(watched).to.deep.equal([
      { noun: "service", name: "api", LoadBalancer: "platform-test-gat-d99eb7_suffix", TargetGroup: `${name}-cdn_suffix` },
      { noun: "compute", name: "api", ClusterName: "platform-test-hosting", ServiceName: `${name}_name` },
      { noun: "deployment", name: "api", ServiceArns: `${name}-id` },
      { noun: "compute", name: "api-candidate", ClusterName: "platform-test-hosting", ServiceName: `${candidateName}_name` },
      { noun: "deployment", name: "api-candidate", ServiceArns: `${candidateName}-id` },
    ]);
  });

  it("is named, and measured, by what runs it and by the balancer before it", async () => {
    const scope = "platform-test-gat-d99eb7_suffix";
    const expected = { workloadId: "platform-test-api-id", candidate: "platform-test-api-candidate-id", scope };
    expect((await furnished()).measured).to.deep.equal(expected);
  });

  it("has a target group of its own behind a CDN, as its service has", async () => {
    const groups = ofType((await furnished()).resources, types.targets).map(({ name }) => name);
    expect(groups).to.have.length(2);
    for (const name of [stableArn.replace("_arn", ""), candidateGroup]) expect(groups).not.to.include(name);
  });

  it("is judged by its own errors, response time and health", async () => {
    const { resources } = await made({ candidate: candidate(10) });
    const shared = (topic: string) => ({
      comparisonOperator: "GreaterThanThreshold",
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      alarmActions: [`platform-test-monitoring-${topic}_arn`],
      okActions: [`platform-test-monitoring-${topic}_arn`],
      tags,
    });
    // The suffixes of ARNs are unknown before deployment.
    const namespace = "AWS/ApplicationELB";
    const dimensions = { LoadBalancer: null, TargetGroup: null };
    const sum = (id: string, metricName: string, of: Readonly<Record<string, null>> = dimensions) => ({
      id,
      metric: { namespace, metricName, dimensions: of, period: 60, stat: "Sum" },
      returnData: false,
    });
    const math = (id: string, expression: string) => ({ id, expression, label: id, returnData: false });
    const alarm = (what: Judge) => only(resources, types.alarm, judges[what]).inputs;
    expect(alarm("errors")).to.deep.equal({
      ...shared("critical"),
      alarmDescription: "The candidate of api: more than 5 % of its requests fail",
      metricQueries: [
        sum("requests", "RequestCount"),
        sum("good", "HTTPCode_Target_2XX_Count"),
        sum("moved", "HTTPCode_Target_3XX_Count"),
        sum("refused", "HTTPCode_Target_4XX_Count"),
        sum("errors", "HTTPCode_Target_5XX_Count"),
        sum("balancer", "HTTPCode_ELB_5XX_Count", { LoadBalancer: null }),
        math("unanswered", "FILL(requests, 0) - FILL(good, 0) - FILL(moved, 0) - FILL(refused, 0) - FILL(errors, 0)"),
        math("lost", "IF(unanswered > FILL(balancer, 0), FILL(balancer, 0), IF(unanswered > 0, unanswered, 0))"),
        {
          id: "share",
          expression: "IF(FILL(requests, 0) > 20, 100 * (FILL(errors, 0) + lost) / requests, 0)",
          label: "errors in percent",
          returnData: true,
        },
      ],
      threshold: 5,
      treatMissingData: "notBreaching",
    });
    expect(alarm("slow")).to.deep.equal({
      ...shared("medium"),
      alarmDescription: "The candidate of api: more than 5 of 100 requests take longer than 1000 ms",
      namespace,
      metricName: "TargetResponseTime",
      dimensions,
      period: 60,
      extendedStatistic: "p95",
      evaluateLowSampleCountPercentiles: "ignore",
      threshold: 1,
      treatMissingData: "notBreaching",
    });
    expect(alarm("unhealthy")).to.deep.equal({
      ...shared("high"),
      alarmDescription: "The candidate of api: an instance does not answer its probe",
      namespace,
      metricName: "UnHealthyHostCount",
      dimensions,
      period: 60,
      statistic: "Maximum",
      threshold: 0,
      treatMissingData: "missing",
    });
  });

  it("is judged by other limits where the settings have others", async () => {
    const limits = { errorPercent: 2, responseMs: 300, minRequests: 5 };
    const { resources } = await made({ candidate: candidate(10) }, { rollout: { ...defaultRollout, limits } });
    const alarm = (what: Judge) => only(resources, types.alarm, judges[what]).inputs;
    expect((["errors", "slow", "unhealthy"] as const).map((what) => alarm(what).threshold)).to.deep.equal([2, 0.3, 0]);
    expect(JSON.stringify(alarm("errors"))).to.contain("FILL(requests, 0) > 5");
  });

  it("says where it is, how to look at it and what judges it", async () => {
    const { tracks } = await made({ candidate: candidate(0), internal: true });
    expect(tracks).to.deep.equal({
      stableId: stableArn,
      candidate: {
        id: candidateArn,
        workloadId: "platform-test-api-candidate-id",
        previewUrl: "the same address",
        previewHeader: "x-platform-track: candidate",
        alarmIds: Object.values(judges).map((name) => `${name}_arn`),
      },
    });
  });
});
