// The escape hatch: change any input of the main Azure resources without touching a component. Add a pure function under the key of
// component and resource, for example
//   "database.server": (args) => ({ ...args, storage: { ...args.storage, tier: "P30" } }),
import type { ComponentArgs } from "@pulumi/azure-native/applicationinsights";
import type { ContainerAppArgs, JobArgs, ManagedEnvironmentArgs } from "@pulumi/azure-native/app";
import type { RegistryArgs } from "@pulumi/azure-native/containerregistry";
import type { ProfileArgs } from "@pulumi/azure-native/cdn";
import type { VirtualMachineArgs } from "@pulumi/azure-native/compute";
import type { BudgetArgs } from "@pulumi/azure-native/consumption";
import type { BackupVaultArgs } from "@pulumi/azure-native/dataprotection";
import type { ServerArgs } from "@pulumi/azure-native/dbforpostgresql";
import type { KeyArgs, VaultArgs } from "@pulumi/azure-native/keyvault";
import type { ActionGroupArgs } from "@pulumi/azure-native/monitor";
import type {
  ApplicationGatewayArgs,
  BastionHostArgs,
  NatGatewayArgs,
  NetworkSecurityGroupArgs,
  VirtualNetworkArgs,
  VirtualNetworkGatewayArgs,
  VirtualNetworkGatewayConnectionArgs,
} from "@pulumi/azure-native/network";
import type { WorkspaceArgs } from "@pulumi/azure-native/operationalinsights";
import type { DatabaseArgs, RedisEnterpriseArgs } from "@pulumi/azure-native/redisenterprise";
import type { ResourceGroupArgs } from "@pulumi/azure-native/resources";
import type { NamespaceArgs, QueueArgs, TopicArgs } from "@pulumi/azure-native/servicebus";
import type { StorageAccountArgs } from "@pulumi/azure-native/storage";
import type { AppServicePlanArgs, WebAppArgs } from "@pulumi/azure-native/web";

export interface TransformedArgs {
  readonly "network.resourceGroup": ResourceGroupArgs;
  readonly "network.natGateway": NatGatewayArgs;
  readonly "network.securityGroup": NetworkSecurityGroupArgs;
  readonly "network.virtualNetwork": VirtualNetworkArgs;
  readonly "storage.account": StorageAccountArgs;
  readonly "staticSite.account": StorageAccountArgs;
  readonly "edge.profile": ProfileArgs;
  readonly "monitoring.workspace": WorkspaceArgs;
  readonly "monitoring.actionGroup": ActionGroupArgs;
  readonly "monitoring.insights": ComponentArgs;
  readonly "secrets.vault": VaultArgs;
  readonly "secrets.key": KeyArgs;
  readonly "gateway.applicationGateway": ApplicationGatewayArgs;
  readonly "database.server": ServerArgs;
  readonly "database.replica": ServerArgs;
  readonly "cache.cluster": RedisEnterpriseArgs;
  readonly "cache.database": DatabaseArgs;
  readonly "queue.namespace": NamespaceArgs;
  readonly "queue.queue": QueueArgs;
  readonly "topic.topic": TopicArgs;
  readonly "registry.registry": RegistryArgs;
  readonly "hosting.plan": AppServicePlanArgs;
  readonly "hosting.environment": ManagedEnvironmentArgs;
  readonly "appService.site": WebAppArgs;
  readonly "appService.containerApp": ContainerAppArgs;
  readonly "appService.job": JobArgs;
  readonly "budget.budget": BudgetArgs;
  readonly "backup.vault": BackupVaultArgs;
  readonly "bastion.entrance": BastionHostArgs;
  readonly "bastion.host": VirtualMachineArgs;
  readonly "vpn.gateway": VirtualNetworkGatewayArgs;
  readonly "vpn.connection": VirtualNetworkGatewayConnectionArgs;
}

export type Transforms = { readonly [K in keyof TransformedArgs]?: (args: TransformedArgs[K]) => TransformedArgs[K] };

/** Yours to fill. Every resource of a kind passes through its function, so look at the args to tell them apart. */
export const transforms: Transforms = {};

/** The args that a resource is made from: those of the component, or what the transform of that key makes of them. */
export function transformed<K extends keyof TransformedArgs>(
  key: K,
  args: TransformedArgs[K],
  by: Transforms = transforms,
): TransformedArgs[K] {
  return by[key]?.(args) ?? args;
}
