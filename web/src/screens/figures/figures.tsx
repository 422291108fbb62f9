// The team's figures: the manual says which there are and how each is counted; every number opens the records behind it.
import { useState } from "preact/hooks";
import { api, settle, type Result } from "../../api/client";
import { t, tn } from "../../i18n/t";
import { place, setQuery } from "../../nav/router";
import { useWhole } from "../../shell/after-paint";
import { Screen } from "../../shell/screen";
import { me, objectOf } from "../../store/session";
import { Button } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Markdown } from "../../ui/markdown";
import { Popover } from "../../ui/menu";
import { EmptyState, ProblemNote, Skeleton } from "../../ui/states";
import { ChartBars } from "./chart";
import "./figures.css";
import { useChanges, useLoad } from "./load";
import { byText, inOrder, isPeople, listHref, measureText, targetOf, type Metric, type MetricHead } from "./measure";

// What a sales team looks at first, where its manual has it: measure and grouping. Others follow as numbers.
const CHARTS: readonly (readonly [string, string])[] = [
  ["pipeline-by-stage", "stage"], ["win-rate", "owner.team"], ["cycle-won", "owner.team"], ["won-by-office", "owner.team"], ["won-by-agent", "owner"],
];
const TILES: readonly string[] = ["open-deals", "pipeline-value", "win-rate", "cycle-won", "won-value", "average-won-deal", "deals-without-account", "unassigned-leads"];
const WHO: Readonly<Record<string, string>> = { team: "in my team", me: "= me" };

// Whose a thing is: a record has an owner; a task or a breach, somebody who owes it.
function whoFilter(head: MetricHead | undefined, who: string): string {
  const whose = WHO[who];
  if (!whose) return "";
  return `${head?.object === "breach" || head?.object === "task" ? "owed_by" : "owner"} ${whose}`;
}

interface Read {
  heads: MetricHead[];
  totals: Map<string, Metric>;
  charts: Metric[];
  by: Map<string, string>;
}

function chartsOf(heads: readonly MetricHead[], query: URLSearchParams): [string, string][] {
  const known = CHARTS.filter(([name]) => heads.some((h) => h.name === name));
  const chosen: (readonly [string, string])[] = known.length ? known : heads.filter((h) => h.by?.length).slice(0, 4).map((h) => [h.name, h.by?.[0] ?? ""]);
  return chosen.map(([name, first]) => {
    const may = heads.find((h) => h.name === name)?.by ?? [];
    const asked = query.get(name);
    return [name, asked && may.includes(asked) ? asked : may.includes(first) ? first : (may[0] ?? first)];
  });
}

async function readMetric(name: string, by: string | undefined, filter: string): Promise<Result<Metric>> {
  return settle(await api.GET("/api/v1/metrics/{name}", { params: { path: { name }, query: { by, filter: filter || undefined } } }));
}

async function readAll(query: URLSearchParams): Promise<Result<Read>> {
  const list = settle(await api.GET("/api/v1/metrics"));
  if (!list.ok) return list;
  const heads = list.data.data;
  const who = query.get("who") ?? "";
  const filter = (name: string): string => whoFilter(heads.find((h) => h.name === name), who);
  const charts = chartsOf(heads, query);
  const names = heads.map((h) => h.name).filter((n) => !charts.some(([c]) => c === n));
  const answers = await Promise.all([...charts.map(([name, by]) => readMetric(name, by, filter(name))), ...names.map((name) => readMetric(name, undefined, filter(name)))]);
  const totals = new Map<string, Metric>();
  for (const a of answers) {
    if (a.ok) totals.set(a.data.name, a.data);
    else if (a.problem.status !== 403) return a;
  }
  const shown = charts.map(([name]) => totals.get(name)).filter((m) => m !== undefined);
  return { ok: true, etag: null, data: { heads, totals, charts: shown, by: new Map(charts) } };
}

function About({ metric, act }: { metric: Metric; act: string }) {
  return (
    <Popover label={t("How {label} is counted", { label: metric.label })} icon="info" iconOnly panel="figure-about" act={act}>
      {() => (
        <div class="stack reading">
          <p><strong>{metric.label}</strong></p>
          <Markdown text={metric.definition} />
          {metric.page && <p><a href={`/manual/${metric.page}`}>{t("Its page in the manual")}</a></p>}
        </div>
      )}
    </Popover>
  );
}

function Target({ metric }: { metric: Metric }) {
  const state = targetOf(metric, metric.value);
  if (!metric.target) return null;
  if (!state) return <span class="meta">{t("Target: {target}", { target: metric.target })}</span>;
  return state === "met"
    ? <span class="figure-state ok"><Icon name="circle-check" />{t("Target {target} met", { target: metric.target })}</span>
    : <span class="figure-state warn"><Icon name="triangle-alert" />{t("Target {target} not met", { target: metric.target })}</span>;
}

function Tile({ metric }: { metric: Metric }) {
  const href = listHref(metric, "");
  const shape = objectOf(metric.object ?? "");
  const n = metric.n ?? 0;
  const value = measureText(metric, n === 0 && metric.unit !== "records" ? null : metric.value);
  return (
    <li class="tile">
      <div class="row"><h3 class="grow">{metric.label}</h3><About metric={metric} act={t("Figures")} /></div>
      <p class="figure-big num">{href ? <a href={href} data-focus={`tile-${metric.name}`} aria-label={`${metric.label}: ${value}`}>{value}</a> : value}</p>
      <p class="row wrap meta">
        {metric.unit !== "records" && (n > 0
          ? <span>{tn(n, "from {n} {one}", "from {n} {many}", { one: shape?.label.toLowerCase() ?? "", many: shape?.plural.toLowerCase() ?? "" })}</span>
          : <span>{metric.currency ? t("No amounts entered yet.") : t("Nothing to count yet.")}</span>)}
        <Target metric={metric} />
      </p>
    </li>
  );
}

function ChartCard({ metric, by }: { metric: Metric; by: string }) {
  const [table, setTable] = useState(false);
  const shape = objectOf(metric.object ?? "");
  const myself = me.value?.id ?? "";
  const groups = inOrder(metric.groups ?? [], by, shape, myself);
  return (
    <section class="figure-card" aria-labelledby={`figure-${metric.name}`}>
      <header>
        <div class="row">
          <h2 id={`figure-${metric.name}`} class="grow">{metric.label}</h2>
          <About metric={metric} act={t("Charts")} />
        </div>
        <div class="row wrap">
          <p class="num grow"><strong>{measureText(metric, metric.value)}</strong> <span class="muted">{t("in all")}</span></p>
          {(metric.by?.length ?? 0) > 1 && (
            <select aria-label={t("{label}: grouped by", { label: metric.label })} value={by} class="figure-by" data-act=""
              onChange={(e) => setQuery({ [metric.name]: e.currentTarget.value }, { replace: true })}>
              {metric.by?.map((b) => <option key={b} value={b} selected={b === by}>{byText(shape, b)}</option>)}
            </select>
          )}
          <Button act={metric.label} icon={table ? "chart-column" : "table-properties"} pressed={table} onClick={() => setTable(!table)}>{t("Table")}</Button>
        </div>
      </header>
      {groups.length === 0
        ? <p class="muted">{t("Nothing to count yet. The first {object} will show here.", { object: shape?.label.toLowerCase() ?? t("record") })}</p>
        : <ChartBars metric={metric} by={by} groups={groups} shape={shape} table={table} mark={isPeople(shape, by) ? myself : undefined} />}
    </section>
  );
}

function WhoTabs({ who }: { who: string }) {
  const tabs: [string, string][] = [["", t("Everyone")], ["team", t("My team")], ["me", t("Mine")]];
  const query = place.value.query;
  return (
    <nav aria-label={t("Whose figures")} class="segments">
      {tabs.map(([key, label]) => {
        const q = new URLSearchParams(query);
        if (key) q.set("who", key);
        else q.delete("who");
        const text = q.toString();
        return <a key={key} href={`/figures${text ? `?${text}` : ""}`} aria-current={who === key ? "page" : undefined} data-focus={`who-${key}`} data-act={t("Whose figures")}>{label}</a>;
      })}
    </nav>
  );
}

// What is drawn first: at least as much as the window shows, in pixels.
const TILES_HIGH = 428;
const CARD_HIGH = 260;

export function Figures() {
  const query = place.value.query;
  const { data, problem, loading, reload } = useLoad(`figures?${query.toString()}`, () => readAll(query));
  useChanges(["deal", "lead", "activity"], 5000, reload);
  const tiles = data ? TILES.map((n) => data.totals.get(n)).filter((m) => m !== undefined) : [];
  const rest = data ? data.heads.map((h) => data.totals.get(h.name)).filter((m) => m !== undefined && !tiles.includes(m) && !data.charts.includes(m)).filter((m) => m !== undefined) : [];
  const whole = useWhole(data !== null);
  const inSight = whole ? Infinity : Math.max(2, 2 * Math.ceil((innerHeight - TILES_HIGH) / CARD_HIGH));
  return (
    <Screen title={t("Figures")} class="figures" ready={!loading && (whole || data === null)} actions={<WhoTabs who={query.get("who") ?? ""} />}>
      {problem && <ProblemNote problem={problem} retry={reload} />}
      {loading && <Skeleton rows={6} height={96} />}
      {data && data.heads.length === 0 && (
        <EmptyState icon="gauge" title={t("The manual has no figures yet.")}>
          <p class="muted">{t("A page of the kind metric says what is counted and why. Then the number stands here.")}</p>
          <p><a href="/manual">{t("Open the manual")}</a></p>
        </EmptyState>
      )}
      {tiles.length > 0 && (
        <section aria-labelledby="figure-glance">
          <h2 id="figure-glance" class="sr">{t("At a glance")}</h2>
          <ul class="tiles">{tiles.map((m) => <Tile key={m.name} metric={m} />)}</ul>
        </section>
      )}
      {data && data.charts.length > 0 && (
        <div class="figure-cards">
          {data.charts.slice(0, inSight).map((m) => <ChartCard key={m.name} metric={m} by={data.by.get(m.name) ?? ""} />)}
        </div>
      )}
      {whole && rest.length > 0 && (
        <section aria-labelledby="figure-rest" class="stack">
          <h2 id="figure-rest">{t("More figures")}</h2>
          <ul class="tiles">{rest.map((m) => <Tile key={m.name} metric={m} />)}</ul>
        </section>
      )}
    </Screen>
  );
}
