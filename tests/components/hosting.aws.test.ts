import { expect } from "chai";
import { calledServices } from "../../components/hosting/aws";
import { awsTags, waitsFor } from "../support/aws-parts";
import { classesIn, ground, hosting, serviceSpec } from "../support/aws-platform";
import { ofType, only, recordKnown } from "../support/record";

const tags = awsTags("hosting");
const api = serviceSpec();
const web = serviceSpec({ kind: "web", uses: { api: "call", database: "readWrite" } });

describe("hosting on AWS", () => {
  it("is a cluster with its logs and capacity", async () => {
    const resources = await recordKnown(() => void hosting(ground(), { api }));
    expect(classesIn(resources, "hosting")).to.deep.equal([
      "Cluster hosting-cluster",
      "ClusterCapacityProviders hosting-capacity",
      "LogGroup hosting-console",
      "LogGroup hosting-metrics",
    ]);
  });

  it("observes its containers and logs what operators do in them", async () => {
    const cluster = only(await recordKnown(() => void hosting(ground())), "aws:ecs/cluster:Cluster");
    expect(cluster.inputs).to.deep.equal({
      name: "platform-test-hosting",
      settings: [{ name: "containerInsights", value: "enhanced" }],
      configuration: {
        executeCommandConfiguration: {
          logging: "OVERRIDE",
          logConfiguration: { cloudWatchLogGroupName: "/platform/test/console", cloudWatchEncryptionEnabled: true },
        },
      },
      tags,
    });
    expect(waitsFor(cluster)).to.include.members(["hosting-metrics", "hosting-console"]);
  });

  it("keeps its logs as long as all others, encrypted", async () => {
    const resources = await recordKnown(() => void hosting(ground()));
    const group = { kmsKeyId: "monitoring-key_arn", retentionInDays: 30, tags };
    const type = "aws:cloudwatch/logGroup:LogGroup";
    expect(only(resources, type, "hosting-metrics").inputs).to.deep.equal({
      ...group,
      name: "/aws/ecs/containerinsights/platform-test-hosting/performance",
    });
    expect(only(resources, type, "hosting-console").inputs).to.deep.equal({ ...group, name: "/platform/test/console" });
  });

  it("offers spare capacity, and gives it to nobody who does not ask", async () => {
    const resources = await recordKnown(() => void hosting(ground()));
    expect(only(resources, "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders").inputs).to.deep.equal({
      clusterName: "platform-test-hosting",
      capacityProviders: ["FARGATE", "FARGATE_SPOT"],
      defaultCapacityProviderStrategies: [{ capacityProvider: "FARGATE", weight: 1 }],
    });
  });

  it("has private names where a public service is called", async () => {
    const type = "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace";
    const resources = await recordKnown(() => {
      const made = hosting(ground(), { api, web });
      expect(made.raw.calls).to.include({ domain: "platform-test-services.internal" });
      expect(made.raw.calls?.services).to.deep.equal(["api"]);
    });
    expect(classesIn(resources, "hosting")).to.deep.equal([
      "Cluster hosting-cluster",
      "ClusterCapacityProviders hosting-capacity",
      "LogGroup hosting-console",
      "LogGroup hosting-metrics",
      "PrivateDnsNamespace hosting-names",
    ]);
    expect(only(resources, type).inputs).to.deep.equal({
      name: "platform-test-services.internal",
      vpc: "vpc-id",
      description: "Services as other services call them",
      tags,
    });
    expect(ofType(await recordKnown(() => void hosting(ground(), { api })), type)).to.deep.equal([]);
  });

  it("knows who is called from inside", () => {
    expect(calledServices({ web, api })).to.deep.equal(["api"]);
    expect(calledServices({ web, api: serviceSpec({ internal: true }) })).to.deep.equal([]);
    expect(calledServices({ api: serviceSpec({ uses: { jobs: "send" } }), jobs: api })).to.deep.equal([]);
    expect(calledServices({ web })).to.deep.equal([]);
  });
});
