// A staged rollout by one command: it only moves plain config (a service's `candidate` and `image`) through ordinary updates, each of them
// previewed and gated, and lets the cloud's metrics judge between them.
import type { CloudApi } from "./cloud";
import { checkHealth } from "./health";
import { awaitHealth, type Bench, judge } from "./judge";
import { endOf, exitCodes, Stop, wordsOf } from "./outcome";
import { formerOf, nextOf, sameStanding, wasMet } from "./rollout-plan";
import { type Changes, RolledService, said, serviceOf } from "./rollout-service";
import { attempt, type Run } from "./run";
import type { Summary } from "./summary";
import { checkImage } from "./version";

export interface Asked {
  readonly service: string;
  /** The image to bring in; undefined with `finish` and `abort`. */
  readonly image: string | undefined;
  /** Remove the candidate that is kept, before its time. */
  readonly finish: boolean;
  /** Take the candidate back. */
  readonly abort: boolean;
}

/** The new image is not good: visitors go back to the one before. */
class Breach extends Error {}

export function rollout(run: Run, asked: Asked): Promise<Summary> {
  return attempt(run, async () => {
    const { service, image } = asked;
    if ([image !== undefined, asked.finish, asked.abort].filter(Boolean).length !== 1)
      throw new Stop(
        "configuration",
        "a rollout takes one of --image, --finish and --abort",
        "name the image to bring in: --image <image>",
      );
    if (serviceOf(run.settings, service).deployment === "rolling")
      throw new Stop(
        "configuration",
        `services.${service}.deployment is rolling: an image is replaced in place`,
        `set the image, then up; or let it shift traffic: pulumi config set --path services.${service}.deployment canary, then up`,
      );
    const opened = await run.prepare();
    const walk = new Walk(run, new RolledService(run, opened, service), await apiOf(run));
    try {
      await walk.service.read();
      if (asked.abort) return await walk.abort();
      return image === undefined ? await walk.finish() : await walk.to(image);
    } catch (error) {
      if (!run.world.signal.aborted) throw error;
      return run.summary("cancelled", exitCodes.cancelled, walk.stopped());
    }
  });
}

async function apiOf({ settings, world }: Run): Promise<CloudApi> {
  if (world.connect !== undefined) return world.connect(settings.cloud, settings.stack.region);
  throw new Stop(
    "configuration",
    "this run has no way to the cloud's metrics",
    "a rollout is judged by them: run it where they can be read",
  );
}

class Walk {
  constructor(
    private readonly run: Run,
    readonly service: RolledService,
    private readonly api: CloudApi,
  ) {}

  /** Goes on from where the config and earlier updates say that it is. */
  async to(image: string): Promise<Summary> {
    const { run, service } = this;
    try {
      await this.arrive(image);
      for (;;) {
        const next = nextOf(image, service.standing, service.past, service.stages);
        const keepMs = run.settings.rollout.keepHours * 3_600_000;
        switch (next.step) {
          case "begin":
            await this.forward({ [service.paths.candidateImage]: image });
            break;
          case "look":
            await this.look();
            await this.forward({ [service.paths.percent]: String(next.percent) });
            break;
          case "judge":
            await this.judge(next.minutes);
            await this.forward({ [service.paths.percent]: String(next.percent) });
            break;
          case "promote":
            await this.judge(next.minutes);
            await this.settle({ [service.paths.image]: image });
            break;
          case "return":
            await this.home();
            break;
          case "keep":
            if (keepMs === 0) return await this.remove();
            await this.settle({ [service.paths.candidateImage]: next.former });
            break;
          case "kept":
            if (run.world.now() >= next.since + keepMs) return await this.remove();
            return this.done(this.keptUntil(next.since + keepMs));
          case "back":
            throw new Breach("it had visitors and was being taken back");
          case "done":
            return this.done(next.leftover ? `nobody needs the candidate any more: ${service.command("--finish")}` : null);
          case "other":
            throw this.refusal(next.image, next.percent);
        }
      }
    } catch (error) {
      if (!(error instanceof Breach) || run.world.signal.aborted) throw error;
      if (!run.options.rollback) throw this.stuck(`${error.message}; not taken back (--no-rollback)`);
      return this.back(error.message);
    }
  }

  /** The candidate that is kept, or that a rollback left, goes. */
  async finish(): Promise<Summary> {
    const { standing, past } = this.service;
    if (standing.candidate === undefined) return this.done("there is no candidate");
    const { step } = nextOf(standing.image, standing, past, []);
    if (step === "kept" || step === "done" || step === "keep") return this.remove();
    throw this.refusal(standing.candidate.image, standing.candidate.percent);
  }

  /** A person takes the candidate back: an end that was asked for. */
  async abort(): Promise<Summary> {
    const { standing, past } = this.service;
    const next = nextOf(standing.image, standing, past, []);
    const former = next.step === "keep" ? next.former : next.step === "kept" ? standing.candidate?.image : undefined;
    if (former !== undefined)
      return this.done(`no rollout is under way; to go back to ${former}: ${this.service.command(`--image ${former}`)}`);
    if (next.step === "done") return this.done("no rollout is under way");
    const summary = await this.back("taken back by hand");
    return summary.result === "rolled_back" ? { ...summary, exitCode: exitCodes.done } : summary;
  }

  /** Where a signal left it. */
  stopped(): string {
    const { standing } = this.service;
    const onward =
      standing.candidate === undefined ? "" : `; the same command goes on from here, or take it back: ${this.service.command("--abort")}`;
    return `stopped by a signal, with ${said(standing)}${onward}`;
  }

  /** What the stack's file says, and an earlier run did not come to deploy, is deployed. */
  private async arrive(image: string): Promise<void> {
    const { run, service } = this;
    const { standing, deployed, past } = service;
    const next = nextOf(image, standing, past, service.stages);
    if (next.step === "other") throw this.refusal(next.image, next.percent);
    if (deployed.strategy === serviceOf(run.settings, service.name).deployment && sameStanding(deployed, standing)) return;
    run.progress.line(`the stack's file is ahead: deployed is ${said(deployed)}, asked for is ${said(standing)}`);
    await (standing.image === image ? this.settle({}) : this.forward({}));
  }

  /** The first look, before anybody meets it: its answers where they can be had, and its health as the cloud sees it. */
  private async look(): Promise<void> {
    const { run, service } = this;
    const asked = service.preview();
    if (asked === undefined) run.progress.line("the preview can't be asked from here: its health as the cloud sees it decides");
    else {
      run.progress.line(`asking the candidate: ${asked.url}`);
      const asking = { ...run.world, ask: (url: string) => run.world.ask(url, asked.headers) };
      const check = { url: asked.url, names: asked.names, inARow: 3, intervalSeconds: 5, timeoutSeconds: run.options.healthSeconds };
      const health = await checkHealth(check, asking);
      if (!health.healthy) throw new Breach(`the preview is not good: ${health.last}`);
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

  private async judge(minutes: number): Promise<void> {
    if (minutes === 0) return;
    const { percent } = this.service.candidate;
    this.run.progress.line(`judging the candidate with ${percent} % of the visitors for ${minutes} min`);
    const breach = await judge(this.bench(), this.service.candidateTrack, minutes);
    if (breach !== undefined) throw new Breach(`with ${percent} % of the visitors: ${breach}`);
  }

  /** The stable service has the new image, and gets the visitors when it is healthy; the candidate gets them again if that was wrong. */
  private async home(): Promise<void> {
    const { run, service } = this;
    const before = service.candidate.percent;
    run.progress.line("waiting until the stable service is reported healthy with the new image");
    const unhealthy = await awaitHealth(this.bench(), service.stableTrack);
    if (unhealthy !== undefined) throw this.stuck(`the stable service is not healthy with the new image: ${unhealthy}`);
    await this.settle({ [service.paths.percent]: "0" });
    if (await run.verify()) return;
    run.progress.line("the platform does not answer well: the candidate, which was good, gets the visitors again");
    await this.settle({ [service.paths.percent]: String(before) });
    throw this.stuck("the platform did not answer well with the new image in the stable service");
  }

  private async remove(): Promise<Summary> {
    await this.settle({ [this.service.paths.candidate]: undefined });
    return this.done(null);
  }

  /** Visitors back first, then the good image in place of the bad one, as App Service has pinned some of them. Nothing is gated: it is urgent. */
  private async back(why: string): Promise<Summary> {
    const { run, service } = this;
    const bad = service.standing.candidate?.image ?? null;
    run.progress.line(`going back: ${why}`);
    try {
      await this.demote();
      const { image, candidate } = service.standing;
      const met = wasMet(service.standing, service.past) || (candidate?.percent ?? 0) > 0;
      if ((candidate?.percent ?? 0) > 0) await service.step({ [service.paths.percent]: "0" }, false);
      await service.step(met ? { [service.paths.candidateImage]: image } : { [service.paths.candidate]: undefined }, false);
    } catch (error) {
      if (run.world.signal.aborted) throw error;
      const { message } = endOf(error, run.progress);
      return run.summary("failed", exitCodes.deployment, `${why}; going back failed with ${said(service.standing)}: ${message}`);
    }
    const { image, candidate } = service.standing;
    const healthy = await run.verify();
    const left = candidate === undefined ? "" : `; the candidate holds it too, until: ${service.command("--finish")}`;
    const ending = `${why}; all visitors have ${image}${left}${healthy ? "" : "; the platform does NOT answer well"}; commit Pulumi.${run.options.stack}.yaml`;
    const images = { [service.name]: { before: image, after: bad } };
    return { ...run.summary(healthy ? "rolled_back" : "failed", exitCodes.deployment, ending), images };
  }

  /** After a promotion: the stable service gets its former image back while it has no visitors. */
  private async demote(): Promise<void> {
    const { service } = this;
    const { image, candidate } = service.standing;
    const former = formerOf(image, service.past);
    if (candidate?.image !== image || candidate.percent === 0 || former === undefined) return;
    await service.step({ [service.paths.image]: former }, false);
    const unhealthy = await awaitHealth(this.bench(), service.stableTrack);
    if (unhealthy !== undefined) throw new Stop("deployment", `the stable service is not healthy with ${former}: ${unhealthy}`);
  }

  /** A step towards the new image: when its update fails, nobody keeps it. */
  private forward(changes: Changes): Promise<void> {
    return this.stepOr(changes, (why) => new Breach(why));
  }

  /** A step after the new image has won: when its update fails, visitors have a good image, and the next run tries it again. */
  private settle(changes: Changes): Promise<void> {
    return this.stepOr(changes, (why) => this.stuck(why));
  }

  private async stepOr(changes: Changes, failed: (why: string) => Error): Promise<void> {
    const { run, service } = this;
    try {
      await service.step(changes);
    } catch (error) {
      // Who stops a run, waits in vain or has no rights is not helped by another update.
      if (run.world.signal.aborted || error instanceof Stop || endOf(error, run.progress).kind !== "deployment") throw error;
      throw failed(`the update failed: ${run.progress.errors[0]?.message ?? wordsOf(error, ": ")}`);
    }
  }

  private stuck(why: string): Stop {
    const { service } = this;
    const onward = `run the same command again to go on, or take it back: ${service.command("--abort")}`;
    return new Stop("deployment", `${why}; it stays with ${said(service.standing)}`, onward);
  }

  private refusal(image: string, percent: number): Stop {
    const { service } = this;
    const onward = `go on with it: ${service.command(`--image ${image}`)}, or take it back: ${service.command("--abort")}`;
    return new Stop("configuration", `a rollout of ${image} is under way, with ${percent} % of the visitors of ${service.name}`, onward);
  }

  private done(message: string | null): Summary {
    return this.run.summary(this.service.moved ? "succeeded" : "no_changes", exitCodes.done, message);
  }

  private keptUntil(until: number): string {
    const { service, run } = this;
    const { image, candidate } = service.standing;
    const time = `${new Date(until).toISOString().slice(0, 16).replace("T", " ")} UTC`;
    const removal = `the same command removes it then, or at any time: ${service.command("--finish")}`;
    return `all visitors have ${image}; ${candidate?.image} is kept until ${time}: ${removal}; commit Pulumi.${run.options.stack}.yaml`;
  }

  private bench(): Bench {
    const { run, api } = this;
    return { metrics: api.metrics, limits: run.settings.rollout.limits, world: { ...run.world, say: (line) => run.progress.line(line) } };
  }
}
