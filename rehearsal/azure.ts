// Simulated Azure: resource ids built from the paths of its API, outputs as programs read them, what a change replaces, and the
// refusals that the order of a deployment or a deletion depends on.
import { madeUp, type Resource, type Simulation, text, texts, uuid } from "./simulation";
import { digest, type Stored, type Values } from "./store";

const subscription = "00000000-1111-4222-8333-444444444444";
const tenant = "99999999-1111-4222-8333-444444444444";
const client = "77777777-1111-4222-8333-444444444444";

/** Path of the API behind the resource group (or the scope) by type: what stands in braces is an input. A type without a row is refused. */
const paths: Readonly<Record<string, string>> = {
  "alertsmanagement:AlertProcessingRuleByName": "Microsoft.AlertsManagement/actionRules/{alertProcessingRuleName}",
  "app:ContainerApp": "Microsoft.App/containerApps/{containerAppName}",
  "app:Job": "Microsoft.App/jobs/{jobName}",
  "app:ManagedEnvironment": "Microsoft.App/managedEnvironments/{environmentName}",
  "app:ManagedEnvironmentsStorage": "Microsoft.App/managedEnvironments/{environmentName}/storages/{storageName}",
  "applicationinsights:Component": "Microsoft.Insights/components/{resourceName}",
  "applicationinsights:WebTest": "Microsoft.Insights/webtests/{webTestName}",
  "applicationinsights:Workbook": "Microsoft.Insights/workbooks/{resourceName}",
  "authorization:ManagementLockByScope": "Microsoft.Authorization/locks/{lockName}",
  "authorization:RoleAssignment": "Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
  "authorization:RoleDefinition": "Microsoft.Authorization/roleDefinitions/{roleDefinitionId}",
  "appconfiguration:ConfigurationStore": "Microsoft.AppConfiguration/configurationStores/{configStoreName}",
  "appconfiguration:KeyValue": "Microsoft.AppConfiguration/configurationStores/{configStoreName}/keyValues/{keyValueName}",
  "containerregistry:Task": "Microsoft.ContainerRegistry/registries/{registryName}/tasks/{taskName}",
  "cdn:AFDCustomDomain": "Microsoft.Cdn/profiles/{profileName}/customDomains/{customDomainName}",
  "cdn:AFDEndpoint": "Microsoft.Cdn/profiles/{profileName}/afdEndpoints/{endpointName}",
  "cdn:AFDOrigin": "Microsoft.Cdn/profiles/{profileName}/originGroups/{originGroupName}/origins/{originName}",
  "cdn:AFDOriginGroup": "Microsoft.Cdn/profiles/{profileName}/originGroups/{originGroupName}",
  "cdn:Profile": "Microsoft.Cdn/profiles/{profileName}",
  "cdn:Route": "Microsoft.Cdn/profiles/{profileName}/afdEndpoints/{endpointName}/routes/{routeName}",
  "cdn:Rule": "Microsoft.Cdn/profiles/{profileName}/ruleSets/{ruleSetName}/rules/{ruleName}",
  "cdn:RuleSet": "Microsoft.Cdn/profiles/{profileName}/ruleSets/{ruleSetName}",
  "cdn:SecurityPolicy": "Microsoft.Cdn/profiles/{profileName}/securityPolicies/{securityPolicyName}",
  "compute:VirtualMachine": "Microsoft.Compute/virtualMachines/{vmName}",
  "compute:VirtualMachineExtension": "Microsoft.Compute/virtualMachines/{vmName}/extensions/{vmExtensionName}",
  "consumption:Budget": "Microsoft.Consumption/budgets/{budgetName}",
  "containerregistry:Registry": "Microsoft.ContainerRegistry/registries/{registryName}",
  "costmanagement:ScheduledActionByScope": "Microsoft.CostManagement/scheduledActions/{name}",
  "dataprotection:BackupInstance": "Microsoft.DataProtection/backupVaults/{vaultName}/backupInstances/{backupInstanceName}",
  "dataprotection:BackupPolicy": "Microsoft.DataProtection/backupVaults/{vaultName}/backupPolicies/{backupPolicyName}",
  "dataprotection:BackupVault": "Microsoft.DataProtection/backupVaults/{vaultName}",
  "dbforpostgresql:Administrator": "Microsoft.DBforPostgreSQL/flexibleServers/{serverName}/administrators/{objectId}",
  "dbforpostgresql:Configuration": "Microsoft.DBforPostgreSQL/flexibleServers/{serverName}/configurations/{configurationName}",
  "dbforpostgresql:Database": "Microsoft.DBforPostgreSQL/flexibleServers/{serverName}/databases/{databaseName}",
  "dbforpostgresql:FirewallRule": "Microsoft.DBforPostgreSQL/flexibleServers/{serverName}/firewallRules/{firewallRuleName}",
  "dbforpostgresql:Server": "Microsoft.DBforPostgreSQL/flexibleServers/{serverName}",
  "dbforpostgresql:VirtualEndpoint": "Microsoft.DBforPostgreSQL/flexibleServers/{serverName}/virtualendpoints/{virtualEndpointName}",
  "eventgrid:SystemTopic": "Microsoft.EventGrid/systemTopics/{systemTopicName}",
  "eventgrid:SystemTopicEventSubscription": "Microsoft.EventGrid/systemTopics/{systemTopicName}/eventSubscriptions/{eventSubscriptionName}",
  "frontdoor:Policy": "Microsoft.Network/frontDoorWebApplicationFirewallPolicies/{policyName}",
  "keyvault:Key": "Microsoft.KeyVault/vaults/{vaultName}/keys/{keyName}",
  "keyvault:Secret": "Microsoft.KeyVault/vaults/{vaultName}/secrets/{secretName}",
  "keyvault:Vault": "Microsoft.KeyVault/vaults/{vaultName}",
  "logic:Workflow": "Microsoft.Logic/workflows/{workflowName}",
  "managedidentity:FederatedIdentityCredential":
    "Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}",
  "managedidentity:UserAssignedIdentity": "Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}",
  "monitor:ActionGroup": "Microsoft.Insights/actionGroups/{actionGroupName}",
  "monitor:ActivityLogAlert": "Microsoft.Insights/activityLogAlerts/{activityLogAlertName}",
  "monitor:AutoscaleSetting": "Microsoft.Insights/autoscalesettings/{autoscaleSettingName}",
  "monitor:DiagnosticSetting": "Microsoft.Insights/diagnosticSettings/{name}",
  "monitor:MetricAlert": "Microsoft.Insights/metricAlerts/{ruleName}",
  "monitor:ScheduledQueryRule": "Microsoft.Insights/scheduledQueryRules/{ruleName}",
  "monitor:SubscriptionDiagnosticSetting": "Microsoft.Insights/diagnosticSettings/{name}",
  "network:ApplicationGateway": "Microsoft.Network/applicationGateways/{applicationGatewayName}",
  "network:BastionHost": "Microsoft.Network/bastionHosts/{bastionHostName}",
  "network:FlowLog": "Microsoft.Network/networkWatchers/{networkWatcherName}/flowLogs/{flowLogName}",
  "network:NatGateway": "Microsoft.Network/natGateways/{natGatewayName}",
  "network:NetworkInterface": "Microsoft.Network/networkInterfaces/{networkInterfaceName}",
  "network:NetworkSecurityGroup": "Microsoft.Network/networkSecurityGroups/{networkSecurityGroupName}",
  "network:NetworkWatcher": "Microsoft.Network/networkWatchers/{networkWatcherName}",
  "network:PrivateDnsZoneGroup": "Microsoft.Network/privateEndpoints/{privateEndpointName}/privateDnsZoneGroups/{privateDnsZoneGroupName}",
  "network:PrivateEndpoint": "Microsoft.Network/privateEndpoints/{privateEndpointName}",
  "network:PublicIPAddress": "Microsoft.Network/publicIPAddresses/{publicIpAddressName}",
  "network:RouteTable": "Microsoft.Network/routeTables/{routeTableName}",
  "network:Subnet": "Microsoft.Network/virtualNetworks/{virtualNetworkName}/subnets/{subnetName}",
  "network:VirtualNetwork": "Microsoft.Network/virtualNetworks/{virtualNetworkName}",
  "network:VirtualNetworkPeering":
    "Microsoft.Network/virtualNetworks/{virtualNetworkName}/virtualNetworkPeerings/{virtualNetworkPeeringName}",
  "network:LocalNetworkGateway": "Microsoft.Network/localNetworkGateways/{localNetworkGatewayName}",
  "network:VirtualNetworkGateway": "Microsoft.Network/virtualNetworkGateways/{virtualNetworkGatewayName}",
  "network:VirtualNetworkGatewayConnection": "Microsoft.Network/connections/{virtualNetworkGatewayConnectionName}",
  "network:WebApplicationFirewallPolicy": "Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies/{policyName}",
  "operationalinsights:Workspace": "Microsoft.OperationalInsights/workspaces/{workspaceName}",
  "portal:Dashboard": "Microsoft.Portal/dashboards/{dashboardName}",
  "privatedns:PrivateRecordSet": "Microsoft.Network/privateDnsZones/{privateZoneName}/{recordType}/{relativeRecordSetName}",
  "privatedns:PrivateZone": "Microsoft.Network/privateDnsZones/{privateZoneName}",
  "privatedns:VirtualNetworkLink": "Microsoft.Network/privateDnsZones/{privateZoneName}/virtualNetworkLinks/{virtualNetworkLinkName}",
  "redisenterprise:AccessPolicyAssignment":
    "Microsoft.Cache/redisEnterprise/{clusterName}/databases/{databaseName}/accessPolicyAssignments/{accessPolicyAssignmentName}",
  "redisenterprise:Database": "Microsoft.Cache/redisEnterprise/{clusterName}/databases/{databaseName}",
  "redisenterprise:RedisEnterprise": "Microsoft.Cache/redisEnterprise/{clusterName}",
  "resources:Deployment": "Microsoft.Resources/deployments/{deploymentName}",
  "resources:ResourceGroup": "",
  "security:Pricing": "Microsoft.Security/pricings/{pricingName}",
  "security:SecurityContact": "Microsoft.Security/securityContacts/{securityContactName}",
  "servicebus:DefaultRule":
    "Microsoft.ServiceBus/namespaces/{namespaceName}/topics/{topicName}/subscriptions/{subscriptionName}/rules/$Default",
  "servicebus:Namespace": "Microsoft.ServiceBus/namespaces/{namespaceName}",
  "servicebus:NamespaceNetworkRuleSet": "Microsoft.ServiceBus/namespaces/{namespaceName}/networkRuleSets/default",
  "servicebus:Queue": "Microsoft.ServiceBus/namespaces/{namespaceName}/queues/{queueName}",
  "servicebus:Rule": "Microsoft.ServiceBus/namespaces/{namespaceName}/topics/{topicName}/subscriptions/{subscriptionName}/rules/{ruleName}",
  "servicebus:Subscription": "Microsoft.ServiceBus/namespaces/{namespaceName}/topics/{topicName}/subscriptions/{subscriptionName}",
  "servicebus:Topic": "Microsoft.ServiceBus/namespaces/{namespaceName}/topics/{topicName}",
  "storage:Blob": "Microsoft.Storage/storageAccounts/{accountName}/blobServices/default/containers/{containerName}/blobs/{blobName}",
  "storage:BlobContainer": "Microsoft.Storage/storageAccounts/{accountName}/blobServices/default/containers/{containerName}",
  "storage:BlobServiceProperties": "Microsoft.Storage/storageAccounts/{accountName}/blobServices/default",
  "storage:FileServiceProperties": "Microsoft.Storage/storageAccounts/{accountName}/fileServices/default",
  "storage:FileShare": "Microsoft.Storage/storageAccounts/{accountName}/fileServices/default/shares/{shareName}",
  "storage:ManagementPolicy": "Microsoft.Storage/storageAccounts/{accountName}/managementPolicies/default",
  "storage:ObjectReplicationPolicy":
    "Microsoft.Storage/storageAccounts/{accountName}/objectReplicationPolicies/{objectReplicationPolicyId}",
  "storage:StorageAccount": "Microsoft.Storage/storageAccounts/{accountName}",
  "storage:StorageAccountStaticWebsite": "Microsoft.Storage/storageAccounts/{accountName}/staticWebsites/default",
  "web:AppServicePlan": "Microsoft.Web/serverfarms/{name}",
  "web:WebApp": "Microsoft.Web/sites/{name}",
  "web:WebAppDiagnosticLogsConfiguration": "Microsoft.Web/sites/{name}/config/logs",
  "web:WebAppFtpAllowed": "Microsoft.Web/sites/{name}/basicPublishingCredentialsPolicies/ftp",
  "web:WebAppFtpAllowedSlot": "Microsoft.Web/sites/{name}/slots/{slot}/basicPublishingCredentialsPolicies/ftp",
  "web:WebAppScmAllowed": "Microsoft.Web/sites/{name}/basicPublishingCredentialsPolicies/scm",
  "web:WebAppScmAllowedSlot": "Microsoft.Web/sites/{name}/slots/{slot}/basicPublishingCredentialsPolicies/scm",
  "web:WebAppSiteContainer": "Microsoft.Web/sites/{name}/sitecontainers/{containerName}",
  "web:WebAppSiteContainerSlot": "Microsoft.Web/sites/{name}/slots/{slot}/sitecontainers/{containerName}",
  "web:WebAppSlot": "Microsoft.Web/sites/{name}/slots/{slot}",
  "web:WebAppSlotConfigurationNames": "Microsoft.Web/sites/{name}/config/slotConfigNames",
};

/** Inputs whose change makes a new resource, besides those of the path and the location. */
const replacing: Readonly<Record<string, readonly string[]>> = {
  "authorization:RoleAssignment": ["principalId", "roleDefinitionId", "scope"],
  // The API takes another `createMode` in an update (`x-ms-mutability` of its specification): a promotion needs it.
  "dbforpostgresql:Server": ["administratorLogin", "sourceServerResourceId", "pointInTimeUTC"],
  "eventgrid:SystemTopic": ["source", "topicType"],
  "keyvault:Key": ["properties"],
  "network:PrivateEndpoint": ["subnet"],
  "redisenterprise:Database": ["clusteringPolicy", "modules"],
  "redisenterprise:RedisEnterprise": ["zones"],
  "servicebus:Queue": ["enablePartitioning", "requiresSession", "requiresDuplicateDetection"],
  "servicebus:Subscription": ["requiresSession"],
  "servicebus:Topic": ["enablePartitioning", "requiresDuplicateDetection"],
  "storage:StorageAccount": ["kind"],
  "app:ManagedEnvironment": ["vnetConfiguration", "zoneRedundant", "infrastructureResourceGroup"],
  "app:Job": ["environmentId"],
  "app:ContainerApp": ["environmentId", "managedEnvironmentId"],
  "monitor:DiagnosticSetting": ["resourceUri"],
};

const added: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "dataprotection:BackupVault": { identity: ["principalId"] },
  "keyvault:Secret": { properties: ["secretUri", "secretUriWithVersion"] },
  "keyvault:Vault": { properties: ["vaultUri"] },
  "network:VirtualNetwork": { subnets: ["id"] },
  "storage:ObjectReplicationPolicy": { rules: ["ruleId"] },
};

/** Names in one namespace of all customers. */
const worldwide: Readonly<Record<string, string>> = {
  "appconfiguration:ConfigurationStore": "configStoreName",
  "containerregistry:Registry": "registryName",
  "dbforpostgresql:Server": "serverName",
  "keyvault:Vault": "vaultName",
  "redisenterprise:RedisEnterprise": "clusterName",
  "servicebus:Namespace": "namespaceName",
  "storage:StorageAccount": "accountName",
  "web:WebApp": "name",
};

export const azure: Simulation = {
  defaults(type, name, inputs, seed) {
    const own = parameters(type.token).at(-1);
    if (own === undefined || inputs[own] !== undefined || !type.inputs.has(own)) return {};
    const uuids = own === "roleAssignmentName" || own === "roleDefinitionId";
    return { [own]: uuids ? uuid(seed) : `${name}${seed.slice(0, 8)}` };
  },

  replaces(type, property) {
    const always = [...parameters(type.token), "resourceGroupName", "location", "scope"];
    return always.includes(property) || (replacing[short(type.token)] ?? []).includes(property);
  },

  id: ({ type, inputs }) => idOf(type.token, inputs),

  outputs(resource, id) {
    const { type, inputs, seed } = resource;
    const computed: Values = {};
    for (const [property, ts] of type.outputs) {
      if (!type.inputs.has(property)) computed[property] = madeUp(property, ts, seed);
    }
    const path = paths[short(type.token)] ?? "";
    const [provider, ...segments] = path.split("/");
    const kinds = segments.filter((_, index) => index % 2 === 0);
    const name = id.split("/").at(-1);
    const common = {
      name,
      type: path === "" ? "Microsoft.Resources/resourceGroups" : [provider, ...kinds].join("/"),
      provisioningState: "Succeeded",
    };
    for (const [key, value] of Object.entries(common)) if (type.outputs.has(key)) computed[key] = value;
    const identity = inputs.identity as Values | undefined;
    const principal = { identity: { ...identity, principalId: uuid(`${seed} identity`), tenantId: tenant } };
    const assigned = typeof identity?.type === "string" && identity.type.includes("SystemAssigned") ? principal : {};
    return { ...computed, ...assigned, ...special[short(type.token)]?.(resource, id) };
  },

  additions: ({ token }) => ({ identity: ["principalId", "tenantId"], ...added[short(token)] }),

  // As azure-native previews an update: whatever else it will put out is not known (provider.go, `stableOutputs`).
  remembers: (property) => property === "name" || property === "location",

  // A new value is a new version of a secret or a key.
  volatile: ({ token }, changed) => (token === "azure-native:keyvault:Secret" && changed.includes("properties") ? ["properties"] : []),

  uniqueName(type, inputs) {
    const input = worldwide[short(type)];
    return input === undefined ? undefined : text(inputs[input])?.toLowerCase();
  },

  refuseWrite(type, id, inputs, others) {
    const ids = [...others.map(({ id }) => id), id].map((id) => id.toLowerCase());
    const below = (inner: string): boolean =>
      ids.some((outer) => inner.toLowerCase() === outer || inner.toLowerCase().startsWith(`${outer}/`));
    const group = text(inputs.resourceGroupName);
    if (group !== undefined && !isWatchers(group) && !below(groupId(group))) return `ResourceGroupNotFound: ${group}`;
    // What a container is told is text: it may name what is not there yet.
    for (const value of texts(withoutSettings(inputs))) {
      if (!value.startsWith("/subscriptions/") || value.includes("/roleDefinitions/") || !value.includes("/resourceGroups/")) continue;
      const providers = value.indexOf("/providers/");
      const exists =
        providers < 0
          ? below(value)
          : ids.some((outer) => outer.includes("/providers/") && `${value.toLowerCase()}/`.startsWith(`${outer}/`));
      if (!exists && !isWatchers(value.split("/")[4] ?? "")) return `ResourceNotFound: ${value}`;
    }
    const parent = parentOf(id);
    if (parent !== undefined && !isWatchers(group ?? "") && !ids.includes(parent.toLowerCase())) return `ParentResourceNotFound: ${parent}`;
    return rules[short(type)]?.(inputs, others);
  },

  refuseDelete({ type, id }, others) {
    // A lock on a thing holds for all below it, its role assignments included.
    const lock = others.find(
      (other) => other.type === "azure-native:authorization:ManagementLockByScope" && id.startsWith(`${String(other.inputs.scope)}`),
    );
    if (lock !== undefined && type !== lock.type) return `ScopeLocked: by ${lock.id}`;
    if (type === "azure-native:resources:ResourceGroup") {
      const inside = others.find((other) => other.id.startsWith(`${id}/`));
      return inside === undefined ? undefined : `it would delete ${inside.id}, which the stack still has`;
    }
    if (type === "azure-native:web:WebAppSlot") return refuseWithTraffic(id, others);
    if (type === "azure-native:privatedns:PrivateZone") {
      const link = others.find((other) => other.type === "azure-native:privatedns:VirtualNetworkLink" && other.id.startsWith(`${id}/`));
      if (link !== undefined) return `CannotDeleteResource: before its nested ${link.id}`;
    }
    if (!inUse.has(short(type))) return undefined;
    const user = others.find(
      (other) =>
        !other.id.startsWith(`${id}/`) && !notUsers.has(short(other.type)) && texts(other.inputs).some((value) => within(value, id)),
    );
    return user === undefined ? undefined : `InUse: by ${user.id}`;
  },

  // Keys and secrets that the stack retains go with their vault.
  takesAlong: ({ type, id }, others) =>
    type === "azure-native:keyvault:Vault" ? others.filter((other) => other.id.startsWith(`${id}/`)) : [],

  remains({ type, inputs, region }) {
    // Soft deletion can't be switched off: the name stays taken for the retention time.
    return type === "azure-native:keyvault:Vault" ? azure.uniqueName(type, inputs, region) : undefined;
  },

  invoke(token, args, others) {
    switch (token) {
      case "azure-native:authorization:getClientConfig":
        return { clientId: client, objectId: client, subscriptionId: subscription, tenantId: tenant };
      case "azure-native:dbforpostgresql:getServer": {
        const id = idOf("azure-native:dbforpostgresql:Server", args);
        const server = others.find((other) => other.id === id);
        if (server === undefined) throw new Error(`ResourceNotFound: ${id}`);
        return server.outputs;
      }
      case "azure-native:logic:listWorkflowTriggerCallbackUrl": {
        const id = idOf("azure-native:logic:Workflow", args);
        if (!others.some((other) => other.id === id)) return undefined;
        return { value: `https://sim.logic.azure.com/workflows/${digest(id, 32)}/triggers/${String(args.triggerName)}` };
      }
      case "azure-native:redisenterprise:listDatabaseKeys": {
        const id = idOf("azure-native:redisenterprise:Database", args);
        if (!others.some((other) => other.id === id)) return undefined;
        return { primaryKey: redisKey(id, "primary"), secondaryKey: redisKey(id, "secondary") };
      }
      case "azure-native:storage:listStorageAccountKeys": {
        const id = idOf("azure-native:storage:StorageAccount", args);
        if (!others.some((other) => other.id === id)) return undefined;
        return { keys: ["key1", "key2"].map((keyName) => ({ keyName, permissions: "FULL", value: redisKey(id, "primary") })) };
      }
      default:
        return undefined;
    }
  },
};

const inUse = new Set([
  "network:VirtualNetwork",
  "network:Subnet",
  "network:PublicIPAddress",
  "network:NetworkSecurityGroup",
  "network:NatGateway",
  "network:LocalNetworkGateway",
  "network:VirtualNetworkGateway",
  "web:AppServicePlan",
  "app:ManagedEnvironment",
  "privatedns:PrivateZone",
  "network:WebApplicationFirewallPolicy",
  "frontdoor:Policy",
  "cdn:AFDOriginGroup",
  "cdn:RuleSet",
]);
/** What names another without keeping it. */
const notUsers = new Set([
  "monitor:DiagnosticSetting",
  "monitor:MetricAlert",
  "monitor:AutoscaleSetting",
  "monitor:ScheduledQueryRule",
  "authorization:RoleAssignment",
  // A network goes without asking its peers and the zones that it is linked to.
  "network:VirtualNetworkPeering",
  "privatedns:VirtualNetworkLink",
]);

/** What Azure wants to be there first, or differently. */
const rules: Readonly<Record<string, (inputs: Values, others: readonly Stored[]) => string | undefined>> = {
  "authorization:RoleAssignment"(inputs, others) {
    const same = others.find(
      ({ type, inputs: other }) =>
        type === "azure-native:authorization:RoleAssignment" &&
        ["scope", "principalId", "roleDefinitionId"].every((key) => other[key] === inputs[key]),
    );
    return same === undefined ? undefined : `RoleAssignmentExists: ${same.id}`;
  },
  // Azure takes a rule that leads nowhere, and its share of the visitors gets a 404: stricter here.
  "web:WebApp"(inputs, others) {
    const slots = others.filter(({ type }) => type === "azure-native:web:WebAppSlot").map(({ outputs }) => outputs.defaultHostName);
    const nowhere = rampUpHosts(inputs).find((host) => !slots.includes(host));
    return nowhere === undefined ? undefined : `a ramp-up rule leads to ${nowhere}, which does not exist`;
  },
};

function rampUpHosts({ siteConfig }: Values): string[] {
  const rules = ((siteConfig as Values | undefined)?.experiments as { rampUpRules?: { actionHostName: string }[] } | undefined)
    ?.rampUpRules;
  return (rules ?? []).map(({ actionHostName }) => actionHostName);
}

/** Azure deletes a slot whatever leads to it: stricter here too. */
function refuseWithTraffic(id: string, others: readonly Stored[]): string | undefined {
  const [, site = "", slot = ""] = /\/sites\/([^/]+)\/slots\/([^/]+)$/.exec(id) ?? [];
  const host = `${site}-${slot}.azurewebsites.net`;
  const sites = others.filter(({ type }) => type === "azure-native:web:WebApp");
  return sites.some(({ inputs }) => rampUpHosts(inputs).includes(host)) ? `the slot ${slot} of ${site} has traffic` : undefined;
}

const special: Readonly<Record<string, (resource: Resource, id: string) => Values>> = {
  "resources:ResourceGroup": () => ({ type: "Microsoft.Resources/resourceGroups" }),
  "network:VirtualNetwork": ({ inputs }, id) => ({
    subnets: ((inputs.subnets ?? []) as Values[]).map((subnet) => ({ ...subnet, id: `${id}/subnets/${String(subnet.name)}` })),
  }),
  "network:PublicIPAddress": ({ seed }) => ({ ipAddress: `203.0.113.${Number.parseInt(seed.slice(0, 2), 16)}` }),
  "managedidentity:UserAssignedIdentity": ({ seed }) => ({
    principalId: uuid(`${seed} principal`),
    clientId: uuid(`${seed} client`),
    tenantId: tenant,
  }),
  "keyvault:Vault": ({ inputs }) => ({
    properties: { ...(inputs.properties as Values), vaultUri: `https://${String(inputs.vaultName)}.vault.azure.net/` },
  }),
  "keyvault:Secret"({ inputs }) {
    const secretUri = `https://${String(inputs.vaultName)}.vault.azure.net/secrets/${String(inputs.secretName)}`;
    const { value, ...properties } = inputs.properties as Values;
    return {
      properties: { ...properties, value, secretUri, secretUriWithVersion: `${secretUri}/${digest(`${secretUri} ${String(value)}`, 32)}` },
    };
  },
  "keyvault:Key"({ inputs, seed }) {
    const keyUri = `https://${String(inputs.vaultName)}.vault.azure.net/keys/${String(inputs.keyName)}`;
    return { keyUri, keyUriWithVersion: `${keyUri}/${digest(seed, 32)}` };
  },
  "dbforpostgresql:Server": ({ inputs }) => ({
    fullyQualifiedDomainName: `${String(inputs.serverName)}.postgres.database.azure.com`,
    state: "Ready",
  }),
  "redisenterprise:RedisEnterprise": ({ inputs, region }) => ({
    hostName: `${String(inputs.clusterName)}.${region.toLowerCase().replace(/ /g, "")}.redis.azure.net`,
  }),
  "servicebus:Namespace": ({ inputs }) => ({ serviceBusEndpoint: `https://${String(inputs.namespaceName)}.servicebus.windows.net:443/` }),
  "storage:StorageAccount": ({ inputs }) => ({
    primaryEndpoints: {
      blob: `https://${String(inputs.accountName)}.blob.core.windows.net/`,
      web: `https://${String(inputs.accountName)}.z13.web.core.windows.net/`,
    },
  }),
  "storage:StorageAccountStaticWebsite": () => ({ containerName: "$web" }),
  "cdn:Profile": ({ seed }) => ({ frontDoorId: uuid(`${seed} front door`) }),
  "cdn:AFDEndpoint": ({ inputs, seed }) => ({ hostName: `${String(inputs.endpointName)}-${digest(seed, 16)}.z01.azurefd.net` }),
  "storage:ObjectReplicationPolicy": ({ inputs, seed }) => ({
    policyId: inputs.objectReplicationPolicyId === "default" ? uuid(`${seed} policy`) : inputs.objectReplicationPolicyId,
    rules: ((inputs.rules ?? []) as Values[]).map((rule) => ({ ruleId: uuid(`${seed} rule`), ...rule })),
  }),
  "operationalinsights:Workspace": ({ seed }) => ({ customerId: uuid(`${seed} workspace`) }),
  "applicationinsights:Component": ({ seed }) => ({
    connectionString: `InstrumentationKey=${uuid(seed)};IngestionEndpoint=https://eastus2-1.in.applicationinsights.azure.com/`,
    instrumentationKey: uuid(seed),
  }),
  "app:ManagedEnvironment": ({ seed, region }) => ({
    defaultDomain: `sim-${digest(seed, 8)}.${region}.azurecontainerapps.io`,
    staticIp: "10.0.30.10",
  }),
  "web:WebApp": ({ inputs }) => ({
    defaultHostName: `${String(inputs.name)}.azurewebsites.net`,
    customDomainVerificationId: digest(String(inputs.name), 64),
    state: "Running",
  }),
  "web:WebAppSlot": ({ inputs }) => ({
    defaultHostName: `${String(inputs.name)}-${String(inputs.slot)}.azurewebsites.net`,
    state: "Running",
  }),
};

/** The key of a simulated cache, by which a test finds it where it must not be. */
export function redisKey(id: string, which: "primary" | "secondary"): string {
  return `SimulatedRedisKey${digest(`${id} ${which}`, 26)}=`;
}

function short(token: string): string {
  return token.slice("azure-native:".length);
}

/** Names of the inputs in a type's path; the last is the resource's own name. */
function parameters(token: string): string[] {
  if (token === "azure-native:resources:ResourceGroup") return ["resourceGroupName"];
  return [...(paths[short(token)] ?? "").matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
}

function idOf(token: string, inputs: Values): string {
  const path = paths[short(token)];
  if (path === undefined) throw new Error(`${token} is not simulated: add its path to rehearsal/azure.ts`);
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => String(inputs[name]));
  const scope = text(inputs.scope) ?? text(inputs.resourceUri);
  if (path.startsWith("Microsoft.Authorization/") || path.startsWith("Microsoft.Insights/diagnosticSettings")) {
    return `${scope ?? `/subscriptions/${subscription}`}/providers/${filled}`;
  }
  const group = groupId(String(inputs.resourceGroupName));
  return path === "" ? group : `${group}/providers/${filled}`;
}

function groupId(name: string): string {
  return `/subscriptions/${subscription}/resourceGroups/${name}`;
}

/** Azure makes the group and the watcher of a region itself. */
function isWatchers(group: string): boolean {
  return group.toLowerCase() === "networkwatcherrg";
}

/** `…/vaults/v/secrets/s` is inside `…/vaults/v`, if the path has an even number of segments behind the provider's name. */
function parentOf(id: string): string | undefined {
  const at = id.lastIndexOf("/providers/");
  if (at < 0) return undefined;
  const [provider, ...segments] = id.slice(at + "/providers/".length).split("/");
  if (
    segments.length <= 2 ||
    segments.at(-2) === "config" ||
    /\/(blobServices\/default\/containers|fileServices\/default\/shares)\//.test(id)
  )
    return undefined;
  return `${id.slice(0, at)}/providers/${[provider, ...segments.slice(0, -2)].join("/")}`;
}

function within(value: string, id: string): boolean {
  return value.toLowerCase() === id.toLowerCase() || value.toLowerCase().startsWith(`${id.toLowerCase()}/`);
}

/** The inputs but for the variables and commands of containers. */
function withoutSettings(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSettings);
  if (typeof value !== "object" || value === null) return value;
  const settings = ["env", "command", "args", "appSettings"];
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (settings.includes(key) ? [] : [[key, withoutSettings(inner)]])),
  );
}
