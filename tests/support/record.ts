// Records what a program registers, for tests. The stack resource itself is left out.
import { record as recordPlan, type Recorded } from "../../plan/record";

export type { Recorded };

/** Runs a program under mocks in preview mode; returns every resource in order of registration. */
export async function record(program: () => unknown): Promise<Recorded[]> {
  const { resources } = await recordPlan(program, { project: "platform", stack: "test" });
  return resources.filter((resource) => resource.type !== "pulumi:pulumi:Stack");
}

/**
 * The same with ids and ARNs known: every resource has the id `<name>-id` and the ARN `<name>_arn`, so that a test can read
 * documents that are composed of them, such as policies. What else a cloud makes up stays unknown.
 */
export async function recordKnown(program: () => unknown): Promise<Recorded[]> {
  const answers = (_type: string, name: string): { id: string; state: Record<string, unknown> } => ({
    id: `${name}-id`,
    state: { arn: `${name}_arn` },
  });
  const { resources } = await recordPlan(program, { project: "platform", stack: "test", answers });
  return resources.filter((resource) => resource.type !== "pulumi:pulumi:Stack");
}

/** The resources of one type; with a name, the only one of that name, or the test fails. */
export function ofType(resources: readonly Recorded[], type: string): Recorded[] {
  return resources.filter((resource) => resource.type === type);
}

export function only(resources: readonly Recorded[], type: string, name?: string): Recorded {
  const found = ofType(resources, type).filter((resource) => name === undefined || resource.name === name);
  if (found.length !== 1 || found[0] === undefined) {
    throw new Error(
      `expected one ${type}${name === undefined ? "" : ` "${name}"`}, found ${found.length}: ${ofType(resources, type).map((r) => r.name)}`,
    );
  }
  return found[0];
}
