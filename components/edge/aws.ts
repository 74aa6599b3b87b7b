// Edge on AWS: one CloudFront distribution before the balancer and the buckets of static sites. What CloudFront owns lives in us-east-1.
import { Certificate, CertificateValidation } from "@pulumi/aws/acm";
import { Distribution, OriginAccessControl, VpcOrigin } from "@pulumi/aws/cloudfront";
import { LogDelivery, LogDeliveryDestination, LogDeliverySource } from "@pulumi/aws/cloudwatch";
import { Record as ZoneRecord } from "@pulumi/aws/route53";
import { BucketPolicy } from "@pulumi/aws/s3";
import { Protection } from "@pulumi/aws/shield";
import type { WebAcl } from "@pulumi/aws/wafv2";
import { type ComponentResourceOptions, type Input, interpolate, type Output, output } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { firewallLogGroupName, nameOf } from "../clouds/aws/names";
import { siteBucketPolicy } from "../clouds/aws/policies";
import { transformed } from "../clouds/aws/transforms";
import { type DnsRecord, hostsOf } from "../dns";
import { refuse } from "../fault";
import { createWebAcl } from "../gateway/aws-firewall";
import type { GatewayDomain } from "../gateway";
import { Watched } from "../monitoring/watched";
import { type Stack, tagsOf } from "../stack";
import { behaviours } from "./aws-behaviours";
import { cdnCertificate, cdnRegion, check, Edge, type EdgeArgs } from "./index";

export class AwsEdge extends Edge<Aws> {
  readonly url: Output<string>;
  readonly dnsRecords: readonly DnsRecord[];
  readonly watched: readonly Watched<Aws>[];
  readonly raw: Aws["edge"];
  readonly distribution: Distribution;
  private readonly stack: Stack;
  private readonly tags: Record<string, string>;

  constructor(name: string, args: EdgeArgs<Aws>, opts?: ComponentResourceOptions) {
    refuse(check(args, "aws", args.network.stack.region));
    super("Edge", name, opts);
    this.stack = args.network.stack;
    this.tags = tagsOf(this.stack, name);

    const firewall = this.createFirewall(name, args);
    const certificateArn = args.domain === undefined ? undefined : this.createCertificate(name, args, args.domain);
    this.distribution = this.createDistribution(name, args, firewall, certificateArn);
    this.openSites(name, args);
    this.createLogs(name, args);
    if (args.ddosPlan) this.protect(name);
    this.dnsRecords = args.domain === undefined ? [] : this.createRecords(name, args, args.domain);

    this.url = args.domain === undefined ? interpolate`https://${this.distribution.domainName}` : output(`https://${args.domain.name}`);
    this.watched = firewall === undefined ? [] : [this.watch(name)];
    this.raw = { distributionId: this.distribution.id, webAclName: firewall?.name };
    this.finish({ url: this.url });
  }

  /** Behind CloudFront the balancer's group can't tell visitors apart: who may connect is said here, with the firewall or without. */
  private createFirewall(name: string, args: EdgeArgs<Aws>): WebAcl | undefined {
    // A set of addresses takes no range of all.
    const allowedCidrs = args.allowedCidrs.some((cidr) => cidr.endsWith("/0")) ? [] : args.allowedCidrs;
    return args.waf || allowedCidrs.length > 0 ? createWebAcl(this, name, { ...args, allowedCidrs }, cdnRegion) : undefined;
  }

  /** In us-east-1 the balancer's own will do. Elsewhere a second one; the record that proves the first proves it too. */
  private createCertificate(name: string, { origin }: EdgeArgs<Aws>, domain: GatewayDomain): Input<string> {
    const existing = cdnCertificate(domain, this.stack.region);
    if (existing !== undefined) return existing;
    if (this.stack.region === cdnRegion && origin.raw.certificateArn !== undefined) return origin.raw.certificateArn;
    const certificate = new Certificate(
      `${name}-certificate`,
      {
        region: cdnRegion,
        domainName: domain.name,
        subjectAlternativeNames: [`*.${domain.name}`],
        validationMethod: "DNS",
        tags: this.tags,
      },
      { parent: this },
    );
    const record = origin.raw.proof ?? this.createProof(name, certificate, domain);
    const validation = new CertificateValidation(
      `${name}-validation`,
      { region: cdnRegion, certificateArn: certificate.arn, validationRecordFqdns: [record] },
      { parent: this },
    );
    return validation.certificateArn;
  }

  /** The name and `*.` share one validation record. The contract's check has refused a domain with neither zone nor certificate. */
  private createProof(name: string, certificate: Certificate, { name: host, zone }: GatewayDomain): Output<string> {
    if (zone === undefined) throw new Error(`no zone in which ${host} can be proven`);
    const proof = certificate.domainValidationOptions.apply(([first]) => {
      if (first === undefined) throw new Error(`ACM gave no record that proves ${host}`);
      return first;
    });
    const record = { name: proof.resourceRecordName, type: proof.resourceRecordType, records: [proof.resourceRecordValue] };
    return new ZoneRecord(`${name}-validation`, { zoneId: zone, ...record, ttl: 300, allowOverwrite: true }, { parent: this }).fqdn;
  }

  private createDistribution(
    name: string,
    args: EdgeArgs<Aws>,
    firewall: WebAcl | undefined,
    certificateArn: Input<string> | undefined,
  ): Distribution {
    const { origin, domain, sites } = args;
    const vpcOrigin = this.createVpcOrigin(name, args);
    const access = Object.keys(sites).length > 0 ? this.createAccess(name) : undefined;
    const gateway = {
      originId: "gateway",
      domainName: origin.raw.host,
      vpcOriginConfig: { vpcOriginId: vpcOrigin.id, originReadTimeout: 60, originKeepaliveTimeout: 5 },
    };
    const buckets = Object.entries(sites).map(([service, { raw }]) => ({
      originId: service,
      domainName: raw.host,
      ...(access && { originAccessControlId: access.id }),
    }));
    const distribution = {
      comment: `${this.stack.project} ${this.stack.name}`,
      enabled: true,
      isIpv6Enabled: true,
      httpVersion: "http2and3",
      ...(domain === undefined ? {} : { aliases: hostsOf(domain.name, args.routes) }),
      ...(firewall && { webAclId: firewall.arn }),
      viewerCertificate:
        certificateArn === undefined
          ? { cloudfrontDefaultCertificate: true }
          : { acmCertificateArn: certificateArn, sslSupportMethod: "sni-only", minimumProtocolVersion: "TLSv1.2_2021" },
      origins: [gateway, ...buckets],
      ...behaviours(this, name, args),
      restrictions: { geoRestriction: { restrictionType: "none" } },
      // The VPC origin of before can be deleted only when every place of CloudFront has left it.
      waitForDeployment: true,
      tags: this.tags,
    };
    return new Distribution(`${name}-distribution`, transformed("edge.distribution", distribution), { parent: this });
  }

  /** CloudFront's own network interface in the network. A change of its protocol was seen to hang, so each has one of its own. */
  private createVpcOrigin(name: string, { origin, network }: EdgeArgs<Aws>): VpcOrigin {
    const { balancerArn, secure } = origin.raw;
    const part = `${name}-${secure ? "https" : "http"}`;
    const vpcOriginEndpointConfig = {
      name: nameOf(this.stack, "vpcOrigin", part),
      arn: balancerArn,
      httpPort: 80,
      httpsPort: 443,
      originProtocolPolicy: secure ? "https-only" : "http-only",
      originSslProtocols: { items: ["TLSv1.2"], quantity: 1 },
    };
    // Asks for a network that has an internet gateway, although nothing goes through it: that one comes before the routes to the internet.
    const options = { parent: this, dependsOn: [...network.raw.egress] };
    return new VpcOrigin(part, { vpcOriginEndpointConfig, tags: this.tags }, options);
  }

  private createAccess(name: string): OriginAccessControl {
    return new OriginAccessControl(
      nameOf(this.stack, "edge", name),
      { originAccessControlOriginType: "s3", signingBehavior: "always", signingProtocol: "sigv4" },
      { parent: this },
    );
  }

  /** This distribution may read the sites' files, and nobody else. */
  private openSites(name: string, { sites }: EdgeArgs<Aws>): void {
    for (const [service, { raw }] of Object.entries(sites)) {
      const policy = siteBucketPolicy(raw.bucketArn, this.distribution.arn);
      // S3 answers with a conflict when both are written at once.
      new BucketPolicy(`${name}-${service}`, { bucket: raw.bucketId, policy }, { parent: this, dependsOn: [raw.closed] });
    }
  }

  private createLogs(name: string, { logs }: EdgeArgs<Aws>): void {
    const common = { region: cdnRegion, tags: this.tags };
    const deliveryName = nameOf(this.stack, "logDelivery", name);
    const source = new LogDeliverySource(
      `${name}-logs`,
      { ...common, name: deliveryName, logType: "ACCESS_LOGS", resourceArn: this.distribution.arn },
      { parent: this },
    );
    const destination = new LogDeliveryDestination(
      `${name}-logs`,
      {
        ...common,
        name: deliveryName,
        outputFormat: "json",
        deliveryDestinationConfiguration: { destinationResourceArn: logs.raw.bucketArn },
      },
      // The right to write is tried at once.
      { parent: this, dependsOn: [logs.raw.policy] },
    );
    new LogDelivery(
      `${name}-logs`,
      {
        ...common,
        deliverySourceName: source.name,
        deliveryDestinationArn: destination.arn,
        s3DeliveryConfigurations: [{ suffixPath: "/{yyyy}/{MM}/{dd}/{HH}", enableHiveCompatiblePath: false }],
      },
      { parent: this },
    );
  }

  private watch(name: string): Watched<Aws> {
    return new Watched<Aws>("firewall", name, {
      values: {},
      logGroupName: firewallLogGroupName(this.stack, name),
      logRegion: cdnRegion,
    });
  }

  /** Shield Advanced; AWS refuses it for an account that is not subscribed. */
  private protect(name: string): void {
    const shield = { resourceArn: this.distribution.arn, tags: this.tags };
    new Protection(nameOf(this.stack, "shield", name), shield, { parent: this });
  }

  /** Those that it can't create it names. */
  private createRecords(name: string, { routes }: EdgeArgs<Aws>, domain: GatewayDomain): DnsRecord[] {
    const { domainName, hostedZoneId } = this.distribution;
    const hosts = hostsOf(domain.name, routes);
    if (domain.zone === undefined) return hosts.map((host) => ({ name: host, type: "CNAME", value: domainName }));
    const aliases = [{ name: domainName, zoneId: hostedZoneId, evaluateTargetHealth: false }];
    for (const host of hosts) {
      for (const type of ["A", "AAAA"]) {
        const record = { zoneId: domain.zone, name: host, type, aliases, allowOverwrite: true };
        new ZoneRecord(`${name}-${host}-${type.toLowerCase()}`, record, { parent: this });
      }
    }
    return [];
  }
}
