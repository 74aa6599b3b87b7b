// A run of the deploy command whose engine only remembers what it was given: a stack file in a folder of its own, the backend's history,
// outputs and tags. The commands on it are the real ones.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OutputMap, UpdateSummary } from "@pulumi/pulumi/automation";
import { parseDocument } from "yaml";
import type { Step } from "../../automation/gates";
import { statedImages } from "../../automation/images";
import { settingsOf } from "../../automation/preflight";
import type { Standing } from "../../automation/rollout-plan";
import { type Options, Run, Stale, type World } from "../../automation/run";
import type { Opened } from "../../automation/workspace";
import type { Settings } from "../../settings/load";

/** What a stack is beside its file: kept between runs and checkouts. */
export class FakeStack {
  outputs: OutputMap = {};
  tags: Record<string, string> = {};
  readonly history: UpdateSummary[] = [];
}

/** The settings of a stack of production with these services; the job of logins has tests of its own. */
export function prodConfig(services: object, allowedCidr: string): Record<string, unknown> {
  return {
    "platform:cloud": "aws",
    "platform:environment": "prod",
    "platform:rotatedOn": "2026-11-21",
    "platform:alerts": { critical: { emails: ["a@example.org"] } },
    "platform:network": { allowedCidrs: [allowedCidr] },
    "platform:database": { logins: { enabled: false } },
    "platform:services": services,
  };
}

/** A folder with a stack's file: one checkout of the repository. */
export class Checkout {
  readonly folder = mkdtempSync(join(tmpdir(), "checkout-"));
  readonly stackFile = join(this.folder, "Pulumi.prod.yaml");

  constructor(config: Readonly<Record<string, unknown>>) {
    writeFileSync(join(this.folder, "Pulumi.yaml"), "name: platform\nruntime: nodejs\n");
    writeFileSync(this.stackFile, JSON.stringify({ config }));
  }

  get text(): string {
    return readFileSync(this.stackFile, "utf8");
  }

  get config(): Record<string, unknown> {
    return (parseDocument(this.text).toJS() as { config: Record<string, unknown> }).config;
  }

  /** As `pulumi config set --path` and `rm --path` do. */
  set(path: string, value: unknown): void {
    const document = parseDocument(this.text);
    const [top = "", ...rest] = path.split(".");
    const keys = ["config", `platform:${top}`, ...rest];
    const typed = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
    if (value === undefined) document.deleteIn(keys);
    else document.setIn(keys, typed);
    writeFileSync(this.stackFile, document.toString());
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** As `kill -9`: no entry of the history is left. */
export class Killed extends Error {}

/** What the engine tells of an update that fails. */
export const broken = {
  sequence: 1,
  timestamp: 1,
  diagnosticEvent: { severity: "error" as const, message: "no steady state", prefix: "", color: "" },
};

export class FakeRun extends Run {
  readonly updates: Standing[] = [];
  readonly changesAsked: string[] = [];
  readonly parts: string[] = [];
  /** Called before each update; throws what it fails by. */
  onUpdate: (standing: Standing) => void = () => undefined;
  healthy: () => boolean = () => true;
  /** What a preview would change. */
  coming: readonly Step[] = [];
  private memory: { readonly text: string; readonly settings: Settings } | undefined;

  constructor(
    readonly checkout: Checkout,
    readonly stack: FakeStack,
    options: Partial<Options>,
    world: World,
    command = "rollout",
  ) {
    const patience = { lockSeconds: 0, retries: 0, retrySeconds: 0 };
    const flags = { allow: [], policyPacks: [], recover: false, create: false, rollback: true, jobs: true };
    const usual = { stack: "prod", where: { workDir: checkout.folder }, patience, ...flags, jobSeconds: 60, healthSeconds: 60, keepIn: "" };
    super(command, { ...usual, ...options }, world);
  }

  override get settings(): Settings {
    const { text } = this.checkout;
    if (this.memory?.text !== text) this.memory = { text, settings: settingsOf("prod", this.checkout.folder) };
    return this.memory.settings;
  }

  standing(): Standing {
    const { image, candidate } = this.settings.services.api!;
    return { image, candidate: candidate && { image: candidate.image, percent: candidate.percent } };
  }

  protected override open(): Promise<Opened> {
    const { stack } = this;
    const engine = {
      outputs: () => Promise.resolve(stack.outputs),
      history: (size = stack.history.length) => Promise.resolve([...stack.history].reverse().slice(0, size)),
      setConfig: (path: string, { value }: { value: string }) => Promise.resolve(this.set(path, value)),
      removeConfig: (path: string) => Promise.resolve(this.set(path, undefined)),
      listTags: () => Promise.resolve({ ...stack.tags }),
      setTag: (name: string, value: string) => Promise.resolve(void (stack.tags[name] = value)),
      removeTag: (name: string) => Promise.resolve(void Reflect.deleteProperty(stack.tags, name)),
    };
    const cli = () => Promise.resolve('{"deployment":{}}');
    return Promise.resolve({ stack: engine, where: this.options.where, cli } as unknown as Opened);
  }

  override preview(): Promise<readonly Step[]> {
    return Promise.resolve(this.coming);
  }

  override update(_opened?: Opened, part: { readonly message?: string } = {}): Promise<void> {
    this.parts.push(part.message ?? "all");
    this.progress.errors.length = 0;
    try {
      this.onUpdate(this.standing());
    } catch (error) {
      if (!(error instanceof Killed || error instanceof Stale)) this.record("failed", part.message);
      throw error;
    }
    this.deploy(part.message);
    return Promise.resolve();
  }

  override keepState(): Promise<Record<string, never>> {
    return Promise.resolve({});
  }

  override verify(): Promise<boolean> {
    return Promise.resolve(this.healthy());
  }

  deploy(message?: string): void {
    const { image, candidate } = this.standing();
    this.updates.push({ image, candidate });
    this.record("succeeded", message);
    const { cloud, services } = this.settings;
    const track = candidate && {
      ...candidate,
      id: "candidate",
      workloadId: "candidate",
      previewUrl: "https://shop.example.org",
      previewHeader: cloud === "aws" ? "x-platform-track: candidate" : "",
    };
    const deployments = Object.fromEntries(
      Object.entries(services).map(([name, { deployment: strategy, image: stable }]) => [
        name,
        { strategy, image: stable, stableId: "stable", metricsScope: "scope", ...(name === "api" && track && { candidate: track }) },
      ]),
    );
    const job = { id: "definition", hostId: "cluster", subnetIds: [], securityGroupIds: [], logs: "logs" };
    this.outputs = this.stack.outputs = {
      jobs: { value: { migrate: job }, secret: false },
      deployments: { value: deployments, secret: false },
      images: { value: statedImages(this.settings), secret: false },
      url: { value: "https://shop.example.org", secret: false },
    };
    this.changes = { update: 1 };
  }

  /** Alters the stack's config as `pulumi config` does. */
  set(path: string, value: string | undefined): void {
    this.changesAsked.push(`${path}=${value ?? ""}`);
    this.checkout.set(path, value);
  }

  private record(result: UpdateSummary["result"], message = ""): void {
    const config = Object.fromEntries(
      Object.entries(this.checkout.config).map(([key, value]) => [
        key,
        { value: typeof value === "string" ? value : JSON.stringify(value), secret: false },
      ]),
    );
    const endTime = new Date(this.world.now());
    this.updatedAt = endTime.getTime();
    this.stack.history.push({ kind: "update", result, message, config, endTime, startTime: endTime, environment: {}, version: 0 });
  }
}
