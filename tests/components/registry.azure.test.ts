import { expect } from "chai";
import { AzureRegistry } from "../../components/registry/azure";
import { ConfigError } from "../../components/fault";
import type { ServiceSpec } from "../../components/app-service/index";
import type { Environment, Guard } from "../../components/stack";
import { AzureAppService } from "../../components/app-service/azure";
import { tags } from "../support/azure-parts";
import { child, childrenOf, platform, service, summary, waitsFor } from "./azure-parts";
import type { Recorded } from "../support/record";

const worker: ServiceSpec = service({ kind: "worker", image: "worker:2", cpu: 0.5, memoryMb: 1024, routes: { paths: [], hosts: [] } });
const services = { web: service({ image: "web:1" }), worker };

const made = new Map<Environment, Promise<readonly Recorded[]>>();
function registry(environment: Environment, guard: Guard = environment === "prod" ? "all" : "none"): Promise<readonly Recorded[]> {
  const found =
    made.get(environment) ??
    platform({
      stack: { environment, guard },
      services,
      network: { servers: ["registry"] },
      then: ({ network, monitoring, secrets, gateway, hosting }) => {
        const registry = new AzureRegistry("registry", { network, secrets, monitoring, hosting, repositories: ["web", "worker"] });
        const common = { network, monitoring, secrets, hosting, registry, uses: [] };
        new AzureAppService("web", { ...common, spec: services.web, place: gateway.place("web") });
        new AzureAppService("worker", { ...common, spec: worker, place: undefined });
      },
    });
  made.set(environment, found);
  return found;
}
const parts = async (environment: Environment) => childrenOf(await registry(environment), "Registry", "registry");

describe("Registry on Azure", () => {
  it("is a registry with its nightly task and its logs", async () => {
    for (const environment of ["dev", "staging"] as const) {
      expect(summary(await parts(environment))).to.have.members([
        "containerregistry:Registry registry-registry",
        "containerregistry:Task registry-purge",
        "monitor:DiagnosticSetting registry-logs",
      ]);
    }
  });

  it("has an address in the network in prod, and a job inside it that cleans up", async () => {
    expect(summary(await parts("prod"))).to.have.members([
      "containerregistry:Registry registry-registry",
      "network:PrivateEndpoint registry-endpoint",
      "network:PrivateDnsZoneGroup registry-endpoint-dns",
      "managedidentity:UserAssignedIdentity registry-purge-identity",
      "authorization:RoleAssignment registry-purge-list",
      "authorization:RoleAssignment registry-purge-delete",
      "app:Job registry-purge",
      "monitor:DiagnosticSetting registry-purge-logs",
      "monitor:DiagnosticSetting registry-logs",
    ]);
  });

  it("shows alarms the job that cleans up", async () => {
    const watchedIn = async (environment: Environment) => {
      const seen: (readonly [string, string, string, string])[] = [];
      await platform({
        stack: { environment },
        services,
        network: { servers: ["registry"] },
        then: ({ network, monitoring, secrets, hosting }) => {
          const { watched } = new AzureRegistry("registry", { network, secrets, monitoring, hosting, repositories: ["web"] });
          seen.push(...watched.map(({ noun, name, raw }) => [noun, name, raw.type, raw.entity] as const));
        },
      });
      return seen;
    };
    expect(await watchedIn("prod")).to.deep.equal([["job", "registry-purge", "Microsoft.App/jobs", "cj-platform-test-registry-purge"]]);
    expect(await watchedIn("dev")).to.deep.equal([]);
  });

  it("knows no administrator, and is closed to the internet in prod", async () => {
    const common = {
      adminUserEnabled: false,
      anonymousPullEnabled: false,
      location: "eastus2",
      resourceGroupName: "network-data-group-name",
      tags: tags("registry", { environment: "prod" }),
    };
    const premium = child(await parts("prod"), "registry-registry");
    const { registryName, ...inputs } = premium.inputs;
    expect(registryName).to.match(/^crplatformtestregistry[0-9a-f]{6}$/);
    expect(inputs).to.deep.equal({
      ...common,
      sku: { name: "Premium" },
      publicNetworkAccess: "Disabled",
      networkRuleBypassOptions: "AzureServices",
      zoneRedundancy: "Enabled",
      policies: { exportPolicy: { status: "disabled" }, retentionPolicy: { days: 7, status: "enabled" } },
    });
    expect(premium.protect).to.equal(true);
    for (const [environment, name] of [
      ["dev", "Basic"],
      ["staging", "Standard"],
    ] as const) {
      const open = child(await parts(environment), "registry-registry");
      expect(open.inputs).to.deep.include({
        ...common,
        sku: { name },
        publicNetworkAccess: "Enabled",
        tags: tags("registry", { environment }),
      });
      // The SDK's own default.
      expect(open.inputs.zoneRedundancy).to.equal("Disabled");
      expect(open.inputs).not.to.have.property("policies");
      expect(open.protect).to.equal(false);
    }
  });

  it("keeps the last ten images each night", async () => {
    const { inputs } = child(await parts("staging"), "registry-purge");
    const { step, ...task } = inputs as { step: { encodedTaskContent: string; type: string } };
    expect(step.type).to.equal("EncodedTask");
    expect(Buffer.from(step.encodedTaskContent, "base64").toString()).to.equal(
      "version: v1.1.0\nsteps:\n  - cmd: acr purge --filter '.*:.*' --keep 10 --ago 1d --untagged\n" +
        "    disableWorkingDirectoryOverride: true\n    timeout: 3600\n",
    );
    expect(task).to.deep.include({
      registryName: "registry-registry-name",
      taskName: "task-purge",
      status: "Enabled",
      isSystemTask: false,
      platform: { os: "Linux", architecture: "amd64" },
      agentConfiguration: { cpu: 2 },
      timeout: 3600,
    });
    const { trigger } = inputs as { trigger: { timerTriggers: unknown } };
    expect(trigger.timerTriggers).to.deep.equal([{ name: "nightly", schedule: "0 3 * * *", status: "Enabled" }]);
  });

  it("is cleaned up in prod by a job that may list and delete its images, and nothing else", async () => {
    const job = child(await parts("prod"), "registry-purge").inputs;
    expect(job).to.deep.include({
      environmentId: "hosting-environment-id",
      jobName: "cj-platform-test-registry-purge",
      workloadProfileName: "Consumption",
      identity: { type: "UserAssigned", userAssignedIdentities: ["registry-purge-identity-id"] },
      tags: tags("registry"),
    });
    expect(job.configuration).to.deep.include({
      triggerType: "Schedule",
      scheduleTriggerConfig: { cronExpression: "0 3 * * *", parallelism: 1, replicaCompletionCount: 1 },
      replicaTimeout: 3600,
      replicaRetryLimit: 0,
    });
    const { containers } = job.template as { containers: { args: string[] }[] };
    const [{ args, ...container }] = containers as [{ args: string[] }];
    expect(container).to.deep.equal({
      name: "purge",
      image: "mcr.microsoft.com/azure-cli:2.70.0",
      command: ["bash", "-c"],
      env: [
        { name: "AZURE_CLIENT_ID", value: "registry-purge-identity-client" },
        { name: "REGISTRY", value: "registry-registry-name" },
      ],
      resources: { cpu: 0.5, memory: "1Gi" },
    });
    expect(args[0]).to.include("--orderby time_desc --query '[?tags].digest | [10:]'").and.to.include("set -e\n");
    for (const what of ["list", "delete"]) {
      const grant = child(await parts("prod"), `registry-purge-${what}`).inputs;
      expect(grant).to.deep.equal({
        scope: "registry-registry-id",
        principalId: "registry-purge-identity-principal",
        principalType: "ServicePrincipal",
        // It begins with the subscription, which is unknown before deployment; the roles are those of the table of permissions.
        roleDefinitionId: null,
      });
    }
    const waits = waitsFor(child(await parts("prod"), "registry-purge"));
    expect(waits).to.include.members(["registry-endpoint-dns", "registry-purge-list", "registry-purge-delete"]);
  });

  it("logs to the workspace", async () => {
    expect(child(await parts("prod"), "registry-logs").inputs).to.deep.include({
      resourceUri: "registry-registry-id",
      workspaceId: "monitoring-workspace-id",
      logs: [{ categoryGroup: "allLogs", enabled: true }],
      metrics: [{ category: "AllMetrics", enabled: true }],
    });
  });

  it("gives services their images by their identities, which may pull before they start", async () => {
    const resources = await registry("prod");
    for (const [name, what] of [
      ["web", "web-site"],
      ["worker", "worker-app"],
    ] as const) {
      const grant = child(resources, `${name}-pulls`);
      expect(grant.inputs).to.deep.include({ scope: "registry-registry-id", principalId: `${name}-identity-principal` });
      expect(waitsFor(grant)).to.include("registry-endpoint-dns");
      expect(waitsFor(child(resources, what))).to.include(`${name}-pulls`);
    }
    // The server's name is made up by Azure.
    expect(child(resources, "web-site").inputs.siteConfig).to.deep.include({ linuxFxVersion: null, acrUseManagedIdentityCreds: true });
    const { configuration } = child(resources, "worker-app").inputs as { configuration: { registries: unknown } };
    expect(configuration.registries).to.deep.equal([{ server: null, identity: "worker-identity-id" }]);
  });

  it("refuses an image without a registry, and a private one that nothing could clean up", async () => {
    await platform({
      services: { web: service({ image: "web:1" }) },
      network: { servers: ["registry"] },
      then: ({ network, monitoring, secrets, gateway, hosting }) => {
        const args = { network, secrets, monitoring, hosting, repositories: ["web"] };
        expect(() => new AzureRegistry("registry", args)).to.throw(ConfigError, "cleaned up by a container job");
        const common = { network, monitoring, secrets, hosting, uses: [] };
        expect(() => new AzureAppService("web", { ...common, spec: services.web, place: gateway.place("web") })).to.throw(
          ConfigError,
          "which is not there",
        );
      },
    });
  });
});
