// A staged rollout by one command: it only moves plain config (a service's `candidate` and `image`) through ordinary updates, each of them
// previewed and gated, and lets the cloud's metrics judge between them.
import { stagesOf } from "../components/app-service/rollout";
import type { CloudApi } from "./cloud";
import { endOf, exitCodes, Stop } from "./outcome";
import { nextOf, sameStanding, wasMet } from "./rollout-plan";
import { RolledService, said, serviceOf } from "./rollout-service";
import { Breach, Steps } from "./rollout-steps";
import { attempt, type Run } from "./run";
import type { Summary } from "./summary";

export interface Asked {
  readonly service: string;
  /** The image to bring in; undefined with `finish` and `abort`. */
  readonly image: string | undefined;
  /** Remove the candidate that is kept, before its time. */
  readonly finish: boolean;
  /** Take the candidate back. */
  readonly abort: boolean;
  /** After how many seconds the run is ended. Default: never. */
  readonly endsAfter?: number | undefined;
}

export function rollout(run: Run, asked: Asked): Promise<Summary> {
  return attempt(run, async () => {
    const { service, image } = asked;
    if ([image !== undefined, asked.finish, asked.abort].filter(Boolean).length !== 1)
      throw new Stop(
        "configuration",
        "a rollout takes one of --image, --finish and --abort",
        "name the image to bring in: --image <image>",
      );
    const { deployment, kind } = serviceOf(run.settings, service);
    if (kind === "worker" || kind === "job")
      throw new Stop("configuration", `services.${service} is a ${kind}: it gets no requests to shift`, "set its image, then up");
    if (deployment === "rolling")
      throw new Stop(
        "configuration",
        `services.${service}.deployment is rolling: an image is replaced in place`,
        `set the image, then up; or let it shift traffic: pulumi config set --path services.${service}.deployment canary, then up`,
      );
    if (image !== undefined) refuseEndless(run, service, asked.endsAfter);
    const opened = await run.prepare();
    const walk = new Walk(run, new RolledService(run, opened, service), await apiOf(run));
    try {
      await walk.service.read();
      if (asked.abort) return await walk.abort();
      return image === undefined ? await walk.finish() : await walk.to(image);
    } catch (error) {
      if (!run.world.signal.aborted) throw error;
      return run.stopped(walk.stopped());
    }
  });
}

/** A run that is ended in the middle of a stage begins that stage anew the next time, and so never comes to its end. */
function refuseEndless({ settings }: Run, service: string, endsAfter = Infinity): void {
  const stages = stagesOf(serviceOf(settings, service).deployment, settings.rollout);
  const minutes = stages.reduce((sum, stage) => sum + stage.minutes, 0);
  if (minutes * 60 < endsAfter) return;
  throw new Stop(
    "configuration",
    `the stages of services.${service} take ${minutes} minutes and more, and this run is ended after ${Math.floor(endsAfter / 60)}`,
    "shorter ones (rollout.stages); or a longer run (--timeout <seconds>), where the login lasts as long (docs/first-deployment.md)",
  );
}

async function apiOf(run: Run): Promise<CloudApi> {
  const api = await run.cloud();
  if (api !== undefined) return api;
  throw new Stop(
    "configuration",
    "this run has no way to the cloud's metrics",
    "a rollout is judged by them: run it where they can be read",
  );
}

class Walk extends Steps {
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
            await this.forward({ [service.paths.candidateImage]: image }, true);
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
    return `it stays with ${said(standing)}${onward}`;
  }

  /** What the stack's file says, and an earlier run did not come to deploy, is deployed. */
  private async arrive(image: string): Promise<void> {
    const { run, service } = this;
    const { standing, deployed, past } = service;
    const next = nextOf(image, standing, past, service.stages);
    if (next.step === "other") throw this.refusal(next.image, next.percent);
    if (run.waiting) {
      run.progress.line("the last update left the services out: the jobs before them are run again");
      return this.forward({}, true);
    }
    if (deployed.strategy === serviceOf(run.settings, service.name).deployment && sameStanding(deployed, standing)) return;
    run.progress.line(`the stack's file is ahead: deployed is ${said(deployed)}, asked for is ${said(standing)}`);
    await (standing.image === image ? this.settle({}) : this.forward({}));
  }

  /** Visitors back first, then the good image in place of the bad one, as App Service has pinned some of them. Nothing is gated: it is urgent. */
  private async back(why: string): Promise<Summary> {
    const { run, service } = this;
    const bad = service.standing.candidate?.image ?? null;
    run.progress.line(`going back: ${why}`);
    if (bad !== null) await run.suspects.add({ [service.name]: bad });
    try {
      await this.demote();
      const { image, candidate } = service.standing;
      const met = wasMet(service.standing, service.past) || (candidate?.percent ?? 0) > 0;
      if ((candidate?.percent ?? 0) > 0) await service.step({ [service.paths.percent]: "0" }, { gated: false });
      await service.step(met ? { [service.paths.candidateImage]: image } : { [service.paths.candidate]: undefined }, { gated: false });
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
}
