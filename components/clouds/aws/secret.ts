// How a value is kept in Secrets Manager and referred to. Services take the version, so a new value is a new task definition, and a
// rotation is one ordinary update that restarts them in order.
import { Secret, SecretVersion } from "@pulumi/aws/secretsmanager";
import { type ComponentResource, type Input, interpolate, type Output, secret as sealed } from "@pulumi/pulumi";
import { SecretRef } from "../../cloud";
import { guarded, type Stack, tagsOf } from "../../stack";
import type { Aws } from "./family";
import { nameOf } from "./names";

/** A deleted secret can be brought back for this long; without the guard it goes at once, or its name would stay taken. */
const recoveryDays = 30;

export interface StoredSecret {
  readonly secret: Secret;
  readonly version: SecretVersion;
  /** Refers to the version that the program wrote, and to a field of it where the value is JSON. */
  readonly ref: SecretRef<Aws>;
}

/** Writes a value into the vault under the stack's own key. */
export function storeSecret(
  parent: ComponentResource,
  name: string,
  args: {
    readonly stack: Stack;
    readonly component: string;
    readonly description: string;
    readonly keyArn: Output<string>;
    readonly value: Input<string>;
    readonly field?: string;
  },
): StoredSecret {
  const keep = guarded(args.stack, "vault");
  const secret = new Secret(
    nameOf(args.stack, "secret", name),
    {
      description: args.description,
      kmsKeyId: args.keyArn,
      recoveryWindowInDays: keep ? recoveryDays : 0,
      tags: tagsOf(args.stack, args.component),
    },
    { parent, protect: keep },
  );
  const version = new SecretVersion(name, { secretId: secret.id, secretString: sealed(args.value) }, { parent });
  const valueFrom = interpolate`${secret.arn}:${args.field ?? ""}::${version.versionId}`;
  return { secret, version, ref: new SecretRef<Aws>({ arn: secret.arn, valueFrom, keyArn: args.keyArn }) };
}
