// Settings of monitoring: who gets the alerts of which severity, what is watched, and the rules that keep production from being silent.
import { z } from "zod";
import { type Receivers, type Receiving, severities, type Severity, type WebhookKind } from "../components/monitoring/alerts";
import type { MonitoringSpec } from "../components/monitoring/index";
import { check as checkProbe } from "../components/probe/index";
import type { Fault } from "../components/fault";
import type { ServiceSpec } from "../components/app-service/index";
import type { Output } from "@pulumi/pulumi";
import { takesAll } from "./rollout";

/** What the presets decide besides the component's own arguments. */
export interface MonitoringChoices extends Omit<MonitoringSpec, "receivers" | "probed"> {
  readonly alarms: "all" | "errors";
  readonly dashboards: boolean;
  readonly uptime: boolean;
}

const secretName = () => z.string().min(1);
const receivers = z.strictObject({
  emails: z.array(z.email()).max(10).optional().describe("E-mail addresses. On AWS each must confirm once."),
  slack: secretName().optional().describe("Name of the entry of `secrets` that holds the address of a Slack webhook."),
  teams: secretName().optional().describe("Name of the entry of `secrets` that holds the address of a Teams workflow."),
  webhook: secretName()
    .optional()
    .describe(
      "Name of the entry of `secrets` that holds the https address of something else. AWS sends `{ text }`, Azure its common alert schema.",
    ),
  pagerduty: secretName()
    .optional()
    .describe("Name of the entry of `secrets` that holds a PagerDuty integration key (of CloudWatch on AWS, of Microsoft Azure on Azure)."),
});

export const alertsSchema = z
  .strictObject({
    critical: receivers.optional().describe("To be looked at within 15 minutes. In prod at least one receiver is required."),
    high: receivers.optional().describe("Within an hour."),
    medium: receivers.optional().describe("Within 4 hours."),
    low: receivers.optional().describe("On the next working day."),
  })
  .describe("Who gets the alerts of which severity, besides `monitoring.alertEmails`, who get all of them.");

/** Keys of `monitoring` besides those of logs. */
export const monitoringKeys = {
  archiveDays: z
    .int()
    .min(1)
    .max(3653)
    .optional()
    .describe(
      "Days after which logs are deleted, when they may be kept longer than they can be searched. AWS keeps them where they are, so a number that CloudWatch sells; Azure moves them to long-term retention.",
    ),
  alarms: z.enum(["all", "errors"]).optional().describe("`errors`: only what fails already; `all`: also what is about to."),
  dashboards: z
    .boolean()
    .optional()
    .describe("Dashboards: overview, application, database, errors, security, and business with `metrics`."),
  tracing: z
    .boolean()
    .optional()
    .describe(
      "An OpenTelemetry collector beside each web, api and worker (OTEL_EXPORTER_OTLP_ENDPOINT). AWS: X-Ray. Azure: Application Insights; web and api then listen on 8080, which PORT says.",
    ),
  metrics: z
    .array(
      z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,99}$/)
        .meta({ allowed: "a name of letters, digits and _ . -" }),
    )
    .max(20)
    .optional()
    .describe("Business metrics by the names under which the application sends them to the collector; they get a dashboard."),
  uptime: z
    .boolean()
    .optional()
    .describe(
      "Ask the platform from outside whether it answers. Needs `domain`, open to the internet; without it the presets leave it off.",
    ),
  audit: z
    .boolean()
    .optional()
    .describe("Keep who did what: CloudTrail, or the subscription's activity log. For one stack of an account or subscription."),
};

export type Alerts = z.output<typeof alertsSchema>;
type Secrets = Readonly<Record<string, { readonly generate: true } | { readonly value: string }>>;

/** Webhooks of a severity by their key in the settings. */
const webhooks = [
  ["slack", "slack"],
  ["teams", "teams"],
  ["webhook", "plain"],
] as const satisfies readonly (readonly [keyof z.output<typeof receivers>, WebhookKind])[];

/** `opaque` stands for a value that is encrypted: in the offline plan. */
export function checkAlerts(
  alerts: Alerts,
  about: { readonly alertEmails: readonly string[]; readonly production: boolean; readonly secrets: Secrets; readonly opaque: string },
): Fault[] {
  const faults = severities.flatMap((severity) =>
    [...webhooks.map(([key]) => key), "pagerduty" as const].flatMap((key): Fault[] => {
      const name = alerts[severity]?.[key];
      if (name === undefined) return [];
      const path = `alerts.${severity}.${key}`;
      const known = Object.keys(about.secrets).filter((secret) => "value" in (about.secrets[secret] ?? {}));
      const source = Object.hasOwn(about.secrets, name) ? about.secrets[name] : undefined;
      // What is no name may be the address itself, put into the wrong place: it is not shown.
      if (source === undefined || "generate" in source) {
        const problem = `does not name an encrypted value of \`secrets\`; there are ${known.join(", ") || "none"}`;
        return [{ path, problem, remedy: `pulumi config set --secret --path secrets.ops-${key} <value>, and write ops-${key} here` }];
      }
      if (key === "pagerduty" || source.value === about.opaque || /^https:\/\/\S+$/.test(source.value)) return [];
      return [
        {
          path: `secrets.${name}`,
          problem: "is used as a webhook and is no https address",
          remedy: "copy the address from the chat's settings",
        },
      ];
    }),
  );
  const { critical } = alerts;
  const reached =
    about.alertEmails.length +
    Object.values(critical ?? {})
      .flat()
      .filter((receiver) => receiver !== undefined).length;
  if (about.production && reached === 0)
    faults.push({
      path: "alerts.critical",
      problem: "in prod somebody must get critical alerts, and nobody would",
      remedy: "pulumi config set --path 'alerts.critical.emails[0]' <address>",
    });
  return faults;
}

/** From the names of secrets to the secrets. */
export function receiversOf(alerts: Alerts, valueOf: (name: string) => Output<string>): Receiving {
  const of = (severity: Severity): Receivers => {
    const given = alerts[severity];
    const hooks = webhooks.flatMap(([key, kind]) => {
      const name = given?.[key];
      return name === undefined ? [] : [{ name, kind, url: valueOf(name) }];
    });
    const key = given?.pagerduty;
    return { emails: given?.emails ?? [], webhooks: hooks, ...(key !== undefined && { pagerduty: valueOf(key) }) };
  };
  return { critical: of("critical"), high: of("high"), medium: of("medium"), low: of("low") };
}

export interface Reach {
  readonly domain: string | undefined;
  readonly allowedCidrs: readonly string[];
  readonly services: Readonly<Record<string, ServiceSpec>>;
}

/** What the probe asks: the path of the service that takes everything. Undefined: there is nothing to ask. */
export function probeOf(
  { uptime }: Pick<MonitoringChoices, "uptime">,
  { domain, allowedCidrs, services }: Reach,
): { readonly host: string; readonly path: string } | undefined {
  if (!uptime || domain === undefined || checkProbe({ domain: true, allowedCidrs }).length > 0) return undefined;
  const front = Object.values(services).find(takesAll);
  return front === undefined ? undefined : { host: domain, path: front.readyPath };
}

/** A probe that was asked for and can't be; where only the preset has it on, it is left out. */
export function checkUptime(stated: boolean | undefined, { domain, allowedCidrs }: Reach): Fault[] {
  return stated === true ? checkProbe({ domain: domain !== undefined, allowedCidrs }) : [];
}

/** What somebody should know who relies on being told. */
export function monitoringWarnings(choices: MonitoringChoices, alerts: Alerts, reach: Reach): string[] {
  const receivers = choices.alertEmails.length + Object.values(alerts).length;
  return [
    ...(choices.alarms === "all" && receivers === 0 ? ["alerts reach nobody: alerts and monitoring.alertEmails are empty"] : []),
    ...(choices.uptime && probeOf(choices, reach) === undefined
      ? ["nobody asks from outside whether the platform answers: that takes `domain`, and network.allowedCidrs open to the internet"]
      : []),
  ];
}
