// AppService: one service of the application, from an image.
//
// | kind     | AWS                                                        | Azure                                                     |
// |----------|------------------------------------------------------------|-----------------------------------------------------------|
// | web, api | Fargate service behind the load balancer                   | App Service site behind Application Gateway               |
// | worker   | Fargate service without a port                             | Container App, scaled by KEDA                             |
// | job      | Fargate task by a schedule, or started by hand             | Container Apps job                                        |
// | rolling  | new tasks first, circuit breaker, rolled back by itself    | in place, overlapped by the platform; no rollback         |
// | traces   | a collector beside each web, api and worker (X-Ray)          | the same (Application Insights); web and api then listen on 8080 |
// | canary,  | a second service and target group, weights in the rule of  | a slot beside the site, traffic by its ramp-up rule,      |
// | blueGreen | the balancer, preview by a header                         | preview by the slot's own host                            |
// | identity | task role of its own                                       | user-assigned identity of its own                         |
import type { Output } from "@pulumi/pulumi";
import { Component, type Family, type Place } from "../cloud";
import type { Fault } from "../fault";
import type { Hosting } from "../hosting";
import type { Limits } from "../limits";
import type { Monitoring } from "../monitoring";
import type { Watched } from "../monitoring/watched";
import type { Network } from "../network";
import type { Registry } from "../registry";
import type { Secrets } from "../secrets";
import { type Access, reservedEnv, type Use } from "../use";
import type { Candidate, Rollout, Strategy } from "./rollout";

export const kinds = ["web", "api", "worker", "job"] as const;
export type Kind = (typeof kinds)[number];

export interface Scale {
  readonly min: number;
  readonly max: number;
  /** Percent of CPU above which instances are added after 5 minutes, and below which they are removed after 10. Defaults 70, 30. */
  readonly cpuAbove: number;
  readonly cpuBelow: number;
  /** Percent of memory above which instances are added. Default 80. */
  readonly memoryAbove: number;
  /** Instances added at a time. Default 1. */
  readonly step: number;
  /** Requests per second and instance above which instances are added (web and api). */
  readonly requestsPerSecond?: number | undefined;
  /** Workers: messages in the queue per instance. Backlog 0 means `min`; 100 times this means `max` at most. */
  readonly backlogPerInstance?: number | undefined;
  /** Other limits at certain times: `{ cron: "0 20 * * 1-5", timezone: "UTC", min: 0, max: 0 }`. Cron has five fields. */
  readonly schedules: readonly ScaleSchedule[];
}

export interface ScaleSchedule {
  readonly name: string;
  /** When these limits begin, as cron of five fields; they hold until another schedule begins. */
  readonly cron: string;
  readonly timezone: string;
  readonly min: number;
  readonly max: number;
}

/** The plain half of a service. */
export interface ServiceSpec {
  readonly kind: Kind;
  /** An image reference, by tag or digest; without a host (`api:1.2.3`) one of the platform's own registry. */
  readonly image: string;
  /** The command instead of the image's own. */
  readonly command?: readonly string[] | undefined;
  /** Default 3000. Workers and jobs have none. With a collector beside it App Service leads to 80 or 8080 only: PORT says where to listen. */
  readonly port: number;
  readonly healthPath: string;
  readonly readyPath: string;
  /** Where it names its version, the tag of its image; the deploy command asks it. Nothing of a cloud is made of it. */
  readonly versionPath?: string | undefined;
  /** vCPU: 0.25, 0.5, 1, 2, 4. */
  readonly cpu: number;
  readonly memoryMb: number;
  readonly scale: Scale;
  /** Paths and hosts of the gateway that lead here (web and api). */
  readonly routes: { readonly paths: readonly string[]; readonly hosts: readonly string[] };
  /** Private: no route from the internet. */
  readonly internal: boolean;
  /** Origins that a browser may call this service from: becomes CORS_ORIGINS for the app; Azure also answers them itself. */
  readonly cors: readonly string[];
  /** Requests per IP and 5 minutes for this service's paths. */
  readonly rateLimit?: number | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** Environment name -> name of an application secret. */
  readonly secrets: Readonly<Record<string, string>>;
  /** `{ database: "readWrite", jobs: "send", api: "call" }`: what it uses, by the name in the settings. */
  readonly uses: Readonly<Record<string, string>>;
  /** Job: cron of five fields in UTC; undefined: started by hand. */
  readonly schedule?: string | undefined;
  /** Job: minutes after which Azure ends a run. Default 720. Refused on AWS, where a task runs for as long as it wants. */
  readonly timeoutMinutes?: number | undefined;
  /** Workers and jobs on spare capacity (AWS only; refused on Azure). */
  readonly spot: boolean;
  /** Whether the root file system is read-only. Default true (a container of App Service has no such switch: the contract says so). */
  readonly readOnlyRoot: boolean;
  /** The numeric user the container runs as. Default 1000 (AWS; on Azure the image decides). */
  readonly user: number;
  /** How a new image is brought in. Workers and jobs: `rolling` only. */
  readonly deployment: Strategy;
  /** The image that a rollout brings in beside the stable one, with its share of the traffic; none outside of rollouts. */
  readonly candidate?: Candidate | undefined;
}

export interface AppServiceArgs<F extends Family> {
  readonly spec: ServiceSpec;
  readonly network: Network<F>;
  readonly hosting: Hosting<F>;
  readonly monitoring: Monitoring<F>;
  readonly secrets: Secrets<F>;
  /** Where it is reached; web and api have one, worker and job none. */
  readonly place?: Place<F> | undefined;
  readonly uses: readonly Use<F>[];
  /** The platform's own registry; an image without a host is one of its. */
  readonly registry?: Registry<F> | undefined;
  /** By what a candidate is judged. Default: the values of the requirements (A5). */
  readonly rollout?: Rollout | undefined;
}

/** Where the images of a web or api service run, for whoever moves traffic between them. */
export interface Tracks {
  /** What the metrics of the stable image are kept under. AWS: ARN of the target group. Azure: id of the site. */
  readonly stableId: Output<string>;
  /** Where the metrics of both are kept. AWS: the balancer, as its metrics name it. Azure: id of the workspace with the logs of requests. */
  readonly metricsScope: Output<string>;
  readonly candidate: CandidateTrack | undefined;
}

export interface CandidateTrack {
  /** AWS: ARN of its target group. Azure: id of the slot. */
  readonly id: Output<string>;
  /** What runs it. AWS: ARN of its ECS service. Azure: id of the slot. */
  readonly workloadId: Output<string>;
  /** Where it answers whatever its share of the traffic. AWS: the service's own address, with `previewHeader`. Azure: the slot's host. */
  readonly previewUrl: Output<string>;
  /** `name: value`; empty where the address alone leads to the candidate. */
  readonly previewHeader: string;
  /** The alarms that judge it: errors, response time, health. AWS: ARNs. Azure: resource ids. */
  readonly alarmIds: readonly Output<string>[];
}

/** What starting a job takes besides the cloud's login. No secret: it stands in the stack's outputs. */
export interface Startable {
  /** AWS: ARN of the task definition. Azure: id of the Container Apps job. */
  readonly id: Output<string>;
  /** Where it runs. AWS: ARN of the cluster. Azure: id of the Container Apps environment. */
  readonly hostId: Output<string>;
  /** AWS: where the task gets its address, and its firewall. Azure: none, as the environment has them. */
  readonly subnetIds: Output<string[]>;
  readonly securityGroupIds: Output<string[]>;
  /** Where its output goes. AWS: name of the log group. Azure: id of the workspace. */
  readonly logs: Output<string>;
}

export abstract class AppService<F extends Family> extends Component<F> {
  /** What other services call; undefined for workers and jobs. */
  abstract readonly url: Output<string> | undefined;
  /** What alarms and dashboards look at. */
  abstract readonly watched: readonly Watched<F>[];
  /** Undefined for workers and jobs. */
  abstract readonly tracks: Tracks | undefined;
  /** What keeps the limits of its scaling; undefined where nothing scales it, and for a worker on Azure, which keeps them itself. */
  abstract readonly scaling: F["scaling"] | undefined;
  /** Jobs only, scheduled ones too. */
  abstract readonly job: Startable | undefined;
  /** What runs it all the time. AWS: ARN of the ECS service. Azure: id of the site or Container App. Undefined for jobs. */
  abstract readonly workloadId: Output<string> | undefined;
  /** API_URL, and the one rule that lets the caller in. Throws for a worker or job. */
  abstract use(access: Access["service"]): Use<F>;
}

/** What is wrong with a service on a cloud. */
export function check(spec: ServiceSpec, limits: Limits): Fault[] {
  const faults: Fault[] = [];
  const served = spec.kind === "web" || spec.kind === "api";
  const pairs = limits.service.pairs[spec.kind];
  const memory = pairs.get(spec.cpu);
  if (memory === undefined) {
    faults.push({
      path: "cpu",
      given: spec.cpu,
      problem: `${limits.cloud} sells ${spec.kind} services with ${[...pairs.keys()].join(", ")} vCPU`,
      remedy: "choose one of these",
    });
  } else if (!memory.includes(spec.memoryMb)) {
    faults.push({
      path: "memoryMb",
      given: spec.memoryMb,
      problem: `with ${spec.cpu} vCPU ${limits.cloud} sells ${memory.join(", ")} MiB`,
      remedy: "choose one of these, or another cpu",
    });
  }
  const { min, max } = spec.scale;
  if (min > max) {
    faults.push({
      path: "scale.min",
      given: min,
      problem: `greater than scale.max, which is ${max}`,
      remedy: "set scale.min to at most scale.max",
    });
  }
  if (max > limits.service.maxInstances) {
    faults.push({
      path: "scale.max",
      given: max,
      problem: `${limits.cloud} runs at most ${limits.service.maxInstances} instances`,
      remedy: `set scale.max to ${limits.service.maxInstances} or less`,
    });
  }
  if (served && min < 1) {
    faults.push({
      path: "scale.min",
      given: min,
      problem: `a ${spec.kind} service has at least one instance`,
      remedy: "set scale.min to 1 or more",
    });
  }
  if (spec.scale.cpuBelow >= spec.scale.cpuAbove) {
    faults.push({
      path: "scale.cpuBelow",
      given: spec.scale.cpuBelow,
      problem: `not below scale.cpuAbove, which is ${spec.scale.cpuAbove}`,
      remedy: "leave a gap between them, or instances come and go without end",
    });
  }
  if (served && limits.service.fixedScaleCpus.includes(spec.cpu) && min !== max) {
    faults.push({
      path: "scale.max",
      given: max,
      problem: `${limits.cloud} does not scale a service of ${spec.cpu} vCPU by itself (Basic plan)`,
      remedy: `set scale.max to scale.min (${min}), or choose a larger cpu`,
    });
  }
  faults.push(...checkDeployment(spec, limits));
  if (spec.spot && (served || !limits.service.spot)) {
    faults.push({
      path: "spot",
      given: true,
      problem: served ? "only workers and jobs run on spare capacity" : `${limits.cloud} has no spare capacity for containers`,
      remedy: "set spot to false",
    });
  }
  if (spec.schedule !== undefined && spec.kind !== "job") {
    faults.push({
      path: "schedule",
      given: spec.schedule,
      problem: `a ${spec.kind} runs all the time`,
      remedy: "make it a job, or remove schedule",
    });
  }
  if (spec.timeoutMinutes !== undefined && (spec.kind !== "job" || !limits.service.jobTimeouts)) {
    faults.push({
      path: "timeoutMinutes",
      given: spec.timeoutMinutes,
      problem: spec.kind === "job" ? `${limits.cloud} ends no run of a job` : `a ${spec.kind} runs all the time`,
      remedy: spec.kind === "job" ? "remove it, and let the job's own command end it (`timeout 3600 …`)" : "remove it",
    });
  }
  if (spec.scale.backlogPerInstance !== undefined && (spec.kind !== "worker" || !Object.values(spec.uses).includes("receive"))) {
    faults.push({
      path: "scale.backlogPerInstance",
      given: spec.scale.backlogPerInstance,
      problem: "scaling on a backlog needs a worker that receives from a queue",
      remedy: "add a use with the word `receive`, or remove it",
    });
  }
  if (spec.scale.requestsPerSecond !== undefined && !served) {
    faults.push({
      path: "scale.requestsPerSecond",
      given: spec.scale.requestsPerSecond,
      problem: `a ${spec.kind} gets no requests`,
      remedy: "remove it",
    });
  }
  if (served && spec.uses.files === "read" && !limits.service.readOnlySites) {
    faults.push({
      path: "uses.files",
      given: "read",
      problem: `${limits.cloud} mounts shared files into web and api services for reading and writing only`,
      remedy: "use readWrite, or let a worker read them",
    });
  }
  for (const name of [...Object.keys(spec.env), ...Object.keys(spec.secrets)]) {
    const path = name in spec.env ? `env.${name}` : `secrets.${name}`;
    if (!/^[A-Z_][A-Z0-9_]*$/.test(name)) {
      faults.push({
        path,
        given: name,
        problem: "not a name of an environment variable",
        remedy: "use capital letters, digits and _; begin with a letter",
      });
    } else if (reservedEnv.exact.some((taken) => taken === name) || reservedEnv.prefixes.some((prefix) => name.startsWith(prefix))) {
      faults.push({ path, given: name, problem: "the platform or the cloud's runtime sets this one", remedy: "choose another name" });
    }
  }
  return faults;
}

/** Whether a candidate can stand beside the stable image. */
function checkDeployment({ kind, cpu, deployment, candidate }: ServiceSpec, limits: Limits): Fault[] {
  const served = kind === "web" || kind === "api";
  const faults: Fault[] = [];
  if (!served && deployment !== "rolling") {
    faults.push({
      path: "deployment",
      given: deployment,
      problem: `a ${kind} gets no requests, so there is no traffic to shift`,
      remedy: "set deployment to rolling",
    });
  }
  if (served && deployment !== "rolling" && limits.service.noCandidateCpus.includes(cpu)) {
    faults.push({
      path: "deployment",
      given: deployment,
      problem: `a service of ${cpu} vCPU (Basic plan) has no slot on ${limits.cloud} for a candidate`,
      remedy: "set deployment to rolling, or choose a larger cpu",
    });
  }
  if (candidate === undefined) return faults;
  if (!served) {
    faults.push({
      path: "candidate",
      given: candidate.image,
      problem: `a ${kind} gets no requests, so a candidate could not be given a share of them`,
      remedy: "remove it, and change image",
    });
  } else if (deployment === "rolling") {
    faults.push({
      path: "candidate",
      given: candidate.image,
      problem: "a rolling deployment replaces the image in place",
      remedy: "set deployment to canary or blueGreen, or remove candidate",
    });
  }
  if (!Number.isInteger(candidate.percent) || candidate.percent < 0 || candidate.percent > 100) {
    faults.push({
      path: "candidate.percent",
      given: candidate.percent,
      problem: "not a share of the traffic",
      remedy: "choose a whole number from 0 to 100",
    });
  }
  return faults;
}
