// Judging a track over time by what the cloud measures. Nothing passes because nobody could look: figures that can't be read, or a health
// that is never reported, are a breach as well.
import type { RolloutLimits } from "../components/app-service/rollout";
import { isDenied } from "./cloud";
import { Stop, wordsOf } from "./outcome";
import { breachOf, type Metrics, type Reading, told, type Track } from "./metrics";
import { pause, type Waiting } from "./retry";

/** Seconds between two readings. */
const tickSeconds = 60;
/** Besides the whole span, the last minutes are judged by themselves: a late fault shows at once. */
const recentMs = 5 * 60_000;
/** Readings in a row that may fail. */
const patience = 5;
/** Minutes within which a new image must be reported healthy. */
const healthMinutes = 15;

export interface Bench {
  readonly metrics: Metrics;
  readonly limits: RolloutLimits;
  readonly world: Waiting;
}

/** Judges a track for some minutes, and as long as the figures of the last of them are late; what was wrong, if anything was. */
export async function judge(bench: Bench, track: Track, minutes: number): Promise<string | undefined> {
  const { metrics, limits, world } = bench;
  const began = world.now();
  const ends = began + minutes * 60_000 + metrics.lateSeconds * 1000;
  const gives = ends + healthMinutes * 60_000;
  const look = reader(bench);
  for (;;) {
    await pause(world, Math.min(tickSeconds, Math.max(1, (ends - world.now()) / 1000)), "the next figures");
    const to = world.now() - metrics.lateSeconds * 1000;
    // The figures of the first minute come first.
    if (to - began < 60_000 && world.now() < ends) continue;
    const whole = await look(track, began, to);
    if (typeof whole === "string") return whole;
    if (whole !== undefined) {
      const recent = to - began > recentMs ? await look(track, to - recentMs, to) : undefined;
      if (typeof recent === "string") return recent;
      world.say(told(whole, limits));
      const breach = breachOf(whole, limits) ?? (recent && breachOf({ ...recent, health: whole.health }, limits));
      if (breach !== undefined) return breach;
      if (world.now() >= ends && whole.health === "healthy") return undefined;
    }
    if (world.now() >= gives) return `${silence} for ${Math.round((world.now() - began) / 60_000)} minutes`;
  }
}

/** Waits until a track is reported healthy by what was measured since now; what was wrong at the end of its time. */
export async function awaitHealth(bench: Bench, track: Track): Promise<string | undefined> {
  const { metrics, world } = bench;
  const began = world.now();
  const gives = began + healthMinutes * 60_000 + metrics.lateSeconds * 1000;
  const look = reader(bench);
  let last = silence;
  for (;;) {
    await pause(world, Math.min(tickSeconds, Math.max(1, metrics.lateSeconds)), `a healthy report (so far: ${last})`);
    const reading = await look(track, began, world.now() - metrics.lateSeconds * 1000);
    if (typeof reading === "string") return reading;
    if (reading?.health === "healthy") return undefined;
    // One that starts is not healthy yet.
    if (reading?.health === "unhealthy") last = "an instance did not answer its probe";
    if (world.now() >= gives) return `${last} for ${Math.round((world.now() - began) / 60_000)} minutes`;
  }
}

const silence = "no health was reported";

/** A reading; undefined when the cloud could not be asked this time; a text when it couldn't too often. */
function reader({ metrics, world }: Bench): (track: Track, from: number, to: number) => Promise<Reading | string | undefined> {
  let failures = 0;
  let last: Reading | undefined;
  return async (track, from, to) => {
    if (to <= from) return last;
    try {
      last = await metrics.read(track, new Date(from), new Date(to));
      failures = 0;
      return last;
    } catch (error) {
      const why = wordsOf(error, ": ");
      // No further try gives rights; those that end on the way are a fault like others.
      if (last === undefined && isDenied(error))
        throw new Stop("authentication", `the metrics of ${track.id} may not be read: ${why}`, "what the identity needs: docs/rollouts.md");
      if (++failures >= patience) return `its metrics could not be read ${patience} times in a row: ${why}`;
      world.say(`the metrics could not be read this time: ${why}`);
      return undefined;
    }
  };
}
