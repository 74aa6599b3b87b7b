// The states that wait until a snapshot of ElastiCache, whose name is in `$snapshot`, is there or has failed.
import type { State } from "./aws-machine";

export const describeSnapshots = "arn:aws:states:::aws-sdk:elasticache:describeSnapshots";

/** The names are those of the three states; `Broken` is where a failure leads to. */
export function untilSnapshot([wait, look, judge]: readonly [string, string, string], next: string): Readonly<Record<string, State>> {
  return {
    [wait]: { Type: "Wait", Seconds: 60, Next: look },
    [look]: {
      Type: "Task",
      Resource: describeSnapshots,
      Arguments: { SnapshotName: "{% $snapshot %}" },
      Assign: { status: "{% $states.result.Snapshots[0].SnapshotStatus %}" },
      Next: judge,
    },
    [judge]: {
      Type: "Choice",
      Choices: [
        { Condition: "{% $status = 'available' %}", Next: next },
        { Condition: "{% $status = 'failed' %}", Next: "Broken" },
      ],
      Default: wait,
    },
  };
}
