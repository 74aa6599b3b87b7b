// A secret in the stack's vault. Its reference has the version: a new value is a new reference, and services that use it restart.
import type { ComponentResource, Input, Output } from "@pulumi/pulumi";
import * as keyvault from "@pulumi/azure-native/keyvault";
import { SecretRef } from "../../cloud";
import type { Network } from "../../network/index";
import { tagsOf } from "../../stack";
import type { Azure } from "./family";
import { nameOf } from "./names";

/** Keeps a value in the vault. `part` is the secret's name there. */
export function vaultSecret(
  parent: ComponentResource,
  name: string,
  args: {
    readonly network: Network<Azure>;
    readonly vaultName: Output<string>;
    readonly component: string;
    readonly part: string;
    readonly value: Input<string>;
  },
): keyvault.Secret {
  const { raw, stack } = args.network;
  return new keyvault.Secret(
    name,
    {
      resourceGroupName: raw.dataResourceGroupName,
      vaultName: args.vaultName,
      secretName: nameOf(stack, "secret", args.part),
      properties: { value: args.value, attributes: { enabled: true } },
      tags: tagsOf(stack, args.component),
    },
    // The provider deletes secrets over the vault's data plane, which is closed to everyone outside the network; the vault takes them along.
    { parent, retainOnDelete: true },
  );
}

/** The reference to a secret's present version. */
export function referenceTo(secret: keyvault.Secret): SecretRef<Azure> {
  return new SecretRef<Azure>({ uri: secret.properties.secretUriWithVersion, scope: secret.id, resource: secret });
}
