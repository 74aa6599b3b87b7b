// Azure, complete: the type refuses a cloud that lacks a noun.
import { AzureAlarms } from "../../alarms/azure";
import { AzureAppService } from "../../app-service/azure";
import { AzureBackup } from "../../backup/azure";
import { AzureBastion } from "../../bastion/azure";
import { AzureBudget } from "../../budget/azure";
import { AzureCache } from "../../cache/azure";
import type { Cloud } from "../../cloud";
import { AzureDashboards } from "../../dashboards/azure";
import { AzureDatabase } from "../../database/azure";
import { AzureFlags } from "../../flags/azure";
import { AzureEdge } from "../../edge/azure";
import { AzureFiles } from "../../files/azure";
import { AzureGateway } from "../../gateway/azure";
import { AzureHosting } from "../../hosting/azure";
import { AzureMonitoring } from "../../monitoring/azure";
import { AzureNetwork } from "../../network/azure";
import { AzureProbe } from "../../probe/azure";
import { AzureProtection } from "../../protection/azure";
import { AzureBroker, AzureQueue, AzureTopic } from "../../queue/azure";
import { AzureRegistry } from "../../registry/azure";
import { AzureRotation } from "../../rotation/azure";
import { AzureSecrets } from "../../secrets/azure";
import { AzureStaticSite } from "../../static-site/azure";
import { AzureStorage } from "../../storage/azure";
import { AzureVpn } from "../../vpn/azure";
import type { Azure } from "./family";

export const azure: Cloud<Azure> = {
  name: "azure",
  Network: AzureNetwork,
  Storage: AzureStorage,
  Monitoring: AzureMonitoring,
  Secrets: AzureSecrets,
  Rotation: AzureRotation,
  Gateway: AzureGateway,
  Database: AzureDatabase,
  Cache: AzureCache,
  Broker: AzureBroker,
  Queue: AzureQueue,
  Topic: AzureTopic,
  Files: AzureFiles,
  Hosting: AzureHosting,
  Registry: AzureRegistry,
  Flags: AzureFlags,
  AppService: AzureAppService,
  StaticSite: AzureStaticSite,
  Edge: AzureEdge,
  Probe: AzureProbe,
  Alarms: AzureAlarms,
  Dashboards: AzureDashboards,
  Backup: AzureBackup,
  Protection: AzureProtection,
  Bastion: AzureBastion,
  Vpn: AzureVpn,
  Budget: AzureBudget,
};
