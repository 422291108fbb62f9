// One box for everything: commands, records, pages of the manual, people. ">" commands, "@" people, "#" records, "?" manual.
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { api, settle } from "../api/client";
import { t } from "../i18n/t";
import { actions, groups, type Action } from "../keys/keys";
import { go, recordHref } from "../nav/router";
import { objectOf, people } from "../store/session";
import { remember, remembered } from "../store/settings";
import { manualPages, loadManual } from "../store/manual";
import { Kbd } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Icon, objectIcon, type IconName } from "../ui/icon";

interface Row {
  id: string;
  label: string;
  hint: string;
  icon: IconName;
  keys?: string;
  href?: string;
  run?: () => void;
}
const RECENT = 8;

function commands(all: readonly Action[], text: string): Row[] {
  const words = text.toLowerCase().split(/\s+/);
  return all.filter((a) => words.every((w) => `${a.label} ${a.hint ?? ""}`.toLowerCase().includes(w)))
    .map((a, i) => ({ id: `c-${i}`, label: a.label, hint: a.hint || t("Command"), icon: a.checked ? "check" : "chevron-right", keys: a.keys, run: a.run }));
}

function pages(text: string): Row[] {
  const low = text.toLowerCase();
  return (manualPages.peek() ?? []).filter((p) => p.label.toLowerCase().includes(low) || p.why.toLowerCase().includes(low))
    .sort((a, b) => Number(b.label.toLowerCase().includes(low)) - Number(a.label.toLowerCase().includes(low))).slice(0, 8)
    .map((p) => ({ id: `m-${p.path}`, label: p.label, hint: t("Manual: {kind}", { kind: p.kind }), icon: "book-open", href: `/manual/${p.path}` }));
}

function persons(text: string): Row[] {
  const low = text.toLowerCase();
  return [...people.peek()].filter(([, name]) => name.toLowerCase().includes(low)).slice(0, 8)
    .map(([id, name]) => ({ id: `p-${id}`, label: name, hint: t("Person"), icon: "user", href: recordHref("user", id) }));
}

async function records(text: string): Promise<Row[]> {
  if (!text.trim()) return [];
  const r = settle(await api.GET("/api/v1/search", { params: { query: { q: text.trim(), limit: 20 } } }));
  if (!r.ok) return [];
  return r.data.data.filter((x) => x.object !== "user").map((x) => ({
    id: `r-${x.id}`, label: x.title, hint: objectOf(x.object)?.label ?? x.object, icon: objectIcon(objectOf(x.object)?.icon ?? ""), href: recordHref(x.object, x.id),
  }));
}

export function Palette({ onClose }: { onClose: () => void }) {
  const listId = useId();
  const [text, setText] = useState("");
  const [found, setFound] = useState<readonly Row[]>([]);
  const [asked, setAsked] = useState(""); // what has been looked for: before that, nothing can be said to be missing
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  // Asked before the focus moves into this box: what can be done may depend on what had it.
  const can = useMemo(() => actions().filter((a) => a.keys !== "mod+k" && a.keys !== "/"), [groups.value]);
  useLayoutEffect(() => input.current?.focus(), []);
  useEffect(() => void loadManual(), []);

  const sign = /^[>@#?]/.test(text) ? text[0] : "";
  const body = sign ? text.slice(1).trimStart() : text;
  useEffect(() => {
    setAt(0);
    if (sign && sign !== "#") {
      setFound([]);
      return setAsked("");
    }
    let alive = true;
    const timer = setTimeout(() => void records(body).then((rows) => {
      if (!alive) return;
      setFound(rows);
      setAsked(body);
    }, () => undefined), 80);
    return () => {
      alive = false;
      clearTimeout(timer);
    };
  }, [text]);

  const recent = remembered<Row[]>("recent", []);
  const rows: readonly Row[] =
    sign === ">" ? commands(can, body) : sign === "@" ? persons(body) : sign === "?" ? pages(body) : sign === "#" ? found
    : body.trim() === "" ? [...recent, ...commands(can, "").slice(0, 8)]
    : [...commands(can, body).slice(0, 4), ...found, ...persons(body).slice(0, 3), ...pages(body).slice(0, 4)];

  const looking = (sign === "" || sign === "#") && asked !== body;

  // Done when the palette is gone and the focus is where it was, yet before the next key: that one belongs to what was opened.
  const chosen = useRef<(() => void) | null>(null);
  useLayoutEffect(() => () => queueMicrotask(() => chosen.current?.()), []);
  const choose = (row: Row): void => {
    onClose();
    if (row.href) {
      remember("recent", [row, ...recent.filter((x) => x.id !== row.id)].slice(0, RECENT));
      go(row.href);
    } else chosen.current = row.run ?? null;
  };
  return (
    <Dialog title={t("Search and commands")} onClose={onClose} kind="palette" bare>
      <div class="palette-input"><Icon name="search" size={20} />
        <input ref={input} role="combobox" aria-expanded="true" aria-controls={listId} aria-label={t("Search and commands")} aria-activedescendant={rows[at] ? `${listId}-${at}` : undefined}
          autocomplete="off" spellcheck={false} placeholder={t("Search records, people, the manual, or do something")} value={text} onInput={(e) => setText(e.currentTarget.value)}
          onKeyDown={(e) => {
            if (e.key === "ArrowDown" || e.key === "ArrowUp") {
              e.preventDefault();
              if (rows.length) setAt((at + (e.key === "ArrowDown" ? 1 : rows.length - 1)) % rows.length);
            } else if (e.key === "Enter") {
              const row = rows[at];
              e.preventDefault();
              if (row) choose(row);
            }
          }} />
      </div>
      <div id={listId} role="listbox" tabIndex={-1} aria-label={t("Results")} aria-busy={looking} class="palette-list">
        {rows.map((row, i) => (
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the input above has the keys
          <div key={row.id} tabIndex={-1} id={`${listId}-${i}`} role="option" aria-selected={i === at} class="palette-row" onPointerMove={() => setAt(i)} onClick={() => choose(row)}
            ref={(el) => { if (el && i === at) el.scrollIntoView({ block: "nearest" }); }}>
            <Icon name={row.icon} /><span class="grow cut">{row.label}</span><span class="meta cut palette-hint">{row.hint}</span>{row.keys && <Kbd keys={row.keys} />}
          </div>
        ))}
        {rows.length === 0 && !looking && <div class="palette-row muted" role="option" tabIndex={-1} aria-selected="false" aria-disabled="true">{t("Nothing found for “{text}”.", { text: body })}</div>}
      </div>
      <p class="palette-foot meta"><span><kbd>&gt;</kbd> {t("commands")}</span><span><kbd>#</kbd> {t("records")}</span><span><kbd>@</kbd> {t("people")}</span><span><kbd>?</kbd> {t("manual")}</span></p>
    </Dialog>
  );
}
