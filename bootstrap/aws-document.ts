// Documents of IAM, as the bootstrap writes them.
import { type Input, jsonStringify, type Output } from "@pulumi/pulumi";

export type Conditions = Readonly<Record<string, Readonly<Record<string, Input<string> | readonly Input<string>[]>>>>;

export interface Statement {
  readonly Sid: string;
  readonly Effect?: "Deny";
  readonly Action: string | readonly string[];
  readonly Resource: Input<string> | readonly Input<string>[];
  readonly Condition?: Conditions;
}

export function document(statements: readonly Statement[]): Output<string> {
  return jsonStringify({ Version: "2012-10-17", Statement: statements.map((each) => ({ Effect: "Allow", ...each })) });
}
