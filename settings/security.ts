// The settings of what watches the account: off by default.
import { z } from "zod";
import type { CloudName } from "../components/cloud";
import { type Fault, under } from "../components/fault";
import { check, type ProtectionSpec } from "../components/protection/index";

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
});

/** N6: off in every environment. */
export function protectionOf(given: z.output<typeof security> | undefined): ProtectionSpec | undefined {
  return given?.threatDetection === true ? { emails: given.emails ?? [] } : undefined;
}

export function checkSecurity(given: z.output<typeof security> | undefined, cloud: CloudName): Fault[] {
  const protection = protectionOf(given);
  return protection === undefined ? [] : under("security", check(protection, cloud));
}
