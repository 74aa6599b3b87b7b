// Documents of IAM, judged as IAM judges them: as far as the bootstrap's and the platform's go.

export interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** The keys of a request, such as `iam:PassedToService`. */
export type Keys = Readonly<Record<string, string>>;

export interface Asked {
  readonly action: string;
  readonly resource: string;
  readonly keys?: Keys;
}

export function statementsOf(policy: unknown): readonly Statement[] {
  return (JSON.parse(String(policy)) as { readonly Statement: readonly Statement[] }).Statement;
}

/** Whether a pattern, with stars, stands for that text. IAM compares actions without regard to case, and everything else with it. */
export function covers(pattern: string, text: string, flags = ""): boolean {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${escaped}$`, flags).test(text);
}

/** Whether a document allows it by itself: some statement does, and none denies it. */
export function allows(document: readonly Statement[], asked: Asked): boolean {
  const matching = document.filter((statement) => matches(statement, asked));
  return matching.some(({ Effect }) => Effect === "Allow") && !matching.some(({ Effect }) => Effect === "Deny");
}

function matches({ Action, Resource, Condition = {} }: Statement, { action, resource, keys = {} }: Asked): boolean {
  return (
    listed(Action).some((pattern) => covers(pattern, action, "i")) &&
    listed(Resource).some((pattern) => covers(pattern, resource)) &&
    Object.entries(Condition).every(([operator, pairs]) =>
      Object.entries(pairs).every(([key, values]) => holds(operator, keys[key], listed(values))),
    )
  );
}

/** A key that a request does not have equals nothing. */
function holds(operator: string, value: string | undefined, values: readonly string[]): boolean {
  const equal = value !== undefined && values.some((each) => (operator === "StringEquals" ? each === value : covers(each, value)));
  if (["ArnEquals", "StringEquals", "StringLike"].includes(operator)) return equal;
  if (operator === "StringNotEquals") return value === undefined || !values.includes(value);
  throw new Error(`the tests know no ${operator}`);
}

export function listed<T>(one: T | readonly T[]): readonly T[] {
  return Array.isArray(one) ? (one as readonly T[]) : [one as T];
}
