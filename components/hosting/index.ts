// Hosting: what services run on and share.
//
// | what            | AWS                                              | Azure                                                       |
// |-----------------|--------------------------------------------------|-------------------------------------------------------------|
// | web, api        | ECS cluster on Fargate                           | App Service plans: services of equal size and scale share one |
// | worker, job     | the same cluster, Spot by choice                 | Container Apps environment                                  |
// | consoles        | ECS Exec, by choice                              | SSH console of App Service, by choice                       |
// | scale of web    | a policy per service                             | one autoscale setting per plan                              |
import { Component, type Family } from "../cloud";
import type { Monitoring } from "../monitoring";
import type { Watched } from "../monitoring/watched";
import type { Network } from "../network";
import type { ServiceSpec } from "../app-service";

export interface HostingArgs<F extends Family> {
  readonly network: Network<F>;
  readonly monitoring: Monitoring<F>;
  readonly services: Readonly<Record<string, ServiceSpec>>;
  /** Whether containers run besides workers and jobs (Azure: then the Container Apps environment is made). Default false. */
  readonly containers?: boolean | undefined;
  /** Whether operators may open a console in running containers. Default false. */
  readonly exec?: boolean | undefined;
}

export abstract class Hosting<F extends Family> extends Component<F> {
  /** What alarms and dashboards look at. */
  abstract readonly watched: readonly Watched<F>[];
  abstract readonly raw: F["hosting"];
}

/**
 * How many services that count requests may share a plan: Azure's autoscale takes ten rules, of which three are those of CPU and memory, and
 * each of these services has one.
 */
export const mostCounted = 7;

/** Which web and api services share a plan: those of equal size and scale. Group names are stable: a group is called after its first service. */
export function planGroups(services: Readonly<Record<string, ServiceSpec>>): Readonly<Record<string, readonly string[]>> {
  const groups = new Map<string, string[]>();
  for (const [name, spec] of Object.entries(services)) {
    if (spec.kind !== "web" && spec.kind !== "api") continue;
    const key = JSON.stringify([spec.cpu, spec.memoryMb, spec.scale]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [name]);
    else group.push(name);
  }
  return Object.fromEntries([...groups.values()].map((members) => [members[0], members]));
}

/** Whether a plan has more services than its scaling has rules for the requests of each. They share one scale. */
export function isCrowded({ requestsPerSecond }: ServiceSpec["scale"], members: readonly string[]): boolean {
  return requestsPerSecond !== undefined && members.length > mostCounted;
}
