// The random provider: the same in every run, so that two runs end in the same cloud, and another value for other keepers.
import { createHash } from "node:crypto";
import type { Values } from "./store";
import { type Simulation, uuid } from "./simulation";

export const random: Simulation = {
  defaults: () => ({}),
  replaces: () => true,
  id: ({ type, seed }) => `${type.className}-${seed}`,
  outputs({ type, inputs, seed }) {
    const bytes = createHash("sha512").update(seed).digest();
    const make = makers[type.className];
    if (make === undefined) throw new Error(`random: ${type.className} is not simulated`);
    return make(inputs, bytes);
  },
  additions: () => ({}),
  remembers: () => true,
  volatile: () => [],
  uniqueName: () => undefined,
  refuseWrite: () => undefined,
  refuseDelete: () => undefined,
  takesAlong: () => [],
  remains: () => undefined,
  invoke: () => undefined,
};

const makers: Readonly<Record<string, (inputs: Values, bytes: Buffer) => Values>> = {
  RandomPassword: (inputs, bytes) => ({ result: characters(inputs, bytes), bcryptHash: `$2a$10$${bytes.toString("hex").slice(0, 53)}` }),
  RandomString: (inputs, bytes) => ({ result: characters(inputs, bytes) }),
  RandomUuid: (_, bytes) => ({ result: uuid(bytes.toString("hex")) }),
  RandomId(inputs, bytes) {
    const id = bytes.subarray(0, Number(inputs.byteLength));
    const prefix = typeof inputs.prefix === "string" ? inputs.prefix : "";
    const b64Url = id.toString("base64url");
    return {
      hex: prefix + id.toString("hex"),
      dec: prefix + BigInt(`0x${id.toString("hex")}`).toString(),
      b64Std: prefix + id.toString("base64"),
      b64Url: prefix + b64Url,
    };
  },
};

/** Letters and digits of the kinds allowed, and one special character where they are wanted. */
function characters(inputs: Values, bytes: Buffer): string {
  const kinds: [string, string][] = [
    ["lower", "abcdefghijklmnopqrstuvwxyz"],
    ["upper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"],
    ["numeric", "0123456789"],
    ["special", typeof inputs.overrideSpecial === "string" ? inputs.overrideSpecial : "!@#$%&*()-_=+[]{}<>:?"],
  ];
  const alphabets = kinds.filter(([kind]) => inputs[kind] !== false).map(([, alphabet]) => alphabet);
  const length = Number(inputs.length);
  return Array.from({ length }, (_, index) => {
    const alphabet = alphabets[index % alphabets.length] ?? "x";
    return alphabet[(bytes[index % bytes.length] ?? 0) % alphabet.length];
  }).join("");
}
