// The pages are true: what they name exists. Commands, flags, verbs, files, config paths, and Azure's namespaces.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { run as bootstrap } from "../bootstrap/cli";
import { run as deploy } from "../automation/cli";
import { ConfigError } from "../components/fault";
import { plan } from "../plan/plan";
import { run as planned } from "../plan/cli";
import { applySet, load, readStackFile } from "../settings/load";

const root = join(__dirname, "..");
const text = (file: string): string => readFileSync(join(root, file), "utf8");
const pages = ["README.md", ...markdown("docs")];
const runbooks = pages.filter((page) => page.startsWith("docs/runbooks/") && !page.endsWith("/README.md"));

function markdown(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? markdown(path) : path.endsWith(".md") ? [path] : [];
  });
}

/** What stands in code, in a line or in a block; a command that goes on in the next line is one. */
function code(page: string): string[] {
  const joined = text(page).replaceAll("\\\n", " ");
  const blocks = [...joined.matchAll(/^ *```\w*\n([^]*?)^ *```/gm)].flatMap(([, block = ""]) => block.split("\n"));
  const spans = [...joined.replaceAll(/^ *```[^]*?^ *```/gm, "").matchAll(/`([^`]+)`/g)].map(([, span = ""]) =>
    span.replaceAll("\\|", "|"),
  );
  return [...blocks, ...spans];
}

function matches(page: string, pattern: RegExp): RegExpExecArray[] {
  return code(page).flatMap((line) => [...line.matchAll(pattern)] as RegExpExecArray[]);
}

async function help(run: typeof deploy, ...argv: string[]): Promise<string> {
  let out = "";
  await run([...argv, "--help"], { out: (line) => (out += line), err: () => undefined });
  return out;
}

describe("the pages", () => {
  const { scripts } = JSON.parse(text("package.json")) as { readonly scripts: Readonly<Record<string, string>> };

  for (const page of pages) {
    it(`${page} names scripts and files that are there`, () => {
      for (const [, script = ""] of matches(page, /\bnpm run (?:--silent )?([a-z:]+)/g)) expect(scripts, script).to.have.property(script);
      const folders = "automation|bench|bootstrap|components|docs|jobs|plan|rehearsal|schema|settings|tests";
      for (const [path] of matches(page, new RegExp(`(?<![\\w/.<>-])(?:${folders})/[\\w./-]*[\\w/]`, "g")))
        expect(existsSync(join(root, path)), path).to.equal(true);
      for (const [, target = ""] of text(page).matchAll(/\]\((?!https?:)([^)#]+)/g))
        expect(existsSync(join(root, page, "..", target)), target).to.equal(true);
    });

    it(`${page} gives commands verbs and flags that they have`, async () => {
      for (const [name, run] of [
        ["deploy", deploy],
        ["plan", planned],
        ["bootstrap", bootstrap],
      ] as const) {
        for (const [, rest = ""] of matches(page, new RegExp(`\\bnpm run (?:--silent )?${name} -- ([^#&|;]*)`, "g"))) {
          const verb = name === "deploy" ? /^(\w[\w-]*)/.exec(rest)?.[1] : undefined;
          if (verb !== undefined) expect(await help(deploy), rest).to.match(new RegExp(`^ +${verb} \\[options\\]`, "m"));
          const known =
            verb === undefined && name === "deploy" ? `${await help(deploy, "up")} --help` : await help(run, ...(verb ? [verb] : []));
          for (const [flag] of rest.matchAll(/(?<!\S)--[a-z-]+/g)) expect(known, `${name}: ${rest}`).to.contain(flag);
        }
      }
    });

    it(`${page} sets config that the schema knows`, () => {
      for (const [, rest = ""] of matches(page, /\bpulumi config set ((?:--[a-z]+ )*[^#&;)]*)/g)) {
        const words = rest.replace(/--(?:stack|s) \S+/g, "").match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
        const [path = "", value = ""] = words.filter((word) => !word.startsWith("--")).map((word) => word.replace(/^['"]|['"]$/g, ""));
        // `pulumi config set --secret` alone names the command.
        if (path !== "") expect(unknownIn(path.replaceAll(/<[^>]*>/g, "name"), value), path).to.deep.equal([]);
      }
    });
  }

  it("list the namespaces of Azure that prod has, and no others", async () => {
    const page = text("docs/first-deployment.md");
    const simulated = text("rehearsal/azure.ts");
    const { resources } = await plan({ stack: "prod", cloud: "azure" });
    const namespaces = resources.flatMap(({ type }) => {
      if (!type.startsWith("azure-native:") || type === "azure-native:resources:ResourceGroup") return [];
      const found = new RegExp(`"${type.slice("azure-native:".length)}":\\s+"(Microsoft\\.\\w+)/`).exec(simulated);
      expect(found, type).to.not.equal(null);
      return [found?.[1] ?? ""];
    });
    const [, loop = ""] = /^for namespace in ([^;]*);/m.exec(page.replaceAll("\\\n", " ")) ?? [];
    const free = ["Microsoft.Authorization", "Microsoft.Consumption", "Microsoft.Resources"];
    expect([...loop.trim().split(/\s+/), ...free].sort()).to.deep.equal([...new Set(namespaces)].sort());
  });

  it("have a runbook for each case of B4, each with the same parts", () => {
    const cases = ["accidental-deletion", "app-crash", "data-corruption", "database-resize", "database-restore", "deploy", "disaster-test"];
    const others = ["database-upgrade", "incident", "monitoring", "region-failover", "rollback", "secret-rotation"];
    expect(runbooks).to.deep.equal([...cases, ...others].sort().map((name) => `docs/runbooks/${name}.md`));
    for (const page of runbooks.filter((page) => !page.endsWith("region-failover.md"))) {
      for (const part of ["**When.**", "**Who.**", "**Target.**"]) expect(text(page), page).to.contain(part);
      for (const part of ["## Steps", "## Check", "## Back"]) expect(text(page), page).to.match(new RegExp(`^${part}`, "m"));
    }
    expect(existsSync(join(root, "docs/moving-clouds.md"))).to.equal(true);
  });
});

/** Faults of a setting that say that there is no such key: whatever else is wrong with it depends on the stack. */
function unknownIn(path: string, value: string): string[] {
  const { config } = readStackFile(text("Pulumi.prod.yaml"), "Pulumi.prod.yaml");
  try {
    load({ project: "platform", stack: "prod", config: applySet(config, `${path}=${value}`, "platform"), secretKeys: [] });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.flatMap(({ path, problem }) =>
      /unknown key|not of the form|is not there yet/.test(problem) ? [`${path}: ${problem}`] : [],
    );
  }
  return [];
}
