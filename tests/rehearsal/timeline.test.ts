// The timeline of a rehearsal, and the clock by which it is drawn.
import { expect } from "chai";
import { Clock, stretched } from "../../rehearsal/clock";
import type { Call } from "../../rehearsal/store";
import { drawn, rowsOf } from "../../rehearsal/timeline";

describe("the clock of a rehearsal", () => {
  it("runs quicker only while the cloud is at work", () => {
    const spans = [
      { from: 100, to: 200 },
      { from: 150, to: 300 },
      { from: 500, to: 600 },
    ];
    expect(stretched(100, spans, 10)).to.equal(100);
    expect(stretched(200, spans, 10)).to.equal(1100);
    expect(stretched(400, spans, 10)).to.equal(400 + 200 * 9);
    expect(stretched(700, spans, 10)).to.equal(700 + 300 * 9);
    expect(stretched(700, [], 10)).to.equal(700);
  });

  it("takes a call that was never answered for over when its update is, for good", () => {
    const call: Call = {
      number: 1,
      at: new Date(1000).toISOString(),
      kind: "create",
      type: "aws:sqs/queue:Queue",
      name: "q",
      failed: false,
    };
    const clock = new Clock({ calls: () => [call] }, 10);
    clock.close();
    const [closed, later] = [Date.now(), Date.now() + 5000];
    const offset = clock.at(later) - later;
    clock.close();
    expect(clock.at(later) - later).to.equal(offset);
    expect(offset).to.be.within((closed - 1000) * 9 - 1000, (closed - 1000) * 9);
  });
});

describe("the timeline of a rehearsal", () => {
  const at = (second: number): string => new Date(second * 1000).toISOString();
  const call = (number: number, name: string, start: number, more: Partial<Call>): Call => ({
    ...{ number, at: at(start), kind: "create", type: "aws:sqs/queue:Queue", name, failed: false },
    ...more,
  });
  const rows = rowsOf(
    [
      call(2, "late", 3, { end: at(4) }),
      call(1, "early", 1, { end: at(2) }),
      call(3, "bad", 3, { failed: true }),
      call(4, "refused", 3, { refused: true }),
      call(5, "cut", 4, {}),
      call(6, "made-up", 1, { type: "random:index/randomId:RandomId", end: at(1) }),
    ],
    (time) => time * 60,
  );

  it("has a row for each change, in order, in the cloud's seconds since the first", () => {
    expect(rows.map(({ what, start, end, how }) => [what, start, end, how])).to.deep.equal([
      ["create early", 0, 60, "done"],
      ["create late", 120, 180, "done"],
      ["create bad", 120, 120, "failed"],
      ["create refused", 120, 120, "failed"],
      ["create cut", 180, null, "unfinished"],
    ]);
  });

  it("draws a bar for each", () => {
    const lines = drawn(rows);
    expect(lines[0]).to.match(/^ {2}0:00 {4}1:00 +█{13} +create early \(Queue\)$/);
    expect(lines[2]).to.match(/ x +create bad \(Queue\) FAILED$/);
    expect(lines[4]).to.match(/^ {2}3:00 +never .*░ +create cut \(Queue\)$/);
  });
});
