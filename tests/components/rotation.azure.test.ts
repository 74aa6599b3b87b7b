import { expect } from "chai";
import { AzureRotation } from "../../components/rotation/azure";
import { azureMonitoring, azureNetwork, azureSecrets, childrenOf, KnownNetwork, tags, waitsFor } from "../support/azure-parts";
import { only, record } from "../support/record";

describe("Rotation on Azure", () => {
  it("is a marker in the vault that nears its end after 90 days, and an alert of that", async () => {
    const resources = await record(() => {
      const real = azureNetwork();
      const network = new KnownNetwork(real);
      const parts = { network, secrets: azureSecrets(real), monitoring: azureMonitoring(real) };
      new AzureRotation("rotation", { ...parts, epoch: 3, rotatedOn: "2026-11-21" });
    });
    expect(childrenOf(resources, "rotation").map(({ type, name }) => `${type} ${name}`)).to.deep.equal([
      "azure-native:eventgrid:SystemTopic rotation-events",
      "azure-native:monitor:DiagnosticSetting rotation-logs",
      "azure-native:eventgrid:SystemTopicEventSubscription rotation-alarm",
      "azure-native:keyvault:Secret rotation-epoch",
    ]);
    expect(only(resources, "azure-native:eventgrid:SystemTopic").inputs).to.deep.equal({
      location: "eastus2",
      resourceGroupName: "rg-platform-test-data",
      source: null,
      systemTopicName: "evgst-platform-test-rotation",
      tags: tags("rotation"),
      topicType: "Microsoft.KeyVault.vaults",
    });
    const alarm = only(resources, "azure-native:eventgrid:SystemTopicEventSubscription");
    expect(alarm.inputs).to.deep.include({
      eventDeliverySchema: "CloudEventSchemaV1_0",
      eventSubscriptionName: "events-rotation-alarm",
      resourceGroupName: "rg-platform-test-data",
      retryPolicy: { eventTimeToLiveInMinutes: 1440, maxDeliveryAttempts: 30 },
    });
    expect(alarm.inputs.filter).to.deep.include({
      includedEventTypes: ["Microsoft.KeyVault.SecretNearExpiry", "Microsoft.KeyVault.SecretExpired"],
      subjectBeginsWith: "rotation-epoch",
      subjectEndsWith: "rotation-epoch",
    });
    expect(alarm.inputs.destination).to.deep.equal({
      actionGroups: [null],
      description: "Passwords and secrets are more than 90 days old: rotate them (docs/secrets.md)",
      endpointType: "MonitorAlert",
      severity: "Sev2",
    });
    const marker = only(resources, "azure-native:keyvault:Secret", "rotation-epoch");
    expect(marker.inputs).to.deep.equal({
      properties: {
        attributes: { enabled: true, expires: Date.parse("2027-03-21T00:00:00Z") / 1000 },
        contentType: "text/plain",
        value: "3",
      },
      resourceGroupName: "rg-platform-test-data",
      secretName: "rotation-epoch",
      tags: tags("rotation"),
      vaultName: null,
    });
    expect(marker.options.retainOnDelete).to.equal(true);
    expect(waitsFor(marker)).to.include("rotation-alarm");
  });
});
