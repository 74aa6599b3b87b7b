// Monitoring: where logs arrive, who gets alerts, traces, the audit trail and the network's flow logs.
//
// | what        | AWS                                                | Azure                                                      |
// |-------------|----------------------------------------------------|------------------------------------------------------------|
// | logs        | CloudWatch log groups, encrypted, with retention   | Log Analytics workspace with retention                     |
// | archive     | log groups keep it: CloudWatch has one tier        | long-term retention of the tables that services write to   |
// | alerts      | SNS topic per severity with a key alarms may use   | action group per severity                                  |
// | Slack, Teams| EventBridge API destination                        | Logic App: both refuse Azure's own JSON                    |
// | PagerDuty   | https subscription of the topic                    | webhook of the action group                                |
// | traces      | X-Ray, by the collector beside each service        | Application Insights, by the collector beside each service |
// | audit       | CloudTrail to the log bucket and a log group       | activity log of the subscription to the workspace          |
// | flow logs   | VPC flow log to the log bucket                     | virtual network flow log to the log account                |
import type { Output } from "@pulumi/pulumi";
import { Component, type Family } from "../cloud";
import type { Network } from "../network";
import type { Storage } from "../storage";
import type { Receiving } from "./alerts";

export interface MonitoringSpec {
  /** Days that logs can be searched. CloudWatch sells only some values; the next larger one is refused with the list. */
  readonly logDays: number;
  /** Days after which logs are deleted; default and least: `logDays`. */
  readonly archiveDays?: number | undefined;
  /** E-mail addresses that get every alert. */
  readonly alertEmails: readonly string[];
  /** Who else gets the alerts of each severity. */
  readonly receivers?: Receiving | undefined;
  readonly flowLogs: boolean;
  /** A collector beside each web, api and worker, for traces and the application's own metrics. Default false. */
  readonly tracing?: boolean | undefined;
  /** Whether the platform is asked from outside (`Probe`): Azure's web tests belong to Application Insights. Default false. */
  readonly probed?: boolean | undefined;
  /** Names of the application's metrics that dashboards show, as the application gives them. */
  readonly metrics?: readonly string[] | undefined;
  /** The audit trail. One stack of an account or subscription makes it. Default false. */
  readonly audit?: boolean | undefined;
}

export interface MonitoringArgs<F extends Family> extends MonitoringSpec {
  readonly network: Network<F>;
  readonly logs: Storage<F>;
}

export abstract class Monitoring<F extends Family> extends Component<F> {
  /** Where alerts of high severity go, as an example of the four: topic ARN or action group id. */
  abstract readonly alertsId: Output<string>;
  abstract readonly raw: F["monitoring"];
}
