// What a rehearsal leaves: the simulated cloud, the state and the stack's file side by side, as far as people have to know of it.
import type { Standing } from "../automation/rollout-plan";
import { standingOf } from "../automation/rollout-service";
import type { Stored } from "./store";

/** `pulumi stack export`, as far as it is read here. */
export interface Exported {
  readonly deployment: {
    readonly resources?: readonly { readonly type: string; readonly id?: string; readonly outputs?: Readonly<Record<string, unknown>> }[];
    readonly pending_operations?: readonly unknown[];
  } | null;
}

export interface Ending {
  /** The stack that visitors go to in the end. */
  readonly stack: string;
  /** How many things of the stack are in the cloud. */
  readonly resources: number;
  /** Type and id of those that its state does not know. */
  readonly strays: readonly string[];
  /** Operations that an update was killed in and nobody has looked at. */
  readonly pending: number;
  /** By service with visitors: its images, as the last update has left them. */
  readonly deployed: Readonly<Record<string, Standing>>;
  /** The same as the stack's file has it. */
  readonly stated: Readonly<Record<string, Standing | undefined>>;
  /** Faults that were asked for and met no change: what was rehearsed is a run without them. */
  readonly withoutEffect: readonly string[];
}

/** What the state and the cloud say; `all`: the whole cloud. */
export function endingOf(
  { deployment }: Exported,
  all: readonly Stored[],
  stack: string,
): Pick<Ending, "resources" | "pending" | "deployed"> & { readonly strays: Stored[] } {
  const { resources = [], pending_operations: pending = [] } = deployment ?? {};
  const known = new Set(resources.map(({ id }) => id));
  const there = all.filter(({ urn }) => urn.startsWith(`urn:pulumi:${stack}::`));
  const outputs = resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs;
  const deployments = (outputs?.deployments ?? {}) as Readonly<Record<string, Standing>>;
  return {
    resources: there.filter(({ type }) => !type.startsWith("random:")).length,
    strays: there.filter(({ id }) => !known.has(id)),
    pending: pending.length,
    deployed: Object.fromEntries(Object.entries(deployments).map(([name, one]) => [name, standingOf(one)])),
  };
}

/** For people, a line each. */
export function told({ stack, resources, strays, pending, deployed, stated, withoutEffect }: Ending): string[] {
  const images = Object.entries(deployed).map(([name, one]) => {
    const file = stated[name] === undefined ? "nothing of it" : imagesIn(stated[name]);
    return `  ${name}: ${imagesIn(one)}${file === imagesIn(one) ? "" : ` (the stack's file has ${file})`}`;
  });
  return [
    resources === 0
      ? `What is there of ${stack} in the end: nothing`
      : `What is there of ${stack} in the end: ${resources} resources in the cloud${strays.length === 0 ? ", all of them in the state" : ""}`,
    ...strays.map((stray) => `  in the cloud and not in the state: ${stray}`),
    ...(pending === 0 ? [] : [`  ${pending} operations that an update was killed in`]),
    ...(resources === 0 ? [] : images),
    ...withoutEffect.map((fault) => `warning: ${fault} met nothing here: this was a rehearsal without it`),
  ];
}

function imagesIn({ image, candidate }: Standing): string {
  return candidate === undefined ? image : `${image}, and beside it ${candidate.image} with ${candidate.percent} % of the visitors`;
}
