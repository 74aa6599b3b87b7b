// Protection on Azure: the plans of Defender for what this platform is made of, and who gets its mail. Both are the subscription's.
import { Pricing, SecurityContact } from "@pulumi/azure-native/security";
import { type ComponentResourceOptions, interpolate } from "@pulumi/pulumi";
import type { Azure } from "../clouds/azure/family";
import { refuse } from "../fault";
import { check, Protection, type ProtectionArgs } from "./index";

/** By Azure's names. Defender changes one plan at a time, and refuses a second meanwhile. */
const plans = [
  { pricingName: "AppServices" },
  { pricingName: "StorageAccounts", subPlan: "DefenderForStorageV2" },
  { pricingName: "KeyVaults" },
  { pricingName: "OpenSourceRelationalDatabases" },
  { pricingName: "Arm" },
] as const;

export class AzureProtection extends Protection<Azure> {
  constructor(name: string, args: ProtectionArgs<Azure>, opts?: ComponentResourceOptions) {
    refuse(check(args, "azure"));
    super("Protection", name, opts);
    this.createPlans(name, args);
    this.report(name, args);
    this.finish({});
  }

  private createPlans(name: string, { network }: ProtectionArgs<Azure>): void {
    const scopeId = interpolate`subscriptions/${network.raw.subscriptionId}`;
    plans.reduce<Pricing[]>((made, plan) => {
      const pricing = new Pricing(
        `${name}-${plan.pricingName.toLowerCase()}`,
        { ...plan, scopeId, pricingTier: "Standard" },
        { parent: this, dependsOn: made.slice(-1) },
      );
      return [...made, pricing];
    }, []);
  }

  private report(name: string, { emails }: ProtectionArgs<Azure>): void {
    new SecurityContact(
      `${name}-contact`,
      {
        // A subscription has one, of this name.
        securityContactName: "default",
        emails: emails.join(";"),
        isEnabled: true,
        notificationsByRole: { state: "Off", roles: [] },
        notificationsSources: [{ sourceType: "Alert", minimalSeverity: "Medium" }],
      },
      { parent: this },
    );
  }
}
