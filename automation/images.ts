// Which images run, which are asked for, and which ran before: all that a rollback puts back.
import type { OutputMap } from "@pulumi/pulumi/automation";
import { load, type Settings } from "../settings/load";
import { projectName } from "../settings/project";
import type { Options } from "./run";
import type { Opened } from "./workspace";

/** By name of a service. */
export type Images = Readonly<Record<string, string>>;

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
 * Images of services that the last successful update with other ones had; undefined where there was none. The backend keeps the config of
 * every update; one that today's rules refuse is passed over.
 */
export async function formerImages({ stack }: Opened, { stack: name, where }: Options, now: Images): Promise<Images | undefined> {
  const project = projectName(where.workDir);
  for (const { kind, result, config } of await stack.history()) {
    if (kind !== "update" || result !== "succeeded") continue;
    const values = Object.fromEntries(Object.entries(config).map(([key, { value }]) => [key, value]));
    const secretKeys = Object.keys(config).filter((key) => config[key]?.secret === true);
    const images = imagesAt(() => load({ project, stack: name, config: values, secretKeys }));
    const former = Object.entries(images).filter(([service, image]) => now[service] !== undefined && now[service] !== image);
    if (former.length > 0) return Object.fromEntries(former);
  }
  return undefined;
}

function imagesAt(settings: () => Settings): Images {
  try {
    return statedImages(settings());
  } catch {
    return {};
  }
}
