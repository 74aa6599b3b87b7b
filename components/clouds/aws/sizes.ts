// What AWS sells, and what the neutral words become there. Each size stands beside the key of its price, so that the estimate and
// the resource can't disagree.
import type { Fault } from "../../fault";
import type { Limits, Size } from "../../limits";

interface Sold {
  /** Row of the price table. */
  readonly priceKey: string;
  readonly memoryGib: number;
}

/** Graviton in every size: about a fifth cheaper than Intel at equal speed. */
export const databaseSizes = {
  small: { instanceClass: "db.t4g.small", priceKey: "aws.rds.db.t4g.small", vcpu: 2, memoryGib: 2, burstable: true },
  medium: { instanceClass: "db.m7g.large", priceKey: "aws.rds.db.m7g.large", vcpu: 2, memoryGib: 8, burstable: false },
  large: { instanceClass: "db.m7g.xlarge", priceKey: "aws.rds.db.m7g.xlarge", vcpu: 4, memoryGib: 16, burstable: false },
  xlarge: { instanceClass: "db.m7g.2xlarge", priceKey: "aws.rds.db.m7g.2xlarge", vcpu: 8, memoryGib: 32, burstable: false },
} as const satisfies Record<Size, Sold & { readonly instanceClass: string; readonly vcpu: number; readonly burstable: boolean }>;

export const cacheSizes = {
  small: { nodeType: "cache.t4g.micro", priceKey: "aws.elasticache.cache.t4g.micro", memoryGib: 0.5 },
  medium: { nodeType: "cache.t4g.small", priceKey: "aws.elasticache.cache.t4g.small", memoryGib: 1.37 },
  large: { nodeType: "cache.r7g.large", priceKey: "aws.elasticache.cache.r7g.large", memoryGib: 13.07 },
  xlarge: { nodeType: "cache.r7g.xlarge", priceKey: "aws.elasticache.cache.r7g.xlarge", memoryGib: 26.32 },
} as const satisfies Record<Size, Sold & { readonly nodeType: string }>;

/** Memory in MiB that Fargate sells with each CPU count, for every kind of service. */
const fargate: ReadonlyMap<number, readonly number[]> = new Map([
  [0.25, [512, 1024, 2048]],
  [0.5, gibibytes(1, 4)],
  [1, gibibytes(2, 8)],
  [2, gibibytes(4, 16)],
  [4, gibibytes(8, 30)],
]);

export const limits: Limits = {
  cloud: "aws",
  // Regions with three zones or more that every account has (no opt-in). New accounts don't get ap-northeast-1b and ca-central-1c.
  zones: {
    "us-east-1": zones("us-east-1", "abcdef"),
    "us-east-2": zones("us-east-2", "abc"),
    "us-west-2": zones("us-west-2", "abcd"),
    "ca-central-1": zones("ca-central-1", "abd"),
    "eu-west-1": zones("eu-west-1", "abc"),
    "eu-west-2": zones("eu-west-2", "abc"),
    "eu-west-3": zones("eu-west-3", "abc"),
    "eu-central-1": zones("eu-central-1", "abc"),
    "eu-north-1": zones("eu-north-1", "abc"),
    "ap-northeast-1": zones("ap-northeast-1", "acd"),
    "ap-south-1": zones("ap-south-1", "abc"),
    "ap-southeast-1": zones("ap-southeast-1", "abc"),
    "ap-southeast-2": zones("ap-southeast-2", "abc"),
    "sa-east-1": zones("sa-east-1", "abc"),
  },
  database: {
    sizes: databaseSizes,
    storageGb: { min: 20, max: 65536 },
    burstableReplicas: true,
    burstableHighAvailability: true,
    burstablePooling: true,
    maxReplicas: 15,
    // Without a day of backups there is no replica and nothing to restore from.
    backupDays: { min: 1, max: 35 },
    // gp3 stripes its disks from 400 GB on; below that 3000 IOPS are included and fixed.
    iops: { min: 12000, max: 64000, fromStorageGb: 400 },
  },
  cache: { sizes: cacheSizes, sharding: true },
  service: {
    pairs: { web: fargate, api: fargate, worker: fargate, job: fargate },
    spot: true,
    jobTimeouts: false,
    // What a target group takes.
    maxInstances: 1000,
    fixedScaleCpus: [],
    readOnlySites: true,
    noCandidateCpus: [],
  },
};

/** Days that CloudWatch keeps logs: it sells no others. */
export const logDays = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653] as const;

/** What is wrong with the days that logs are kept, with the path `logDays`. */
export function checkLogDays(days: number): Fault[] {
  if (logDays.some((sold) => sold === days)) return [];
  return [{ path: "logDays", given: days, problem: `CloudWatch keeps logs for ${logDays.join(", ")} days`, remedy: "choose one of these" }];
}

function zones(region: string, letters: string): string[] {
  return [...letters].map((letter) => `${region}${letter}`);
}

function gibibytes(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, step) => (from + step) * 1024);
}
