// P8 as settings: which jobs may run before the services, and what is refused on both clouds alike.
import { expect } from "chai";
import { clouds } from "../../components/cloud";
import { faults, settings } from "./support";

const migrate = { kind: "job", image: "example.org/team/migrate:1", uses: { database: "own" } };
const config = (before: string[], more: object = {}, job: object = {}): Record<string, unknown> => ({
  services: { migrate: { ...migrate, ...job } },
  deploy: { before },
  ...more,
});
/** The one fault that a list of names has. */
const fault = (before: string[], more?: object, job?: object) => {
  const found = clouds.map((cloud) => faults({ config: { cloud, ...config(before, more, job) } }));
  expect(found[0]).to.deep.equal(found[1]).and.to.have.length(1);
  return found[0]?.[0];
};

describe("settings of deploy.before", () => {
  it("are empty in every preset", () => {
    for (const cloud of clouds)
      for (const environment of ["dev", "staging", "prod"])
        expect(settings({ config: { cloud, environment } }).deploy).to.deep.equal({ before: [] });
  });

  it("take jobs in their order, and the job of the logins where there are logins", () => {
    expect(settings({ config: config(["migrate"]) }).deploy.before).to.deep.equal(["migrate"]);
    const before = ["migrate", "database-roles"];
    expect(settings({ config: config(before, { database: { logins: { enabled: true } } }) }).deploy.before).to.deep.equal(before);
  });

  it("refuse a name that is not there, with the one that is meant", () => {
    expect(fault(["migrat"])).to.deep.equal({
      path: "deploy.before[0]",
      given: "migrat",
      problem: "there is no service of that name; jobs are: nightly, migrate",
      remedy: 'did you mean "migrate"?',
    });
    expect(fault(["__proto__"])?.remedy).to.equal("add services.__proto__ with kind job, or remove it here");
  });

  it("refuse what does not end, what runs at other times too, and what stands there twice", () => {
    expect(fault(["api"])?.problem).to.equal("a service of kind api runs all the time, and a deployment would wait for ever");
    expect(fault(["worker"])?.remedy).to.equal("name a service of kind job");
    expect(fault(["nightly"])?.problem).to.equal("runs by its schedule (0 3 * * *) too");
    expect(fault(["migrate", "migrate"])).to.include({ path: "deploy.before[1]", remedy: "name it once" });
  });

  it("refuse a job that calls a service, as none is there before the first deployment", () => {
    const called = fault(["migrate"], {}, { uses: { api: "call" } });
    expect([called?.problem, called?.remedy]).to.deep.equal([
      "it calls api, and it runs before any service is there",
      "remove services.migrate.uses.api",
    ]);
  });

  it("refuse the job of the logins where there are none to make", () => {
    expect(fault(["database-roles"])?.problem).to.include("database.logins.enabled is false");
    expect(fault(["database-roles"], { database: { enabled: false } }, { uses: {} })?.problem).to.include("no service uses the database");
  });
});
