// Registry on AWS: a repository of ECR for each service, whose tags never change and whose old images go by themselves.
import { LifecyclePolicy, Repository } from "@pulumi/aws/ecr";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { nameOf } from "../clouds/aws/names";
import { transformed } from "../clouds/aws/transforms";
import { guarded, tagsOf } from "../stack";
import { kept, Registry, type RegistryArgs } from "./index";

export class AwsRegistry extends Registry<Aws> {
  readonly urls: Readonly<Record<string, Output<string>>>;
  readonly raw: Aws["registry"];
  readonly watched: readonly [] = [];

  constructor(name: string, args: RegistryArgs<Aws>, opts?: ComponentResourceOptions) {
    super("Registry", name, opts);
    const made = args.repositories.map((repository) => [repository, this.createRepository(name, args, repository)] as const);
    for (const [repository, { name: repositoryName }] of made) this.createCleanup(repository, repositoryName);

    this.raw = { repositories: Object.fromEntries(made.map(([repository, { arn, repositoryUrl: url }]) => [repository, { arn, url }])) };
    this.urls = Object.fromEntries(made.map(([repository, { repositoryUrl }]) => [repository, repositoryUrl]));
    this.finish({ urls: this.urls });
  }

  private createRepository(name: string, { network, secrets }: RegistryArgs<Aws>, repository: string): Repository {
    const { stack } = network;
    const keep = guarded(stack, "data");
    return new Repository(
      nameOf(stack, "repository", repository),
      transformed("registry.repository", {
        imageTagMutability: "IMMUTABLE",
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: secrets.raw.keyArn }],
        // Else only an empty repository can be deleted.
        forceDelete: !keep,
        tags: tagsOf(stack, name),
      }),
      { parent: this, protect: keep },
    );
  }

  /** As text: the SDK's typed form has no list of patterns, without which AWS refuses the second rule. */
  private createCleanup(repository: string, repositoryName: Output<string>): void {
    const expire = { action: { type: "expire" } };
    const untagged = { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: kept.untaggedDays };
    const tagged = { tagStatus: "tagged", tagPatternList: ["*"], countType: "imageCountMoreThan", countNumber: kept.images };
    const rules = [
      { rulePriority: 1, description: "Untagged images", selection: untagged, ...expire },
      { rulePriority: 2, description: "All but the last images", selection: tagged, ...expire },
    ];
    new LifecyclePolicy(`${repository}-cleanup`, { repository: repositoryName, policy: JSON.stringify({ rules }) }, { parent: this });
  }
}
