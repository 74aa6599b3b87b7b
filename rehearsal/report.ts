// What a rehearsal prints at its end: the timeline and what visitors saw, for people or as one JSON document.
import type { Printer } from "../terminal";
import { type Ending, told } from "./ending";
import type { Phase, Scene } from "./scene";
import { drawn } from "./timeline";

/** Changes when a field is removed or changes its meaning. */
export const schemaVersion = 1;

export interface Reported {
  readonly command: string;
  readonly scene: Pick<Scene, "stack" | "settings" | "phases">;
  readonly ending: Ending;
  readonly speed: number;
  readonly exitCode: number;
  readonly json: boolean;
}

export function report({ command, scene, ending, speed, exitCode, json }: Reported, printer: Printer): void {
  const { stack, phases, settings } = scene;
  if (json) {
    printer.out(`${JSON.stringify({ schemaVersion, command, stack, cloud: settings.cloud, speed, exitCode, phases, ending }, null, 2)}\n`);
    return;
  }
  printer.out(
    `${[...timeline(phases), "", ...visitors(phases), "", ...told(ending), "", `${command} of ${stack}: exit code ${exitCode}`].join("\n")}\n`,
  );
}

function timeline(phases: readonly Phase[]): string[] {
  const changed = phases.flatMap(({ name, timeline, exitCode, seconds }) => {
    const end = `${name}: exit code ${exitCode}, ${minutes(seconds)} of the cloud's time`;
    return ["", end, ...(timeline.length === 0 ? ["  nothing changed"] : drawn(timeline).map((line) => `  ${line}`))];
  });
  return ["", "Timeline (minutes of the cloud since the first change)", ...changed];
}

function visitors(phases: readonly Phase[]): string[] {
  const rows = phases.flatMap(({ name, visitors }) =>
    visitors.map(({ service, percent, firstAfter, longestGap }) => {
      const first = firstAfter === null ? "nobody was served" : firstAfter === 0 ? "" : `first served after ${minutes(firstAfter)}`;
      const gap = longestGap === 0 ? "" : `somebody not served for ${minutes(longestGap)}`;
      return `  ${name.padEnd(44)} ${service.padEnd(12)} ${`${percent} %`.padStart(7)}  ${[first, gap].filter(Boolean).join(", ")}`.trimEnd();
    }),
  );
  return [
    "What visitors saw, from the first change of a phase to its end: share served",
    ...(rows.length === 0 ? ["  no service has visitors"] : rows),
  ];
}

function minutes(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
