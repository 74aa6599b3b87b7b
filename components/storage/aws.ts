// Storage on AWS: an S3 bucket that is private four times over, its one policy, and its copy in the second region. Who reads it has a
// grant in his own role: no policy of a bucket opens it.
import { BucketLogging } from "@pulumi/aws/s3";
import { type ComponentResourceOptions, interpolate, type Output } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { grants, permissions } from "../clouds/aws/permissions";
import { bucketPolicy, logBucketPolicy } from "../clouds/aws/policies";
import { ConfigError, refuse } from "../fault";
import { type Access, envName, Use } from "../use";
import { createBucket, type PrivateBucket } from "./aws-bucket";
import { createCopy } from "./aws-copy";
import { lifecycleRules, logRules } from "./aws-lifecycle";
import { type BucketArgs, check, type LogsArgs, Storage, type StorageArgs, unusable } from "./index";

export class AwsStorage extends Storage<Aws> {
  readonly bucketName: Output<string>;
  readonly copyName: Output<string> | undefined;
  readonly raw: Aws["storage"];
  readonly bucket: PrivateBucket["bucket"];

  constructor(
    private readonly name: string,
    private readonly args: StorageArgs<Aws>,
    opts?: ComponentResourceOptions,
  ) {
    refuse(args.purpose === "logs" ? [] : check(args, args.network.stack.secondRegion));
    super("Storage", name, opts);
    const made = args.purpose === "logs" ? this.createLogs(args) : this.createData(args);
    const copy = args.purpose === "logs" ? undefined : this.replicate(args, made);

    this.bucket = made.bucket;
    this.bucketName = this.bucket.bucket;
    this.copyName = copy?.bucketName;
    this.raw = { bucketName: this.bucketName, bucketArn: this.bucket.arn, policy: made.policy, keyArn: keyArnOf(args), copy };
    this.finish({ bucketName: this.bucketName, copyName: this.copyName });
  }

  override use(access: Access["storage"]): Use<Aws> {
    if (this.args.purpose === "logs") throw new ConfigError([unusable(this.name)]);
    const { bucketArn, keyArn } = this.raw;
    const { region } = this.args.network.stack;
    const key = access === "read" ? permissions.key.decrypt : permissions.key.encrypt;
    // The key is the whole stack's: here it is given for objects only.
    const conditions = { StringEquals: { "kms:ViaService": `s3.${region}.amazonaws.com` } };
    return new Use<Aws>({
      target: this.name,
      noun: "storage",
      access,
      env: {
        [envName(this.name, "url")]: interpolate`https://${this.bucketName}.s3.${region}.amazonaws.com`,
        [envName(this.name, "name")]: this.bucketName,
        [envName(this.name, "kind")]: "s3",
      },
      raw: {
        server: undefined,
        statements: [
          ...grants(permissions.storage[access], interpolate`${bucketArn}/*`),
          ...grants(permissions.bucket.list, bucketArn),
          ...(keyArn === undefined ? [] : [{ actions: key, resources: [keyArn], conditions }]),
        ],
        backlog: undefined,
      },
    });
  }

  /** S3's own keys: load balancers can't write to a bucket with a key of KMS. */
  private createLogs({ network, expireDays }: LogsArgs<Aws>): PrivateBucket {
    const scope = { region: network.stack.region, accountId: network.raw.accountId };
    return createBucket(this, this.name, {
      stack: network.stack,
      component: this.name,
      keyArn: undefined,
      rules: logRules(expireDays),
      policy: (bucketArn) => logBucketPolicy(scope, bucketArn),
    });
  }

  private createData(args: BucketArgs<Aws>): PrivateBucket {
    const made = createBucket(this, this.name, {
      stack: args.network.stack,
      component: this.name,
      keyArn: keyArnOf(args),
      rules: lifecycleRules(args.lifecycle),
      policy: bucketPolicy,
    });
    const { bucketName: targetBucket, policy } = args.logs.raw;
    const logging = { bucket: made.bucket.id, targetBucket, targetPrefix: `s3/${this.name}/` };
    new BucketLogging(`${this.name}-logging`, logging, { parent: this, dependsOn: [policy] });
    return made;
  }

  private replicate(args: BucketArgs<Aws>, made: PrivateBucket): Aws["storage"]["copy"] {
    const { secondRegion } = args.network.stack;
    if (!args.replicate || secondRegion === undefined) return undefined;
    return createCopy(this, this.name, { ...args, region: secondRegion, source: made, sourceKeyArn: keyArnOf(args) });
  }
}

/** Assets are for everybody's eyes, and logs are written by services that can't use the key. */
function keyArnOf(args: StorageArgs<Aws>): Output<string> | undefined {
  return args.purpose === "logs" || args.purpose === "assets" ? undefined : args.secrets.raw.keyArn;
}
