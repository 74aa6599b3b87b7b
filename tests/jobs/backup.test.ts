// The scheduled work of the backups: the very commands of the containers, against a real PostgreSQL, a blob service that writes down what
// it gets, and a command line of Azure that plays its part.
import { expect } from "chai";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dumpScript, streamScript } from "../../jobs/archive/dump";
import { exportScript } from "../../jobs/cache/export";
import { judgeScript, readScript, restoreScript } from "../../jobs/restore-test/azure";
import { verifyScript } from "../../jobs/restore-test/verify";
import { type Cluster, postgresBinaries, startCluster } from "../support/postgres";

type Env = Readonly<Record<string, string>>;

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Asynchronous, as the blob service answers in this very process. */
function run(command: readonly string[], env: Env): Promise<Ended> {
  const [file = "", ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(file, args, { env: { PATH: process.env.PATH, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let [out, err] = ["", ""];
    child.stdout.on("data", (text: Buffer) => (out += text.toString()));
    child.stderr.on("data", (text: Buffer) => (err += text.toString()));
    child.on("close", (status) => resolve({ status, out, err }));
  });
}

describe("the jobs of the backups, on a real PostgreSQL", function () {
  this.timeout(60_000);
  const bin = postgresBinaries();
  const owner = { user: "platform", password: "geheim" };
  let cluster: Cluster;
  let work: string;
  let env: Env;

  before(function () {
    if (bin === undefined) {
      process.stdout.write("      skipped: no PostgreSQL in /usr/lib/postgresql (apt-get install postgresql)\n");
      this.skip();
    }
    cluster = startCluster(bin);
    cluster.sql(`CREATE ROLE platform LOGIN CREATEDB PASSWORD '${owner.password}'`);
    cluster.sql("CREATE DATABASE app OWNER platform");
    cluster.sql("CREATE TABLE orders AS SELECT n AS id, md5(n::text) AS what FROM generate_series(1, 20000) n", owner);
    work = mkdtempSync(join(tmpdir(), "work-"));
    env = {
      PATH: `${bin}:${process.env.PATH}`,
      WORK: work,
      DATABASE_HOST: cluster.host,
      DATABASE_PORT: "5432",
      DATABASE_NAME: "app",
      DATABASE_USER: owner.user,
      DATABASE_PASSWORD: owner.password,
      // The socket of the test has no TLS; the clouds' servers refuse all else.
      DATABASE_SSLMODE: "prefer",
      RESTORE_QUERY: "select count(*) = 20000 from orders",
      VERIFY: verifyScript,
    };
  });
  after(() => {
    cluster?.stop();
    if (work !== undefined) rmSync(work, { recursive: true, force: true });
  });

  const restored = (file: string): string => {
    cluster.sql("DROP DATABASE IF EXISTS again", { ...owner, database: "postgres" });
    cluster.sql("CREATE DATABASE again", { ...owner, database: "postgres" });
    const at = { PATH: env.PATH, PGHOST: cluster.host, PGUSER: owner.user, PGPASSWORD: owner.password };
    const done = spawnSync("pg_restore", ["--dbname=again", "--no-owner", file], { env: at, encoding: "utf8" });
    expect(done.stderr).to.equal("");
    return cluster.sql("SELECT count(*) || ' ' || max(what) FROM orders", { ...owner, database: "again" });
  };
  const content = (): string => cluster.sql("SELECT count(*) || ' ' || max(what) FROM orders", owner);

  describe("the archive of AWS", () => {
    it("writes a dump that restores", async () => {
      expect(await run(["sh", "-c", dumpScript], env)).to.deep.equal({ status: 0, out: "", err: "" });
      expect(restored(join(work, "database.dump"))).to.equal(content());
    });

    it("leaves nothing that could be taken for a dump when it fails", async () => {
      const { status, err } = await run(["sh", "-c", dumpScript], { ...env, DATABASE_NAME: "nowhere" });
      expect(status).not.to.equal(0);
      expect(err).to.include('"nowhere" does not exist');
      expect(existsSync(join(work, "database.dump"))).to.equal(false);
    });
  });

  describe("the archive of Azure", () => {
    let server: Server;
    let requests: { readonly method: string; readonly url: URL; readonly headers: NodeJS.Dict<string | string[]>; readonly body: Buffer }[];
    /** What the service answers to the next requests; afterwards 201. */
    let answers: number[];
    const upload = readFileSync(join(__dirname, "../../jobs/archive/upload.mjs"), "utf8");

    before((done) => {
      server = createServer((request, response) => {
        const parts: Buffer[] = [];
        request.on("data", (part: Buffer) => parts.push(part));
        request.on("end", () => {
          const { method = "", url = "", headers } = request;
          requests.push({ method, url: new URL(url, "http://here"), headers, body: Buffer.concat(parts) });
          if (method === "GET") response.end(JSON.stringify({ access_token: "the-token" }));
          else response.writeHead(answers.shift() ?? 201).end();
        });
      }).listen(0, "127.0.0.1", done);
    });
    after((done) => void server.close(done));
    beforeEach(() => {
      [requests, answers] = [[], []];
    });

    const both = async (changes: Env = {}): Promise<readonly [Ended, Ended]> => {
      const here = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const own = {
        IDENTITY_ENDPOINT: `${here}/token`,
        IDENTITY_HEADER: "knows",
        AZURE_CLIENT_ID: "client",
        ARCHIVE_URL: `${here}/backups`,
      };
      const small = { BLOCK_BYTES: "50000", RETRY_MS: "1" };
      rmSync(join(work, "pipe"), { force: true });
      return Promise.all([
        run(["sh", "-c", streamScript], { ...env, ...changes }),
        run(["node", "--input-type=module", "--eval", upload], { ...env, ...own, ...small, ...changes }),
      ]);
    };
    const puts = () => requests.filter(({ method }) => method === "PUT");
    const commits = () => puts().filter(({ url }) => url.searchParams.get("comp") === "blocklist");

    it("streams a dump in blocks that restore, in its own name", async () => {
      const [dump, sent] = await both();
      expect(dump).to.deep.equal({ status: 0, out: "", err: "" });
      expect(sent.status, sent.err).to.equal(0);
      const blocks = puts().filter(({ url }) => url.searchParams.get("comp") === "block");
      expect(blocks.length).to.be.greaterThan(3);
      const named = [...(commits()[0]?.body.toString() ?? "").matchAll(/<Latest>(.+?)<\/Latest>/g)].map(([, id]) => id);
      expect(named).to.deep.equal(blocks.map(({ url }) => url.searchParams.get("blockid")));
      const file = join(work, "streamed.dump");
      writeFileSync(file, Buffer.concat(blocks.map(({ body }) => body)));
      expect(restored(file)).to.equal(content());
      for (const { url, headers } of puts()) {
        expect(url.pathname).to.match(/^\/backups\/archive\/\d{4}\/\d\d\/\d\d\/database\.dump$/);
        expect(headers).to.include({ authorization: "Bearer the-token", "x-ms-version": "2023-11-03" });
      }
      const [token] = requests;
      expect(token?.headers).to.include({ "x-identity-header": "knows" });
      expect(token?.url.search).to.equal("?resource=https%3A%2F%2Fstorage.azure.com%2F&api-version=2019-08-01&client_id=client");
    });

    it("tries again what may pass, and not what won't", async () => {
      answers = [503, 500, 429];
      const [dump, sent] = await both();
      expect([dump.status, sent.status], sent.err).to.deep.equal([0, 0]);
      expect(commits()).to.have.lengthOf(1);
      requests = [];
      answers = [403];
      const [, refused] = await both();
      expect(refused.status).not.to.equal(0);
      expect(refused.err).to.include("403");
      expect(puts()).to.have.lengthOf(1);
    });

    it("keeps nothing of a dump that failed", async () => {
      const [dump, sent] = await both({ DATABASE_NAME: "nowhere" });
      expect(dump.status).not.to.equal(0);
      expect(sent.status).not.to.equal(0);
      expect(sent.err).to.include("the dump failed: nothing is kept of it");
      expect(commits()).to.deep.equal([]);
    });
  });

  describe("the restore test", () => {
    const verify = (changes: Env = {}) => run(["sh", "-c", verifyScript], { ...env, ...changes });

    it("reads every row, and asks the stack's question", async () => {
      expect(await verify()).to.deep.equal({ status: 0, out: "restored and read: 1 tables\n", err: "" });
    });

    it("fails on another answer, on no answer and on a server that is not there", async () => {
      const wrong = await verify({ RESTORE_QUERY: "select count(*) > 20000 from orders" });
      expect(wrong).to.include({ status: 1, err: "the restored database answered: f\n" });
      expect((await verify({ RESTORE_QUERY: "select 1 from nothing" })).status).not.to.equal(0);
      const absent = await verify({ DATABASE_HOST: "/nowhere", RESTORE_TRIES: "0" });
      expect(absent).to.include({ status: 1, err: "the restored server does not listen\n" });
    });

    it("fails on one table that can't be read, whatever the question", async () => {
      cluster.sql("CREATE TABLE public.closed ()", { user: "superuser", password: "secret" });
      const { status, err } = await verify({ RESTORE_QUERY: "select true" });
      cluster.sql("DROP TABLE public.closed", { user: "superuser", password: "secret" });
      expect(status).not.to.equal(0);
      expect(err).to.include("permission denied for table closed");
    });
  });

  describe("the restore test of Azure", () => {
    let calls: () => string[];
    let azure: Env;

    /** A server is there from its PUT to its DELETE; it is ready when asked for the second time. */
    beforeEach(() => {
      const folder = mkdtempSync(join(work, "az-"));
      const az = join(folder, "az");
      writeFileSync(
        az,
        `#!/bin/bash
echo "$*" >> ${folder}/calls
method= query=
for ((i = 1; i <= $#; i++)); do j=$((i + 1)); case "\${!i}" in --method) method=\${!j} ;; --query) query=\${!j} ;; esac; done
case "$1 $method $query" in
  "login "*) exit "\${LOGIN:-0}" ;;
  "rest put "*) [ -z "\${REFUSE:-}" ] || exit 1; touch ${folder}/server ;;
  "rest delete "*) rm -f ${folder}/server ${folder}/asked ;;
  "rest get properties.state") if [ -e ${folder}/asked ]; then echo Ready; else touch ${folder}/asked; echo Starting; fi ;;
  "rest get properties.fullyQualifiedDomainName") echo "$SOCKET" ;;
  "rest get "*) [ -e ${folder}/server ] ;;
esac
`,
      );
      chmodSync(az, 0o755);
      calls = () => readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
      azure = {
        ...env,
        PATH: `${folder}:${env.PATH}`,
        WORK: folder,
        SOCKET: cluster.host,
        PAUSE: "0",
        TRIES: "3",
        AZURE_CLIENT_ID: "client",
        RESTORED: "/subscriptions/0/server",
        REQUEST: '{"pointInTimeUTC":"@TIME@"}',
      };
    });

    /** The three containers, one after the other. */
    const test = async (changes: Env = {}): Promise<readonly Ended[]> => {
      const all = { ...azure, ...changes };
      const restore = await run(["bash", "-c", restoreScript], all);
      const read = await run(["sh", "-c", readScript], { ...all, DATABASE_HOST: "/the/source" });
      return [restore, read, await run(["bash", "-c", judgeScript], all)];
    };

    it("restores, reads and deletes", async () => {
      const ended = await test();
      expect(
        ended.map(({ status }) => status),
        JSON.stringify(ended),
      ).to.deep.equal([0, 0, 0]);
      const changing = calls().filter((call) => /--method (put|delete)/.test(call));
      expect(changing.map((call) => call.split(" ")[2])).to.deep.equal(["delete", "put", "delete"]);
      for (const call of changing)
        expect(call).to.include("--url https://management.azure.com/subscriptions/0/server?api-version=2025-08-01");
      const [, time = ""] = /"pointInTimeUTC":"(.+?)"/.exec(changing[1] ?? "") ?? [];
      expect((Date.now() - Date.parse(time)) / 60_000).to.be.within(59, 62);
    });

    it("deletes and fails when the data can't be read, when nothing was restored, and when nobody could log in", async () => {
      for (const changes of [{ RESTORE_QUERY: "select false" }, { REFUSE: "yes" }] as Env[]) {
        const [restore, read, judge] = await test(changes);
        expect([restore?.status, read?.status, judge?.status]).to.deep.equal([0, 0, 1]);
        expect(judge?.err).to.include("could not be restored and read");
        expect(calls().at(-1)).to.match(/rest --method get/);
        expect(existsSync(join(azure.WORK ?? "", "server"))).to.equal(false);
      }
      expect((await test({ LOGIN: "1" })).map(({ status }) => status)).to.deep.equal([0, 0, 1]);
    });
  });
});

describe("the export of the cache on Azure", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "az-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const exported = async (changes: Env = {}): Promise<{ readonly ended: Ended; readonly calls: string[] }> => {
    const az = join(folder, "az");
    writeFileSync(
      az,
      `#!/bin/bash
echo "$*" >> ${folder}/calls
case "$*" in *resourceState*) echo "$STATE" ;; *"blob list"*) echo "$FILES" ;; esac
`,
    );
    chmodSync(az, 0o755);
    const env = {
      ACCOUNT: "store",
      CONTAINER: "cache",
      DAYS: "7",
      CACHE_DATABASE: "/cluster/databases/default",
      AZURE_CLIENT_ID: "client",
    };
    const fast = { PATH: `${folder}:${process.env.PATH}`, PAUSE: "0", TRIES: "2", STATE: "Running", FILES: "1" };
    const ended = await run(["bash", "-c", exportScript], { ...env, ...fast, ...changes });
    return { ended, calls: readFileSync(join(folder, "calls"), "utf8").trim().split("\n") };
  };

  it("asks the cluster for it, waits, looks for the file, and deletes what is older than its days", async () => {
    const { ended, calls } = await exported();
    expect(ended).to.deep.equal({ status: 0, out: "exported 1 files\n", err: "" });
    expect(calls.map((call) => call.split(" ").slice(0, 3).join(" "))).to.deep.equal([
      "login --identity --client-id",
      "rest --method post",
      "rest --method get",
      "storage blob list",
      "storage blob delete-batch",
    ]);
    expect(calls[1]).to.include("/cluster/databases/default/export?api-version=2025-07-01");
    expect(calls[1]).to.include('--body {"sasUri":"https://store.blob.core.windows.net/cache"}');
    const [, before = ""] = /--if-unmodified-since (\S+)/.exec(calls[4] ?? "") ?? [];
    expect((Date.now() - Date.parse(before)) / 86_400_000).to.be.within(6.9, 7.1);
  });

  it("fails, and deletes nothing, when the export doesn't end or leaves no file", async () => {
    for (const changes of [{ STATE: "Updating" }, { FILES: "0" }] as Env[]) {
      const { ended, calls } = await exported(changes);
      expect(ended.status).to.equal(1);
      expect(calls.some((call) => call.includes("delete-batch"))).to.equal(false);
      rmSync(join(folder, "calls"));
    }
  });
});
