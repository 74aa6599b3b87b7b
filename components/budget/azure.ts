// Budget on Azure: a consumption budget of the subscription that counts the stack's resource groups only, and the subscription's anomaly
// alert. Both want dates, which are of the day of deployment: no other date is accepted.
import { Budget as ConsumptionBudget } from "@pulumi/azure-native/consumption";
import { ScheduledActionByScope } from "@pulumi/azure-native/costmanagement";
import { type ComponentResourceOptions, interpolate, type Output } from "@pulumi/pulumi";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { transformed } from "../clouds/azure/transforms";
import { refuse } from "../fault";
import { createLimits } from "./azure-limit";
import { Budget, type BudgetArgs, check, hears, scaledOf, thresholds } from "./index";

export class AzureBudget extends Budget<Azure> {
  readonly budgetName: Output<string>;
  readonly budget: ConsumptionBudget;

  constructor(name: string, args: BudgetArgs<Azure>, opts?: ComponentResourceOptions) {
    refuse(check(args));
    super("Budget", name, opts);
    const scope = interpolate`/subscriptions/${args.network.raw.subscriptionId}`;
    this.budget = this.makeBudget(name, args, scope);
    if (args.anomalyUsd > 0 && args.emails.length > 0) this.watch(name, args, scope);
    const services = scaledOf(args);
    if (services.length > 0) createLimits(this, name, args, services, this.budget);

    this.budgetName = this.budget.name;
    this.finish({ budgetName: this.budgetName });
  }

  private makeBudget(name: string, args: BudgetArgs<Azure>, scope: Output<string>): ConsumptionBudget {
    const { raw, stack } = args.network;
    const groups = [raw.resourceGroupName, raw.dataResourceGroupName, nameOf(stack, "resourceGroup", "containers")];
    const budget = {
      scope,
      budgetName: nameOf(stack, "budget", name),
      category: "Cost",
      amount: args.monthlyUsd,
      timeGrain: "Monthly",
      timePeriod: { startDate: monthOf(new Date()) },
      filter: { dimensions: { name: "ResourceGroupName", operator: "In", values: groups } },
      notifications: Object.fromEntries(
        thresholds.map(({ percent, to }) => [
          `actual${percent}`,
          {
            enabled: true,
            operator: "GreaterThanOrEqualTo",
            threshold: percent,
            thresholdType: "Actual",
            contactEmails: hears("emails", to, args) ? [...args.emails] : [],
            contactGroups: hears("alerts", to, args) ? [args.monitoring.raw.actionGroupId] : [],
          },
        ]),
      ),
    };
    // A budget begins in the month in which it is made, and Azure lets nobody change that later.
    return new ConsumptionBudget(`${name}-budget`, transformed("budget.budget", budget), { parent: this, ignoreChanges: ["timePeriod"] });
  }

  /** Azure sells it for whole subscriptions, by mail, and for a year: each deployment in another quarter prolongs it. */
  private watch(name: string, { network: { stack }, emails }: BudgetArgs<Azure>, scope: Output<string>): void {
    const title = `Unusual cost in the subscription of ${stack.project} ${stack.name}`;
    new ScheduledActionByScope(
      `${name}-anomalies`,
      {
        scope,
        name: nameOf(stack, "costAlert", name),
        kind: "InsightAlert",
        displayName: title,
        status: "Enabled",
        viewId: interpolate`${scope}/providers/Microsoft.CostManagement/views/ms:DailyAnomalyByResourceGroup`,
        notification: { to: [...emails], subject: title },
        schedule: { frequency: "Daily", ...yearFrom(new Date()) },
      },
      { parent: this },
    );
  }
}

/** The first day of a time's month. */
export function monthOf(time: Date): string {
  return firstOf(time.getUTCFullYear(), time.getUTCMonth());
}

/** From the first day of a time's quarter to the same day a year later. */
export function yearFrom(time: Date): { readonly startDate: string; readonly endDate: string } {
  const month = Math.floor(time.getUTCMonth() / 3) * 3;
  return { startDate: firstOf(time.getUTCFullYear(), month), endDate: firstOf(time.getUTCFullYear() + 1, month) };
}

function firstOf(year: number, month: number): string {
  return `${year}-${String(month + 1).padStart(2, "0")}-01T00:00:00Z`;
}
