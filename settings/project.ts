// What lies in a project's folder. The project's name is the namespace of its settings: Pulumi gives it to a program, and who reads stack
// files without Pulumi needs it too.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { ConfigError } from "../components/fault";

/** `name` of the Pulumi.yaml in `folder`. */
export function projectName(folder: string): string {
  const { name } = parse(readFileSync(join(folder, "Pulumi.yaml"), "utf8")) as { readonly name: string };
  return name;
}

/** Undefined: there is no such file. */
export function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    const problem = `can't be read: ${(error as Error).message}`;
    throw new ConfigError([{ path, problem, remedy: "name a file that you may read" }]);
  }
}
