// Gateway on Azure: an Application Gateway with its firewall, or in dev none. It knows the sites by the names that they will have, so it
// waits for their private DNS zone and never for a site; until a site is there its pool is merely unhealthy.
import * as cdn from "@pulumi/azure-native/cdn";
import * as managedidentity from "@pulumi/azure-native/managedidentity";
import * as network from "@pulumi/azure-native/network";
import { type ComponentResourceOptions, interpolate, type Output, output } from "@pulumi/pulumi";
import { Origin, Place } from "../cloud";
import { sendSignals } from "../clouds/azure/diagnostics";
import { aliasRecord } from "../clouds/azure/dns-zone";
import { parseZone } from "../clouds/azure/zone-id";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { zoneOf } from "../clouds/azure/private-endpoint";
import { transformed } from "../clouds/azure/transforms";
import { ConfigError, refuse } from "../fault";
import { type DnsRecord, hostsOf } from "../dns";
import { watchedTypes } from "../monitoring/azure-alarms";
import { Watched } from "../monitoring/watched";
import { type Stack, tagsOf } from "../stack";
import { back, front } from "./azure-parts";
import { checkAzureDomain } from "./azure-domain";
import { customRules, policySettings } from "./azure-firewall";
import { listenersOf } from "./azure-routes";
import { check, Gateway, type GatewayArgs, type GatewayDomain } from "./index";
import { checkRoutes } from "./priorities";

/** TLS 1.2 and 1.3 with ECDHE and GCM; the policy without the S has CBC too. */
const tlsPolicy = "AppGwSslPolicy20220101S";
/** A change of a gateway is one request for the whole of it, and takes up to 20 minutes. */
const customTimeouts = { create: "60m", update: "60m", delete: "60m" };

export class AzureGateway extends Gateway<Azure> {
  readonly url: Output<string>;
  readonly origin: Origin<Azure> | undefined;
  readonly dnsRecords: readonly DnsRecord[];
  readonly raw:
    { readonly applicationGateway: network.ApplicationGateway; readonly firewall: network.WebApplicationFirewallPolicy } | undefined;
  /**
   * The identity by which the gateway reads the certificate of `domain.certificate`. The vault is yours, and its secret id does not tell
   * where it lives: give this identity the role Key Vault Secrets User there. Azure refuses the gateway until that is done, so a first
   * deployment makes the identity, stops, and goes on when it is repeated.
   */
  readonly identity: managedidentity.UserAssignedIdentity | undefined;
  readonly watched: readonly Watched<Azure>[];
  private readonly stack: Stack;
  private readonly places: ReadonlyMap<string, Azure["place"]>;

  constructor(name: string, args: GatewayArgs<Azure>, opts?: ComponentResourceOptions) {
    refuse([...check(args, "azure"), ...checkRoutes(args.routes), ...checkAzureDomain(args)]);
    super("Gateway", name, opts);
    this.stack = args.network.stack;
    this.places = placesOf(args, this.stack);

    const address = args.direct ? undefined : this.createAddress(name, args);
    if (address === undefined) {
      const [first] = this.places.values();
      this.url = first?.url ?? output("");
      this.dnsRecords = [];
    } else {
      this.identity = args.domain?.certificate === undefined ? undefined : this.createIdentity(name, args);
      const profile = args.cdn ? this.createProfile(name, args) : undefined;
      const firewall = this.createFirewall(name, args, profile);
      const applicationGateway = this.createGateway(name, args, address, firewall);
      this.createLogs(name, args, applicationGateway);
      this.dnsRecords = args.domain === undefined ? [] : this.createRecords(name, args, args.domain, address);
      this.origin = profile && originOf(args, address, profile);
      this.raw = { applicationGateway, firewall };
      this.url = args.domain === undefined ? interpolate`http://${hostOf(address)}` : output(`https://${args.domain.name}`);
    }
    this.watched = this.raw === undefined ? [] : [this.watch(name, this.raw.applicationGateway)];
    this.finish({ url: this.url });
  }

  place(service: string): Place<Azure> {
    const place = this.places.get(service);
    if (place === undefined) {
      const known = [...this.places.keys()].join(", ");
      throw new ConfigError([
        {
          path: `services.${service}`,
          problem: "has no route of the gateway",
          remedy: `give it one; routes exist for ${known || "no service"}`,
        },
      ]);
    }
    return new Place<Azure>(service, place);
  }

  /** Its name is Azure's: the label with a hash, which no other customer can have taken. */
  private createAddress(name: string, args: GatewayArgs<Azure>): network.PublicIPAddress {
    const address = new network.PublicIPAddress(
      `${name}-address`,
      {
        ...this.common(name, args),
        publicIpAddressName: nameOf(this.stack, "publicIp", name),
        sku: { name: "Standard", tier: "Regional" },
        publicIPAllocationMethod: "Static",
        publicIPAddressVersion: "IPv4",
        dnsSettings: { domainNameLabel: nameOf(this.stack, "dnsLabel", ""), domainNameLabelScope: "TenantReuse" },
        zones: [...this.stack.zones],
        ...(args.ddosPlan && { ddosSettings: { protectionMode: "Enabled" } }),
      },
      { parent: this },
    );
    const { workspaceId } = args.monitoring.raw;
    sendSignals(this, `${name}-address`, { stack: this.stack, resourceUri: address.id, workspaceId, signals: "logs and metrics" });
    return address;
  }

  /** The CDN's profile comes before the gateway, whose firewall asks for the profile's id; all else of the CDN is the edge's. */
  private createProfile(name: string, args: GatewayArgs<Azure>): cdn.Profile {
    const profile = {
      ...this.common(name, args),
      location: "Global",
      profileName: nameOf(this.stack, "frontDoor", name),
      sku: { name: "Standard_AzureFrontDoor" },
      originResponseTimeoutSeconds: 60,
    };
    return new cdn.Profile(`${name}-profile`, transformed("edge.profile", profile), { parent: this });
  }

  private createIdentity(name: string, args: GatewayArgs<Azure>): managedidentity.UserAssignedIdentity {
    const identity = { ...this.common(name, args), resourceName: nameOf(this.stack, "identity", name) };
    return new managedidentity.UserAssignedIdentity(`${name}-identity`, identity, { parent: this });
  }

  /** The tier always has one; the limits per address are what `waf` adds. */
  private createFirewall(name: string, args: GatewayArgs<Azure>, profile: cdn.Profile | undefined): network.WebApplicationFirewallPolicy {
    return new network.WebApplicationFirewallPolicy(
      `${name}-waf`,
      {
        ...this.common(name, args),
        policyName: nameOf(this.stack, "wafPolicy", name),
        managedRules: {
          managedRuleSets: [
            { ruleSetType: "Microsoft_DefaultRuleSet", ruleSetVersion: "2.2" },
            { ruleSetType: "Microsoft_BotManagerRuleSet", ruleSetVersion: "1.1" },
          ],
        },
        policySettings: policySettings(args),
        customRules: customRules(args, profile?.frontDoorId),
      },
      { parent: this },
    );
  }

  private createGateway(
    name: string,
    args: GatewayArgs<Azure>,
    address: network.PublicIPAddress,
    firewall: network.WebApplicationFirewallPolicy,
  ): network.ApplicationGateway {
    const routes = args.routes.filter((route) => !route.internal);
    const gateway = {
      ...this.common(name, args),
      applicationGatewayName: nameOf(this.stack, "applicationGateway", name),
      sku: { name: "WAF_v2", tier: "WAF_v2" },
      autoscaleConfiguration: { minCapacity: this.stack.environment === "prod" ? 2 : 1, maxCapacity: 10 },
      zones: [...this.stack.zones],
      ...(this.identity && { identity: { type: "UserAssigned" as const, userAssignedIdentities: [this.identity.id] } }),
      gatewayIPConfigurations: [{ name: "subnet", subnet: { id: args.network.raw.subnetIds.gateway } }],
      frontendIPConfigurations: [{ name: "public", publicIPAddress: { id: address.id } }],
      firewallPolicy: { id: firewall.id },
      forceFirewallPolicyAssociation: true,
      enableHttp2: true,
      sslPolicy: { policyType: "Predefined", policyName: tlsPolicy },
      ...back(routes, (service) => siteHost(this.stack, service)),
      ...front(listenersOf(routes), args.domain?.certificate),
    };
    return new network.ApplicationGateway(`${name}-gateway`, transformed("gateway.applicationGateway", gateway), {
      parent: this,
      customTimeouts,
      // The sites' names must lead to their private endpoints from the first request on; outside the network Azure answers 403 for them.
      dependsOn: [zoneOf(args.network, "sites").link],
    });
  }

  /** In tables of their own, whose columns are always there; the mixed table has them only once a line has come. */
  private createLogs(name: string, args: GatewayArgs<Azure>, gateway: network.ApplicationGateway): void {
    const { workspaceId } = args.monitoring.raw;
    sendSignals(this, name, { stack: this.stack, resourceUri: gateway.id, workspaceId, signals: "logs and metrics", ownTables: true });
  }

  private watch(name: string, gateway: network.ApplicationGateway): Watched<Azure> {
    const entity = nameOf(this.stack, "applicationGateway", name);
    return new Watched<Azure>("gateway", name, { resourceId: gateway.id, type: watchedTypes.gateways, entity });
  }

  /** Those that it can't create it names. Behind a CDN only the one by which the CDN finds the gateway, if it asks with TLS. */
  private createRecords(name: string, args: GatewayArgs<Azure>, domain: GatewayDomain, address: network.PublicIPAddress): DnsRecord[] {
    const behind = domain.certificate === undefined ? [] : [originHost(domain)];
    const hosts = args.cdn ? behind : hostsOf(domain.name, args.routes);
    const zone = parseZone(domain.zone);
    if (zone === undefined) return hosts.map((host) => ({ name: host, type: "A", value: address.ipAddress.apply((ip) => ip ?? "") }));
    for (const host of hosts) aliasRecord(this, name, zone, host, address.id);
    return [];
  }

  private common(
    name: string,
    args: GatewayArgs<Azure>,
  ): { resourceGroupName: Output<string>; location: string; tags: Record<string, string> } {
    return { resourceGroupName: args.network.raw.resourceGroupName, location: args.network.raw.location, tags: tagsOf(this.stack, name) };
  }
}

/** Front Door takes only a certificate for the very name that it asks for, so the gateway gets a name below the domain. */
function originHost({ name }: GatewayDomain): string {
  return `origin.${name}`;
}

function originOf({ domain }: GatewayArgs<Azure>, address: network.PublicIPAddress, profile: cdn.Profile): Origin<Azure> {
  const secure = domain?.certificate !== undefined;
  const host = secure ? output(originHost(domain)) : hostOf(address);
  return new Origin<Azure>({ profileName: profile.name, profileId: profile.id, host, secure });
}

function siteHost(stack: Stack, service: string): string {
  return `${nameOf(stack, "site", service)}.azurewebsites.net`;
}

function hostOf(address: network.PublicIPAddress): Output<string> {
  return address.dnsSettings.apply((settings) => settings?.fqdn ?? "");
}

function placesOf(
  { routes, direct, allowedCidrs, maintenance = false }: GatewayArgs<Azure>,
  stack: Stack,
): ReadonlyMap<string, Azure["place"]> {
  return new Map(
    routes.map(({ service, internal }) => {
      const place = {
        siteName: nameOf(stack, "site", service),
        direct,
        allowedCidrs,
        internal,
        maintenance,
        url: output(`https://${siteHost(stack, service)}`),
      };
      return [service, place];
    }),
  );
}
