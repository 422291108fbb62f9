// Which rows are chosen: some by id, or all that match the filter, loaded or not.
export interface Selection {
  all: boolean;
  ids: ReadonlySet<string>;
  anchor: number; // line a range begins at; -1: none
}
export const NONE: Selection = { all: false, ids: new Set(), anchor: -1 };

export function isChosen(s: Selection, id: string): boolean {
  return s.all || s.ids.has(id);
}
export function countOf(s: Selection, total: number): number {
  return s.all ? total : s.ids.size;
}

// Taking one out of "all that match" leaves those that are here.
export function toggle(s: Selection, id: string, line: number, here: readonly string[]): Selection {
  const ids = new Set(s.all ? here : s.ids);
  if (ids.has(id)) ids.delete(id);
  else ids.add(id);
  return { all: false, ids, anchor: line };
}

// From the anchor to here, both included; the anchor stays, so a range can be made longer.
export function addRange(s: Selection, line: number, idAt: (line: number) => string | null): Selection {
  const from = s.anchor < 0 ? line : s.anchor;
  const ids = new Set(s.ids);
  for (let i = Math.min(from, line); i <= Math.max(from, line); i++) {
    const id = idAt(i);
    if (id) ids.add(id);
  }
  return { all: s.all, ids, anchor: from };
}

// All of them in, or, if they all are in already, out.
export function toggleMany(s: Selection, some: readonly string[], here: readonly string[]): Selection {
  const ids = new Set(s.all ? here : s.ids);
  const every = some.every((id) => ids.has(id));
  for (const id of some) {
    if (every) ids.delete(id);
    else ids.add(id);
  }
  return { all: false, ids, anchor: s.anchor };
}
