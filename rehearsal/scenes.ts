// What is rehearsed: each scene is the order in which a person (or CI) runs the deploy command, and what is done by hand between two runs.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { exitCodes } from "../automation/outcome";
import { readStackFile } from "../settings/load";
import { defaultRegions, regionKeys } from "../settings/presets";
import { usualSecondRegions } from "../settings/storage";
import type { Disturbed, Scene } from "./scene";
import { written } from "./stack-files";

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

interface Deploying {
  readonly name: string;
  /** The deploy command and its options. */
  readonly words: readonly string[];
  readonly stack?: string;
  /** Whether the same command goes on after a fault that was mended, with nothing taken back. */
  readonly repeats: boolean;
}

/** The first deployment; with an unhealthy service, the update after it. */
export async function up(scene: Scene, { disturbed, unhealthy, image }: Play): Promise<void> {
  if (unhealthy === undefined) {
    await deployed(scene, { name: "first deployment", words: ["up"], repeats: true }, disturbed);
    return;
  }
  mustBeNew(known(scene, unhealthy), unhealthy, image);
  await scene.prepare(scene.stack);
  scene.visitors.bad.set(unhealthy, image);
  await scene.set(`services.${unhealthy}.image`, image);
  await deployed(scene, { name: "an image that starts and then answers 503", words: ["up"], repeats: false }, disturbed);
}

/** A deployment, and what a person does after its fault. Returns the exit code of the last run. */
async function deployed(scene: Scene, deploying: Deploying, disturbed: Disturbed): Promise<number> {
  const { name, words, stack, repeats } = deploying;
  const exitCode = await scene.deploy(name, words, disturbed, stack);
  const { lost } = disturbed;
  if (scene.killed) return recovered(scene, deploying, { lost });
  if (!repeats || exitCode !== exitCodes.deployment || disturbed.fail === undefined || disturbed.fail.length === 0) return exitCode;
  return scene.deploy("the cause is mended: the same again", words, { lost }, stack);
}

/** After a kill -9: what the deploy command refuses, what a person looks for, and how it goes on. */
async function recovered(scene: Scene, { words, stack = scene.stack }: Deploying, still: Disturbed): Promise<number> {
  await scene.deploy("the same again", words, still, stack);
  const strays = scene.strays(stack);
  if (strays.length === 0) scene.say("\na person looks: nothing of these is in the cloud without being in the state");
  for (const { type, id } of strays) {
    scene.say(`\na person looks, and deletes what is in the cloud but not in the state: ${type} ${id}`);
    scene.rehearsal.cloud.remove(type, id);
  }
  // The lock of a killed update stays: nobody but a person knows that nobody holds it.
  await scene.deploy("the lock is released", ["cancel"], still, stack);
  return scene.deploy("recovery", [...words, "--recover"], still, stack);
}

/**
 * One new image by the deploy command's rollout, and the end of the former one. A bad image is found at the first look, where the candidate can
 * be asked; one that is bad only from a share of the visitors on, by the metrics.
 */
export async function rollout(scene: Scene, { disturbed, unhealthy, breach, service = unhealthy, image }: Play): Promise<void> {
  if (unhealthy !== undefined && unhealthy !== service)
    throw new RangeError(`--unhealthy ${unhealthy} is not what is rolled out: --service ${service}`);
  const name = service ?? Object.entries(scene.settings.services).find(([, { routes }]) => routes.paths.includes("/*"))?.[0];
  if (name === undefined) throw new RangeError("no service takes everything (/*): say which by --service");
  mustBeNew(known(scene, name), name, image);
  if (known(scene, name).deployment === "rolling") await scene.set(`services.${name}.deployment`, "canary");
  await scene.prepare(scene.stack);
  if (unhealthy !== undefined) scene.visitors.bad.set(unhealthy, image);
  if (breach !== undefined) scene.breach = { service: name, image, percent: breach };
  const words = ["rollout", "--service", name];
  const staged = { name: "a new image in stages", words: [...words, "--image", image], repeats: false };
  if ((await deployed(scene, staged, disturbed)) !== exitCodes.done) return;
  await scene.deploy("the former image is not needed any more", [...words, "--finish"]);
}

/** The region of the stack is lost, and the one that stands by for it takes over by one change of its config. */
export async function failover(scene: Scene, { disturbed }: Play): Promise<void> {
  const { cloud } = scene.settings;
  const primary = scene.settings.stack.region;
  const standby = `${scene.stack}-dr`;
  await scene.set("standby.peerCidr", "10.1.0.0/16");
  writeStandby(scene, standby);
  await scene.prepare(scene.stack);
  const created = scene.rehearsal.on(standby, "stack", "init");
  if (created.code !== 0) throw new Error(created.output);
  await scene.prepare(standby);
  scene.say(`\n${primary} is lost: nothing of it answers. Visitors go to the address of ${standby} (the change of DNS is not simulated)`);
  const config = scene.rehearsal.on(standby, "config", "set", "--path", "standby.active", "true");
  if (config.code !== 0) throw new Error(config.output);
  scene.say("set standby.active to true");
  const takeover = { name: `takeover on ${cloud}`, words: ["up"], stack: standby, repeats: true };
  await deployed(scene, takeover, { ...disturbed, lost: primary });
}

/** Takes the stack away; where it is guarded that is refused, and the guard is lifted first. */
export async function destroy(scene: Scene, { disturbed }: Play): Promise<void> {
  await scene.prepare(scene.stack);
  const words = ["destroy", "--confirm", scene.stack];
  if ((await deployed(scene, { name: "destroy", words, repeats: true }, disturbed)) !== exitCodes.policy) return;
  await scene.set("guard", "none");
  if ((await scene.deploy("the guard is lifted", ["up"])) !== exitCodes.done) return;
  await deployed(scene, { name: "destroy, unguarded", words, repeats: true }, disturbed);
}

/** What runs already changes nothing. */
function mustBeNew({ image: running }: Scene["settings"]["services"][string], service: string, image: string): void {
  if (running === image) throw new RangeError(`${service} runs ${image} already: name another by --image`);
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
  const left = ["budget", "backup", "domain", "standby", "guard", ...secretKeys];
  const own = Object.entries(config).map(([key, value]) => [key.replace(`${project}:`, ""), value] as const);
  const kept = without(Object.fromEntries(own), left);
  const ofDatabase = without(mapOf(kept.database), ["highAvailability", "replicas", "pooling", "restore"]);
  const database = { ...ofDatabase, logins: without(mapOf(ofDatabase.logins), ["made"]) };
  const given = { ...kept, cloud: settings.cloud, environment, standbyOf: stack, database, [regionKeys[settings.cloud]]: second };
  const named = Object.entries(given).map(([key, value]) => [key.includes(":") ? key : `${project}:${key}`, value]);
  rehearsal.writeConfig(written({ config: Object.fromEntries(named) as Record<string, unknown> }), standby);
}

function without(map: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(map).filter(([key]) => !keys.includes(key)));
}

function mapOf(value: unknown): Record<string, unknown> {
  const read: unknown = typeof value === "string" ? parse(value) : value;
  return typeof read === "object" && read !== null ? (read as Record<string, unknown>) : {};
}
