// The program: settings -> the platform on the chosen cloud -> stack outputs.
import { log, Stash } from "@pulumi/pulumi";
import { Refusal } from "./components/fault";
import { type Primary, primaryOf } from "./components/primary";
import { type Outputs, platform } from "./platform";
import { fromPulumi } from "./settings/load";
import type { Settings } from "./settings/schema";

/** One line per cloud. A cloud's SDK is loaded only when it is chosen. */
const programs = {
  aws: async (settings: Settings, primary?: Primary) => platform((await import("./components/clouds/aws/cloud")).aws, settings, primary),
  azure: async (settings: Settings, primary?: Primary) =>
    platform((await import("./components/clouds/azure/cloud")).azure, settings, primary),
};

export = async (): Promise<Outputs> => {
  const settings = fromPulumi();
  settings.warnings.forEach((warning) => void log.warn(warning));
  // A Stash keeps its first value as long as the stack lives, so it knows the cloud that the stack was deployed to.
  const stash = new Stash("cloud", { input: settings.cloud }, { ignoreChanges: ["input"] });
  const deployed = await new Promise((resolve) => stash.output.apply(resolve));
  if (deployed !== settings.cloud) {
    throw new Refusal(
      `this stack is deployed on ${String(deployed)}; switching \`cloud\` to ${settings.cloud} would delete it and its data.\n` +
        `  Set it back (pulumi config set cloud ${String(deployed)}), or create a new stack for ${settings.cloud} and move: docs/moving-clouds.md`,
    );
  }
  const { cloud, stack, standby, network } = settings;
  // Who has taken over needs nothing of the primary, whose region may be gone.
  const primary = standby?.active === false ? await primaryOf(standby.of, { stack, cloud, peerCidr: network.peerCidr }) : undefined;
  return programs[cloud](settings, primary);
};
