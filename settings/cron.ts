// Cron of five fields, as far as both clouds can do it.
import type { Fault } from "../components/fault";
import { cut } from "./paths";

const fields = [
  ["minute", 0, 59, []],
  ["hour", 0, 23, []],
  ["day of month", 1, 31, []],
  ["month", 1, 12, ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]],
  ["day of week", 0, 7, ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]],
] as const;

const remedy = "write minute, hour, day of month, month and day of week, such as 0 3 * * 1-5";

export function checkCron(cron: string): Fault[] {
  const parts = cron.trim().split(/\s+/);
  const given = cut(cron);
  if (parts.length !== fields.length)
    return [{ path: "", given, problem: `has ${cron.trim() === "" ? 0 : parts.length} fields instead of five`, remedy }];
  const wrong = fields.flatMap(([name, min, max, words], index) =>
    fieldFits(parts[index] ?? "", min, max, words) ? [] : [`${name} "${cut(parts[index] ?? "")}" (${min} to ${max})`],
  );
  if (wrong.length > 0) return [{ path: "", given, problem: `not understood: ${wrong.join(", ")}`, remedy }];
  // EventBridge takes one of the two only.
  if (parts[2] !== "*" && parts[4] !== "*")
    return [
      { path: "", given, problem: "has both a day of the month and a day of the week, which AWS can't do", remedy: "leave one of them *" },
    ];
  return [];
}

function fieldFits(field: string, min: number, max: number, words: readonly string[]): boolean {
  const value = (text: string): number =>
    /^\d{1,2}$/.test(text)
      ? Number(text)
      : words.indexOf(text.toLowerCase()) + (words.includes(text.toLowerCase()) ? Math.min(min, 1) : Number.NaN);
  return field.split(",").every((item) => {
    const [range = "", step, ...more] = item.split("/");
    if (more.length > 0 || (step !== undefined && !(/^\d{1,2}$/.test(step) && Number(step) > 0))) return false;
    if (range === "*") return true;
    const [from = "", to, ...others] = range.split("-");
    if (others.length > 0) return false;
    const [first, last] = [value(from), to === undefined ? value(from) : value(to)];
    return first >= min && last <= max && first <= last;
  });
}

export function checkTimezone(timezone: string): Fault[] {
  try {
    new Intl.DateTimeFormat("en", { timeZone: timezone });
    // Offsets such as +02:00 are understood here, but by neither cloud.
    if (/^[A-Za-z]/.test(timezone)) return [];
  } catch {
    // Not a time zone.
  }
  return [
    { path: "", given: cut(timezone), problem: "not the name of a time zone", remedy: "use an IANA name, such as UTC or Europe/Berlin" },
  ];
}
