// What follows the bootstrap: the exact commands by which stacks use it, and what GitHub has to know.
import { setCommand } from "../settings/paths";
import { type Needs, namesOf } from "./needs";
import { workflow } from "./workflow";

/** What the cloud made up; before that, words in angle brackets. */
export interface Known {
  readonly account: string;
  readonly tenant: string;
  readonly identities: Readonly<Record<string, string>>;
  readonly backends: Readonly<Record<string, string>>;
  readonly secretsProviders: Readonly<Record<string, string>>;
  /** AWS only. */
  readonly permissionsBoundary?: string;
}

/** The outputs of the program as they are, or as they will be called. */
export function known(needs: Needs, outputs: Readonly<Record<string, unknown>>): Known {
  const { account, tenant, identities, backends, secretsProviders, permissionsBoundary } = outputs as Partial<Record<keyof Known, unknown>>;
  const text = (value: unknown, word: string): string => (typeof value === "string" ? value : `<${word}>`);
  const made = (identities ?? {}) as Readonly<Record<string, unknown>>;
  const names = ["plan", ...needs.environments];
  const word = { aws: "ARN of the role", azure: "client id of the identity" }[needs.cloud];
  return {
    account: text(account, needs.cloud === "aws" ? "account" : "subscription"),
    tenant: text(tenant, "tenant"),
    identities: Object.fromEntries(names.map((name) => [name, text(made[name], `${word} ${name === "plan" ? name : `deploy-${name}`}`)])),
    backends: backends as Known["backends"],
    secretsProviders: secretsProviders as Known["secretsProviders"],
    ...(needs.cloud === "aws" && { permissionsBoundary: text(permissionsBoundary, "ARN of the policy services-boundary") }),
  };
}

export function guide(needs: Needs, facts: Known): string[] {
  return [...stacks(needs, facts), "", ...variables(needs, facts), "", ...workflow(needs, facts.backends)];
}

function stacks(needs: Needs, { backends, secretsProviders, account, permissionsBoundary }: Known): string[] {
  return [
    "# 1. Stacks: each environment has a place for states and a key of its own. Commit what these commands add to the stack's file.",
    ...(needs.cloud === "azure" ? operator(needs, account) : []),
    ...needs.environments.flatMap((each) => [
      `pulumi login '${backends[each]}'`,
      `pulumi stack init ${each} --secrets-provider='${secretsProviders[each]}'`,
      // CI's role makes no role without it.
      ...(permissionsBoundary === undefined
        ? []
        : [setCommand(["security", "permissionsBoundary"], `'${permissionsBoundary}'`, `--stack ${each} `)]),
    ]),
  ];
}

/** On AWS who administers the account may use bucket and keys; on Azure even an owner needs roles for what is inside. */
function operator(needs: Needs, subscription: string): string[] {
  const { group, account, vault } = namesOf(needs);
  const scope = `/subscriptions/${subscription}/resourceGroups/${group}/providers`;
  const give = (role: string, of: string): string =>
    `az role assignment create --assignee-object-id "$(az ad signed-in-user show --query id --output tsv)" --assignee-principal-type User --role '${role}' --scope ${scope}/${of}`;
  return [
    "# You yourself, once (a role counts after some minutes):",
    give("Storage Blob Data Contributor", `Microsoft.Storage/storageAccounts/${account}`),
    give("Key Vault Crypto User", `Microsoft.KeyVault/vaults/${vault}`),
  ];
}

function variables(needs: Needs, { account, tenant, identities, backends }: Known): string[] {
  const repository = `${needs.repository.owner}/${needs.repository.name}`;
  const set = (name: string, value: string, environment?: string): string =>
    `gh variable set ${name} --repo ${repository}${environment === undefined ? "" : ` --env ${environment}`} --body '${value}'`;
  const identity = { aws: "AWS_ROLE_ARN", azure: "AZURE_CLIENT_ID" }[needs.cloud];
  const shared =
    needs.cloud === "aws" ? [set("AWS_REGION", needs.region)] : [set("AZURE_TENANT_ID", tenant), set("AZURE_SUBSCRIPTION_ID", account)];
  return [
    "# 2. GitHub: nothing of this is secret. Give the environments reviewers and branches in the repository's settings.",
    ...shared,
    set(identity, identities.plan ?? ""),
    ...needs.environments.flatMap((each) => [
      `gh api --method PUT repos/${repository}/environments/${each}`,
      set(identity, identities[each] ?? "", each),
      set("PULUMI_BACKEND_URL", backends[each] ?? "", each),
    ]),
  ];
}
