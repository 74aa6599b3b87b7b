// docs/requirements.md is true: every row is there, on both clouds, and its evidence exists.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";

const root = join(__dirname, "..");
const rows = [
  ...numbered("E", 21),
  ...numbered("N", 7),
  ...numbered("D", 7),
  ...numbered("C", 4),
  ...numbered("Q", 5),
  ...numbered("A", 9),
  ...numbered("G", 4),
  ...["S1", "S2", "K1", "R1"],
  ...numbered("M", 7),
  ...numbered("B", 4),
  ...numbered("F", 3),
  ...numbered("P", 8),
  ...["X1", "X2"],
];

interface Row {
  readonly id: string;
  readonly aws: readonly string[];
  readonly azure: readonly string[];
  readonly tests: readonly (readonly [file: string, title: string])[];
}

describe("docs/requirements.md", () => {
  const [evidence = "", open = ""] = readFileSync(join(root, "docs/requirements.md"), "utf8").split("\n## Open\n");
  const shown = parse(evidence);
  const listed = [...open.matchAll(/^- ([A-Z]\d+)\b/gm)].map(([, id]) => id);

  it("names every row, as shown or as open", () => {
    expect([...new Set([...shown.map(({ id }) => id), ...listed])].sort()).to.deep.equal([...rows].sort());
  });

  for (const { id, aws, azure, tests } of shown) {
    it(`${id} has its resources and its tests`, () => {
      for (const [file, title] of tests)
        expect(readFileSync(join(root, file), "utf8"), `${file} has no test "${title}"`).to.include(`"${title}"`);
      const named = tests.map(([file]) => readFileSync(join(root, file), "utf8")).join("\n");
      for (const [cloud, types] of [
        ["aws", aws],
        ["azure", azure],
      ] as const) {
        expect(types, `${cloud} has a resource`).to.not.be.empty;
        for (const type of types) expect(goldens(cloud).includes(type) || named.includes(type), `${type} is nowhere`).to.equal(true);
      }
      expect(tests).to.not.be.empty;
    });
  }
});

function parse(text: string): Row[] {
  return text
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const line = (name: string): string => new RegExp(`^- ${name}: (.*)$`, "m").exec(section)?.[1] ?? "";
      const types = (name: string): string[] => [...line(name).matchAll(/`([^`]+)`/g)].map(([, type = ""]) => type);
      const tests = [...line("Tests").matchAll(/`([^`]+)` "([^"]+)"/g)].map(([, file = "", title = ""]) => [file, title] as const);
      return { id: section.slice(0, section.indexOf(":")), aws: types("AWS"), azure: types("Azure"), tests };
    });
}

function goldens(cloud: string): string {
  const folder = join(root, "tests/golden");
  const files = readdirSync(folder).filter((file) => file.endsWith(`-${cloud}.txt`));
  return files.map((file) => readFileSync(join(folder, file), "utf8")).join("\n");
}

function numbered(letter: string, last: number): string[] {
  return Array.from({ length: last }, (_, index) => `${letter}${index + 1}`);
}
