// For how many days a cloud keeps logs that may be kept longer than they can be searched, told without its SDK.
import { checkLogDays } from "../clouds/aws/sizes";
import type { CloudName } from "../cloud";
import type { Fault } from "../fault";

/** What Azure's long-term retention sells: up to twelve years. */
const azureDays = { min: 4, max: 4383 } as const;

/** What is wrong with `archiveDays`. */
export function checkArchiveDays(days: number | undefined, cloud: CloudName): Fault[] {
  if (days === undefined) return [];
  if (cloud === "aws") return checkLogDays(days).map((fault) => ({ ...fault, path: "archiveDays" }));
  const { min, max } = azureDays;
  if (Number.isInteger(days) && days >= min && days <= max) return [];
  const problem = `a Log Analytics workspace archives logs for ${min} to ${max} days`;
  return [{ path: "archiveDays", given: days, problem, remedy: "set a whole number in that range" }];
}
