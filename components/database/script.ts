// The script of a database's logins, from passwords that are known only when it is deployed.
import { all, type Output } from "@pulumi/pulumi";
import { rolesSql } from "../../jobs/roles/sql";
import type { Login } from "./logins";

/** What the job runs as the owner: a secret, although a password stands in it only as PostgreSQL stores it. */
export function scriptOf(
  logins: readonly { readonly login: Login; readonly password: { readonly result: Output<string> } }[],
): Output<string> {
  return all(logins.map(({ password }) => password.result)).apply((passwords) =>
    rolesSql(logins.map(({ login: { role, access } }, index) => ({ role, access, password: passwords[index] ?? "" }))),
  );
}
