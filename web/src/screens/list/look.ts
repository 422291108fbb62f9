// What a list shows: filter, sort, columns, grouping. It begins with a saved view or one of the ways every list has; what
// differs from there stands in the address.
import type { ObjectShape } from "../../api/client";
import { fieldOf } from "../../store/session";
import { readColumns, writeColumns } from "./columns";

export interface Look {
  filter: string;
  sort: string;
  cols: string; // "": as the manual has them
  group: string;
}
export interface ViewLook {
  filter: string;
  sort: string;
  group: string;
  columns: { field: string; width?: number | null }[];
}
export const PLAIN: Look = { filter: "", sort: "", cols: "", group: "" };
const MEMBERS = ["filter", "sort", "cols", "group"] as const;

export function lookOfView(view: ViewLook, shape: ObjectShape): Look {
  const text = view.columns.map((c) => (c.width ? `${c.field}:${c.width}` : c.field)).join(",");
  return { filter: view.filter, sort: view.sort, group: view.group, cols: text ? (writeColumns(readColumns(text, shape), shape) ?? "") : "" };
}

// The view as it is saved: its columns by name and width.
export function viewOfLook(look: Look, shape: ObjectShape): ViewLook & { columns: { field: string; width: number }[] } {
  return { filter: look.filter, sort: look.sort, group: look.group, columns: readColumns(look.cols || null, shape).map((c) => ({ field: c.field.name, width: Math.round(c.width) })) };
}

export function readLook(query: URLSearchParams, base: Look): Look {
  return { filter: query.get("filter") ?? base.filter, sort: query.get("sort") ?? base.sort, cols: query.get("cols") ?? base.cols, group: query.get("group") ?? base.group };
}

// Only what differs from the base stands in the address; an emptied member stands there as empty.
export function writeLook(query: URLSearchParams, look: Look, base: Look): URLSearchParams {
  const next = new URLSearchParams(query);
  for (const m of MEMBERS) {
    if (look[m] === base[m]) next.delete(m);
    else next.set(m, look[m]);
  }
  return next;
}
export function isChanged(query: URLSearchParams): boolean {
  return MEMBERS.some((m) => query.has(m));
}
export function changesOf(query: URLSearchParams): string {
  const only = new URLSearchParams();
  for (const m of MEMBERS) if (query.has(m)) only.set(m, query.get(m) ?? "");
  return only.toString();
}

export function listHref(object: string, query: URLSearchParams): string {
  const text = query.toString();
  return `/lists/${object}${text ? `?${text}` : ""}`;
}

// Ways of looking that every object has.
export function presets(shape: ObjectShape): { key: "all" | "mine" | "open" | "mine-open" | "nobody"; filter: string }[] {
  const open = shape.open_when;
  const hasOwner = fieldOf(shape, "owner") !== undefined;
  return [
    { key: "all", filter: "" },
    ...(hasOwner ? [{ key: "mine" as const, filter: "owner = me" }] : []),
    ...(open ? [{ key: "open" as const, filter: open }] : []),
    ...(open && hasOwner ? [{ key: "mine-open" as const, filter: `owner = me and ${open}` }] : []),
    ...(hasOwner ? [{ key: "nobody" as const, filter: "owner is empty" }] : []),
  ];
}
