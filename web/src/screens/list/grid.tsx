// A grid of any length: only what is in sight is in the page, at most sixty rows. One cell has the focus; arrows move it.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { FieldShape, ObjectShape } from "../../api/client";
import { formatNumber } from "../../i18n/format";
import { t } from "../../i18n/t";
import { addKeys } from "../../keys/keys";
import { go, recordHref } from "../../nav/router";
import { useWhole } from "../../shell/after-paint";
import { density } from "../../store/settings";
import { isEditable } from "../../ui/field-input";
import { isNumeric } from "../../store/values";
import type { Column } from "./columns";
import { figureText, measureOf } from "./figures";
import { HeadCell } from "./head";
import type { Lines } from "./lines";
import { Row } from "./row";
import { addRange, isChosen, NONE, toggle, toggleMany, type Selection } from "./selection";

const ROWS_MAX = 60;
const SPARE = 8; // rows above and below those in sight

// The height of a row follows density and pointer; asked of the style sheet once for each, since asking makes it work.
const heights = new Map<string, number>();
function rowHeight(): number {
  const key = `${density.peek()} ${matchMedia("(pointer: coarse)").matches}`;
  const known = heights.get(key) ?? (parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--row")) || 40);
  heights.set(key, known);
  return known;
}

// Of the grid that was seen last: the next one is most likely as high, and is not drawn twice.
let lastHeight = 640;

export interface TableProps {
  shape: ObjectShape;
  columns: readonly Column[];
  lines: Lines;
  total: number; // records that match
  sort: string;
  group: string;
  groupBy: FieldShape | undefined;
  totals: Record<string, unknown>;
  listHref: string;
  setColumns: (columns: readonly Column[]) => void;
  setSort: (sort: string) => void;
  setGroup: (group: string) => void;
  selection: Selection;
  setSelection: ((s: Selection) => void) | null; // null: nothing can be done with chosen rows
  fold: (key: string) => void;
  peeked: string | null;
  peek: (id: string | null) => void;
}

interface Cell { row: number; col: number }
function cellOf(target: EventTarget | null): Cell | null {
  const at = target instanceof HTMLElement ? /^(\d+)-(-?\d+)$/.exec(target.dataset["cell"] ?? "") : null;
  return at ? { row: Number(at[1]), col: Number(at[2]) } : null;
}

export function Grid(p: TableProps) {
  const { shape, columns, lines, selection } = p;
  const total = lines.total;
  const choosing = p.setSelection !== null;
  const latest = useRef(p); // rows are drawn rarely: what they call looks here, not at the day they were drawn
  latest.current = p;
  const box = useRef<HTMLDivElement>(null);
  const [rowH, setRowH] = useState(rowHeight);
  const spare = useWhole(true) ? SPARE : 0; // what is in sight is painted first
  const [view, setView] = useState({ top: 0, height: lastHeight });
  const [active, setActive] = useState<Cell>({ row: 0, col: 0 });
  const [editing, setEditing] = useState(false);
  const wantFocus = useRef(false);
  const footed = columns.some((c) => { const m = measureOf(c.field); return m !== null && figureText(c.field, m, p.totals) !== ""; });
  const [widths, setWidths] = useState<ReadonlyMap<string, number>>(new Map()); // while a border is dragged

  useLayoutEffect(() => {
    const el = box.current;
    if (!el) return undefined;
    const measure = (): void => {
      setRowH(rowHeight());
      lastHeight = el.clientHeight;
      setView((v) => (v.height === el.clientHeight ? v : { ...v, height: el.clientHeight }));
    };
    const seen = new ResizeObserver(measure);
    seen.observe(el);
    return () => seen.disconnect();
  }, [density.value]);

  const frame = useRef(0);
  const onScroll = (): void => {
    if (frame.current) return;
    frame.current = requestAnimationFrame(() => {
      frame.current = 0;
      if (box.current) setView((v) => ({ ...v, top: box.current?.scrollTop ?? 0 }));
    });
  };
  useEffect(() => () => cancelAnimationFrame(frame.current), []);

  const inSight = Math.ceil(view.height / rowH);
  const count = Math.min(ROWS_MAX - 1, inSight + 2 * spare, total);
  const first = Math.max(0, Math.min(Math.floor(view.top / rowH) - spare, total - count));
  const shown: number[] = [];
  for (let i = first; i < first + count; i++) shown.push(i);
  if (active.row < total && (active.row < first || active.row >= first + count) && (editing || wantFocus.current || document.activeElement?.closest(".grid"))) shown.push(active.row);

  const show = (row: number): void => {
    const el = box.current;
    if (!el) return;
    const around = rowH + (footed ? rowH : 0); // head and foot lie over the rows
    const y = row * rowH;
    if (y < el.scrollTop) el.scrollTop = y;
    else if (y + rowH + around > el.scrollTop + el.clientHeight) el.scrollTop = y + rowH + around - el.clientHeight;
    setView((v) => ({ ...v, top: el.scrollTop }));
  };
  const move = (to: Cell, focus = true): void => {
    const cell = { row: Math.max(0, Math.min(total - 1, to.row)), col: Math.max(choosing ? -1 : 0, Math.min(columns.length - 1, to.col)) };
    if (focus) wantFocus.current = true;
    setActive(cell);
    show(cell.row);
    const row = latest.current.lines.row(cell.row);
    if (latest.current.peeked !== null && row) latest.current.peek(row.id);
  };
  // The record that is looked at was named by the address: its row becomes the active one.
  const found = useRef(false);
  useEffect(() => {
    if (found.current) return;
    if (p.peeked === null) { found.current = true; return; }
    const at = lines.lineOf(p.peeked);
    if (at < 0) return;
    found.current = true;
    setActive({ row: at, col: 0 });
    show(at);
  }, [lines]);
  useEffect(() => { if (active.row >= total && total > 0) setActive({ row: total - 1, col: active.col }); }, [total]);
  useLayoutEffect(() => {
    if (!wantFocus.current || editing) return;
    const cell = box.current?.querySelector<HTMLElement>(`[data-cell="${active.row}-${active.col}"]`);
    if (!cell) return;
    wantFocus.current = false;
    cell.focus({ preventScroll: true });
    const el = box.current;
    if (el && (cell.offsetLeft < el.scrollLeft || cell.offsetLeft + cell.offsetWidth > el.scrollLeft + el.clientWidth)) cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  const openRow = (row: number): void => {
    const r = latest.current.lines.row(row);
    if (r) go(recordHref(shape.name, r.id, latest.current.listHref));
  };
  const edit = (): void => {
    const column = columns[active.col];
    if (column && isEditable(column.field) && lines.row(active.row)) setEditing(true);
  };
  const choose = (row: number, range: boolean): void => {
    const { lines: all, selection: chosen, setSelection } = latest.current;
    const line = all.at(row);
    if (!setSelection || !line) return;
    if (line.kind === "group") setSelection(toggleMany(chosen, line.rows.map((r) => r.id), all.ids()));
    else if (range) setSelection(addRange(chosen, row, (i) => all.row(i)?.id ?? null));
    else if (line.row) setSelection(toggle(chosen, line.row.id, row, chosen.all ? all.ids() : []));
  };
  const peek = (row: number): void => {
    const { lines: all, peeked, peek: look } = latest.current;
    const r = all.row(row);
    if (r) look(peeked === r.id ? null : r.id);
  };
  const onGroupKey = (key: string): boolean => {
    const line = lines.at(active.row);
    if (line?.kind !== "group") return false;
    if (key === "Enter" || key === " " || (key === "ArrowRight" && !line.open) || (key === "ArrowLeft" && line.open)) p.fold(line.group.key);
    else return false;
    wantFocus.current = true;
    return true;
  };
  const onKey = (e: KeyboardEvent): void => {
    if (editing || e.altKey || !(e.target instanceof HTMLElement) || !e.target.closest("[data-cell]")) return;
    const page = Math.max(1, inSight - 2);
    const mod = e.ctrlKey || e.metaKey;
    const to: Record<string, Cell> = {
      ArrowDown: { row: active.row + 1, col: active.col }, ArrowUp: { row: active.row - 1, col: active.col },
      ArrowRight: { row: active.row, col: active.col + 1 }, ArrowLeft: { row: active.row, col: active.col - 1 },
      PageDown: { row: active.row + page, col: active.col }, PageUp: { row: active.row - page, col: active.col },
      Home: { row: mod ? 0 : active.row, col: 0 }, End: { row: mod ? total - 1 : active.row, col: columns.length - 1 },
    };
    const next = to[e.key];
    if (onGroupKey(e.key)) { /* folded or unfolded */ }
    else if (next) move(next);
    else if (e.key === "Enter") openRow(active.row);
    else if (e.key === "F2") edit();
    else if (e.key === " " && active.col === -1) choose(active.row, e.shiftKey);
    else if (e.key === " ") peek(active.row);
    else if (e.key === "a" && mod && p.setSelection) p.setSelection({ all: true, ids: new Set(), anchor: -1 });
    else if (e.key === "Escape" && p.peeked !== null) p.peek(null);
    else if (e.key === "Escape" && (selection.all || selection.ids.size)) p.setSelection?.(NONE);
    else return;
    e.preventDefault();
    e.stopPropagation();
  };
  // One listener for all cells: they are many, and come and go with each screen of rows.
  const onFocusIn = (e: FocusEvent): void => {
    const cell = cellOf(e.target);
    if (!cell || (lines.at(cell.row)?.kind === "group" ? active.row === cell.row : active.row === cell.row && active.col === cell.col)) return;
    setActive(cell);
    const row = lines.row(cell.row);
    if (p.peeked !== null && row && row.id !== p.peeked) p.peek(row.id);
  };
  const onDblClick = (e: MouseEvent): void => {
    const cell = cellOf(e.target instanceof Element ? e.target.closest("[data-cell]") : null);
    const field = cell && columns[cell.col]?.field;
    if (!cell || !field || lines.at(cell.row)?.kind !== "row") return;
    setActive(cell);
    if (isEditable(field)) setEditing(true);
  };
  // From the panel beside the list, j and k walk without taking the focus out of it.
  const step = (by: number): void => {
    const inPeek = Boolean(document.activeElement?.closest(".peek"));
    const inGrid = Boolean(document.activeElement?.closest("[data-cell]"));
    move({ row: active.row + (inGrid || inPeek || by < 0 ? by : 0), col: active.col }, !inPeek);
  };
  // In a layout effect: a key pressed right after another finds what that one did.
  useLayoutEffect(() => addKeys({
    title: shape.plural,
    actions: [
      { keys: "j", label: t("Next row"), run: () => step(1) },
      { keys: "k", label: t("Row before"), run: () => step(-1) },
      { keys: "Space", label: t("Look at the record beside the list"), run: () => peek(active.row) },
      { keys: "o", label: t("Open the record"), run: () => openRow(active.row) },
      ...(selection.all || selection.ids.size ? [] : [{ keys: "e", label: t("Edit the cell"), run: edit }]),
      { keys: "f", label: t("Filter"), run: () => document.querySelector<HTMLElement>("[data-focus=filter]")?.focus() },
      ...(choosing ? [{ keys: "x", label: t("Select the row"), run: () => choose(active.row, false) }, { keys: "shift+x", label: t("Select up to this row"), run: () => choose(active.row, true) }] : []),
    ],
  }), [active, lines, columns, selection, p.peeked, p.listHref]);

  const widthOf = (c: Column): number => widths.get(c.field.name) ?? c.width;
  const template = `${choosing ? "var(--check) " : ""}${columns.map((c) => `${widthOf(c)}px`).join(" ")}`;
  const width = `calc(${columns.reduce((sum, c) => sum + widthOf(c), 0)}px${choosing ? " + var(--check)" : ""})`;
  const n = selection.all ? p.total : selection.ids.size;
  // The head stays as it is while the body scrolls.
  const head = useMemo(() => (
    <div class="grid-head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template, minWidth: width }}>
      {choosing && (
        <div role="columnheader" aria-colindex={1} class="head-cell check">
          <label class="check-box"><input type="checkbox" checked={n > 0 && n >= p.total} indeterminate={n > 0 && n < p.total} aria-label={t("Select all {n}", { n: p.total })} onChange={(e) => p.setSelection?.(e.currentTarget.checked ? { all: true, ids: new Set(), anchor: -1 } : NONE)} /></label>
        </div>
      )}
      {columns.map((c, i) => <HeadCell key={c.field.name} {...p} index={i} offset={choosing ? 1 : 0} width={widthOf(c)} drag={(w) => setWidths(w === null ? new Map() : new Map([[c.field.name, w]]))} />)}
    </div>
  ), [columns, widths, p.sort, p.group, shape, p.listHref, n, p.total, choosing]);
  return (
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions -- a grid; its cells take the focus, one at a time
    <div class="grid" ref={box} role={lines.grouped ? "treegrid" : "grid"} aria-label={shape.plural} aria-rowcount={total + 1 + (footed ? 1 : 0)} aria-colcount={columns.length + (choosing ? 1 : 0)} aria-multiselectable={choosing || undefined} onScroll={onScroll} onKeyDown={onKey} onFocusIn={onFocusIn} onDblClick={onDblClick}>
      {head}
      <div class="grid-body" role="rowgroup" style={{ height: `${total * rowH}px`, minWidth: width }}>
        {shown.map((i) => {
          const line = lines.at(i);
          if (!line) return null;
          const row = line.kind === "row" ? line.row : undefined;
          return (
            <Row key={i === active.row && (i < first || i >= first + count) ? "kept" : `w${i % count}`} shape={shape} columns={columns} line={line} index={i} top={i * rowH} template={template} groupBy={p.groupBy}
              activeCol={active.row === i ? active.col : null} editing={editing && active.row === i} chosen={!choosing ? null : row ? isChosen(selection, row.id) : selection.all} peeked={row !== undefined && row.id === p.peeked}
              endEdit={(down) => { setEditing(false); wantFocus.current = true; if (down && i + 1 < total) move({ row: i + 1, col: active.col }); }}
              choose={(range) => { setActive({ row: i, col: -1 }); choose(i, range); }} fold={() => { if (line.kind === "group") latest.current.fold(line.group.key); }} peek={() => { setActive({ row: i, col: 0 }); peek(i); }} listHref={p.listHref} />
          );
        })}
      </div>
      {footed && <Foot {...p} template={template} width={width} choosing={choosing} />}
    </div>
  );
}

// What the numbers of a column come to, over everything that matches.
function Foot(p: TableProps & { template: string; width: string; choosing: boolean }) {
  return (
    <div role="rowgroup" class="grid-foot" style={{ minWidth: p.width }}>
      <div role="row" aria-rowindex={p.lines.total + 2} class="grid-row-foot" style={{ gridTemplateColumns: p.template }}>
        {p.choosing && <div role="gridcell" aria-colindex={1} class="cell" />}
        {p.columns.map((c, i) => {
          const m = measureOf(c.field);
          const text = m ? figureText(c.field, m, p.totals) : "";
          return (
            <div key={c.field.name} role="gridcell" aria-colindex={i + 1 + (p.choosing ? 1 : 0)} class={isNumeric(c.field) ? "cell end num" : "cell"}>
              {text && m ? <span class="cut"><span class={m.kind === "sum" ? "sr" : "meta"}>{m.kind === "sum" ? t("Sum") : t("Average")}</span> {text}</span> : i === 0 ? <span class="muted cut">{t("All {n}", { n: formatNumber(p.total) })}</span> : null}
            </div>
          );
        })}
      </div>
    </div>
  );
}
