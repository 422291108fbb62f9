// A grid of any length: only what is in sight is in the page, at most sixty rows. One cell has the focus; arrows move it.
import { Component, type ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { AnyRecord, ObjectShape } from "../../api/client";
import { t } from "../../i18n/t";
import { addKeys } from "../../keys/keys";
import { go, recordHref } from "../../nav/router";
import { changeRecord, same } from "../../store/change";
import { entryOf, putRecord, shownFields } from "../../store/records";
import { density } from "../../store/settings";
import { isNumeric, isRef, showValue } from "../../store/values";
import { FieldInput, isEditable } from "../../ui/field-input";
import { Icon } from "../../ui/icon";
import { MenuList, Popover, type MenuItem } from "../../ui/menu";
import { moveColumn, readSort, WIDTH_MAX, WIDTH_MIN, type Column } from "./columns";

const ROWS_MAX = 60;
const SPARE = 8; // rows above and below those in sight

interface Props {
  shape: ObjectShape;
  columns: readonly Column[];
  rows: readonly AnyRecord[];
  total: number;
  sort: string;
  listHref: string;
  setColumns: (columns: readonly Column[]) => void;
  setSort: (sort: string) => void;
}

interface Cell { row: number; col: number }

export function Grid(p: Props) {
  const { shape, columns, rows, total } = p;
  const box = useRef<HTMLDivElement>(null);
  const [rowH, setRowH] = useState(40);
  const [view, setView] = useState({ top: 0, height: 640 });
  const [active, setActive] = useState<Cell>({ row: 0, col: 0 });
  const [editing, setEditing] = useState(false);
  const wantFocus = useRef(false);
  const [widths, setWidths] = useState<ReadonlyMap<string, number>>(new Map()); // while a border is dragged

  useLayoutEffect(() => {
    const el = box.current;
    if (!el) return undefined;
    const measure = (): void => {
      setRowH(parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--row")) || 40);
      setView((v) => ({ ...v, height: el.clientHeight }));
    };
    measure();
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
  const count = Math.min(ROWS_MAX - 1, inSight + 2 * SPARE, total);
  const first = Math.max(0, Math.min(Math.floor(view.top / rowH) - SPARE, total - count));
  const shown: number[] = [];
  for (let i = first; i < first + count; i++) shown.push(i);
  if (active.row < total && (active.row < first || active.row >= first + count) && (editing || wantFocus.current || document.activeElement?.closest(".grid"))) shown.push(active.row);

  const move = (to: Cell): void => {
    const cell = { row: Math.max(0, Math.min(total - 1, to.row)), col: Math.max(0, Math.min(columns.length - 1, to.col)) };
    wantFocus.current = true;
    setActive(cell);
    const el = box.current;
    if (!el) return;
    const head = rowH;
    const y = cell.row * rowH;
    if (y < el.scrollTop) el.scrollTop = y;
    else if (y + rowH + head > el.scrollTop + el.clientHeight) el.scrollTop = y + rowH + head - el.clientHeight;
    setView((v) => ({ ...v, top: el.scrollTop }));
  };
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
    const r = rows[row];
    if (r) go(recordHref(shape.name, r.id, p.listHref));
  };
  const edit = (): void => {
    const column = columns[active.col];
    if (column && isEditable(column.field) && rows[active.row]) setEditing(true);
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
    if (next) move(next);
    else if (e.key === "Enter") openRow(active.row);
    else if (e.key === "F2") edit();
    else return;
    e.preventDefault();
    e.stopPropagation();
  };
  useEffect(() => addKeys({
    title: shape.plural,
    actions: [
      { keys: "j", label: t("Next row"), run: () => move({ row: active.row + (document.activeElement?.closest("[data-cell]") ? 1 : 0), col: active.col }) },
      { keys: "k", label: t("Row before"), run: () => move({ row: active.row - 1, col: active.col }) },
      { keys: "e", label: t("Edit the cell"), run: edit },
      { keys: "o", label: t("Open the record"), run: () => openRow(active.row) },
      { keys: "f", label: t("Filter"), run: () => document.querySelector<HTMLElement>("[data-focus=filter]")?.focus() },
    ],
  }), [active, total, columns, rows]);

  const widthOf = (c: Column): number => widths.get(c.field.name) ?? c.width;
  const template = columns.map((c) => `${widthOf(c)}px`).join(" ");
  const width = columns.reduce((sum, c) => sum + widthOf(c), 0);
  // The head stays as it is while the body scrolls.
  const head = useMemo(() => (
    <div class="grid-head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: template, minWidth: `${width}px` }}>
      {columns.map((c, i) => <HeadCell key={c.field.name} {...p} index={i} width={widthOf(c)} drag={(w) => setWidths(w === null ? new Map() : new Map([[c.field.name, w]]))} />)}
    </div>
  ), [columns, widths, p.sort, shape, p.listHref]);
  return (
    // eslint-disable-next-line jsx-a11y/interactive-supports-focus -- its cells take the focus, one at a time
    <div class="grid" ref={box} role="grid" aria-label={shape.plural} aria-rowcount={total + 1} aria-colcount={columns.length} onScroll={onScroll} onKeyDown={onKey}>
      {head}
      <div class="grid-body" role="rowgroup" style={{ height: `${total * rowH}px`, minWidth: `${width}px` }}>
        {shown.map((i) => (
          <Row key={i === active.row && (i < first || i >= first + count) ? "kept" : `w${i % count}`} shape={shape} columns={columns} row={rows[i]} index={i} top={i * rowH} template={template}
            activeCol={active.row === i ? active.col : -1} editing={editing && active.row === i}
            focus={(col) => setActive({ row: i, col })} open={() => openRow(i)} edit={(col) => { setActive({ row: i, col }); const f = columns[col]?.field; if (f && isEditable(f)) setEditing(true); }}
            endEdit={(down) => { setEditing(false); wantFocus.current = true; if (down && i + 1 < total) move({ row: i + 1, col: active.col }); }} listHref={p.listHref} />
        ))}
      </div>
    </div>
  );
}

function HeadCell({ columns, index, sort, setSort, setColumns, width, drag, shape }: Props & { index: number; width: number; drag: (width: number | null) => void }) {
  const column = columns[index];
  const cell = useRef<HTMLDivElement>(null);
  const [over, setOver] = useState(0); // pixels while the column is moved
  if (!column) return null;
  const { field } = column;
  const sorted = readSort(sort)[0];
  const dir = sorted?.name === field.name ? (sorted.desc ? "descending" : "ascending") : undefined;
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
      const to = heads.findIndex((h) => { const r = h.getBoundingClientRect(); return ev.clientX >= r.left && ev.clientX < r.right; });
      if (to >= 0 && to !== index) setColumns(moveColumn(columns, index, to));
    };
    addEventListener("pointermove", onMove);
    addEventListener("pointerup", onEnd, { once: true });
  };
  const items: MenuItem[] = [
    ...(field.sort ? [{ label: t("Sort up"), icon: "arrow-up" as const, run: () => setSort(field.name) }, { label: t("Sort down"), icon: "arrow-down" as const, run: () => setSort(`${field.name} desc`) }] : []),
    ...(index > 0 ? [{ label: t("Move to the left"), icon: "chevron-left" as const, run: () => setColumns(moveColumn(columns, index, index - 1)) }] : []),
    ...(index < columns.length - 1 ? [{ label: t("Move to the right"), icon: "chevron-right" as const, run: () => setColumns(moveColumn(columns, index, index + 1)) }] : []),
    { label: t("Wider"), icon: "plus", run: () => resize(column.width + 40) },
    { label: t("Narrower"), icon: "rows-3", run: () => resize(column.width - 40) },
    ...(columns.length > 1 ? [{ label: t("Hide"), icon: "x" as const, run: () => setColumns(columns.filter((_, i) => i !== index)) }] : []),
  ];
  return (
    <div ref={cell} role="columnheader" aria-colindex={index + 1} aria-sort={dir} class={`head-cell ${isNumeric(field) ? "end" : ""} ${over ? "moving" : ""}`} style={over ? { transform: `translateX(${over}px)` } : undefined} onPointerDown={startMove} data-object={shape.name}>
      <Popover label={t("{field}: sort, move, hide", { field: field.label })} class="head-button" face={<><span class="cut">{field.label}</span>{dir && <Icon name={dir === "ascending" ? "arrow-up" : "arrow-down"} />}</>}>
        {(close) => <MenuList label={field.label} items={items} close={close} />}
      </Popover>
      <span class="head-grip" onPointerDown={startResize} onDblClick={() => resize(column.width)} aria-hidden="true" />
    </div>
  );
}

interface RowProps {
  shape: ObjectShape;
  columns: readonly Column[];
  row: AnyRecord | undefined;
  index: number;
  top: number;
  template: string;
  activeCol: number;
  editing: boolean;
  listHref: string;
  focus: (col: number) => void;
  open: () => void;
  edit: (col: number) => void;
  endEdit: (down: boolean) => void;
}

// Drawn anew only when what it shows changed; scrolling would else draw every row with every frame.
class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps, state: unknown): boolean {
    const p = this.props;
    return state !== this.state || p.row !== next.row || p.index !== next.index || p.top !== next.top || p.template !== next.template || p.columns !== next.columns || p.activeCol !== next.activeCol || p.editing !== next.editing;
  }
  override render(): ComponentChildren {
    return drawRow(this.props);
  }
}

function drawRow(p: RowProps) {
  const { shape, columns, row } = p;
  const entry = row ? entryOf(shape.name, row.id).value : null;
  const fields: Record<string, unknown> = row && entry ? { ...row, ...shownFields(entry) } : (row ?? {});
  return (
    <div role="row" aria-rowindex={p.index + 2} class={p.activeCol >= 0 ? "grid-row here" : "grid-row"} style={{ transform: `translateY(${p.top}px)`, gridTemplateColumns: p.template }}>
      {columns.map((c, i) => (
        <div key={c.field.name} role="gridcell" aria-colindex={i + 1} data-cell={`${p.index}-${i}`} tabIndex={p.activeCol === i || (p.activeCol < 0 && p.index === 0 && i === 0) ? 0 : -1}
          aria-readonly={!isEditable(c.field)} class={isNumeric(c.field) ? "cell end num" : "cell"}
          onFocus={() => { if (p.activeCol !== i) p.focus(i); }} onDblClick={() => p.edit(i)}>
          {!row ? <span class="cell-wait" /> : p.editing && p.activeCol === i ? <CellEditor {...p} row={row} column={c} value={fields[c.field.name]} />
            : c.field.name === shape.title ? <a href={recordHref(shape.name, row.id, p.listHref)} class="cut" tabIndex={-1} data-focus={`row-${row.id}`}>{showValue(c.field, fields[c.field.name]) || t("No name")}</a>
            : <span class="cut">{showValue(c.field, fields[c.field.name])}</span>}
        </div>
      ))}
    </div>
  );
}

function CellEditor({ shape, row, column, value, endEdit, index }: RowProps & { row: AnyRecord; column: Column; value: unknown }) {
  const [typed, setTyped] = useState<unknown>(value);
  const done = useRef(false);
  const save = (v: unknown, down: boolean): void => {
    if (done.current) return;
    done.current = true;
    if (!same(v, value)) {
      putRecord(shape.name, row, false);
      void changeRecord(shape.name, row.id, { [column.field.name]: v });
    }
    endEdit(down);
  };
  const cancel = (): void => {
    done.current = true;
    endEdit(false);
  };
  return (
    <div class="cell-editor" role="presentation" onFocusOut={(e) => { if (!(e.relatedTarget instanceof Node && e.currentTarget.contains(e.relatedTarget))) { if (isRef(value) || ["user", "team", "reference"].includes(column.field.type)) cancel(); else save(typed, false); } }}
      onKeyDown={(e) => {
        if (e.key === "Escape") { e.preventDefault(); e.stopPropagation(); cancel(); }
        else if (e.key === "Enter" && !e.defaultPrevented && (column.field.type !== "long text" || e.ctrlKey)) { e.preventDefault(); e.stopPropagation(); save(typed, true); }
        else if (e.key.startsWith("Arrow") || e.key === "Home" || e.key === "End") e.stopPropagation();
      }}>
      <FieldInput id={`cell-${index}`} field={column.field} value={typed} label={t("{field} of this row", { field: column.field.label })} autofocus onValue={setTyped} onChoose={(v) => save(v, false)} onCancel={cancel} />
    </div>
  );
}
