import { expect } from "chai";
import { check } from "../../components/probe/index";
import { AwsMonitoring } from "../../components/monitoring/aws";
import { AzureMonitoring } from "../../components/monitoring/azure";
import { AwsProbe } from "../../components/probe/aws";
import { AzureProbe } from "../../components/probe/azure";
import { AwsStorage } from "../../components/storage/aws";
import { AzureStorage } from "../../components/storage/azure";
import { awsNetwork, awsTags, childrenOf } from "../support/aws-parts";
import { azureNetwork, KnownNetwork } from "../support/azure-parts";
import { ofType, only, record, recordKnown, type Recorded } from "../support/record";

const asked = { host: "shop.example.org", path: "/ready" };

describe("Probe", () => {
  it("needs a name that is served to the internet", () => {
    expect(check({ domain: true, allowedCidrs: [] })).to.deep.equal([]);
    expect(check({ domain: true, allowedCidrs: ["203.0.113.0/24", "0.0.0.0/0"] })).to.deep.equal([]);
    const [closed] = check({ domain: true, allowedCidrs: ["203.0.113.0/24"] });
    expect(closed).to.include({ path: "monitoring.uptime", given: true });
    expect(closed?.remedy).to.match(/add 0\.0\.0\.0\/0/);
    expect(check({ domain: false, allowedCidrs: [] })[0]?.remedy).to.match(/set `domain`/);
  });
});

describe("Probe on AWS", () => {
  const probe = async (region: string): Promise<Recorded[]> => {
    const resources = await recordKnown(() => {
      const network = awsNetwork({ region, zones: ["a", "b", "c"].map((letter) => `${region}${letter}`) });
      const logs = new AwsStorage("logs", { network, purpose: "logs", expireDays: 365 });
      const emails = ["ops@example.com"];
      const monitoring = new AwsMonitoring("monitoring", { network, logs, logDays: 30, alertEmails: emails, flowLogs: false });
      const made = new AwsProbe("probe", { network, monitoring, ...asked });
      expect(made.watched.map(({ noun, name, raw }) => [noun, name, raw.elsewhere?.region])).to.deep.equal([
        ["probe", "probe", region === "us-east-1" ? undefined : "us-east-1"],
      ]);
    });
    return childrenOf(resources, "probe");
  };

  it("is a health check over TLS, from three regions", async () => {
    const resources = await probe("us-east-1");
    expect(resources).to.have.lengthOf(1);
    expect(only(resources, "aws:route53/healthCheck:HealthCheck").inputs).to.deep.equal({
      type: "HTTPS",
      fqdn: "shop.example.org",
      port: 443,
      resourcePath: "/ready",
      enableSni: true,
      requestInterval: 30,
      failureThreshold: 3,
      measureLatency: true,
      regions: ["us-east-1", "us-west-2", "eu-west-1"],
      tags: { ...awsTags("probe"), Name: "shop.example.org" },
    });
  });

  it("has a way to people where its metric is, if that is not the stack's region", async () => {
    const resources = await probe("eu-west-1");
    for (const { type, inputs } of resources) if (!type.endsWith(":HealthCheck")) expect(inputs.region, type).to.equal("us-east-1");
    expect(only(resources, "aws:sns/topicSubscription:TopicSubscription").inputs).to.include({ endpoint: "ops@example.com" });
    const { policy } = only(resources, "aws:kms/key:Key").inputs;
    expect(policy).to.include("arn:aws:sns:us-east-1:");
    expect(ofType(resources, "aws:sns/topicPolicy:TopicPolicy")).to.have.lengthOf(1);
  });
});

describe("Probe on Azure", () => {
  const webTest = "azure-native:applicationinsights:WebTest";
  const make = (probed: boolean): Promise<Recorded[]> =>
    record(() => {
      const network = new KnownNetwork(azureNetwork());
      const logs = new AzureStorage("logs", { network, purpose: "logs", expireDays: 365 });
      const monitoring = new AzureMonitoring("monitoring", { network, logs, logDays: 30, alertEmails: [], flowLogs: false, probed });
      const made = new AzureProbe("probe", { network, monitoring, ...asked });
      expect(made.watched.map(({ noun, name }) => [noun, name])).to.deep.equal([
        ["probe", "probe"],
        ["certificate", "probe-certificate"],
      ]);
    });

  it("asks from five places whether it answers, and from one how long its certificate lasts", async () => {
    const resources = await make(true);
    const common = {
      enabled: true,
      kind: "standard",
      location: "eastus2",
      request: { requestUrl: "https://shop.example.org/ready", httpVerb: "GET", followRedirects: false, parseDependentRequests: false },
      resourceGroupName: "rg-platform-test",
      retryEnabled: true,
      tags: null,
      timeout: 30,
      webTestKind: "standard",
    };
    expect(only(resources, webTest, "probe-test").inputs).to.deep.equal({
      ...common,
      frequency: 300,
      locations: ["us-va-ash-azr", "us-ca-sjc-azr", "emea-nl-ams-azr", "emea-gb-db3-azr", "apac-sg-sin-azr"].map((location) => ({
        location,
      })),
      syntheticMonitorId: "webt-platform-test-probe",
      validationRules: { expectedHttpStatusCode: 200, sSLCheck: true },
      webTestName: "webt-platform-test-probe",
    });
    expect(only(resources, webTest, "probe-certificate-test").inputs).to.deep.equal({
      ...common,
      frequency: 900,
      locations: [{ location: "us-va-ash-azr" }],
      syntheticMonitorId: "webt-platform-test-probe-certificate",
      validationRules: { ignoreHttpStatusCode: true, sSLCheck: true, sSLCertRemainingLifetimeCheck: 30 },
      webTestName: "webt-platform-test-probe-certificate",
    });
  });

  it("can't be without Application Insights", async () => {
    const error = await make(false).catch((reason: unknown) => reason);
    expect(String(error)).to.match(/give Monitoring `probed`/);
  });
});
