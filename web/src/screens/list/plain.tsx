// The same list as plain pages: a table of fifty rows and links to the pages before and after. For those who prefer it to a
// grid that scrolls; everything the grid can do is here as well.
import { useRef } from "preact/hooks";
import { t, tn } from "../../i18n/t";
import { recordHref } from "../../nav/router";
import { entryOf, shownFields } from "../../store/records";
import { isNumeric, showValue } from "../../store/values";
import { Button, IconButton } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { MenuList, Popover } from "../../ui/menu";
import { figureText, measureOf } from "./figures";
import type { TableProps } from "./grid";
import { groupLabel } from "./group-label";
import { columnItems, sortOf } from "./head";
import { addRange, isChosen, NONE, toggle } from "./selection";

export const PAGE_ROWS = 50;

export function PlainPages(p: TableProps & { page: number; setPage: (page: number) => void }) {
  const { shape, columns, lines, selection } = p;
  const pages = Math.max(1, Math.ceil(lines.total / PAGE_ROWS));
  const page = Math.max(1, Math.min(pages, p.page));
  const from = (page - 1) * PAGE_ROWS;
  const shown = Array.from({ length: Math.min(PAGE_ROWS, lines.total - from) }, (_, i) => from + i);
  const box = useRef<HTMLDivElement>(null);
  const choosing = p.setSelection !== null;
  const n = selection.all ? p.total : selection.ids.size;
  const span = columns.length + (choosing ? 1 : 0);
  const turn = (to: number): void => {
    p.setPage(to);
    box.current?.scrollTo(0, 0);
    box.current?.focus();
  };
  const footed = columns.some((c) => measureOf(c.field) !== null);
  return (
    <>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so keys must reach it */}
      <div class="plain-box" ref={box} tabIndex={0} role="region" aria-label={t("{records}, page {n} of {pages}", { records: shape.plural, n: page, pages })}>
        <table class="plain-list" style={{ minWidth: `${columns.reduce((sum, c) => sum + c.width, choosing ? 44 : 0)}px` }}>
          <colgroup>{choosing && <col style={{ width: "44px" }} />}{columns.map((c) => <col key={c.field.name} style={{ width: `${c.width}px` }} />)}</colgroup>
          <thead>
            <tr>
              {choosing && <th class="check" scope="col"><label class="check-box"><input type="checkbox" checked={n > 0 && n >= p.total} indeterminate={n > 0 && n < p.total} aria-label={t("Select all {n}", { n: p.total })} onChange={(e) => p.setSelection?.(e.currentTarget.checked ? { all: true, ids: new Set(), anchor: -1 } : NONE)} /></label></th>}
              {columns.map((c, i) => {
                const dir = sortOf(p.sort, c.field.name);
                return (
                  <th key={c.field.name} scope="col" aria-sort={dir} class={isNumeric(c.field) ? "end" : undefined}>
                    <Popover label={t("{field}: sort, move, hide", { field: c.field.label })} class="head-button" face={<><span>{c.field.label}</span>{dir && <Icon name={dir === "ascending" ? "arrow-up" : "arrow-down"} />}</>}>
                      {(close) => <MenuList label={c.field.label} items={columnItems(p, i)} close={close} />}
                    </Popover>
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {shown.map((i) => {
              const line = lines.at(i);
              if (!line) return null;
              if (line.kind === "group") return (
                <tr key={`g${line.group.key}`} class="plain-group"><th scope="rowgroup" colSpan={span}>
                  <button type="button" class="group-fold" aria-expanded={line.open} onClick={() => p.fold(line.group.key)}><Icon name={line.open ? "chevron-down" : "chevron-right"} class={line.open ? "" : "flip"} />{groupLabel(p.groupBy, line.group)} <span class="muted">{tn(line.group.count, "{n} record", "{n} records")}</span></button>
                </th></tr>
              );
              const { row } = line;
              if (!row) return <tr key={i}><td colSpan={span}><span class="cell-wait" /></td></tr>;
              const entry = entryOf(shape.name, row.id).value;
              const fields: Record<string, unknown> = entry ? { ...row, ...shownFields(entry) } : row;
              const name = String(fields[shape.title] ?? "") || t("No name");
              return (
                <tr key={row.id} class={[isChosen(selection, row.id) && "chosen", p.peeked === row.id && "peeked"].filter(Boolean).join(" ") || undefined}>
                  {choosing && <td class="check"><label class="check-box"><input type="checkbox" checked={isChosen(selection, row.id)} aria-label={t("Select {name}", { name })}
                    onClick={(e) => {
                      if (e.shiftKey && isChosen(selection, row.id)) e.preventDefault();
                      p.setSelection?.(e.shiftKey ? addRange(selection, i, (at) => lines.row(at)?.id ?? null) : toggle(selection, row.id, i, selection.all ? lines.ids() : []));
                    }} /></label></td>}
                  {columns.map((c) => c.field.name === shape.title ? (
                    <th key={c.field.name} scope="row"><span class="row"><a class="grow" href={recordHref(shape.name, row.id, p.listHref)} data-focus={`row-${row.id}`}>{name}</a>
                      <IconButton icon="panel-right" label={t("Look at {name}", { name })} pressed={p.peeked === row.id} onClick={() => p.peek(p.peeked === row.id ? null : row.id)} /></span></th>
                  ) : <td key={c.field.name} class={isNumeric(c.field) ? "end num" : undefined}>{showValue(c.field, fields[c.field.name])}</td>)}
                </tr>
              );
            })}
          </tbody>
          {footed && (
            <tfoot><tr>
              {choosing && <td />}
              {columns.map((c) => {
                const m = measureOf(c.field);
                const text = m ? figureText(c.field, m, p.totals) : "";
                return <td key={c.field.name} class={isNumeric(c.field) ? "end num" : undefined}>{text && m ? <><span class={m.kind === "sum" ? "sr" : "meta"}>{m.kind === "sum" ? t("Sum") : t("Average")}</span> {text}</> : null}</td>;
              })}
            </tr></tfoot>
          )}
        </table>
      </div>
      <nav class="pager" aria-label={t("Pages")}>
        <Button act icon="chevron-left" disabled={page <= 1} onClick={() => turn(page - 1)}>{t("Page before")}</Button>
        <span class="num" aria-live="polite">{t("Page {n} of {pages}", { n: page, pages })}</span>
        <Button act icon="chevron-right" disabled={page >= pages} onClick={() => turn(page + 1)}>{t("Next page")}</Button>
      </nav>
    </>
  );
}
