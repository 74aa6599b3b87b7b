// A database that is copied from another region's, before and after it was promoted, and the way to it.
import { output } from "@pulumi/pulumi";
import { expect } from "chai";
import { AwsAlarms } from "../../components/alarms/aws";
import { AzureAlarms } from "../../components/alarms/azure";
import { AwsDatabase } from "../../components/database/aws";
import { AzureDatabase } from "../../components/database/azure";
import type { DatabaseSpec, Standby } from "../../components/database/index";
import type { Primary } from "../../components/primary";
import type { Stack } from "../../components/stack";
import { AzureNetwork } from "../../components/network/azure";
import { child, childrenOf as networkOf, networkArgs, recorded } from "./azure-parts";
import { awsMonitoring, awsNetwork, awsSecrets, recordData, without } from "../support/aws-parts";
import { azureMonitoring, azureNetwork, azureSecrets, childrenOf, KnownNetwork, once, tags, waitsFor } from "../support/azure-parts";
import { ofType, only, type Recorded, recordKnown } from "../support/record";

const spec: DatabaseSpec = {
  size: "large",
  version: "17",
  databaseName: "shop",
  storageGb: 100,
  maxStorageGb: 500,
  highAvailability: false,
  replicas: 0,
  backupDays: 35,
  pooling: false,
  audit: false,
  maintenance: { day: "sunday", hour: 4 },
};
const vnet = "/subscriptions/0000/resourceGroups/rg-platform-prod/providers/Microsoft.Network/virtualNetworks/vnet-platform-prod";
const primary = (databaseId: string): Primary => ({
  networkId: output(vnet),
  databaseId: output(databaseId),
  databaseZone: output("platform-prod.private.postgres.database.azure.com"),
});
const follows = (id: string): Standby => ({ primary: primary(id) });
const promoted: Standby = { primary: undefined };

const awsAll = once((active: boolean, stack: Partial<Stack> = {}) => {
  const standby = active ? promoted : follows("arn:aws:rds:us-east-1:123456789012:db:platform-prod-database");
  return recordData(() => {
    const network = awsNetwork(stack);
    const parts = { network, secrets: awsSecrets(network), monitoring: awsMonitoring(network), rotationEpoch: 1 };
    const made = new AwsDatabase("database", { ...spec, ...parts, standby });
    made.id.apply((id) => void expect(id).to.equal("database-primary_arn"));
    made.zoneName.apply((name) => void expect(name).to.equal(""));
    new AwsAlarms("alarms", { ...parts, watched: made.watched, which: "all" });
  });
});
const aws = async (...how: Parameters<typeof awsAll>): Promise<Recorded> => only(await awsAll(...how), "aws:rds/instance:Instance");

const azureAll = once((active: boolean, changes: Partial<DatabaseSpec> = {}) => {
  const standby = active ? promoted : follows("/servers/psql-platform-prod-database");
  return recordKnown(() => {
    const real = azureNetwork();
    const parts = { network: new KnownNetwork(real), secrets: azureSecrets(real), monitoring: azureMonitoring(real), rotationEpoch: 1 };
    const made = new AzureDatabase("database", { ...spec, ...changes, ...parts, standby });
    new AzureAlarms("alarms", { ...parts, watched: made.watched, which: "all" });
  });
});
const azure = async (...how: Parameters<typeof azureAll>): Promise<readonly Recorded[]> => childrenOf(await azureAll(...how), "database");
const server = "azure-native:dbforpostgresql:Server";

const isLag = ({ name }: Recorded): boolean => name.endsWith("medium-database-lag");

describe("a database that stands by, on AWS", () => {
  it("B3: is a replica of the primary by its ARN, encrypted with the region's own key, and brings nothing of its own", async () => {
    const { inputs, protect, options } = await aws(false);
    expect(inputs).to.include({
      replicateSourceDb: "arn:aws:rds:us-east-1:123456789012:db:platform-prod-database",
      kmsKeyId: "secrets-key_arn",
      backupRetentionPeriod: 35,
      applyImmediately: true,
      multiAz: false,
      skipFinalSnapshot: true,
      deletionProtection: true,
    });
    expect(inputs).to.not.have.any.keys(
      "engine",
      "engineVersion",
      "username",
      "dbName",
      "password",
      "allocatedStorage",
      "finalSnapshotIdentifier",
    );
    // A takeover can't make it anew by mistake.
    expect(protect).to.equal(true);
    // What a replica is copied with is stated once it was promoted; were that a change, it would be made anew.
    expect(options.ignoreChanges).to.deep.equal(["engineVersion", "engine", "engineLifecycleSupport", "username", "dbName"]);
  });

  it("B3: is promoted by leaving its source out, and gets the password of this stack's vault", async () => {
    const [before, { inputs }] = [(await aws(false)).inputs, await aws(true)];
    expect(inputs).to.deep.equal({
      ...without(before, "replicateSourceDb"),
      engine: "postgres",
      engineVersion: "17",
      engineLifecycleSupport: "open-source-rds-extended-support-disabled",
      allocatedStorage: 100,
      username: "platform",
      dbName: "shop",
      password: "[secret]",
      skipFinalSnapshot: false,
      finalSnapshotIdentifier: "platform-test-database-final-database-final_hex",
    });
  });

  it("M2: tells when it falls behind, for as long as it stands by", async () => {
    const lag = async (active: boolean) => ofType(await awsAll(active), "aws:cloudwatch/metricAlarm:MetricAlarm").filter(isLag);
    const [alarm, ...others] = await lag(false);
    expect(others).to.be.empty;
    expect(alarm?.inputs).to.deep.include({ metricName: "ReplicaLag", dimensions: { DBInstanceIdentifier: "platform-test-database" } });
    expect(await lag(true)).to.be.empty;
  });

  it("goes away with one command in a stack without guards", async () => {
    const { inputs, protect } = await aws(false, { guard: "none" });
    expect([protect, inputs.deletionProtection, inputs.skipFinalSnapshot]).to.deep.equal([false, false, true]);
  });
});

describe("a database that stands by, on Azure", () => {
  it("B3: is a replica of the primary by its id, without a database, owner or parameters of its own", async () => {
    const made = await azure(false);
    const { inputs, protect, options } = only(made, server);
    expect(inputs).to.include({ createMode: "Replica", sourceServerResourceId: "/servers/psql-platform-prod-database" });
    expect(inputs).to.not.have.any.keys(
      "administratorLogin",
      "administratorLoginPassword",
      "version",
      "backup",
      "highAvailability",
      "replica",
    );
    expect(protect).to.equal(true);
    expect(options.ignoreChanges).to.deep.equal([
      "version",
      "availabilityZone",
      "highAvailability.standbyAvailabilityZone",
      "sourceServerResourceId",
      "backup.geoRedundantBackup",
    ]);
    expect(ofType(made, "azure-native:dbforpostgresql:Database")).to.be.empty;
    expect(ofType(made, "azure-native:dbforpostgresql:Configuration")).to.be.empty;
  });

  it("B3: waits for the way to the primary: two peerings and two links", async () => {
    const made = await azure(false);
    const peering = { allowVirtualNetworkAccess: true, allowForwardedTraffic: false, allowGatewayTransit: false, useRemoteGateways: false };
    expect(only(made, "azure-native:network:VirtualNetworkPeering", "database-peering-out").inputs).to.deep.equal({
      ...peering,
      resourceGroupName: "rg-platform-test",
      virtualNetworkName: "vnet-platform-test",
      virtualNetworkPeeringName: "vnet-platform-test",
      remoteVirtualNetwork: { id: vnet },
    });
    expect(only(made, "azure-native:network:VirtualNetworkPeering", "database-peering-back").inputs).to.deep.equal({
      ...peering,
      resourceGroupName: "rg-platform-prod",
      virtualNetworkName: "vnet-platform-prod",
      virtualNetworkPeeringName: "vnet-platform-test",
      remoteVirtualNetwork: { id: "network-vnet-id" },
    });
    const link = {
      location: "Global",
      registrationEnabled: false,
      virtualNetworkLinkName: "vnet-platform-test-standby",
      tags: tags("database"),
    };
    expect(only(made, "azure-native:privatedns:VirtualNetworkLink", "database-zone-out").inputs).to.deep.equal({
      ...link,
      resourceGroupName: "rg-platform-prod",
      privateZoneName: "platform-prod.private.postgres.database.azure.com",
      virtualNetwork: { id: "network-vnet-id" },
    });
    expect(only(made, "azure-native:privatedns:VirtualNetworkLink", "database-zone-back").inputs).to.deep.equal({
      ...link,
      resourceGroupName: "rg-platform-test",
      privateZoneName: "network-postgres-id",
      virtualNetwork: { id: vnet },
    });
    const way = ["database-peering-back", "database-peering-out", "database-zone-back", "database-zone-out"];
    expect(waitsFor(only(made, server))).to.include.members(way);
    // What lies in the primary's group stays: its region may not answer at a takeover.
    const stays = made.filter(({ type, options }) => options.retainOnDelete && !/:(Secret|Server)$/.test(type)).map(({ name }) => name);
    expect(stays).to.have.members(["database-peering-back", "database-zone-out"]);
  });

  it("M2: tells when it falls behind, for as long as it stands by", async () => {
    const lag = async (active: boolean) => ofType(await azureAll(active), "azure-native:monitor:MetricAlert").filter(isLag);
    const [alarm, ...others] = await lag(false);
    expect(others).to.be.empty;
    expect(alarm?.inputs.scopes).to.deep.equal(["database-server-id"]);
    expect(await lag(true)).to.be.empty;
  });

  it("B3: is promoted by its role, and gets the password of this stack's vault", async () => {
    const made = await azure(true);
    const { inputs, options } = only(made, server);
    expect(inputs).to.include({ createMode: "Update" }).and.have.property("administratorLoginPassword");
    expect(inputs.replica).to.deep.equal({ role: "Primary", promoteMode: "Standalone", promoteOption: "Forced" });
    expect(inputs.backup).to.include({ backupRetentionDays: 35 });
    expect(inputs).to.not.have.any.keys("sourceServerResourceId", "administratorLogin", "version");
    expect(options.ignoreChanges).to.include("sourceServerResourceId");
    expect(ofType(made, "azure-native:dbforpostgresql:Database")).to.be.empty;
    expect(ofType(made, "azure-native:network:VirtualNetworkPeering")).to.be.empty;
  });

  it("is upgraded once it was promoted, where that is meant", async () => {
    const { inputs, options } = only(await azure(true, { upgrade: true }), server);
    expect(inputs).to.include({ createMode: "Update", version: "17" });
    expect(options.ignoreChanges).to.not.include("version");
  });

  it("has its replicas and its pool once it was promoted", async () => {
    const made = await azure(true, { replicas: 1, pooling: true });
    expect(ofType(made, server).map(({ name }) => name)).to.deep.equal(["database-server", "database-replica-1"]);
    expect(ofType(made, "azure-native:dbforpostgresql:Configuration").map(({ name }) => name)).to.deep.equal([
      "database-pool",
      "database-replica-1-pool",
    ]);
  });

  it("B3: lets the other region's servers in at 5432, and nothing else of it", async () => {
    const made = networkOf(
      await recorded(() => void new AzureNetwork("network", networkArgs({ servers: ["database"], peerCidr: "10.1.0.0/16" }))),
      "Network",
      "network",
    );
    const rules = child(made, "network-data", ":NetworkSecurityGroup").inputs.securityRules as Record<string, unknown>[];
    expect(rules.filter(({ name }) => String(name).startsWith("other-region"))).to.deep.equal([
      {
        name: "other-region-in",
        priority: 120,
        direction: "Inbound",
        access: "Allow",
        protocol: "Tcp",
        sourcePortRange: "*",
        sourceAddressPrefix: "10.1.21.0/24",
        destinationAddressPrefix: "10.0.21.0/24",
        destinationPortRange: "5432",
      },
      {
        name: "other-region-out",
        priority: 130,
        direction: "Outbound",
        access: "Allow",
        protocol: "Tcp",
        sourcePortRange: "*",
        sourceAddressPrefix: "10.0.21.0/24",
        destinationAddressPrefix: "10.1.21.0/24",
        destinationPortRange: "5432",
      },
    ]);
  });
});
