// The identity of a stack: what names, tags and deletion guards derive from. Plain values: they decide the shape of the tree.

export type Environment = "dev" | "staging" | "prod";

/**
 * What a deletion must get past. `none`: one command removes the stack. `data`: databases, caches and buckets are kept by `protect`,
 * deletion protection and final snapshots. `all`: vaults and keys too.
 */
export type Guard = "none" | "data" | "all";

export interface Stack {
  /** The Pulumi project's name; the first part of every name. */
  readonly project: string;
  /** The Pulumi stack's name; the second part of every name, so two stacks never collide. */
  readonly name: string;
  readonly environment: Environment;
  /** The chosen cloud's own name of the region, for example `us-east-1` or `eastus2`. */
  readonly region: string;
  /** Where copies go that must outlive the region; undefined where none is set and none is usual (see `secondRegions`). */
  readonly secondRegion?: string | undefined;
  /** Zones of that region, pinned in order: a zone added later is appended and moves nothing. AWS `us-east-1a`, Azure `1`. */
  readonly zones: readonly string[];
  readonly owner: string;
  readonly costCenter: string;
  /** Tags added to everything besides the fixed ones. */
  readonly tags: Readonly<Record<string, string>>;
  readonly guard: Guard;
  /** AWS: ARN of the policy that bounds every role of the stack; default: none does. */
  readonly permissionsBoundary?: string | undefined;
}

/** The tags of every resource of one component: project, environment, stack, component, owner, cost center, managed-by, and the stack's own. */
export function tagsOf(stack: Stack, component: string): Record<string, string> {
  return {
    ...stack.tags,
    project: stack.project,
    environment: stack.environment,
    stack: stack.name,
    component,
    owner: stack.owner,
    "cost-center": stack.costCenter,
    "managed-by": "pulumi",
  };
}

/** Whether this kind of thing is guarded against deletion. */
export function guarded(stack: Stack, kind: "data" | "vault"): boolean {
  return stack.guard === "all" || (stack.guard === "data" && kind === "data");
}
