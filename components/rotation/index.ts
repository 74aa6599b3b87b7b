// Rotation: the alarm that the epoch of passwords and secrets is more than 90 days old. It goes off by the cloud's own clock, so it also
// comes where nobody has run a plan for months, and stays until the epoch is raised.
//
// | what  | AWS                                                             | Azure                                                        |
// |-------|-----------------------------------------------------------------|--------------------------------------------------------------|
// | clock | CloudWatch alarm on a date: time of a metric against the due one | a marker in the vault that expires 120 days after the rotation |
// | alarm | the alarm itself, to the alerts' topic                          | the vault's events, 30 days before its end and at it, to the action group |
import { Component, type Family } from "../cloud";
import type { Monitoring } from "../monitoring";
import type { Network } from "../network";
import type { Secrets } from "../secrets";

/** K1: how old an epoch may become. */
export const rotationDays = 90;

export interface RotationArgs<F extends Family> {
  readonly network: Network<F>;
  readonly secrets: Secrets<F>;
  readonly monitoring: Monitoring<F>;
  readonly epoch: number;
  /** The day on which the epoch was raised, as `2026-11-21`. */
  readonly rotatedOn: string;
}

export abstract class Rotation<F extends Family> extends Component<F> {}

/** Seconds since 1970 of the first moment of the day that lies so many days later. */
export function secondsAfter(day: string, days: number): number {
  return Date.parse(`${day}T00:00:00Z`) / 1000 + days * 86_400;
}
