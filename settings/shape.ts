// From zod's issues to faults a user can act on: where, what was given, what is allowed, and the command that sets it right.
import { distance } from "fastest-levenshtein";
import { z } from "zod";
import type { Fault } from "../components/fault";
import { isRecord } from "./merge";
import { at, cut, type Path, pathText, setCommand, without } from "./paths";
import { type Given, namePattern, schema } from "./schema";

/** Faults of single values, and what is left when they are taken away: further rules look at that, so that all faults show at once. */
export interface Checked {
  readonly given: Given;
  readonly faults: readonly Fault[];
  /** Where something was taken away. */
  readonly removed: readonly Path[];
}

/** Keys that the design has and this version does not; `*` stands for any name. */
const notYet: readonly string[] = ["edge.dns", "database.engine", "network.vpcId", "network.vnetId"];
const valuesNotYet: Readonly<Record<string, readonly string[]>> = {
  "services.*.kind": ["function"],
};

export function checkShape(values: Readonly<Record<string, unknown>>, hidden: ReadonlySet<string>): Checked {
  const faults: Fault[] = [];
  const removed: Path[] = [];
  let rest: unknown = values;
  // Taking away a faulty value can leave its parent without something required: then the parent goes too, and is no news.
  for (let round = 0; round < 12; round++) {
    const result = schema.safeParse(rest);
    if (result.success) return { given: result.data, faults, removed };
    for (const issue of result.error.issues) {
      if (round === 0)
        faults.push(...translated(issue, values, hidden).filter((fault) => !faults.some((known) => known.path === fault.path)));
      for (const path of pathsOf(issue)) {
        removed.push(path);
        rest = without(rest, at(rest, path) === undefined ? path.slice(0, -1) : path);
      }
    }
    rest ??= {};
  }
  return { given: {}, faults, removed: [...removed, []] };
}

type Issue = z.core.$ZodIssue;

function pathsOf(issue: Issue): Path[] {
  const path = issue.path.map(part);
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...path, key]) : [path];
}

function part(key: PropertyKey): string | number {
  return typeof key === "number" ? key : String(key);
}

function translated(issue: Issue, values: unknown, hidden: ReadonlySet<string>): Fault[] {
  const path = issue.path.map(part);
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey([...path, key]));
  const text = pathText(path);
  if (issue.code === "invalid_key") {
    const allowed = allowedBy(keySchema(schemaAt(path.slice(0, -1))));
    return [
      {
        path: text,
        given: cut(String(path.at(-1))),
        problem: `not a name that is allowed here: ${allowed}`,
        remedy: `rename it${suggestedName(String(path.at(-1)))}`,
      },
    ];
  }
  const value = at(values, path);
  const inner = schemaAt(path);
  const allowed = inner === undefined ? issue.message : `must be ${allowedBy(inner)}`;
  const right = inner instanceof z.ZodArray ? listCommand(path, unwrapped(inner.element)) : setCommand(path, example(inner));
  if (value === undefined) return [{ path: text, problem: `is missing; ${allowed}`, remedy: right }];
  const given = hidden.has(String(path[0])) ? {} : { given: shown(value) };
  if (valuesNotYet[generic(path)]?.includes(wordOf(value)) === true) {
    return [
      {
        path: text,
        ...given,
        problem: `not yet: this version has ${choicesOf(inner).join(", ")}`,
        remedy: right,
      },
    ];
  }
  if (value === null) return [{ path: text, problem: `has no value; ${allowed}`, remedy: `give it one, or remove the key: ${right}` }];
  const near = nearest(wordOf(value), choicesOf(inner));
  const remedy = near === undefined ? right : `did you mean "${near}"? ${setCommand(path, near)}`;
  return [{ path: text, ...given, problem: allowed, remedy }];
}

/** An element at a time: the CLI takes no list in one value. */
function listCommand(path: Path, element: z.ZodType | undefined): string {
  const [key] = element instanceof z.ZodObject ? Object.keys(element.shape) : [];
  if (key === undefined) return setCommand([...path, 0], example(element));
  return setCommand([...path, 0, key], example(schemaAt([...path, 0, key])));
}

/** A key that no one reads is a typing error, or belongs to a later version. */
function unknownKey(path: Path): Fault {
  const text = pathText(path);
  const key = String(path.at(-1));
  if (notYet.includes(generic(path))) {
    return {
      path: text,
      problem: "not yet: this key is planned, and this version can't do it",
      remedy: "remove it, so that nobody relies on it",
    };
  }
  const parent = schemaAt(path.slice(0, -1));
  const keys = parent instanceof z.ZodObject ? Object.keys(parent.shape) : [];
  const near = nearest(key, keys);
  return {
    path: text,
    problem: `unknown key; allowed here: ${keys.join(", ")}`,
    remedy:
      near === undefined
        ? `remove it: pulumi config rm ${path.length > 1 ? "--path " : ""}'${text}'`
        : `did you mean "${near}"? Rename it to ${pathText([...path.slice(0, -1), near])}`,
  };
}

/** The closest of some words, if it is close enough to be what was meant. */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  const lower = word.toLowerCase();
  const ranked = [...words].map((other) => ({ other, away: distance(lower, other.toLowerCase()) })).sort((a, b) => a.away - b.away);
  const [best] = ranked;
  // Three changes make anything of a word of three letters.
  return best !== undefined && best.away <= Math.min(3, Math.max(1, Math.ceil(word.length / 2))) ? best.other : undefined;
}

/** The part of the schema that a value at this path is checked by. */
export function schemaAt(path: Path): z.ZodType | undefined {
  return path.reduce<z.ZodType | undefined>((inner, key) => {
    if (inner instanceof z.ZodObject) return unwrapped(Object.hasOwn(inner.shape, key) ? inner.shape[key] : undefined);
    if (inner instanceof z.ZodRecord) return unwrapped(inner.valueType);
    if (inner instanceof z.ZodArray) return unwrapped(inner.element);
    return undefined;
  }, schema);
}

export function unwrapped(inner: unknown): z.ZodType | undefined {
  if (inner instanceof z.ZodOptional) return unwrapped(inner.unwrap());
  return inner instanceof z.ZodType ? inner : undefined;
}

/** What is allowed, in words; used by messages and by the generated reference alike. */
export function allowedBy(inner: z.ZodType | undefined): string {
  const words = inner?.meta()?.allowed;
  if (words !== undefined) return words;
  const choices = choicesOf(inner);
  if (choices.length > 0) return choices.length === 1 ? `${choices[0]}` : `one of ${choices.join(", ")}`;
  if (inner instanceof z.ZodNumber) {
    if (!inner.isInt) return inner.minValue === 0 ? "a number above 0" : "a number";
    return `a whole number from ${inner.minValue} to ${inner.maxValue}`;
  }
  if (inner instanceof z.ZodBoolean) return "true or false";
  if (inner instanceof z.ZodArray) return `a list; each entry ${allowedBy(unwrapped(inner.element))}${bounds(inner)}`;
  if (inner instanceof z.ZodRecord) return "a map of names to values";
  if (inner instanceof z.ZodObject) return `a map with ${Object.keys(inner.shape).join(", ")}`;
  if (inner instanceof z.ZodEmail) return "an e-mail address";
  if (inner instanceof z.ZodString && inner.maxLength !== null) return `a text of at most ${inner.maxLength} characters`;
  return "a text";
}

function bounds(list: z.ZodArray): string {
  const checks = list.def.checks ?? [];
  const limits = checks.flatMap(({ _zod: { def } }) => {
    if (def.check === "max_length" && "maximum" in def) return [`at most ${String(def.maximum)}`];
    if (def.check === "min_length" && "minimum" in def) return [`at least ${String(def.minimum)}`];
    return [];
  });
  return limits.length === 0 ? "" : `; ${limits.join(", ")}`;
}

function choicesOf(inner: z.ZodType | undefined): string[] {
  if (inner instanceof z.ZodEnum) return inner.options.map(String);
  if (inner instanceof z.ZodLiteral) return [...inner.values].map(String);
  return [];
}

function keySchema(record: z.ZodType | undefined): z.ZodType | undefined {
  return record instanceof z.ZodRecord ? unwrapped(record.keyType) : undefined;
}

function example(inner: z.ZodType | undefined): string {
  const [choice] = choicesOf(inner);
  if (choice !== undefined) return choice;
  if (inner instanceof z.ZodBoolean) return "true";
  if (inner instanceof z.ZodNumber && inner.isInt) return String(inner.minValue);
  return "<value>";
}

function suggestedName(name: string): string {
  const clean = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "")
    .slice(0, 20)
    .replace(/-+$/, "");
  return namePattern.test(clean) ? `, for example to "${clean}"` : "";
}

/** The path with names of maps left out: `services.*.kind`. */
export function generic(path: Path): string {
  return path.map((key, index) => (index > 0 && schemaAt(path.slice(0, index)) instanceof z.ZodRecord ? "*" : key)).join(".");
}

/** What may have been meant by a value; a map could hold a `toString` of its own. */
function wordOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** A value short enough for a message. */
export function shown(value: unknown): unknown {
  if (typeof value === "string") return cut(value);
  if (isRecord(value)) return cut(`a map with ${Object.keys(value).join(", ") || "nothing"}`);
  return Array.isArray(value) ? `a list of ${value.length}` : value;
}
