// The head of a list: a column is sorted, moved, resized and hidden from its own cell, by pointer and by menu.
import { useRef, useState } from "preact/hooks";
import type { ObjectShape } from "../../api/client";
import { t } from "../../i18n/t";
import { isNumeric } from "../../store/values";
import { Icon } from "../../ui/icon";
import { MenuList, Popover, type MenuItem } from "../../ui/menu";
import { moveColumn, readSort, WIDTH_MAX, WIDTH_MIN, type Column } from "./columns";
import { groupable } from "./lines";

export interface HeadProps {
  shape: ObjectShape;
  columns: readonly Column[];
  sort: string;
  group: string;
  setColumns: (columns: readonly Column[]) => void;
  setSort: (sort: string) => void;
  setGroup: (group: string) => void;
}

export function columnItems(p: HeadProps, index: number): MenuItem[] {
  const { columns, setColumns, setSort, shape } = p;
  const column = columns[index];
  if (!column) return [];
  const { field } = column;
  const resize = (w: number): void => setColumns(columns.map((c, i) => (i === index ? { ...c, width: Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, w)) } : c)));
  return [
    ...(field.sort ? [{ label: t("Sort up"), icon: "arrow-up" as const, run: () => setSort(field.name) }, { label: t("Sort down"), icon: "arrow-down" as const, run: () => setSort(`${field.name} desc`) }] : []),
    ...(groupable(shape).includes(field) ? [p.group === field.name ? { label: t("No groups"), icon: "layers" as const, run: () => p.setGroup("") } : { label: t("Group by this"), icon: "layers" as const, run: () => p.setGroup(field.name) }] : []),
    ...(index > 0 ? [{ label: t("Move to the left"), icon: "chevron-left" as const, run: () => setColumns(moveColumn(columns, index, index - 1)) }] : []),
    ...(index < columns.length - 1 ? [{ label: t("Move to the right"), icon: "chevron-right" as const, run: () => setColumns(moveColumn(columns, index, index + 1)) }] : []),
    { label: t("Wider"), icon: "plus", run: () => resize(column.width + 40) },
    { label: t("Narrower"), icon: "minus", run: () => resize(column.width - 40) },
    ...(columns.length > 1 ? [{ label: t("Hide"), icon: "x" as const, run: () => setColumns(columns.filter((_, i) => i !== index)) }] : []),
  ];
}

export function sortOf(sort: string, name: string): "ascending" | "descending" | undefined {
  const sorted = readSort(sort)[0];
  return sorted?.name === name ? (sorted.desc ? "descending" : "ascending") : undefined;
}

export function HeadCell(p: HeadProps & { index: number; width: number; offset: number; drag: (width: number | null) => void }) {
  const { columns, index, setColumns, width, drag, shape } = p;
  const column = columns[index];
  const cell = useRef<HTMLDivElement>(null);
  const [over, setOver] = useState(0); // pixels while the column is moved
  if (!column) return null;
  const { field } = column;
  const dir = sortOf(p.sort, field.name);
  const resize = (w: number): void => setColumns(columns.map((c, i) => (i === index ? { ...c, width: Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, w)) } : c)));
  const startResize = (e: PointerEvent): void => {
    e.preventDefault();
    e.stopPropagation();
    const x = e.clientX;
    const target = e.currentTarget as HTMLElement;
    target.setPointerCapture(e.pointerId);
    const sign = getComputedStyle(target).direction === "rtl" ? -1 : 1;
    const at = (ev: PointerEvent): number => Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, width + sign * (ev.clientX - x)));
    const onMove = (ev: PointerEvent): void => drag(at(ev));
    const onEnd = (ev: PointerEvent): void => {
      target.removeEventListener("pointermove", onMove);
      drag(null);
      if (ev.type === "pointerup") resize(at(ev));
    };
    target.addEventListener("pointermove", onMove);
    target.addEventListener("pointerup", onEnd, { once: true });
    target.addEventListener("pointercancel", onEnd, { once: true });
  };
  const startMove = (e: PointerEvent): void => {
    if (e.button !== 0 || e.pointerType === "touch") return;
    const x = e.clientX;
    const onMove = (ev: PointerEvent): void => setOver(Math.abs(ev.clientX - x) > 6 ? ev.clientX - x : 0);
    const onEnd = (ev: PointerEvent): void => {
      removeEventListener("pointermove", onMove);
      setOver(0);
      if (Math.abs(ev.clientX - x) <= 6) return;
      addEventListener("click", (c) => { c.preventDefault(); c.stopPropagation(); }, { capture: true, once: true });
      const heads = [...(cell.current?.parentElement?.children ?? [])];
      const to = heads.findIndex((h) => { const r = h.getBoundingClientRect(); return ev.clientX >= r.left && ev.clientX < r.right; }) - p.offset;
      if (to >= 0 && to !== index) setColumns(moveColumn(columns, index, to));
    };
    addEventListener("pointermove", onMove);
    addEventListener("pointerup", onEnd, { once: true });
  };
  return (
    <div ref={cell} role="columnheader" aria-colindex={index + 1 + p.offset} aria-sort={dir} class={`head-cell ${isNumeric(field) ? "end" : ""} ${over ? "moving" : ""}`} style={over ? { transform: `translateX(${over}px)` } : undefined} onPointerDown={startMove} data-object={shape.name}>
      <Popover label={t("{field}: sort, move, hide", { field: field.label })} class="head-button" face={<><span class="cut">{field.label}</span>{dir && <Icon name={dir === "ascending" ? "arrow-up" : "arrow-down"} />}</>}>
        {(close) => <MenuList label={field.label} items={columnItems(p, index)} close={close} />}
      </Popover>
      <span class="head-grip" onPointerDown={startResize} onDblClick={() => resize(column.width)} aria-hidden="true" />
    </div>
  );
}
