// Which step of a rollout comes next, told from what the stack's config says and what earlier updates had: nothing else keeps its state, so
// whoever was killed goes on, and a person may do any step by hand.
import type { Stage } from "../components/app-service/rollout";

/** The images of a service as plain config states them. */
export interface Standing {
  readonly image: string;
  readonly candidate: { readonly image: string; readonly percent: number } | undefined;
}

/** What an earlier update had. */
export interface Past extends Standing {
  /** When it ended. */
  readonly at: number;
}

export type Next =
  /** The new image becomes the candidate, without visitors. */
  | { readonly step: "begin" }
  /** The candidate is looked at; then it gets its first visitors. */
  | { readonly step: "look"; readonly percent: number }
  /** It is judged with its visitors; then it gets `percent` of them. */
  | { readonly step: "judge"; readonly minutes: number; readonly percent: number }
  /** It is judged with all visitors; then the stable image becomes the new one. */
  | { readonly step: "promote"; readonly minutes: number }
  /** Visitors go back to the stable service, which has the new image. */
  | { readonly step: "return" }
  /** The former image becomes the candidate, without visitors. */
  | { readonly step: "keep"; readonly former: string }
  | { readonly step: "kept"; readonly since: number }
  /** It had visitors and has none: it was taken back, and the good image goes into the candidate. */
  | { readonly step: "back" }
  /** There is nothing to do. `leftover`: a candidate that nobody needs. */
  | { readonly step: "done"; readonly leftover: boolean }
  /** A rollout of another image is under way. */
  | { readonly step: "other"; readonly image: string; readonly percent: number };

/** `past`: the newest first, what is deployed among it. */
export function nextOf(asked: string, standing: Standing, past: readonly Past[], stages: readonly Stage[]): Next {
  const { image: stable, candidate } = standing;
  if (candidate === undefined) return stable === asked ? { step: "done", leftover: false } : { step: "begin" };
  const { image, percent } = candidate;
  if (image === asked && stable !== asked) return forward(standing, percent, past, stages);
  if (image === stable) {
    if (percent > 0) return stable === asked ? { step: "return" } : { step: "other", image, percent };
    const former = formerOf(stable, past);
    if (stable === asked) return former === undefined ? { step: "done", leftover: true } : { step: "keep", former };
    return former === undefined ? { step: "begin" } : { step: "other", image, percent };
  }
  // A third image, or the former one while the stable service has the new one.
  const kept = percent === 0 && wasStable(image, past);
  if (!kept) return { step: "other", image, percent };
  return stable === asked ? { step: "kept", since: sinceOf(standing, past) } : { step: "begin" };
}

function forward(standing: Standing, percent: number, past: readonly Past[], stages: readonly Stage[]): Next {
  if (percent === 0) return wasMet(standing, past) ? { step: "back" } : { step: "look", percent: stages[0]?.percent ?? 100 };
  const higher = stages.find((stage) => stage.percent > percent);
  // By hand it may have got a percentage between two stages.
  const minutes = (stages.findLast((stage) => stage.percent <= percent) ?? stages[0])?.minutes ?? 0;
  return higher === undefined ? { step: "promote", minutes } : { step: "judge", minutes, percent: higher.percent };
}

/** Whether this candidate of this stable image had visitors. */
export function wasMet({ image, candidate }: Standing, past: readonly Past[]): boolean {
  const alike = leading(past, (earlier) => earlier.image === image && earlier.candidate?.image === candidate?.image);
  return alike.some((earlier) => (earlier.candidate?.percent ?? 0) > 0);
}

/** What ran before, where the stable service got this image by a promotion and no other candidate came since. */
export function formerOf(stable: string, past: readonly Past[]): string | undefined {
  const since = leading(past, ({ image, candidate }) => image === stable && candidate?.image === stable);
  const before = past[since.length];
  return before !== undefined && before.image !== stable && before.candidate?.image === stable ? before.image : undefined;
}

function wasStable(image: string, past: readonly Past[]): boolean {
  return past.some((earlier) => earlier.image === image);
}

function sinceOf(standing: Standing, past: readonly Past[]): number {
  return leading(past, (earlier) => sameStanding(earlier, standing)).at(-1)?.at ?? 0;
}

export function sameStanding(one: Standing, other: Standing): boolean {
  return (
    one.image === other.image &&
    one.candidate?.image === other.candidate?.image &&
    (one.candidate?.percent ?? 0) === (other.candidate?.percent ?? 0)
  );
}

function leading<T>(list: readonly T[], holds: (one: T) => boolean): readonly T[] {
  const end = list.findIndex((one) => !holds(one));
  return end < 0 ? list : list.slice(0, end);
}
