// Whether what was deployed is what runs: by the version that a service names at its `versionPath`, else by the image that the cloud's own
// API reports. An answer of the version before is not health.
import type { OutputMap } from "@pulumi/pulumi/automation";
import { ownImage } from "../components/registry/index";
import type { Settings } from "../settings/load";
import { type CloudApi, isDenied } from "./cloud";
import { type Asking, checkHealth, type Health } from "./health";
import { wordsOf } from "./outcome";
import { addressOf } from "./reach";
import { pause } from "./retry";

/** An image as the cloud reports it. */
export interface Running {
  readonly image: string;
  /** Whether the cloud is through with bringing it in. */
  readonly settled: boolean;
}

export interface VersionCheck {
  readonly settings: Settings;
  readonly outputs: OutputMap;
  readonly timeoutSeconds: number;
  /** Whether services can be asked from here; where not, the cloud's word counts for all of them. */
  readonly reachable: boolean;
  /** Undefined: there is no way to the cloud. */
  readonly api: () => Promise<CloudApi | undefined>;
  readonly say: (line: string) => void;
}

/** Seconds between two questions. */
const intervalSeconds = 5;

/** What an image's reference calls its version: the tag, else the digest. */
export function versionOf(image: string): string {
  const [, tag, digest] = /(?::([\w][\w.-]*))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image.slice(image.lastIndexOf("/") + 1)) ?? [];
  return tag ?? digest ?? image;
}

/** Whether the cloud's full reference is the image that the settings state, by its short name where it is of the platform's own registry. */
export function isSameImage(reported: string, stated: string): boolean {
  return ownImage(stated) === undefined ? reported === stated : reported === stated || reported.endsWith(`/${stated}`);
}

/** The first service that does not run what was deployed; undefined when all do, or nobody can tell. Jobs run when their time comes. */
export async function checkVersions(check: VersionCheck, asking: Asking): Promise<Health | undefined> {
  const { settings, outputs, timeoutSeconds, reachable, say } = check;
  const left: [name: string, image: string, id: string][] = [];
  for (const [name, { image, candidate, versionPath }] of Object.entries(settings.services)) {
    const url = versionPath === undefined || !reachable ? undefined : addressOf(settings, outputs, name, versionPath);
    const id = (outputs.workloads?.value as Readonly<Record<string, string>> | undefined)?.[name];
    if (url === undefined) {
      if (id !== undefined) left.push([name, image, id]);
      continue;
    }
    // While a candidate has visitors both answer.
    const images = [image, ...(candidate !== undefined && candidate.percent > 0 ? [candidate.image] : [])];
    const { healthy, last, seconds } = await checkHealth(
      { url, inARow: 3, intervalSeconds, timeoutSeconds, names: images.map(versionOf) },
      asking,
    );
    say(`${name}: ${last}`);
    if (!healthy) return { healthy, last, seconds };
  }
  const api = left.length === 0 ? undefined : await check.api();
  if (api === undefined) {
    if (left.length > 0) say(`images not compared with the cloud's: this run has no way to it (${left.map(([name]) => name).join(", ")})`);
    return undefined;
  }
  for (const [name, image, id] of left) {
    const health = await checkImage(api, { name, image, id, timeoutSeconds }, asking);
    say(`${name}: ${health.last}`);
    if (!health.healthy) return health;
    // Who has no credentials for the first has none for the others.
    if (health.denied) break;
  }
  return undefined;
}

interface Workload {
  readonly name: string;
  readonly image: string;
  readonly id: string;
  readonly timeoutSeconds: number;
}

/** Asks until the cloud is through with the image; a cloud that can't be asked is no verdict. */
export async function checkImage(
  api: CloudApi,
  { name, image, id, timeoutSeconds }: Workload,
  asking: Asking,
): Promise<Health & { readonly denied: boolean }> {
  const began = asking.now();
  const seconds = (): number => Math.round((asking.now() - began) / 1000);
  for (;;) {
    let last: string;
    try {
      const running = await api.running(id);
      const same = isSameImage(running.image, image);
      last = `the cloud runs ${running.image}${same ? "" : `, not ${image}`}${running.settled ? "" : " (still bringing it in)"}`;
      if (same && running.settled) return { healthy: true, last, seconds: seconds(), denied: false };
    } catch (error) {
      const why = wordsOf(error, ": ");
      const denied = isDenied(error);
      last = `its image could not be compared with the cloud's${denied ? " (no credentials for it)" : ""}: ${why}`;
      if (denied || seconds() >= timeoutSeconds) return { healthy: true, last, seconds: seconds(), denied };
      await pause(asking, intervalSeconds, `${name}: ${last}`);
      continue;
    }
    if (seconds() >= timeoutSeconds) return { healthy: false, last: `${name}: ${last}`, seconds: seconds(), denied: false };
    await pause(asking, intervalSeconds, `${name}: ${last}`);
  }
}
