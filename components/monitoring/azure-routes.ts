// Where the alerts of one severity go on Azure: an action group. Slack and Teams refuse the JSON that Azure sends, so a Logic App stands
// between; PagerDuty and other webhooks read it as it is.
import { listWorkflowTriggerCallbackUrlOutput, Workflow } from "@pulumi/azure-native/logic";
import { ActionGroup } from "@pulumi/azure-native/monitor";
import { type ComponentResource, interpolate, type Output, secret } from "@pulumi/pulumi";
import { sendSignals } from "../clouds/azure/diagnostics";
import type { Azure } from "../clouds/azure/family";
import { nameOf } from "../clouds/azure/names";
import { transformed } from "../clouds/azure/transforms";
import type { Network } from "../network";
import { tagsOf } from "../stack";
import type { Receivers, Severity, Webhook } from "./alerts";
import { bodyOf } from "./webhooks";

export interface RouteArgs {
  readonly network: Network<Azure>;
  readonly workspaceId: Output<string>;
  readonly component: string;
  readonly severity: Severity;
  readonly receivers: Receivers;
}

/** `name` begins the names of what is made. */
export function createRoute(parent: ComponentResource, name: string, args: RouteArgs): ActionGroup {
  const { raw, stack } = args.network;
  const { emails, webhooks, pagerduty } = args.receivers;
  const plain = webhooks.filter(({ kind }) => kind === "plain").map(({ name, url }) => ({ name, serviceUri: secret(url) }));
  const chats = webhooks.filter(({ kind }) => kind !== "plain");
  return new ActionGroup(
    name,
    transformed("monitoring.actionGroup", {
      resourceGroupName: raw.resourceGroupName,
      location: "Global",
      actionGroupName: nameOf(stack, "actionGroup", name),
      // Shown as the sender: who gets a message at night wants to know how urgent it is, not which group it was.
      groupShortName: args.severity,
      enabled: true,
      emailReceivers: emails.map((address) => ({ name: address, emailAddress: address, useCommonAlertSchema: true })),
      ...(plain.length + (pagerduty === undefined ? 0 : 1) > 0 && {
        webhookReceivers: [
          ...plain.map((receiver) => ({ ...receiver, useCommonAlertSchema: true })),
          ...(pagerduty === undefined
            ? []
            : [
                {
                  name: "pagerduty",
                  serviceUri: secret(interpolate`https://events.pagerduty.com/integration/${pagerduty}/enqueue`),
                  useCommonAlertSchema: true,
                },
              ]),
        ],
      }),
      ...(chats.length > 0 && { logicAppReceivers: chats.map((webhook) => receiverOf(parent, name, args, webhook)) }),
      tags: tagsOf(stack, args.component),
    }),
    { parent },
  );
}

function receiverOf(parent: ComponentResource, name: string, args: RouteArgs, webhook: Webhook) {
  const workflow = createWorkflow(parent, `${name}-${webhook.name}`, args, webhook);
  return { name: webhook.name, resourceId: workflow.id, callbackUrl: callbackOf(parent, args, workflow), useCommonAlertSchema: true };
}

function createWorkflow(
  parent: ComponentResource,
  name: string,
  { network, component, workspaceId }: RouteArgs,
  { kind, url }: Webhook,
): Workflow {
  const { raw, stack } = network;
  const workflow = new Workflow(
    name,
    {
      resourceGroupName: raw.resourceGroupName,
      location: raw.location,
      workflowName: nameOf(stack, "workflow", name),
      state: "Enabled",
      parameters: { url: { type: "SecureString", value: secret(url) } },
      definition: definitionOf(kind),
      tags: tagsOf(stack, component),
    },
    { parent },
  );
  sendSignals(parent, name, { stack, resourceUri: workflow.id, workspaceId, signals: "logs and metrics" });
  return workflow;
}

/** Where the group sends to, with the signature that lets it in. */
function callbackOf(parent: ComponentResource, { network }: RouteArgs, workflow: Workflow): Output<string> {
  const { resourceGroupName } = network.raw;
  const found = listWorkflowTriggerCallbackUrlOutput({ resourceGroupName, workflowName: workflow.name, triggerName: trigger }, { parent });
  return secret(found.value);
}

const trigger = "alert";

/** One step: what Azure sent, in words, to the chat. The address stays out of the runs' history. */
function definitionOf(kind: Webhook["kind"]) {
  const essential = (field: string): string => `@{triggerBody()?['data']?['essentials']?['${field}']}`;
  const text = `${essential("severity")}: ${essential("alertRule")} is ${essential("monitorCondition")}. ${essential("description")}`;
  return {
    $schema: "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#",
    contentVersion: "1.0.0.0",
    parameters: { url: { type: "SecureString" } },
    triggers: { [trigger]: { type: "Request", kind: "Http", inputs: { schema: {} } } },
    actions: {
      post: {
        type: "Http",
        inputs: { method: "POST", uri: "@parameters('url')", headers: { "Content-Type": "application/json" }, body: bodyOf(kind, text) },
        runAfter: {},
        runtimeConfiguration: { secureData: { properties: ["inputs"] } },
      },
    },
    outputs: {},
  };
}
