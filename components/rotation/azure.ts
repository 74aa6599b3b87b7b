// Rotation on Azure: the vault itself tells of a secret that nears its end, 30 days before. The secrets of services have no end, as a
// change of it would be a new version, and so a restart; one marker has, whose value is the number of the epoch.
import * as eventgrid from "@pulumi/azure-native/eventgrid";
import * as keyvault from "@pulumi/azure-native/keyvault";
import type { ComponentResourceOptions } from "@pulumi/pulumi";
import { sendSignals } from "../clouds/azure/diagnostics";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { tagsOf } from "../stack";
import { Rotation, type RotationArgs, rotationDays, secondsAfter } from "./index";

/** Key Vault's own number of days between its event and the end. */
const noticeDays = 30;

export class AzureRotation extends Rotation<Azure> {
  constructor(name: string, args: RotationArgs<Azure>, opts?: ComponentResourceOptions) {
    super("Rotation", name, opts);
    const marker = nameOf(args.network.stack, "secret", `${name}-epoch`);
    const alarm = this.createAlarm(name, args, marker);
    this.createMarker(name, args, marker, alarm);
    this.finish({});
  }

  private createAlarm(name: string, args: RotationArgs<Azure>, marker: string): eventgrid.SystemTopicEventSubscription {
    const { raw, stack } = args.network;
    const topic = new eventgrid.SystemTopic(
      `${name}-events`,
      {
        // Azure wants it beside what it tells of.
        resourceGroupName: raw.dataResourceGroupName,
        location: raw.location,
        systemTopicName: nameOf(stack, "eventTopic", name),
        source: args.secrets.raw.vaultId,
        topicType: "Microsoft.KeyVault.vaults",
        tags: tagsOf(stack, name),
      },
      { parent: this },
    );
    const { workspaceId } = args.monitoring.raw;
    sendSignals(this, name, { stack, resourceUri: topic.id, workspaceId, signals: "logs and metrics" });
    return new eventgrid.SystemTopicEventSubscription(
      `${name}-alarm`,
      {
        resourceGroupName: raw.dataResourceGroupName,
        systemTopicName: topic.name,
        eventSubscriptionName: nameOf(stack, "eventSubscription", `${name}-alarm`),
        // Alerts take no other form of events.
        eventDeliverySchema: "CloudEventSchemaV1_0",
        filter: {
          includedEventTypes: ["Microsoft.KeyVault.SecretNearExpiry", "Microsoft.KeyVault.SecretExpired"],
          // The subject is the secret's name.
          subjectBeginsWith: marker,
          subjectEndsWith: marker,
        },
        destination: {
          endpointType: "MonitorAlert",
          severity: "Sev2",
          actionGroups: [args.monitoring.raw.actionGroupId],
          description: `Passwords and secrets are more than ${rotationDays} days old: rotate them (docs/secrets.md)`,
        },
        retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 },
      },
      { parent: this },
    );
  }

  /** After the subscription: the vault tells only of versions that are made later than it. */
  private createMarker(name: string, args: RotationArgs<Azure>, marker: string, alarm: eventgrid.SystemTopicEventSubscription): void {
    const { raw, stack } = args.network;
    new keyvault.Secret(
      `${name}-epoch`,
      {
        resourceGroupName: raw.dataResourceGroupName,
        vaultName: args.secrets.raw.vaultName,
        secretName: marker,
        properties: {
          value: String(args.epoch),
          attributes: { enabled: true, expires: secondsAfter(args.rotatedOn, rotationDays + noticeDays) },
          contentType: "text/plain",
        },
        tags: tagsOf(stack, name),
      },
      // As all secrets: deleted over the data plane, which is closed from outside; the vault takes it along.
      { parent: this, retainOnDelete: true, dependsOn: [alarm] },
    );
  }
}
