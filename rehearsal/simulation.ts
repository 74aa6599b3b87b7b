// What a simulated cloud must say for the provider to play it. Everything here is a pure function of its arguments.
import type { ResourceType } from "./sdk";
import { digest, type Stored, type Values } from "./store";

export interface Resource {
  readonly type: ResourceType;
  /** The logical name. */
  readonly name: string;
  readonly inputs: Values;
  /** Hex digits that made-up parts derive from. */
  readonly seed: string;
  readonly region: string;
}

export interface Simulation {
  /** Inputs that the provider fills in, as a name. `attempt` counts up while the name is taken. */
  defaults(type: ResourceType, name: string, inputs: Values, seed: string): Values;
  /** Whether a change of this input makes a new resource. */
  replaces(type: ResourceType, property: string): boolean;
  id(resource: Resource): string;
  /** Outputs besides the inputs. */
  outputs(resource: Resource, id: string): Values;
  /** What the cloud adds inside an input, by input: not known before deployment. */
  additions(type: ResourceType): Readonly<Record<string, readonly string[]>>;
  /** Whether the preview of an update still knows this output, which is no input. */
  remembers(property: string): boolean;
  /** Outputs that change when this input does. */
  volatile(type: ResourceType, changed: readonly string[]): readonly string[];
  /** Two resources of a type with the same one can't live together; in two regions they can, unless the cloud knows them everywhere. */
  uniqueName(type: string, inputs: Values, region: string): string | undefined;
  /** Why the cloud refuses to create or to update it, as far as it depends on others. */
  refuseWrite(type: string, id: string, inputs: Values, others: readonly Stored[]): string | undefined;
  refuseDelete(resource: Stored, others: readonly Stored[]): string | undefined;
  /** What is deleted with it. */
  takesAlong(resource: Stored, others: readonly Stored[]): readonly Stored[];
  /** The name that stays taken after deletion. */
  remains(resource: Stored): string | undefined;
  invoke(token: string, args: Values, others: readonly Stored[]): Values | undefined;
}

/** A value of the TypeScript type that the SDK declares, for outputs that no rule names. */
export function madeUp(property: string, type: string, seed: string): unknown {
  if (/\bundefined\b/.test(type)) return undefined;
  if (type.endsWith("[]")) return [];
  if (type === "string") return `${property}-${digest(`${seed} ${property}`, 12)}`;
  if (type === "number") return 1;
  if (type === "boolean") return false;
  return {};
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Every text in a value, at any depth. */
export function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(texts);
}

/** A random-looking UUID that is the same in every run. */
export function uuid(seed: string): string {
  const hex = digest(seed, 32);
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-");
}
