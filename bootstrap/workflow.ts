// The workflow for GitHub that uses what the bootstrap made: previews of pull requests, deployments of environments in their order.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CloudName } from "../components/cloud";
import type { Needs } from "./needs";
import { sessionSeconds } from "./program";

/** A whole file; `backends` by environment. Jobs of an environment see its variables, those of a pull request the repository's. */
export function workflow({ cloud, environments }: Needs, backends: Readonly<Record<string, string>>): string[] {
  return [
    "# 3. Save what follows as .github/workflows/deploy.yml (and name each action by a commit instead of its tag).",
    "name: deploy",
    "on:",
    "  pull_request:",
    "  push: { branches: [main] }",
    "  workflow_dispatch:",
    "    inputs:",
    `      stack: { type: choice, required: true, options: [${environments.join(", ")}] }`,
    "      command: { default: up, description: 'as: rollout --service api --image <image>; rollback; rotate' }",
    "jobs:",
    "  preview:",
    "    # A fork gets no token.",
    "    if: github.event_name == 'pull_request' && !github.event.pull_request.head.repo.fork",
    "    permissions: { id-token: write, contents: read }",
    "    strategy:",
    "      matrix:",
    "        include:",
    ...environments.map((each) => `          - { stack: ${each}, backend: '${backends[each]}' }`),
    "    runs-on: ubuntu-latest",
    "    steps:",
    ...tools,
    ...login[cloud].steps(3600),
    "      - run: exec node --import tsx automation/main.ts preview --stack ${{ matrix.stack }}",
    "        env:",
    "          PULUMI_BACKEND_URL: '${{ matrix.backend }}'",
    ...login[cloud].env,
    "  deploy:",
    "    if: github.event_name != 'pull_request'",
    "    # A rollout, a rotation and a rollback change the stack's file, which is committed below.",
    "    permissions: { id-token: write, contents: write }",
    "    strategy:",
    "      max-parallel: 1",
    "      matrix:",
    `        stack: \${{ fromJSON(inputs.stack && format('["{0}"]', inputs.stack) || '${JSON.stringify(environments)}') }}`,
    "    environment: ${{ matrix.stack }}",
    "    # One run of a stack waits for the other, and none is ended in the middle.",
    "    concurrency: { group: 'deploy-${{ matrix.stack }}', cancel-in-progress: false }",
    "    runs-on: ubuntu-latest",
    "    steps:",
    ...tools,
    ...login[cloud].steps(sessionSeconds),
    "      # By exec, so that whoever cancels the job reaches the command and not a shell around it.",
    "      - run: exec node --import tsx automation/main.ts $COMMAND --stack ${{ matrix.stack }}",
    "        env:",
    "          COMMAND: ${{ inputs.command || 'up' }}",
    "          PULUMI_BACKEND_URL: '${{ vars.PULUMI_BACKEND_URL }}'",
    ...login[cloud].env,
    "      # The states that the command kept: their secrets are encrypted, but who reads the repository reads the rest.",
    "      - uses: actions/upload-artifact@v4",
    "        if: always()",
    "        with: { name: 'deployments-${{ matrix.stack }}-${{ github.run_attempt }}', path: deployments/, if-no-files-found: ignore }",
    "      - name: Commit the stack's file",
    "        if: always()",
    "        run: |",
    "          git add Pulumi.${{ matrix.stack }}.yaml",
    "          if git diff --cached --quiet; then exit 0; fi",
    "          git config user.name 'github-actions[bot]'",
    "          git config user.email '41898282+github-actions[bot]@users.noreply.github.com'",
    "          git commit --message 'Deploy ${{ matrix.stack }}: what the command changed in the settings'",
    "          git pull --rebase && git push",
  ];
}

/** The CLI is of the version of its SDK. */
const tools = [
  "      - uses: actions/checkout@v4",
  "      - uses: actions/setup-node@v4",
  "        with: { node-version: 22, cache: npm }",
  "      - run: npm ci",
  "      - uses: pulumi/actions@v6",
  `        with: { pulumi-version: ${cliVersion()} }`,
];

const login: Readonly<Record<CloudName, { readonly steps: (seconds: number) => readonly string[]; readonly env: readonly string[] }>> = {
  aws: {
    steps: (seconds) => [
      "      - uses: aws-actions/configure-aws-credentials@v5",
      `        with: { role-to-assume: '\${{ vars.AWS_ROLE_ARN }}', aws-region: '\${{ vars.AWS_REGION }}', role-duration-seconds: ${seconds} }`,
    ],
    env: [],
  },
  azure: {
    steps: () => [],
    // The command logs in with them by itself, and again before a token of GitHub is too old: no login of `az` can do that.
    env: [
      "          ARM_USE_OIDC: 'true'",
      "          ARM_CLIENT_ID: '${{ vars.AZURE_CLIENT_ID }}'",
      "          ARM_TENANT_ID: '${{ vars.AZURE_TENANT_ID }}'",
      "          ARM_SUBSCRIPTION_ID: '${{ vars.AZURE_SUBSCRIPTION_ID }}'",
    ],
  },
};

function cliVersion(): string {
  const file = readFileSync(join(__dirname, "..", "package.json"), "utf8");
  return (JSON.parse(file) as { readonly dependencies: Readonly<Record<string, string>> }).dependencies["@pulumi/pulumi"] ?? "latest";
}
