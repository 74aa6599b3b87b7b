// The offline plan of a stack: its settings file and the very program of index.ts, under mocks.
import { join, resolve } from "node:path";
import type { CloudName } from "../components/cloud";
import { ConfigError } from "../components/fault";
import program from "../index";
import { applySet, load, readStackFile } from "../settings/load";
import { projectName, textOf } from "../settings/project";
import { withVpcChildren } from "./awsx";
import { record, type Where } from "./record";
import { type Report, schemaVersion } from "./report";

export interface PlanRequest {
  readonly stack: string;
  /** Instead of the stack's own `cloud`. */
  readonly cloud?: CloudName | undefined;
  /** `path=value`, as in `pulumi config set --path`, in order. */
  readonly set?: readonly string[];
  /** Instead of `Pulumi.<stack>.yaml`. */
  readonly configFile?: string | undefined;
}

const root = join(__dirname, "..");

/**
 * Throws a ConfigError for a bad configuration; nothing is registered then. What the cloud makes up is unknown, unless `answers` and
 * `results` say what it would be.
 */
export async function plan(request: PlanRequest, answers?: Where["answers"], results?: Where["results"]): Promise<Report> {
  const project = projectName(root);
  const file = request.configFile ?? `Pulumi.${request.stack}.yaml`;
  const path = request.configFile === undefined ? join(root, file) : resolve(request.configFile);
  const stackFile = readStackFile(read(path, request.configFile === undefined ? file : path, request.stack), file);
  const changes = [...(request.set ?? []), ...(request.cloud === undefined ? [] : [`cloud=${request.cloud}`])];
  const config = changes.reduce((config, change) => applySet(config, change, project), stackFile.config);
  const given = { project, stack: request.stack, config, secretKeys: stackFile.secretKeys };
  // Before the program runs: a fault is then one error, and not also a rejection of each promise that the SDK has under way.
  load(given);
  const where = { ...given, ...(answers && { answers }), ...(results && { results }) };
  const { resources, outputs, warnings } = await record(program, where);
  const head = { project, stack: request.stack, cloud: String(outputs.cloud) };
  return { schemaVersion, ...head, warnings, outputs, resources: withVpcChildren(resources) };
}

function read(path: string, shown: string, stack: string): string {
  const text = textOf(path);
  if (text !== undefined) return text;
  const remedy =
    shown === path
      ? "name a file that is there by --config-file"
      : `create it (docs/configuration.md), or name another stack than "${stack}" by --stack`;
  throw new ConfigError([{ path: shown, problem: "there is no such file", remedy }]);
}
