// One line of a grid: a record, or the name of a group. Drawn anew only when what it shows changed; scrolling would else draw
// every row with every frame.
import { Component, type ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import type { AnyRecord, FieldShape, ObjectShape } from "../../api/client";
import { formatExact } from "../../i18n/format";
import { t, tn } from "../../i18n/t";
import { recordHref } from "../../nav/router";
import { changeRecord, same } from "../../store/change";
import { entryOf, putRecord, shownFields } from "../../store/records";
import { isNumeric, isRef, showValue } from "../../store/values";
import { FieldInput, isEditable } from "../../ui/field-input";
import { Icon } from "../../ui/icon";
import type { Column } from "./columns";
import { figureText, measureOf } from "./figures";
import { groupLabel } from "./group-label";
import type { Line } from "./lines";

export interface RowProps {
  shape: ObjectShape;
  columns: readonly Column[];
  line: Line;
  index: number; // of the line
  top: number;
  template: string;
  activeCol: number | null; // -1: the box that chooses the row
  editing: boolean;
  listHref: string;
  chosen: boolean | null; // null: rows cannot be chosen here
  peeked: boolean;
  groupBy: FieldShape | undefined;
  endEdit: (down: boolean) => void;
  choose: (range: boolean) => void;
  fold: () => void;
  peek: () => void;
}

export class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps, state: unknown): boolean {
    const p = this.props;
    return state !== this.state || !sameLine(p.line, next.line) || p.index !== next.index || p.top !== next.top || p.template !== next.template || p.columns !== next.columns
      || p.activeCol !== next.activeCol || p.editing !== next.editing || p.chosen !== next.chosen || p.peeked !== next.peeked || p.listHref !== next.listHref;
  }
  override render(): ComponentChildren {
    return this.props.line.kind === "group" ? drawGroup(this.props, this.props.line) : drawRow(this.props, this.props.line.row);
  }
}
function sameLine(a: Line, b: Line): boolean {
  if (a.kind === "row" && b.kind === "row") return a.row === b.row;
  return a.kind === "group" && b.kind === "group" && a.group === b.group && a.open === b.open;
}

function drawGroup(p: RowProps, line: Line & { kind: "group" }) {
  const label = groupLabel(p.groupBy, line.group);
  return (
    <div role="row" aria-rowindex={p.index + 2} aria-level={1} aria-expanded={line.open} class={p.activeCol !== null ? "grid-row group-row here" : "grid-row group-row"} style={{ transform: `translateY(${p.top}px)` }}>
      {/* eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the grid has the keys */}
      <div role="gridcell" aria-colindex={1} aria-colspan={p.columns.length + (p.chosen === null ? 0 : 1)} class="cell group-cell" data-cell={`${p.index}-${p.activeCol ?? 0}`} tabIndex={p.activeCol !== null ? 0 : -1} onClick={p.fold}>
        <Icon name={line.open ? "chevron-down" : "chevron-right"} class={line.open ? "" : "flip"} />
        <b class="cut">{label}</b>
        <span class="muted num">{tn(line.group.count, "{n} record", "{n} records")}</span>
        {p.columns.map((c) => {
          const m = measureOf(c.field);
          const text = m ? figureText(c.field, m, line.group.totals) : "";
          return text && m ? <span key={c.field.name} class="muted num group-figure">{m.kind === "sum" ? t("{field}: {value}", { field: c.field.label, value: text }) : t("{field}: {value} on average", { field: c.field.label, value: text })}</span> : null;
        })}
      </div>
    </div>
  );
}

function drawRow(p: RowProps, row: AnyRecord | undefined) {
  const { shape, columns } = p;
  const entry = row ? entryOf(shape.name, row.id).value : null;
  const fields: Record<string, unknown> = row && entry ? { ...row, ...shownFields(entry) } : (row ?? {});
  const name = String(fields[shape.title] ?? "") || t("No name");
  const offset = p.chosen === null ? 0 : 1;
  const classes = ["grid-row", p.activeCol !== null && "here", p.chosen === true && "chosen", p.peeked && "peeked"].filter(Boolean).join(" ");
  return (
    <div role="row" aria-rowindex={p.index + 2} aria-level={p.groupBy ? 2 : undefined} aria-selected={p.chosen ?? undefined} class={classes} style={{ transform: `translateY(${p.top}px)`, gridTemplateColumns: p.template }}>
      {p.chosen !== null && (
        <div role="gridcell" aria-colindex={1} class="cell check" data-cell={`${p.index}--1`} tabIndex={p.activeCol === -1 ? 0 : -1}>
          {row && <label class="check-box"><input type="checkbox" tabIndex={-1} checked={p.chosen} aria-label={t("Select {name}", { name })} onClick={(e) => { if (e.shiftKey && p.chosen) e.preventDefault(); p.choose(e.shiftKey); }} /></label>}
        </div>
      )}
      {columns.map((c, i) => (
        <div key={c.field.name} role="gridcell" aria-colindex={i + 1 + offset} data-cell={`${p.index}-${i}`} tabIndex={p.activeCol === i || (p.activeCol === null && p.index === 0 && i === 0) ? 0 : -1}
          aria-readonly={!isEditable(c.field)} class={cellClass(c.field, c.field.name !== shape.title && row !== undefined && !(p.editing && p.activeCol === i))}
          title={row && c.field.type === "date-time" && fields[c.field.name] ? formatExact(String(fields[c.field.name])) : undefined}>
          {!row ? <span class="cell-wait" /> : p.editing && p.activeCol === i ? <CellEditor {...p} row={row} column={c} value={fields[c.field.name]} />
            : c.field.name === shape.title ? (
              <><a href={recordHref(shape.name, row.id, p.listHref)} class="cut" tabIndex={-1} data-focus={`row-${row.id}`}>{name}</a>
                <button type="button" class="icon-button cell-peek" tabIndex={-1} aria-label={t("Look at {name}", { name })} title={t("Look at {name}", { name })} onClick={p.peek} /></>
            ) : showValue(c.field, fields[c.field.name])}
        </div>
      ))}
    </div>
  );
}

// What only shows words is one element: a screen holds hundreds of cells.
function cellClass(field: FieldShape, words: boolean): string {
  return `cell${words ? " text" : ""}${isNumeric(field) ? " end num" : ""}`;
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
    <div class="cell-editor" role="presentation"
      onFocusOut={(e) => {
        if (e.relatedTarget instanceof Node && e.currentTarget.contains(e.relatedTarget)) return;
        if (isRef(value) || ["user", "team", "reference"].includes(column.field.type)) cancel();
        else save(typed, false);
      }}
      onKeyDown={(e) => {
        if (e.key === "Escape") { e.preventDefault(); e.stopPropagation(); cancel(); }
        else if (e.key === "Enter" && !e.defaultPrevented && (column.field.type !== "long text" || e.ctrlKey)) { e.preventDefault(); e.stopPropagation(); save(typed, true); }
        else if (e.key.startsWith("Arrow") || e.key === "Home" || e.key === "End") e.stopPropagation();
      }}>
      <FieldInput id={`cell-${index}`} field={column.field} value={typed} label={t("{field} of this row", { field: column.field.label })} autofocus onValue={setTyped} onChoose={(v) => save(v, false)} onCancel={cancel} />
    </div>
  );
}
