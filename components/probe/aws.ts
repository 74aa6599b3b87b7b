// Probe on AWS: a health check of Route 53. What it measures is in us-east-1 only, and an alarm and its topic are where the metric is: in
// another region the stack makes a second way for critical alerts there.
import { HealthCheck } from "@pulumi/aws/route53";
import { type ComponentResourceOptions, type Output, output } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { createKey } from "../clouds/aws/key";
import { createRoute } from "../monitoring/aws-routes";
import { Watched } from "../monitoring/watched";
import { tagsOf } from "../stack";
import { Probe, type ProbeArgs } from "./index";

/** Where CloudWatch has the metrics of Route 53. */
const metricsRegion = "us-east-1";

export class AwsProbe extends Probe<Aws> {
  readonly url: Output<string>;
  readonly watched: readonly Watched<Aws>[];
  readonly check: HealthCheck;

  constructor(name: string, args: ProbeArgs<Aws>, opts?: ComponentResourceOptions) {
    super("Probe", name, opts);
    this.check = this.createCheck(name, args);
    const elsewhere = args.network.stack.region === metricsRegion ? undefined : this.createRoute(name, args);

    this.url = output(`https://${args.host}${args.path}`);
    this.watched = [new Watched<Aws>("probe", name, { values: { HealthCheckId: this.check.id }, ...(elsewhere && { elsewhere }) })];
    this.finish({ url: this.url });
  }

  /** From three regions at least; down when three requests in a row fail. */
  private createCheck(name: string, { network: { stack }, host, path }: ProbeArgs<Aws>): HealthCheck {
    return new HealthCheck(
      `${name}-check`,
      {
        type: "HTTPS",
        fqdn: host,
        port: 443,
        resourcePath: path,
        enableSni: true,
        requestInterval: 30,
        failureThreshold: 3,
        measureLatency: true,
        regions: ["us-east-1", "us-west-2", "eu-west-1"],
        tags: { ...tagsOf(stack, name), Name: host },
      },
      { parent: this },
    );
  }

  private createRoute(name: string, { network, monitoring }: ProbeArgs<Aws>) {
    const region = metricsRegion;
    const key = createKey(this, name, { network, component: name, description: "Alerts on uptime", users: ["alerts"], region });
    const { critical } = monitoring.raw.receivers;
    const made = { network, component: name, severity: "critical" as const, receivers: critical, keyArn: key.arn, region };
    return { region, route: createRoute(this, `${name}-critical`, made) };
  }
}
