// The shared files of a service on Azure: a storage mount of a site, or a volume of a container by way of its environment.
import { ManagedEnvironmentsStorage } from "@pulumi/azure-native/app";
import type { app, web } from "@pulumi/azure-native/types/input";
import { type ComponentResource, output, type Resource } from "@pulumi/pulumi";
import type { SecretRef } from "../cloud";
import type { Azure } from "../clouds/azure/family";
import type { AppServiceArgs } from "./index";

function mountsOf({ uses }: AppServiceArgs<Azure>): readonly NonNullable<Azure["grant"]["mount"]>[] {
  return uses.flatMap(({ raw }) => raw.mount ?? []);
}

/** For a site. The key stays in the vault: App Service takes it from the setting that refers to it. It mounts nothing read-only. */
export function siteMounts(args: AppServiceArgs<Azure>): { readonly azureStorageAccounts?: Record<string, web.AzureStorageInfoValueArgs> } {
  const mounts = mountsOf(args).map(({ name, path, accountName, shareName, keySetting }) => {
    const accessKey = `@AppSettingRef(${keySetting})`;
    return [name, { type: "AzureFiles" as const, protocol: "Smb", accountName, shareName, mountPath: path, accessKey }] as const;
  });
  return mounts.length === 0 ? {} : { azureStorageAccounts: Object.fromEntries(mounts) };
}

/** The keys that a site's settings refer to. Containers get none: they are mounted for them, and who may only read must not have one. */
export function siteKeys(args: AppServiceArgs<Azure>): Readonly<Record<string, SecretRef<Azure>>> {
  if (args.spec.kind === "worker" || args.spec.kind === "job") return {};
  return Object.fromEntries(mountsOf(args).map(({ keySetting, keyReference }) => [keySetting, keyReference]));
}

/** What a container app or job needs: its environment knows a share by a name, with the key, which is secret in state. */
export function attach(parent: ComponentResource, name: string, args: AppServiceArgs<Azure>): readonly Resource[] {
  const { raw } = args.network;
  const environmentName = (args.hosting.raw.environmentId ?? output("")).apply((id) => id.slice(id.lastIndexOf("/") + 1));
  return mountsOf(args).map(
    (mount) =>
      new ManagedEnvironmentsStorage(
        `${name}-${mount.name}`,
        {
          resourceGroupName: raw.resourceGroupName,
          environmentName,
          storageName: storageName(name, mount),
          properties: {
            azureFile: {
              accountName: mount.accountName,
              accountKey: mount.key,
              shareName: mount.shareName,
              accessMode: mount.readOnly ? "ReadOnly" : "ReadWrite",
            },
          },
        },
        { parent },
      ),
  );
}

/** For the template. */
export function volumesOf(name: string, args: AppServiceArgs<Azure>): { readonly volumes?: app.VolumeArgs[] } {
  const volumes = mountsOf(args).map((mount) => ({
    name: mount.name,
    storageName: storageName(name, mount),
    storageType: "AzureFile",
  }));
  return volumes.length === 0 ? {} : { volumes };
}

/** For the container. */
export function volumeMountsOf(args: AppServiceArgs<Azure>): { readonly volumeMounts?: app.VolumeMountArgs[] } {
  const volumeMounts = mountsOf(args).map((mount) => ({ volumeName: mount.name, mountPath: mount.path }));
  return volumeMounts.length === 0 ? {} : { volumeMounts };
}

function storageName(service: string, { name }: { readonly name: string }): string {
  return `${service}-${name}`;
}
