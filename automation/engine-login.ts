// The engine's login at Azure in CI. State backend and key vault log in by the file of a workload identity, which the engine reads again
// whenever its access runs out; so the token in that file is renewed as long as the command runs. The login of `az` lasts an hour only.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Printer } from "../terminal";
import { askToken, isOn, issuerOf, type Variables } from "./ci-token";
import { exitCodes, wordsOf } from "./outcome";

/** Seconds between two tokens: one of GitHub lives for five minutes. */
const renewSeconds = 120;

type Engine = Readonly<Record<string, string>>;

/** Runs a command with what the engine needs in its environment: nothing, where Azure is not logged in to by a token of CI. */
export async function withLogin(
  env: Variables,
  printer: Printer,
  act: (engine: Engine) => Promise<number>,
  everySeconds = renewSeconds,
): Promise<number> {
  const { ARM_TENANT_ID: tenant, ARM_CLIENT_ID: client, ARM_OIDC_TOKEN_FILE_PATH: given } = env;
  if (!isOn(env.ARM_USE_OIDC) || tenant === undefined || client === undefined || env.AZURE_FEDERATED_TOKEN_FILE !== undefined)
    return act({});
  const engine = (file: string): Engine => ({ AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: client, AZURE_FEDERATED_TOKEN_FILE: file });
  // Whoever gives a file renews it.
  if (given !== undefined) return act(engine(given));
  const issuer = issuerOf(env);
  if (issuer === undefined || env.ARM_OIDC_TOKEN !== undefined) return act({});

  const folder = mkdtempSync(join(env.RUNNER_TEMP ?? tmpdir(), "login-"));
  const file = join(folder, "token");
  let over = false;
  const renew = async (): Promise<void> => {
    const token = await askToken(issuer);
    if (over) return;
    // Whole at any moment: the engine may be reading it.
    writeFileSync(`${file}.new`, token, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  let timer: NodeJS.Timeout | undefined;
  try {
    const fault = await renew().then(
      () => undefined,
      (error: unknown) => wordsOf(error, ": "),
    );
    if (fault !== undefined) {
      printer.err(`error: no login at Azure: ${fault}\n`);
      return exitCodes.authentication;
    }
    const again = (): Promise<void> =>
      renew().catch((error: unknown) => {
        if (!over) printer.err(`the login at Azure was not renewed this time: ${wordsOf(error, ": ")}\n`);
      });
    timer = setInterval(() => void again(), everySeconds * 1000);
    return await act(engine(file));
  } finally {
    over = true;
    clearInterval(timer);
    rmSync(folder, { recursive: true, force: true });
  }
}
