// Azure by its own clients. Each of them waits and tries again when it is throttled.
import { DefaultAzureCredential } from "@azure/identity";
import type { CloudApi } from "./cloud";
import { azureIdentity } from "./identity-azure";
import { azureMetrics } from "./metrics-azure";
import { azureRunning } from "./running-azure";

export function azureApi(region: string): CloudApi {
  const credential = new DefaultAzureCredential();
  return {
    metrics: azureMetrics(region, credential),
    running: (id) => azureRunning(credential, id),
    identity: () => azureIdentity(credential),
  };
}
