// Reads Pulumi.<stack>.yaml for the offline plan as the Pulumi CLI does, and refuses what one YAML reader takes for text and another
// for a truth value, a number or a date.
import { type Document, isAlias, isCollection, isMap, isPair, isScalar, parseDocument, Scalar, visit, type YAMLMap } from "yaml";
import { type Fault, refuse } from "../components/fault";
import { isRecord } from "./merge";
import { cleanKey, cut } from "./paths";
import { opaqueSecret } from "./raw";
import { nearest } from "./shape";

export interface StackFile {
  /** As Pulumi gives it to a program: `namespace:key` -> text or JSON. Encrypted values are opaque. */
  readonly config: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
}

/** What the Pulumi CLI keeps in a stack file. */
export const topLevelKeys = ["config", "environment", "secretsprovider", "encryptedkey", "encryptionsalt"] as const;

/** Words and numbers that YAML 1.1 and 1.2 read differently. */
const ambiguous: readonly (readonly [RegExp, string])[] = [
  [/^(y|n|yes|no|on|off)$/i, "a truth value to YAML 1.1, a text to YAML 1.2"],
  [/^[-+]?0[0-9_]+$/, "an octal number to some readers"],
  [/^[-+]?0[xob][0-9a-f_]+$/i, "a number in another base to some readers"],
  [/^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/, "a number in base 60 to YAML 1.1"],
  [/^[-+]?[0-9]+(_[0-9]+)+(\.[0-9_]+)?$/, "a number to some readers"],
  [/^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?$/, "a date to some readers"],
  [/^[-+]?\.(inf|nan)$/i, "no number that a setting could have"],
];

/** `text` undefined: there is no such file. Throws a ConfigError with every fault; `name` is shown as the place. */
export function readStackFile(text: string | undefined, name: string): StackFile {
  if (text === undefined) return refused(name, "there is no such file", "create it (docs/configuration.md), or name another stack");
  if (text.startsWith("\uFEFF")) return refused(name, "begins with a byte-order mark", "save it as UTF-8 without one");
  if (/[\u0000\uFFFD]/.test(text)) return refused(name, "is not text in UTF-8", "save it as UTF-8");
  const document = parseDocument(text, { merge: true, prettyErrors: false, stringKeys: false });
  const place = (offset: number | undefined): string =>
    offset === undefined ? name : `${name}:${text.slice(0, offset).split("\n").length}`;
  refuse([...document.errors, ...document.warnings].map((error) => syntax(error.code, error.message, place(error.pos[0]))));
  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null))
    return refused(name, "is empty", "begin with `config:` and the stack's environment: docs/configuration.md");
  if (!isMap(root)) return refused(name, "is not a map at its top", "begin with `config:`");
  const faults = [...topLevel(root, place), ...traps(root, place)];
  refuse(faults);
  return contents(document, root, name, place);
}

function syntax(code: string, message: string, path: string): Fault {
  if (code === "DUPLICATE_KEY")
    return { path, problem: "a key stands twice in one map: only one of them would count", remedy: "remove one of them" };
  if (code === "TAB_AS_INDENT") return { path, problem: "indented by a tab, which YAML does not allow", remedy: "indent by spaces" };
  return {
    path,
    problem: `not YAML: ${message.replace(/\s+/g, " ").slice(0, 160)}`,
    remedy: "look at that line for a missing colon, quote or bracket",
  };
}

function topLevel(root: YAMLMap, place: (offset: number | undefined) => string): Fault[] {
  return root.items.flatMap(({ key, value }): Fault[] => {
    const path = place(isScalar(key) ? key.range?.[0] : undefined);
    const name = isScalar(key) ? String(key.value) : "";
    if (!topLevelKeys.some((known) => known === name)) {
      const near = name.includes(":") ? undefined : nearest(name, topLevelKeys);
      return [
        {
          path,
          given: cut(name),
          problem: `not a key of a stack file; there are ${topLevelKeys.join(", ")}`,
          remedy: near === undefined ? "settings stand under `config:`, indented" : `did you mean "${near}"?`,
        },
      ];
    }
    if (name === "config" && !isMap(value))
      return [
        {
          path,
          problem: "`config` is not a map of keys to values",
          remedy: "write one key on each line under it, indented: `  platform:environment: dev`",
        },
      ];
    if (name !== "config" && name !== "environment" && !(isScalar(value) && typeof value.value === "string"))
      return [{ path, problem: `\`${name}\` is not a text`, remedy: "let `pulumi stack init` write it" }];
    return [];
  });
}

/** Unquoted words under `config` that would mean one thing here and another elsewhere. */
function traps(root: YAMLMap, place: (offset: number | undefined) => string): Fault[] {
  const faults: Fault[] = [];
  const config = root.get("config", true);
  if (!isCollection(config)) return [];
  visit(config, {
    Scalar(_key, node) {
      const source = node.source ?? "";
      if (node.type !== Scalar.PLAIN) return;
      const meaning = ambiguous.find(([pattern]) => pattern.test(source))?.[1];
      if (meaning !== undefined)
        faults.push({
          path: place(node.range?.[0]),
          given: source,
          problem: `is ${meaning}`,
          remedy: `put it in quotes ("${source}") if it is a text; else write true, false or the plain number`,
        });
    },
  });
  return faults;
}

function contents(document: Document, root: YAMLMap, name: string, place: (offset: number | undefined) => string): StackFile {
  const config: [string, string][] = [];
  const secretKeys: string[] = [];
  const faults: Fault[] = [];
  const map = root.get("config", true);
  for (const pair of isMap(map) ? map.items : []) {
    if (!isPair(pair) || !isScalar(pair.key)) {
      faults.push({ path: name, problem: "a key under `config` is not a text", remedy: "write it as platform:<key>" });
      continue;
    }
    const key = cleanKey(String(pair.key.value));
    const path = place(pair.key.range?.[0]);
    if (config.some(([other]) => other === key))
      faults.push({
        path,
        given: cut(key),
        problem: "a key stands twice in one map: only one of them would count",
        remedy: "remove one of them",
      });
    const node = isAlias(pair.value) ? pair.value.resolve(document) : pair.value;
    if (node === null || node === undefined || (isScalar(node) && node.value === null)) {
      faults.push({ path, given: cut(key), problem: "has no value", remedy: "give it one, or remove the key" });
    } else if (isScalar(node)) {
      // Pulumi keeps the text of a plain value as it stands.
      config.push([key, node.source ?? String(node.value)]);
    } else {
      const secrets = { found: false };
      try {
        const value = opened(isCollection(node) ? node.toJS(document, { maxAliasCount: 100 }) : undefined, secrets);
        config.push([key, value === opaqueSecret ? opaqueSecret : JSON.stringify(value)]);
        if (secrets.found) secretKeys.push(key);
      } catch {
        faults.push({
          path,
          given: cut(key),
          problem: "can't be expanded: too many aliases, or nested too deep",
          remedy: "write the values out",
        });
      }
    }
  }
  refuse(faults);
  return { config: Object.fromEntries(config), secretKeys };
}

/** Encrypted values become opaque: without the stack's key nobody can read them, and a plan does not need to. */
function opened(value: unknown, secrets: { found: boolean }): unknown {
  if (Array.isArray(value)) return value.map((inner) => opened(inner, secrets));
  if (!isRecord(value)) return value;
  const entries = Object.entries(value);
  if (entries.length === 1 && typeof value.secure === "string") {
    secrets.found = true;
    return opaqueSecret;
  }
  return Object.fromEntries(entries.map(([key, inner]) => [key, opened(inner, secrets)]));
}

function refused(path: string, problem: string, remedy: string): never {
  refuse([{ path, problem, remedy }]);
  throw new Error("unreachable");
}
