// Flags on AWS: an application of AppConfig with one environment and one profile. A version of the flags can't be changed, so a change in
// the config is a new version under a name of its own, and its deployment.
import {
  Application,
  ConfigurationProfile,
  Deployment,
  DeploymentStrategy,
  Environment,
  HostedConfigurationVersion,
} from "@pulumi/aws/appconfig";
import { type ComponentResourceOptions, interpolate, output, type Output } from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import type { Aws } from "../clouds/aws/family";
import { grants, permissions } from "../clouds/aws/permissions";
import { refuse } from "../fault";
import { tagsOf } from "../stack";
import { type Access, envName, Use } from "../use";
import { check, Flags, type FlagsArgs } from "./index";

export class AwsFlags extends Flags<Aws> {
  readonly url: Output<string>;
  private readonly name: string;
  private readonly arn: Output<string>;
  private readonly session: Output<string>;

  constructor(name: string, args: FlagsArgs<Aws>, opts?: ComponentResourceOptions) {
    refuse(check(args));
    super("Flags", name, opts);
    this.name = name;
    const { stack, raw } = args.network;
    const tags = tagsOf(stack, name);
    const application = new Application(
      `${stack.project}-${stack.name}-${name}`,
      { description: `Flags of ${stack.name}`, tags },
      { parent: this },
    );
    const environment = new Environment(
      `${name}-environment`,
      { applicationId: application.id, name: stack.environment, tags },
      { parent: this },
    );
    const profile = this.createProfile(name, application, tags);
    this.deploy(name, args, { application, environment, profile });

    this.url = output(`https://appconfigdata.${stack.region}.amazonaws.com`);
    const { environmentId } = environment;
    const { configurationProfileId } = profile;
    this.arn = interpolate`arn:aws:appconfig:${stack.region}:${raw.accountId}:application/${application.id}/environment/${environmentId}/configuration/${configurationProfileId}`;
    this.session = interpolate`${application.id}/${environmentId}/${configurationProfileId}`;
    this.finish({ url: this.url });
  }

  use(access: Access["flags"]): Use<Aws> {
    return new Use<Aws>({
      target: this.name,
      noun: "flags",
      access,
      env: {
        [envName(this.name, "kind")]: "appconfig",
        [envName(this.name, "url")]: this.url,
        [envName(this.name, "name")]: this.session,
      },
      raw: { server: undefined, statements: grants(permissions.flags[access], this.arn), backlog: undefined },
    });
  }

  private createProfile(name: string, application: Application, tags: Record<string, string>): ConfigurationProfile {
    return new ConfigurationProfile(
      `${name}-profile`,
      { applicationId: application.id, name: "flags", locationUri: "hosted", type: "AWS.AppConfig.FeatureFlags", tags },
      { parent: this },
    );
  }

  private deploy(name: string, { values, network }: FlagsArgs<Aws>, made: Made): void {
    const content = contentOf(values);
    const digest = createHash("sha256").update(content).digest("hex").slice(0, 8);
    const tags = tagsOf(network.stack, name);
    const ids = { applicationId: made.application.id, configurationProfileId: made.profile.configurationProfileId };
    const version = new HostedConfigurationVersion(
      `${name}-${digest}`,
      { ...ids, content, contentType: "application/json" },
      // AWS writes times of its own into it.
      { parent: this, ignoreChanges: ["content"] },
    );
    // AWS's own strategies watch for ten minutes, in which the next deployment would be refused.
    const strategy = new DeploymentStrategy(
      `${name}-at-once`,
      { deploymentDurationInMinutes: 0, finalBakeTimeInMinutes: 0, growthFactor: 100, growthType: "LINEAR", replicateTo: "NONE", tags },
      { parent: this },
    );
    new Deployment(
      `${name}-${digest}`,
      {
        ...ids,
        environmentId: made.environment.environmentId,
        configurationVersion: interpolate`${version.versionNumber}`,
        deploymentStrategyId: strategy.id,
        tags,
      },
      { parent: this },
    );
  }
}

interface Made {
  readonly application: Application;
  readonly environment: Environment;
  readonly profile: ConfigurationProfile;
}

/** AppConfig's own form, in the order of the alphabet: another order would be another version. */
function contentOf(values: Readonly<Record<string, boolean>>): string {
  const sorted = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify({
    version: "1",
    flags: Object.fromEntries(sorted.map(([flag]) => [flag, { name: flag }])),
    values: Object.fromEntries(sorted.map(([flag, enabled]) => [flag, { enabled }])),
  });
}
