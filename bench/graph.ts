// When each resource can begin and is done if the engine starts everything as early as it may: what a deployment takes at least.
import type { Recorded } from "../plan/record";
import { isComponent } from "../plan/tree";
import { durationOf } from "./durations";

/** `after` begins when `before` is done. */
export interface Edge {
  readonly before: Recorded;
  readonly after: Recorded;
}

export interface Step {
  readonly resource: Recorded;
  readonly start: number;
  readonly seconds: number;
  /** What it waited for, if for anything. */
  readonly waitedFor: Recorded | undefined;
}

export type Schedule = ReadonlyMap<string, Step>;

/**
 * Every wait of a plan, components resolved. A component itself takes no time; whoever depends on one waits for all below it: so does
 * the SDK for ours, and a remote one (`awsx.ec2.Vpc`) gives nothing out before its last child. A child waits for its parent only if
 * that is a real resource, but for all that a component above it waits for.
 */
export function edgesOf(resources: readonly Recorded[]): Edge[] {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const children = new Map<string, Recorded[]>();
  for (const resource of resources) {
    if (resource.parent === null) continue;
    const siblings = children.get(resource.parent);
    if (siblings === undefined) children.set(resource.parent, [resource]);
    else siblings.push(resource);
  }
  const real = (resource: Recorded): Recorded[] => (isGrouping(resource) ? (children.get(resource.urn) ?? []).flatMap(below) : [resource]);
  const below = (resource: Recorded): Recorded[] => [
    ...(isGrouping(resource) ? [] : [resource]),
    ...(children.get(resource.urn) ?? []).flatMap(below),
  ];
  const waits = (resource: Recorded): Recorded[] => {
    const named = resource.dependencies.flatMap((urn) => {
      const found = byUrn.get(urn);
      return found === undefined ? [] : real(found);
    });
    const parent = resource.parent === null ? undefined : byUrn.get(resource.parent);
    if (parent === undefined) return named;
    return [...named, ...(isGrouping(parent) ? waits(parent) : [parent])];
  };
  return resources
    .filter((resource) => !isGrouping(resource))
    .flatMap((after) => [...new Set(waits(after))].map((before) => ({ before, after })));
}

/** Start and end of everything under these waits. */
export function schedule(resources: readonly Recorded[], edges: readonly Edge[]): Schedule {
  const before = new Map<string, Recorded[]>();
  for (const edge of edges) {
    const list = before.get(edge.after.urn);
    if (list === undefined) before.set(edge.after.urn, [edge.before]);
    else list.push(edge.before);
  }
  const steps = new Map<string, Step>();
  const open = new Set<string>();
  const stepOf = (resource: Recorded): Step => {
    const known = steps.get(resource.urn);
    if (known !== undefined) return known;
    if (open.has(resource.urn)) throw new Error(`${resource.urn} waits for itself`);
    open.add(resource.urn);
    const last = (before.get(resource.urn) ?? [])
      .map(stepOf)
      .reduce<Step | undefined>((a, b) => (a === undefined || end(b) > end(a) ? b : a), undefined);
    const step = { resource, start: last === undefined ? 0 : end(last), seconds: durationOf(resource).seconds, waitedFor: last?.resource };
    open.delete(resource.urn);
    steps.set(resource.urn, step);
    return step;
  };
  for (const resource of resources) if (!isGrouping(resource)) stepOf(resource);
  return steps;
}

/** The chain that ends last, from its beginning. */
export function longestPath(steps: Schedule): Step[] {
  const path: Step[] = [];
  let step = [...steps.values()].reduce<Step | undefined>((a, b) => (a === undefined || end(b) > end(a) ? b : a), undefined);
  while (step !== undefined) {
    path.unshift(step);
    step = step.waitedFor === undefined ? undefined : steps.get(step.waitedFor.urn);
  }
  return path;
}

export function end(step: Step): number {
  return step.start + step.seconds;
}

/** The stack and its components are made without a cloud; so is a Stash, by the engine. */
function isGrouping(resource: Recorded): boolean {
  return isComponent(resource) || resource.type === "pulumi:pulumi:Stack";
}
