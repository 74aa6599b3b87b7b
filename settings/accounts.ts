// The account or subscription that a stack belongs to, as the providers' own keys state it: they refuse any other one, and the deploy command
// does before it begins.
import type { CloudName } from "../components/cloud";
import type { Fault } from "../components/fault";
import { cut } from "./paths";

/** The keys of the cloud not chosen are unused. */
export const accountKeys = { aws: "aws:allowedAccountIds", azure: "azure-native:subscriptionId" } as const satisfies Record<
  CloudName,
  string
>;

const forms: Readonly<Record<CloudName, readonly [pattern: RegExp, what: string, example: string]>> = {
  aws: [/^\d{12}$/, 'a list of accounts of 12 digits, in quotes, as ["123456789012"]', "--path 'aws:allowedAccountIds[0]' 123456789012"],
  azure: [/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, "the id of a subscription", "azure-native:subscriptionId <id>"],
};

/** Accounts or subscriptions that the stack may be deployed to; empty: any. */
export function accountsOf(
  cloud: CloudName,
  providers: Readonly<Record<string, string>>,
): { readonly accounts: readonly string[]; readonly faults: readonly Fault[] } {
  const key = accountKeys[cloud];
  const text = providers[key];
  if (text === undefined) return { accounts: [], faults: [] };
  const [pattern, what, example] = forms[cloud];
  const accounts = cloud === "aws" ? listed(text) : [text];
  if (accounts !== undefined && accounts.length > 0 && accounts.every((account) => pattern.test(account))) return { accounts, faults: [] };
  return { accounts: [], faults: [{ path: key, given: cut(text), problem: `must be ${what}`, remedy: `pulumi config set ${example}` }] };
}

/** `pulumi config set --path` makes numbers of digits; one of 12 digits has lost none. */
function listed(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.map(String) : undefined;
  } catch {
    return undefined;
  }
}
