// The resources of a plan as a tree by component, in text.
import type { Recorded } from "./record";

export interface Node {
  readonly resource: Recorded;
  readonly children: readonly Node[];
}

/** The tree below the stack. Siblings stand in the order of their names, whatever order they were registered in. */
export function tree(resources: readonly Recorded[]): Node[] {
  const children = new Map<string | null, Recorded[]>();
  for (const resource of resources) {
    const siblings = children.get(resource.parent);
    if (siblings === undefined) children.set(resource.parent, [resource]);
    else siblings.push(resource);
  }
  const below = (parent: string | null): Node[] =>
    [...(children.get(parent) ?? [])].sort(byNameThenType).map((resource) => ({ resource, children: below(resource.urn) }));
  return below(null).flatMap((stack) => stack.children);
}

/** Every node in a line of its own: `├─ aws:sqs/queue:Queue jobs`; guarded ones are marked. */
export function lines(nodes: readonly Node[], indent = ""): string[] {
  return nodes.flatMap((node, index) => {
    const last = index === nodes.length - 1;
    const mark = node.resource.protect ? "  [protected]" : "";
    const count = isComponent(node.resource) ? `  (${counted(node)})` : "";
    const line = `${indent}${last ? "└─ " : "├─ "}${node.resource.name}  ${node.resource.type}${count}${mark}`;
    return [line, ...lines(node.children, `${indent}${last ? "   " : "│  "}`)];
  });
}

/** A component groups resources and costs nothing itself. */
export function isComponent(resource: Recorded): boolean {
  return resource.type.startsWith("platform:index:") || resource.type.startsWith("awsx:");
}

/** How many resources stand below a node, components not counted. */
export function counted(node: Node): number {
  return node.children.reduce((sum, child) => sum + counted(child) + (isComponent(child.resource) ? 0 : 1), 0);
}

function byNameThenType(a: Recorded, b: Recorded): number {
  return compare(a.name, b.name) || compare(a.type, b.type);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
