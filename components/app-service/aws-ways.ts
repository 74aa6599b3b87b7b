// The network paths of a service on AWS.
import type { SecurityGroup } from "@pulumi/aws/ec2";
import type { ComponentResource, Resource } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { allow, allowTlsOut } from "../clouds/aws/firewall";
import { tagsOf } from "../stack";
import type { AppServiceArgs } from "./index";

type Server = NonNullable<Aws["grant"]["server"]>;

/** Out to TLS of anything and to the servers it uses, and in from the balancer. */
export function createWays(
  parent: ComponentResource,
  name: string,
  args: AppServiceArgs<Aws>,
  group: SecurityGroup,
  place: Aws["place"] | undefined,
): Resource[] {
  const tags = tagsOf(args.network.stack, name);
  const ways: Resource[] = [allowTlsOut(parent, name, group.id, tags)];
  for (const { target, server } of serversOf(args)) {
    ways.push(...allow(parent, `${name}-to-${target}`, group.id, server.groupId, server.port, tags));
  }
  if (place !== undefined) {
    ways.push(...allow(parent, `${name}-from-balancer`, place.balancerGroupId, group.id, args.spec.port, tags));
  }
  return ways;
}

/** Several uses may lead to one server: AWS refuses the same rule twice. */
function serversOf(args: AppServiceArgs<Aws>): { readonly target: string; readonly server: Server }[] {
  const servers: { readonly target: string; readonly server: Server }[] = [];
  for (const { target, raw } of args.uses) {
    const { server } = raw;
    if (server === undefined || servers.some((other) => other.server.groupId === server.groupId && other.server.port === server.port))
      continue;
    servers.push({ target, server });
  }
  return servers;
}
