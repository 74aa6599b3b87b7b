// Measures tasks in processes of their own, several times in turn, so that whatever else the machine does falls on all alike.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { CloudName } from "../components/cloud";

/** What a child process does. */
export type Task = { readonly kind: "program"; readonly cloud: CloudName } | { readonly kind: "flat"; readonly plan: string };

export interface Cost {
  readonly resources: number;
  /** The whole process, start of Node included. */
  readonly cpuMs: number;
  /** Without the start. */
  readonly workMs: number;
  /** The peak of resident memory. */
  readonly memoryMb: number;
}

/** The medians of several runs of the compiled project in the folder `program`; the first round warms caches on disk and is thrown away. */
export function measure(program: string, tasks: readonly Task[], rounds: number): Cost[] {
  const costs: Cost[][] = tasks.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    tasks.forEach((task, index) => {
      const cost = runChild(program, "child.js", task) as Cost;
      if (round > 0) costs[index]?.push(cost);
    });
  }
  return costs.map((runs) => ({
    resources: runs[0]?.resources ?? 0,
    cpuMs: median(runs.map((run) => run.cpuMs)),
    workMs: median(runs.map((run) => run.workMs)),
    memoryMb: median(runs.map((run) => run.memoryMb)),
  }));
}

/** The last line that a child prints, as JSON. `program`: the folder of the compiled project. */
export function runChild(program: string, file: string, task: unknown, flags: readonly string[] = []): unknown {
  const output = execFileSync(process.execPath, [...flags, join(program, "bench", file), JSON.stringify(task)], {
    cwd: program,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(output.trimEnd().split("\n").at(-1) ?? "");
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
