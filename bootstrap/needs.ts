// What CI needs once in an account: the answers that the command line or the project's config gives, checked all at once, and the names
// that follow from them. Both clouds are made from this, and nothing here knows a cloud's SDK.
import { createHash } from "node:crypto";
import { type CloudName, clouds } from "../components/cloud";
import { limits as aws } from "../components/clouds/aws/sizes";
import { limits as azure } from "../components/clouds/azure/sizes";
import { type Fault, refuse } from "../components/fault";
import { defaultRegions, regionKeys } from "../settings/presets";
import { nearest } from "../settings/shape";
import { usualSecondRegions } from "../settings/storage";

/** The flags of the command line are the keys of the config, so that a run is repeated by either. */
export const inputs = {
  cloud: "aws or azure",
  project: "the Pulumi project that CI deploys: the first part of every name (default: platform)",
  repository: "the repository on GitHub: owner/name",
  repositoryId: "its number: gh api repos/OWNER/NAME --jq .id",
  ownerId: "its owner's number: gh api repos/OWNER/NAME --jq .owner.id",
  subject: "how GitHub names the repository in its tokens: immutable (with the numbers) or names (repositories made before 2026-07-15)",
  environments:
    "environments of GitHub that deploy, separated by commas; stacks of one begin with its name (default: staging,prod; dev is deployed by people)",
  region: `where the state is, and what the environments deploy to (default: ${defaultRegions.aws}, ${defaultRegions.azure})`,
  secondRegion: "where copies of the environments go (default: the usual one for the region)",
  identityProvider: "ARN of GitHub's identity provider where the account has it already (AWS)",
  guarded: "false: the next update lifts the guard, so that all can be taken away",
} as const;
export type Input = keyof typeof inputs;
export type Given = Readonly<Partial<Record<Input, string>>>;

export interface Needs {
  readonly cloud: CloudName;
  readonly project: string;
  readonly repository: { readonly owner: string; readonly name: string };
  /** `repo:…`, without the last part: whose tokens are taken. */
  readonly subject: string;
  readonly environments: readonly string[];
  readonly region: string;
  readonly secondRegion: string | undefined;
  readonly identityProvider: string | undefined;
  readonly guarded: boolean;
}

const patterns = {
  project: /^[a-z][a-z0-9-]{0,15}$/,
  repository: /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})\/[A-Za-z0-9._-]{1,100}$/,
  id: /^[1-9][0-9]{0,18}$/,
  environment: /^(?=.{3,16}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
  identityProvider: /^arn:aws:iam::[0-9]{12}:oidc-provider\/token\.actions\.githubusercontent\.com$/,
} as const;

/** Throws a ConfigError with every fault of what was given. */
export function needsOf(given: Given): Needs {
  const faults: Fault[] = [];
  const cloud = clouds.find((name) => name === given.cloud);
  const text = (path: Input, pattern: RegExp, fallback: string, problem: string, remedy: string): string => {
    const value = given[path] ?? fallback;
    if (!pattern.test(value)) faults.push({ path, given: given[path], problem, remedy });
    return value;
  };
  if (cloud === undefined)
    faults.push({ path: "cloud", given: given.cloud, problem: "is aws or azure", remedy: "say for which cloud: --cloud aws" });
  const lower = "begins with a small letter and has at most 16 small letters, digits and hyphens";
  const project = text("project", patterns.project, "platform", lower, "the name in Pulumi.yaml");
  const repository = text("repository", patterns.repository, "", "is owner/name", "whose workflows deploy: --repository acme/shop");
  const subject = subjectOf(given, repository, faults);
  const environments = environmentsOf(given.environments ?? "staging,prod", faults);
  const regions =
    cloud === undefined ? { home: "", second: undefined } : { home: defaultRegions[cloud], second: usualSecondRegions[cloud] };
  const region = given.region ?? regions.home;
  const secondRegion = given.secondRegion ?? regions.second?.[region];
  if (cloud !== undefined)
    faults.push(
      ...checkKnown("region", region, cloud),
      ...(secondRegion === undefined ? [] : checkKnown("secondRegion", secondRegion, cloud)),
    );
  checkProvider(given, cloud, faults);
  if (given.guarded !== undefined && given.guarded !== "true" && given.guarded !== "false")
    faults.push({ path: "guarded", given: given.guarded, problem: "is true or false", remedy: "leave it out: it is true" });
  refuse(faults);
  const [owner = "", name = ""] = repository.split("/");
  return {
    cloud: cloud ?? "aws",
    project,
    repository: { owner, name },
    subject,
    environments,
    region,
    secondRegion,
    identityProvider: given.identityProvider,
    guarded: given.guarded !== "false",
  };
}

/** Those that the platform's own settings take. */
function checkKnown(path: Input, region: string, cloud: CloudName): Fault[] {
  const known = Object.keys((cloud === "aws" ? aws : azure).zones);
  if (known.includes(region)) return [];
  const near = nearest(region, known);
  const problem = `not a region of ${cloud} that the platform knows: ${known.join(", ")}`;
  return [{ path, given: region, problem, remedy: near === undefined ? `as ${defaultRegions[cloud]}` : `did you mean "${near}"?` }];
}

/**
 * GitHub's own words for the repository. Of one made since 2026-07-15 they hold the numbers of owner and repository, so that nobody who takes
 * over a name that became free gets its rights; a policy with names alone fails there without a word.
 */
function subjectOf({ subject = "immutable", repositoryId, ownerId }: Given, repository: string, faults: Fault[]): string {
  const ask = `ask GitHub: gh api repos/${repository || "OWNER/NAME"} --jq`;
  if (subject === "names") return `repo:${repository}`;
  if (subject !== "immutable") {
    const remedy = "leave it out, or say names for a repository made before 2026-07-15 that was not moved to the new form";
    faults.push({ path: "subject", given: subject, problem: "is immutable or names", remedy });
  }
  for (const [path, value, field] of [
    ["repositoryId", repositoryId, ".id"],
    ["ownerId", ownerId, ".owner.id"],
  ] as const) {
    if (!patterns.id.test(value ?? "")) faults.push({ path, given: value, problem: "is a number", remedy: `${ask} ${field}` });
  }
  const [owner, name] = repository.split("/");
  return `repo:${owner}@${ownerId}/${name}@${repositoryId}`;
}

function environmentsOf(given: string, faults: Fault[]): string[] {
  const environments = given.split(",").map((name) => name.trim());
  const fault = (problem: string, remedy: string): void => void faults.push({ path: "environments", given, problem, remedy });
  for (const name of environments) {
    if (!patterns.environment.test(name))
      fault("a name begins with a small letter and has 3 to 16 small letters, digits and single hyphens", "as staging,prod");
    // The rights of an environment go by the beginning of a name: `prod` has those of the stacks `prod` and `prod-west`.
    const [covering] = environments.filter((other) => other !== name && name.startsWith(other));
    if (covering !== undefined)
      fault(`the rights of "${covering}" would hold for "${name}" too`, "choose names of which none begins another");
  }
  if (new Set(environments).size < environments.length) fault("a name is there twice", "name each once");
  if (environments.some((name) => reserved.has(name))) fault("plan and state are the bootstrap's own names", "choose another");
  return environments;
}
const reserved = new Set(["plan", "state"]);

function checkProvider({ identityProvider }: Given, cloud: CloudName | undefined, faults: Fault[]): void {
  if (identityProvider === undefined) return;
  if (cloud === "azure") {
    const remedy = "leave it out: on Azure each identity has credentials of its own";
    faults.push({ path: "identityProvider", given: identityProvider, problem: "is for AWS", remedy });
  } else if (!patterns.identityProvider.test(identityProvider)) {
    const remedy = "aws iam list-open-id-connect-providers";
    faults.push({ path: "identityProvider", given: identityProvider, problem: "is the ARN of GitHub's provider", remedy });
  }
}

/** Subjects of GitHub's tokens: a job of a pull request, and a job in an environment. Nothing is left open in them. */
export function subjects({ subject }: Needs): { readonly plan: string; readonly deploy: (environment: string) => string } {
  return { plan: `${subject}:pull_request`, deploy: (environment) => `${subject}:environment:${environment}` };
}

export const github = { issuer: "https://token.actions.githubusercontent.com", host: "token.actions.githubusercontent.com" } as const;

/** Names that are taken in the whole world end with six digits of a hash of the repository. */
export function namesOf({ project, repository }: Needs) {
  const hash = createHash("sha256").update(`${repository.owner}/${repository.name}`).digest("hex").slice(0, 6);
  return {
    hash,
    /** AWS: the bucket of the states. */
    bucket: `${project}-state-${hash}`,
    /** AWS: the path of roles and policies, by which the deploying ones are kept away from them. */
    path: `/${project}-bootstrap/`,
    /** Azure: the account of the states takes 24 letters and digits. */
    account: `st${project.replaceAll("-", "").slice(0, 11)}state${hash}`,
    group: `rg-${project}-bootstrap`,
    /** Azure takes 24 characters. */
    vault: `kv-${project.slice(0, 8).replace(/-+$/, "")}-state-${hash}`,
  };
}

export function tagsOf({ project }: Needs, environment?: string): Record<string, string> {
  const tags = { project, stack: "bootstrap", component: "bootstrap", "managed-by": "pulumi" };
  return environment === undefined ? tags : { ...tags, environment };
}

/** The settings of the bootstrap's own stack: the answers, and where the provider works. */
export function configOf(given: Given, { cloud, region }: Needs): Record<string, string> {
  const answers = Object.entries({ ...given, cloud }).map(([key, value]) => [`bootstrap:${key}`, value] as const);
  return { ...Object.fromEntries(answers), [regionKeys[cloud]]: region };
}
