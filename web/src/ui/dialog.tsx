// Dialogs on <dialog>, shown without showModal: that makes the browser work out the style of every element of the page anew, which
// takes longer than all the rest. What it gives beside that is done here: the focus stays inside, Esc and the back gesture close,
// and a scrim keeps the page below from pointers. Readers are told by aria-modal.
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../i18n/t";
import { menuIsOpen } from "../keys/keys";
import { IconButton } from "./button";

interface Props {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  kind?: "dialog" | "wide" | "sheet" | "palette" | "full";
  bare?: boolean; // no visible heading
}

interface Shown {
  el: HTMLDialogElement;
  close: () => void;
}
// The back gesture of a phone, where the browser tells of it. TypeScript does not know it yet.
const watcher = (globalThis as { CloseWatcher?: new () => { onclose: (() => void) | null; destroy: () => void } }).CloseWatcher;
const shown: Shown[] = []; // the last lies on top
let backwards = false;     // the way the last Tab went

const CAN_HOLD = "a[href], button, input, select, textarea, summary, [tabindex]";
// The focus comes in at the end the last Tab came from.
function enter(el: HTMLElement): void {
  const holders = [...el.querySelectorAll<HTMLElement>(CAN_HOLD)].filter((x) => x.tabIndex >= 0 && !x.matches(":disabled") && x.checkVisibility({ visibilityProperty: true }));
  (holders.at(backwards ? -1 : 0) ?? el).focus();
}

// Tab leaves the dialog at one end and comes in again at the other.
function onFocusIn(e: FocusEvent): void {
  const top = shown.at(-1)?.el;
  if (!top || !(e.target instanceof Node) || top.contains(e.target)) return;
  enter(top);
}
function onKeyDown(e: KeyboardEvent): void {
  const top = shown.at(-1);
  if (e.key === "Tab") backwards = e.shiftKey;
  if (!top || !(e.target instanceof Node) || top.el.contains(e.target)) return;
  if (e.key === "Escape") onEscape(e);
  else if (e.key === "Tab") {
    // What had the focus is gone, or the page below has it: the browser would begin there.
    e.preventDefault();
    enter(top.el);
  }
}
function onEscape(e: KeyboardEvent): void {
  if (e.defaultPrevented || menuIsOpen()) return;
  e.preventDefault();
  e.stopPropagation();
  shown.at(-1)?.close();
}

function show(el: HTMLDialogElement, close: () => void): () => void {
  if (shown.length === 0) {
    document.addEventListener("focusin", onFocusIn);
    document.addEventListener("keydown", onKeyDown, { capture: true });
  }
  const me = { el, close };
  shown.push(me);
  el.show();
  const back = watcher ? new watcher() : null;
  if (back) back.onclose = () => me.close();
  return () => {
    back?.destroy();
    el.close();
    shown.splice(shown.indexOf(me), 1);
    if (shown.length) return;
    document.removeEventListener("focusin", onFocusIn);
    document.removeEventListener("keydown", onKeyDown, { capture: true });
  };
}

export function Dialog({ title, onClose, children, kind = "dialog", bare }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const latest = useRef(onClose);
  latest.current = onClose;
  const id = useId();
  useLayoutEffect(() => {
    const before = document.activeElement;
    if (!ref.current) return undefined;
    const hide = show(ref.current, () => latest.current());
    return () => {
      hide();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <>
      <div class="scrim" aria-hidden="true" onClick={onClose} />
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Esc closes it */}
      <dialog ref={ref} class={`dialog ${kind}`} aria-modal="true" aria-labelledby={bare ? undefined : id} aria-label={bare ? title : undefined} tabIndex={-1}
        onKeyDown={(e) => { if (e.key === "Escape") onEscape(e); }}>
        <div class="dialog-box">
          {!bare && (
            <header>
              <h2 id={id}>{title}</h2>
              <IconButton icon="x" label={t("Close")} onClick={onClose} />
            </header>
          )}
          {children}
        </div>
      </dialog>
    </>
  );
}
