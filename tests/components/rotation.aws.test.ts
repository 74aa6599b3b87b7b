import { expect } from "chai";
import { AwsRotation } from "../../components/rotation/aws";
import { secondsAfter } from "../../components/rotation/index";
import { awsMonitoring, awsNetwork, awsSecrets, awsTags, madeBy, recordData } from "../support/aws-parts";
import { only } from "../support/record";

describe("Rotation on AWS", () => {
  it("is one alarm, which goes off 90 days after the epoch's day and stays until it is raised", async () => {
    const resources = await recordData(() => {
      const network = awsNetwork();
      const parts = { network, secrets: awsSecrets(network), monitoring: awsMonitoring(network) };
      new AwsRotation("rotation", { ...parts, epoch: 3, rotatedOn: "2026-11-21" });
    });
    expect(madeBy(resources, "rotation")).to.deep.equal(["cloudwatch MetricAlarm platform-test-high-rotation"]);
    const due = Date.parse("2027-02-19T00:00:00Z") / 1000;
    expect(secondsAfter("2026-11-21", 90)).to.equal(due);
    expect(only(resources, "aws:cloudwatch/metricAlarm:MetricAlarm").inputs).to.deep.equal({
      alarmDescription: "Passwords and secrets of epoch 3 (2026-11-21) are more than 90 days old: rotate them (docs/secrets.md)",
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      evaluationPeriods: 1,
      treatMissingData: "ignore",
      metricQueries: [
        { id: "events", metric: { namespace: "AWS/Logs", metricName: "IncomingLogEvents", period: 3600, stat: "Sum" }, returnData: false },
        { id: "due", expression: `IF(EPOCH(events) >= ${due}, 1, 0)`, label: "Rotation is due", returnData: true },
      ],
      alarmActions: ["platform-test-monitoring-high_arn"],
      okActions: ["platform-test-monitoring-high_arn"],
      tags: awsTags("rotation"),
    });
  });
});
