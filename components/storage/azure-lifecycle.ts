// What becomes of objects on Azure: the neutral days as rules of a management policy. Pure, as the copy in the second region has the
// same.
import type { storage as inputs } from "@pulumi/azure-native/types/input";
import type { Expiry, Lifecycle, Purpose } from "./index";

type Rule = inputs.ManagementPolicyRuleArgs;
type Actions = NonNullable<inputs.ManagementPolicyDefinitionArgs["actions"]>;

export function logRules(days: number): Rule[] {
  return [rule("expire", { blobTypes: ["blockBlob", "appendBlob"] }, { baseBlob: { delete: { daysAfterModificationGreaterThan: days } } })];
}

/** `archives`: whether the account's redundancy sells the archive tier; where not, the cold tier takes its place. */
export function lifecycleRules({ versionsDays, folders, ...expiry }: Lifecycle, purpose: Purpose, archives: boolean): Rule[] {
  const blobTypes = ["blockBlob"];
  // A version's days count from when it was written, which may be long ago when it is replaced: it then is a deleted object, and can
  // be brought back for the same days once more.
  const version = { delete: { daysAfterCreationGreaterThan: versionsDays } };
  return [
    rule("objects", { blobTypes }, { ...steps(expiry, archives), version }),
    ...Object.entries(folders).flatMap(([folder, own]): Rule[] => {
      const actions = steps(own, archives);
      // A rule without a step is refused.
      return actions.baseBlob === undefined ? [] : [rule(folder, { blobTypes, prefixMatch: [`${purpose}/${folder}/`] }, actions)];
    }),
  ];
}

function rule(name: string, filters: inputs.ManagementPolicyFilterArgs, actions: Actions): Rule {
  return { name, enabled: true, type: "Lifecycle", definition: { filters, actions } };
}

function steps(expiry: Expiry, archives: boolean): { readonly baseBlob?: inputs.ManagementPolicyBaseBlobArgs } {
  const { infrequentAfterDays, archiveAfterDays, expireDays } = expiry;
  const coldAfterDays = expiry.coldAfterDays ?? (archives ? undefined : archiveAfterDays);
  const days = [
    ["tierToCool", infrequentAfterDays],
    ["tierToCold", coldAfterDays],
    ["tierToArchive", archives ? archiveAfterDays : undefined],
    ["delete", expireDays],
  ] as const;
  const stated = days.flatMap(([action, after]) =>
    after === undefined ? [] : [[action, { daysAfterModificationGreaterThan: after }] as const],
  );
  return stated.length === 0 ? {} : { baseBlob: Object.fromEntries(stated) };
}
