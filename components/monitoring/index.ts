// Monitoring: where logs arrive, where alerts go, and the network's flow logs.
//
// | what        | AWS                                              | Azure                                            |
// |-------------|--------------------------------------------------|--------------------------------------------------|
// | logs        | CloudWatch log groups, encrypted, with retention | Log Analytics workspace with retention           |
// | alerts      | SNS topic with a key that CloudWatch may use     | action group                                     |
// | flow logs   | VPC flow log to the log bucket                   | virtual network flow log to the log account      |
import type { Output } from "@pulumi/pulumi";
import { Component, type Family } from "../cloud";
import type { Network } from "../network";
import type { Storage } from "../storage";

export interface MonitoringSpec {
  /** Days that logs can be searched. CloudWatch sells only some values; the next larger one is refused with the list. */
  readonly logDays: number;
  /** E-mail addresses that get every alert. */
  readonly alertEmails: readonly string[];
  readonly flowLogs: boolean;
}

export interface MonitoringArgs<F extends Family> extends MonitoringSpec {
  readonly network: Network<F>;
  readonly logs: Storage<F>;
}

export abstract class Monitoring<F extends Family> extends Component<F> {
  /** The id of what alarms notify: topic ARN or action group id. */
  abstract readonly alertsId: Output<string>;
  abstract readonly raw: F["monitoring"];
}
