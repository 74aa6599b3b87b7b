// What the tests of the settings share: loading with little to write, and the faults of what does not load.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError, type Fault } from "../../components/fault";
import { load, type Settings } from "../../settings/load";

export const root = join(__dirname, "..", "..");

export interface Given {
  readonly stack?: string;
  readonly project?: string;
  /** Keys without a namespace get the project's; what is not a text becomes JSON, as Pulumi keeps it. `environment` is dev unless given. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly secretKeys?: readonly string[];
}

export function settings({ stack = "test", project = "platform", config = {}, secretKeys = [] }: Given = {}): Settings {
  // Prod is refused while nobody gets its alerts: that is one test's matter, and in the way of all others.
  const told = config.environment === "prod" ? { alerts: { critical: { emails: ["ops@example.org"] } } } : {};
  const stated = Object.entries<unknown>({ environment: "dev", ...told, ...config }).filter(([, value]) => value !== undefined);
  const entries = stated.map(([key, value]) => [
    key.includes(":") || key === "" ? key : `${project}:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return load({ project, stack, config: Object.fromEntries(entries) as Record<string, string>, secretKeys });
}

/** The faults that a function refuses with; anything else that it throws is a failure of the test. */
export function faultsOf(run: () => unknown): readonly Fault[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

export function faults(given: Given): readonly Fault[] {
  return faultsOf(() => settings(given));
}

export function stackFileText(stack: string): string {
  return readFileSync(join(root, `Pulumi.${stack}.yaml`), "utf8");
}
