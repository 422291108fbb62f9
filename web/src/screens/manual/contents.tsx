// The contents of the manual: by kind, one's own role first, narrowed by what is typed.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { api, settle } from "../../api/client";
import { t } from "../../i18n/t";
import { addKeys } from "../../keys/keys";
import { place, setQuery } from "../../nav/router";
import { manualVersion, unseen, type PageHead } from "../../store/manual";
import { me } from "../../store/session";
import { Icon } from "../../ui/icon";
import { Skeleton } from "../../ui/states";
import { KINDS } from "./kinds";

// Pages that speak of a role: its own page, the pages it owns, and those whose text names it.
function useMine(pages: readonly PageHead[]): { mine: ReadonlySet<string>; texts: ReadonlyMap<string, string> } {
  const [texts, setTexts] = useState<ReadonlyMap<string, string>>(new Map());
  const version = manualVersion.value;
  useEffect(() => {
    let alive = true;
    api.GET("/api/v1/manual/versions/{version}/pages", { params: { path: { version } } }).then(settle).then((r) => {
      if (alive && r.ok) setTexts(new Map(r.data.data.map((p) => [p.path.replace(/\.md$/, ""), p.text])));
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

export function Contents({ pages, here }: { pages: readonly PageHead[]; here: string }) {
  const { query } = place.value;
  const everything = query.get("all") === "1";
  const [text, setText] = useState(query.get("q") ?? "");
  const { mine, texts } = useMine(pages);
  const changed = new Set(unseen.value?.pages.map((p) => p.path) ?? []);
  const waiting = texts.size === 0 && !everything;
  const input = useRef<HTMLInputElement>(null);
  const low = text.trim().toLowerCase();
  const shown = pages.filter((p) => {
    if (low) return p.label.toLowerCase().includes(low) || p.why.toLowerCase().includes(low) || (texts.get(p.path) ?? "").toLowerCase().includes(low);
    return everything || mine.has(p.path) || p.path === here;
  });
  useLayoutEffect(() => addKeys({ title: t("Manual"), actions: [{ keys: "f", label: t("Search the manual"), run: () => input.current?.focus() }, { keys: "mod+p", label: t("Print"), run: () => print() }] }), []);
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
          <button type="button" data-act={t("Which pages")} aria-pressed={!everything} onClick={() => setQuery({ all: null }, { replace: true })}>{t("My role")}</button>
          <button type="button" data-act={t("Which pages")} aria-pressed={everything} onClick={() => setQuery({ all: "1" }, { replace: true })}>{t("Everything")}</button>
        </div>
      </div>
      <p class="contents-versions"><a href="/manual/versions" data-act="" data-focus="versions"><Icon name="history" />{t("Versions and changes")}</a></p>
      {waiting && <Skeleton rows={12} height={32} />}
      {!waiting && KINDS.map(([kind, label, icon]) => {
        const list = shown.filter((p) => p.kind === kind);
        if (!list.length) return null;
        return (
          <section key={kind}>
            <h2><Icon name={icon} />{t(label)}</h2>
            <ul>{list.map((p) => <li key={p.path}><a href={`/manual/${p.path}${tail}`} aria-current={p.path === here ? "page" : undefined} data-focus={`page-${p.path}`}>{p.label}{changed.has(p.path) && <span class="changed-mark"><Icon name="sparkles" />{t("changed")}</span>}{excerpt(p) && <span class="meta cut">{excerpt(p)}</span>}</a></li>)}</ul>
          </section>
        );
      })}
      {!waiting && shown.length === 0 && <p class="muted contents-none">{t("No page speaks of “{text}”.", { text: text.trim() })}</p>}
    </nav>
  );
}
