// Where the alerts of one severity go on AWS: a topic for people and PagerDuty, and for each webhook an API destination, because a
// topic's own https subscription asks its receiver to confirm, which no chat does.
import { EventApiDestination, EventConnection, EventRule, EventTarget } from "@pulumi/aws/cloudwatch";
import { RolePolicy } from "@pulumi/aws/iam";
import { Topic, TopicPolicy, TopicSubscription } from "@pulumi/aws/sns";
import { type ComponentResource, type Input, interpolate, type Output, secret } from "@pulumi/pulumi";
import { nameOf, namePrefix } from "../clouds/aws/names";
import { permissions, policyDocument, trustPolicy } from "../clouds/aws/permissions";
import { createServiceRole } from "../clouds/aws/role";
import { alertsTopicPolicy } from "../clouds/aws/policies";
import { transformed } from "../clouds/aws/transforms";
import type { Aws, Route } from "../clouds/aws/family";
import type { Network } from "../network";
import { tagsOf } from "../stack";
import type { Receivers, Severity } from "./alerts";
import { bodyOf } from "./webhooks";

export interface RouteArgs {
  readonly network: Network<Aws>;
  readonly component: string;
  readonly severity: Severity;
  readonly receivers: Receivers;
  /** The key of the topic's messages, which alarms may use. */
  readonly keyArn: Input<string>;
  /** Default: the stack's. */
  readonly region?: string | undefined;
}

/** `name` begins the names of what is made. */
export function createRoute(parent: ComponentResource, name: string, args: RouteArgs): Route {
  const topic = createTopic(parent, name, args);
  const { webhooks } = args.receivers;
  if (webhooks.length === 0) return { topicArn: topic.arn, webhooks: [] };
  const connection = new EventConnection(
    nameOf(args.network.stack, "connection", name),
    {
      description: "Webhooks carry their secret in their address; EventBridge wants a header as well",
      authorizationType: "API_KEY",
      authParameters: { apiKey: { key: "X-Platform", value: args.severity } },
      ...elsewhere(args),
    },
    { parent },
  );
  const destinations = webhooks.map(({ name: webhook, kind, url }) => {
    const destination = new EventApiDestination(
      nameOf(args.network.stack, "connection", `${name}-${webhook}`),
      {
        connectionArn: connection.arn,
        httpMethod: "POST",
        invocationEndpoint: secret(url),
        invocationRateLimitPerSecond: 1,
        ...elsewhere(args),
      },
      { parent },
    );
    return { name: webhook, kind, arn: destination.arn };
  });
  const roleArn = createCaller(parent, name, args, destinations);
  const route = { topicArn: topic.arn, webhooks: destinations.map((destination) => ({ ...destination, roleArn })) };
  tellWebhooks(parent, name, args, route);
  return route;
}

/** Sends what a rule catches to the people and webhooks of a route. `text` is for people, in words. */
export function notify(parent: ComponentResource, name: string, rule: EventRule, route: Route, text: string, region?: string): void {
  const there = region === undefined ? {} : { region };
  const message = JSON.stringify(text);
  new EventTarget(
    name,
    {
      rule: rule.name,
      arn: route.topicArn,
      inputTransformer: {
        inputPaths: { time: "$.time", detail: "$.detail" },
        inputTemplate: `{"alert":${message},"time":<time>,"detail":<detail>}`,
      },
      ...there,
    },
    { parent },
  );
  for (const webhook of route.webhooks) {
    const input = JSON.stringify(bodyOf(webhook.kind, text));
    new EventTarget(
      `${name}-${webhook.name}`,
      { rule: rule.name, arn: webhook.arn, roleArn: webhook.roleArn, input, ...there },
      { parent },
    );
  }
}

function createTopic(parent: ComponentResource, name: string, args: RouteArgs): Topic {
  const { stack, raw } = args.network;
  const { emails, pagerduty } = args.receivers;
  const topic = new Topic(
    nameOf(stack, "topic", name),
    transformed("monitoring.topic", { kmsMasterKeyId: args.keyArn, tags: tagsOf(stack, args.component), ...elsewhere(args) }),
    { parent },
  );
  const policy = alertsTopicPolicy({ region: args.region ?? stack.region, accountId: raw.accountId }, topic.arn);
  new TopicPolicy(name, { arn: topic.arn, policy, ...elsewhere(args) }, { parent });
  for (const email of emails) {
    // Stays pending until the receiver confirms it; AWS lets no program do that.
    new TopicSubscription(`${name}-${email}`, { topic: topic.arn, protocol: "email", endpoint: email, ...elsewhere(args) }, { parent });
  }
  if (pagerduty !== undefined) {
    const endpoint = secret(interpolate`https://events.pagerduty.com/integration/${pagerduty}/enqueue`);
    // PagerDuty confirms by itself.
    const subscription = { topic: topic.arn, protocol: "https", endpoint, endpointAutoConfirms: true, ...elsewhere(args) };
    new TopicSubscription(`${name}-pagerduty`, subscription, { parent });
  }
  return topic;
}

function createCaller(
  parent: ComponentResource,
  name: string,
  { network: { stack, raw }, component }: RouteArgs,
  destinations: readonly { readonly arn: Output<string> }[],
): Output<string> {
  const role = createServiceRole(parent, stack, nameOf(stack, "role", `${name}-caller`), {
    assumeRolePolicy: trustPolicy("events.amazonaws.com", raw.accountId),
    tags: tagsOf(stack, component),
  });
  const policy = policyDocument([{ actions: permissions.webhook.call, resources: destinations.map(({ arn }) => arn) }]);
  new RolePolicy(`${name}-caller`, { role: role.id, policy }, { parent });
  return role.arn;
}

/** Alarms of this severity are told apart by the beginning of their names. */
function tellWebhooks(parent: ComponentResource, name: string, args: RouteArgs, { webhooks }: Route): void {
  const { stack } = args.network;
  const eventPattern = JSON.stringify({
    source: ["aws.cloudwatch"],
    "detail-type": ["CloudWatch Alarm State Change"],
    detail: { alarmName: [{ prefix: `${namePrefix(stack)}${args.severity}-` }], state: { value: ["ALARM", "OK"] } },
  });
  const rule = new EventRule(
    nameOf(stack, "eventRule", name),
    {
      description: `Alarms of ${args.severity} severity to webhooks`,
      eventPattern,
      tags: tagsOf(stack, args.component),
      ...elsewhere(args),
    },
    { parent },
  );
  const inputPaths = { alarm: "$.detail.alarmName", state: "$.detail.state.value", reason: "$.detail.state.reason" };
  for (const { name: webhook, kind, arn, roleArn } of webhooks) {
    const inputTransformer = { inputPaths, inputTemplate: JSON.stringify(bodyOf(kind, `${args.severity}: <alarm> is <state>. <reason>`)) };
    new EventTarget(`${name}-${webhook}`, { rule: rule.name, arn, roleArn, inputTransformer, ...elsewhere(args) }, { parent });
  }
}

/** Only what is not in the stack's own region says where it is. */
function elsewhere({ region }: RouteArgs): { readonly region?: string } {
  return region === undefined ? {} : { region };
}
