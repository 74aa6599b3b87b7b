// What a cloud sells, as plain data: by it a contract refuses what the chosen cloud can't do, before anything is registered.
// Each cloud fills it in its own `sizes.ts`, beside the words its resources are made from.
import type { CloudName } from "./cloud";

export const sizes = ["small", "medium", "large", "xlarge"] as const;
/** The neutral words for sizes of servers. What each becomes is in the clouds' `sizes.ts` and in the README's table. */
export type Size = (typeof sizes)[number];

export interface Limits {
  readonly cloud: CloudName;
  /** Zones by region, in the order in which a network takes them. A region that is not listed is not offered. */
  readonly zones: Readonly<Record<string, readonly string[]>>;
  readonly database: {
    readonly sizes: Readonly<Record<Size, { readonly vcpu: number; readonly memoryGib: number; readonly burstable: boolean }>>;
    readonly storageGb: { readonly min: number; readonly max: number; readonly steps?: readonly number[] };
    /** Whether each size class can have a replica, a standby, the built-in pool: [burstable, other]. */
    readonly burstableReplicas: boolean;
    readonly burstableHighAvailability: boolean;
    readonly burstablePooling: boolean;
    readonly maxReplicas: number;
    readonly backupDays: { readonly min: number; readonly max: number };
    /** Provisioned IOPS by choice: the sizes of storage that sell them; undefined where the disk alone decides. */
    readonly iops: { readonly min: number; readonly max: number; readonly fromStorageGb: number } | undefined;
  };
  readonly cache: {
    readonly sizes: Readonly<Record<Size, { readonly memoryGib: number }>>;
    /** Shards and replicas by choice; where false the size alone decides and asking for them is refused. */
    readonly sharding: boolean;
  };
  readonly service: {
    /** For each CPU count sold the memory sold with it, in MiB. `any` kinds share one table where the cloud has one. */
    readonly pairs: Readonly<Record<"web" | "api" | "worker" | "job", ReadonlyMap<number, readonly number[]>>>;
    readonly spot: boolean;
    /** Whether the cloud ends a run of a job that takes too long. */
    readonly jobTimeouts: boolean;
    readonly maxInstances: number;
    /** Sizes of web and api that can't scale by themselves (Azure Basic): min must equal max. */
    readonly fixedScaleCpus: readonly number[];
    /** Whether web and api services can mount shared files read-only. */
    readonly readOnlySites: boolean;
    /** Sizes of web and api beside which no candidate can run (Azure Basic has no slots). */
    readonly noCandidateCpus: readonly number[];
  };
}
