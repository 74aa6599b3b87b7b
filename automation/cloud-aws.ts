// AWS by its own clients. Each of them waits and tries again when it is throttled.
import type { CloudApi } from "./cloud";
import { awsIdentity } from "./identity-aws";
import { awsJobs } from "./jobs-aws";
import { awsMetrics } from "./metrics-aws";
import { awsRunning } from "./running-aws";

export function awsApi(region: string): CloudApi {
  return {
    metrics: awsMetrics({ region }),
    running: (id) => awsRunning({ region }, id),
    identity: () => awsIdentity({ region }),
    jobs: (stack) => awsJobs({ startedBy: `deploy/${stack}` }),
  };
}
