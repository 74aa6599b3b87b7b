// Settings of deployments: the jobs that must succeed before the services move (P8). Their schema and their rules.
import { z } from "zod";
import { loginUsers } from "../components/database/logins";
import type { Fault } from "../components/fault";
import { rolesJobName } from "../jobs/roles/job";
import { pathText } from "./paths";
import type { Draft } from "./resolve";
import type { Subject } from "./rules";
import { nearest } from "./shape";

export interface Deploying {
  /** Names of jobs, in the order in which they run. */
  readonly before: readonly string[];
}

export const deploySchema = z.strictObject({
  before: z
    .array(z.string().min(1).max(40))
    .max(10)
    .optional()
    .describe(
      `Jobs that \`npm run deploy\` runs, from their new images and one after the other, before it touches any service: services of kind \`job\` without a schedule, such as migrations. One that fails ends the deployment. They run at each deployment that changes something, so they must be safe to repeat. \`${rolesJobName}\`, where logins are enabled, runs by itself, first, when there are logins to make; named here it runs each time, at its place. Default: none.`,
    ),
});

export function deployOf({ deploy }: Subject["given"]): Deploying {
  return { before: deploy?.before ?? [] };
}

export function checkDeploy({ draft, given }: Subject): Fault[] {
  const { before } = deployOf(given);
  return before.flatMap((name, index): Fault[] => {
    const fault = before.indexOf(name) < index ? twice : name === rolesJobName ? checkRoles(draft) : checkJob(name, draft);
    return fault === undefined ? [] : [{ path: pathText(["deploy", "before", index]), given: name, ...fault }];
  });
}

type Reason = Omit<Fault, "path" | "given">;

const twice: Reason = { problem: "stands in the list already", remedy: "name it once" };

function checkRoles({ database, services }: Draft): Reason | undefined {
  if (database.enabled && database.logins?.enabled === true && Object.keys(loginUsers(services)).length > 0) return undefined;
  return {
    problem: "there are no logins to make: database.logins.enabled is false, or no service uses the database",
    remedy: "remove it, or: pulumi config set --path database.logins.enabled true",
  };
}

function checkJob(name: string, { services }: Draft): Reason | undefined {
  const spec = Object.hasOwn(services, name) ? services[name] : undefined;
  if (spec === undefined) {
    const jobs = Object.entries(services).flatMap(([known, { kind }]) => (kind === "job" ? [known] : []));
    const near = nearest(name, [...jobs, rolesJobName]);
    return {
      problem: `there is no service of that name; jobs are: ${jobs.join(", ") || "none"}`,
      remedy: near === undefined ? `add services.${name} with kind job, or remove it here` : `did you mean "${near}"?`,
    };
  }
  if (spec.kind !== "job")
    return {
      problem: `a service of kind ${spec.kind} runs all the time, and a deployment would wait for ever`,
      remedy: "name a service of kind job",
    };
  if (spec.schedule !== undefined)
    return {
      problem: `runs by its schedule (${spec.schedule}) too`,
      remedy: `add a second job without a schedule, or remove services.${name}.schedule`,
    };
  const called = Object.entries(spec.uses).flatMap(([target, word]) => (word === "call" ? [target] : []));
  if (called.length > 0)
    return {
      problem: `it calls ${called.join(", ")}, and it runs before any service is there`,
      remedy: `remove services.${name}.uses.${called[0]}`,
    };
  return undefined;
}
