import { output } from "@pulumi/pulumi";
import { expect } from "chai";
import type { ScaleSchedule } from "../../components/app-service";
import { checkScaling, leastOf, recurrenceOf, spreads, timedMinimums } from "../../components/hosting/azure-schedules";
import type { AzureHosting } from "../../components/hosting/azure";
import type { Recorded } from "../../plan/record";
import { once } from "../support/azure-parts";
import { child, childrenOf, common, platform, service, type Settings, summary } from "./azure-parts";

const { scale } = service();
const worker = service({ kind: "worker", cpu: 0.5, memoryMb: 1024 });
const basic = service({ cpu: 0.25, memoryMb: 512, scale: { ...scale, min: 1, max: 1 } });
const night: ScaleSchedule = { name: "night", cron: "0 20 * * 1-5", timezone: "Europe/Berlin", min: 1, max: 2 };
const day: ScaleSchedule = { name: "day", cron: "30 6 * * *", timezone: "UTC", min: 2, max: 20 };

const prod = { environment: "prod" } as const;
const staging = { environment: "staging" } as const;

const made = once((settings: Settings) => recordedWith(settings));
const hosting = (settings: Settings = {}): Promise<Recorded[]> => made(settings);

async function recordedWith(settings: Settings, use: (made: AzureHosting) => void = () => undefined): Promise<Recorded[]> {
  const then = ({ hosting }: { readonly hosting: AzureHosting }): void => {
    use(hosting);
    // As the services do when their sites are made.
    for (const [service, isMade] of Object.entries(hosting.raw.counted)) isMade(output(`${service}-site-id`));
  };
  return childrenOf(await platform({ ...settings, then }), "Hosting", "hosting");
}

const failureOf = (settings: Settings): Promise<string> =>
  hosting(settings).then(
    () => "",
    (error: unknown) => String(error),
  );

const onPlan = (metricName: string, operator: string, threshold: number, timeWindow: string): object => ({
  metricName,
  metricNamespace: "microsoft.web/serverfarms",
  metricResourceUri: "hosting-plan-web-id",
  timeGrain: "PT1M",
  statistic: "Average",
  timeWindow,
  timeAggregation: "Average",
  operator,
  threshold,
});
const add = (value: string): object => ({ direction: "Increase", type: "ChangeCount", value, cooldown: "PT3M" });
const cpuUp = { metricTrigger: onPlan("CpuPercentage", "GreaterThan", 70, "PT5M"), scaleAction: add("1") };
const memoryUp = { metricTrigger: onPlan("MemoryPercentage", "GreaterThan", 80, "PT5M"), scaleAction: add("1") };
const cpuDown = {
  metricTrigger: onPlan("CpuPercentage", "LessThan", 30, "PT10M"),
  scaleAction: { direction: "Decrease", type: "ChangeCount", value: "1", cooldown: "PT10M" },
};

describe("Hosting on Azure", () => {
  it("is a plan with its scale per group of web services, and an environment for workers", async () => {
    const services = { web: service(), api: service({ kind: "api" }), admin: service({ cpu: 2, memoryMb: 4096 }), worker };
    expect(summary(await hosting({ services }))).to.have.members([
      "web:AppServicePlan hosting-plan-web",
      "web:AppServicePlan hosting-plan-admin",
      "monitor:DiagnosticSetting hosting-plan-web-logs",
      "monitor:DiagnosticSetting hosting-plan-admin-logs",
      "monitor:AutoscaleSetting hosting-scale-web",
      "monitor:AutoscaleSetting hosting-scale-admin",
      "monitor:DiagnosticSetting hosting-scale-web-logs",
      "monitor:DiagnosticSetting hosting-scale-admin-logs",
      "app:ManagedEnvironment hosting-environment",
      "monitor:DiagnosticSetting hosting-logs",
    ]);
  });

  it("has no environment without workers and jobs, and one for a job alone", async () => {
    expect(summary(await hosting()).join()).to.not.match(/ManagedEnvironment/);
    expect(summary(await hosting({ services: { job: { ...worker, kind: "job" } } }))).to.deep.equal([
      "app:ManagedEnvironment hosting-environment",
      "monitor:DiagnosticSetting hosting-logs",
    ]);
  });

  it("makes a Premium plan over the zones, whose instances autoscale counts", async () => {
    const plan = child(await hosting(), "hosting-plan-web");
    expect(plan.inputs).to.deep.equal({
      ...common("hosting"),
      name: "asp-platform-test-web",
      kind: "linux",
      reserved: true,
      sku: { name: "P1v3", tier: "PremiumV3", capacity: 2 },
      zoneRedundant: true,
      // Filled in by the SDK.
      ...sdkDefaults(plan.inputs),
    });
    expect(plan.options.ignoreChanges).to.deep.equal(["sku.capacity", "zoneRedundant"]);
  });

  it("spreads over two zones where the stack has no more", async () => {
    const plan = child(await hosting({ stack: { zones: ["1", "2"] } }), "hosting-plan-web");
    expect(plan.inputs.zoneRedundant).to.equal(true);
  });

  it("makes a Basic plan whose instances are fixed and which does not scale", async () => {
    const resources = await hosting({ services: { web: basic } });
    expect(summary(resources)).to.deep.equal(["web:AppServicePlan hosting-plan-web", "monitor:DiagnosticSetting hosting-plan-web-logs"]);
    const plan = child(resources, "hosting-plan-web");
    expect(plan.inputs).to.deep.include({ sku: { name: "B1", tier: "Basic", capacity: 1 }, zoneRedundant: false });
    expect(plan.options.ignoreChanges).to.be.empty;
  });

  for (const [what, settings] of [
    ["outside prod", { stack: { environment: "staging" } }],
    ["on a Basic plan of two", { services: { web: { ...basic, scale: { ...scale, min: 2, max: 2 } } } }],
  ] as const) {
    it(`does not spread over zones ${what}`, async () => {
      expect(child(await hosting(settings), "hosting-plan-web").inputs.zoneRedundant).to.equal(false);
    });
  }

  it("adds instances on CPU and memory and removes them on CPU", async () => {
    expect(child(await hosting(), "hosting-scale-web").inputs).to.deep.equal({
      ...common("hosting"),
      autoscaleSettingName: "scale-platform-test-web",
      name: "scale-platform-test-web",
      enabled: true,
      targetResourceUri: "hosting-plan-web-id",
      profiles: [{ name: "default", capacity: { minimum: "2", maximum: "20", default: "2" }, rules: [cpuUp, memoryUp, cpuDown] }],
    });
  });

  it("adds as many as asked, on requests of each site of the plan too", async () => {
    const busy = { ...scale, step: 2, requestsPerSecond: 1000 };
    const [profile] = child(
      await hosting({ services: { web: service({ scale: busy }), api: service({ kind: "api", scale: busy }) } }),
      "hosting-scale-web",
    ).inputs.profiles as { rules: object[] }[];
    const requests = (service: string): object => ({
      metricTrigger: {
        metricName: "Requests",
        metricNamespace: "microsoft.web/sites",
        metricResourceUri: `${service}-site-id`,
        timeGrain: "PT1M",
        statistic: "Sum",
        timeWindow: "PT5M",
        timeAggregation: "Average",
        operator: "GreaterThan",
        threshold: 60000,
        dividePerInstance: true,
      },
      scaleAction: add("2"),
    });
    expect(profile!.rules).to.deep.equal([
      { ...cpuUp, scaleAction: add("2") },
      { ...memoryUp, scaleAction: add("2") },
      requests("web"),
      requests("api"),
      cpuDown,
    ]);
  });

  it("comes after the sites whose requests it counts, as Azure looks for what a rule names", async () => {
    const busy = service({ scale: { ...scale, requestsPerSecond: 1000 } });
    const all = await platform({ services: { web: busy }, withServices: true });
    const setting = all.find(({ name }) => name === "hosting-scale-web");
    expect(setting?.dependencies.map((urn) => urn.split("::").at(-1))).to.include.members(["web-site", "hosting-plan-web"]);
  });

  it("has other limits from the hours of its schedules on", async () => {
    const web = service({ scale: { ...scale, schedules: [night, day] } });
    const { profiles } = child(await hosting({ services: { web }, stack: staging }), "hosting-scale-web").inputs;
    const rules = [cpuUp, memoryUp, cpuDown];
    const weekly = (timeZone: string, days: string[], hour: number, minute: number): object => ({
      frequency: "Week",
      schedule: { timeZone, days, hours: [hour], minutes: [minute] },
    });
    expect(profiles).to.deep.equal([
      { name: "default", capacity: { minimum: "2", maximum: "20", default: "2" }, rules },
      {
        name: "night",
        capacity: { minimum: "1", maximum: "2", default: "1" },
        rules,
        recurrence: weekly("W. Europe Standard Time", ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"], 20, 0),
      },
      {
        name: "day",
        capacity: { minimum: "2", maximum: "20", default: "2" },
        rules,
        recurrence: weekly("UTC", ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"], 6, 30),
      },
    ]);
  });

  it("runs containers inside the network only, over the zones in production", async () => {
    const resources = await hosting({ services: { worker } });
    expect(child(resources, "hosting-environment").inputs).to.deep.equal({
      ...common("hosting"),
      environmentName: "cae-platform-test",
      infrastructureResourceGroup: "rg-platform-test-containers",
      vnetConfiguration: { infrastructureSubnetId: "network-vnet-id/subnets/containers", internal: true },
      publicNetworkAccess: "Disabled",
      workloadProfiles: [{ name: "Consumption", workloadProfileType: "Consumption" }],
      zoneRedundant: true,
      appLogsConfiguration: { destination: "azure-monitor" },
    });
    expect(child(resources, "hosting-logs").inputs).to.deep.equal({
      name: "diag-hosting",
      resourceUri: "hosting-environment-id",
      workspaceId: "monitoring-workspace-id",
      logs: [{ categoryGroup: "allLogs", enabled: true }],
      metrics: [{ category: "AllMetrics", enabled: true }],
    });
    const staging = await hosting({ services: { worker }, stack: { environment: "staging" } });
    expect(child(staging, "hosting-environment").inputs.zoneRedundant).to.equal(false);
  });

  it("says which plan and subnet a service has", async () => {
    const seen: Record<string, unknown> = {};
    const services = { web: service(), api: service({ kind: "api" }), admin: basic, worker };
    await recordedWith({ services }, ({ raw }) => {
      seen.basic = raw.basic;
      for (const [name, id] of Object.entries(raw.planIds)) id.apply((value) => (seen[`${name} plan`] = value));
      for (const [name, id] of Object.entries(raw.subnetIds)) id.apply((value) => (seen[`${name} subnet`] = value));
      raw.environmentId?.apply((value) => (seen.environment = value));
    });
    expect(seen).to.deep.equal({
      basic: { web: false, api: false, admin: true },
      "web plan": "hosting-plan-web-id",
      "api plan": "hosting-plan-web-id",
      "admin plan": "hosting-plan-admin-id",
      "web subnet": "network-vnet-id/subnets/app",
      "api subnet": "network-vnet-id/subnets/app",
      "admin subnet": "network-vnet-id/subnets/plan-admin",
      environment: "hosting-environment-id",
    });
  });

  it("refuses a network that knows nothing of a group", async () => {
    expect(await failureOf({ network: { planGroups: [] } })).to.match(/no subnet for the services of "web".*planGroups/);
  });

  it("refuses what the contract and Azure refuse, with the service's path", async () => {
    expect(await failureOf({ services: { web: service({ cpu: 3 }) } })).to.match(/services\.web\.cpu: azure sells web services with/);
    const scheduled = { ...basic, scale: { ...basic.scale, schedules: [{ ...day, min: 1, max: 1 }] } };
    expect(await failureOf({ services: { web: scheduled } })).to.match(
      /services\.web\.scale\.schedules\[0\]: the plan of a service of 0\.25 vCPU \(Basic\) has no schedules/,
    );
  });
});

/** What the SDK adds to a plan. */
function sdkDefaults(inputs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const keys = ["elasticScaleEnabled", "hyperV", "isSpot", "isXenon", "perSiteScaling", "targetWorkerCount", "targetWorkerSizeId"];
  return Object.fromEntries(keys.flatMap((key) => (key in inputs ? [[key, inputs[key]]] : [])));
}

describe("schedules on Azure", () => {
  const week = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
  for (const [cron, days] of [
    ["0 20 * * *", week],
    ["0 20 * * 1-5", ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]],
    ["0 20 * * mon-wed,SAT", ["Monday", "Tuesday", "Wednesday", "Saturday"]],
    ["0 20 * * 6-7", ["Sunday", "Saturday"]],
    ["0 20 * * 0", ["Sunday"]],
  ] as const) {
    it(`begin at ${cron}`, () =>
      expect(recurrenceOf({ ...night, cron })).to.deep.equal({ timeZone: "W. Europe Standard Time", days, hours: [20], minutes: [0] }));
  }

  for (const cron of [
    "*/5 20 * * *",
    "0 24 * * *",
    "60 1 * * *",
    "0 20 1 * *",
    "0 20 * 1 *",
    "0 20 * * 8",
    "0 20 * * 5-1",
    "0 20 * * 1-2-3",
    "0 20 * *",
    "0 20 * * * *",
    "0 20 * * FOO",
  ]) {
    it(`can't begin at ${cron}`, () => expect(recurrenceOf({ ...night, cron })).to.equal(undefined));
  }

  it("can't begin in a time zone without a Windows name", () =>
    expect(recurrenceOf({ ...night, timezone: "Mars/Olympus" })).to.equal(undefined));

  it("know the least at any time", () => {
    expect(leastOf({ ...scale, schedules: [night] })).to.equal(1);
    expect(leastOf(scale)).to.equal(2);
  });

  it("raise a worker's minimum until the next one begins", () => {
    const spec = { ...worker, scale: { ...scale, min: 1, schedules: [night, day] } };
    expect(timedMinimums(spec)).to.deep.equal([{ name: "day", start: "30 6 * * *", end: "0 20 * * 1-5", timezone: "UTC", min: 2 }]);
    expect(timedMinimums(worker)).to.deep.equal([]);
  });

  const site = (schedule: Partial<ScaleSchedule>) => service({ scale: { ...scale, schedules: [{ ...day, ...schedule }] } });
  const working = (more: Partial<typeof scale>) => ({ ...worker, scale: { ...scale, ...more } });
  for (const [what, spec, isBasic, path, problem] of [
    ["a Basic plan", site({}), true, "scale.schedules[0]", "Basic"],
    ["an unknown time zone", site({ timezone: "Mars/Olympus" }), false, "scale.schedules[0].timezone", "time zone"],
    ["cron that says too much", site({ cron: "*/5 * * * *" }), false, "scale.schedules[0].cron", "one time of the day"],
    ["a plan without instances", site({ min: 0 }), false, "scale.schedules[0].min", "at least one instance"],
    ["a worker's only schedule", working({ schedules: [day] }), false, "scale.schedules", "when it ends"],
    [
      "another maximum of a worker",
      working({ schedules: [day, { ...day, name: "night", max: 3 }] }),
      false,
      "scale.schedules[1].max",
      "raise the minimum",
    ],
    ["a worker that never starts again", working({ min: 0 }), false, "scale.min", "never start again"],
  ] as const) {
    it(`refuse ${what}`, () => {
      const faults = checkScaling(spec, isBasic, staging);
      expect(faults.map((fault) => fault.path)).to.deep.equal([path]);
      expect(faults[0]!.problem).to.include(problem);
      expect(faults[0]!.remedy).to.not.be.empty;
    });
  }

  it("refuse fewer than two instances where a plan spreads over zones", () => {
    const one = service({ scale: { ...scale, min: 1, schedules: [day, { ...night, min: 1 }] } });
    expect(checkScaling(one, false, prod).map(({ path, given }) => [path, given])).to.deep.equal([
      ["scale.min", 1],
      ["scale.schedules[1].min", 1],
    ]);
    expect(checkScaling(one, false, prod)[0]!.remedy).to.equal("set min to 2 or more");
    expect(checkScaling(one, false, staging)).to.be.empty;
    expect(spreads(prod, true)).to.equal(false);
    expect(spreads(prod, false)).to.equal(true);
  });

  it("take what Azure can do", () => {
    expect(checkScaling(site({}), false, prod)).to.be.empty;
    expect(checkScaling(basic, true, prod)).to.be.empty;
    expect(checkScaling(working({ min: 0, backlogPerInstance: 10 }), false, prod)).to.be.empty;
    expect(checkScaling(working({ min: 0, schedules: [{ ...day, min: 0 }, day] }), false, prod)).to.be.empty;
    expect(checkScaling({ ...working({ min: 0 }), kind: "job" }, false, prod)).to.be.empty;
  });
});
