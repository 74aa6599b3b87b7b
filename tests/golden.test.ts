// Golden plans: the tree of each stack on each cloud as text, so that a change of the architecture is seen in review. They prove no
// requirement by themselves. `UPDATE_GOLDEN=1 npm test` writes them anew.
import { expect } from "chai";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clouds } from "../components/cloud";
import { plan } from "../plan/plan";
import { text } from "../plan/report";

describe("golden plans", () => {
  for (const stack of ["dev", "staging", "prod", "early-stage"]) {
    for (const cloud of clouds) {
      it(`${stack} on ${cloud}`, async () => {
        const path = join(__dirname, "golden", `${stack}-${cloud}.txt`);
        const actual = `${text(await plan({ stack, cloud }))}\n`;
        if (process.env.UPDATE_GOLDEN === "1") writeFileSync(path, actual);
        expect(actual).to.equal(readFileSync(path, "utf8"));
      });
    }
  }
});
