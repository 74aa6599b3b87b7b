// Bastion on AWS: a host that Session Manager forwards ports through. It calls AWS and listens to nobody, and is made anew every week from
// the newest image, so that nobody has to patch it.
import { Group } from "@pulumi/aws/autoscaling";
import { LaunchTemplate, SecurityGroup } from "@pulumi/aws/ec2";
import { InstanceProfile, RolePolicy } from "@pulumi/aws/iam";
import { type ComponentResourceOptions, interpolate } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { allow, allowTlsOut } from "../clouds/aws/firewall";
import { nameOf } from "../clouds/aws/names";
import { grants, permissions, policyDocument, trustPolicy, unscoped } from "../clouds/aws/permissions";
import { createServiceRole } from "../clouds/aws/role";
import { transformed } from "../clouds/aws/transforms";
import { tagsOf } from "../stack";
import { Bastion, type BastionArgs } from "./index";

/** EC2 looks the image up each time it makes a host: the program's plan never changes because AWS published another one. */
const image = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64";
const week = 604_800;

export class AwsBastion extends Bastion<Aws> {
  readonly group: SecurityGroup;
  readonly template: LaunchTemplate;
  readonly hosts: Group;

  constructor(name: string, args: BastionArgs<Aws>, opts?: ComponentResourceOptions) {
    super("Bastion", name, opts);
    const profile = this.createProfile(name, args);
    this.group = this.createGroup(name, args);
    this.openWays(name, args);
    this.template = this.createTemplate(name, args, profile);
    this.hosts = this.createHost(name, args);
    this.finish({});
  }

  /** What the agent needs for sessions; it takes no commands and no documents to run. */
  private createProfile(name: string, { network }: BastionArgs<Aws>): InstanceProfile {
    const { stack, raw } = network;
    const tags = tagsOf(stack, name);
    const roleName = nameOf(stack, "role", name);
    const role = createServiceRole(this, stack, roleName, { assumeRolePolicy: trustPolicy("ec2.amazonaws.com"), tags });
    const hosts = interpolate`arn:aws:ec2:${stack.region}:${raw.accountId}:instance/*`;
    const policy = policyDocument([...grants(permissions.bastion.register, hosts), ...grants(permissions.console.channel, unscoped)]);
    new RolePolicy(`${name}-sessions`, { role: role.name, policy }, { parent: this });
    return new InstanceProfile(roleName, { role: role.name, tags }, { parent: this });
  }

  private createGroup(name: string, { network }: BastionArgs<Aws>): SecurityGroup {
    const { stack, raw } = network;
    const tags = { ...tagsOf(stack, name), Name: `${stack.project}-${stack.name}-${name}` };
    const group = { vpcId: raw.vpcId, description: "Bastion: nobody may come in", tags };
    return new SecurityGroup(nameOf(stack, "securityGroup", name), group, { parent: this });
  }

  /** Out to AWS's own services and the servers; no rule leads in. */
  private openWays(name: string, { network, reaches }: BastionArgs<Aws>): void {
    const tags = tagsOf(network.stack, name);
    allowTlsOut(this, name, this.group.id, tags);
    for (const { target, raw } of reaches) {
      if (raw.server === undefined) continue;
      allow(this, `${name}-to-${target}`, this.group.id, raw.server.groupId, raw.server.port, tags);
    }
  }

  private createTemplate(name: string, { network }: BastionArgs<Aws>, profile: InstanceProfile): LaunchTemplate {
    const { stack } = network;
    const tags = tagsOf(stack, name);
    const named = { ...tags, Name: `${stack.project}-${stack.name}-${name}` };
    return new LaunchTemplate(
      nameOf(stack, "launchTemplate", name),
      transformed("bastion.template", {
        imageId: image,
        instanceType: "t4g.nano",
        creditSpecification: { cpuCredits: "standard" },
        iamInstanceProfile: { arn: profile.arn },
        networkInterfaces: [{ deviceIndex: 0, associatePublicIpAddress: "false", securityGroups: [this.group.id] }],
        // Only signed requests for the role's credentials, and none from behind a hop.
        metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
        blockDeviceMappings: [
          { deviceName: "/dev/xvda", ebs: { encrypted: "true", volumeSize: 8, volumeType: "gp3", deleteOnTermination: "true" } },
        ],
        tagSpecifications: ["instance", "volume"].map((resourceType) => ({ resourceType, tags: named })),
        updateDefaultVersion: true,
        tags,
      }),
      { parent: this },
    );
  }

  /** A group of one: a host that fails, or whose zone is lost, is replaced. */
  private createHost(name: string, { network }: BastionArgs<Aws>): Group {
    const { stack, raw } = network;
    return new Group(
      nameOf(stack, "hostGroup", name),
      {
        minSize: 1,
        maxSize: 1,
        vpcZoneIdentifiers: [...raw.appSubnetIds],
        launchTemplate: { id: this.template.id, version: interpolate`${this.template.latestVersion}` },
        maxInstanceLifetime: week,
        instanceRefresh: { strategy: "Rolling", preferences: { minHealthyPercentage: 0 } },
        tags: Object.entries(tagsOf(stack, name)).map(([key, value]) => ({ key, value, propagateAtLaunch: false })),
      },
      // It registers with Session Manager once, through the way out.
      { parent: this, dependsOn: [...raw.egress] },
    );
  }
}
