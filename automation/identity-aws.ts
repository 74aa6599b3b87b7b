// Who AWS takes the credentials in the environment for.
import { GetCallerIdentityCommand, STSClient, type STSClientConfig } from "@aws-sdk/client-sts";
import type { Identity } from "./identity";

export async function awsIdentity(config: STSClientConfig): Promise<Identity> {
  const { Account, Arn } = await new STSClient(config).send(new GetCallerIdentityCommand({}));
  if (Account === undefined) throw new Error("STS names no account");
  return { accounts: [Account], who: Arn ?? "unknown" };
}
