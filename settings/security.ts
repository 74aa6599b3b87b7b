// The settings of what watches the account, and of what bounds the roles in it: off by default.
import { z } from "zod";
import type { CloudName } from "../components/cloud";
import { type Fault, under } from "../components/fault";
import { check, type ProtectionSpec } from "../components/protection/index";
import type { Stack } from "../components/stack";
import { accountKeys } from "./accounts";

export const security = z.strictObject({
  threatDetection: z
    .boolean()
    .optional()
    .describe(
      "The cloud's own watch for attacks, paid by what it reads. AWS: GuardDuty, of the account and region. Azure: Defender's plans, of the subscription. In one stack of an account only.",
    ),
  emails: z
    .array(z.email())
    .max(10)
    .optional()
    .describe("Who gets mail of what Defender finds (Azure). On AWS findings go where alerts go."),
  permissionsBoundary: z
    .string()
    .regex(/^arn:aws:iam::(\d{12}|aws):policy\/([!-~]{1,510}\/)?[\w+=,.@-]{1,128}$/)
    .meta({ allowed: "the ARN of a managed policy, arn:aws:iam::<account>:policy/<name>" })
    .optional()
    .describe(
      "AWS only: the policy that bounds every role which the stack makes, whatever is attached to it; roles that AWS's services make for themselves can have none. Setting it changes existing roles in place. The bootstrap makes one, and its roles for CI make no role without it (docs/first-deployment.md). Refused on Azure, where nothing bounds an identity. Default: none.",
    ),
});

/** N6: off in every environment. */
export function protectionOf(given: z.output<typeof security> | undefined): ProtectionSpec | undefined {
  return given?.threatDetection === true ? { emails: given.emails ?? [] } : undefined;
}

/** What of it every role of the stack is made with. */
export function boundaryOf(given: z.output<typeof security> | undefined): Pick<Stack, "permissionsBoundary"> {
  const { permissionsBoundary } = given ?? {};
  return permissionsBoundary === undefined ? {} : { permissionsBoundary };
}

/** `accounts`: those that the stack may be deployed to; none: any. */
export function checkSecurity(given: z.output<typeof security> | undefined, cloud: CloudName, accounts: readonly string[]): Fault[] {
  const protection = protectionOf(given);
  const faults = protection === undefined ? [] : check(protection, cloud);
  return under("security", [...faults, ...checkBoundary(given?.permissionsBoundary, cloud, accounts)]);
}

function checkBoundary(given: string | undefined, cloud: CloudName, accounts: readonly string[]): Fault[] {
  if (given === undefined) return [];
  const fault = (problem: string, remedy: string): Fault[] => [{ path: "permissionsBoundary", given, problem, remedy }];
  if (cloud === "azure")
    return fault("nothing bounds an identity of Azure: it may do what its roles say", "remove security.permissionsBoundary");
  const account = given.split(":")[4] ?? "";
  if (account === "aws" || accounts.length === 0 || accounts.includes(account)) return [];
  return fault(
    `a role takes a policy of its own account only, and the stack is for ${accounts.join(", ")} (${accountKeys.aws})`,
    "name the policy of that account, which its bootstrap printed",
  );
}
