// The engine's login at Azure in CI: a file with GitHub's token, renewed as long as a command runs.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { azureCredential } from "../../automation/credentials-azure";
import { withLogin } from "../../automation/engine-login";

const who = { ARM_TENANT_ID: "tenant", ARM_CLIENT_ID: "client" };

describe("the login of the engine at Azure", () => {
  const temporary = mkdtempSync(join(tmpdir(), "login-test-"));
  const asked: string[] = [];
  let refused = (_number: number): boolean => false;
  let server: Server;
  let github: Record<string, string> = {};
  let err = "";
  const printer = { out: () => undefined, err: (text: string) => void (err += text) };
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const numberIn = (file: string): number => Number(readFileSync(file, "utf8").replace("token ", ""));

  before((done) => {
    server = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization}`);
      const bad = refused(asked.length);
      response.writeHead(bad ? 500 : 200).end(bad ? "sorry" : JSON.stringify({ value: `token ${asked.length}` }));
    }).listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      github = {
        ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/token?api-version=2`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: "bearer",
        RUNNER_TEMP: temporary,
      };
      done();
    });
  });
  beforeEach(() => {
    asked.length = 0;
    err = "";
    refused = () => false;
  });
  after((done) => {
    rmSync(temporary, { recursive: true });
    server.close(done);
  });

  it("is a file that nobody else reads, with a token that is renewed, and gone afterwards", async () => {
    const code = await withLogin(
      { ...who, ...github, ARM_USE_OIDC: "true" },
      printer,
      async (engine) => {
        const { AZURE_FEDERATED_TOKEN_FILE: file = "", ...rest } = engine;
        expect(rest).to.deep.equal({ AZURE_TENANT_ID: "tenant", AZURE_CLIENT_ID: "client" });
        expect(readFileSync(file, "utf8")).to.equal("token 1");
        expect(statSync(file).mode & 0o777).to.equal(0o600);
        expect(statSync(join(file, "..")).mode & 0o777).to.equal(0o700);
        await until(() => numberIn(file) >= 3);
        return 7;
      },
      0.01,
    );
    expect([code, err]).to.deep.equal([7, ""]);
    expect(asked[0]).to.equal("/token?api-version=2&audience=api%3A%2F%2FAzureADTokenExchange Bearer bearer");
    expect(readdirSync(temporary)).to.deep.equal([]);
  });

  it("stays as it is when a renewal fails, which is tried again", async () => {
    refused = (number) => number === 2;
    await withLogin(
      { ...who, ...github, ARM_USE_OIDC: "1" },
      printer,
      async ({ AZURE_FEDERATED_TOKEN_FILE: file = "" }) => {
        await until(() => asked.length >= 2);
        expect(numberIn(file)).not.to.equal(2);
        await until(() => numberIn(file) >= 3);
        return 0;
      },
      0.01,
    );
    expect(err).to.equal("the login at Azure was not renewed this time: CI gave no token for Azure: status 500\n");
  });

  it("that CI does not give ends the command before it begins, exit code 3", async () => {
    refused = () => true;
    const code = await withLogin({ ...who, ...github, ARM_USE_OIDC: "true" }, printer, () => Promise.reject(new Error("begun")));
    expect([code, err]).to.deep.equal([3, "error: no login at Azure: CI gave no token for Azure: status 500\n"]);
    expect(readdirSync(temporary)).to.deep.equal([]);
  });

  it("goes away with a command that fails", async () => {
    const error: unknown = await withLogin({ ...who, ...github, ARM_USE_OIDC: "true" }, printer, () =>
      Promise.reject(new Error("a fault")),
    ).catch((reason: unknown) => reason);
    expect(String(error)).to.equal("Error: a fault");
    expect(readdirSync(temporary)).to.deep.equal([]);
  });

  const file = { AZURE_TENANT_ID: "tenant", AZURE_CLIENT_ID: "client", AZURE_FEDERATED_TOKEN_FILE: "/given" };
  const rows: [what: string, env: Record<string, string>, engine: Record<string, string>][] = [
    ["a token's file that CI keeps", { ...who, ARM_USE_OIDC: "true", ARM_OIDC_TOKEN_FILE_PATH: "/given" }, file],
    ["nothing where the engine has such a file", { ...who, ARM_USE_OIDC: "true", AZURE_FEDERATED_TOKEN_FILE: "/given" }, {}],
    ["nothing with a token that is a value", { ...who, ARM_USE_OIDC: "true", ARM_OIDC_TOKEN: "a" }, {}],
    ["nothing with a secret", { ...who, ARM_CLIENT_SECRET: "s" }, {}],
    ["nothing where OIDC is off", { ...who, ARM_USE_OIDC: "false" }, {}],
    ["nothing without a client", { ARM_TENANT_ID: "tenant", ARM_USE_OIDC: "true" }, {}],
    ["nothing without a tenant", { ARM_CLIENT_ID: "client", ARM_USE_OIDC: "true" }, {}],
    ["nothing on AWS", { AWS_REGION: "us-east-1" }, {}],
  ];
  for (const [what, env, engine] of rows) {
    it(`is ${what}`, async () => {
      const given = "ARM_OIDC_TOKEN_FILE_PATH" in env ? {} : github;
      const told: unknown[] = [];
      await withLogin({ ...given, ...env }, printer, (each) => {
        told.push(each);
        return Promise.resolve(0);
      });
      expect([told, asked, err]).to.deep.equal([[engine], [], ""]);
    });
  }

  it("is nothing where nobody gives tokens, and the command's own login says so", async () => {
    expect(await withLogin({ ...who, ARM_USE_OIDC: "true" }, printer, (engine) => Promise.resolve(Object.keys(engine).length))).to.equal(0);
    const tenant = "33333333-1111-4111-8111-111111111111";
    const credential = azureCredential({ ARM_TENANT_ID: tenant, ARM_CLIENT_ID: tenant, ARM_USE_OIDC: "true" });
    const error: unknown = await credential.getToken("https://management.azure.com/.default").catch((reason: unknown) => reason);
    expect(String(error)).to.contain("permissions: id-token: write");
  });
});
