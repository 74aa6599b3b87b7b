// What the platform's address would answer, read from the simulated cloud's resources as the cloud's own front does: rules and weights of
// the balancer, path rules of the gateway, ramp-up rules of a site. Not simulated: firewalls, caches of a CDN, name resolution, load,
// retries of a balancer, and visitors that a cookie keeps.
import { text } from "./simulation";
import type { Stored, Values } from "./store";

/** A part of the visitors, and what they get. */
export interface Share {
  readonly percent: number;
  readonly status: number;
  /** What answers; undefined: the front itself. */
  readonly image?: string | undefined;
}

export interface Asked {
  readonly host: string;
  readonly path: string;
  /** Visitors send none of their own; who looks at a candidate does. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Whether an image of a service answers its visitors badly. */
export type Bad = (service: string, image: string) => boolean;

/** Empty: nobody answers. `all`: the resources of one stack. */
export function answers(asked: Asked, all: readonly Stored[], now: number, bad: Bad): Share[] {
  const there = all.filter(({ until }) => until === undefined || until <= now);
  const front = of(there, "azure-native:network:ApplicationGateway")[0];
  if (front !== undefined) return gateway(front, asked, there, bad);
  const site = of(there, "azure-native:web:WebApp").find(({ outputs }) => outputs.defaultHostName === asked.host);
  if (site !== undefined) return siteShares(site, there, bad);
  const slot = of(there, "azure-native:web:WebAppSlot").find(({ outputs }) => outputs.defaultHostName === asked.host);
  return slot === undefined ? balancer(asked, there, bad) : [{ percent: 100, ...siteAnswer(slot, there, bad) }];
}

/** What visitors get from a track of a rollout: a target group by its ARN, a site or a slot by its id. */
export function answerOfTrack(id: string, all: readonly Stored[], bad: Bad): Omit<Share, "percent"> {
  const site = all.find((each) => each.id === id && /:WebApp(Slot)?$/.test(each.type));
  return site === undefined ? behind(id, all, bad) : siteAnswer(site, all, bad);
}

/** What a service's own visitors meet, wherever its address is; undefined: not made yet. */
export function addressOf(service: string, path: string, all: readonly Stored[], host: string): Asked {
  const direct = of(all, "azure-native:network:ApplicationGateway").length === 0;
  const site = of(all, "azure-native:web:WebApp").find(({ inputs }) => componentOf(inputs) === service);
  return { host: direct && site !== undefined ? String(site.outputs.defaultHostName) : host, path };
}

/** Share of the visitors that get what they asked for, in percent. */
export function served(shares: readonly Share[]): number {
  return shares.reduce((sum, { percent, status }) => sum + (status < 400 ? percent : 0), 0);
}

// AWS: the listener's rules by priority, weights of target groups, and the service behind each.

interface Action {
  readonly type: string;
  readonly targetGroupArn?: string;
  readonly forward?: { readonly targetGroups: readonly { readonly arn: string; readonly weight?: number }[] };
  readonly fixedResponse?: { readonly statusCode?: string };
}
interface Condition {
  readonly pathPattern?: { readonly values: readonly string[] };
  readonly hostHeader?: { readonly values: readonly string[] };
  readonly httpHeader?: { readonly httpHeaderName: string; readonly values: readonly string[] };
}

function balancer(asked: Asked, all: readonly Stored[], bad: Bad): Share[] {
  // One that only leads to HTTPS is followed.
  const leadsAway = ({ inputs }: Stored): boolean => actionsOf(inputs.defaultActions).some(({ type }) => type === "redirect");
  const listener = of(all, "aws:lb/listener:Listener").find((each) => !leadsAway(each));
  if (listener === undefined) return [];
  const rules = of(all, "aws:lb/listenerRule:ListenerRule")
    .filter(({ inputs }) => inputs.listenerArn === listener.outputs.arn)
    .sort((a, b) => Number(a.inputs.priority) - Number(b.inputs.priority));
  const rule = rules.find(({ inputs }) => (inputs.conditions as Condition[]).every((condition) => meets(condition, asked)));
  const [action] = actionsOf(rule === undefined ? listener.inputs.defaultActions : rule.inputs.actions).slice(-1);
  if (action === undefined) return [];
  if (action.type === "fixed-response") return [{ percent: 100, status: Number(action.fixedResponse?.statusCode ?? 200) }];
  if (action.type === "redirect") return [{ percent: 100, status: 301 }];
  const groups = action.forward?.targetGroups ?? [{ arn: action.targetGroupArn ?? "" }];
  return weighted(groups.map(({ arn, weight = 1 }) => ({ weight, ...behind(arn, all, bad) })));
}

function meets({ pathPattern, hostHeader, httpHeader }: Condition, { host, path, headers = {} }: Asked): boolean {
  // Other conditions aren't used for services.
  if (httpHeader !== undefined) return httpHeader.values.includes(headers[httpHeader.httpHeaderName] ?? "");
  if (pathPattern !== undefined) return pathPattern.values.some((pattern) => matches(pattern, path));
  return hostHeader === undefined || hostHeader.values.some((pattern) => matches(pattern, host));
}

function behind(targetGroup: string, all: readonly Stored[], bad: Bad): Omit<Share, "percent"> {
  const service = of(all, "aws:ecs/service:Service").find(({ inputs }) =>
    ((inputs.loadBalancers ?? []) as Values[]).some(({ targetGroupArn }) => targetGroupArn === targetGroup),
  );
  if (service === undefined) return { status: 503 };
  const [container] = (service.inputs.loadBalancers as { containerName: string }[]).map(({ containerName }) => containerName);
  const task = of(all, "aws:ecs/taskDefinition:TaskDefinition").find(({ outputs }) => outputs.arn === service.inputs.taskDefinition);
  const containers = JSON.parse(text(task?.inputs.containerDefinitions) ?? "[]") as { name: string; image: string }[];
  const image = containers.find(({ name }) => name === container)?.image;
  return answerOf(componentOf(service.inputs), image, bad);
}

// Azure: the gateway's path rules, or the site's own address; then the site's ramp-up rules.

interface Named {
  readonly name: string;
}
interface Ref {
  readonly id: string;
}
interface PathMap extends Named {
  readonly defaultBackendAddressPool?: Ref;
  readonly pathRules: readonly { readonly paths: readonly string[]; readonly backendAddressPool?: Ref }[];
}
interface RoutingRule {
  readonly httpListener: Ref;
  readonly urlPathMap?: Ref;
  readonly backendAddressPool?: Ref;
}

function gateway({ inputs }: Stored, asked: Asked, all: readonly Stored[], bad: Bad): Share[] {
  const listeners = inputs.httpListeners as (Named & { hostNames?: string[]; hostName?: string })[];
  const rules = (inputs.requestRoutingRules as RoutingRule[]).filter(
    ({ urlPathMap, backendAddressPool }) => urlPathMap ?? backendAddressPool,
  );
  const hostsOf = ({ httpListener }: RoutingRule): string[] => {
    const { hostName, hostNames = [] } = find(listeners, httpListener) ?? {};
    return hostName === undefined ? hostNames : [hostName];
  };
  const rule =
    rules.find((each) => hostsOf(each).some((pattern) => matches(pattern, asked.host))) ?? rules.find((each) => hostsOf(each).length === 0);
  if (rule === undefined) return [{ percent: 100, status: 404 }];
  const map = rule.urlPathMap && find(inputs.urlPathMaps as PathMap[], rule.urlPathMap);
  const byPath = map?.pathRules.find(({ paths }) => paths.some((pattern) => matches(pattern, asked.path)));
  const pool = byPath?.backendAddressPool ?? map?.defaultBackendAddressPool ?? rule.backendAddressPool;
  const pools = inputs.backendAddressPools as (Named & { backendAddresses: { fqdn?: string }[] })[];
  const [target] = (pool && find(pools, pool)?.backendAddresses) ?? [];
  const site = of(all, "azure-native:web:WebApp").find(({ outputs }) => outputs.defaultHostName === target?.fqdn);
  return site === undefined ? [{ percent: 100, status: 502 }] : siteShares(site, all, bad);
}

function siteShares(site: Stored, all: readonly Stored[], bad: Bad): Share[] {
  const { experiments } = site.inputs.siteConfig as {
    experiments?: { rampUpRules?: { actionHostName: string; reroutePercentage: number }[] };
  };
  const rules = (experiments?.rampUpRules ?? []).filter(({ reroutePercentage }) => reroutePercentage > 0);
  const own = 100 - rules.reduce((sum, { reroutePercentage }) => sum + reroutePercentage, 0);
  const slots = rules.map(({ actionHostName, reroutePercentage }) => {
    const slot = of(all, "azure-native:web:WebAppSlot").find(({ outputs }) => outputs.defaultHostName === actionHostName);
    return { weight: reroutePercentage, ...(slot === undefined ? { status: 404 } : siteAnswer(slot, all, bad)) };
  });
  return weighted([{ weight: own, ...siteAnswer(site, all, bad) }, ...slots]);
}

function siteAnswer({ inputs }: Stored, all: readonly Stored[], bad: Bad): Omit<Share, "percent"> {
  const { linuxFxVersion } = inputs.siteConfig as { linuxFxVersion: string };
  const containers = all.filter(({ type }) => type.startsWith("azure-native:web:WebAppSiteContainer")).map((each) => each.inputs);
  const main = containers.find(({ isMain, name, slot }) => isMain === true && name === inputs.name && slot === inputs.slot);
  const image = linuxFxVersion.startsWith("DOCKER|") ? linuxFxVersion.slice("DOCKER|".length) : text(main?.image);
  return answerOf(componentOf(inputs), image, bad);
}

function answerOf(service: string, image: string | undefined, bad: Bad): Omit<Share, "percent"> {
  return image === undefined ? { status: 503 } : { status: bad(service, image) ? 503 : 200, image };
}

function weighted(parts: readonly (Omit<Share, "percent"> & { readonly weight: number })[]): Share[] {
  const sum = parts.reduce((total, { weight }) => total + weight, 0);
  return parts.filter(({ weight }) => weight > 0).map(({ weight, ...share }) => ({ percent: (100 * weight) / sum, ...share }));
}

function of(all: readonly Stored[], type: string): Stored[] {
  return all.filter((each) => each.type === type);
}

function find<T extends Named>(all: readonly T[], { id }: Ref): T | undefined {
  return all.find(({ name }) => id.endsWith(`/${name}`));
}

function actionsOf(value: unknown): readonly Action[] {
  return (value ?? []) as readonly Action[];
}

function componentOf({ tags }: Values): string {
  return String((tags as Values | undefined)?.component);
}

/** `*` stands for any number of characters, as in all these rules. */
function matches(pattern: string, value: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\?]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${escaped}$`, "i").test(value);
}
