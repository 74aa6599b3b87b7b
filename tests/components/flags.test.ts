// Flags on both clouds: the same variables, each cloud's own service.
import { output } from "@pulumi/pulumi";
import { expect } from "chai";
import { createHash } from "node:crypto";
import { ConfigError } from "../../components/fault";
import { AwsFlags } from "../../components/flags/aws";
import { AzureFlags } from "../../components/flags/azure";
import { check } from "../../components/flags/index";
import type { Stack } from "../../components/stack";
import { record as recordPlan } from "../../plan/record";
import { awsMonitoring, awsNetwork, awsTags, documentOf, madeBy, waitsFor } from "../support/aws-parts";
import { azureMonitoring, azureNetwork, childrenOf, KnownNetwork, once, tags } from "../support/azure-parts";
import { only, record, type Recorded, recordKnown } from "../support/record";

const values = { checkout: true, beta: false };

function onAws() {
  const network = awsNetwork();
  return { network, monitoring: awsMonitoring(network) };
}

function onAzure() {
  const network = azureNetwork({}, { servers: ["flags"] });
  return { network, monitoring: azureMonitoring(network) };
}

describe("Flags", () => {
  it("have names that both clouds take", async () => {
    expect(check({ values: { a: true, newCheckout_2: false, "with-hyphen": true } })).to.deep.equal([]);
    for (const name of ["", "A", "1a", "a b", "a".repeat(65)])
      expect(check({ values: { [name]: true } })[0]?.path).to.equal(`values.${name}`);
    await record(() => void expect(() => new AwsFlags("flags", { ...onAws(), values: { A: true } })).to.throw(ConfigError));
    await record(() => void expect(() => new AzureFlags("flags", { ...onAzure(), values: { A: true } })).to.throw(ConfigError));
  });
});

describe("Flags on AWS", () => {
  const flags = (given: Record<string, boolean> = values): Promise<Recorded[]> =>
    recordKnown(() => void new AwsFlags("flags", { ...onAws(), values: given }));
  const versions = async (given: Record<string, boolean>): Promise<string> =>
    only(await flags(given), "aws:appconfig/hostedConfigurationVersion:HostedConfigurationVersion").name;

  it("are an application with one environment, one profile and the deployment of its version", async () => {
    expect(madeBy(await flags(), "flags")).to.deep.equal([
      "appconfig Application platform-test-flags",
      "appconfig ConfigurationProfile flags-profile",
      "appconfig Deployment flags-2479ac7d",
      "appconfig DeploymentStrategy flags-at-once",
      "appconfig Environment flags-environment",
      "appconfig HostedConfigurationVersion flags-2479ac7d",
    ]);
  });

  it("hold the values of the config, whose change is another version", async () => {
    const resources = await flags();
    const version = only(resources, "aws:appconfig/hostedConfigurationVersion:HostedConfigurationVersion");
    // The SDK takes it for a secret, so the digest in the version's name stands for it.
    const content =
      '{"version":"1","flags":{"beta":{"name":"beta"},"checkout":{"name":"checkout"}},' +
      '"values":{"beta":{"enabled":false},"checkout":{"enabled":true}}}';
    expect(version.name).to.equal(`flags-${createHash("sha256").update(content).digest("hex").slice(0, 8)}`);
    expect(version.inputs.contentType).to.equal("application/json");
    expect(version.options.ignoreChanges).to.deep.equal(["content"]);
    expect(await versions({ beta: false, checkout: true })).to.equal(version.name);
    expect(await versions({ ...values, beta: true })).not.to.equal(version.name);
  });

  it("are deployed at once, and the next time at once again", async () => {
    const resources = await flags();
    expect(only(resources, "aws:appconfig/deploymentStrategy:DeploymentStrategy").inputs).to.deep.equal({
      deploymentDurationInMinutes: 0,
      finalBakeTimeInMinutes: 0,
      growthFactor: 100,
      growthType: "LINEAR",
      replicateTo: "NONE",
      tags: awsTags("flags"),
    });
    const profile = only(resources, "aws:appconfig/configurationProfile:ConfigurationProfile").inputs;
    expect(profile).to.deep.include({ name: "flags", locationUri: "hosted", type: "AWS.AppConfig.FeatureFlags", tags: awsTags("flags") });
    expect(only(resources, "aws:appconfig/environment:Environment").inputs).to.deep.include({ name: "prod", tags: awsTags("flags") });
    const deployment = only(resources, "aws:appconfig/deployment:Deployment");
    expect(deployment.inputs.deploymentStrategyId).to.equal("flags-at-once-id");
    expect(waitsFor(deployment)).to.include.members(["flags-environment", "flags-profile"]);
  });

  it("are read in a session by a role that may do nothing else", async () => {
    const answers = (_type: string, name: string) => ({
      id: `${name}-id`,
      state: { environmentId: "env", configurationProfileId: "profile" },
    });
    const seen: unknown[] = [];
    const program = (): void => {
      const { env, raw } = new AwsFlags("flags", { ...onAws(), values }).use("read");
      expect(raw.server).to.equal(undefined);
      output({ env, statements: raw.statements }).apply((used) => seen.push(used));
    };
    await recordPlan(program, { project: "platform", stack: "test", answers });
    expect(seen).to.deep.equal([
      {
        env: {
          FLAGS_KIND: "appconfig",
          FLAGS_URL: "https://appconfigdata.us-east-1.amazonaws.com",
          FLAGS_NAME: "platform-test-flags-id/env/profile",
        },
        statements: [
          {
            actions: ["appconfig:StartConfigurationSession", "appconfig:GetLatestConfiguration"],
            resources: [
              "arn:aws:appconfig:us-east-1:123456789012:application/platform-test-flags-id/environment/env/configuration/profile",
            ],
          },
        ],
      },
    ]);
  });
});

describe("Flags on Azure", () => {
  const flags = once(async (stack: Partial<Stack> = {}): Promise<Recorded[]> => {
    const resources = await record(() => {
      const network = new KnownNetwork(azureNetwork(stack, { servers: ["flags"] }));
      new AzureFlags("flags", { network, monitoring: azureMonitoring(network), values });
    });
    return childrenOf(resources, "flags");
  });

  it("are a store with its flags, and in prod an address in the network", async () => {
    const store = [
      "random:index/randomId:RandomId flags-suffix",
      "azure-native:appconfiguration:ConfigurationStore flags-store",
      "azure-native:monitor:DiagnosticSetting flags-logs",
      "azure-native:appconfiguration:KeyValue flags-checkout",
      "azure-native:appconfiguration:KeyValue flags-beta",
    ];
    const names = (resources: readonly Recorded[]): string[] => resources.map(({ type, name }) => `${type} ${name}`);
    expect(names(await flags({ environment: "dev" }))).to.have.members(store);
    expect(names(await flags())).to.have.members([
      ...store,
      "azure-native:network:PrivateEndpoint flags-endpoint",
      "azure-native:network:PrivateDnsZoneGroup flags-endpoint-dns",
    ]);
  });

  it("know identities only, and no internet in prod", async () => {
    const common = { location: "eastus2", resourceGroupName: "rg-platform-test-data", configStoreName: null, disableLocalAuth: true };
    const prod = only(await flags(), "azure-native:appconfiguration:ConfigurationStore");
    expect(prod.inputs).to.deep.include({
      ...common,
      sku: { name: "standard" },
      publicNetworkAccess: "Disabled",
      dataPlaneProxy: { authenticationMode: "Pass-through", privateLinkDelegation: "Enabled" },
      enablePurgeProtection: true,
      softDeleteRetentionInDays: 7,
      tags: tags("flags"),
    });
    expect([prod.protect, prod.options.ignoreChanges]).to.deep.equal([true, ["softDeleteRetentionInDays"]]);
    const dev = only(await flags({ environment: "dev", guard: "none" }), "azure-native:appconfiguration:ConfigurationStore");
    expect(dev.inputs).to.deep.include({
      ...common,
      sku: { name: "developer" },
      publicNetworkAccess: "Enabled",
      dataPlaneProxy: { authenticationMode: "Pass-through", privateLinkDelegation: "Disabled" },
      enablePurgeProtection: false,
      softDeleteRetentionInDays: 1,
    });
    expect(dev.protect).to.equal(false);
    expect(only(await flags(), "random:index/randomId:RandomId").inputs).to.deep.equal({ byteLength: 3 });
  });

  it("hold the values of the config", async () => {
    const flag = only(await flags(), "azure-native:appconfiguration:KeyValue", "flags-checkout");
    expect(flag.inputs).to.deep.include({
      keyValueName: ".appconfig.featureflag~2Fcheckout",
      contentType: "application/vnd.microsoft.appconfig.ff+json;charset=utf-8",
      tags: tags("flags"),
    });
    expect(documentOf(flag, "value")).to.deep.equal({ id: "checkout", description: "", enabled: true, conditions: { client_filters: [] } });
  });

  it("are read by the service's identity, under the same names as on AWS", async () => {
    const seen: unknown[] = [];
    await record(() => {
      const made = new AzureFlags("flags", { ...onAzure(), values });
      const use = made.use("read");
      expect(Object.keys(use.env)).to.deep.equal(["FLAGS_KIND", "FLAGS_URL", "FLAGS_NAME"]);
      expect(use.env).to.include({ FLAGS_KIND: "appconfiguration", FLAGS_NAME: ".appconfig.featureflag/*", FLAGS_URL: made.url });
      output(use.raw.roles.map(({ role }) => role)).apply((roles) => seen.push(...roles));
      expect(use.raw.roles[0]?.scope).to.equal(made.store.id);
    });
    expect(seen).to.deep.equal(["516239f1-63e1-4d78-a4de-a74fb236a071"]);
  });
});
