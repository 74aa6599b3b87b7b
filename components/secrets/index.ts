// Secrets: the vault, the customer-managed key of the data, and the application's secrets by name.
//
// | what        | AWS                                               | Azure                                                       |
// |-------------|---------------------------------------------------|-------------------------------------------------------------|
// | vault       | Secrets Manager, secrets encrypted with the key   | Key Vault with private endpoint, in the group of the data   |
// | key         | KMS key (hardware-backed, FIPS 140-3 level 3), rotated yearly | Key Vault key, rotated every 90 days; in prod RSA-HSM of a Premium vault |
// | secret      | Secret and its version                            | Key Vault secret, versioned reference                       |
// | rotation    | by the epoch: what is generated is made anew, its last value stays readable beside it                             |
import type { Output } from "@pulumi/pulumi";
import { Component, type Family, type SecretRef } from "../cloud";
import { envName } from "../use";
import type { Monitoring } from "../monitoring";
import type { Network } from "../network";

/** `generate` lets the platform make 48 random letters and digits; else the value is a secret of the stack's config. */
export type SecretSource = { readonly generate: true } | { readonly value: Output<string> };

export interface SecretsArgs<F extends Family> {
  readonly network: Network<F>;
  /** Where Azure's vault sends its logs and metrics; on AWS the audit trail has them. */
  readonly monitoring?: Monitoring<F> | undefined;
  /** Application secrets by name: `jwt-signing-key`. */
  readonly secrets: Readonly<Record<string, SecretSource>>;
  /** Counts rotations: what the platform generated is made anew when it changes. */
  readonly rotationEpoch: number;
}

export abstract class Secrets<F extends Family> extends Component<F> {
  /** The reference of an application secret. Throws for a name that was not given. */
  abstract secret(name: string): SecretRef<F>;
  /** What a generated secret was in the epoch before, so that what was signed with it can still be verified. Undefined for given values. */
  abstract previous(name: string): SecretRef<F> | undefined;
  abstract readonly raw: F["secrets"];
}

/** The variable of the value before: `JWT_SIGNING_KEY` has `JWT_SIGNING_KEY_PREVIOUS` beside it. */
export function previousVariable(variable: string): string {
  return envName(variable, "previous");
}

/** The variables of a service's application secrets: each, and for what is generated its last value. */
export function variablesOf<F extends Family>(
  given: Readonly<Record<string, string>>,
  secrets: Pick<Secrets<F>, "secret" | "previous">,
): Record<string, SecretRef<F>> {
  return Object.fromEntries(
    Object.entries(given).flatMap(([variable, name]) => {
      const previous = secrets.previous(name);
      return [[variable, secrets.secret(name)] as const, ...(previous ? [[previousVariable(variable), previous] as const] : [])];
    }),
  );
}

/**
 * The two values of a generated secret that are readable in an epoch. Two generators take turns, so the one of the last epoch is left
 * as it was; in the first epoch the last value is one that nothing was ever signed with.
 */
export function turnsOf(epoch: number): { readonly current: Turn; readonly last: Turn } {
  const turn = (each: number): Turn => ({ generator: each % 2 === 1 ? "odd" : "even", epoch: each });
  return { current: turn(epoch), last: turn(epoch - 1) };
}

export interface Turn {
  readonly generator: "odd" | "even";
  readonly epoch: number;
}
