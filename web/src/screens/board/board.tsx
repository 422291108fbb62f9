// The board: stages as columns, cards in the order of what is owed first, moved by hand, thumb or key.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { FieldShape, ObjectShape } from "../../api/client";
import { formatNumber } from "../../i18n/format";
import { t, tn } from "../../i18n/t";
import { addKeys } from "../../keys/keys";
import { go, place, setQuery } from "../../nav/router";
import { Screen } from "../../shell/screen";
import { onChange } from "../../store/live";
import { isProblem, loadManual, manualPages, readPage, type Page } from "../../store/manual";
import { fieldOf, mainObjects, objectOf, otherObjects } from "../../store/session";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { EmptyState, ProblemNote, Skeleton } from "../../ui/states";
import { WhyLink } from "../../ui/status";
import { both, quote } from "../figures/measure";
import "./board.css";
import { Card } from "./card";
import { holdStill } from "./drag";
import { GateForm } from "./gate";
import { rulesOf, stageField, windowOf, type StageRule } from "./model";
import { BoardStore, type Column } from "./store";

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
  const [rules, setRules] = useState<ReadonlyMap<string, StageRule>>(new Map());
  const heads = manualPages.value;
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
  const [view, setView] = useState({ top: 0, height: 640 });
  const rows = column.rows.value;
  const count = column.count.value;
  const { option } = column;
  const total = Math.max(rows.length, column.done.value ? rows.length : (count ?? 0));
  const [first, last] = windowOf(view.top, view.height, height, rows.length);
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
    const measure = (): void => setView((v) => (v.top === el.scrollTop && v.height === el.clientHeight ? v : { top: el.scrollTop, height: el.clientHeight }));
    measure();
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
  useEffect(() => {
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
        { keys: "[", label: t("Move to the stage before"), run: () => shift(-1) },
        { keys: "]", label: t("Move to the next stage"), run: () => shift(1) },
        { keys: "s", label: t("Move to…"), run: () => focusedCard()?.querySelector<HTMLElement>(".card-move")?.click() },
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
        return <a key={key} href={`${place.value.path}${text ? `?${text}` : ""}`} aria-current={who === key ? "page" : undefined}>{label}</a>;
      })}
    </nav>
  );
}

function ObjectSelect({ object }: { object: string }) {
  const all = [...mainObjects.value, ...otherObjects.value].filter((o) => stageField(o));
  if (all.length < 2) return null;
  return (
    <select class="board-object" aria-label={t("Board of")} value={object} onChange={(e) => go(`/board/${e.currentTarget.value}`)}>
      {all.map((o) => <option key={o.name} value={o.name} selected={o.name === object}>{o.plural}</option>)}
    </select>
  );
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
    </>
  );
}

function BoardOf({ shape, field }: { shape: ObjectShape; field: FieldShape }) {
  const query = place.value.query;
  const q = query.get("q") ?? "";
  const filter = both(WHO[query.get("who") ?? ""] ?? "", q ? `${shape.title} contains ${quote(q)}` : "");
  const store = useMemo(() => new BoardStore(shape, field, filter), [shape.name, filter]);
  const rules = useRules(shape.name, field);
  const phone = useMedia("(max-width: 639px)");
  const coarse = useMedia("(pointer: coarse)");
  const board = useRef<HTMLDivElement>(null);
  const [over, setOver] = useState<string | null>(null);
  const height = coarse ? 144 : 124;
  useBoardKeys(store);
  useEffect(() => {
    void store.start();
    return onChange((c) => {
      if (c === null) void store.refresh();
      else if (c.object === shape.name) store.heard(c.id);
    });
  }, [store]);
  useLayoutEffect(() => (board.current ? holdStill(board.current) : undefined), []);
  const stage = query.get("stage") ?? store.columns[0]?.option.name ?? "";
  const showStage = (name: string): void => {
    board.current?.querySelector<HTMLElement>(`[data-stage="${CSS.escape(name)}"]`)?.scrollIntoView({ inline: "start", block: "nearest" });
  };
  useLayoutEffect(() => {
    if (phone && query.get("stage")) showStage(stage);
  }, [phone, stage, store]);
  const waiting = store.waiting.value.get(store.open.value);
  const stale = store.stale.value;
  const empty = store.columns.every((c) => c.done.value && c.rows.value.length === 0);
  return (
    <Screen title={t("{objects} by stage", { objects: shape.plural })} class="board-screen" actions={<Tools object={shape.name} />}>
      {store.problem.value && <ProblemNote problem={store.problem.value} retry={() => void store.refresh()} />}
      <div role="status" class="board-stale">
        {stale > 0 && <Button icon="refresh-cw" onClick={() => void store.refresh()}>{tn(stale, "{n} change – refresh order", "{n} changes – refresh order")}</Button>}
      </div>
      {empty && (
        <EmptyState icon="columns-3" title={filter ? t("No cards match.") : t("Nothing is on the board yet.")}>
          <p class="muted">{filter ? t("Look at everyone's cards, or clear the name.") : t("A new {object} appears in the first column.", { object: shape.label.toLowerCase() })}</p>
          {filter && <p><a href={`/board/${shape.name}`}>{t("Show all")}</a></p>}
        </EmptyState>
      )}
      {phone && (
        <label class="row stage-pick"><span>{t("Stage")}</span>
          <select value={stage} onChange={(e) => { setQuery({ stage: e.currentTarget.value }, { replace: true }); showStage(e.currentTarget.value); }}>
            {store.columns.map((c) => <option key={c.option.name} value={c.option.name} selected={c.option.name === stage}>{c.option.label}{c.count.value === null ? "" : ` · ${formatNumber(c.count.value)}`}</option>)}
          </select>
        </label>
      )}
      <div class="board" ref={board} hidden={empty} style={{ "--card": `${height - 8}px` }}>
        {store.columns.map((c) => (
          <ColumnView key={c.option.name} store={store} column={c} rule={rules.get(c.option.name)} height={height} over={over} setOver={setOver} board={() => board.current} form={!phone} />
        ))}
      </div>
      {phone && waiting && (
        <Dialog title={t("Before it moves")} kind="sheet" onClose={() => (store.open.value = "")}>
          <GateForm key={waiting.id} store={store} waiting={waiting} />
        </Dialog>
      )}
    </Screen>
  );
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
          <p><a href={shape ? `/lists/${shape.name}` : "/"}>{shape ? t("Show them as a list") : t("Go to my day")}</a></p>
        </EmptyState>
      </Screen>
    );
  }
  return <BoardOf key={name} shape={shape} field={field} />;
}
