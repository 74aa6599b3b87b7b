// The site of a web or api service on Azure, and the slot beside it in which a candidate runs.
import type { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity";
import type { web as inputs } from "@pulumi/azure-native/types/input";
import * as web from "@pulumi/azure-native/web";
import { type ComponentResource, type Input, interpolate, type Output, type Resource } from "@pulumi/pulumi";
import type { SecretRef } from "../cloud";
import { sendSignals } from "../clouds/azure/diagnostics";
import type { Azure } from "../clouds/azure/family";
import { inFull } from "../clouds/azure/in-full";
import { privateEndpoint } from "../clouds/azure/private-endpoint";
import { transformed } from "../clouds/azure/transforms";
import { watchedTypes } from "../monitoring/azure-alarms";
import { Watched } from "../monitoring/watched";
import { tagsOf } from "../stack";
import { connectionVariable, createSiteContainers, isTraced, portOf, sidecar } from "./azure-collector";
import { type Image, imageOf } from "./azure-image";
import { createJudges } from "./azure-judges";
import { siteMounts } from "./azure-mounts";
import { assertHost, callers, commandLine, withoutSlot } from "./azure-settings";
import type { AppServiceArgs, CandidateTrack, ServiceSpec, Tracks } from "./index";
import { type Candidate, candidateTrack } from "./rollout";

/** The service's variables: plain ones, and those that Azure fetches from the vault. */
export interface Environment {
  readonly env: Readonly<Record<string, Input<string>>>;
  readonly secrets: Readonly<Record<string, SecretRef<Azure>>>;
}

interface SiteArgs {
  readonly name: string;
  readonly args: AppServiceArgs<Azure>;
  readonly environment: Environment;
  readonly place: Azure["place"];
  readonly image: Image;
  readonly identity: UserAssignedIdentity;
  /** What must be there before anything starts. */
  readonly waits: readonly Resource[];
}

/** What runs in a site or in its slot. */
interface What {
  readonly image: Image;
  readonly command: ServiceSpec["command"];
}

/**
 * The site is the slot's parent, and its ramp-up rule names the slot's host. Without traffic the slot comes after the site; with
 * traffic the site, which then has been there since an earlier update, changes its rule after the slot is complete. So a candidate
 * begins at 0 % on a new stack: Azure refuses a slot of a site that is not there.
 */
export function createServed(
  parent: ComponentResource,
  site: SiteArgs,
): { readonly url: Output<string>; readonly tracks: Tracks; readonly watched: readonly Watched<Azure>[] } {
  const { name, args, place, waits } = site;
  const { candidate } = args.spec;
  const shifted = candidate !== undefined && candidate.percent > 0;
  const early = shifted ? createCandidate(parent, site, candidate, waits) : undefined;
  const stable = createSite(parent, site, [...waits, ...(early?.parts ?? [])]);
  const late = candidate !== undefined && !shifted ? createCandidate(parent, site, candidate, [stable]) : undefined;
  const url = interpolate`https://${stable.defaultHostName.apply((host) => assertHost(host, place.siteName))}`;
  const shown = { resourceId: stable.id, type: watchedTypes.sites, entity: place.siteName };
  const second = early ?? late;
  return {
    url,
    tracks: { stableId: stable.id, metricsScope: args.monitoring.raw.workspaceId, candidate: second?.track },
    watched: [new Watched<Azure>("service", name, shown), new Watched<Azure>("deployment", name, shown), ...(second?.watched ?? [])],
  };
}

function createSite(parent: ComponentResource, site: SiteArgs, after: readonly Resource[]): web.WebApp {
  const { name, args, place, image, identity } = site;
  const { spec, network } = args;
  const what = { image, command: spec.command };
  const siteArgs = siteArgsOf(site, what, rampUp(spec, place));
  const made = new web.WebApp(`${name}-site`, siteArgs, {
    parent,
    dependsOn: [...after],
    ...inFull({ siteConfig: siteArgs.siteConfig }),
  });
  const publishing = { resourceGroupName: network.raw.resourceGroupName, name: made.name, allow: false };
  new web.WebAppFtpAllowed(`${name}-ftp`, publishing, { parent });
  new web.WebAppScmAllowed(`${name}-scm`, publishing, { parent });
  if (!place.direct)
    privateEndpoint(parent, name, { network, zone: "sites", target: made.id, resourceGroupName: network.raw.resourceGroupName });
  if (isTraced(args)) createSiteContainers(parent, name, args, { siteName: made.name, clientId: identity.clientId, ...what });
  createLogs(parent, name, args, made.id);
  return made;
}

/** A slot is a site of its own on the same plan: it needs its own logins switched off, its own endpoint and its own logs. */
function createCandidate(
  parent: ComponentResource,
  site: SiteArgs,
  candidate: Candidate,
  after: readonly Resource[],
): { readonly track: CandidateTrack; readonly parts: readonly Resource[]; readonly watched: readonly Watched<Azure>[] } {
  const { name, args, place, identity } = site;
  const { network, registry } = args;
  const part = `${name}-${candidateTrack}`;
  const what = { image: imageOf(candidate.image, registry), command: candidate.command };
  const siteArgs = siteArgsOf(site, what);
  const slot = new web.WebAppSlot(
    `${part}-slot`,
    { ...siteArgs, name: place.siteName, slot: candidateTrack },
    { parent, dependsOn: [...after], ...inFull({ siteConfig: siteArgs.siteConfig }) },
  );
  const { resourceGroupName } = network.raw;
  const publishing = { resourceGroupName, name: place.siteName, slot: candidateTrack, allow: false };
  const logins = [
    new web.WebAppFtpAllowedSlot(`${part}-ftp`, publishing, { parent, dependsOn: [slot] }),
    new web.WebAppScmAllowedSlot(`${part}-scm`, publishing, { parent, dependsOn: [slot] }),
  ];
  // Azure's way to a slot is the site with another word; the site itself may come later.
  const target = slot.id.apply(withoutSlot);
  const group = `sites-${candidateTrack}`;
  const endpoints = place.direct ? [] : [privateEndpoint(parent, part, { network, zone: "sites", group, target, resourceGroupName })];
  const containers = { siteName: place.siteName, clientId: identity.clientId, ...what, slot: { name: candidateTrack, after: slot } };
  const made = isTraced(args) ? createSiteContainers(parent, name, args, containers) : [];
  createLogs(parent, part, args, slot.id);
  const alarmIds = createJudges(parent, name, args, place.siteName, slot.id);
  const host = slot.defaultHostName.apply((given) => assertHost(given, slotName(place)));
  const track = { id: slot.id, workloadId: slot.id, previewUrl: interpolate`https://${host}`, previewHeader: "", alarmIds };
  // Its answers and its health are what its judges look at.
  const shown = { resourceId: slot.id, type: watchedTypes.sites, entity: `${place.siteName}/slots/${candidateTrack}` };
  return { track, parts: [slot, ...logins, ...endpoints, ...made], watched: [new Watched<Azure>("deployment", part, shown)] };
}

/** What site and slot have alike: all but the image. */
function siteArgsOf(
  { name, args, environment, place, identity }: SiteArgs,
  { image, command }: What,
  more: Partial<inputs.SiteConfigArgs> = {},
): web.WebAppArgs {
  const { spec, hosting, network } = args;
  return transformed("appService.site", {
    resourceGroupName: network.raw.resourceGroupName,
    location: network.raw.location,
    tags: tagsOf(network.stack, name),
    name: place.siteName,
    kind: "app,linux,container",
    serverFarmId: known(hosting.raw.planIds, name),
    virtualNetworkSubnetId: known(hosting.raw.subnetIds, name),
    outboundVnetRouting: { allTraffic: true },
    httpsOnly: true,
    clientAffinityEnabled: false,
    publicNetworkAccess: place.direct ? "Enabled" : "Disabled",
    identity: { type: "UserAssigned", userAssignedIdentities: [identity.id] },
    keyVaultReferenceIdentity: identity.id,
    sshEnabled: hosting.raw.exec,
    siteConfig: {
      alwaysOn: true,
      // A site takes a collector beside its container only in the form that names each container by itself.
      ...(isTraced(args)
        ? { linuxFxVersion: "sitecontainers" }
        : { linuxFxVersion: interpolate`DOCKER|${image.reference}`, ...(command && { appCommandLine: commandLine(command) }) }),
      ...(image.server !== undefined && { acrUseManagedIdentityCreds: true, acrUserManagedIdentityID: identity.clientId }),
      http20Enabled: true,
      ftpsState: "Disabled",
      remoteDebuggingEnabled: false,
      minTlsVersion: "1.2",
      scmMinTlsVersion: "1.2",
      healthCheckPath: spec.healthPath,
      ...(spec.cors.length > 0 && { cors: { allowedOrigins: [...spec.cors] } }),
      scmIpSecurityRestrictionsUseMain: true,
      ...(place.direct && callers(place, network.raw)),
      appSettings: settingsOf(args, environment, identity),
      ...siteMounts(args),
      ...more,
    },
  });
}

/** Sorted, so that a new one moves no other in a diff. */
function settingsOf(
  args: AppServiceArgs<Azure>,
  { env, secrets }: Environment,
  identity: UserAssignedIdentity,
): inputs.NameValuePairArgs[] {
  const port = String(portOf(args));
  const { insights } = args.monitoring.raw;
  const settings: Record<string, Input<string>> = {
    ...env,
    ...Object.fromEntries(
      Object.entries(secrets).map(([variable, { raw }]) => [variable, interpolate`@Microsoft.KeyVault(SecretUri=${raw.uri})`]),
    ),
    AZURE_CLIENT_ID: identity.clientId,
    ...(isTraced(args) && insights && { [connectionVariable]: insights.connectionString, ...sidecar.settings }),
    PORT: port,
    WEBSITES_ENABLE_APP_SERVICE_STORAGE: "false",
    WEBSITES_PORT: port,
  };
  return Object.entries(settings)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value }));
}

function createLogs(
  parent: ComponentResource,
  part: string,
  { network, monitoring }: AppServiceArgs<Azure>,
  resourceUri: Output<string>,
): void {
  const { workspaceId } = monitoring.raw;
  sendSignals(parent, part, { stack: network.stack, resourceUri, workspaceId, signals: "logs and metrics" });
}

/** A list even when it is empty: what a request leaves out, Azure leaves as it was. */
function rampUp({ deployment, candidate }: ServiceSpec, place: Azure["place"]): Partial<inputs.SiteConfigArgs> {
  if (deployment === "rolling") return {};
  const rule = { name: candidateTrack, actionHostName: `${slotName(place)}.azurewebsites.net`, reroutePercentage: candidate?.percent ?? 0 };
  return { experiments: { rampUpRules: rule.reroutePercentage > 0 ? [rule] : [] } };
}

/** First label of the slot's host. */
function slotName({ siteName }: Azure["place"]): string {
  return `${siteName}-${candidateTrack}`;
}

function known(things: Readonly<Record<string, Output<string>>>, name: string): Output<string> {
  const thing = things[name];
  if (thing === undefined) throw new Error(`hosting has no plan for "${name}": name it in its \`services\``);
  return thing;
}
