// Settings of the tunnels to a network elsewhere (docs/vpn.md): off unless a stack states them. The key of the tunnels is made by the
// platform or named as a secret; it is nowhere in clear.
import type { Output } from "@pulumi/pulumi";
import { z } from "zod";
import type { Fault } from "../components/fault";
import { contains, networkRange, overlap } from "../components/network/cidr";
import { ownAsn, type VpnServer, vpnServers, type VpnSpec } from "../components/vpn/index";
import { pathText, setCommand } from "./paths";
import { opaqueSecret } from "./raw";
import type { Subject } from "./rules";
import type { Given } from "./schema";
import { peerCidrOf } from "./standby";

const address = () => z.ipv4().meta({ allowed: "an IPv4 address, such as 203.0.113.10" });

export const vpnSchema = z
  .strictObject({
    peers: z
      .array(
        z.strictObject({
          address: address().describe("Public IPv4 address of the device."),
          bgpAddress: address()
            .optional()
            .describe("Azure, with `asn`: the device's own address for BGP. On AWS it is in the tunnels, and refused here."),
        }),
      )
      .min(1)
      .max(2)
      .describe("The other side's devices. Each gets two tunnels; a second device needs `asn`."),
    remoteRanges: z
      .array(z.cidrv4().meta({ allowed: "an IPv4 range, such as 192.168.0.0/16" }))
      .min(1)
      .max(10)
      .describe("The other side's networks: they overlap neither this one nor each other."),
    asn: z.int().min(1).max(2_147_483_647).optional().describe("The other side's number in BGP, for example 65010. Default: fixed routes."),
    allow: z
      .array(z.enum(vpnServers))
      .optional()
      .describe("What the other side may reach: `database` and `cache`, at their ports. Default: nothing."),
    calls: z.boolean().optional().describe("Services may call what is on the other side, by TLS (port 443). Default false."),
    sharedKey: z
      .string()
      .min(1)
      .optional()
      .describe("Name of an encrypted value of `secrets`: the key that the other side gave. Default: the platform makes one."),
    keyEpoch: z.int().min(1).max(1_000_000).optional().describe("One more makes the platform's own key anew: tell the other side."),
  })
  .describe(
    "Tunnels to a network elsewhere, IKEv2 with AES-256-GCM only (docs/vpn.md). By itself it opens nothing. AWS: about USD 37 a month for each device. Azure: about USD 150, and up to 45 minutes until it is there.",
  );

type Stated = NonNullable<NonNullable<Given["network"]>["vpn"]>;

/** `valueOf` gives an encrypted value by its name; the rules have refused a name that is none. */
export function vpnOf({ network }: Given, valueOf: (name: string) => Output<string>): VpnSpec | undefined {
  const vpn = network?.vpn;
  if (vpn === undefined) return undefined;
  const { peers, remoteRanges, asn, sharedKey } = vpn;
  const key = sharedKey === undefined ? { epoch: vpn.keyEpoch ?? 1 } : { secret: sharedKey, value: valueOf(sharedKey) };
  return { peers, remoteRanges, asn, allow: [...new Set(vpn.allow)], calls: vpn.calls ?? false, key };
}

export function vpnWarnings({ network }: Given): string[] {
  const vpn = network?.vpn;
  if (vpn === undefined || vpn.calls === true || (vpn.allow ?? []).length > 0) return [];
  return ["the VPN leads nowhere: network.vpn.allow is empty and network.vpn.calls is off"];
}

export function checkVpn(subject: Subject): Fault[] {
  const vpn = subject.given.network?.vpn;
  if (vpn === undefined) return [];
  return [
    ...checkPeers(vpn, subject),
    ...checkAsn(vpn),
    ...checkRanges(vpn, subject),
    ...checkAllowed(vpn, subject),
    ...checkKey(vpn, subject),
  ];
}

type Reserved = readonly (readonly [range: string, what: string])[];

/** What no device answers at from the internet. */
const notPublic: Reserved = [
  ["0.0.0.0/8", "addresses of no host"],
  ["10.0.0.0/8", "private addresses"],
  ["100.64.0.0/10", "addresses behind a provider's NAT"],
  ["127.0.0.0/8", "a host's own addresses"],
  ["169.254.0.0/16", "link-local addresses"],
  ["172.16.0.0/12", "private addresses"],
  ["192.168.0.0/16", "private addresses"],
  ["224.0.0.0/3", "multicast and reserved addresses"],
];
/** What can't be a network on the other side. */
const notRemote: Readonly<Record<"any" | Subject["draft"]["cloud"], Reserved>> = {
  any: [
    ["0.0.0.0/8", "addresses of no host"],
    ["127.0.0.0/8", "a host's own addresses"],
    ["169.254.0.0/16", "link-local addresses: the clouds' own services, and the insides of tunnels"],
    ["224.0.0.0/3", "multicast and reserved addresses"],
  ],
  aws: [],
  azure: [
    ["168.63.129.16/32", "Azure's resolver"],
    ["100.100.0.0/17", "inside Container Apps"],
    ["100.100.128.0/19", "inside Container Apps"],
    ["100.100.160.0/19", "inside Container Apps"],
    ["100.100.192.0/19", "inside Container Apps"],
    ["172.30.0.0/15", "inside Container Apps"],
    ["192.0.2.0/24", "inside Container Apps"],
  ],
};
/** Shorter than this a range is half of the internet: its way out would lead through the tunnels. */
const shortestPrefix = 8;

function checkPeers({ peers, asn, remoteRanges }: Stated, { draft }: Subject): Fault[] {
  const faults = peers.flatMap(({ address, bgpAddress }, index): Fault[] => {
    const at = (key: string): (string | number)[] => ["network", "vpn", "peers", index, key];
    const path = pathText(at("address"));
    const found: Fault[] = [];
    const what = inside(notPublic, `${address}/32`);
    if (what !== undefined)
      found.push({ path, given: address, problem: `not a public address (${what})`, remedy: "give the one that the internet sees" });
    if (peers.findIndex((other) => other.address === address) < index)
      found.push({ path, given: address, problem: "given twice", remedy: "remove one of the two" });
    const around = remoteRanges.find((range) => contains(range, `${address}/32`));
    if (around !== undefined)
      found.push({
        path,
        given: address,
        problem: `lies in ${around} of remoteRanges: the tunnel would be looked for inside itself`,
        remedy: "leave the device's public address out of remoteRanges",
      });
    return [...found, ...checkBgpAddress(bgpAddress, at("bgpAddress"), asn, draft)];
  });
  if (peers.length > 1 && asn === undefined)
    faults.push({
      path: "network.vpn.peers",
      given: peers.length,
      problem: "two devices with fixed routes to one network: no cloud notices which of them is gone",
      remedy: `name one, or ${setCommand(["network", "vpn", "asn"], "65010")}`,
    });
  return faults;
}

function checkBgpAddress(given: string | undefined, at: (string | number)[], asn: number | undefined, draft: Subject["draft"]): Fault[] {
  const path = pathText(at);
  const remedy = "remove it";
  if (given === undefined) {
    if (draft.cloud !== "azure" || asn === undefined) return [];
    return [
      {
        path,
        problem: "is missing: with network.vpn.asn Azure speaks BGP with an address of the device's own",
        remedy: setCommand(at, "192.168.0.1"),
      },
    ];
  }
  if (asn === undefined) return [{ path, given, problem: "is for BGP, and network.vpn.asn is not set", remedy }];
  if (draft.cloud === "aws")
    return [{ path, given, problem: "AWS speaks BGP with the addresses inside the tunnels, which it gives itself", remedy }];
  if (contains(draft.network.cidr, `${given}/32`))
    return [{ path, given, problem: `lies in this network (${draft.network.cidr})`, remedy: "give the device's own address" }];
  if (inside(notRemote.any, `${given}/32`) === undefined) return [];
  return [
    {
      path,
      given,
      problem: "no device is reached at it through a tunnel",
      remedy: "give an address of the device's own that is no link-local one",
    },
  ];
}

/** The clouds' own numbers, those that Azure or AWS keep for themselves, and those that nobody may have. */
const takenAsns: readonly (readonly [first: number, last: number])[] = [
  [7224, 7224],
  [8074, 8075],
  [9059, 9059],
  [12_076, 12_076],
  [23_456, 23_456],
  [64_496, 64_511],
  [ownAsn.aws, ownAsn.aws],
  [ownAsn.azure, ownAsn.azure],
  [65_517, 65_520],
  [65_535, 65_551],
];

function checkAsn({ asn }: Stated): Fault[] {
  if (asn === undefined || !takenAsns.some(([first, last]) => asn >= first && asn <= last)) return [];
  const problem = `taken: ${ownAsn.aws} and ${ownAsn.azure} are the clouds' own sides, others are reserved`;
  return [{ path: "network.vpn.asn", given: asn, problem, remedy: setCommand(["network", "vpn", "asn"], "65010") }];
}

function checkRanges({ remoteRanges }: Stated, { given, draft }: Subject): Fault[] {
  const { cidr } = draft.network;
  const peer = peerCidrOf(given);
  return remoteRanges.flatMap((range, index): Fault[] => {
    const at = ["network", "vpn", "remoteRanges", index];
    const fault = (problem: string, remedy: string): Fault => ({ path: pathText(at), given: range, problem, remedy });
    const proper = networkRange(range) ?? range;
    if (proper !== range) return [fault("has bits beyond its prefix", setCommand(at, proper))];
    if (Number(range.split("/")[1]) < shortestPrefix)
      return [
        fault(
          `holds more than a /${shortestPrefix}: the way to the internet would lead through the tunnels`,
          "name the networks that are there",
        ),
      ];
    if (overlap(range, cidr))
      return [fault(`overlaps this network (${cidr})`, `give this one other addresses: ${setCommand(["network", "cidr"], "<range>")}`)];
    if (peer !== undefined && overlap(range, peer))
      return [fault(`overlaps the other stack's network (${peer})`, "name only what is behind the tunnels")];
    const what = inside([...notRemote.any, ...notRemote[draft.cloud]], range);
    if (what !== undefined) return [fault(`overlaps reserved addresses (${what})`, "name only what is behind the tunnels")];
    const other = remoteRanges.slice(0, index).find((each) => overlap(each, range));
    return other === undefined ? [] : [fault(`overlaps ${other}`, "name each address once")];
  });
}

function checkAllowed({ allow = [] }: Stated, { draft }: Subject): Fault[] {
  const there: Readonly<Record<VpnServer, boolean>> = { database: draft.database.enabled, cache: draft.cache.enabled };
  return allow.flatMap((server, index): Fault[] => {
    if (there[server]) return [];
    const path = pathText(["network", "vpn", "allow", index]);
    return [
      { path, given: server, problem: `the stack has no ${server}`, remedy: `remove it, or ${setCommand([server, "enabled"], "true")}` },
    ];
  });
}

/** What AWS takes; Azure takes it too. */
const keyPattern = /^[A-Za-z1-9._][A-Za-z0-9._]{19,63}$/;

function checkKey({ sharedKey, keyEpoch }: Stated, { draft }: Subject): Fault[] {
  if (sharedKey === undefined) return [];
  const path = "network.vpn.sharedKey";
  if (keyEpoch !== undefined)
    return [
      {
        path: "network.vpn.keyEpoch",
        given: keyEpoch,
        problem: "the key is given by network.vpn.sharedKey, and not made here",
        remedy: "remove one of the two",
      },
    ];
  const source = Object.hasOwn(draft.secrets, sharedKey) ? draft.secrets[sharedKey] : undefined;
  // What is no name may be the key itself, put into the wrong place: it is not shown.
  if (source === undefined || "generate" in source) {
    const known = Object.keys(draft.secrets).filter((name) => "value" in (draft.secrets[name] ?? {}));
    const problem = `does not name an encrypted value of \`secrets\`; there are ${known.join(", ") || "none"}`;
    const remedy =
      "pulumi config set --secret --path secrets.tunnel-key <value>, and write tunnel-key here; or remove it: the platform makes a key";
    return [{ path, problem, remedy }];
  }
  if (source.value === opaqueSecret || keyPattern.test(source.value)) return [];
  return [
    {
      path: pathText(["secrets", sharedKey]),
      problem: "is the key of the VPN's tunnels: 20 to 64 letters, digits, dots and underscores, and no zero first",
      remedy: "agree on another one with the other side",
    },
  ];
}

function inside(reserved: Reserved, range: string): string | undefined {
  return reserved.find(([each]) => overlap(each, range))?.[1];
}
