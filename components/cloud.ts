// What a cloud must offer. `platform.ts` is one function, generic in the family of a cloud; a cloud that lacks a noun, or
// a program that gives one cloud's network to another cloud's database, does not compile. This is the only clever file.
import { ComponentResource, type ComponentResourceOptions, type Inputs } from "@pulumi/pulumi";
import type { Alarms, AlarmsArgs } from "./alarms/index";
import type { AppService, AppServiceArgs } from "./app-service/index";
import type { Backup, BackupArgs } from "./backup/index";
import type { Bastion, BastionArgs } from "./bastion/index";
import type { Budget, BudgetArgs } from "./budget/index";
import type { Cache, CacheArgs } from "./cache/index";
import type { Dashboards, DashboardsArgs } from "./dashboards/index";
import type { Database, DatabaseArgs } from "./database/index";
import type { Flags, FlagsArgs } from "./flags/index";
import type { Edge, EdgeArgs } from "./edge/index";
import type { Files, FilesArgs } from "./files/index";
import type { Gateway, GatewayArgs } from "./gateway/index";
import type { Hosting, HostingArgs } from "./hosting/index";
import type { Monitoring, MonitoringArgs } from "./monitoring/index";
import type { Network, NetworkArgs } from "./network/index";
import type { Probe, ProbeArgs } from "./probe/index";
import type { Protection, ProtectionArgs } from "./protection/index";
import type { Broker, BrokerArgs, Queue, QueueArgs, Topic, TopicArgs } from "./queue/index";
import type { Registry, RegistryArgs } from "./registry/index";
import type { Rotation, RotationArgs } from "./rotation/index";
import type { Secrets, SecretsArgs } from "./secrets/index";
import type { StaticSite, StaticSiteArgs } from "./static-site/index";
import type { Storage, StorageArgs } from "./storage/index";
import type { Vpn, VpnArgs } from "./vpn/index";

/** The clouds that the program can become; the value of the config key `cloud`. */
export const clouds = ["aws", "azure"] as const;
export type CloudName = (typeof clouds)[number];

/**
 * The payloads that cross from one component to another on a cloud. Each is read only in that cloud's own files, through the one
 * field `raw` of the component or handle that carries it.
 */
export interface Family {
  readonly network: unknown;
  readonly storage: unknown;
  readonly monitoring: unknown;
  readonly watched: unknown;
  readonly secrets: unknown;
  readonly hosting: unknown;
  readonly broker: unknown;
  readonly queue: unknown;
  readonly registry: unknown;
  readonly database: unknown;
  readonly cache: unknown;
  readonly place: unknown;
  readonly origin: unknown;
  readonly site: unknown;
  readonly edge: unknown;
  readonly grant: unknown;
  readonly secret: unknown;
  readonly scaling: unknown;
}

declare const family: unique symbol;

/**
 * The base of every noun. The phantom field makes the family nominal and invariant: inside a function generic in `F`,
 * a `Network<Azure>` is not a `Network<F>`, although both have the same fields.
 *
 * ```ts
 * function program<F extends Family>(cloud: Cloud<F>, foreign: Network<Azure>) {
 *   const network = new cloud.Network("network", …);
 *   new cloud.Database("db", { network, … });           // compiles
 *   new cloud.Database("db", { network: foreign, … });  // does not
 * }
 * ```
 */
export abstract class Component<F extends Family> extends ComponentResource {
  declare readonly [family]: (f: F) => F;

  /** The type token is the noun's, not the cloud's: URNs, policies and pictures read alike on both clouds. */
  protected constructor(noun: string, name: string, opts?: ComponentResourceOptions) {
    super(`platform:index:${noun}`, name, {}, opts);
  }

  /** Ends a constructor with exactly the fields that the contract promises. */
  protected finish(outputs: Inputs): void {
    this.registerOutputs(outputs);
  }
}

/** The base of what components hand to each other. The protected field makes it nominal: an object literal can't forge one. */
export abstract class Handle<F extends Family> {
  declare protected readonly [family]: (f: F) => F;
}

/** Where a secret is kept, never its value. Services are started with it; the cloud resolves it with the service's own identity. */
export class SecretRef<F extends Family> extends Handle<F> {
  constructor(readonly raw: F["secret"]) {
    super();
  }
}

/** The spot behind the gateway at which a service of that name is reached. Made by `gateway.place(name)`. */
export class Place<F extends Family> extends Handle<F> {
  constructor(
    readonly service: string,
    readonly raw: F["place"],
  ) {
    super();
  }
}

/** The gateway as the CDN reaches it. Made by a gateway with `cdn`. */
export class Origin<F extends Family> extends Handle<F> {
  constructor(readonly raw: F["origin"]) {
    super();
  }
}

export type Constructor<Args, T> = new (name: string, args: Args, opts?: ComponentResourceOptions) => T;

/** Everything that one cloud implements: a missing noun does not compile. */
export interface Cloud<F extends Family> {
  readonly name: CloudName;
  readonly Network: Constructor<NetworkArgs, Network<F>>;
  readonly Storage: Constructor<StorageArgs<F>, Storage<F>>;
  readonly Monitoring: Constructor<MonitoringArgs<F>, Monitoring<F>>;
  readonly Secrets: Constructor<SecretsArgs<F>, Secrets<F>>;
  readonly Rotation: Constructor<RotationArgs<F>, Rotation<F>>;
  readonly Gateway: Constructor<GatewayArgs<F>, Gateway<F>>;
  readonly Database: Constructor<DatabaseArgs<F>, Database<F>>;
  readonly Cache: Constructor<CacheArgs<F>, Cache<F>>;
  readonly Broker: Constructor<BrokerArgs<F>, Broker<F>>;
  readonly Queue: Constructor<QueueArgs<F>, Queue<F>>;
  readonly Topic: Constructor<TopicArgs<F>, Topic<F>>;
  readonly Files: Constructor<FilesArgs<F>, Files<F>>;
  readonly Hosting: Constructor<HostingArgs<F>, Hosting<F>>;
  readonly Registry: Constructor<RegistryArgs<F>, Registry<F>>;
  readonly Flags: Constructor<FlagsArgs<F>, Flags<F>>;
  readonly AppService: Constructor<AppServiceArgs<F>, AppService<F>>;
  readonly StaticSite: Constructor<StaticSiteArgs<F>, StaticSite<F>>;
  readonly Edge: Constructor<EdgeArgs<F>, Edge<F>>;
  readonly Probe: Constructor<ProbeArgs<F>, Probe<F>>;
  readonly Alarms: Constructor<AlarmsArgs<F>, Alarms<F>>;
  readonly Dashboards: Constructor<DashboardsArgs<F>, Dashboards<F>>;
  readonly Backup: Constructor<BackupArgs<F>, Backup<F>>;
  readonly Protection: Constructor<ProtectionArgs<F>, Protection<F>>;
  readonly Bastion: Constructor<BastionArgs<F>, Bastion<F>>;
  readonly Vpn: Constructor<VpnArgs<F>, Vpn<F>>;
  readonly Budget: Constructor<BudgetArgs<F>, Budget<F>>;
}
