// Gateway on AWS: one Application Load Balancer for the internet and, only if a service is internal, a second one inside. Services
// hang their own rules on its listeners, so it needs nothing of them and comes first. Behind a CDN the first is inside as well.
import { Certificate, CertificateValidation } from "@pulumi/aws/acm";
import { getManagedPrefixListOutput, SecurityGroup } from "@pulumi/aws/ec2";
import { Listener, type ListenerArgs, ListenerRule, LoadBalancer } from "@pulumi/aws/lb";
import { Record as ZoneRecord } from "@pulumi/aws/route53";
import { Protection } from "@pulumi/aws/shield";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc";
import { type ComponentResourceOptions, type Input, interpolate, type Output, output } from "@pulumi/pulumi";
import { Origin, Place } from "../cloud";
import type { Aws } from "../clouds/aws/family";
import { firewallLogGroupName, nameOf } from "../clouds/aws/names";
import { transformed } from "../clouds/aws/transforms";
import { ConfigError, refuse } from "../fault";
import { type DnsRecord, hostsOf } from "../dns";
import { Watched } from "../monitoring/watched";
import { guarded, type Stack, tagsOf } from "../stack";
import { createFirewall } from "./aws-firewall";
import { check, Gateway, type GatewayArgs, type GatewayDomain } from "./index";
import { maintenancePage } from "./maintenance";
import { anchorsOf, checkRoutes, maintenancePriority, rulesOf } from "./priorities";

/** TLS 1.2 and 1.3 with ECDHE and GCM only: the policy without `Res` takes CBC too. */
const tlsPolicy = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06";
const strictTransport = "max-age=31536000; includeSubDomains";
const anywhere = "0.0.0.0/0";
/** AWS's own list of the addresses from which CloudFront asks origins. */
const cloudFrontAddresses = "com.amazonaws.global.cloudfront.origin-facing";

interface Balancer {
  readonly group: SecurityGroup;
  readonly balancer: LoadBalancer;
}

interface Front extends Balancer {
  readonly listener: Listener;
  readonly certificateArn: Input<string> | undefined;
  readonly port: number;
  readonly url: Output<string>;
  readonly certificate: GatewayCertificate | undefined;
}

interface GatewayCertificate {
  readonly arn: Input<string>;
  /** The record that proves the domain, if the certificate was issued here. */
  readonly proof: Output<string> | undefined;
}

export class AwsGateway extends Gateway<Aws> {
  readonly url: Output<string>;
  readonly origin: Origin<Aws> | undefined;
  readonly dnsRecords: readonly DnsRecord[];
  readonly raw: { readonly balancer: LoadBalancer; readonly listener: Listener; readonly internalBalancer: LoadBalancer | undefined };
  readonly watched: readonly Watched<Aws>[];
  private readonly stack: Stack;
  private readonly places: ReadonlyMap<string, Aws["place"]>;

  constructor(name: string, args: GatewayArgs<Aws>, opts?: ComponentResourceOptions) {
    refuse([...check(args, "aws"), ...checkRoutes(args.routes)]);
    super("Gateway", name, opts);
    this.stack = args.network.stack;

    const front = args.cdn ? this.createBehindCdn(name, args) : this.createFront(name, args);
    const inside = args.routes.some((route) => route.internal) ? this.createInside(name, args) : undefined;
    if (args.waf && !args.cdn) createFirewall(this, name, args, front.balancer);
    if (args.ddosPlan && !args.cdn) this.protect(name, front.balancer);
    if (args.maintenance === true) this.stopTraffic(name, front.listener);
    this.dnsRecords = args.domain === undefined || args.cdn ? [] : this.createRecords(name, args, args.domain, front.balancer);

    this.places = placesOf(args, front, inside);
    this.url = front.url;
    this.origin = args.cdn ? originOf(args, front) : undefined;
    this.watched = watch(name, args, front);
    this.raw = { balancer: front.balancer, listener: front.listener, internalBalancer: inside?.balancer };
    this.finish({ url: this.url });
  }

  place(service: string): Place<Aws> {
    const place = this.places.get(service);
    if (place === undefined) {
      const known = [...this.places.keys()].join(", ");
      throw new ConfigError([
        {
          path: `services.${service}`,
          problem: "has no route of the gateway",
          remedy: `give it one; routes exist for ${known || "no service"}`,
        },
      ]);
    }
    return new Place<Aws>(service, place);
  }

  /** With a domain TLS for all who may connect; without one plain HTTP, and only for ranges that are named. */
  private createFront(name: string, args: GatewayArgs<Aws>): Front {
    const built = this.createBalancer(name, args, { part: name, internal: false, subnets: args.network.raw.publicSubnetIds });
    if (args.domain === undefined) {
      this.allow(name, built.group, 80, args.allowedCidrs);
      const listener = this.createListener(`${name}-http`, { loadBalancerArn: built.balancer.arn, ...plainListener }, name);
      const url = interpolate`http://${built.balancer.dnsName}`;
      return { ...built, listener, certificateArn: undefined, port: 80, url, certificate: undefined };
    }
    const cidrs = args.allowedCidrs.length > 0 ? args.allowedCidrs : [anywhere];
    this.allow(name, built.group, 443, cidrs);
    this.allow(name, built.group, 80, cidrs);
    const certificate = this.createCertificate(name, args.domain);
    const https = { loadBalancerArn: built.balancer.arn, certificateArn: certificate.arn, ...tlsListener };
    const listener = this.createListener(`${name}-https`, https, name);
    this.createListener(`${name}-redirect`, { loadBalancerArn: built.balancer.arn, ...redirectListener }, name);
    const url = output(`https://${args.domain.name}`);
    return { ...built, listener, certificateArn: certificate.arn, port: 443, url, certificate };
  }

  /**
   * The CDN's origin: without a public address, and open to CloudFront's addresses only; of these no distribution but those of this account
   * can name it. A part of its own, so that a stack that turns the CDN on or off has both while it changes.
   */
  private createBehindCdn(name: string, args: GatewayArgs<Aws>): Front {
    const part = `${name}-cdn`;
    const built = this.createBalancer(name, args, { part, internal: true, subnets: args.network.raw.appSubnetIds });
    const certificate = args.domain === undefined ? undefined : this.createCertificate(name, args.domain);
    const port = certificate === undefined ? 80 : 443;
    const prefixList = getManagedPrefixListOutput({ name: cloudFrontAddresses }, { parent: this });
    new SecurityGroupIngressRule(
      `${part}-${port}`,
      {
        securityGroupId: built.group.id,
        description: `Port ${port} from CloudFront`,
        ipProtocol: "tcp",
        fromPort: port,
        toPort: port,
        prefixListId: prefixList.id,
        tags: tagsOf(this.stack, name),
      },
      { parent: this },
    );
    const served = certificate === undefined ? plainListener : { certificateArn: certificate.arn, ...tlsListener };
    const listener = this.createListener(part, { loadBalancerArn: built.balancer.arn, ...served }, name);
    const url = args.domain === undefined ? interpolate`http://${built.balancer.dnsName}` : output(`https://${args.domain.name}`);
    return { ...built, listener, certificateArn: certificate?.arn, port, url, certificate };
  }

  /** Nobody may connect until a service that calls one inside brings the rule for itself. Its own name has no certificate: plain HTTP. */
  private createInside(name: string, args: GatewayArgs<Aws>): Front {
    const built = this.createBalancer(name, args, { part: `${name}-internal`, internal: true, subnets: args.network.raw.appSubnetIds });
    const listener = this.createListener(`${name}-internal`, { loadBalancerArn: built.balancer.arn, ...plainListener }, name);
    const url = interpolate`http://${built.balancer.dnsName}`;
    return { ...built, listener, certificateArn: undefined, port: 80, url, certificate: undefined };
  }

  /** Its way out to a service is a rule that the service brings. */
  private createBalancer(
    name: string,
    args: GatewayArgs<Aws>,
    kind: { readonly part: string; readonly internal: boolean; readonly subnets: readonly Output<string>[] },
  ): Balancer {
    const tags = tagsOf(this.stack, name);
    const keep = guarded(this.stack, "data");
    const group = new SecurityGroup(
      nameOf(this.stack, "securityGroup", kind.part),
      {
        vpcId: args.network.raw.vpcId,
        description: kind.internal ? "Load balancer inside the network" : "Load balancer for the internet",
        tags,
      },
      { parent: this },
    );
    const balancerArgs = {
      loadBalancerType: "application",
      internal: kind.internal,
      subnets: [...kind.subnets],
      securityGroups: [group.id],
      idleTimeout: 60,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: "defensive",
      enableZonalShift: true,
      enableDeletionProtection: keep,
      accessLogs: { bucket: args.logs.raw.bucketName, enabled: true },
      tags,
    };
    // A balancer tries to write to the bucket when it is made: the bucket's policy must be there.
    const options = { parent: this, protect: keep, dependsOn: [args.logs.raw.policy] };
    return {
      group,
      balancer: new LoadBalancer(nameOf(this.stack, "loadBalancer", kind.part), transformed("gateway.balancer", balancerArgs), options),
    };
  }

  private allow(name: string, group: SecurityGroup, port: number, cidrs: readonly string[]): void {
    for (const cidr of cidrs) {
      new SecurityGroupIngressRule(
        `${name}-${port}-${cidr.replace("/", "-")}`,
        {
          securityGroupId: group.id,
          description: `Port ${port} from ${cidr}`,
          ipProtocol: "tcp",
          fromPort: port,
          toPort: port,
          cidrIpv4: cidr,
          tags: tagsOf(this.stack, name),
        },
        { parent: this },
      );
    }
  }

  private createListener(listener: string, args: ListenerArgs, name: string): Listener {
    return new Listener(listener, transformed("gateway.listener", { ...args, tags: tagsOf(this.stack, name) }), { parent: this });
  }

  /** Before every service's rule and every preview. */
  private stopTraffic(name: string, listener: Listener): void {
    const fixedResponse = { contentType: "text/html", statusCode: "503", messageBody: maintenancePage };
    new ListenerRule(
      `${name}-maintenance`,
      {
        listenerArn: listener.arn,
        priority: maintenancePriority,
        conditions: [{ pathPattern: { values: ["/*"] } }],
        actions: [{ type: "fixed-response", fixedResponse }],
        tags: tagsOf(this.stack, name),
      },
      { parent: this },
    );
  }

  /** The name and `*.` share one validation record, so the first of the two options is enough. */
  private createCertificate(name: string, domain: GatewayDomain): GatewayCertificate {
    if (domain.certificate !== undefined) return { arn: domain.certificate, proof: undefined };
    const certificate = new Certificate(
      `${name}-certificate`,
      { domainName: domain.name, subjectAlternativeNames: [`*.${domain.name}`], validationMethod: "DNS", tags: tagsOf(this.stack, name) },
      { parent: this },
    );
    const proof = certificate.domainValidationOptions.apply(([first]) => {
      if (first === undefined) throw new Error(`ACM gave no record that proves ${domain.name}`);
      return first;
    });
    const record = new ZoneRecord(
      `${name}-validation`,
      {
        zoneId: zoneOf(domain),
        name: proof.resourceRecordName,
        type: proof.resourceRecordType,
        records: [proof.resourceRecordValue],
        ttl: 300,
        allowOverwrite: true,
      },
      { parent: this },
    );
    const validation = new CertificateValidation(
      `${name}-validation`,
      { certificateArn: certificate.arn, validationRecordFqdns: [record.fqdn] },
      { parent: this },
    );
    return { arn: validation.certificateArn, proof: record.fqdn };
  }

  /** Shield Advanced; AWS refuses it for an account that is not subscribed. */
  private protect(name: string, balancer: LoadBalancer): void {
    new Protection(nameOf(this.stack, "shield", name), { resourceArn: balancer.arn, tags: tagsOf(this.stack, name) }, { parent: this });
  }

  /** Those that it can't create it names. */
  private createRecords(name: string, args: GatewayArgs<Aws>, domain: GatewayDomain, balancer: LoadBalancer): DnsRecord[] {
    const hosts = hostsOf(domain.name, args.routes);
    if (domain.zone === undefined) return hosts.map((host) => ({ name: host, type: "CNAME", value: balancer.dnsName }));
    for (const host of hosts) {
      const aliases = [{ name: balancer.dnsName, zoneId: balancer.zoneId, evaluateTargetHealth: true }];
      // As the CDN's: a stack that takes over finds the lost one's record.
      const record = { zoneId: domain.zone, name: host, type: "A", aliases, allowOverwrite: true };
      new ZoneRecord(`${name}-${host}`, record, { parent: this });
    }
    return [];
  }
}

/** What no rule takes is not found; the balancer says nothing about itself. */
const notFound = [{ type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: "404", messageBody: "Not found" } }];
const plainListener = { port: 80, protocol: "HTTP", defaultActions: notFound, routingHttpResponseServerEnabled: false };
const tlsListener = {
  port: 443,
  protocol: "HTTPS",
  sslPolicy: tlsPolicy,
  defaultActions: notFound,
  routingHttpResponseServerEnabled: false,
  routingHttpResponseStrictTransportSecurityHeaderValue: strictTransport,
};
const redirectListener = {
  port: 80,
  protocol: "HTTP",
  defaultActions: [{ type: "redirect", redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } }],
};

function watch(name: string, { waf, cdn, network }: GatewayArgs<Aws>, { balancer, certificateArn }: Front): Watched<Aws>[] {
  const watched = [new Watched<Aws>("gateway", name, { values: { LoadBalancer: balancer.arnSuffix } })];
  // Behind a CDN the firewall is the CDN's.
  if (waf && !cdn)
    watched.push(new Watched<Aws>("firewall", name, { values: {}, logGroupName: firewallLogGroupName(network.stack, name) }));
  if (certificateArn !== undefined)
    watched.push(new Watched<Aws>("certificate", `${name}-certificate`, { values: { CertificateArn: certificateArn } }));
  return watched;
}

function placesOf(args: GatewayArgs<Aws>, front: Front, inside: Front | undefined): ReadonlyMap<string, Aws["place"]> {
  const places = new Map<string, Aws["place"]>();
  for (const side of [front, inside]) {
    if (side === undefined) continue;
    const internal = side === inside;
    const routes = args.routes.filter((route) => route.internal === internal);
    const anchors = anchorsOf(routes);
    for (const [service, rules] of rulesOf(routes)) {
      const { group, balancer, listener, port, url } = side;
      places.set(service, {
        listenerArn: listener.arn,
        rules,
        anchorPriority: anchors.get(service) ?? 0,
        balancerGroupId: group.id,
        balancerArnSuffix: balancer.arnSuffix,
        listenerPort: port,
        url,
        internal,
        behindCdn: args.cdn && !internal,
      });
    }
  }
  return places;
}

/** With TLS CloudFront asks for the domain, because that is what the certificate is for. */
function originOf({ domain }: GatewayArgs<Aws>, { balancer, certificate }: Front): Origin<Aws> {
  return new Origin<Aws>({
    balancerArn: balancer.arn,
    host: domain === undefined ? balancer.dnsName : output(domain.name),
    secure: certificate !== undefined,
    certificateArn: certificate?.arn,
    proof: certificate?.proof,
  });
}

/** The contract's check has refused a domain with neither zone nor certificate. */
function zoneOf(domain: GatewayDomain): string {
  if (domain.zone === undefined) throw new Error(`no zone in which ${domain.name} can be proven`);
  return domain.zone;
}
