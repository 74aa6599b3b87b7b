// What the deploy command asks the cloud itself, the same on both clouds; a simulated cloud answers it in rehearsals. A cloud's clients
// are loaded when that cloud is asked: no other command waits for them.
import type { CloudName } from "../components/cloud";
import type { Identity } from "./identity";
import type { Jobs } from "./jobs";
import type { Metrics } from "./metrics";
import type { Running } from "./version";

export interface CloudApi {
  readonly metrics: Metrics;
  /** Which image a service runs. `id` as the stack's output `workloads` names it: of an ECS service, a site, a slot or a Container App. */
  running(id: string): Promise<Running>;
  /** Whom the cloud takes the credentials in the environment for. */
  identity(): Promise<Identity>;
  /** One-off jobs of a stack, which is named as who starts them where the cloud asks. */
  jobs(stack: string): Jobs;
}

export type Connect = (cloud: CloudName, region: string) => Promise<CloudApi>;

/** By the credentials in the environment, as the providers have them. */
export const connect: Connect = async (cloud, region) =>
  cloud === "aws" ? (await import("./cloud-aws")).awsApi(region) : (await import("./cloud-azure")).azureApi(region);

/** Whether an error of a client says that there are no credentials, or not those that it takes. */
export function isDenied(error: unknown): boolean {
  const { name, code, statusCode, message } = error as Readonly<Record<"name" | "code" | "statusCode" | "message", unknown>>;
  return statusCode === 401 || statusCode === 403 || denials.test([name, code, message].map(String).join(" "));
}
const denials =
  /AccessDenied|UnrecognizedClient|InvalidClientTokenId|InvalidSignature|ExpiredToken|CredentialsProviderError|CredentialUnavailable|AuthenticationError|AuthenticationRequired|InsufficientAccess|AADSTS/;
