// What a component shows of itself to alarms and dashboards. They are made last and read only these handles, so nothing waits for them.
import { type Family, Handle } from "../cloud";
import type { WatchedNoun } from "./alarms";

export class Watched<F extends Family> extends Handle<F> {
  constructor(
    readonly noun: WatchedNoun,
    /** What people call it, and the first part of its alarms' names: `web`, `database-replica-1`. */
    readonly name: string,
    readonly raw: F["watched"],
  ) {
    super();
  }
}
