// What leads requests to a service on AWS. The production rules hold the weights and come after every ECS service is steady, so traffic
// only ever moves to what is healthy. A target group must hang on a listener before its ECS service exists: that is what the preview of a
// candidate and the anchor of the stable one are for, which stay whatever the weights are.
import { ListenerRule } from "@pulumi/aws/lb";
import type { ComponentResource, Output, Resource } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { tagsOf } from "../stack";
import type { AppServiceArgs } from "./index";
import { previewPriority } from "../gateway/priorities";
import { candidateTrack, trackHeader } from "./rollout";

/** A target group and its share of the traffic. */
export interface Share {
  readonly arn: Output<string>;
  readonly weight: number;
}

type Match = Aws["place"]["rules"][number];

/** One rule for each path and host; a group without a share is not in it. */
export function createProductionRules(
  parent: ComponentResource,
  name: string,
  { network }: AppServiceArgs<Aws>,
  place: Aws["place"],
  shares: readonly Share[],
  after: readonly Resource[],
): ListenerRule[] {
  const actions = forwardTo(shares.filter(({ weight }) => weight > 0));
  return place.rules.map(
    (rule) =>
      new ListenerRule(
        rule.name,
        {
          listenerArn: place.listenerArn,
          priority: rule.priority,
          conditions: conditionsOf(rule),
          actions,
          tags: tagsOf(network.stack, name),
        },
        { parent, dependsOn: [...after] },
      ),
  );
}

/** Whoever sends the header gets the candidate, on the paths and hosts of the service; before the rule that visitors meet. */
export function createPreviewRules(
  parent: ComponentResource,
  name: string,
  { network }: AppServiceArgs<Aws>,
  place: Aws["place"],
  targetGroupArn: Output<string>,
): ListenerRule[] {
  return place.rules.map(
    (rule) =>
      new ListenerRule(
        `${rule.name}-${candidateTrack}`,
        {
          listenerArn: place.listenerArn,
          priority: previewPriority(rule.priority),
          conditions: [headerOf(candidateTrack), ...conditionsOf(rule)],
          actions: forwardTo([{ arn: targetGroupArn, weight: 1 }]),
          tags: tagsOf(network.stack, name),
        },
        { parent },
      ),
  );
}

/**
 * Ties the stable target group to the balancer and leads nobody anywhere: what it matches, the production rule of the same path and host
 * has taken before.
 */
export function createAnchor(
  parent: ComponentResource,
  name: string,
  { network }: AppServiceArgs<Aws>,
  place: Aws["place"],
  targetGroupArn: Output<string>,
): ListenerRule {
  const [first] = place.rules;
  return new ListenerRule(
    `${name}-anchor`,
    {
      listenerArn: place.listenerArn,
      priority: place.anchorPriority,
      conditions: [headerOf("stable"), ...(first === undefined ? [] : conditionsOf(first))],
      actions: forwardTo([{ arn: targetGroupArn, weight: 1 }]),
      tags: tagsOf(network.stack, name),
    },
    { parent },
  );
}

/** The form with weights even for one group: going from the short form to it and back would be a change. */
function forwardTo(targetGroups: readonly Share[]) {
  return [{ type: "forward", forward: { targetGroups: [...targetGroups], stickiness: { enabled: false, duration: 1 } } }];
}

function headerOf(track: string) {
  return { httpHeader: { httpHeaderName: trackHeader, values: [track] } };
}

function conditionsOf({ hosts, paths }: Match) {
  return [
    ...(hosts.length > 0 ? [{ hostHeader: { values: [...hosts] } }] : []),
    ...(paths.length > 0 ? [{ pathPattern: { values: [...paths] } }] : []),
  ];
}
