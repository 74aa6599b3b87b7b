// Budget on AWS: AWS Budgets and Cost Anomaly Detection, both by the tags of the stack, as an account has many stacks. Both count only
// what tags have been activated for in the account's billing: docs/cost.md says how.
import { Budget as AwsBudgets, type BudgetArgs as AwsBudgetsArgs } from "@pulumi/aws/budgets";
import { AnomalyMonitor, AnomalySubscription, CostAllocationTag } from "@pulumi/aws/costexplorer";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { nameOf } from "../clouds/aws/names";
import { transformed } from "../clouds/aws/transforms";
import { refuse } from "../fault";
import { type Stack, tagsOf } from "../stack";
import { createLimits } from "./aws-limit";
import { costsTopicArn } from "./aws-webhooks";
import { Budget, type BudgetArgs, check, hears, scaledOf, thresholds } from "./index";

/** The tags by which bills are split. Each stack has them all on everything. */
const costTags = ["project", "stack", "environment", "component", "cost-center"] as const;

export class AwsBudget extends Budget<Aws> {
  readonly budgetName: Output<string>;
  readonly budget: AwsBudgets;

  constructor(name: string, args: BudgetArgs<Aws>, opts?: ComponentResourceOptions) {
    refuse(check(args));
    super("Budget", name, opts);
    const topicArn = costsTopicArn(this, name, args);
    this.budget = this.createBudget(name, args, topicArn);
    if (args.anomalyUsd > 0) this.watch(name, args, topicArn);
    if (args.activateTags) this.activateTags(name);
    const services = scaledOf(args);
    if (services.length > 0) createLimits(this, name, args, services, this.budget);

    this.budgetName = this.budget.name;
    this.finish({ budgetName: this.budgetName });
  }

  private createBudget(name: string, args: BudgetArgs<Aws>, topicArn: Output<string>): AwsBudgets {
    const { stack } = args.network;
    const budget: AwsBudgetsArgs = {
      budgetType: "COST",
      timeUnit: "MONTHLY",
      limitAmount: String(args.monthlyUsd),
      limitUnit: "USD",
      // Both tags: another project of the account may have a stack of the same name.
      filterExpression: { ands: [isTagged("project", stack.project), isTagged("stack", stack.name)] },
      metrics: "UnblendedCost",
      notifications: thresholds.map(({ percent, to }) => ({
        comparisonOperator: "GREATER_THAN",
        threshold: percent,
        thresholdType: "PERCENTAGE",
        notificationType: "ACTUAL",
        ...(hears("emails", to, args) ? { subscriberEmailAddresses: [...args.emails] } : {}),
        ...(hears("alerts", to, args) ? { subscriberSnsTopicArns: [topicArn] } : {}),
      })),
      tags: tagsOf(stack, name),
    };
    return new AwsBudgets(nameOf(stack, "budget", name), transformed("budget.budget", budget), { parent: this });
  }

  /** An account has one monitor of all services, which may be there already: this one is the stack's own. It knows one tag only. */
  private watch(name: string, { network: { stack }, anomalyUsd }: BudgetArgs<Aws>, topicArn: Output<string>): void {
    const tags = tagsOf(stack, name);
    const monitor = new AnomalyMonitor(
      nameOf(stack, "costMonitor", name),
      { monitorType: "CUSTOM", monitorSpecification: specificationOf(stack), tags },
      { parent: this },
    );
    new AnomalySubscription(
      nameOf(stack, "costMonitor", `${name}-alerts`),
      {
        monitorArnLists: [monitor.arn],
        // At once, which only a topic takes; mail would come once a day.
        frequency: "IMMEDIATE",
        subscribers: [{ type: "SNS", address: topicArn }],
        thresholdExpression: {
          dimension: {
            key: "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
            matchOptions: ["GREATER_THAN_OR_EQUAL"],
            values: [String(anomalyUsd)],
          },
        },
        tags,
      },
      { parent: this },
    );
  }

  /** They are the account's: a stack that goes leaves them to the others. */
  private activateTags(name: string): void {
    for (const tagKey of costTags) {
      new CostAllocationTag(`${name}-${tagKey}`, { tagKey, status: "Active" }, { parent: this, retainOnDelete: true });
    }
  }
}

function isTagged(key: (typeof costTags)[number], value: string): { readonly tags: { readonly key: string; readonly values: string[] } } {
  return { tags: { key, values: [value] } };
}

/** The shape in which AWS gives it back, empty fields included: any other would be a difference for ever, and so a new monitor. */
function specificationOf(stack: Stack): string {
  return JSON.stringify({
    And: null,
    CostCategories: null,
    Dimensions: null,
    Not: null,
    Or: null,
    Tags: { Key: "stack", MatchOptions: null, Values: [stack.name] },
  });
}
