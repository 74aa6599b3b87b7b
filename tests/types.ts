// Type tests: `npm run typecheck` fails when one of these mistakes compiles. Nothing here is run.
import type { Cloud, Family, Origin } from "../components/cloud";
import type { Aws } from "../components/clouds/aws/family";
import type { Azure } from "../components/clouds/azure/family";
import type { EdgeArgs } from "../components/edge";
import type { MonitoringSpec } from "../components/monitoring";
import type { Network, NetworkArgs } from "../components/network";
import type { Storage } from "../components/storage";
import type { Secrets } from "../components/secrets";
import type { ServiceSpec } from "../components/app-service";
import type { Use } from "../components/use";

export function insideTheGenericProgram<F extends Family>(
  cloud: Cloud<F>,
  args: NetworkArgs,
  spec: MonitoringSpec,
  service: ServiceSpec,
  foreign: { readonly network: Network<Azure>; readonly logs: Storage<Aws>; readonly use: Use<Azure>; readonly origin: Origin<Azure> },
  edge: EdgeArgs<F>,
): void {
  const network = new cloud.Network("network", args);
  const logs = new cloud.Storage("logs", { network, purpose: "logs", expireDays: 30 });
  const monitoring = new cloud.Monitoring("monitoring", { network, logs, ...spec });
  // @ts-expect-error a network of a named cloud is not this cloud's network
  new cloud.Storage("logs", { network: foreign.network, purpose: "logs", expireDays: 30 });
  // @ts-expect-error nor is its bucket
  new cloud.Monitoring("monitoring", { network, logs: foreign.logs, ...spec });
  const hosting = new cloud.Hosting("hosting", { network, monitoring, services: {} });
  const secrets: Secrets<F> = new cloud.Secrets("secrets", { network, secrets: {}, rotationEpoch: 1 });
  const common = { spec: service, network, hosting, monitoring, secrets };
  new cloud.AppService("api", { ...common, uses: [] });
  // @ts-expect-error another cloud's use opens no door here
  new cloud.AppService("api", { ...common, uses: [foreign.use] });
  const forged = { target: "database", noun: "database", access: "read", env: {}, secrets: {}, raw: {} } as const;
  // @ts-expect-error a use can't be forged: only the thing used makes one
  new cloud.AppService("api", { ...common, uses: [forged] });
  new cloud.Edge("edge", edge);
  // @ts-expect-error another cloud's gateway is not behind this cloud's CDN
  new cloud.Edge("edge", { ...edge, origin: foreign.origin });
  const queue = new cloud.Queue("jobs", {
    broker: new cloud.Broker("broker", { network, tier: "standard" }),
    network,
    monitoring,
    fifo: false,
    maxDeliveries: 5,
    lockSeconds: 60,
    retentionDays: 4,
    maxAgeSeconds: 900,
  });
  queue.use("send");
  // @ts-expect-error the words are closed: a queue is not administered by a service
  queue.use("admin");
  // @ts-expect-error what a cloud carries is not read in neutral code as anything in particular
  network.raw.vpcId;
}

// @ts-expect-error a cloud that lacks a noun is not a cloud
export const incomplete: Cloud<Aws> = { name: "aws" };
