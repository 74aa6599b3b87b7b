// Faults of a configuration: found before anything is registered, collected, and shown all at once.
import { RunError } from "@pulumi/pulumi";

export interface Fault {
  /** Where it stands, as in `pulumi config set --path`: `database.storageGb`. */
  readonly path: string;
  /** The value given, if there was one that may be shown. */
  readonly given?: unknown;
  /** What is wrong and what is allowed. */
  readonly problem: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** What a user has to change. As a RunError Pulumi shows its message alone, without a stack trace. */
export class Refusal extends RunError {
  constructor(message: string) {
    super(message);
    // Pulumi's language host inspects the error with colours. Its own frames read `node_modules/@pulumi/resource.ts` by its source maps,
    // and Node's search for the end of a scoped package's name never ends there: the message would come 20 s later.
    const lines = (this.stack ?? message).split("\n");
    this.stack = lines.filter((line) => !line.includes("node_modules")).join("\n");
  }
}

/** The one error of a bad configuration. Its message lists every fault. */
export class ConfigError extends Refusal {
  constructor(readonly faults: readonly Fault[]) {
    super(describe(faults));
  }
}

/** Throws one error with all faults, if there are any. Component constructors call it for those who use a component directly. */
export function refuse(faults: readonly Fault[]): void {
  if (faults.length > 0) throw new ConfigError(faults);
}

/** The same faults, seen from further up: `storageGb` of the component under `database` is `database.storageGb`. */
export function under(prefix: string, faults: readonly Fault[]): Fault[] {
  return faults.map((fault) => ({ ...fault, path: fault.path === "" ? prefix : `${prefix}.${fault.path}` }));
}

function describe(faults: readonly Fault[]): string {
  const head = faults.length === 1 ? "1 fault in the configuration:" : `${faults.length} faults in the configuration:`;
  return [head, ...faults.map(line)].join("\n");
}

function line(fault: Fault): string {
  const given = fault.given === undefined ? "" : ` (given: ${JSON.stringify(fault.given) ?? String(fault.given)})`;
  return `  ${fault.path}: ${fault.problem}${given}\n    ${fault.remedy}`;
}
