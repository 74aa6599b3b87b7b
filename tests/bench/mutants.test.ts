import { expect } from "chai";
import { mutantsOf, mutate, sample } from "../../bench/mutants";

const text = `
import { x } from "word";
type Word = "one" | 2 | true;
const args = {
  enabled: true,
  days: 7,
  mode: strict ? "Enabled" : "Disabled",
  protocols: ["TLSv1.2"],
  sku: { name: "Standard" },
  name: "own-name",
  description: "words",
  tags: { team: "web" },
  sentence: "no enumeration",
};
call("argument", \`template\`);
`;

describe("mutants", () => {
  const mutants = mutantsOf("a.ts", text);

  it("are booleans, numbers and words, but no types, imports, names, texts, tags or arguments", () => {
    expect(mutants.map(({ line, was, becomes }) => `${line}: ${was} -> ${becomes}`)).to.deep.equal([
      "5: true -> false",
      "6: 7 -> 8",
      '7: "Enabled" -> "EnabledX"',
      '7: "Disabled" -> "DisabledX"',
      '8: "TLSv1.2" -> "TLSv1.2X"',
      '9: "Standard" -> "StandardX"',
    ]);
  });

  it("change one place and nothing else", () => {
    const [first] = mutants;
    expect(mutate(text, first!)).to.equal(text.replace("enabled: true", "enabled: false"));
  });

  it("are sampled by a seed, each at most once, in order", () => {
    const all = Array.from({ length: 100 }, (_, index) => index);
    const chosen = sample(all, 20, 1);
    expect(chosen).to.deep.equal(sample(all, 20, 1));
    expect(chosen).to.not.deep.equal(sample(all, 20, 2));
    expect(new Set(chosen).size).to.equal(20);
    expect(chosen).to.deep.equal([...chosen].sort((a, b) => a - b));
    expect(sample(all, 500, 1)).to.have.length(100);
  });
});
