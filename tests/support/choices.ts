/** What is off in prod until it is asked for, as settings of the command line. */
export const choices: readonly string[] = [
  "domain.name=shop.example.org",
  "domain.aws.zoneId=Z0123456789ABCDEFGHIJ",
  "domain.azure.certificateSecretId=https://kv.vault.azure.net/secrets/cert",
  "registry.enabled=true",
  "flags.enabled=true",
  "storage.files.enabled=true",
  "network.bastion=true",
  "security.threatDetection=true",
  "security.emails[0]=security@example.org",
  "edge.ddosPlan=true",
  "budget.scaleDown[0]=web",
  "budget.scaleDown[1]=api",
  "services.docs.kind=static",
  "services.docs.routes.paths[0]=/docs/*",
];
