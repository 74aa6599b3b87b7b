// How long a simulated cloud takes. Creation times are those of the bench's table; changes and deletions are derived from them, as nobody
// measures these: estimates, right about what is slow.
import { durationOf } from "../bench/durations";
import type { Call, Values } from "./store";

/** Changes that are as long as a creation: new containers start, and the old ones go when these are healthy. */
const startsAnew = new Set([
  ...["aws:ecs/service:Service", "aws:cloudfront/distribution:Distribution", "azure-native:web:WebApp", "azure-native:web:WebAppSlot"],
  ...["azure-native:web:WebAppSiteContainer", "azure-native:app:ContainerApp", "azure-native:network:ApplicationGateway"],
]);
/** A replica becomes a server of its own: it replays what is left and starts anew. */
const promotionSeconds = 600;

/** Seconds of the cloud's time. */
export function secondsOf(kind: Call["kind"], type: string, inputs: Values, before: Values = {}): number {
  if (type.startsWith("random:")) return 0;
  const { seconds } = durationOf({ type, inputs });
  if (kind === "create") return seconds;
  if (kind === "delete") return Math.max(1, seconds / 2);
  if (promotes(inputs, before)) return promotionSeconds;
  return startsAnew.has(type) ? seconds : Math.max(2, seconds / 4);
}

function promotes(inputs: Values, before: Values): boolean {
  const awsSource = before.replicateSourceDb !== undefined && inputs.replicateSourceDb === undefined;
  return awsSource || (before.createMode === "Replica" && inputs.createMode === "Update");
}
