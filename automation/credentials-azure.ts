// The login at Azure for the deploy command's own questions: that of the provider, which reads ARM_* variables. AWS needs nothing of the
// kind, as its SDK and its provider read the same ones.
import {
  ClientAssertionCredential,
  ClientSecretCredential,
  DefaultAzureCredential,
  ManagedIdentityCredential,
  type TokenCredential,
} from "@azure/identity";
import { readFileSync } from "node:fs";

type Variables = Readonly<Record<string, string | undefined>>;

/** The provider's order: a token of CI (OIDC), a secret, the machine's own identity; else what Azure's CLI is logged in with. */
export function azureCredential(env: Variables = process.env): TokenCredential {
  const { ARM_TENANT_ID: tenant, ARM_CLIENT_ID: client, ARM_CLIENT_SECRET: secret } = env;
  if (tenant !== undefined && client !== undefined) {
    if (isOn(env.ARM_USE_OIDC)) return new ClientAssertionCredential(tenant, client, () => tokenOf(env));
    if (secret !== undefined) return new ClientSecretCredential(tenant, client, secret);
  }
  if (isOn(env.ARM_USE_MSI)) return new ManagedIdentityCredential(client === undefined ? {} : { clientId: client });
  return new DefaultAzureCredential();
}

/** The token that CI gives: as a value, in a file, or asked for at the address of GitHub Actions, as tokens of it live for minutes. */
async function tokenOf(env: Variables): Promise<string> {
  if (env.ARM_OIDC_TOKEN !== undefined) return env.ARM_OIDC_TOKEN;
  if (env.ARM_OIDC_TOKEN_FILE_PATH !== undefined) return readFileSync(env.ARM_OIDC_TOKEN_FILE_PATH, "utf8").trim();
  const url = env.ARM_OIDC_REQUEST_URL ?? env.ACTIONS_ID_TOKEN_REQUEST_URL;
  const bearer = env.ARM_OIDC_REQUEST_TOKEN ?? env.ACTIONS_ID_TOKEN_REQUEST_TOKEN;
  if (url === undefined || bearer === undefined)
    throw new Error(
      "ARM_USE_OIDC is set, but no token: ARM_OIDC_TOKEN, ARM_OIDC_TOKEN_FILE_PATH, or `permissions: id-token: write` in GitHub",
    );
  const asked = new URL(url);
  asked.searchParams.set("audience", "api://AzureADTokenExchange");
  const answer = await fetch(asked, { headers: { authorization: `Bearer ${bearer}` }, signal: AbortSignal.timeout(30_000) });
  const { value } = (await answer.json()) as { readonly value?: string };
  if (!answer.ok || value === undefined) throw new Error(`CI gave no token for Azure: status ${answer.status}`);
  return value;
}

function isOn(value: string | undefined): boolean {
  return value === "true" || value === "1";
}
