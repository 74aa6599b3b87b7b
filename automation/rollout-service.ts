// One service under a rollout: what its config says, what is deployed and was before, and one step as an ordinary update.
import type { OutputMap } from "@pulumi/pulumi/automation";
import { type Stage, stagesOf } from "../components/app-service/rollout";
import { ConfigError } from "../components/fault";
import type { Settings } from "../settings/load";
import { leadsTo } from "../settings/rollout";
import { projectName } from "../settings/project";
import { runBefore } from "./before";
import type { HealthCheck } from "./health";
import type { Step } from "./gates";
import { imagePath, servicesWait, settingsIn } from "./images";
import type { Track } from "./metrics";
import { Stop } from "./outcome";
import { isOpen } from "./reach";
import type { Past, Standing } from "./rollout-plan";
import type { Run } from "./run";
import { versionOf } from "./version";
import type { Opened } from "./workspace";

/** What the stack's outputs say of a service: `Deployment` of platform.ts when all of it is known. */
export interface Deployed extends Standing {
  readonly strategy: string;
  readonly stableId: string;
  readonly metricsScope: string;
  readonly candidate: Candidate | undefined;
}

interface Candidate {
  readonly image: string;
  readonly percent: number;
  readonly id: string;
  readonly workloadId: string;
  readonly previewUrl: string;
  readonly previewHeader: string;
}

/** Values by path of the stack's file; undefined removes. */
export type Changes = Readonly<Record<string, string | undefined>>;

/** Updates that are looked back at. */
const historyLength = 200;

export class RolledService {
  /** The newest first. */
  past: readonly Past[] = [];
  /** Whether a step was taken. */
  moved = false;
  private known: Deployed | undefined;

  constructor(
    private readonly run: Run,
    private readonly opened: Opened,
    readonly name: string,
  ) {}

  async read(): Promise<void> {
    const { stack } = this.run.options;
    this.known = deployedOf(await this.opened.stack.outputs(), this.name);
    if (this.known === undefined)
      throw new Stop("configuration", `${this.name} is not deployed yet`, `deploy it first: npm run deploy -- up --stack ${stack}`);
    this.past = await pastOf(this.opened, this.run.options.stack, this.name);
  }

  /** As the stack's file has it. */
  get standing(): Standing {
    return standingOf(serviceOf(this.run.settings, this.name));
  }

  get deployed(): Deployed {
    if (this.known === undefined) throw new Error(`the outputs name no deployment of ${this.name}`);
    return this.known;
  }

  get stages(): readonly Stage[] {
    return stagesOf(serviceOf(this.run.settings, this.name).deployment, this.run.settings.rollout);
  }

  get stableTrack(): Track {
    return { id: this.deployed.stableId, scope: this.deployed.metricsScope };
  }

  get candidateTrack(): Track {
    return { id: this.candidate.id, scope: this.deployed.metricsScope };
  }

  get candidate(): Candidate {
    const { candidate } = this.deployed;
    if (candidate === undefined) throw new Error(`the outputs name no candidate of ${this.name}`);
    return candidate;
  }

  /** Paths of the stack's file: its keys are those of the settings. */
  get paths(): { readonly image: string; readonly candidate: string; readonly candidateImage: string; readonly percent: string } {
    const candidate = `services.${this.name}.candidate`;
    return { image: imagePath(this.name), candidate, candidateImage: `${candidate}.image`, percent: `${candidate}.percent` };
  }

  /**
   * One ordinary update, with the jobs that go before services where `jobs` says so. What the rules or the gate refuse does not stay in
   * the stack's file.
   */
  async step(changes: Changes, { gated = true, jobs = false } = {}): Promise<void> {
    const { run, opened } = this;
    const former = this.stated(Object.keys(changes));
    await run.change(opened, changes);
    let steps: readonly Step[] = [];
    if (gated) {
      try {
        void run.settings;
        steps = await run.preview(opened);
        run.gate(steps);
      } catch (error) {
        const refused = error instanceof ConfigError || (error instanceof Stop && error.kind === "policy");
        if (refused && !run.world.signal.aborted) await run.change(opened, former);
        throw error;
      }
    }
    if (jobs) await runBefore(run, opened, steps);
    try {
      await run.update(opened);
    } catch (error) {
      if (!run.world.signal.aborted) await run.keepState(opened);
      throw error;
    }
    await run.keepState(opened);
    run.waiting = false;
    this.moved = true;
    this.known = deployedOf(run.outputs, this.name);
    this.past = [{ ...this.standing, at: run.world.now() }, ...this.past];
    run.progress.line(said(this.standing));
  }

  /** How the candidate is asked whatever its share of the visitors; undefined where it can't be from here. */
  preview(): (Pick<HealthCheck, "url" | "names"> & { readonly headers: Readonly<Record<string, string>> }) | undefined {
    const { settings, options } = this.run;
    const { internal, routes, readyPath, versionPath } = serviceOf(settings, this.name);
    const { previewUrl, previewHeader, image } = this.candidate;
    const path = versionPath ?? readyPath;
    const names = versionPath === undefined ? undefined : [versionOf(image)];
    if (internal || options.healthSeconds === 0 || !isOpen(settings)) return undefined;
    // A slot has a host of its own, inside the network unless sites answer for themselves.
    if (previewHeader === "") return settings.gateway.direct ? { url: `${previewUrl}${path}`, headers: {}, names } : undefined;
    if (!leadsTo(routes.paths, path)) return undefined;
    const [header = "", value = ""] = previewHeader.split(": ");
    const [host] = routes.hosts;
    return { url: `${host === undefined ? previewUrl : `https://${host}`}${path}`, headers: { [header]: value }, names };
  }

  /** The command that does the rest. */
  command(words: string): string {
    return `npm run deploy -- rollout --stack ${this.run.options.stack} --service ${this.name} ${words}`;
  }

  private stated(paths: readonly string[]): Changes {
    const { image, candidate } = this.standing;
    const all: Changes = {
      [this.paths.image]: image,
      [this.paths.candidateImage]: candidate?.image,
      [this.paths.percent]: candidate === undefined ? undefined : String(candidate.percent),
    };
    // A candidate that was not there leaves nothing behind.
    if (candidate === undefined && paths.includes(this.paths.candidateImage)) return { [this.paths.candidate]: undefined };
    return Object.fromEntries(paths.map((path) => [path, all[path]]));
  }
}

/** In words. */
export function said({ image, candidate }: Standing): string {
  return candidate === undefined ? image : `${image} and candidate ${candidate.image} with ${candidate.percent} % of the visitors`;
}

export function serviceOf({ services }: Settings, name: string): Settings["services"][string] {
  const service = Object.hasOwn(services, name) ? services[name] : undefined;
  if (service !== undefined) return service;
  throw new Stop("configuration", `there is no service "${name}"`, `name one of ${Object.keys(services).join(", ")}`);
}

function standingOf({ image, candidate }: Settings["services"][string]): Standing {
  return { image, candidate: candidate && { image: candidate.image, percent: candidate.percent } };
}

function deployedOf({ deployments }: OutputMap, name: string): Deployed | undefined {
  return (deployments?.value as Readonly<Record<string, Deployed>> | undefined)?.[name];
}

/** The config of every update that the backend knows; one that today's rules refuse is passed over. */
async function pastOf({ stack, where }: Opened, stackName: string, name: string): Promise<Past[]> {
  const project = projectName(where.workDir);
  const updates = (await stack.history(historyLength)).filter(({ kind, message }) => kind === "update" && message !== servicesWait);
  return updates.flatMap((update): Past[] => {
    const { services = {} } = settingsIn(update, stackName, project) ?? {};
    const service = Object.hasOwn(services, name) ? services[name] : undefined;
    return service === undefined ? [] : [{ ...standingOf(service), at: update.endTime.getTime() }];
  });
}
