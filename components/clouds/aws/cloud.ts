// AWS: everything the platform needs, in AWS's own resources. A noun that is missing here does not compile.
import { AwsAlarms } from "../../alarms/aws";
import { AwsAppService } from "../../app-service/aws";
import { AwsBackup } from "../../backup/aws";
import { AwsBastion } from "../../bastion/aws";
import { AwsBudget } from "../../budget/aws";
import { AwsCache } from "../../cache/aws";
import type { Cloud } from "../../cloud";
import { AwsDashboards } from "../../dashboards/aws";
import { AwsDatabase } from "../../database/aws";
import { AwsFlags } from "../../flags/aws";
import { AwsEdge } from "../../edge/aws";
import { AwsFiles } from "../../files/aws";
import { AwsGateway } from "../../gateway/aws";
import { AwsHosting } from "../../hosting/aws";
import { AwsMonitoring } from "../../monitoring/aws";
import { AwsNetwork } from "../../network/aws";
import { AwsProbe } from "../../probe/aws";
import { AwsProtection } from "../../protection/aws";
import { AwsBroker, AwsQueue, AwsTopic } from "../../queue/aws";
import { AwsRegistry } from "../../registry/aws";
import { AwsRotation } from "../../rotation/aws";
import { AwsSecrets } from "../../secrets/aws";
import { AwsStaticSite } from "../../static-site/aws";
import { AwsStorage } from "../../storage/aws";
import { AwsVpn } from "../../vpn/aws";
import type { Aws } from "./family";

export const aws: Cloud<Aws> = {
  name: "aws",
  Network: AwsNetwork,
  Storage: AwsStorage,
  Monitoring: AwsMonitoring,
  Secrets: AwsSecrets,
  Rotation: AwsRotation,
  Gateway: AwsGateway,
  Database: AwsDatabase,
  Cache: AwsCache,
  Broker: AwsBroker,
  Queue: AwsQueue,
  Topic: AwsTopic,
  Files: AwsFiles,
  Hosting: AwsHosting,
  Registry: AwsRegistry,
  Flags: AwsFlags,
  AppService: AwsAppService,
  StaticSite: AwsStaticSite,
  Edge: AwsEdge,
  Probe: AwsProbe,
  Alarms: AwsAlarms,
  Dashboards: AwsDashboards,
  Backup: AwsBackup,
  Protection: AwsProtection,
  Bastion: AwsBastion,
  Vpn: AwsVpn,
  Budget: AwsBudget,
};
