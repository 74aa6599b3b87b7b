// The settings of the budget: what a stack may state, and what each environment starts from.
import { z } from "zod";
import type { BudgetSpec } from "../components/budget/index";
import type { CloudName } from "../components/cloud";
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
    .describe(
      "Services that have no more than `scale.min` instances once the month's budget is spent; the new month gives the others back. Not for jobs, nor for services with schedules. Azure: web and api only, and all services of a plan together.",
    ),
});

export type GivenBudget = z.output<typeof budget>;
export type BudgetPreset = BudgetSpec & { readonly enabled: boolean; readonly scaleDown: readonly string[] };

const common = { enabled: true, emails: [], activateTags: false, scaleDown: [] } as const;

/** E18. Azure and AWS alike. */
export const budgetPresets: Readonly<Record<Environment, BudgetPreset>> = {
  dev: { ...common, monthlyUsd: 200, anomalyUsd: 0 },
  staging: { ...common, monthlyUsd: 1000, anomalyUsd: 50 },
  prod: { ...common, monthlyUsd: 3000, anomalyUsd: 100 },
};

export function warnOfBudget(budget: BudgetPreset, cloud: CloudName): string[] {
  if (!budget.enabled || cloud !== "azure" || budget.anomalyUsd === 0 || budget.emails.length > 0) return [];
  return ["an unusual rise of the cost is reported to nobody: Azure only mails, and budget.emails is empty"];
}
