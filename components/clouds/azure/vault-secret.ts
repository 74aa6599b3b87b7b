// A secret in the stack's vault. A rotation is a new version of the same secret; its reference has the version: a new value is a new
// reference, and services that use it restart.
import * as keyvault from "@pulumi/azure-native/keyvault";
import { type ComponentResource, type Input, type Output, unknown } from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { SecretRef } from "../../cloud";
import type { Network } from "../../network/index";
import { tagsOf } from "../../stack";
import type { Azure } from "./family";
import { nameOf } from "./names";

/**
 * Keeps a value in the vault. `part` is the secret's name there, with a random end that is made with the secret and forgotten with it: a
 * secret that left the program stays in the vault, closed to every service, and one that comes back under its name would be refused
 * ("already exists"; after a deletion by hand 409, for as long as it can be recovered).
 */
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
  const named = new random.RandomId(`${name}-name`, { byteLength: 3, prefix: `${nameOf(stack, "secret", args.part)}-` }, { parent });
  return new keyvault.Secret(
    name,
    {
      resourceGroupName: raw.dataResourceGroupName,
      vaultName: args.vaultName,
      secretName: named.hex,
      properties: { value: args.value, attributes: { enabled: true } },
      tags: tagsOf(stack, args.component),
    },
    // The provider deletes secrets over the vault's data plane, which is closed to everyone outside the network; the vault takes them along.
    { parent, retainOnDelete: true },
  );
}

/** The reference to a secret's present version. Where a preview leaves the address out it is unknown, not missing. */
export function referenceTo(secret: keyvault.Secret): SecretRef<Azure> {
  // The SDK has no type for a value that is unknown.
  const uri = secret.properties.apply(({ secretUriWithVersion }) => secretUriWithVersion ?? (unknown as never));
  return new SecretRef<Azure>({ uri, scope: secret.id, resource: secret });
}
