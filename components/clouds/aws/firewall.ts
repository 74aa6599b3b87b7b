// Rules of security groups, one per use, each belonging to the one who needs it, so that none outlives its use. A task or host that
// starts earlier reaches nothing: whoever starts it waits for them.
import { SecurityGroupEgressRule, SecurityGroupIngressRule } from "@pulumi/aws/vpc";
import type { ComponentResource, Input, Output } from "@pulumi/pulumi";

type Tags = Record<string, string>;

/** Out to port 443 of anything: image registries, AWS's own services, what an application calls. */
export function allowTlsOut(parent: ComponentResource, name: string, group: Output<string>, tags: Tags): SecurityGroupEgressRule {
  const tls = { description: "TLS to anywhere", ipProtocol: "tcp", fromPort: 443, toPort: 443, cidrIpv4: "0.0.0.0/0", tags };
  return new SecurityGroupEgressRule(`${name}-egress`, { ...tls, securityGroupId: group }, { parent });
}

/** A rule out of one group and the same into the other. */
export function allow(
  parent: ComponentResource,
  way: string,
  from: Output<string>,
  to: Output<string>,
  port: Input<number>,
  tags: Tags,
): readonly [SecurityGroupEgressRule, SecurityGroupIngressRule] {
  const rule = { description: way, ipProtocol: "tcp", fromPort: port, toPort: port, tags };
  return [
    new SecurityGroupEgressRule(way, { ...rule, securityGroupId: from, referencedSecurityGroupId: to }, { parent }),
    new SecurityGroupIngressRule(way, { ...rule, securityGroupId: to, referencedSecurityGroupId: from }, { parent }),
  ];
}
