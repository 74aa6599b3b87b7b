// What a stack remembers of its deployment, and what is refused when the settings no longer agree with it: before a cloud is imported, so
// nothing of the change has begun.
import { Stash } from "@pulumi/pulumi";
import { Refusal } from "../components/fault";
import { setCommand } from "./paths";
import type { Settings } from "./schema";

/** Throws for another cloud, and for another version of the database unless the settings say that it is meant. */
export async function refuseChange({ cloud, database }: Pick<Settings, "cloud" | "database">): Promise<void> {
  // While an upgrade is meant nothing is remembered; once that is taken back, the version of then.
  const version = database?.upgrade === true ? undefined : database?.version;
  const [on, running] = await Promise.all([kept("cloud", cloud), version && kept("database-version", version)]);
  if (on !== cloud) {
    throw new Refusal(
      `this stack is deployed on ${on}; switching \`cloud\` to ${cloud} would delete it and its data.\n` +
        `  Set it back (pulumi config set cloud ${on}), or create a new stack for ${cloud} and move: docs/moving-clouds.md`,
    );
  }
  if (running !== version) {
    throw new Refusal(
      `this stack's database is PostgreSQL ${running}; \`database.version\` ${version} would upgrade it in place, and nothing takes that back.\n` +
        `  Set it back (${setCommand(["database", "version"], String(running))}), or say that it is meant: docs/runbooks/database-upgrade.md`,
    );
  }
}

/** A Stash keeps its first value as long as it is there. */
function kept(name: string, input: string): Promise<string> {
  const stash = new Stash(name, { input }, { ignoreChanges: ["input"] });
  return new Promise((resolve) => stash.output.apply((value) => resolve(String(value))));
}
