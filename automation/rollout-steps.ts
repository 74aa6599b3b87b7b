// What a rollout does at each of its stops, and how it says that it can't go on: the pieces of which rollout.ts makes its way.
import { isRestricted } from "../components/network/index";
import type { CloudApi } from "./cloud";
import { checkHealth } from "./health";
import { awaitHealth, type Bench, judge } from "./judge";
import { endOf, exitCodes, Stop, wordsOf } from "./outcome";
import { formerOf } from "./rollout-plan";
import { type RolledService, said } from "./rollout-service";
import type { Changes, Run } from "./run";
import type { Summary } from "./summary";
import { checkImage } from "./version";

/** The new image is not good: visitors go back to the one before. */
export class Breach extends Error {}

export abstract class Steps {
  constructor(
    protected readonly run: Run,
    readonly service: RolledService,
    private readonly api: CloudApi,
  ) {}

  /** The first look, before anybody meets it: its answers where they can be had, and its health as the cloud sees it. */
  protected async look(): Promise<void> {
    const { run, service } = this;
    const asked = service.preview();
    if (asked === undefined) run.progress.line("the preview can't be asked from here: its health as the cloud sees it decides");
    else {
      run.progress.line(`asking the candidate: ${asked.url}`);
      const asking = { ...run.world, ask: (url: string) => run.world.ask(url, asked.headers) };
      const check = { url: asked.url, names: asked.names, inARow: 3, intervalSeconds: 5, timeoutSeconds: run.options.healthSeconds };
      const health = await checkHealth(check, asking);
      const closed = !health.reached && isRestricted(run.settings.network);
      if (closed)
        run.progress.line(`${health.last}; network.allowedCidrs may leave out this machine: its health as the cloud sees it decides`);
      else if (!health.healthy) throw new Breach(`the preview is not good: ${health.last}`);
    }
    const { image, workloadId: id } = service.candidate;
    const timeoutSeconds = run.options.healthSeconds;
    const running = await checkImage(this.api, { name: "the candidate", image, id, timeoutSeconds }, run.world);
    run.progress.line(`the candidate: ${running.last}`);
    if (!running.healthy) throw new Breach(running.last);
    run.progress.line("waiting until the candidate is reported healthy");
    const unhealthy = await awaitHealth(this.bench(), service.candidateTrack);
    if (unhealthy !== undefined) throw new Breach(`the candidate is not healthy: ${unhealthy}`);
  }

  protected async judge(minutes: number): Promise<void> {
    if (minutes === 0) return;
    const { percent } = this.service.candidate;
    this.run.progress.line(`judging the candidate with ${percent} % of the visitors for ${minutes} min`);
    const breach = await judge(this.bench(), this.service.candidateTrack, minutes);
    if (breach !== undefined) throw new Breach(`with ${percent} % of the visitors: ${breach}`);
  }

  /** The stable service has the new image, and gets the visitors when it is healthy; the candidate gets them again if that was wrong. */
  protected async home(): Promise<void> {
    const { run, service } = this;
    const before = service.candidate.percent;
    run.progress.line("waiting until the stable service is reported healthy with the new image");
    const unhealthy = await awaitHealth(this.bench(), service.stableTrack);
    if (unhealthy !== undefined) throw this.stuck(`the stable service is not healthy with the new image: ${unhealthy}`);
    await this.settle({ [service.paths.percent]: "0" });
    if (await run.verify()) return run.suspects.clear({ [service.name]: service.standing.image });
    run.progress.line("the platform does not answer well: the candidate, which was good, gets the visitors again");
    await this.settle({ [service.paths.percent]: String(before) });
    throw this.stuck("the platform did not answer well with the new image in the stable service");
  }

  protected async remove(): Promise<Summary> {
    await this.settle({ [this.service.paths.candidate]: undefined });
    return this.done(null);
  }

  /** After a promotion: the stable service gets its former image back while it has no visitors. */
  protected async demote(): Promise<void> {
    const { service } = this;
    const { image, candidate } = service.standing;
    const former = formerOf(image, service.past);
    if (candidate?.image !== image || candidate.percent === 0 || former === undefined) return;
    await service.step({ [service.paths.image]: former }, { gated: false });
    const unhealthy = await awaitHealth(this.bench(), service.stableTrack);
    if (unhealthy !== undefined) throw new Stop("deployment", `the stable service is not healthy with ${former}: ${unhealthy}`);
  }

  /** A step towards the new image: when its update fails, nobody keeps it. */
  protected forward(changes: Changes, jobs = false): Promise<void> {
    return this.stepOr(changes, jobs, (why) => new Breach(why));
  }

  /** A step after the new image has won: when its update fails, visitors have a good image, and the next run tries it again. */
  protected settle(changes: Changes): Promise<void> {
    return this.stepOr(changes, false, (why) => this.stuck(why));
  }

  private async stepOr(changes: Changes, jobs: boolean, failed: (why: string) => Error): Promise<void> {
    const { run, service } = this;
    try {
      await service.step(changes, { jobs });
    } catch (error) {
      // Who stops a run, waits in vain or has no rights is not helped by another update.
      if (run.world.signal.aborted || error instanceof Stop || endOf(error, run.progress).kind !== "deployment") throw error;
      throw failed(`the update failed: ${run.progress.errors[0]?.message ?? wordsOf(error, ": ")}`);
    }
  }

  protected stuck(why: string): Stop {
    const { service } = this;
    const onward = `run the same command again to go on, or take it back: ${service.command("--abort")}`;
    return new Stop("deployment", `${why}; it stays with ${said(service.standing)}`, onward);
  }

  protected refusal(image: string, percent: number): Stop {
    const { service } = this;
    const onward = `go on with it: ${service.command(`--image ${image}`)}, or take it back: ${service.command("--abort")}`;
    return new Stop("configuration", `a rollout of ${image} is under way, with ${percent} % of the visitors of ${service.name}`, onward);
  }

  protected done(message: string | null): Summary {
    return this.run.summary(this.service.moved ? "succeeded" : "no_changes", exitCodes.done, message);
  }

  protected keptUntil(until: number): string {
    const { service, run } = this;
    const { image, candidate } = service.standing;
    const time = `${new Date(until).toISOString().slice(0, 16).replace("T", " ")} UTC`;
    const removal = `the same command removes it then, or at any time: ${service.command("--finish")}`;
    return `all visitors have ${image}; ${candidate?.image} is kept until ${time}: ${removal}; commit Pulumi.${run.options.stack}.yaml`;
  }

  protected bench(): Bench {
    const { run, api } = this;
    return { metrics: api.metrics, limits: run.settings.rollout.limits, world: { ...run.world, say: (line) => run.progress.line(line) } };
  }
}
