// Secrets on AWS: the key of the data and the application's secrets in Secrets Manager. AWS's own rotation isn't used: it changes a
// secret behind the services that were started with it.
import { RandomPassword } from "@pulumi/random";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import type { Key } from "@pulumi/aws/kms";
import type { SecretRef } from "../cloud";
import type { Aws } from "../clouds/aws/family";
import { createKey } from "../clouds/aws/key";
import { storeSecret } from "../clouds/aws/secret";
import { ConfigError } from "../fault";
import { Secrets, type SecretsArgs, type SecretSource } from "./index";

/** Letters and digits only: such a value fits into URLs and shells unescaped. 48 of them are 285 bits. */
const generatedLength = 48;

export class AwsSecrets extends Secrets<Aws> {
  readonly raw: Aws["secrets"];
  readonly key: Key;
  private readonly refs: ReadonlyMap<string, SecretRef<Aws>>;

  constructor(name: string, args: SecretsArgs<Aws>, opts?: ComponentResourceOptions) {
    super("Secrets", name, opts);
    this.key = createKey(this, name, { network: args.network, component: name, description: "Databases, caches and secrets", users: [] });
    this.refs = this.storeAll(name, args);

    this.raw = { keyArn: this.key.arn };
    this.finish({});
  }

  secret(name: string): SecretRef<Aws> {
    const ref = this.refs.get(name);
    if (ref !== undefined) return ref;
    const known = [...this.refs.keys()].join(", ") || "none";
    throw new ConfigError([
      {
        path: `secrets.${name}`,
        problem: `there is no secret of that name; there are: ${known}`,
        remedy: "add it to secrets, or correct the name",
      },
    ]);
  }

  private storeAll(name: string, args: SecretsArgs<Aws>): ReadonlyMap<string, SecretRef<Aws>> {
    const { stack } = args.network;
    const stored = Object.entries(args.secrets).map(([secret, source]) => {
      const part = `${name}-${secret}`;
      const value = this.valueFrom(part, source, args.rotationEpoch);
      return [
        secret,
        storeSecret(this, part, { stack, component: name, description: `Application secret ${secret}`, keyArn: this.key.arn, value }).ref,
      ] as const;
    });
    return new Map(stored);
  }

  private valueFrom(part: string, source: SecretSource, epoch: number): Output<string> {
    if ("value" in source) return source.value;
    return new RandomPassword(part, { length: generatedLength, special: false, keepers: { epoch: String(epoch) } }, { parent: this })
      .result;
  }
}
