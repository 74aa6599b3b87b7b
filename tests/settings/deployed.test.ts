import { expect } from "chai";
import { record } from "../../plan/record";
import { applySet, load, readStackFile } from "../../settings/load";
import { refuseChange } from "../../settings/deployed";

const { config } = readStackFile("config:\n  platform:environment: staging\n", "Pulumi.staging.yaml");

/** The Stashes of an update, where `first` is what they kept of an earlier one, and what it is refused with. */
async function update(
  set: readonly string[],
  first: Readonly<Record<string, string>> = {},
): Promise<{ readonly stashes: readonly unknown[]; readonly refusal: string | undefined }> {
  const given = set.reduce((config, change) => applySet(config, change, "platform"), config);
  const settings = load({ project: "platform", stack: "staging", config: given, secretKeys: [] });
  const answers = (_type: string, name: string) => ({ id: "", state: name in first ? { output: first[name] } : {} });
  let refusal: string | undefined;
  const program = async (): Promise<void> => {
    await refuseChange(settings).catch((error: Error) => (refusal = error.message));
  };
  const { resources } = await record(program, { project: "platform", stack: "staging", config: given, secretKeys: [], answers });
  const stashes = resources.filter(({ type }) => type === "pulumi:index:Stash");
  return { stashes: stashes.map(({ name, inputs, options }) => [name, inputs.input, options.ignoreChanges]), refusal };
}

describe("A stack that was deployed", () => {
  it("remembers its cloud and its database's version", async () => {
    const [cloud, version] = [
      ["cloud", "aws", ["input"]],
      ["database-version", "17", ["input"]],
    ];
    expect(await update([])).to.deep.equal({ stashes: [cloud, version], refusal: undefined });
    expect(await update(["database.enabled=false"])).to.deep.equal({ stashes: [cloud], refusal: undefined });
  });

  it("refuses another cloud", async () => {
    const { refusal } = await update([], { cloud: "azure" });
    expect(refusal).to.match(/deployed on azure; .* to aws .*\n.*\(pulumi config set cloud azure\).*docs\/moving-clouds.md$/);
  });

  it("refuses another version of the database, until the settings say that it is meant", async () => {
    const deployed = { "database-version": "16" };
    const { refusal } = await update([], deployed);
    expect(refusal).to.match(/PostgreSQL 16; .* 17 would .*\n.*\(pulumi config set --path database.version 16\).*database-upgrade.md$/);
    expect(await update(["database.version=16"], deployed)).to.include({ refusal: undefined });
    expect(await update(["database.upgrade=true"], deployed)).to.deep.equal({ stashes: [["cloud", "aws", ["input"]]], refusal: undefined });
  });
});
