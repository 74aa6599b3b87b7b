import { Output } from "@pulumi/pulumi";
import { expect } from "chai";
import { faults, type Given, settings } from "./support";

const device = { address: "203.0.113.10" };
const vpn = { peers: [device], remoteRanges: ["192.168.0.0/16"], allow: ["database"] };
const secretKeys = ["platform:secrets"];
const given = (changes: object, more: object = {}): Given => ({
  config: { network: { vpn: { ...vpn, ...changes } }, ...more },
  secretKeys,
});
const told = (changes: object, more: object = {}): unknown[] =>
  faults(given(changes, more)).map(({ path, given: value, problem }) => [path, value, problem]);

describe("the setting network.vpn", () => {
  it("is off everywhere, and on by choice", () => {
    for (const environment of ["dev", "staging", "prod"])
      for (const cloud of ["aws", "azure"]) expect(settings({ config: { environment, cloud } }).vpn).to.equal(undefined);
    expect(settings(given({})).vpn).to.deep.equal({ ...vpn, asn: undefined, calls: false, key: { epoch: 1 } });
    expect(settings(given({})).network).to.not.have.property("vpn");
    expect(settings(given({ keyEpoch: 3, calls: true, asn: 65010, allow: ["cache", "cache"] })).vpn).to.deep.include({
      key: { epoch: 3 },
      calls: true,
      asn: 65010,
      allow: ["cache"],
    });
  });

  it("takes the key only as the name of a secret, and shows none that stands there itself", () => {
    const agreed = { secrets: { "tunnel-key": "agreed.with.the.other.side" } };
    const key = settings(given({ sharedKey: "tunnel-key" }, agreed)).vpn?.key;
    expect(key).to.have.property("secret", "tunnel-key");
    expect(key && "value" in key && Output.isInstance(key.value)).to.equal(true);
    const misplaced = faults(given({ sharedKey: "correcthorsebatterystaple1" }));
    expect(misplaced.map(({ path }) => path)).to.deep.equal(["network.vpn.sharedKey"]);
    expect(JSON.stringify(misplaced)).to.not.include("correcthorse");
    expect(told({ sharedKey: "jwt-signing-key" })).to.deep.equal([
      ["network.vpn.sharedKey", undefined, "does not name an encrypted value of `secrets`; there are none"],
    ]);
    for (const weak of ["short", "0123456789abcdefghijklm", `${"a".repeat(65)}`, "with-hyphens-that-aws-refuses"]) {
      const found = faults(given({ sharedKey: "tunnel-key" }, { secrets: { "tunnel-key": weak } }));
      expect(found.map(({ path }) => path)).to.deep.equal(["secrets.tunnel-key"]);
      expect(JSON.stringify(found)).to.not.include(weak);
    }
    expect(told({ sharedKey: "tunnel-key", keyEpoch: 2 }, agreed)).to.deep.equal([
      ["network.vpn.keyEpoch", 2, "the key is given by network.vpn.sharedKey, and not made here"],
    ]);
  });

  it("wants devices that the internet can reach, each once", () => {
    for (const [address, what] of [
      ["10.1.2.3", "private addresses"],
      ["172.16.0.1", "private addresses"],
      ["192.168.1.1", "private addresses"],
      ["100.64.0.1", "addresses behind a provider's NAT"],
      ["127.0.0.1", "a host's own addresses"],
      ["169.254.21.1", "link-local addresses"],
      ["224.0.0.1", "multicast and reserved addresses"],
      ["0.0.0.0", "addresses of no host"],
    ])
      expect(told({ peers: [{ address }], remoteRanges: ["172.20.0.0/16"] })).to.deep.equal([
        ["network.vpn.peers[0].address", address, `not a public address (${what})`],
      ]);
    expect(told({ peers: [device, device], asn: 65010 })).to.deep.equal([["network.vpn.peers[1].address", device.address, "given twice"]]);
    expect(told({ remoteRanges: ["203.0.113.0/24"] })).to.deep.equal([
      [
        "network.vpn.peers[0].address",
        device.address,
        "lies in 203.0.113.0/24 of remoteRanges: the tunnel would be looked for inside itself",
      ],
    ]);
    expect(told({ peers: [{ address: "gw.example.org" }] })).to.deep.equal([
      ["network.vpn.peers[0].address", "gw.example.org", "must be an IPv4 address, such as 203.0.113.10"],
    ]);
    expect(told({ peers: [] }).map((fault) => (fault as unknown[])[0])).to.deep.equal(["network.vpn.peers"]);
    expect(told({ peers: [device, { address: "198.51.100.7" }] })).to.deep.equal([
      ["network.vpn.peers", 2, "two devices with fixed routes to one network: no cloud notices which of them is gone"],
    ]);
  });

  it("wants networks that are elsewhere, each once", () => {
    const at = "network.vpn.remoteRanges[0]";
    for (const [range, problem] of [
      ["10.0.128.0/17", "overlaps this network (10.0.0.0/16)"],
      ["10.0.0.0/8", "overlaps this network (10.0.0.0/16)"],
      ["192.168.1.0/16", "has bits beyond its prefix"],
      ["0.0.0.0/0", "holds more than a /8: the way to the internet would lead through the tunnels"],
      ["128.0.0.0/7", "holds more than a /8: the way to the internet would lead through the tunnels"],
      ["169.254.0.0/24", "overlaps reserved addresses (link-local addresses: the clouds' own services, and the insides of tunnels)"],
      ["127.0.0.0/8", "overlaps reserved addresses (a host's own addresses)"],
      ["240.0.0.0/8", "overlaps reserved addresses (multicast and reserved addresses)"],
      ["0.0.0.0/8", "overlaps reserved addresses (addresses of no host)"],
    ])
      expect(told({ remoteRanges: [range] }).at(-1), range).to.deep.equal([at, range, problem]);
    expect(told({ remoteRanges: ["192.168.0.0/16", "192.168.7.0/24"] })).to.deep.equal([
      ["network.vpn.remoteRanges[1]", "192.168.7.0/24", "overlaps 192.168.0.0/16"],
    ]);
    const azure = { cloud: "azure" };
    for (const [range, what] of [
      ["168.63.129.0/24", "Azure's resolver"],
      ["172.31.0.0/16", "inside Container Apps"],
      ["172.30.0.0/16", "inside Container Apps"],
      ["100.100.64.0/24", "inside Container Apps"],
      ["100.100.128.0/24", "inside Container Apps"],
      ["100.100.160.0/24", "inside Container Apps"],
      ["100.100.192.0/24", "inside Container Apps"],
      ["192.0.2.0/24", "inside Container Apps"],
    ]) {
      expect(told({ remoteRanges: [range] }, azure), range).to.deep.equal([[at, range, `overlaps reserved addresses (${what})`]]);
      expect(told({ remoteRanges: [range] }), "AWS has other addresses inside").to.be.empty;
    }
    const standby = { standbyOf: "prod", "aws:region": "us-west-2", network: { vpn: { ...vpn, remoteRanges: ["10.0.7.0/24"] } } };
    expect(faults({ stack: "west", config: { ...standby, environment: "prod" } }).map(({ problem }) => problem)).to.deep.equal([
      "overlaps the other stack's network (10.0.0.0/16)",
    ]);
  });

  it("wants a number that is the other side's own, and the devices' addresses for BGP where the cloud asks for them", () => {
    for (const asn of [64512, 65515, 65518, 23456, 64500, 65535, 7224, 9059, 12076, 8075])
      expect(told({ asn }), String(asn)).to.deep.equal([
        ["network.vpn.asn", asn, "taken: 64512 and 65515 are the clouds' own sides, others are reserved"],
      ]);
    for (const asn of [1, 64513, 65010, 65514, 65516, 65534, 65552, 2_147_483_647]) expect(told({ asn })).to.be.empty;
    const at = "network.vpn.peers[0].bgpAddress";
    const speaking = (bgpAddress: string): object => ({ asn: 65010, peers: [{ ...device, bgpAddress }] });
    const azure = { cloud: "azure" };
    expect(told({ asn: 65010 }, azure)).to.deep.equal([
      [at, undefined, "is missing: with network.vpn.asn Azure speaks BGP with an address of the device's own"],
    ]);
    expect(told(speaking("192.168.0.1"), azure)).to.be.empty;
    expect(told(speaking("10.0.3.4"), azure)).to.deep.equal([[at, "10.0.3.4", "lies in this network (10.0.0.0/16)"]]);
    expect(told(speaking("169.254.21.2"), azure)).to.deep.equal([[at, "169.254.21.2", "no device is reached at it through a tunnel"]]);
    expect(told(speaking("192.168.0.1"))).to.deep.equal([
      [at, "192.168.0.1", "AWS speaks BGP with the addresses inside the tunnels, which it gives itself"],
    ]);
    expect(told({ peers: [{ ...device, bgpAddress: "192.168.0.1" }] }, azure)).to.deep.equal([
      [at, "192.168.0.1", "is for BGP, and network.vpn.asn is not set"],
    ]);
  });

  it("lets in to servers that are there, and to nothing else", () => {
    expect(told({ allow: ["database", "cache"] }, { cache: { enabled: false } })).to.deep.equal([
      ["network.vpn.allow[1]", "cache", "the stack has no cache"],
    ]);
    expect(told({ allow: ["api"] })).to.deep.equal([["network.vpn.allow[0]", "api", "must be one of database, cache"]]);
    expect(settings(given({})).warnings.join()).to.not.include("the VPN leads nowhere");
    expect(settings(given({ allow: [], calls: true })).warnings.join()).to.not.include("the VPN leads nowhere");
    for (const allow of [[], undefined]) expect(settings(given({ allow })).warnings.join()).to.include("the VPN leads nowhere");
  });
});
