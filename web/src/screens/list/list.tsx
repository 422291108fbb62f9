// A list of any object: filter, sort and columns stand in the address.
import { useEffect, useMemo } from "preact/hooks";
import type { ObjectShape } from "../../api/client";
import { t, tn } from "../../i18n/t";
import { formatNumber } from "../../i18n/format";
import { place, setQuery } from "../../nav/router";
import { dropRefusal, refusals } from "../../store/change";
import { fieldOf, objectOf } from "../../store/session";
import { keepWalk } from "../../store/walk";
import { showValue } from "../../store/values";
import { Button } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Popover } from "../../ui/menu";
import { EmptyState, ProblemNote, Skeleton } from "../../ui/states";
import { creating } from "../../shell/create";
import { Screen } from "../../shell/screen";
import { defaultWidth, readColumns, writeColumns, type Column } from "./columns";
import { FilterBar } from "./filter";
import { Grid } from "./grid";
import { useRows } from "./rows";

export function List({ object }: { object: string }) {
  const shape = objectOf(object);
  if (!shape) return <Screen title={t("Not found")}><EmptyState icon="search" title={t("The manual knows no such kind of record, or you may not see it.")}><a href="/">{t("Go to my day")}</a></EmptyState></Screen>;
  return <Loaded key={object} shape={shape} />;
}

// Ways of looking that every object has.
function presets(shape: ObjectShape): { label: string; filter: string }[] {
  const open = shape.open_when;
  const hasOwner = fieldOf(shape, "owner") !== undefined;
  return [
    { label: t("All"), filter: "" },
    ...(hasOwner ? [{ label: t("Mine"), filter: "owner = me" }] : []),
    ...(open ? [{ label: t("Open"), filter: open }] : []),
    ...(open && hasOwner ? [{ label: t("Mine, open"), filter: `owner = me and ${open}` }] : []),
    ...(hasOwner ? [{ label: t("Nobody's"), filter: "owner is empty" }] : []),
  ];
}

function Loaded({ shape }: { shape: ObjectShape }) {
  const { query } = place.value;
  const filter = query.get("filter") ?? "";
  const sort = query.get("sort") ?? "";
  const colsText = query.get("cols");
  const columns = useMemo(() => readColumns(colsText, shape), [colsText, shape]);
  const names = useMemo(() => [...new Set([shape.title, ...columns.map((c) => c.field.name), "version"])].sort().join(","), [columns, shape]);
  const data = useRows(shape.name, filter, sort, names);
  const href = `/lists/${shape.name}${query.size ? `?${query.toString()}` : ""}`;
  useEffect(() => keepWalk(href, { ids: data.rows.map((r) => r.id), total: data.total }), [href, data.rows, data.total]);
  const setColumns = (next: readonly Column[]): void => setQuery({ cols: writeColumns(next, shape) }, { replace: true });
  const setSort = (next: string): void => setQuery({ sort: next || null });
  const apply = (next: string): void => setQuery({ filter: next || null });
  const mayCreate = shape.may["create"] !== "none";
  const refused = refusals.value.filter((r) => r.object === shape.name);
  const count = data.loading ? "" : data.exact ? tn(data.total, "{n} record", "{n} records") : t("more than {n} records", { n: data.total });
  const filterProblem = data.problem !== null && data.problem.code.startsWith("expr.");
  return (
    <Screen title={shape.plural} class="list" ready={!data.loading} meta={<span aria-live="polite">{count}{data.moved > 0 && <> · <button type="button" class="link-button" onClick={data.refresh}>{tn(data.moved, "{n} change – refresh order", "{n} changes – refresh order")}</button></>}</span>}
      actions={<>
        <Columns shape={shape} columns={columns} setColumns={setColumns} />
        {mayCreate && <Button kind="primary" icon="plus" focus="create" onClick={() => (creating.value = shape.name)}>{t("New {object}", { object: shape.label.toLowerCase() })}</Button>}
      </>}>
      <div class="list-bar">
        <nav class="segments" aria-label={t("Views")}>
          {presets(shape).map((x) => {
            const q = new URLSearchParams(query);
            if (x.filter) q.set("filter", x.filter);
            else q.delete("filter");
            return <a key={x.label} href={`/lists/${shape.name}${q.size ? `?${q.toString()}` : ""}`} aria-current={filter === x.filter ? "true" : undefined}><span>{x.label}</span></a>;
          })}
        </nav>
        <FilterBar shape={shape} filter={filter} apply={apply} />
      </div>
      {refused.map((r) => {
        const [name = "", typed] = Object.entries(r.typed)[0] ?? [];
        const field = fieldOf(shape, name);
        return (
          <div class="note bad" role="alert" key={`${r.id}-${name}`}>
            <Icon name="circle-alert" />
            <p class="grow">{t("{field} was not saved. You typed “{typed}”. {why}", { field: field?.label ?? name, typed: field ? showValue(field, typed) || String(typed ?? "") : String(typed ?? ""), why: r.problem.detail })} {r.problem.way_out}</p>
            <Button onClick={() => dropRefusal(r)}>{t("Let it go")}</Button>
          </div>
        );
      })}
      {data.problem && <ProblemNote problem={data.problem} retry={filterProblem ? undefined : data.refresh} />}
      {data.loading ? <div class="grid"><Skeleton rows={14} /></div>
        : data.total === 0 && !data.problem ? (
          <EmptyState icon="list" title={filter ? t("Nothing matches this filter.") : t("No {records} yet.", { records: shape.plural.toLowerCase() })}>
            {filter ? <Button onClick={() => apply("")}>{t("Show all")}</Button> : mayCreate ? <Button kind="primary" icon="plus" onClick={() => (creating.value = shape.name)}>{t("Add the first one")}</Button> : <p>{t("Your roles let you read them, not make them.")}</p>}
          </EmptyState>
        ) : data.problem && !data.rows.length ? null : (
          <Grid shape={shape} columns={columns} rows={data.rows} total={data.total} sort={sort} listHref={href} setColumns={setColumns} setSort={setSort} />
        )}
      {!data.loading && data.rows.length < data.total && <p class="sr" role="status">{t("{n} of {total} rows are here", { n: formatNumber(data.rows.length), total: formatNumber(data.total) })}</p>}
    </Screen>
  );
}

function Columns({ shape, columns, setColumns }: { shape: ObjectShape; columns: readonly Column[]; setColumns: (c: readonly Column[]) => void }) {
  const chosen = new Set(columns.map((c) => c.field.name));
  const rest = shape.fields.filter((f) => f.type !== "references" && f.name !== "deleted_at");
  return (
    <Popover label={t("Columns")} icon="columns-3" kind="quiet">
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
