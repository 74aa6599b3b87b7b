// One measured process: records a stack by the program, or the same resources in a flat loop, and prints what that cost.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Cost, type Task } from "./measure";

async function main(task: Task): Promise<void> {
  const started = process.cpuUsage();
  const made = await run(task);
  const { user, system } = process.cpuUsage();
  const before = started.user + started.system;
  const cost: Cost = {
    resources: made,
    cpuMs: (user + system) / 1000,
    workMs: (user + system - before) / 1000,
    memoryMb: process.resourceUsage().maxRSS / 1024,
  };
  process.stdout.write(`${JSON.stringify(cost)}\n`);
}

/** Both sides load only what they need: hence the imports here. */
async function run(task: Task): Promise<number> {
  const load = createRequire(__filename);
  if (task.kind === "program") {
    const { plan } = load("../plan/plan") as typeof import("../plan/plan");
    const { resources } = await plan({ stack: "prod", cloud: task.cloud });
    return resources.filter(({ urn }) => !urn.includes("$awsx:ec2:Vpc$")).length;
  }
  const { flat } = load("./flat") as typeof import("./flat");
  return flat(JSON.parse(readFileSync(task.plan, "utf8")));
}

void main(JSON.parse(process.argv[2] ?? "{}") as Task);
