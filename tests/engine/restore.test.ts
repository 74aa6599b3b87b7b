// A restore of a guarded database on the real engine: refused while the server before it is guarded, and nothing is lost when it is let go.
import { expect } from "chai";
import { type Rehearsal, rehearse } from "../../rehearsal/engine";
import { needsEngine } from "../support/engine";

const servers = { aws: "aws:rds/instance:Instance", azure: "azure-native:dbforpostgresql:Server" } as const;

describe("the restore of a database", function () {
  this.timeout(300_000);
  for (const cloud of ["aws", "azure"] as const) {
    it(`moves the services to a server beside the old one, which stays where it is, on ${cloud}`, async function () {
      needsEngine(this, { what: "restore", cloud, minutes: 1 });
      const rehearsal = await rehearse({ stack: "dev", cloud, set: ["guard=data"] });
      try {
        const { stack, cloud: simulated } = rehearsal;
        const ids = () => simulated.all().flatMap(({ type, id }) => (type === servers[cloud] ? [id] : []));
        const { outputs } = await stack.up();
        const [old = ""] = ids();
        const source = cloud === "aws" ? "platform-dev-database" : old;
        for (const [key, value] of Object.entries({ source, time: "2026-11-20T08:00:00Z" }))
          await stack.setConfig(`database.restore.${key}`, { value }, true);

        const calls = simulated.calls().length;
        const refused = rehearsal.cli("up", "--yes");
        expect(refused.code).to.not.equal(0);
        expect(refused.output).to.match(/protected|marked for protection/);
        expect(simulated.calls()).to.have.length(calls);

        for (const urn of guardedOf(rehearsal)) expect(rehearsal.cli("state", "unprotect", urn, "--yes").code).to.equal(0);
        const after = await stack.up();
        expect(ids()).to.include(old).and.have.length(2);
        expect(after.outputs.database?.value).to.not.deep.equal(outputs.database?.value);
        await stack.up({ expectNoChanges: true });
      } finally {
        rehearsal.remove();
      }
    });
  }
});

/** The server and, on Azure, the database in it. */
function guardedOf(rehearsal: Rehearsal): string[] {
  const { deployment } = JSON.parse(rehearsal.cli("stack", "export").output) as {
    deployment: { resources: { urn: string; protect?: boolean }[] };
  };
  return deployment.resources.flatMap(({ urn, protect }) =>
    protect === true && /::database-(primary|server|database)$/.test(urn) ? [urn] : [],
  );
}
