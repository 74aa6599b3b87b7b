// Where the image of a service is on Azure, and what pulling it takes.
import { type Input, interpolate, type Output, type Resource } from "@pulumi/pulumi";
import type { Azure } from "../clouds/azure/family";
import { ConfigError } from "../fault";
import { ownImage, type Registry } from "../registry/index";
import { registryOf } from "./azure-settings";

export interface Image {
  readonly reference: Input<string>;
  /** The registry that takes the service's identity as a login; undefined: the image is pulled without one. */
  readonly server: Input<string> | undefined;
  /** The platform's own registry, at which the identity is granted to pull, and its address in the network; another's owner grants it. */
  readonly own: { readonly registryId: Output<string>; readonly reachable: Resource | undefined } | undefined;
}

export function imageOf(image: string, registry: Registry<Azure> | undefined): Image {
  const own = ownImage(image);
  if (own === undefined) return { reference: image, server: registryOf(image), own: undefined };
  if (registry === undefined) {
    const problem = "without a host it is one of the platform's registry, which is not there";
    throw new ConfigError([{ path: "image", given: image, problem, remedy: "name its host, or make a registry" }]);
  }
  const { server } = registry.raw;
  return { reference: interpolate`${server}/${image}`, server, own: registry.raw };
}
