// The snapshot of the cache on Azure, which has an action for it and no schedule: export, wait for the file, delete the files that are
// too old. Bash of Azure's command line image.

/** `$CACHE_DATABASE` is the id of the cache's database; `$ACCOUNT` and `$CONTAINER` are where the files go; `$DAYS` that they stay. */
export const exportScript = [
  "set -euo pipefail",
  'az login --identity --client-id "$AZURE_CLIENT_ID" --output none',
  "began=$(date -u +%FT%TZ)",
  'body=$(printf \'{"sasUri":"https://%s.blob.core.windows.net/%s"}\' "$ACCOUNT" "$CONTAINER")',
  'az rest --method post --url "https://management.azure.com$CACHE_DATABASE/export?api-version=2025-07-01" --body "$body" --output none',
  'for try in $(seq 1 "${TRIES:-120}"); do',
  '  sleep "${PAUSE:-30}"',
  '  state=$(az rest --method get --url "https://management.azure.com$CACHE_DATABASE?api-version=2025-07-01" --query properties.resourceState --output tsv)',
  '  if [ "$state" = Running ]; then break; fi',
  "done",
  'if [ "$state" != Running ]; then echo "the export did not end: $state" >&2; exit 1; fi',
  'files=$(az storage blob list --auth-mode login --account-name "$ACCOUNT" --container-name "$CONTAINER" --query "length([?properties.lastModified>=\'$began\'])" --output tsv)',
  'if [ "$files" -lt 1 ]; then echo "the export left no file" >&2; exit 1; fi',
  'az storage blob delete-batch --auth-mode login --account-name "$ACCOUNT" --source "$CONTAINER" --if-unmodified-since "$(date -u -d "$DAYS days ago" +%FT%TZ)" --output none',
  'echo "exported $files files"',
].join("\n");
