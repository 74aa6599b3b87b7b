// Whose cloud it is that a deployment would change, compared with whose it should be before anything is asked of the engine.
import { accountKeys } from "../settings/accounts";
import type { Settings } from "../settings/load";
import type { Connect } from "./cloud";
import { Stop, wordsOf } from "./outcome";

/** Whom the cloud takes the credentials in the environment for. */
export interface Identity {
  /** AWS: the account. Azure: the subscriptions that the login may use. */
  readonly accounts: readonly string[];
  /** In words. */
  readonly who: string;
}

/** What `doctor` says of it; throws where it is not as the stack's config states. */
export async function identityOf({ cloud, accounts, stack }: Settings, connect: Connect | undefined): Promise<string> {
  const key = accountKeys[cloud];
  const what = cloud === "aws" ? "account" : "subscription";
  if (accounts.length === 0) return `not compared: ${key} names no ${what} for this stack`;
  if (connect === undefined) return `not compared with ${accounts.join(", ")}: this run has no way to the cloud`;
  const found = await (await connect(cloud, stack.region)).identity().catch((error: unknown) => {
    const why = wordsOf(error, ": ");
    throw new Stop("authentication", `${cloud} can't say who this is: ${why}`, `log in to ${what} ${accounts.join(" or ")}`);
  });
  if (accounts.some((account) => found.accounts.some((one) => one.toLowerCase() === account.toLowerCase())))
    return `${what} ${accounts.join(", ")}, as ${found.who}`;
  throw new Stop(
    "authentication",
    `the login is for ${what} ${listed(found.accounts)} (${found.who}); expected is ${accounts.join(" or ")}`,
    `log in to that one, or correct ${key}`,
  );
}

function listed(accounts: readonly string[]): string {
  if (accounts.length === 0) return "none";
  return `${accounts.slice(0, 5).join(", ")}${accounts.length > 5 ? ` and ${accounts.length - 5} more` : ""}`;
}
