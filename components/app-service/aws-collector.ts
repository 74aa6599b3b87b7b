// The OpenTelemetry collector beside the container of a service on AWS, with what it may do: traces go to X-Ray, the application's named
// metrics to CloudWatch.
import type { Input, Output } from "@pulumi/pulumi";
import { interpolate } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { permissions, type Statement, unscoped } from "../clouds/aws/permissions";
import { collectorMemory } from "../monitoring/collector";
import type { AppServiceArgs } from "./index";

/** AWS's own build of the collector, from its public registry. */
export const collectorImage = "public.ecr.aws/aws-observability/aws-otel-collector:v0.47.0";

/** A job ends when its container does, and is too short for a collector to start first. */
export function isTraced({ spec, monitoring }: AppServiceArgs<Aws>): boolean {
  return spec.kind !== "job" && monitoring.raw.telemetry !== undefined;
}

/** Not essential: a service goes on without its traces, and ECS starts the collector again. */
export function collectorOf(
  name: string,
  { network, monitoring }: AppServiceArgs<Aws>,
  logGroup: Output<string>,
): Record<string, Input<unknown>>[] {
  const { telemetry } = monitoring.raw;
  if (telemetry === undefined) return [];
  return [
    {
      name: "collector",
      image: collectorImage,
      essential: false,
      restartPolicy: { enabled: true, restartAttemptPeriod: 60 },
      cpu: 32,
      memory: collectorMemory.containerMib,
      readonlyRootFilesystem: true,
      environment: [{ name: "AOT_CONFIG_CONTENT", value: telemetry.config }],
      logConfiguration: {
        logDriver: "awslogs",
        options: {
          "awslogs-group": logGroup,
          "awslogs-region": network.stack.region,
          "awslogs-stream-prefix": `${name}-collector`,
          mode: "non-blocking",
          "max-buffer-size": "4m",
        },
      },
    },
  ];
}

/** The collector has no role of its own: containers of a task share the task's. */
export function telemetryStatements(args: AppServiceArgs<Aws>): Statement[] {
  const { telemetry } = args.monitoring.raw;
  if (telemetry === undefined || !isTraced(args)) return [];
  const traces = { actions: permissions.telemetry.traces, resources: [unscoped] };
  // Metrics of the collector arrive in CloudWatch as lines of its log group.
  const metrics = { actions: permissions.telemetry.metrics, resources: [telemetry.logGroupArn, interpolate`${telemetry.logGroupArn}:*`] };
  return args.monitoring.raw.metrics.length === 0 ? [traces] : [traces, metrics];
}
