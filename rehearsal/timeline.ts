// What happened when: one line for each change of the simulated cloud, in the cloud's time.
import type { Call } from "./store";

export interface Row {
  readonly what: string;
  readonly type: string;
  /** Seconds since the first. */
  readonly start: number;
  /** Null: it never ended. */
  readonly end: number | null;
  readonly how: "done" | "failed" | "unfinished";
}

/** `clock`: a moment of ours in the cloud's time. */
export function rowsOf(calls: readonly Call[], clock: (time: number) => number): Row[] {
  const began = Math.min(...calls.map(({ at }) => clock(Date.parse(at))));
  const seconds = (time: number): number => Math.round(clock(time) - began) / 1000;
  return calls
    .filter(({ type }) => !type.startsWith("random:"))
    .map(({ kind, type, name, at, end, failed, refused }): Row => {
      const start = seconds(Date.parse(at));
      const bad = failed || refused === true;
      return {
        what: `${kind} ${name}`,
        type: type.split(":").at(-1) ?? type,
        start,
        end: bad ? start : end === undefined ? null : seconds(Date.parse(end)),
        how: bad ? "failed" : end === undefined ? "unfinished" : "done",
      };
    })
    .sort((a, b) => a.start - b.start);
}

const width = 40;

/** A bar for each, over the time of all. */
export function drawn(rows: readonly Row[]): string[] {
  const last = Math.max(1, ...rows.map(({ start, end }) => end ?? start));
  const at = (seconds: number): number => Math.round((seconds / last) * width);
  return rows.map(({ what, type, start, end, how }) => {
    const to = end ?? last;
    const bar = " ".repeat(at(start)) + (how === "failed" ? "x" : (how === "done" ? "█" : "░").repeat(Math.max(1, at(to) - at(start))));
    const times = `${time(start)} ${how === "unfinished" ? "  never" : time(to)}`;
    return `${times}  ${bar.slice(0, width + 1).padEnd(width + 1)} ${what} (${type})${how === "failed" ? " FAILED" : ""}`;
  });
}

function time(seconds: number): string {
  const whole = Math.round(seconds);
  return `${String(Math.floor(whole / 60)).padStart(3)}:${String(whole % 60).padStart(2, "0")} `;
}
