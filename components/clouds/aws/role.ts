// Every role of the platform is made here, so that none forgets the boundary of the stack.
import { Role, type RoleArgs } from "@pulumi/aws/iam";
import type { Resource } from "@pulumi/pulumi";
import type { Stack } from "../../stack";

/** A role within the stack's boundary, where it has one. `name` comes from `nameOf(stack, "role", …)`. */
export function createServiceRole(parent: Resource, stack: Stack, name: string, args: Pick<RoleArgs, "assumeRolePolicy" | "tags">): Role {
  const { permissionsBoundary } = stack;
  return new Role(name, { ...args, ...(permissionsBoundary !== undefined && { permissionsBoundary }) }, { parent });
}
