// Which images run, which are asked for, and which ran before: all that a rollback puts back.
import type { OutputMap, UpdateSummary } from "@pulumi/pulumi/automation";
import { load, type Settings } from "../settings/load";
import { projectName } from "../settings/project";
import type { Options } from "./run";
import type { Opened } from "./workspace";

/** Updates that are looked back to. */
const historyPage = 20;

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

/**
 * What ran before: `waiting` says that the last update was to leave the services out, and no other came after it. The outputs state
 * images then that no service has.
 */
export async function lastDeployment(
  opened: Opened,
  { stack: name, where }: Options,
): Promise<{ readonly images: Images; readonly waiting: boolean }> {
  const images = imagesOf(await opened.stack.outputs());
  if (Object.keys(images).length === 0) return { images, waiting: false };
  const updates = (await opened.stack.history(historyPage, 1)).filter(({ kind }) => kind === "update" || kind === "destroy");
  if (updates[0]?.message !== servicesWait) return { images, waiting: false };
  const whole = updates.find(({ kind, result, message }) => kind === "destroy" || (result === "succeeded" && message !== servicesWait));
  return { images: whole?.kind === "update" ? imagesIn(whole, name, projectName(where.workDir)) : {}, waiting: true };
}

/**
 * Images of services that the last successful update with other ones had; undefined where there was none. The backend keeps the config of
 * every update; one that today's rules refuse is passed over.
 */
export async function formerImages({ stack }: Opened, { stack: name, where }: Options, now: Images): Promise<Images | undefined> {
  const project = projectName(where.workDir);
  for (const update of await stack.history()) {
    if (update.kind !== "update" || update.result !== "succeeded" || update.message === servicesWait) continue;
    const images = imagesIn(update, name, project);
    const former = Object.entries(images).filter(([service, image]) => now[service] !== undefined && now[service] !== image);
    if (former.length > 0) return Object.fromEntries(former);
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
