// Laying what a stack states over its defaults: objects entry by entry, lists and values whole.

/** The same shape with every entry optional, as deep as objects go. Lists are whole. */
export type Partially<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: Partially<T[K]> | undefined }
    : T;

/** A new object; entries that are undefined change nothing. Names that are own entries of neither are never read. */
export function merge<T extends object>(base: T, change: Partially<NoInfer<T>> | undefined): T {
  return merged(base, change ?? {}) as T;
}

function merged(base: unknown, change: unknown): unknown {
  if (change === undefined) return base;
  if (!isRecord(base) || !isRecord(change)) return change;
  const entries = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(change)) entries.set(key, merged(entries.get(key), value));
  return Object.fromEntries(entries);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The entries of a record by a predicate. */
export function only<T>(record: Readonly<Record<string, T>>, keep: (name: string, value: T) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name, value]) => keep(name, value)));
}
