// What is left of a run for people and tools: one JSON document, or a page of Markdown for the job's summary. No secret in either.
import type { OutputMap } from "@pulumi/pulumi/automation";
import type { Step } from "./gates";
import type { Health } from "./health";
import type { Reported } from "./progress";

/** Changes when a field is removed or changes its meaning. */
export const schemaVersion = 1;

export const results = ["succeeded", "no_changes", "failed", "rolled_back", "locked", "drift", "cancelled"] as const;
export type Result = (typeof results)[number];

export interface Summary {
  readonly schemaVersion: typeof schemaVersion;
  readonly command: string;
  readonly stack: string;
  readonly cloud: string | null;
  readonly result: Result;
  readonly exitCode: number;
  readonly changes: Readonly<Record<string, number>>;
  readonly durationSec: number;
  readonly url: string | null;
  readonly health: Health | null;
  /** Images by service, of which an update changed something. */
  readonly images: Readonly<Record<string, { readonly before: string | null; readonly after: string | null }>>;
  /** Where the state was kept. */
  readonly state: string | null;
  /** What would be, or was, deleted or replaced of data. */
  readonly dangers: readonly Pick<Step, "op" | "urn" | "type">[];
  readonly errors: readonly Reported[];
  readonly message: string | null;
}

/** Outputs for display: what is secret is not. */
export function shown(outputs: OutputMap): Record<string, unknown> {
  return Object.fromEntries(Object.entries(outputs).map(([name, { value, secret }]) => [name, secret ? "[secret]" : (value as unknown)]));
}

export function markdown(summary: Summary): string {
  const { command, stack, cloud, result, changes, durationSec, url, health, images, errors, message, dangers } = summary;
  const counts = Object.entries(changes).filter(([op, count]) => op !== "same" && count > 0);
  const lines = [
    `## ${command} of ${stack}${cloud === null ? "" : ` on ${cloud}`}: ${result.replace("_", " ")}`,
    "",
    `| | |`,
    `| --- | --- |`,
    `| changes | ${counts.length === 0 ? "none" : counts.map(([op, count]) => `${count} ${op}`).join(", ")} |`,
    `| duration | ${durationSec} s |`,
    ...(url === null ? [] : [`| url | ${url} |`]),
    ...(health === null ? [] : [`| health | ${health.healthy ? "healthy" : "UNHEALTHY"}: ${cell(health.last)} |`]),
    ...Object.entries(images).map(([service, { before, after }]) => `| ${service} | ${before ?? "-"} → ${after ?? "-"} |`),
  ];
  if (message !== null) lines.push("", message);
  if (dangers.length > 0) lines.push("", "Data that is deleted or replaced:", "", ...dangers.map(({ op, urn }) => `- ${op} \`${urn}\``));
  if (errors.length > 0)
    lines.push(
      "",
      "Errors:",
      "",
      ...errors.map(({ urn, message }) => `- ${urn === undefined ? "" : `\`${urn.split("::").at(-1)}\`: `}${cell(message)}`),
    );
  return `${lines.join("\n")}\n`;
}

function cell(text: string): string {
  return text.replace(/\s+/g, " ").replaceAll("|", "\\|").slice(0, 400);
}
