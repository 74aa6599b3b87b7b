// Golden plans: the tree of each stack on each cloud as text, so that a change of the architecture is seen in review. They prove no
// requirement by themselves. `UPDATE_GOLDEN=1 npm test` writes them anew.
import { expect } from "chai";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clouds } from "../components/cloud";
import { plan } from "../plan/plan";
import { text } from "../plan/report";
import { choices } from "./support/choices";

const stacks: Readonly<Record<string, { readonly stack: string; readonly set?: readonly string[]; readonly configFile?: string }>> = {
  dev: { stack: "dev" },
  staging: { stack: "staging" },
  prod: { stack: "prod" },
  "early-stage": { stack: "early-stage" },
  "every-choice": { stack: "prod", set: choices },
  standby: {
    stack: "prod-west",
    configFile: join(__dirname, "..", "Pulumi.prod.yaml"),
    set: ["standbyOf=prod", "aws:region=us-west-2", "azure-native:location=centralus"],
  },
};

describe("golden plans", () => {
  for (const [name, request] of Object.entries(stacks)) {
    for (const cloud of clouds) {
      it(`${name} on ${cloud}`, async () => {
        const path = join(__dirname, "golden", `${name}-${cloud}.txt`);
        const actual = `${text(await plan({ ...request, cloud }))}\n`;
        if (process.env.UPDATE_GOLDEN === "1") writeFileSync(path, actual);
        expect(actual).to.equal(readFileSync(path, "utf8"));
      });
    }
  }
});
