// What a terminal shows while a deployment runs, as it would stand on the screen.
import { expect } from "chai";
import { Writable } from "node:stream";
import { Live } from "../../automation/live";
import { Progress } from "../../automation/progress";

/** A terminal that knows what is used here: text, line ends, up by lines, and clearing from the cursor down. */
class Terminal extends Writable {
  lines: string[] = [""];
  private at = 0;

  constructor(
    readonly columns = 80,
    readonly rows = 24,
  ) {
    super({ decodeStrings: false });
  }

  get text(): string {
    return this.lines.join("\n");
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    for (const part of chunk.split(/(\x1b\[\d*[AJ]|\n)/)) {
      const [, number = "", code] = /^\x1b\[(\d*)([AJ])$/.exec(part) ?? [];
      if (code === "A") this.at -= Number(number);
      else if (code === "J") this.lines = [...this.lines.slice(0, this.at), ""];
      else if (part === "\n") this.lines[++this.at] ??= "";
      else this.lines[this.at] += part;
    }
    expect(this.at, "above the screen").to.be.at.least(0);
    done();
  }
}

function drawn(screen = new Terminal()) {
  const live = new Live(screen);
  const say = (line: string): void => live.above(() => void screen.write(`${line}\n`));
  return { screen, live, say };
}

describe("a deployment on a terminal", () => {
  it("has what is under way below the lines that stay, and nothing of it in the end", () => {
    const { screen, live, say } = drawn();
    say("first");
    live.show(["  creating a 1 s", "  creating b 1 s"]);
    expect(screen.text).to.equal("first\n  creating a 1 s\n  creating b 1 s\n");
    live.show(["  creating a 2 s", "  creating b 2 s"]);
    say("created b in 2 s");
    live.show(["  creating a 3 s"]);
    expect(screen.text).to.equal("first\ncreated b in 2 s\n  creating a 3 s\n");
    live.show([]);
    say("created a in 3 s");
    expect(screen.text).to.equal("first\ncreated b in 2 s\ncreated a in 3 s\n");
  });

  it("cuts what would wrap, and counts what would push the lines out of sight", () => {
    const { screen, live, say } = drawn(new Terminal(20, 6));
    say("stays");
    live.show(Array.from({ length: 30 }, (_, index) => `  creating a-long-name-${index} 100 s`));
    expect(screen.text.split("\n")).to.deep.equal([
      "stays",
      ...Array.from({ length: 3 }, () => "  creating a-long-…"),
      "  and 27 more",
      "",
    ]);
    live.show(["  one", "  two"]);
    expect(screen.text).to.equal("stays\n  one\n  two\n");
  });

  it("says of each resource what is done with it, the longest first, and what is waited for", () => {
    let time = 0;
    const progress = new Progress(() => undefined, { now: () => time }, true);
    const metadata = (op: string, type: string, name: string) => ({
      metadata: { op, urn: `urn:pulumi:dev::platform::${type}::${name}`, type, provider: "" },
    });
    const tell = (event: object): void => progress.onEvent({ sequence: 1, timestamp: 1, ...event });
    tell({ resourcePreEvent: metadata("create", "aws:rds/instance:Instance", "database-primary") });
    time = 90_000;
    tell({ resourcePreEvent: metadata("delete-replaced", "aws:kms/key:Key", "key") });
    tell({ resourcePreEvent: metadata("update", "platform:index:Database", "database") });
    time = 100_000;
    const rows = ["  creating database-primary (aws:rds/instance:Instance) 100 s", "  deleting the old key (aws:kms/key:Key) 10 s"];
    expect(progress.rows()).to.deep.equal(rows);
    tell({ resOutputsEvent: metadata("create", "aws:rds/instance:Instance", "database-primary") });
    expect(progress.rows("good answers")).to.deep.equal(["  waiting for good answers", rows[1]]);
  });
});
