// Registry on Azure: one Container Registry for all repositories, which come into being with the first push. Nobody logs in but by an
// identity of Microsoft Entra. What cleans up is the registry's own task, or in prod, where no task gets in, a job inside the network.
import * as app from "@pulumi/azure-native/app";
import * as authorization from "@pulumi/azure-native/authorization";
import * as containerregistry from "@pulumi/azure-native/containerregistry";
import * as managedidentity from "@pulumi/azure-native/managedidentity";
import { type ComponentResourceOptions, interpolate, type Output, type Resource } from "@pulumi/pulumi";
import { sendSignals } from "../clouds/azure/diagnostics";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { platformRoles, roleId } from "../clouds/azure/permissions";
import { privateEndpoint } from "../clouds/azure/private-endpoint";
import { transformed } from "../clouds/azure/transforms";
import { ConfigError } from "../fault";
import { watchedTypes } from "../monitoring/azure-alarms";
import { Watched } from "../monitoring/watched";
import { type Environment, guarded, tagsOf } from "../stack";
import { kept, Registry, type RegistryArgs } from "./index";

const tiers = { dev: "Basic", staging: "Standard", prod: "Premium" } as const satisfies Record<Environment, string>;
const nightly = "0 3 * * *";
/** Seconds after which a clean-up is given up. */
const patience = 3600;
/** A version that is known to log in by an identity of Container Apps. */
const cliImage = "mcr.microsoft.com/azure-cli:2.70.0";

/** Spares tags younger than a day; `--untagged` takes all that have none. Read by the registry's own task runner. */
const purgeTask = `version: v1.1.0
steps:
  - cmd: acr purge --filter '.*:.*' --keep ${kept.images} --ago 1d --untagged
    disableWorkingDirectoryOverride: true
    timeout: ${patience}
`;

/** The same for a private registry, whose own rule takes the untagged. */
const purgeScript = [
  "set -e",
  "az login --identity --client-id $AZURE_CLIENT_ID --output none",
  "for repository in $(az acr repository list --name $REGISTRY --output tsv)",
  `do for digest in $(az acr manifest list-metadata --registry $REGISTRY --name $repository --orderby time_desc --query '[?tags].digest | [${kept.images}:]' --output tsv)`,
  "do az acr repository delete --name $REGISTRY --image $repository@$digest --yes --output none",
  "done",
  "done",
].join("\n");

export class AzureRegistry extends Registry<Azure> {
  readonly urls: Readonly<Record<string, Output<string>>>;
  readonly raw: Azure["registry"];
  readonly watched: readonly Watched<Azure>[];
  readonly registry: containerregistry.Registry;
  private readonly isPrivate: boolean;

  constructor(name: string, args: RegistryArgs<Azure>, opts?: ComponentResourceOptions) {
    super("Registry", name, opts);
    this.isPrivate = args.network.stack.environment === "prod";
    this.registry = this.createRegistry(name, args);
    const reachable = this.isPrivate ? this.createAddress(name, args) : undefined;
    if (reachable === undefined) this.createTask(name, args);
    this.watched = reachable === undefined ? [] : [this.createJob(name, args, reachable)];
    this.createLogs(name, args);

    const server = this.registry.loginServer;
    this.raw = { server, registryId: this.registry.id, reachable };
    this.urls = Object.fromEntries(args.repositories.map((repository) => [repository, interpolate`${server}/${repository}`]));
    this.finish({ urls: this.urls });
  }

  private createRegistry(name: string, { network }: RegistryArgs<Azure>): containerregistry.Registry {
    const { raw, stack } = network;
    const keep = guarded(stack, "data");
    return new containerregistry.Registry(
      `${name}-registry`,
      transformed("registry.registry", {
        resourceGroupName: raw.dataResourceGroupName,
        location: raw.location,
        registryName: nameOf(stack, "registry", name),
        sku: { name: tiers[stack.environment] },
        adminUserEnabled: false,
        anonymousPullEnabled: false,
        ...(this.isPrivate
          ? {
              publicNetworkAccess: "Disabled",
              // Defender scans from outside.
              networkRuleBypassOptions: "AzureServices",
              zoneRedundancy: "Enabled",
              policies: {
                // Without it an image could be copied out of the network.
                exportPolicy: { status: "disabled" },
                retentionPolicy: { days: kept.untaggedDays, status: "enabled" },
              },
            }
          : { publicNetworkAccess: "Enabled" }),
        tags: tagsOf(stack, name),
      }),
      { parent: this, protect: keep },
    );
  }

  private createAddress(name: string, { network }: RegistryArgs<Azure>): Resource {
    const { dataResourceGroupName: resourceGroupName } = network.raw;
    return privateEndpoint(this, name, { network, zone: "registry", target: this.registry.id, resourceGroupName });
  }

  private createTask(name: string, { network }: RegistryArgs<Azure>): void {
    const { raw, stack } = network;
    new containerregistry.Task(
      `${name}-purge`,
      {
        resourceGroupName: raw.dataResourceGroupName,
        location: raw.location,
        registryName: this.registry.name,
        taskName: nameOf(stack, "registryTask", "purge"),
        status: "Enabled",
        isSystemTask: false,
        platform: { os: "Linux", architecture: "amd64" },
        agentConfiguration: { cpu: 2 },
        step: { type: "EncodedTask", encodedTaskContent: Buffer.from(purgeTask).toString("base64") },
        trigger: { timerTriggers: [{ name: "nightly", schedule: nightly, status: "Enabled" }] },
        timeout: patience,
        tags: tagsOf(stack, name),
      },
      { parent: this },
    );
  }

  private createJob(name: string, args: RegistryArgs<Azure>, reachable: Resource): Watched<Azure> {
    const { raw, stack } = args.network;
    const { environmentId } = args.hosting.raw;
    if (environmentId === undefined) {
      throw new ConfigError([
        {
          path: "registry",
          problem: "a private registry is cleaned up by a container job, which needs a worker or job to run beside",
          remedy: "add one, or set database.logins.enabled to true, whose job is one",
        },
      ]);
    }
    const common = { resourceGroupName: raw.resourceGroupName, location: raw.location, tags: tagsOf(stack, name) };
    const identity = new managedidentity.UserAssignedIdentity(
      `${name}-purge-identity`,
      { ...common, resourceName: nameOf(stack, "identity", `${name}-purge`) },
      { parent: this },
    );
    const granted = Object.entries(platformRoles.registryCleanup).map(
      ([what, role]) =>
        new authorization.RoleAssignment(
          `${name}-purge-${what}`,
          {
            scope: this.registry.id,
            principalId: identity.principalId,
            principalType: "ServicePrincipal",
            roleDefinitionId: roleId(raw.subscriptionId, role.id),
          },
          { parent: this },
        ),
    );
    const entity = nameOf(stack, "containerJob", `${name}-purge`);
    const job = new app.Job(
      `${name}-purge`,
      {
        ...common,
        jobName: entity,
        environmentId,
        workloadProfileName: "Consumption",
        identity: { type: "UserAssigned", userAssignedIdentities: [identity.id] },
        configuration: {
          triggerType: "Schedule",
          scheduleTriggerConfig: { cronExpression: nightly, parallelism: 1, replicaCompletionCount: 1 },
          replicaTimeout: patience,
          replicaRetryLimit: 0,
        },
        template: {
          containers: [
            {
              name: "purge",
              image: cliImage,
              command: ["bash", "-c"],
              args: [purgeScript],
              env: [
                { name: "AZURE_CLIENT_ID", value: identity.clientId },
                { name: "REGISTRY", value: this.registry.name },
              ],
              resources: { cpu: 0.5, memory: "1Gi" },
            },
          ],
        },
      },
      { parent: this, dependsOn: [reachable, ...granted] },
    );
    const { workspaceId } = args.monitoring.raw;
    sendSignals(this, `${name}-purge`, { stack, resourceUri: job.id, workspaceId, signals: "metrics" });
    return new Watched<Azure>("job", `${name}-purge`, { resourceId: job.id, type: watchedTypes.jobs, entity });
  }

  private createLogs(name: string, { network, monitoring }: RegistryArgs<Azure>): void {
    const workspaceId = monitoring.raw.workspaceId;
    sendSignals(this, name, { stack: network.stack, resourceUri: this.registry.id, workspaceId, signals: "logs and metrics" });
  }
}
