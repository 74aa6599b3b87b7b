// The logins of the services: the very command of the job, run against a real server, through two rotations.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { expect } from "chai";
import { rolesCommand, rolesJob } from "../../jobs/roles/job";
import { scramVerifier } from "../../jobs/roles/scram";
import { identifier, literal, type RoleLogin, rolesSql } from "../../jobs/roles/sql";
import { type Cluster, postgresBinaries, startCluster } from "../support/postgres";

const owner = { user: "platform", password: "owner's \"password" };
const login = (role: string, access: RoleLogin["access"], password: string): RoleLogin => ({ role, access, password });
const as = ({ role, password }: RoleLogin) => ({ user: role, password });

describe("the SQL of the logins", () => {
  it("holds no password in clear, and is the same for the same logins", () => {
    const logins = [login("api_read_write_a", "readWrite", "geheim")];
    expect(rolesSql(logins)).to.equal(rolesSql(logins)).and.to.include("SCRAM-SHA-256$4096:").and.not.to.include("geheim");
    expect(scramVerifier("a", "x")).not.to.equal(scramVerifier("b", "x"));
    expect(scramVerifier("a", "x")).not.to.equal(scramVerifier("a", "y"));
  });

  it("quotes what would end a name or a text", () => {
    expect(identifier('a"b')).to.equal('"a""b"');
    expect([literal("a'b"), literal("a\\b")]).to.deep.equal(["'a''b'", "E'a\\\\b'"]);
  });

  it("is run in one transaction by a job that is started by hand, as the owner", () => {
    expect(rolesJob).to.deep.include({ kind: "job", uses: { database: "own" }, readOnlyRoot: true, user: 1000, spot: false });
    expect(rolesJob.schedule).to.equal(undefined);
    expect(rolesCommand.join(" ")).to.include("--set=ON_ERROR_STOP=1 --single-transaction");
  });
});

describe("the job of the logins, on a real PostgreSQL", function () {
  this.timeout(30_000);
  const bin = postgresBinaries();
  let cluster: Cluster;

  /** What the container would do: the command of the job, with the environment of its uses. */
  const run = (script: string): { status: number | null; stderr: string } => {
    const [command, ...args] = rolesCommand;
    const env = {
      PATH: process.env.PATH,
      DATABASE_HOST: cluster.host,
      DATABASE_PORT: "5432",
      DATABASE_NAME: "app",
      DATABASE_USER: owner.user,
      DATABASE_PASSWORD: owner.password,
      DATABASE_SSLMODE: "require",
      DATABASE_ROLES: script,
    };
    const { status, stderr } = spawnSync(command, args, { env, encoding: "utf8" });
    return { status, stderr };
  };
  const apply = (...logins: RoleLogin[]): void => void expect(run(rolesSql(logins))).to.deep.equal({ status: 0, stderr: "" });

  before(function () {
    if (bin === undefined) {
      process.stdout.write("      skipped: no PostgreSQL in /usr/lib/postgresql (apt-get install postgresql)\n");
      this.skip();
    }
    cluster = startCluster(bin);
    // What the clouds give: an owner who is no superuser, but may make roles.
    cluster.sql(`CREATE ROLE platform LOGIN CREATEROLE PASSWORD ${literal(owner.password)}`);
    cluster.sql("CREATE DATABASE app OWNER platform");
    // What belongs to the cloud stands in the way of nobody.
    cluster.sql("CREATE TABLE public.of_the_cloud (); CREATE SCHEMA cloud", { user: "superuser", password: "secret" });
    cluster.sql("CREATE TABLE orders (id serial PRIMARY KEY, what text); INSERT INTO orders (what) VALUES ('one')", owner);
  });
  after(() => cluster?.stop());

  const api = login("order_api_read_write_a", "readWrite", "first'\\$password");
  const report = login("report_read_a", "read", "first");

  it("makes a login that reads and writes rows, and one that only reads", () => {
    apply(api, report);
    expect(cluster.sql("INSERT INTO orders (what) VALUES ('two'); SELECT count(*) FROM orders", as(api))).to.equal("2");
    expect(cluster.sql("SELECT count(*) FROM orders", as(report))).to.equal("2");
    expect(() => cluster.sql("INSERT INTO orders (what) VALUES ('three')", as(report))).to.throw("permission denied");
    for (const each of [api, report]) {
      expect(() => cluster.sql("CREATE TABLE mine ()", as(each))).to.throw("permission denied");
      expect(() => cluster.sql("DROP TABLE orders", as(each))).to.throw("must be owner");
      expect(() => cluster.sql("CREATE ROLE other", as(each))).to.throw("permission denied");
    }
  });

  it("gives the same rights on what the owner makes later", () => {
    cluster.sql(
      "CREATE SCHEMA shop; CREATE TABLE shop.carts (id serial, what text); CREATE VIEW shop.all_carts AS TABLE shop.carts",
      owner,
    );
    cluster.sql("INSERT INTO shop.carts (what) VALUES ('x'); UPDATE shop.carts SET what = 'y'; DELETE FROM shop.carts", as(api));
    expect(cluster.sql("SELECT count(*) FROM shop.all_carts", as(report))).to.equal("0");
  });

  it("changes nothing when it runs again", () => {
    const roles = (): string => cluster.sql("SELECT rolname, rolpassword FROM pg_authid WHERE rolname !~ '^pg_' ORDER BY 1");
    const before = roles();
    apply(api, report);
    expect(roles()).to.equal(before);
  });

  it("rotates without shutting out who still has the last password, and shuts out who has the one before", () => {
    const second = login("order_api_read_write_b", "readWrite", "second");
    apply(second, api);
    for (const each of [second, api]) expect(cluster.sql("SELECT current_user", as(each))).to.equal(each.role);
    const third = { ...api, password: "third" };
    apply(third, second);
    for (const each of [third, second]) expect(cluster.sql("SELECT current_user", as(each))).to.equal(each.role);
    expect(() => cluster.sql("SELECT 1", as(api))).to.throw("password authentication failed");
  });

  /** A service that is connected, until the returned function was awaited. */
  const connected = async ({ role, password }: RoleLogin): Promise<() => Promise<void>> => {
    const env = { PATH: process.env.PATH, PGHOST: cluster.host, PGUSER: role, PGPASSWORD: password, PGDATABASE: "app" };
    const psql = spawn("psql", ["--no-psqlrc", "-qAt"], { env, stdio: ["pipe", "pipe", "ignore"] });
    psql.stdin.write("SELECT 1;\n");
    await once(psql.stdout, "data");
    return async () => {
      psql.stdin.end();
      await once(psql, "close");
      // The server notices a little later.
      while (cluster.sql(`SELECT count(*) FROM pg_stat_activity WHERE usename = ${literal(role)}`) !== "0") await setTimeout(20);
    };
  };

  it("takes away the logins of services that are gone and of which nobody is connected, and keeps what they made", async () => {
    const gone = login("gone_read_write_a", "readWrite", "x");
    const third = { ...api, password: "third" };
    apply(third, gone);
    cluster.sql("GRANT CREATE ON SCHEMA shop TO gone_read_write_a", owner);
    cluster.sql("CREATE TABLE shop.kept (id int)", as(gone));
    const there = (): string => cluster.sql("SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles WHERE rolname ~ '_[ab]$'");
    // It serves until the deployment has come to it.
    const leave = await connected(gone);
    apply(third);
    expect(there()).to.equal(`${gone.role} ${third.role}`);
    await leave();
    apply(third);
    expect(there()).to.equal(third.role);
    expect(cluster.sql("SELECT tableowner FROM pg_tables WHERE tablename = 'kept'", owner)).to.equal("platform");
  });

  it("does all or nothing", () => {
    const before = cluster.sql("SELECT count(*) FROM pg_roles");
    const failed = run(`${rolesSql([login("new_read_a", "read", "x")])}\nSELECT 1/0;`);
    expect(failed.status).not.to.equal(0);
    expect(failed.stderr).to.include("division by zero");
    expect(cluster.sql("SELECT count(*) FROM pg_roles")).to.equal(before);
  });

  it("takes any password", () => {
    const any = login("any_read_b", "read", `x'"\\$(id)\`&<>; --\t`);
    apply(any);
    expect(cluster.sql("SELECT current_user", as(any))).to.equal(any.role);
  });
});
