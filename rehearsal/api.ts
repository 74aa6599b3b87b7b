// The simulated clouds as the deploy command asks them: what runs is told from their memory, what visitors met from the rehearsal's script.
import type { CloudApi } from "../automation/cloud";
import type { Identity } from "../automation/identity";
import type { Jobs } from "../automation/jobs";
import { lateness, type Reading, type Track } from "../automation/metrics";
import type { Running } from "../automation/version";
import type { Store, Values } from "./store";

/** What visitors and probes meet, unless a script says otherwise: enough requests, all of them good. */
export const goodReading: Reading = { requests: 1000, errors: 0, p95Ms: 120, health: "healthy" };

export interface Script {
  /** What differs from a good reading. */
  readonly reading?: (track: Track) => Partial<Reading>;
  /** By how much its metrics are late (those of AWS). */
  readonly lateSeconds?: number;
  /** The image that the cloud reports instead of the one that it was given. */
  readonly image?: (id: string, given: string) => string;
  /** Whom the credentials are of. Default: the account or subscription that the simulated clouds have. */
  readonly identity?: Identity;
  /** Default: each is done at once, and well. */
  readonly jobs?: Jobs;
}

/** The account and the subscription of the simulated clouds. */
export const simulated = { aws: "123456789012", azure: "00000000-1111-4222-8333-444444444444" } as const;

export function simulatedApi(store: Pick<Store, "all">, script: Script = {}): CloudApi {
  const { reading = () => ({}), lateSeconds = lateness.aws, image = (_, given) => given, identity, jobs = simulatedJobs } = script;
  return {
    metrics: { lateSeconds, read: (track) => Promise.resolve({ ...goodReading, ...reading(track) }) },
    running: (id): Promise<Running> => {
      const given = givenImage(store, id);
      if (given === undefined) return Promise.reject(new Error(`there is no ${id}`));
      return Promise.resolve({ image: image(id, given), settled: true });
    },
    identity: () => Promise.resolve(identity ?? { accounts: Object.values(simulated), who: "rehearsal" }),
    jobs: () => jobs,
  };
}

/** Each is done at once, and well. */
const simulatedJobs: Jobs = {
  running: () => Promise.resolve([]),
  start: ({ name }) => Promise.resolve(`simulated-${name}`),
  look: () => Promise.resolve({ running: false, succeeded: true, words: "exit code 0" }),
  logs: () => "a simulated job writes nothing",
};

/** The image that Pulumi gave to what has this id. */
function givenImage(store: Pick<Store, "all">, id: string): string | undefined {
  const all = store.all();
  const inputs = all.find((resource) => resource.id === id)?.inputs;
  if (inputs === undefined) return undefined;
  const { taskDefinition } = inputs;
  if (taskDefinition !== undefined) {
    const task = all.find((resource) => resource.id === taskDefinition || resource.outputs.arn === taskDefinition);
    return imageOf((JSON.parse(String(task?.inputs.containerDefinitions ?? "[]")) as Values[])[0]);
  }
  const template = inputs.template as { readonly containers?: readonly Values[] } | undefined;
  if (template !== undefined) return imageOf(template.containers?.[0]);
  const { linuxFxVersion = "" } = (inputs.siteConfig ?? {}) as { readonly linuxFxVersion?: string };
  if (linuxFxVersion.startsWith("DOCKER|")) return linuxFxVersion.slice("DOCKER|".length);
  return imageOf(all.find((resource) => resource.id.startsWith(`${id}/sitecontainers/`) && resource.inputs.isMain === true)?.inputs);
}

function imageOf(container: Values | undefined): string | undefined {
  return typeof container?.image === "string" ? container.image : undefined;
}
