// Bastion on Azure: Azure Bastion leads to virtual machines only, so there is a small one, which passes on to the servers. Both the entrance
// and the machine ask Microsoft Entra who comes.
import * as compute from "@pulumi/azure-native/compute";
import * as network from "@pulumi/azure-native/network";
import type { ComponentResourceOptions } from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random";
import { sendSignals } from "../clouds/azure/diagnostics";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { transformed } from "../clouds/azure/transforms";
import { tagsOf } from "../stack";
import { Bastion, type BastionArgs } from "./index";

/** Read once, at the first start. */
const firstStart = Buffer.from("#cloud-config\nssh_pwauth: false\n").toString("base64");

export class AzureBastion extends Bastion<Azure> {
  readonly entrance: network.BastionHost;
  readonly host: compute.VirtualMachine;

  constructor(name: string, args: BastionArgs<Azure>, opts?: ComponentResourceOptions) {
    super("Bastion", name, opts);
    this.entrance = this.createEntrance(name, args);
    this.host = this.createHost(name, args);
    this.createLogin(name, args);
    this.finish({});
  }

  /** Standard is the cheapest that forwards to tools on the operator's machine. */
  private createEntrance(name: string, args: BastionArgs<Azure>): network.BastionHost {
    const { stack, raw } = args.network;
    const common = { resourceGroupName: raw.resourceGroupName, location: raw.location, tags: tagsOf(stack, name) };
    const address = new network.PublicIPAddress(
      `${name}-address`,
      {
        ...common,
        publicIpAddressName: nameOf(stack, "publicIp", name),
        sku: { name: "Standard", tier: "Regional" },
        publicIPAllocationMethod: "Static",
        publicIPAddressVersion: "IPv4",
      },
      { parent: this },
    );
    const entrance = new network.BastionHost(
      `${name}-entrance`,
      transformed("bastion.entrance", {
        ...common,
        bastionHostName: nameOf(stack, "bastion", ""),
        sku: { name: "Standard" },
        scaleUnits: 2,
        enableTunneling: true,
        enableShareableLink: false,
        enableIpConnect: false,
        enableFileCopy: false,
        disableCopyPaste: false,
        ipConfigurations: [{ name: "entrance", subnet: { id: raw.subnetIds.bastion }, publicIPAddress: { id: address.id } }],
      }),
      { parent: this },
    );
    const { workspaceId } = args.monitoring.raw;
    sendSignals(this, name, { stack, resourceUri: entrance.id, workspaceId, signals: "logs and metrics" });
    sendSignals(this, `${name}-address`, { stack, resourceUri: address.id, workspaceId, signals: "logs and metrics" });
    return entrance;
  }

  private createHost(name: string, args: BastionArgs<Azure>): compute.VirtualMachine {
    const { stack, raw } = args.network;
    const common = { resourceGroupName: raw.resourceGroupName, location: raw.location, tags: tagsOf(stack, name) };
    const card = new network.NetworkInterface(
      `${name}-host`,
      {
        ...common,
        networkInterfaceName: nameOf(stack, "networkInterface", name),
        enableIPForwarding: false,
        ipConfigurations: [{ name: "host", privateIPAllocationMethod: "Dynamic", subnet: { id: raw.subnetIds.hosts } }],
      },
      { parent: this },
    );
    // Azure makes no machine without a first user. Nobody is given this password, and SSH takes none.
    const adminPassword = new RandomPassword(
      `${name}-first-user`,
      { length: 64, minLower: 1, minUpper: 1, minNumeric: 1 },
      { parent: this },
    );
    const machine = {
      ...common,
      vmName: nameOf(stack, "virtualMachine", name),
      hardwareProfile: { vmSize: "Standard_B2ats_v2" },
      identity: { type: compute.ResourceIdentityType.SystemAssigned },
      networkProfile: { networkInterfaces: [{ id: card.id, primary: true, deleteOption: "Detach" }] },
      osProfile: {
        computerName: name,
        adminUsername: "first-user",
        adminPassword: adminPassword.result,
        customData: firstStart,
        linuxConfiguration: {
          disablePasswordAuthentication: false,
          provisionVMAgent: true,
          patchSettings: {
            patchMode: "AutomaticByPlatform",
            assessmentMode: "AutomaticByPlatform",
            automaticByPlatformSettings: { rebootSetting: "IfRequired" },
          },
        },
      },
      securityProfile: { securityType: "TrustedLaunch", uefiSettings: { secureBootEnabled: true, vTpmEnabled: true } },
      storageProfile: {
        imageReference: { publisher: "Canonical", offer: "ubuntu-24_04-lts", sku: "server", version: "latest" },
        osDisk: { createOption: "FromImage", deleteOption: "Delete", managedDisk: { storageAccountType: "StandardSSD_LRS" } },
      },
    };
    const host = new compute.VirtualMachine(`${name}-host`, transformed("bastion.host", machine), { parent: this });
    const { workspaceId } = args.monitoring.raw;
    sendSignals(this, `${name}-host`, { stack, resourceUri: host.id, workspaceId, signals: "metrics" });
    sendSignals(this, `${name}-card`, { stack, resourceUri: card.id, workspaceId, signals: "metrics" });
    return host;
  }

  /** Logins are those of Microsoft Entra; who may is a role on the machine. */
  private createLogin(name: string, { network: { stack, raw } }: BastionArgs<Azure>): void {
    new compute.VirtualMachineExtension(
      `${name}-login`,
      {
        resourceGroupName: raw.resourceGroupName,
        location: raw.location,
        vmName: this.host.name,
        vmExtensionName: "AADSSHLoginForLinux",
        publisher: "Microsoft.Azure.ActiveDirectory",
        type: "AADSSHLoginForLinux",
        typeHandlerVersion: "1.0",
        autoUpgradeMinorVersion: true,
        tags: tagsOf(stack, name),
      },
      { parent: this },
    );
  }
}
