import { expect } from "chai";
import { type Given, namesOf, needsOf, subjects, tagsOf } from "../../bootstrap/needs";
import { ConfigError } from "../../components/fault";

const whole: Given = { cloud: "aws", repository: "acme/shop", repositoryId: "42", ownerId: "7" };

function faults(given: Given): string[] {
  try {
    needsOf(given);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(({ path, problem, remedy }) => `${path}: ${problem}; ${remedy}`);
  }
  return [];
}

describe("what the bootstrap is told", () => {
  it("needs a repository only, with its numbers", () => {
    expect(needsOf(whole)).to.deep.equal({
      cloud: "aws",
      project: "platform",
      repository: { owner: "acme", name: "shop" },
      subject: "repo:acme@7/shop@42",
      environments: ["staging", "prod"],
      region: "us-east-1",
      secondRegion: "us-west-2",
      identityProvider: undefined,
      guarded: true,
    });
    expect(needsOf({ ...whole, cloud: "azure" })).to.include({ region: "eastus2", secondRegion: "centralus" });
    expect(needsOf({ ...whole, region: "eu-west-1", guarded: "false" })).to.include({ secondRegion: undefined, guarded: false });
    expect(needsOf({ ...whole, region: "eu-west-1", secondRegion: "eu-west-3" }).secondRegion).to.equal("eu-west-3");
  });

  it("takes the tokens of one repository's pull requests and environments, in today's form or by names, and never more", () => {
    const today = subjects(needsOf(whole));
    expect([today.plan, today.deploy("prod")]).to.deep.equal(["repo:acme@7/shop@42:pull_request", "repo:acme@7/shop@42:environment:prod"]);
    const before = subjects(needsOf({ cloud: "aws", repository: "acme/shop", subject: "names" }));
    expect([before.plan, before.deploy("prod")]).to.deep.equal(["repo:acme/shop:pull_request", "repo:acme/shop:environment:prod"]);
  });

  it("lists every fault at once", () => {
    expect(faults({ cloud: "gcp", project: "No", repository: "acme", environments: "a b", region: "?", secondRegion: "?", guarded: "no" }))
      .to.have.lengthOf(7)
      .and.include("cloud: is aws or azure; say for which cloud: --cloud aws")
      .and.include("repositoryId: is a number; ask GitHub: gh api repos/acme --jq .id")
      .and.include("ownerId: is a number; ask GitHub: gh api repos/acme --jq .owner.id");
    expect(faults({})).to.have.lengthOf(4);
  });

  for (const [name, change, problem] of [
    ["a wildcard", { repository: "acme/*" }, /repository: is owner\/name/],
    [
      "a region that nobody knows",
      { region: "us-est-1" },
      /region: not a region of aws that the platform knows: .*; did you mean "us-east-1"\?/,
    ],
    ["a second region of the other cloud", { secondRegion: "centralus" }, /secondRegion: not a region of aws/],
    ["another form of the subject", { subject: "any" }, /subject: is immutable or names/],
    ["a number that is none", { repositoryId: "042" }, /repositoryId: is a number/],
    ["an environment twice", { environments: "prod,prod" }, /environments: a name is there twice/],
    [
      "an environment whose rights are another's too",
      { environments: "prod,production" },
      /the rights of "prod" would hold for "production" too/,
    ],
    ["an environment that containers can't be named by", { environments: "p" }, /a name begins with a small letter and has 3 to 16/],
    ["the bootstrap's own names", { environments: "prod,state" }, /plan and state are the bootstrap's own names/],
    ["a long project", { project: "a".repeat(17) }, /project: begins with a small letter and has at most 16/],
    [
      "another identity provider",
      { identityProvider: "arn:aws:iam::123456789012:oidc-provider/example.org" },
      /the ARN of GitHub's provider/,
    ],
    ["an identity provider on Azure", { cloud: "azure", identityProvider: "x" }, /identityProvider: is for AWS/],
  ] as const) {
    it(`refuses ${name}`, () => expect(faults({ ...whole, ...change }).join("\n")).to.match(problem));
  }

  it("takes the account's own provider of GitHub's identities", () => {
    const identityProvider = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
    expect(needsOf({ ...whole, identityProvider }).identityProvider).to.equal(identityProvider);
  });

  it("names what is unique in the world by the repository, within every limit", () => {
    const names = namesOf(needsOf(whole));
    expect(names).to.deep.equal({
      hash: "d21b2c",
      bucket: "platform-state-d21b2c",
      path: "/platform-bootstrap/",
      account: "stplatformstated21b2c",
      group: "rg-platform-bootstrap",
      vault: "kv-platform-state-d21b2c",
    });
    const longest = namesOf(needsOf({ ...whole, project: "a-bcdef-hijklmno" }));
    expect(longest.account).to.have.lengthOf(24);
    expect(longest.vault).to.equal("kv-a-bcdef-state-d21b2c").and.have.length.at.most(24);
  });

  it("tags everything, and an environment's things with it", () => {
    const tags = { project: "platform", stack: "bootstrap", component: "bootstrap", "managed-by": "pulumi" };
    expect(tagsOf(needsOf(whole))).to.deep.equal(tags);
    expect(tagsOf(needsOf(whole), "prod")).to.deep.equal({ ...tags, environment: "prod" });
  });
});
