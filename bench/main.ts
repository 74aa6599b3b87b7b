// `npm run bench`: what the program costs and how long a deployment takes, as ratios with limits. Exit code 1 if one is exceeded.
import { rmSync } from "node:fs";
import { Command } from "commander";
import { type CloudName, clouds } from "../components/cloud";
import { plan } from "../plan/plan";
import type { Recorded } from "../plan/record";
import { compiled } from "./compiled";
import { line, passes, programCost, type Ratio, serviceCost, transpilesOnly } from "./cost";
import { criticalPath, describe, limit } from "./critical-path";

const rounds = 5;

async function main(): Promise<number> {
  const plans = { aws: await recorded("aws"), azure: await recorded("azure") };
  const ratios: Ratio[] = [];
  const show = (ratio: Ratio): void => {
    ratios.push(ratio);
    print(line(ratio));
  };
  for (const cloud of clouds) {
    const result = criticalPath(plans[cloud]);
    describe(cloud, result).forEach(print);
    show({
      what: `critical path on ${cloud}, to its unavoidable chain`,
      value: result.ratio,
      limit,
      detail: `${result.seconds} : ${result.unavoidableSeconds} s`,
    });
  }
  const program = compiled();
  try {
    programCost(program, plans, rounds).forEach(show);
    serviceCost(program).forEach(show);
  } finally {
    rmSync(program, { recursive: true });
  }
  const transpiles = transpilesOnly();
  print(`${transpiles ? "ok  " : "FAIL"}  a preview after an edit only transpiles: noCheck in tsconfig.json (npm run typecheck checks)`);
  return transpiles && ratios.every(passes) ? 0 : 1;
}

async function recorded(cloud: CloudName): Promise<readonly Recorded[]> {
  const { resources } = await plan({ stack: "prod", cloud });
  return resources;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

new Command("bench")
  .description("Measures prod's plan on both clouds: the critical path, the cost of the program, the cost of a service. Some minutes.")
  .addHelpText("after", "\nExit codes: 0; 1 if a ratio is above its limit.")
  .allowExcessArguments(false)
  .parse();

void main().then((code) => {
  process.exitCode = code;
});
