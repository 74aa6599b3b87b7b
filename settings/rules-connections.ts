// Rules of what connects the parts: uses, environment variables, calls, subscriptions, and secrets in clear.
import type { ServiceSpec } from "../components/app-service/index";
import { ttlEnv } from "../components/cache/index";
import { type Fault, under } from "../components/fault";
import { check as checkQueue } from "../components/queue/index";
import { previousVariable } from "../components/secrets/index";
import { accessWords, envName, type Noun } from "../components/use";
import { pathText, setCommand } from "./paths";
import { opaqueSecret } from "./raw";
import type { Draft } from "./resolve";
import type { Subject } from "./rules";
import { nearest } from "./shape";

/** Whether a service answers requests. */
export function served({ kind }: ServiceSpec): boolean {
  return kind === "web" || kind === "api";
}

export function checkUses(name: string, spec: ServiceSpec, draft: Draft): Fault[] {
  return Object.entries(spec.uses).flatMap(([target, word]): Fault[] => {
    const path = pathText(["uses", target]);
    const noun = draft.nouns.get(target);
    if (noun === undefined) {
      const known = [...draft.nouns.keys()].filter((other) => other !== name);
      const near = nearest(target, known);
      const off =
        target === "database" || target === "cache" || target === "flags"
          ? `the stack has no ${target} (${target}.enabled is false)`
          : target === "files"
            ? "the stack has no shared files (storage.files.enabled is false)"
            : `nothing has this name; there are ${known.join(", ")}`;
      return [
        { path, given: word, problem: off, remedy: near === undefined ? "remove the use, or add what is used" : `did you mean "${near}"?` },
      ];
    }
    const words: readonly string[] = accessWords[noun];
    if (!words.includes(word)) {
      const near = nearest(word, words);
      return [
        {
          path,
          given: word,
          problem: `a ${noun} is used by the word${words.length > 1 ? "s" : ""} ${words.join(", ")}`,
          remedy: `${near === undefined ? "" : `did you mean "${near}"? `}${setCommand(["services", name, "uses", target], near ?? words[0] ?? "")}`,
        },
      ];
    }
    if (noun !== "service") return [];
    if (target === name) return [{ path, given: word, problem: "a service can't use itself", remedy: "remove it" }];
    const called = draft.services[target];
    if (called !== undefined && !served(called))
      return [
        {
          path,
          given: word,
          problem: `"${target}" is a ${called.kind}: it has no address to call`,
          remedy: "send to a queue from which it receives",
        },
      ];
    return [];
  });
}

/** The variables that a use brings, without the name before them. */
const properties: Readonly<Record<Noun, readonly string[]>> = {
  database: ["host", "port", "name", "user", "password", "sslmode"],
  cache: ["host", "port", "tls", "password", ...Object.keys(ttlEnv)],
  queue: ["url", "kind", "name"],
  topic: ["url", "kind", "name"],
  service: ["url"],
  storage: ["url", "name", "kind"],
  flags: ["kind", "url", "name"],
  files: ["path", "access_key"],
};
/** Endings of names whose values are secrets, and what makes a harmless name of such a word. */
const secretName = /(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|APIKEY|(^|_)KEY)S?$/;
const secretValue = /:\/\/[^/\s:@]+:[^/\s@]+@|-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|AccountKey=|SharedAccessKey=/;

export function checkEnvironment(spec: ServiceSpec, draft: Draft, stated: ReadonlySet<string>): Fault[] {
  const faults: Fault[] = [];
  const sources = new Map<string, string>();
  for (const target of Object.keys(spec.uses)) {
    const noun = draft.nouns.get(target);
    if (noun === undefined) continue;
    for (const property of properties[noun]) sources.set(envName(target, property), `the use of "${target}"`);
  }
  if (spec.cors.length > 0) sources.set("CORS_ORIGINS", "cors");
  const add = (key: "env" | "secrets", name: string): void => {
    const before = sources.get(name);
    if (before !== undefined)
      faults.push({
        path: `${key}.${name}`,
        problem: `${before} sets this variable already`,
        remedy: "rename it, or remove one of the two",
      });
    else sources.set(name, key);
  };
  for (const [name, value] of Object.entries(spec.env)) {
    add("env", name);
    if ((secretName.test(name) && value !== "") || secretValue.test(value)) {
      const secret = name.toLowerCase().replace(/_+/g, "-").slice(0, 20).replace(/-+$/, "");
      faults.push({
        path: `env.${name}`,
        problem: "looks like a secret, and env is in clear",
        remedy: `${setCommand(["secrets", secret], "", "--secret ")}, then refer to it: secrets.${name} = ${secret}`,
      });
    }
  }
  for (const [name, secret] of Object.entries(spec.secrets)) {
    add("secrets", name);
    const source = draft.secrets[secret];
    if (source !== undefined && !("value" in source)) add("secrets", previousVariable(name));
    if (Object.hasOwn(draft.secrets, secret) || !stated.has(name)) continue;
    const known = Object.keys(draft.secrets);
    const near = nearest(secret, known);
    // What is no name may be the secret itself, put into the wrong place.
    faults.push({
      path: `secrets.${name}`,
      problem: `refers to a secret that is not there; there are ${known.join(", ") || "none"}`,
      remedy:
        near === undefined
          ? `write the name of an entry of \`secrets\` here, and add it: ${setCommand(["secrets", "<name>"], "", "--secret ")}`
          : `did you mean "${near}"?`,
    });
  }
  return faults;
}

/** A service is made after those that it calls, so calls can't go round. */
export function checkCircles({ services }: Draft): Fault[] {
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): Fault[] => {
    if (done.has(name)) return [];
    if (trail.includes(name)) {
      const circle = [...trail.slice(trail.indexOf(name)), name];
      return [
        {
          path: pathText(["services", circle.at(-2) ?? name, "uses", name]),
          given: "call",
          problem: `services call each other in a circle (${circle.join(" → ")}): none could be made first`,
          remedy: "let one of them send to a queue instead",
        },
      ];
    }
    const called = Object.entries(services[name]?.uses ?? {}).filter(
      ([target, word]) => word === "call" && target !== name && Object.hasOwn(services, target),
    );
    const faults = called.flatMap(([target]) => visit(target, [...trail, name]));
    done.add(name);
    return faults;
  };
  return Object.keys(services).flatMap((name) => visit(name, []));
}

export function checkQueues({ draft }: Subject): Fault[] {
  const queues = Object.entries(draft.queues).flatMap(([name, spec]) => under(pathText(["queues", name]), checkQueue(spec)));
  const topics = Object.entries(draft.topics).flatMap(([topic, { subscriptions }]) =>
    Object.entries(subscriptions).flatMap(([queue, { filter }]): Fault[] => {
      const path = pathText(["topics", topic, "subscriptions", queue]);
      const spec = draft.queues[queue];
      if (spec === undefined) {
        const near = nearest(queue, Object.keys(draft.queues));
        return [
          {
            path,
            problem: `no queue has this name; there are ${Object.keys(draft.queues).join(", ") || "none"}`,
            remedy: near === undefined ? "add the queue, or remove the subscription" : `did you mean "${near}"?`,
          },
        ];
      }
      const faults: Fault[] = [];
      if (spec.fifo)
        faults.push({
          path,
          problem: "a FIFO queue can't receive from a topic: SNS delivers to it from FIFO topics only",
          remedy: "send to the queue directly, or make it an ordinary queue",
        });
      if (Object.keys(filter).length > 5)
        faults.push({
          path: `${path}.filter`,
          given: Object.keys(filter),
          problem: "SNS filters by at most 5 attributes",
          remedy: "use fewer",
        });
      return faults;
    }),
  );
  return [...queues, ...topics];
}

/** A secret in a stack file is encrypted. `encrypted`: whether its key holds encrypted values at all. */
export function checkSecrets({ draft }: Subject, encrypted: boolean): Fault[] {
  const values = Object.entries(draft.secrets).flatMap(([name, source]) => ("value" in source ? [[name, source.value] as const] : []));
  // In the offline plan encrypted values are opaque, so a readable one beside them is in clear; Pulumi shows a program all decrypted.
  const offline = values.some(([, value]) => value === opaqueSecret);
  const clear = values.filter(([, value]) => !encrypted || (offline && value !== opaqueSecret));
  const faults: Fault[] = clear.map(([name]) => ({
    path: pathText(["secrets", name]),
    problem: "is in clear in the stack's config",
    remedy: `encrypt it, and change the value, as the old one is known: ${setCommand(["secrets", name], "", "--secret ")}`,
  }));
  for (const name of Object.keys(draft.secrets)) {
    if (/^(database|cache)(-|$)/.test(name))
      faults.push({
        path: pathText(["secrets", name]),
        given: name,
        problem: "names of the vault that begin with database or cache are the platform's own",
        remedy: "rename it",
      });
  }
  return faults;
}
