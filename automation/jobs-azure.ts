// Jobs of Container Apps: the job itself holds image, network and identity, so starting it takes its id alone.
import { isDeepStrictEqual } from "node:util";
import {
  ContainerAppsAPIClient,
  type ContainerAppsAPIClientOptionalParams,
  type JobExecution,
  type JobExecutionContainer,
} from "@azure/arm-appcontainers";
import type { TokenCredential } from "@azure/identity";
import { azureCredential } from "./credentials-azure";
import type { Job, Jobs, Look } from "./jobs";

export interface AzureJobsArgs {
  readonly credential?: TokenCredential;
  readonly client?: ContainerAppsAPIClientOptionalParams;
  /** Milliseconds between two questions whether a start was accepted. */
  readonly updateIntervalInMs?: number;
}

/** What an execution may still be: `Unknown` is said between two states. */
const going = ["Running", "Processing", "Unknown"];

export function azureJobs({ credential, client, updateIntervalInMs = 2000 }: AzureJobsArgs = {}): Jobs {
  // Throttled calls are tried again by the SDK, as long as Azure asks for.
  const options = { retryOptions: { maxRetries: 5 }, ...client };
  const login = credential ?? azureCredential();
  const apiOf = (job: Job): ContainerAppsAPIClient => new ContainerAppsAPIClient(login, placeOf(job).subscription, options);
  return {
    async running(job) {
      const { group, name } = placeOf(job);
      const api = apiOf(job);
      const found: JobExecution[] = [];
      for await (const execution of api.jobsExecutions.list(group, name)) if (isGoing(execution.status)) found.push(execution);
      if (found.length === 0) return [];
      const now = (await api.jobs.get(group, name)).template?.containers ?? [];
      return found.flatMap(({ name: id, template }) =>
        id === undefined ? [] : [{ id, current: isDeepStrictEqual(whatOf(template?.containers), whatOf(now)) }],
      );
    },

    async start(job) {
      const { group, name } = placeOf(job);
      const { name: execution } = await apiOf(job).jobs.beginStartAndWait(group, name, { updateIntervalInMs });
      if (execution === undefined) throw new Error("Azure names no execution");
      return execution;
    },

    async look(job, id) {
      const { group, name } = placeOf(job);
      const { status = "Unknown" } = await apiOf(job).jobExecution(group, name, id);
      return lookAt(status);
    },

    logs(job, execution) {
      const { group, name, subscription } = placeOf(job);
      return `az containerapp job logs show --subscription ${subscription} --resource-group ${group} --name ${name} --execution ${execution} --container ${job.name}`;
    },
  };
}

/** Azure tells whether the container ended with 0, not with which code. A time limit of the job's own is a failure, too. */
function lookAt(status: string): Look {
  if (isGoing(status)) return { running: true, words: status };
  const succeeded = status === "Succeeded";
  return { running: false, succeeded, words: succeeded ? status : `${status}, so not exit code 0` };
}

function isGoing(status: string | undefined): boolean {
  return status === undefined || going.includes(status);
}

/** What a container runs; the versions of its secrets are among the variables. */
function whatOf(containers: readonly JobExecutionContainer[] = []): unknown {
  const text = (value: unknown): string => JSON.stringify(value ?? []);
  return containers.map(({ name, image, command, args, env = [] }) => ({
    name,
    image,
    command: text(command),
    args: text(args),
    env: env.map(({ name, value, secretRef }) => [name, value ?? "", secretRef ?? ""].join("\n")).sort(),
  }));
}

function placeOf({ id }: Job): { readonly subscription: string; readonly group: string; readonly name: string } {
  const [, subscription, group, name] =
    /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.App\/jobs\/([^/]+)$/i.exec(id) ?? [];
  if (subscription === undefined || group === undefined || name === undefined) throw new Error(`not the id of a Container Apps job: ${id}`);
  return { subscription, group, name };
}
