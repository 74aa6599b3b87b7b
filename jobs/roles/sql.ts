// The SQL that makes the logins of the services: what D6 of the requirements asks for and what a rotation (K1) runs between two
// updates. Pure text, run as the owner of the database by `job.ts`; it may be run any number of times.
import { scramVerifier } from "./scram";

export interface RoleLogin {
  /** The role's name: `api_read_write_a`. */
  readonly role: string;
  /** `read` may read every table and view; `readWrite` may write rows too, and use sequences. Neither may change the schema. */
  readonly access: "read" | "readWrite";
  readonly password: string;
}

/** The roles that hold the rights; a login has none of its own. They can't log in, and no login has such a name: those end in `_a` or `_b`. */
export const groups = { read: "data_read", readWrite: "data_read_write" } as const;

/** Roles, rights and logins; logins of a group that are not listed any more are taken away. */
export function rolesSql(logins: readonly RoleLogin[]): string {
  return [
    // Two runs at a time would trip over each other.
    `SELECT pg_advisory_xact_lock(hashtext('platform roles'));`,
    ...Object.values(groups).map((group) => createRole(group)),
    grantsSql,
    ...logins.flatMap(loginSql),
    removalSql(logins.map(({ role }) => role)),
    "",
  ].join("\n");
}

function loginSql({ role, access, password }: RoleLogin): string[] {
  const others = Object.values(groups).filter((group) => group !== groups[access]);
  return [
    createRole(role),
    // A new password is what shuts out who still has the one before the last.
    `ALTER ROLE ${identifier(role)} WITH LOGIN PASSWORD ${literal(scramVerifier(role, password))};`,
    inBlock(`IF NOT ${isMember(groups[access], role)} THEN GRANT ${identifier(groups[access])} TO ${identifier(role)}; END IF;`),
    ...others.map((group) => inBlock(`IF ${isMember(group, role)} THEN REVOKE ${identifier(group)} FROM ${identifier(role)}; END IF;`)),
  ];
}

function createRole(role: string): string {
  return inBlock(`IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(role)}) THEN CREATE ROLE ${identifier(role)}; END IF;`);
}

/** Asked first: PostgreSQL has a notice for what is there already, and a warning for what isn't. */
function isMember(group: string, role: string): string {
  return `EXISTS (SELECT FROM pg_auth_members WHERE roleid = ${literal(group)}::regrole AND member = ${literal(role)}::regrole)`;
}

/**
 * Rights on all that the owner has, and on all that he makes later. What belongs to others, such as an extension's views, is left alone:
 * the owner may not grant rights on it.
 */
const grantsSql = inBlock(`
DECLARE thing record;
BEGIN
  FOR thing IN SELECT oid::regnamespace AS name FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND pg_has_role(nspowner, 'USAGE') LOOP
    EXECUTE format('GRANT USAGE ON SCHEMA %s TO ${groups.read}, ${groups.readWrite}', thing.name);
  END LOOP;
  FOR thing IN SELECT c.oid::regclass AS name, c.relkind AS kind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      AND pg_has_role(c.relowner, 'USAGE') LOOP
    IF thing.kind = 'S' THEN
      EXECUTE format('GRANT USAGE, SELECT, UPDATE ON SEQUENCE %s TO ${groups.readWrite}', thing.name);
    ELSE
      EXECUTE format('GRANT SELECT ON TABLE %s TO ${groups.read}', thing.name);
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %s TO ${groups.readWrite}', thing.name);
    END IF;
  END LOOP;
  ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO ${groups.read}, ${groups.readWrite};
  ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${groups.read};
  ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${groups.readWrite};
  ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO ${groups.readWrite};
END`);

/**
 * A login that is no longer listed belongs to a service that is gone, or to its former word. What it made goes to the owner. The job runs
 * before the services move, so a login that somebody is connected by is left to its next run.
 */
function removalSql(listed: readonly string[]): string {
  return inBlock(`
DECLARE login name;
BEGIN
  FOR login IN SELECT DISTINCT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
    WHERE m.roleid IN (${Object.values(groups)
      .map((group) => `${literal(group)}::regrole`)
      .join(", ")}) AND r.rolname ~ '_[ab]$' AND r.rolcanlogin
      AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.usename = r.rolname) AND r.rolname <> ALL (ARRAY[${listed.map(literal).join(", ")}]::name[]) LOOP
    EXECUTE format('GRANT %I TO CURRENT_USER', login);
    EXECUTE format('REASSIGN OWNED BY %I TO CURRENT_USER', login);
    EXECUTE format('DROP OWNED BY %I', login);
    EXECUTE format('DROP ROLE %I', login);
  END LOOP;
END`);
}

/** The tag is one that no text inside can hold: identifiers and literals are made of names that the settings have checked. */
function inBlock(body: string): string {
  const code = body.startsWith("\n") ? body : ` BEGIN ${body} END `;
  return `DO $platform$${code}${body.startsWith("\n") ? "\n" : ""}$platform$;`;
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Standard strings: a backslash is a backslash. With one inside, the form that says so is taken, whatever the server's setting. */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes("\\") ? `E${quoted.replaceAll("\\", "\\\\")}` : quoted;
}
