// What Azure sells, and what the neutral words become there. Each size stands beside the key of its price, so that the estimate and
// the resource can't disagree.
import type { Limits, Size } from "../../limits";

interface Sold {
  /** Row of the price table. */
  readonly priceKey: string;
  readonly memoryGib: number;
}

/** Flexible Server; the v5 series, as v6 is not sold in every region. */
export const databaseSizes = {
  small: {
    sku: "Standard_B1ms",
    tier: "Burstable",
    priceKey: "azure.postgres.Standard_B1ms",
    vcpu: 1,
    memoryGib: 2,
    burstable: true,
    connections: 50,
  },
  medium: {
    sku: "Standard_D2ds_v5",
    tier: "GeneralPurpose",
    priceKey: "azure.postgres.Standard_D2ds_v5",
    vcpu: 2,
    memoryGib: 8,
    burstable: false,
    connections: 859,
  },
  large: {
    sku: "Standard_D4ds_v5",
    tier: "GeneralPurpose",
    priceKey: "azure.postgres.Standard_D4ds_v5",
    vcpu: 4,
    memoryGib: 16,
    burstable: false,
    connections: 1718,
  },
  xlarge: {
    sku: "Standard_D8ds_v5",
    tier: "GeneralPurpose",
    priceKey: "azure.postgres.Standard_D8ds_v5",
    vcpu: 8,
    memoryGib: 32,
    burstable: false,
    connections: 3437,
  },
} as const satisfies Record<
  Size,
  Sold & {
    readonly sku: string;
    readonly tier: string;
    readonly vcpu: number;
    readonly burstable: boolean;
    /** `max_connections` of the size: Azure sets it, and gives no metric that a percentage could be taken of. */
    readonly connections: number;
  }
>;

/** Premium SSD comes in these sizes only, in GiB. */
export const diskSizes = [32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384] as const;

/** The smallest disk sold that holds so much; more than the largest is refused by the limits before. */
export function diskFor(storageGb: number): number {
  return diskSizes.find((sold) => sold >= storageGb) ?? diskSizes[diskSizes.length - 1] ?? storageGb;
}

/** Azure Managed Redis. The price is that of a node: high availability has two. */
export const cacheSizes = {
  small: { sku: "Balanced_B0", priceKey: "azure.redis.Balanced_B0", memoryGib: 0.5 },
  medium: { sku: "Balanced_B1", priceKey: "azure.redis.Balanced_B1", memoryGib: 1 },
  large: { sku: "Balanced_B5", priceKey: "azure.redis.Balanced_B5", memoryGib: 6 },
  xlarge: { sku: "Balanced_B10", priceKey: "azure.redis.Balanced_B10", memoryGib: 12 },
} as const satisfies Record<Size, Sold & { readonly sku: string }>;

export interface PlanSize extends Sold {
  readonly sku: string;
  readonly tier: "Basic" | "PremiumV3";
}

/**
 * The App Service plan of web and api services by their CPU. A plan is a whole machine: it has more than the neutral words ask for, so
 * that the same settings fit both clouds. Basic has neither autoscale nor slots.
 */
export const planSizes: ReadonlyMap<number, PlanSize> = new Map([
  [0.25, { sku: "B1", tier: "Basic", priceKey: "azure.plan.B1", memoryGib: 1.75 }],
  [0.5, { sku: "P0v3", tier: "PremiumV3", priceKey: "azure.plan.P0v3", memoryGib: 4 }],
  [1, { sku: "P1v3", tier: "PremiumV3", priceKey: "azure.plan.P1v3", memoryGib: 8 }],
  [2, { sku: "P2v3", tier: "PremiumV3", priceKey: "azure.plan.P2v3", memoryGib: 16 }],
  [4, { sku: "P3v3", tier: "PremiumV3", priceKey: "azure.plan.P3v3", memoryGib: 32 }],
]);

/** Memory in MiB that may be asked for with each CPU count: what Fargate sells with it too, as far as the plan's machine holds it. */
const plans: ReadonlyMap<number, readonly number[]> = new Map([
  [0.25, [512, 1024]],
  [0.5, [1024, 2048]],
  [1, [2048, 4096]],
  [2, [4096, 8192]],
  [4, [8192, 16384]],
]);

/** The consumption profile of Container Apps: 2 GiB for each vCPU. */
const consumption: ReadonlyMap<number, readonly number[]> = new Map(
  [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2].map((cpu) => [cpu, [cpu * 2048]]),
);

/** Rows of the price table of what has no size: by thing and word. */
export const priceKeys = {
  containerCpu: "azure.containers.vcpu",
  containerMemory: "azure.containers.memory",
  databaseStorage: "azure.postgres.storage",
  serviceBus: { standard: "azure.servicebus.standard", premium: "azure.servicebus.premium" },
  privateEndpoint: "azure.private-endpoint",
  metricAlert: "azure.metric-alert",
} as const;

/** Zones are numbered per subscription: zone 1 of two subscriptions may be different buildings. */
const zones = ["1", "2", "3"] as const;

export const limits: Limits = {
  cloud: "azure",
  // Regions with three zones that are open to every subscription.
  zones: {
    eastus: zones,
    eastus2: zones,
    centralus: zones,
    southcentralus: zones,
    westus2: zones,
    westus3: zones,
    canadacentral: zones,
    brazilsouth: zones,
    northeurope: zones,
    westeurope: zones,
    uksouth: zones,
    francecentral: zones,
    germanywestcentral: zones,
    swedencentral: zones,
    switzerlandnorth: zones,
    italynorth: zones,
    norwayeast: zones,
    polandcentral: zones,
    australiaeast: zones,
    southeastasia: zones,
    eastasia: zones,
    japaneast: zones,
    koreacentral: zones,
    centralindia: zones,
    southafricanorth: zones,
    uaenorth: zones,
  },
  database: {
    sizes: databaseSizes,
    // Below the smallest disk, as what is asked for is rounded up to one that is sold: settings made for the other cloud stay valid.
    storageGb: { min: 20, max: 16384, steps: diskSizes },
    burstableReplicas: false,
    burstableHighAvailability: false,
    burstablePooling: false,
    maxReplicas: 5,
    backupDays: { min: 7, max: 35 },
    // Premium SSD's IOPS follow its size; the disks that sell them by choice have neither standby nor key of ours everywhere.
    iops: undefined,
  },
  cache: { sizes: cacheSizes, sharding: false },
  service: {
    pairs: { web: plans, api: plans, worker: consumption, job: consumption },
    spot: false,
    jobTimeouts: true,
    // What a Premium plan takes.
    maxInstances: 30,
    fixedScaleCpus: [0.25],
    readOnlySites: false,
    noCandidateCpus: [0.25],
  },
};
