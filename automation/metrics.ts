// What a rollout is judged by, the same on both clouds: what the cloud measured of one track of a service, and which of it is a breach.
import type { RolloutLimits } from "../components/app-service/rollout";

/** One image of a service where the cloud measures it, as the stack's output `deployments` names it. */
export interface Track {
  /** AWS: ARN of the target group. Azure: id of the site or the slot. */
  readonly id: string;
  /** AWS: the balancer, as its metrics name it. Azure: id of the workspace with the logs of requests. */
  readonly scope: string;
}

/** `unknown`: the cloud has reported nothing yet, which is neither. */
export type Wellness = "healthy" | "unhealthy" | "unknown";

/** A span of time of a track. */
export interface Reading {
  readonly requests: number;
  /** Answers of status 500 and above; AWS: and requests that an instance took and did not answer. */
  readonly errors: number;
  /** Milliseconds within which 95 of 100 requests were answered; undefined without requests. */
  readonly p95Ms: number | undefined;
  /** At the end of the span, as far as it was measured since the span began. */
  readonly health: Wellness;
}

/** Seconds: figures of a minute are whole two minutes later in CloudWatch; a line of the log is in the workspace within five. */
export const lateness = { aws: 120, azure: 300 } as const;

export interface Metrics {
  /** How late the cloud's figures come: the last seconds before now are not known yet. */
  readonly lateSeconds: number;
  /** Rejects when the cloud can't be asked. */
  read(track: Track, from: Date, to: Date): Promise<Reading>;
}

/** What of a reading is beyond its limits, in words; undefined: nothing. Of too few requests only the health counts. */
export function breachOf(reading: Reading, { errorPercent, responseMs, minRequests }: RolloutLimits): string | undefined {
  const { requests, errors, p95Ms, health } = reading;
  if (health === "unhealthy") return "an instance does not answer its probe";
  if (requests <= minRequests) return undefined;
  if (100 * errors > errorPercent * requests)
    return `${percent(errors, requests)} % of ${requests} requests failed (limit ${errorPercent} %)`;
  if (p95Ms !== undefined && p95Ms > responseMs)
    return `5 of 100 of ${requests} requests took longer than ${Math.round(p95Ms)} ms (limit ${responseMs} ms)`;
  return undefined;
}

/** A reading as a line of the log; says so where there is no verdict on rates. */
export function told({ requests, errors, p95Ms, health }: Reading, { minRequests }: RolloutLimits): string {
  if (requests <= minRequests) return `${health}, ${requests} requests: too few to judge rates (more than ${minRequests} are needed)`;
  const slow = p95Ms === undefined ? "" : `, p95 ${Math.round(p95Ms)} ms`;
  return `${health}, ${requests} requests, ${percent(errors, requests)} % failed${slow}`;
}

function percent(part: number, whole: number): number {
  return Math.round((1000 * part) / whole) / 10;
}
