// A throw-away PostgreSQL of Debian's package, on a socket in a folder of its own: no port, no network, gone after the test.
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const packages = "/usr/lib/postgresql";

/** The newest version that is installed; undefined where there is none. */
export function postgresBinaries(): string | undefined {
  const versions = existsSync(packages) ? readdirSync(packages).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(packages, version, "bin")).find((bin) => existsSync(join(bin, "initdb")));
}

export interface Cluster {
  /** Folder of the socket: what `PGHOST` is set to. */
  readonly host: string;
  /** What psql prints for a statement; throws with the server's message. */
  readonly sql: (statement: string, login?: { readonly user: string; readonly password: string; readonly database?: string }) => string;
  readonly stop: () => void;
}

/** `superuser` / `secret` owns it; everybody needs a password. The server refuses to run as root, so there it runs as nobody. */
export function startCluster(bin: string): Cluster {
  const folder = mkdtempSync(join(tmpdir(), "pg-"));
  chmodSync(folder, 0o777);
  const data = join(folder, "data");
  const asNobody = process.getuid?.() === 0;
  const run = (command: string, args: readonly string[]): void => {
    const [file, all] = asNobody
      ? ["setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", join(bin, command), ...args]]
      : [join(bin, command), [...args]];
    execFileSync(file, all, { stdio: ["ignore", "ignore", "inherit"], cwd: folder, env: { PATH: process.env.PATH, LC_ALL: "C" } });
  };
  const password = join(folder, "password");
  writeFileSync(password, "secret\n", { mode: 0o644 });
  run("initdb", ["-D", data, "-U", "superuser", `--pwfile=${password}`, "--auth=scram-sha-256", "-E", "UTF8", "--no-sync"]);
  const options = `-c listen_addresses='' -c unix_socket_directories='${folder}' -c fsync=off`;
  run("pg_ctl", ["-D", data, "-w", "-l", join(folder, "log"), "-o", options, "start"]);
  return {
    host: folder,
    sql(statement, { user, password, database = "app" } = { user: "superuser", password: "secret", database: "postgres" }) {
      const env = { PATH: process.env.PATH, PGHOST: folder, PGUSER: user, PGPASSWORD: password, PGDATABASE: database };
      const done = spawnSync("psql", ["--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1", "-c", statement], { env, encoding: "utf8" });
      if (done.status !== 0) throw new Error(done.stderr.trim());
      return done.stdout.trim();
    },
    stop() {
      run("pg_ctl", ["-D", data, "-m", "immediate", "stop"]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
