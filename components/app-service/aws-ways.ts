// The network paths of a service on AWS: every rule belongs to the one who needs it, so that none outlives its use.
import type { SecurityGroup } from "@pulumi/aws/ec2";
import { SecurityGroupEgressRule, SecurityGroupIngressRule } from "@pulumi/aws/vpc";
import type { ComponentResource, Input, Output, Resource } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { tagsOf } from "../stack";
import type { AppServiceArgs } from "./index";

const anywhere = "0.0.0.0/0";

type Server = NonNullable<Aws["grant"]["server"]>;

/**
 * Out to port 443 of anything (image registries, AWS's own services, what the application calls), to the servers it uses, and in from
 * the balancer. A task that starts earlier reaches nothing: whoever starts it waits for these.
 */
export function createWays(
  parent: ComponentResource,
  name: string,
  args: AppServiceArgs<Aws>,
  group: SecurityGroup,
  place: Aws["place"] | undefined,
): Resource[] {
  const tags = tagsOf(args.network.stack, name);
  const tls = { description: "TLS to anywhere", ipProtocol: "tcp", fromPort: 443, toPort: 443, cidrIpv4: anywhere, tags };
  const ways: Resource[] = [new SecurityGroupEgressRule(`${name}-egress`, { ...tls, securityGroupId: group.id }, { parent })];
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

/** A rule out of one group and the same into the other. */
function allow(
  parent: ComponentResource,
  way: string,
  from: Output<string>,
  to: Output<string>,
  port: Input<number>,
  tags: Record<string, string>,
): Resource[] {
  const rule = { description: way, ipProtocol: "tcp", fromPort: port, toPort: port, tags };
  return [
    new SecurityGroupEgressRule(way, { ...rule, securityGroupId: from, referencedSecurityGroupId: to }, { parent }),
    new SecurityGroupIngressRule(way, { ...rule, securityGroupId: to, referencedSecurityGroupId: from }, { parent }),
  ];
}
