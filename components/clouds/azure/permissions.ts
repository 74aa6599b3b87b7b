// The only place that says what a word of access allows on Azure. A role is given at the one thing used, never at a group or wider.
import { type Input, interpolate, type Output } from "@pulumi/pulumi";
import type { Access, Noun } from "../../use";

/** A role that Azure itself defines; its id is the same in every subscription. */
export interface Role {
  readonly name: string;
  readonly id: string;
}

const blobReader: Role = { name: "Storage Blob Data Reader", id: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1" };
const blobContributor: Role = { name: "Storage Blob Data Contributor", id: "ba92f5b4-2d11-453d-a403-e96b0029c9fe" };
const messageSender: Role = { name: "Azure Service Bus Data Sender", id: "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39" };
const messageReceiver: Role = { name: "Azure Service Bus Data Receiver", id: "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0" };
const secretsUser: Role = { name: "Key Vault Secrets User", id: "4633458b-17de-408a-b874-0445c86b69e6" };
const keyWrapper: Role = { name: "Key Vault Crypto Service Encryption User", id: "e147488a-f6f5-4113-8e2d-b22465e65bf6" };
const metricsPublisher: Role = { name: "Monitoring Metrics Publisher", id: "3913510d-42f4-4e42-8a64-420c390055eb" };
const configReader: Role = { name: "App Configuration Data Reader", id: "516239f1-63e1-4d78-a4de-a74fb236a071" };
const reader: Role = { name: "Reader", id: "acdd72a7-3385-48ef-bd42-f606fba81ae7" };
const imageDeleter: Role = { name: "AcrDelete", id: "c2f4ef07-c644-48eb-af81-4b1b4947fb11" };
const imagePuller: Role = { name: "AcrPull", id: "7f951dda-4ed3-4680-a7ca-43fe172d538d" };

const longTermBackup: Role = {
  name: "PostgreSQL Flexible Server Long Term Retention Backup Role",
  id: "c088a766-074b-43ba-90d4-1fb21feae531",
};

/** The roles of a service by what it uses and how. */
export const permissions: { readonly [N in Noun]: Readonly<Record<Access[N], readonly Role[]>> } = {
  // The server is reached through the network and asks for a password: Azure's own access control has no part in it.
  database: { read: [], readWrite: [], own: [] },
  // The same: network and access key.
  cache: { readWrite: [] },
  queue: { send: [messageSender], receive: [messageReceiver] },
  topic: { send: [messageSender] },
  // The callee's own endpoint in the network; who calls is up to the application.
  service: { call: [] },
  storage: { read: [blobReader], readWrite: [blobContributor] },
  flags: { read: [configReader] },
  // App Service and Container Apps mount a share by the account's key.
  files: { read: [], readWrite: [] },
};

/** The roles of the platform's own identities, which no service asks for by a word. */
export const platformRoles = {
  /** Read one secret, or the secret behind a certificate. */
  secret: { read: secretsUser },
  /** Wrap and unwrap with the key of the data; neither reads nor changes the key. */
  key: { use: keyWrapper },
  metrics: { publish: metricsPublisher },
  registry: { pull: imagePuller },
  /** List the images of the one registry, and delete old ones. */
  registryCleanup: { list: reader, delete: imageDeleter },
  /** Write flow logs. */
  logs: { write: blobContributor },
  /** The backup vault: copies of one server, and sight of the group that it is in. */
  backup: { copy: longTermBackup, see: reader },
  /** Write archives, and delete snapshots of the cache that are too old. */
  archive: { write: blobContributor },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Role>>>>;

/** Actions of the roles that Azure does not define: what the platform's own jobs do, and no more. */
export const ownActions = {
  /** Export the cache into a container, and see when that is done. */
  exportCache: ["Microsoft.Cache/redisEnterprise/databases/read", "Microsoft.Cache/redisEnterprise/databases/export/action"],
  /** Scaling down by the budget: what was spent, and the limits of a plan. */
  readBudget: ["Microsoft.Consumption/budgets/read"],
  limitScaling: ["Microsoft.Insights/autoscaleSettings/read", "Microsoft.Insights/autoscaleSettings/write"],
  /** The test's own server, in a group that holds nothing else. */
  restored: [
    "Microsoft.DBforPostgreSQL/flexibleServers/read",
    "Microsoft.DBforPostgreSQL/flexibleServers/write",
    "Microsoft.DBforPostgreSQL/flexibleServers/delete",
  ],
  /** What that server is made from: source, subnet, zone and the identity of the key. */
  restore: [
    "Microsoft.DBforPostgreSQL/flexibleServers/read",
    "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
    "Microsoft.ManagedIdentity/userAssignedIdentities/read",
    "Microsoft.Network/privateDnsZones/join/action",
    "Microsoft.Network/privateDnsZones/read",
    "Microsoft.Network/virtualNetworks/subnets/join/action",
    "Microsoft.Network/virtualNetworks/subnets/read",
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** The ARM id of a role, as a role assignment wants it. `role` is a role's `id`: the field `role` of a grant holds the same. */
export function roleId(subscriptionId: Input<string>, role: string): Output<string> {
  return interpolate`/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${role}`;
}
