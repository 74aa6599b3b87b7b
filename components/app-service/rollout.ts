// How a new image takes over the traffic of a web or api service, as data. The program makes what one step of it needs; the deploy
// command walks the steps, each of them an ordinary update that changes an image or a percentage, never both.
import type { Fault } from "../fault";

/** `rolling` replaces instances in place; the others bring a candidate beside the stable image and move traffic to it. */
export const strategies = ["rolling", "canary", "blueGreen"] as const;
export type Strategy = (typeof strategies)[number];

/** A second image beside the stable one. Absent when there is none, not at zero instances. */
export interface Candidate {
  readonly image: string;
  /** Percent of the requests that it gets. 0: it runs and can be looked at, and no visitor meets it. */
  readonly percent: number;
  /** The command instead of its image's own. */
  readonly command?: readonly string[] | undefined;
}

export interface Stage {
  readonly percent: number;
  /** How long the candidate is judged before the next stage. */
  readonly minutes: number;
}

/** What a rollout does, and by what a candidate is judged. */
export interface Rollout {
  /** Of a canary; blue-green has only the last of them. */
  readonly stages: readonly Stage[];
  /** Hours that the former image is kept as candidate at 0 %. */
  readonly keepHours: number;
  readonly limits: RolloutLimits;
}

export interface RolloutLimits {
  /** Percent of a candidate's requests that may fail (5xx). */
  readonly errorPercent: number;
  /** Milliseconds within which 95 of 100 requests are answered. */
  readonly responseMs: number;
  /** Fewer requests in a minute (Azure: in 5) say nothing: one of one would be 100 %. */
  readonly minRequests: number;
}

/** A5: 10 % for 10 minutes, 50 % for 30 minutes, then all; the former image is kept for a day. */
export const defaultRollout: Rollout = {
  stages: [
    { percent: 10, minutes: 10 },
    { percent: 50, minutes: 30 },
    { percent: 100, minutes: 0 },
  ],
  keepHours: 24,
  limits: { errorPercent: 5, responseMs: 1000, minRequests: 20 },
};

/** Name of the second track: part of names, the slot on Azure, the value of the header on AWS. */
export const candidateTrack = "candidate";
/** AWS: a request with this header and the name of a track reaches that track. No secret: it is for looking, not for hiding. */
export const trackHeader = "x-platform-track";

/** The percentages that a strategy goes through, in order. */
export function stagesOf(strategy: Strategy, { stages }: Rollout): readonly Stage[] {
  return strategy === "rolling" ? [] : strategy === "canary" ? stages : stages.slice(-1);
}

/** What is wrong with the stages of a rollout. */
export function checkRollout({ stages }: Rollout): Fault[] {
  const faults = stages.flatMap(({ percent }, index): Fault[] => {
    const before = stages[index - 1];
    if (before === undefined || percent > before.percent) return [];
    return [
      {
        path: `stages[${index}].percent`,
        given: percent,
        problem: `not more than the stage before, which has ${before.percent}`,
        remedy: "let the percentages rise",
      },
    ];
  });
  const last = stages.at(-1);
  if (last?.percent !== 100) {
    faults.push({
      path: "stages",
      given: last?.percent,
      problem: "the last stage leaves visitors with the former image",
      remedy: "let it end with { percent: 100, minutes: 0 }",
    });
  }
  return faults;
}
