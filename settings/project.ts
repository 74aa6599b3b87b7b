// The project's name is the namespace of its settings. Pulumi gives it to a program; who reads stack files without Pulumi needs it too.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** `name` of the Pulumi.yaml in `folder`. */
export function projectName(folder: string): string {
  const { name } = parse(readFileSync(join(folder, "Pulumi.yaml"), "utf8")) as { readonly name: string };
  return name;
}
