// The token by which CI proves to Azure who it is (OIDC). It lives for minutes, so whatever runs longer needs a new one again and again.
export type Variables = Readonly<Record<string, string | undefined>>;

/** Where GitHub gives tokens to a job with `permissions: id-token: write`; undefined elsewhere. */
export interface Issuer {
  readonly url: string;
  readonly bearer: string;
}

export function issuerOf(env: Variables): Issuer | undefined {
  const url = env.ARM_OIDC_REQUEST_URL ?? env.ACTIONS_ID_TOKEN_REQUEST_URL;
  const bearer = env.ARM_OIDC_REQUEST_TOKEN ?? env.ACTIONS_ID_TOKEN_REQUEST_TOKEN;
  return url === undefined || bearer === undefined ? undefined : { url, bearer };
}

/** Rejects when GitHub gives none. */
export async function askToken({ url, bearer }: Issuer): Promise<string> {
  const asked = new URL(url);
  asked.searchParams.set("audience", "api://AzureADTokenExchange");
  const answer = await fetch(asked, { headers: { authorization: `Bearer ${bearer}` }, signal: AbortSignal.timeout(30_000) });
  const { value } = answer.ok ? ((await answer.json()) as { readonly value?: string }) : {};
  if (value === undefined) throw new Error(`CI gave no token for Azure: status ${answer.status}`);
  return value;
}

export function isOn(value: string | undefined): boolean {
  return value === "true" || value === "1";
}
