// Files: one shared file system that services mount, for what can't be an object. Off unless asked for: object storage is cheaper, and
// keeps versions.
//
// | what           | AWS                                                     | Azure                                                      |
// |----------------|---------------------------------------------------------|------------------------------------------------------------|
// | the share      | EFS, elastic, a mount target in each zone               | Azure Files (SMB) in an account of its own                 |
// | encryption     | the stack's KMS key; TLS in transit                     | the vault's key; SMB 3.1.1 encrypted in transit            |
// | who may mount  | the service's role (IAM), by one access point           | the account's key, from the vault: SMB here knows no roles |
// | reached by     | port 2049, one rule per service                         | port 445 of a private endpoint, one rule per subnet        |
// | owner of files | user and group 1000, whatever the service runs as       | open to the service's user                                 |
import type { Output } from "@pulumi/pulumi";
import { Component, type Family } from "../cloud";
import type { Fault } from "../fault";
import type { Monitoring } from "../monitoring";
import type { Network } from "../network";
import type { Secrets } from "../secrets";
import type { Access, Use } from "../use";

export interface FilesSpec {
  /** Where services find it: an absolute path, in every service the same. Default /mnt/files. */
  readonly path: string;
}

export interface FilesArgs<F extends Family> extends FilesSpec {
  readonly network: Network<F>;
  /** Its key encrypts the files. */
  readonly secrets: Secrets<F>;
  readonly monitoring: Monitoring<F>;
}

export abstract class Files<F extends Family> extends Component<F> {
  /** AWS: the file system's id. Azure: the account's name. */
  abstract readonly shareId: Output<string>;
  /** FILES_PATH, and the mount itself. On Azure a site has FILES_ACCESS_KEY besides (a reference), by which App Service mounts it. */
  abstract use(access: Access["files"]): Use<F>;
}

/** Where App Service or the container's own system has something already. */
const taken = ["/home", "/tmp", "/etc", "/usr", "/bin", "/sbin", "/lib", "/dev", "/proc", "/sys"];

export function check({ path }: FilesSpec): Fault[] {
  const inside = taken.find((other) => path === other || path.startsWith(`${other}/`));
  if (/^(\/[a-z0-9][a-z0-9._-]*)+$/.test(path) && inside === undefined) return [];
  return [
    {
      path: "path",
      given: path,
      problem:
        inside === undefined
          ? "must be an absolute path of small letters, digits and . _ -, without a slash at the end"
          : `lies in ${inside}, which the system or App Service needs`,
      remedy: "use a path such as /mnt/files",
    },
  ];
}
