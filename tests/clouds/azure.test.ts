import { output } from "@pulumi/pulumi";
import { expect } from "chai";
import fc from "fast-check";
import { type NameKind, nameOf, nameRules } from "../../components/clouds/azure/names";
import { ownActions, permissions, platformRoles, roleId } from "../../components/clouds/azure/permissions";
import { cacheSizes, databaseSizes, diskFor, diskSizes, limits, planSizes, priceKeys } from "../../components/clouds/azure/sizes";
import { transformed, type Transforms, transforms } from "../../components/clouds/azure/transforms";
import { accessWords } from "../../components/use";
import { azureStack } from "../support/stacks";

/** Azure's own limits, as its documentation states them; the rules may be narrower. */
const azureLimits: Readonly<Record<NameKind, RegExp>> = {
  resourceGroup: /^[-\w.()]{0,89}[-\w()]$/,
  virtualNetwork: /^[A-Za-z0-9][\w.-]{0,62}\w$/,
  networkSecurityGroup: /^[A-Za-z0-9]([\w.-]{0,78}\w)?$/,
  publicIp: /^[A-Za-z0-9]([\w.-]{0,78}\w)?$/,
  natGateway: /^[A-Za-z0-9]([\w.-]{0,78}\w)?$/,
  bastion: /^[A-Za-z0-9]([\w.-]{0,78}\w)?$/,
  vpnGateway: /^[A-Za-z0-9]([\w.-]{0,78}\w)?$/,
  localGateway: /^[A-Za-z0-9]([\w.-]{0,78}\w)?$/,
  vpnConnection: /^[A-Za-z0-9]([\w.-]{0,78}\w)?$/,
  virtualMachine: /^[A-Za-z0-9]([\w.-]{0,62}[A-Za-z0-9])?$/,
  networkInterface: /^[A-Za-z0-9]([\w.-]{0,78}\w)?$/,
  privateEndpoint: /^[A-Za-z0-9][\w.-]{0,62}\w$/,
  flowLog: /^[A-Za-z0-9]([\w.-]{0,78}\w)?$/,
  applicationGateway: /^[A-Za-z0-9]([\w.-]{0,78}\w)?$/,
  wafPolicy: /^[A-Za-z0-9]([\w.-]{0,78}\w)?$/,
  frontDoor: /^[a-zA-Z0-9]+(-*[a-zA-Z0-9]+)*$/,
  frontDoorEndpoint: /^(?=.{2,46}$)[a-zA-Z0-9]+(-*[a-zA-Z0-9]+)*$/,
  frontDoorPolicy: /^[a-zA-Z][a-zA-Z0-9]{0,127}$/,
  frontDoorPart: /^(?=.{1,50}$)[a-zA-Z0-9]+(-*[a-zA-Z0-9]+)*$/,
  frontDoorRule: /^[a-zA-Z0-9]{1,60}$/,
  storageAccount: /^[a-z0-9]{3,24}$/,
  // `-` and six digits follow.
  keyVault: /^[A-Za-z](?!.*--)[A-Za-z0-9-]{0,15}[A-Za-z0-9]$/,
  key: /^[0-9A-Za-z-]{1,127}$/,
  // `-` and six digits follow.
  secret: /^[0-9A-Za-z-]{1,120}$/,
  identity: /^[A-Za-z0-9][\w-]{2,127}$/,
  workspace: /^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$/,
  actionGroup: /^[^:<>+/&%\\?|]{0,259}[^:<>+/&%\\?| .]$/,
  insights: /^[\w.()-]{1,254}[\w()-]$/,
  webTest: /^[^<>%&\\?/]{1,260}$/,
  workflow: /^[\w.()-]{1,80}$/,
  activityLog: /^[^*<>%:&?+/\\|]{1,260}$/,
  alert: /^[^*#&+:<>?@%{}\\/|]{0,259}[^*#&+:<>?@%{}\\/| .]$/,
  autoscale: /^[^<>%&#.,?/:\\]{1,260}$/,
  diagnostics: /^[^*<>%:&?+/\\|]{1,260}$/,
  postgresServer: /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
  redis: /^(?!.*--)[A-Za-z0-9]([A-Za-z0-9-]{0,58}[A-Za-z0-9])?$/,
  serviceBus: /^[A-Za-z][A-Za-z0-9-]{4,48}[A-Za-z0-9](?<!-sb|-mgmt)$/,
  queue: /^[A-Za-z0-9]([\w./~-]{0,258}[A-Za-z0-9])?$/,
  topic: /^[A-Za-z0-9]([\w./~-]{0,258}[A-Za-z0-9])?$/,
  subscription: /^[A-Za-z0-9]([\w.-]{0,48}[A-Za-z0-9])?$/,
  plan: /^[0-9A-Za-z-]{1,40}$/,
  site: /^[0-9A-Za-z][0-9A-Za-z-]{0,58}[0-9A-Za-z]$/,
  containerEnvironment: /^[a-z](?!.*--)[a-z0-9-]{0,58}[a-z0-9]$/,
  containerApp: /^[a-z](?!.*--)[a-z0-9-]{0,30}[a-z0-9]$/,
  containerJob: /^[a-z](?!.*--)[a-z0-9-]{0,30}[a-z0-9]$/,
  registry: /^[A-Za-z0-9]{5,50}$/,
  registryTask: /^[A-Za-z0-9_-]{5,50}$/,
  // `-` and six digits follow.
  configStore: /^[A-Za-z0-9][A-Za-z0-9-]{3,41}[A-Za-z0-9]$/,
  eventTopic: /^[A-Za-z0-9-]{3,50}$/,
  eventSubscription: /^[A-Za-z0-9-]{3,64}$/,
  budget: /^[\w-]{1,63}$/,
  costAlert: /^[A-Za-z0-9-]{1,63}$/,
  backupVault: /^[A-Za-z][A-Za-z0-9-]{1,49}$/,
  backupPolicy: /^[A-Za-z0-9-]{1,150}$/,
  backupInstance: /^[A-Za-z0-9-]{1,150}$/,
  role: /^.{1,512}$/,
  deployment: /^[\w.()-]{1,64}$/,
  dnsLabel: /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
};

const kinds = Object.keys(nameRules) as NameKind[];
const words = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$/);
const parts = fc.oneof(fc.constant(""), words);

describe("names on Azure", () => {
  for (const kind of kinds) {
    it(`keep the limits of ${kind}`, () => {
      fc.assert(
        fc.property(words, words, parts, (project, name, part) => {
          if (nameRules[kind].scope === "inside" && part === "") return;
          expect(nameOf(azureStack({ project, name }), kind, part)).to.match(azureLimits[kind]);
        }),
      );
    });
  }

  it("differ for different stacks and parts, wherever the names share a namespace", () => {
    const shared = kinds.filter((kind) => ["world", "subscription"].includes(nameRules[kind].scope) && !("suffixed" in nameRules[kind]));
    fc.assert(
      fc.property(
        fc.constantFrom(...shared),
        fc.tuple(words, words),
        fc.tuple(words, words),
        (kind, [project, name], [otherProject, otherName]) => {
          fc.pre(project !== otherProject || name !== otherName);
          expect(nameOf(azureStack({ project, name }), kind, "data")).not.to.equal(
            nameOf(azureStack({ project: otherProject, name: otherName }), kind, "data"),
          );
        },
      ),
    );
  });

  it("differ for different parts of one stack", () => {
    const spelled = fc.stringMatching(/^[a-z][a-z0-9_.A-Z-]{0,80}$/);
    const named = kinds.filter((kind) => !("suffixed" in nameRules[kind]));
    fc.assert(
      fc.property(fc.constantFrom(...named), spelled, spelled, (kind, one, other) => {
        fc.pre(one !== other);
        expect(nameOf(azureStack(), kind, one)).not.to.equal(nameOf(azureStack(), kind, other));
      }),
    );
  });

  it("read as the documents write them", () => {
    const stack = azureStack({ project: "shop", name: "prod" });
    expect(nameOf(stack, "resourceGroup", "")).to.equal("rg-shop-prod");
    expect(nameOf(stack, "resourceGroup", "data")).to.equal("rg-shop-prod-data");
    expect(nameOf(stack, "site", "api")).to.match(/^app-shop-prod-api-[0-9a-f]{6}$/);
    expect(nameOf(stack, "storageAccount", "logs")).to.match(/^stshopprodlogs[0-9a-f]{6}$/);
    expect(nameOf(stack, "keyVault", "")).to.equal("kv-shop-prod");
    expect(nameOf(stack, "queue", "jobs")).to.equal("jobs");
    expect(nameOf(stack, "containerApp", "worker")).to.equal("ca-shop-prod-worker");
  });

  it("tell apart what would read the same", () => {
    const one = azureStack({ project: "shop-eu", name: "prod" });
    const other = azureStack({ project: "shop", name: "eu-prod" });
    expect(nameOf(one, "resourceGroup", "")).to.equal("rg-shop-eu-prod");
    expect(nameOf(other, "resourceGroup", "")).to.match(/^rg-shop-eu-prod-[0-9a-f]{6}$/);
    expect(nameOf(azureStack({ project: "shop-prod", name: "data" }), "resourceGroup", "")).to.match(/^rg-shop-prod-data-[0-9a-f]{6}$/);
  });

  it("are the same each time", () => {
    expect(nameOf(azureStack(), "site", "api")).to.equal("app-platform-test-api-5c69b0");
  });

  it("have prefixes and limits that change only on purpose: a change replaces what bears the name", () => {
    expect(Object.fromEntries(kinds.map((kind) => [kind, Object.values(nameRules[kind]).join(" ")]))).to.deep.equal({
      resourceGroup: "rg 90 true subscription",
      virtualNetwork: "vnet 64 true group",
      frontDoor: "afd 90 true group",
      frontDoorEndpoint: "fde 46 true group",
      frontDoorPolicy: "waf 128 false group",
      frontDoorPart: " 50 true inside",
      frontDoorRule: " 60 false inside",
      networkSecurityGroup: "nsg 80 true group",
      publicIp: "pip 80 true group",
      natGateway: "ng 80 true group",
      bastion: "bas 80 true group",
      vpnGateway: "vpng 80 true group",
      localGateway: "lgw 80 true group",
      vpnConnection: "vcn 80 true group",
      virtualMachine: "vm 64 true group",
      networkInterface: "nic 80 true group",
      privateEndpoint: "pep 64 true group",
      flowLog: "fl 80 true subscription",
      applicationGateway: "agw 80 true group",
      wafPolicy: "waf 80 true group",
      storageAccount: "st 24 false world",
      keyVault: "kv 17 true world true",
      key: " 127 true inside",
      secret: " 120 true inside",
      identity: "id 128 true group",
      workspace: "log 63 true group",
      actionGroup: "ag 260 true group",
      insights: "appi 255 true group",
      webTest: "webt 260 true group",
      workflow: "logic 80 true group",
      activityLog: "activity 260 true subscription",
      alert: "alert 260 true group",
      autoscale: "scale 260 true group",
      diagnostics: "diag 260 true inside",
      postgresServer: "psql 63 true world",
      redis: "amr 60 true world",
      serviceBus: "sbns 50 true world",
      queue: " 260 true inside",
      topic: " 260 true inside",
      subscription: " 50 true inside",
      plan: "asp 40 true group",
      site: "app 40 true world",
      containerEnvironment: "cae 32 true group",
      containerApp: "ca 32 true group",
      containerJob: "cj 32 true group",
      registry: "cr 50 false world",
      registryTask: "task 50 true inside",
      configStore: "appcs 43 true world true",
      eventTopic: "evgst 50 true group",
      eventSubscription: "events 64 true inside",
      budget: "budget 63 true subscription",
      costAlert: " 63 true subscription",
      backupVault: "bv 50 true group",
      backupPolicy: " 150 true inside",
      backupInstance: " 150 true inside",
      role: "role 128 true subscription",
      deployment: "deploy 64 true group",
      dnsLabel: " 63 true group",
    });
  });
});

describe("permissions on Azure", () => {
  it("give exactly these roles for each word", () => {
    expect(permissions).to.deep.equal({
      database: { read: [], readWrite: [], own: [] },
      cache: { readWrite: [] },
      queue: {
        send: [{ name: "Azure Service Bus Data Sender", id: "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39" }],
        receive: [{ name: "Azure Service Bus Data Receiver", id: "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0" }],
      },
      topic: { send: [{ name: "Azure Service Bus Data Sender", id: "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39" }] },
      service: { call: [] },
      files: { read: [], readWrite: [] },
      storage: {
        read: [{ name: "Storage Blob Data Reader", id: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1" }],
        readWrite: [{ name: "Storage Blob Data Contributor", id: "ba92f5b4-2d11-453d-a403-e96b0029c9fe" }],
      },
      flags: { read: [{ name: "App Configuration Data Reader", id: "516239f1-63e1-4d78-a4de-a74fb236a071" }] },
    });
  });

  it("give the platform's own identities exactly these", () => {
    expect(platformRoles).to.deep.equal({
      secret: { read: { name: "Key Vault Secrets User", id: "4633458b-17de-408a-b874-0445c86b69e6" } },
      key: { use: { name: "Key Vault Crypto Service Encryption User", id: "e147488a-f6f5-4113-8e2d-b22465e65bf6" } },
      metrics: { publish: { name: "Monitoring Metrics Publisher", id: "3913510d-42f4-4e42-8a64-420c390055eb" } },
      registry: { pull: { name: "AcrPull", id: "7f951dda-4ed3-4680-a7ca-43fe172d538d" } },
      registryCleanup: {
        list: { name: "Reader", id: "acdd72a7-3385-48ef-bd42-f606fba81ae7" },
        delete: { name: "AcrDelete", id: "c2f4ef07-c644-48eb-af81-4b1b4947fb11" },
      },
      logs: { write: { name: "Storage Blob Data Contributor", id: "ba92f5b4-2d11-453d-a403-e96b0029c9fe" } },
      backup: {
        copy: { name: "PostgreSQL Flexible Server Long Term Retention Backup Role", id: "c088a766-074b-43ba-90d4-1fb21feae531" },
        see: { name: "Reader", id: "acdd72a7-3385-48ef-bd42-f606fba81ae7" },
      },
      archive: { write: { name: "Storage Blob Data Contributor", id: "ba92f5b4-2d11-453d-a403-e96b0029c9fe" } },
    });
  });

  it("have roles of our own for the platform's jobs, which name each action", () => {
    expect(ownActions).to.deep.equal({
      exportCache: ["Microsoft.Cache/redisEnterprise/databases/read", "Microsoft.Cache/redisEnterprise/databases/export/action"],
      readBudget: ["Microsoft.Consumption/budgets/read"],
      limitScaling: ["Microsoft.Insights/autoscaleSettings/read", "Microsoft.Insights/autoscaleSettings/write"],
      restored: ["read", "write", "delete"].map((verb) => `Microsoft.DBforPostgreSQL/flexibleServers/${verb}`),
      restore: [
        "Microsoft.DBforPostgreSQL/flexibleServers/read",
        "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
        "Microsoft.ManagedIdentity/userAssignedIdentities/read",
        "Microsoft.Network/privateDnsZones/join/action",
        "Microsoft.Network/privateDnsZones/read",
        "Microsoft.Network/virtualNetworks/subnets/join/action",
        "Microsoft.Network/virtualNetworks/subnets/read",
      ],
    });
  });

  it("have every word of every noun", () => {
    for (const [noun, list] of Object.entries(accessWords)) {
      expect(Object.keys(permissions[noun as keyof typeof permissions]), noun).to.have.members([...list]);
    }
  });

  it("compose the id of a role", (done) => {
    roleId(output("sub"), "role").apply((id) => {
      expect(id).to.equal("/subscriptions/sub/providers/Microsoft.Authorization/roleDefinitions/role");
      done();
    });
  });
});

describe("sizes on Azure", () => {
  it("are these, each with the key of its price", () => {
    expect(databaseSizes).to.deep.equal({
      small: {
        sku: "Standard_B1ms",
        tier: "Burstable",
        priceKey: "azure.postgres.Standard_B1ms",
        vcpu: 1,
        memoryGib: 2,
        burstable: true,
        connections: 50,
      },
      medium: {
        sku: "Standard_D2ds_v5",
        tier: "GeneralPurpose",
        priceKey: "azure.postgres.Standard_D2ds_v5",
        vcpu: 2,
        memoryGib: 8,
        burstable: false,
        connections: 859,
      },
      large: {
        sku: "Standard_D4ds_v5",
        tier: "GeneralPurpose",
        priceKey: "azure.postgres.Standard_D4ds_v5",
        vcpu: 4,
        memoryGib: 16,
        burstable: false,
        connections: 1718,
      },
      xlarge: {
        sku: "Standard_D8ds_v5",
        tier: "GeneralPurpose",
        priceKey: "azure.postgres.Standard_D8ds_v5",
        vcpu: 8,
        memoryGib: 32,
        burstable: false,
        connections: 3437,
      },
    });
    expect(cacheSizes).to.deep.equal({
      small: { sku: "Balanced_B0", priceKey: "azure.redis.Balanced_B0", memoryGib: 0.5 },
      medium: { sku: "Balanced_B1", priceKey: "azure.redis.Balanced_B1", memoryGib: 1 },
      large: { sku: "Balanced_B5", priceKey: "azure.redis.Balanced_B5", memoryGib: 6 },
      xlarge: { sku: "Balanced_B10", priceKey: "azure.redis.Balanced_B10", memoryGib: 12 },
    });
    expect([...planSizes]).to.deep.equal([
      [0.25, { sku: "B1", tier: "Basic", priceKey: "azure.plan.B1", memoryGib: 1.75 }],
      [0.5, { sku: "P0v3", tier: "PremiumV3", priceKey: "azure.plan.P0v3", memoryGib: 4 }],
      [1, { sku: "P1v3", tier: "PremiumV3", priceKey: "azure.plan.P1v3", memoryGib: 8 }],
      [2, { sku: "P2v3", tier: "PremiumV3", priceKey: "azure.plan.P2v3", memoryGib: 16 }],
      [4, { sku: "P3v3", tier: "PremiumV3", priceKey: "azure.plan.P3v3", memoryGib: 32 }],
    ]);
    expect(priceKeys).to.deep.equal({
      containerCpu: "azure.containers.vcpu",
      containerMemory: "azure.containers.memory",
      databaseStorage: "azure.postgres.storage",
      serviceBus: { standard: "azure.servicebus.standard", premium: "azure.servicebus.premium" },
      privateEndpoint: "azure.private-endpoint",
      metricAlert: "azure.metric-alert",
    });
  });

  it("limit what may be asked for", () => {
    const { pairs, ...service } = limits.service;
    expect(service).to.deep.equal({
      spot: false,
      jobTimeouts: true,
      maxInstances: 30,
      fixedScaleCpus: [0.25],
      readOnlySites: false,
      noCandidateCpus: [0.25],
    });
    const plans = [
      [0.25, [512, 1024]],
      [0.5, [1024, 2048]],
      [1, [2048, 4096]],
      [2, [4096, 8192]],
      [4, [8192, 16384]],
    ];
    const consumption = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2].map((cpu) => [cpu, [2048 * cpu]]);
    expect({ web: [...pairs.web], api: [...pairs.api], worker: [...pairs.worker], job: [...pairs.job] }).to.deep.equal({
      web: plans,
      api: plans,
      worker: consumption,
      job: consumption,
    });
    expect(limits.cloud).to.equal("azure");
    expect(limits.database).to.deep.equal({
      sizes: databaseSizes,
      storageGb: { min: 20, max: 16384, steps: [32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384] },
      burstableReplicas: false,
      burstableHighAvailability: false,
      burstablePooling: false,
      maxReplicas: 5,
      backupDays: { min: 7, max: 35 },
      iops: undefined,
    });
    expect(limits.cache).to.deep.equal({ sizes: cacheSizes, sharding: false });
  });

  it("offer three zones in every region, among them the default ones", () => {
    expect(limits.zones).to.include.keys(
      "eastus2",
      "centralus",
      "westeurope",
      "northeurope",
      "swedencentral",
      "uksouth",
      "francecentral",
      "germanywestcentral",
    );
    for (const [region, zones] of Object.entries(limits.zones)) expect(zones, region).to.deep.equal(["1", "2", "3"]);
  });

  it("ask for no more memory than the plan's machine has", () => {
    for (const [cpu, memory] of limits.service.pairs.web) {
      for (const mb of memory) expect(mb / 1024, String(cpu)).to.be.at.most(planSizes.get(cpu)?.memoryGib ?? 0);
    }
  });

  it("round a disk up to one that is sold", () => {
    expect([20, 32, 33, 64, 100, 500, 513, 16384].map(diskFor)).to.deep.equal([32, 32, 64, 64, 128, 512, 1024, 16384]);
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 16384 }), (asked) => {
        const disk = diskFor(asked);
        expect(disk).to.be.at.least(asked);
        expect(diskSizes).to.include(disk);
      }),
    );
  });
});

describe("transforms on Azure", () => {
  const args = { resourceGroupName: "group", backup: { backupRetentionDays: 7 } };

  it("are none at first", () => {
    expect(transforms).to.deep.equal({});
    expect(transformed("database.server", args)).to.equal(args);
  });

  it("change the args of their key only", () => {
    const by: Transforms = { "database.server": (given) => ({ ...given, backup: { backupRetentionDays: 14 } }) };
    expect(transformed("database.server", args, by)).to.deep.equal({ resourceGroupName: "group", backup: { backupRetentionDays: 14 } });
    expect(transformed("database.replica", args, by)).to.equal(args);
  });
});
