// The configuration of the OpenTelemetry collector that runs beside a service: the same receivers and pipelines on both clouds, other
// exporters. As JSON, which is YAML too. Pure, so that a test can send a span through it.
import type { Stack } from "../stack";

/** Where applications send to: alike on both clouds, as containers of one instance share the local address. */
export const endpoint = "http://127.0.0.1:4318";

/** MiB that a collector may use; its container gets the same and a bit. */
export const collectorMemory = { limitMib: 100, spikeMib: 25, containerMib: 128 } as const;

/** Exporters of one kind of signal, by the collector's own names. No exporter: the signal is not taken. */
export type Exporters = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface CollectorConfig {
  readonly receivers: Readonly<Record<string, unknown>>;
  readonly processors: Readonly<Record<string, unknown>>;
  readonly exporters: Exporters;
  readonly service: {
    readonly telemetry: Readonly<Record<string, unknown>>;
    readonly pipelines: Readonly<Record<string, Pipeline>>;
  };
}

interface Pipeline {
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
}

/** A configuration that takes OTLP from this instance only, and gives each signal to its exporters. */
export function collectorConfig(signals: {
  readonly traces: Exporters;
  readonly metrics: Exporters;
  readonly logs: Exporters;
}): CollectorConfig {
  const used = Object.entries(signals).filter(([, exporters]) => Object.keys(exporters).length > 0);
  const pipelines = used.map(([signal, exporters]): [string, Pipeline] => [
    signal,
    { receivers: ["otlp"], processors: ["memory_limiter", "batch"], exporters: Object.keys(exporters) },
  ]);
  return {
    receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:4317" }, http: { endpoint: "127.0.0.1:4318" } } } },
    processors: {
      memory_limiter: { check_interval: "1s", limit_mib: collectorMemory.limitMib, spike_limit_mib: collectorMemory.spikeMib },
      batch: { timeout: "5s", send_batch_size: 512 },
    },
    exporters: Object.assign({}, ...used.map(([, exporters]) => exporters)) as Exporters,
    service: { telemetry: { logs: { level: "warn" }, metrics: { level: "none" } }, pipelines: Object.fromEntries(pipelines) },
  };
}

/** To X-Ray, and the named metrics of the application to CloudWatch; others would be billed one by one. */
export function awsCollector(args: {
  readonly region: string;
  readonly namespace: string;
  readonly logGroup: string;
  readonly metrics: readonly string[];
}): CollectorConfig {
  const emf = {
    region: args.region,
    namespace: args.namespace,
    log_group_name: args.logGroup,
    log_stream_name: "{TaskId}",
    dimension_rollup_option: "NoDimensionRollup",
    resource_to_telemetry_conversion: { enabled: true },
    metric_declarations: [{ dimensions: [["service.name"]], metric_name_selectors: args.metrics.map((name) => `^${escaped(name)}$`) }],
  };
  return collectorConfig({
    traces: { awsxray: { region: args.region } },
    // Without a name nothing is to be kept, but applications that send metrics must not be refused.
    metrics: args.metrics.length > 0 ? { awsemf: emf } : { debug: { verbosity: "basic" } },
    logs: {},
  });
}

/** To Application Insights. The connection string is a variable of the collector's container. */
export function azureCollector(): CollectorConfig {
  const insights = { azuremonitor: { connection_string: "${env:APPLICATIONINSIGHTS_CONNECTION_STRING}" } };
  return collectorConfig({ traces: insights, metrics: insights, logs: insights });
}

/** What the application is told, in the names of OpenTelemetry's own specification. Its own variables of these names win. */
export function telemetryEnv(stack: Stack, service: string): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_PROPAGATORS: "tracecontext,baggage",
    OTEL_RESOURCE_ATTRIBUTES: `deployment.environment.name=${stack.environment},service.namespace=${stack.project}-${stack.name}`,
    OTEL_SERVICE_NAME: service,
  };
}

function escaped(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
