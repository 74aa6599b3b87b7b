import { expect } from "chai";
import { output } from "@pulumi/pulumi";
import { AwsBastion } from "../../components/bastion/aws";
import { AzureBastion } from "../../components/bastion/azure";
import type { Aws } from "../../components/clouds/aws/family";
import { Use } from "../../components/use";
import { faults, settings } from "../settings/support";
import { account, awsMonitoring, awsNetwork, awsTags, childrenOf, documentOf, waitsFor } from "../support/aws-parts";
import { azureMonitoring, azureNetwork, KnownNetwork, once, tags } from "../support/azure-parts";
import { only, recordKnown } from "../support/record";

const use = (target: string, noun: "database" | "queue", server: Aws["grant"]["server"]): Use<Aws> =>
  new Use<Aws>({
    target,
    noun,
    access: noun === "queue" ? "send" : "own",
    env: {},
    raw: { server, statements: [], backlog: undefined },
  });

const aws = once(async () =>
  childrenOf(
    await recordKnown(() => {
      const network = awsNetwork({}, { nat: "single" });
      const reaches = [use("database", "database", { groupId: output("sg-database"), port: 5432 }), use("jobs", "queue", undefined)];
      new AwsBastion("bastion", { network, monitoring: awsMonitoring(network), reaches });
    }),
    "bastion",
  ),
);
const azure = once(async () =>
  childrenOf(
    await recordKnown(() => {
      const network = new KnownNetwork(azureNetwork({}, { bastion: true }));
      new AzureBastion("bastion", { network, monitoring: azureMonitoring(network), reaches: [] });
    }),
    "bastion",
  ),
);

describe("Bastion on AWS", () => {
  const tls = { description: "TLS to anywhere", ipProtocol: "tcp", fromPort: 443, toPort: 443, cidrIpv4: "0.0.0.0/0" };
  const named = { ...awsTags("bastion"), Name: "platform-test-bastion" };

  it("lets nobody in, and the host out to TLS and the servers", async () => {
    const resources = await aws();
    expect(only(resources, "aws:ec2/securityGroup:SecurityGroup").inputs).to.deep.include({
      description: "Bastion: nobody may come in",
      tags: named,
    });
    const group = "platform-test-bastion-id";
    const way = { description: "bastion-to-database", ipProtocol: "tcp", fromPort: 5432, toPort: 5432, tags: awsTags("bastion") };
    const out = resources.filter(({ type }) => type.endsWith("EgressRule")).map(({ inputs }) => inputs);
    expect(out).to.deep.equal([
      { ...tls, securityGroupId: group, tags: awsTags("bastion") },
      { ...way, securityGroupId: group, referencedSecurityGroupId: "sg-database" },
    ]);
    const into = resources.filter(({ type }) => type.endsWith("IngressRule")).map(({ inputs }) => inputs);
    expect(into).to.deep.equal([{ ...way, securityGroupId: "sg-database", referencedSecurityGroupId: group }]);
  });

  it("may open sessions and nothing else", async () => {
    const resources = await aws();
    const role = only(resources, "aws:iam/role:Role");
    expect(documentOf(role, "assumeRolePolicy")).to.deep.equal({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
    });
    const policy = documentOf(only(resources, "aws:iam/rolePolicy:RolePolicy"), "policy") as { Statement: unknown };
    expect(policy.Statement).to.deep.equal([
      { Effect: "Allow", Action: ["ssm:UpdateInstanceInformation"], Resource: [`arn:aws:ec2:us-east-1:${account}:instance/*`] },
      {
        Effect: "Allow",
        Action: ["CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"].map((word) => `ssmmessages:${word}`),
        Resource: ["*"],
      },
    ]);
    expect(role.inputs.tags).to.deep.equal(awsTags("bastion"));
    expect(only(resources, "aws:iam/instanceProfile:InstanceProfile").inputs.tags).to.deep.equal(awsTags("bastion"));
  });

  it("is the newest image on an encrypted disk, with signed requests for its role only", async () => {
    const template = only(await aws(), "aws:ec2/launchTemplate:LaunchTemplate");
    expect(template.inputs).to.deep.equal({
      imageId: "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64",
      instanceType: "t4g.nano",
      creditSpecification: { cpuCredits: "standard" },
      iamInstanceProfile: { arn: "platform-test-bastion_arn" },
      networkInterfaces: [{ deviceIndex: 0, associatePublicIpAddress: "false", securityGroups: ["platform-test-bastion-id"] }],
      metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
      blockDeviceMappings: [
        { deviceName: "/dev/xvda", ebs: { encrypted: "true", volumeSize: 8, volumeType: "gp3", deleteOnTermination: "true" } },
      ],
      tagSpecifications: [
        { resourceType: "instance", tags: named },
        { resourceType: "volume", tags: named },
      ],
      updateDefaultVersion: true,
      tags: awsTags("bastion"),
    });
    expect(template.inputs).to.not.have.property("keyName");
  });

  it("is one host, made anew every week, once there is a way out", async () => {
    const hosts = only(await aws(), "aws:autoscaling/group:Group");
    const { vpcZoneIdentifiers, launchTemplate, tags: tagged, ...rest } = hosts.inputs;
    expect(rest).to.deep.equal({
      minSize: 1,
      maxSize: 1,
      maxInstanceLifetime: 604800,
      instanceRefresh: { strategy: "Rolling", preferences: { minHealthyPercentage: 0 } },
    });
    expect(vpcZoneIdentifiers).to.have.lengthOf(3);
    expect(launchTemplate).to.have.property("id", "platform-test-bastion-id");
    expect(tagged).to.deep.include({ key: "component", value: "bastion", propagateAtLaunch: false });
    expect(waitsFor(hosts)).to.include("network-app-1");
  });
});

describe("Bastion on Azure", () => {
  const common = { resourceGroupName: "rg-platform-test", location: "eastus2", tags: tags("bastion") };

  it("is an entrance that forwards to tools, and shares no links", async () => {
    const resources = await azure();
    expect(only(resources, "azure-native:network:BastionHost").inputs).to.deep.equal({
      ...common,
      bastionHostName: "bas-platform-test",
      sku: { name: "Standard" },
      scaleUnits: 2,
      enableTunneling: true,
      enableShareableLink: false,
      enableIpConnect: false,
      enableFileCopy: false,
      disableCopyPaste: false,
      // Filled in by the SDK.
      enableKerberos: false,
      enablePrivateOnlyBastion: false,
      enableSessionRecording: false,
      ipConfigurations: [
        {
          name: "entrance",
          subnet: { id: "network-vnet-id/subnets/AzureBastionSubnet" },
          publicIPAddress: { id: "bastion-address-id" },
        },
      ],
    });
    expect(only(resources, "azure-native:network:PublicIPAddress").inputs).to.include({
      publicIpAddressName: "pip-platform-test-bastion",
      publicIPAllocationMethod: "Static",
      publicIPAddressVersion: "IPv4",
    });
    expect(only(resources, "azure-native:network:PublicIPAddress").inputs.sku).to.deep.equal({ name: "Standard", tier: "Regional" });
    for (const [part, of, sent] of [
      ["address", "bastion-address", ["logs", "metrics"]],
      ["host", "bastion-host", ["metrics"]],
      ["card", "bastion-host", ["metrics"]],
    ] as const) {
      const { inputs } = only(resources, "azure-native:monitor:DiagnosticSetting", `bastion-${part}-logs`);
      expect(inputs.resourceUri).to.equal(`${of}-id`);
      expect(Object.keys(inputs)).to.have.members(["name", "resourceUri", "workspaceId", ...sent]);
    }
    expect(only(resources, "azure-native:monitor:DiagnosticSetting", "bastion-logs").inputs).to.deep.include({
      resourceUri: "bastion-entrance-id",
      logs: [{ categoryGroup: "allLogs", enabled: true }],
      metrics: [{ category: "AllMetrics", enabled: true }],
    });
  });

  it("is a machine without a public address, patched by the platform", async () => {
    const resources = await azure();
    expect(only(resources, "azure-native:network:NetworkInterface").inputs).to.deep.include({
      ...common,
      networkInterfaceName: "nic-platform-test-bastion",
      enableIPForwarding: false,
      ipConfigurations: [{ name: "host", privateIPAllocationMethod: "Dynamic", subnet: { id: "network-vnet-id/subnets/hosts" } }],
    });
    const { osProfile, ...machine } = only(resources, "azure-native:compute:VirtualMachine").inputs;
    expect(machine).to.deep.equal({
      ...common,
      vmName: "vm-platform-test-bastion",
      hardwareProfile: { vmSize: "Standard_B2ats_v2" },
      identity: { type: "SystemAssigned" },
      networkProfile: { networkInterfaces: [{ id: "bastion-host-id", primary: true, deleteOption: "Detach" }] },
      securityProfile: { securityType: "TrustedLaunch", uefiSettings: { secureBootEnabled: true, vTpmEnabled: true } },
      storageProfile: {
        imageReference: { publisher: "Canonical", offer: "ubuntu-24_04-lts", sku: "server", version: "latest" },
        osDisk: { createOption: "FromImage", deleteOption: "Delete", managedDisk: { storageAccountType: "StandardSSD_LRS" } },
      },
    });
    expect(osProfile).to.have.property("computerName", "bastion");
  });

  it("asks Microsoft Entra who logs in, and takes no password", async () => {
    const resources = await azure();
    expect(only(resources, "azure-native:compute:VirtualMachineExtension").inputs).to.deep.include({
      vmExtensionName: "AADSSHLoginForLinux",
      publisher: "Microsoft.Azure.ActiveDirectory",
      type: "AADSSHLoginForLinux",
      typeHandlerVersion: "1.0",
      autoUpgradeMinorVersion: true,
      tags: tags("bastion"),
    });
    const password = only(resources, "random:index/randomPassword:RandomPassword");
    expect(password.inputs).to.include({ length: 64, minLower: 1, minUpper: 1, minNumeric: 1 });
    const machine = only(resources, "azure-native:compute:VirtualMachine").inputs;
    const { adminPassword, customData, ...profile } = machine.osProfile as Record<string, unknown>;
    expect(adminPassword, "the program never sees it").to.equal(null);
    expect(Buffer.from(String(customData), "base64").toString()).to.equal("#cloud-config\nssh_pwauth: false\n");
    expect(profile).to.deep.equal({
      computerName: "bastion",
      adminUsername: "first-user",
      linuxConfiguration: {
        disablePasswordAuthentication: false,
        provisionVMAgent: true,
        patchSettings: {
          patchMode: "AutomaticByPlatform",
          assessmentMode: "AutomaticByPlatform",
          automaticByPlatformSettings: { rebootSetting: "IfRequired" },
        },
      },
    });
  });
});

describe("the setting network.bastion", () => {
  it("is off, and on by choice", () => {
    for (const environment of ["dev", "staging", "prod"]) expect(settings({ config: { environment } }).network.bastion).to.equal(undefined);
    expect(settings({ config: { network: { bastion: true } } }).network.bastion).to.equal(true);
  });

  it("needs a way out", () => {
    for (const cloud of ["aws", "azure"]) {
      const told = faults({ config: { cloud, network: { bastion: true, nat: "none" } } });
      expect(told.map(({ path, given, remedy }) => [path, given, remedy])).to.deep.equal([
        ["network.bastion", true, "pulumi config set --path network.nat single"],
      ]);
      expect(faults({ config: { cloud, network: { bastion: false, nat: "none" } } })).to.be.empty;
    }
  });
});
