// The parts of an Application Gateway, which name one another inside one big request: what listens in front, and what it leads to.
import { everyHost, type Listener } from "./azure-routes";
import type { Route } from "./index";

const strictTransport = "max-age=31536000; includeSubDomains";
/** The pool of requests that no route takes. It has no server: the visitor gets a 502, as the gateway can't answer 404 by itself. */
const nobody = "nobody";
const certificateName = "certificate";
const headerRules = "headers";

/** A pool, its settings and its probe for every service. */
export function back(routes: readonly Route[], hostOf: (service: string) => string) {
  return {
    backendAddressPools: [
      ...routes.map(({ service }) => ({ name: service, backendAddresses: [{ fqdn: hostOf(service) }] })),
      { name: nobody, backendAddresses: [] },
    ],
    backendHttpSettingsCollection: [...routes.map(({ service }) => backendSettings(service, service)), backendSettings(nobody, undefined)],
    probes: routes.map(probe),
  };
}

/** Listeners, rules and redirects: with a certificate TLS for all and port 80 only to send visitors there, without one plain HTTP. */
export function front(listeners: readonly Listener[], certificate: string | undefined) {
  const isSecure = certificate !== undefined;
  const port = isSecure ? "https" : "http";
  const headers = isSecure ? { rewriteRuleSet: self("rewriteRuleSets", headerRules) } : {};
  const defaultHeaders = isSecure ? { defaultRewriteRuleSet: self("rewriteRuleSets", headerRules) } : {};
  const byPath = listeners.filter(({ paths }) => paths.length > 0);
  return {
    frontendPorts: [...(isSecure ? [{ name: "https", port: 443 }] : []), { name: "http", port: 80 }],
    httpListeners: [
      ...listeners.map(({ name, host }) => ({
        ...httpListener(name, port),
        ...(host !== undefined && { hostNames: [host] }),
        ...(isSecure && { sslCertificate: self("sslCertificates", certificateName) }),
      })),
      ...(isSecure ? [httpListener("redirect", "http")] : []),
    ],
    requestRoutingRules: [
      ...listeners.map(({ name, priority, paths, rest }) => ({
        name,
        priority,
        httpListener: self("httpListeners", name),
        ...(paths.length > 0
          ? { ruleType: "PathBasedRouting", urlPathMap: self("urlPathMaps", name) }
          : { ruleType: "Basic", ...backend(rest), ...headers }),
      })),
      ...(isSecure
        ? [
            {
              name: "redirect",
              priority: 20000,
              ruleType: "Basic",
              httpListener: self("httpListeners", "redirect"),
              redirectConfiguration: self("redirectConfigurations", "https"),
            },
          ]
        : []),
    ],
    urlPathMaps: byPath.map(({ name, paths, rest }) => {
      const { backendAddressPool, backendHttpSettings } = backend(rest);
      const pathRules = paths.map((rule) => ({ name: rule.name, paths: [rule.path], ...backend(rule.service), ...headers }));
      return {
        name,
        pathRules,
        defaultBackendAddressPool: backendAddressPool,
        defaultBackendHttpSettings: backendHttpSettings,
        ...defaultHeaders,
      };
    }),
    // Without a version in its id the gateway fetches a renewed certificate by itself, within four hours.
    ...(isSecure && {
      sslCertificates: [{ name: certificateName, keyVaultSecretId: certificate }],
      redirectConfigurations: [
        {
          name: "https",
          redirectType: "Permanent",
          targetListener: self("httpListeners", everyHost),
          includePath: true,
          includeQueryString: true,
        },
      ],
      rewriteRuleSets: [
        {
          name: headerRules,
          rewriteRules: [
            {
              name: "strict-transport",
              ruleSequence: 100,
              actionSet: { responseHeaderConfigurations: [{ headerName: "Strict-Transport-Security", headerValue: strictTransport }] },
            },
          ],
        },
      ],
    }),
  };
}

function httpListener(name: string, port: string) {
  return {
    name,
    frontendIPConfiguration: self("frontendIPConfigurations", "public"),
    frontendPort: self("frontendPorts", port),
    protocol: port === "https" ? "Https" : "Http",
  };
}

function backend(service = nobody) {
  return { backendAddressPool: self("backendAddressPools", service), backendHttpSettings: self("backendHttpSettingsCollection", service) };
}

/** A site answers only to its own host name, and its certificate is Azure's for that name. */
function backendSettings(name: string, probed: string | undefined) {
  return {
    name,
    port: 443,
    protocol: "Https",
    pickHostNameFromBackendAddress: true,
    cookieBasedAffinity: "Disabled",
    requestTimeout: 30,
    connectionDraining: { enabled: true, drainTimeoutInSec: 30 },
    ...(probed !== undefined && { probe: self("probes", probed) }),
  };
}

function probe({ service, readyPath }: Route) {
  return {
    name: service,
    protocol: "Https",
    path: readyPath,
    interval: 30,
    timeout: 30,
    unhealthyThreshold: 3,
    pickHostNameFromBackendHttpSettings: true,
    match: { statusCodes: ["200-399"] },
  };
}

/** A part of the gateway, as another part names it; the provider puts the gateway's own id before it. */
function self(collection: string, name: string): { readonly id: string } {
  return { id: `$self/${collection}/${name}` };
}
