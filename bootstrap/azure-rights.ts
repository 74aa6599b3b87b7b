// What a deployment may do in an Azure subscription. The platform makes resource groups and gives roles at single resources, so its rights are
// the subscription's: what holds it in is the condition below, and a subscription of its own.

/** Roles that Azure itself defines. */
export const roles = {
  contributor: "b24988ac-6180-42a0-ab88-20f7382dd24c",
  accessAdministrator: "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
  blobReader: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
  blobContributor: "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
  /** Encrypts and decrypts: the keys can do nothing else. */
  cryptoUser: "12338af0-0e69-4776-bea7-57ae8d297424",
} as const;

/** Owner, User Access Administrator, Role Based Access Control Administrator and Contributor: whoever gives these gives everything. */
export const neverGiven = [
  "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
  "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
  roles.accessAdministrator,
  roles.contributor,
] as const;

/** The roles of jobs are the platform's own, named by their actions; who may give roles may not yet write these. */
export const ownRoles = [
  "Microsoft.Authorization/roleDefinitions/delete",
  "Microsoft.Authorization/roleDefinitions/read",
  "Microsoft.Authorization/roleDefinitions/write",
] as const;

/** What a preview asks Azure for: the program reads these keys and addresses, which Reader doesn't; and the command whose login it is. */
export const previewRights = [
  "Microsoft.Cache/redisEnterprise/databases/listKeys/action",
  "Microsoft.Cache/redisEnterprise/databases/read",
  "Microsoft.Logic/workflows/triggers/listCallbackUrl/action",
  "Microsoft.Resources/subscriptions/read",
  "Microsoft.Storage/storageAccounts/listKeys/action",
] as const;

/** Gives and takes roles to identities only, none of the great ones, and none to or from itself. */
export function withoutGreatRoles(principalId: string): string {
  const rule = (action: "write" | "delete", source: "Request" | "Resource"): string => {
    const attribute = (name: string): string => `@${source}[Microsoft.Authorization/roleAssignments:${name}]`;
    const allowed = [
      `${attribute("RoleDefinitionId")} ForAnyOfAllValues:GuidNotEquals {${neverGiven.join(", ")}}`,
      `${attribute("PrincipalType")} ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal'}`,
      `${attribute("PrincipalId")} ForAnyOfAllValues:GuidNotEquals {${principalId}}`,
    ];
    return `((!(ActionMatches{'Microsoft.Authorization/roleAssignments/${action}'})) OR (${allowed.join(" AND ")}))`;
  };
  return `${rule("write", "Request")} AND ${rule("delete", "Resource")}`;
}
