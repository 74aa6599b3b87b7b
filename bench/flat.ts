// The yardstick: a program without any design, which registers the resources of a recorded plan one after the other with the real
// classes of the real SDKs. What ours costs more is the price of its components.
import { createRequire } from "node:module";
import {
  ComponentResource,
  type CustomResource,
  type CustomResourceOptions,
  type Output,
  type Resource,
  secret,
  Stash,
} from "@pulumi/pulumi";
import { type Recorded, record, secretText } from "../plan/record";

type ResourceClass = new (name: string, args: object, options: CustomResourceOptions) => CustomResource;

/** Registers everything again, and returns how many resources that were. */
export async function flat(planned: readonly Recorded[]): Promise<number> {
  const { resources } = await record(() => registerAll(planned), { project: "platform", stack: "prod" });
  return resources.length;
}

function registerAll(planned: readonly Recorded[]): void {
  const made = new Map<string, Resource>();
  for (const resource of planned) {
    if (resource.type === "pulumi:pulumi:Stack") continue;
    const parent = resource.parent === null ? undefined : made.get(resource.parent);
    const options: CustomResourceOptions = { ...(parent === undefined ? {} : { parent }), protect: resource.protect };
    made.set(resource.urn, register(resource, options, made));
  }
}

function register(resource: Recorded, options: CustomResourceOptions, made: ReadonlyMap<string, Resource>): Resource {
  const { type, name } = resource;
  if (type.startsWith("platform:index:")) return new Group(type, name, options);
  const before = resource.dependencies.flatMap((urn) => made.get(urn) ?? []);
  const { inputs, used } = asInputs(resource.inputs, before);
  if (type === "pulumi:index:Stash") return new Stash(name, { input: inputs.input }, options);
  const Class = classOf(type);
  return new Class(name, inputs, { ...options, dependsOn: before.slice(used) });
}

class Group extends ComponentResource {
  constructor(type: string, name: string, options: CustomResourceOptions) {
    super(type, name, {}, options);
    this.registerOutputs({});
  }
}

/** An unknown value was another resource's output: so it is here. What no input leads to is waited for by name. */
function asInputs(
  recorded: Readonly<Record<string, unknown>>,
  before: readonly Resource[],
): { inputs: Record<string, unknown>; used: number } {
  let used = 0;
  const convert = (value: unknown): unknown => {
    if (value === null) return before.length === 0 ? "unknown" : idOf(before[used++ % before.length]);
    if (value === secretText) return secret("value");
    if (Array.isArray(value)) return value.map(convert);
    if (typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, convert(each)]));
  };
  return { inputs: convert(recorded) as Record<string, unknown>, used: Math.min(used, before.length) };
}

function idOf(resource: Resource | undefined): Output<string> | undefined {
  return (resource as Partial<CustomResource> | undefined)?.id ?? resource?.urn;
}

/** `aws:rds/instance:Instance` is `Instance` of `@pulumi/aws/rds`; other tokens have no file's name in the middle. */
export function classOf(type: string): ResourceClass {
  const [provider = "", path = "", className = ""] = type.split(":");
  const folder = path.split("/")[0] ?? "";
  const id = folder === "index" ? `@pulumi/${provider}` : `@pulumi/${provider}/${folder}`;
  const found = (createRequire(__filename)(id) as Record<string, ResourceClass | undefined>)[className];
  if (found === undefined) throw new Error(`${id} has no class ${className}`);
  return found;
}
