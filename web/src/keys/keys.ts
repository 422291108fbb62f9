// What can be done here: the one register behind keyboard, palette and `?` sheet. Three ways into it:
//   addKeys     what has a key;
//   useActions  what has none and does not stand on the screen as a control of its own: the items of a closed menu, a switch;
//   data-act    on a control (the act of a Button, a Menu, a link): it stands in the palette by its name, beside what act says.
// Single keys never act while somebody types, and can be switched off as a whole (WCAG 2.1.4); combinations with Ctrl stay.
import { signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { singleKeys } from "../store/settings";

export interface Action {
  label: string;
  run: () => void;
  keys?: string;
  hint?: string; // what it belongs to, or why it will be refused
  checked?: boolean;
  hidden?: boolean; // an alias: neither on the sheet nor in the palette
  when?: () => boolean; // not offered where it does not fit what has the focus, or how things stand
}
export interface KeyAction extends Action {
  keys: string; // "j", "g d", "mod+k", "shift+x", "[", "Enter"
  typing?: boolean; // works while typing too
}
export interface KeyGroup {
  title: string;
  actions: readonly KeyAction[];
  more?: () => readonly Action[];
}

export const groups = signal<readonly KeyGroup[]>([]);

export function addKeys(group: KeyGroup): () => void {
  groups.value = [...groups.peek(), group];
  return () => {
    groups.value = groups.peek().filter((g) => g !== group);
  };
}

// The act of a control, as the attribute it is read from.
export function actOf(act: true | string | undefined): string | undefined {
  return act === true ? "" : act;
}
// A menu or list lies open above all else: Escape is its own.
export function menuIsOpen(): boolean {
  return document.querySelector(".popover:popover-open") !== null;
}

const NO_KEYS: readonly KeyAction[] = [];
// Asked only when the palette opens, so it may say what holds at that moment. undefined: nothing is offered.
export function useActions(title: string | undefined, list: () => readonly Action[]): void {
  const latest = useRef(list);
  latest.current = list;
  useLayoutEffect(() => (title === undefined ? undefined : addKeys({ title, actions: NO_KEYS, more: () => latest.current() })), [title]);
}

// What an element is called: its label, or the words in it that are not hidden from a screen reader.
function wordsOf(n: Node): string {
  if (!(n instanceof Element)) return n.textContent ?? "";
  return n.getAttribute("aria-hidden") === "true" ? "" : (n.getAttribute("aria-label") ?? [...n.childNodes].map(wordsOf).join(""));
}
function controls(): Action[] {
  return [...document.querySelectorAll<HTMLElement>("[data-act]")].filter((el) => el.checkVisibility() && !el.closest("[inert], dialog") && !el.matches(":disabled")).map((el) => {
    const input = el instanceof HTMLInputElement || el instanceof HTMLSelectElement ? el : null;
    const press = !input || input.type === "checkbox" || input.type === "radio";
    const state = el.getAttribute("aria-pressed") ?? el.getAttribute("aria-selected") ?? el.getAttribute("aria-current");
    return {
      label: (el.getAttribute("aria-label") ?? wordsOf(input?.labels?.[0] ?? el)).trim(), hint: el.dataset["act"], run: () => (press ? el.click() : el.focus()),
      checked: el.matches(":checked") || (state !== null && state !== "false"),
    };
  });
}

// All that can be done here and now, what belongs to the screen first; each thing once.
export function actions(): Action[] {
  const seen = new Set<string>();
  const from = [...groups.peek()].reverse().flatMap((g) => [...g.actions, ...(g.more?.() ?? [])].map((a): Action => ({ ...a, hint: [g.title, a.hint].filter(Boolean).join(" · ") })));
  return [...from.filter((a) => a.keys), ...controls(), ...from.filter((a) => !a.keys)].filter((a) => {
    const id = a.hint && !a.keys ? `${a.label}, ${a.hint}` : a.label;
    if (a.hidden || !a.label || seen.has(id) || a.when?.() === false) return false;
    seen.add(id);
    return true;
  });
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit"].includes(target.type);
}

function nameOf(e: KeyboardEvent): string {
  const key = e.key === " " ? "Space" : e.key.length === 1 ? e.key.toLowerCase() : e.key;
  const shift = e.shiftKey && (e.key.length > 1 || /[a-z]/i.test(e.key)) ? "shift+" : "";
  return `${e.ctrlKey || e.metaKey ? "mod+" : ""}${e.altKey ? "alt+" : ""}${shift}${key}`;
}

let prefix = "";
let prefixTimer = 0;

// The newest group goes first, so a dialog or a screen can take a key over.
function find(keys: string): KeyAction | undefined {
  for (let i = groups.peek().length - 1; i >= 0; i--) {
    const found = groups.peek()[i]?.actions.find((a) => a.keys === keys);
    if (found) return found;
  }
  return undefined;
}

function startsSequence(key: string): boolean {
  return groups.peek().some((g) => g.actions.some((a) => a.keys.startsWith(`${key} `)));
}

function onKey(e: KeyboardEvent): void {
  if (e.defaultPrevented || e.isComposing || ["Control", "Shift", "Alt", "Meta"].includes(e.key)) return;
  const name = nameOf(e);
  const single = !name.startsWith("mod+") && !name.startsWith("alt+") && name !== "Escape";
  const typing = isTyping(e.target);
  const inDialog = document.querySelector("dialog[open]") !== null;
  if (name === "Escape" && menuIsOpen()) return;
  const action = find(prefix ? `${prefix} ${name}` : name);
  if (action && (!typing || action.typing) && (!single || singleKeys.peek()) && (!inDialog || action.typing)) {
    // Enter and Space belong to the control that has the focus.
    if ((name === "Enter" || name === "Space") && e.target instanceof Element && e.target.closest("button, a, summary, input, [role=row]")) return;
    prefix = "";
    e.preventDefault();
    action.run();
    return;
  }
  clearTimeout(prefixTimer);
  prefix = "";
  if (!typing && !inDialog && single && singleKeys.peek() && startsSequence(name)) {
    prefix = name;
    prefixTimer = window.setTimeout(() => (prefix = ""), 1500);
  }
}

export function startKeys(): void {
  document.addEventListener("keydown", onKey);
}

const mac = typeof navigator !== "undefined" && /mac/i.test(navigator.userAgent);
export function keyText(keys: string): string[] {
  return keys.split(" ").flatMap((part) =>
    part.split("+").map((k) => (k === "mod" ? (mac ? "⌘" : "Ctrl") : k === "shift" ? (mac ? "⇧" : "Shift") : k.length === 1 ? k.toUpperCase() : k)),
  );
}
