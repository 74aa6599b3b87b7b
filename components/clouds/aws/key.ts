// The customer-managed keys of a stack: one for data, one for logs and alerts, one for messages, alike but for their policy.
import { Alias, Key } from "@pulumi/aws/kms";
import type { ComponentResource } from "@pulumi/pulumi";
import type { Network } from "../../network";
import { guarded, tagsOf } from "../../stack";
import type { Aws } from "./family";
import { nameOf } from "./names";
import { keyPolicy, type KeyUser } from "./policies";
import { transformed } from "./transforms";

/** The days between a key's deletion and its end: all that is encrypted with it ends too. AWS takes 7 to 30. */
const deletionDays = { guarded: 30, other: 7 } as const;

/** Makes a key that is rotated every year, and the alias by which operators find it. */
export function createKey(
  parent: ComponentResource,
  name: string,
  args: {
    readonly network: Network<Aws>;
    /** Another region than the stack's. */
    readonly region?: string;
    readonly component: string;
    readonly description: string;
    readonly users: readonly KeyUser[];
  },
): Key {
  const { stack, raw } = args.network;
  const elsewhere = args.region === undefined ? {} : { region: args.region };
  const keep = guarded(stack, "vault");
  const key = new Key(
    `${name}-key`,
    transformed("secrets.key", {
      ...elsewhere,
      description: args.description,
      enableKeyRotation: true,
      deletionWindowInDays: keep ? deletionDays.guarded : deletionDays.other,
      policy: keyPolicy({ region: args.region ?? stack.region, accountId: raw.accountId }, args.users),
      tags: tagsOf(stack, args.component),
    }),
    { parent, protect: keep },
  );
  new Alias(`${name}-key`, { ...elsewhere, name: `alias/${nameOf(stack, "keyAlias", name)}`, targetKeyId: key.keyId }, { parent });
  return key;
}
