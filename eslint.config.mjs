// Correctness rules with types, and the dependency directions of docs/architecture.md.
import tseslint from "typescript-eslint";

const clouds = ["@pulumi/aws", "@pulumi/aws/*", "@pulumi/azure-native", "@pulumi/azure-native/*", "@pulumi/awsx", "@pulumi/awsx/*"];
const only = (patterns, message) => ({
  "no-restricted-imports": ["error", { patterns: [{ group: patterns, message, allowTypeImports: false }] }],
});

export default tseslint.config(
  { ignores: ["node_modules", "coverage"] },
  ...tseslint.configs.strict,
  {
    files: ["**/*.ts"],
    rules: {
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "@typescript-eslint/no-explicit-any": "error",
      eqeqeq: "error",
      "no-console": "error",
    },
  },
  {
    files: ["components/**/*.ts", "platform.ts", "settings/**/*.ts", "index.ts", "bootstrap/**/*.ts"],
    ignores: ["components/*/aws*.ts", "components/*/azure*.ts", "components/clouds/**", "bootstrap/aws*.ts", "bootstrap/azure*.ts"],
    rules: only(clouds, "only aws.ts, azure.ts and clouds/ know a cloud's SDK"),
  },
  {
    files: ["components/*/aws*.ts", "components/clouds/aws/**/*.ts", "bootstrap/aws*.ts"],
    rules: only(["@pulumi/azure-native", "@pulumi/azure-native/*", "**/azure", "**/clouds/azure/*"], "an AWS file knows nothing of Azure"),
  },
  {
    files: ["components/*/azure*.ts", "components/clouds/azure/**/*.ts", "bootstrap/azure*.ts"],
    rules: only(["@pulumi/aws", "@pulumi/aws/*", "@pulumi/awsx/*", "**/aws", "**/clouds/aws/*"], "an Azure file knows nothing of AWS"),
  },
  {
    files: ["plan/**/*.ts", "bench/**/*.ts"],
    rules: only(
      [...clouds, "**/components/*/aws", "**/components/*/azure", "**/components/*/*/aws"],
      "the plan reads records, not a component's insides",
    ),
  },
  {
    files: ["automation/**/*.ts"],
    ignores: ["automation/*-aws.ts", "automation/*-azure.ts"],
    rules: only(
      ["@aws-sdk/*", "@azure/*", "./*-aws", "./*-azure"],
      "a cloud's clients are loaded by its own file, when that cloud is asked",
    ),
  },
  {
    files: ["tests/**/*.ts"],
    rules: { "@typescript-eslint/no-unused-expressions": "off", "@typescript-eslint/no-non-null-assertion": "off" },
  },
);
