// The manual, to read: contents by kind, the pages of one's own role first, each section with its reason and what stands
// there right now. Printed, it is a booklet.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { api, recordsPath, settle, type ObjectShape, type Problem } from "../../api/client";
import { formatDate } from "../../i18n/format";
import { t, tn } from "../../i18n/t";
import { addKeys } from "../../keys/keys";
import { place, setQuery, slug } from "../../nav/router";
import { isProblem, loadManual, manualPages, manualProblem, manualVersion, readPage, type Page, type PageHead } from "../../store/manual";
import { me, objects } from "../../store/session";
import { Button } from "../../ui/button";
import { Icon, type IconName } from "../../ui/icon";
import { Markdown } from "../../ui/markdown";
import { EmptyState, ProblemNote, Skeleton } from "../../ui/states";
import { StatusChip } from "../../ui/status";
import { Screen } from "../../shell/screen";
import { sentence } from "../day/task-card";
import { onChange } from "../../store/live";

const KINDS: [string, string, IconName][] = [
  ["workflow", "Workflows", "git-branch"], ["role", "Roles", "users"], ["policy", "Policies", "shield-check"], ["template", "Templates", "quote"],
  ["escalation", "Escalations", "megaphone"], ["guide", "Guides", "book-open"], ["metric", "Figures", "chart-column"], ["object", "Records", "layers"],
  ["vocabulary", "Words", "languages"], ["calendar", "Hours", "calendar-days"], ["pack", "About this manual", "package"],
];

export function Manual({ page }: { page: string }) {
  useEffect(() => {
    void loadManual();
    return onChange((c) => { if (!c) void loadManual(true); });
  }, []);
  const pages = manualPages.value;
  if (manualProblem.value && !pages) return <Screen title={t("Manual")}><ProblemNote problem={manualProblem.value} retry={() => void loadManual(true)} /></Screen>;
  if (!pages) return <Screen title={t("Manual")} ready={false}><Skeleton rows={10} /></Screen>;
  return (
    <div class={page ? "manual reading" : "manual"}>
      <Contents pages={pages} here={page} />
      <div class="manual-text">{page ? <Reading key={page} path={page} heads={pages} /> : <Cover pages={pages} />}</div>
    </div>
  );
}

// Pages that speak of a role: its own page, the pages it owns, and those whose text names it.
function useMine(pages: readonly PageHead[]): { mine: ReadonlySet<string>; texts: ReadonlyMap<string, string> } {
  const [texts, setTexts] = useState<ReadonlyMap<string, string>>(new Map());
  const version = manualVersion.value;
  useEffect(() => {
    let alive = true;
    api.GET("/api/v1/manual/versions/{version}/pages", { params: { path: { version: String(version) } } } as never).then((r: { data?: unknown; error?: unknown; response: Response }) => {
      const s = settle(r as { data?: { data: { path: string; text: string }[] }; error?: unknown; response: Response });
      if (alive && s.ok) setTexts(new Map(s.data.data.map((p) => [p.path.replace(/\.md$/, ""), p.text])));
    }, () => undefined);
    return () => { alive = false; };
  }, [version]);
  const roles = me.value?.roles.map((r) => r.name) ?? [];
  const mine = useMemo(() => {
    const found = new Set<string>();
    for (const p of pages) {
      const text = texts.get(p.path) ?? "";
      const names = roles.some((r) => p.owner === r || p.path === `role/${r}` || new RegExp(`\\b${r.replace(/[^\w-]/g, "")}\\b`).test(text)) || (p.kind === "workflow" && /role: owner/.test(text)) || p.kind === "guide";
      if (names) found.add(p.path);
    }
    return found;
  }, [pages, texts, roles.join()]);
  return { mine, texts };
}

function Contents({ pages, here }: { pages: readonly PageHead[]; here: string }) {
  const { query } = place.value;
  const everything = query.get("all") === "1";
  const [text, setText] = useState(query.get("q") ?? "");
  const { mine, texts } = useMine(pages);
  const waiting = texts.size === 0 && !everything;
  const input = useRef<HTMLInputElement>(null);
  const low = text.trim().toLowerCase();
  const shown = pages.filter((p) => {
    if (low) return p.label.toLowerCase().includes(low) || p.why.toLowerCase().includes(low) || (texts.get(p.path) ?? "").toLowerCase().includes(low);
    return everything || mine.has(p.path) || p.path === here;
  });
  useEffect(() => addKeys({ title: t("Manual"), actions: [{ keys: "f", label: t("Search the manual"), run: () => input.current?.focus() }, { keys: "mod+p", label: t("Print"), run: () => print() }] }), []);
  const keep = new URLSearchParams();
  if (everything) keep.set("all", "1");
  if (low) keep.set("q", text.trim());
  const tail = keep.size ? `?${keep.toString()}` : "";
  const excerpt = (p: PageHead): string => {
    const body = texts.get(p.path) ?? "";
    const at = body.toLowerCase().indexOf(low);
    if (!low || at < 0 || p.label.toLowerCase().includes(low)) return "";
    return `…${body.slice(Math.max(0, at - 24), at + low.length + 40).replace(/\s+/g, " ")}…`;
  };
  return (
    <nav class="contents" aria-label={t("Contents of the manual")}>
      <div class="contents-head">
        <label class="sr" for="manual-search">{t("Search the manual")}</label>
        <div class="filter-box"><Icon name="search" /><input id="manual-search" ref={input} type="search" value={text} placeholder={t("Search the manual")} onInput={(e) => { setText(e.currentTarget.value); setQuery({ q: e.currentTarget.value.trim() || null }, { replace: true }); }} /></div>
        <div class="segments" role="group" aria-label={t("Which pages")}>
          <button type="button" aria-pressed={!everything} onClick={() => setQuery({ all: null }, { replace: true })}>{t("My role")}</button>
          <button type="button" aria-pressed={everything} onClick={() => setQuery({ all: "1" }, { replace: true })}>{t("Everything")}</button>
        </div>
      </div>
      {waiting && <Skeleton rows={12} height={32} />}
      {!waiting && KINDS.map(([kind, label, icon]) => {
        const list = shown.filter((p) => p.kind === kind);
        if (!list.length) return null;
        return (
          <section key={kind}>
            <h2><Icon name={icon} />{t(label)}</h2>
            <ul>{list.map((p) => <li key={p.path}><a href={`/manual/${p.path}${tail}`} aria-current={p.path === here ? "page" : undefined} data-focus={`page-${p.path}`}>{p.label}{excerpt(p) && <span class="meta cut">{excerpt(p)}</span>}</a></li>)}</ul>
          </section>
        );
      })}
      {!waiting && shown.length === 0 && <p class="muted contents-none">{t("No page speaks of “{text}”.", { text: text.trim() })}</p>}
    </nav>
  );
}

function Cover({ pages }: { pages: readonly PageHead[] }) {
  const roles = me.value?.roles ?? [];
  const about = pages.find((p) => p.kind === "pack");
  return (
    <Screen title={t("Manual")} meta={t("version {n} · {pages}", { n: manualVersion.value, pages: tn(pages.length, "{n} page", "{n} pages") })} actions={<Button icon="printer" onClick={() => print()}>{t("Print")}</Button>}>
      <div class="reading-text">
        {about && <p>{sentence(about.why)} <a href={`/manual/${about.path}`}>{about.label}</a></p>}
        {roles.filter((r) => r.page).map((r) => <p key={r.name} class="start"><Icon name="user" /><span>{t("You are here as")} <a href={`/manual/${r.page}`}>{r.label}</a>. {t("That page says what you answer for.")}</span></p>)}
        <h2>{t("How the work goes")}</h2>
        <ul class="cover-list">
          {pages.filter((p) => p.kind === "workflow").map((p) => <li key={p.path}><a href={`/manual/${p.path}`}>{p.label}</a><p class="muted">{sentence(p.why)}</p></li>)}
        </ul>
      </div>
    </Screen>
  );
}

interface Facts { open: number; byStage: ReadonlyMap<string, number>; shape: ObjectShape; field: string }

// How many records stand in each stage now: for workflows whose stages are options of a field.
function useFacts(page: Page | null): Facts | null {
  const [facts, setFacts] = useState<Facts | null>(null);
  useEffect(() => {
    setFacts(null);
    if (page?.kind !== "workflow") return undefined;
    let alive = true;
    const object = /^object:\s*(\w+)/m.exec(page.text)?.[1] ?? "";
    const shape = objects.value.get(object);
    const titles = page.sections.map((s) => s.title);
    const field = shape?.fields.find((f) => f.type === "choice" && f.options?.some((o) => titles.includes(o.name)));
    if (!shape || !field) return undefined;
    api.GET(`${recordsPath(object)}/group` as "/api/v1/records/deal/group", { params: { query: { by: field.name } } }).then(settle).then((r) => {
      if (!alive || !r.ok) return;
      const byStage = new Map(r.data.data.map((g) => [String(g.keys[field.name] ?? ""), Number(g.values["count"] ?? 0)]));
      setFacts({ open: [...byStage.values()].reduce((a, b) => a + b, 0), byStage, shape, field: field.name });
    }, () => undefined);
    return () => { alive = false; };
  }, [page]);
  return facts;
}

function Reading({ path, heads }: { path: string; heads: readonly PageHead[] }) {
  const [page, setPage] = useState<Page | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const read = (): void => {
    setProblem(null);
    void readPage(path).then((p) => (isProblem(p) ? setProblem(p) : setPage(p)));
  };
  useEffect(read, [path]);
  const facts = useFacts(page);
  const move = place.value.key;
  useLayoutEffect(() => {
    if (!page || !location.hash) return;
    const el = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!el) return;
    el.scrollIntoView({ block: "start" });
    el.focus({ preventScroll: true });
  }, [page, move]);
  if (problem) return <Screen title={t("Manual")}><a class="contents-back" href="/manual"><Icon name="chevron-left" class="flip" />{t("Contents")}</a><ProblemNote problem={problem} retry={problem.status === 404 ? undefined : read} /></Screen>;
  const head = heads.find((p) => p.path === path);
  if (!page) return <Screen title={head?.label ?? t("Manual")} ready={false}><Skeleton rows={8} height={48} /></Screen>;
  const kind = KINDS.find((k) => k[0] === page.kind);
  const owner = heads.find((p) => p.path === `role/${page.owner}`);
  const details = settingsOf(page);
  const sections = page.sections.filter((s) => s.title);
  const intro = page.sections.find((s) => !s.title);
  return (
    <Screen title={page.label} class="page-screen"
      meta={<span class="row wrap"><span>{kind ? t(kind[1]) : page.kind}</span>{page.owner && <span>{t("kept by")} {owner ? <a href={`/manual/${owner.path}`}>{owner.label}</a> : page.owner}</span>}<span>{t("version {n}", { n: page.version })}</span>{page.review && <span>{t("look at it again on {day}", { day: formatDate(page.review) })}</span>}</span>}
      actions={<Button icon="printer" onClick={() => print()}>{t("Print")}</Button>}>
      <a class="contents-back" href="/manual"><Icon name="chevron-left" class="flip" />{t("Contents")}</a>
      <article class="reading-text">
        {intro && <Markdown text={intro.text} />}
        {page.why && <Why text={page.why} />}
        {details.length > 0 && <dl class="settings">{details.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>}
        {sections.length > 3 && (
          <nav class="on-page" aria-label={t("On this page")}><ul>{sections.map((s) => <li key={s.title}><a href={`#${slug(s.title)}`} data-plain>{s.title}</a></li>)}</ul></nav>
        )}
        {sections.map((s) => {
          const id = slug(s.title);
          const n = facts?.byStage.get(s.title);
          const H = s.level > 2 ? "h3" : "h2";
          return (
            <section key={`${s.line}`} aria-labelledby={id}>
              <H id={id} tabIndex={-1}>{s.title}{n !== undefined && facts && <a class="live-fact" href={`/lists/${facts.shape.name}?filter=${encodeURIComponent(`${facts.field} = '${s.title}'`)}`}><StatusChip tone="info">{tn(n, "{n} here now", "{n} here now")}</StatusChip></a>}</H>
              <Markdown text={s.text} />
              {s.why && <Why text={s.why} />}
            </section>
          );
        })}
        {!intro && !sections.length && <EmptyState icon="file-text" title={t("This page has no text.")} />}
        <details class="source"><summary>{t("The page as it is written")}</summary><pre>{page.text}</pre></details>
      </article>
    </Screen>
  );
}

function Why({ text }: { text: string }) {
  return <div class="why"><b>{t("Why")}</b> <span>{sentence(text)}</span></div>;
}

// Plain settings of a page worth reading: one line each, the nested ones stay with the source.
function settingsOf(page: Page): [string, string][] {
  const front = /^---\n([\s\S]*?)\n---/.exec(page.text)?.[1] ?? "";
  const skip = new Set(["kind", "name", "label", "owner", "plural", "icon", "title", "review"]);
  const found: [string, string][] = [];
  for (const line of front.split("\n")) {
    const m = /^([a-z_]+):\s+(\S.*)$/.exec(line);
    if (!m?.[1] || !m[2] || skip.has(m[1]) || m[2].startsWith("{") || m[2].length > 240) continue;
    found.push([m[1].replaceAll("_", " "), m[2].replace(/^\[(.*)\]$/, "$1").replace(/^"(.*)"$/, "$1")]);
  }
  return found;
}
