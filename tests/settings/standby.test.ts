// A stack that stands by for another: what it starts from, what it can't have yet, and what the takeover changes.
import { expect } from "chai";
import { clouds } from "../../components/cloud";
import { faults, settings } from "./support";

const regions = { aws: { "aws:region": "us-west-2" }, azure: { "azure-native:location": "centralus" } };
const config = (cloud: "aws" | "azure", more: Record<string, unknown> = {}) => ({
  stack: "west",
  config: { environment: "prod", cloud, standbyOf: "prod", ...regions[cloud], ...more },
});
const aws = (more: Record<string, unknown>) => config("aws", more);
const found = (more: Record<string, unknown>, stack = "west") =>
  faults({ ...aws(more), stack }).map(({ path, given, problem, remedy }) => [path, given, `${problem}; ${remedy}`]);

describe("standbyOf", () => {
  for (const cloud of clouds) {
    it(`B3: is small, in another range, and holds no copies, domain or budget on ${cloud}`, () => {
      const domain = {
        name: "shop.example.org",
        aws: { zoneId: "Z0123456789ABCDEFGHIJ" },
        azure: { certificateSecretId: "https://kv.vault.azure.net/secrets/c" },
      };
      const made = settings(config(cloud, { domain }));
      expect(made.standby).to.deep.equal({ of: "prod", active: false });
      expect(made.network).to.include({ cidr: "10.1.0.0/16", peerCidr: "10.0.0.0/16" });
      expect(made.gateway.domain).to.equal(undefined);
      expect(made.edge?.domain).to.equal(undefined);
      expect(made.budget).to.equal(undefined);
      expect(made.backup).to.equal(undefined);
      expect(made.database).to.include({ highAvailability: false, replicas: 0, size: "large" });
      expect(Object.values(made.buckets).some(({ replicate }) => replicate)).to.equal(false);
      expect(made.stack.secondRegion).to.equal(undefined);
      expect(made.services.web).to.deep.include({ readyPath: "/health" });
      expect(made.services.web!.scale).to.include({ min: cloud === "azure" ? 2 : 1, max: 20 });
      expect(made.services.worker!.scale).to.include({ min: 0, max: 10 });
      expect(made.services.nightly).to.not.have.property("schedule");
      expect(made.warnings[0]).to.match(/stands by for prod/);
    });

    it(`B3: takes over by standby.active alone on ${cloud}`, () => {
      const domain = {
        name: "shop.example.org",
        aws: { zoneId: "Z0123456789ABCDEFGHIJ" },
        azure: { certificateSecretId: "https://kv.vault.azure.net/secrets/c" },
      };
      const made = settings(config(cloud, { domain, standby: { active: true } }));
      expect(made.standby).to.deep.equal({ of: "prod", active: true });
      expect(made.network).to.include({ cidr: "10.1.0.0/16" }).and.not.have.property("peerCidr");
      expect(made.gateway.domain?.name).to.equal("shop.example.org");
      expect(made.edge?.domain?.name).to.equal("shop.example.org");
      expect(made.budget).to.include({ monthlyUsd: 3000 });
      expect(made.backup).to.include({ dailyDays: 35, copy: false });
      expect(made.database).to.include({ highAvailability: false, replicas: 0 });
      expect(made.services.web).to.deep.include({ readyPath: "/ready" });
      expect(made.services.web!.scale).to.include({ min: 2, max: 20 });
      expect(made.services.worker!.scale).to.include({ min: 2 });
      expect(made.services.nightly).to.have.property("schedule", "0 3 * * *");
      expect(made.warnings[0]).to.match(/highAvailability is off until it is set/);
    });
  }

  it("keeps one worker that nothing could wake, drops scaling by the clock, and never asks for more than the service states", () => {
    const schedules = [{ name: "day", cron: "0 8 * * *", min: 4, max: 8 }];
    const { services } = settings(
      aws({ services: { web: { scale: { schedules } }, mailer: { kind: "worker", image: "example.org/m:1" } } }),
    );
    expect(services.web!.scale.schedules).to.deep.equal([]);
    expect(services.mailer!.scale.min).to.equal(1);
  });

  it("takes a second region only where one is named, as the usual one is what was lost", () => {
    expect(settings(aws({ secondRegion: { aws: "us-east-2" } })).stack.secondRegion).to.equal("us-east-2");
  });

  it("gives a primary the range that it lets in, and no other stack one", () => {
    expect(settings({ config: { standby: { peerCidr: "10.1.0.0/16" } } }).network.peerCidr).to.equal("10.1.0.0/16");
    expect(settings({}).network).to.not.have.property("peerCidr");
    expect(settings({}).standby).to.equal(undefined);
  });

  it("refuses itself, the primary's range, and a region that nobody named", () => {
    expect(found({}, "prod")).to.deep.equal([
      ["standbyOf", "prod", "a stack can't stand by for itself; name the primary's stack, or remove standbyOf"],
    ]);
    expect(found({ network: { cidr: "10.0.0.0/16" } })).to.deep.equal([
      [
        "network.cidr",
        "10.0.0.0/16",
        "overlaps the primary's 10.0.0.0/16; pulumi config set --path network.cidr 10.1.0.0/16, or set standby.peerCidr to what the primary has",
      ],
    ]);
    expect(found({ network: { cidr: "10.0.0.0/16" }, standby: { peerCidr: "10.2.0.0/16" } })).to.deep.equal([]);
    expect(found({ "aws:region": undefined })).to.deep.equal([
      [
        "aws:region",
        undefined,
        "is not set: a standby would be in us-east-1, the primary's own region by default; pulumi config set aws:region us-west-2",
      ],
    ]);
    expect(found({ standbyOf: "Not a stack" })[0]!.slice(0, 2)).to.deep.equal(["standbyOf", "Not a stack"]);
  });

  it("refuses a size that Azure copies to no other region", () => {
    const dev = (cloud: "aws" | "azure", size = "small") => faults(config(cloud, { environment: "dev", database: { size } }));
    expect(dev("azure")).to.deep.equal([
      {
        path: "database.size",
        given: "small",
        problem: "a burstable size on azure has no replica",
        remedy: "pulumi config set --path database.size medium, in both stacks",
      },
    ]);
    expect([...dev("azure", "medium"), ...dev("aws")]).to.deep.equal([]);
  });

  it("refuses a takeover of nothing", () => {
    const asked = faults({ config: { standby: { active: false } } });
    expect(asked).to.deep.equal([
      {
        path: "standby.active",
        given: false,
        problem: "this stack stands by for no other",
        remedy: "set standbyOf to the primary's stack, or remove standby.active",
      },
    ]);
  });

  it("refuses what only a stack that has taken over can have", () => {
    const asked = {
      budget: { monthlyUsd: 10 },
      backup: { dailyDays: 3 },
      database: { highAvailability: true, replicas: 1, pooling: true, upgrade: true, restore: { snapshot: "s" }, logins: { made: 1 } },
      services: { web: { candidate: { image: "example.org/web:2", percent: 5 } } },
    };
    const paths = found(asked).map(([path]) => path);
    const refused = [
      "budget",
      "backup",
      "database.highAvailability",
      "database.replicas",
      "database.pooling",
      "database.upgrade",
      "database.restore",
      "database.logins.made",
      "services.web.candidate",
    ];
    expect(paths).to.include.members(refused);
    expect(found({ backup: asked.backup })).to.deep.equal([
      [
        "backup",
        undefined,
        "not while this stack stands by: copies are made of the primary, and of this stack from the takeover on; remove it until after the takeover (docs/runbooks/region-failover.md)",
      ],
    ]);
    expect(found({ budget: { enabled: false } })).to.deep.equal([]);
    const { backup, budget } = asked;
    expect(found({ backup, budget, database: { highAvailability: true, replicas: 1 }, standby: { active: true } })).to.deep.equal([]);
  });
});
