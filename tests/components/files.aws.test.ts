import { expect } from "chai";
import { AwsFiles } from "../../components/files/aws";
import { awsTags, documentOf, madeBy, waitsFor } from "../support/aws-parts";
import { ground, hosting, service, serviceSpec } from "../support/aws-platform";
import { once } from "../support/azure-parts";
import { only, type Recorded, recordKnown } from "../support/record";
import type { Stack } from "../../components/stack";

/** Shared files, one worker that writes and one that reads them. */
const platform = once((stack: Partial<Stack> = {}): Promise<Recorded[]> =>
  recordKnown(() => {
    const on = ground(stack);
    const shared = hosting(on);
    const files = new AwsFiles("files", { ...on, path: "/mnt/files" });
    service(on, "writer", serviceSpec({ kind: "worker" }), { uses: [files.use("readWrite")], hosting: shared });
    service(on, "reader", serviceSpec({ kind: "job" }), { uses: [files.use("read")], hosting: shared });
  }),
);
const of = async (type: string, name: string) => only(await platform({}), type, name);
const tags = awsTags("files");

describe("Files on AWS", () => {
  it("S2: is a file system with an address in each zone's data tier", async () => {
    const resources = await platform({});
    expect(madeBy(resources, "files")).to.deep.equal([
      "ec2 SecurityGroup platform-test-files",
      "efs AccessPoint files-access",
      "efs FileSystem files-system",
      "efs FileSystemPolicy files-policy",
      "efs MountTarget files-1",
      "efs MountTarget files-2",
    ]);
    for (const zone of [1, 2]) {
      expect((await of("aws:efs/mountTarget:MountTarget", `files-${zone}`)).inputs).to.deep.equal({
        fileSystemId: "files-system-id",
        subnetId: `data-${zone}-id`,
        securityGroups: ["platform-test-files-id"],
      });
    }
    expect((await of("aws:ec2/securityGroup:SecurityGroup", "platform-test-files")).inputs).to.deep.equal({
      description: "Files files",
      vpcId: "vpc-id",
      tags,
    });
  });

  it("S2: is encrypted with the stack's key, and grows and gets cheaper by itself", async () => {
    expect((await of("aws:efs/fileSystem:FileSystem", "files-system")).inputs).to.deep.equal({
      encrypted: true,
      kmsKeyId: "secrets-key_arn",
      performanceMode: "generalPurpose",
      throughputMode: "elastic",
      lifecyclePolicies: [{ transitionToIa: "AFTER_30_DAYS" }, { transitionToPrimaryStorageClass: "AFTER_1_ACCESS" }],
      tags: { ...tags, Name: "platform-test-files" },
    });
  });

  it("S2: is opened by TLS only, and below one directory of one owner", async () => {
    const deny = (action: string, index: number) => ({
      Sid: `DenyPlainText${index}`,
      Effect: "Deny",
      Principal: "*",
      Action: `elasticfilesystem:${action}`,
      Resource: "files-system_arn",
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    });
    const policy = await of("aws:efs/fileSystemPolicy:FileSystemPolicy", "files-policy");
    expect(documentOf(policy, "policy")).to.deep.equal({
      Version: "2012-10-17",
      Statement: [deny("ClientMount", 1), deny("ClientRootAccess", 2), deny("ClientWrite", 3)],
    });
    expect(policy.inputs.fileSystemId).to.equal("files-system-id");
    expect((await of("aws:efs/accessPoint:AccessPoint", "files-access")).inputs).to.deep.equal({
      fileSystemId: "files-system-id",
      posixUser: { uid: 1000, gid: 1000 },
      rootDirectory: { path: "/shared", creationInfo: { ownerUid: 1000, ownerGid: 1000, permissions: "0770" } },
      tags,
    });
  });

  it("S2: is mounted by the tasks that use it, with their own role, once there is an address", async () => {
    const mounted = async (name: string) => {
      const task = await of("aws:ecs/taskDefinition:TaskDefinition", `${name}-task`);
      expect(task.inputs.volumes).to.deep.equal([
        {
          name: "files",
          efsVolumeConfiguration: {
            fileSystemId: "files-system-id",
            transitEncryption: "ENABLED",
            authorizationConfig: { accessPointId: "files-access-id", iam: "ENABLED" },
          },
        },
      ]);
      const [container] = documentOf(task, "containerDefinitions") as [{ mountPoints: unknown; environment: unknown }];
      expect(container.environment).to.deep.equal([{ name: "FILES_PATH", value: "/mnt/files" }]);
      return container.mountPoints;
    };
    expect(await mounted("writer")).to.deep.equal([{ sourceVolume: "files", containerPath: "/mnt/files", readOnly: false }]);
    expect(await mounted("reader")).to.deep.equal([{ sourceVolume: "files", containerPath: "/mnt/files", readOnly: true }]);
    expect(waitsFor(await of("aws:ecs/service:Service", "platform-test-writer"))).to.include.members(["files-1", "files-2"]);
  });

  it("S2: lets a service in by its word: one permission at one access point, one rule to one port", async () => {
    const statement = async (name: string) => {
      const { Statement } = documentOf(await of("aws:iam/rolePolicy:RolePolicy", `${name}-task`), "policy") as { Statement: unknown[] };
      return Statement[0];
    };
    const common = {
      Effect: "Allow",
      Resource: ["files-system_arn"],
      Condition: { StringEquals: { "elasticfilesystem:AccessPointArn": "files-access_arn" } },
    };
    const [mount, write] = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"];
    expect(await statement("writer")).to.deep.equal({ ...common, Action: [mount, write] });
    expect(await statement("reader")).to.deep.equal({ ...common, Action: [mount] });
    const rule = await of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "writer-to-files");
    expect(rule.inputs).to.deep.include({
      securityGroupId: "platform-test-files-id",
      referencedSecurityGroupId: "platform-test-writer-id",
      ipProtocol: "tcp",
      fromPort: 2049,
      toPort: 2049,
    });
  });

  it("E17: is protected where data is guarded", async () => {
    const protectedOf = async (stack: Partial<Stack>) =>
      (await platform(stack)).filter(({ protect, name }) => protect && name.startsWith("files")).map(({ name }) => name);
    expect(await protectedOf({})).to.deep.equal(["files-system"]);
    expect(await protectedOf({ guard: "none" })).to.deep.equal([]);
  });

  it("refuses a path that the system needs", async () => {
    const refused = await recordKnown(() => void new AwsFiles("files", { ...ground(), path: "/tmp/files" })).catch(String);
    expect(refused).to.match(/path: lies in \/tmp, which the system or App Service needs \(given: "\/tmp\/files"\)/);
  });
});
