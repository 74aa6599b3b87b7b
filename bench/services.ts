// One measured process: what one more service costs, in a stack with 5 more and in one with 50 more. All run in one warm process, in
// turn; a stack without them is taken off, or the fixed part would hide any growth.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CloudName } from "../components/cloud";
import { plan } from "../plan/plan";

export interface PerService {
  readonly few: number;
  readonly many: number;
  /** CPU milliseconds for one service. */
  readonly fewMs: number;
  readonly manyMs: number;
}

const [few, many] = [5, 50];
const [rounds, repeats] = [9, 4];

/**
 * Every service is alike: an API with a route, a database and a queue, behind the same gateway. Rolling: a balancer holds 99 rules, and a
 * canary has three for each path.
 */
export function config(cloud: CloudName, count: number): string {
  const names = Array.from({ length: count }, (_, index) => `s${index + 1}`);
  const lines = names.map(
    (name) =>
      `    ${name}: { kind: api, deployment: rolling, image: "example.com/app:1", routes: { paths: ["/${name}/*"] }, uses: { database: readWrite, jobs: send } }`,
  );
  return [
    "config:",
    `  platform:cloud: ${cloud}`,
    "  platform:environment: prod",
    "  platform:alerts: { critical: { emails: [oncall@example.org] } }",
    // Logins of their own are for 30 services at most.
    "  platform:database: { logins: { enabled: false } }",
    ...(count === 0 ? [] : ["  platform:services:", ...lines]),
    "",
  ].join("\n");
}

async function main(cloud: CloudName): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    const files = [0, few, many].map((count) => {
      const configFile = join(folder, `${count}.yaml`);
      writeFileSync(configFile, config(cloud, count));
      return configFile;
    });
    const costs: number[][] = files.map(() => []);
    // A service more is a twentieth of the stack with few of them: the difference of two small costs needs more runs than a large one.
    const turns = [...files.entries(), ...Array.from({ length: repeats }, () => [...files.entries()].slice(0, 2)).flat()];
    for (let round = -1; round < rounds; round++) {
      for (const [index, configFile] of turns) {
        // What the run before left is not this one's cost.
        globalThis.gc?.();
        const before = process.cpuUsage();
        await plan({ stack: "prod", cloud, configFile });
        const { user, system } = process.cpuUsage(before);
        if (round >= 0) costs[index]?.push((user + system) / 1000);
      }
    }
    // What else the machine does only ever adds, and a sum over 50 services meets more of it: the least is the program's own.
    const [none = 0, withFew = 0, withMany = 0] = costs.map((runs) => Math.min(...runs));
    const result: PerService = { few, many, fewMs: (withFew - none) / few, manyMs: (withMany - none) / many };
    process.stdout.write(`${JSON.stringify(result)}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (require.main === module) void main((JSON.parse(process.argv[2] ?? "{}") as { cloud: CloudName }).cloud);
