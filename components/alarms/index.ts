// Alarms: what tells people that something is wrong. Made after everything else from what the components show of themselves, so that no
// service waits for an alarm.
//
// | what           | AWS                                                | Azure                                                     |
// |----------------|----------------------------------------------------|-----------------------------------------------------------|
// | a metric       | CloudWatch alarm                                   | metric alert                                              |
// | a share        | metric math                                        | log rule over the sites' access logs                      |
// | a log line     | metric filter and alarm                            | log rule                                                  |
// | what happened  | EventBridge rule to the topic                      | log rule; the backup vault's built-in alerts              |
// | who is told    | the topic of its severity                          | the action group of its severity                          |
import { Component, type Family } from "../cloud";
import type { Monitoring } from "../monitoring";
import type { Watched } from "../monitoring/watched";
import type { Network } from "../network";

export interface AlarmsArgs<F extends Family> {
  readonly network: Network<F>;
  readonly monitoring: Monitoring<F>;
  readonly watched: readonly Watched<F>[];
  /** `errors`: only what fails already, as in dev. */
  readonly which: "all" | "errors";
}

/** Its children are all there is to it. */
export abstract class Alarms<F extends Family> extends Component<F> {}
