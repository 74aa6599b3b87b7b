// The address plan: pure arithmetic, no cloud. Every tier and zone has a slot of its own from day one, so that a zone or a
// plan added later moves no existing subnet. For 10.0.0.0/16 the result is the plan of requirements N1.
import type { Fault } from "../fault";

/** Subnets of an AWS network: one range per zone in each tier. */
export interface AwsRanges {
  readonly public: readonly string[];
  readonly app: readonly string[];
  readonly data: readonly string[];
}

/** Subnets of an Azure network; they span zones. */
export interface AzureRanges {
  readonly gateway: string;
  readonly app: string;
  readonly data: string;
  readonly endpoints: string;
  readonly containers: string;
  /** Subnets of further App Service plans. */
  readonly plans: readonly string[];
  /** AzureBastionSubnet /26 and GatewaySubnet /27. */
  readonly bastion: string;
  readonly vpn: string;
  /** Machines that operators log in to. */
  readonly hosts: string;
}

/** A network is cut into 256 slots; a subnet of a /16 is a /24. Slots are the third octet of N1's plan. */
const slots = { public: 1, app: 11, data: 21, endpoints: 31, containers: 40, plans: 50, bastion: 60, vpn: 61, hosts: 62 } as const;
const maxPlans = slots.bastion - slots.plans;

export function awsRanges(cidr: string, zones: number): AwsRanges {
  const tier = (first: number): string[] => Array.from({ length: zones }, (_, zone) => slot(cidr, first + zone));
  return { public: tier(slots.public), app: tier(slots.app), data: tier(slots.data) };
}

export function azureRanges(cidr: string, furtherPlans: number): AzureRanges {
  return {
    gateway: slot(cidr, slots.public),
    app: slot(cidr, slots.app),
    data: slot(cidr, slots.data),
    endpoints: slot(cidr, slots.endpoints),
    containers: slot(cidr, slots.containers, 1),
    plans: Array.from({ length: furtherPlans }, (_, plan) => slot(cidr, slots.plans + plan)),
    bastion: narrowed(slot(cidr, slots.bastion), 26),
    vpn: narrowed(slot(cidr, slots.vpn), 27),
    hosts: narrowed(slot(cidr, slots.hosts), 28),
  };
}

const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
/** A /16 gives subnets of /24, a /18 of /26: the smallest that holds 20 App Service instances twice (59 addresses). */
const prefixes = { min: 16, max: 18 } as const;

/** What is wrong with the range of a network, with the path `cidr`. */
export function checkCidr(cidr: string, furtherPlans = 0): Fault[] {
  const range = parse(cidr);
  if (range === undefined) {
    return [{ path: "cidr", given: cidr, problem: "not an IPv4 range", remedy: "write it as 10.0.0.0/16" }];
  }
  const faults: Fault[] = [];
  if (range.base % 2 ** (32 - range.prefix) !== 0) {
    faults.push({
      path: "cidr",
      given: cidr,
      problem: "has bits beyond its prefix",
      remedy: `write ${format(range.base - (range.base % 2 ** (32 - range.prefix)))}/${range.prefix}`,
    });
  }
  if (range.prefix < prefixes.min || range.prefix > prefixes.max) {
    faults.push({
      path: "cidr",
      given: cidr,
      problem: `a network is /${prefixes.min} to /${prefixes.max}: its 256 slots are the subnets, and a smaller one holds no 20 instances`,
      remedy: `choose a prefix from ${prefixes.min} to ${prefixes.max}`,
    });
  }
  if (!privateRanges.some((outer) => contains(outer, cidr))) {
    faults.push({
      path: "cidr",
      given: cidr,
      problem: `not within a private range (${privateRanges.join(", ")})`,
      remedy: "choose a range of RFC 1918",
    });
  }
  if (furtherPlans > maxPlans) {
    faults.push({
      path: "cidr",
      given: cidr,
      problem: `has room for ${maxPlans + 1} groups of web and api services of different size and scale, ${furtherPlans + 1} are asked for`,
      remedy: "give services the same size and scale, so that they share a plan",
    });
  }
  return faults;
}

/** Whether two ranges share an address. */
export function overlap(one: string, other: string): boolean {
  return contains(one, other) || contains(other, one);
}

/** Whether the whole of `inner` lies in `outer`. Ranges that can't be read contain nothing. */
export function contains(outer: string, inner: string): boolean {
  const [big, small] = [parse(outer), parse(inner)];
  if (big === undefined || small === undefined || small.prefix < big.prefix) return false;
  const size = 2 ** (32 - big.prefix);
  return Math.floor(small.base / size) === Math.floor(big.base / size);
}

/** The same range without bits beyond its prefix; undefined for what is no range. */
export function networkRange(cidr: string): string | undefined {
  const range = parse(cidr);
  return range === undefined ? undefined : `${format(range.base - (range.base % 2 ** (32 - range.prefix)))}/${range.prefix}`;
}

function slot(cidr: string, index: number, wider = 0): string {
  const range = parse(cidr);
  if (range === undefined) throw new Error(`not an IPv4 range: ${cidr}`);
  const prefix = range.prefix + 8;
  return `${format(range.base + index * 2 ** (32 - prefix))}/${prefix - wider}`;
}

function narrowed(cidr: string, prefix: number): string {
  const range = parse(cidr);
  if (range === undefined) throw new Error(`not an IPv4 range: ${cidr}`);
  return `${format(range.base)}/${Math.max(prefix, range.prefix)}`;
}

function parse(cidr: string): { readonly base: number; readonly prefix: number } | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  if (match === null) return undefined;
  const [a, b, c, d, prefix] = match.slice(1).map(Number) as [number, number, number, number, number];
  if ([a, b, c, d].some((octet) => octet > 255) || prefix > 32) return undefined;
  return { base: ((a * 256 + b) * 256 + c) * 256 + d, prefix };
}

function format(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
