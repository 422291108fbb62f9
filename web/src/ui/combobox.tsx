// Choosing a record by name: type, arrow keys, Enter. The list lies in a popover; the input keeps the focus.
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { api, recordsPath, settle } from "../api/client";
import { t } from "../i18n/t";
import { objectOf, people } from "../store/session";
import type { Ref } from "../store/values";

interface Props {
  object: string; // "": any
  value: Ref | null;
  label: string;
  onChoose: (value: Ref | null) => void;
  onCancel?: () => void;
  autofocus?: boolean;
  invalid?: boolean;
  describedBy?: string;
  id?: string;
}

async function lookUp(object: string, text: string): Promise<Ref[]> {
  if (object === "user" && people.peek().size) {
    const low = text.toLowerCase();
    return [...people.peek()].filter(([, name]) => name.toLowerCase().includes(low)).slice(0, 12).map(([id, name]) => ({ id, name }));
  }
  if (text.trim()) {
    const r = settle(await api.GET("/api/v1/search", { params: { query: { q: text.trim(), objects: object || undefined, limit: 12 } } }));
    return r.ok ? r.data.data.map((x) => ({ id: x.id, name: x.title })) : [];
  }
  if (!object) return [];
  const title = objectOf(object)?.title ?? "name";
  const r = settle(await api.GET(recordsPath(object), { params: { query: { fields: title, sort: title, limit: 12 } } }));
  return r.ok ? r.data.data.map((x) => ({ id: x.id, name: String((x as Record<string, unknown>)[title] ?? "") })) : [];
}

export function Combobox(p: Props) {
  const own = useId();
  const listId = useId();
  const id = p.id ?? own;
  const [text, setText] = useState(p.value?.name ?? "");
  const [found, setFound] = useState<readonly Ref[]>([]);
  const [at, setAt] = useState(-1);
  const [open, setOpen] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const asked = useRef(0);

  useLayoutEffect(() => {
    if (!p.autofocus) return;
    input.current?.setAttribute("autofocus", "");
    input.current?.focus();
    input.current?.select();
  }, []);

  const ask = (what: string): void => {
    const mine = ++asked.current;
    void lookUp(p.object, what).then((refs) => {
      if (mine !== asked.current) return;
      setFound(refs);
      setAt(what.trim() && refs.length ? 0 : -1);
      setOpen(true);
    }, () => undefined);
  };

  useEffect(() => {
    const el = list.current;
    const anchor = input.current;
    if (!el || !anchor) return;
    if (open) {
      const a = anchor.getBoundingClientRect();
      if (!el.matches(":popover-open")) el.showPopover();
      el.style.minWidth = `${a.width}px`;
      el.style.left = `${Math.max(8, Math.min(a.left, innerWidth - el.offsetWidth - 8))}px`;
      el.style.top = a.bottom + el.offsetHeight + 8 > innerHeight && a.top > el.offsetHeight ? `${a.top - el.offsetHeight - 4}px` : `${a.bottom + 4}px`;
    } else if (el.matches(":popover-open")) {
      el.hidePopover();
    }
  }, [open, found]);

  const choose = (ref: Ref | null): void => {
    setOpen(false);
    setText(ref?.name ?? "");
    p.onChoose(ref);
  };
  const onKey = (e: KeyboardEvent): void => {
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      if (!open) return ask(text === p.value?.name ? "" : text);
      if (found.length) setAt((at + (e.key === "ArrowDown" ? 1 : found.length - (at < 0 ? 0 : 1)) + (at < 0 && e.key === "ArrowDown" ? 0 : 0)) % found.length);
    } else if (e.key === "Enter") {
      const ref = found[at];
      if (open && ref) {
        e.preventDefault();
        e.stopPropagation();
        choose(ref);
      } else if (text.trim() === "" && p.value) {
        e.preventDefault();
        choose(null);
      }
    } else if (e.key === "Escape" && (open || p.onCancel)) { // else it belongs to the dialog around
      e.stopPropagation();
      e.preventDefault();
      if (open) setOpen(false);
      else p.onCancel?.();
    }
  };
  return (
    <div class="combobox">
      <input id={id} ref={input} role="combobox" aria-label={p.label} aria-expanded={open} aria-controls={listId} aria-autocomplete="list"
        aria-activedescendant={open && at >= 0 ? `${listId}-${at}` : undefined} aria-invalid={p.invalid} aria-describedby={p.describedBy}
        autocomplete="off" value={text} placeholder={t("Type to search")}
        onInput={(e) => { setText(e.currentTarget.value); ask(e.currentTarget.value); }} onKeyDown={onKey}
        onClick={() => { if (!open) ask(text === p.value?.name ? "" : text); }}
        onBlur={() => { setOpen(false); }} />
      <div id={listId} tabIndex={-1} ref={list} popover="manual" role="listbox" aria-label={p.label} class="popover options">
        {found.length === 0 && <div class="muted option" role="option" tabIndex={-1} aria-selected="false" aria-disabled="true">{t("Nothing found")}</div>}
        {found.map((ref, i) => (
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events -- the input above has the keys
          <div key={ref.id} tabIndex={-1} id={`${listId}-${i}`} role="option" aria-selected={i === at} class="option"
            onPointerDown={(e) => e.preventDefault()} onClick={() => choose(ref)}>{ref.name}</div>
        ))}
      </div>
    </div>
  );
}
