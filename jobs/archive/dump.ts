// The monthly archive of the database: PostgreSQL's own dump, which any later version can read. Shell, because the image that has the
// right pg_dump is PostgreSQL's own and has nothing else.

/** Its major version must be the server's or later: an older pg_dump refuses a newer server. */
export const postgresImage = "public.ecr.aws/docker/library/postgres:17-alpine";

/** What psql and pg_dump read, from the names that every service of the platform gets. */
export const connection = [
  "set -eu",
  'export PGHOST="$DATABASE_HOST" PGPORT="$DATABASE_PORT" PGDATABASE="$DATABASE_NAME" PGUSER="$DATABASE_USER"',
  'export PGPASSWORD="$DATABASE_PASSWORD" PGSSLMODE="$DATABASE_SSLMODE" PGCONNECT_TIMEOUT=30',
] as const;

/**
 * Dumps into a file of the folder `$WORK` and reads its list of contents again, so that what was cut off is never
 * taken for a dump: the name appears when all is there.
 */
export const dumpScript = [
  ...connection,
  'rm -f "$WORK/database.dump" "$WORK/database.part"',
  'pg_dump --format=custom --compress=9 --no-password --file="$WORK/database.part"',
  'pg_restore --list "$WORK/database.part" > /dev/null',
  'mv "$WORK/database.part" "$WORK/database.dump"',
].join("\n");

/** The name of this month's archive below the bucket's folder `archive`. */
export const archiveName = "$(date -u +%Y/%m/%d)/database.dump";

/** The same into a pipe, which the container beside reads: it is told whether all was well, as the end of a pipe looks like any other. */
export const streamScript = [
  ...connection,
  'rm -f "$WORK/pipe" "$WORK/done" "$WORK/failed"',
  'mkfifo "$WORK/pipe"',
  'if pg_dump --format=custom --compress=9 --no-password > "$WORK/pipe"; then touch "$WORK/done"; else touch "$WORK/failed"; exit 1; fi',
].join("\n");
