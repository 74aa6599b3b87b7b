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
import { Secrets, type SecretsArgs, type Turn, turnsOf } from "./index";

/** Letters and digits only: such a value fits into URLs and shells unescaped. 48 of them are 285 bits. */
const generatedLength = 48;

export class AwsSecrets extends Secrets<Aws> {
  readonly raw: Aws["secrets"];
  readonly key: Key;
  private readonly refs: ReadonlyMap<string, SecretRef<Aws>>;
  private readonly lastRefs = new Map<string, SecretRef<Aws>>();

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

  previous(name: string): SecretRef<Aws> | undefined {
    return this.lastRefs.get(name);
  }

  private storeAll(name: string, args: SecretsArgs<Aws>): ReadonlyMap<string, SecretRef<Aws>> {
    const stored = Object.entries(args.secrets).map(([secret, source]) => {
      if ("value" in source) return [secret, this.store(name, args, secret, source.value)] as const;
      const { current, last } = turnsOf(args.rotationEpoch);
      const value = this.generate(`${name}-${secret}`, current);
      this.lastRefs.set(secret, this.store(name, args, `${secret}-previous`, this.generate(`${name}-${secret}`, last)));
      return [secret, this.store(name, args, secret, value)] as const;
    });
    return new Map(stored);
  }

  private store(name: string, { network }: SecretsArgs<Aws>, secret: string, value: Output<string>): SecretRef<Aws> {
    const described = { component: name, description: `Application secret ${secret}` };
    return storeSecret(this, `${name}-${secret}`, { stack: network.stack, ...described, keyArn: this.key.arn, value }).ref;
  }

  private generate(part: string, { generator, epoch }: Turn): Output<string> {
    const random = { length: generatedLength, special: false, keepers: { epoch: String(epoch) } };
    return new RandomPassword(generator === "odd" ? part : `${part}-even`, random, { parent: this }).result;
  }
}
