// Azure by its own clients. Each of them waits and tries again when it is throttled.
import type { CloudApi } from "./cloud";
import { azureCredential } from "./credentials-azure";
import { azureIdentity } from "./identity-azure";
import { azureJobs } from "./jobs-azure";
import { azureMetrics } from "./metrics-azure";
import { azureRunning } from "./running-azure";

export function azureApi(region: string): CloudApi {
  const credential = azureCredential();
  return {
    metrics: azureMetrics(region, credential),
    running: (id) => azureRunning(credential, id),
    identity: () => azureIdentity(credential),
    jobs: () => azureJobs({ credential }),
  };
}
