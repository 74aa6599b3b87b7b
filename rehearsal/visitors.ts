// Visitors of the simulated platform: they ask each public service again and again, and remember who was served when.
import type { Settings } from "../settings/schema";
import type { Reading, Track } from "../automation/metrics";
import { addressOf, answerOfTrack, answers, type Bad, served, type Share } from "./front-door";
import { goodReading } from "./api";
import type { Store, Stored, Values } from "./store";

/** What one service's visitors got from a moment on. */
export interface Seen {
  readonly at: number;
  readonly percent: number;
}

export interface Availability {
  readonly service: string;
  /** Mean share of the visitors that were served, in percent. */
  readonly percent: number;
  /** Seconds of the cloud's time until the first were served; null: nobody was. */
  readonly firstAfter: number | null;
  /** The share at the end. */
  readonly last: number;
  /** The longest time in which somebody was not served, after the first were. */
  readonly longestGap: number;
}

export class Visitors {
  /** Images that answer badly, by service. */
  readonly bad = new Map<string, string>();
  host = "";
  /** Whose platform they visit. */
  stack: string;
  private readonly paths = new Map<string, string>();
  private readonly needDatabase = new Set<string>();
  /** Its database is another region's, with that one's passwords: nobody can log in. */
  private follows = false;
  private readonly seen = new Map<string, Seen[]>();
  private asked = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly cloud: Store,
    settings: Settings,
  ) {
    this.stack = settings.stack.name;
    for (const [name, { kind, internal, routes, uses }] of Object.entries(settings.services)) {
      const [path] = routes.paths;
      if ("database" in uses) this.needDatabase.add(name);
      if ((kind === "web" || kind === "api") && !internal && path !== undefined) this.paths.set(name, path.replaceAll("*", "visit"));
    }
  }

  start(milliseconds: number): void {
    this.look();
    this.timer = setInterval(() => this.look(), milliseconds);
  }

  stop(): void {
    clearInterval(this.timer);
    this.look();
  }

  /** What the deploy command asks: every request meets one share, in turn. */
  readonly ask = (url: string, headers?: Readonly<Record<string, string>>): Promise<{ status: number; body: string }> => {
    const { host, pathname } = new URL(url);
    const share = turn(answers({ host, path: pathname, headers }, this.resources(), Date.now(), this.isBad), this.asked++);
    if (share === undefined) return Promise.reject(new Error(`nobody answers at ${host}`));
    return Promise.resolve({ status: share.status, body: "" });
  };

  /** What the cloud's metrics say of a track: all of its answers are good, or all of them bad. */
  readonly read = ({ id }: Track): Partial<Reading> => {
    const { status } = answerOfTrack(id, this.resources(), this.isBad);
    return { errors: status < 400 ? 0 : goodReading.requests };
  };

  /** By service, between two moments, in the time of the clock. */
  between(from: number, to: number, clock: (time: number) => number): Availability[] {
    const there = ({ at, percent }: Seen): Seen => ({ at: clock(at), percent });
    return [...this.seen].map(([service, all]) => ({ service, ...availability(all.map(there), clock(from), clock(to)) }));
  }

  private look(): void {
    const [all, now] = [this.resources(), Date.now()];
    for (const [service, path] of this.paths) {
      const percent = served(answers(addressOf(service, path, all, this.host), all, now, this.isBad));
      const before = this.seen.get(service) ?? [];
      if (before.at(-1)?.percent !== percent) this.seen.set(service, [...before, { at: now, percent }]);
    }
  }

  private resources(): Stored[] {
    const all = this.cloud.all().filter(({ urn }) => urn.startsWith(`urn:pulumi:${this.stack}::`));
    const own = new Set(all.map(({ id }) => id));
    this.follows = all.some(({ inputs, urn }) => urn.includes("platform:index:Database$") && isCopy(inputs, own));
    return all;
  }

  private readonly isBad: Bad = (service, image) => this.bad.get(service) === image || (this.follows && this.needDatabase.has(service));
}

/** Of a server of another stack: a replica beside its own primary is not the server that services log in to. */
function isCopy({ replicateSourceDb, createMode, sourceServerResourceId }: Values, own: ReadonlySet<string>): boolean {
  const source = String(replicateSourceDb ?? (createMode === "Replica" ? sourceServerResourceId : ""));
  return /^(arn:|\/subscriptions\/)/.test(source) && !own.has(source);
}

/** The share that the nth of a hundred requests meets. */
export function turn(shares: readonly Share[], number: number): Share | undefined {
  let rest = (number * 37 + 1) % 100;
  return shares.find(({ percent }) => (rest -= percent) < 0) ?? shares.at(-1);
}

/** All in milliseconds. */
export function availability(seen: readonly Seen[], from: number, to: number): Omit<Availability, "service"> {
  const known = seen.filter(({ at }) => at < to).map(({ at, percent }) => ({ at: Math.max(at, from), percent }));
  const spans = known.map(({ at, percent }, index) => ({ at, percent, end: known[index + 1]?.at ?? to })).filter(({ at, end }) => end > at);
  const seconds = (milliseconds: number): number => Math.round(milliseconds / 1000);
  const first = spans.find(({ percent }) => percent > 0);
  const sum = spans.reduce((total, { at, end, percent }) => total + (end - at) * percent, 0);
  let [gap, longest] = [0, 0];
  for (const { at, end, percent } of first === undefined ? [] : spans.filter((span) => span.at >= first.at)) {
    gap = percent < 100 ? gap + (end - at) : 0;
    longest = Math.max(longest, gap);
  }
  return {
    percent: Math.round((10 * sum) / Math.max(to - from, 1)) / 10,
    firstAfter: first === undefined ? null : seconds(first.at - from),
    last: spans.at(-1)?.percent ?? 0,
    longestGap: seconds(longest),
  };
}
