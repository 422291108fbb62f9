import type { ComponentChildren, Ref } from "preact";
import { actOf, keyText } from "../keys/keys";
import { Icon, type IconName } from "./icon";

export interface ButtonProps {
  children?: ComponentChildren;
  kind?: "primary" | "plain" | "quiet" | "toast";
  icon?: IconName;
  type?: "button" | "submit";
  onClick?: (e: MouseEvent) => void;
  disabled?: boolean;
  keys?: string;
  pressed?: boolean;
  expanded?: boolean;
  menu?: boolean;
  title?: string;
  focus?: string;
  act?: true | string; // an action of the screen: the palette has it, with what it belongs to
  tab?: number; // -1: reached in another way
  class?: string;
  buttonRef?: Ref<HTMLButtonElement>;
}

export function Button(p: ButtonProps) {
  return (
    <button type={p.type ?? "button"} class={`button ${p.kind ?? "plain"} ${p.class ?? ""}`} onClick={p.onClick} disabled={p.disabled}
      aria-pressed={p.pressed} aria-expanded={p.expanded} aria-haspopup={p.menu ? "true" : undefined} title={p.title}
      data-focus={p.focus} data-act={actOf(p.act)} ref={p.buttonRef}>
      {p.icon && <Icon name={p.icon} />}
      {p.children !== undefined && <span>{p.children}</span>}
      {p.keys && <Kbd keys={p.keys} />}
      {p.menu && <Icon name="chevron-down" />}
    </button>
  );
}

export function IconButton({ icon, label, ...p }: Omit<ButtonProps, "children" | "icon"> & { icon: IconName; label: string }) {
  return (
    <button type="button" class={`icon-button ${p.class ?? ""}`} aria-label={label} title={label} onClick={p.onClick} disabled={p.disabled}
      aria-pressed={p.pressed} aria-expanded={p.expanded} aria-haspopup={p.menu ? "true" : undefined} data-focus={p.focus} data-act={actOf(p.act)} tabIndex={p.tab} ref={p.buttonRef}>
      <Icon name={icon} />
    </button>
  );
}

export function Kbd({ keys }: { keys: string }) {
  return (
    <span class="keys" aria-hidden="true">
      {keyText(keys).map((k) => <kbd key={k}>{k}</kbd>)}
    </span>
  );
}
