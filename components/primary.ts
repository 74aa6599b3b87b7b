// What a stack that stands by takes from its primary: names of record, read from the primary's outputs. Never a secret.
import { getOrganization, type Output, StackReference } from "@pulumi/pulumi";
import type { CloudName } from "./cloud";
import { Refusal } from "./fault";
import type { Stack } from "./stack";

/** The plain half: for which stack, and whether it has taken over. */
export interface StandbySpec {
  /** The primary's stack, of the same project. */
  readonly of: string;
  /** For good: a database that was promoted never becomes a replica again. */
  readonly active: boolean;
}

export interface Primary {
  readonly networkId: Output<string>;
  /** AWS: ARN. Azure: resource id. */
  readonly databaseId: Output<string>;
  /** Azure: name of the private zone in which its server is found. */
  readonly databaseZone: Output<string>;
}

interface About {
  readonly stack: Stack;
  readonly cloud: CloudName;
  readonly peerCidr: string | undefined;
}

/** Reads the primary's outputs, and refuses before anything is made what can't stand by for it. In the offline plan all of it is unknown. */
export async function primaryOf(name: string, about: About): Promise<Primary> {
  const { project } = about.stack;
  const reference = new StackReference("primary", { name: `${getOrganization()}/${project}/${name}` });
  const read = async (key: string): Promise<unknown> => ((await reference.getOutputDetails(key)) as { readonly value?: unknown }).value;
  const [cloud, region, cidr, standbyOf] = await Promise.all(["cloud", "region", "networkCidr", "standbyOf"].map(read));
  const problem = problemOf({ cloud, region, cidr, standbyOf }, about);
  if (problem !== undefined) throw new Refusal(`standbyOf ${name}: ${problem}`);
  const field = (key: string): Output<string> =>
    reference.getOutput("database").apply((database: unknown) => {
      const value = typeof database === "object" && database !== null && key in database ? (database as Record<string, unknown>)[key] : "";
      return typeof value === "string" ? value : "";
    });
  return {
    networkId: reference.getOutput("networkId").apply(String),
    databaseId: field("id").apply((id) => {
      if (id === "") throw new Refusal(`standbyOf ${name}: it shows no database; update it with this version of the program first`);
      return id;
    }),
    databaseZone: field("zoneName"),
  };
}

/** What is unknown is not judged. */
function problemOf(
  { cloud, region, cidr, standbyOf }: Readonly<Record<"cloud" | "region" | "cidr" | "standbyOf", unknown>>,
  about: About,
): string | undefined {
  if (typeof standbyOf === "string") return `it stands by for ${standbyOf} itself; name that stack`;
  if (typeof cloud === "string" && cloud !== about.cloud) return `it is on ${cloud}, and a database is copied within one cloud only`;
  if (region === about.stack.region) return `it is in ${region} too; a standby is in another region`;
  if (typeof cidr === "string" && cidr !== about.peerCidr) return `its range is ${cidr}: pulumi config set --path standby.peerCidr ${cidr}`;
  return undefined;
}
