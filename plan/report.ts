// What `npm run plan` prints: one report, as text for people or as JSON for tools.
import type { Recorded } from "./record";
import { isComponent, lines, tree } from "./tree";

/** Changes when a field is removed or changes its meaning; new fields don't change it. */
export const schemaVersion = 1;

export interface Report {
  readonly schemaVersion: typeof schemaVersion;
  readonly project: string;
  readonly stack: string;
  readonly cloud: string;
  /** What the program warned of. */
  readonly warnings: readonly string[];
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly resources: readonly Recorded[];
}

/** One JSON document: the same input gives the same bytes. */
export function json(report: Report): string {
  const { outputs, resources, ...head } = report;
  const listed = sorted(resources).map(({ urn, type, name, parent, protect, inputs, dependencies }) => ({
    urn,
    type,
    name,
    parent,
    protect,
    inputs,
    dependencies,
  }));
  return JSON.stringify({ ...head, outputs, resources: listed }, null, 2);
}

export function text(report: Report): string {
  const { project, stack, cloud, resources, outputs } = report;
  const real = resources.filter((resource) => !isComponent(resource) && resource.parent !== null);
  const components = resources.filter(isComponent);
  return [
    `${project}-${stack} on ${cloud}: ${counted(real.length, "resource")} in ${counted(components.length, "component")}`,
    "",
    ...lines(tree(resources)),
    "",
    "Resources by type",
    ...byType(real),
    "",
    "Outputs",
    ...Object.entries(flat(outputs)).map(([name, value]) => `  ${name}: ${shown(value)}`),
    "",
    `Not known before deployment: ${unknowns(real)} inputs of ${real.filter((r) => unknowns([r]) > 0).length} resources (ids, ARNs, hosts that the cloud makes up).`,
    "Nothing was created and no cloud was asked.",
  ].join("\n");
}

function byType(resources: readonly Recorded[]): string[] {
  const counts = new Map<string, number>();
  for (const { type } of resources) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([type, count]) => `  ${String(count).padStart(4)}  ${type}`);
}

function shown(value: unknown): string {
  if (value === null) return "known after deployment";
  return Array.isArray(value) && value.some((one) => typeof one === "object") ? JSON.stringify(value) : String(value);
}

/** Nested outputs with their paths: `database.host`. */
function flat(value: Readonly<Record<string, unknown>>, prefix = ""): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? Object.entries(flat(inner as Record<string, unknown>, `${prefix}${key}.`))
        : [[`${prefix}${key}`, inner] as const],
    ),
  );
}

function unknowns(resources: readonly Recorded[]): number {
  const count = (value: unknown): number => {
    if (value === null) return 1;
    if (typeof value !== "object") return 0;
    return Object.values(value).reduce((sum: number, inner) => sum + count(inner), 0);
  };
  return resources.reduce((sum, resource) => sum + count(resource.inputs), 0);
}

function sorted(resources: readonly Recorded[]): Recorded[] {
  return [...resources].sort((a, b) => (a.urn < b.urn ? -1 : 1));
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
