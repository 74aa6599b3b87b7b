// Stack traces. Pulumi's SDK takes one for each of its promises, tens of thousands of them, and puts it into words through source maps in
// case one is never kept: a third of the time of a preview, for nobody to read.

/** What Node keeps by default. */
const usual = 10;

/**
 * From here on a trace names the place where an error was thrown, and not who called it; returns what brings the whole ones back. Where
 * somebody has asked for more by `NODE_OPTIONS=--stack-trace-limit=50`, traces stay as they are.
 */
export function shortTraces(): () => void {
  const { stackTraceLimit } = Error;
  if (stackTraceLimit === usual) Error.stackTraceLimit = 1;
  return () => void (Error.stackTraceLimit = stackTraceLimit);
}
