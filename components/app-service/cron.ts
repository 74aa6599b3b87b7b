// Cron of five fields, as everyone writes it, to the six fields of AWS: one of the two day fields must be `?`, days of the week begin
// with Sunday as 1, and there is a year. Days of the week come out as names, which nobody can miscount.

const weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] as const;
const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"] as const;

interface Field {
  readonly word: string;
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const fields = {
  minute: { word: "minute", min: 0, max: 59, names: [] },
  hour: { word: "hour", min: 0, max: 23, names: [] },
  day: { word: "day of the month", min: 1, max: 31, names: [] },
  month: { word: "month", min: 1, max: 12, names: months },
  // Both 0 and 7 are Sunday.
  weekday: { word: "day of the week", min: 0, max: 7, names: weekdays },
} as const satisfies Record<string, Field>;

export type Translation = { readonly expression: string } | { readonly problem: string };

/** `0 20 * * 1-5` is `cron(0 20 ? * MON-FRI *)`. Where AWS can't say it, why. */
export function awsCron(cron: string): Translation {
  const parts = cron.trim().toUpperCase().split(/\s+/);
  const [minute, hour, day, month, weekday] = parts;
  if (minute === undefined || hour === undefined || day === undefined || month === undefined || weekday === undefined || parts.length > 5) {
    return { problem: "cron has five fields: minute, hour, day of the month, month, day of the week" };
  }
  const checked: [string, Field][] = [
    [minute, fields.minute],
    [hour, fields.hour],
    [day, fields.day],
    [month, fields.month],
    [weekday, fields.weekday],
  ];
  for (const [text, field] of checked) {
    if (valuesOf(text, field) === undefined) return { problem: `"${text}" is no ${field.word} (${field.min} to ${field.max})` };
  }
  if (weekday === "*") return { expression: `cron(${minute} ${hour} ${day} ${month} ? *)` };
  if (day !== "*") return { problem: "AWS takes either days of the month or days of the week, not both" };
  return { expression: `cron(${minute} ${hour} ? ${month} ${weekdaysOf(weekday)} *)` };
}

function weekdaysOf(text: string): string {
  const days = [...new Set((valuesOf(text, fields.weekday) ?? []).map((day) => day % 7))].sort((a, b) => a - b);
  const [first, last] = [days[0] ?? 0, days.at(-1) ?? 0];
  const names = days.map((day) => weekdays[day]);
  // A list without gaps reads better as a range.
  return days.length > 2 && last - first === days.length - 1 ? `${weekdays[first]}-${weekdays[last]}` : names.join(",");
}

/** Every value that a field stands for; undefined if it can't be read. */
function valuesOf(text: string, field: Field): number[] | undefined {
  const values: number[] = [];
  for (const item of text.split(",")) {
    const match = /^(\*|[A-Z0-9]+)(?:-([A-Z0-9]+))?(?:\/(\d+))?$/.exec(item);
    if (match === null) return undefined;
    const [, from = "", to, every] = match;
    const all = from === "*";
    if (all && to !== undefined) return undefined;
    const first = all ? field.min : valueOf(from, field);
    // `5/10` is from 5 to the end in steps of 10.
    const last = to !== undefined ? valueOf(to, field) : all || every !== undefined ? lastOf(field) : first;
    const step = Number(every ?? 1);
    if (first === undefined || last === undefined || first > last || step < 1) return undefined;
    for (let value = first; value <= last; value += step) values.push(value);
  }
  return values;
}

function lastOf(field: Field): number {
  return field === fields.weekday ? 6 : field.max;
}

function valueOf(text: string, field: Field): number | undefined {
  const named = field.names.indexOf(text);
  if (named >= 0) return named + field.min;
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  return value >= field.min && value <= field.max ? value : undefined;
}
