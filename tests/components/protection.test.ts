import { expect } from "chai";
import { AwsProtection } from "../../components/protection/aws";
import { AzureProtection } from "../../components/protection/azure";
import { check } from "../../components/protection/index";
import { faults, settings } from "../settings/support";
import { awsChat, awsMonitoring, awsNetwork, awsTags, documentOf } from "../support/aws-parts";
import { azureMonitoring, azureNetwork, childrenOf, KnownNetwork, once } from "../support/azure-parts";
import { only, recordKnown } from "../support/record";

const aws = once(async () =>
  childrenOf(
    await recordKnown(() => {
      const network = awsNetwork();
      new AwsProtection("protection", { network, monitoring: awsMonitoring(network), emails: [] });
    }),
    "protection",
  ),
);
const azure = once(async () =>
  childrenOf(
    await recordKnown(() => {
      const network = new KnownNetwork(azureNetwork());
      new AzureProtection("protection", { network, monitoring: azureMonitoring(network), emails: ["a@example.org", "b@example.org"] });
    }),
    "protection",
  ),
);

describe("Protection on AWS", () => {
  it("is GuardDuty, with what it reads of buckets and logins", async () => {
    const resources = await aws();
    expect(only(resources, "aws:guardduty/detector:Detector").inputs).to.deep.equal({
      enable: true,
      findingPublishingFrequency: "FIFTEEN_MINUTES",
      tags: awsTags("protection"),
    });
    const features = resources.filter(({ type }) => type.endsWith("DetectorFeature")).map(({ inputs }) => inputs);
    expect(features).to.have.deep.members(
      ["S3_DATA_EVENTS", "RDS_LOGIN_EVENTS"].map((name) => ({ detectorId: "protection-detector-id", name, status: "ENABLED" })),
    );
  });

  it("tells where alerts go from medium severity on", async () => {
    const resources = await aws();
    const rule = only(resources, "aws:cloudwatch/eventRule:EventRule");
    expect(rule.inputs).to.include({ description: "Findings of GuardDuty of medium severity and above" });
    expect(rule.inputs.tags).to.deep.equal(awsTags("protection"));
    expect(documentOf(rule, "eventPattern")).to.deep.equal({
      source: ["aws.guardduty"],
      "detail-type": ["GuardDuty Finding"],
      detail: { severity: [{ numeric: [">=", 4] }] },
    });
    const target = only(resources, "aws:cloudwatch/eventTarget:EventTarget");
    expect(target.inputs).to.include({ arn: "platform-test-monitoring-high_arn" });
    expect(target.inputs)
      .to.have.nested.property("inputTransformer.inputTemplate")
      .that.matches(/^\{"alert":"GuardDuty has found something in the account of platform test: look at it within 1 hour."/);
    expect(resources).to.have.lengthOf(5);
  });

  it("tells the chats, too", async () => {
    const resources = await recordKnown(() => {
      const network = awsNetwork();
      new AwsProtection("protection", { network, monitoring: awsMonitoring(network, awsChat), emails: [] });
    });
    const target = only(childrenOf(resources, "protection"), "aws:cloudwatch/eventTarget:EventTarget", "protection-findings-ops-slack");
    expect(target.inputs).to.include({ arn: "platform-test-monitoring-high-ops-slack_arn" });
    expect(documentOf(target, "input"))
      .to.have.property("text")
      .that.matches(/^GuardDuty has found something/);
  });
});

describe("Protection on Azure", () => {
  it("is Defender's plans, one after the other", async () => {
    const plans = (await azure()).filter(({ type }) => type.endsWith(":Pricing"));
    const standard = { scopeId: "subscriptions/0000", pricingTier: "Standard" };
    expect(plans.map(({ inputs }) => inputs)).to.deep.equal([
      { ...standard, pricingName: "AppServices" },
      { ...standard, pricingName: "StorageAccounts", subPlan: "DefenderForStorageV2" },
      { ...standard, pricingName: "KeyVaults" },
      { ...standard, pricingName: "OpenSourceRelationalDatabases" },
      { ...standard, pricingName: "Arm" },
    ]);
    expect(plans.map(({ dependencies }) => dependencies.map((urn) => urn.split("::")[3]))).to.deep.equal([
      [],
      ["protection-appservices"],
      ["protection-storageaccounts"],
      ["protection-keyvaults"],
      ["protection-opensourcerelationaldatabases"],
    ]);
  });

  it("mails from medium severity on", async () => {
    const resources = await azure();
    expect(only(resources, "azure-native:security:SecurityContact").inputs).to.deep.equal({
      securityContactName: "default",
      emails: "a@example.org;b@example.org",
      isEnabled: true,
      notificationsByRole: { state: "Off", roles: [] },
      notificationsSources: [{ sourceType: "Alert", minimalSeverity: "Medium" }],
    });
    expect(resources).to.have.lengthOf(6);
  });
});

describe("the settings of security", () => {
  it("are off, and on by choice", () => {
    for (const environment of ["dev", "staging", "prod"]) expect(settings({ config: { environment } }).protection).to.equal(undefined);
    expect(settings({ config: { security: { threatDetection: false, emails: ["a@example.org"] } } }).protection).to.equal(undefined);
    expect(settings({ config: { security: { threatDetection: true } } }).protection).to.deep.equal({ emails: [] });
    const azure = { cloud: "azure", security: { threatDetection: true, emails: ["a@example.org"] } };
    expect(settings({ config: azure }).protection).to.deep.equal({ emails: ["a@example.org"] });
  });

  it("refuse a watch that tells nobody", () => {
    expect(check({ emails: [] }, "azure").map(({ path }) => path)).to.deep.equal(["emails"]);
    const told = faults({ config: { cloud: "azure", security: { threatDetection: true } } });
    expect(told.map(({ path, remedy }) => [path, remedy])).to.deep.equal([
      ["security.emails", "name who does in security.emails, or set security.threatDetection to false"],
    ]);
  });
});
