// Storage: private object storage, a component for each bucket. What a bucket is for decides who writes to it and whose key encrypts
// it; what becomes of its objects with time is said in days, and each cloud has the classes for it.
//
// | what             | AWS                                                       | Azure                                                           |
// |------------------|-----------------------------------------------------------|-----------------------------------------------------------------|
// | a bucket         | S3 bucket, all public access blocked, TLS 1.2, versioned  | storage account and container, private endpoint, TLS 1.2        |
// | encryption       | the stack's KMS key; logs and assets: S3's own            | the vault's key; logs and assets: Microsoft's; twice            |
// | infrequent       | Standard-IA                                               | cool tier                                                       |
// | cold             | Glacier Instant Retrieval                                 | cold tier                                                       |
// | archive          | Glacier Deep Archive                                      | archive tier with local redundancy, else the cold tier          |
// | expiry           | lifecycle rules                                           | management policy                                               |
// | deleted, changed | versions                                                  | versions, and deletions that can be undone for 7 days           |
// | the copy         | bucket and key of the second region, replication          | account of the second region, object replication                |
// | who read what    | server access logs in the log bucket                      | diagnostic logs in the workspace                                |
import type { Output } from "@pulumi/pulumi";
import { Component, type Family } from "../cloud";
import type { Fault } from "../fault";
import type { Monitoring } from "../monitoring";
import type { Network } from "../network";
import type { Secrets } from "../secrets";
import type { Access, Use } from "../use";

/**
 * What a bucket of the application is for. `documents` are kept, `uploads` come from users and go, `backups` are copies of other
 * things, `assets` are files that everybody may see. All but the assets are encrypted with the stack's own key.
 */
export const purposes = ["documents", "uploads", "backups", "assets"] as const;
export type Purpose = (typeof purposes)[number];

/** What becomes of an object with time, in days since it was written. Each is optional: without it that step is left out. */
export interface Expiry {
  /** To the class for what is seldom read, readable at once. At least 30: S3 takes no less. */
  readonly infrequentAfterDays?: number | undefined;
  /** To the class for what is hardly ever read, readable at once, billed for 90 days at least. */
  readonly coldAfterDays?: number | undefined;
  /** To the class that takes hours to read and is billed for 180 days at least; see the table for Azure. */
  readonly archiveAfterDays?: number | undefined;
  /** Deleted. Without it objects are kept. */
  readonly expireDays?: number | undefined;
}

export interface Lifecycle extends Expiry {
  /** Days that a replaced or deleted object can still be brought back. */
  readonly versionsDays: number;
  /** Other days for the objects below a folder (`archive` is `archive/…`). Where both say something the earlier day counts. */
  readonly folders: Readonly<Record<string, Expiry>>;
}

/** The plain half of a bucket. */
export interface BucketSpec {
  readonly purpose: Purpose;
  readonly lifecycle: Lifecycle;
  /** Keep a copy in the second region, under the same lifecycle. A deletion reaches it too, and can be undone there as it can here. */
  readonly replicate: boolean;
}

export interface BucketArgs<F extends Family> extends BucketSpec {
  readonly network: Network<F>;
  /** Its key encrypts the objects. */
  readonly secrets: Secrets<F>;
  /** Where it is written down who read and wrote. */
  readonly logs: Storage<F>;
  readonly monitoring: Monitoring<F>;
}

/** The bucket for logs: written by the cloud's own services only, so nobody can `use` it. */
export interface LogsArgs<F extends Family> {
  readonly network: Network<F>;
  readonly purpose: "logs";
  /** Objects are deleted after this many days. */
  readonly expireDays: number;
}

export type StorageArgs<F extends Family> = BucketArgs<F> | LogsArgs<F>;

export abstract class Storage<F extends Family> extends Component<F> {
  /** AWS: the bucket's name. Azure: the account's. */
  abstract readonly bucketName: Output<string>;
  /** The same of the copy in the second region, where there is one. */
  abstract readonly copyName: Output<string> | undefined;
  abstract readonly raw: F["storage"];
  /**
   * For a bucket called `documents`: DOCUMENTS_URL (`https://<bucket>.s3.<region>.amazonaws.com`, `https://<account>.blob.core.windows.net/<container>`),
   * DOCUMENTS_NAME (bucket, container) and DOCUMENTS_KIND (`s3`, `blob`: which SDK speaks to it). Throws for the bucket of logs.
   */
  abstract use(access: Access["storage"]): Use<F>;
}

/** Why nobody uses the bucket of logs. */
export function unusable(name: string): Fault {
  return { path: `uses.${name}`, problem: "only the cloud's own services write logs", remedy: "use a bucket of storage.buckets" };
}

const steps = ["infrequentAfterDays", "coldAfterDays", "archiveAfterDays", "expireDays"] as const;
/** S3 moves nothing to its first class earlier, and nothing out of it sooner. */
const infrequentDays = 30;

/** What is wrong with a bucket; `secondRegion` is the stack's. Paths begin at the bucket. */
export function check(spec: BucketSpec, secondRegion: string | undefined): Fault[] {
  const faults = [
    ...checkExpiry("lifecycle", spec.lifecycle),
    ...Object.entries(spec.lifecycle.folders).flatMap(([folder, expiry]) => checkExpiry(`lifecycle.folders.${folder}`, expiry)),
  ];
  if (spec.replicate && secondRegion === undefined) {
    faults.push({
      path: "replicate",
      given: true,
      problem: "the stack has no second region to copy to",
      remedy: "set secondRegion to another region, or replicate to false",
    });
  }
  return faults;
}

/** Each step comes after the one before it. */
function checkExpiry(path: string, expiry: Expiry): Fault[] {
  const stated = steps.flatMap((step) => {
    const days = expiry[step];
    return days === undefined ? [] : [{ step, days }];
  });
  const { infrequentAfterDays } = expiry;
  const faults: Fault[] = [];
  if (infrequentAfterDays !== undefined && infrequentAfterDays < infrequentDays) {
    faults.push({
      path: `${path}.infrequentAfterDays`,
      given: infrequentAfterDays,
      problem: `S3 moves objects to its infrequent class after ${infrequentDays} days at the earliest`,
      remedy: `use ${infrequentDays} or more`,
    });
  }
  stated.forEach(({ step, days }, index) => {
    const before = stated[index - 1];
    if (before === undefined) return;
    const least = before.days + (before.step === "infrequentAfterDays" && step !== "expireDays" ? infrequentDays : 1);
    if (days >= least) return;
    faults.push({
      path: `${path}.${step}`,
      given: days,
      problem: `must be ${least} or more, as ${before.step} is ${before.days}`,
      remedy: `use ${least} or more, or change ${before.step}`,
    });
  });
  return faults;
}
