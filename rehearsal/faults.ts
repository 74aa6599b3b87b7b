// Faults on request, the same in every rehearsal: which call fails and with which words, which takes longer, and which never ends. They
// reach the simulated providers by their environment.
import type { Call } from "./store";

export interface Faults {
  /** The nth call of all fails, once. */
  readonly call?: number | undefined;
  /** `create aws:sqs/queue:Queue#3`: the third creation of that type fails, once. */
  readonly matches: readonly string[];
  /** The first call of each kind to each resource fails. */
  readonly first: boolean;
  /** By type: so many calls are turned away as too many. */
  readonly throttled: ReadonlyMap<string, number>;
  /** By type: so many times as long as usual. */
  readonly slowed: ReadonlyMap<string, number>;
  /** The nth call is not answered, unless a note `released-<n>` says so: the moment in which an update is killed, or met by another. */
  readonly hang?: number | undefined;
  /** Calls before these faults were asked for: they don't count. */
  readonly since: number;
}

export const noFaults: Faults = { matches: [], first: false, throttled: new Map(), slowed: new Map(), since: 0 };

/** What a person asks for on the command line, before any of it is looked at. */
export interface Wanted {
  readonly fail?: readonly string[];
  readonly throttle?: readonly string[];
  readonly slow?: readonly string[];
  readonly kill?: number | undefined;
}

/** The environment of the providers for what is wanted. */
export function environmentOf({ fail = [], throttle = [], slow = [], kill }: Wanted, since: number): Record<string, string> {
  return {
    SIM_FAIL: fail.join("\n"),
    SIM_THROTTLE: throttle.join("\n"),
    SIM_SLOW: slow.join("\n"),
    SIM_HANG: kill === undefined ? "" : String(kill),
    SIM_SINCE: String(since),
  };
}

/** The words on the command line of what has met no change; undefined: nothing was asked for. */
export function unmetBy(
  { fail = [], throttle = [], slow = [], kill, lock }: Wanted & { readonly lock?: number | undefined },
  calls: readonly Pick<Call, "kind" | "type" | "failed">[],
  { killed, locked }: { readonly killed: boolean; readonly locked: boolean },
): string[] | undefined {
  if (fail.length + throttle.length + slow.length === 0 && kill === undefined && lock === undefined) return undefined;
  const metCall = (words: string): boolean => {
    const [, kind, type, number = "1"] = /^(\S+) ([^#]+)(?:#(\d+))?$/.exec(words) ?? [];
    return calls.filter((call) => call.kind === kind && call.type === type)[Number(number) - 1]?.failed === true;
  };
  const metType = (words: string): boolean => calls.some(({ type }) => type === words.split("=")[0]);
  return [
    ...fail.filter((words) => !metCall(words)).map((words) => `--fail "${words}"`),
    ...throttle.filter((words) => !metType(words)).map((words) => `--throttle ${words}`),
    ...slow.filter((words) => !metType(words)).map((words) => `--slow ${words}`),
    ...(kill === undefined || killed ? [] : [`--kill ${kill}`]),
    ...(lock === undefined || locked ? [] : [`--lock ${lock}`]),
  ];
}

export function faultsOf(env: Readonly<Record<string, string | undefined>>): Faults {
  return {
    call: Number(env.SIM_FAIL_CALL) || undefined,
    matches: linesOf(env.SIM_FAIL).map((line) => (line.includes("#") ? line : `${line}#1`)),
    first: env.SIM_FAIL_FIRST === "1",
    throttled: numbered(env.SIM_THROTTLE, 1),
    slowed: numbered(env.SIM_SLOW, 5),
    hang: Number(env.SIM_HANG) || undefined,
    since: Number(env.SIM_SINCE) || 0,
  };
}

/** The words of the cloud (or of the rehearsal) with which this call fails; undefined: it doesn't. */
export function failureOf(
  faults: Faults,
  { number, kind, type, name }: Pick<Call, "number" | "kind" | "type" | "name">,
  earlier: () => readonly Call[],
): string | undefined {
  const { call, matches, first, throttled, since } = faults;
  const fault = `simulated fault at call ${number}: ${kind} ${type} "${name}"`;
  if (number === call) return fault;
  const times = throttled.get(type) ?? 0;
  const ofType = matches.length === 0 && !first && times === 0 ? [] : earlier().filter((each) => each.type === type && each.number > since);
  if (ofType.filter(({ failed }) => failed).length < times) return throttling(type);
  const alike = ofType.filter((each) => each.kind === kind);
  const isFirst = first && alike.every((each) => each.name !== name);
  return isFirst || matches.includes(`${kind} ${type}#${alike.length + 1}`) ? fault : undefined;
}

function throttling(type: string): string {
  return type.startsWith("aws:")
    ? "operation error: https response error StatusCode: 400, api error ThrottlingException: Rate exceeded"
    : 'Code="TooManyRequests" Message="The request is being throttled as the limit has been reached for the operation type" (429)';
}

/** `<type>=<number>` by line. */
function numbered(text: string | undefined, usual: number): Map<string, number> {
  return new Map(
    linesOf(text).map((line) => {
      const [type = "", number] = line.split("=");
      return [type, Number(number ?? usual)] as const;
    }),
  );
}

function linesOf(text: string | undefined): string[] {
  return (text ?? "").split("\n").filter((line) => line !== "");
}
