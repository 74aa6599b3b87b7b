// The monthly archive on AWS: one task, in which PostgreSQL's client writes the dump and AWS's uploads it. AWS Backup has no archive class
// for RDS, and an export of a snapshot can't be restored.
import { type ComponentResource, interpolate } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { permissions } from "../clouds/aws/permissions";
import { archiveName, dumpScript, postgresImage } from "../../jobs/archive/dump";
import { createJob } from "./aws-container";
import { databaseEnv } from "./database-env";
import { createMachine } from "./aws-machine";
import type { BackupArgs } from "./index";

const awsImage = "public.ecr.aws/aws-cli/aws-cli:2.22.0";
/** The bucket's lifecycle moves it to the archive class: S3 copies no object to another region that is archived already. */
const uploadScript = `set -eu\naws s3 cp --only-show-errors "$WORK/database.dump" "s3://$BACKUPS_NAME/archive/${archiveName}"`;

export function createArchive(
  parent: ComponentResource,
  name: string,
  component: string,
  args: BackupArgs<Aws>,
  database: Aws["database"],
  bucket: Aws["storage"],
): void {
  const { network, monitoring } = args;
  const job = createJob(parent, name, args, {
    component,
    database,
    containers: [
      { name: "dump", image: postgresImage, script: dumpScript, env: databaseEnv(database), login: true },
      { name: "upload", image: awsImage, script: uploadScript, env: { BACKUPS_NAME: bucket.bucketName }, login: false, after: "dump" },
    ],
    statements: [
      { actions: permissions.archive.write, resources: [interpolate`${bucket.bucketArn}/archive/*`] },
      ...(bucket.keyArn === undefined
        ? []
        : [
            {
              actions: permissions.key.encrypt,
              resources: [bucket.keyArn],
              conditions: { StringEquals: { "kms:ViaService": `s3.${network.stack.region}.amazonaws.com` } },
            },
          ]),
    ],
  });
  createMachine(
    parent,
    name,
    {
      network,
      monitoring,
      component,
      what: `Monthly archive of the database of ${network.stack.project} ${network.stack.name}`,
      schedule: "cron(0 2 1 * ? *)",
      hours: 12,
      statements: job.statements,
      states: { Dump: job.state({ End: true }) },
    },
    job.ready,
  );
}
