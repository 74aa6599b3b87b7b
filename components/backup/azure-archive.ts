// The monthly archive on Azure: one job, in which PostgreSQL's client writes the dump into a pipe and Node streams it into the bucket.
// The vault's own copies are no archive: it keeps one a week, has no archive class, and gives files back only through itself.
import { type ComponentResource, interpolate } from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { postgresImage, streamScript } from "../../jobs/archive/dump";
import type { Azure } from "../clouds/azure/family";
import { platformRoles } from "../clouds/azure/permissions";
import { assign, createJob } from "./azure-job";
import { databaseEnv } from "./database-env";
import type { BackupArgs } from "./index";

const nodeImage = "public.ecr.aws/docker/library/node:22-alpine";

export function createArchive(
  parent: ComponentResource,
  name: string,
  component: string,
  args: BackupArgs<Azure>,
  database: Azure["database"],
  bucket: Azure["storage"],
): void {
  const { stack } = args.network;
  const upload = readFileSync(join(__dirname, "..", "..", "jobs", "archive", "upload.mjs"), "utf8");
  const url = interpolate`https://${bucket.accountName}.blob.core.windows.net/${bucket.containerName}`;
  createJob(parent, name, args, {
    component,
    what: `Monthly archive of the database of ${stack.project} ${stack.name}`,
    cron: "0 2 1 * *",
    hours: 12,
    database,
    before: [],
    containers: [
      { name: "dump", image: postgresImage, command: ["sh", "-c", streamScript], env: databaseEnv(database), login: true },
      {
        name: "upload",
        image: nodeImage,
        command: ["node", "--input-type=module", "--eval", upload],
        env: { ARCHIVE_URL: url },
        login: false,
      },
    ],
    grants: ({ principalId }) => [
      assign(parent, `${name}-writes`, args.network, principalId, platformRoles.archive.write.id, bucket.containerId),
    ],
    after: [bucket.reachable, args.secrets.raw.reachable],
  });
}
