// Who is told of what: four severities, each with receivers of its own. Plain data; each cloud makes a topic or an action group of it.
import type { Input } from "@pulumi/pulumi";

export const severities = ["critical", "high", "medium", "low"] as const;
export type Severity = (typeof severities)[number];

/** How soon somebody looks at it. */
export const respondWithin: Readonly<Record<Severity, string>> = {
  critical: "15 minutes",
  high: "1 hour",
  medium: "4 hours",
  low: "the next working day",
};

/** What a webhook understands: Slack and Teams each want their own form; `plain` gets JSON with the alert's name, severity and text. */
export const webhookKinds = ["slack", "teams", "plain"] as const;
export type WebhookKind = (typeof webhookKinds)[number];

export interface Webhook {
  /** The name of the secret that holds the address: the resources that lead there are called after it. */
  readonly name: string;
  readonly kind: WebhookKind;
  /** The address. Whoever knows it can write to the channel, so it is a secret. */
  readonly url: Input<string>;
}

/** The receivers of one severity. */
export interface Receivers {
  readonly emails: readonly string[];
  readonly webhooks: readonly Webhook[];
  /** PagerDuty's integration key (Events API of CloudWatch or Azure); a secret. */
  readonly pagerduty?: Input<string> | undefined;
}

export type Receiving = Readonly<Record<Severity, Receivers>>;

export const nobody: Receiving = {
  critical: { emails: [], webhooks: [] },
  high: { emails: [], webhooks: [] },
  medium: { emails: [], webhooks: [] },
  low: { emails: [], webhooks: [] },
};

/** The receivers of each severity, with those who get every alert; an address that is given twice is told once. */
export function everyone(receivers: Receiving | undefined, emails: readonly string[]): Receiving {
  const given = receivers ?? nobody;
  const told = (severity: Severity): Receivers => ({
    ...given[severity],
    emails: [...new Set([...emails, ...given[severity].emails])],
  });
  return { critical: told("critical"), high: told("high"), medium: told("medium"), low: told("low") };
}
