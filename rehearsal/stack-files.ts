// Stack files for a rehearsal. What they hide was encrypted for their own backend, whose passphrase or key is not here: it is made up anew.
import { parseDocument, stringify } from "yaml";
import { isRecord } from "../settings/merge";
import { type Path, pathText } from "../settings/paths";

/** What a secret setting is in a rehearsal. */
export const madeUp = "https://rehearsal.example.org/made-up";

/** How the CLI remembers by what it encrypts. */
const marks = ["encryptionsalt", "encryptedkey", "secretsprovider"] as const;

export interface Unlocked {
  readonly text: string;
  /** Paths of the settings that were secret, as `pulumi config set --path` takes them. */
  readonly secrets: readonly string[];
}

/** A file in which nothing is encrypted stays as it is, faults and all. */
export function unlocked(text: string): Unlocked {
  const document = parseDocument(text);
  const file: unknown = document.errors.length > 0 ? undefined : document.toJS();
  if (!isRecord(file)) return { text, secrets: [] };
  const secrets = secretsIn(file.config, []);
  if (secrets.length === 0 && !marks.some((mark) => Object.hasOwn(file, mark))) return { text, secrets: [] };
  const rest = Object.fromEntries(Object.entries(file).filter(([key]) => !marks.some((mark) => mark === key)));
  return { text: written(opened(rest)), secrets: secrets.map(pathText) };
}

/** A file's text. Every text in quotes: a plain `2026-11-21` is a date to the CLI. */
export function written(file: unknown): string {
  return stringify(file, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" });
}

function isSecret(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).length === 1 && typeof value.secure === "string";
}

function secretsIn(value: unknown, path: Path): Path[] {
  if (isSecret(value)) return [path];
  if (Array.isArray(value)) return value.flatMap((inner, index) => secretsIn(inner, [...path, index]));
  return isRecord(value) ? Object.entries(value).flatMap(([key, inner]) => secretsIn(inner, [...path, key])) : [];
}

function opened(value: unknown): unknown {
  if (isSecret(value)) return madeUp;
  if (Array.isArray(value)) return value.map(opened);
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, opened(inner)])) : value;
}
