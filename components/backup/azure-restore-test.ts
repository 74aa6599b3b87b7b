// The monthly test of restoring on Azure: a job makes a server from the database as it was an hour ago, in a group that holds nothing
// else, reads all of it, and deletes it. The vault's copies are files that only its own restore gives out, so the test is of the server's.
import { ResourceGroup } from "@pulumi/azure-native/resources";
import { type ComponentResource, interpolate, jsonStringify } from "@pulumi/pulumi";
import { postgresImage } from "../../jobs/archive/dump";
import { judgeScript, readScript, restoreScript, verifyScript } from "../../jobs/restore-test/azure";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { ownActions } from "../clouds/azure/permissions";
import { tagsOf } from "../stack";
import { assign, azureImage, createJob, groupId, ownRole } from "./azure-job";
import { databaseEnv } from "./database-env";
import type { BackupArgs } from "./index";

export function createRestoreTest(
  parent: ComponentResource,
  name: string,
  component: string,
  args: BackupArgs<Azure>,
  database: Azure["database"],
): void {
  const { network, secrets } = args;
  const { stack, raw } = network;
  const tags = tagsOf(stack, component);
  const group = new ResourceGroup(
    `${name}-group`,
    { resourceGroupName: nameOf(stack, "resourceGroup", "restore"), location: raw.location, tags },
    { parent },
  );
  const restored = interpolate`${group.id}/providers/Microsoft.DBforPostgreSQL/flexibleServers/${nameOf(stack, "postgresServer", name)}`;
  const sources = [groupId(network, raw.resourceGroupName), groupId(network, raw.dataResourceGroupName)] as const;
  const owner = ownRole(parent, `${name}-server`, network, "Makes and deletes the server of the restore test", ownActions.restored, [
    group.id,
  ]);
  const user = ownRole(parent, name, network, "What the restore test's server is made from", ownActions.restore, sources);
  const az = { RESTORED: restored };
  createJob(parent, name, args, {
    component,
    what: `Monthly restore test of the database of ${stack.project} ${stack.name}`,
    cron: "0 8 2 * *",
    hours: 8,
    database,
    before: [
      {
        name: "restore",
        image: azureImage,
        command: ["bash", "-c", restoreScript],
        env: { ...az, REQUEST: requestOf(args, database, tags) },
        login: false,
      },
      {
        name: "read",
        image: postgresImage,
        command: ["sh", "-c", readScript],
        env: { ...databaseEnv(database), RESTORE_QUERY: args.restoreQuery, VERIFY: verifyScript },
        login: true,
      },
    ],
    containers: [{ name: "judge", image: azureImage, command: ["bash", "-c", judgeScript], env: az, login: false }],
    grants: ({ principalId }) => [
      assign(parent, `${name}-owns`, network, principalId, owner, group.id),
      assign(parent, `${name}-source`, network, principalId, user, database.serverId),
      assign(parent, `${name}-subnet`, network, principalId, user, raw.subnetIds.data),
      assign(parent, `${name}-zone`, network, principalId, user, database.zoneId),
      assign(parent, `${name}-key`, network, principalId, user, secrets.raw.keyIdentityId),
    ],
    after: [args.secrets.raw.reachable],
  });
}

/** The body of the request that Azure makes the server by. It can't be of another kind of network, size class or key than its source. */
function requestOf({ network, secrets }: BackupArgs<Azure>, database: Azure["database"], tags: Readonly<Record<string, string>>) {
  const { raw } = network;
  return secrets.raw.keyIdentityId.apply((identity) =>
    jsonStringify({
      location: raw.location,
      tags,
      sku: database.sku,
      identity: { type: "UserAssigned", userAssignedIdentities: { [identity]: {} } },
      properties: {
        createMode: "PointInTimeRestore",
        sourceServerResourceId: database.serverId,
        pointInTimeUTC: "@TIME@",
        network: { delegatedSubnetResourceId: raw.subnetIds.data, privateDnsZoneArmResourceId: database.zoneId },
        dataEncryption: {
          type: "AzureKeyVault",
          primaryKeyURI: secrets.raw.keyUri.apply((uri) => uri.slice(0, uri.lastIndexOf("/"))),
          primaryUserAssignedIdentityId: identity,
        },
      },
    }),
  );
}
