import { expect } from "chai";
import { criticalPath } from "../../bench/critical-path";
import { durationOf, durations } from "../../bench/durations";
import { edgesOf } from "../../bench/graph";
import type { Recorded } from "../../plan/record";

const make = (type: string, name: string, more: Partial<Recorded> = {}): Recorded => ({
  urn: `urn:pulumi:prod::platform::${type}::${name}`,
  type,
  name,
  parent: null,
  protect: false,
  inputs: {},
  dependencies: [],
  options: { ignoreChanges: [], retainOnDelete: false, deleteBeforeReplace: false, customTimeouts: {} },
  ...more,
});
const after = (...resources: Recorded[]): Partial<Recorded> => ({ dependencies: resources.map(({ urn }) => urn) });
const pairs = (resources: readonly Recorded[]): string[] =>
  edgesOf(resources).map((edge) => `${edge.after.name} after ${edge.before.name}`);

describe("the critical path", () => {
  const subnets = make("aws:rds/subnetGroup:SubnetGroup", "subnets");
  const primary = make("aws:rds/instance:Instance", "primary", { ...after(subnets), inputs: { multiAz: true } });
  const replica = make("aws:rds/instance:Instance", "replica", { ...after(primary), inputs: { replicateSourceDb: null } });

  it("is the unavoidable chain where every wait has a reason", () => {
    const result = criticalPath([replica, primary, subnets]);
    expect(result.path.map(({ resource }) => resource.name)).to.deep.equal(["subnets", "primary", "replica"]);
    expect(result.seconds).to.equal(2 + 840 + 600);
    expect(result.ratio).to.equal(1);
    expect(result.delays).to.deep.equal([]);
  });

  it("counts a wait without a reason, and names it", () => {
    const cluster = make("aws:ecs/cluster:Cluster", "cluster", after(primary));
    const result = criticalPath([subnets, primary, cluster]);
    expect(result.seconds).to.equal(2 + 840 + 11);
    expect(result.unavoidableSeconds).to.equal(2 + 840);
    expect(result.delays.map(({ edge, seconds }) => [edge.after.name, edge.before.name, seconds])).to.deep.equal([
      ["cluster", "primary", 842],
    ]);
  });

  it("lets whoever depends on a component wait for all below it", () => {
    const vpc = make("awsx:ec2:Vpc", "vpc");
    const inside = make("aws:ec2/vpc:Vpc", "inside", { parent: vpc.urn });
    const subnet = make("aws:ec2/subnet:Subnet", "subnet", { parent: inside.urn });
    const group = make("aws:ec2/securityGroup:SecurityGroup", "group", after(vpc));
    expect(pairs([vpc, inside, subnet, group])).to.have.members(["subnet after inside", "group after inside", "group after subnet"]);
  });

  it("lets a child wait for its parent only if that is a real resource, and for what a component above it waits for", () => {
    const component = make("platform:index:Queue", "component", after(primary));
    const child = make("aws:sqs/queue:Queue", "child", { parent: component.urn });
    expect(pairs([subnets, primary, component, child])).to.have.members(["primary after subnets", "child after primary"]);
  });

  it("refuses a circle", () => {
    const [a, b] = [make("a:b:C", "a"), make("a:b:C", "b")];
    expect(() =>
      criticalPath([
        { ...a, ...after(b) },
        { ...b, ...after(a) },
      ]),
    ).to.throw("waits for itself");
  });

  it("has a source for every duration, and takes the first row that fits", () => {
    for (const { type, seconds, source } of durations) {
      expect(seconds, type).to.be.greaterThan(0);
      expect(source, type).to.not.equal("");
    }
    expect(durationOf({ type: "aws:rds/instance:Instance", inputs: {} }).seconds).to.equal(450);
    expect(
      durationOf({ type: "azure-native:dbforpostgresql:Server", inputs: { highAvailability: { mode: "ZoneRedundant" } } }).seconds,
    ).to.equal(720);
    expect(durationOf({ type: "any:thing:Else", inputs: {} }).seconds).to.equal(2);
  });
});
