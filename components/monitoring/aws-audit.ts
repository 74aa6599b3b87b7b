// The audit trail on AWS: who did what in the account, kept as files in the log bucket and searchable in a log group.
import { Trail } from "@pulumi/aws/cloudtrail";
import { LogGroup } from "@pulumi/aws/cloudwatch";
import { RolePolicy } from "@pulumi/aws/iam";
import { type ComponentResource, interpolate, type Output } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { logGroupName, nameOf } from "../clouds/aws/names";
import { permissions, policyDocument, trustPolicy } from "../clouds/aws/permissions";
import { createServiceRole } from "../clouds/aws/role";
import type { Network } from "../network";
import { tagsOf } from "../stack";
import type { Storage } from "../storage";

/** CloudWatch's and the bucket's files of the trail are checked against a digest, so that a change of them shows. Returns the log group's name. */
export function createAudit(
  parent: ComponentResource,
  name: string,
  args: { readonly network: Network<Aws>; readonly logs: Storage<Aws>; readonly keyArn: Output<string>; readonly days: number },
): Output<string> {
  const { stack, raw } = args.network;
  const tags = tagsOf(stack, name);
  const group = new LogGroup(
    `${name}-audit`,
    { name: logGroupName(stack, "audit"), kmsKeyId: args.keyArn, retentionInDays: args.days, tags },
    { parent },
  );
  const role = createServiceRole(parent, stack, nameOf(stack, "role", `${name}-audit`), {
    assumeRolePolicy: trustPolicy("cloudtrail.amazonaws.com", raw.accountId),
    tags,
  });
  const policy = policyDocument([{ actions: permissions.audit.log, resources: [interpolate`${group.arn}:*`] }]);
  const access = new RolePolicy(`${name}-audit`, { role: role.id, policy }, { parent });
  new Trail(
    nameOf(stack, "trail", name),
    {
      s3BucketName: args.logs.raw.bucketName,
      isMultiRegionTrail: true,
      includeGlobalServiceEvents: true,
      enableLogFileValidation: true,
      cloudWatchLogsGroupArn: interpolate`${group.arn}:*`,
      cloudWatchLogsRoleArn: role.arn,
      tags,
    },
    // It tries both as soon as it is made.
    { parent, dependsOn: [access, args.logs.raw.policy] },
  );
  return group.name;
}
