// Small translations from the neutral words to those of App Service and Container Apps; pure, so that they can be tested as tables.
import type { Azure } from "../clouds/azure/family";
import type { Fault } from "../fault";
import type { ServiceSpec } from "./index";

/** Cross-origin rules reach the application too, alike on both clouds. */
export function withOrigins({ env, cors }: ServiceSpec): Readonly<Record<string, string>> {
  return cors.length === 0 ? env : { ...env, CORS_ORIGINS: cors.join(",") };
}

export function checkOrigins({ env, cors }: ServiceSpec): Fault[] {
  if (cors.length === 0 || env.CORS_ORIGINS === undefined) return [];
  return [{ path: "env.CORS_ORIGINS", problem: "set twice, by cors and by env", remedy: "remove one of the two" }];
}

/** App Service takes one line, and splits it as a shell does. */
export function commandLine(command: readonly string[]): string {
  return command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");
}

/** Azure's registry takes a service's identity as its login; `undefined`: the image is pulled without one. */
export function registryOf(image: string): string | undefined {
  const [host = ""] = image.split("/");
  return host.endsWith(".azurecr.io") ? host : undefined;
}

/** Container Apps name secrets in small letters and hyphens: `DATABASE_PASSWORD` is `database-password`. */
export function secretName(variable: string): string {
  return variable
    .toLowerCase()
    .replaceAll("_", "-")
    .replace(/^-+|-+$/g, "");
}

/** The part of a versioned secret's address that changes with a rotation. */
export function versionOf(uri: string): string {
  return uri.split("/").at(-1) ?? "";
}

/** Who may reach a site without a gateway: the platform's own subnets, and unless it is internal or under maintenance the ranges named, or all. */
export function callers(place: Azure["place"], { planSubnetIds, subnetIds }: Azure["network"]) {
  const closed = place.internal || place.maintenance;
  if (!closed && place.allowedCidrs.length === 0) return { ipSecurityRestrictionsDefaultAction: "Allow" };
  const inside = [...Object.values(planSubnetIds), subnetIds.containers];
  const outside = closed ? [] : place.allowedCidrs;
  return {
    ipSecurityRestrictions: [
      ...inside.map((subnet, index) => ({
        name: `inside-${index + 1}`,
        priority: 100 + index,
        action: "Allow",
        vnetSubnetResourceId: subnet,
      })),
      ...outside.map((ipAddress, index) => ({ name: `outside-${index + 1}`, priority: 200 + index, action: "Allow", ipAddress })),
    ],
    ipSecurityRestrictionsDefaultAction: "Deny",
  };
}

/** The gateway has sent its requests to this name since before the site was there. An update that leaves services out knows no host. */
export function assertHost(host: string | undefined, siteName: string): string {
  const expected = `${siteName}.azurewebsites.net`;
  if (host === undefined || host === expected) return expected;
  throw new Error(
    `Azure named the site ${host}, but the gateway and its callers know it as ${expected}: the name was taken or a name scope is set on the site; change the stack's name`,
  );
}

/** A site's id from its slot's. An update that leaves services out knows none. */
export function withoutSlot(id: string | undefined): string {
  return id?.replace(/\/slots\/[^/]+$/, "") ?? "";
}
