// What runs against what was deployed, and whose cloud it is: the clouds' recorded answers through their real clients.
import { expect } from "chai";
import type { CloudApi } from "../../automation/cloud";
import { isDenied } from "../../automation/cloud";
import { type Identity, identityOf } from "../../automation/identity";
import { awsIdentity } from "../../automation/identity-aws";
import { azureIdentity } from "../../automation/identity-azure";
import { doctor } from "../../automation/inspect";
import { Stop } from "../../automation/outcome";
import { addressOf } from "../../automation/reach";
import { awsRunning } from "../../automation/running-aws";
import { azureRunning } from "../../automation/running-azure";
import { checkVersions, isSameImage, type Running, versionOf } from "../../automation/version";
import { faults, settings } from "../settings/support";
import { type AwsReplay, replayAws, replayAzure, type Script } from "../support/replay";

const reasonOf = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => undefined).catch((reason: unknown) => reason);

describe("the version of an image", () => {
  const digest = `sha256:${"0a".repeat(32)}`;
  it("is its tag, else its digest", () => {
    expect(versionOf("registry.example.org:5000/team/api:1.5.0")).to.equal("1.5.0");
    expect(versionOf(`registry.example.org/api:1.5.0@${digest}`)).to.equal("1.5.0");
    expect(versionOf(`registry.example.org/api@${digest}`)).to.equal(digest);
    expect(versionOf("api:1.2.3")).to.equal("1.2.3");
  });

  it("is the same by its short name where the image is of the platform's own registry", () => {
    expect(isSameImage("123456789012.dkr.ecr.us-east-1.amazonaws.com/platform/api:1", "api:1")).to.equal(true);
    expect(isSameImage("registry.azurecr.io/my-api:1", "api:1")).to.equal(false);
    expect(isSameImage("example.org/api:1", "example.org/api:1")).to.equal(true);
    expect(isSameImage("other.example.org/example.org/api:1", "example.org/api:1")).to.equal(false);
  });
});

describe("the image that AWS reports", () => {
  let replay: AwsReplay | undefined;
  afterEach(() => replay?.close());
  const id = "arn:aws:ecs:us-east-1:123456789012:service/platform-dev/platform-dev-api";
  const task = "arn:aws:ecs:us-east-1:123456789012:task-definition/platform-dev-api:7";
  const service = (rolloutState: string) => ({
    body: {
      failures: [],
      services: [
        {
          serviceArn: id,
          taskDefinition: task,
          deployments: [
            { status: "ACTIVE", taskDefinition: task.replace(":7", ":6"), rolloutState: "COMPLETED" },
            { status: "PRIMARY", taskDefinition: task, rolloutState },
          ],
        },
      ],
    },
  });
  const containers = [
    { name: "api", image: "example.org/api:2", essential: true },
    { name: "collector", image: "example.org/otel:1" },
  ];
  async function ask(script: Script): Promise<Running> {
    replay = await replayAws(script);
    return awsRunning(replay.config, id);
  }
  const recorded =
    (state: string): Script =>
    ({ target }) =>
      target === "DescribeServices"
        ? service(state)
        : { body: { taskDefinition: { taskDefinitionArn: task, containerDefinitions: containers } } };

  it("is that of the first container of the primary deployment, settled when ECS is through with it", async () => {
    expect(await ask(recorded("COMPLETED"))).to.deep.equal({ image: "example.org/api:2", settled: true });
    expect(replay?.asked.map(({ target, body }) => [target, body])).to.deep.equal([
      ["DescribeServices", { cluster: "platform-dev", services: ["platform-dev-api"] }],
      ["DescribeTaskDefinition", { taskDefinition: task }],
    ]);
    await replay?.close();
    expect(await ask(recorded("IN_PROGRESS"))).to.include({ settled: false });
  });

  it("is an error where there is none", async () => {
    expect(String(await reasonOf(ask(() => ({ body: { services: [] } }))))).to.match(/ECS knows no deployment of platform-dev-api/);
    expect(String(await reasonOf(awsRunning({ region: "us-east-1" }, "x")))).to.match(/names no cluster and service/);
  });
});

describe("the image that Azure reports", () => {
  const group = "/subscriptions/s/resourceGroups/rg-platform-dev/providers";
  const site = `${group}/Microsoft.Web/sites/app-platform-dev-api`;
  async function ask(id: string, script: Script): Promise<{ running: Running; paths: string[] }> {
    const { credential, options, asked } = replayAzure(script);
    const running = await azureRunning(credential, id, options);
    return { running, paths: asked.map(({ url }) => new URL(url).pathname) };
  }
  const config = (linuxFxVersion: string) => ({ body: { id: site, properties: { linuxFxVersion } } });

  it("is in the configuration of a site and of a slot", async () => {
    const of = await ask(site, () => config("DOCKER|example.org/api:2"));
    expect(of).to.deep.equal({ running: { image: "example.org/api:2", settled: true }, paths: [`${site}/config/web`] });
    const slot = await ask(`${site}/slots/candidate`, () => config("DOCKER|example.org/api:3"));
    expect(slot).to.deep.equal({ running: { image: "example.org/api:3", settled: true }, paths: [`${site}/slots/candidate/config/web`] });
  });

  it("is that of the main container where a collector stands beside it", async () => {
    const script: Script = ({ url }) =>
      url.includes("/sitecontainers")
        ? {
            body: {
              value: [
                { name: "collector", properties: { image: "example.org/otel:1", isMain: false } },
                { name: "main", properties: { image: "example.org/api:2", isMain: true } },
              ],
            },
          }
        : config("sitecontainers");
    expect((await ask(site, script)).running).to.deep.equal({ image: "example.org/api:2", settled: true });
    const { running, paths } = await ask(`${site}/slots/candidate`, script);
    expect(running.image).to.equal("example.org/api:2");
    expect(paths.at(-1)).to.equal(`${site}/slots/candidate/sitecontainers`);
    expect(
      String(
        await reasonOf(ask(site, ({ url }) => (url.includes("/sitecontainers") ? { body: { value: [] } } : config("sitecontainers")))),
      ),
    ).to.match(/knows no image of app-platform-dev-api/);
  });

  it("is the Container App's newest revision, settled when that is ready", async () => {
    const id = `${group}/Microsoft.App/containerApps/ca-dev-worker`;
    const app = (ready: string) => ({
      body: {
        id,
        location: "eastus2",
        properties: {
          latestRevisionName: "worker--2",
          latestReadyRevisionName: ready,
          template: { containers: [{ name: "worker", image: "example.org/worker:2" }] },
        },
      },
    });
    expect(await ask(id, () => app("worker--2"))).to.deep.equal({ running: { image: "example.org/worker:2", settled: true }, paths: [id] });
    expect((await ask(id, () => app("worker--1"))).running.settled).to.equal(false);
    expect(String(await reasonOf(ask(`${group}/Microsoft.Cache/redis/x`, () => app(""))))).to.match(/neither a site nor a Container App/);
  });
});

describe("what runs after an update", () => {
  const image = "example.org/api:2";
  const made = (config: object = {}, api: object = {}) =>
    settings({
      config: {
        domain: {
          name: "shop.example.org",
          aws: { certificateArn: `arn:aws:acm:us-east-1:123456789012:certificate/${"0".repeat(8)}-0000-4000-8000-${"0".repeat(12)}` },
        },
        services: {
          api: { image, routes: { paths: ["/api/*"] }, ...api },
          ...Object.fromEntries(["web", "worker", "nightly"].map((name) => [name, { enabled: false }])),
        },
        ...config,
      },
    });
  const outputs = {
    url: { value: "https://shop.example.org", secret: false },
    services: { value: { api: "https://api.azurewebsites.net" }, secret: false },
    workloads: { value: { api: "the-api" }, secret: false },
  };
  async function check(
    of: ReturnType<typeof made>,
    answers: { readonly body?: string; readonly running?: (seconds: number) => Running | Error; readonly none?: true },
  ) {
    let time = 0;
    const [said, asked]: [string[], string[]] = [[], []];
    const running = (id: string): Promise<Running> => {
      asked.push(id);
      const found = answers.running?.(time / 1000) ?? new Error("not asked");
      return found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
    };
    const wrong = await checkVersions(
      {
        settings: of,
        outputs,
        timeoutSeconds: 60,
        reachable: true,
        api: () => Promise.resolve(answers.none === true ? undefined : ({ running } as unknown as CloudApi)),
        say: (line) => void said.push(line),
      },
      {
        ask: (url) => (asked.push(url), Promise.resolve({ status: 200, body: answers.body ?? "" })),
        sleep: (seconds) => ((time += seconds * 1000), Promise.resolve()),
        signal: new AbortController().signal,
        now: () => time,
      },
    );
    return { wrong, said, asked, seconds: time / 1000 };
  }

  it("is asked at the service's own path, where that is led to", async () => {
    const of = made({}, { versionPath: "/api/version" });
    const good = await check(of, { body: '{"version":"2"}' });
    expect([good.wrong, new Set(good.asked)]).to.deep.equal([undefined, new Set(["https://shop.example.org/api/version"])]);
    expect((await check(of, { body: '{"version":"1"}' })).wrong).to.deep.include({ healthy: false, seconds: 60 });
  });

  it("may be the candidate's version while that has visitors", async () => {
    const canary = (percent: number) => {
      const candidate = { image: "example.org/api:3", percent };
      return made({}, { versionPath: "/api/version", deployment: "canary", cpu: 0.5, memoryMb: 1024, candidate });
    };
    expect((await check(canary(10), { body: "3" })).wrong).to.equal(undefined);
    expect((await check(canary(0), { body: "3" })).wrong).to.include({ healthy: false });
  });

  it("is the cloud's own word elsewhere, once the cloud is through with it", async () => {
    const { wrong, asked, seconds, said } = await check(made(), { running: (now) => ({ image, settled: now >= 20 }) });
    expect([wrong, new Set(asked), seconds]).to.deep.equal([undefined, new Set(["the-api"]), 20]);
    expect(said).to.deep.equal([`api: the cloud runs ${image}`]);
    const internal = await check(made({}, { internal: true, versionPath: "/version" }), { running: () => ({ image, settled: true }) });
    expect(internal.asked).to.deep.equal(["the-api"]);
    const back = await check(made(), { running: () => ({ image: "example.org/api:1", settled: true }) });
    expect(back.wrong).to.deep.include({ healthy: false, last: `api: the cloud runs example.org/api:1, not ${image}`, seconds: 60 });
  });

  it("is not compared where there is no way to the cloud or no credentials, and the log says so in one line", async () => {
    const none = await check(made(), { none: true });
    expect([none.wrong, none.said]).to.deep.equal([undefined, ["images not compared with the cloud's: this run has no way to it (api)"]]);
    const error = Object.assign(new Error("Could not load credentials from any providers"), { name: "CredentialsProviderError" });
    const two = made({ services: { api: { image, routes: { paths: ["/api/*"] } } } });
    outputs.workloads.value = { ...outputs.workloads.value, web: "the-web" } as { api: string };
    const denied = await check(two, { running: () => error });
    outputs.workloads.value = { api: "the-api" };
    expect([denied.wrong, denied.said.length, denied.seconds]).to.deep.equal([undefined, 1, 0]);
    expect(denied.said[0]).to.match(/could not be compared with the cloud's \(no credentials for it\)/);
    const broken = await check(made(), { running: (now) => (now < 10 ? new Error("ECONNRESET") : { image, settled: true }) });
    expect([broken.wrong, broken.seconds]).to.deep.equal([undefined, 10]);
    expect((await check(made(), { running: () => new Error("ECONNRESET") })).wrong).to.equal(undefined);
  });

  it("is reached at the site itself where sites answer for themselves, at the service's own host, and not where nobody may connect", () => {
    const address = (of: ReturnType<typeof made>) => addressOf(of, outputs, "api", "/api/version");
    expect(address(made())).to.equal("https://shop.example.org/api/version");
    expect(address(made({}, { routes: { paths: ["/api/*"], hosts: ["api.shop.example.org"] } }))).to.equal(
      "https://api.shop.example.org/api/version",
    );
    expect(address(made({}, { routes: { paths: ["/other/*"] } }))).to.equal(undefined);
    expect(address(made({}, { internal: true }))).to.equal(undefined);
    expect(address(made({ domain: undefined }))).to.equal(undefined);
    expect(address(made({ domain: undefined, cloud: "azure", edge: { direct: true } }))).to.equal(
      "https://api.azurewebsites.net/api/version",
    );
    expect(addressOf(made(), outputs, "nosuch", "/")).to.equal(undefined);
  });

  it("is refused as a setting where no route leads there, and for what answers no requests", () => {
    const of = (services: object) => faults({ config: { services } });
    expect(of({ api: { versionPath: "/version", routes: { paths: ["/api/*"] } } })).to.deep.include({
      path: "services.api.versionPath",
      given: "/version",
      problem: "no route of this service leads there, so another service would answer",
      remedy: "choose a path of its routes (/api/*), or add a route",
    });
    expect(of({ worker: { versionPath: "/version" } })[0]).to.include({ path: "services.worker.versionPath" });
    expect(of({ api: { versionPath: "/api", routes: { paths: ["/api"] } } })).to.deep.equal([]);
    expect(of({ api: { versionPath: "/version", internal: true } }).map(({ path }) => path)).not.to.include("services.api.versionPath");
  });
});

describe("whose cloud it is", () => {
  const connect = (identity: Identity | Error) => () =>
    Promise.resolve({
      identity: () => (identity instanceof Error ? Promise.reject(identity) : Promise.resolve(identity)),
    } as unknown as CloudApi);
  const aws = settings({ config: { cloud: "aws", "aws:allowedAccountIds": ["111111111111", "222222222222"] } });
  const subscription = "00000000-1111-4222-8333-444444444444";
  const azure = settings({ config: { cloud: "azure", "azure-native:subscriptionId": subscription } });

  it("is stated by the providers' own keys, those of the chosen cloud", () => {
    expect([aws.accounts, azure.accounts]).to.deep.equal([["111111111111", "222222222222"], [subscription]]);
    const numbers = settings({ config: { cloud: "aws", "aws:allowedAccountIds": "[111111111111]" } });
    expect(numbers.accounts).to.deep.equal(["111111111111"]);
    expect(settings({ config: { cloud: "azure", "aws:allowedAccountIds": "nonsense" } }).accounts).to.deep.equal([]);
    for (const given of ["111111111111", "[]", '["1111"]', "{}"])
      expect(
        faults({ config: { cloud: "aws", "aws:allowedAccountIds": given } }).map(({ path }) => path),
        given,
      ).to.deep.equal(["aws:allowedAccountIds"]);
    expect(faults({ config: { cloud: "azure", "azure-native:subscriptionId": "prod" } })).to.deep.equal([
      {
        path: "azure-native:subscriptionId",
        given: "prod",
        problem: "must be the id of a subscription",
        remedy: "pulumi config set azure-native:subscriptionId <id>",
      },
    ]);
  });

  it("is let through when it is the expected one, and not compared where none is stated", async () => {
    expect(await identityOf(aws, connect({ accounts: ["222222222222"], who: "arn:x" }))).to.equal(
      "account 111111111111, 222222222222, as arn:x",
    );
    expect(await identityOf(azure, connect({ accounts: ["other", subscription.toUpperCase()], who: "y" }))).to.match(
      /^subscription 0000.* as y$/,
    );
    expect(await identityOf(settings(), connect(new Error("not asked")))).to.equal(
      "not compared: aws:allowedAccountIds names no account for this stack",
    );
    expect(await identityOf(aws, undefined)).to.match(/^not compared with 111111111111/);
  });

  it("is refused with what was found and what was expected, or when nobody can tell", async () => {
    const other = await reasonOf(identityOf(aws, connect({ accounts: ["333333333333"], who: "arn:x" })));
    expect(other).to.be.instanceOf(Stop).and.to.include({ kind: "authentication" });
    expect(String(other)).to.include("for account 333333333333 (arn:x); expected is 111111111111 or 222222222222");
    const many = await reasonOf(identityOf(azure, connect({ accounts: [1, 2, 3, 4, 5, 6].map(String), who: "y" })));
    expect(String(many)).to.include("for subscription 1, 2, 3, 4, 5 and 1 more (y)");
    expect(String(await reasonOf(identityOf(azure, connect({ accounts: [], who: "y" }))))).to.include("for subscription none");
    const nobody = await reasonOf(identityOf(aws, connect(new Error("Could not load credentials"))));
    expect(nobody).to.include({ kind: "authentication" });
    expect(String(nobody)).to.include("aws can't say who this is: Could not load credentials");
  });

  it("is asked of STS", async () => {
    const xml = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/ci/1</Arn><UserId>A:1</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;
    const replay = await replayAws(() => ({ body: xml }));
    expect(await awsIdentity(replay.config)).to.deep.equal({
      accounts: ["123456789012"],
      who: "arn:aws:sts::123456789012:assumed-role/ci/1",
    });
    expect(replay.asked.map(({ target }) => target)).to.deep.equal(["GetCallerIdentity"]);
    await replay.close();
    const expired = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>The security token included in the request is expired</Message></Error></ErrorResponse>`;
    const second = await replayAws(() => ({ status: 403, body: expired }));
    const error = await reasonOf(awsIdentity(second.config));
    await second.close();
    expect(isDenied(error), String(error)).to.equal(true);
  });

  it("is asked of Azure for every subscription that the login sees, page by page", async () => {
    const page = (id: string, more: object = {}) => ({
      body: { value: [{ id: `/subscriptions/${id}`, subscriptionId: id, tenantId: "t", state: "Enabled" }], ...more },
    });
    const throttled = { status: 429, headers: { "retry-after": "0" }, body: { error: { code: "TooManyRequests" } } };
    const { credential, options, asked } = replayAzure(({ url }, earlier) => {
      if (url.includes("skip")) return page("two");
      return earlier === 0 ? throttled : page("one", { nextLink: "https://management.azure.com/subscriptions?skip=1" });
    });
    expect(await azureIdentity(credential, options)).to.deep.equal({ accounts: ["one", "two"], who: "a login of directory t" });
    expect(asked[0]?.url).to.equal("https://management.azure.com/subscriptions?api-version=2022-12-01");
    const none = replayAzure(() => ({ body: { value: [] } }));
    expect(await azureIdentity(none.credential, none.options)).to.deep.equal({ accounts: [], who: "a login that sees no subscription" });
    const denied = replayAzure(() => ({ status: 403, body: { error: { code: "AuthorizationFailed" } } }));
    const error = await reasonOf(azureIdentity(denied.credential, denied.options));
    expect(isDenied(error), String(error)).to.equal(true);
  });

  it("is among the doctor's findings", async () => {
    const { data } = await doctor("dev", { workDir: `${__dirname}/../..` }, connect(new Error("not asked")));
    expect(data.findings).to.deep.include({
      what: "cloud identity",
      ok: true,
      detail: "not compared: aws:allowedAccountIds names no account for this stack",
    });
  });
});
