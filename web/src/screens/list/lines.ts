// The lines of a grid: rows, and above each group of rows a line that names it. Found by number without a list of them all.
import type { AnyRecord, FieldShape, ObjectShape } from "../../api/client";
import { fieldOf } from "../../store/session";
import { isRef } from "../../store/values";

export interface Group {
  key: string;      // "": empty
  value: unknown;   // as the server gives it
  count: number;
  totals: Record<string, unknown>; // by measure, "sum(amount)"
}
export interface Section {
  group: Group | null; // null: a list without groups
  rows: readonly AnyRecord[];
  count: number; // rows it has, loaded or not
  open: boolean;
}
export type Line = { kind: "group"; group: Group; open: boolean; rows: readonly AnyRecord[] } | { kind: "row"; row: AnyRecord | undefined; index: number };

export class Lines {
  readonly starts: number[] = [];
  readonly total: number;
  readonly grouped: boolean;
  constructor(readonly sections: readonly Section[]) {
    let n = 0;
    for (const s of sections) {
      this.starts.push(n);
      n += (s.group ? 1 : 0) + (s.open ? s.count : 0);
    }
    this.total = n;
    this.grouped = sections.some((s) => s.group !== null);
  }
  at(line: number): Line | null {
    if (line < 0 || line >= this.total) return null;
    let low = 0;
    let high = this.sections.length - 1;
    while (low < high) {
      const mid = (low + high + 1) >> 1;
      if ((this.starts[mid] ?? 0) <= line) low = mid;
      else high = mid - 1;
    }
    const section = this.sections[low];
    if (!section) return null;
    const within = line - (this.starts[low] ?? 0) - (section.group ? 1 : 0);
    if (within < 0 && section.group) return { kind: "group", group: section.group, open: section.open, rows: section.rows };
    return { kind: "row", row: section.rows[within], index: within };
  }
  row(line: number): AnyRecord | null {
    const l = this.at(line);
    return l?.kind === "row" ? (l.row ?? null) : null;
  }
  lineOf(id: string): number {
    for (const [i, s] of this.sections.entries()) {
      if (!s.open) continue;
      const at = s.rows.findIndex((r) => r.id === id);
      if (at >= 0) return (this.starts[i] ?? 0) + (s.group ? 1 : 0) + at;
    }
    return -1;
  }
  ids(): string[] {
    return this.sections.flatMap((s) => s.rows.map((r) => r.id));
  }
}

// Fields that make sensible groups: few values, or months.
export function groupable(shape: ObjectShape): FieldShape[] {
  return shape.fields.filter((f) => (["choice", "user", "team", "reference", "yes/no"].includes(f.type) || f.type === "date") && f.name !== "id" && f.name !== "deleted_at" && f.sort);
}
export function groupField(shape: ObjectShape, group: string): FieldShape | undefined {
  const field = group ? fieldOf(shape, group) : undefined;
  return field && groupable(shape).includes(field) ? field : undefined;
}
// As the server groups by it: days by their month.
export function groupKeyOf(field: FieldShape): string {
  return field.type === "date" ? `${field.name} by month` : field.name;
}
export function keyOf(field: FieldShape, value: unknown): string {
  if (value === null || value === undefined || value === "") return "";
  if (isRef(value)) return value.id;
  return field.type === "date" ? String(value).slice(0, 7) : String(value);
}

// Options in the order of the manual, months by time, names by alphabet; what is empty comes last.
export function orderGroups(field: FieldShape, groups: readonly Group[], label: (g: Group) => string): Group[] {
  const options = field.options?.map((o) => o.name) ?? [];
  const rank = (g: Group): number => (field.type === "choice" ? options.indexOf(g.key) >>> 0 : 0);
  return [...groups].sort((a, b) => Number(a.key === "") - Number(b.key === "") || rank(a) - rank(b) || (field.type === "date" ? (a.key < b.key ? -1 : 1) : label(a).localeCompare(label(b))));
}

// Rows into their groups. A row of a group the server did not name goes to the end, with what is left of the total.
export function sectionsOf(groups: readonly Group[], rows: readonly AnyRecord[], keyAt: (row: AnyRecord) => string, folded: ReadonlySet<string>, total: number, whole: boolean): Section[] {
  const by = new Map<string, AnyRecord[]>(groups.map((g) => [g.key, []]));
  const others: AnyRecord[] = [];
  for (const row of rows) (by.get(keyAt(row)) ?? others).push(row);
  const sections: Section[] = groups.map((g) => {
    const mine = by.get(g.key) ?? [];
    const count = whole ? mine.length : Math.max(g.count, mine.length);
    return { group: { ...g, count }, rows: mine, count, open: !folded.has(g.key) };
  });
  const left = whole ? others.length : Math.max(others.length, total - sections.reduce((n, s) => n + s.count, 0));
  if (left > 0) sections.push({ group: { key: OTHERS, value: null, count: left, totals: {} }, rows: others, count: left, open: !folded.has(OTHERS) });
  return sections.filter((s) => s.count > 0);
}
export const OTHERS = "\u0000others";
