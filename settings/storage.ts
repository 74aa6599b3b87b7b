// Buckets in the settings: their presets, and the rules of the second region that their copies go to.
import { type BucketSpec, check, type Expiry, type Lifecycle, type Purpose, purposes } from "../components/storage/index";
import { type CloudName, clouds } from "../components/cloud";
import { type Fault, under } from "../components/fault";
import { check as checkFiles, type FilesSpec } from "../components/files/index";
import type { Limits } from "../components/limits";
import type { Environment } from "../components/stack";
import { cut, pathText, setCommand } from "./paths";
import type { Subject } from "./rules";
import { nearest } from "./shape";

/** E20: each is the other's second region. Others have no usual one: where data may go is not for a default to say. */
export const usualSecondRegions: Readonly<Record<CloudName, Readonly<Record<string, string>>>> = {
  aws: { "us-east-1": "us-west-2", "us-west-2": "us-east-1" },
  azure: { eastus2: "centralus", centralus: "eastus2" },
};

/** What a bucket of that purpose is before anything is said about it; S1. */
export function bucketDefaults(environment: Environment, purpose: Purpose): BucketSpec {
  const prod = environment === "prod";
  const versionsDays = environment === "dev" ? 7 : 30;
  const lifecycles: Readonly<Record<Purpose, Lifecycle>> = {
    documents: { versionsDays: prod ? 90 : versionsDays, folders: {} },
    uploads: { infrequentAfterDays: 30, coldAfterDays: 90, expireDays: 365, versionsDays, folders: {} },
    // E10. A week, as Azure copies no archived object: until then its copy is long there.
    backups: { versionsDays, folders: { archive: { archiveAfterDays: 7, expireDays: 365 } } },
    assets: { versionsDays, folders: {} },
  };
  // B1: what is lost with a region must be an hour old at most.
  const replicate = prod && (purpose === "documents" || purpose === "backups");
  return { purpose, lifecycle: lifecycles[purpose], replicate };
}

/** dev has what the preset's services use; a bucket costs a private endpoint on Azure. */
export function buckets(environment: Environment): Readonly<Record<string, BucketSpec>> {
  const made: readonly Purpose[] = environment === "dev" ? ["documents", "uploads"] : purposes;
  return Object.fromEntries(made.map((purpose) => [purpose, bucketDefaults(environment, purpose)]));
}

export type FilesPreset = FilesSpec & { readonly enabled: boolean };

/** S2: nobody has shared files who does not ask for them. */
export const noFiles: FilesPreset = { enabled: false, path: "/mnt/files" };

/** 0 is "never", which takes away a step of the preset. */
export function withoutZeros({ folders, ...lifecycle }: Lifecycle): Lifecycle {
  const stated = <T extends Expiry>(from: T): T =>
    Object.fromEntries(Object.entries(from).filter(([, value]) => value !== 0 && value !== undefined)) as T;
  return { ...stated(lifecycle), folders: Object.fromEntries(Object.entries(folders).map(([name, own]) => [name, stated(own)])) };
}

/** Where copies go: what the stack states, else the usual one, if copies may be there. */
export function secondRegionOf({ given, draft, region }: Subject): string | undefined {
  const stated = given.secondRegion?.[draft.cloud];
  if (stated !== undefined) return stated;
  // A standby's would be the region that was lost.
  const usual = given.standbyOf === undefined ? usualSecondRegions[draft.cloud][region] : undefined;
  return usual !== undefined && (given.allowedRegions?.includes(usual) ?? true) ? usual : undefined;
}

export function checkStorage(subject: Subject): Fault[] {
  const second = secondRegionOf(subject);
  const { files } = subject.draft.storage;
  const buckets = Object.entries(subject.draft.storage.buckets).flatMap(([name, spec]) =>
    under(pathText(["storage", "buckets", name]), check(spec, second)),
  );
  return [...buckets, ...(files.enabled ? under("storage.files", checkFiles(files)) : [])];
}

export function checkSecondRegion({ given, draft, region }: Subject, every: Readonly<Record<CloudName, Limits>>): Fault[] {
  return clouds.flatMap((cloud): Fault[] => {
    const second = given.secondRegion?.[cloud];
    if (second === undefined) return [];
    const path = pathText(["secondRegion", cloud]);
    const offered = Object.keys(every[cloud].zones);
    const allowed = given.allowedRegions ?? offered;
    const others = offered.filter((name) => name !== region && allowed.includes(name));
    const fault = (problem: string): Fault => {
      const near = nearest(second, others) ?? others[0];
      const remedy = near === undefined ? "add a region of the cloud to allowedRegions" : setCommand(["secondRegion", cloud], near);
      return { path, given: cut(second), problem, remedy };
    };
    if (!offered.includes(second))
      return [fault(`not a region of ${cloud} with three zones that the platform knows: ${offered.join(", ")}`)];
    if (cloud !== draft.cloud) return [];
    if (second === region) return [fault("is the stack's own region: a copy there would be lost with the first")];
    if (!allowed.includes(second)) return [fault(`not one of allowedRegions (${allowed.map(cut).join(", ")})`)];
    return [];
  });
}
