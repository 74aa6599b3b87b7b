// What a provider's SDK says of a resource type. A simulated provider that took any type and any input would prove nothing: it
// refuses what the installed SDK doesn't know, and makes up the outputs that the SDK promises.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";

export type PackageName = "aws" | "azure-native" | "random";

export interface ResourceType {
  readonly token: string;
  readonly className: string;
  /** Inputs by name; true: required. */
  readonly inputs: ReadonlyMap<string, boolean>;
  /** Outputs by name, with their TypeScript type. */
  readonly outputs: ReadonlyMap<string, string>;
}

const known = new Map<string, ResourceType | undefined>();

/** Undefined when the SDK has no such resource. */
export function resourceType(token: string): ResourceType | undefined {
  if (!known.has(token)) known.set(token, read(token));
  return known.get(token);
}

export function sdkVersion(name: PackageName): string {
  return (JSON.parse(readFileSync(join(folder(name), "package.json"), "utf8")) as { version: string }).version;
}

function folder(name: PackageName): string {
  return dirname(require.resolve(`@pulumi/${name}/package.json`));
}

/** `aws:sqs/queue:Queue`, `azure-native:network:Subnet`: the class is in a file of its own, in the folder of its module. */
function read(token: string): ResourceType | undefined {
  const [name, path, className] = token.split(":");
  if (name === undefined || path === undefined || className === undefined || !/^[\w/]+$/.test(path)) return undefined;
  const module = path.split("/")[0] ?? "";
  const directory = module === "index" ? folder(name as PackageName) : join(folder(name as PackageName), module);
  if (!existsSync(directory)) return undefined;
  // File names differ from class names in capital letters only, by no simple rule.
  const file = readdirSync(directory).find((file) => file.toLowerCase() === `${className.toLowerCase()}.d.ts`);
  if (file === undefined) return undefined;
  const code = readFileSync(join(directory, file.replace(/\.d\.ts$/, ".js")), "utf8");
  if (!code.includes(`__pulumiType = '${token}'`)) return undefined;
  const types = readFileSync(join(directory, file), "utf8");
  const inputs = [...body(types, `interface ${className}Args `).matchAll(/^ {4}(\w+)(\??): /gm)];
  const outputs = [...body(types, `class ${className} `).matchAll(/^ {4}readonly (\w+): pulumi\.Output<([^]*?)>;$/gm)];
  return {
    token,
    className,
    inputs: new Map(inputs.map(([, name = "", optional]) => [name, optional === ""])),
    outputs: new Map(outputs.map(([, name = "", type = ""]) => [name, type])),
  };
}

function body(types: string, head: string): string {
  const start = types.indexOf(head);
  return start < 0 ? "" : types.slice(start, types.indexOf("\n}", start));
}
