// The workflow that the bootstrap prints: whoever saves it as it is can preview and deploy.
import { expect } from "chai";
import { parse } from "yaml";
import { run as deploy } from "../../automation/cli";
import { clouds } from "../../components/cloud";
import { guide, known } from "../../bootstrap/guide";
import { needsOf } from "../../bootstrap/needs";
import { sessionSeconds } from "../../bootstrap/program";
import { given } from "./support";

interface Step {
  readonly run?: string;
  readonly uses?: string;
  readonly if?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}
interface Job {
  readonly if: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly strategy: { readonly "max-parallel"?: number; readonly matrix: Readonly<Record<string, unknown>> };
  readonly environment?: string;
  readonly concurrency?: unknown;
  readonly steps: readonly Step[];
}

function workflow(cloud: (typeof clouds)[number]): {
  readonly on: Record<string, unknown>;
  readonly jobs: Record<"preview" | "deploy", Job>;
} {
  const needs = needsOf({ cloud, ...given, environments: "test,prod" });
  const lines = guide(needs, known(needs, { backends: { prod: "backend://prod", test: "backend://test" }, secretsProviders: {} }));
  return parse(lines.slice(lines.findIndex((line) => line.startsWith("# 3. "))).join("\n")) as ReturnType<typeof workflow>;
}
const step = ({ steps }: Job, of: string): Step => steps.find(({ run, uses }) => (run ?? uses ?? "").includes(of)) ?? {};
const command = (job: Job): Step => step(job, "automation/main.ts");

for (const cloud of clouds) {
  describe(`the workflow on ${cloud}`, () => {
    const { on, jobs } = workflow(cloud);
    const { preview, deploy: deployment } = jobs;

    it("previews pull requests of the repository itself, each stack in its own backend", () => {
      expect(on).to.have.property("pull_request");
      expect(preview.if).to.equal("github.event_name == 'pull_request' && !github.event.pull_request.head.repo.fork");
      expect(preview.permissions).to.deep.equal({ "id-token": "write", contents: "read" });
      expect(preview.environment).to.equal(undefined);
      expect(preview.strategy.matrix).to.deep.equal({
        include: [
          { stack: "test", backend: "backend://test" },
          { stack: "prod", backend: "backend://prod" },
        ],
      });
      expect(command(preview).run).to.equal("exec node --import tsx automation/main.ts preview --stack ${{ matrix.stack }}");
      expect(command(preview).env).to.include({ PULUMI_BACKEND_URL: "${{ matrix.backend }}" });
    });

    it("deploys environments in their order or the one that is asked for, one run of a stack at a time", () => {
      expect(on).to.deep.include({ push: { branches: ["main"] } });
      expect(on.workflow_dispatch).to.deep.include({
        inputs: {
          stack: { type: "choice", required: true, options: ["test", "prod"] },
          command: { default: "up", description: "as: rollout --service api --image <image>; rollback; rotate" },
        },
      });
      expect(deployment.if).to.equal("github.event_name != 'pull_request'");
      expect(deployment.strategy).to.deep.equal({
        "max-parallel": 1,
        matrix: { stack: `\${{ fromJSON(inputs.stack && format('["{0}"]', inputs.stack) || '["test","prod"]') }}` },
      });
      expect(deployment.environment).to.equal("${{ matrix.stack }}");
      expect(deployment.concurrency).to.deep.equal({ group: "deploy-${{ matrix.stack }}", "cancel-in-progress": false });
      expect(command(deployment).run).to.equal("exec node --import tsx automation/main.ts $COMMAND --stack ${{ matrix.stack }}");
      expect(command(deployment).env).to.include({
        COMMAND: "${{ inputs.command || 'up' }}",
        PULUMI_BACKEND_URL: "${{ vars.PULUMI_BACKEND_URL }}",
      });
    });

    it("installs the CLI, keeps the states and commits the stack's file, whatever happened", () => {
      for (const job of [preview, deployment]) {
        expect(step(job, "pulumi/actions").with).to.deep.equal({ "pulumi-version": "3.247.0" });
        expect(job.steps.map(({ run, uses }) => run ?? uses).slice(0, 3)).to.deep.equal([
          "actions/checkout@v4",
          "actions/setup-node@v4",
          "npm ci",
        ]);
      }
      expect(step(deployment, "upload-artifact")).to.deep.include({
        if: "always()",
        with: { name: "deployments-${{ matrix.stack }}-${{ github.run_attempt }}", path: "deployments/", "if-no-files-found": "ignore" },
      });
      expect(deployment.permissions).to.deep.equal({ "id-token": "write", contents: "write" });
      const commit = deployment.steps.at(-1);
      expect(commit?.if).to.equal("always()");
      expect(commit?.run).to.contain("git add Pulumi.${{ matrix.stack }}.yaml").and.contain("git pull --rebase && git push");
      expect(step(preview, "git push")).to.deep.equal({});
    });

    it("logs in for as long as the command may run", () => {
      for (const [job, seconds] of [
        [preview, 3600],
        [deployment, sessionSeconds],
      ] as const) {
        const login = step(job, "aws-actions/configure-aws-credentials");
        const oidc = {
          ARM_USE_OIDC: "true",
          ARM_CLIENT_ID: "${{ vars.AZURE_CLIENT_ID }}",
          ARM_TENANT_ID: "${{ vars.AZURE_TENANT_ID }}",
          ARM_SUBSCRIPTION_ID: "${{ vars.AZURE_SUBSCRIPTION_ID }}",
        };
        if (cloud === "azure") expect(command(job).env).to.include(oidc);
        else
          expect(login.with).to.deep.equal({
            "role-to-assume": "${{ vars.AWS_ROLE_ARN }}",
            "aws-region": "${{ vars.AWS_REGION }}",
            "role-duration-seconds": seconds,
          });
      }
    });
  });
}

it("a session of CI outlasts the longest run of the deploy command", async () => {
  for (const verb of ["up", "rollout"]) {
    let help = "";
    await deploy([verb, "--help"], { out: (text) => (help += text), err: () => undefined });
    const timeout = Number(/--timeout <seconds>[^]*?\(default:\s+(\d+)\)/.exec(help.slice(help.indexOf(" --timeout")))?.[1]);
    expect(timeout)
      .to.be.greaterThan(3600)
      .and.at.most(sessionSeconds - 3600);
  }
});
