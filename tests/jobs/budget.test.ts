// The job that holds services by the budget on Azure, with a command line of Azure that a test writes.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { limitScript } from "../../jobs/budget/limit";

/** Answers what was spent, and remembers the maximum of each setting in a file of its name. */
const az = `#!/bin/bash
echo "$*" >> calls
case "$*" in
  *budgets*) [ -n "$FIGURES" ] || exit 1; printf "$FIGURES" ;;
  "rest --method get"*) cat "$(basename "$(cut -d'?' -f1 <<< "$5")")" ;;
  "resource update"*) echo "\${8##*=}" > "$(basename "$4")" ;;
esac
cat > /dev/null
`;

describe("the limits by the budget on Azure", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "az-"));
    writeFileSync(join(folder, "az"), az);
    chmodSync(join(folder, "az"), 0o755);
    for (const setting of ["web", "site"]) writeFileSync(join(folder, setting), setting === "web" ? "20\n" : "4\n");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const run = (figures: string) => {
    const env = {
      PATH: `${folder}:${process.env.PATH}`,
      AZURE_CLIENT_ID: "client",
      BUDGET: "/subscriptions/0/budgets/b",
      FIGURES: figures,
    };
    const services = "/autoscale/web 20 2\n/autoscale/site 4 1";
    const { status, stdout } = spawnSync("bash", ["-c", limitScript], {
      cwd: folder,
      encoding: "utf8",
      env: { ...env, SERVICES: services },
    });
    const calls = readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
    rmSync(join(folder, "calls"));
    return { status, out: stdout, calls };
  };
  const maxima = () => ["web", "site"].map((setting) => readFileSync(join(folder, setting), "utf8").trim());

  it("leave the services alone while there is money", () => {
    const { status, calls } = run("2999.99\\n3000\\n");
    expect(status).to.equal(0);
    expect(calls.filter((call) => call.startsWith("resource update"))).to.deep.equal([]);
    expect(maxima()).to.deep.equal(["20", "4"]);
  });

  it("hold every service when it is spent, once, and let go in the new month", () => {
    const { status, out } = run("3000.0\\n3000\\n");
    expect(status).to.equal(0);
    expect(maxima()).to.deep.equal(["2", "1"]);
    expect(out).to.include("spent 3000.0 of 3000").and.include("/autoscale/web: at most 2 instances, was 20");
    expect(run("3400\\n3000\\n").calls.filter((call) => call.startsWith("resource update"))).to.deep.equal([]);
    expect(run("0\\n3000\\n").status).to.equal(0);
    expect(maxima()).to.deep.equal(["20", "4"]);
  });

  it("fail, and change nothing, when the budget doesn't answer", () => {
    expect(run("").status).to.not.equal(0);
    expect(maxima()).to.deep.equal(["20", "4"]);
  });
});
