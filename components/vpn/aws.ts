// VPN on AWS: a virtual private gateway on the VPC, and a connection of two tunnels for each device of the other side. Routes are written
// here and never learned: the other side can announce whatever it wants.
import { LogGroup } from "@pulumi/aws/cloudwatch";
import { CustomerGateway, Route, VpnConnection, type VpnConnectionArgs, VpnConnectionRoute, VpnGateway } from "@pulumi/aws/ec2";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random";
import type { Aws } from "../clouds/aws/family";
import { storeSecret } from "../clouds/aws/secret";
import { transformed } from "../clouds/aws/transforms";
import { Watched } from "../monitoring/watched";
import { tagsOf } from "../stack";
import { generatedKey, lifetimes, ownAsn, rangeName, Vpn, type VpnArgs, type VpnPeer } from "./index";

/** Diffie-Hellman group 20 is Azure's ECP384. */
const ecp384 = 20;
/** What a device without BGP is said to have: AWS wants a number, and never uses it then. */
const unusedAsn = 65_000;

export class AwsVpn extends Vpn<Aws> {
  readonly addresses: readonly Output<string>[];
  readonly secretId: Output<string>;
  readonly watched: readonly Watched<Aws>[];
  readonly gateway: VpnGateway;
  readonly connections: readonly VpnConnection[];

  constructor(name: string, args: VpnArgs<Aws>, opts?: ComponentResourceOptions) {
    super("Vpn", name, opts);
    const key = this.keepKey(name, args);
    this.secretId = key.secretId;
    this.gateway = this.createGateway(name, args);
    const logs = this.createLogs(name, args);
    this.connections = args.peers.map((peer, index) => this.connect(`${name}-${index + 1}`, name, args, { peer, key: key.value, logs }));
    this.createRoutes(name, args);
    this.openWays(name, args);
    this.addresses = this.connections.flatMap(({ tunnel1Address, tunnel2Address }) => [tunnel1Address, tunnel2Address]);
    this.watched = this.connections.map(({ id }, index) => new Watched<Aws>("vpn", `${name}-${index + 1}`, { values: { VpnId: id } }));
    this.finish({ addresses: this.addresses, secretId: this.secretId });
  }

  /** A given key is an application secret, and in the vault already. */
  private keepKey(
    name: string,
    { key, network, secrets }: VpnArgs<Aws>,
  ): { readonly value: Output<string>; readonly secretId: Output<string> } {
    if ("secret" in key) return { value: key.value, secretId: secrets.secret(key.secret).raw.arn };
    const made = new RandomPassword(`${name}-key`, { ...generatedKey, keepers: { epoch: String(key.epoch) } }, { parent: this });
    const described = { component: name, description: "Pre-shared key of the VPN's tunnels" };
    const { secret } = storeSecret(this, `${name}-key`, {
      stack: network.stack,
      ...described,
      keyArn: secrets.raw.keyArn,
      value: made.result,
    });
    return { value: made.result, secretId: secret.arn };
  }

  private createGateway(name: string, { network: { stack, raw } }: VpnArgs<Aws>): VpnGateway {
    const tags = { ...tagsOf(stack, name), Name: `${stack.project}-${stack.name}-${name}` };
    return new VpnGateway(`${name}-gateway`, { vpcId: raw.vpcId, amazonSideAsn: String(ownAsn.aws), tags }, { parent: this });
  }

  /** AWS lets its own log delivery write to groups of this prefix; elsewhere each group takes a part of one policy of limited size. */
  private createLogs(name: string, { network: { stack }, monitoring }: VpnArgs<Aws>): LogGroup {
    const { logKeyArn, logDays } = monitoring.raw;
    const group = `/aws/vendedlogs/${stack.project}/${stack.name}/${name}`;
    return new LogGroup(
      `${name}-logs`,
      { name: group, kmsKeyId: logKeyArn, retentionInDays: logDays, tags: tagsOf(stack, name) },
      { parent: this },
    );
  }

  private connect(
    part: string,
    name: string,
    args: VpnArgs<Aws>,
    { peer, key, logs }: { readonly peer: VpnPeer; readonly key: Output<string>; readonly logs: LogGroup },
  ): VpnConnection {
    const { stack } = args.network;
    const tags = { ...tagsOf(stack, name), Name: `${stack.project}-${stack.name}-${part}` };
    const device = new CustomerGateway(
      part,
      { type: "ipsec.1", ipAddress: peer.address, bgpAsn: String(args.asn ?? unusedAsn), tags },
      { parent: this },
    );
    const isFixed = args.asn === undefined;
    const connection = new VpnConnection(
      part,
      transformed("vpn.connection", {
        type: "ipsec.1",
        customerGatewayId: device.id,
        vpnGatewayId: this.gateway.id,
        staticRoutesOnly: isFixed,
        ...tunnelsWith(key, logs.arn, !isFixed),
        tags,
      }),
      { parent: this },
    );
    if (isFixed) {
      for (const range of args.remoteRanges) {
        const route = { vpnConnectionId: connection.id, destinationCidrBlock: range };
        new VpnConnectionRoute(`${part}-${rangeName(range)}`, route, { parent: this });
      }
    }
    return connection;
  }

  /** The data tier answers whoever is let in to its servers; the app tier is led there only if services may call. */
  private createRoutes(name: string, { network: { raw }, remoteRanges, allow, calls }: VpnArgs<Aws>): void {
    const tables = [
      ...(allow.length > 0 ? raw.dataRouteTableIds.map((id, zone) => [`data-${zone + 1}`, id] as const) : []),
      ...(calls ? raw.appRouteTableIds.map((id, zone) => [`app-${zone + 1}`, id] as const) : []),
    ];
    for (const [table, routeTableId] of tables) {
      for (const range of remoteRanges) {
        const route = { routeTableId, destinationCidrBlock: range, gatewayId: this.gateway.id };
        new Route(`${name}-${table}-${rangeName(range)}`, route, { parent: this });
      }
    }
  }

  private openWays(name: string, { network: { stack }, remoteRanges, reaches }: VpnArgs<Aws>): void {
    const tags = tagsOf(stack, name);
    for (const { target, raw } of reaches) {
      if (raw.server === undefined) continue;
      const { groupId: securityGroupId, port } = raw.server;
      for (const range of remoteRanges) {
        const rule = { description: `${name}-to-${target}`, ipProtocol: "tcp", fromPort: port, toPort: port, cidrIpv4: range, tags };
        new SecurityGroupIngressRule(`${name}-to-${target}-${rangeName(range)}`, { ...rule, securityGroupId }, { parent: this });
      }
    }
  }
}

type Tunnels = Pick<VpnConnectionArgs, Extract<keyof VpnConnectionArgs, `tunnel1${string}` | `tunnel2${string}`>>;

/** Both tunnels alike: one way to encrypt, no older version of IKE, and AWS itself begins and begins again. */
function tunnelsWith(key: Output<string>, logGroupArn: Output<string>, bgp: boolean): Tunnels {
  const ciphers = ["AES256-GCM-16"];
  const hashes = ["SHA2-384"];
  const groups = [ecp384];
  const lines = { logEnabled: true, logGroupArn, logOutputFormat: "json" };
  const routing = bgp ? { bgpLogEnabled: true, bgpLogGroupArn: logGroupArn, bgpLogOutputFormat: "json" } : {};
  const logged = { cloudwatchLogOptions: { ...lines, ...routing } };
  return {
    tunnel1PresharedKey: key,
    tunnel1IkeVersions: ["ikev2"],
    tunnel1Phase1EncryptionAlgorithms: ciphers,
    tunnel1Phase1IntegrityAlgorithms: hashes,
    tunnel1Phase1DhGroupNumbers: groups,
    tunnel1Phase1LifetimeSeconds: lifetimes.phase1,
    tunnel1Phase2EncryptionAlgorithms: ciphers,
    tunnel1Phase2IntegrityAlgorithms: hashes,
    tunnel1Phase2DhGroupNumbers: groups,
    tunnel1Phase2LifetimeSeconds: lifetimes.phase2,
    tunnel1StartupAction: "start",
    tunnel1DpdTimeoutAction: "restart",
    tunnel1DpdTimeoutSeconds: 30,
    tunnel1LogOptions: logged,
    tunnel2PresharedKey: key,
    tunnel2IkeVersions: ["ikev2"],
    tunnel2Phase1EncryptionAlgorithms: ciphers,
    tunnel2Phase1IntegrityAlgorithms: hashes,
    tunnel2Phase1DhGroupNumbers: groups,
    tunnel2Phase1LifetimeSeconds: lifetimes.phase1,
    tunnel2Phase2EncryptionAlgorithms: ciphers,
    tunnel2Phase2IntegrityAlgorithms: hashes,
    tunnel2Phase2DhGroupNumbers: groups,
    tunnel2Phase2LifetimeSeconds: lifetimes.phase2,
    tunnel2StartupAction: "start",
    tunnel2DpdTimeoutAction: "restart",
    tunnel2DpdTimeoutSeconds: 30,
    tunnel2LogOptions: logged,
  };
}
