// The deploy command's own calls of the clouds' APIs, read from its source, against what the bootstrap's identities may do.
import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { deployRights, roleTakers } from "../../bootstrap/aws-rights";
import { previewRights, roles } from "../../bootstrap/azure-rights";
import { only } from "../support/record";
import { covers as covering } from "./documents";
import { bootstrap, subscription } from "./support";

/** Whether an action of the pattern, with stars, is that one. */
const covers = (pattern: string, action: string): boolean => covering(pattern, action, "i");

const sources = (cloud: "aws" | "azure"): string[] =>
  readdirSync("automation")
    .filter((file) => file.endsWith(`-${cloud}.ts`))
    .map((file) => readFileSync(join("automation", file), "utf8"));

describe("what the deploy command asks AWS itself", () => {
  const rights = Object.values(deployRights).flat();
  const allowed = (action: string): boolean =>
    rights.some(({ service, actions, on }) => on === "everything" && actions.some((each) => covers(`${service}:${each}`, action)));
  /** Its client's name is the service's prefix in IAM. */
  const asked = sources("aws").flatMap((source) => {
    const [, client] = /from "@aws-sdk\/client-([a-z]+)"/.exec(source) ?? [];
    return [...source.matchAll(/new ([A-Z]\w+)Command\(/g)].map(([, name]) => `${client}:${name}`);
  });

  it("is in the rights of a deployment", () => {
    expect([...new Set(asked)].sort()).to.deep.equal([
      ...["cloudwatch:GetMetricData", "ecs:DescribeServices", "ecs:DescribeTaskDefinition", "ecs:DescribeTasks", "ecs:ListTasks"],
      ...["ecs:RunTask", "sts:GetCallerIdentity"],
    ]);
    // Nobody can be denied the last.
    for (const action of asked.filter((each) => each !== "sts:GetCallerIdentity")) expect(allowed(action), action).to.equal(true);
  });

  it("includes what a task is started with: its tags, and its roles for ECS", () => {
    expect(sources("aws").join("\n")).to.contain('propagateTags: "TASK_DEFINITION"');
    expect(allowed("ecs:TagResource")).to.equal(true);
    expect(roleTakers).to.include("ecs-tasks");
    expect(allowed("ecs:ExecuteCommand"), "the table is not simply everything").to.equal(false);
  });
});

describe("what the deploy command asks Azure itself", () => {
  /** Each call, as it stands in the source, and the action that it takes. */
  const actions: Readonly<Record<string, string>> = {
    "subscriptions.list": "Microsoft.Resources/subscriptions/read",
    "jobs.get": "Microsoft.App/jobs/read",
    "jobs.beginStartAndWait": "Microsoft.App/jobs/start/action",
    "jobsExecutions.list": "Microsoft.App/jobs/executions/read",
    jobExecution: "Microsoft.App/jobs/execution/read",
    "containerApps.get": "Microsoft.App/containerApps/read",
    "webApps.getConfiguration": "Microsoft.Web/sites/config/read",
    "webApps.getConfigurationSlot": "Microsoft.Web/sites/slots/config/read",
    "webApps.listSiteContainers": "Microsoft.Web/sites/sitecontainers/read",
    "webApps.listSiteContainersSlot": "Microsoft.Web/sites/slots/sitecontainers/read",
    queryResource: "Microsoft.OperationalInsights/workspaces/query/AppServiceHTTPLogs/read",
    queryResources: "Microsoft.Insights/metrics/read",
  };
  /** What Azure takes out of the role Contributor, which is everything else. */
  const notContributor = [
    ...["Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write", "Microsoft.Authorization/elevateAccess/Action"],
    ...["Microsoft.Blueprint/blueprintAssignments/write", "Microsoft.Blueprint/blueprintAssignments/delete"],
    ...["Microsoft.Compute/galleries/share/action", "Microsoft.Purview/consents/write", "Microsoft.Purview/consents/delete"],
  ];

  it("has an action for each call", () => {
    const asked = sources("azure").flatMap((source) => [
      ...[...source.matchAll(/\b(webApps|jobs|jobsExecutions|containerApps|subscriptions)\s*\.(\w+)\(/g)].map(
        ([, of, what]) => `${of}.${what}`,
      ),
      ...[...source.matchAll(/\.(jobExecution|queryResources?)\(/g)].map(([, what]) => what),
    ]);
    expect([...new Set(asked)].sort()).to.deep.equal(Object.keys(actions).sort());
    // A client that is none of these has a row here first.
    const clients = sources("azure").flatMap((source) => [...source.matchAll(/new (\w+Client)\(/g)].map(([, name]) => name));
    expect([...new Set(clients)].sort()).to.deep.equal([
      ...["ContainerAppsAPIClient", "LogsQueryClient", "MetricsClient", "SubscriptionClient", "WebSiteManagementClient"],
    ]);
  });

  it("is in the rights of a deployment, and who it is in those of a pull request", async () => {
    const resources = await bootstrap("azure");
    const { scope, roleDefinitionId } = only(resources, "azure-native:authorization:RoleAssignment", "deploy-prod-resources").inputs;
    expect(scope).to.equal(`/subscriptions/${subscription}`);
    expect(String(roleDefinitionId)).to.match(new RegExp(`/${roles.contributor}$`));
    for (const action of Object.values(actions))
      expect(
        notContributor.some((pattern) => covers(pattern, action)),
        action,
      ).to.equal(false);
    expect(previewRights).to.include(actions["subscriptions.list"]);
  });
});
