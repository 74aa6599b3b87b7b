// What a deployment shows while it runs: one line for each resource that changes, with its time, and a sign of life when nothing ends.
import type { EngineEvent, OpType } from "@pulumi/pulumi/automation";

/** Steps that change something, in words: under way, and done. */
const changing: Readonly<Partial<Record<OpType, readonly [string, string]>>> = {
  create: ["creating", "created"],
  update: ["updating", "updated"],
  delete: ["deleting", "deleted"],
  replace: ["replacing", "replaced"],
  "create-replacement": ["creating anew", "created anew"],
  "delete-replaced": ["deleting the old", "deleted the old"],
};

export interface Clock {
  readonly now: () => number;
}

/** An error that the engine or a provider reported. */
export interface Reported {
  readonly urn: string | undefined;
  readonly message: string;
}

export class Progress {
  readonly errors: Reported[] = [];
  readonly events: EngineEvent[] = [];
  /** Names of mandatory policies that are violated. */
  readonly violations: string[] = [];
  /** By kind of step: what the engine counted. */
  changes: Readonly<Record<string, number>> = {};
  private lastLine: number;
  private readonly running = new Map<
    string,
    { readonly under: string; readonly type: string; readonly name: string; readonly since: number }
  >();

  constructor(
    private readonly say: (line: string) => void,
    private readonly clock: Clock,
    /** Whether steps are shown: not in a preview, whose digest follows. */
    private readonly shown: boolean,
    /** When the run began, of which this may be a part. */
    private readonly began: number = clock.now(),
  ) {
    this.lastLine = clock.now();
  }

  /** Whether the engine was asked to change anything, and not only to look. */
  get changing(): boolean {
    return this.shown;
  }

  readonly onEvent = (event: EngineEvent): void => {
    this.events.push(event);
    const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent, policyEvent, summaryEvent } = event;
    if (resourcePreEvent !== undefined) this.start(resourcePreEvent.metadata);
    if (resOutputsEvent !== undefined)
      this.end(resOutputsEvent.metadata, changing[resOutputsEvent.metadata.op]?.[1] ?? resOutputsEvent.metadata.op);
    if (resOpFailedEvent !== undefined) this.end(resOpFailedEvent.metadata, "FAILED");
    if (summaryEvent !== undefined) this.changes = summaryEvent.resourceChanges as Record<string, number>;
    if (policyEvent?.enforcementLevel === "mandatory") this.violations.push(`${policyEvent.policyName}: ${plain(policyEvent.message)}`);
    if (diagnosticEvent === undefined || diagnosticEvent.ephemeral === true) return;
    const message = plain(diagnosticEvent.message);
    // The engine closes with "update failed", which says nothing.
    if (diagnosticEvent.severity === "error" && !/^(update|preview|destroy) failed$/.test(message)) {
      this.errors.push({ urn: diagnosticEvent.urn, message });
      this.line(`error: ${message}`);
    } else if (diagnosticEvent.severity === "warning") {
      this.line(`warning: ${message}`);
    }
  };

  /** A line when nothing was said for `seconds`: CI takes silence for a hang. `what` is waited for besides the engine. */
  heartbeat(seconds: number, what?: string): void {
    if (this.clock.now() - this.lastLine < seconds * 1000) return;
    const waiting = what !== undefined ? [what] : [...this.running.values()].map(({ name, since }) => `${name} (${this.since(since)} s)`);
    this.line(waiting.length === 0 ? "still at it" : `still waiting for ${listed(waiting)}`);
  }

  /** What is under way, the longest first: for a terminal, where it is drawn over. `what` is waited for besides the engine. */
  rows(what?: string): readonly string[] {
    const waiting = what === undefined ? [] : [`  waiting for ${what}`];
    const steps = [...this.running.values()].map(({ under, name, type, since }) => `  ${under} ${name} (${type}) ${this.since(since)} s`);
    return [...waiting, ...steps];
  }

  line(text: string): void {
    this.lastLine = this.clock.now();
    this.say(`[${String(this.since(this.began)).padStart(4)} s] ${text}`);
  }

  private start({ op, urn, type }: { op: OpType; urn: string; type: string }): void {
    const [under] = changing[op] ?? [];
    if (!this.shown || under === undefined || isLogical(type)) return;
    this.running.set(`${op} ${urn}`, { under, type, name: nameOf(urn), since: this.clock.now() });
  }

  private end({ op, urn, type }: { op: OpType; urn: string; type: string }, how: string): void {
    const started = this.running.get(`${op} ${urn}`);
    this.running.delete(`${op} ${urn}`);
    if (!this.shown || changing[op] === undefined || isLogical(type)) return;
    const seconds = started === undefined ? 0 : this.since(started.since);
    this.line(`${how} ${nameOf(urn)} (${type})${seconds > 0 ? ` in ${seconds} s` : ""}`);
  }

  private since(time: number): number {
    return Math.round((this.clock.now() - time) / 1000);
  }
}

function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? urn;
}

/** Components and the stack itself: nothing is made for them. */
export function isLogical(type: string): boolean {
  return type.startsWith("platform:") || type === "pulumi:pulumi:Stack" || type.startsWith("pulumi:providers:");
}

function listed(texts: readonly string[]): string {
  const [most, more] = [texts.slice(0, 4), texts.length - 4];
  return `${most.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** Without the engine's marks of colours. */
function plain(text: string): string {
  return text.replace(/<\{%[^%]*%\}>/g, "").trim();
}
