// Azure by its own clients. Each of them waits and tries again when it is throttled.
import { DefaultAzureCredential } from "@azure/identity";
import type { CloudApi } from "./cloud";
import { azureMetrics } from "./metrics-azure";

export function azureApi(region: string): CloudApi {
  const credential = new DefaultAzureCredential();
  return { metrics: azureMetrics(region, credential) };
}
