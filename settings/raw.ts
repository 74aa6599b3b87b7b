// From Pulumi's config, where every value is a text, to plain values by key; what can't be read is a fault that names its key.
import { z } from "zod";
import type { Fault } from "../components/fault";
import { isRecord } from "./merge";
import { cleanKey, cut, forbiddenNames, type Path, pathText, setCommand } from "./paths";
import { regionKeys } from "./presets";
import { schema } from "./schema";
import { nearest, unwrapped } from "./shape";

export interface Input {
  readonly project: string;
  readonly stack: string;
  /** `namespace:key` -> text or JSON, as `pulumi config` holds it. */
  readonly config: Readonly<Record<string, string>>;
  /** Keys that hold an encrypted value somewhere inside. */
  readonly secretKeys: readonly string[];
  /** As `2026-11-21`: what ages are counted to. Default: this day in UTC. */
  readonly today?: string;
}

/** What stands for an encrypted value where it can't be decrypted: in the offline plan. */
export const opaqueSecret = "[secret]";

export interface Raw {
  /** By key without the project's namespace. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Keys whose values may not be shown. */
  readonly hidden: ReadonlySet<string>;
  /** By key with its namespace: `aws:region`. */
  readonly providers: Readonly<Record<string, string>>;
  readonly faults: readonly Fault[];
}

/** Namespaces of the providers in use and of Pulumi itself; their keys are their own business. */
export const providerNamespaces = ["aws", "awsx", "azure-native", "random", "pulumi"] as const;
/** Deeper than any setting. */
const maxDepth = 12;

export function decode(input: Input): Raw {
  const faults: Fault[] = [];
  const hidden = new Set(
    input.secretKeys.map(cleanKey).flatMap((key) => (key.startsWith(`${input.project}:`) ? [key.slice(input.project.length + 1)] : [])),
  );
  const values: [string, unknown][] = [];
  const providers: [string, string][] = [];
  for (const [rawKey, text] of Object.entries(input.config)) {
    const key = cleanKey(rawKey);
    const colon = key.indexOf(":");
    const [namespace, name] = [key.slice(0, Math.max(colon, 0)), key.slice(colon + 1)];
    if (namespace === input.project) {
      if (hidden.has(name) && name !== "secrets") {
        faults.push({
          path: pathText([name]),
          problem:
            "is encrypted, but would end in clear in names, tags or the environment of services: only `secrets` takes encrypted values",
          remedy: `put it into secrets.<name> and let services refer to it; else set it plainly: ${setCommand([name], "<value>", "--plaintext ")}`,
        });
        continue;
      }
      const value = valueOf(name, text, hidden.has(name), faults);
      if (value !== undefined) values.push([name, value]);
    } else if (providerNamespaces.some((known) => known === namespace)) {
      faults.push(...misspelled(namespace, name));
      providers.push([key, text]);
    } else {
      faults.push(foreign(key, namespace, input.project));
    }
  }
  return { values: Object.fromEntries(values), hidden, providers: Object.fromEntries(providers), faults };
}

/** The region decides where everything is made: a key beside it must not be overlooked. */
function misspelled(namespace: string, name: string): Fault[] {
  const right = Object.values(regionKeys).find((key) => key.startsWith(`${namespace}:`));
  if (right === undefined || `${namespace}:${name}` === right) return [];
  if (nearest(name, ["region", "location"]) === undefined) return [];
  return [
    {
      path: cut(`${namespace}:${name}`),
      problem: `unknown key; the region is read from ${right}`,
      remedy: `did you mean "${right}"? pulumi config set ${right} <region>`,
    },
  ];
}

function foreign(key: string, namespace: string, project: string): Fault {
  if (namespace === "") return { path: cut(key), problem: "has no namespace", remedy: `write it as ${project}:${cut(key)}` };
  const near = nearest(namespace, [project, ...providerNamespaces]);
  return {
    path: cut(key),
    problem: `nothing reads the namespace "${cut(namespace)}": settings are under ${project}:, providers' keys under ${providerNamespaces.map((known) => `${known}:`).join(", ")}`,
    remedy:
      near === undefined ? `remove it: pulumi config rm '${cut(key)}'` : `did you mean "${near}:${cut(key.slice(namespace.length + 1))}"?`,
  };
}

function valueOf(name: string, text: string, secret: boolean, faults: Fault[]): unknown {
  const expected = Object.hasOwn(schema.shape, name) ? unwrapped(schema.shape[name as keyof typeof schema.shape]) : undefined;
  if (forbiddenNames.has(name)) {
    faults.push(forbidden([name]));
    return undefined;
  }
  if (expected === undefined) return text;
  if (expected instanceof z.ZodBoolean) return text === "true" ? true : text === "false" ? false : text;
  if (expected instanceof z.ZodNumber) return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
  if (!(expected instanceof z.ZodObject || expected instanceof z.ZodRecord || expected instanceof z.ZodArray)) return text;
  if (secret && text === opaqueSecret) {
    faults.push({
      path: name,
      problem: "is encrypted as a whole, so the plan can't know its names",
      remedy: `encrypt each value by itself: ${setCommand([name, "<name>"], "", "--secret ")}`,
    });
    return undefined;
  }
  try {
    return adapted(expected, cleaned(JSON.parse(text), [name], faults));
  } catch (error) {
    const problem = error instanceof SyntaxError ? "neither a map, nor a list, nor JSON of one" : "can't be read";
    const form = expected instanceof z.ZodArray ? setCommand([name, 0], "<value>") : setCommand([name, "<key>"], "<value>");
    faults.push({ path: name, ...(secret ? {} : { given: cut(text) }), problem, remedy: `set its entries one by one: ${form}` });
    return undefined;
  }
}

/** A copy without names that would reach into JavaScript's own objects, and without what is too deep to be a setting. */
function cleaned(value: unknown, path: Path, faults: Fault[]): unknown {
  if (path.length > maxDepth) {
    faults.push({
      path: pathText(path.slice(0, 4)),
      problem: `nested deeper than ${maxDepth} levels`,
      remedy: "no setting is: look for a bracket too many",
    });
    return undefined;
  }
  if (Array.isArray(value)) return value.map((inner, index) => cleaned(inner, [...path, index], faults));
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).filter(([key]) => {
    if (forbiddenNames.has(key)) faults.push(forbidden([...path, key]));
    return !forbiddenNames.has(key);
  });
  return Object.fromEntries(entries.map(([key, inner]) => [key, cleaned(inner, [...path, key], faults)]));
}

function forbidden(path: Path): Fault {
  return {
    path: pathText(path),
    given: String(path.at(-1)),
    problem: "a name of JavaScript's own, which can't be used",
    remedy: "choose another name",
  };
}

/**
 * What YAML and `pulumi config set --path` do to values, undone: the latter recognizes whole numbers and booleans, but leaves fractions as
 * text; both make a number of a PostgreSQL version or an environment variable.
 */
function adapted(expected: z.ZodType | undefined, value: unknown): unknown {
  if (expected instanceof z.ZodObject && isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        adapted(unwrapped(Object.hasOwn(expected.shape, key) ? expected.shape[key] : undefined), inner),
      ]),
    );
  }
  if (expected instanceof z.ZodRecord && isRecord(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, adapted(unwrapped(expected.valueType), inner)]));
  }
  if (expected instanceof z.ZodArray && Array.isArray(value)) return value.map((inner) => adapted(unwrapped(expected.element), inner));
  if (expected instanceof z.ZodNumber && typeof value === "string" && /^\d{1,6}\.\d{1,6}$/.test(value)) return Number(value);
  if (expected?.meta()?.scalars === true && (typeof value === "number" || typeof value === "boolean")) return String(value);
  return value;
}
