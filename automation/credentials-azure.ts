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
import { askToken, isOn, issuerOf, type Variables } from "./ci-token";

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
  const issuer = issuerOf(env);
  if (issuer === undefined)
    throw new Error(
      "ARM_USE_OIDC is set, but no token: ARM_OIDC_TOKEN, ARM_OIDC_TOKEN_FILE_PATH, or `permissions: id-token: write` in GitHub",
    );
  return askToken(issuer);
}
