// Rules and warnings of the rotation (K1) and of the logins of services (D6).
import { checkLogins, loginUsers } from "../components/database/logins";
import { type Fault, under } from "../components/fault";
import { rotationDays } from "../components/rotation/index";
import { pathText, setCommand } from "./paths";
import type { Draft } from "./resolve";
import type { Subject } from "./rules";

const dayMs = 86_400_000;
/** Days after a rotation in which every plan says what is left to do. */
const remindDays = 7;

export function checkRotation({ draft, given, today }: Subject): Fault[] {
  const faults: Fault[] = [];
  // A day's grace: it is tomorrow already in some places.
  if (given.rotatedOn !== undefined && daysBetween(today, given.rotatedOn) > 1) {
    faults.push({
      path: "rotatedOn",
      given: given.rotatedOn,
      problem: `lies in the future: today is ${today}`,
      remedy: setCommand(["rotatedOn"], today),
    });
  }
  const { database, rotationEpoch } = draft;
  if (database.enabled) {
    faults.push(...under("database", checkLogins({ ...database, services: loginUsers(draft.services), rotationEpoch })));
  }
  return [...faults, ...checkNames(draft)];
}

/** The value before is kept under a name of its own. */
function checkNames({ secrets }: Draft): Fault[] {
  return Object.keys(secrets).flatMap((name) => {
    const [, of = ""] = /^(.+)-(?:previous|even)$/.exec(name) ?? [];
    const source = Object.hasOwn(secrets, of) ? secrets[of] : undefined;
    if (source === undefined || "value" in source) return [];
    return [
      {
        path: pathText(["secrets", name]),
        given: name,
        problem: `the platform keeps the last value of "${of}" by this name`,
        remedy: "rename it",
      },
    ];
  });
}

/** D6: the plan says who logs in as the owner; K1: an epoch of more than 90 days is a finding. */
export function rotationWarnings({ draft, given, today }: Subject): string[] {
  const warnings: string[] = [];
  const users = Object.keys(loginUsers(draft.services));
  if (draft.database.enabled && draft.database.logins?.made === undefined && users.length > 0) {
    const next =
      draft.database.logins?.enabled === true
        ? "npm run deploy -- up makes them first"
        : setCommand(["database", "logins", "enabled"], "true");
    warnings.push(
      `${users.join(", ")} ${users.length === 1 ? "uses" : "share"} the owner's login of the database; for logins of their own: ${next} (docs/secrets.md)`,
    );
  }
  if (given.rotatedOn === undefined) {
    if (draft.environment !== "dev")
      warnings.push(`rotatedOn is not set, so nothing reminds of the rotation: ${setCommand(["rotatedOn"], today)}`);
    return warnings;
  }
  const age = daysBetween(given.rotatedOn, today);
  if (age > rotationDays) {
    warnings.push(
      `passwords and secrets of epoch ${draft.rotationEpoch} are ${age} days old, ${rotationDays} are allowed: rotate them (docs/secrets.md)`,
    );
  }
  if (age <= remindDays) warnings.push(...oldCacheKey(draft));
  return warnings;
}

/**
 * Azure gives a cache two keys, which epochs use in turn, and makes neither anew by itself: without this the epoch after the next has a
 * key that was in use before.
 */
function oldCacheKey({ cloud, cache, rotationEpoch }: Draft): string[] {
  if (cloud !== "azure" || !cache.enabled || rotationEpoch < 2) return [];
  const key = rotationEpoch % 2 === 0 ? "Primary" : "Secondary";
  return [
    `the cache's key of epoch ${rotationEpoch - 1} still opens it: once all services run with the new one, ` +
      `az redisenterprise database regenerate-key --resource-group rg-<project>-<stack>-data --cluster-name <cache> --key-type ${key} ` +
      "(docs/runbooks/secret-rotation.md)",
  ];
}

function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / dayMs);
}
