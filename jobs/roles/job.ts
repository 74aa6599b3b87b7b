// The job that runs the SQL of the logins: PostgreSQL's own client, so there is nothing to build. What deploys starts it, or a
// person (docs/secrets.md), after an update that made new passwords and before the one that moves the services to them.
import type { ServiceSpec } from "../../components/app-service/index";

/** The name of the component, and of the task or job by which it is started. */
export const rolesJobName = "database-roles";
/** The script arrives under this name, from the vault. */
export const scriptVariable = "DATABASE_ROLES";

/** In one transaction: all logins or none. The script is passed as standard input: arguments of a process can be read by others. */
export const rolesCommand = [
  "sh",
  "-c",
  [
    "export PGHOST=$DATABASE_HOST PGPORT=$DATABASE_PORT PGDATABASE=$DATABASE_NAME PGUSER=$DATABASE_USER PGSSLMODE=$DATABASE_SSLMODE",
    "export PGPASSWORD=$DATABASE_PASSWORD",
    `printf %s "$${scriptVariable}" | psql --no-psqlrc --quiet --output=/dev/null --set=ON_ERROR_STOP=1 --single-transaction --file=-`,
  ].join("; "),
] as const;

/** A job without a schedule. Its word `own` is the owner's login: nobody else may make roles. */
export const rolesJob: ServiceSpec = {
  kind: "job",
  image: "public.ecr.aws/docker/library/postgres:17-alpine",
  command: rolesCommand,
  port: 3000,
  healthPath: "/health",
  readyPath: "/ready",
  cpu: 0.25,
  memoryMb: 512,
  scale: { min: 0, max: 1, cpuAbove: 70, cpuBelow: 30, memoryAbove: 80, step: 1, schedules: [] },
  routes: { paths: [], hosts: [] },
  internal: false,
  cors: [],
  env: {},
  secrets: {},
  uses: { database: "own" },
  spot: false,
  readOnlyRoot: true,
  user: 1000,
  deployment: "rolling",
};
