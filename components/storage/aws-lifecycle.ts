// What becomes of objects on S3: the neutral days as lifecycle rules. Pure, as the copy in the second region has the same.
import type { s3 } from "@pulumi/aws/types/input";
import type { Expiry, Lifecycle } from "./index";

type Rule = s3.BucketLifecycleConfigurationRule;

/** Days that a log, or the parts of a broken upload, can still be found after they were replaced or deleted. */
const leftoverDays = 7;

const always = { status: "Enabled" } as const;
const brokenUploads = { abortIncompleteMultipartUpload: { daysAfterInitiation: leftoverDays } } as const;
/** What a deletion leaves behind in a bucket with versions; S3 takes it in a rule of its own only. */
const markers: Rule = { id: "delete-markers", ...always, filter: {}, expiration: { expiredObjectDeleteMarker: true } };

export function logRules(days: number): Rule[] {
  const noncurrentVersionExpiration = { noncurrentDays: leftoverDays };
  return [{ id: "expire", ...always, filter: {}, expiration: { days }, noncurrentVersionExpiration, ...brokenUploads }, markers];
}

export function lifecycleRules({ versionsDays, folders, ...expiry }: Lifecycle): Rule[] {
  const versions = { noncurrentVersionExpiration: { noncurrentDays: versionsDays }, ...brokenUploads };
  return [
    { id: "objects", ...always, filter: {}, ...steps(expiry), ...versions },
    ...Object.entries(folders).flatMap(([folder, own]): Rule[] => {
      const days = steps(own);
      // A rule without a step is refused.
      return Object.keys(days).length === 0 ? [] : [{ id: folder, ...always, filter: { prefix: `${folder}/` }, ...days }];
    }),
    markers,
  ];
}

function steps({ infrequentAfterDays, coldAfterDays, archiveAfterDays, expireDays }: Expiry): Pick<Rule, "transitions" | "expiration"> {
  const classes = [
    ["STANDARD_IA", infrequentAfterDays],
    ["GLACIER_IR", coldAfterDays],
    ["DEEP_ARCHIVE", archiveAfterDays],
  ] as const;
  const transitions = classes.flatMap(([storageClass, days]) => (days === undefined ? [] : [{ days, storageClass }]));
  return {
    ...(transitions.length === 0 ? {} : { transitions }),
    ...(expireDays === undefined ? {} : { expiration: { days: expireDays } }),
  };
}
