// The words of `npm run deploy`: its commands, and which options each of them takes. One that a command would not heed is refused.
import { InvalidArgumentError, Option } from "commander";
import { collect } from "../terminal";

export const verbs = {
  preview: "what an update would change; changes nothing",
  up: "update the stack, its jobs (deploy.before) before its services, verify that it answers, keep the state",
  rollback: "put back the images of the last successful update that had others",
  rollout: "bring in a service's new image in stages, judged by the cloud's metrics; back again on a breach",
  rotate: "begin the next epoch of passwords and generated secrets, and move the services to its logins",
  drift: "what was changed behind the program's back: exit code 7",
  destroy: "take the stack away; a guarded one is refused whole",
  outputs: "the stack's outputs; secret ones are not shown",
  cancel: "release the lock of an update that nobody runs any more",
  doctor: "what is missing on this machine and in this stack for a deployment",
} as const;
export type Verb = keyof typeof verbs;

export interface Flags {
  readonly stack: string;
  readonly cwd?: string;
  readonly format: "text" | "json";
  readonly summary?: string;
  readonly allow?: readonly string[];
  readonly policyPack?: readonly string[];
  readonly recover?: true;
  readonly create?: true;
  readonly confirm?: string;
  readonly lockTimeout?: number;
  readonly timeout?: number;
  readonly grace?: number;
  readonly retries?: number;
  readonly rollback?: boolean;
  readonly jobs?: boolean;
  readonly jobTimeout?: number;
  readonly healthTimeout?: number;
  readonly keep?: string;
  readonly service?: string;
  readonly image?: string;
  readonly finish?: true;
  readonly abort?: true;
}

/** Seconds for which a command may run. A rollout is longer than its stages. */
export const defaultTimeout = 7200;
const rolloutTimeout = 14_400;
/** Seconds in which it may end by itself then. */
export const defaultGrace = 300;
/** Where states are kept. */
export const defaultFolder = "deployments";

/** Commands that bring a new state of the stack; those too that only look at it; all that ask the engine. */
const deploying: readonly Verb[] = ["up", "rollback", "rollout", "rotate"];
const looking: readonly Verb[] = ["preview", ...deploying];
const asking: readonly Verb[] = [...looking, "drift", "destroy"];

const options: readonly (readonly [verbs: readonly Verb[], make: (verb: Verb) => Option])[] = [
  [["rollout"], () => new Option("--service <name>", "the web or api service").makeOptionMandatory()],
  [["rollout"], () => new Option("--image <image>", "the image to bring in; again, after a run was stopped: goes on where it was")],
  [["rollout"], () => new Option("--finish", "remove the candidate that is kept after a rollout, or left by one that was taken back")],
  [["rollout"], () => new Option("--abort", "take the candidate back: visitors first, then the good image into it")],
  [["destroy"], () => new Option("--confirm <stack>", "in production: the stack's name again")],
  [
    looking,
    () => repeated("--allow <what>", "data that may be deleted or replaced (name, type or URN), a rollout cut short (services.<name>)"),
  ],
  [looking, () => repeated("--policy-pack <folder>", "a policy pack that must pass")],
  [
    [...deploying, "destroy"],
    () => new Option("--recover", "after an update that was killed: read the cloud and forget creations that left nothing"),
  ],
  [["preview", "up"], () => new Option("--create", "make the stack if there is none; never for prod")],
  [deploying, () => new Option("--no-rollback", "leave a failed or unhealthy deployment as it is")],
  [
    deploying,
    () => new Option("--no-jobs", "move the services without the jobs that deploy.before and new logins of the database ask for"),
  ],
  [deploying, () => number("--job-timeout <seconds>", "how long each of these jobs may take", 1800)],
  [deploying, () => number("--health-timeout <seconds>", "how long the platform may take to answer; 0 doesn't ask", 300)],
  [asking, () => number("--lock-timeout <seconds>", "how long to wait for another update of the stack", 600)],
  [
    asking,
    (verb) => number("--timeout <seconds>", "after this the engine is asked to end", verb === "rollout" ? rolloutTimeout : defaultTimeout),
  ],
  [asking, () => number("--grace <seconds>", "how long it may take to end then; what has not ended is killed", defaultGrace)],
  [asking, () => number("--retries <number>", "further tries after a fault that passes by itself", 2)],
  [[...deploying, "destroy"], () => new Option("--keep <folder>", "where states are kept").default(defaultFolder)],
  [
    asking,
    () => new Option("--summary <file>", "write the JSON summary to a file too; $GITHUB_STEP_SUMMARY gets a page of Markdown by itself"),
  ],
];

export function optionsFor(verb: Verb): Option[] {
  return options.flatMap(([verbs, make]) => (verbs.includes(verb) ? [make(verb)] : []));
}

function repeated(flags: string, description: string): Option {
  return new Option(flags, `${description}; may be repeated`).argParser(collect).default([], "none");
}

function number(flags: string, description: string, usual: number): Option {
  return new Option(flags, description).argParser(whole).default(usual);
}

function whole(value: string): number {
  if (!/^\d{1,6}$/.test(value)) throw new InvalidArgumentError("a whole number is wanted.");
  return Number(value);
}
