// Schedules in the words of Azure. An App Service plan takes a weekly hour in a time zone by its Windows name; Container Apps take cron,
// but only to raise the minimum. What neither can do is refused here, before anything is made.
import type { ScaleSchedule, ServiceSpec } from "../app-service/index";
import type { Fault } from "../fault";
import type { Stack } from "../stack";

const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

/** Time zones for which a plan can be scheduled, by their IANA name. */
const windowsZones: Readonly<Record<string, string>> = {
  UTC: "UTC",
  "Etc/UTC": "UTC",
  "America/Anchorage": "Alaskan Standard Time",
  "America/Argentina/Buenos_Aires": "Argentina Standard Time",
  "America/Bogota": "SA Pacific Standard Time",
  "America/Chicago": "Central Standard Time",
  "America/Denver": "Mountain Standard Time",
  "America/Halifax": "Atlantic Standard Time",
  "America/Los_Angeles": "Pacific Standard Time",
  "America/New_York": "Eastern Standard Time",
  "America/Phoenix": "US Mountain Standard Time",
  "America/Sao_Paulo": "E. South America Standard Time",
  "America/Toronto": "Eastern Standard Time",
  "Asia/Dubai": "Arabian Standard Time",
  "Asia/Hong_Kong": "China Standard Time",
  "Asia/Jakarta": "SE Asia Standard Time",
  "Asia/Jerusalem": "Israel Standard Time",
  "Asia/Kolkata": "India Standard Time",
  "Asia/Seoul": "Korea Standard Time",
  "Asia/Shanghai": "China Standard Time",
  "Asia/Singapore": "Singapore Standard Time",
  "Asia/Tokyo": "Tokyo Standard Time",
  "Australia/Sydney": "AUS Eastern Standard Time",
  "Europe/Amsterdam": "W. Europe Standard Time",
  "Europe/Athens": "GTB Standard Time",
  "Europe/Berlin": "W. Europe Standard Time",
  "Europe/Dublin": "GMT Standard Time",
  "Europe/Helsinki": "FLE Standard Time",
  "Europe/Istanbul": "Turkey Standard Time",
  "Europe/London": "GMT Standard Time",
  "Europe/Madrid": "Romance Standard Time",
  "Europe/Paris": "Romance Standard Time",
  "Europe/Rome": "W. Europe Standard Time",
  "Europe/Stockholm": "W. Europe Standard Time",
  "Europe/Vienna": "W. Europe Standard Time",
  "Europe/Warsaw": "Central European Standard Time",
  "Europe/Zurich": "W. Europe Standard Time",
  "Pacific/Auckland": "New Zealand Standard Time",
};

export interface Recurrence {
  readonly timeZone: string;
  readonly days: readonly string[];
  readonly hours: readonly number[];
  readonly minutes: readonly number[];
}

/** When a profile of a plan begins; undefined where cron says more than days of the week and one time of the day. */
export function recurrenceOf({ cron, timezone }: ScaleSchedule): Recurrence | undefined {
  const [minute = "", hour = "", day, month, weekday = "", ...more] = cron.trim().split(/\s+/);
  const days = daysOf(weekday);
  const timeZone = windowsZones[timezone];
  if (!isUpTo(minute, 59) || !isUpTo(hour, 23) || day !== "*" || month !== "*" || more.length > 0) return undefined;
  if (days === undefined || timeZone === undefined) return undefined;
  return { timeZone, days, hours: [Number(hour)], minutes: [Number(minute)] };
}

export interface TimedMinimum {
  readonly name: string;
  readonly start: string;
  readonly end: string;
  readonly timezone: string;
  readonly min: number;
}

/** The times at which a worker has more than its least: each schedule lasts until the next one of the list begins. */
export function timedMinimums({ scale }: ServiceSpec): readonly TimedMinimum[] {
  const least = leastOf(scale);
  return scale.schedules.flatMap(({ name, cron, timezone, min }, index) => {
    const next = scale.schedules[(index + 1) % scale.schedules.length];
    return next === undefined || min === least ? [] : [{ name, start: cron, end: next.cron, timezone, min }];
  });
}

/** The fewest instances at any time. */
export function leastOf({ min, schedules }: ServiceSpec["scale"]): number {
  return Math.min(min, ...schedules.map((schedule) => schedule.min));
}

/** Fewest instances that Azure spreads over zones. */
const spread = 2;

/**
 * Whether a plan spreads over zones. Nothing that changes in the life of a stack decides it: an update sends the number of instances with
 * which the plan was made, as autoscale owns the true one, and Azure refuses zones to fewer than two.
 */
export function spreads({ environment }: Pick<Stack, "environment">, isBasic: boolean): boolean {
  return !isBasic && environment === "prod";
}

/** What of a service's scaling Azure can't do. Paths are those of the service. */
export function checkScaling(spec: ServiceSpec, isBasic: boolean, stack: Pick<Stack, "environment">): Fault[] {
  if (spec.kind === "job") return [];
  if (spec.kind === "worker") return checkWorker(spec);
  return [...checkSite(spec, isBasic), ...(spreads(stack, isBasic) ? checkSpread(spec) : [])];
}

function checkSpread({ scale }: ServiceSpec): Fault[] {
  const numbers = [
    { path: "scale.min", min: scale.min },
    ...scale.schedules.map(({ min }, index) => ({ path: `scale.schedules[${index}].min`, min })),
  ];
  const problem = `in prod an App Service plan spreads over zones, with ${spread} instances at any time`;
  return numbers
    .filter(({ min }) => min >= 1 && min < spread)
    .map(({ path, min }) => ({ path, given: min, problem, remedy: `set min to ${spread} or more` }));
}

function checkSite({ scale, cpu }: ServiceSpec, isBasic: boolean): Fault[] {
  return scale.schedules.flatMap((schedule, index): Fault[] => {
    const path = `scale.schedules[${index}]`;
    if (isBasic) {
      return [
        {
          path,
          given: schedule.name,
          problem: `the plan of a service of ${cpu} vCPU (Basic) has no schedules`,
          remedy: "remove it, or choose a larger cpu",
        },
      ];
    }
    const faults: Fault[] = [];
    if (windowsZones[schedule.timezone] === undefined) {
      faults.push({
        path: `${path}.timezone`,
        given: schedule.timezone,
        problem: "not a time zone for which the platform knows Azure's name",
        remedy: `choose one of ${Object.keys(windowsZones).join(", ")}`,
      });
    } else if (recurrenceOf(schedule) === undefined) {
      faults.push({
        path: `${path}.cron`,
        given: schedule.cron,
        problem: "an App Service plan takes one time of the day on days of the week",
        remedy: "write minute and hour as numbers, day and month as *: 0 20 * * 1-5",
      });
    }
    if (schedule.min < 1) {
      faults.push({
        path: `${path}.min`,
        given: schedule.min,
        problem: "an App Service plan has at least one instance",
        remedy: "set min to 1 or more",
      });
    }
    return faults;
  });
}

function checkWorker({ scale }: ServiceSpec): Fault[] {
  const { schedules } = scale;
  const faults: Fault[] = [];
  if (schedules.length === 1) {
    faults.push({
      path: "scale.schedules",
      given: schedules[0]?.name,
      problem: "with one schedule of a worker Azure does not know when it ends",
      remedy: "add the schedule that follows it",
    });
  }
  schedules.forEach((schedule, index) => {
    if (schedule.max === scale.max) return;
    const problem = `Container Apps' schedules raise the minimum; the maximum stays scale.max, which is ${scale.max}`;
    faults.push({ path: `scale.schedules[${index}].max`, given: schedule.max, problem, remedy: `set max to ${scale.max}` });
  });
  if (leastOf(scale) === 0 && scale.backlogPerInstance === undefined && schedules.length === 0) {
    const remedy = "set scale.min to 1 or more, or scale.backlogPerInstance";
    faults.push({
      path: "scale.min",
      given: scale.min,
      problem: "a worker without instances that looks at no queue would never start again",
      remedy,
    });
  }
  return faults;
}

function isUpTo(text: string, max: number): boolean {
  return /^\d{1,2}$/.test(text) && Number(text) <= max;
}

/** `1-5`, `MON-FRI`, `0,6`, `*`; both 0 and 7 are Sunday. */
function daysOf(text: string): string[] | undefined {
  if (text === "*") return [...weekdays];
  const days = new Set<number>();
  for (const item of text.split(",")) {
    const [from = "", to = from, ...more] = item.split("-");
    const [first, last] = [dayOf(from), dayOf(to)];
    if (first === undefined || last === undefined || first > last || more.length > 0) return undefined;
    for (let day = first; day <= last; day++) days.add(day % 7);
  }
  return weekdays.filter((_, day) => days.has(day));
}

function dayOf(text: string): number | undefined {
  const named = weekdays.findIndex((day) => day.slice(0, 3).toUpperCase() === text.toUpperCase());
  if (named >= 0) return named;
  return /^[0-7]$/.test(text) ? Number(text) : undefined;
}
