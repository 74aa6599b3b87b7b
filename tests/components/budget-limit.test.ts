// What holds services at their least instances once the month's money is spent.
import { expect } from "chai";
import { output, type Output } from "@pulumi/pulumi";
import { AppService } from "../../components/app-service";
import { AwsBudget } from "../../components/budget/aws";
import { AzureBudget } from "../../components/budget/azure";
import type { Limited } from "../../components/budget/index";
import type { Family } from "../../components/cloud";
import type { Aws } from "../../components/clouds/aws/family";
import type { Azure } from "../../components/clouds/azure/family";
import { AwsHosting } from "../../components/hosting/aws";
import { AzureHosting } from "../../components/hosting/azure";
import type { Use } from "../../components/use";
import { account, awsMonitoring, awsNetwork, documentOf, madeBy } from "../support/aws-parts";
import { azureMonitoring, azureNetwork, childrenOf, KnownNetwork, once, waitsFor } from "../support/azure-parts";
import { recorded } from "../support/backup-parts";
import { only, recordKnown } from "../support/record";

const spec = { monthlyUsd: 3000, emails: ["money@example.org"], anomalyUsd: 0, activateTags: false };

/** A service of which nothing counts but what keeps the limits of its scaling. */
class Service<F extends Family> extends AppService<F> {
  readonly url: Output<string> | undefined = undefined;
  readonly watched = [];
  readonly tracks = undefined;
  readonly job = undefined;
  readonly workloadId = undefined;

  constructor(
    name: string,
    readonly scaling: F["scaling"] | undefined,
  ) {
    super("AppService", name);
  }

  use(): Use<F> {
    throw new Error("nobody calls it");
  }
}

function limited<F extends Family>(name: string, max: number, scaling: F["scaling"] | undefined): Limited<F> {
  return { name, min: 2, max, service: new Service<F>(name, scaling) };
}

const onAws = once(() =>
  recorded(() => {
    const network = awsNetwork();
    const monitoring = awsMonitoring(network);
    const scaling = (name: string): Aws["scaling"] => ({
      resourceId: output(`service/cluster/${name}`),
      targetArn: output(`arn:of:target:${name}`),
      serviceArn: output(`arn:of:service:${name}`),
    });
    new AwsBudget("budget", {
      network,
      monitoring,
      hosting: new AwsHosting("hosting", { network, monitoring, services: {} }),
      ...spec,
      scaleDown: [limited<Aws>("api", 20, scaling("api")), limited<Aws>("worker", 10, scaling("worker"))],
    });
  }),
);

const onAzure = once(() =>
  recordKnown(() => {
    const network = new KnownNetwork(azureNetwork());
    const monitoring = azureMonitoring(network);
    const shared: Azure["scaling"] = { autoscaleId: output("/autoscale/web") };
    new AzureBudget("budget", {
      network,
      monitoring,
      hosting: new AzureHosting("hosting", { network, monitoring, services: {}, containers: true }),
      ...spec,
      scaleDown: [
        limited<Azure>("web", 20, shared),
        limited<Azure>("api", 20, shared),
        limited<Azure>("site", 4, { autoscaleId: output("/autoscale/site") }),
      ],
    });
  }),
);

describe("F1: scaling down when the budget is spent", () => {
  it("is a state machine on AWS that asks the budget every eight hours", async () => {
    const resources = await onAws();
    expect(madeBy(resources, "budget")).to.deep.equal([
      "budgets Budget platform-test-budget",
      "cloudwatch MetricAlarm platform-test-high-budget-limit",
      "iam Role platform-test-budget-limit",
      "iam Role platform-test-budget-limit-starter",
      "iam RolePolicy budget-limit",
      "iam RolePolicy budget-limit-starter",
      "scheduler Schedule platform-test-budget-limit",
      "sfn StateMachine platform-test-budget-limit",
    ]);
    expect(only(resources, "aws:scheduler/schedule:Schedule").inputs).to.include({ scheduleExpression: "cron(30 0/8 * * ? *)" });
    const register = (name: string, max: number) => ({
      Type: "Task",
      Resource: "arn:aws:states:::aws-sdk:applicationautoscaling:registerScalableTarget",
      Arguments: {
        ServiceNamespace: "ecs",
        ScalableDimension: "ecs:service:DesiredCount",
        ResourceId: `service/cluster/${name}`,
        MinCapacity: 2,
        MaxCapacity: `{% $over ? 2 : ${max} %}`,
      },
    });
    const definition = documentOf(only(resources, "aws:sfn/stateMachine:StateMachine"), "definition");
    expect(definition).to.deep.equal({
      Comment: "Instances of api, worker by what is left of the budget",
      QueryLanguage: "JSONata",
      StartAt: "AskBudget",
      TimeoutSeconds: 3600,
      States: {
        AskBudget: {
          Type: "Task",
          Resource: "arn:aws:states:::aws-sdk:budgets:describeBudget",
          Arguments: { AccountId: account, BudgetName: "platform-test-budget_name" },
          Assign: {
            over: "{% $number($states.result.Budget.CalculatedSpend.ActualSpend.Amount) >= $number($states.result.Budget.BudgetLimit.Amount) %}",
          },
          Next: "Limit api",
        },
        "Limit api": { ...register("api", 20), Next: "Limit worker" },
        "Limit worker": { ...register("worker", 10), End: true },
      },
    });
  });

  it("may set the limits of these services and nothing else on AWS", async () => {
    expect(documentOf(only(await onAws(), "aws:iam/rolePolicy:RolePolicy", "budget-limit"), "policy")).to.deep.equal({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: ["budgets:ViewBudget"], Resource: ["platform-test-budget_arn"] },
        {
          Effect: "Allow",
          Action: ["application-autoscaling:RegisterScalableTarget"],
          Resource: ["arn:of:target:api", "arn:of:target:worker"],
        },
        {
          Effect: "Allow",
          Action: ["ecs:DescribeServices", "ecs:UpdateService"],
          Resource: ["arn:of:service:api", "arn:of:service:worker"],
        },
      ],
    });
  });

  it("is a job on Azure that asks the budget every eight hours, once for each plan", async () => {
    const job = only(await onAzure(), "azure-native:app:Job");
    expect(job.inputs).to.deep.include({ tags: { ...(job.inputs.tags as object), component: "budget" } });
    const { configuration, template } = job.inputs as {
      configuration: { scheduleTriggerConfig: unknown; replicaTimeout: number; secrets: unknown };
      template: { initContainers: unknown[]; containers: { env: { name: string; value: string }[]; command: string[] }[] };
    };
    expect(configuration.scheduleTriggerConfig).to.deep.equal({
      cronExpression: "30 */8 * * *",
      parallelism: 1,
      replicaCompletionCount: 1,
    });
    expect(configuration).to.deep.include({ replicaTimeout: 3600, secrets: [] });
    expect(template.initContainers).to.deep.equal([]);
    const [container, ...more] = template.containers;
    expect(more).to.deep.equal([]);
    expect(container?.command.slice(0, 2)).to.deep.equal(["bash", "-c"]);
    expect(container?.env.filter(({ name }) => name === "BUDGET" || name === "SERVICES")).to.deep.equal([
      { name: "BUDGET", value: "budget-budget-id" },
      { name: "SERVICES", value: "/autoscale/web 20 2\n/autoscale/site 4 2" },
    ]);
    expect(waitsFor(job)).to.include.members(["budget-limit-reads", "budget-limit-web", "budget-limit-site"]);
  });

  it("may read the budget and set these limits, and nothing else on Azure", async () => {
    const resources = childrenOf(await onAzure(), "budget");
    const roles = resources.filter(({ type }) => type.endsWith(":RoleDefinition"));
    expect(roles.map(({ inputs }) => [inputs.permissions, inputs.assignableScopes])).to.deep.equal([
      [[{ actions: ["Microsoft.Consumption/budgets/read"] }], ["/subscriptions/0000"]],
      [
        [{ actions: ["Microsoft.Insights/autoscaleSettings/read", "Microsoft.Insights/autoscaleSettings/write"] }],
        ["/subscriptions/0000/resourceGroups/rg-platform-test"],
      ],
    ]);
    const given = resources.filter(({ type }) => type.endsWith(":RoleAssignment"));
    expect(given.map(({ name, inputs }) => [name, inputs.scope])).to.deep.equal([
      ["budget-limit-reads", "/subscriptions/0000"],
      ["budget-limit-web", "/autoscale/web"],
      ["budget-limit-site", "/autoscale/site"],
    ]);
  });

  it("is not there where nothing is named", async () => {
    const resources = await recordKnown(() => {
      const network = awsNetwork();
      const monitoring = awsMonitoring(network);
      new AwsBudget("budget", { network, monitoring, hosting: new AwsHosting("hosting", { network, monitoring, services: {} }), ...spec });
    });
    expect(madeBy(resources, "budget")).to.deep.equal(["budgets Budget platform-test-budget"]);
  });
});
