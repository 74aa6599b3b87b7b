// Who gets alerts, and what is asked from outside: what is refused, what is left out, and what arrives at the program.
import { output } from "@pulumi/pulumi";
import { expect } from "chai";
import { everyone, nobody, severities } from "../../components/monitoring/alerts";
import { receiversOf } from "../../settings/monitoring";
import { faults, settings } from "./support";

const prod = { environment: "prod", network: { allowedCidrs: ["203.0.113.0/24"] } };
const secrets = { "ops-slack": "https://hooks.example.org/T1", "ops-pagerduty": "0123456789abcdef0123456789abcdef" };

describe("alerts", () => {
  it("are refused in prod while nobody gets the critical ones", () => {
    const [fault, ...more] = faults({ config: { ...prod, alerts: { high: { emails: ["ops@example.org"] } } } });
    expect(more).to.deep.equal([]);
    expect(fault).to.include({ path: "alerts.critical" });
    expect(fault?.problem).to.match(/nobody would/);
    expect(fault?.remedy).to.match(/alerts\.critical\.emails\[0\]/);
    expect(faults({ config: { ...prod, alerts: {}, monitoring: { alertEmails: ["ops@example.org"] } } })).to.deep.equal([]);
    expect(faults({ config: { environment: "staging" } })).to.deep.equal([]);
  });

  it("reach chats and PagerDuty by names of secrets only, which are never shown", () => {
    const given = (alerts: unknown, values: unknown = secrets) =>
      faults({ config: { ...prod, alerts, secrets: values }, secretKeys: ["platform:secrets"] });
    expect(given({ critical: { slack: "ops-slack", pagerduty: "ops-pagerduty" } })).to.deep.equal([]);
    for (const slack of ["https://hooks.example.org/T1", "jwt-signing-key", "__proto__"]) {
      const [fault] = given({ critical: { slack } });
      expect(fault).to.include({ path: "alerts.critical.slack" });
      expect(JSON.stringify(fault)).not.to.include("hooks.example.org");
      expect(fault?.problem).to.include("ops-slack, ops-pagerduty");
    }
    const [plain] = given({ critical: { webhook: "ops-slack" } }, { "ops-slack": "http://in.clear.example.org" });
    expect(plain).to.include({ path: "secrets.ops-slack" });
    expect(JSON.stringify(plain)).not.to.include("clear");
  });

  it("arrive at the program by severity", () => {
    const { monitoring } = settings({
      config: {
        ...prod,
        secrets,
        alerts: { critical: { slack: "ops-slack", pagerduty: "ops-pagerduty" }, low: { emails: ["a@example.org"] } },
      },
      secretKeys: ["platform:secrets"],
    });
    const { critical, low, high } = monitoring.receivers!;
    expect(critical.webhooks.map(({ name, kind }) => [name, kind])).to.deep.equal([["ops-slack", "slack"]]);
    expect(critical.pagerduty).not.to.equal(undefined);
    expect(low.emails).to.deep.equal(["a@example.org"]);
    expect(high).to.deep.equal({ emails: [], webhooks: [] });
    const kinds = receiversOf({ high: { slack: "a", teams: "b", webhook: "c" } }, (name) => output(name)).high.webhooks;
    expect(kinds.map(({ kind }) => kind)).to.deep.equal(["slack", "teams", "plain"]);
  });

  it("all go to those who get every alert, once", () => {
    const all = everyone({ ...nobody, high: { emails: ["a@example.org", "b@example.org"], webhooks: [] } }, ["a@example.org"]);
    expect(severities.map((severity) => all[severity].emails)).to.deep.equal([
      ["a@example.org"],
      ["a@example.org", "b@example.org"],
      ["a@example.org"],
      ["a@example.org"],
    ]);
    expect(everyone(undefined, []).low).to.deep.equal({ emails: [], webhooks: [] });
  });
});

describe("the probe", () => {
  const domain = { name: "shop.example.org", aws: { zoneId: "Z0123456789" } };
  const staging = { environment: "staging", domain };

  it("asks the service that takes everything, under the domain", () => {
    const loaded = settings({ config: staging });
    expect(loaded.probe).to.deep.equal({ host: "shop.example.org", path: "/ready" });
    expect(loaded.monitoring.probed).to.equal(true);
    expect(loaded.warnings.join()).not.to.match(/from outside/);
  });

  it("is left out where nothing can be asked, with a warning, and refused where it was asked for", () => {
    for (const config of [{ environment: "staging" }, { ...staging, network: { allowedCidrs: ["203.0.113.0/24"] } }]) {
      const loaded = settings({ config });
      expect([loaded.probe, loaded.monitoring.probed]).to.deep.equal([undefined, false]);
      expect(loaded.warnings.join()).to.match(/nobody asks from outside/);
      expect(faults({ config: { ...config, monitoring: { uptime: true } } }).map(({ path }) => path)).to.deep.equal(["monitoring.uptime"]);
    }
    expect(settings({ config: { ...staging, monitoring: { uptime: false } } }).probe).to.equal(undefined);
    expect(settings({ config: { domain } }).probe).to.equal(undefined);
  });
});
