// What a config becomes: values over presets, what goes with what was removed, what Pulumi does to types, secrets, warnings.
import { expect } from "chai";
import { Output } from "@pulumi/pulumi";
import { awsCron } from "../../components/app-service/cron";
import { checkCron, checkTimezone } from "../../settings/cron";
import type { ConfigError } from "../../components/fault";
import { record } from "../../plan/record";
import { fromPulumi, type Settings } from "../../settings/load";
import { merge } from "../../settings/merge";
import { faults, settings } from "./support";

const api = { kind: "api", image: "example.org/team/reports:1.2.3", routes: { paths: ["/reports/*"] } };

describe("load", () => {
  it("takes the preset of the environment where nothing is said, and dev on AWS where not even that is", () => {
    const { cloud, stack, rotationEpoch } = settings();
    expect([cloud, rotationEpoch]).to.deep.equal(["aws", 1]);
    expect(stack).to.deep.equal({
      project: "platform",
      name: "test",
      environment: "dev",
      region: "us-east-1",
      secondRegion: "us-west-2",
      zones: ["us-east-1a", "us-east-1b"],
      owner: "platform",
      costCenter: "platform",
      tags: {},
      guard: "none",
    });
  });

  it("lays a stack's values over the preset, single values and maps by entry, lists whole", () => {
    const loaded = settings({
      config: {
        owner: "team",
        costCenter: "4711",
        rotationEpoch: "7",
        guard: "all",
        tags: { purpose: "demo", number: 4 },
        network: { zones: 3, allowedCidrs: ["203.0.113.0/24"] },
        database: { size: "medium", maintenance: { hour: 5 } },
        services: { api: { scale: { max: 4 }, env: { FLAG: true, WORKERS: 4 }, routes: { paths: ["/v2/*"] } } },
        monitoring: { logDays: 90, alertEmails: ["ops@example.org"] },
        storage: { logDays: 20 },
        queues: { mails: { fifo: true } },
        "aws:region": "eu-west-1",
      },
    });
    expect(loaded.stack).to.include({ owner: "team", costCenter: "4711", guard: "all", region: "eu-west-1" });
    expect(loaded.stack.tags).to.deep.equal({ purpose: "demo", number: "4" });
    expect(loaded.stack.zones).to.deep.equal(["eu-west-1a", "eu-west-1b", "eu-west-1c"]);
    expect(loaded.rotationEpoch).to.equal(7);
    expect(loaded.network).to.deep.include({ zones: 3, nat: "single", allowedCidrs: ["203.0.113.0/24"] });
    expect(loaded.database).to.deep.include({ size: "medium", storageGb: 20, maintenance: { day: "sunday", hour: 5 } });
    expect(loaded.database).not.to.have.property("enabled");
    expect(loaded.services.api).to.deep.include({
      routes: { paths: ["/v2/*"], hosts: [] },
      env: { LOG_LEVEL: "debug", FLAG: "true", WORKERS: "4" },
    });
    expect(loaded.services.api?.scale).to.include({ min: 1, max: 4, cpuAbove: 70 });
    expect([loaded.monitoring.logDays, loaded.logExpireDays]).to.deep.equal([90, 20]);
    expect(loaded.queues.mails).to.deep.equal({ fifo: true, maxDeliveries: 5, lockSeconds: 60, retentionDays: 4, maxAgeSeconds: 900 });
  });

  it("reads what `pulumi config set --path` makes of fractions and versions", () => {
    const { services, database } = settings({ config: { services: { api: { cpu: "0.5", memoryMb: 1024 } }, database: { version: 16 } } });
    expect([services.api?.cpu, database?.version]).to.deep.equal([0.5, "16"]);
  });

  it("gives a new service the defaults of its kind, on a cloud that can't scale it a fixed number", () => {
    const reports = (cloud: string, more = {}) =>
      settings({ config: { cloud, services: { reports: { ...api, ...more } } } }).services.reports;
    expect(reports("aws")).to.deep.include({
      port: 3000,
      healthPath: "/health",
      readyPath: "/ready",
      user: 1000,
      readOnlyRoot: true,
      command: undefined,
      uses: {},
      deployment: "rolling",
    });
    expect(reports("aws")?.scale).to.include({ min: 1, max: 2 });
    expect(reports("azure")?.scale).to.include({ min: 1, max: 1 });
    expect(reports("azure", { kind: "worker", routes: {} })?.scale).to.include({ min: 1, max: 2 });
  });

  it("drops the preset's command with the preset's image", () => {
    const { services } = settings({
      config: {
        services: {
          api: { image: "example.org/api:2" },
          web: { image: "example.org/web:2", command: ["serve"] },
          worker: { env: { A: "b" } },
        },
      },
    });
    expect([services.api?.command, services.web?.command, services.worker?.command?.[0]]).to.deep.equal([undefined, ["serve"], "node"]);
    expect(services.api?.uses).to.have.property("database", "readWrite");
  });

  it("takes nothing from the preset for a service that becomes another kind", () => {
    const { services } = settings({ config: { services: { web: { ...api, kind: "worker", routes: {} } } } });
    expect(services.web).to.deep.include({ kind: "worker", uses: {}, routes: { paths: [], hosts: [] } });
    expect(faults({ config: { services: { web: { kind: "worker" } } } })).to.deep.include.members([
      {
        path: "services.web.image",
        problem: `is missing: the preset's "web" is of another kind, so it needs kind and image`,
        remedy: "pulumi config set --path services.web.image <image>",
      },
    ]);
  });

  it("removes by `enabled: false`, and with a part what the preset connected to it", () => {
    const loaded = settings({
      config: {
        cache: { enabled: false },
        queues: { jobs: { enabled: false } },
        storage: { buckets: { uploads: { enabled: false } } },
        services: { nightly: { enabled: false } },
        secrets: { "jwt-signing-key": { generate: false } },
      },
    });
    expect(loaded.cache).to.equal(undefined);
    expect(Object.keys(loaded.services)).to.deep.equal(["web", "api", "worker"]);
    expect(loaded.services.api).to.deep.include({ uses: { database: "readWrite", events: "send", documents: "readWrite" }, secrets: {} });
    expect(loaded.services.worker?.uses).to.deep.equal({ database: "readWrite" });
    expect(Object.keys(loaded.buckets)).to.deep.equal(["documents"]);
    expect(loaded.services.worker?.scale).not.to.have.property("backlogPerInstance");
    expect([loaded.queues, loaded.topics, loaded.secrets]).to.deep.equal([{}, { events: { subscriptions: {} } }, {}]);
  });

  it("drops a use by the word none, a subscription by enabled, a whole description by enabled", () => {
    const loaded = settings({
      config: {
        database: { enabled: false },
        services: { api: { uses: { cache: "none" } }, reports: { ...api, enabled: false } },
        topics: {
          events: { subscriptions: { jobs: { enabled: false } } },
          audit: { subscriptions: { jobs: { filter: { kind: ["a", 2] } } } },
        },
      },
    });
    expect(loaded.services.api?.uses).to.deep.equal({ jobs: "send", events: "send", documents: "readWrite", uploads: "readWrite" });
    expect(loaded.services).not.to.have.property("reports");
    expect(loaded.database).to.equal(undefined);
    expect(loaded.topics).to.deep.equal({
      events: { subscriptions: {} },
      audit: { subscriptions: { jobs: { filter: { kind: ["a", "2"] } } } },
    });
    expect(settings({ config: { topics: { events: { enabled: false } } } }).services.api?.uses).not.to.have.property("events");
  });

  it("pins zones that are named", () => {
    const { stack, network } = settings({ config: { network: { zoneNames: ["us-east-1c", "us-east-1a", "us-east-1f"] } } });
    expect([stack.zones, network.zones]).to.deep.equal([["us-east-1c", "us-east-1a", "us-east-1f"], 3]);
    expect(network).not.to.have.property("zoneNames");
  });

  it("gives each cloud its own half of the domain, and ignores the other's keys", () => {
    const domain = {
      name: "shop.example.org",
      aws: { zoneId: "Z0123456789" },
      azure: { certificateSecretId: "https://kv.vault.azure.net/secrets/cert" },
    };
    const other = { "azure-native:location": "westeurope", "aws:profile": "x", "aws:region": "eu-west-1" };
    expect(settings({ config: { domain, ...other } }).gateway.domain).to.deep.equal({
      name: "shop.example.org",
      zone: "Z0123456789",
      certificate: undefined,
      cdnCertificate: undefined,
    });
    const azure = settings({ config: { domain, cloud: "azure", edge: { direct: false }, ...other } });
    expect(azure.gateway.domain).to.deep.equal({
      name: "shop.example.org",
      zone: undefined,
      certificate: "https://kv.vault.azure.net/secrets/cert",
    });
    expect(azure.stack.region).to.equal("westeurope");
  });

  it("fills in the time zone of schedules", () => {
    const schedules = [{ name: "night", cron: "0 20 * * 1-5", min: 1, max: 1 }];
    expect(settings({ config: { services: { api: { scale: { schedules } } } } }).services.api?.scale.schedules).to.deep.equal([
      { ...schedules[0], timezone: "UTC" },
    ]);
  });

  it("wraps a secret's value, so that it can't be printed by accident", async () => {
    const { secrets } = settings({ config: { secrets: { stripe: "sk_live_1" } }, secretKeys: ["platform:secrets"] });
    const stripe = secrets.stripe;
    expect(JSON.stringify(Object.keys(secrets))).not.to.include("sk_live");
    expect(stripe !== undefined && "value" in stripe && Output.isInstance(stripe.value)).to.equal(true);
    if (stripe !== undefined && "value" in stripe) {
      expect(await new Promise((resolve) => stripe.value.apply(resolve))).to.equal("sk_live_1");
      expect(await (stripe.value as Output<string> & { isSecret: Promise<boolean> }).isSecret).to.equal(true);
    }
  });

  it("reads what Pulumi was given, and which keys are encrypted", async () => {
    const given = async (config: Record<string, string>, secretKeys: string[]): Promise<Settings> => {
      let read: Settings | undefined;
      await record(() => (read = fromPulumi()) && undefined, { project: "shop", stack: "prod", config, secretKeys });
      return read!;
    };
    const paths = (config: Record<string, string>, secretKeys: string[]): Promise<string[]> =>
      given(config, secretKeys).then(
        () => [],
        (error: ConfigError) => error.faults.map(({ path }) => path),
      );
    const stripe = { "shop:secrets": '{"stripe":"x"}' };
    const told = { "shop:alerts": `{"critical":{"emails":["ops@example.org"]}}` };
    expect((await given({ "shop:environment": "prod", ...told, ...stripe }, ["shop:secrets"])).stack).to.include({
      project: "shop",
      name: "prod",
      environment: "prod",
    });
    expect(await paths({ "shop:config:environment": "prod", "platform:environment": "prod", ...told }, [])).to.deep.equal([
      "platform:environment",
    ]);
    expect(await paths({ "shop:environment": "prod", ...told, ...stripe }, [])).to.deep.equal(["secrets.stripe"]);
  });

  describe("warnings", () => {
    const warnings: [string, Record<string, unknown>, RegExp | undefined][] = [
      [
        "images that nobody can fetch",
        { network: { nat: "none" } },
        /^network\.nat is none, so nobody can fetch services\.web\.image from public\.ecr\.aws/,
      ],
      [
        "no domain, nobody may connect",
        {},
        /^no domain, so no certificate: nobody may connect: name the ranges that may in network.allowedCidrs$/,
      ],
      [
        "no domain, some may",
        { network: { allowedCidrs: ["203.0.113.0/24"] } },
        /^no domain, so no certificate: plain HTTP for 203\.0\.113\.0\/24 only$/,
      ],
      ["no gateway", { cloud: "azure" }, /^no domain and no gateway: each service answers at its own TLS endpoint$/],
      [
        "a firewall that can't be off",
        { cloud: "azure", environment: "prod", edge: { waf: false } },
        /edge.waf is off, but Azure's gateway always has its firewall/,
      ],
      ["prod without guards", { environment: "prod", guard: "none" }, /guard is "none" in prod: one command deletes all data/],
      ["prod without vault guard", { environment: "prod", guard: "data" }, /guard is "data" in prod: vaults and keys are not kept/],
      ["alarms without a receiver", { environment: "staging" }, /alerts reach nobody/],
      ["latest", { services: { api: { image: "example.org/api:latest" } } }, /services.api.image is "latest"/],
      [
        "CloudFront's own name",
        { environment: "prod" },
        /^no domain: visitors use CloudFront's own name, which allows TLS 1.0 and 1.1, too$/,
      ],
      [
        "no TLS behind Front Door",
        { environment: "prod", cloud: "azure", domain: { name: "a.example.org" } },
        /^the gateway has no certificate: between Front Door and the gateway there is no TLS \(domain.azure.certificateSecretId\)$/,
      ],
      ["a firewall that counts", { edge: { wafMode: "count" } }, /^edge.wafMode is count: the firewall blocks nothing$/],
      [
        "an open gateway",
        { environment: "prod", cloud: "azure", edge: { wafMode: "count" } },
        /^edge.wafMode is count: nothing is blocked, and the gateway answers other customers' Front Doors, too$/,
      ],
      [
        "Shield Advanced",
        { edge: { ddosPlan: true } },
        /^edge.ddosPlan: the account must be subscribed to Shield Advanced, or AWS refuses$/,
      ],
      ["a domain", { domain: { name: "a.example.org", aws: { zoneId: "Z0123456789" } } }, undefined],
    ];
    for (const [name, config, expected] of warnings) {
      it(name, () => {
        // Who logs in as the owner of the database is told in a test of its own.
        const found = settings({ config }).warnings.filter((warning) => !warning.includes("owner's login"));
        if (expected === undefined) expect(found).to.deep.equal([]);
        else
          expect(
            found.some((warning) => expected.test(warning)),
            found.join("\n"),
          ).to.equal(true);
      });
    }
  });
});

describe("cron", () => {
  const good = ["* * * * *", "0 3 * * *", "*/5 0-6,12 1,15 jan-mar *", "0 0 * * 7", "30 22 * * MON-FRI", "0 0 1 * *"];
  const bad: [string, RegExp][] = [
    ["", /0 fields instead of five/],
    ["0 3 * *", /4 fields/],
    ["cron(0 3 * * ? *)", /6 fields/],
    ["60 3 * * *", /minute "60" \(0 to 59\)/],
    ["0 24 * * *", /hour "24"/],
    ["0 0 0 * *", /day of month "0" \(1 to 31\)/],
    ["0 0 * 13 *", /month "13"/],
    ["0 0 * foo *", /month "foo"/],
    ["0 0 * * 8", /day of week "8" \(0 to 7\)/],
    ["*/0 * * * *", /minute "\*\/0"/],
    ["5-1 * * * *", /minute "5-1"/],
    ["1-2-3 * * * *", /minute "1-2-3"/],
    ["1/2/3 * * * *", /minute/],
    ["0 0 1 * 1", /both a day of the month and a day of the week, which AWS can't do/],
  ];
  for (const cron of good) {
    it(`takes ${cron}, and AWS can say it`, () => {
      expect(checkCron(cron)).to.deep.equal([]);
      expect(awsCron(cron)).to.have.property("expression");
    });
  }
  for (const [cron, problem] of bad) {
    it(`refuses "${cron}"`, () => {
      const [fault] = checkCron(cron);
      expect(fault?.problem).to.match(problem);
      expect(fault?.remedy).to.match(/write minute, hour|leave one of them \*/);
    });
  }
  it("takes names of time zones only", () => {
    expect(["UTC", "Europe/Berlin"].flatMap(checkTimezone)).to.deep.equal([]);
    for (const zone of ["Mars/Phobos", "+02:00", ""])
      expect(checkTimezone(zone)[0]?.remedy).to.match(/IANA name, such as UTC or Europe\/Berlin/);
  });
});

describe("merge", () => {
  it("changes neither side, and skips what is undefined", () => {
    const base = { a: { b: 1, c: [1, 2] }, d: "x" };
    expect(merge(base, { a: { b: undefined, c: [3] } })).to.deep.equal({ a: { b: 1, c: [3] }, d: "x" });
    expect(merge(base, undefined)).to.deep.equal(base);
    expect(base).to.deep.equal({ a: { b: 1, c: [1, 2] }, d: "x" });
  });
});
