// Which logins a database has besides its owner's: one per service and word, and of each the one of this epoch and the one of the last.
// Two names alternate, so a rotation changes the password that nobody uses, and what runs keeps its own until it is replaced.
import type { Fault } from "../fault";

export const loginWords = ["read", "readWrite"] as const;
export type LoginWord = (typeof loginWords)[number];

export interface LoginsSpec {
  /** Make passwords for logins of the services' own, and the job that makes the logins. Default: on in staging and prod. */
  readonly enabled: boolean;
  /** The epoch whose logins the job has made; services use these. Undefined: the job has not run, and services log in as the owner. */
  readonly made?: number | undefined;
}

export interface Login {
  readonly service: string;
  readonly access: LoginWord;
  /** The epoch that made its password. */
  readonly epoch: number;
  /** `order_api_read_write_a` */
  readonly role: string;
  /** What names of resources and secrets end in: `order-api-read-write-a`. */
  readonly part: string;
}

export interface LoginArgs {
  readonly logins?: LoginsSpec | undefined;
  readonly services?: Readonly<Record<string, LoginWord>> | undefined;
  readonly rotationEpoch: number;
}

/** Key Vault keeps texts of up to 25 kB: the script of the logins has 350 to 400 bytes for each, and each service has two. */
const maxServices = 30;

/** Who gets a login: services by their word for the database. Those with `own` are given the owner's. */
export function loginUsers(
  services: Readonly<Record<string, { readonly uses: Readonly<Record<string, string>> }>>,
): Record<string, LoginWord> {
  return Object.fromEntries(
    Object.entries(services).flatMap(([name, { uses }]) => {
      const word = loginWords.find((known) => known === uses.database);
      return word === undefined ? [] : [[name, word] as const];
    }),
  );
}

/** All logins that are valid in an epoch, in the order of the services: its own, and those of the epoch before. */
export function loginsOf({ logins, services = {}, rotationEpoch }: LoginArgs): readonly Login[] {
  if (logins?.enabled !== true) return [];
  const epochs = [rotationEpoch, rotationEpoch - 1].filter((epoch) => epoch >= 1);
  return Object.entries(services).flatMap(([service, access]) => epochs.map((epoch) => loginFor(service, access, epoch)));
}

/** The login that a service is given, `undefined` for the owner's: without a service, or until the job has run. */
export function loginInUse(args: LoginArgs, access: string, service: string | undefined): Login | undefined {
  return loginsOf(args).find((login) => login.service === service && login.access === access && login.epoch === args.logins?.made);
}

function loginFor(service: string, access: LoginWord, epoch: number): Login {
  const part = `${service}-${access === "read" ? "read" : "read-write"}-${epoch % 2 === 1 ? "a" : "b"}`;
  return { service, access, epoch, part, role: part.replaceAll("-", "_") };
}

export function checkLogins({ logins, services = {}, rotationEpoch }: LoginArgs): Fault[] {
  if (logins?.enabled !== true) {
    if (logins?.made === undefined) return [];
    return [
      {
        path: "logins.made",
        given: logins.made,
        problem: "there are no logins of the services' own: database.logins.enabled is false",
        remedy: "remove database.logins.made, or set database.logins.enabled to true",
      },
    ];
  }
  const faults: Fault[] = [];
  const { made } = logins;
  if (made !== undefined && made !== rotationEpoch && (made !== rotationEpoch - 1 || made < 1)) {
    const valid = rotationEpoch === 1 ? "1" : `${rotationEpoch - 1} and ${rotationEpoch}`;
    faults.push({
      path: "logins.made",
      given: made,
      problem: `in epoch ${rotationEpoch} only the logins of ${valid} are valid`,
      remedy:
        "raise rotationEpoch by one at a time, by npm run deploy -- rotate, which makes the logins and moves the services (docs/secrets.md)",
    });
  }
  const count = Object.keys(services).length;
  if (count > maxServices) {
    faults.push({
      path: "logins.enabled",
      given: true,
      problem: `${count} services use the database; the job makes logins for ${maxServices} at most`,
      remedy: "set database.logins.enabled to false, or let fewer services use the database",
    });
  }
  return faults;
}
