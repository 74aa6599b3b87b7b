// The proof that a restored database can be read: every row of every table is, and the stack's own question gets the answer `t`.
import { connection } from "../archive/dump";

/** Reads all rows, as a dump into nothing, and then asks `$RESTORE_QUERY`. A server that has just been restored may not listen yet. */
export const verifyScript = [
  ...connection,
  "tries=0",
  "until pg_isready --quiet; do",
  "  tries=$((tries + 1))",
  '  if [ "$tries" -gt "${RESTORE_TRIES:-60}" ]; then echo "the restored server does not listen" >&2; exit 1; fi',
  "  sleep 5",
  "done",
  "pg_dump --format=custom --compress=0 --no-password > /dev/null",
  'answer=$(psql --no-psqlrc --no-password -qAt --set=ON_ERROR_STOP=1 --command="$RESTORE_QUERY")',
  'if [ "$answer" != t ]; then echo "the restored database answered: $answer" >&2; exit 1; fi',
  'echo "restored and read: $(psql --no-psqlrc -qAt --command="select count(*) from pg_stat_user_tables") tables"',
].join("\n");
