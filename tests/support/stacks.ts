// Stacks that tests start from.
import type { Stack } from "../../components/stack";

/** A production-like AWS stack with three zones; data, vaults and keys guarded. */
export function awsStack(overrides: Partial<Stack> = {}): Stack {
  return { ...base, region: "us-east-1", zones: ["us-east-1a", "us-east-1b", "us-east-1c"], ...overrides };
}

/** The same on Azure. */
export function azureStack(overrides: Partial<Stack> = {}): Stack {
  return { ...base, region: "eastus2", zones: ["1", "2", "3"], ...overrides };
}

const base = {
  project: "platform",
  name: "test",
  environment: "prod",
  owner: "platform-team",
  costCenter: "web",
  tags: {},
  guard: "all",
} as const;
