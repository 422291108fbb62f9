// The list as a file: what is shown, in its order, with its columns. Where it is not allowed, the reason and the way out.
import { problemOf, type ObjectShape, type Problem } from "../../api/client";
import type { Column } from "./columns";
import type { Look } from "./look";

export function exportHref(shape: ObjectShape, look: Look, columns: readonly Column[]): string {
  const q = new URLSearchParams();
  if (look.filter) q.set("filter", look.filter);
  const sort = [look.group && !look.sort.startsWith(look.group) ? look.group : "", look.sort].filter(Boolean).join(", ");
  if (sort) q.set("sort", sort);
  q.set("fields", columns.map((c) => c.field.name).join(","));
  return `/api/v1/records/${shape.name}/export.csv?${q.toString()}`;
}

// Asks for it only to hear the refusal; null: it would be given.
export async function exportRefusal(shape: ObjectShape): Promise<Problem | null> {
  const stop = new AbortController();
  const r = await fetch(`/api/v1/records/${shape.name}/export.csv?filter=${encodeURIComponent("id is empty")}&fields=${shape.title}`, { signal: stop.signal });
  if (r.ok) {
    stop.abort();
    return null;
  }
  return problemOf(await r.json().catch(() => null), r.status);
}
