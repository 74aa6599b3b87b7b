// What stands between a preview and an update: data is never deleted or replaced because nobody looked.
import type { EngineEvent, OpType } from "@pulumi/pulumi/automation";

/** One step of a preview or an update. */
export interface Step {
  readonly op: OpType;
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** URN of the component that it belongs to. */
  readonly parent: string;
  readonly protect: boolean;
  /** Properties that make a replacement necessary, or that change. */
  readonly because: readonly string[];
}

/** Resources that hold what can't be made again. */
export const dataTypes: readonly string[] = [
  ...["aws:rds/instance:Instance", "aws:elasticache/replicationGroup:ReplicationGroup", "aws:s3/bucket:Bucket", "aws:sqs/queue:Queue"],
  ...["aws:secretsmanager/secret:Secret", "aws:kms/key:Key", "aws:efs/fileSystem:FileSystem", "aws:backup/vault:Vault"],
  ...["azure-native:dbforpostgresql:Server", "azure-native:dbforpostgresql:Database", "azure-native:redisenterprise:Database"],
  ...["azure-native:redisenterprise:RedisEnterprise", "azure-native:storage:StorageAccount", "azure-native:storage:BlobContainer"],
  ...["azure-native:servicebus:Namespace", "azure-native:servicebus:Queue", "azure-native:keyvault:Vault", "azure-native:keyvault:Key"],
  ...["azure-native:resources:ResourceGroup", "azure-native:dataprotection:BackupVault", "azure-native:storage:FileShare"],
];

/** Steps that take something away that is there. */
export const removing: ReadonlySet<OpType> = new Set(["delete", "replace", "delete-replaced", "create-replacement"]);

export function stepsOf(events: readonly EngineEvent[]): Step[] {
  return events.flatMap(({ resourcePreEvent }) => {
    if (resourcePreEvent === undefined) return [];
    const { op, urn, type, old, new: wanted, diffs, keys } = resourcePreEvent.metadata;
    const because = [...new Set([...(keys ?? []), ...(diffs ?? [])])];
    return [
      {
        op,
        urn,
        type,
        name: urn.split("::").at(-1) ?? urn,
        parent: (wanted ?? old)?.parent ?? "",
        protect: old?.protect === true,
        because,
      },
    ];
  });
}

/** Steps that would take data or what is protected, and that nobody allowed by URN, name or type. One for each resource. */
export function dangers(steps: readonly Step[], allowed: readonly string[]): Step[] {
  const found = steps.filter(
    ({ op, type, urn, name, protect }) =>
      removing.has(op) && (protect || dataTypes.includes(type)) && ![urn, name, type].some((word) => allowed.includes(word)),
  );
  return found.filter(({ urn }, index) => found.findIndex((other) => other.urn === urn) === index);
}
