import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CloudName } from "../components/cloud";
import { plan } from "../plan/plan";
import { choices } from "./support/choices";

/** The rows of the README's table of nouns: what is promised to be among a noun's resources. */
function nouns(): { readonly noun: string; readonly aws: string[]; readonly azure: string[] }[] {
  const readme = readFileSync(join(__dirname, "..", "README.md"), "utf8");
  const table = readme.split("<!-- nouns")[1]!.split("\nGuarantees")[0]!;
  const types = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
  return table
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter((cells) => cells.length === 5 && /^[A-Z]/.test(cells[1]!))
    .map(([, noun, aws, azure]) => ({ noun: noun!, aws: types(aws!), azure: types(azure!) }));
}

describe("the README's table of nouns", () => {
  for (const cloud of ["aws", "azure"] satisfies CloudName[]) {
    it(`names what prod with every choice really has on ${cloud}, below the noun that makes it`, async () => {
      const { resources } = await plan({ stack: "prod", cloud, set: choices });
      const rows = nouns();
      expect(rows.map(({ noun }) => `platform:index:${noun}`)).to.have.members([
        ...new Set(resources.map(({ type }) => type).filter((type) => type.startsWith("platform:index:"))),
      ]);
      for (const row of rows) {
        for (const type of row[cloud]) {
          const made = resources.filter((resource) => resource.urn.includes(`platform:index:${row.noun}$`) && resource.type === type);
          expect(made, `${row.noun}: ${type}`).not.to.be.empty;
        }
      }
    });
  }
});
