// The settings of the budget: what a stack may state, what each environment starts from, and what is refused.
import { z } from "zod";
import { type BudgetSpec, check } from "../components/budget/index";
import type { CloudName } from "../components/cloud";
import { type Fault, under } from "../components/fault";
import type { Environment } from "../components/stack";

export const budget = z.strictObject({
  enabled: z.boolean().optional().describe("`false`: nobody is told what the stack costs."),
  monthlyUsd: z
    .number()
    .min(1)
    .max(10_000_000)
    .optional()
    .describe("US dollars that a month may cost. At 50, 75, 80 and 100 % `emails` get mail; 90 and 100 % go where alerts go."),
  emails: z.array(z.email()).max(10).optional().describe("Who gets mail about the budget. Empty: every threshold goes where alerts go."),
  anomalyUsd: z
    .number()
    .min(0)
    .max(10_000_000)
    .optional()
    .describe(
      "Report an unusual rise of the cost from so many dollars on; 0: no report. Azure judges by itself, for the whole subscription, and only mails: it needs `emails`.",
    ),
  activateTags: z
    .boolean()
    .optional()
    .describe(
      "AWS: make the platform's tags cost allocation tags of the account, without which the budget counts nothing (docs/cost.md). For the day after the first deployment, in one stack of the account. Azure counts resource groups and needs none.",
    ),
  scaleDown: z
    .array(z.string())
    .optional()
    .describe("Refused when it names a service: neither cloud's budget changes the number of instances by itself."),
});

export type GivenBudget = z.output<typeof budget>;
export type BudgetPreset = BudgetSpec & { readonly enabled: boolean };

const common = { enabled: true, emails: [], activateTags: false } as const;

/** E18. Azure and AWS alike. */
export const budgetPresets: Readonly<Record<Environment, BudgetPreset>> = {
  dev: { ...common, monthlyUsd: 200, anomalyUsd: 0 },
  staging: { ...common, monthlyUsd: 1000, anomalyUsd: 50 },
  prod: { ...common, monthlyUsd: 3000, anomalyUsd: 100 },
};

export function checkBudget(budget: BudgetPreset, given: GivenBudget | undefined, cloud: CloudName): Fault[] {
  const faults = budget.enabled ? check(budget) : [];
  if (given?.scaleDown !== undefined && given.scaleDown.length > 0) {
    faults.push({
      path: "scaleDown",
      given: given.scaleDown,
      problem:
        "a budget tells, it can't scale: AWS's own actions stop EC2 and RDS only, Azure's start a program of yours, and the numbers that come with hours of delay would stop a shop at its best time",
      remedy: "remove budget.scaleDown; set services.<name>.scale.max to what you can pay for",
    });
  }
  if (budget.activateTags && cloud === "azure") {
    faults.push({
      path: "activateTags",
      given: true,
      problem: "Azure counts resource groups: no tag needs activating",
      remedy: "remove budget.activateTags",
    });
  }
  return under("budget", faults);
}

export function warnOfBudget(budget: BudgetPreset, cloud: CloudName): string[] {
  if (!budget.enabled || cloud !== "azure" || budget.anomalyUsd === 0 || budget.emails.length > 0) return [];
  return ["an unusual rise of the cost is reported to nobody: Azure only mails, and budget.emails is empty"];
}
