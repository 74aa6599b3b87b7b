// What the program costs beside one that registers the same resources in a flat loop, and whether many services cost more than few.
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { type CloudName, clouds } from "../components/cloud";
import type { Recorded } from "../plan/record";
import { measure, runChild, type Task } from "./measure";
import type { PerService } from "./services";

/** One line of the result: passes if `value` is at most `limit`. */
export interface Ratio {
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  readonly detail: string;
}

const limits = { cost: 1.25, perService: 1.1 } as const;

/** CPU time and peak memory of recording prod, against the flat loop; medians of that many runs, in turn. */
export function programCost(program: string, plans: Readonly<Record<CloudName, readonly Recorded[]>>, rounds: number): Ratio[] {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    return clouds.flatMap((cloud) => {
      const file = join(folder, `${cloud}.json`);
      // The children of a remote component are registered by its own provider, not by the program.
      writeFileSync(file, JSON.stringify(plans[cloud].filter(({ urn }) => !urn.includes("$awsx:ec2:Vpc$"))));
      const tasks: readonly Task[] = [
        { kind: "program", cloud },
        { kind: "flat", plan: file },
      ];
      const [ours, flat] = measure(program, tasks, rounds);
      if (ours === undefined || flat === undefined || ours.resources !== flat.resources) {
        throw new Error(`${cloud}: the program records ${ours?.resources} resources, the flat loop ${flat?.resources}`);
      }
      const ratio = (what: string, mine: number, theirs: number, unit: string): Ratio => ({
        what: `${what} of recording prod on ${cloud}, to a flat loop of its ${ours.resources} resources`,
        value: mine / theirs,
        limit: limits.cost,
        detail: `${mine.toFixed(0)} : ${theirs.toFixed(0)} ${unit}`,
      });
      return [
        ratio("CPU time", ours.cpuMs, flat.cpuMs, "ms"),
        ratio("CPU time without the start of Node", ours.workMs, flat.workMs, "ms"),
        ratio("peak memory", ours.memoryMb, flat.memoryMb, "MB"),
      ];
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A young generation that holds a run, collected before each: else chance decides which run pays for the garbage of all. */
const garbage = ["--expose-gc", "--max-semi-space-size=64"];

export function serviceCost(program: string): Ratio[] {
  return clouds.map((cloud) => {
    const { few, many, fewMs, manyMs } = runChild(program, "services.js", { cloud }, garbage) as PerService;
    return {
      what: `CPU time per service on ${cloud}, of ${many} services to ${few}`,
      value: manyMs / fewMs,
      limit: limits.perService,
      detail: `${manyMs.toFixed(1)} : ${fewMs.toFixed(1)} ms`,
    };
  });
}

/** Pulumi runs the program with the compiler in its own process: with `noCheck` that only transpiles. */
export function transpilesOnly(): boolean {
  const file = join(__dirname, "..", "tsconfig.json");
  const { config } = ts.parseConfigFileTextToJson(file, readFileSync(file, "utf8")) as {
    config?: { compilerOptions?: { noCheck?: boolean } };
  };
  return config?.compilerOptions?.noCheck === true;
}

export function passes({ value, limit }: Ratio): boolean {
  return value <= limit;
}

export function line(ratio: Ratio): string {
  const { what, value, limit, detail } = ratio;
  return `${passes(ratio) ? "ok  " : "FAIL"}  ${value.toFixed(3)} (at most ${limit})  ${what}: ${detail}`;
}
