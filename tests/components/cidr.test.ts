import { expect } from "chai";
import * as fc from "fast-check";
import { awsRanges, azureRanges, checkCidr, contains, overlap } from "../../components/network/cidr";

describe("the address plan", () => {
  it("is N1's on AWS", () => {
    expect(awsRanges("10.0.0.0/16", 3)).to.deep.equal({
      public: ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"],
      app: ["10.0.11.0/24", "10.0.12.0/24", "10.0.13.0/24"],
      data: ["10.0.21.0/24", "10.0.22.0/24", "10.0.23.0/24"],
    });
  });

  it("is N1's on Azure", () => {
    expect(azureRanges("10.0.0.0/16", 2)).to.deep.equal({
      gateway: "10.0.1.0/24",
      app: "10.0.11.0/24",
      data: "10.0.21.0/24",
      endpoints: "10.0.31.0/24",
      containers: "10.0.40.0/23",
      plans: ["10.0.50.0/24", "10.0.51.0/24"],
      bastion: "10.0.60.0/26",
      vpn: "10.0.61.0/27",
      hosts: "10.0.62.0/28",
    });
  });

  it("scales down with the network", () => {
    expect(awsRanges("192.168.64.0/18", 2)).to.deep.equal({
      public: ["192.168.64.64/26", "192.168.64.128/26"],
      app: ["192.168.66.192/26", "192.168.67.0/26"],
      data: ["192.168.69.64/26", "192.168.69.128/26"],
    });
    expect(azureRanges("172.16.0.0/18", 0)).to.include({ containers: "172.16.10.0/25", bastion: "172.16.15.0/26", vpn: "172.16.15.64/27" });
  });

  const networks = fc
    .tuple(fc.constantFrom(16, 17, 18), fc.nat({ max: 0xff }), fc.nat({ max: 3 }))
    .map(([prefix, second, part]) => `10.${second}.${part * 64 - ((part * 64) % 2 ** (24 - prefix))}.0/${prefix}`);
  const flat = (ranges: object): string[] => Object.values(ranges).flat() as string[];
  const plans = fc.oneof(
    fc
      .tuple(networks, fc.integer({ min: 2, max: 4 }))
      .map(([cidr, zones]) => ({ cidr, ranges: flat(awsRanges(cidr, zones)), more: flat(awsRanges(cidr, zones + 1)) })),
    fc
      .tuple(networks, fc.integer({ min: 0, max: 9 }))
      .map(([cidr, count]) => ({ cidr, ranges: flat(azureRanges(cidr, count)), more: flat(azureRanges(cidr, count + 1)) })),
  );

  it("cuts disjoint ranges from inside the network", () => {
    fc.assert(
      fc.property(plans, ({ cidr, ranges }) => {
        expect(checkCidr(cidr)).to.deep.equal([]);
        for (const [index, range] of ranges.entries()) {
          expect(contains(cidr, range), `${range} in ${cidr}`).to.equal(true);
          for (const other of ranges.slice(index + 1)) expect(overlap(range, other), `${range} and ${other}`).to.equal(false);
        }
      }),
    );
  });

  it("moves nothing when a zone or a plan is added", () => {
    fc.assert(
      fc.property(plans, ({ ranges, more }) => {
        expect(more).to.include.members(ranges);
      }),
    );
  });

  const refused: [string, string, number, RegExp, RegExp][] = [
    ["no range", "10.0.0.0", 0, /not an IPv4 range/, /10\.0\.0\.0\/16/],
    ["an octet above 255", "10.0.256.0/16", 0, /not an IPv4 range/, /10\.0\.0\.0\/16/],
    ["a prefix above 32", "10.0.0.0/33", 0, /not an IPv4 range/, /10\.0\.0\.0\/16/],
    ["bits beyond the prefix", "10.0.1.0/16", 0, /beyond its prefix/, /write 10\.0\.0\.0\/16/],
    ["too large a network", "10.0.0.0/15", 0, /\/16 to \/18/, /from 16 to 18/],
    ["too small a network", "10.0.0.0/19", 0, /\/16 to \/18/, /from 16 to 18/],
    ["a public range", "8.8.0.0/16", 0, /private range/, /RFC 1918/],
    ["what begins like a private one", "172.32.0.0/16", 0, /private range/, /RFC 1918/],
    ["more plans than there is room for", "10.0.0.0/16", 11, /room for 11 groups.*12 are asked for/, /share a plan/],
  ];
  for (const [what, cidr, plansAsked, problem, remedy] of refused) {
    it(`refuses ${what}`, () => {
      const faults = checkCidr(cidr, plansAsked);
      expect(faults.map(({ path }) => path)).to.deep.equal(["cidr"]);
      expect(faults[0]).to.have.property("given", cidr);
      expect(faults[0]?.problem).to.match(problem);
      expect(faults[0]?.remedy).to.match(remedy);
    });
  }

  it("takes as many plans as there are slots", () => {
    expect(checkCidr("10.0.0.0/16", 10)).to.deep.equal([]);
  });

  const pairs: [string, string, boolean][] = [
    ["10.0.0.0/16", "10.0.255.0/24", true],
    ["10.0.0.0/16", "10.0.0.0/16", true],
    ["10.0.0.0/24", "10.0.0.0/16", false],
    ["10.0.0.0/16", "10.1.0.0/24", false],
    ["0.0.0.0/0", "255.255.255.255/32", true],
    ["nothing", "10.0.0.0/16", false],
    ["10.0.0.0/16", "nothing", false],
  ];
  for (const [outer, inner, expected] of pairs) {
    it(`${inner} is ${expected ? "" : "not "}within ${outer}`, () => expect(contains(outer, inner)).to.equal(expected));
  }

  it("overlap is mutual", () => {
    expect(overlap("10.0.0.0/16", "10.0.4.0/24")).to.equal(true);
    expect(overlap("10.0.4.0/24", "10.0.0.0/16")).to.equal(true);
    expect(overlap("10.0.0.0/24", "10.0.1.0/24")).to.equal(false);
  });
});
