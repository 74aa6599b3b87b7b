// How the logs and metrics of a resource come to the workspace: on Azure each resource must be told where to send them.
import { DiagnosticSetting } from "@pulumi/azure-native/monitor";
import type { ComponentResource, Output } from "@pulumi/pulumi";
import type { Stack } from "../../stack";
import { nameOf } from "./names";

/** Some kinds have only one of the two, and refuse to be asked for the other. */
export type Signals = "logs and metrics" | "logs" | "metrics";

/** `part` is what the resource is called within its component, or the component itself. */
export function sendSignals(
  parent: ComponentResource,
  part: string,
  args: {
    readonly stack: Stack;
    readonly resourceUri: Output<string>;
    readonly workspaceId: Output<string>;
    readonly signals: Signals;
    /** Into tables of its kind instead of the one that all share, where the kind has such. */
    readonly ownTables?: boolean;
    /** Its logical name, where another than `<part>-logs` is taken or given. */
    readonly as?: string;
  },
): DiagnosticSetting {
  return new DiagnosticSetting(
    args.as ?? `${part}-logs`,
    {
      name: nameOf(args.stack, "diagnostics", part),
      resourceUri: args.resourceUri,
      workspaceId: args.workspaceId,
      ...(args.ownTables === true ? { logAnalyticsDestinationType: "Dedicated" } : {}),
      ...(args.signals === "metrics" ? {} : { logs: [{ categoryGroup: "allLogs", enabled: true }] }),
      ...(args.signals === "logs" ? {} : { metrics: [{ category: "AllMetrics", enabled: true }] }),
    },
    { parent },
  );
}
