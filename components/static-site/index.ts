// StaticSite: the files of a frontend that needs no server, behind the CDN (`kind: static` of a service). The program makes the place and a
// placeholder, so that the first deployment ends healthy; uploading the files is a deployment of its own (docs/edge.md).
//
// | what        | AWS                                                     | Azure                                                          |
// |-------------|---------------------------------------------------------|----------------------------------------------------------------|
// | files       | private S3 bucket, read by the distribution only (OAC)  | `$web` container of a storage account of its own               |
// | from aside  | nobody: the bucket answers no one else                  | whoever knows the account's website name: nothing private here |
// | placeholder | bucket object                                           | blob                                                           |
// | upload      | `aws s3 sync`                                           | `az storage blob upload-batch`                                 |
//
// Front Door Standard reaches no private origin (that is Premium), and storage firewalls take no service tags: hence the second row.
import type { Output } from "@pulumi/pulumi";
import { Component, type Family } from "../cloud";
import type { Monitoring } from "../monitoring";
import type { Network } from "../network";
import type { Storage } from "../storage";

/** The plain half of a static site. */
export interface SiteSpec {
  /** Where it is reached: `/*` or `/docs/*`. The path is part of the files' names: `/docs/*` serves `docs/index.html`. */
  readonly path: string;
  /** Paths without a file extension get `index.html`: a single-page application routes in the browser. */
  readonly spa: boolean;
}

export interface StaticSiteArgs<F extends Family> extends SiteSpec {
  readonly network: Network<F>;
  /** Who uploaded what is written down: AWS into this bucket, Azure into the workspace. */
  readonly logs: Storage<F>;
  readonly monitoring: Monitoring<F>;
}

export abstract class StaticSite<F extends Family> extends Component<F> {
  /** What the upload is given: the bucket, or the storage account. */
  abstract readonly bucketName: Output<string>;
  abstract readonly path: string;
  abstract readonly spa: boolean;
  abstract readonly raw: F["site"];
}

/** What is there until the first upload. */
export const placeholder = '<!doctype html><html lang="en"><title>Ready</title><p>Ready for the first upload.</p></html>\n';

/** The part of the files' names that is the site's path: `docs/` of `/docs/*`, nothing of `/*`. */
export function prefixOf(path: string): string {
  return path.slice(1, -1);
}
