// What a chat takes: the JSON in which Slack, Teams and anything else expect a message.
import type { WebhookKind } from "./alerts";

/** The body of a message. `text` may hold placeholders of what fills it in. */
export function bodyOf(kind: WebhookKind, text: string): Readonly<Record<string, unknown>> {
  if (kind === "slack" || kind === "plain") return { text };
  const content = {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    body: [{ type: "TextBlock", text, wrap: true }],
  };
  return { type: "message", attachments: [{ contentType: "application/vnd.microsoft.card.adaptive", content }] };
}
