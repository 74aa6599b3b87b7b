// Which image an ECS service runs, as ECS itself reports it: its circuit breaker puts the one before back without a word to Pulumi.
import { DescribeServicesCommand, DescribeTaskDefinitionCommand, ECSClient, type ECSClientConfig } from "@aws-sdk/client-ecs";
import type { Running } from "./version";

/** `id`: `arn:aws:ecs:<region>:<account>:service/<cluster>/<service>`. */
export async function awsRunning(config: ECSClientConfig, id: string): Promise<Running> {
  const client = new ECSClient(config);
  const [, cluster, service] = id.split("/");
  if (cluster === undefined || service === undefined) throw new Error(`${id} names no cluster and service`);
  const { services = [] } = await client.send(new DescribeServicesCommand({ cluster, services: [service] }));
  const primary = services[0]?.deployments?.find(({ status }) => status === "PRIMARY");
  if (primary?.taskDefinition === undefined) throw new Error(`ECS knows no deployment of ${service}`);
  const { taskDefinition } = await client.send(new DescribeTaskDefinitionCommand({ taskDefinition: primary.taskDefinition }));
  // Its own container is the first; a collector stands behind it.
  const image = taskDefinition?.containerDefinitions?.[0]?.image;
  if (image === undefined) throw new Error(`ECS knows no image of ${primary.taskDefinition}`);
  return { image, settled: primary.rolloutState === "COMPLETED" };
}
