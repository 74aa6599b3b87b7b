// The program: settings -> the platform on the chosen cloud -> stack outputs.
import { log } from "@pulumi/pulumi";
import { type Primary, primaryOf } from "./components/primary";
import { shortTraces } from "./components/traces";
import { type Outputs, platform } from "./platform";
import { refuseChange } from "./settings/deployed";
import { fromPulumi } from "./settings/load";
import type { Settings } from "./settings/schema";

/** One line per cloud. A cloud's SDK is loaded only when it is chosen. */
const programs = {
  aws: async (settings: Settings, primary?: Primary) => platform((await import("./components/clouds/aws/cloud")).aws, settings, primary),
  azure: async (settings: Settings, primary?: Primary) =>
    platform((await import("./components/clouds/azure/cloud")).azure, settings, primary),
};

export = async (): Promise<Outputs> => {
  shortTraces();
  const settings = fromPulumi();
  settings.warnings.forEach((warning) => void log.warn(warning));
  await refuseChange(settings);
  const { cloud, stack, standby, network } = settings;
  // Who has taken over needs nothing of the primary, whose region may be gone.
  const primary = standby?.active === false ? await primaryOf(standby.of, { stack, cloud, peerCidr: network.peerCidr }) : undefined;
  return programs[cloud](settings, primary);
};
