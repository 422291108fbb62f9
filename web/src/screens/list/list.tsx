// A list of any object: what it shows begins with a view, and what differs from there stands in the address.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { AnyRecord, ObjectShape, Problem } from "../../api/client";
import { formatNumber } from "../../i18n/format";
import { t, tn } from "../../i18n/t";
import { addKeys, useActions } from "../../keys/keys";
import { go, place, setQuery } from "../../nav/router";
import { creating } from "../../shell/create";
import { Screen } from "../../shell/screen";
import { dropRefusal, refusals } from "../../store/change";
import { computedOf, fieldOf, objectOf } from "../../store/session";
import { plainPages } from "../../store/settings";
import { showValue } from "../../store/values";
import { keepChanges, loadViews, useView, views } from "../../store/views";
import { keepWalk } from "../../store/walk";
import { Button } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { itemActions, Popover } from "../../ui/menu";
import { columnItems } from "./head";
import { EmptyState, ProblemNote, Skeleton } from "../../ui/states";
import { BulkBar } from "./bulk-bar";
import { BulkDialog, type BulkAsk } from "./bulk-dialog";
import { defaultWidth, readColumns, writeColumns, type Column } from "./columns";
import { EmptyList } from "./empty";
import { useFigures } from "./figures";
import { FilterBar } from "./filter";
import { Grid, type TableProps } from "./grid";
import { groupLabel } from "./group-label";
import { groupable, groupField, keyOf, Lines, orderGroups, sectionsOf } from "./lines";
import { changesOf, isChanged, listHref, lookOfView, PLAIN, readLook, writeLook, type Look } from "./look";
import { ListMenu } from "./list-menu";
import { Peek } from "./peek";
import { PlainPages } from "./plain";
import { useRows } from "./rows";
import { countOf, NONE, type Selection } from "./selection";
import { viewHref, ViewTabs } from "./view-tabs";

export function List({ object }: { object: string }) {
  const shape = objectOf(object);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [asked, setAsked] = useState(false);
  const viewId = place.value.query.get("view");
  const list = views.value.get(object);
  useEffect(() => {
    if (shape) void loadViews(object).then((p) => { setProblem(p); setAsked(true); });
  }, [object, shape === undefined]);
  if (!shape) return <Screen title={t("Not found")}><EmptyState icon="search" title={t("The manual knows no such kind of record, or you may not see it.")}><a href="/">{t("Go to My Day")}</a></EmptyState></Screen>;
  // What a saved view shows is known only when the view is.
  if (viewId && !list && !asked) return <Screen title={shape.plural} class="list" ready={false}><div class="grid"><Skeleton rows={14} /></div></Screen>;
  const view = viewId && list?.find((v) => v.id === viewId);
  if (view && view.layout === "board") return <ToBoard href={viewHref(view)} title={view.name} />;
  return <Loaded key={object} shape={shape} viewsProblem={viewId ? problem : null} />;
}

// A view that was saved as a board is one, whichever way somebody came.
function ToBoard({ href, title }: { href: string; title: string }) {
  useEffect(() => go(href, { replace: true, quiet: true }), [href]);
  return <Screen title={title} ready={false}><Skeleton rows={8} /></Screen>;
}

const NO_VIEWS = [] as const;

function Loaded({ shape, viewsProblem }: { shape: ObjectShape; viewsProblem: Problem | null }) {
  const { query } = place.value;
  const list = views.value.get(shape.name) ?? NO_VIEWS;
  const viewId = query.get("view") ?? "";
  const view = list.find((v) => v.id === viewId) ?? null;
  const base = useMemo(() => (view ? lookOfView(view, shape) : PLAIN), [view, shape]);
  const look = readLook(query, base);
  const { filter, sort } = look;
  const changed = view !== null && isChanged(query);
  const kept = changesOf(query);
  useEffect(() => { if (view) { useView(view.id); keepChanges(view.id, kept); } }, [view?.id, kept]);

  const columns = useMemo(() => readColumns(look.cols || null, shape), [look.cols, shape]);
  const groupBy = groupField(shape, look.group);
  const names = useMemo(() => [...new Set([shape.title, ...columns.map((c) => c.field.name), ...(groupBy ? [groupBy.name] : []), "version"])].sort().join(","), [columns, shape, groupBy]);
  const data = useRows(shape.name, filter, sort, names);
  const figures = useFigures(shape.name, filter, columns, groupBy, data.moved + data.reading);
  const lines = useLines(shape, data, figures.groups, groupBy);
  const listQuery = new URLSearchParams(query);
  listQuery.delete("peek");
  const href = listHref(shape.name, listQuery);
  useEffect(() => keepWalk(href, { ids: lines.value.ids(), total: data.total }), [href, lines.value, data.total]);

  const setLook = (next: Partial<Look>, how: { replace?: boolean } = {}): void => {
    const q = writeLook(place.peek().query, { ...look, ...next }, base);
    q.delete("page");
    go(listHref(shape.name, q), { ...how, quiet: true });
  };
  const setColumns = (next: readonly Column[]): void => setLook({ cols: writeColumns(next, shape) ?? "" }, { replace: true });
  const setGroup = (group: string): void => setLook({ group });
  const apply = (next: string): void => setLook({ filter: next });

  const loading = data.loading || (groupBy !== undefined && figures.groups === null && !data.problem); // rows first without their groups would jump
  const [selection, setSelection] = useState<Selection>(NONE);
  const [bulk, setBulk] = useState<BulkAsk | null>(null);
  useEffect(() => setSelection(NONE), [shape.name, filter]);
  const may = (verb: string): boolean => shape.may[verb] !== undefined && shape.may[verb] !== "none";
  const able: BulkAsk[] = [...(may("update") ? ["edit" as const] : []), ...(may("assign") && fieldOf(shape, "owner")?.write ? ["assign" as const] : []), ...(may("archive") ? ["archive" as const] : []), ...(may("delete") ? ["delete" as const] : [])];
  const chosen = countOf(selection, data.total);
  const ask = (what: BulkAsk): void => { if (chosen && able.includes(what)) setBulk(what); };
  useLayoutEffect(() => (chosen ? addKeys({
    title: t("Selected rows"),
    actions: [
      ...(able.includes("edit") ? [{ keys: "e", label: t("Change"), run: () => ask("edit") }] : []),
      ...(able.includes("assign") ? [{ keys: "a", label: t("Assign"), run: () => ask("assign") }] : []),
      { keys: "Escape", label: t("Select nothing"), run: () => setSelection(NONE) },
    ],
  }) : undefined), [chosen, shape]);

  const peeked = query.get("peek");
  const peek = (id: string | null): void => setQuery({ peek: id }, { replace: peeked !== null && id !== null });
  const closePeek = (): void => {
    const inside = Boolean(document.activeElement?.closest(".peek, dialog"));
    peek(null);
    if (inside && peeked) requestAnimationFrame(() => backToRow(peeked));
  };

  const mayCreate = may("create");
  const refused = refusals.value.filter((r) => r.object === shape.name && r.id !== peeked);
  const count = data.loading || (data.problem && !data.rows.length) ? "" : data.exact ? tn(data.total, "{n} record", "{n} records") : t("more than {n} records", { n: data.total });
  const filterProblem = data.problem !== null && data.problem.code.startsWith("expr.");
  const trouble = data.problem && <ProblemNote problem={data.problem} retry={filterProblem ? undefined : data.refresh} />;
  const table: TableProps = {
    shape, columns, lines: lines.value, total: data.total, sort, group: look.group, groupBy, totals: figures.totals, listHref: href, setColumns, setSort: (s) => setLook({ sort: s }), setGroup,
    selection, setSelection: able.length ? setSelection : null, fold: lines.fold, peeked, peek,
  };
  useActions("", () => [
    ...columns.flatMap((c, i) => itemActions(columnItems(table, i)).map((a) => ({ ...a, hint: c.field.label }))),
    ...(able.length && chosen < data.total ? [{ label: t("Select all {n}", { n: data.total }), run: () => setSelection({ all: true, ids: new Set(), anchor: -1 }) }] : []),
  ]);
  return (
    <Screen title={view ? view.name : shape.plural} class={peeked ? "list with-peek" : "list"} ready={!loading} meta={<span aria-live="polite">{view ? `${shape.plural} · ` : ""}{count}{data.moved > 0 && <> · <Refresh n={data.moved} run={data.refresh} /></>}</span>}
      actions={mayCreate && <Button kind="primary" icon="plus" focus="create" onClick={() => (creating.value = shape.name)}>{t("New {object}", { object: shape.label.toLowerCase() })}</Button>}>
      <ViewTabs shape={shape} list={list} view={view} look={look} changed={changed} query={query} />
      <div class="list-bar">
        <FilterBar shape={shape} filter={filter} apply={apply} />
        <div class="list-tools">
          <Columns shape={shape} columns={columns} setColumns={setColumns} />
          <Groups shape={shape} group={look.group} setGroup={setGroup} foldAll={groupBy ? lines.foldAll : null} />
          <ListMenu shape={shape} look={look} columns={columns} />
        </div>
      </div>
      {viewsProblem && <ProblemNote problem={viewsProblem} />}
      {viewId && !view && !viewsProblem && <div class="note warn" role="status"><Icon name="info" /><p class="grow">{t("This view is not here any more, or its owner keeps it private. These are all {records}.", { records: shape.plural.toLowerCase() })}</p></div>}
      {view?.problem && <div class="note warn" role="status"><Icon name="triangle-alert" /><p class="grow">{view.problem}</p></div>}
      {refused.map((r) => {
        const [name = "", typed] = Object.entries(r.typed)[0] ?? [];
        const field = fieldOf(shape, name);
        return (
          <div class="note bad" role="alert" key={`${r.id}-${name}`}>
            <Icon name="circle-alert" />
            <p class="grow">{t("{field} was not saved. You typed “{typed}”. {why}", { field: field?.label ?? name, typed: field ? showValue(field, typed) || String(typed ?? "") : String(typed ?? ""), why: r.problem.detail })} {r.problem.way_out}</p>
            <Button act={field?.label ?? true} onClick={() => dropRefusal(r)}>{t("Let it go")}</Button>
          </div>
        );
      })}
      {data.rows.length > 0 && trouble}
      <div class="list-body">
        <div class="list-main">
          {loading ? <div class="grid"><Skeleton rows={14} /></div>
            : data.total === 0 && !data.problem ? (
              filter ? <EmptyState icon="list" title={t("Nothing matches this filter.")}><Button act onClick={() => apply("")}>{t("Show all")}</Button></EmptyState> : <EmptyList shape={shape} />
            ) : data.problem && !data.rows.length ? trouble
            : plainPages.value ? <PlainPages {...table} page={Number(query.get("page") ?? 1) || 1} setPage={(n) => setQuery({ page: n > 1 ? String(n) : null })} /> : <Grid {...table} />}
          {chosen > 0 && <BulkBar n={chosen} total={data.total} exact={data.exact} able={able} ask={ask} all={() => setSelection({ all: true, ids: new Set(), anchor: -1 })} clear={() => setSelection(NONE)} />}
        </div>
        {peeked && <Peek shape={shape} id={peeked} listHref={href} onClose={closePeek} />}
      </div>
      {!data.loading && data.rows.length < data.total && <p class="sr" role="status">{t("{n} of {total} rows are here", { n: formatNumber(data.rows.length), total: formatNumber(data.total) })}</p>}
      {bulk && <BulkDialog ask={bulk} shape={shape} ids={selection.all ? null : [...selection.ids]} filter={filter} names={namesOf(shape, data.rows)} onClose={() => setBulk(null)} done={() => { setSelection(NONE); data.refresh(); }} />}
    </Screen>
  );
}

// Short on a phone, where a second line would move the rows below it.
function Refresh({ n, run }: { n: number; run: () => void }) {
  const whole = tn(n, "{n} change – refresh order", "{n} changes – refresh order");
  return <button type="button" class="link-button" data-act="" aria-label={whole} title={whole} onClick={run}><span class="list-long">{whole}</span><span class="list-short">{tn(n, "{n} change", "{n} changes")}</span></button>;
}

function namesOf(shape: ObjectShape, rows: readonly AnyRecord[]): Map<string, string> {
  return new Map(rows.map((r) => [r.id, String((r as Record<string, unknown>)[shape.title] ?? "")]));
}
function backToRow(id: string): void {
  const link = document.querySelector<HTMLElement>(`[data-focus="row-${CSS.escape(id)}"]`);
  (link?.closest<HTMLElement>("[data-cell]") ?? link)?.focus({ preventScroll: true });
}

// Rows in their groups. In which group a row stands is decided when the list is read: a change by somebody else, or by oneself,
// does not move it away from under the eyes; reading the list anew does.
function useLines(shape: ObjectShape, data: ReturnType<typeof useRows>, groups: ReturnType<typeof useFigures>["groups"], groupBy: ReturnType<typeof groupField>) {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const places = useRef<{ reading: number; by: string; keys: Map<string, string> }>({ reading: -1, by: "", keys: new Map() });
  useEffect(() => setFolded(new Set()), [shape.name, groupBy?.name]);
  const value = useMemo(() => {
    if (!groupBy || !groups) return new Lines([{ group: null, rows: data.rows, count: groupBy ? data.rows.length : data.total, open: true }]);
    if (places.current.reading !== data.reading || places.current.by !== groupBy.name) places.current = { reading: data.reading, by: groupBy.name, keys: new Map() };
    const { keys } = places.current;
    const keyAt = (row: AnyRecord): string => {
      let key = keys.get(row.id);
      if (key === undefined) {
        key = keyOf(groupBy, (row as Record<string, unknown>)[groupBy.name]);
        keys.set(row.id, key);
      }
      return key;
    };
    return new Lines(sectionsOf(orderGroups(groupBy, groups, (g) => groupLabel(groupBy, g)), data.rows, keyAt, folded, data.total, data.whole));
  }, [data.rows, data.total, data.whole, data.reading, groups, groupBy, folded]);
  return {
    value,
    fold: (key: string): void => setFolded((old) => { const next = new Set(old); if (!next.delete(key)) next.add(key); return next; }),
    foldAll: (fold: boolean): void => setFolded(fold ? new Set(value.sections.map((s) => s.group?.key ?? "")) : new Set()),
  };
}

function Groups({ shape, group, setGroup, foldAll }: { shape: ObjectShape; group: string; setGroup: (g: string) => void; foldAll: ((fold: boolean) => void) | null }) {
  const fields = groupable(shape);
  const now = fields.find((f) => f.name === group);
  if (!fields.length) return null;
  return (
    <Popover label={now ? t("By {field}", { field: now.label.toLowerCase() }) : t("Group")} icon="layers" kind="quiet" focus="group" act>
      {(close) => (
        <div class="columns-panel">
          <fieldset>
            <legend class="sr">{t("Group by")}</legend>
            <label class="row"><input type="radio" name="group" checked={!now} onChange={() => { setGroup(""); close(); }} />{t("No groups")}</label>
            {fields.map((f) => <label key={f.name} class="row"><input type="radio" name="group" checked={f === now} onClick={() => { setGroup(f.name); close(); }} />{f.type === "date" ? t("{field}, by month", { field: f.label }) : f.label}</label>)}
          </fieldset>
          {foldAll && <p class="row"><Button kind="quiet" onClick={() => { foldAll(true); close(); }}>{t("Fold all")}</Button><Button kind="quiet" onClick={() => { foldAll(false); close(); }}>{t("Unfold all")}</Button></p>}
        </div>
      )}
    </Popover>
  );
}

function Columns({ shape, columns, setColumns }: { shape: ObjectShape; columns: readonly Column[]; setColumns: (c: readonly Column[]) => void }) {
  const chosen = new Set(columns.map((c) => c.field.name));
  const rest = [...shape.fields.filter((f) => f.type !== "references" && f.name !== "deleted_at"), ...computedOf(shape)];
  return (
    <Popover act label={t("Columns")} icon="columns-3" kind="quiet">
      {() => (
        <div class="columns-panel">
          <fieldset>
            <legend class="sr">{t("Columns")}</legend>
            {rest.map((f) => (
              <label key={f.name} class="row"><input type="checkbox" checked={chosen.has(f.name)} disabled={chosen.has(f.name) && columns.length === 1}
                onChange={(e) => setColumns(e.currentTarget.checked ? [...columns, { field: f, width: defaultWidth(shape, f) }] : columns.filter((c) => c.field !== f))} />{f.label}</label>
            ))}
          </fieldset>
          <Button kind="quiet" onClick={() => setColumns(readColumns(null, shape))}>{t("As the manual has them")}</Button>
        </div>
      )}
    </Popover>
  );
}
