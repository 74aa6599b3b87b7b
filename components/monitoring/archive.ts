// For how many days a cloud keeps logs that may be kept longer than they can be searched, told without its SDK.
import { logDays } from "../clouds/aws/sizes";
import type { CloudName } from "../cloud";
import type { Fault } from "../fault";

/** What Azure's long-term retention sells: up to twelve years. */
const azureDays = { min: 4, max: 4383 } as const;

/** What is wrong with `archiveDays`. */
export function checkArchiveDays(days: number | undefined, cloud: CloudName): Fault[] {
  if (days === undefined) return [];
  const fault = (problem: string, remedy: string): Fault[] => [{ path: "archiveDays", given: days, problem, remedy }];
  if (cloud === "aws")
    return logDays.some((sold) => sold === days)
      ? []
      : fault(`CloudWatch keeps logs for ${logDays.join(", ")} days`, "choose one of these");
  const { min, max } = azureDays;
  if (Number.isInteger(days) && days >= min && days <= max) return [];
  return fault(`a Log Analytics workspace archives logs for ${min} to ${max} days`, "set a whole number in that range");
}
