// Protection on AWS: GuardDuty with the two sources that this platform has besides those that are always read, and a rule that brings what
// it finds to where alerts go.
import { EventRule } from "@pulumi/aws/cloudwatch";
import { Detector, DetectorFeature } from "@pulumi/aws/guardduty";
import type { ComponentResourceOptions } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { refuse } from "../fault";
import { respondWithin } from "../monitoring/alerts";
import { notify } from "../monitoring/aws-routes";
import { tagsOf } from "../stack";
import { check, Protection, type ProtectionArgs } from "./index";

/** Of GuardDuty's names. Those of EC2, EKS and Lambda have nothing to read here. */
const sources = ["S3_DATA_EVENTS", "RDS_LOGIN_EVENTS"] as const;
/** Low is below 4. */
const mediumSeverity = 4;

export class AwsProtection extends Protection<Aws> {
  readonly detector: Detector;

  constructor(name: string, args: ProtectionArgs<Aws>, opts?: ComponentResourceOptions) {
    refuse(check(args, "aws"));
    super("Protection", name, opts);
    this.detector = this.createDetector(name, args);
    this.report(name, args);
    this.finish({});
  }

  private createDetector(name: string, { network }: ProtectionArgs<Aws>): Detector {
    const detector = new Detector(
      `${name}-detector`,
      { enable: true, findingPublishingFrequency: "FIFTEEN_MINUTES", tags: tagsOf(network.stack, name) },
      { parent: this },
    );
    for (const source of sources) {
      const feature = { detectorId: detector.id, name: source, status: "ENABLED" };
      new DetectorFeature(`${name}-${source.toLowerCase().replaceAll("_", "-")}`, feature, { parent: this });
    }
    return detector;
  }

  private report(name: string, { network, monitoring }: ProtectionArgs<Aws>): void {
    const eventPattern = JSON.stringify({
      source: ["aws.guardduty"],
      "detail-type": ["GuardDuty Finding"],
      detail: { severity: [{ numeric: [">=", mediumSeverity] }] },
    });
    const rule = new EventRule(
      `${name}-findings`,
      { description: "Findings of GuardDuty of medium severity and above", eventPattern, tags: tagsOf(network.stack, name) },
      { parent: this },
    );
    const { stack } = network;
    const text = `GuardDuty has found something in the account of ${stack.project} ${stack.name}: look at it within ${respondWithin.high}.`;
    notify(this, `${name}-findings`, rule, monitoring.raw.routes.high, text);
  }
}
