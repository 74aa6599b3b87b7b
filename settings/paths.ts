// Paths as `pulumi config set --path` writes them: `services.api.scale.max`, `secrets["stripe-key"]`, `network.allowedCidrs[0]`.
import { refuse } from "../components/fault";
import { isRecord } from "./merge";

export type Path = readonly (string | number)[];

/** Names that would reach into JavaScript's own objects. */
export const forbiddenNames: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** Much more than a message can use; hostile names are shown cut. */
const shownLength = 60;

export function pathText(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === "number") return `[${part}]`;
      const name = cut(part);
      if (/^([A-Za-z_][A-Za-z0-9_:-]*|<[a-z]+>)$/.test(name)) return index === 0 ? name : `.${name}`;
      return `[${JSON.stringify(name)}]`;
    })
    .join("");
}

/** A text short enough for a message. */
export function cut(text: string): string {
  return text.length <= shownLength ? text : `${[...text].slice(0, shownLength).join("")}…`;
}

/** The command that sets a path; what contains brackets or quotes is quoted for the shell. */
export function setCommand(path: Path, value: string, flags = ""): string {
  const text = pathText(path);
  const shown = /^[A-Za-z0-9_.:-]+$/.test(text) ? text : `'${text}'`;
  return `pulumi config set ${flags}${path.length > 1 ? "--path " : ""}${shown}${value === "" ? "" : ` ${value}`}`;
}

/** The value at a path, own entries only. */
export function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, part) => {
    if (Array.isArray(inner)) return typeof part === "number" ? (inner as readonly unknown[])[part] : undefined;
    return isRecord(inner) && Object.hasOwn(inner, part) ? inner[part] : undefined;
  }, value);
}

/** A copy without what is at the path. An element of a list takes the whole list along: the others would change places. */
export function without(value: unknown, path: Path): unknown {
  const [part, ...rest] = path;
  if (part === undefined) return undefined;
  if (!isRecord(value)) return undefined;
  const entries = Object.entries(value).map(([key, inner]) =>
    key === String(part) ? ([key, without(inner, rest)] as const) : ([key, inner] as const),
  );
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
}

/**
 * The config with one value set, as `pulumi config set --path <change>` does it: a whole key keeps the text, inside a key whole numbers,
 * `true` and `false` are recognized. Keys without a namespace get the project's.
 */
export function applySet(config: Readonly<Record<string, string>>, change: string, project: string): Record<string, string> {
  const { path, end } = parsePath(change);
  const [first, ...inside] = path;
  if (typeof first !== "string" || first === "" || change[end] !== "=") {
    return refused(change, "not of the form path=value", 'write it as database.size=medium, or services["my-api"].port=8080');
  }
  const hostile = path.find((part) => typeof part === "string" && forbiddenNames.has(part));
  if (hostile !== undefined) return refused(change, `"${hostile}" can't be a name`, "choose another name");
  const text = change.slice(end + 1);
  const key = first.includes(":") ? cleanKey(first) : `${project}:${first}`;
  const value = inside.length === 0 ? text : JSON.stringify(placed(parsed(config[key], change), inside, inferred(text), change));
  return { ...config, [key]: value };
}

/** Older versions of Pulumi write `project:config:key`. */
export function cleanKey(key: string): string {
  return key.replace(/^([^:]+):config:/, "$1:");
}

function parsePath(text: string): { readonly path: Path; readonly end: number } {
  const path: (string | number)[] = [];
  let index = 0;
  while (index < text.length && text[index] !== "=") {
    const rest = text.slice(index);
    const found =
      /^\[(\d{1,6})\]/.exec(rest) ??
      /^\["((?:[^"\\]|\\.)*)"\]/.exec(rest) ??
      (path.length === 0 ? /^([^.[\]="]+)/ : /^\.([^.[\]="]+)/).exec(rest);
    const part = found?.[1];
    if (found === null || part === undefined) return { path: [], end: index };
    path.push(/^\[\d/.test(found[0]) ? Number(part) : part.replace(/\\(.)/g, "$1"));
    index += found[0].length;
  }
  return { path, end: index };
}

function parsed(value: string | undefined, change: string): unknown {
  if (value === undefined) return undefined;
  try {
    const result: unknown = JSON.parse(value);
    if (typeof result === "object" && result !== null) return result;
  } catch {
    // Not JSON: a plain text, which has no inside.
  }
  return refused(change, "the key holds a plain value, there is nothing inside it to set", "set the whole key");
}

function placed(into: unknown, path: Path, value: unknown, change: string): unknown {
  const [part, ...rest] = path;
  if (part === undefined) return value;
  if (typeof part === "number") {
    const list: readonly unknown[] =
      into === undefined
        ? []
        : Array.isArray(into)
          ? into
          : refused(change, `[${part}] of something that is not a list`, "name an entry instead");
    if (part > list.length)
      return refused(change, `[${part}] is beyond the end of the list, which has ${list.length}`, `use [${list.length}] to append`);
    return [...list.slice(0, part), placed(list[part], rest, value, change), ...list.slice(part + 1)];
  }
  if (into !== undefined && !isRecord(into))
    return refused(change, `"${cut(part)}" of something that is not a map`, "use an index such as [0] for a list, or set the whole entry");
  return { ...into, [part]: placed(at(into, [part]), rest, value, change) };
}

function inferred(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  // A leading zero stays text: "0123" may be an account number.
  return /^([+-]?[1-9]\d{0,14}|0)$/.test(text) ? Number(text) : text;
}

function refused(change: string, problem: string, remedy: string): never {
  // The value after `=` may be a secret: only the path is shown.
  refuse([{ path: `--config ${cut(change.split("=")[0] ?? "")}`, problem, remedy }]);
  throw new Error("unreachable");
}
