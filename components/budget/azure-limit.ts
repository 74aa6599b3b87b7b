// Scaling down when the month's money is spent, on Azure: a budget can only call a program, so a job asks the budget and sets the limits of
// the plans. Azure counts every eight to twenty-four hours; asking more often would learn nothing.
import { all, type ComponentResource, interpolate, type Output } from "@pulumi/pulumi";
import { limitScript } from "../../jobs/budget/limit";
import { assign, azureImage, createJob, groupId, ownRole } from "../backup/azure-job";
import type { Azure } from "../clouds/azure/family";
import { ownActions } from "../clouds/azure/permissions";
import type { BudgetArgs, Scaled } from "./index";

export function createLimits(
  parent: ComponentResource,
  name: string,
  args: BudgetArgs<Azure>,
  services: readonly Scaled<Azure>[],
  budget: { readonly id: Output<string> },
): void {
  const { network } = args;
  const part = `${name}-limit`;
  const subscription = interpolate`/subscriptions/${network.raw.subscriptionId}`;
  const reader = ownRole(parent, `${part}-reads`, network, "Reads what was spent of the budget", ownActions.readBudget, [subscription]);
  const group = groupId(network, network.raw.resourceGroupName);
  const limiter = ownRole(parent, part, network, "Sets the limits of a plan's scaling", ownActions.limitScaling, [group]);
  // Services that share a plan share its setting.
  const settings = services.filter(
    ({ scaling }, index) => services.findIndex((other) => other.scaling.autoscaleId === scaling.autoscaleId) === index,
  );
  const lines = settings.map(({ scaling, min, max }) => interpolate`${scaling.autoscaleId} ${max} ${min}`);
  createJob(parent, part, args, {
    component: name,
    what: `Instances of ${services.map((service) => service.name).join(", ")} by what is left of the budget`,
    cron: "30 */8 * * *",
    hours: 1,
    database: undefined,
    before: [],
    containers: [
      {
        name: "limit",
        image: azureImage,
        command: ["bash", "-c", limitScript],
        env: { BUDGET: budget.id, SERVICES: all(lines).apply((texts) => texts.join("\n")) },
        login: false,
      },
    ],
    grants: ({ principalId }) => [
      assign(parent, `${part}-reads`, network, principalId, reader, subscription),
      ...settings.map((service) => assign(parent, `${part}-${service.name}`, network, principalId, limiter, service.scaling.autoscaleId)),
    ],
    after: [],
  });
}
