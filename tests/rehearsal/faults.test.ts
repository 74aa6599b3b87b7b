// Faults on request: what is asked for on the command line is what the simulated clouds do, and the same each time.
import { expect } from "chai";
import { environmentOf, failureOf, faultsOf, unmetBy, type Wanted } from "../../rehearsal/faults";
import { secondsOf } from "../../rehearsal/pace";
import type { Call } from "../../rehearsal/store";

const queue = "aws:sqs/queue:Queue";

/** Plays calls one after another; the numbers of those that fail. */
function failing(wanted: Wanted, calls: readonly (readonly [Call["kind"], string])[], since = 0): [number, string][] {
  const faults = faultsOf(environmentOf(wanted, since));
  const played: Call[] = [];
  return calls.flatMap(([kind, type], index): [number, string][] => {
    const call = { number: index + 1, kind, type, name: `n${index}` };
    const failure = call.number <= since ? undefined : failureOf(faults, call, () => played);
    played.push({ ...call, at: "", failed: failure !== undefined });
    return failure === undefined ? [] : [[index + 1, failure]];
  });
}

describe("faults of a rehearsal", () => {
  const creations = [1, 2, 3, 4].map(() => ["create", queue] as const);

  it("fails the first call of a kind to a type, or the one of that number, once", () => {
    expect(failing({ fail: [`create ${queue}`] }, creations)).to.deep.equal([[1, `simulated fault at call 1: create ${queue} "n0"`]]);
    expect(failing({ fail: [`create ${queue}#3`] }, creations).map(([number]) => number)).to.deep.equal([3]);
    expect(failing({ fail: [`update ${queue}`] }, creations)).to.deep.equal([]);
  });

  it("that met nothing are named in the words of the command line", () => {
    const calls = [true, false].map((failed) => ({ kind: "create" as const, type: queue, failed }));
    const [met, other] = [`create ${queue}`, "aws:sns/topic:Topic"];
    const nothing = { killed: false, locked: false };
    expect(unmetBy({}, calls, nothing)).to.equal(undefined);
    expect(
      unmetBy({ fail: [met], throttle: [queue], slow: [`${queue}=3`], kill: 1, lock: 5 }, calls, { killed: true, locked: true }),
    ).to.deep.equal([]);
    const wanted = { fail: [`create ${queue}#2`, `update ${queue}`, met], throttle: [other], slow: [`${other}=3`], kill: 9, lock: 5 };
    expect(unmetBy(wanted, calls, nothing)).to.deep.equal([
      ...[`--fail "create ${queue}#2"`, `--fail "update ${queue}"`, `--throttle ${other}`, `--slow ${other}=3`, "--kill 9", "--lock 5"],
    ]);
  });

  it("counts from when it was asked for", () => {
    expect(failing({ fail: [`create ${queue}`] }, creations, 2).map(([number]) => number)).to.deep.equal([3]);
  });

  it("turns the first calls to a type away in the cloud's own words", () => {
    const azure = "azure-native:servicebus:Queue";
    const [first, second, ...more] = failing({ throttle: [`${queue}=2`] }, creations);
    expect([first?.[0], second?.[0], more]).to.deep.equal([1, 2, []]);
    expect(first?.[1]).to.contain("ThrottlingException: Rate exceeded");
    expect(failing({ throttle: [azure] }, [["create", azure]])[0]?.[1]).to.contain("TooManyRequests");
  });

  it("knows what is slower, and which call never ends", () => {
    const faults = faultsOf(environmentOf({ slow: [queue, "aws:sns/topic:Topic=3"], kill: 7 }, 0));
    expect([...faults.slowed]).to.deep.equal([
      [queue, 5],
      ["aws:sns/topic:Topic", 3],
    ]);
    expect(faults.hang).to.equal(7);
    expect(faultsOf({})).to.deep.include({ hang: undefined, call: undefined, matches: [], first: false, since: 0 });
  });
});

describe("the pace of a simulated cloud", () => {
  const database = "aws:rds/instance:Instance";

  it("takes the bench's times to create, and derives the others", () => {
    expect(secondsOf("create", database, {})).to.equal(450);
    expect(secondsOf("update", database, {}, {})).to.equal(112.5);
    expect(secondsOf("delete", database, {})).to.equal(225);
    expect(secondsOf("update", "aws:ecs/service:Service", {}, {})).to.equal(150);
    expect(secondsOf("create", "random:index/randomId:RandomId", {})).to.equal(0);
  });

  it("takes a promotion's time for a replica that becomes a server of its own", () => {
    expect(secondsOf("update", database, {}, { replicateSourceDb: "arn:aws:rds:x" })).to.equal(600);
    const [before, after] = [{ createMode: "Replica" }, { createMode: "Update" }];
    expect(secondsOf("update", "azure-native:dbforpostgresql:Server", after, before)).to.equal(600);
  });
});
