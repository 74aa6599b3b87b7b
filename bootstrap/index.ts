// The bootstrap as a Pulumi program: its config -> what CI needs once, on the cloud that it names -> outputs. `npm run bootstrap` shows it and
// makes it; whoever wants can run `pulumi` in this folder instead.
import { Config } from "@pulumi/pulumi";
import { type Given, type Input, inputs, needsOf } from "./needs";
import type { Bootstrapped } from "./program";

/** One line per cloud. A cloud's SDK is loaded only when it is chosen. */
const programs = {
  aws: async () => (await import("./aws")).AwsBootstrap,
  azure: async () => (await import("./azure")).AzureBootstrap,
};

export = async (): Promise<Bootstrapped> => {
  const config = new Config();
  const given: Given = Object.fromEntries(
    (Object.keys(inputs) as Input[]).map((key) => [key, config.get(key)] as const).filter(([, value]) => value !== undefined),
  );
  const needs = needsOf(given);
  const Program = await programs[needs.cloud]();
  return new Program("bootstrap", needs).made;
};
