// What is rehearsed: each scene is the order in which a person (or CI) runs the deploy command, and what is done by hand between two runs.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { exitCodes } from "../automation/outcome";
import { readStackFile } from "../settings/load";
import { defaultRegions, regionKeys } from "../settings/presets";
import { usualSecondRegions } from "../settings/storage";
import type { Disturbed, Scene } from "./scene";

export interface Play {
  readonly disturbed: Disturbed;
  /** The service whose next image answers its visitors with 503. */
  readonly unhealthy?: string | undefined;
  /** The share of the visitors, in percent, from which on the next image answers them with 503. */
  readonly breach?: number | undefined;
  /** The service that is rolled out. */
  readonly service?: string | undefined;
  /** The next image. */
  readonly image: string;
}

/** The first deployment; with an unhealthy service, the update after it. */
export async function up(scene: Scene, { disturbed, unhealthy, image }: Play): Promise<void> {
  if (unhealthy === undefined) {
    await killed(scene, await scene.deploy("first deployment", ["up"], disturbed), disturbed);
    return;
  }
  known(scene, unhealthy);
  scene.prepare(scene.stack);
  scene.visitors.bad.set(unhealthy, image);
  await scene.set(`services.${unhealthy}.image`, image);
  await killed(scene, await scene.deploy("an image that starts and then answers 503", ["up"], disturbed), disturbed);
}

/** After a kill -9: what the deploy command refuses, what a person looks for, and how it goes on. */
async function killed(scene: Scene, exitCode: number, { kill }: Disturbed): Promise<void> {
  if (kill === undefined || exitCode === exitCodes.done) return;
  await scene.deploy("the same again", ["up"]);
  const strays = scene.strays();
  if (strays.length === 0) scene.say("\na person looks: nothing of these is in the cloud without being in the state");
  for (const { type, id } of strays) {
    scene.say(`\na person looks, and deletes what is in the cloud but not in the state: ${type} ${id}`);
    scene.rehearsal.cloud.remove(type, id);
  }
  // The lock of a killed update stays: nobody but a person knows that nobody holds it.
  await scene.deploy("the lock is released", ["cancel"]);
  await scene.deploy("recovery", ["up", "--recover"]);
}

/**
 * One new image by the deploy command's rollout, and the end of the former one. A bad image is found at the first look, where the candidate can
 * be asked; one that is bad only from a share of the visitors on, by the metrics.
 */
export async function rollout(scene: Scene, { disturbed, unhealthy, breach, service = unhealthy, image }: Play): Promise<void> {
  const name = service ?? Object.entries(scene.settings.services).find(([, { routes }]) => routes.paths.includes("/*"))?.[0] ?? "";
  if (known(scene, name).deployment === "rolling") await scene.set(`services.${name}.deployment`, "canary");
  scene.prepare(scene.stack);
  if (unhealthy !== undefined) scene.visitors.bad.set(unhealthy, image);
  if (breach !== undefined) scene.breach = { service: name, image, percent: breach };
  const words = ["rollout", "--service", name];
  if ((await scene.deploy("a new image in stages", [...words, "--image", image], disturbed)) !== exitCodes.done) return;
  await scene.deploy("the former image is not needed any more", [...words, "--finish"]);
}

/** The region of the stack is lost, and the one that stands by for it takes over by one change of its config. */
export async function failover(scene: Scene, { disturbed }: Play): Promise<void> {
  const { cloud } = scene.settings;
  const primary = scene.settings.stack.region;
  const standby = `${scene.stack}-dr`;
  await scene.set("standby.peerCidr", "10.1.0.0/16");
  writeStandby(scene, standby);
  scene.prepare(scene.stack);
  const created = scene.rehearsal.on(standby, "stack", "init");
  if (created.code !== 0) throw new Error(created.output);
  scene.prepare(standby);
  scene.say(`\n${primary} is lost: nothing of it answers. Visitors go to the address of ${standby} (the change of DNS is not simulated)`);
  const config = scene.rehearsal.on(standby, "config", "set", "--path", "standby.active", "true");
  if (config.code !== 0) throw new Error(config.output);
  scene.say("set standby.active to true");
  await scene.deploy(`takeover on ${cloud}`, ["up"], { ...disturbed, lost: primary }, standby);
}

/** Takes the stack away; where it is guarded that is refused, and the guard is lifted first. */
export async function destroy(scene: Scene, { disturbed }: Play): Promise<void> {
  scene.prepare(scene.stack);
  const words = ["destroy", "--confirm", scene.stack];
  if ((await scene.deploy("destroy", words, disturbed)) !== exitCodes.policy) return;
  await scene.set("guard", "none");
  await scene.deploy("the guard is lifted", ["up"]);
  await scene.deploy("destroy, unguarded", words, disturbed);
}

function known(scene: Scene, service: string): Scene["settings"]["services"][string] {
  const found = scene.settings.services[service];
  if (found === undefined) throw new RangeError(`there is no service "${service}": ${Object.keys(scene.settings.services).join(", ")}`);
  if (found.kind === "worker" || found.kind === "job") throw new RangeError(`${service} is a ${found.kind}: it has no visitors`);
  return found;
}

/** What a standby has of its primary's file: all but what docs/runbooks/region-failover.md leaves out, and secrets, which have another key. */
function writeStandby({ rehearsal, stack, settings }: Scene, standby: string): void {
  const { project, environment, region } = settings.stack;
  const second = usualSecondRegions[settings.cloud][region];
  if (second === undefined) throw new RangeError(`${region} has no usual second region: rehearse in ${defaultRegions[settings.cloud]}`);
  const file = `Pulumi.${stack}.yaml`;
  const { config, secretKeys } = readStackFile(readFileSync(join(rehearsal.where.workDir, file), "utf8"), file);
  const left = new Set(["budget", "backup", "domain", "standby", "guard", ...secretKeys]);
  const own = Object.entries(config).map(([key, value]) => [key.replace(`${project}:`, ""), value] as const);
  const kept = Object.fromEntries(own.filter(([key]) => !left.has(key)));
  const later = new Set(["highAvailability", "replicas", "pooling", "restore"]);
  const database = Object.fromEntries(Object.entries(mapOf(kept.database)).filter(([key]) => !later.has(key)));
  const given = { ...kept, cloud: settings.cloud, environment, standbyOf: stack, database, [regionKeys[settings.cloud]]: second };
  const named = Object.entries(given).map(([key, value]) => [key.includes(":") ? key : `${project}:${key}`, value]);
  rehearsal.writeConfig(stringify({ config: Object.fromEntries(named) as Record<string, unknown> }), standby);
}

function mapOf(value: unknown): Record<string, unknown> {
  const read: unknown = typeof value === "string" ? parse(value) : value;
  return typeof read === "object" && read !== null ? (read as Record<string, unknown>) : {};
}
