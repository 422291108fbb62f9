// What just happened, with Undo. Announced politely; gone after ten seconds, but not while pointer or focus rests on it.
import { signal } from "@preact/signals";
import { t } from "../i18n/t";
import { Button, IconButton } from "./button";

export interface Toast {
  id: number;
  text: string;
  undo?: () => void;
  next?: Next;
}
// What can be done about it, where that is not taking it back.
export interface Next {
  label: string;
  run: () => void;
}
export const toasts = signal<readonly Toast[]>([]);
let count = 0;
const timers = new Map<number, number>();

function dropLater(id: number, ms: number): void {
  clearTimeout(timers.get(id));
  timers.set(id, window.setTimeout(() => dropToast(id), ms));
}
export function dropToast(id: number): void {
  clearTimeout(timers.get(id));
  timers.delete(id);
  toasts.value = toasts.peek().filter((x) => x.id !== id);
}
export function toast(text: string, more: { undo?: () => void; next?: Next; ms?: number } = {}): number {
  const id = ++count;
  toasts.value = [...toasts.peek().slice(-2), { id, text, undo: more.undo, next: more.next }];
  dropLater(id, more.ms ?? 10_000);
  return id;
}
export function canUndo(): boolean {
  return toasts.peek().some((x) => x.undo);
}
// Ctrl+Z: the newest that can be taken back.
export function undoLast(): boolean {
  const last = [...toasts.peek()].reverse().find((x) => x.undo);
  if (!last?.undo) return false;
  dropToast(last.id);
  last.undo();
  return true;
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((x) => (
        <div class="toast" key={x.id}
          onPointerEnter={() => clearTimeout(timers.get(x.id))} onPointerLeave={() => dropLater(x.id, 4000)}
          onFocusIn={() => clearTimeout(timers.get(x.id))} onFocusOut={() => dropLater(x.id, 4000)}>
          <span class="grow">{x.text}</span>
          {x.undo && <Button kind="toast" onClick={() => { dropToast(x.id); x.undo?.(); }}>{t("Undo")}</Button>}
          {x.next && <Button act kind="toast" onClick={() => { dropToast(x.id); x.next?.run(); }}>{x.next.label}</Button>}
          <IconButton icon="x" label={t("Dismiss")} onClick={() => dropToast(x.id)} />
        </div>
      ))}
    </div>
  );
}
