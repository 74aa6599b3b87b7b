// A program of two resources on the settings of a small stack: for tests of the deploy command that need the real engine
// and not the platform.
import { mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";

/** Folder of the program; the stacks `dev` and `other` have a file. `tags.epoch` of the config changes the second resource. */
export function tinyProgram(): string {
  const folder = mkdtempSync(join(tmpdir(), "tiny-"));
  symlinkSync(join(__dirname, "../../node_modules"), join(folder, "node_modules"));
  const runtime = { name: "nodejs", options: { typescript: false } };
  writeFileSync(join(folder, "Pulumi.yaml"), stringify({ name: "platform", runtime, main: "index.js" }));
  const off = { enabled: false };
  const config = { "platform:cloud": "azure", "platform:environment": "dev", "platform:database": off, "platform:cache": off };
  for (const stack of ["dev", "other"]) writeFileSync(join(folder, `Pulumi.${stack}.yaml`), stringify({ config }));
  writeFileSync(join(folder, "index.js"), program);
  return folder;
}

const program = `
const { Config, getStack } = require("@pulumi/pulumi");
const { ResourceGroup } = require("@pulumi/azure-native/resources");
const { Vault } = require("@pulumi/azure-native/keyvault");
const { epoch } = new Config("platform").getObject("tags") ?? { epoch: "1" };
const group = new ResourceGroup("group-" + getStack());
const sku = { family: "A", name: "standard" };
const tags = { epoch };
new Vault("vault-" + getStack(), { resourceGroupName: group.name, properties: { sku, tenantId: "11111111-1111-4111-8111-111111111111" }, tags });
`;
