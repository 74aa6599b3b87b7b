// Logins of the services' own, on both clouds: which there are in an epoch, whose password a service gets, and what the job is given.
import { output } from "@pulumi/pulumi";
import { expect } from "chai";
import { AwsDatabase } from "../../components/database/aws";
import { AzureDatabase } from "../../components/database/azure";
import type { DatabaseSpec } from "../../components/database/index";
import { loginsOf, loginUsers } from "../../components/database/logins";
import { awsMonitoring, awsNetwork, awsSecrets, childrenOf, documentOf, recordData, usedBy, waitsFor } from "../support/aws-parts";
import { azureMonitoring, azureNetwork, azureSecrets } from "../support/azure-parts";
import { ofType, only, record, type Recorded } from "../support/record";

const spec: DatabaseSpec = {
  size: "large",
  version: "17",
  databaseName: "app",
  storageGb: 128,
  maxStorageGb: 500,
  highAvailability: false,
  replicas: 0,
  backupDays: 7,
  pooling: true,
  audit: false,
  maintenance: { day: "sunday", hour: 3 },
};
const services = { "order-api": "readWrite", report: "read" } as const;

function aws(logins: DatabaseSpec["logins"], rotationEpoch = 4): AwsDatabase {
  const network = awsNetwork();
  const parts = { network, secrets: awsSecrets(network), monitoring: awsMonitoring(network), rotationEpoch };
  return new AwsDatabase("database", { ...spec, ...parts, logins, services });
}

function azure(logins: DatabaseSpec["logins"], rotationEpoch = 4): AzureDatabase {
  const network = azureNetwork();
  const parts = { network, secrets: azureSecrets(network), monitoring: azureMonitoring(network), rotationEpoch };
  return new AzureDatabase("database", { ...spec, ...parts, logins, services });
}

const passwords = (resources: readonly Recorded[]): unknown[] =>
  ofType(childrenOf(resources, "database"), "random:index/randomPassword:RandomPassword").map(({ name, inputs }) => [name, inputs]);
const generated = (name: string, epoch: string) => [name, { length: 32, special: false, keepers: { epoch } }];

describe("logins of services", () => {
  it("are one per service and word, of this epoch and the last; in the first there is no last", () => {
    const roles = (rotationEpoch: number): string[] =>
      loginsOf({ logins: { enabled: true }, services, rotationEpoch }).map(({ role, epoch }) => `${role} ${epoch}`);
    expect(roles(1)).to.deep.equal(["order_api_read_write_a 1", "report_read_a 1"]);
    expect(roles(4)).to.deep.equal(["order_api_read_write_b 4", "order_api_read_write_a 3", "report_read_b 4", "report_read_a 3"]);
    expect(loginsOf({ logins: { enabled: false }, services, rotationEpoch: 1 })).to.deep.equal([]);
    expect(loginsOf({ logins: { enabled: true }, rotationEpoch: 1 })).to.deep.equal([]);
  });

  it("are for those who read and write, not for who works as the owner", () => {
    const users = loginUsers({ api: { uses: { database: "readWrite" } }, migrate: { uses: { database: "own" } }, web: { uses: {} } });
    expect(users).to.deep.equal({ api: "readWrite" });
  });
});

describe("Logins on AWS", () => {
  it("have passwords of their epochs in the vault, which the pool may read", async () => {
    const resources = await recordData(() => void aws({ enabled: true }));
    expect(passwords(resources)).to.have.deep.members([
      generated("database-owner", "4"),
      generated("database-order-api-read-write-b", "4"),
      generated("database-order-api-read-write-a", "3"),
      generated("database-report-read-b", "4"),
      generated("database-report-read-a", "3"),
    ]);
    const arns = ["owner", "order-api-read-write-b", "order-api-read-write-a", "report-read-b", "report-read-a"].map(
      (part) => `platform-test-database-${part}_arn`,
    );
    const { auths } = only(resources, "aws:rds/proxy:Proxy").inputs as { auths: { secretArn: string }[] };
    expect(auths.map(({ secretArn }) => secretArn)).to.deep.equal(arns);
    const { Statement } = documentOf(only(resources, "aws:iam/rolePolicy:RolePolicy"), "policy") as { Statement: { Resource: string[] }[] };
    expect(Statement.map(({ Resource }) => Resource)).to.deep.equal([arns, ["secrets-key_arn"]]);
    const stored = only(resources, "aws:secretsmanager/secret:Secret", "platform-test-database-report-read-a");
    expect(stored.inputs).to.deep.include({ description: "Login report_read_a of the database app", kmsKeyId: "secrets-key_arn" });
    expect(only(resources, "aws:secretsmanager/secretVersion:SecretVersion", "database-roles").inputs.secretString).to.equal("[secret]");
    const script = only(resources, "aws:secretsmanager/secret:Secret", "platform-test-database-roles");
    expect(script.inputs).to.deep.include({ description: "SQL of the logins of the database app", kmsKeyId: "secrets-key_arn" });
  });

  it("are used once the job has made them, by the service that they are for", async () => {
    const login = async (made: number | undefined, service: string | undefined, access: "read" | "readWrite" = "readWrite") => {
      const { env, secrets } = await usedBy(() => aws({ enabled: true, made }).use(access, service));
      return [env.DATABASE_USER, secrets.DATABASE_PASSWORD];
    };
    const owner = ["platform", "platform-test-database-owner_arn:password::database-owner_versionId"];
    const of = (role: string, part: string) => [role, `platform-test-database-${part}_arn:password::database-${part}_versionId`];
    expect(await login(undefined, "order-api")).to.deep.equal(owner);
    expect(await login(3, "order-api")).to.deep.equal(of("order_api_read_write_a", "order-api-read-write-a"));
    expect(await login(4, "order-api")).to.deep.equal(of("order_api_read_write_b", "order-api-read-write-b"));
    expect(await login(4, "report", "read")).to.deep.equal(of("report_read_b", "report-read-b"));
    expect(await login(4, "report")).to.deep.equal(owner);
    expect(await login(4, undefined)).to.deep.equal(owner);
  });

  it("leave the former readable: ECS rolls back to a definition that names it", async () => {
    const seen: unknown[] = [];
    await recordData(() => {
      const { DATABASE_PASSWORD } = aws({ enabled: true, made: 4 }).use("read", "report").secrets;
      output(DATABASE_PASSWORD!.raw).apply(({ arn, turns }) => seen.push(arn, turns));
    });
    expect(seen).to.deep.equal(["platform-test-database-report-read-b_arn", ["platform-test-database-report-read-a_arn"]]);
  });

  it("are made by a job that logs in as the owner, past the pool", async () => {
    const { env, secrets, raw, access } = await usedBy(() => aws({ enabled: true, made: 4 }).roles!);
    expect(access).to.equal("own");
    expect(env).to.deep.equal({
      DATABASE_HOST: "database-primary_address",
      DATABASE_PORT: "5432",
      DATABASE_NAME: "app",
      DATABASE_USER: "platform",
      DATABASE_SSLMODE: "require",
    });
    expect(secrets).to.deep.equal({
      DATABASE_PASSWORD: "platform-test-database-owner_arn:password::database-owner_versionId",
      DATABASE_ROLES: "platform-test-database-roles_arn:::database-roles_versionId",
    });
    expect(raw.server).to.deep.equal({ groupId: "platform-test-database-id", port: 5432 });
    await recordData(() => void expect(aws({ enabled: false }).roles).to.equal(undefined));
  });
});

describe("Logins on Azure", () => {
  it("have passwords of their epochs in the vault", async () => {
    const resources = await record(() => void azure({ enabled: true }));
    expect(passwords(resources)).to.include.deep.members([
      generated("database-order-api-read-write-b-password", "4"),
      generated("database-order-api-read-write-a-password", "3"),
      generated("database-report-read-b-password", "4"),
      generated("database-report-read-a-password", "3"),
    ]);
    const kept = only(resources, "azure-native:keyvault:Secret", "database-report-read-a");
    expect(only(resources, "random:index/randomId:RandomId", "database-report-read-a-name").inputs.prefix).to.equal(
      "database-report-read-a-",
    );
    expect(waitsFor(kept)).to.include("database-report-read-a-password");
    const script = only(resources, "azure-native:keyvault:Secret", "database-roles");
    expect(only(resources, "random:index/randomId:RandomId", "database-roles-name").inputs.prefix).to.equal("database-roles-");
    expect(waitsFor(script)).to.include.members(["database-report-read-a-password", "database-order-api-read-write-b-password"]);
  });

  it("are used once the job has made them, and made as the owner, past the pool", async () => {
    await record(() => {
      const before = azure({ enabled: true });
      expect(before.use("readWrite", "order-api").env.DATABASE_USER).to.equal("platform");
    });
    await record(() => {
      const made = azure({ enabled: true, made: 4 });
      const use = made.use("readWrite", "order-api");
      expect(use.env.DATABASE_USER).to.equal("order_api_read_write_b");
      expect(use.secrets.DATABASE_PASSWORD).not.to.equal(made.secret);
      expect(made.use("read", "report").env.DATABASE_USER).to.equal("report_read_b");
      expect(made.use("read", "order-api").env.DATABASE_USER).to.equal("platform");
      expect(made.roles?.access).to.equal("own");
      expect(made.roles?.env).to.include({ DATABASE_USER: "platform", DATABASE_HOST: made.server.fullyQualifiedDomainName });
      expect(Object.keys(made.roles?.secrets ?? {})).to.deep.equal(["DATABASE_PASSWORD", "DATABASE_ROLES"]);
      expect(made.roles?.secrets.DATABASE_PASSWORD).to.equal(made.secret);
    });
    await record(() => void expect(azure({ enabled: false }).roles).to.equal(undefined));
  });
});
