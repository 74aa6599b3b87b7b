// Files on AWS: an EFS file system in the data tier that only TLS and the role of a service open, and only below one directory.
import { SecurityGroup } from "@pulumi/aws/ec2";
import { AccessPoint, FileSystem, FileSystemPolicy, MountTarget } from "@pulumi/aws/efs";
import { type ComponentResourceOptions, type Output, output } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { nameOf } from "../clouds/aws/names";
import { permissions } from "../clouds/aws/permissions";
import { filesPolicy } from "../clouds/aws/policies";
import { refuse } from "../fault";
import { guarded, tagsOf } from "../stack";
import { type Access, envName, Use } from "../use";
import { check, Files, type FilesArgs } from "./index";

const nfs = 2049;
/** Whom all files belong to, whatever the service runs as. */
const owner = 1000;

export class AwsFiles extends Files<Aws> {
  readonly shareId: Output<string>;
  readonly fileSystem: FileSystem;
  readonly accessPoint: AccessPoint;
  readonly group: SecurityGroup;
  private readonly targets: readonly MountTarget[];

  constructor(
    private readonly name: string,
    private readonly args: FilesArgs<Aws>,
    opts?: ComponentResourceOptions,
  ) {
    refuse(check(args));
    super("Files", name, opts);
    this.fileSystem = this.createFileSystem();
    this.group = this.createGroup();
    this.targets = this.createTargets();
    this.accessPoint = this.createAccessPoint();

    this.shareId = this.fileSystem.id;
    this.finish({ shareId: this.shareId });
  }

  override use(access: Access["files"]): Use<Aws> {
    const { path } = this.args;
    const conditions = { StringEquals: { "elasticfilesystem:AccessPointArn": this.accessPoint.arn } };
    return new Use<Aws>({
      target: this.name,
      noun: "files",
      access,
      env: { [envName(this.name, "path")]: path },
      raw: {
        server: { groupId: this.group.id, port: output(nfs) },
        statements: [{ actions: permissions.files[access], resources: [this.fileSystem.arn], conditions }],
        backlog: undefined,
        mount: {
          name: this.name,
          path,
          readOnly: access === "read",
          fileSystemId: this.fileSystem.id,
          accessPointId: this.accessPoint.id,
          targets: this.targets,
        },
      },
    });
  }

  private createFileSystem(): FileSystem {
    const { network, secrets } = this.args;
    const { stack } = network;
    const fileSystem = new FileSystem(
      `${this.name}-system`,
      {
        encrypted: true,
        kmsKeyId: secrets.raw.keyArn,
        performanceMode: "generalPurpose",
        throughputMode: "elastic",
        // What nobody read for a month costs a twentieth, and is back as soon as it is read.
        lifecyclePolicies: [{ transitionToIa: "AFTER_30_DAYS" }, { transitionToPrimaryStorageClass: "AFTER_1_ACCESS" }],
        tags: { ...tagsOf(stack, this.name), Name: `${stack.project}-${stack.name}-${this.name}` },
      },
      { parent: this, protect: guarded(stack, "data") },
    );
    const policy = filesPolicy(fileSystem.arn);
    new FileSystemPolicy(`${this.name}-policy`, { fileSystemId: fileSystem.id, policy }, { parent: this });
    return fileSystem;
  }

  private createGroup(): SecurityGroup {
    const { network } = this.args;
    const tags = tagsOf(network.stack, this.name);
    const group = { vpcId: network.raw.vpcId, description: `Files ${this.name}`, tags };
    return new SecurityGroup(nameOf(network.stack, "securityGroup", this.name), group, { parent: this });
  }

  private createTargets(): MountTarget[] {
    const fileSystemId = this.fileSystem.id;
    return this.args.network.raw.dataSubnetIds.map(
      (subnetId, zone) =>
        new MountTarget(`${this.name}-${zone + 1}`, { fileSystemId, subnetId, securityGroups: [this.group.id] }, { parent: this }),
    );
  }

  private createAccessPoint(): AccessPoint {
    const creationInfo = { ownerUid: owner, ownerGid: owner, permissions: "0770" };
    return new AccessPoint(
      `${this.name}-access`,
      {
        fileSystemId: this.fileSystem.id,
        posixUser: { uid: owner, gid: owner },
        rootDirectory: { path: "/shared", creationInfo },
        tags: tagsOf(this.args.network.stack, this.name),
      },
      { parent: this },
    );
  }
}
