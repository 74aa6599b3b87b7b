// The disk of a server on Azure. It grows by itself, every update of the server sends a size, and Azure refuses a smaller one: so the
// program asks how large it has become.
import { getServer, type GetServerArgs } from "@pulumi/azure-native/dbforpostgresql";
import { type ComponentResource, type Input, log } from "@pulumi/pulumi";
import { diskFor } from "../clouds/azure/sizes";
import type { DatabaseSpec } from "./index";

export interface Disk {
  readonly storageSizeGB: Input<number>;
  readonly autoGrow: Input<"Enabled" | "Disabled">;
}

/**
 * The size that the settings ask for, or that of the first of the servers which is there, if that is more. It doubles with each step until
 * `maxStorageGb` is reached, which Azure does not know: growing is switched off by the next update.
 */
export function diskOf(
  parent: ComponentResource,
  { storageGb, maxStorageGb }: Pick<DatabaseSpec, "storageGb" | "maxStorageGb">,
  servers: readonly GetServerArgs[],
): Disk {
  const size = grown(parent, servers).then((now) => Math.max(now, diskFor(storageGb)));
  return { storageSizeGB: size, autoGrow: size.then((now) => (now < diskFor(maxStorageGb) ? "Enabled" : "Disabled")) };
}

async function grown(parent: ComponentResource, servers: readonly GetServerArgs[]): Promise<number> {
  for (const server of servers) {
    const size = await sizeOf(parent, server);
    if (size !== undefined) return size;
  }
  return 0;
}

/** GiB; undefined where there is no such server. */
async function sizeOf(parent: ComponentResource, server: GetServerArgs): Promise<number | undefined> {
  try {
    return (await getServer(server, { parent })).storage?.storageSizeGB;
  } catch (error) {
    const text = String(error);
    if (!/NotFound|404/.test(text)) {
      await log.warn(
        `the disk of ${server.serverName} was not read, so storageGb is sent, which Azure refuses if it has grown: ${text}`,
        parent,
      );
    }
    return undefined;
  }
}
