// The test of restoring on Azure, in three containers that follow one another: make a server as the database was an hour ago, read all
// of it, delete it and judge. None of the first two fails, or the third would not run and the server would stay.
import { verifyScript } from "./verify";

const api = "api-version=2025-08-01";
const management = "https://management.azure.com";
const login = 'az login --identity --client-id "$AZURE_CLIENT_ID" --output none';
/** What is left of a run that was killed goes first; `gone` waits until it has. */
const gone = [
  "gone() {",
  `  az rest --method delete --url "${management}$RESTORED?${api}" --output none`,
  '  for try in $(seq 1 "${TRIES:-120}"); do',
  `    az rest --method get --url "${management}$RESTORED?${api}" --output none 2>/dev/null || return 0`,
  '    sleep "${PAUSE:-30}"',
  "  done",
  '  echo "the restored server is still there" >&2',
  "  return 1",
  "}",
].join("\n");

/** `$RESTORED` is the id of the server to make, `$REQUEST` what it is made of, with `@TIME@` where the time belongs. */
export const restoreScript = [
  "set -uo pipefail",
  'rm -f "$WORK/host" "$WORK/passed"',
  `${login} || exit 0`,
  gone,
  "gone || exit 0",
  "time=$(date -u -d '1 hour ago' +%FT%TZ)",
  `az rest --method put --url "${management}$RESTORED?${api}" --body "\${REQUEST//@TIME@/$time}" --output none || exit 0`,
  'for try in $(seq 1 "${TRIES:-480}"); do',
  '  sleep "${PAUSE:-30}"',
  `  state=$(az rest --method get --url "${management}$RESTORED?${api}" --query properties.state --output tsv 2>/dev/null || true)`,
  '  if [ "$state" = Ready ]; then',
  `    az rest --method get --url "${management}$RESTORED?${api}" --query properties.fullyQualifiedDomainName --output tsv > "$WORK/host"`,
  "    exit 0",
  "  fi",
  "done",
  'echo "the server was not restored in time" >&2',
].join("\n");

/** In a shell of its own: this one must end well whatever that one finds. */
export const readScript = [
  '[ -s "$WORK/host" ] || exit 0',
  'export DATABASE_HOST="$(cat "$WORK/host")"',
  'if sh -c "$VERIFY"; then touch "$WORK/passed"; fi',
].join("\n");

export const judgeScript = [
  "set -uo pipefail",
  `${login} || exit 1`,
  gone,
  "gone || exit 1",
  'if [ ! -e "$WORK/passed" ]; then echo "the database could not be restored and read: see the log of the containers before" >&2; exit 1; fi',
].join("\n");

export { verifyScript };
