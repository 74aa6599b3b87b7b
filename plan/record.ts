// Runs a Pulumi program in process under Pulumi's mocks and writes down what it registers: no CLI, no account, no network. Both the
// plan and the tests are made from this. Mocks alone give no parent and no dependencies; the requests that the SDK sends to its
// monitor have both, so the mock monitor is listened to.
import { type ResourceTransformation, runtime } from "@pulumi/pulumi";
import type { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { shortTraces } from "../components/traces";

/** One resource as it was registered. */
export interface Recorded {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** URN of the parent; null for the stack itself. */
  readonly parent: string | null;
  readonly protect: boolean;
  /** Secrets are `[secret]`, unknown values null. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** URNs of what must exist before, in order of the alphabet. */
  readonly dependencies: readonly string[];
  /** Options that show in no input. */
  readonly options: {
    readonly ignoreChanges: readonly string[];
    readonly retainOnDelete: boolean;
    readonly deleteBeforeReplace: boolean;
    readonly customTimeouts: Readonly<Record<string, string>>;
  };
}

export interface Recording {
  readonly resources: readonly Recorded[];
  readonly outputs: Readonly<Record<string, unknown>>;
  /** What the program warned of by `log.warn`. */
  readonly warnings: readonly string[];
}

export interface Where {
  readonly project: string;
  readonly stack: string;
  /** Raw config as the engine gives it: `platform:cloud` to its text. */
  readonly config?: Readonly<Record<string, string>>;
  readonly secretKeys?: readonly string[];
  /** What a resource gives out besides its inputs; default: nothing is known before deployment. Tests give ids and ARNs. */
  readonly answers?: (
    type: string,
    name: string,
    inputs: Readonly<Record<string, unknown>>,
  ) => { readonly id: string; readonly state: Readonly<Record<string, unknown>> };
  /** What a provider's function answers, of the fields that the program reads; default: nothing is known before deployment. */
  readonly results?: (token: string) => Readonly<Record<string, unknown>>;
}

/** Secrets are never printed, whatever they hold. */
export const secretText = "[secret]";
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const stackType = "pulumi:pulumi:Stack";

/** Functions of providers that the program calls, and the fields it reads. They are unknown before deployment; any other call is refused. */
const calls: Readonly<Record<string, readonly string[]>> = {
  "aws:index/getCallerIdentity:getCallerIdentity": ["accountId", "arn", "id", "userId"],
  "aws:ec2/getManagedPrefixList:getManagedPrefixList": ["id"],
  "azure-native:authorization:getClientConfig": ["clientId", "objectId", "subscriptionId", "tenantId"],
  "azure-native:logic:listWorkflowTriggerCallbackUrl": ["value"],
  "azure-native:redisenterprise:listDatabaseKeys": ["primaryKey", "secondaryKey"],
  "azure-native:storage:listStorageAccountKeys": ["keys"],
};

/** Functions that look for a thing which may not be there yet: before deployment they find none. */
const lookups = ["azure-native:dbforpostgresql:getServer"];

/** Outputs that the cloud adds inside an object which is an input too: without them the mocks would give the object back as it went in. */
const computed: Readonly<Record<string, readonly [property: string, fields: readonly string[]]>> = {
  "azure-native:dataprotection:BackupVault": ["identity", ["principalId", "tenantId"]],
  "azure-native:keyvault:Key": ["properties", ["keyUri", "keyUriWithVersion"]],
  "azure-native:keyvault:Secret": ["properties", ["secretUri", "secretUriWithVersion"]],
  "azure-native:keyvault:Vault": ["properties", ["vaultUri"]],
};

/**
 * Runs the program once. Rejects with the program's own error: thrown in its body, in an output, or in a component's constructor.
 * Runs follow one another: the SDK keeps one monitor per process.
 */
export function record(program: () => unknown, where: Where): Promise<Recording> {
  const run = last.then(() => runOnce(program, where));
  last = run.catch(() => undefined);
  return run;
}
let last: Promise<unknown> = Promise.resolve();

async function runOnce(program: () => unknown, where: Where): Promise<Recording> {
  const resources: Recorded[] = [];
  const outputs: Record<string, unknown> = {};
  const warnings: string[] = [];
  const stray: unknown[] = [];
  const onStray = (reason: unknown): void => void stray.push(reason);
  process.on("unhandledRejection", onStray);
  // The SDK formats a stack for each of its promises. Through source maps that is half the time of a run, and nobody reads them; an
  // error's stack is formatted when it is first read, which is after the run.
  const prepareStackTrace = Error.prepareStackTrace;
  const wholeTraces = shortTraces();
  Error.prepareStackTrace = String;
  // Without an engine the SDK's log goes to the console, with its own mark before each line.
  const sdk = console;
  const { warn } = sdk;
  sdk.warn = (text: unknown) => void warnings.push(String(text).replace(/^warning: \[runtime\] /, ""));
  try {
    await runtime.setMocks(
      { newResource: (args) => newResource(args, where), call: (args) => call(args, where) },
      where.project,
      where.stack,
      true,
      "organization",
    );
    runtime.setAllConfig({ ...where.config }, [...(where.secretKeys ?? [])]);
    listen(runtime.getMonitor() as unknown as MockMonitor, where, resources, outputs);
    await runtime.runInPulumiStack(async () => {
      runtime.registerStackTransformation(withoutAliases);
      return program();
    });
    await runtime.disconnect();
  } finally {
    // An error in a dangling apply surfaces only as a rejection that nobody handles, one turn later; so do the promises that a program
    // leaves behind which throws.
    await new Promise((resolve) => setImmediate(resolve));
    Error.prepareStackTrace = prepareStackTrace;
    wholeTraces();
    sdk.warn = warn;
    process.off("unhandledRejection", onStray);
  }
  if (stray.length > 0) throw stray[0];
  return { resources, outputs, warnings };
}

/**
 * Azure's SDK gives each resource all the former names of its type, up to a hundred. They mean something only to an engine with a state,
 * and took half the time of a run.
 */
const withoutAliases: ResourceTransformation = ({ props, opts }) => ({ props, opts: { ...opts, aliases: [] } });

function newResource(args: runtime.MockResourceArgs, where: Where): runtime.MockResourceResult {
  // A Stash keeps what it was given first; before the first deployment that is its input.
  if (args.type === "pulumi:index:Stash") {
    const first = where.answers?.(args.type, args.name, args.inputs).state.output;
    return { id: "", state: { ...args.inputs, output: first ?? args.inputs.input } };
  }
  // Another stack's outputs: the plan knows no other stack.
  if (args.type === "pulumi:pulumi:StackReference") return { id: args.id ?? "", state: { ...args.inputs, outputs: runtime.unknownValue } };
  const answer = where.answers?.(args.type, args.name, args.inputs) ?? { id: "", state: {} };
  const [property, fields] = computed[args.type] ?? ["", []];
  const added = Object.fromEntries(fields.map((field) => [field, answer.state[field] ?? runtime.unknownValue]));
  const object = fields.length === 0 ? {} : { [property]: { ...(args.inputs[property] as object), ...added } };
  return { id: answer.id, state: { ...answer.state, ...args.inputs, ...object } };
}

function call(args: runtime.MockCallArgs, where: Where): runtime.MockCallResult {
  if (lookups.includes(args.token)) return where.results?.(args.token) ?? {};
  const fields = calls[args.token];
  if (fields === undefined) throw new Error(`the plan can't answer the provider function ${args.token}`);
  const known = where.results?.(args.token) ?? {};
  return Object.fromEntries(fields.map((field) => [field, known[field] ?? runtime.unknownValue]));
}

/** The part of the SDK's request that is read here. */
interface Request {
  getType(): string;
  getName(): string;
  getParent(): string;
  getProtect(): boolean;
  getRetainondelete(): boolean;
  getDeletebeforereplace(): boolean;
  getIgnorechangesList(): string[];
  getDependenciesList(): string[];
  getCustomtimeouts(): { toObject(): Record<string, string> } | undefined;
  getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
}

interface OutputsRequest {
  getUrn(): string;
  getOutputs(): { toJavaScript(): Record<string, unknown> } | undefined;
}

function listen(monitor: MockMonitor, where: Where, resources: Recorded[], outputs: Record<string, unknown>): void {
  const register = monitor.registerResource.bind(monitor);
  const registerOutputs = monitor.registerResourceOutputs.bind(monitor);
  const urns = new Set<string>();
  // Mock URNs know only the last parent's type; the engine's know the whole chain, and are what users see.
  const newUrn = (parent: string, type: string, name: string): string => {
    const chain = parent === "" ? "" : (parent.split("::")[2] ?? "");
    const qualified = chain === "" || chain === stackType ? type : `${chain}$${type}`;
    return `urn:pulumi:${where.stack}::${where.project}::${qualified}::${name}`;
  };
  Object.assign(monitor, {
    newUrn,
    registerResource(request: Request, callback: (error: unknown, answer: unknown) => void) {
      const urn = newUrn(request.getParent(), request.getType(), request.getName());
      if (urns.has(urn)) return callback(new Error(`two resources have the URN ${urn}`), undefined);
      urns.add(urn);
      resources.push(recorded(urn, request));
      return register(request, callback);
    },
    registerResourceOutputs(request: OutputsRequest, callback: (error: unknown, answer: unknown) => void) {
      if (request.getUrn().split("::")[2] === stackType) Object.assign(outputs, plain(request.getOutputs()?.toJavaScript() ?? {}));
      return registerOutputs(request, callback);
    },
  });
}

function recorded(urn: string, request: Request): Recorded {
  const timeouts = request.getCustomtimeouts()?.toObject() ?? {};
  return {
    urn,
    type: request.getType(),
    name: request.getName(),
    parent: request.getParent() === "" ? null : request.getParent(),
    protect: request.getProtect(),
    inputs: plain(request.getObject()?.toJavaScript() ?? {}) as Record<string, unknown>,
    dependencies: [...new Set(request.getDependenciesList())].sort(),
    options: {
      ignoreChanges: request.getIgnorechangesList(),
      retainOnDelete: request.getRetainondelete(),
      deleteBeforeReplace: request.getDeletebeforereplace(),
      customTimeouts: Object.fromEntries(Object.entries(timeouts).filter(([, value]) => value !== "")),
    },
  };
}

/** What a value of the engine's wire is for a reader: secrets hidden, unknown values null, keys in order. */
function plain(value: unknown): unknown {
  if (value === runtime.unknownValue) return null;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if (signatureKey in value) {
    const signed = value as Record<string, unknown>;
    if (signed[signatureKey] === secretSignature) return secretText;
    return plain(signed.urn ?? signed.value ?? null);
  }
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, plain(inner)]),
  );
}
