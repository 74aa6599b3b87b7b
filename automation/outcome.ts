// How a command of `npm run deploy` ends: the exit codes of the Pulumi CLI (since 3.226), and which error means which.
import { ConfigError } from "../components/fault";
import type { Progress } from "./progress";

/** What scripts and CI branch on. */
export const exitCodes = {
  done: 0,
  failure: 1,
  configuration: 2,
  authentication: 3,
  deployment: 4,
  policy: 5,
  noStack: 6,
  drift: 7,
  cancelled: 8,
  timeout: 9,
} as const;
export type Kind = Exclude<keyof typeof exitCodes, "done">;

/** An end that a person has to act on: said in one message, without a stack trace. */
export class Stop extends Error {
  constructor(
    readonly kind: Kind,
    message: string,
    readonly remedy?: string,
  ) {
    super(message);
  }
}

/** The first that matches names the kind; the texts are the CLI's, the providers' and the clouds'. */
const signs: readonly (readonly [Kind, RegExp])[] = [
  ["noStack", /no stack named .* found/],
  [
    "configuration",
    /faults? in the configuration:|validating stack config|getting stack configuration|missing configuration value|this stack is deployed on/,
  ],
  [
    "authentication",
    /ExpiredToken|InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|AADSTS\d+|No valid credential sources|unable to (find|locate) credentials|could not be authorized|PULUMI_ACCESS_TOKEN must be set|invalid access token|incorrect passphrase|passphrase must be set|\bAccessDenied|AuthorizationFailed/i,
  ],
  ["policy", /mandatory policy violation|Policy Violations:|policy pack/i],
  // The engine's own closing words, a line of their own: a provider's "was canceled" tells of a call.
  ["cancelled", /^\s*(error: )?(the )?(update|preview|refresh|destroy|import) (was )?cancell?ed\.?\s*$/im],
];

export function kindOf(text: string): Kind {
  return signs.find(([, sign]) => sign.test(text))?.[0] ?? "deployment";
}

/** An error in words: a stop with what to do about it. */
export function wordsOf(error: unknown, separator: string): string {
  if (error instanceof Stop && error.remedy !== undefined) return `${error.message}${separator}${error.remedy}`;
  return error instanceof Error ? error.message : String(error);
}

/** The engine's words for a provider that is not on this machine, fetched in vain or not at all: which, and its version. */
const pluginMissing = /resource plugin 'pulumi-resource-([\w-]+)'(?: found in the workspace)? at version v(\d[\w.+-]*)/;

function missingPlugin(text: string): Stop | undefined {
  const [, name, version] = pluginMissing.exec(text) ?? [];
  if (name === undefined || version === undefined) return undefined;
  return new Stop(
    "configuration",
    `the Pulumi CLI has no plugin ${name} ${version} on this machine, and did not fetch it`,
    `install it: pulumi plugin install resource ${name} ${version}`,
  );
}

/** What an error means when no engine ran. */
export function plainKindOf(error: unknown): Kind {
  if (error instanceof Stop) return error.kind;
  if (error instanceof ConfigError) return "configuration";
  const kind = kindOf(wordsOf(error, "\n"));
  return kind === "deployment" ? "failure" : kind;
}

/** What an error means after the engine reported `progress`. */
export function endOf(error: unknown, progress: Progress): { readonly kind: Kind; readonly message: string } {
  const message = wordsOf(error, "\n");
  if (error instanceof ConfigError || error instanceof Stop) return { kind: plainKindOf(error), message };
  if (progress.violations.length > 0) return { kind: "policy", message: progress.violations.join("\n") };
  const all = progress.errors.map((error) => error.message);
  const causes = causesIn(all);
  const reported = causes.length > 0 ? causes : all;
  const text = [...reported, message].join("\n");
  const missing = missingPlugin(text);
  if (missing !== undefined) return { kind: missing.kind, message: wordsOf(missing, "\n") };
  const kind = kindOf(text);
  const [first] = reported;
  if (first !== undefined) {
    const more = reported.length > 1 ? ` (and ${reported.length - 1} more)` : "";
    const onward = progress.changing ? "\nwhat was done by then stays: run the same command again after the cause is mended" : "";
    return { kind, message: `${first}${more}${onward}` };
  }
  return { kind: progress.events.length > 0 ? kind : plainKindOf(error), message };
}

/**
 * What passes by itself: throttling, a server busy with another change, a name not yet known everywhere, a server or a connection that
 * breaks, in the words of the clouds, of Node (the program) and of Go (the engine and the providers).
 */
const transient = new RegExp(
  [
    "Throttling|ThrottledException|RequestLimitExceeded|TooManyRequests|\\b429\\b|ServerIsBusy|ServerBusy|AnotherOperationInProgress",
    "OperationNotAllowedWhileUpdating|RetryableError|ServiceUnavailable|InternalServerError|GatewayTimeout|BadGateway|Bad Gateway|Gateway Timeout",
    "Service Unavailable|StatusCode[=:] ?50[0234]\\b|ECONNRESET|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|partially created but read failed",
    "i/o timeout|TLS handshake timeout|Client\\.Timeout exceeded|timeout awaiting response headers|connection (reset by peer|refused|timed out)",
    "no such host|server misbehaving|[Tt]emporary failure in name resolution|network is unreachable|no route to host|broken pipe",
    "unexpected EOF|: EOF$|http2: (client connection lost|server sent GOAWAY)|use of closed network connection",
  ].join("|"),
  "m",
);
/** What no second try mends, even when a passing fault stands beside it. */
const lasting =
  /QuotaExceeded|LimitExceededException|InvalidParameter|ValidationException|ValidationError|InvalidTemplate|SkuNotAvailable|AuthorizationFailed|AccessDenied|policy violation/i;

/** In the words of the program and of components under way (awsx's network) when the engine ends because of another fault. */
const aftermath = /resource monitor (has )?(shut down|terminated)|grpc: the client connection is closing/i;

/** Without what only follows from another error. */
function causesIn(errors: readonly string[]): readonly string[] {
  return errors.filter((error) => !aftermath.test(error));
}

function passes(error: string): boolean {
  return transient.test(error) && !lasting.test(error);
}

export function isTransient(errors: readonly string[]): boolean {
  const causes = causesIn(errors);
  return causes.length > 0 && causes.every(passes);
}

/**
 * In the words of those who need a role that was given a moment ago and does not hold everywhere yet: storage accounts, PostgreSQL, Key
 * Vault, Container Apps and jobs.
 */
const youngRole =
  /KeyVaultAuthenticationFailure|authentication issue on the keyvault|AzureKeyVaultKeyNotFound|ForbiddenByRbac|[Uu]nable to (get value|fetch secret '[^']*') using Managed identity/;

/** Whether it is a matter of minutes, and of nothing that lasts. */
export function isYoungRole(errors: readonly string[]): boolean {
  const causes = causesIn(errors);
  return causes.some((error) => youngRole.test(error)) && causes.every((error) => youngRole.test(error) || passes(error));
}
