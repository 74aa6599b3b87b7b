// Scaling down when the month's money is spent, on AWS: the budget's own actions stop EC2 and RDS only, so a state machine asks the budget
// and sets the limits of the services. AWS counts three times a day; asking more often would learn nothing.
import type { ComponentResource, Output } from "@pulumi/pulumi";
import { createMachine, type State } from "../backup/aws-machine";
import type { Aws } from "../clouds/aws/family";
import { permissions, type Statement } from "../clouds/aws/permissions";
import type { BudgetArgs, Scaled } from "./index";

export function createLimits(
  parent: ComponentResource,
  name: string,
  args: BudgetArgs<Aws>,
  services: readonly Scaled<Aws>[],
  budget: { readonly name: Output<string>; readonly arn: Output<string> },
): void {
  const { network, monitoring } = args;
  const part = `${name}-limit`;
  createMachine(parent, part, {
    network,
    monitoring,
    component: name,
    what: `Instances of ${services.map((service) => service.name).join(", ")} by what is left of the budget`,
    schedule: "cron(30 0/8 * * ? *)",
    hours: 1,
    statements: statementsOf(services, budget.arn),
    states: {
      AskBudget: {
        Type: "Task",
        Resource: "arn:aws:states:::aws-sdk:budgets:describeBudget",
        Arguments: { AccountId: network.raw.accountId, BudgetName: budget.name },
        Assign: {
          over: "{% $number($states.result.Budget.CalculatedSpend.ActualSpend.Amount) >= $number($states.result.Budget.BudgetLimit.Amount) %}",
        },
        Next: stateOf(services[0]),
      },
      ...Object.fromEntries(services.map((service, index) => [stateOf(service), limit(service, services[index + 1])])),
    },
  });
}

/** Application Auto Scaling takes away what is above a new maximum. A new month starts at nothing, and gives the instances back. */
function limit(service: Scaled<Aws>, next: Scaled<Aws> | undefined): State {
  const { min, max, scaling } = service;
  return {
    Type: "Task",
    Resource: "arn:aws:states:::aws-sdk:applicationautoscaling:registerScalableTarget",
    Arguments: {
      ServiceNamespace: "ecs",
      ScalableDimension: "ecs:service:DesiredCount",
      ResourceId: scaling.resourceId,
      MinCapacity: min,
      MaxCapacity: `{% $over ? ${min} : ${max} %}`,
    },
    ...(next === undefined ? { End: true } : { Next: stateOf(next) }),
  };
}

function stateOf(service: Scaled<Aws> | undefined): string {
  return `Limit ${service?.name ?? ""}`;
}

function statementsOf(services: readonly Scaled<Aws>[], budgetArn: Output<string>): Statement[] {
  return [
    { actions: permissions.budget.read, resources: [budgetArn] },
    { actions: permissions.budget.limit, resources: services.map(({ scaling }) => scaling.targetArn) },
    { actions: permissions.budget.scale, resources: services.map(({ scaling }) => scaling.serviceArn) },
  ];
}
