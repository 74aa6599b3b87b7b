// Holding services at their least instances once the month's money is spent, on Azure, whose budget can only call a program. Bash of
// Azure's command line image.

/**
 * `$BUDGET` is the id of the budget; `$SERVICES` has a line for each autoscale setting: its id, the most instances while there is money,
 * and the most when there is none. A new month starts at nothing, and gives the instances back.
 */
export const limitScript = [
  "set -euo pipefail",
  'az login --identity --client-id "$AZURE_CLIENT_ID" --output none',
  'figures=$(az rest --method get --url "https://management.azure.com$BUDGET?api-version=2024-08-01" --query "[properties.currentSpend.amount, properties.amount]" --output tsv)',
  "read -r spent budget <<< \"$(tr '\\n' ' ' <<< \"$figures\")\"",
  'over=$(awk -v spent="$spent" -v budget="$budget" \'BEGIN { print (spent >= budget) }\')',
  'echo "spent $spent of $budget"',
  "while read -r setting most least; do",
  '  if [ "$over" = 1 ]; then wanted=$least; else wanted=$most; fi',
  '  url="https://management.azure.com$setting?api-version=2022-10-01"',
  '  now=$(az rest --method get --url "$url" --query "properties.profiles[0].capacity.maximum" --output tsv < /dev/null)',
  '  if [ "$now" = "$wanted" ]; then continue; fi',
  '  az resource update --ids "$setting" --api-version 2022-10-01 --set "properties.profiles[0].capacity.maximum=$wanted" --output none < /dev/null',
  '  echo "$setting: at most $wanted instances, was $now"',
  'done <<< "$SERVICES"',
].join("\n");
