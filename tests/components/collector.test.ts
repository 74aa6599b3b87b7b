// The collector's configuration: its structure, and where a collector is found (OTELCOL, or otelcorecol or otelcol on the PATH) a span
// sent through it. A core collector lacks the clouds' exporters, so there another OTLP endpoint takes their place.
import { expect } from "chai";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { awsCollector, azureCollector, type CollectorConfig, collectorMemory, telemetryEnv } from "../../components/monitoring/collector";
import { awsStack } from "../support/stacks";

const aws = (metrics: string[]): CollectorConfig =>
  awsCollector({ region: "us-east-1", namespace: "platform/test", logGroup: "/platform/test/telemetry", metrics });
const configs: readonly (readonly [string, CollectorConfig])[] = [
  ["on AWS", aws(["orders.placed"])],
  ["on AWS without metrics", aws([])],
  ["on Azure", azureCollector()],
];

describe("the collector's configuration", () => {
  for (const [where, config] of configs) {
    it(`names in its pipelines only what it has, and has nothing that no pipeline names, ${where}`, () => {
      for (const part of ["receivers", "processors", "exporters"] as const) {
        const used = new Set(Object.values(config.service.pipelines).flatMap((pipeline) => pipeline[part]));
        expect([...used], part).to.have.members(Object.keys(config[part]));
      }
      expect(Object.keys(config.service.pipelines)).to.include.members(["traces", "metrics"]);
    });

    it(`takes from its own instance only, and limits its memory first, ${where}`, () => {
      expect(config.receivers).to.deep.equal({
        otlp: { protocols: { grpc: { endpoint: "127.0.0.1:4317" }, http: { endpoint: "127.0.0.1:4318" } } },
      });
      expect(config.processors).to.deep.equal({
        memory_limiter: { check_interval: "1s", limit_mib: 100, spike_limit_mib: 25 },
        batch: { timeout: "5s", send_batch_size: 512 },
      });
      for (const { processors } of Object.values(config.service.pipelines)) expect(processors).to.deep.equal(["memory_limiter", "batch"]);
      expect(config.service.telemetry).to.deep.equal({ logs: { level: "warn" }, metrics: { level: "none" } });
    });
  }

  it("gives the container more than the collector may use", () => {
    expect(collectorMemory).to.deep.equal({ limitMib: 100, spikeMib: 25, containerMib: 128 });
  });

  it("sends traces to X-Ray and only named metrics to CloudWatch", () => {
    expect(aws(["orders.placed"]).exporters).to.deep.equal({
      awsxray: { region: "us-east-1" },
      awsemf: {
        region: "us-east-1",
        namespace: "platform/test",
        log_group_name: "/platform/test/telemetry",
        log_stream_name: "{TaskId}",
        dimension_rollup_option: "NoDimensionRollup",
        resource_to_telemetry_conversion: { enabled: true },
        metric_declarations: [{ dimensions: [["service.name"]], metric_name_selectors: ["^orders\\.placed$"] }],
      },
    });
    expect(aws([]).exporters).to.deep.equal({ awsxray: { region: "us-east-1" }, debug: { verbosity: "basic" } });
  });

  it("sends all signals to Application Insights, by a variable of its container", () => {
    expect(azureCollector().exporters).to.deep.equal({
      azuremonitor: { connection_string: "${env:APPLICATIONINSIGHTS_CONNECTION_STRING}" },
    });
    expect(Object.keys(azureCollector().service.pipelines)).to.deep.equal(["traces", "metrics", "logs"]);
  });

  it("tells the application where it is, in OpenTelemetry's names", () => {
    expect(telemetryEnv(awsStack(), "web")).to.deep.equal({
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
      OTEL_PROPAGATORS: "tracecontext,baggage",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=prod,service.namespace=platform-test",
      OTEL_SERVICE_NAME: "web",
    });
  });
});

const binary = [
  process.env.OTELCOL,
  ...(process.env.PATH ?? "").split(delimiter).flatMap((dir) => [join(dir, "otelcorecol"), join(dir, "otelcol")]),
].find((file): file is string => file !== undefined && file !== "" && existsSync(file));

describe("a collector with this configuration", () => {
  if (binary === undefined) {
    it("passes a span on (skipped: no collector found; set OTELCOL to one)");
    return;
  }
  for (const [where, config] of configs) {
    it(`passes a span on, ${where}`, async function () {
      this.timeout(30_000);
      const passed = await sendSpan(binary, config);
      expect(passed).to.include("a-span-of-the-test");
    });
  }
});

/** Starts the collector with the configuration on free ports, sends one span, and returns what its exporter sent. */
async function sendSpan(file: string, config: CollectorConfig): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "collector-"));
  const sink = await listening();
  const received = new Promise<string>((resolve) =>
    sink.on("request", (request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        response.end("{}");
        resolve(Buffer.concat(parts).toString("utf8"));
      });
    }),
  );
  const [grpc, http] = [await freePort(), await freePort()];
  const here = JSON.stringify(local(config, portOf(sink)))
    .replace("127.0.0.1:4317", `127.0.0.1:${grpc}`)
    .replace("127.0.0.1:4318", `127.0.0.1:${http}`);
  const path = join(folder, "config.json");
  writeFileSync(path, here);
  const collector = spawn(file, [`--config=${path}`], { stdio: "ignore" });
  try {
    await send(`http://127.0.0.1:${http}/v1/traces`, collector);
    return await received;
  } finally {
    collector.kill();
    sink.close();
    rmSync(folder, { recursive: true });
  }
}

/** The exporters of the clouds by one that sends to us. */
function local(config: CollectorConfig, port: number): CollectorConfig {
  const exporters = Object.fromEntries(
    Object.keys(config.exporters).map((name) => [
      `otlphttp/${name}`,
      { endpoint: `http://127.0.0.1:${port}`, encoding: "json", compression: "none" },
    ]),
  );
  const pipelines = Object.entries(config.service.pipelines).map(([signal, pipeline]) => [
    signal,
    { ...pipeline, exporters: pipeline.exporters.map((name) => `otlphttp/${name}`) },
  ]);
  return {
    ...config,
    exporters,
    service: { ...config.service, pipelines: Object.fromEntries(pipelines) as CollectorConfig["service"]["pipelines"] },
  };
}

async function send(url: string, collector: ChildProcess): Promise<void> {
  const span = {
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    name: "a-span-of-the-test",
    kind: 2,
    startTimeUnixNano: "1700000000000000000",
    endTimeUnixNano: "1700000000100000000",
  };
  const body = JSON.stringify({ resourceSpans: [{ resource: {}, scopeSpans: [{ spans: [span] }] }] });
  for (let tries = 0; tries < 100; tries++) {
    if (collector.exitCode !== null) throw new Error(`the collector ended with ${collector.exitCode}`);
    const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body }).catch(() => undefined);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("the collector took no span");
}

async function listening(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

async function freePort(): Promise<number> {
  const server = await listening();
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
