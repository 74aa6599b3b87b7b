// Snapshots of the cache on Azure: the cluster writes them itself, with its own identity, into a container of the bucket's account; a job
// asks for that every six hours and deletes what is too old. Persistence on the cluster's disk is durability and no copy.
import { BlobContainer } from "@pulumi/azure-native/storage";
import type { ComponentResource } from "@pulumi/pulumi";
import { exportScript } from "../../jobs/cache/export";
import type { Azure } from "../clouds/azure/family";
import { ownActions, platformRoles } from "../clouds/azure/permissions";
import { guarded } from "../stack";
import { assign, azureImage, createJob, groupId, ownRole } from "./azure-job";
import type { BackupArgs } from "./index";

export function createSnapshots(
  parent: ComponentResource,
  name: string,
  component: string,
  args: BackupArgs<Azure>,
  cache: Azure["cache"],
  bucket: Azure["storage"],
): void {
  const { network } = args;
  const { stack, raw } = network;
  const container = new BlobContainer(
    `${name}-container`,
    { resourceGroupName: raw.dataResourceGroupName, accountName: bucket.accountName, containerName: "cache", publicAccess: "None" },
    { parent, protect: guarded(stack, "data") },
  );
  const write = platformRoles.archive.write.id;
  // The cluster has this one identity.
  const cluster = assign(parent, `${name}-cluster-writes`, network, args.secrets.raw.keyPrincipalId, write, container.id);
  const group = groupId(network, raw.dataResourceGroupName);
  const exporter = ownRole(parent, name, network, "Exports the cache into a container", ownActions.exportCache, [group]);
  createJob(parent, name, args, {
    component,
    what: `Snapshot of the cache of ${stack.project} ${stack.name}`,
    cron: "0 */6 * * *",
    hours: 2,
    database: undefined,
    before: [],
    containers: [
      {
        name: "export",
        image: azureImage,
        command: ["bash", "-c", exportScript],
        env: { CACHE_DATABASE: cache.databaseId, ACCOUNT: bucket.accountName, CONTAINER: container.name, DAYS: String(args.cacheDays) },
        login: false,
      },
    ],
    grants: ({ principalId }) => [
      assign(parent, `${name}-deletes`, network, principalId, write, container.id),
      assign(parent, `${name}-exports`, network, principalId, exporter, cache.clusterId),
    ],
    after: [cluster, bucket.reachable],
  });
}
