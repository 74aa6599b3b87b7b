import { output, type Resource } from "@pulumi/pulumi";
import { expect } from "chai";
import { AzureAppService } from "../../components/app-service/azure";
import {
  assertHost,
  checkOrigins,
  commandLine,
  registryOf,
  secretName,
  versionOf,
  withOrigins,
  withoutSlot,
} from "../../components/app-service/azure-settings";
import type { ServiceSpec } from "../../components/app-service";
import { SecretRef } from "../../components/cloud";
import type { Azure } from "../../components/clouds/azure/family";
import { Use } from "../../components/use";
import type { Recorded } from "../../plan/record";
import { once } from "../support/azure-parts";
import {
  child,
  childrenOf,
  common,
  groupName,
  type Parts,
  platform,
  route,
  service,
  type Settings,
  siteHost,
  summary,
  waitsFor,
} from "./azure-parts";

const name = (service: string): string => siteHost(service).replace(".azurewebsites.net", "");
const worker = service({ kind: "worker", cpu: 0.5, memoryMb: 1024, scale: { ...service().scale, min: 1, max: 10 } });
const job = service({ kind: "job", cpu: 0.25, memoryMb: 512 });
const receiver = "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0";

/** A queue that the service receives from, and a database with a password. */
const jobs = (after?: Resource): Use<Azure> =>
  new Use<Azure>({
    target: "jobs",
    noun: "queue",
    access: "receive",
    env: { JOBS_NAME: "jobs" },
    raw: {
      roles: [{ scope: output("queue-id"), role: receiver, ...(after && { after }) }],
      backlog: { queueName: output("jobs"), namespaceName: output("sbns") },
    },
  });
const database = (resource: Resource): Use<Azure> =>
  new Use<Azure>({
    target: "database",
    noun: "database",
    access: "readWrite",
    env: { DATABASE_HOST: "psql" },
    secrets: {
      DATABASE_PASSWORD: new SecretRef<Azure>({ uri: output("https://kv/secrets/password/v1"), scope: output("password-id"), resource }),
    },
    raw: { roles: [], backlog: undefined },
  });

/** The service's resources. Without a use they are recorded once for equal settings. */
function made(
  spec: Partial<ServiceSpec>,
  uses?: (parts: Parts) => readonly Use<Azure>[],
  settings: Settings = {},
  hosts?: (service: string) => string,
): Promise<Recorded[]> {
  const plain = uses === undefined && settings.then === undefined && hosts === undefined;
  return plain ? shared(spec, settings) : recordedWith(spec, uses, settings, hosts);
}
const shared = once((spec: Partial<ServiceSpec>, settings: Settings) => recordedWith(spec, undefined, settings, undefined));

async function recordedWith(
  spec: Partial<ServiceSpec>,
  uses: ((parts: Parts) => readonly Use<Azure>[]) | undefined,
  settings: Settings,
  hosts: ((service: string) => string) | undefined,
): Promise<Recorded[]> {
  const resources = await platform(
    { services: { shop: service(spec) }, uses: (parts) => ({ shop: uses?.(parts) ?? [] }), withServices: true, ...settings },
    hosts,
  );
  return childrenOf(resources, "AppService", "shop");
}

const failureOf = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => "",
    (error: unknown) => String(error),
  );

const siteConfigOf = (resources: readonly Recorded[]): Record<string, unknown> =>
  child(resources, "shop-site").inputs.siteConfig as Record<string, unknown>;
const settingsOf = (resources: readonly Recorded[]): Record<string, string> =>
  Object.fromEntries((siteConfigOf(resources).appSettings as { name: string; value: string }[]).map(({ name, value }) => [name, value]));

describe("AppService on Azure: web and api", () => {
  it("is a site with an identity of its own, a private endpoint, no basic logins, and logs", async () => {
    expect(summary(await made({}))).to.have.members([
      "managedidentity:UserAssignedIdentity shop-identity",
      "web:WebApp shop-site",
      "web:WebAppFtpAllowed shop-ftp",
      "web:WebAppScmAllowed shop-scm",
      "network:PrivateEndpoint shop-endpoint",
      "network:PrivateDnsZoneGroup shop-endpoint-dns",
      "monitor:DiagnosticSetting shop-logs",
    ]);
  });

  it("is closed to the internet, sends everything through the network and speaks TLS only", async () => {
    expect(child(await made({}), "shop-site").inputs).to.deep.equal({
      ...common("shop"),
      name: name("shop"),
      kind: "app,linux,container",
      serverFarmId: "hosting-plan-shop-id",
      virtualNetworkSubnetId: "network-vnet-id/subnets/app",
      outboundVnetRouting: { allTraffic: true },
      httpsOnly: true,
      clientAffinityEnabled: false,
      publicNetworkAccess: "Disabled",
      identity: { type: "UserAssigned", userAssignedIdentities: ["shop-identity-id"] },
      keyVaultReferenceIdentity: "shop-identity-id",
      sshEnabled: false,
      siteConfig: {
        alwaysOn: true,
        linuxFxVersion: "DOCKER|docker.io/library/shop:1",
        http20Enabled: true,
        ftpsState: "Disabled",
        remoteDebuggingEnabled: false,
        minTlsVersion: "1.2",
        scmMinTlsVersion: "1.2",
        healthCheckPath: "/health",
        scmIpSecurityRestrictionsUseMain: true,
        appSettings: [
          { name: "AZURE_CLIENT_ID", value: "shop-identity-client" },
          { name: "PORT", value: "3000" },
          { name: "WEBSITES_ENABLE_APP_SERVICE_STORAGE", value: "false" },
          { name: "WEBSITES_PORT", value: "3000" },
        ],
      },
      // Filled in by the SDK.
      hyperV: false,
      isXenon: false,
      scmSiteAlsoStopped: false,
    });
  });

  it("has its identity, logins, endpoint and logs as they should be", async () => {
    const resources = await made({});
    const off = { resourceGroupName: groupName, name: name("shop"), allow: false };
    expect(child(resources, "shop-identity").inputs).to.deep.equal({ ...common("shop"), resourceName: "id-platform-test-shop" });
    expect(child(resources, "shop-ftp").inputs).to.deep.equal(off);
    expect(child(resources, "shop-scm").inputs).to.deep.equal(off);
    expect(child(resources, "shop-endpoint").inputs.privateLinkServiceConnections).to.deep.equal([
      { name: "shop", privateLinkServiceId: "shop-site-id", groupIds: ["sites"] },
    ]);
    expect(child(resources, "shop-endpoint-dns").inputs.privateDnsZoneConfigs).to.deep.equal([
      { name: "sites", privateDnsZoneId: "network-sites-id" },
    ]);
    expect(child(resources, "shop-logs").inputs).to.deep.equal({
      name: "diag-shop",
      resourceUri: "shop-site-id",
      workspaceId: "monitoring-workspace-id",
      logs: [{ categoryGroup: "allLogs", enabled: true }],
      metrics: [{ category: "AllMetrics", enabled: true }],
    });
  });

  it("has its own variables, those of its uses and references to secrets, in order of the alphabet", async () => {
    const spec = {
      port: 8080,
      env: { LOG_LEVEL: "info" },
      secrets: { JWT_KEY: "jwt-key" },
      cors: ["https://a.example.org", "https://b.example.org"],
    };
    const resources = await made(spec, ({ secrets }) => [database(secrets.vault)]);
    const settings = settingsOf(resources);
    expect(Object.keys(settings)).to.deep.equal(Object.keys(settings).sort());
    // The version of an application secret is unknown before it is made.
    expect(settings).to.deep.equal({
      AZURE_CLIENT_ID: "shop-identity-client",
      CORS_ORIGINS: "https://a.example.org,https://b.example.org",
      DATABASE_HOST: "psql",
      DATABASE_PASSWORD: "@Microsoft.KeyVault(SecretUri=https://kv/secrets/password/v1)",
      JWT_KEY: null,
      JWT_KEY_PREVIOUS: null,
      LOG_LEVEL: "info",
      PORT: "8080",
      WEBSITES_ENABLE_APP_SERVICE_STORAGE: "false",
      WEBSITES_PORT: "8080",
    });
    expect(siteConfigOf(resources).cors).to.deep.equal({ allowedOrigins: ["https://a.example.org", "https://b.example.org"] });
  });

  it("may read each of its secrets and nothing else, before it starts", async () => {
    const spec = { secrets: { JWT_KEY: "jwt-key", SESSION_KEY: "jwt-key" } };
    const resources = await made(spec, ({ secrets }) => [database(secrets.vault), jobs()]);
    const roles = resources.filter(({ type }) => type.endsWith(":RoleAssignment"));
    expect(roles.map(({ name }) => name)).to.have.members([
      "shop-jobs-receive",
      "shop-database-reads-database-password",
      "shop-reads-jwt-key",
      "shop-reads-jwt-key-previous",
    ]);
    // The role's id begins with the subscription, which is unknown before deployment.
    expect(child(resources, "shop-database-reads-database-password").inputs).to.deep.equal({
      scope: "password-id",
      roleDefinitionId: null,
      principalId: "shop-identity-principal",
      principalType: "ServicePrincipal",
    });
    expect(child(resources, "shop-jobs-receive").inputs).to.deep.include({ scope: "queue-id", principalType: "ServicePrincipal" });
    expect(waitsFor(child(resources, "shop-site"))).to.include.members([...roles.map(({ name }) => name), "secrets-endpoint-dns"]);
  });

  it("has every role of a use, each under a name of its own", async () => {
    const twice = ({ raw, ...use }: Use<Azure>): Use<Azure> =>
      new Use<Azure>({ ...use, raw: { ...raw, roles: [...raw.roles, { scope: output("topic-id"), role: receiver }] } });
    const resources = await made({}, () => [twice(jobs())]);
    expect(child(resources, "shop-jobs-receive").inputs.scope).to.equal("queue-id");
    expect(child(resources, "shop-jobs-receive-2").inputs.scope).to.equal("topic-id");
  });

  it("grants roles without waiting for the site, after what a use names", async () => {
    const resources = await made({}, ({ network }) => [jobs(network.virtualNetwork)]);
    expect(waitsFor(child(resources, "shop-jobs-receive"))).to.deep.equal(["network-vnet", "shop-identity"]);
    expect(waitsFor(child(resources, "shop-site"))).to.not.include("secrets-endpoint-dns");
  });

  it("runs another command, and logs in at Azure's registry", async () => {
    const config = siteConfigOf(await made({ image: "shop.azurecr.io/web:1", command: ["node", "a b.js"] }));
    expect(config).to.deep.include({
      appCommandLine: "node 'a b.js'",
      acrUseManagedIdentityCreds: true,
      acrUserManagedIdentityID: "shop-identity-client",
      linuxFxVersion: "DOCKER|shop.azurecr.io/web:1",
    });
  });

  describe("without a gateway", () => {
    const direct = (allowedCidrs: readonly string[] = []): Settings => ({ gateway: { direct: true }, network: { allowedCidrs } });
    const inside = [
      { name: "inside-1", priority: 100, action: "Allow", vnetSubnetResourceId: "network-vnet-id/subnets/app" },
      { name: "inside-2", priority: 101, action: "Allow", vnetSubnetResourceId: "network-vnet-id/subnets/containers" },
    ];

    it("answers the internet at its own endpoint", async () => {
      const resources = await made({}, undefined, direct());
      expect(summary(resources).join()).to.not.match(/PrivateEndpoint/);
      expect(child(resources, "shop-site").inputs.publicNetworkAccess).to.equal("Enabled");
      expect(siteConfigOf(resources).ipSecurityRestrictionsDefaultAction).to.equal("Allow");
      expect(siteConfigOf(resources)).to.not.have.property("ipSecurityRestrictions");
    });

    it("answers the ranges named and the platform's own subnets", async () => {
      const config = siteConfigOf(await made({}, undefined, direct(["203.0.113.0/24", "198.51.100.0/24"])));
      expect(config.ipSecurityRestrictionsDefaultAction).to.equal("Deny");
      expect(config.ipSecurityRestrictions).to.deep.equal([
        ...inside,
        { name: "outside-1", priority: 200, action: "Allow", ipAddress: "203.0.113.0/24" },
        { name: "outside-2", priority: 201, action: "Allow", ipAddress: "198.51.100.0/24" },
      ]);
    });

    it("answers only the platform's own subnets while it is under maintenance", async () => {
      const config = siteConfigOf(await made({}, undefined, { ...direct(["203.0.113.0/24"]), maintenance: true }));
      expect(config.ipSecurityRestrictionsDefaultAction).to.equal("Deny");
      expect(config.ipSecurityRestrictions).to.deep.equal(inside);
    });

    it("answers only the platform's own subnets where it is internal", async () => {
      for (const cidrs of [[], ["203.0.113.0/24"]]) {
        const config = siteConfigOf(await made({ internal: true }, undefined, direct(cidrs)));
        expect(config.ipSecurityRestrictionsDefaultAction).to.equal("Deny");
        expect(config.ipSecurityRestrictions).to.deep.equal(inside);
      }
    });
  });

  it("has a console by choice", async () => {
    expect(child(await made({}, undefined, { exec: true }), "shop-site").inputs.sshEnabled).to.equal(true);
  });

  it("says where it is reached, and fails when Azure gave it another name", async () => {
    let url: unknown;
    await made({}, undefined, { then: (_, { shop }) => void shop!.url!.apply((value) => (url = value)) });
    expect(url).to.equal(`https://${siteHost("shop")}`);
    expect(await failureOf(made({}, undefined, {}, () => "shop-abc.eastus2-01.azurewebsites.net"))).to.match(
      /Azure named the site shop-abc\.eastus2-01.*know it as app-platform-test-shop/,
    );
  });

  it("gives a caller its address and needs no role, without waiting for the site", async () => {
    const services = { api: service({ kind: "api" }), shop: service() };
    const resources = await platform({
      services,
      withServices: true,
      uses: (_, { api }) => ({ shop: api === undefined ? [] : [api.use("call")] }),
    });
    const shop = childrenOf(resources, "AppService", "shop");
    expect(settingsOf(shop).API_URL).to.equal(`https://${siteHost("api")}`);
    expect(summary(shop).join()).to.not.match(/RoleAssignment/);
    expect(waitsFor(child(shop, "shop-site"))).to.not.include("api-site");
  });

  for (const [what, spec, uses, message] of [
    ["a name set twice", { env: { JOBS_NAME: "x" } }, () => [jobs()], /env\.JOBS_NAME: set twice, by the queue "jobs" and by env/],
    [
      "origins set twice",
      { cors: ["https://a.example.org"], env: { CORS_ORIGINS: "x" } },
      () => [],
      /env\.CORS_ORIGINS: set twice, by cors and by env\n +remove one of the two/,
    ],
  ] as const) {
    it(`refuses ${what}`, async () => {
      expect(await failureOf(made(spec, uses))).to.match(message);
    });
  }

  for (const [what, spec, message] of [
    ["plan", service(), /hosting has no plan for "shop": name it in its `services`/],
    ["environment", worker, /hosting made no environment: it knows of no worker or job/],
  ] as const) {
    it(`says that hosting made no ${what} for it`, async () => {
      const make = ({ network, monitoring, secrets, hosting, gateway }: Parts): void =>
        void new AzureAppService("shop", { spec, network, monitoring, secrets, hosting, place: gateway.place("shop"), uses: [] });
      const run = platform({ services: { other: service() }, routes: [route("shop")], then: make });
      expect(await failureOf(run)).to.match(message);
    });
  }

  it("refuses a web service without a place", async () => {
    const failure = failureOf(
      platform({
        services: { shop: service() },
        then: ({ network, monitoring, secrets, hosting }) =>
          void new AzureAppService("shop", { spec: service(), network, monitoring, secrets, hosting, uses: [] }),
      }),
    );
    expect(await failure).to.match(
      /services\.shop: a web or api service has a place behind the gateway\n +pass `place: gateway\.place\(name\)`/,
    );
  });
});

describe("AppService on Azure: worker", () => {
  it("is a container app without an address", async () => {
    expect(summary(await made(worker))).to.have.members([
      "managedidentity:UserAssignedIdentity shop-identity",
      "app:ContainerApp shop-app",
      "monitor:DiagnosticSetting shop-logs",
    ]);
  });

  it("runs in the environment with its own identity, scaled on CPU and memory", async () => {
    expect(child(await made({ ...worker, env: { B: "2", A: "1" } }), "shop-app").inputs).to.deep.equal({
      ...common("shop"),
      containerAppName: "ca-platform-test-shop",
      environmentId: "hosting-environment-id",
      workloadProfileName: "Consumption",
      identity: { type: "UserAssigned", userAssignedIdentities: ["shop-identity-id"] },
      configuration: { activeRevisionsMode: "Single", secrets: [] },
      template: {
        containers: [
          {
            name: "shop",
            image: "docker.io/library/shop:1",
            env: [
              { name: "A", value: "1" },
              { name: "AZURE_CLIENT_ID", value: "shop-identity-client" },
              { name: "B", value: "2" },
            ],
            resources: { cpu: 0.5, memory: "1Gi" },
          },
        ],
        terminationGracePeriodSeconds: 30,
        scale: {
          minReplicas: 1,
          maxReplicas: 10,
          pollingInterval: 30,
          cooldownPeriod: 600,
          rules: [
            { name: "cpu", custom: { type: "cpu", metadata: { type: "Utilization", value: "70" } } },
            { name: "memory", custom: { type: "memory", metadata: { type: "Utilization", value: "80" } } },
          ],
        },
      },
    });
  });

  it("scales on the backlog with its identity, down to nothing", async () => {
    const spec = { ...worker, uses: { jobs: "receive" }, scale: { ...worker.scale, min: 0, backlogPerInstance: 20 } };
    const resources = await made(spec, () => [jobs()]);
    const { scale } = child(resources, "shop-app").inputs.template as { scale: object };
    expect(scale).to.deep.include({
      minReplicas: 0,
      rules: [
        {
          name: "backlog",
          custom: {
            type: "azure-servicebus",
            identity: "shop-identity-id",
            metadata: { namespace: "sbns", queueName: "jobs", messageCount: "20" },
          },
        },
      ],
    });
    expect(waitsFor(child(resources, "shop-app"))).to.include("shop-jobs-receive");
  });

  it("has more instances at certain times", async () => {
    const night = { name: "night", cron: "0 20 * * *", timezone: "Europe/Berlin", min: 0, max: 10 };
    const day = { ...night, name: "day", cron: "0 6 * * *", min: 4 };
    const { scale } = child(await made({ ...worker, scale: { ...worker.scale, schedules: [night, day] } }), "shop-app").inputs.template as {
      scale: { minReplicas: number; rules: object[] };
    };
    expect(scale.minReplicas).to.equal(0);
    expect(scale.rules.at(-1)).to.deep.equal({
      name: "day",
      custom: { type: "cron", metadata: { timezone: "Europe/Berlin", start: "0 6 * * *", end: "0 20 * * *", desiredReplicas: "4" } },
    });
    expect(scale.rules).to.have.length(3);
  });

  it("fetches secrets from the vault with its identity, and starts anew when one is rotated", async () => {
    const resources = await made({ ...worker, image: "shop.azurecr.io/worker:1", command: ["work", "-v"] }, ({ secrets }) => [
      database(secrets.vault),
    ]);
    const { configuration, template } = child(resources, "shop-app").inputs as {
      configuration: object;
      template: { containers: { env: object[]; args: string[] }[] };
    };
    expect(configuration).to.deep.equal({
      activeRevisionsMode: "Single",
      secrets: [{ name: "database-password", keyVaultUrl: "https://kv/secrets/password/v1", identity: "shop-identity-id" }],
      registries: [{ server: "shop.azurecr.io", identity: "shop-identity-id" }],
    });
    expect(template.containers[0]!.args).to.deep.equal(["work", "-v"]);
    expect(template.containers[0]!.env).to.deep.equal([
      { name: "AZURE_CLIENT_ID", value: "shop-identity-client" },
      { name: "CONTAINER_APP_SECRET_VERSIONS", value: "v1" },
      { name: "DATABASE_HOST", value: "psql" },
      { name: "DATABASE_PASSWORD", secretRef: "database-password" },
    ]);
    expect(waitsFor(child(resources, "shop-app"))).to.include.members(["shop-database-reads-database-password", "secrets-endpoint-dns"]);
  });

  it("shows what is known of it in a preview, whatever is not", async () => {
    const { template } = child(await made({ ...worker, secrets: { JWT_KEY: "jwt-key" } }), "shop-app").inputs as {
      template: { containers: { image: string }[] };
    };
    expect(template.containers[0]!.image).to.equal("docker.io/library/shop:1");
  });

  it("can't be called", async () => {
    let message = "";
    const call = (shop: AzureAppService): void => {
      expect(shop.url).to.equal(undefined);
      try {
        shop.use("call");
      } catch (error) {
        message = String(error);
      }
    };
    await made(worker, undefined, { then: (_, { shop }) => call(shop!) });
    expect(message).to.match(/services\.shop: answers no requests, so no service can call it\n +make it a web or api service/);
  });
});

describe("AppService on Azure: job", () => {
  const once = { parallelism: 1, replicaCompletionCount: 1 };

  it("shows what starting it by hand takes", async () => {
    const seen: unknown[] = [];
    const look = (_: Parts, { shop }: Readonly<Record<string, AzureAppService>>): void => {
      output(shop?.job).apply((made) => void seen.push(made));
    };
    await platform({ services: { shop: job }, withServices: true, then: look });
    const ids = { id: "shop-job-id", hostId: "hosting-environment-id", logs: "monitoring-workspace-id" };
    expect(seen).to.deep.equal([{ ...ids, subnetIds: [], securityGroupIds: [] }]);
  });

  it("knows no host and no id in an update that leaves services out", () => {
    expect([assertHost(undefined, "shop"), withoutSlot(undefined)]).to.deep.equal(["shop.azurewebsites.net", ""]);
    expect(withoutSlot("/sites/shop/slots/candidate")).to.equal("/sites/shop");
  });

  it("runs by its schedule, once and for half an hour at most", async () => {
    const resources = await made({ ...job, schedule: "0 3 * * *" });
    expect(summary(resources)).to.have.members([
      "managedidentity:UserAssignedIdentity shop-identity",
      "app:Job shop-job",
      "monitor:DiagnosticSetting shop-logs",
    ]);
    expect(child(resources, "shop-job").inputs).to.deep.equal({
      ...common("shop"),
      jobName: "cj-platform-test-shop",
      environmentId: "hosting-environment-id",
      workloadProfileName: "Consumption",
      identity: { type: "UserAssigned", userAssignedIdentities: ["shop-identity-id"] },
      configuration: {
        triggerType: "Schedule",
        scheduleTriggerConfig: { cronExpression: "0 3 * * *", ...once },
        replicaTimeout: 43200,
        replicaRetryLimit: 0,
        secrets: [],
      },
      template: {
        containers: [
          {
            name: "shop",
            image: "docker.io/library/shop:1",
            env: [{ name: "AZURE_CLIENT_ID", value: "shop-identity-client" }],
            resources: { cpu: 0.25, memory: "0.5Gi" },
          },
        ],
      },
    });
  });

  it("ends a run after the minutes given", async () => {
    const { configuration } = child(await made({ ...job, timeoutMinutes: 5 }), "shop-job").inputs;
    expect(configuration).to.include({ replicaTimeout: 300 });
  });

  it("is started by hand without one", async () => {
    const { configuration } = child(await made({ ...job, secrets: { JWT_KEY: "jwt-key" } }), "shop-job").inputs;
    expect(configuration).to.deep.include({
      triggerType: "Manual",
      manualTriggerConfig: once,
      secrets: [
        { name: "jwt-key", keyVaultUrl: null, identity: "shop-identity-id" },
        { name: "jwt-key-previous", keyVaultUrl: null, identity: "shop-identity-id" },
      ],
    });
  });
});

describe("settings of services on Azure", () => {
  it("quote a command line as a shell reads it", () => {
    expect(commandLine(["node", "--max-old-space-size=512", "a b.js"])).to.equal("node --max-old-space-size=512 'a b.js'");
    expect(commandLine(["it's", "$HOME", ""])).to.equal("'it'\\''s' '$HOME' ''");
  });

  it("know Azure's registry", () => {
    expect(registryOf("shop.azurecr.io/web:1")).to.equal("shop.azurecr.io");
    expect(registryOf("docker.io/library/web")).to.equal(undefined);
    expect(registryOf("web")).to.equal(undefined);
  });

  it("name secrets as Container Apps allow", () => {
    expect(secretName("DATABASE_PASSWORD")).to.equal("database-password");
    expect(secretName("_KEY_")).to.equal("key");
  });

  it("read the version of a secret", () => expect(versionOf("https://kv/secrets/password/abc")).to.equal("abc"));

  it("hand the origins to the application", () => {
    expect(withOrigins(service({ env: { A: "1" } }))).to.deep.equal({ A: "1" });
    expect(withOrigins(service({ cors: ["https://a", "https://b"] }))).to.deep.equal({ CORS_ORIGINS: "https://a,https://b" });
    expect(checkOrigins(service({ env: { CORS_ORIGINS: "x" } }))).to.be.empty;
    expect(checkOrigins(service({ cors: ["https://a"] }))).to.be.empty;
  });

  it("assert the host that everyone knows the site by", () => {
    expect(assertHost("shop.azurewebsites.net", "shop")).to.equal("shop.azurewebsites.net");
    expect(() => assertHost("other.azurewebsites.net", "shop")).to.throw(
      /Azure named the site other\.azurewebsites\.net.*shop\.azurewebsites\.net/,
    );
  });
});
