// The shared files of a service on AWS: a volume of its task, mounted over TLS and by the task's own role.
import type { ecs } from "@pulumi/aws/types/input";
import type { Resource } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import type { AppServiceArgs } from "./index";

function mountsOf({ uses }: AppServiceArgs<Aws>): readonly NonNullable<Aws["grant"]["mount"]>[] {
  return uses.flatMap(({ raw }) => raw.mount ?? []);
}

/** For the task definition; nothing where there is no mount. */
export function volumesOf(args: AppServiceArgs<Aws>): { readonly volumes?: ecs.TaskDefinitionVolume[] } {
  const volumes = mountsOf(args).map(({ name, fileSystemId, accessPointId }) => ({
    name,
    efsVolumeConfiguration: { fileSystemId, transitEncryption: "ENABLED", authorizationConfig: { accessPointId, iam: "ENABLED" } },
  }));
  return volumes.length === 0 ? {} : { volumes };
}

/** For the container. */
export function mountPointsOf(args: AppServiceArgs<Aws>): { readonly mountPoints?: readonly object[] } {
  const mountPoints = mountsOf(args).map(({ name, path, readOnly }) => ({ sourceVolume: name, containerPath: path, readOnly }));
  return mountPoints.length === 0 ? {} : { mountPoints };
}

/** A task that starts before there is an address to mount fails. */
export function mountTargetsOf(args: AppServiceArgs<Aws>): readonly Resource[] {
  return mountsOf(args).flatMap(({ targets }) => targets);
}
