// Where the image of a service is on AWS, and what pulling it takes.
import { type Input, interpolate } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { ConfigError } from "../fault";
import { ownImage, type Registry } from "../registry/index";

export interface Image {
  readonly reference: Input<string>;
  /** The repository of ECR that the execution role must be let into; undefined for other registries. */
  readonly repositoryArn: Input<string> | undefined;
}

export function imageOf(image: string, registry: Registry<Aws> | undefined): Image {
  const own = ownImage(image);
  if (own === undefined) return { reference: image, repositoryArn: privateRepository(image) };
  const repository = registry?.raw.repositories[own.repository];
  if (repository === undefined) {
    const problem = "without a host it is one of the platform's registry, which has no such repository";
    throw new ConfigError([{ path: "image", given: image, problem, remedy: "name its host, or give the registry that repository" }]);
  }
  return { reference: interpolate`${repository.url}${own.version}`, repositoryArn: repository.arn };
}

/** ARN of the repository of a private ECR image; other registries need no permission. */
export function privateRepository(image: string): string | undefined {
  const match = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/([^:@]+)/.exec(image);
  return match === null ? undefined : `arn:aws:ecr:${match[2]}:${match[1]}:repository/${match[3]}`;
}
