// A candidate on Azure: the slot beside the site, what leads visitors to it, and what waits for what.
import { output } from "@pulumi/pulumi";
import { expect } from "chai";
import type { ServiceSpec, Tracks } from "../../components/app-service";
import { AzureAppService } from "../../components/app-service/azure";
import { AzureFiles } from "../../components/files/azure";
import { AzureRegistry } from "../../components/registry/azure";
import type { Recorded } from "../../plan/record";
import { once } from "../support/azure-parts";
import { child, childrenOf, common, groupName, platform, service, type Settings, siteHost, summary, tags, waitsFor } from "./azure-parts";

const siteName = siteHost("shop").replace(".azurewebsites.net", "");
const slotHost = `${siteName}-candidate.azurewebsites.net`;
const candidate = (percent: number) => ({ image: "docker.io/library/shop:2", percent });
/** The parts name hosts after what stands before `-site`. */
const hosts = (name: string): string => (name === "shop-candidate-slot" ? slotHost : siteHost(name));

async function made(
  spec: Partial<ServiceSpec> = {},
  settings: Settings = {},
): Promise<{ readonly resources: Recorded[]; readonly tracks: unknown }> {
  const seen: unknown[] = [];
  const resources = await platform(
    {
      services: { shop: service({ deployment: "canary", ...spec }) },
      withServices: true,
      then: (_, { shop }) => void output(shop?.tracks as Tracks).apply((known) => seen.push(known)),
      ...settings,
    },
    hosts,
  );
  return { resources: childrenOf(resources, "AppService", "shop"), tracks: seen[0] };
}

/** A site with a collector and mounted files, whose candidate is of the platform's own registry. */
const furnished = once(async (): Promise<readonly Recorded[]> => {
  const spec = service({
    deployment: "canary",
    command: ["old"],
    candidate: { image: "next:2", percent: 10, command: ["node", "new.js"] },
  });
  const then: Settings["then"] = ({ network, monitoring, secrets, gateway, hosting }) => {
    const files = new AzureFiles("files", { network, secrets, monitoring, path: "/mnt/files" });
    const registry = new AzureRegistry("registry", { network, secrets, monitoring, hosting, repositories: ["next"] });
    const parts = { network, monitoring, secrets, hosting, registry };
    new AzureAppService("shop", { ...parts, spec, place: gateway.place("shop"), uses: [files.use("readWrite")] });
  };
  const resources = await platform(
    { services: { shop: spec }, stack: { environment: "staging" }, network: { servers: ["files"] }, monitoring: { tracing: true }, then },
    hosts,
  );
  return childrenOf(resources, "AppService", "shop");
});

const experimentsOf = (resources: readonly Recorded[]): unknown =>
  (child(resources, "shop-site").inputs.siteConfig as Record<string, unknown>).experiments;

describe("a candidate on Azure", () => {
  it("is absent where there is none; nothing is left of an earlier one's traffic", async () => {
    const { resources, tracks } = await made();
    expect(summary(resources).join()).not.to.match(/candidate/);
    expect(experimentsOf(resources)).to.deep.equal({ rampUpRules: [] });
    expect(tracks).to.deep.equal({ stableId: "shop-site-id", metricsScope: "monitoring-workspace-id", candidate: undefined });
    expect(experimentsOf((await made({ deployment: "rolling" })).resources)).to.equal(undefined);
  });

  it("is a slot with an endpoint, logs and judges of its own; the identity and its roles are the service's", async () => {
    const [with_, without] = [await made({ candidate: candidate(0) }), await made()];
    const before = summary(without.resources);
    expect(summary(with_.resources).filter((one) => !before.includes(one))).to.have.members([
      "web:WebAppSlot shop-candidate-slot",
      "web:WebAppFtpAllowedSlot shop-candidate-ftp",
      "web:WebAppScmAllowedSlot shop-candidate-scm",
      "network:PrivateEndpoint shop-candidate-endpoint",
      "network:PrivateDnsZoneGroup shop-candidate-endpoint-dns",
      "monitor:DiagnosticSetting shop-candidate-logs",
      "monitor:ScheduledQueryRule shop-candidate-errors",
      "monitor:ScheduledQueryRule shop-candidate-slow",
      "monitor:MetricAlert shop-candidate-unhealthy",
    ]);
  });

  it("is the site with another image and command", async () => {
    const spec = { image: "docker.io/library/shop:1", command: ["old"], cors: ["https://a.example.org"], env: { LEVEL: "info" } };
    const { resources } = await made({ ...spec, candidate: { ...candidate(10), command: ["node", "new.js"] } });
    const { siteConfig: stable, ...site } = child(resources, "shop-site").inputs as { siteConfig: Record<string, unknown> };
    const { siteConfig, ...slot } = child(resources, "shop-candidate-slot").inputs as { siteConfig: Record<string, unknown> };
    expect(slot).to.deep.equal({ ...site, slot: "candidate" });
    const { experiments, ...rest } = stable;
    expect(experiments).not.to.equal(undefined);
    expect(siteConfig).to.deep.equal({
      ...rest,
      linuxFxVersion: "DOCKER|docker.io/library/shop:2",
      appCommandLine: "node new.js",
    });
  });

  it("logs in at Azure's registry where its own image is there", async () => {
    const { resources } = await made({ candidate: { image: "shop.azurecr.io/web:2", percent: 0 } });
    const config = (name: string) => child(resources, name).inputs.siteConfig as Record<string, unknown>;
    expect(config("shop-candidate-slot")).to.include({ acrUseManagedIdentityCreds: true });
    expect(config("shop-site")).not.to.have.property("acrUseManagedIdentityCreds");
  });

  it("has no basic logins, and an address of its own inside the network", async () => {
    const { resources } = await made({ candidate: candidate(0) });
    const off = { resourceGroupName: groupName, name: siteName, slot: "candidate", allow: false };
    expect(child(resources, "shop-candidate-ftp").inputs).to.deep.equal(off);
    expect(child(resources, "shop-candidate-scm").inputs).to.deep.equal(off);
    expect(child(resources, "shop-candidate-endpoint").inputs.privateLinkServiceConnections).to.deep.equal([
      { name: "shop-candidate", privateLinkServiceId: "shop-candidate-slot-id", groupIds: ["sites-candidate"] },
    ]);
    expect(child(resources, "shop-candidate-logs").inputs).to.deep.include({
      name: "diag-shop-candidate",
      resourceUri: "shop-candidate-slot-id",
      workspaceId: "monitoring-workspace-id",
    });
    const direct = await made({ candidate: candidate(0) }, { gateway: { direct: true } });
    expect(summary(direct.resources).join()).not.to.match(/PrivateEndpoint/);
  });

  for (const percent of [10, 50, 100]) {
    it(`gets ${percent} % by the site's ramp-up rule`, async () => {
      const { resources } = await made({ candidate: candidate(percent) });
      expect(experimentsOf(resources)).to.deep.equal({
        rampUpRules: [{ name: "candidate", actionHostName: slotHost, reroutePercentage: percent }],
      });
    });
  }

  it("comes after the site without traffic, and before the site's rule with traffic", async () => {
    const quiet = (await made({ candidate: candidate(0) })).resources;
    expect(experimentsOf(quiet)).to.deep.equal({ rampUpRules: [] });
    expect(waitsFor(child(quiet, "shop-candidate-slot"))).to.include("shop-site");
    expect(waitsFor(child(quiet, "shop-site")).join()).not.to.match(/candidate/);
    const busy = (await made({ candidate: candidate(10) })).resources;
    expect(waitsFor(child(busy, "shop-site"))).to.include.members([
      "shop-candidate-slot",
      "shop-candidate-ftp",
      "shop-candidate-scm",
      "shop-candidate-endpoint-dns",
    ]);
    expect(waitsFor(child(busy, "shop-candidate-slot"))).not.to.include("shop-site");
    for (const part of ["ftp", "scm"]) expect(waitsFor(child(quiet, `shop-candidate-${part}`))).to.include("shop-candidate-slot");
  });

  it("is judged by its own errors and response time, asked of its log of requests, and by its health", async () => {
    const { resources } = await made({ candidate: candidate(10) });
    const requests = `AppServiceHTTPLogs | where tolower(_ResourceId) endswith "/sites/${siteName}/slots/candidate"`;
    const shared = (what: string) => ({
      resourceGroupName: groupName,
      ruleName: `alert-platform-test-shop-candidate-${what}`,
      enabled: true,
      autoMitigate: true,
      evaluationFrequency: "PT5M",
      windowSize: "PT5M",
      tags: tags("shop"),
    });
    const asked = (what: string, about: string, severity: number, query: string, measure: string, threshold: number) => ({
      ...shared(what),
      location: common("shop").location,
      kind: "LogAlert",
      displayName: `shop: ${about}`,
      description: `The candidate of shop: ${about}`,
      severity,
      scopes: ["monitoring-workspace-id"],
      skipQueryValidation: true,
      criteria: {
        allOf: [
          {
            query: `${requests} | summarize ${query}`,
            metricMeasureColumn: measure,
            timeAggregation: "Maximum",
            operator: "GreaterThan",
            threshold,
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 },
          },
        ],
      },
      actions: { actionGroups: [`monitoring-${severity === 0 ? "critical" : "medium"}-id`] },
    });
    expect(child(resources, "shop-candidate-errors").inputs).to.deep.equal(
      asked(
        "errors",
        "more than 5 % of its requests fail",
        0,
        "requests = count(), errors = countif(ScStatus >= 500) | project share = iff(requests > 20, 100.0 * errors / requests, 0.0)",
        "share",
        5,
      ),
    );
    expect(child(resources, "shop-candidate-slow").inputs).to.deep.equal(
      asked(
        "slow",
        "more than 5 of 100 requests take longer than 1000 ms",
        2,
        "requests = count(), p95 = percentile(TimeTaken, 95) | project p95 = iff(requests > 20, todouble(p95), 0.0)",
        "p95",
        1000,
      ),
    );
    expect(child(resources, "shop-candidate-unhealthy").inputs).to.deep.equal({
      ...shared("unhealthy"),
      location: "global",
      description: "The candidate of shop: an instance does not answer its probe",
      severity: 1,
      scopes: ["shop-candidate-slot-id"],
      criteria: {
        odataType: "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
        allOf: [
          {
            criterionType: "StaticThresholdCriterion",
            name: "unhealthy",
            metricNamespace: "Microsoft.Web/sites/slots",
            metricName: "HealthCheckStatus",
            operator: "LessThan",
            threshold: 100,
            timeAggregation: "Average",
            skipMetricValidation: true,
          },
        ],
      },
      actions: [{ actionGroupId: "monitoring-high-id" }],
    });
  });

  it("has the same form as the site: two containers each where there is a collector, and the files that the service mounts", async () => {
    const resources = await furnished();
    const [{ siteConfig: stable }, { siteConfig }] = ["shop-site", "shop-candidate-slot"].map((name) => child(resources, name).inputs) as [
      { siteConfig: Record<string, unknown> },
      { siteConfig: Record<string, unknown> },
    ];
    const { experiments, ...rest } = stable;
    expect(experiments).not.to.equal(undefined);
    expect(siteConfig).to.deep.equal({ ...rest, acrUseManagedIdentityCreds: true, acrUserManagedIdentityID: "shop-identity-client" });
    expect(siteConfig).to.include({ linuxFxVersion: "sitecontainers" });
    expect(siteConfig).to.include.keys("azureStorageAccounts");
    for (const part of ["main", "collector"]) {
      const { name: site, image: old, startUpCommand, ...same } = child(resources, `shop-${part}`).inputs;
      const made = child(resources, `shop-candidate-${part}`);
      expect(site).to.equal(siteName);
      // The registry's name is made up by Azure.
      const login = { image: null, authType: "UserAssigned", userManagedIdentityClientId: "shop-identity-client" };
      const own = part === "main" ? { ...login, startUpCommand: "node new.js" } : { image: old, startUpCommand };
      expect(made.inputs).to.deep.equal({ ...same, ...own, name: siteName, slot: "candidate" });
      expect(waitsFor(made)).to.include("shop-candidate-slot");
      expect(waitsFor(child(resources, "shop-site"))).to.include(`shop-candidate-${part}`);
    }
    expect(child(resources, "shop-main").inputs).to.include({ image: "docker.io/library/shop:1", authType: "Anonymous" });
  });

  it("may pull from the platform's own registry although the site's image is another's", async () => {
    const pulls = child(await furnished(), "shop-pulls");
    expect(pulls.inputs).to.deep.include({ scope: "registry-registry-id", principalId: "shop-identity-principal" });
  });

  it("is watched for a start that fails; what it answers its judges watch", async () => {
    const seen: unknown[] = [];
    const then: Settings["then"] = (_, { shop }) =>
      void output(shop?.watched.map(({ noun, name, raw }) => ({ noun, name, ...raw }))).apply((all) => seen.push(all));
    await made({ candidate: candidate(0) }, { then });
    const type = "Microsoft.Web/sites";
    const site = { name: "shop", resourceId: "shop-site-id", type, entity: siteName };
    expect(seen).to.deep.equal([
      [
        { noun: "service", ...site },
        { noun: "deployment", ...site },
        {
          noun: "deployment",
          name: "shop-candidate",
          resourceId: "shop-candidate-slot-id",
          type,
          entity: `${siteName}/slots/candidate`,
        },
      ],
    ]);
  });

  it("says where it is, how to look at it and what judges it", async () => {
    const { tracks } = await made({ candidate: candidate(0) });
    expect(tracks).to.deep.equal({
      stableId: "shop-site-id",
      metricsScope: "monitoring-workspace-id",
      candidate: {
        id: "shop-candidate-slot-id",
        workloadId: "shop-candidate-slot-id",
        previewUrl: `https://${slotHost}`,
        previewHeader: "",
        alarmIds: ["errors", "slow", "unhealthy"].map((what) => `shop-candidate-${what}-id`),
      },
    });
  });
});
