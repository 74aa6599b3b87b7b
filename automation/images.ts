// Which images run, which are asked for, and which ran before: all that a rollback puts back.
import type { OutputMap, UpdateSummary } from "@pulumi/pulumi/automation";
import { load, type Settings } from "../settings/load";
import { projectName } from "../settings/project";
import type { Options } from "./run";
import type { Suspects } from "./suspects";
import type { Opened } from "./workspace";

/** By name of a service. */
export type Images = Readonly<Record<string, string>>;

/** What the backend's history has of an update that left the services out, so that jobs could run before them. */
export const servicesWait = "npm run deploy: everything but the services, which wait for jobs";

/** From the outputs of the last successful update; empty before the first. */
export function imagesOf(outputs: OutputMap): Images {
  return (outputs.images?.value ?? {}) as Images;
}

export function statedImages({ services }: Settings): Images {
  return Object.fromEntries(Object.entries(services).map(([name, { image }]) => [name, image]));
}

export function imagePath(service: string): string {
  return `services.${service}.image`;
}

export function changedImages(before: Images, after: Images): Record<string, { before: string | null; after: string | null }> {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return Object.fromEntries(
    names.flatMap((name) => {
      const change = { before: before[name] ?? null, after: after[name] ?? null };
      return change.before === change.after ? [] : [[name, change]];
    }),
  );
}

/** What is there before this run changes anything. */
export interface Former {
  /** By service: what ran well, as far as anybody knows; empty before the first deployment. */
  readonly images: Images;
  /** Whether the last update was to leave the services out, and no other came after it: the outputs state images that no service has. */
  readonly waiting: boolean;
  /** Of the last update; undefined before the first, and where today's rules refuse them. */
  readonly settings: Settings | undefined;
}

/** `history`: the last updates, the newest first. */
export function lastDeployment(
  { outputs, history }: { readonly outputs: OutputMap; readonly history: readonly UpdateSummary[] },
  { stack: name, where }: Options,
  suspects: Suspects,
): Former {
  const stated = imagesOf(outputs);
  if (Object.keys(stated).length === 0) return { images: {}, waiting: false, settings: undefined };
  const project = projectName(where.workDir);
  const updates = history.filter(({ kind }) => kind === "update" || kind === "destroy");
  const destroyed = updates.findIndex(({ kind }) => kind === "destroy");
  const alive = destroyed < 0 ? updates : updates.slice(0, destroyed);
  const [last] = alive;
  const whole = alive.filter(isWhole);
  const waiting = last?.message === servicesWait;
  const deployed = !waiting ? stated : whole[0] === undefined ? {} : imagesIn(whole[0], name, project);
  const isSuspect = (service: string): boolean => deployed[service] !== undefined && suspects.has(service, deployed[service]);
  // Their config is read only where one of them is asked for.
  const older = Object.keys(deployed).some(isSuspect) ? whole.map((update) => imagesIn(update, name, project)) : [];
  const images = Object.entries(deployed).map(([service, image]): [string, string] => {
    const known = older.flatMap(({ [service]: one }) => one ?? []);
    return [service, isSuspect(service) ? (known.find((one) => !suspects.has(service, one)) ?? image) : image];
  });
  return { images: Object.fromEntries(images), waiting, settings: last && settingsIn(last, name, project) };
}

function isWhole({ kind, result, message }: UpdateSummary): boolean {
  return kind === "update" && result === "succeeded" && message !== servicesWait;
}

/**
 * Images of services that the last successful update with other ones had; undefined where there was none. One with an image that has not
 * answered well is passed over, and so is one whose config today's rules refuse.
 */
export async function formerImages(
  { stack }: Opened,
  { stack: name, where }: Options,
  now: Images,
  suspects: Suspects,
): Promise<Images | undefined> {
  const project = projectName(where.workDir);
  for (const update of await stack.history()) {
    if (!isWhole(update)) continue;
    const images = imagesIn(update, name, project);
    const former = Object.entries(images).filter(([service, image]) => now[service] !== undefined && now[service] !== image);
    if (former.length > 0 && !former.some(([service, image]) => suspects.has(service, image))) return Object.fromEntries(former);
  }
  return undefined;
}

function imagesIn(update: UpdateSummary, stack: string, project: string): Images {
  const settings = settingsIn(update, stack, project);
  return settings === undefined ? {} : statedImages(settings);
}

/** What the config of an earlier update means; undefined where today's rules refuse it. */
export function settingsIn({ config }: UpdateSummary, stack: string, project: string): Settings | undefined {
  const values = Object.fromEntries(Object.entries(config).map(([key, { value }]) => [key, value]));
  const secretKeys = Object.keys(config).filter((key) => config[key]?.secret === true);
  try {
    return load({ project, stack, config: values, secretKeys });
  } catch {
    return undefined;
  }
}
