// What the task of a service on AWS mounts: shared files, over TLS and by the task's own role, and the folders of the agent of ECS Exec where
// the root file system is read-only.
import type { ecs } from "@pulumi/aws/types/input";
import type { Resource } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import type { AppServiceArgs } from "./index";

function mountsOf({ uses }: AppServiceArgs<Aws>): readonly NonNullable<Aws["grant"]["mount"]>[] {
  return uses.flatMap(({ raw }) => raw.mount ?? []);
}

const agentFolders = ["/managed-agents", "/var/lib/amazon/ssm", "/var/log/amazon/ssm"] as const;

/** The agent of ECS Exec writes to these folders: where the root is read-only they are volumes, which end with the task. */
function foldersOf({ spec, hosting }: AppServiceArgs<Aws>): readonly string[] {
  return hosting.raw.exec && spec.readOnlyRoot ? agentFolders : [];
}

/** `/var/lib/amazon/ssm` is the volume `var-lib-amazon-ssm`. */
function volumeOf(folder: string): string {
  return folder.slice(1).replaceAll("/", "-");
}

/** For the task definition; nothing where there is no mount. */
export function volumesOf(args: AppServiceArgs<Aws>): { readonly volumes?: ecs.TaskDefinitionVolume[] } {
  const files = mountsOf(args).map(({ name, fileSystemId, accessPointId }) => ({
    name,
    efsVolumeConfiguration: { fileSystemId, transitEncryption: "ENABLED", authorizationConfig: { accessPointId, iam: "ENABLED" } },
  }));
  const volumes = [...files, ...foldersOf(args).map((folder) => ({ name: volumeOf(folder) }))];
  return volumes.length === 0 ? {} : { volumes };
}

/** For the container. */
export function mountPointsOf(args: AppServiceArgs<Aws>): { readonly mountPoints?: readonly object[] } {
  const mountPoints = [
    ...mountsOf(args).map(({ name, path, readOnly }) => ({ sourceVolume: name, containerPath: path, readOnly })),
    ...foldersOf(args).map((folder) => ({ sourceVolume: volumeOf(folder), containerPath: folder, readOnly: false })),
  ];
  return mountPoints.length === 0 ? {} : { mountPoints };
}

/** A task that starts before there is an address to mount fails. */
export function mountTargetsOf(args: AppServiceArgs<Aws>): readonly Resource[] {
  return mountsOf(args).flatMap(({ targets }) => targets);
}
