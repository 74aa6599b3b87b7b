// What holds of the whole platform on both clouds, whatever a component is.
import { expect } from "chai";
import { clouds } from "../components/cloud";
import { plan } from "../plan/plan";
import type { Report } from "../plan/report";

const stacks = ["dev", "staging", "prod", "early-stage"];

describe("the platform", () => {
  const reports = new Map<string, Report>();
  const report = (stack: string, cloud: string): Report => reports.get(`${stack} ${cloud}`)!;
  before(async function () {
    // Every stack on both clouds: seconds, but more on a machine with other work.
    this.timeout(60_000);
    // Container definitions and policies are JSON composed of what the cloud makes up: with it known they can be read.
    const made = [
      "arn",
      "bucket",
      "address",
      "primaryEndpointAddress",
      "endpoint",
      "dnsName",
      "url",
      "versionId",
      "configurationEndpointAddress",
      "fullyQualifiedDomainName",
      "hostName",
      "clientId",
      "principalId",
      "arnSuffix",
      "secretUriWithVersion",
      "name",
    ];
    const answers = (_type: string, name: string) => ({
      id: `${name}-id`,
      state: Object.fromEntries(made.map((field) => [field, `${name}-${field}`])),
    });
    for (const stack of stacks) for (const cloud of clouds) reports.set(`${stack} ${cloud}`, await plan({ stack, cloud }, answers));
  });

  for (const stack of stacks) {
    it(`has the same outputs on both clouds in ${stack}`, () => {
      // Lists of ids have as many as the cloud needs.
      const keys = (value: unknown): unknown =>
        typeof value === "object" &&
        value !== null &&
        !(Array.isArray(value) && value.every((each) => typeof each !== "object" || each === null))
          ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, keys(inner)]))
          : null;
      expect(keys(report(stack, "aws").outputs)).to.deep.equal(keys(report(stack, "azure").outputs));
    });

    it(`names what runs each service all the time, and what measures those with visitors, on both clouds in ${stack}`, () => {
      for (const cloud of clouds) {
        const { workloads, deployments, images } = report(stack, cloud).outputs as Record<string, Record<string, unknown>>;
        expect(Object.keys(workloads!)).to.have.members(Object.keys(images!).filter((name) => name !== "nightly"));
        for (const id of Object.values(workloads!)) expect(id).to.be.a("string");
        for (const deployment of Object.values(deployments!)) expect(deployment).to.have.property("metricsScope");
      }
    });

    it(`B3: names the copies in the second region on both clouds in ${stack}`, () => {
      for (const cloud of clouds) {
        const { copies } = report(stack, cloud).outputs as Record<string, Record<string, unknown>>;
        expect(Object.keys(copies!)).to.have.members(stack === "prod" ? ["documents", "backups"] : []);
      }
    });

    it(`has the same components with the same names on both clouds in ${stack}`, () => {
      const components = (cloud: string): string[] =>
        report(stack, cloud)
          .resources.filter(({ type }) => type.startsWith("platform:index:"))
          .map(({ type, name }) => `${type} ${name}`);
      expect(components("aws")).to.have.members(components("azure"));
    });

    it(`gives a service the same environment names on both clouds in ${stack}`, () => {
      const names = (cloud: string): Record<string, string[]> => Object.fromEntries(environments(report(stack, cloud)));
      const [aws, azure] = [names("aws"), names("azure")];
      expect(Object.keys(aws)).to.have.members(Object.keys(azure));
      for (const [service, variables] of Object.entries(aws)) {
        // What a cloud's own runtime needs besides: the port that App Service routes to, and which identity to log in with.
        const own = new Set([
          "WEBSITES_PORT",
          "AZURE_CLIENT_ID",
          "WEBSITES_ENABLE_APP_SERVICE_STORAGE",
          "CONTAINER_APP_SECRET_VERSIONS",
          // A site's containers take variables by the names of its settings: its collector's are among them.
          "APPLICATIONINSIGHTS_CONNECTION_STRING",
          "OTEL_COLLECTOR_CONFIG",
          "PORT",
        ]);
        expect(
          azure[service]!.filter((name) => !own.has(name)),
          service,
        ).to.have.members(variables.filter((name) => !own.has(name)));
      }
    });

    for (const cloud of clouds) {
      it(`puts every resource below a component, tagged where its type takes tags, in ${stack} on ${cloud}`, () => {
        for (const { urn, type, parent, inputs } of report(stack, cloud).resources) {
          if (["pulumi:pulumi:Stack", "pulumi:index:Stash"].includes(type)) continue;
          if (!type.startsWith("platform:index:")) expect(parent, urn).to.match(/platform:index:/);
          if ("tags" in inputs && !Array.isArray(inputs.tags)) {
            expect(inputs.tags, urn).to.include.keys("project", "environment", "stack", "component", "owner", "cost-center", "managed-by");
          }
        }
      });

      it(`grants no star but what the API forces in ${stack} on ${cloud}`, () => {
        for (const { urn, inputs } of report(stack, cloud).resources) {
          for (const text of texts(inputs)) {
            if (!text.includes('"Action"')) continue;
            expect(text, urn).not.to.match(/"Action":\s*\[?"\*"/);
          }
        }
      });

      it(`opens nothing to the internet but the gateway's ports in ${stack} on ${cloud}`, () => {
        for (const { urn, type, inputs } of report(stack, cloud).resources) {
          if (type === "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule" && inputs.cidrIpv4 === "0.0.0.0/0") {
            expect([80, 443], urn).to.include(inputs.fromPort);
          }
          if (type === "aws:rds/instance:Instance") expect(inputs.publiclyAccessible, urn).to.equal(false);
        }
      });
    }
  }

  it("asks on its dashboards only log groups that are there, in their own region", () => {
    for (const stack of stacks) {
      const { resources, outputs } = report(stack, "aws");
      const groups = resources
        .filter(({ type }) => type === "aws:cloudwatch/logGroup:LogGroup")
        .map(({ inputs }) => `${String(inputs.region ?? outputs.region)} ${String(inputs.name)}`);
      const queries = resources
        .filter(({ type, inputs }) => type === "aws:cloudwatch/dashboard:Dashboard" && typeof inputs.dashboardBody === "string")
        .flatMap(({ inputs }) => (JSON.parse(String(inputs.dashboardBody)) as { widgets: { properties: Widget }[] }).widgets);
      const asked = queries.flatMap(({ properties: { region, query = "" } }) =>
        [...query.matchAll(/SOURCE '([^']+)'/g)].map(([, name]) => `${region} ${name}`),
      );
      expect(groups).to.include.members(asked);
      if (stack === "prod") expect(asked).to.include("us-east-1 aws-waf-logs-platform-prod-edge");
    }
    const workbook = report("prod", "azure").resources.find(({ name }) => name === "dashboards-security");
    expect(workbook?.inputs.serializedData).to.include("AGWFirewallLogs").and.include("FrontDoorWebApplicationFirewallLog");
  });

  it("is protected in prod and nowhere in dev", () => {
    for (const cloud of clouds) {
      expect(report("dev", cloud).resources.filter(({ protect }) => protect)).to.be.empty;
      expect(report("prod", cloud).resources.filter(({ protect }) => protect).length).to.be.greaterThan(3);
    }
  });
});

interface Widget {
  readonly region: string;
  readonly query?: string;
}

/** The environment names of each service, by the component's name. */
function environments(report: Report): [string, string[]][] {
  return report.resources.flatMap(({ type, inputs, parent }): [string, string[]][] => {
    const service = parent?.split("::").pop() ?? "";
    if (!parent?.split("::")[2]?.endsWith("platform:index:AppService")) return [];
    if (type === "aws:ecs/taskDefinition:TaskDefinition") {
      const text = inputs.containerDefinitions;
      if (typeof text !== "string") return [];
      const [container] = JSON.parse(text) as { environment?: { name: string }[]; secrets?: { name: string }[] }[];
      return [[service, [...(container!.environment ?? []), ...(container!.secrets ?? [])].map(({ name }) => name)]];
    }
    if (type === "azure-native:web:WebApp") {
      const { appSettings } = inputs.siteConfig as { appSettings: { name: string }[] };
      return [[service, appSettings.map(({ name }) => name)]];
    }
    if (type === "azure-native:app:ContainerApp" || type === "azure-native:app:Job") {
      const { containers } = inputs.template as { containers: { env?: { name: string }[] }[] };
      return [[service, (containers[0]!.env ?? []).map(({ name }) => name)]];
    }
    return [];
  });
}

function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(texts);
}
