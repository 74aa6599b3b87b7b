// How parts are connected: the thing used offers a `Use`, the service that uses it carries it out. From a use follow the
// environment, the secret references, the firewall rule and the grant, and nothing else.
import type { Input } from "@pulumi/pulumi";
import { type Family, Handle, type SecretRef } from "./cloud";
import type { Fault } from "./fault";

/** The closed list of words by which a service says what it does with a thing. */
export interface Access {
  /** `own`: as the owner, who may change the schema; for migrations and for the job that makes the logins. */
  readonly database: "read" | "readWrite" | "own";
  readonly cache: "readWrite";
  readonly queue: "send" | "receive";
  readonly topic: "send";
  readonly service: "call";
  readonly storage: "read" | "readWrite";
  readonly flags: "read";
  readonly files: "read" | "readWrite";
}
export type Noun = keyof Access;

export const accessWords = {
  database: ["read", "readWrite", "own"],
  cache: ["readWrite"],
  queue: ["send", "receive"],
  topic: ["send"],
  service: ["call"],
  storage: ["read", "readWrite"],
  flags: ["read"],
  files: ["read", "readWrite"],
} as const satisfies { readonly [N in Noun]: readonly Access[N][] };

/** What using a thing means for the service that does. Made by the thing's `use`, never by hand. */
export class Use<F extends Family> extends Handle<F> {
  /** The name of the thing used; the environment names begin with it. */
  readonly target: string;
  readonly noun: Noun;
  readonly access: Access[Noun];
  /** Environment variables, alike on both clouds: `DATABASE_HOST`. */
  readonly env: Readonly<Record<string, Input<string>>>;
  /** Environment variables whose values the cloud fetches from the vault: `DATABASE_PASSWORD`. */
  readonly secrets: Readonly<Record<string, SecretRef<F>>>;
  readonly raw: F["grant"];

  constructor(use: {
    readonly target: string;
    readonly noun: Noun;
    readonly access: Access[Noun];
    readonly env: Readonly<Record<string, Input<string>>>;
    readonly secrets?: Readonly<Record<string, SecretRef<F>>>;
    readonly raw: F["grant"];
  }) {
    super();
    this.target = use.target;
    this.noun = use.noun;
    this.access = use.access;
    this.env = use.env;
    this.secrets = use.secrets ?? {};
    this.raw = use.raw;
  }
}

/** The name of an environment variable: `envName("order-jobs", "url")` is `ORDER_JOBS_URL`. */
export function envName(target: string, property: string): string {
  return `${target}_${property}`.toUpperCase().replace(/[^A-Z0-9]+/g, "_");
}

/** Names that the platform or the cloud's runtime sets; config may not. */
export const reservedEnv = {
  exact: ["PORT", "WEBSITES_PORT", "AZURE_CLIENT_ID", "HOSTNAME", "PATH", "HOME"],
  prefixes: ["AWS_", "ECS_", "WEBSITE_", "APPSETTING_", "DOCKER_", "CONTAINER_APP_", "KUBERNETES_"],
} as const;

/** Every variable of a service by its name. Two sources of one name are a fault, whether in `env`, `secrets` or a use. */
export function environmentOf<F extends Family>(
  uses: readonly Use<F>[],
  env: Readonly<Record<string, string>>,
  secrets: Readonly<Record<string, SecretRef<F>>>,
): { readonly env: Record<string, Input<string>>; readonly secrets: Record<string, SecretRef<F>>; readonly faults: Fault[] } {
  const seen = new Map<string, string>();
  const faults: Fault[] = [];
  const plain: Record<string, Input<string>> = {};
  const secret: Record<string, SecretRef<F>> = {};
  const add = <T>(into: Record<string, T>, name: string, value: T, source: string): void => {
    const before = seen.get(name);
    if (before !== undefined && before !== source) {
      faults.push({ path: `env.${name}`, problem: `set twice, by ${before} and by ${source}`, remedy: "rename one of the two" });
    }
    seen.set(name, source);
    into[name] = value;
  };
  for (const use of uses) {
    // "read" and "readWrite" of one thing are different hosts under the same names: the service would see only one of them.
    const source = `the use "${use.access}" of "${use.target}"`;
    const shared = use.noun === "queue" ? `the queue "${use.target}"` : source;
    for (const [name, value] of Object.entries(use.env)) add(plain, name, value, shared);
    for (const [name, value] of Object.entries(use.secrets)) add(secret, name, value, shared);
  }
  for (const [name, value] of Object.entries(env)) add<Input<string>>(plain, name, value, "env");
  for (const [name, value] of Object.entries(secrets)) add(secret, name, value, "secrets");
  return { env: plain, secrets: secret, faults };
}
