// Finds the places in a source file at which a wrong value would still compile: booleans, numbers, and words of an enumeration.
import ts from "typescript";

export interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly was: string;
  readonly becomes: string;
}

/** What may read as it likes: names, texts for people, tags. */
const freeKeys = /^(tags|description|alarmDescription|displayName|comment|path|problem|remedy|given|title)$/;
const word = /^[A-Za-z0-9_.:-]+$/;

export function mutantsOf(file: string, text: string): Mutant[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const found: Mutant[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (ts.isPropertyAssignment(node) && freeKeys.test(node.name.getText(source))) return;
    const becomes = flipped(node);
    if (becomes !== undefined) {
      const start = node.getStart(source);
      found.push({
        file,
        line: source.getLineAndCharacterOfPosition(start).line + 1,
        start,
        end: node.getEnd(),
        was: node.getText(source),
        becomes,
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

export function mutate(text: string, { start, end, becomes }: Mutant): string {
  return text.slice(0, start) + becomes + text.slice(end);
}

/** The same seed gives the same sample, in order of files and lines. */
export function sample<T>(all: readonly T[], size: number, seed: number): T[] {
  const random = generator(seed);
  return all
    .map((each, index) => ({ each, index, key: random() }))
    .sort((a, b) => a.key - b.key)
    .slice(0, size)
    .sort((a, b) => a.index - b.index)
    .map(({ each }) => each);
}

function flipped(node: ts.Node): string | undefined {
  if (node.kind === ts.SyntaxKind.TrueKeyword) return "false";
  if (node.kind === ts.SyntaxKind.FalseKeyword) return "true";
  if (ts.isNumericLiteral(node)) return String(Number(node.text) + 1);
  if (ts.isStringLiteral(node) && word.test(node.text) && isValue(node)) return JSON.stringify(`${node.text}X`);
  return undefined;
}

/** Stands as an element of a list or as the value of a property, also behind a condition. A property `name` counts only inside of another value, where it is a SKU's or a setting's. */
function isValue(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isConditionalExpression(parent)) return parent.condition !== node && isValue(parent);
  if (ts.isParenthesizedExpression(parent) || ts.isAsExpression(parent) || ts.isSatisfiesExpression(parent)) return isValue(parent);
  if (ts.isArrayLiteralExpression(parent)) return true;
  if (!ts.isPropertyAssignment(parent)) return false;
  if (parent.name.getText() !== "name") return true;
  const { parent: outer } = parent.parent;
  return ts.isPropertyAssignment(outer) || ts.isArrayLiteralExpression(outer);
}

/** mulberry32: small, and good enough to choose lines. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
