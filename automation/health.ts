// Whether a deployment answers, asked from outside as its users would.
import { pause, type Pausing } from "./retry";

export interface HealthCheck {
  readonly url: string;
  /** Answers of status 200 to 399 in a row that count as healthy. */
  readonly inARow: number;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  /** The expected versions: the body must name one of them. */
  readonly names?: readonly string[] | undefined;
}

export interface Health {
  readonly healthy: boolean;
  /** The last answer, in words. */
  readonly last: string;
  readonly seconds: number;
}

/** `reached`: whether anything answered at all. What only some may reach can be in good order without answering here. */
export type Checked = Health & { readonly reached: boolean };

export interface Asking extends Pausing {
  readonly ask: (url: string, headers?: Readonly<Record<string, string>>) => Promise<{ readonly status: number; readonly body: string }>;
}

/** Asks until enough answers in a row are good, or time is over. */
export async function checkHealth(check: HealthCheck, asking: Asking): Promise<Checked> {
  const began = asking.now();
  let good = 0;
  let reached = false;
  for (;;) {
    const { ok, last, answered } = await answer(check, asking);
    good = ok ? good + 1 : 0;
    reached ||= answered;
    const seconds = Math.round((asking.now() - began) / 1000);
    if (good >= check.inARow) return { healthy: true, last, seconds, reached };
    if (asking.now() - began >= check.timeoutSeconds * 1000) return { healthy: false, last, seconds, reached };
    await pause(asking, check.intervalSeconds, `good answers (${last})`);
  }
}

async function answer({ url, names }: HealthCheck, { ask }: Asking): Promise<{ ok: boolean; last: string; answered: boolean }> {
  try {
    const { status, body } = await ask(url);
    if (status < 200 || status > 399) return { ok: false, last: `${url} answered ${status}`, answered: true };
    if (names !== undefined && !names.some((version) => isNamed(version, body)))
      return { ok: false, last: `${url} doesn't name the version ${names.join(" or ")}`, answered: true };
    return { ok: true, last: `${url} answered ${status}`, answered: true };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    return { ok: false, last: `${url} didn't answer: ${cause}`, answered: false };
  }
}

/** As a word of its own, with or without a `v`: 1.5.0 is not named by 11.5.0. */
function isNamed(version: string, body: string): boolean {
  const escaped = version.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![\\w.-])v?${escaped}(?![\\w-]|\\.\\w)`).test(body);
}

/** One request with a limit of 10 s. Redirects are followed: HTTP leads to HTTPS. */
export async function fetchAnswer(url: string, headers: Readonly<Record<string, string>> = {}): Promise<{ status: number; body: string }> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000), headers: { ...headers, "cache-control": "no-cache" } });
  return { status: response.status, body: (await response.text()).slice(0, 100_000) };
}
