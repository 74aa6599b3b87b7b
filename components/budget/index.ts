// Budget: what the stack may cost in a month, and who hears of it on the way there. It counts and tells; by choice it also holds named
// services at their least instances once the money is spent, until the month ends.
//
// | what        | AWS                                                      | Azure                                                     |
// |-------------|----------------------------------------------------------|-----------------------------------------------------------|
// | counts      | what carries the stack's tags, once they are activated   | what is in the stack's resource groups                    |
// | thresholds  | AWS Budgets: 50, 75, 80 and 100 % by mail, 90 % by chat  | consumption budget, the same                              |
// | chats       | hear of a topic's messages by an alarm and a rule        | are receivers of the action group                         |
// | anomalies   | Cost Anomaly Detection of the stack's tag                | Cost Management's alert, of the whole subscription        |
// | scaling     | a state machine asks the budget three times a day and    | a Container Apps job does the same with the maximum of    |
// | down        | sets the maximum of each service's scaling               | each plan's autoscale setting                             |
import type { Output } from "@pulumi/pulumi";
import type { AppService } from "../app-service";
import { Component, type Family } from "../cloud";
import type { Fault } from "../fault";
import type { Hosting } from "../hosting";
import type { Monitoring } from "../monitoring";
import type { Network } from "../network";

export interface BudgetSpec {
  /** US dollars a month. */
  readonly monthlyUsd: number;
  /** Who gets mail. Empty: everything goes where alerts go. */
  readonly emails: readonly string[];
  /**
   * Report an unusual rise of the cost from this many dollars on; 0: no report. Azure judges by itself from when on, and mails only:
   * without `emails` there is no report.
   */
  readonly anomalyUsd: number;
  /**
   * AWS only: activate the tags `project`, `stack`, `environment`, `component` and `cost-center` as cost allocation tags of the account.
   * AWS refuses tags that no bill has seen, so it is for the second day; in an organization only the payer's account may.
   */
  readonly activateTags: boolean;
}

export interface BudgetArgs<F extends Family> extends BudgetSpec {
  readonly network: Network<F>;
  readonly monitoring: Monitoring<F>;
  readonly hosting: Hosting<F>;
  /** Services that have no more than their least instances once the budget is spent. Default none. */
  readonly scaleDown?: readonly Limited<F>[];
}

/** A service, and between how many instances it scales while there is money. */
export interface Limited<F extends Family> {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly service: AppService<F>;
}

/** A limited service with what keeps the limits of its scaling. */
export type Scaled<F extends Family> = Omit<Limited<F>, "service"> & { readonly scaling: NonNullable<F["scaling"]> };

/** Throws for a service that nothing scales; the settings refuse it before. */
export function scaledOf<F extends Family>({ scaleDown = [] }: BudgetArgs<F>): Scaled<F>[] {
  return scaleDown.map(({ service, ...limits }) => {
    const { scaling } = service;
    if (scaling === undefined || scaling === null) throw new Error(`nothing scales ${limits.name}: it can't be scaled down`);
    return { ...limits, scaling };
  });
}

export abstract class Budget<F extends Family> extends Component<F> {
  abstract readonly budgetName: Output<string>;
}

/** Percent of the month's budget that was spent, and who hears of it: `alerts` is where alarms go, and so the chat. */
export const thresholds = [
  { percent: 50, to: ["emails"] },
  { percent: 75, to: ["emails"] },
  { percent: 80, to: ["emails"] },
  { percent: 90, to: ["alerts"] },
  { percent: 100, to: ["emails", "alerts"] },
] as const satisfies readonly { readonly percent: number; readonly to: readonly Receiver[] }[];

export type Receiver = "emails" | "alerts";

/** Both clouds refuse a threshold that nobody hears of: without addresses all goes where alerts go. */
export function hears(receiver: Receiver, to: readonly Receiver[], { emails }: BudgetSpec): boolean {
  return receiver === "emails" ? emails.length > 0 && to.includes("emails") : to.includes("alerts") || emails.length === 0;
}

/** What both clouds take for one threshold. */
const maxEmails = 10;

/** What is wrong with a budget. Paths are those of the spec. */
export function check(spec: BudgetSpec): Fault[] {
  const faults: Fault[] = [];
  if (!Number.isFinite(spec.monthlyUsd) || spec.monthlyUsd < 1) {
    faults.push({
      path: "monthlyUsd",
      given: spec.monthlyUsd,
      problem: "a budget is at least one dollar",
      remedy: "give the dollars of a month",
    });
  }
  if (spec.emails.length > maxEmails) {
    faults.push({
      path: "emails",
      given: spec.emails.length,
      problem: `a threshold mails to at most ${maxEmails} addresses`,
      remedy: "use a mailing list",
    });
  }
  if (!Number.isFinite(spec.anomalyUsd) || spec.anomalyUsd < 0) {
    faults.push({
      path: "anomalyUsd",
      given: spec.anomalyUsd,
      problem: "dollars from which on a rise is reported, or 0",
      remedy: "give 0 or more",
    });
  }
  return faults;
}
