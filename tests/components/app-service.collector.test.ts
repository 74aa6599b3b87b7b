// The collector beside a service, on both clouds: it runs where it should, with what it may do and nothing else.
import { expect } from "chai";
import { collectorImage as awsImage } from "../../components/app-service/aws-collector";
import { collectorImage as azureImage } from "../../components/app-service/azure-collector";
import { telemetryEnv } from "../../components/monitoring/collector";
import { documentOf } from "../support/aws-parts";
import { gateway, ground, service as awsService, serviceSpec } from "../support/aws-platform";
import { once } from "../support/azure-parts";
import { only, type Recorded, recordKnown } from "../support/record";
import { awsStack } from "../support/stacks";
import { child, childrenOf, groupName, platform, service, siteHost } from "./azure-parts";

const told = Object.keys(telemetryEnv(awsStack(), "api"));

describe("AppService on AWS: the collector", () => {
  const made = once((kind: "api" | "worker" | "job", metrics: string[] = []): Promise<Recorded[]> => {
    return recordKnown(() => {
      const on = ground({}, { tracing: true, metrics });
      awsService(on, "api", serviceSpec({ kind }), kind === "api" ? { place: gateway(on).place("api") } : {});
    });
  });
  const containers = async (kind: "api" | "worker" | "job"): Promise<Record<string, unknown>[]> =>
    documentOf(only(await made(kind), "aws:ecs/taskDefinition:TaskDefinition"), "containerDefinitions") as Record<string, unknown>[];
  const names = (container: Record<string, unknown> | undefined): string[] =>
    (container?.environment as { name: string }[]).map(({ name }) => name);

  it("runs beside api and worker, which go on without it", async () => {
    for (const kind of ["api", "worker"] as const) {
      const [main, collector, ...more] = await containers(kind);
      expect(more).to.deep.equal([]);
      expect(main).to.include({ name: "api", essential: true });
      expect(names(main)).to.include.members(told);
      const { environment, logConfiguration, ...rest } = collector!;
      expect(rest).to.deep.equal({
        name: "collector",
        image: awsImage,
        essential: false,
        restartPolicy: { enabled: true, restartAttemptPeriod: 60 },
        cpu: 32,
        memory: 128,
        readonlyRootFilesystem: true,
      });
      expect(logConfiguration).to.have.nested.property("options.mode", "non-blocking");
      expect(logConfiguration).to.have.nested.property("options.awslogs-stream-prefix", "api-collector");
      const [config] = environment as { name: string; value: string }[];
      expect(config?.name).to.equal("AOT_CONFIG_CONTENT");
      expect(JSON.parse(config?.value ?? "")).to.have.nested.property("exporters.awsxray.region", "us-east-1");
    }
  });

  it("does not run beside a job, which ends", async () => {
    const [main, ...more] = await containers("job");
    expect(more).to.deep.equal([]);
    expect(names(main)).not.to.include("OTEL_EXPORTER_OTLP_ENDPOINT");
  });

  it("may write traces, and with named metrics into one log group", async () => {
    const traces = {
      Effect: "Allow",
      Action: ["xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"],
      Resource: ["*"],
    };
    const policy = async (metrics: string[]): Promise<unknown> =>
      (documentOf(only(await made("worker", metrics), "aws:iam/rolePolicy:RolePolicy", "api-task"), "policy") as { Statement: unknown })
        .Statement;
    expect(await policy([])).to.deep.equal([traces]);
    expect(await policy(["orders"])).to.deep.equal([
      traces,
      {
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        Resource: ["monitoring-telemetry_arn", "monitoring-telemetry_arn:*"],
      },
    ]);
  });
});

describe("AppService on Azure: the collector", () => {
  const worker = service({ kind: "worker", cpu: 0.5, memoryMb: 1024, scale: { ...service().scale, min: 1, max: 10 } });
  const made = once(async (kind: "web" | "worker" | "job", port: number = 3000): Promise<Recorded[]> => {
    const job = service({ kind: "job", cpu: 0.25, memoryMb: 512 });
    const spec = kind === "web" ? service({ port, command: ["node", "a b.js"] }) : kind === "worker" ? worker : job;
    return childrenOf(
      await platform({ services: { shop: spec }, withServices: true, monitoring: { tracing: true } }),
      "AppService",
      "shop",
    );
  });

  it("is a second container of the site, which gets none of the service's settings but its own two", async () => {
    const resources = await made("web");
    const common = { resourceGroupName: groupName, name: siteHost("shop").replace(".azurewebsites.net", "") };
    expect(child(resources, "shop-main").inputs).to.deep.equal({
      ...common,
      authType: "Anonymous",
      containerName: "main",
      image: "docker.io/library/shop:1",
      inheritAppSettingsAndConnectionStrings: true,
      isMain: true,
      startUpCommand: "node 'a b.js'",
      targetPort: "8080",
    });
    expect(child(resources, "shop-collector").inputs).to.deep.equal({
      ...common,
      authType: "Anonymous",
      containerName: "collector",
      environmentVariables: [
        { name: "APPLICATIONINSIGHTS_CONNECTION_STRING", value: "APPLICATIONINSIGHTS_CONNECTION_STRING" },
        { name: "OTEL_COLLECTOR_CONFIG", value: "OTEL_COLLECTOR_CONFIG" },
      ],
      image: azureImage,
      inheritAppSettingsAndConnectionStrings: false,
      isMain: false,
      startUpCommand: "--config=env:OTEL_COLLECTOR_CONFIG",
    });
  });

  it("makes the site one of several containers, whose application is told the port that such sites lead to", async () => {
    const siteConfig = async (port: number): Promise<{ settings: Record<string, unknown>; config: Record<string, unknown> }> => {
      const config = child(await made("web", port), "shop-site").inputs.siteConfig as Record<string, unknown>;
      const settings = (config.appSettings as { name: string; value: unknown }[]).map(({ name, value }) => [name, value]);
      return { config, settings: Object.fromEntries(settings) as Record<string, unknown> };
    };
    const { config, settings } = await siteConfig(3000);
    expect(config).to.include({ linuxFxVersion: "sitecontainers" });
    expect(config).not.to.have.property("appCommandLine");
    expect(settings).to.include({ PORT: "8080", WEBSITES_PORT: "8080" });
    expect(settings).to.include.keys(...told, "APPLICATIONINSIGHTS_CONNECTION_STRING", "OTEL_COLLECTOR_CONFIG");
    expect((await siteConfig(80)).settings).to.include({ PORT: "80" });
  });

  it("is a second container of a container app, of the smallest size", async () => {
    const { containers } = child(await made("worker"), "shop-app").inputs.template as { containers: Record<string, unknown>[] };
    expect(containers.map(({ name }) => name)).to.deep.equal(["shop", "collector"]);
    expect(containers[1]).to.deep.include({
      image: azureImage,
      args: ["--config=env:OTEL_COLLECTOR_CONFIG"],
      resources: { cpu: 0.25, memory: "0.5Gi" },
    });
    expect((containers[1]?.env as { name: string }[]).map(({ name }) => name)).to.deep.equal([
      "APPLICATIONINSIGHTS_CONNECTION_STRING",
      "OTEL_COLLECTOR_CONFIG",
    ]);
  });

  it("does not run beside a job, which would never end", async () => {
    const { containers } = child(await made("job"), "shop-job").inputs.template as {
      containers: { name: string; env: { name: string }[] }[];
    };
    expect(containers.map(({ name }) => name)).to.deep.equal(["shop"]);
    expect(containers[0]?.env.map(({ name }) => name)).not.to.include("OTEL_EXPORTER_OTLP_ENDPOINT");
  });
});
