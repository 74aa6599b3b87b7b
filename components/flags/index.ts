// Flags: switches of the application that are changed without a deployment, one set per environment.
//
// | what      | AWS                                                        | Azure                                                       |
// |-----------|------------------------------------------------------------|-------------------------------------------------------------|
// | flags     | AppConfig: a profile of feature flags                      | App Configuration: feature flags                            |
// | reached   | appconfigdata, by the service's role                       | the store's endpoint, by the service's identity; privately in prod |
// | FLAGS_URL | `https://appconfigdata.<region>.amazonaws.com`             | `https://<store>.azconfig.io`                               |
// | FLAGS_NAME | `<application>/<environment>/<profile>`: ids of a session | `.appconfig.featureflag/*`: filter of keys                  |
// | a change  | a new version, deployed at once                            | the flag's value                                            |
//
// The config's values are the first ones. Who flips a flag in the cloud keeps it so until the config changes its flags.
import type { Output } from "@pulumi/pulumi";
import { Component, type Family } from "../cloud";
import type { Fault } from "../fault";
import type { Monitoring } from "../monitoring";
import type { Network } from "../network";
import type { Access, Use } from "../use";

export interface FlagsSpec {
  /** Whether a flag is on, by its name. */
  readonly values: Readonly<Record<string, boolean>>;
}

export interface FlagsArgs<F extends Family> extends FlagsSpec {
  readonly network: Network<F>;
  /** Where Azure's store sends its logs and metrics; on AWS the audit trail has them. */
  readonly monitoring: Monitoring<F>;
}

export abstract class Flags<F extends Family> extends Component<F> {
  /** Where the flags are asked for. */
  abstract readonly url: Output<string>;
  /** FLAGS_URL, FLAGS_NAME, and FLAGS_KIND (`appconfig`, `appconfiguration`), by which an application chooses its client. */
  abstract use(access: Access["flags"]): Use<F>;
}

/** AppConfig's own pattern, which App Configuration allows as well. */
const namePattern = /^[a-z][a-zA-Z0-9_-]{0,63}$/;

export function check({ values }: FlagsSpec): Fault[] {
  return Object.keys(values)
    .filter((name) => !namePattern.test(name))
    .map((name) => ({
      path: `values.${name}`,
      given: name,
      problem: "a flag's name has 1 to 64 letters, digits, - and _, and begins with a small letter",
      remedy: "rename it",
    }));
}
