// Registry: where the images of the platform's own services are kept. An image without a host, `api:1.2.3`, is one of its.
//
// | what          | AWS                                             | Azure                                                            |
// |---------------|-------------------------------------------------|------------------------------------------------------------------|
// | registry      | ECR, one repository per service                 | Container Registry: Basic in dev, Standard, Premium in prod        |
// | reached       | by identity; privately by `network.endpoints`   | by identity only; in prod by private endpoint, closed to the internet |
// | scan          | on push                                         | Defender for Containers, a plan of the subscription; none by itself |
// | tags          | immutable                                       | can be overwritten: Azure locks tags one by one, no setting does all |
// | kept          | the last 10 tagged images of each repository    | the same, by a nightly task (in prod a job inside the network)      |
// | untagged      | go after 7 days                                 | after 7 days in prod; at the nightly task elsewhere                |
// | encrypted     | with the stack's key                            | with Microsoft's (the vault's firewall lets no registry in)         |
import type { Output } from "@pulumi/pulumi";
import { Component, type Family } from "../cloud";
import type { Fault } from "../fault";
import type { Hosting } from "../hosting";
import type { Monitoring } from "../monitoring";
import type { Watched } from "../monitoring/watched";
import type { Network } from "../network";
import type { Secrets } from "../secrets";

/** R1: how many tagged images of a repository stay, and for how many days one without a tag does. */
export const kept = { images: 10, untaggedDays: 7 } as const;

export interface RegistryArgs<F extends Family> {
  readonly network: Network<F>;
  readonly secrets: Secrets<F>;
  readonly monitoring: Monitoring<F>;
  /** Azure in prod: what cleans up runs beside workers and jobs. */
  readonly hosting: Hosting<F>;
  /** Names of repositories: `api`. */
  readonly repositories: readonly string[];
}

export abstract class Registry<F extends Family> extends Component<F> {
  /** By name of the repository: where its images are pushed to. */
  abstract readonly urls: Readonly<Record<string, Output<string>>>;
  abstract readonly raw: F["registry"];
  /** What alarms look at: on Azure in prod the job that cleans up. */
  abstract readonly watched: readonly Watched<F>[];
}

/** `api` and `:1.2.3` of an image of the platform's own registry; undefined for one of another, which begins with a host. */
export function ownImage(image: string): { readonly repository: string; readonly version: string } | undefined {
  const [first = "", ...rest] = image.split("/");
  if (rest.length > 0 && /[.:]/.test(first)) return undefined;
  const [, repository = image, version = ""] = /^([^:@]+)(.*)$/.exec(image) ?? [];
  return { repository, version };
}

/** The repositories that a stack needs: those of its images and candidates, and where the registry is asked for one for each service. */
export function repositoriesOf(
  services: Readonly<Record<string, { readonly image: string; readonly candidate?: { readonly image: string } | undefined }>>,
  enabled: boolean,
): string[] {
  const images = Object.values(services).flatMap(({ image, candidate }) => (candidate === undefined ? [image] : [image, candidate.image]));
  const named = images.flatMap((image) => ownImage(image)?.repository ?? []);
  return [...new Set([...named, ...(enabled ? Object.keys(services) : [])])].sort();
}

/** What is wrong with an image; a service by itself knows nothing of the registry. */
export function checkImage(image: string): Fault[] {
  const own = ownImage(image);
  const version = own === undefined ? /[:@][^/]*$/.exec(image.slice(image.indexOf("/")))?.[0] : own.version;
  if (version !== undefined && version !== "") return [];
  const where = own === undefined ? "" : " (without a host it is one of the platform's own registry)";
  return [{ path: "image", given: image, problem: `has neither tag nor digest${where}`, remedy: `write which version: ${image}:1.0.0` }];
}
