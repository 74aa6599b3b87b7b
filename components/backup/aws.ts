// Backup on AWS: AWS Backup for the database, with a second vault in another region, and state machines for what AWS Backup can't do:
// the archive, snapshots of the cache, and the test that a copy can be restored and read.
import { Plan, Selection, Vault, VaultLockConfiguration } from "@pulumi/aws/backup";
import { type Role, RolePolicyAttachment } from "@pulumi/aws/iam";
import type { backup as inputs } from "@pulumi/aws/types/input";
import type { ComponentResourceOptions, Output } from "@pulumi/pulumi";
import type { Aws } from "../clouds/aws/family";
import { createKey } from "../clouds/aws/key";
import { nameOf } from "../clouds/aws/names";
import { trustPolicy } from "../clouds/aws/permissions";
import { createServiceRole } from "../clouds/aws/role";
import { transformed } from "../clouds/aws/transforms";
import { refuse } from "../fault";
import { Watched } from "../monitoring/watched";
import { guarded, tagsOf } from "../stack";
import { createArchive } from "./aws-archive";
import { createSnapshots } from "./aws-cache";
import { createRestoreTest } from "./aws-restore-test";
import { Backup, type BackupArgs, check, hasOf } from "./index";

/** What an API call alone may undo, for as long as the guard is on: a copy stays at least so long. */
const lockedDays = 7;

export class AwsBackup extends Backup<Aws> {
  readonly watched: readonly Watched<Aws>[];
  readonly vault: Vault | undefined;
  readonly copyVault: Vault | undefined;

  constructor(
    private readonly name: string,
    private readonly args: BackupArgs<Aws>,
    opts?: ComponentResourceOptions,
  ) {
    refuse(check(args, hasOf(args)));
    super("Backup", name, opts);
    const { database, cache, bucket } = args;
    const planned = database !== undefined && (args.dailyDays > 0 || args.weeklyDays > 0);
    this.vault = planned ? this.createVaultIn(name, args.secrets.raw.keyArn, {}) : undefined;
    this.watched = this.vault === undefined ? [] : [watchedOf(name, this.vault)];
    this.copyVault = planned && args.copy ? this.createCopyVault() : undefined;
    if (this.vault !== undefined && database !== undefined) this.createPlan(this.vault, database.raw.arn);

    if (args.archive && database !== undefined && bucket !== undefined)
      createArchive(this, `${name}-archive`, name, args, database.raw, bucket.raw);
    if (args.cacheDays > 0 && cache !== undefined) createSnapshots(this, `${name}-cache`, name, args, cache.raw);
    if (args.restoreTest && database !== undefined) createRestoreTest(this, `${name}-restore-test`, name, args, database.raw);
    this.finish({});
  }

  /** Under a key of that region: the copies can be read when the first region can't be reached. */
  private createCopyVault(): Vault | undefined {
    const { network } = this.args;
    const region = network.stack.secondRegion;
    if (region === undefined) return undefined;
    const part = `${this.name}-copy`;
    const key = createKey(this, part, { network, region, component: this.name, description: "Copies of the database", users: [] });
    return this.createVaultIn(part, key.arn, { region });
  }

  private createVaultIn(part: string, kmsKeyArn: Output<string>, elsewhere: { readonly region?: string }): Vault {
    const { stack } = this.args.network;
    const keep = guarded(stack, "vault");
    const vault = new Vault(
      nameOf(stack, "backupVault", part),
      transformed("backup.vault", { ...elsewhere, kmsKeyArn, forceDestroy: !keep, tags: tagsOf(stack, this.name) }),
      { parent: this, protect: keep },
    );
    if (keep) {
      // Without days of grace: those would make the lock one that not even AWS opens.
      const lock = { ...elsewhere, backupVaultName: vault.name, minRetentionDays: Math.min(lockedDays, ...this.days()) };
      new VaultLockConfiguration(`${part}-lock`, lock, { parent: this });
    }
    return vault;
  }

  /** Snapshots only: continuous backups would take the server's own out of the program's hands. */
  private createPlan(vault: Vault, databaseArn: Output<string>): void {
    const { network, dailyDays, weeklyDays } = this.args;
    const { stack } = network;
    const plan = new Plan(
      nameOf(stack, "backupPlan", this.name),
      transformed("backup.plan", {
        rules: [
          ...(dailyDays > 0 ? [this.rule(vault, "daily", "cron(0 5 * * ? *)", dailyDays)] : []),
          ...(weeklyDays > 0 ? [this.rule(vault, "weekly", "cron(0 7 ? * SUN *)", weeklyDays)] : []),
        ],
        tags: tagsOf(stack, this.name),
      }),
      { parent: this },
    );
    const { role, allowed } = this.createRole();
    new Selection(
      `${this.name}-database`,
      { name: "database", planId: plan.id, iamRoleArn: role.arn, resources: [databaseArn] },
      { parent: this, dependsOn: allowed },
    );
  }

  private rule(vault: Vault, ruleName: string, schedule: string, deleteAfter: number): inputs.PlanRule {
    return {
      ruleName,
      targetVaultName: vault.name,
      schedule,
      scheduleExpressionTimezone: "UTC",
      // Minutes: it begins within an hour, and what is not done after half a day has failed.
      startWindow: 60,
      completionWindow: 720,
      lifecycle: { deleteAfter },
      ...(this.copyVault === undefined ? {} : { copyActions: [{ destinationVaultArn: this.copyVault.arn, lifecycle: { deleteAfter } }] }),
      recoveryPointTags: tagsOf(this.args.network.stack, this.name),
    };
  }

  /** AWS's own list of what AWS Backup needs: it grows with the service, and a list of ours would fail silently at night. */
  private createRole(): { readonly role: Role; readonly allowed: RolePolicyAttachment[] } {
    const { stack, raw } = this.args.network;
    const role = createServiceRole(this, stack, nameOf(stack, "role", this.name), {
      assumeRolePolicy: trustPolicy("backup.amazonaws.com", raw.accountId),
      tags: tagsOf(stack, this.name),
    });
    const policyArn = "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup";
    return { role, allowed: [new RolePolicyAttachment(this.name, { role: role.name, policyArn }, { parent: this })] };
  }

  private days(): number[] {
    return [this.args.dailyDays, this.args.weeklyDays].filter((days) => days > 0);
  }
}

/** The vault of the stack's own region, from which the copies leave: each kind of job calls it by another word. */
function watchedOf(name: string, vault: Vault): Watched<Aws> {
  return new Watched<Aws>("backup", name, { values: { BackupVaultName: vault.name, BackupVaultArn: vault.arn } });
}
