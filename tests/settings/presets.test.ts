// The presets against the rows of the requirements, on both clouds, after everything was resolved and checked.
import { expect } from "chai";
import { clouds } from "../../components/cloud";
import { applySet, readStackFile } from "../../settings/load";
import { defaultImage, overrides } from "../../settings/presets";
import { environments } from "../../settings/schema";
import { faults, settings, stackFileText } from "./support";

const of = (environment: string, cloud: string) => settings({ config: { environment, cloud } });

describe("presets", () => {
  const rows: [
    row: string,
    what: (s: ReturnType<typeof settings>) => unknown,
    byEnvironment: Record<string, unknown>,
    azure?: Record<string, unknown>,
  ][] = [
    ["E1 zones", (s) => s.network.zones, { dev: 2, staging: 3, prod: 3 }],
    ["E1 zones pinned", (s) => s.stack.zones.length, { dev: 2, staging: 3, prod: 3 }],
    ["E2 NAT", (s) => s.network.nat, { dev: "single", staging: "single", prod: "perZone" }, { prod: "single" }],
    [
      "E3 web",
      (s) => [s.services.web?.scale.min, s.services.web?.scale.max],
      { dev: [1, 2], staging: [2, 4], prod: [2, 20] },
      { dev: [1, 1] },
    ],
    [
      "E3 api",
      (s) => [s.services.api?.scale.min, s.services.api?.scale.max],
      { dev: [1, 2], staging: [2, 4], prod: [2, 20] },
      { dev: [1, 1] },
    ],
    [
      "E4 service size",
      (s) => Object.values(s.services).map(({ cpu, memoryMb }) => [cpu, memoryMb]),
      { dev: Array(4).fill([0.25, 512]), staging: Array(4).fill([0.5, 1024]), prod: Array(4).fill([1, 2048]) },
    ],
    ["E5 database", (s) => s.database?.size, { dev: "small", staging: "medium", prod: "large" }],
    ["E6 storage", (s) => s.database?.storageGb, { dev: 20, staging: 50, prod: 100 }, { dev: 32, staging: 64, prod: 128 }],
    ["E6 grows to", (s) => s.database?.maxStorageGb, { dev: 100, staging: 250, prod: 500 }],
    ["E7 high availability", (s) => s.database?.highAvailability, { dev: false, staging: false, prod: true }],
    ["E8 replicas", (s) => s.database?.replicas, { dev: 0, staging: 1, prod: 1 }],
    ["E9 restore", (s) => s.database?.backupDays, { dev: 7, staging: 7, prod: 35 }],
    [
      "E11 cache",
      (s) => [s.cache?.size, s.cache?.highAvailability],
      { dev: ["small", false], staging: ["medium", true], prod: ["large", true] },
    ],
    ["E12 snapshots", (s) => s.cache?.snapshotDays, { dev: 0, staging: 7, prod: 7 }],
    ["E13 queue", (s) => s.broker.tier, { dev: "standard", staging: "standard", prod: "premium" }],
    [
      "E14 edge",
      (s) => [s.gateway.waf, s.gateway.direct],
      { dev: [false, false], staging: [true, false], prod: [true, false] },
      { dev: [false, true] },
    ],
    ["E16 alarms", (s) => s.alarms, { dev: "errors", staging: "all", prod: "all" }],
    ["M1 collector", (s) => s.monitoring.tracing, { dev: false, staging: true, prod: true }],
    ["M4 dashboards", (s) => s.dashboards, { dev: false, staging: true, prod: true }],
    [
      "M7 audit, E15 archive",
      (s) => [s.monitoring.audit, s.monitoring.archiveDays],
      { dev: [false, undefined], staging: [false, undefined], prod: [true, 365] },
    ],
    ["G1 TLS", (s) => s.gateway.requireTls, { dev: false, staging: false, prod: true }],
    [
      "E15 logs",
      (s) => [s.monitoring.logDays, s.logExpireDays, s.monitoring.flowLogs],
      { dev: [14, 14, false], staging: [30, 30, true], prod: [30, 365, true] },
    ],
    ["E15 level", (s) => s.services.api?.env.LOG_LEVEL, { dev: "debug", staging: "debug", prod: "info" }],
    ["E17 guard", (s) => s.stack.guard, { dev: "none", staging: "data", prod: "all" }],
    ["E18 budget", (s) => s.budget?.monthlyUsd, { dev: 200, staging: 1000, prod: 3000 }],
    ["E21 deployment", (s) => s.services.web?.deployment, { dev: "rolling", staging: "rolling", prod: "canary" }],
    [
      "A4 scaling",
      (s) =>
        s.services.api && [
          s.services.api.scale.cpuAbove,
          s.services.api.scale.cpuBelow,
          s.services.api.scale.memoryAbove,
          s.services.api.scale.step,
          s.services.api.scale.requestsPerSecond,
        ],
      { dev: [70, 30, 80, 1, undefined], staging: [70, 30, 80, 1, 1000], prod: [70, 30, 80, 1, 1000] },
    ],
    [
      "Q1 queue",
      (s) => s.queues.jobs,
      Object.fromEntries(
        environments.map((e) => [e, { fifo: false, maxDeliveries: 5, lockSeconds: 60, retentionDays: 4, maxAgeSeconds: 900 }]),
      ),
    ],
    [
      "D1 engine",
      (s) => [s.database?.version, s.database?.databaseName, s.database?.pooling, s.database?.audit],
      Object.fromEntries(environments.map((e) => [e, ["17", "app", false, false]])),
    ],
    ["D2 maintenance", (s) => s.database?.maintenance, Object.fromEntries(environments.map((e) => [e, { day: "sunday", hour: 3 }]))],
    [
      "S1 buckets",
      (s) => Object.entries(s.buckets).map(([name, { purpose, replicate }]) => [name, purpose, replicate]),
      {
        dev: [
          ["documents", "documents", false],
          ["uploads", "uploads", false],
        ],
        staging: ["documents", "uploads", "backups", "assets"].map((name) => [name, name, false]),
        prod: ["documents", "uploads", "backups", "assets"].map((name) => [name, name, name === "documents" || name === "backups"]),
      },
    ],
    [
      "S1 uploads",
      (s) => s.buckets.uploads?.lifecycle,
      Object.fromEntries(
        environments.map((e) => [
          e,
          { infrequentAfterDays: 30, coldAfterDays: 90, expireDays: 365, versionsDays: e === "dev" ? 7 : 30, folders: {} },
        ]),
      ),
    ],
    [
      "S1 documents are kept",
      (s) => s.buckets.documents?.lifecycle,
      {
        dev: { versionsDays: 7, folders: {} },
        staging: { versionsDays: 30, folders: {} },
        prod: { versionsDays: 90, folders: {} },
      },
    ],
    [
      "S1 assets",
      (s) => s.buckets.assets?.lifecycle,
      { staging: { versionsDays: 30, folders: {} }, prod: { versionsDays: 30, folders: {} } },
    ],
    [
      "E10 archive",
      (s) => s.buckets.backups?.lifecycle,
      Object.fromEntries(
        ["staging", "prod"].map((e) => [e, { versionsDays: 30, folders: { archive: { archiveAfterDays: 7, expireDays: 365 } } }]),
      ),
    ],
    [
      "E20 second region",
      (s) => s.stack.secondRegion,
      Object.fromEntries(environments.map((e) => [e, "us-west-2"])),
      Object.fromEntries(environments.map((e) => [e, "centralus"])),
    ],
    ["N1 range", (s) => s.network.cidr, { dev: "10.0.0.0/16", staging: "10.0.0.0/16", prod: "10.0.0.0/16" }],
    ["E14 CDN", (s) => [s.gateway.cdn, s.edge !== undefined], { dev: [false, false], staging: [false, false], prod: [true, true] }],
    ["G2 mode", (s) => s.gateway.wafMode, { dev: "block", staging: "block", prod: "block" }],
    ["G3 paid protection", (s) => s.gateway.ddosPlan, { dev: false, staging: false, prod: false }],
    [
      "G4 the CDN's own",
      (s) => s.edge,
      {
        dev: undefined,
        staging: undefined,
        prod: {
          waf: true,
          wafMode: "block",
          rateLimit: 2000,
          ddosPlan: false,
          domain: undefined,
          headers: { frameOptions: "SAMEORIGIN", referrerPolicy: "strict-origin-when-cross-origin" },
          cachedPaths: ["/assets/*"],
          allowedCidrs: [],
        },
      },
    ],
    ["G2 rate limit", (s) => s.gateway.rateLimit, { dev: 2000, staging: 2000, prod: 2000 }],
  ];
  for (const [row, what, byEnvironment, azure = {}] of rows) {
    for (const environment of environments) {
      it(`${row}, ${environment}`, () => {
        expect(what(of(environment, "aws"))).to.deep.equal(byEnvironment[environment]);
        expect(what(of(environment, "azure"))).to.deep.equal(azure[environment] ?? byEnvironment[environment]);
      });
    }
  }

  it("E20: the default regions", () => {
    expect(of("prod", "aws").stack).to.include({ region: "us-east-1" });
    expect(of("prod", "azure").stack).to.include({ region: "eastus2" });
  });

  it("names a row and a reason for every difference between the clouds", () => {
    for (const { row, reason } of overrides) {
      expect(row).to.match(/^E\d+$/);
      expect(reason).to.have.length.above(10);
    }
  });

  it("has web, api, worker and a scheduled job over database, cache, queue and topic", () => {
    const { services, queues, topics, secrets } = of("prod", "aws");
    expect(Object.entries(services).map(([name, { kind, uses }]) => [name, kind, uses])).to.deep.equal([
      ["web", "web", { api: "call" }],
      [
        "api",
        "api",
        { database: "readWrite", cache: "readWrite", jobs: "send", events: "send", documents: "readWrite", uploads: "readWrite" },
      ],
      ["worker", "worker", { jobs: "receive", database: "readWrite", cache: "readWrite", uploads: "read" }],
      ["nightly", "job", { database: "read" }],
    ]);
    expect([services.web?.routes.paths, services.api?.routes.paths]).to.deep.equal([["/*"], ["/api/*"]]);
    expect(services.worker?.scale.backlogPerInstance).to.equal(100);
    expect(services.nightly?.schedule).to.equal("0 3 * * *");
    expect(services.api?.secrets).to.deep.equal({ JWT_SIGNING_KEY: "jwt-signing-key" });
    expect([Object.keys(queues), topics, secrets]).to.deep.equal([
      ["jobs"],
      { events: { subscriptions: { jobs: { filter: {} } } } },
      { "jwt-signing-key": { generate: true } },
    ]);
  });

  it("starts from images that need no login, no configuration and no root", () => {
    for (const { image, command, user, readOnlyRoot, port } of Object.values(of("dev", "azure").services)) {
      expect(image).to.equal(defaultImage);
      expect([user, readOnlyRoot, port]).to.deep.equal([1000, true, 3000]);
      // App Service takes the command as one line and splits it at spaces.
      expect(command?.[0]).to.equal("node");
      for (const part of command ?? []) expect(part).to.match(/^[^\s"'`\\]+$/);
    }
  });
});

describe("the stack files", () => {
  for (const stack of ["dev", "staging", "prod", "early-stage"]) {
    for (const cloud of clouds) {
      it(`${stack} loads on ${cloud}`, () => {
        const { config, secretKeys } = readStackFile(stackFileText(stack), stack);
        expect(faults({ stack, config: applySet(config, `cloud=${cloud}`, "platform"), secretKeys })).to.deep.equal([]);
      });
    }
  }

  it("state only what both clouds have", () => {
    for (const stack of ["dev", "staging", "prod", "early-stage"]) {
      expect(stackFileText(stack)).to.match(/^# yaml-language-server: \$schema=\.\/schema\/pulumi-stack\.schema\.json\n/);
      for (const key of Object.keys(readStackFile(stackFileText(stack), stack).config)) expect(key).to.match(/^platform:/);
    }
  });

  it("early-stage is one service with its database, in at most 15 lines", () => {
    const text = stackFileText("early-stage");
    expect(text.trimEnd().split("\n").length).to.be.at.most(15);
    const { services, database, cache, queues, topics } = settings({
      stack: "early-stage",
      config: readStackFile(text, "early-stage").config,
    });
    expect(Object.keys(services)).to.deep.equal(["api"]);
    expect(services.api?.uses).to.deep.equal({ database: "readWrite", documents: "readWrite", uploads: "readWrite" });
    expect([database?.size, cache, queues, topics]).to.deep.equal(["small", undefined, {}, {}]);
  });
});
