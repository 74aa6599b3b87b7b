// What crosses from one Azure component to another: the payload of every `raw`.
import type { CustomResource, Output, Resource } from "@pulumi/pulumi";
import type { Family, SecretRef } from "../../cloud";
import type { AlarmId } from "../../monitoring/alarms";
import type { Severity } from "../../monitoring/alerts";

/** Private DNS zones of services with private endpoints. */
export type PrivateZone = "blob" | "file" | "vault" | "redis" | "servicebus" | "sites" | "postgres" | "registry" | "flags";

export interface Azure extends Family {
  readonly network: {
    readonly resourceGroupName: Output<string>;
    /** The group of data, vault and keys: deleting a group deletes all in it. */
    readonly dataResourceGroupName: Output<string>;
    readonly location: string;
    readonly subscriptionId: Output<string>;
    readonly tenantId: Output<string>;
    readonly vnetId: Output<string>;
    readonly subnetIds: {
      readonly gateway: Output<string>;
      readonly app: Output<string>;
      readonly data: Output<string>;
      readonly endpoints: Output<string>;
      readonly containers: Output<string>;
      readonly hosts: Output<string>;
      /** Azure prescribes the names of these two: AzureBastionSubnet and GatewaySubnet. */
      readonly bastion: Output<string>;
      readonly vpn: Output<string>;
    };
    /** By tier: the groups of rules. */
    readonly groupIds: Readonly<Record<string, Output<string>>>;
    /** The address of the way out, where there is one. */
    readonly natAddressId: Output<string> | undefined;
    /** By plan group: the subnet that its App Service plan is integrated with. The first group has the app tier's. */
    readonly planSubnetIds: Readonly<Record<string, Output<string>>>;
    /** The zone and the link to the network: whoever resolves a name in it waits for the link. */
    readonly privateZones: Readonly<Record<PrivateZone, { readonly id: Output<string>; readonly link: Resource } | undefined>>;
  };
  readonly storage: {
    readonly accountName: Output<string>;
    readonly accountId: Output<string>;
    readonly containerName: Output<string>;
    /** The scope of grants. */
    readonly containerId: Output<string>;
    /** Whether the account's redundancy sells the archive tier; where not, the cold tier takes its place. */
    readonly archives: boolean;
    /** The private endpoint's DNS records: who reads or writes from inside waits for these. */
    readonly reachable: CustomResource;
    /** The copy in the second region. */
    readonly copy: { readonly accountName: Output<string>; readonly accountId: Output<string>; readonly location: string } | undefined;
  };
  readonly monitoring: {
    readonly workspaceId: Output<string>;
    /** The group of what is of high severity: for what knows no other. */
    readonly actionGroupId: Output<string>;
    readonly actionGroupIds: Readonly<Record<Severity, Output<string>>>;
    /** Application Insights in the workspace: what collectors send to, and what web tests belong to. */
    readonly insights: { readonly componentId: Output<string>; readonly connectionString: Output<string> } | undefined;
    /** Whether a collector runs beside each service. */
    readonly tracing: boolean;
    /** Whether the activity log of the subscription arrives in the workspace. */
    readonly audit: boolean;
    readonly metrics: readonly string[];
  };
  readonly watched: {
    readonly resourceId: Output<string>;
    /** As Azure Monitor calls it: `Microsoft.Web/sites`. */
    readonly type: string;
    /** The name that its log lines and dimensions carry. */
    readonly entity: string;
    /** What percentages are of, where no metric gives it. */
    readonly totals?: { readonly nanoCores?: number; readonly memoryBytes?: number; readonly connections?: number };
    readonly thresholds?: { readonly [id in AlarmId]?: number };
  };
  readonly secrets: {
    readonly vaultName: Output<string>;
    readonly vaultId: Output<string>;
    readonly vaultUri: Output<string>;
    /** Key of the data, with its version, and the identity that may wrap and unwrap with it; `access` is the role assignment. */
    readonly keyUri: Output<string>;
    readonly keyName: Output<string>;
    readonly keyIdentityId: Output<string>;
    /** The same identity, as roles know it. */
    readonly keyPrincipalId: Output<string>;
    readonly keyAccess: Resource;
    /** The private endpoint's DNS records: who reads the vault from inside waits for these. */
    readonly reachable: Resource;
  };
  readonly hosting: {
    /** App Service plan by name of the service (web and api). */
    readonly planIds: Readonly<Record<string, Output<string>>>;
    /** Subnet by name of the service (web and api). */
    readonly subnetIds: Readonly<Record<string, Output<string>>>;
    /** Whether the plan is Basic: such sites have no slots and no autoscale. */
    readonly basic: Readonly<Record<string, boolean>>;
    /** Autoscale setting of its plan, by name of the service; a Basic plan has none. */
    readonly autoscaleIds: Readonly<Record<string, Output<string>>>;
    /** Where a plan's scaling counts the requests of a site: that is told here when it is made, as the setting must come after it. */
    readonly counted: Readonly<Record<string, (siteId: Output<string>) => void>>;
    readonly environmentId: Output<string> | undefined;
    /** Whether operators may open a console in running containers. */
    readonly exec: boolean;
  };
  readonly broker: {
    readonly namespaceName: Output<string>;
    readonly namespaceId: Output<string>;
    readonly resourceGroupName: Output<string>;
    /** `<namespace>.servicebus.windows.net` */
    readonly host: Output<string>;
  };
  readonly queue: {
    readonly queueName: Output<string>;
    readonly queueId: Output<string>;
    readonly namespaceName: Output<string>;
    /** Whether messages come in order of their sessions: no topic can forward to such a queue. */
    readonly sessions: boolean;
  };
  readonly registry: {
    /** `<name>.azurecr.io` */
    readonly server: Output<string>;
    readonly registryId: Output<string>;
    /** The private endpoint's DNS records, where the registry is closed to the internet. */
    readonly reachable: Resource | undefined;
  };
  readonly database: {
    readonly serverId: Output<string>;
    readonly serverName: Output<string>;
    /** The server itself, past any pool. */
    readonly host: Output<string>;
    readonly port: number;
    readonly databaseName: Output<string>;
    readonly owner: string;
    readonly secret: Azure["secret"];
    /** What a server restored from it is made of: of the same kind as its source, or Azure refuses it. */
    readonly sku: { readonly name: string; readonly tier: string };
    readonly zoneId: Output<string>;
  };
  readonly cache: { readonly clusterId: Output<string>; readonly databaseId: Output<string> };
  readonly place: {
    /** The site's name, made once by `names.ts`; the site asserts that its default host name is `<siteName>.azurewebsites.net`. */
    readonly siteName: string;
    /** No gateway in front: the site is public at its own TLS endpoint, open to `allowedCidrs` (empty: the internet). */
    readonly direct: boolean;
    readonly allowedCidrs: readonly string[];
    readonly internal: boolean;
    /** Nobody from outside may reach it: what a site without a gateway must see to itself. */
    readonly maintenance: boolean;
    /** Base URL at which callers inside the network reach the service. */
    readonly url: Output<string>;
  };
  readonly origin: {
    /** The gateway's firewall asks for this profile's id, so the profile is there before the gateway. */
    readonly profileName: Output<string>;
    readonly profileId: Output<string>;
    readonly host: Output<string>;
    readonly secure: boolean;
  };
  readonly site: { readonly host: Output<string> };
  readonly edge: { readonly profileId: Output<string>; readonly endpointId: Output<string> };
  readonly grant: {
    readonly roles: readonly { readonly scope: Output<string>; readonly role: string; readonly after?: Resource }[];
    /** A queue that the service receives from: what its scaling looks at. */
    readonly backlog: { readonly queueName: Output<string>; readonly namespaceName: Output<string> } | undefined;
    /** A share that the service mounts by the account's key. A site takes it from the vault, by a setting of that name. */
    readonly mount?: {
      readonly name: string;
      readonly path: string;
      readonly readOnly: boolean;
      readonly accountName: Output<string>;
      readonly shareName: Output<string>;
      readonly key: Output<string>;
      readonly keySetting: string;
      readonly keyReference: SecretRef<Azure>;
    };
  };
  /** `uri` has the version; `scope` is the ARM id of the secret, at which a service is granted to read it. */
  readonly secret: { readonly uri: Output<string>; readonly scope: Output<string>; readonly resource: Resource };
  /** What holds the limits of a service's scaling: the setting of its plan. */
  readonly scaling: { readonly autoscaleId: Output<string> };
}
