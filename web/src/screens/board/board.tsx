// The board: stages as columns, cards in the order of what is owed first, moved by hand, thumb or key.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { FieldShape, ObjectShape, Problem } from "../../api/client";
import { formatNumber } from "../../i18n/format";
import { t, tn } from "../../i18n/t";
import { addKeys } from "../../keys/keys";
import { go, place, setQuery } from "../../nav/router";
import { useWhole } from "../../shell/after-paint";
import { Screen } from "../../shell/screen";
import { onChange } from "../../store/live";
import { isProblem, knownPage, loadManual, manualPages, readPage, type Page } from "../../store/manual";
import { loadViews, useView, views } from "../../store/views";
import { fieldOf, mainObjects, me, objectOf, otherObjects } from "../../store/session";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Icon } from "../../ui/icon";
import { Menu } from "../../ui/menu";
import { EmptyState, ProblemNote, Skeleton } from "../../ui/states";
import { WhyLink } from "../../ui/status";
import { both, quote } from "../figures/measure";
import { FilterBar } from "../list/filter";
import "./board.css";
import { Card } from "./card";
import { holdStill } from "./drag";
import { GateForm } from "./gate";
import { NO_STAGE, reasonField, rulesOf, stageField, windowOf, type Lane as LaneOf, type StageRule } from "./model";
import { boardOf, BoardStore, readLanes, type Column } from "./store";

const WHO: Readonly<Record<string, string>> = { team: "owner in my team", me: "owner = me" };

function useMedia(query: string): boolean {
  const [is, setIs] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const m = matchMedia(query);
    const on = (): void => setIs(m.matches);
    m.addEventListener("change", on);
    return () => m.removeEventListener("change", on);
  }, [query]);
  return is;
}

function useRules(object: string, field: FieldShape | undefined): ReadonlyMap<string, StageRule> {
  const heads = manualPages.value;
  const [rules, setRules] = useState<ReadonlyMap<string, StageRule>>(() => {
    const known = heads?.filter((h) => h.kind === "workflow").map((h) => knownPage(h.path)) ?? [];
    return rulesOf(known.filter((p) => p !== undefined), object, field?.options?.map((o) => o.name) ?? []);
  });
  useEffect(() => void loadManual(), []);
  useEffect(() => {
    if (!heads || !field) return;
    let old = false;
    void Promise.all(heads.filter((h) => h.kind === "workflow").map((h) => readPage(h.path))).then((pages) => {
      const good = pages.filter((p): p is Page => !isProblem(p));
      if (!old) setRules(rulesOf(good, object, field.options?.map((o) => o.name) ?? []));
    });
    return () => {
      old = true;
    };
  }, [heads, object]);
  return rules;
}

function RuleLine({ rule, shape, closed }: { rule: StageRule | undefined; shape: ObjectShape; closed: boolean }) {
  if (!rule) return <p class="column-rule meta">{" "}</p>;
  const names = rule.needs.map((n) => fieldOf(shape, n)?.label ?? n).join(", ");
  const text = names ? (closed ? t("Asks for: {fields}", { fields: names }) : t("To leave: {fields}", { fields: names })) : rule.why;
  return <p class="column-rule meta"><span class="cut grow" title={rule.why || text}>{text}</span><WhyLink page={rule.page} step={rule.step} /></p>;
}

// Of the column that was seen last: the next board is most likely as high, and is not drawn twice.
let lastHeight = 640;

interface ColumnProps {
  store: BoardStore;
  column: Column;
  rule: StageRule | undefined;
  height: number;
  over: string | null;
  setOver: (stage: string | null) => void;
  board: () => HTMLElement | null;
  form: boolean;
}

function ColumnView({ store, column, rule, height, over, setOver, board, form }: ColumnProps) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: lastHeight });
  const rows = column.rows.value;
  const count = column.count.value;
  const { option } = column;
  const total = Math.max(rows.length, column.done.value ? rows.length : (count ?? 0));
  const spare = useWhole(true) ? 3 : 0; // what is in sight is painted first
  const [first, last] = windowOf(view.top, view.height, height, rows.length, spare);
  const waiting = store.waiting.value.get(store.open.value);
  const here = form && waiting?.to === option.name ? waiting : undefined;
  const active = document.activeElement?.closest<HTMLElement>("[data-card]")?.dataset["card"];
  const kept = active ? rows.findIndex((r) => r.id === active) : -1;
  const shown = rows.slice(first, last).map((row, i) => ({ row, at: first + i }));
  const keptRow = rows[kept];
  if (keptRow && (kept < first || kept >= last)) shown.push({ row: keptRow, at: kept });
  const ids = option.closed ? "" : shown.map((x) => x.row.id).join(",");
  useEffect(() => {
    if (ids) store.want(ids.split(","));
  }, [ids, store.tasks.value]);
  useEffect(() => {
    const need = Math.ceil((view.top + view.height) / height) + 10;
    if (need > rows.length && !column.done.value) void store.more(column);
  }, [view.top, view.height, rows.length, column.done.value]);
  useLayoutEffect(() => {
    const el = box.current;
    if (!el) return undefined;
    const measure = (): void => {
      lastHeight = el.clientHeight;
      setView((v) => (v.top === el.scrollTop && v.height === lastHeight ? v : { top: el.scrollTop, height: lastHeight }));
    };
    const seen = new ResizeObserver(measure);
    seen.observe(el);
    el.addEventListener("scroll", measure, { passive: true });
    return () => {
      seen.disconnect();
      el.removeEventListener("scroll", measure);
    };
  }, []);
  const id = `stage-${option.name.replace(/\W+/g, "-")}`;
  return (
    <section class={`column${over === option.name ? " over" : ""}`} data-stage={option.name} aria-labelledby={id}>
      <header class="column-head">
        <div class="row">
          <h2 id={id} class="cut">{option.label}</h2>
          <span class="num muted">{count === null ? "" : formatNumber(count)}</span>
          <span class="grow" />
          <span class="num">{column.value.value}</span>
        </div>
        <RuleLine rule={rule} shape={store.shape} closed={option.closed !== undefined} />
      </header>
      {here && <GateForm key={here.id} store={store} waiting={here} />}
      <div class="column-box" ref={box}>
        {rows.length === 0 && (column.done.value
          ? <p class="column-empty muted">{t("Nothing in {stage}.", { stage: option.label })}</p>
          : <Skeleton rows={4} height={height - 8} />)}
        {rows.length > 0 && (
          <ul class="cards" aria-labelledby={id} style={{ height: `${total * height}px` }}>
            {shown.map(({ row, at }) => <Card key={row.id} store={store} row={row} index={at} total={total} top={at * height} board={board} over={setOver} />)}
          </ul>
        )}
      </div>
    </section>
  );
}

function focusedCard(): HTMLElement | null {
  return document.activeElement?.closest<HTMLElement>("[data-card]") ?? null;
}

// j k and the arrows walk, [ and ] move, s opens the menu.
function useBoardKeys(store: BoardStore | null): void {
  useLayoutEffect(() => {
    if (!store) return undefined;
    const focusCard = (column: Column | undefined, at: number): void => {
      const rows = column?.rows.peek() ?? [];
      const row = rows[Math.max(0, Math.min(rows.length - 1, at))];
      if (!column || !row) return;
      const el = document.querySelector<HTMLElement>(`[data-card="${row.id}"] a`);
      if (el) {
        el.focus({ preventScroll: true });
        el.scrollIntoView({ block: "nearest", inline: "nearest" });
        return;
      }
      store.focusNext = row.id;
      const box = document.querySelector<HTMLElement>(`[data-stage="${CSS.escape(column.option.name)}"] .column-box`);
      const height = box?.querySelector<HTMLElement>(".card")?.offsetHeight ?? 120;
      if (box) box.scrollTop = Math.max(0, Math.min(rows.length - 1, at) * (height + 8) - 40);
    };
    const here = (): { column: Column; at: number; id: string } | null => {
      const id = focusedCard()?.dataset["card"] ?? "";
      const found = store.find(id);
      return found ? { column: found.column, at: found.column.rows.peek().indexOf(found.row), id } : null;
    };
    const walk = (by: number): void => {
      const h = here();
      if (h) focusCard(h.column, h.at + by);
      else focusCard(store.columns.find((c) => c.rows.peek().length), 0);
    };
    const side = (by: number): void => {
      const h = here();
      if (!h) return walk(0);
      for (let i = store.columns.indexOf(h.column) + by; i >= 0 && i < store.columns.length; i += by) {
        if (store.columns[i]?.rows.peek().length) return focusCard(store.columns[i], h.at);
      }
    };
    const shift = (by: number): void => {
      const h = here();
      const to = h && store.columns[store.columns.indexOf(h.column) + by];
      if (!h || !to) return;
      store.focusNext = h.id;
      void store.move(h.id, to.option.name);
    };
    return addKeys({
      title: t("Board"),
      actions: [
        { keys: "j", label: t("Next card"), run: () => walk(1) },
        { keys: "k", label: t("Card before"), run: () => walk(-1) },
        { keys: "ArrowDown", label: t("Next card"), run: () => walk(1), hidden: true },
        { keys: "ArrowUp", label: t("Card before"), run: () => walk(-1), hidden: true },
        { keys: "ArrowRight", label: t("Column to the right"), run: () => side(1) },
        { keys: "ArrowLeft", label: t("Column to the left"), run: () => side(-1) },
        { keys: "[", label: t("Move to the stage before"), run: () => shift(-1), when: () => here() !== null },
        { keys: "]", label: t("Move to the next stage"), run: () => shift(1), when: () => here() !== null },
        { keys: "s", label: t("Move to…"), run: () => focusedCard()?.querySelector<HTMLElement>(".card-move")?.click(), when: () => here() !== null },
        { keys: "f", label: t("Find cards by name"), run: () => document.getElementById("board-find")?.focus() },
      ],
    });
  }, [store]);
}

function WhoTabs() {
  const query = place.value.query;
  const who = query.get("who") ?? "";
  const tabs: [string, string][] = [["", t("Everyone")], ["team", t("My team")], ["me", t("Mine")]];
  return (
    <nav class="segments" aria-label={t("Whose cards")}>
      {tabs.map(([key, label]) => {
        const q = new URLSearchParams(query);
        if (key) q.set("who", key);
        else q.delete("who");
        const text = q.toString();
        return <a key={key} data-act={t("Whose cards")} href={`${place.value.path}${text ? `?${text}` : ""}`} aria-current={who === key ? "page" : undefined}>{label}</a>;
      })}
    </nav>
  );
}

function ObjectSelect({ object }: { object: string }) {
  const all = [...mainObjects.value, ...otherObjects.value].filter((o) => stageField(o));
  if (all.length < 2) return null;
  return (
    <select class="board-object" data-act="" aria-label={t("Board of")} value={object} onChange={(e) => go(`/board/${e.currentTarget.value}`)}>
      {all.map((o) => <option key={o.name} value={o.name} selected={o.name === object}>{o.plural}</option>)}
    </select>
  );
}

// What else the board can show, each kept in its address.
function ViewMenu() {
  const query = place.value.query;
  const item = (key: string, value: string, label: string): { label: string; checked: boolean; run: () => void } => {
    const on = query.get(key) === value;
    return { label, checked: on, run: () => setQuery({ [key]: on ? null : value }) };
  };
  return <Menu act={t("Board")} label={t("Show")} icon="funnel" focus="board-view" items={[item("lanes", "owner", t("One lane for each owner")), item("closed", "1", t("Closed ones as columns")), item("filters", "1", t("More filters"))]} />;
}

function Tools({ object }: { object: string }) {
  const q = place.value.query.get("q") ?? "";
  const timer = useRef(0);
  return (
    <>
      <ObjectSelect object={object} />
      <input id="board-find" class="board-find" type="search" aria-label={t("Find cards by name")} placeholder={t("Find by name")} defaultValue={q} key={object}
        onInput={(e) => {
          const text = e.currentTarget.value;
          clearTimeout(timer.current);
          timer.current = window.setTimeout(() => setQuery({ q: text.trim() || null }, { replace: true }), 200);
        }} />
      <WhoTabs />
      <ViewMenu />
    </>
  );
}

// The ends of the way, as a bar: how many and how much, why most were lost, and a place to drop a card on.
function ClosedBar({ store, rules, over }: { store: BoardStore; rules: ReadonlyMap<string, StageRule>; over: string | null }) {
  const closed = store.columns.filter((c) => c.option.closed);
  if (!closed.length) return null;
  return (
    <div class="closed-bar">
      {closed.map((c) => {
        const rule = rules.get(c.option.name);
        return (
          <ClosedEnd key={c.option.name} store={store} column={c} rule={rule} over={over} />
        );
      })}
    </div>
  );
}

function useReasons(store: BoardStore, column: Column, field: FieldShape | undefined): readonly string[] {
  const [top, setTop] = useState<readonly string[]>(() => store.reasonsKnown(column));
  useEffect(() => {
    if (!field) return undefined;
    let alive = true;
    void store.reasons(column, field).then((r) => { if (alive) setTop(r); });
    return () => { alive = false; };
  }, [store, field?.name, column.count.value]);
  return top;
}

function ClosedEnd({ store, column, rule, over }: { store: BoardStore; column: Column; rule: StageRule | undefined; over: string | null }) {
  const { option } = column;
  const reasons = useReasons(store, column, reasonField(store.shape, rule));
  const id = `end-${option.name.replace(/\W+/g, "-")}`;
  const href = `/lists/${store.shape.name}?filter=${encodeURIComponent(both(`${store.field.name} = ${quote(option.name)}`, store.filter))}`;
  return (
    <section class={`closed-end ${option.closed ?? ""}${over === option.name ? " over" : ""}`} data-stage={option.name} aria-labelledby={id}>
      <div class="row">
        <Icon name={option.closed === "won" ? "circle-check" : "x"} />
        <h2 id={id}>{option.label}</h2>
        <a class="num" href={href} aria-label={t("{stage}: {n}, open as a list", { stage: option.label, n: column.count.value ?? 0 })}>{column.count.value === null ? "" : formatNumber(column.count.value)}</a>
        <span class="grow" />
        <span class="num">{option.closed === "lost" ? "" : column.value.value}</span>
      </div>
      {reasons.length > 0 ? <p class="meta cut" title={reasons.join(" · ")}>{t("mostly: {reasons}", { reasons: reasons.join(" · ") })}</p> : <RuleLine rule={rule} shape={store.shape} closed />}
    </section>
  );
}

// Columns, and below them the ends. A lane is such a board of one owner, lower.
function Stages({ store, rules, lane }: { store: BoardStore; rules: ReadonlyMap<string, StageRule>; lane: boolean }) {
  const query = place.value.query;
  const phone = useMedia("(max-width: 639px)");
  const coarse = useMedia("(pointer: coarse)");
  const board = useRef<HTMLDivElement>(null);
  const [over, setOver] = useState<string | null>(null);
  const height = coarse ? 144 : 124;
  useEffect(() => {
    void store.start();
    return onChange((c) => {
      if (c === null) void store.refresh();
      else if (c.object === store.shape.name) store.heard(c.id);
    });
  }, [store]);
  useLayoutEffect(() => (board.current ? holdStill(board.current) : undefined), []);
  const withClosed = query.get("closed") === "1";
  const columns = store.columns.filter((c) => (c.option.name === NO_STAGE ? (c.count.value ?? 0) > 0 || c.rows.value.length > 0 : withClosed || !c.option.closed));
  const stage = columns.find((c) => c.option.name === query.get("stage"))?.option.name ?? columns[0]?.option.name ?? "";
  const shown = phone ? columns.filter((c) => c.option.name === stage) : columns;
  const waiting = store.waiting.value.get(store.open.value);
  const inPlace = !phone && shown.some((c) => c.option.name === waiting?.to);
  const empty = store.columns.every((c) => (c.option.closed ? c.count.value === 0 : c.done.value && c.rows.value.length === 0));
  return (
    <div class={lane ? "stages lane-stages" : "stages"} data-board={lane ? "lane" : "all"}>
      {empty && !lane && (
        <EmptyState icon="columns-3" title={store.filter ? t("No cards match.") : t("Nothing is on the board yet.")}>
          <p class="muted">{store.filter ? t("Look at everyone's cards, or clear the name.") : t("A new {object} appears in the first column.", { object: store.shape.label.toLowerCase() })}</p>
          {store.filter && <p><a href={`/board/${store.shape.name}`}>{t("Show all")}</a></p>}
        </EmptyState>
      )}
      {phone && (
        <label class="row stage-pick"><span>{t("Stage")}</span>
          <select value={stage} data-act="" onChange={(e) => setQuery({ stage: e.currentTarget.value }, { replace: true })}>
            {columns.map((c) => <option key={c.option.name} value={c.option.name} selected={c.option.name === stage}>{c.option.label}{c.count.value === null ? "" : ` · ${formatNumber(c.count.value)}`}</option>)}
          </select>
        </label>
      )}
      <div class="board" ref={board} hidden={empty && !lane} style={{ "--card": `${height - 8}px` }}>
        {shown.map((c) => (
          <ColumnView key={c.option.name} store={store} column={c} rule={rules.get(c.option.name)} height={height} over={over} setOver={setOver} board={() => board.current} form={!phone} />
        ))}
      </div>
      {!withClosed && !(empty && !lane) && <ClosedBar store={store} rules={rules} over={over} />}
      {waiting && !inPlace && (
        <Dialog title={t("Before it moves")} kind={phone ? "sheet" : "dialog"} onClose={() => (store.open.value = "")}>
          <GateForm key={waiting.id} store={store} waiting={waiting} />
        </Dialog>
      )}
    </div>
  );
}

function Lane({ shape, field, filter, lane, rules, first }: { shape: ObjectShape; field: FieldShape; filter: string; lane: LaneOf; rules: ReadonlyMap<string, StageRule>; first: boolean }) {
  const [open, setOpen] = useState(first);
  const store = useMemo(() => new BoardStore(shape, field, both(lane.owner ? `owner = ${quote(lane.owner)}` : "owner is empty", filter)), [shape.name, filter, lane.owner]);
  return (
    <details class="lane" open={open} onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary><h2>{lane.name}</h2><span class="num muted">{formatNumber(lane.count)}</span><span class="num">{lane.value}</span></summary>
      {open && <Stages store={store} rules={rules} lane />}
    </details>
  );
}

function Lanes({ shape, field, filter, rules }: { shape: ObjectShape; field: FieldShape; filter: string; rules: ReadonlyMap<string, StageRule> }) {
  const openStages = (field.options ?? []).filter((o) => !o.closed).map((o) => quote(o.name)).join(", ");
  const base = both(openStages ? `${field.name} in (${openStages})` : "", filter);
  const [lanes, setLanes] = useState<readonly LaneOf[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let alive = true;
    setProblem(null);
    void readLanes(shape, base, me.peek()?.id ?? "").then((r) => {
      if (!alive) return;
      if (isLanes(r)) setLanes(r);
      else setProblem(r);
    });
    return () => { alive = false; };
  }, [shape.name, base, turn]);
  if (problem) return <ProblemNote problem={problem} retry={() => setTurn(turn + 1)} />;
  if (!lanes) return <Skeleton rows={6} height={56} />;
  if (!lanes.length) return <EmptyState icon="columns-3" title={t("No cards match.")}><p><a href={`/board/${shape.name}?lanes=owner`}>{t("Show all")}</a></p></EmptyState>;
  return <div class="lanes">{lanes.map((l, i) => <Lane key={l.owner} shape={shape} field={field} filter={base} lane={l} rules={rules} first={i === 0} />)}</div>;
}
function isLanes(x: readonly LaneOf[] | Problem): x is readonly LaneOf[] {
  return Array.isArray(x);
}

function Totals({ store }: { store: BoardStore }) {
  const open = store.columns.filter((c) => !c.option.closed);
  if (open.some((c) => c.count.value === null)) return <span>{" "}</span>;
  const n = open.reduce((sum, c) => sum + (c.count.value ?? 0), 0);
  const value = store.openValue.value;
  return <span class="num">{tn(n, "{n} open", "{n} open")}{value ? ` · ${value}` : ""}</span>;
}

function BoardOf({ shape, field }: { shape: ObjectShape; field: FieldShape }) {
  const query = place.value.query;
  const q = query.get("q") ?? "";
  const viewId = query.get("view");
  const view = viewId ? views.value.get(shape.name)?.find((v) => v.id === viewId) : undefined;
  useEffect(() => { if (view) useView(view.id); }, [view?.id]);
  const asked = query.get("filter") ?? view?.filter ?? "";
  const filter = [WHO[query.get("who") ?? ""] ?? "", q ? `${shape.title} contains ${quote(q)}` : "", asked].reduce(both, "");
  const lanes = (query.get("lanes") ?? view?.group) === "owner" && shape.fields.some((f) => f.name === "owner");
  const store = useMemo(() => boardOf(shape, field, filter), [shape, field, filter]);
  const rules = useRules(shape.name, field);
  useBoardKeys(lanes ? null : store);
  const stale = store.stale.value;
  // Where nothing could be read, the trouble stands instead of the columns: above them it would push them down.
  const bare = store.problem.value !== null && store.columns.every((c) => c.count.value === null && c.rows.value.length === 0);
  return (
    <Screen title={view?.name ?? t("{objects} by stage", { objects: shape.plural })} class="board-screen" meta={lanes ? " " : <Totals store={store} />} actions={<Tools object={shape.name} />}>
      {query.get("filters") === "1" || asked ? <FilterBar shape={shape} filter={asked} apply={(text) => setQuery({ filter: text || null, filters: "1" }, { replace: true })} /> : null}
      {store.problem.value && <ProblemNote problem={store.problem.value} retry={() => void store.refresh()} />}
      <div role="status" class="board-stale">
        {stale > 0 && !lanes && <Button act icon="refresh-cw" onClick={() => void store.refresh()}>{tn(stale, "{n} change – refresh order", "{n} changes – refresh order")}</Button>}
      </div>
      {lanes ? <Lanes shape={shape} field={field} filter={filter} rules={rules} /> : !bare && <Stages key={filter} store={store} rules={rules} lane={false} />}
    </Screen>
  );
}

// A saved view says what the board shows, so it is read first.
function Named({ shape, field }: { shape: ObjectShape; field: FieldShape }) {
  const wanted = place.value.query.get("view") !== null && !views.value.has(shape.name);
  const [asked, setAsked] = useState(false);
  useEffect(() => { if (wanted) void loadViews(shape.name).then(() => setAsked(true)); }, [wanted, shape.name]);
  if (wanted && !asked) return <Screen title={t("{objects} by stage", { objects: shape.plural })} class="board-screen" ready={false}><Skeleton rows={8} height={72} /></Screen>;
  return <BoardOf shape={shape} field={field} />;
}

export function Board({ object }: { object?: string }) {
  const name = object || mainObjects.value.find((o) => o.name === "deal" && stageField(o))?.name || mainObjects.value.find((o) => stageField(o))?.name || "";
  const shape = objectOf(name);
  const field = shape && stageField(shape);
  if (!shape || !field) {
    return (
      <Screen title={t("Board")}>
        <EmptyState icon="columns-3" title={shape ? t("{objects} have no stages.", { objects: shape.plural }) : t("There is no board for this.")}>
          <p class="muted">{t("A board shows records by a field of choices, some of which close them.")}</p>
          <p><a href={shape ? `/lists/${shape.name}` : "/"}>{shape ? t("Show them as a list") : t("Go to My Day")}</a></p>
        </EmptyState>
      </Screen>
    );
  }
  return <Named key={name} shape={shape} field={field} />;
}
