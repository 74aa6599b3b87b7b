// From a stack's config to Settings. Every fault of a config is found before anything is registered, and all are shown at once.
import { join } from "node:path";
import { getProject, getRootDirectory, getStack, type Output, secret } from "@pulumi/pulumi";
import { allConfig, isConfigSecret } from "@pulumi/pulumi/runtime/config";
import type { CloudName } from "../components/cloud";
import { limits as aws } from "../components/clouds/aws/sizes";
import { limits as azure } from "../components/clouds/azure/sizes";
import { type Fault, refuse } from "../components/fault";
import type { Limits } from "../components/limits";
import type { SecretSource } from "../components/secrets/index";
import { accountsOf } from "./accounts";
import { backupOf, checkBackup, hasBackup } from "./backup";
import { warnOfBudget } from "./budget";
import { idleWarnings } from "./idle";
import { type Path, pathText } from "./paths";
import { probeOf, receiversOf } from "./monitoring";
import { textOf } from "./project";
import { defaultRegions, regionKeys } from "./presets";
import { decode, type Input } from "./raw";
import { type Draft, resolve } from "./resolve";
import { boundaryOf, checkSecurity, protectionOf } from "./security";
import {
  cdnOf,
  checkData,
  checkEdge,
  checkIdentity,
  checkLogs,
  checkMonitoring,
  checkNetwork,
  checkRegion,
  checkTags,
  gatewayOf,
  reachOf,
  type Subject,
  warningsOf,
} from "./rules";
import { checkSites } from "./edge";
import { checkBudget } from "./rules-budget";
import { checkQueues, checkSecrets } from "./rules-connections";
import { checkDeploy, deployOf } from "./deploy";
import { checkOperations } from "./operations";
import { checkRollouts } from "./rollout";
import { checkNames, checkServices } from "./rules-services";
import { checkRegistry } from "./registry";
import { checkRotation, rotationWarnings } from "./rotation";
import { environments, type Settings } from "./schema";
import { checkSecondRegion, checkStorage, secondRegionOf } from "./storage";
import { checkShape } from "./shape";
import { readStackFile } from "./stack-file";
import { checkStandby, peerCidrOf, standbyOf, standbyWarnings } from "./standby";
import { checkVpn, vpnOf, vpnWarnings } from "./vpn";

export { applySet } from "./paths";
export { readStackFile };
export type { Input } from "./raw";
export type { Settings } from "./schema";

declare module "@pulumi/pulumi/runtime/config" {
  /** Exported by Pulumi, but left out of its types: whether a key holds an encrypted value. */
  export function isConfigSecret(key: string): boolean;
}

const limitsOf: Readonly<Record<CloudName, Limits>> = { aws, azure };

/**
 * The settings of the stack that Pulumi runs. The stack's file is read too, where it lies in the project's folder: of what it was told in
 * YAML, the CLI passes on only the value that its own reader made (of `0200` it makes 128).
 */
export function fromPulumi(): Settings {
  const [project, stack, config] = [getProject(), getStack(), allConfig()];
  const file = `Pulumi.${stack}.yaml`;
  const folder = getRootDirectory();
  const text = folder === "" ? undefined : textOf(join(folder, file));
  if (text !== undefined) readStackFile(text, file);
  return load({ project, stack, config, secretKeys: Object.keys(config).filter(isConfigSecret) });
}

/** Throws a ConfigError with every fault. The same input gives the same settings; only a warning and a rule ask which day it is. */
export function load(input: Input): Settings {
  const raw = decode(input);
  const shape = checkShape(raw.values, raw.hidden);
  const { draft, faults: resolving } = resolve(shape.given);
  const subject: Subject = {
    given: shape.given,
    draft,
    limits: limitsOf[draft.cloud],
    today: input.today ?? new Date().toISOString().slice(0, 10),
    region: raw.providers[regionKeys[draft.cloud]] ?? defaultRegions[draft.cloud],
  };
  const { accounts, faults: ofAccounts } = accountsOf(draft.cloud, raw.providers);
  const rules = [
    ...resolving,
    ...checkEnvironment(input.stack, subject),
    ...checkRegion(subject, limitsOf),
    ...checkStandby(subject, input.stack, raw.providers[regionKeys[draft.cloud]] !== undefined),
    ...checkNetwork(subject),
    ...checkEdge(subject),
    ...checkNames(subject),
    ...checkServices(subject),
    ...checkSites(subject),
    ...checkRollouts(subject),
    ...checkDeploy(subject),
    ...checkOperations(subject),
    ...checkVpn(subject),
    ...checkData(subject),
    ...checkQueues(subject),
    ...checkStorage(subject),
    ...checkSecondRegion(subject, limitsOf),
    ...checkSecrets(subject, raw.hidden.has("secrets")),
    ...checkLogs(subject),
    ...checkMonitoring(subject),
    ...checkTags(subject),
    ...checkRotation(subject),
    ...checkRegistry(subject),
    ...checkBackup(draft, shape.given.backup, secondRegionOf(subject)),
    ...checkSecurity(shape.given.security, draft.cloud, accounts),
    ...checkBudget(draft),
  ];
  // What follows from a value that is itself at fault is no news.
  const news = rules.filter((fault) => !shape.removed.some((path) => related(fault, path)));
  refuse([...checkIdentity(input.project, input.stack), ...raw.faults, ...ofAccounts, ...shape.faults, ...news]);
  return settingsOf(input, subject, accounts);
}

function settingsOf(input: Input, subject: Subject, accounts: Settings["accounts"]): Settings {
  const { draft, given, limits, region } = subject;
  const { enabled: hasDatabase, ...database } = draft.database;
  const { enabled: hasCache, ...cache } = draft.cache;
  const { enabled: hasFlags, ...flags } = draft.flags;
  // The choice of a probe has become what it asks, or nothing.
  const { alarms, dashboards, uptime, ...monitoring } = draft.monitoring;
  const probe = probeOf({ uptime }, reachOf(subject));
  const { enabled: hasBudget, ...budget } = draft.budget;
  const zones = given.network?.zoneNames ?? limits.zones[region]?.slice(0, draft.network.zones) ?? [];
  const peerCidr = peerCidrOf(given);
  return {
    cloud: draft.cloud,
    accounts,
    stack: {
      project: input.project,
      name: input.stack,
      environment: draft.environment,
      region,
      secondRegion: secondRegionOf(subject),
      zones,
      owner: draft.owner,
      costCenter: draft.costCenter,
      tags: given.tags ?? {},
      guard: draft.guard,
      ...boundaryOf(given.security),
    },
    network: peerCidr === undefined ? draft.network : { ...draft.network, peerCidr },
    standby: standbyOf(given),
    gateway: gatewayOf(subject),
    edge: cdnOf(subject),
    monitoring: { ...monitoring, receivers: receiversOf(draft.alerts, (name) => valueOf(draft, name)), probed: probe !== undefined },
    alarms,
    dashboards,
    probe,
    logExpireDays: draft.storage.logDays,
    buckets: draft.storage.buckets,
    files: draft.storage.files.enabled ? { path: draft.storage.files.path } : undefined,
    database: hasDatabase ? database : undefined,
    cache: hasCache ? cache : undefined,
    broker: draft.broker,
    queues: draft.queues,
    topics: draft.topics,
    services: draft.services,
    sites: draft.sites,
    secrets: Object.fromEntries(Object.entries(draft.secrets).map(([name, source]) => [name, sourceOf(source)])),
    rotationEpoch: draft.rotationEpoch,
    rotatedOn: given.rotatedOn,
    registry: draft.registry,
    flags: hasFlags ? flags : undefined,
    budget: hasBudget ? budget : undefined,
    protection: protectionOf(given.security),
    backup: hasBackup(draft) ? backupOf(draft, given.backup, secondRegionOf(subject)) : undefined,
    maintenance: given.maintenance ?? false,
    rollout: draft.rollout,
    deploy: deployOf(given),
    operations: draft.operations,
    vpn: vpnOf(given, (name) => valueOf(draft, name)),
    warnings: [
      ...standbyWarnings(subject),
      ...warningsOf(subject),
      ...rotationWarnings(subject),
      ...vpnWarnings(given),
      ...warnOfBudget(draft.budget, draft.cloud),
      ...idleWarnings(subject),
    ],
  };
}

/** From here on a value is an output that Pulumi knows to be secret. */
function sourceOf(source: Draft["secrets"][string]): SecretSource {
  return "value" in source ? { value: secret(source.value) } : source;
}

/** The rules have refused a name that is no encrypted value. */
function valueOf({ secrets }: Draft, name: string): Output<string> {
  const source = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
  if (source === undefined || !("value" in source)) throw new Error(`secrets.${name} was not checked`);
  return secret(source.value);
}

/** The environment decides sizes, guards and price, so it is stated: a file that was emptied, or lost, must not become a small dev. */
function checkEnvironment(stack: string, { given, draft }: Subject): Fault[] {
  const named = environments.find((name) => name === stack);
  if (given.environment === undefined) {
    return [
      {
        path: "environment",
        problem: `is not set; allowed: ${environments.join(", ")}`,
        remedy: `pulumi config set environment ${named ?? environments[0]}`,
      },
    ];
  }
  if (named === undefined || named === draft.environment) return [];
  return [
    {
      path: "environment",
      given: draft.environment,
      problem: `the stack is called "${stack}": it would get the sizes and guards of ${draft.environment}`,
      remedy: `pulumi config set environment ${stack}, or give the stack another name`,
    },
  ];
}

function related(fault: Fault, removed: Path): boolean {
  const path = pathText(removed);
  const inside = (inner: string, outer: string): boolean =>
    outer === "" || inner === outer || inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`);
  return inside(fault.path, path) || inside(path, fault.path);
}
