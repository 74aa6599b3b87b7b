// One service under a rollout: what its config says, what is deployed and was before, and one step as an ordinary update.
import type { OutputMap } from "@pulumi/pulumi/automation";
import { type Stage, stagesOf } from "../components/app-service/rollout";
import type { Settings } from "../settings/load";
import { leadsTo } from "../settings/rollout";
import { projectName } from "../settings/project";
import { runBefore } from "./before";
import type { HealthCheck } from "./health";
import { imagePath, servicesWait, settingsIn } from "./images";
import type { Track } from "./metrics";
import { Stop } from "./outcome";
import { isOpen } from "./reach";
import { type Past, sameStanding, type Standing } from "./rollout-plan";
import { type Changes, type Run, Stale } from "./run";
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

/** Updates that are looked back at. */
const historyLength = 200;

export class RolledService {
  /** Whether a step was taken. */
  moved = false;
  private known: Deployed | undefined;
  /** Updates of the stack; the newest first. */
  private history: readonly Update[] = [];

  constructor(
    private readonly run: Run,
    private readonly opened: Opened,
    readonly name: string,
  ) {}

  async read(): Promise<void> {
    const { stack } = this.run.options;
    this.known = deployedOf(this.run.deployed, this.name);
    if (this.known === undefined)
      throw new Stop("configuration", `${this.name} is not deployed yet`, `deploy it first: npm run deploy -- up --stack ${stack}`);
    await this.remember();
    for (const name of Object.keys(this.run.settings.services)) await this.catchUp(name);
  }

  /** What the service was at each update, the newest first. */
  get past(): readonly Past[] {
    return pastOf(this.history, this.name);
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

  get paths(): Paths {
    return pathsOf(this.name);
  }

  /**
   * One ordinary update, with the jobs that go before services where `jobs` says so. What the rules or the gate refuse does not stay in
   * the stack's file. When another run was waited for, all of it is looked at again.
   */
  async step(changes: Changes, { gated = true, jobs = false } = {}): Promise<void> {
    const { run } = this;
    await run.fresh(async () => {
      await this.meet();
      const undo = await run.change(this.opened, changes);
      try {
        await this.update(undo, gated, jobs);
      } catch (error) {
        if (error instanceof Stale) undo();
        throw error;
      }
    });
    run.waiting = false;
    this.moved = true;
    this.known = deployedOf(run.outputs, this.name);
    this.history = [{ at: run.updatedAt ?? run.world.now(), services: run.settings.services }, ...this.history];
    run.progress.line(said(this.standing));
  }

  private async update(undo: () => void, gated: boolean, jobs: boolean): Promise<void> {
    const { run, opened } = this;
    // Where a run was stopped, the file says how far it was to come.
    const back = (): void => void (run.world.signal.aborted || undo());
    const steps = gated ? await run.look(opened, back) : [];
    if (jobs) await runBefore(run, opened, steps, true);
    try {
      await run.update(opened, {}, true);
    } catch (error) {
      if (!run.world.signal.aborted && !(error instanceof Stale)) {
        await run.keepState(opened);
        await this.remember();
      }
      throw error;
    }
    await run.keepState(opened);
  }

  /** Another run may have updated the stack since: what it made of other services is taken over, and the service itself must be as it was left. */
  private async meet(): Promise<void> {
    const { run, opened, name } = this;
    const [newest] = await opened.stack.history(1, 1);
    if (newest === undefined || this.history[0] === undefined || newest.endTime.getTime() === this.history[0].at) return;
    const left = this.past[0];
    await this.remember();
    const [found] = this.past;
    if (left !== undefined && found !== undefined && !sameStanding(left, found))
      throw new Stop(
        "failure",
        `another run has updated the stack since, and ${name} has ${said(found)} now`,
        "let only one run at a time move it; the same command goes on from what is deployed",
      );
    for (const other of Object.keys(run.settings.services).filter((other) => other !== name)) await this.catchUp(other);
  }

  private async remember(): Promise<void> {
    this.history = await historyOf(this.opened, this.run.options.stack);
  }

  /**
   * A checkout from before a rollout knows nothing of its candidate: what was deployed last is written into its file. Where only the
   * percentage differs, the file is ahead: a run was killed before its update, or a person has set it.
   */
  private async catchUp(name: string): Promise<void> {
    const { run, opened } = this;
    const stated = standingOf(serviceOf(run.settings, name));
    const [last, ...older] = pastOf(this.history, name);
    if (last === undefined || sameStanding(stated, last) || !older.some((past) => sameStanding(past, stated))) return;
    if (stated.image === last.image && stated.candidate?.image === last.candidate?.image) return;
    run.progress.line(`the stack's file is older than the last update, which gave ${name} ${said(last)}: that is taken over`);
    const { image, candidate, candidateImage, percent } = pathsOf(name);
    await run.change(opened, {
      ...(stated.image !== last.image && { [image]: last.image }),
      ...(last.candidate === undefined
        ? { [candidate]: undefined }
        : { [candidateImage]: last.candidate.image, [percent]: String(last.candidate.percent) }),
    });
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

/** Nothing but that, of settings or outputs that say more. */
export function standingOf({ image, candidate }: Pick<Standing, "image"> & Partial<Standing>): Standing {
  return { image, candidate: candidate && { image: candidate.image, percent: candidate.percent } };
}

function deployedOf({ deployments }: OutputMap, name: string): Deployed | undefined {
  return (deployments?.value as Readonly<Record<string, Deployed>> | undefined)?.[name];
}

/** Paths of the stack's file: its keys are those of the settings. */
interface Paths {
  readonly image: string;
  readonly candidate: string;
  readonly candidateImage: string;
  readonly percent: string;
}

function pathsOf(name: string): Paths {
  const candidate = `services.${name}.candidate`;
  return { image: imagePath(name), candidate, candidateImage: `${candidate}.image`, percent: `${candidate}.percent` };
}

/** One update of the stack, by when it ended. */
interface Update {
  readonly at: number;
  readonly services: Settings["services"];
}

/** The config of every update that the backend knows; one that today's rules refuse is passed over. */
async function historyOf({ stack, where }: Opened, stackName: string): Promise<Update[]> {
  const project = projectName(where.workDir);
  const updates = (await stack.history(historyLength)).filter(({ kind, message }) => kind === "update" && message !== servicesWait);
  return updates.flatMap((update): Update[] => {
    const { services } = settingsIn(update, stackName, project) ?? {};
    return services === undefined ? [] : [{ at: update.endTime.getTime(), services }];
  });
}

function pastOf(history: readonly Update[], name: string): Past[] {
  return history.flatMap(({ at, services }): Past[] => {
    const service = Object.hasOwn(services, name) ? services[name] : undefined;
    return service === undefined ? [] : [{ ...standingOf(service), at }];
  });
}
