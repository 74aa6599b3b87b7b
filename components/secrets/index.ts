// Secrets: the vault, the customer-managed key of the data, and the application's secrets by name.
//
// | what        | AWS                                               | Azure                                                       |
// |-------------|---------------------------------------------------|-------------------------------------------------------------|
// | vault       | Secrets Manager, secrets encrypted with the key   | Key Vault with private endpoint, in the group of the data   |
// | key         | KMS key, rotated yearly                           | Key Vault key, rotated every 90 days; HSM-backed in prod    |
// | secret      | Secret and its version                            | Key Vault secret, versioned reference                       |
import type { Output } from "@pulumi/pulumi";
import { Component, type Family, type SecretRef } from "../cloud";
import type { Network } from "../network";

/** `generate` lets the platform make 48 random letters and digits; else the value is a secret of the stack's config. */
export type SecretSource = { readonly generate: true } | { readonly value: Output<string> };

export interface SecretsArgs<F extends Family> {
  readonly network: Network<F>;
  /** Application secrets by name: `jwt-signing-key`. */
  readonly secrets: Readonly<Record<string, SecretSource>>;
  /** Counts rotations: what the platform generated is made anew when it changes. */
  readonly rotationEpoch: number;
}

export abstract class Secrets<F extends Family> extends Component<F> {
  /** The reference of an application secret. Throws for a name that was not given. */
  abstract secret(name: string): SecretRef<F>;
  abstract readonly raw: F["secrets"];
}
