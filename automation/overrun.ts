// A config that would cut a rollout short: a checkout from before it, such as CI has after a run that was killed, knows nothing of its
// candidate. Deployed as it is, it would take visitors away without a stage, or put the former image back.
import type { OutputMap } from "@pulumi/pulumi/automation";
import type { Settings } from "../settings/load";
import { Stop } from "./outcome";
import type { Standing } from "./rollout-plan";
import { standingOf } from "./rollout-service";

export interface Asked {
  readonly stack: string;
  /** `services.<name>` lets it happen. */
  readonly allow: readonly string[];
}

/** Refuses what no step of a rollout does, and no way back either. */
export function refuseOverrun(settings: Settings, { deployments }: OutputMap, { stack, allow }: Asked): void {
  const deployed = (deployments?.value ?? {}) as Readonly<Record<string, Standing>>;
  const found = Object.entries(settings.services).flatMap(([name, stated]) => {
    const problem = overrun(standingOf(stated), Object.hasOwn(deployed, name) ? deployed[name] : undefined);
    return problem === undefined || allow.includes(`services.${name}`) ? [] : [{ name, problem }];
  });
  const [first] = found;
  if (first === undefined) return;
  const rollout = `npm run deploy -- rollout --stack ${stack} --service ${first.name}`;
  throw new Stop(
    "policy",
    found.map(({ name, problem }) => `services.${name}: ${problem}`).join("\n"),
    `go on from what is deployed (${rollout} --image ${deployed[first.name]?.candidate?.image}), or take it back (${rollout} --abort), ` +
      `and commit the stack's file; or let it happen: --allow services.${first.name}`,
  );
}

function overrun(stated: Standing, deployed: Standing | undefined): string | undefined {
  const candidate = deployed?.candidate;
  if (deployed === undefined || candidate === undefined || stated.candidate?.image === candidate.image) return undefined;
  if (candidate.percent > 0)
    return `${candidate.percent} % of the visitors have the candidate ${candidate.image}, of which the stack's file knows nothing`;
  // The former image, kept beside the one that has won.
  return stated.image === candidate.image && deployed.image !== candidate.image
    ? `a rollout has put ${deployed.image} in the place of ${stated.image}, of which the stack's file knows nothing`
    : undefined;
}
