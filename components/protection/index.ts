// Protection: the cloud's own watch for attacks, paid by what it reads. Off by default. It is one for a whole account or subscription, so
// one stack there has it.
//
// | what      | AWS                                                             | Azure                                                    |
// |-----------|-----------------------------------------------------------------|----------------------------------------------------------|
// | watches   | GuardDuty: account, network, DNS, S3 and logins to the database | Defender: sites, storage, vaults, databases, management  |
// | reach     | account and region                                              | subscription                                             |
// | reports   | findings of medium severity and above go where alerts go        | mail to `emails`                                         |
import { Component, type CloudName, type Family } from "../cloud";
import type { Fault } from "../fault";
import type { Monitoring } from "../monitoring";
import type { Network } from "../network";

export interface ProtectionSpec {
  /** Who gets mail of what Defender finds (Azure, which has no other receiver). */
  readonly emails: readonly string[];
}

export interface ProtectionArgs<F extends Family> extends ProtectionSpec {
  readonly network: Network<F>;
  readonly monitoring: Monitoring<F>;
}

export abstract class Protection<F extends Family> extends Component<F> {}

/** What is wrong with it on a cloud. Paths are those of the spec. */
export function check({ emails }: ProtectionSpec, cloud: CloudName): Fault[] {
  if (cloud !== "azure" || emails.length > 0) return [];
  return [
    {
      path: "emails",
      problem: "Defender only mails what it finds, and nobody gets the mail",
      remedy: "name who does in security.emails, or set security.threatDetection to false",
    },
  ];
}
