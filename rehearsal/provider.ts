// A simulated cloud as a Pulumi provider: the real engine talks to it as to the real one, and nothing leaves the machine. One program
// plays aws, azure-native and random; the first argument says which. `SIM_STATE` is the folder that is the cloud; with `SIM_SPEED` things
// take their time, so many times faster than there.
import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import * as plugin from "@pulumi/pulumi/proto/plugin_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { aws } from "./aws";
import { azure } from "./azure";
import { type Faults, faultsOf } from "./faults";
import { secondsOf } from "./pace";
import { random } from "./random";
import { type PackageName, type ResourceType, resourceType, sdkVersion } from "./sdk";
import { type Resource, type Simulation, text } from "./simulation";
import { type Call, digest, stable, Store, type Stored, type Values } from "./store";

/** The engine's mark of a value that is not known before deployment. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const simulations: Readonly<Record<PackageName, Simulation>> = { aws, "azure-native": azure, random };

class Provider {
  private region: string | undefined;

  constructor(
    private readonly name: PackageName,
    private readonly store: Store,
    private readonly faults: Faults,
    /** Seconds of the cloud in one second; undefined: nothing takes time. */
    private readonly speed: number | undefined,
    /** Regions that don't answer. */
    private readonly lost: readonly string[],
  ) {}

  private get simulation(): Simulation {
    return simulations[this.name];
  }

  configure(config: Values): void {
    const region = config.region ?? config.location;
    this.region = typeof region === "string" && region !== "" ? region : undefined;
  }

  /** Fills in what the provider does, and says what the SDK's types don't allow. */
  check(urn: string, olds: Values, news: Values): { inputs: Values; failures: [property: string, reason: string][] } {
    const { token, name } = parts(urn);
    const type = resourceType(token);
    if (type === undefined) return { inputs: news, failures: [["", `the SDK has no resource ${token}`]] };
    const failures: [string, string][] = [];
    for (const property of Object.keys(news)) {
      if (!type.inputs.has(property)) failures.push([property, `${token} has no input "${property}"`]);
    }
    for (const [property, required] of type.inputs) {
      if (required && news[property] === undefined) failures.push([property, `${token} needs "${property}"`]);
    }
    const defaults = this.defaults(type, name, urn, olds, news);
    return { inputs: { ...defaults, ...news }, failures };
  }

  /** A name once given stays; a replacement gets another one. */
  private defaults(type: ResourceType, name: string, urn: string, olds: Values, news: Values): Values {
    for (let attempt = 0; ; attempt++) {
      const made = this.simulation.defaults(type, name, news, digest(`${urn} ${attempt}`));
      const kept = Object.fromEntries(Object.keys(made).flatMap((key) => (olds[key] === undefined ? [] : [[key, olds[key]]])));
      const all = { ...made, ...kept };
      const unique = this.simulation.uniqueName(type.token, { ...all, ...news }, this.regionOf({ ...all, ...news }) ?? "");
      if (Object.keys(kept).length > 0 || Object.keys(made).length === 0 || unique === undefined) return all;
      if (attempt > 20 || (!this.taken(type.token, unique) && !this.store.isBuried(type.token, unique))) return all;
    }
  }

  private taken(token: string, unique: string): boolean {
    return this.store
      .all()
      .some((other) => other.type === token && this.simulation.uniqueName(token, other.inputs, other.region) === unique);
  }

  /** The inputs that differ; true: a new resource is needed. */
  diff(urn: string, oldInputs: Values, news: Values, ignored: readonly string[]): Map<string, boolean> {
    const { token } = parts(urn);
    const type = mustExist(token);
    const ignoredTop = new Set(ignored.filter((path) => !/[.[]/.test(path)));
    const properties = new Set([...Object.keys(oldInputs), ...Object.keys(news)]);
    const changed = [...properties].filter(
      (property) => !ignoredTop.has(property) && stable(oldInputs[property]) !== stable(news[property]),
    );
    return new Map(changed.map((property) => [property, this.simulation.replaces(type, property)]));
  }

  async create(urn: string, inputs: Values, preview: boolean): Promise<{ id: string; outputs: Values }> {
    const { token, name } = parts(urn);
    const type = mustExist(token);
    if (preview) return { id: "", outputs: { ...unknownOutputs(type), ...this.withUnknowns(type, inputs) } };
    return this.takingTime("create", token, name, inputs, undefined, (until) => this.made(type, urn, inputs, until));
  }

  /** It is there from the first moment on, and can be used when it is done. */
  private made(type: ResourceType, urn: string, inputs: Values, until: number | undefined): () => { id: string; outputs: Values } {
    const { token, name } = parts(urn);
    // One that was deleted before had other ids and other random values.
    const generation = this.store
      .calls()
      .filter((call) => call.kind === "delete" && call.type === token && call.name === name && !call.failed && !call.refused).length;
    const seed = digest(`${urn} ${generation} ${stable(inputs)}`);
    const resource = this.resource(type, name, inputs, seed);
    const id = this.simulation.id(resource);
    const unique = this.simulation.uniqueName(token, inputs, resource.region);
    if (this.store.find(token, id) !== undefined) throw new Error(`${token} ${id} already exists`);
    if (unique !== undefined && this.taken(token, unique)) throw new Error(`${token}: the name ${unique} is taken`);
    if (unique !== undefined && this.store.isBuried(token, unique)) {
      throw new Error(`${token}: the name ${unique} is still taken by one that was deleted`);
    }
    this.mayWrite(token, id, inputs);
    const outputs = this.outputs(resource, id);
    this.store.add({ type: token, id, urn, region: resource.region, seed, inputs, outputs, ...(until !== undefined && { until }) });
    return () => ({ id, outputs });
  }

  async update(urn: string, id: string, oldInputs: Values, oldOutputs: Values, news: Values, preview: boolean): Promise<Values> {
    const { token, name } = parts(urn);
    const type = mustExist(token);
    if (preview) {
      const changed = [...this.diff(urn, oldInputs, news, []).keys()];
      const volatile = this.simulation.volatile(type, changed).map((property) => [property, unknown]);
      const before = Object.entries(oldOutputs).filter(([key]) => !(key in oldInputs));
      const computed = before.map(([key, value]): [string, unknown] => [key, this.simulation.remembers(key) ? value : unknown]);
      return { ...Object.fromEntries(computed), ...this.withUnknowns(type, news), ...Object.fromEntries(volatile) };
    }
    return this.takingTime("update", token, name, news, oldInputs, () => {
      const before = this.mustFind(token, id);
      this.mayWrite(token, id, news);
      const outputs = this.outputs(this.resource(type, name, news, before.seed), id);
      return () => {
        this.store.put({ ...before, inputs: news, outputs });
        return outputs;
      };
    });
  }

  async delete(urn: string, id: string): Promise<void> {
    const { token, name } = parts(urn);
    const resource = this.store.find(token, id);
    await this.takingTime("delete", token, name, resource?.inputs ?? {}, undefined, () => {
      // Deleted behind our back: that is what was wanted.
      return resource === undefined ? () => undefined : this.deleted(resource);
    });
  }

  private deleted(resource: Stored): () => void {
    const { type: token, id } = resource;
    const others = this.store.all().filter((other) => other.type !== token || other.id !== id);
    const refusal = this.simulation.refuseDelete(resource, others);
    if (refusal !== undefined) throw new Error(`${token} ${id} can't be deleted: ${refusal}`);
    return () => {
      const remains = this.simulation.remains(resource);
      if (remains !== undefined) this.store.bury(token, remains);
      for (const inner of this.simulation.takesAlong(resource, others)) this.store.remove(inner.type, inner.id);
      this.store.remove(token, id);
    };
  }

  /** Counts a call, asks the cloud (`begin` throws what it refuses), lets time pass, and does what `begin` left to do. */
  private async takingTime<T>(
    kind: Call["kind"],
    token: string,
    name: string,
    inputs: Values,
    before: Values | undefined,
    begin: (until: number | undefined) => () => T,
  ): Promise<T> {
    const number = this.store.begin(kind, token, name);
    const cloudSeconds = secondsOf(kind, token, inputs, before) * (this.faults.slowed.get(token) ?? 1);
    const milliseconds = this.speed === undefined ? 0 : (cloudSeconds * 1000) / this.speed;
    try {
      this.mustAnswer(inputs);
      const end = begin(this.speed === undefined ? undefined : Date.now() + milliseconds);
      if (number === this.faults.hang) await this.hang(number);
      if (milliseconds > 0) await new Promise((resolve) => setTimeout(resolve, milliseconds));
      const result = end();
      if (this.speed !== undefined) this.store.end(number, "done");
      return result;
    } catch (error) {
      this.store.end(number, "refused");
      throw error;
    }
  }

  private mustAnswer(inputs: Values): void {
    const region = this.regionOf(inputs);
    if (region !== undefined && this.lost.includes(region)) throw new Error(`dial tcp: lookup ${region}: no such host: the region is lost`);
  }

  /** Until somebody notes that it is enough. */
  private async hang(number: number): Promise<void> {
    this.store.note(`hanging-${number}`, {});
    while (!this.store.notes().includes(`released-${number}`)) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  read(urn: string, id: string): Stored | undefined {
    return this.store.find(parts(urn).token, id);
  }

  invoke(token: string, args: Values): Values {
    const answer = this.simulation.invoke(token, args, this.store.all());
    if (answer === undefined) throw new Error(`the simulated cloud has no function ${token}`);
    return answer;
  }

  /** The inputs as outputs of a preview: what the cloud will add inside them is unknown. */
  private withUnknowns(type: ResourceType, inputs: Values): Values {
    const additions = Object.entries(this.simulation.additions(type)).filter(([property]) => typeof inputs[property] === "object");
    const add = (value: unknown, names: readonly string[]): unknown => {
      if (Array.isArray(value)) return value.map((item) => add(item, names));
      return { ...Object.fromEntries(names.map((name) => [name, unknown])), ...(value as Values) };
    };
    return { ...inputs, ...Object.fromEntries(additions.map(([property, names]) => [property, add(inputs[property], names)])) };
  }

  private mayWrite(token: string, id: string, inputs: Values): void {
    const others = this.store.all().filter((other) => other.type !== token || other.id !== id);
    const refusal = this.simulation.refuseWrite(token, id, inputs, others);
    if (refusal !== undefined) throw new Error(`${token} ${id}: ${refusal}`);
  }

  private resource(type: ResourceType, name: string, inputs: Values, seed: string): Resource {
    const region = this.regionOf(inputs);
    if (region === undefined && this.name === "aws") throw new Error(`no region: set aws:region, or "region" of ${type.token} "${name}"`);
    return { type, name, inputs, seed, region: region ?? "" };
  }

  private regionOf({ region, location }: Values): string | undefined {
    return text(region) ?? text(location) ?? this.region;
  }

  private outputs(resource: Resource, id: string): Values {
    // Inputs are given back as outputs, except where the cloud adds to them (a vault's `properties`).
    return defined({ ...resource.inputs, ...defined(this.simulation.outputs(resource, id)) });
  }

  private mustFind(token: string, id: string): Stored {
    const found = this.store.find(token, id);
    if (found === undefined) throw new Error(`${token} ${id} doesn't exist`);
    return found;
  }
}

function defined(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function unknownOutputs(type: ResourceType): Values {
  return Object.fromEntries([...type.outputs.keys()].map((property) => [property, unknown]));
}

function mustExist(token: string): ResourceType {
  const type = resourceType(token);
  if (type === undefined) throw new Error(`the SDK has no resource ${token}`);
  return type;
}

/** `urn:pulumi:stack::project::parent$type::name` */
function parts(urn: string): { token: string; name: string } {
  const [, , types = "", ...name] = urn.split("::");
  return { token: types.split("$").at(-1) ?? "", name: name.join("::") };
}

// The wire: messages in and out, and nothing decided.

const values = (struct: Struct | undefined): Values => (struct === undefined ? {} : (struct.toJavaScript() as Values));
// Protocol buffers know no undefined.
const struct = (values: Values): Struct => Struct.fromJavaScript(JSON.parse(JSON.stringify(values)) as Record<string, never>);

type Unary<Request, Response> = (
  call: { request: Request },
  callback: (error: Partial<grpc.StatusObject> | null, response?: Response) => void,
) => void;

function answer<Request, Response>(handle: (request: Request) => Response | Promise<Response>): Unary<Request, Response> {
  return ({ request }, callback) => {
    new Promise<Response>((resolve) => resolve(handle(request))).then(
      (response) => callback(null, response),
      (error: unknown) => callback({ code: grpc.status.UNKNOWN, details: error instanceof Error ? error.message : String(error) }),
    );
  };
}

function service(provider: Provider, version: string): grpc.UntypedServiceImplementation {
  const handlers = {
    getPluginInfo: answer(() => {
      const info = new plugin.PluginInfo();
      info.setVersion(version);
      return info;
    }),
    getSchema: answer(() => {
      const response = new messages.GetSchemaResponse();
      response.setSchema("{}");
      return response;
    }),
    checkConfig: answer((request: messages.CheckRequest) => {
      const response = new messages.CheckResponse();
      response.setInputs(request.getNews());
      return response;
    }),
    diffConfig: answer(() => new messages.DiffResponse()),
    configure: answer((request: messages.ConfigureRequest) => {
      provider.configure(values(request.getArgs()));
      const response = new messages.ConfigureResponse();
      response.setSupportspreview(true);
      // Secrets arrive in clear, as at a real cloud, and the engine marks what comes back.
      response.setAcceptsecrets(false);
      return response;
    }),
    check: answer((request: messages.CheckRequest) => {
      const { inputs, failures } = provider.check(request.getUrn(), values(request.getOlds()), values(request.getNews()));
      const response = new messages.CheckResponse();
      response.setInputs(struct(inputs));
      for (const [property, reason] of failures) {
        const failure = new messages.CheckFailure();
        failure.setProperty(property);
        failure.setReason(reason);
        response.addFailures(failure);
      }
      return response;
    }),
    diff: answer((request: messages.DiffRequest) => {
      const changed = provider.diff(
        request.getUrn(),
        values(request.getOldInputs()),
        values(request.getNews()),
        request.getIgnorechangesList(),
      );
      const response = new messages.DiffResponse();
      response.setChanges(changed.size > 0 ? messages.DiffResponse.DiffChanges.DIFF_SOME : messages.DiffResponse.DiffChanges.DIFF_NONE);
      response.setDiffsList([...changed.keys()]);
      response.setReplacesList([...changed].filter(([, replaces]) => replaces).map(([property]) => property));
      response.setHasdetaileddiff(true);
      for (const [property, replaces] of changed) {
        const detail = new messages.PropertyDiff();
        detail.setKind(replaces ? messages.PropertyDiff.Kind.UPDATE_REPLACE : messages.PropertyDiff.Kind.UPDATE);
        detail.setInputdiff(true);
        response.getDetaileddiffMap().set(property, detail);
      }
      return response;
    }),
    create: answer(async (request: messages.CreateRequest) => {
      const { id, outputs } = await provider.create(request.getUrn(), values(request.getProperties()), request.getPreview());
      const response = new messages.CreateResponse();
      response.setId(id);
      response.setProperties(struct(outputs));
      return response;
    }),
    read: answer((request: messages.ReadRequest) => {
      const found = provider.read(request.getUrn(), request.getId());
      const response = new messages.ReadResponse();
      if (found === undefined) return response;
      response.setId(found.id);
      response.setProperties(struct(found.outputs));
      response.setInputs(struct(found.inputs));
      return response;
    }),
    update: answer(async (request: messages.UpdateRequest) => {
      const [oldInputs, oldOutputs, news] = [values(request.getOldInputs()), values(request.getOlds()), values(request.getNews())];
      const response = new messages.UpdateResponse();
      const outputs = await provider.update(request.getUrn(), request.getId(), oldInputs, oldOutputs, news, request.getPreview());
      response.setProperties(struct(outputs));
      return response;
    }),
    delete: answer(async (request: messages.DeleteRequest) => {
      await provider.delete(request.getUrn(), request.getId());
      return new Empty();
    }),
    invoke: answer((request: messages.InvokeRequest) => {
      const response = new messages.InvokeResponse();
      response.setReturn(struct(provider.invoke(request.getTok(), values(request.getArgs()))));
      return response;
    }),
    cancel: answer(() => new Empty()),
  };
  const unimplemented: Unary<unknown, never> = (_, callback) => callback({ code: grpc.status.UNIMPLEMENTED, details: "not simulated" });
  const rest = Object.keys(ResourceProviderService).map((method) => [method, unimplemented]);
  return { ...Object.fromEntries(rest), ...handlers } as grpc.UntypedServiceImplementation;
}

function main(): void {
  const name = process.argv[2] as PackageName;
  const directory = process.env.SIM_STATE;
  if (!(name in simulations) || directory === undefined) throw new Error("usage: SIM_STATE=<folder> provider.ts aws|azure-native|random");
  const faults = faultsOf(process.env);
  const store = new Store(directory, faults);
  const [speed, lost] = [Number(process.env.SIM_SPEED) || undefined, (process.env.SIM_LOST ?? "").split(",")];
  // What a provider could know of a real account is written down, by name, so that a test can look.
  const environment = Object.keys(process.env).filter((variable) => process.env[variable] !== "");
  store.note(`environment-${name}-${process.pid}`, environment);
  // Whoever started it may be killed: it must not stay behind.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && process.exit(), 1000).unref();
  const server = new grpc.Server({ "grpc.max_receive_message_length": 400 * 1024 * 1024 });
  server.addService(
    ResourceProviderService as unknown as grpc.ServiceDefinition,
    service(new Provider(name, store, faults, speed, lost), sdkVersion(name)),
  );
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    // The engine reads the port from the first line.
    process.stdout.write(`${port}\n`);
  });
}

main();
