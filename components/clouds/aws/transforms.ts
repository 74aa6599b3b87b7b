// The escape hatch: change any input of the main AWS resources without touching a component. Add a pure function under the key of
// component and resource, for example
//   "database.instance": (args) => ({ ...args, caCertIdentifier: "rds-ca-ecc384-g1" }),
import type { VpcArgs } from "@pulumi/awsx/ec2";
import type { DistributionArgs } from "@pulumi/aws/cloudfront";
import type { PlanArgs, VaultArgs } from "@pulumi/aws/backup";
import type { BudgetArgs } from "@pulumi/aws/budgets";
import type { ClusterArgs, ServiceArgs, TaskDefinitionArgs } from "@pulumi/aws/ecs";
import type { LaunchTemplateArgs, VpnConnectionArgs } from "@pulumi/aws/ec2";
import type { RepositoryArgs } from "@pulumi/aws/ecr";
import type { ReplicationGroupArgs } from "@pulumi/aws/elasticache";
import type { KeyArgs } from "@pulumi/aws/kms";
import type { ListenerArgs, LoadBalancerArgs, TargetGroupArgs } from "@pulumi/aws/lb";
import type { InstanceArgs, ParameterGroupArgs, ProxyArgs } from "@pulumi/aws/rds";
import type { BucketArgs } from "@pulumi/aws/s3";
import type { TopicArgs } from "@pulumi/aws/sns";
import type { QueueArgs } from "@pulumi/aws/sqs";

export interface TransformedArgs {
  readonly "network.vpc": VpcArgs;
  readonly "storage.bucket": BucketArgs;
  readonly "monitoring.topic": TopicArgs;
  readonly "secrets.key": KeyArgs;
  readonly "staticSite.bucket": BucketArgs;
  readonly "edge.distribution": DistributionArgs;
  readonly "gateway.balancer": LoadBalancerArgs;
  readonly "gateway.listener": ListenerArgs;
  readonly "database.instance": InstanceArgs;
  readonly "database.replica": InstanceArgs;
  readonly "database.parameters": ParameterGroupArgs;
  readonly "database.proxy": ProxyArgs;
  readonly "cache.group": ReplicationGroupArgs;
  readonly "queue.queue": QueueArgs;
  readonly "queue.deadLetters": QueueArgs;
  readonly "topic.topic": TopicArgs;
  readonly "registry.repository": RepositoryArgs;
  readonly "hosting.cluster": ClusterArgs;
  readonly "appService.task": TaskDefinitionArgs;
  readonly "appService.service": ServiceArgs;
  readonly "appService.targetGroup": TargetGroupArgs;
  readonly "budget.budget": BudgetArgs;
  readonly "backup.vault": VaultArgs;
  readonly "backup.plan": PlanArgs;
  readonly "bastion.template": LaunchTemplateArgs;
  readonly "vpn.connection": VpnConnectionArgs;
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
