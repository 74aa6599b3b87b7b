// Probe: asks the platform from outside whether it answers, from several places of the world.
//
// | what          | AWS                                                   | Azure                                                   |
// |---------------|-------------------------------------------------------|---------------------------------------------------------|
// | probe         | Route 53 health check every 30 s                      | Application Insights web test every 5 min, five places  |
// | certificate   | ACM says how long it lasts                            | a second web test, as nothing else sees it              |
import type { Output } from "@pulumi/pulumi";
import { Component, type Family } from "../cloud";
import type { Fault } from "../fault";
import type { Monitoring } from "../monitoring";
import type { Watched } from "../monitoring/watched";
import { isRestricted, type Network } from "../network";

export interface ProbeArgs<F extends Family> {
  readonly network: Network<F>;
  readonly monitoring: Monitoring<F>;
  /** A name that is served with TLS to the internet. */
  readonly host: string;
  /** Must answer 200. */
  readonly path: string;
}

export abstract class Probe<F extends Family> extends Component<F> {
  /** What is asked: `https://<host><path>`. */
  abstract readonly url: Output<string>;
  abstract readonly watched: readonly Watched<F>[];
}

/** Whether the platform can be asked from outside at all, and if not why. */
export function check(reach: { readonly domain: boolean; readonly allowedCidrs: readonly string[] }): Fault[] {
  const closed = isRestricted(reach);
  if (reach.domain && !closed) return [];
  return [
    {
      path: "monitoring.uptime",
      given: true,
      problem: reach.domain
        ? "only network.allowedCidrs may connect, and a probe comes from anywhere"
        : "without `domain` nothing is served to the internet with TLS",
      remedy: reach.domain
        ? "add 0.0.0.0/0 to network.allowedCidrs, or set monitoring.uptime to false"
        : "set `domain`, or set monitoring.uptime to false",
    },
  ];
}
