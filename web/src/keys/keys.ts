// The keyboard map. Screens add what they can do while they are shown; `?` shows all of it. Single keys never act while
// somebody types, and can be switched off as a whole (WCAG 2.1.4); combinations with Ctrl stay.
import { signal } from "@preact/signals";
import { singleKeys } from "../store/settings";

export interface KeyAction {
  keys: string; // "j", "g d", "mod+k", "shift+x", "[", "Enter"
  label: string;
  run: () => void;
  typing?: boolean; // works while typing too
  hidden?: boolean; // not on the sheet (an alias)
}
export interface KeyGroup {
  title: string;
  actions: readonly KeyAction[];
}

export const groups = signal<readonly KeyGroup[]>([]);

export function addKeys(group: KeyGroup): () => void {
  groups.value = [...groups.peek(), group];
  return () => {
    groups.value = groups.peek().filter((g) => g !== group);
  };
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
