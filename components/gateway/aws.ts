// Gateway on AWS: one Application Load Balancer for the internet and, only if a service is internal, a second one inside. Services
// hang their own rules on its listeners, so it needs nothing of them and comes first.
import { Certificate, CertificateValidation } from "@pulumi/aws/acm";
import { SecurityGroup } from "@pulumi/aws/ec2";
import { Listener, type ListenerArgs, LoadBalancer } from "@pulumi/aws/lb";
import { Record as DnsRecord } from "@pulumi/aws/route53";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc";
import { type ComponentResourceOptions, type Input, interpolate, type Output, output } from "@pulumi/pulumi";
import { Place } from "../cloud";
import type { Aws } from "../clouds/aws/family";
import { nameOf } from "../clouds/aws/names";
import { transformed } from "../clouds/aws/transforms";
import { ConfigError, refuse } from "../fault";
import { guarded, type Stack, tagsOf } from "../stack";
import { createFirewall } from "./aws-firewall";
import { check, Gateway, type GatewayArgs, type GatewayDomain } from "./index";
import { checkRoutes, rulesOf } from "./priorities";

/** TLS 1.2 and 1.3 with ECDHE and GCM only: the policy without `Res` takes CBC too. */
const tlsPolicy = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06";
const strictTransport = "max-age=31536000; includeSubDomains";
const anywhere = "0.0.0.0/0";

interface Balancer {
  readonly group: SecurityGroup;
  readonly balancer: LoadBalancer;
}

interface Front extends Balancer {
  readonly listener: Listener;
  readonly port: number;
  readonly url: Output<string>;
}

export class AwsGateway extends Gateway<Aws> {
  readonly url: Output<string>;
  readonly raw: { readonly balancer: LoadBalancer; readonly listener: Listener; readonly internalBalancer: LoadBalancer | undefined };
  private readonly stack: Stack;
  private readonly places: ReadonlyMap<string, Aws["place"]>;

  constructor(name: string, args: GatewayArgs<Aws>, opts?: ComponentResourceOptions) {
    refuse([...check(args, "aws"), ...checkRoutes(args.routes)]);
    super("Gateway", name, opts);
    this.stack = args.network.stack;

    const front = this.createFront(name, args);
    const inside = args.routes.some((route) => route.internal) ? this.createInside(name, args) : undefined;
    if (args.waf) createFirewall(this, name, args, front.balancer);
    if (args.domain !== undefined) this.createRecords(name, args, args.domain, front.balancer);

    this.places = placesOf(args, front, inside);
    this.url = front.url;
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
      return { ...built, listener, port: 80, url: interpolate`http://${built.balancer.dnsName}` };
    }
    const cidrs = args.allowedCidrs.length > 0 ? args.allowedCidrs : [anywhere];
    this.allow(name, built.group, 443, cidrs);
    this.allow(name, built.group, 80, cidrs);
    const certificateArn = this.createCertificate(name, args.domain);
    const listener = this.createListener(`${name}-https`, { loadBalancerArn: built.balancer.arn, certificateArn, ...tlsListener }, name);
    this.createListener(`${name}-redirect`, { loadBalancerArn: built.balancer.arn, ...redirectListener }, name);
    return { ...built, listener, port: 443, url: output(`https://${args.domain.name}`) };
  }

  /** Nobody may connect until a service that calls one inside brings the rule for itself. Its own name has no certificate: plain HTTP. */
  private createInside(name: string, args: GatewayArgs<Aws>): Front {
    const built = this.createBalancer(name, args, { part: `${name}-internal`, internal: true, subnets: args.network.raw.appSubnetIds });
    const listener = this.createListener(`${name}-internal`, { loadBalancerArn: built.balancer.arn, ...plainListener }, name);
    return { ...built, listener, port: 80, url: interpolate`http://${built.balancer.dnsName}` };
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

  /** The name and `*.` share one validation record, so the first of the two options is enough. */
  private createCertificate(name: string, domain: GatewayDomain): Input<string> {
    if (domain.certificate !== undefined) return domain.certificate;
    const certificate = new Certificate(
      `${name}-certificate`,
      { domainName: domain.name, subjectAlternativeNames: [`*.${domain.name}`], validationMethod: "DNS", tags: tagsOf(this.stack, name) },
      { parent: this },
    );
    const proof = certificate.domainValidationOptions.apply(([first]) => {
      if (first === undefined) throw new Error(`ACM gave no record that proves ${domain.name}`);
      return first;
    });
    const record = new DnsRecord(
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
    return validation.certificateArn;
  }

  /** The domain itself and the hosts of public routes below it. */
  private createRecords(name: string, args: GatewayArgs<Aws>, domain: GatewayDomain, balancer: LoadBalancer): void {
    if (domain.zone === undefined) return;
    const hosts = args.routes.filter((route) => !route.internal).flatMap((route) => route.hosts);
    for (const host of new Set([domain.name, ...hosts.filter((host) => host.endsWith(`.${domain.name}`))])) {
      const aliases = [{ name: balancer.dnsName, zoneId: balancer.zoneId, evaluateTargetHealth: true }];
      new DnsRecord(`${name}-${host}`, { zoneId: domain.zone, name: host, type: "A", aliases }, { parent: this });
    }
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

function placesOf(args: GatewayArgs<Aws>, front: Front, inside: Front | undefined): ReadonlyMap<string, Aws["place"]> {
  const places = new Map<string, Aws["place"]>();
  for (const side of [front, inside]) {
    if (side === undefined) continue;
    const internal = side === inside;
    for (const [service, rules] of rulesOf(args.routes.filter((route) => route.internal === internal))) {
      const { group, balancer, listener, port, url } = side;
      places.set(service, {
        listenerArn: listener.arn,
        rules,
        balancerGroupId: group.id,
        balancerArnSuffix: balancer.arnSuffix,
        listenerPort: port,
        url,
        internal,
      });
    }
  }
  return places;
}

/** The contract's check has refused a domain with neither zone nor certificate. */
function zoneOf(domain: GatewayDomain): string {
  if (domain.zone === undefined) throw new Error(`no zone in which ${domain.name} can be proven`);
  return domain.zone;
}
