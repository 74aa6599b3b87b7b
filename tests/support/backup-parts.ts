// What backups are made of, on both clouds, with all that a cloud makes up known: names are of the form `<resource>_<field>`.
import { output } from "@pulumi/pulumi";
import { AwsAlarms } from "../../components/alarms/aws";
import { AwsBackup } from "../../components/backup/aws";
import { AzureBackup } from "../../components/backup/azure";
import type { BackupArgs, BackupSpec } from "../../components/backup/index";
import { AwsCache } from "../../components/cache/aws";
import { AzureCache } from "../../components/cache/azure";
import type { Aws } from "../../components/clouds/aws/family";
import type { Azure } from "../../components/clouds/azure/family";
import { AwsDatabase } from "../../components/database/aws";
import { AzureDatabase } from "../../components/database/azure";
import type { DatabaseSpec } from "../../components/database/index";
import { AwsHosting } from "../../components/hosting/aws";
import { AzureHosting } from "../../components/hosting/azure";
import type { Network } from "../../components/network";
import type { Stack } from "../../components/stack";
import { AwsStorage } from "../../components/storage/aws";
import { AzureStorage } from "../../components/storage/azure";
import { record as recordPlan, type Recorded } from "../../plan/record";
import { awsMonitoring, awsNetwork, awsSecrets } from "./aws-parts";
import { azureMonitoring, azureNetwork, azureSecrets, KnownNetwork, once } from "./azure-parts";

export const all: BackupSpec = {
  dailyDays: 35,
  weeklyDays: 365,
  copy: true,
  archive: true,
  restoreTest: true,
  restoreQuery: "select count(*) > 0 from orders",
  cacheDays: 7,
  cacheCopy: false,
};
export const none: BackupSpec = {
  ...all,
  dailyDays: 0,
  weeklyDays: 0,
  copy: false,
  archive: false,
  restoreTest: false,
  cacheDays: 0,
};

const database: DatabaseSpec = {
  size: "medium",
  version: "17",
  databaseName: "app",
  storageGb: 64,
  maxStorageGb: 500,
  highAvailability: false,
  replicas: 0,
  backupDays: 7,
  pooling: false,
  audit: false,
  maintenance: { day: "sunday", hour: 3 },
};
const cache = { size: "medium", highAvailability: true, snapshotDays: 7 } as const;
const bucket = {
  purpose: "backups",
  lifecycle: { versionsDays: 30, folders: { archive: { archiveAfterDays: 7, expireDays: 365 } } },
  replicate: false,
} as const;

const fields = [
  ...["address", "arn", "arnWithoutRevision", "clientId", "fullyQualifiedDomainName", "hex", "hostName", "identifier", "keyUri"],
  ...["name", "principalId", "result", "secretUriWithVersion", "versionId", "bucket", "clusterName", "keyUriWithVersion"],
];

export async function recorded(program: () => unknown): Promise<Recorded[]> {
  const answers = (_type: string, name: string): { id: string; state: Record<string, unknown> } => ({
    id: `${name}-id`,
    state: {
      ...Object.fromEntries(fields.map((field) => [field, `${name}_${field}`])),
      memberClusters: [`${name}-001`, `${name}-002`],
      identity: { principalId: `${name}_principalId` },
    },
  });
  return [...(await recordPlan(program, { project: "platform", stack: "test", answers })).resources];
}

/** The mocks know no subnets of the VPC, and machines name them. */
function withSubnets(network: Network<Aws>): Network<Aws> {
  const appSubnetIds = [output("app-1-id"), output("app-2-id")];
  return Object.assign(network, { raw: { ...network.raw, vpcId: output("vpc-id"), appSubnetIds } });
}

/** One recording for several: each component by its name. */
export const awsBackups = once((specs: Specs, stack: Partial<Stack>, has: Has) =>
  recorded(() => {
    const network = withSubnets(awsNetwork({ secondRegion: "us-west-2", ...stack }));
    const [secrets, monitoring] = [awsSecrets(network), awsMonitoring(network)];
    const data = { network, secrets, monitoring, rotationEpoch: 1 };
    const logs = new AwsStorage("logs-of-buckets", { network, purpose: "logs", expireDays: 30 });
    const args: Omit<BackupArgs<Aws>, keyof BackupSpec> = {
      network,
      logs,
      secrets,
      monitoring,
      hosting: new AwsHosting("hosting", { network, monitoring, services: {} }),
      database: has.includes("database") ? new AwsDatabase("database", { ...data, ...database }) : undefined,
      cache: has.includes("cache") ? new AwsCache("cache", { ...data, ...cache }) : undefined,
      bucket: has.includes("bucket") ? new AwsStorage("backups", { ...data, ...bucket, logs }) : undefined,
    };
    const watched = Object.entries(specs).flatMap(([name, spec]) => new AwsBackup(name, { ...args, ...spec }).watched);
    new AwsAlarms("alarms", { network, monitoring, watched, which: "all" });
  }),
);

export const azureBackups = once((specs: Specs, stack: Partial<Stack>, has: Has) =>
  recorded(() => {
    const network = new KnownNetwork(azureNetwork({ secondRegion: "centralus", ...stack }));
    const [secrets, monitoring] = [azureSecrets(network), azureMonitoring(network)];
    const data = { network, secrets, monitoring, rotationEpoch: 1 };
    const logs = new AzureStorage("logs-of-buckets", { network, purpose: "logs", expireDays: 30 });
    const args: Omit<BackupArgs<Azure>, keyof BackupSpec> = {
      network,
      logs,
      secrets,
      monitoring,
      hosting: new AzureHosting("hosting", { network, monitoring, services: {}, containers: true }),
      database: has.includes("database") ? new AzureDatabase("database", { ...data, ...database }) : undefined,
      cache: has.includes("cache") ? new AzureCache("cache", { ...data, ...cache }) : undefined,
      bucket: has.includes("bucket") ? new AzureStorage("backups", { ...data, ...bucket, logs }) : undefined,
    };
    for (const [name, spec] of Object.entries(specs)) new AzureBackup(name, { ...args, ...spec });
  }),
);

type Specs = Readonly<Record<string, BackupSpec>>;
export type Has = readonly ("database" | "cache" | "bucket")[];
export const everything: Has = ["database", "cache", "bucket"];
