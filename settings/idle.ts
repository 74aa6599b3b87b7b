// What a stack states and nothing reads, as what it belongs to is off: kept for later, or a mistake. Named, not refused: whoever turns off
// a part for a while need not throw its settings away.
import { hasBackup } from "./backup";
import { type Path, pathText } from "./paths";
import type { Subject } from "./rules";

/** A line for each part that is off and has settings. */
export function idleWarnings({ given, draft }: Subject): string[] {
  const { cloud, database, cache, flags, budget, storage, backup, edge } = draft;
  // Azure's gateway always has its firewall.
  const firewall = cloud === "azure" || edge.waf;
  // Each of these can be taken out of the preset.
  const named = [
    [["queues"], given.queues],
    [["topics"], given.topics],
    [["services"], given.services],
    [["storage", "buckets"], given.storage?.buckets],
  ] as const;
  const parts: readonly (readonly [Path, object | undefined, boolean])[] = [
    [["database"], given.database, database.enabled],
    [["cache"], given.cache, cache.enabled],
    [["flags"], given.flags, flags.enabled],
    [["budget"], given.budget, budget.enabled],
    [["storage", "files"], given.storage?.files, storage.files.enabled],
    ...named.flatMap(([path, members]) =>
      Object.entries(members ?? {}).map(([name, member]) => [[...path, name], member, member.enabled !== false] as const),
    ),
  ];
  const asked = Object.entries(given.backup ?? {}).filter(([, value]) => isAsked(value));
  return [
    ...parts.flatMap(([path, stated, on]) => (on ? [] : idle(path, stated, `${pathText([...path, "enabled"])} is not true`))),
    ...(firewall ? [] : idle(["edge"], { wafMode: given.edge?.wafMode }, "edge.waf is not true")),
    ...(hasBackup(draft) ? [] : idle(["backup"], Object.fromEntries(asked), "there is nothing of which copies are asked for")),
    ...(hasBackup(draft) && given.backup?.copy === true && backup.dailyDays === 0 && backup.weeklyDays === 0
      ? idle(["backup"], { copy: true }, "backup.dailyDays and backup.weeklyDays are 0")
      : []),
  ];
}

/** What is off already needs nothing to be off. */
function isAsked(value: unknown): boolean {
  return value !== undefined && value !== false && value !== 0;
}

function idle(path: Path, stated: object | undefined, why: string): string[] {
  const keys = Object.entries(stated ?? {}).flatMap(([key, value]) => (key === "enabled" || value === undefined ? [] : [key]));
  if (keys.length === 0) return [];
  return [`${keys.map((key) => pathText([...path, key])).join(", ")}: without effect, as ${why}`];
}
