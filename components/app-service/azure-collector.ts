// The OpenTelemetry collector beside the container of a service on Azure: a second container of the site, or of the container app.
import type { app as inputs } from "@pulumi/azure-native/types/input";
import { WebAppSiteContainer, WebAppSiteContainerSlot } from "@pulumi/azure-native/web";
import type { ComponentResource, Input, Output, Resource } from "@pulumi/pulumi";
import type { Azure } from "../clouds/azure/family";
import { azureCollector } from "../monitoring/collector";
import type { Image } from "./azure-image";
import { commandLine } from "./azure-settings";
import type { AppServiceArgs, ServiceSpec } from "./index";

/** The build with Azure's exporter, from a registry that asks for no login and sets no limit. */
export const collectorImage = "ghcr.io/open-telemetry/opentelemetry-collector-releases/opentelemetry-collector-contrib:0.140.0";

/** Where collectors read what they send to. Containers of a site take variables by the names of its settings only. */
export const connectionVariable = "APPLICATIONINSIGHTS_CONNECTION_STRING";
const configVariable = "OTEL_COLLECTOR_CONFIG";

/** A job's execution ends with the last of its containers, and a collector never ends. */
export function isTraced({ spec, monitoring }: AppServiceArgs<Azure>): boolean {
  return spec.kind !== "job" && monitoring.raw.tracing && monitoring.raw.insights !== undefined;
}

/** A site of several containers leads requests to these two ports only; the application reads PORT. */
export function portOf(args: AppServiceArgs<Azure>): number {
  const { port } = args.spec;
  return isTraced(args) && port !== 80 && port !== 8080 ? 8080 : port;
}

export const sidecar = {
  /** Settings of the site that its collector reads. */
  settings: { [configVariable]: JSON.stringify(azureCollector()) },

  /** The collector as a container of a container app: the smallest there is, beside what the service asks for. */
  container(args: AppServiceArgs<Azure>): inputs.ContainerArgs[] {
    const { insights } = args.monitoring.raw;
    if (!isTraced(args) || insights === undefined) return [];
    return [
      {
        name: "collector",
        image: collectorImage,
        args: [`--config=env:${configVariable}`],
        env: [
          { name: connectionVariable, value: insights.connectionString },
          { name: configVariable, value: sidecar.settings[configVariable] ?? "" },
        ],
        resources: { cpu: 0.25, memory: "0.5Gi" },
      },
    ];
  },
};

/** The containers of a site, or of its slot: the service's own and the collector. The site has none until they are made. */
export function createSiteContainers(
  parent: ComponentResource,
  name: string,
  args: AppServiceArgs<Azure>,
  site: {
    readonly siteName: Input<string>;
    readonly clientId: Output<string>;
    readonly image: Image;
    readonly command: ServiceSpec["command"];
    /** Default: the site itself. */
    readonly slot?: { readonly name: string; readonly after: Resource };
  },
): Resource[] {
  const { image, command, slot } = site;
  const common = { resourceGroupName: args.network.raw.resourceGroupName, name: site.siteName };
  const main = {
    ...common,
    containerName: "main",
    image: image.reference,
    isMain: true,
    targetPort: String(portOf(args)),
    ...(image.server === undefined
      ? { authType: "Anonymous" as const }
      : { authType: "UserAssigned" as const, userManagedIdentityClientId: site.clientId }),
    ...(command && { startUpCommand: commandLine(command) }),
    inheritAppSettingsAndConnectionStrings: true,
  };
  const collector = {
    ...common,
    containerName: "collector",
    image: collectorImage,
    isMain: false,
    authType: "Anonymous" as const,
    startUpCommand: `--config=env:${configVariable}`,
    // It gets none of the service's secrets; the values are names of the site's settings.
    inheritAppSettingsAndConnectionStrings: false,
    environmentVariables: [connectionVariable, configVariable].map((variable) => ({ name: variable, value: variable })),
  };
  return [main, collector].map((container) =>
    slot === undefined
      ? new WebAppSiteContainer(`${name}-${container.containerName}`, container, { parent })
      : new WebAppSiteContainerSlot(
          `${name}-${slot.name}-${container.containerName}`,
          { ...container, slot: slot.name },
          { parent, dependsOn: [slot.after] },
        ),
  );
}
