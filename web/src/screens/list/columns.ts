// Which columns, in which order and how wide: part of the address, so a link shows the same list.
import type { FieldShape, ObjectShape } from "../../api/client";
import { columnOf, fieldOf } from "../../store/session";

export interface Column {
  field: FieldShape;
  width: number;
}
export const WIDTH_MIN = 64;
export const WIDTH_MAX = 800;
const WIDTHS: Record<string, number> = { text: 200, "long text": 280, number: 104, decimal: 112, money: 128, percent: 104, "yes/no": 88, choice: 136, date: 128, "date-time": 184, duration: 112, email: 220, phone: 152, url: 200, user: 160, team: 136, reference: 176 };

export function defaultWidth(shape: ObjectShape, field: FieldShape): number {
  return field.name === shape.title ? 280 : Math.max(WIDTHS[field.type] ?? 160, field.label.length * 7 + 44);
}

// "name:300,amount,stage"
export function readColumns(text: string | null, shape: ObjectShape): Column[] {
  const wanted = text ? text.split(",") : shape.list.length ? shape.list : [shape.title];
  const columns: Column[] = [];
  for (const part of wanted) {
    const [name = "", w] = part.split(":");
    const field = columnOf(shape, name);
    if (!field || columns.some((c) => c.field === field)) continue;
    const width = Number(w);
    columns.push({ field, width: Number.isFinite(width) && width > 0 ? Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, width)) : defaultWidth(shape, field) });
  }
  const title = fieldOf(shape, shape.title);
  if (!columns.length && title) columns.push({ field: title, width: defaultWidth(shape, title) });
  return columns;
}

export function writeColumns(columns: readonly Column[], shape: ObjectShape): string | null {
  const text = columns.map((c) => (c.width === defaultWidth(shape, c.field) ? c.field.name : `${c.field.name}:${Math.round(c.width)}`)).join(",");
  return text === shape.list.join(",") ? null : text;
}

export function moveColumn(columns: readonly Column[], from: number, to: number): Column[] {
  const next = [...columns];
  const [c] = next.splice(from, 1);
  if (c) next.splice(Math.max(0, Math.min(next.length, to)), 0, c);
  return next;
}

// "close_date desc, name"
export function readSort(text: string): { name: string; desc: boolean }[] {
  return text.split(",").map((x) => x.trim().split(/\s+/)).filter((x) => x[0]).map(([name = "", dir]) => ({ name, desc: dir === "desc" }));
}
export function nextSort(text: string, name: string): string {
  const now = readSort(text)[0];
  if (now?.name !== name) return name;
  return now.desc ? "" : `${name} desc`;
}
