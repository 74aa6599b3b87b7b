// The simulated cloud's memory: one file per resource in a folder, so that it outlives a provider's process as a real cloud does.
// It also counts the calls, and fails those that a rehearsal asks for.
import { createHash } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { failureOf, type Faults, noFaults } from "./faults";

export type Values = Record<string, unknown>;

export interface Stored {
  readonly type: string;
  readonly id: string;
  readonly urn: string;
  /** Empty where the provider has none. */
  readonly region: string;
  /** Being made until then, in milliseconds; absent where creations take no time. */
  readonly until?: number;
  /** What the made-up parts of its outputs derive from. */
  readonly seed: string;
  readonly inputs: Values;
  readonly outputs: Values;
}

export interface Call {
  readonly number: number;
  readonly at: string;
  readonly kind: "create" | "update" | "delete";
  readonly type: string;
  readonly name: string;
  /** On request. */
  readonly failed: boolean;
  /** The cloud's own refusal. */
  readonly refused?: true;
  /** When the cloud had done it; absent until then, and where it did not. */
  readonly end?: string;
}

export class Store {
  private readonly seen = new Map<string, { readonly mtimeMs: number; readonly ino: number; readonly value: unknown }>();

  constructor(
    private readonly directory: string,
    private readonly faults: Faults = noFaults,
  ) {
    for (const part of ["resources", "calls", "deleted", "notes"]) mkdirSync(join(directory, part), { recursive: true });
  }

  all(): Stored[] {
    return this.list<Stored>("resources");
  }

  find(type: string, id: string): Stored | undefined {
    return this.readFile(this.path(type, id)) as Stored | undefined;
  }

  /** Throws if it exists: two providers' processes may share the folder. */
  add(resource: Stored): void {
    createFile(this.path(resource.type, resource.id), resource);
  }

  put(resource: Stored): void {
    const path = this.path(resource.type, resource.id);
    writeFileSync(`${path}.new`, JSON.stringify(resource));
    renameSync(`${path}.new`, path);
  }

  remove(type: string, id: string): void {
    rmSync(this.path(type, id), { force: true });
  }

  /** A name that stays taken after its resource is deleted. */
  bury(type: string, name: string): void {
    writeFileSync(join(this.directory, "deleted", `${digest(`${type} ${name}`)}.json`), JSON.stringify({ type, name }));
  }

  isBuried(type: string, name: string): boolean {
    return existsSync(join(this.directory, "deleted", `${digest(`${type} ${name}`)}.json`));
  }

  buried(): { readonly type: string; readonly name: string }[] {
    return this.list("deleted");
  }

  /** In order. */
  calls(): Call[] {
    return this.list<Call>("calls");
  }

  /** Notes a changing call and returns its number; throws when it is one that shall fail. Nothing has been changed then. */
  begin(kind: Call["kind"], type: string, name: string): number {
    for (let number = readdirSync(join(this.directory, "calls")).filter((file) => file.endsWith(".json")).length + 1; ; number++) {
      const failure = failureOf(this.faults, { number, kind, type, name }, () => this.calls());
      const call: Call = { number, at: new Date().toISOString(), kind, type, name, failed: failure !== undefined };
      try {
        createFile(this.callPath(number), call);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") continue;
        throw error;
      }
      if (failure !== undefined) throw new Error(failure);
      return number;
    }
  }

  /** A call has ended: what it changed is there, or the cloud has refused it. */
  end(number: number, how: "done" | "refused"): void {
    const path = this.callPath(number);
    const call = this.readFile(path) as Call;
    writeFileSync(`${path}.new`, JSON.stringify({ ...call, ...(how === "done" ? { end: new Date().toISOString() } : { refused: true }) }));
    renameSync(`${path}.new`, path);
  }

  /** A note beside the cloud, for whoever rehearses. */
  note(name: string, value: unknown): void {
    createFile(join(this.directory, "notes", `${name}.json`), value);
  }

  notes(): string[] {
    return readdirSync(join(this.directory, "notes"))
      .filter((file) => file.endsWith(".json"))
      .map((file) => file.slice(0, -".json".length));
  }

  noted(name: string): unknown {
    return this.readFile(join(this.directory, "notes", `${name}.json`));
  }

  private callPath(number: number): string {
    return join(this.directory, "calls", `${String(number).padStart(6, "0")}.json`);
  }

  private list<T>(part: string): T[] {
    const directory = join(this.directory, part);
    const files = readdirSync(directory).filter((file) => file.endsWith(".json"));
    return files.sort().flatMap((file) => {
      const value = this.readFile(join(directory, file));
      return value === undefined ? [] : [value as T];
    });
  }

  /** Undefined when another process has removed it in the meantime. Files are replaced as a whole, so their times tell of a change. */
  private readFile(path: string): unknown {
    try {
      const { mtimeMs, ino } = statSync(path);
      const before = this.seen.get(path);
      if (before?.mtimeMs === mtimeMs && before.ino === ino) return before.value;
      const value = JSON.parse(readFileSync(path, "utf8")) as unknown;
      this.seen.set(path, { mtimeMs, ino, value });
      return value;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  private path(type: string, id: string): string {
    return join(this.directory, "resources", `${digest(`${type} ${id}`)}.json`);
  }
}

/** Written aside and then linked: it is there as a whole or not at all, and fails with EEXIST when it is there already. */
function createFile(path: string, value: unknown): void {
  const aside = `${path}.${process.pid}`;
  writeFileSync(aside, JSON.stringify(value));
  try {
    linkSync(aside, path);
  } finally {
    rmSync(aside);
  }
}

/** Hex digits that depend on the text only: made-up ids are the same in every run. */
export function digest(text: string, length = 24): string {
  return createHash("sha256").update(text).digest("hex").slice(0, length);
}

/** JSON with sorted keys: equal values give equal texts. */
export function stable(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
