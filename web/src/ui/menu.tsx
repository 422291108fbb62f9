// Menus and small panels on the Popover API: on top of everything, closed by Esc and by a click elsewhere.
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { actOf, useActions, type Action } from "../keys/keys";
import { go } from "../nav/router";
import { Button, IconButton } from "./button";
import { Icon, type IconName } from "./icon";

function placeBeside(panel: HTMLElement, anchor: HTMLElement): void {
  const a = anchor.getBoundingClientRect();
  const w = panel.offsetWidth;
  const h = panel.offsetHeight;
  const rtl = getComputedStyle(anchor).direction === "rtl";
  let x = rtl ? a.right - w : a.left;
  if (x + w > innerWidth - 8) x = a.right - w;
  const below = a.bottom + 4 + h <= innerHeight - 8 || a.top < h + 12;
  panel.style.left = `${Math.max(8, Math.min(x, innerWidth - w - 8))}px`;
  panel.style.top = `${below ? Math.min(a.bottom + 4, Math.max(8, innerHeight - h - 8)) : a.top - h - 4}px`;
}

interface PopoverProps {
  label: string;
  icon?: IconName;
  iconOnly?: boolean;
  kind?: "primary" | "plain" | "quiet";
  keys?: string;
  class?: string;
  panel?: string;
  children: (close: () => void) => ComponentChildren;
  face?: ComponentChildren;
  focus?: string;
  act?: true | string; // of a panel: opening it is an action of the screen; of a menu: each of its items is
}

// A button with a panel. The panel's content exists only while it is open.
export function Popover(p: PopoverProps) {
  const id = useId();
  const panel = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const close = (): void => panel.current?.hidePopover();
  const show = (): void => {
    if (open) return close();
    setOpen(true);
  };
  // In a layout effect: a key pressed at once lands in the panel. The panel is there only while it is open: pages hold dozens.
  useLayoutEffect(() => {
    const el = panel.current;
    if (!el || !button.current) return undefined;
    el.showPopover();
    placeBeside(el, button.current);
    el.querySelector<HTMLElement>("[autofocus], [role=menuitem], [role=menuitemradio], button, a, input, select, textarea")?.focus();
    const onToggle = (e: Event): void => {
      if ((e as ToggleEvent).newState === "closed") {
        const had = el.contains(document.activeElement) || document.activeElement === document.body;
        setOpen(false);
        if (had) button.current?.focus({ preventScroll: true });
      }
    };
    el.addEventListener("toggle", onToggle);
    return () => el.removeEventListener("toggle", onToggle);
  }, [open]);
  return (
    <>
      {p.face !== undefined ? (
        <button type="button" class={p.class} aria-haspopup="true" aria-expanded={open} aria-controls={open ? id : undefined} onClick={show} ref={button} data-focus={p.focus} data-act={actOf(p.act)}>{p.face}</button>
      ) : p.iconOnly && p.icon ? (
        <IconButton icon={p.icon} label={p.label} menu expanded={open} onClick={show} class={p.class} buttonRef={button} focus={p.focus} act={p.act} />
      ) : (
        <Button kind={p.kind} icon={p.icon} menu expanded={open} onClick={show} keys={p.keys} class={p.class} buttonRef={button} focus={p.focus} act={p.act}>{p.label}</Button>
      )}
      {open && <div id={id} ref={panel} popover="auto" class={`popover ${p.panel ?? ""}`} role="group" aria-label={p.label}>{p.children(close)}</div>}
    </>
  );
}

export interface MenuItem {
  label: string;
  icon?: IconName;
  hint?: string;
  checked?: boolean;
  href?: string;
  run?: () => void;
}

function onMenuKey(e: KeyboardEvent): void {
  if (!["ArrowDown", "ArrowUp", "Home", "End"].includes(e.key) || !(e.currentTarget instanceof HTMLElement)) return;
  const items = [...e.currentTarget.querySelectorAll<HTMLElement>("[role^=menuitem]")];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const to = e.key === "Home" ? 0 : e.key === "End" ? items.length - 1 : (at + (e.key === "ArrowDown" ? 1 : -1) + items.length) % items.length;
  e.preventDefault();
  e.stopPropagation();
  items[to]?.focus();
}

export function MenuList({ label, items, close }: { label: string; items: readonly MenuItem[]; close: () => void }) {
  return (
    <div role="menu" aria-label={label} class="menu" tabIndex={-1} onKeyDown={onMenuKey}>
      {items.map((x) => {
        const inside = (
          <>
            {x.icon ? <Icon name={x.icon} /> : x.checked !== undefined ? <Icon name="check" class={x.checked ? "" : "ghost"} /> : null}
            <span class="grow">{x.label}</span>
            {x.hint && <span class="meta">{x.hint}</span>}
          </>
        );
        if (x.href) return <a key={x.label} role="menuitem" class="menu-item" href={x.href} onClick={close}>{inside}</a>;
        return (
          <button key={x.label} type="button" role={x.checked === undefined ? "menuitem" : "menuitemradio"} aria-checked={x.checked} class="menu-item"
            onClick={() => { close(); x.run?.(); }}>{inside}</button>
        );
      })}
    </div>
  );
}

export function itemActions(items: readonly MenuItem[]): Action[] {
  return items.map(({ label, hint, checked, href, run }) => ({ label, hint, checked, run: () => (href ? go(href) : run?.()) }));
}

export function Menu({ items, act, ...p }: Omit<PopoverProps, "children"> & { items: readonly MenuItem[] }) {
  useActions(actOf(act), () => itemActions(items));
  return <Popover {...p}>{(close) => <MenuList label={p.label} items={items} close={close} />}</Popover>;
}
