// AWS by its own clients. Each of them waits and tries again when it is throttled.
import type { CloudApi } from "./cloud";
import { awsMetrics } from "./metrics-aws";

export function awsApi(region: string): CloudApi {
  return { metrics: awsMetrics({ region }) };
}
