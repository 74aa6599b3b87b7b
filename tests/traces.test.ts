// Traces are short while a program runs, whole again afterwards, and as somebody has asked for them.
import { expect } from "chai";
import { shortTraces } from "../components/traces";
import { record } from "../plan/record";

describe("stack traces", () => {
  const usual = Error.stackTraceLimit;
  afterEach(() => (Error.stackTraceLimit = usual));
  const frames = (error: unknown): string[] => ((error as Error).stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));

  it("name the place where a program failed, and are whole again after it", async () => {
    Error.stackTraceLimit = 10;
    const failing = (): never => {
      throw new Error("broken");
    };
    const error: unknown = await record(failing, { project: "platform", stack: "dev", config: {} }).catch((reason: unknown) => reason);
    expect(frames(error)).to.have.length(1);
    expect(frames(error)[0]).to.contain("failing").and.contain("traces.test.ts");
    expect(Error.stackTraceLimit).to.equal(10);
  });

  it("stay as long as somebody has asked for", () => {
    Error.stackTraceLimit = 50;
    const whole = shortTraces();
    expect(Error.stackTraceLimit).to.equal(50);
    whole();
    expect(Error.stackTraceLimit).to.equal(50);
  });
});
