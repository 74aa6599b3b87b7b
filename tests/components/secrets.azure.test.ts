import { output, runtime } from "@pulumi/pulumi";
import { expect } from "chai";
import { AzureSecrets } from "../../components/secrets/azure";
import type { Stack } from "../../components/stack";
import { record as recordPlan } from "../../plan/record";
import { azureNetwork, childrenOf, KnownNetwork, once, tags, waitsFor } from "../support/azure-parts";
import { ofType, only, record, type Recorded } from "../support/record";

const secrets = once(async (stack: Partial<Stack> = {}): Promise<Recorded[]> => {
  const resources = await record(() => {
    const network = new KnownNetwork(azureNetwork(stack));
    new AzureSecrets("secrets", {
      network,
      secrets: { "jwt-signing-key": { generate: true }, payments: { value: output("in clear") } },
      rotationEpoch: 3,
    });
  });
  return childrenOf(resources, "secrets");
});

describe("Secrets on Azure", () => {
  it("are a vault, its key with an identity that may use it, an address in the network and the application's secrets", async () => {
    expect((await secrets()).map(({ type, name }) => `${type} ${name}`)).to.have.members([
      "random:index/randomId:RandomId secrets-vault-suffix",
      "random:index/randomId:RandomId secrets-jwt-signing-key-name",
      "random:index/randomId:RandomId secrets-jwt-signing-key-previous-name",
      "random:index/randomId:RandomId secrets-payments-name",
      "azure-native:keyvault:Vault secrets-vault",
      "azure-native:keyvault:Key secrets-key",
      "azure-native:managedidentity:UserAssignedIdentity secrets-key-user",
      "azure-native:authorization:RoleAssignment secrets-key-access",
      "azure-native:network:PrivateEndpoint secrets-endpoint",
      "azure-native:network:PrivateDnsZoneGroup secrets-endpoint-dns",
      "random:index/randomPassword:RandomPassword secrets-jwt-signing-key-value",
      "random:index/randomPassword:RandomPassword secrets-jwt-signing-key-even-value",
      "azure-native:keyvault:Secret secrets-jwt-signing-key-previous",
      "azure-native:keyvault:Secret secrets-jwt-signing-key",
      "azure-native:keyvault:Secret secrets-payments",
    ]);
  });

  it("live in a vault that only the network reaches and roles open, in hardware in prod", async () => {
    const resources = await secrets();
    const vault = only(resources, "azure-native:keyvault:Vault");
    expect(vault.inputs).to.deep.equal({
      location: "eastus2",
      properties: {
        enablePurgeProtection: true,
        enableRbacAuthorization: true,
        enableSoftDelete: true,
        // The SDK's own defaults.
        enabledForDeployment: false,
        enabledForDiskEncryption: false,
        enabledForTemplateDeployment: false,
        networkAcls: { bypass: "AzureServices", defaultAction: "Deny" },
        publicNetworkAccess: "Disabled",
        sku: { family: "A", name: "premium" },
        softDeleteRetentionInDays: 90,
        tenantId: "1111",
      },
      resourceGroupName: "rg-platform-test-data",
      tags: tags("secrets"),
      vaultName: null,
    });
    expect(vault.options.ignoreChanges).to.deep.equal(["properties.softDeleteRetentionInDays"]);
    expect(only(resources, "random:index/randomId:RandomId", "secrets-vault-suffix").inputs).to.deep.equal({ byteLength: 3 });
    expect(waitsFor(vault)).to.include("secrets-vault-suffix");
  });

  it("use a cheaper vault outside prod, which goes after a week where nothing is guarded", async () => {
    const vault = only(await secrets({ environment: "dev", guard: "none" }), "azure-native:keyvault:Vault");
    expect(vault.inputs.properties).to.deep.include({
      sku: { family: "A", name: "standard" },
      softDeleteRetentionInDays: 7,
      enablePurgeProtection: true,
    });
  });

  it("have a key of the data that may wrap only and is rotated every 90 days", async () => {
    const key = only(await secrets(), "azure-native:keyvault:Key");
    expect(key.inputs).to.deep.equal({
      keyName: "data",
      properties: {
        // The SDK's own default.
        attributes: { enabled: true, exportable: false },
        keyOps: ["wrapKey", "unwrapKey"],
        keySize: 3072,
        kty: "RSA-HSM",
        rotationPolicy: { lifetimeActions: [{ action: { type: "rotate" }, trigger: { timeAfterCreate: "P90D" } }] },
      },
      resourceGroupName: "rg-platform-test-data",
      tags: tags("secrets"),
      vaultName: null,
    });
    expect(key.options.retainOnDelete).to.equal(true);
    expect(only(await secrets({ environment: "staging" }), "azure-native:keyvault:Key").inputs.properties).to.deep.include({ kty: "RSA" });
  });

  it("let one identity use the key, and nothing else", async () => {
    const resources = await secrets();
    expect(only(resources, "azure-native:managedidentity:UserAssignedIdentity").inputs).to.deep.equal({
      location: "eastus2",
      resourceGroupName: "rg-platform-test-data",
      resourceName: "id-platform-test-secrets-key",
      tags: tags("secrets"),
    });
    const access = only(resources, "azure-native:authorization:RoleAssignment");
    expect(access.inputs).to.deep.equal({
      principalId: null,
      principalType: "ServicePrincipal",
      roleDefinitionId: "/subscriptions/0000/providers/Microsoft.Authorization/roleDefinitions/e147488a-f6f5-4113-8e2d-b22465e65bf6",
      scope: null,
    });
    expect(waitsFor(access)).to.have.members(["secrets-key", "secrets-key-user"]);
  });

  it("are reached by the vault's private name", async () => {
    const endpoint = only(await secrets(), "azure-native:network:PrivateEndpoint");
    expect(endpoint.inputs).to.deep.include({
      privateLinkServiceConnections: [{ groupIds: ["vault"], name: "secrets", privateLinkServiceId: null }],
      resourceGroupName: "rg-platform-test-data",
    });
  });

  it("keep the application's secrets, made here or given by config, and never show one", async () => {
    const resources = await secrets();
    const given = only(resources, "azure-native:keyvault:Secret", "secrets-payments");
    expect(given.inputs).to.deep.equal({
      properties: { attributes: { enabled: true }, value: "[secret]" },
      resourceGroupName: "rg-platform-test-data",
      secretName: null,
      tags: tags("secrets"),
      vaultName: null,
    });
    expect(given.options.retainOnDelete).to.equal(true);
    const made = only(resources, "azure-native:keyvault:Secret", "secrets-jwt-signing-key");
    expect(made.inputs).to.deep.include({ properties: { attributes: { enabled: true }, value: null } });
    expect(waitsFor(made)).to.include("secrets-jwt-signing-key-value");
    const generators = ofType(resources, "random:index/randomPassword:RandomPassword").map(({ name, inputs }) => [name, inputs]);
    const generator = (name: string, epoch: string): unknown => [name, { keepers: { epoch }, length: 48, special: false }];
    expect(generators).to.have.deep.members([
      generator("secrets-jwt-signing-key-value", "3"),
      generator("secrets-jwt-signing-key-even-value", "2"),
    ]);
    const previous = only(resources, "azure-native:keyvault:Secret", "secrets-jwt-signing-key-previous");
    const end = only(resources, "random:index/randomId:RandomId", "secrets-jwt-signing-key-previous-name");
    expect(end.inputs).to.deep.equal({ byteLength: 3, prefix: "app-jwt-signing-key-previous-" });
    expect(waitsFor(previous)).to.include("secrets-jwt-signing-key-even-value").and.not.to.include("secrets-jwt-signing-key-value");
    expect(JSON.stringify(resources)).not.to.include("in clear");
  });

  it("have a name that no secret had before in the vault, which keeps those that left the program", async () => {
    const named = only(await secrets(), "random:index/randomId:RandomId", "secrets-payments-name");
    expect(named.inputs).to.deep.equal({ byteLength: 3, prefix: "app-payments-" });
    const answers = (type: string) => ({ id: "id", state: type.endsWith(":RandomId") ? { hex: "app-payments-0f3c9a" } : {} });
    const program = (epoch: number) => () =>
      void new AzureSecrets("secrets", {
        network: azureNetwork(),
        secrets: { payments: { value: output(`value ${epoch}`) } },
        rotationEpoch: epoch,
      });
    // A rotation is a new version of the same secret: neither its name nor what the name is made with changes.
    for (const epoch of [1, 2]) {
      const { resources } = await recordPlan(program(epoch), { project: "platform", stack: "test", answers });
      expect(only(resources, "azure-native:keyvault:Secret").inputs.secretName).to.equal("app-payments-0f3c9a");
      expect(only(resources, "random:index/randomId:RandomId", "secrets-payments-name").inputs).to.deep.equal(named.inputs);
    }
  });

  it("have an unknown address in a preview that leaves it out, and a known one with its version later", async () => {
    const uri = "https://kv.vault.azure.net/secrets/app-one/7e1d";
    const seen: unknown[] = [];
    for (const [preview, added] of [
      [true, {}],
      [false, { secretUriWithVersion: uri }],
    ] as const) {
      const newResource = ({ name, inputs, type }: runtime.MockResourceArgs): runtime.MockResourceResult => ({
        id: `${name}-id`,
        state: type.endsWith(":Secret") ? { ...inputs, properties: added } : inputs,
      });
      await runtime.setMocks({ newResource, call: ({ inputs }) => inputs }, "platform", "test", preview);
      await runtime.runInPulumiStack(async () => {
        const made = new AzureSecrets("secrets", { network: azureNetwork(), secrets: { one: { value: output("x") } }, rotationEpoch: 1 });
        made.secret("one").raw.uri.apply((value) => seen.push(value));
      });
      await runtime.disconnect();
    }
    expect(seen).to.deep.equal([uri]);
  });

  it("are referred to by version, at the scope of the one secret", async () => {
    await record(() => {
      const network = azureNetwork();
      const made = new AzureSecrets("secrets", { network, secrets: { one: { generate: true } }, rotationEpoch: 1 });
      const { resource, ...rest } = made.secret("one").raw;
      expect(resource).to.have.property("id", rest.scope);
      expect(made.secret("one")).to.equal(made.secret("one")).and.not.to.equal(made.previous("one"));
      expect(made.previous("two")).to.equal(undefined);
      expect(made.raw).to.include({ vaultName: made.vault.name, vaultId: made.vault.id, keyUri: made.key.keyUriWithVersion });
      expect(() => made.secret("two")).to.throw('there is no application secret "two", only one: add it to secrets');
      const none = new AzureSecrets("none", { network, secrets: {}, rotationEpoch: 1 });
      expect(() => none.secret("two")).to.throw('there is no application secret "two", only none');
    });
  });

  it("are protected where vaults are guarded", async () => {
    const protectedOf = async (guard: Stack["guard"]) =>
      (await secrets({ guard })).filter((resource) => resource.protect).map(({ name }) => name);
    expect(await protectedOf("all")).to.have.members(["secrets-vault", "secrets-key", "secrets-key-user"]);
    expect(await protectedOf("data")).to.deep.equal([]);
    expect(await protectedOf("none")).to.deep.equal([]);
  });
});
