// The bootstrap recorded with the ids that its documents are composed of.
import program from "../../bootstrap/index";
import { record, type Recorded } from "../../plan/record";

export const given = { repository: "acme/shop", repositoryId: "42", ownerId: "7" } as const;
export const account = "123456789012";
export const subscription = "33333333-1111-4111-8111-111111111111";
export const tenant = "44444444-1111-4111-8111-111111111111";

/** The principal of an identity, by its name's length: distinct, and a UUID. */
export function principal(name: string): string {
  return `11111111-1111-4111-8111-${String(name.length).padStart(12, "0")}`;
}

/** `known`: what resources of these names give out instead. */
export async function bootstrap(
  cloud: "aws" | "azure",
  changes: Readonly<Record<string, string>> = {},
  known: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
): Promise<readonly Recorded[]> {
  const config = Object.entries({ cloud, ...given, ...changes }).map(([key, value]) => [`bootstrap:${key}`, value] as const);
  const { resources } = await record(program, {
    project: "bootstrap",
    stack: cloud,
    config: Object.fromEntries(config),
    answers: (_type, name) => ({
      id: `${name}-id`,
      state: { arn: `${name}_arn`, keyId: `${name}-id`, principalId: principal(name), clientId: `${name}-client`, ...known[name] },
    }),
    results: () => ({ accountId: account, subscriptionId: subscription, tenantId: tenant }),
  });
  return resources;
}

/** Type, name and whether it is protected, in order of registration, without stack and component. */
export function listed(resources: readonly Recorded[]): string[] {
  return resources
    .filter(({ type }) => !type.startsWith("pulumi:") && !type.startsWith("platform:"))
    .map(({ type, name, protect }) => `${type.split(":").at(-1)} ${name}${protect ? " [protected]" : ""}`)
    .sort();
}
