// The project as plain JavaScript, in a folder of its own: what is measured is the program, and not what its loader does to its sources.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import ts from "typescript";

const root = join(__dirname, "..");
const folders = ["bench", "components", "jobs", "plan", "settings"];

/** Transpiles everything into a temporary folder, with the settings of tsconfig.json, and returns the folder. The caller removes it. */
export function compiled(): string {
  const out = mkdtempSync(join(tmpdir(), "bench-program-"));
  const { config } = ts.parseConfigFileTextToJson("tsconfig.json", readFileSync(join(root, "tsconfig.json"), "utf8")) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const own = readdirSync(root).filter((file) => file.endsWith(".ts"));
  const inside = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, String(file))),
  );
  // What the program reads beside its sources: stack files, and scripts that jobs are given.
  const read = [
    ...readdirSync(root).filter((file) => /^Pulumi\b.*\.yaml$/.test(file)),
    ...inside.filter((file) => /\.(mjs|sh|sql)$/.test(file)),
  ];
  for (const file of [...own, ...inside.filter((file) => file.endsWith(".ts"))]) {
    const { outputText } = ts.transpileModule(readFileSync(join(root, file), "utf8"), { compilerOptions: options, fileName: file });
    write(join(out, file.replace(/\.ts$/, ".js")), outputText);
  }
  for (const file of read) write(join(out, file), readFileSync(join(root, file), "utf8"));
  symlinkSync(join(root, "node_modules"), join(out, "node_modules"), "dir");
  return out;
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
