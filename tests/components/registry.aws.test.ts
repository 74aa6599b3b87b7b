import { expect } from "chai";
import { AwsRegistry } from "../../components/registry/aws";
import { ConfigError } from "../../components/fault";
import { documentOf, madeBy, awsTags } from "../support/aws-parts";
import { ground, hosting, service, serviceSpec } from "../support/aws-platform";
import type { Stack } from "../../components/stack";
import { once } from "../support/azure-parts";
import { only, record, type Recorded, recordKnown } from "../support/record";
import { record as recordPlan } from "../../plan/record";

const registry = once((stack: Partial<Stack> = {}): Promise<Recorded[]> => {
  return recordKnown(() => {
    const on = ground(stack);
    new AwsRegistry("registry", { ...on, hosting: hosting(on), repositories: ["api", "team/web"] });
  });
});

describe("Registry on AWS", () => {
  it("is a repository and its clean-up for each image", async () => {
    expect(madeBy(await registry(), "registry")).to.deep.equal([
      "ecr LifecyclePolicy api-cleanup",
      "ecr LifecyclePolicy team/web-cleanup",
      "ecr Repository platform-test-api",
      "ecr Repository platform-test-team-web-d0d6fb",
    ]);
  });

  it("scans on push, never changes a tag and encrypts with the stack's key", async () => {
    const kept = only(await registry(), "aws:ecr/repository:Repository", "platform-test-api");
    const inputs = {
      imageTagMutability: "IMMUTABLE",
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: "secrets-key_arn" }],
      tags: awsTags("registry"),
    };
    expect(kept.inputs).to.deep.equal({ ...inputs, forceDelete: false });
    expect(kept.protect).to.equal(true);
    const free = only(await registry({ guard: "none" }), "aws:ecr/repository:Repository", "platform-test-api");
    expect([free.inputs.forceDelete, free.protect]).to.deep.equal([true, false]);
  });

  it("keeps the last ten images, and those without a tag for a week", async () => {
    const policy = only(await registry(), "aws:ecr/lifecyclePolicy:LifecyclePolicy", "api-cleanup");
    expect(documentOf(policy, "policy")).to.deep.equal({
      rules: [
        {
          rulePriority: 1,
          description: "Untagged images",
          selection: { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 7 },
          action: { type: "expire" },
        },
        {
          rulePriority: 2,
          description: "All but the last images",
          selection: { tagStatus: "tagged", tagPatternList: ["*"], countType: "imageCountMoreThan", countNumber: 10 },
          action: { type: "expire" },
        },
      ],
    });
  });

  it("gives a service its image, and leave to pull from that one repository", async () => {
    const answers = (_type: string, name: string) => ({
      id: `${name}-id`,
      state: { arn: `${name}_arn`, name: `${name}_name`, repositoryUrl: `${name}_url` },
    });
    const { resources } = await recordPlan(
      () => {
        const on = ground();
        const shared = hosting(on);
        const made = new AwsRegistry("registry", { ...on, hosting: shared, repositories: ["worker"] });
        service(on, "worker", serviceSpec({ kind: "worker", image: "worker:1.2.3" }), { registry: made, hosting: shared });
      },
      { project: "platform", stack: "test", answers },
    );
    const [container] = documentOf(only(resources, "aws:ecs/taskDefinition:TaskDefinition"), "containerDefinitions") as { image: string }[];
    expect(container?.image).to.equal("platform-test-worker_url:1.2.3");
    const { Statement } = documentOf(only(resources, "aws:iam/rolePolicy:RolePolicy", "worker-execution"), "policy") as {
      Statement: unknown[];
    };
    expect(Statement.slice(1)).to.deep.equal([
      { Effect: "Allow", Action: ["ecr:GetAuthorizationToken"], Resource: ["*"] },
      {
        Effect: "Allow",
        Action: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        Resource: ["platform-test-worker_arn"],
      },
    ]);
  });

  it("refuses an image that no repository has", async () => {
    await record(() => {
      const on = ground();
      expect(() => service(on, "worker", serviceSpec({ kind: "worker", image: "other:1" }))).to.throw(
        ConfigError,
        "has no such repository",
      );
    });
  });
});
