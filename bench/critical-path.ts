// How long a deployment of a whole stack takes, beside how long it would take if it only waited where it must.
import type { Recorded } from "../plan/record";
import { type Edge, edgesOf, end, longestPath, schedule, type Schedule, type Step } from "./graph";
import { reasonFor } from "./unavoidable";

/** At most this many times the unavoidable chain. */
export const limit = 1.15;

export interface CriticalPath {
  readonly seconds: number;
  readonly unavoidableSeconds: number;
  readonly ratio: number;
  readonly path: readonly Step[];
  readonly unavoidablePath: readonly Step[];
  /** Avoidable waits that made something begin later than it had to, the longest delay first. */
  readonly delays: readonly Delay[];
}

export interface Delay {
  readonly edge: Edge;
  readonly seconds: number;
}

export function criticalPath(resources: readonly Recorded[]): CriticalPath {
  const edges = edgesOf(resources);
  const all = schedule(resources, edges);
  const least = schedule(
    resources,
    edges.filter((edge) => reasonFor(edge) !== undefined),
  );
  const path = longestPath(all);
  const unavoidablePath = longestPath(least);
  const [seconds, unavoidableSeconds] = [lengthOf(path), lengthOf(unavoidablePath)];
  return {
    seconds,
    unavoidableSeconds,
    ratio: unavoidableSeconds === 0 ? 1 : seconds / unavoidableSeconds,
    path,
    unavoidablePath,
    delays: delaysOf(edges, all),
  };
}

export function describe(cloud: string, result: CriticalPath): string[] {
  const { seconds, unavoidableSeconds, path, unavoidablePath, delays } = result;
  return [
    `critical path on ${cloud}: ${seconds} s, unavoidable ${unavoidableSeconds} s`,
    ...path.map(
      (step) =>
        `  ${line(step)}${step.waitedFor === undefined ? "" : `  <- ${reasonFor({ before: step.waitedFor, after: step.resource }) ?? "AVOIDABLE"}`}`,
    ),
    `unavoidable chain on ${cloud}`,
    ...unavoidablePath.map((step) => `  ${line(step)}`),
    `avoidable waits on ${cloud} that delay something by 10 s or more`,
    ...worstOf(delays)
      .filter((delay) => delay.seconds >= 10)
      .map(({ edge, seconds }) => `  +${seconds} s  ${short(edge.after)} waits for ${short(edge.before)}`),
  ];
}

/** An avoidable wait delays by what is between its end and the end of everything else that the same thing waits for. */
function delaysOf(edges: readonly Edge[], all: Schedule): Delay[] {
  const endOf = (resource: Recorded): number => {
    const step = all.get(resource.urn);
    return step === undefined ? 0 : end(step);
  };
  const must = new Map<string, number>();
  for (const edge of edges) {
    if (reasonFor(edge) !== undefined) must.set(edge.after.urn, Math.max(must.get(edge.after.urn) ?? 0, endOf(edge.before)));
  }
  return edges
    .filter((edge) => reasonFor(edge) === undefined)
    .map((edge) => ({ edge, seconds: endOf(edge.before) - (must.get(edge.after.urn) ?? 0) }))
    .filter(({ seconds }) => seconds > 0)
    .sort((a, b) => b.seconds - a.seconds);
}

/** One line per delayed type tells it: behind the VPC, a remote component, whole columns wait alike. */
function worstOf(delays: readonly Delay[]): Delay[] {
  const seen = new Set<string>();
  return delays.filter(({ edge }) => !seen.has(edge.after.type) && seen.add(edge.after.type));
}

function lengthOf(path: readonly Step[]): number {
  const last = path.at(-1);
  return last === undefined ? 0 : end(last);
}

function line(step: Step): string {
  return `${String(step.start).padStart(5)} s + ${String(step.seconds).padStart(3)} s  ${short(step.resource)}`;
}

function short({ type, name }: Recorded): string {
  return `${name} (${type})`;
}
