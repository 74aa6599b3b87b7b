// The bootstrap on AWS: the bucket of the states, the keys of their secrets, and the roles that GitHub's jobs take on. Pulumi locks a stack by
// a file in the bucket, so there is no table of locks.
import { getCallerIdentityOutput } from "@pulumi/aws";
import { OpenIdConnectProvider, Policy, Role, RolePolicy, RolePolicyAttachment } from "@pulumi/aws/iam";
import { Alias, Key } from "@pulumi/aws/kms";
import * as s3 from "@pulumi/aws/s3";
import { type Input, interpolate, jsonStringify, output, type Output } from "@pulumi/pulumi";
import { bucketPolicy, keyPolicy } from "../components/clouds/aws/policies";
import { type Conditions, document, type Statement } from "./aws-document";
import { attachable, boundedRights, deployRights, linkedRoles, previewRights, type Right, roleTakers } from "./aws-rights";
import { servicesMost } from "./aws-services";
import { github, type Needs, namesOf, subjects, tagsOf } from "./needs";
import { Bootstrap, type Bootstrapped, keptDays, sessionSeconds } from "./program";

export class AwsBootstrap extends Bootstrap {
  readonly made: Bootstrapped;
  private readonly account: Output<string>;
  private readonly names: ReturnType<typeof namesOf>;
  /** ARN of what bounds the roles that deployments make. */
  private readonly servicesBoundary: Output<string>;

  constructor(
    name: string,
    private readonly needs: Needs,
  ) {
    super(name);
    this.names = namesOf(needs);
    this.account = getCallerIdentityOutput({}, { parent: this }).accountId;
    const stateKey = this.makeKey("state");
    const bucket = this.makeState(stateKey);
    const keys = new Map(needs.environments.map((environment) => [environment, this.makeKey(environment)]));
    const provider = this.trustGithub();
    this.servicesBoundary = this.makeServicesBoundary(bucket).arn;
    const boundary = this.makeBoundary(bucket);
    const plan = this.makePlan(provider, boundary, bucket, [stateKey, ...keys.values()]);
    const deploys = needs.environments.map((each) => [each, this.makeDeploy(each, provider, boundary, bucket, stateKey, keys)] as const);

    const { region } = needs;
    const byEnvironment = (text: (environment: string) => string) =>
      Object.fromEntries(needs.environments.map((each) => [each, text(each)]));
    this.made = {
      backends: byEnvironment((each) => `s3://${this.names.bucket}/${each}?region=${region}`),
      secretsProviders: byEnvironment((each) => `awskms://${this.alias(each)}?region=${region}`),
      identities: { plan: plan.arn, ...Object.fromEntries(deploys.map(([each, role]) => [each, role.arn])) },
      account: this.account,
      tenant: this.account,
      permissionsBoundary: this.servicesBoundary,
    };
    this.finish();
  }

  /** A state lost is a platform that nobody can change; a key lost are its secrets. */
  private makeKey(part: string): Key {
    const { needs } = this;
    const environment = part === "state" ? undefined : part;
    const key = new Key(
      `${part}-key`,
      {
        description: environment === undefined ? "Pulumi's states" : `Secrets in the states of ${part}`,
        enableKeyRotation: true,
        deletionWindowInDays: needs.guarded ? 30 : 7,
        policy: keyPolicy({ region: needs.region, accountId: this.account }, []),
        tags: tagsOf(needs, environment),
      },
      { parent: this, protect: needs.guarded },
    );
    new Alias(`${part}-key`, { name: this.alias(part), targetKeyId: key.keyId }, { parent: this });
    return key;
  }

  private alias(part: string): string {
    return part === "state" ? `alias/${this.needs.project}-state` : `alias/${this.needs.project}-state-${part}`;
  }

  private makeState(key: Key): s3.Bucket {
    const { needs } = this;
    const made = new s3.Bucket(
      "state",
      { bucket: this.names.bucket, forceDestroy: !needs.guarded, tags: tagsOf(needs) },
      { parent: this, protect: needs.guarded },
    );
    const [bucket, opts] = [made.id, { parent: this }];
    new s3.BucketOwnershipControls("state-ownership", { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } }, opts);
    const closed = new s3.BucketPublicAccessBlock(
      "state-access",
      { bucket, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
      opts,
    );
    const encrypted = { applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: key.arn } };
    new s3.BucketServerSideEncryptionConfiguration(
      "state-encryption",
      { bucket, rules: [{ ...encrypted, bucketKeyEnabled: true, blockedEncryptionTypes: ["SSE-C"] }] },
      opts,
    );
    const versioning = new s3.BucketVersioning("state-versions", { bucket, versioningConfiguration: { status: "Enabled" } }, opts);
    // The newest ten versions stay, however old: a stack that rests for a year can still go back.
    const old = { noncurrentDays: keptDays, newerNoncurrentVersions: 10 };
    new s3.BucketLifecycleConfiguration(
      "state-expiry",
      {
        bucket,
        rules: [
          {
            id: "old",
            status: "Enabled",
            filter: { prefix: "" },
            noncurrentVersionExpiration: old,
            expiration: { expiredObjectDeleteMarker: true },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
          },
        ],
      },
      { ...opts, dependsOn: [versioning] },
    );
    // S3 answers with a conflict when both are written at once.
    new s3.BucketPolicy("state-policy", { bucket, policy: bucketPolicy(made.arn) }, { ...opts, dependsOn: [closed] });
    return made;
  }

  /** An account has one provider for an issuer: whoever came first. */
  private trustGithub(): Output<string> {
    const { identityProvider } = this.needs;
    if (identityProvider !== undefined) return output(identityProvider);
    const provider = { url: github.issuer, clientIdLists: ["sts.amazonaws.com"], tags: tagsOf(this.needs) };
    return new OpenIdConnectProvider("github", provider, { parent: this }).arn;
  }

  /**
   * The most that the roles below can ever do, whatever is attached to them: the platform's services, in its regions, and nothing to
   * themselves, to the states' bucket as such and to the keys.
   */
  private makeBoundary(bucket: s3.Bucket): Policy {
    const statements: Statement[] = [
      { Sid: "Everything", Action: kindsOfActions(), Resource: "*", Condition: this.inRegions() },
      { Sid: "Named", ...this.named(), Condition: this.inRegions() },
      // Persons, GitHub's provider and policies are in no right above.
      { Sid: "NotItself", Effect: "Deny", Action: "iam:*", Resource: this.own() },
      { Sid: "NoLessBound", Effect: "Deny", Action: "iam:DeleteRolePermissionsBoundary", Resource: "*" },
      {
        Sid: "NotUnbounded",
        Effect: "Deny",
        Action: ["iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRole*"],
        Resource: "*",
        Condition: { StringNotEquals: { "iam:PermissionsBoundary": this.servicesBoundary } },
      },
      {
        Sid: "NotTheBucket",
        Effect: "Deny",
        Action: [
          "s3:DeleteBucket*",
          "s3:DeleteObjectVersion",
          "s3:PutBucket*",
          "s3:PutEncryptionConfiguration",
          "s3:PutLifecycleConfiguration",
        ],
        Resource: [bucket.arn, interpolate`${bucket.arn}/*`],
      },
      {
        Sid: "NotTheKeys",
        Effect: "Deny",
        Action: ["kms:CreateGrant", "kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:*TagResource"],
        Resource: "*",
        Condition: ofTheBootstrap,
      },
    ];
    return this.policy("boundary", `${this.needs.project}-boundary`, "The most that CI may do", statements);
  }

  /** The most that the roles which deployments make can ever do: the platform's services, by the project's names, and nothing to this. */
  private makeServicesBoundary(bucket: s3.Bucket): Policy {
    const { project } = this.needs;
    const arn = (text: string): Input<string> =>
      this.account.apply((account) => text.replace("{project}", project).replace("{account}", account));
    const most = Object.entries(servicesMost).map(([Sid, { actions, on, conditions }]): Statement => ({
      Sid,
      Action: actions,
      Resource: on === "everything" ? "*" : on.map(arn),
      ...(conditions && { Condition: conditions }),
    }));
    return this.policy("services-boundary", `${project}-services-boundary`, "The most that a role of a service may do", [
      ...most,
      { Sid: "NotTheBootstrap", Effect: "Deny", Action: "*", Resource: [this.own(), bucket.arn, interpolate`${bucket.arn}/*`] },
      { Sid: "NotItsKeys", Effect: "Deny", Action: "kms:*", Resource: "*", Condition: ofTheBootstrap },
    ]);
  }

  /** Roles and policies of the bootstrap. */
  private own(): Output<string> {
    return interpolate`arn:aws:iam::${this.account}:*${this.names.path}*`;
  }

  /** What goes by names: anything, to what bears the project's. */
  private named(): Pick<Statement, "Action" | "Resource"> {
    const rights = allRights.filter(({ on }) => on !== "everything");
    return {
      Action: [...new Set(rights.map(({ service }) => `${service}:*`))].sort(),
      Resource: rights.flatMap(({ on }) => this.arns(on, `${this.needs.project}-`)),
    };
  }

  private arns(on: Right["on"], name: string): Input<string>[] {
    if (on === "everything") return ["*"];
    return on.map((arn) => this.account.apply((account) => arn.replace("{name}", name).replace("{account}", account)));
  }

  /** For the jobs of pull requests: a preview reads the state with its secrets, and changes nothing. */
  private makePlan(provider: Output<string>, boundary: Policy, bucket: s3.Bucket, keys: readonly Key[]): Role {
    const role = this.makeRole("plan", subjects(this.needs).plan, provider, boundary);
    this.grant("plan-state", role, [
      { Sid: "List", Action: "s3:ListBucket", Resource: bucket.arn },
      { Sid: "Read", Action: "s3:GetObject", Resource: interpolate`${bucket.arn}/*` },
      { Sid: "Decrypt", Action: "kms:Decrypt", Resource: keys.map(({ arn }) => arn) },
      { Sid: "Look", Action: previewRights, Resource: "*" },
    ]);
    return role;
  }

  private makeDeploy(
    environment: string,
    provider: Output<string>,
    boundary: Policy,
    bucket: s3.Bucket,
    stateKey: Key,
    keys: ReadonlyMap<string, Key>,
  ): Role {
    const name = `deploy-${environment}`;
    const role = this.makeRole(name, subjects(this.needs).deploy(environment), provider, boundary, environment);
    const [own, others] = [keys.get(environment), [...keys].filter(([each]) => each !== environment).map(([, key]) => key)];
    this.grant(`${name}-state`, role, [
      { Sid: "List", Action: "s3:ListBucket", Resource: bucket.arn, Condition: { StringLike: { "s3:prefix": [`${environment}/*`] } } },
      {
        Sid: "State",
        Action: ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
        Resource: interpolate`${bucket.arn}/${environment}/*`,
      },
      { Sid: "StateKey", Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: stateKey.arn },
      { Sid: "Secrets", Action: ["kms:Decrypt", "kms:Encrypt"], Resource: own?.arn ?? stateKey.arn },
      // The rights to the platform's keys hold for any key of the account: the secrets of another environment stay closed.
      ...(others.length === 0
        ? []
        : [{ Sid: "NotOthers", Effect: "Deny" as const, Action: "kms:*", Resource: others.map(({ arn }) => arn) }]),
    ]);
    for (const [part, rights] of Object.entries(deployRights)) {
      const statements = [...this.statements(environment, rights), ...(part === "roles" ? this.handingOver(environment) : [])];
      const description = `What a deployment of ${environment} may do: ${part}`;
      const policy = this.policy(`${name}-${part}`, `${this.needs.project}-${name}-${part}`, description, statements);
      new RolePolicyAttachment(`${name}-${part}`, { role: role.name, policyArn: policy.arn }, { parent: this });
    }
    return role;
  }

  /** One statement for all that has no name to go by, as documents are short, and one for each row that has. */
  private statements(environment: string, rights: readonly Right[]): Statement[] {
    const name = `${this.needs.project}-${environment}`;
    const Condition = this.inRegions();
    const named = rights.flatMap(({ service, actions, on }): Statement[] =>
      on === "everything" ? [] : [{ Sid: service, Action: prefixed(service, actions), Resource: this.arns(on, name), Condition }],
    );
    const unnamed = rights.filter(({ on }) => on === "everything").flatMap(({ service, actions }) => prefixed(service, actions));
    return [{ Sid: "Everything", Action: unnamed, Resource: "*", Condition }, ...named];
  }

  /** What goes beyond names: that roles are bounded, to whom they are handed, which of AWS's policies they get, and AWS's own roles. */
  private handingOver(environment: string): Statement[] {
    const roles = interpolate`arn:aws:iam::${this.account}:role/${this.needs.project}-${environment}*`;
    const hosts = (services: readonly string[]): string[] => services.map((service) => `${service}.amazonaws.com`);
    const linked = interpolate`arn:aws:iam::${this.account}:role/aws-service-role/*`;
    const bounded = { StringEquals: { "iam:PermissionsBoundary": this.servicesBoundary } };
    return [
      { Sid: "Bounded", Action: boundedRights, Resource: roles, Condition: bounded },
      {
        Sid: "Hand",
        Action: "iam:PassRole",
        Resource: roles,
        Condition: { StringEquals: { "iam:PassedToService": hosts(roleTakers) } },
      },
      {
        Sid: "Attach",
        Action: "iam:AttachRolePolicy",
        Resource: roles,
        Condition: { ArnEquals: { "iam:PolicyARN": attachable }, ...bounded },
      },
      {
        Sid: "Linked",
        Action: "iam:CreateServiceLinkedRole",
        Resource: linked,
        Condition: { StringEquals: { "iam:AWSServiceName": hosts(linkedRoles) } },
      },
    ];
  }

  /** Services without regions, and CloudFront's firewalls and certificates, are in us-east-1. */
  private inRegions(): Conditions {
    const { region, secondRegion } = this.needs;
    const regions = [...new Set([region, ...(secondRegion === undefined ? [] : [secondRegion]), "us-east-1"])];
    return { StringEquals: { "aws:RequestedRegion": regions } };
  }

  private makeRole(name: string, subject: string, provider: Output<string>, boundary: Policy, environment?: string): Role {
    const trust = {
      Effect: "Allow",
      Principal: { Federated: provider },
      Action: "sts:AssumeRoleWithWebIdentity",
      Condition: { StringEquals: { [`${github.host}:aud`]: "sts.amazonaws.com", [`${github.host}:sub`]: subject } },
    };
    return new Role(
      name,
      {
        name: `${this.needs.project}-${name}`,
        path: this.names.path,
        description: `GitHub: ${subject}`,
        assumeRolePolicy: jsonStringify({ Version: "2012-10-17", Statement: [trust] }),
        maxSessionDuration: sessionSeconds,
        permissionsBoundary: boundary.arn,
        tags: tagsOf(this.needs, environment),
      },
      { parent: this },
    );
  }

  private grant(name: string, role: Role, statements: readonly Statement[]): void {
    new RolePolicy(name, { role: role.name, policy: document(statements) }, { parent: this });
  }

  private policy(name: string, title: string, description: string, statements: readonly Statement[]): Policy {
    const args = { name: title, path: this.names.path, description, policy: document(statements), tags: tagsOf(this.needs) };
    return new Policy(name, args, { parent: this });
  }
}

/** The keys of the bootstrap; no key of the platform is tagged so, and CI can't tag these. */
const ofTheBootstrap: Conditions = { StringEquals: { "aws:ResourceTag/component": "bootstrap" } };

const allRights = Object.values(deployRights).flat();

function prefixed(service: string, actions: readonly string[]): string[] {
  return actions.map((action) => `${service}:${action}`);
}

/** The verbs of the rights to everything (`ec2:Create*`): the actions themselves would not fit into one document. */
function kindsOfActions(): string[] {
  const verb = (action: string): string => action.replace(/^([A-Z]+[a-z]+).*$/, "$1*");
  const kinds = allRights.flatMap(({ service, actions, on }) => (on === "everything" ? prefixed(service, actions.map(verb)) : []));
  return [...new Set([...kinds, "iam:CreateServiceLinkedRole"])].sort();
}
