import { expect } from "chai";
import { line, passes, transpilesOnly } from "../../bench/cost";
import { classOf } from "../../bench/flat";
import { median } from "../../bench/measure";
import { config } from "../../bench/services";

describe("the cost of the program", () => {
  it("passes up to its limit and says both figures", () => {
    const ratio = { what: "CPU time", value: 1.25, limit: 1.25, detail: "125 : 100 ms" };
    expect(passes(ratio)).to.equal(true);
    expect(line(ratio)).to.equal("ok    1.250 (at most 1.25)  CPU time: 125 : 100 ms");
    expect(line({ ...ratio, value: 1.26 })).to.match(/^FAIL {2}1\.260/);
  });

  it("takes the middle of several runs", () => {
    expect(median([9, 1, 5])).to.equal(5);
    expect(median([4, 1, 2, 9])).to.equal(3);
  });

  it("registers the flat loop by the real classes", () => {
    expect(classOf("random:index/randomPassword:RandomPassword").name).to.equal("RandomPassword");
    expect(classOf("aws:sqs/queue:Queue").name).to.equal("Queue");
    expect(() => classOf("aws:sqs/queue:Kweue")).to.throw("has no class Kweue");
  });

  it("asks for as many services as it counts", () => {
    expect(config("aws", 0)).to.not.contain("services");
    expect(config("aws", 50).match(/kind: api/g)).to.have.length(50);
  });

  it("type-checks nothing in Pulumi's process", () => {
    expect(transpilesOnly()).to.equal(true);
  });
});
