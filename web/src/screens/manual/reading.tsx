// One page to read, as it is now or as it was when something referred to it.
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import type { Problem } from "../../api/client";
import { formatDate } from "../../i18n/format";
import { t } from "../../i18n/t";
import { place, slug } from "../../nav/router";
import { Screen } from "../../shell/screen";
import { isProblem, manualVersion, readOldPage, readPage, unseen, type Page, type PageHead, type PageVersion } from "../../store/manual";
import { fieldOf, objectOf } from "../../store/session";
import { Button } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Markdown } from "../../ui/markdown";
import { EmptyState, ProblemNote, Skeleton } from "../../ui/states";
import { sentence } from "../day/task-card";
import { FactLine, useFacts } from "./facts";
import { headOf, KINDS, settingsOf, stepsOf, titleAt } from "./kinds";

interface Read {
  page: Page | null;
  old: PageVersion | null; // the page is of an older version, and it has changed since or is gone
  problem: Problem | null;
  again: () => void;
}

function useRead(path: string, version: number): Read {
  const [state, setState] = useState<Omit<Read, "again">>({ page: null, old: null, problem: null });
  const [turn, setTurn] = useState(0);
  const live = manualVersion.value;
  useEffect(() => {
    let alive = true;
    const stand = (s: Partial<Read>): void => { if (alive) setState({ page: null, old: null, problem: null, ...s }); };
    void (async () => {
      if (version && version !== live) {
        const old = await readOldPage(path, version);
        if (isProblem(old)) return stand({ problem: old });
        if (old.changed_in.length) return stand({ page: old, old });
      }
      const page = await readPage(path);
      stand(isProblem(page) ? { problem: page } : { page });
    })();
    return () => { alive = false; };
  }, [path, version, live, turn]);
  return { ...state, again: () => setTurn((n) => n + 1) };
}

function Why({ text }: { text: string }) {
  return <div class="why"><b>{t("Why")}</b> <span>{sentence(text)}</span></div>;
}

// What a setting says: an expression in words, with itself one step away; a name by its label.
function Setting({ page, name, value }: { page: Page; name: string; value: string }) {
  const rule = page.rules?.find((r) => r.setting === name.replaceAll(" ", "_"));
  const object = objectOf(/^(for|object):\s+(\w+)\s*$/m.exec(headOf(page.text))?.[2] ?? "");
  const label = name === "for" || name === "object" ? object?.label : name === "of" && object ? fieldOf(object, value)?.label : undefined;
  return (
    <div><dt>{name}</dt>
      <dd>{rule ? <>{rule.words}<details class="exact"><summary>{t("Exactly")}</summary><code>{rule.exact}</code></details></> : (label ?? value)}</dd></div>
  );
}

function OldNote({ page, live }: { page: PageVersion; live: boolean }) {
  const next = page.changed_in[0] ?? page.live;
  const last = page.changed_in[page.changed_in.length - 1] ?? next;
  return (
    <div class="note old-note" role="note">
      <Icon name="history" />
      <div class="grow stack">
        <p>{live
          ? t("This is the page as it was in version {n}. It has changed since, in version {next}.", { n: page.version, next: last })
          : t("This is the page as it was in version {n}. Version {next} has taken it out.", { n: page.version, next: last })}</p>
        <p class="row wrap">
          <a href={`/manual/versions?from=${page.version}&to=${page.live}#${page.path.replace("/", "-")}`}>{t("See what changed")}</a>
          {live && <a href={`/manual/${page.path}${location.hash}`}>{t("Read it as it is now")}</a>}
        </p>
      </div>
    </div>
  );
}

function ChangedNote({ path }: { path: string }) {
  const diff = unseen.value;
  const page = diff?.pages.find((p) => p.path === path);
  if (!diff || !page) return null;
  return (
    <p class="changed-note row wrap"><span class="changed-mark"><Icon name="sparkles" />{t("changed since you last looked")}</span>
      <a href={`/manual/versions?from=${diff.from}&to=${diff.to}#${path.replace("/", "-")}`}>{t("See what changed")}</a></p>
  );
}

// The page as a file, with the line something referred to.
function Source({ text, line }: { text: string; line: number }) {
  return (
    <details class="source"><summary>{t("The page as it is written")}</summary>
      <pre>{line > 0 ? text.split("\n").map((l, i) => (i + 1 === line ? <mark key={i}>{`${l}\n`}</mark> : `${l}\n`)) : text}</pre>
    </details>
  );
}

export function Reading({ path, heads }: { path: string; heads: readonly PageHead[] }) {
  const { query, key } = place.value;
  const line = Number(query.get("line") ?? 0) || 0;
  const { page, old, problem, again } = useRead(path, Number(query.get("version") ?? 0) || 0);
  const facts = useFacts(old ? null : page);
  const back = <a class="contents-back" href="/manual"><Icon name="chevron-left" class="flip" />{t("Contents")}</a>;
  useLayoutEffect(() => {
    if (!page) return;
    const id = location.hash ? decodeURIComponent(location.hash.slice(1)) : slug(line ? titleAt(page.text, page.sections, line) : "");
    const el = id ? document.getElementById(id) : null;
    if (!el) return;
    el.scrollIntoView({ block: "start" });
    el.focus({ preventScroll: true });
  }, [page, key]);
  if (problem) return <Screen title={t("Manual")}>{back}<ProblemNote problem={problem} retry={problem.status === 404 ? undefined : again} /></Screen>;
  const head = heads.find((p) => p.path === path);
  if (!page) return <Screen title={head?.label ?? t("Manual")} ready={false}><Skeleton rows={8} height={48} /></Screen>;
  const kind = KINDS.find((k) => k[0] === page.kind);
  const owner = heads.find((p) => p.path === `role/${page.owner}`);
  const details = settingsOf(page.text);
  const sections = page.sections.filter((s) => s.title);
  const intro = page.sections.find((s) => !s.title);
  const steps = page.kind === "workflow" ? stepsOf(page.text) : new Set<string>();
  const here = line ? titleAt(page.text, page.sections, line) : "";
  return (
    <Screen title={page.label} class="page-screen"
      meta={<span class="row wrap dots"><span>{kind ? t(kind[1]) : page.kind}</span>{page.owner && <span>{t("kept by")} {owner ? <a href={`/manual/${owner.path}`}>{owner.label}</a> : page.owner}</span>}<span>{t("version {n}", { n: page.version })}</span>{page.review && <span>{t("look at it again on {day}", { day: formatDate(page.review) })}</span>}</span>}
      actions={<Button icon="printer" onClick={() => print()}>{t("Print")}</Button>}>
      {back}
      {old ? <OldNote page={old} live={head !== undefined} /> : <ChangedNote path={path} />}
      <article class={page.kind === "template" ? "reading-text template-text" : "reading-text"}>
        {intro && <Markdown text={intro.text} />}
        {page.why && <Why text={page.why} />}
        {details.length > 0 && <dl class="settings">{details.map(([name, value]) => <Setting key={name} page={page} name={name} value={value} />)}</dl>}
        {sections.length > 3 && (
          <nav class="on-page" aria-label={t("On this page")}><ul>{sections.map((s) => <li key={s.title}><a href={`#${slug(s.title)}`} data-plain>{s.title}</a></li>)}</ul></nav>
        )}
        {sections.map((s) => {
          const id = slug(s.title);
          const H = s.level > 2 ? "h3" : "h2";
          return (
            <section key={`${s.line}`} aria-labelledby={id} class={s.title === here ? "referred" : undefined}>
              <H id={id} tabIndex={-1}>{s.title}</H>
              <FactLine fact={facts?.get(s.title)} reserve={!old && facts === null && steps.has(s.title)} />
              <div class="passage">
                <div class="passage-text"><Markdown text={s.text} /></div>
                {s.why && <Why text={s.why} />}
              </div>
            </section>
          );
        })}
        {!intro && !sections.length && <EmptyState icon="file-text" title={t("This page has no text.")} />}
        <Source text={page.text} line={line} />
      </article>
    </Screen>
  );
}
