// What the bootstrap is on every cloud: the promise of the twin files aws.ts and azure.ts.
//
// | what                    | AWS                                             | Azure                                                   |
// | ----------------------- | ----------------------------------------------- | ------------------------------------------------------- |
// | states                  | bucket with versions, a folder per environment  | storage account with versions, a container each         |
// | their encryption        | key of its own                                  | Microsoft's keys, two layers                            |
// | secrets in the states   | key per environment                             | key per environment in one vault                        |
// | GitHub's tokens         | identity provider of the account                | credential of each identity                             |
// | pull requests (`plan`)  | role: reads states, decrypts                    | identity: the same, and the keys of the cache           |
// | `deploy-<environment>`  | role: the platform's services, by its names     | identity: Contributor, and roles without the great ones |
// | what that gives on      | roles within a boundary                         | roles without the great ones                            |
import { ComponentResource, type ComponentResourceOptions, type Output } from "@pulumi/pulumi";

export interface Bootstrapped {
  /** For `pulumi login`, by environment. */
  readonly backends: Readonly<Record<string, string>>;
  /** For `pulumi stack init --secrets-provider`, by environment. */
  readonly secretsProviders: Readonly<Record<string, string>>;
  /** Role (AWS: its ARN) or identity (Azure: its client id) of `plan` and of each environment. */
  readonly identities: Readonly<Record<string, Output<string>>>;
  /** AWS: account. Azure: subscription. */
  readonly account: Output<string>;
  /** Azure's directory; the account on AWS. */
  readonly tenant: Output<string>;
  /** AWS: ARN of the policy within which CI makes roles; Azure has nothing like it. */
  readonly permissionsBoundary?: Output<string>;
}

export abstract class Bootstrap extends ComponentResource {
  abstract readonly made: Bootstrapped;

  protected constructor(name: string, opts?: ComponentResourceOptions) {
    super("platform:index:Bootstrap", name, {}, opts);
  }

  protected finish(): void {
    this.registerOutputs({ ...this.made });
  }
}

/** How long a version of a state, or what was deleted, can be brought back. */
export const keptDays = 90;

/** How long CI may deploy in one go: the longest run, a rollout's 4 hours (`npm run deploy -- rollout --timeout`), and the time around it. */
export const sessionSeconds = 5 * 3600;
