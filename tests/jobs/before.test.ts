// The jobs before the services as a deployment runs them (P8), on a real PostgreSQL: the logins, then a migration as the owner, each the
// very command of its container. Only the cloud in between is played: it starts a process instead of a task.
import { spawn } from "node:child_process";
import { expect } from "chai";
import { type Job, type Jobs, type Look, runJob } from "../../automation/jobs";
import { Stop } from "../../automation/outcome";
import { rolesCommand } from "../../jobs/roles/job";
import { rolesSql } from "../../jobs/roles/sql";
import { type Cluster, postgresBinaries, startCluster } from "../support/postgres";

/** As in docs/deploying.md: a migration that is safe to repeat, and to run beside itself. */
const migration = [
  "sh",
  "-c",
  [
    "export PGHOST=$DATABASE_HOST PGPORT=$DATABASE_PORT PGDATABASE=$DATABASE_NAME PGUSER=$DATABASE_USER PGPASSWORD=$DATABASE_PASSWORD",
    "psql --no-psqlrc --quiet --output=/dev/null --set=ON_ERROR_STOP=1 --single-transaction --command='SELECT pg_advisory_xact_lock(1)' --command=\"$SQL\"",
  ].join("; "),
];
const first = "CREATE TABLE IF NOT EXISTS carts (id serial PRIMARY KEY, what text)";
const owner = { user: "platform", password: "owner" };
const api = { role: "api_read_write_a", access: "readWrite", password: "own" } as const;

describe("jobs before the services, on a real PostgreSQL", function () {
  this.timeout(30_000);
  const bin = postgresBinaries();
  let cluster: Cluster;

  before(function () {
    if (bin === undefined) {
      process.stdout.write("      skipped: no PostgreSQL in /usr/lib/postgresql (apt-get install postgresql)\n");
      this.skip();
    }
    cluster = startCluster(bin);
    cluster.sql("CREATE ROLE platform LOGIN CREATEROLE PASSWORD 'owner'");
    cluster.sql("CREATE DATABASE app OWNER platform");
  });
  after(() => cluster?.stop());

  /** A cloud of one machine: an execution is a process with the variables of the job's uses. */
  function machine(command: readonly string[], variables: Readonly<Record<string, string>>): Jobs {
    const [file = "", ...args] = command;
    const ends = new Map<string, Look>();
    const env = {
      ...{ PATH: process.env.PATH, DATABASE_HOST: cluster.host, DATABASE_PORT: "5432", DATABASE_NAME: "app" },
      ...{ DATABASE_USER: owner.user, DATABASE_PASSWORD: owner.password, DATABASE_SSLMODE: "disable", ...variables },
    };
    return {
      running: () => Promise.resolve([]),
      start() {
        const child = spawn(file, args, { env, stdio: "ignore" });
        const id = String(child.pid);
        child.on("close", (code) => ends.set(id, { running: false, succeeded: code === 0, words: `exit code ${code}` }));
        return Promise.resolve(id);
      },
      look: (_, id) => Promise.resolve(ends.get(id) ?? { running: true, words: "RUNNING" }),
      logs: () => "nowhere",
    };
  }
  const run = (name: string, jobs: Jobs): Promise<void> => {
    const job: Job = { name, id: name, hostId: "", subnetIds: [], securityGroupIds: [], logs: "" };
    const sleep = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 20));
    return runJob(jobs, job, 20, { say: () => undefined, sleep, now: Date.now, signal: new AbortController().signal });
  };
  const migrate = (sql: string): Promise<void> => run("migrate", machine(migration, { SQL: sql }));

  it("let a service's own login use what the migration has made, and change nothing of it", async () => {
    await run("database-roles", machine(rolesCommand, { DATABASE_ROLES: rolesSql([api]) }));
    await migrate(first);
    const as = { user: api.role, password: api.password };
    expect(cluster.sql("INSERT INTO carts (what) VALUES ('x'); SELECT count(*) FROM carts", as)).to.equal("1");
    expect(() => cluster.sql("ALTER TABLE carts ADD COLUMN more text", as)).to.throw("must be owner");
  });

  it("are safe to repeat, and to run beside themselves", async () => {
    await Promise.all([migrate(first), migrate(first)]);
    await run("database-roles", machine(rolesCommand, { DATABASE_ROLES: rolesSql([api]) }));
    expect(cluster.sql("SELECT count(*) FROM carts", owner)).to.equal("1");
  });

  it("stop the deployment when a migration fails, which has changed nothing then", async () => {
    const error: unknown = await migrate("ALTER TABLE carts ADD COLUMN more text; SELECT 1/0").catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(Stop).with.property("message", "the job migrate failed: exit code 1");
    expect(() => cluster.sql("SELECT more FROM carts", owner)).to.throw("does not exist");
  });
});
